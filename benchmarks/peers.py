"""Show what other checkers find of the faults in this project's own examples.

    python -m benchmarks.peers CACHE [--page docs/peers.md] [--show RUN101]...

The bad examples of the manuals and of the corner cases are given to linters and type checkers as
they are pinned below, with everything switched on and the libraries that the examples import
installed. CACHE is a folder for environments and answers: the first run needs pip's index, and
a Python of each target; what was answered once is not asked again (delete its `answers` after a
change to how it is asked). What counts as found is said in the page. `--show` prints what each
tool says of each example of a rule, counted or not.
"""

from __future__ import annotations

import argparse
import ast  # noqa: TID251 - to find the statement that a line belongs to
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flake8_asyncrun.names.target import Target, Version, show
from flake8_asyncrun.rules import ALL
from tests.analysis import find, lines_of
from tests.examples import WITH_EXAMPLES, Example, all_examples, marked
from tests.interpreters import interpreters

TARGETS: tuple[Version, ...] = ((3, 11), (3, 14))
US = "asyncrun"

# What the examples import and do not name: they are analysed without it.
LIBRARIES = [
    "aiohttp==3.14.5",
    "aiosqlite==0.22.1",
    "anyio==4.16.0",
    "asyncer==0.0.18",
    "fastapi==0.165.0",
    "nest-asyncio==1.6.0",
    "pytest==9.2.0",
    "slack_sdk==3.47.0",
    "tornado==6.6.1",
    "trio==0.35.0",
    "uvloop==0.23.0",
]
LIBRARIES += sorted(
    {one for rule in WITH_EXAMPLES for each in all_examples(rule) for one in each.block.libraries}
)

# ---------------------------------------------------------------------- the peers


@dataclass(frozen=True)
class Diagnostic:
    path: str
    line: int
    code: str
    text: str


Ask = Callable[[Path, Path, Version], Iterator[Diagnostic]]
"""From the folder of an environment's programs, a folder and a target to what is said."""


@dataclass(frozen=True)
class Peer:
    name: str
    requirement: str
    told: str
    ask: Ask
    about: str
    """A pattern of the codes that may be about one of the faults; all others are never counted."""


def _output(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # pylint adds up what it found; a signal is negative, a crash has written nothing.
    if done.returncode not in range(32) or (done.returncode and not done.stdout.strip()):
        raise SystemExit(f"{folder}: {' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def _ruff(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    command: list[str | Path] = [
        programs / "ruff",
        "check",
        "--select",
        "ALL",
        "--preview",
        "--isolated",
    ]
    version = f"py{target[0]}{target[1]}"
    options = ["--no-cache", "--output-format", "json", "--target-version", version, "."]
    for one in json.loads(_output(folder, *command, *options)):
        path = os.path.relpath(one["filename"], folder)
        yield Diagnostic(path, one["location"]["row"], one["code"] or "syntax", one["message"])


def _flake8_async(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    command: list[str | Path] = [
        programs / "flake8",
        "--isolated",
        "--select=ASYNC",
        "--enable=ASYNC",
        "--jobs=1",
    ]
    output = _output(folder, *command, "--format=%(path)s:%(row)d:%(code)s:%(text)s")
    for line in output.splitlines():
        if match := re.fullmatch(r"(?:\./)?(.+?):(\d+):(\w+):(.*)", line):
            yield Diagnostic(match[1], int(match[2]), match[3], match[4])


def _pylint(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    (folder / "pylintrc").touch()
    command: list[str | Path] = [
        programs / "pylint",
        "--rcfile=pylintrc",
        "--enable-all-extensions",
        "--enable=all",
    ]
    # Which looks at pairs of files, and takes long.
    without = "--disable=duplicate-code"
    options: list[str | Path] = [
        "--output-format=json2",
        f"--py-version={show(target)}",
        "--recursive=y",
        ".",
    ]
    for one in json.loads(_output(folder, *command, without, *options))["messages"]:
        yield Diagnostic(os.path.normpath(one["path"]), one["line"], one["symbol"], one["message"])


def _pyright(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    settings = {"typeCheckingMode": "strict", "pythonVersion": show(target)}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command: list[str | Path] = [
        programs / "pyright",
        "--outputjson",
        "--pythonpath",
        programs / "python",
    ]
    for one in json.loads(_output(folder, *command))["generalDiagnostics"]:
        path = os.path.relpath(one["file"], folder)
        line = one["range"]["start"]["line"] + 1
        yield Diagnostic(path, line, one.get("rule", "syntax"), one["message"])


def _mypy(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    (folder / "mypy.ini").write_text("[mypy]\n", "utf-8")
    command: list[str | Path] = [
        programs / "mypy",
        "--config-file=mypy.ini",
        "--strict",
        "--output=json",
    ]
    optional = ["deprecated", "unused-awaitable", "possibly-undefined", "truthy-bool"]
    command += [f"--enable-error-code={code}" for code in optional]
    options = [f"--python-version={show(target)}", "--explicit-package-bases", "."]
    cached = f"--cache-dir={folder.parent / '.mypy' / folder.name}"
    for line in _output(folder, *command, cached, *options).splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            code = one["code"] or one["severity"]
            yield Diagnostic(one["file"], one["line"], code, one["message"])


def _ty(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    (folder / "ty.toml").touch()
    command: list[str | Path] = [
        programs / "ty",
        "check",
        "--error",
        "all",
        "--output-format",
        "gitlab",
    ]
    where: list[str | Path] = ["--python", programs.parent, "--python-version", show(target), "."]
    for one in json.loads(_output(folder, *command, "--no-respect-ignore-files", *where)):
        place = one["location"]
        line = place["positions"]["begin"]["line"]
        yield Diagnostic(place["path"], line, one["check_name"], one["description"])


def _pyrefly(programs: Path, folder: Path, target: Version) -> Iterator[Diagnostic]:
    (folder / "pyrefly.toml").touch()
    command: list[str | Path] = [
        programs / "pyrefly",
        "check",
        "--preset",
        "all",
        "--min-severity",
        "warn",
    ]
    command += ["--output-format", "json", "--python-version", f"{show(target)}.0"]
    where: list[str | Path] = ["--python-interpreter-path", programs / "python", "--summary=none"]
    for one in json.loads(_output(folder, *command, *where))["errors"]:
        path = os.path.relpath(folder / one["path"], folder)
        yield Diagnostic(path, one["line"], one["name"], one["description"])


PEERS = (
    Peer("ruff", "ruff==0.17.6", "`--select ALL --preview`", _ruff, "B008|RUF006"),
    Peer(
        "flake8-async",
        "flake8-async==26.8.1 flake8==7.5.0",
        "`--enable=ASYNC`",
        _flake8_async,
        "ASYNC300",
    ),
    Peer(
        "pylint",
        "pylint==4.1.4",
        "`--enable=all`, all extensions, without `duplicate-code`",
        _pylint,
        "deprecated-.+|no-member|no-name-in-module|unexpected-keyword-arg",
    ),
    Peer(
        "pyright",
        "pyright==1.1.414",
        "strict",
        _pyright,
        "report(ArgumentType|AttributeAccessIssue|CallIssue|Deprecated|GeneralTypeIssues|UnusedCoroutine)",
    ),
    Peer(
        "mypy",
        "mypy==2.4.1",
        "`--strict`, `deprecated`, `possibly-undefined`, `truthy-bool`, `unused-awaitable`",
        _mypy,
        "arg-type|attr-defined|call-arg|call-overload|deprecated|func-returns-value|type-var|unused-.+",
    ),
    Peer(
        "ty",
        "ty==0.0.105",
        "`--error all`",
        _ty,
        "deprecated|invalid-argument-type|missing-(attribute|module-member)|no-matching-overload|unknown-argument",
    ),
    Peer(
        "pyrefly",
        "pyrefly==1.4.1",
        "`--preset all`",
        _pyrefly,
        "bad-(argument-type|specialization)|deprecated|missing-(attribute|module-attribute)|no-matching-overload|unexpected-keyword|unused-coroutine",
    ),
)

# There they see a wrong argument in the same call, or one too many, and never that a loop runs.
OF_ANOTHER_FAULT = {"RUN105"}

# ---------------------------------------------------------------------- the examples


@dataclass(frozen=True)
class Case:
    """A bad or a good example of a rule, with the names of its files."""

    rule: str
    example: Example
    path: str
    fixed: str | None

    @property
    def lines(self) -> set[int]:
        """All lines of the statements that are marked."""
        return statements(self.example.code, marked(self.example.code, self.rule))


def statements(code: str, lines: Iterable[int]) -> set[int]:
    """Return the lines of the innermost statements on these lines; of a block's only the head."""
    found = set(lines)
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    for line in tuple(found):
        around = [node for node in nodes if line in _head(node)]
        if around:
            found |= {*_head(min(around, key=lambda node: len(_head(node))))}
    return found


def _head(node: ast.stmt) -> range:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    body = getattr(node, "body", None)
    first = min([node.lineno, *(one.lineno for one in decorators)])
    last = node.end_lineno or node.lineno
    return range(first, max(first + 1, body[0].lineno) if body else last + 1)


def write(folder: Path) -> Iterator[Case]:
    """Write the examples that are one file to a folder, and yield them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.py"):
        path.unlink()
    for rule in WITH_EXAMPLES:
        for number, example in enumerate(all_examples(rule)):
            if example.files:
                continue
            blocks = {example.block.kind: example.block, "fixed": example.fixed}
            names = {kind: f"{rule.code.lower()}_{number:02}_{kind}.py" for kind in blocks}
            for kind, block in blocks.items():
                if block is not None:
                    (folder / names[kind]).write_text(block.code, "utf-8")
            fixed = names["fixed"] if example.fixed else None
            yield Case(rule.code, example, names[example.block.kind], fixed)


# ---------------------------------------------------------------------- asking


def environment(cache: Path, target: Version) -> Path:
    """Return the folder of programs of an environment with the peers and the libraries."""
    folder = cache / f"python{show(target)}"
    wanted = " ".join([*(peer.requirement for peer in PEERS), *LIBRARIES])
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text("utf-8") != wanted:
        paths = [one.path for one in interpreters() if one.version == target]
        if not paths:
            raise SystemExit(f"no Python {show(target)} on this machine")
        subprocess.run([paths[0], "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--quiet", "install"]
        subprocess.run([*pip, *wanted.split()], check=True)
        done.write_text(wanted, "utf-8")
    return folder / "bin"


def answers(cache: Path, target: Version, peer: Peer, folder: Path) -> list[Diagnostic]:
    """Return what a peer says of a folder; from the cache where the same was asked before."""
    programs = environment(cache, target)
    texts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
    asked = json.dumps([peer.requirement, LIBRARIES, target, texts])
    kept = cache / "answers" / f"{hashlib.sha256(asked.encode()).hexdigest()[:20]}.json"
    if not kept.exists():
        print(f"asking {peer.name} for {show(target)}", file=sys.stderr)
        found = [vars(one) for one in peer.ask(programs, folder, target)]
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found), "utf-8")
    return [Diagnostic(**one) for one in json.loads(kept.read_text("utf-8"))]


# ---------------------------------------------------------------------- what is found


Said = Mapping[str, Sequence[Diagnostic]]
"""What a tool says of each file."""


def of_peer(peer: Peer, case: Case, said: Said) -> list[Diagnostic]:
    """Return what a peer says of the fault of a bad example.

    That is what stands on a marked statement, has a code that may be about it, and is said more
    often than of the fixed text.
    """
    if case.rule in OF_ANOTHER_FAULT:
        return []
    here = [one for one in said.get(case.path, ()) if re.fullmatch(peer.about, one.code)]
    counts = Counter(one.code for one in here)
    counts.subtract(one.code for one in said.get(case.fixed or "", ()))
    return [one for one in here if one.line in case.lines and counts[one.code] > 0]


def of_us(case: Case, target: Version) -> list[Diagnostic]:
    """Return what our own rule says of the fault of a bad example."""
    example = case.example
    block = replace(example.block, target=Target(target))
    rules = [rule for rule in ALL if rule.code == case.rule]
    findings = find(rules, replace(example, block=block), example.code)
    return [
        Diagnostic(case.path, line, finding.code, finding.message)
        for line, finding in zip(lines_of(example.code, findings), findings, strict=True)
        if line in case.lines
    ]


# ---------------------------------------------------------------------- the page

PAGE = """\
<!-- Written by `python -m benchmarks.peers CACHE --page docs/peers.md`. -->

# What other checkers find

Linters and type checkers, given the bad examples of our manuals and of our corner cases:
{examples} files for {rules} rules, asked on {date} with everything switched on, and with the
libraries that the examples import installed:

{versions}

**These examples are our own**, collected to test our rules: that we find them says nothing. Our
column is there because a rule is silent for a target on which its fault does not exist. The other
columns say which of these faults somebody would have learned of without us; it is not what those
tools are for.

A tool finds an example where it reports on a marked statement what may be about the fault, and
does not say as much of the fixed text, where there is one. Which of its codes may be about a
fault was decided by reading what it says, in doubt in its favour; those that count are listed
below. Style, docstrings, missing annotations, unknown types, and names that are unused or
undefined are not about the fault. Most examples have no annotations, like most code of this kind;
with them mypy would find more. What is said on the lines of RUN105 was read, too: it is about
arguments, which is another fault, and never that a loop runs there already. Examples of several
files are left out. A target is the oldest Python that the code is for, which is what tools are
told; a fault that only newer Pythons have is then for us to see, and not for a type checker.

{tables}

## What counted

Examples by code, both targets added up:

{counted}

## What is not counted

Alarms on good examples. Most good examples that a type checker reports hold the fault and expect
its error, or guard it by version, or leave it to another of our rules: to report them is no
mistake of a tool's.
"""


def table(rows: Sequence[Sequence[object]]) -> str:
    """Return rows, the head first, as a table in Markdown."""
    head, *others = rows
    lines = [head, ["---", *(["--:"] * (len(head) - 1))], *others]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def page(cases: Sequence[Case], said: Mapping[tuple[str, Version], Said]) -> str:
    """Return docs/peers.md, from what each peer says for each target."""
    bad = [case for case in cases if case.example.bad]
    rules = list(dict.fromkeys(case.rule for case in bad))
    tables, by_code = [], {peer.name: Counter[str]() for peer in PEERS}
    for target in TARGETS:
        found = {US: {case.path: of_us(case, target) for case in bad}}
        for peer in PEERS:
            texts = said[peer.name, target]
            found[peer.name] = {case.path: of_peer(peer, case, texts) for case in bad}
            for diagnostics in found[peer.name].values():
                by_code[peer.name].update({one.code for one in diagnostics})
        rows: list[list[object]] = [["Rule", "Examples", *found]]
        for rule in rules:
            of_rule = [case.path for case in bad if case.rule == rule]
            counts = [sum(bool(one[path]) for path in of_rule) for one in found.values()]
            rows.append([f"[{rule}](rules/{rule}.md)", len(of_rule), *counts])
        total = [sum(map(bool, one.values())) for one in found.values()]
        rows.append(["all", len(bad), *total])
        tables.append(f"## Python {show(target)} and later\n\n{table(rows)}")
    counted = [
        f"- {name}: {', '.join(f'`{code}` {count}' for code, count in codes.most_common())}"
        for name, codes in by_code.items()
        if codes
    ]
    return PAGE.format(
        examples=len(bad),
        rules=len(rules),
        date=datetime.datetime.now(datetime.timezone.utc).date(),
        versions="\n".join(f"- {peer.requirement}: {peer.told}" for peer in PEERS),
        tables="\n\n".join(tables),
        counted="\n".join(counted),
    )


def shown(case: Case, said: Mapping[tuple[str, Version], Said]) -> Iterator[str]:
    """Yield what every peer says of the marked statements of a case, counted with a `*`."""
    yield f"{case.rule} {case.example}"
    for peer in PEERS:
        for target in TARGETS:
            counted = of_peer(peer, case, said[peer.name, target])
            for one in said[peer.name, target].get(case.path, ()):
                if one.line in case.lines:
                    mark = "*" if one in counted else " "
                    text = " ".join(one.text.split())[:120]
                    yield f"  {mark} {peer.name} {show(target)}: {one.line}: {one.code}: {text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--show", action="append", default=[], metavar="RULE")
    options = parser.parse_args()
    cache = options.cache.resolve()
    folder = cache / "examples"
    cases = list(write(folder))
    said: dict[tuple[str, Version], dict[str, list[Diagnostic]]] = {}
    for target in TARGETS:
        for peer in PEERS:
            by_file = said.setdefault((peer.name, target), {})
            for one in answers(cache, target, peer, folder):
                by_file.setdefault(one.path, []).append(one)
    for case in cases:
        if case.rule in options.show and case.example.bad:
            print("\n".join(shown(case, said)))
    if not options.show:
        text = page(cases, said)
        print(text)
        if options.page:
            options.page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
