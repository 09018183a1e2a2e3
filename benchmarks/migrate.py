"""Repair a copy of real code, unsafe fixes and all, and look hard at what becomes of it.

    python -m benchmarks.migrate CORPUS COPY [--target-version 3.8]... [--only TEXT] [--jobs 2]
                                 [--limit 120] [--page docs/migrate.md] [--diffs FILE]

CORPUS is a folder of packages, one a folder, maybe in groups; COPY is made anew, with a copy for
each target (3.8 and 3.12). The files that name asyncio are repaired, some at a time, the others as
they are on disk, and all of a package again while any of it has changed: that is what
`asyncrun-fix --unsafe-fixes` does, with a limit of processor time. The last time, when nothing has
changed any more, is the second run.

What is promised is looked at again by other means than those that the tool has for it: does a file
parse and compile as before, on the oldest Python of the target too; are its comments all there; is
a name undefined that was not (pyflakes); is any line different that no edit of the first round
touches. Beside that stands what benchmarks/idioms.py counts by syntax alone. The exit code is 1
where a promise is broken or a fault of ours is met.
"""

from __future__ import annotations

import argparse
import ast  # noqa: TID251 - to see by other means than the tool's whether a text parses
import datetime
import difflib
import io
import os
import re
import shutil
import signal
import sys
import time
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType

from pyflakes.checker import Checker  # type: ignore[import-untyped]
from pyflakes.messages import UndefinedLocal, UndefinedName  # type: ignore[import-untyped]

from benchmarks.idioms import PLACES, Idiom, idioms, survivors
from benchmarks.peers import table
from flake8_asyncrun import files
from flake8_asyncrun.config import parse
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.target import Target, Version
from flake8_asyncrun.report import NO_FIX, FileReport
from flake8_asyncrun.run import run

TARGETS = ("3.8", "3.12")
ROUNDS = 6
SLOW = 20  # seconds of processor time
TOGETHER = 8  # files, which share what they import


@dataclass(frozen=True)
class Outcome:
    """What became of one file, first in one round and in the end in all."""

    path: Path
    before: str = ""
    after: str = ""
    first: tuple[Finding, ...] = ()
    """What was found before anything was repaired."""
    applied: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()
    seconds: float = 0
    """What it took, with the files that were looked at together with it."""
    beside: tuple[Path, ...] = ()

    @property
    def changed(self) -> bool:
        return self.after != self.before


class _TooLong(BaseException):
    """Not an Exception, which the tool would take for a fault of its own."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise _TooLong


# ---------------------------------------------------------------------- repairing


def copy(corpus: Path, to: Path, only: str) -> list[Path]:
    """Copy the Python files of a corpus; return those, as they are called there, to be repaired."""
    shutil.rmtree(to, ignore_errors=True)
    chosen: list[Path] = []
    for origin in sorted(corpus.rglob("*.py")):
        name = origin.relative_to(corpus)
        if only not in str(name) or any(part.startswith(".") for part in name.parts):
            continue
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, target)
        if b"asyncio" in origin.read_bytes():
            chosen.append(target)
    return chosen


def package(path: Path, root: Path) -> str:
    """Return the distribution that a file of a copy belongs to: a folder named as "aiohttp-3.6.3"
    is, else the topmost."""
    parts = path.relative_to(root).parts
    last = next((number for number, part in enumerate(parts) if re.search(r"-\d", part)), 0)
    return "/".join(parts[: last + 1])


def repair(paths: Sequence[Path], target: str, limit: float) -> list[Outcome]:
    """Return what the tool makes of some files of a package; nothing is written.

    Where they take longer than the limit each is tried alone.
    """
    config = parse({"target-version": target, "unsafe-fixes": True})

    def reports(*, fix: bool) -> list[FileReport]:
        return run([str(path) for path in paths], lambda _: config, fix=fix, write=False)

    start = time.process_time()
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        found = reports(fix=False)
        done = reports(fix=True) if any(one.findings for one in found) else found
    except _TooLong:
        if len(paths) > 1:
            return [one for path in paths for one in repair([path], target, limit)]
        errors = (f"{paths[0]}: took more than {limit:.0f} seconds",)
        return [Outcome(paths[0], errors=errors, seconds=time.process_time() - start)]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - start
    return [
        Outcome(
            path,
            new.before,
            new.after,
            old.findings,
            new.applied,
            new.findings,
            tuple(dict.fromkeys((*old.errors, *new.errors))),
            seconds,
            tuple(other for other in paths if other != path),
        )
        for path, old, new in zip(paths, found, done, strict=True)
    ]


def together(paths: Sequence[Path], root: Path) -> list[list[Path]]:
    """Return the paths in parts of some files of one package each."""
    by_package: dict[str, list[Path]] = {}
    for path in paths:
        by_package.setdefault(package(path, root), []).append(path)
    return [
        each[start : start + TOGETHER]
        for each in by_package.values()
        for start in range(0, len(each), TOGETHER)
    ]


def repair_all(
    paths: Sequence[Path], root: Path, target: str, limit: float, jobs: int
) -> tuple[list[Outcome], list[Path], int]:
    """Repair files until they come to rest.

    Returns what became of each, those that do not come to rest, and how many rounds it took.
    """
    outcomes: dict[Path, Outcome] = {}
    due = list(paths)
    with ProcessPoolExecutor(jobs) as pool:
        for number in range(1, ROUNDS + 1):
            print(f"{target}: round {number}, {len(due)} files", file=sys.stderr, flush=True)
            each = partial(repair, target=target, limit=limit)
            done = [one for part in pool.map(each, together(due, root)) for one in part]
            moved = [one for one in done if one.changed]
            for one in done:
                outcomes[one.path] = _joined(outcomes.get(one.path), one)
            if not moved:
                return list(outcomes.values()), [], number
            for one in moved:
                file = files.read(str(one.path))
                one.path.write_bytes(files.encode(file, one.after))
            packages = {package(one.path, root) for one in moved}
            due = [path for path in paths if package(path, root) in packages]
    return list(outcomes.values()), [one.path for one in moved], ROUNDS


def _joined(earlier: Outcome | None, now: Outcome) -> Outcome:
    """Return what became of a file in several rounds."""
    if earlier is None:
        return now
    return replace(
        now,
        before=earlier.before,
        first=earlier.first,
        applied=(*earlier.applied, *now.applied),
        errors=tuple(dict.fromkeys((*earlier.errors, *now.errors))),
        seconds=max(earlier.seconds, now.seconds),
    )


# ---------------------------------------------------------------------- looking at it again


def broken(outcome: Outcome, target: Version) -> Iterator[str]:
    """Yield the promises that were not kept for a file that was changed."""
    before, after = outcome.before, outcome.after
    for version in (target, sys.version_info[:2]):
        if _parses(before, version) and not _parses(after, version):
            yield f"no longer parses on Python {version[0]}.{version[1]}"
    if _compiles(before) and not _compiles(after):
        yield "no longer compiles"
    for comment in (_comments(before) - _comments(after)).elements():
        yield f"lost {comment}"
    for name in (_flakes(after) - _flakes(before)).elements():
        if name.startswith("undefined"):
            yield name


def left_unused(outcome: Outcome) -> list[str]:
    """Return what pyflakes says of the new text, and did not of the old, and harms nobody."""
    new = _flakes(outcome.after) - _flakes(outcome.before)
    return [one for one in new.elements() if not one.startswith("undefined")]


def untouched(outcome: Outcome) -> list[int]:
    """Return the lines, as they were, that are different and that no edit of the first round, or
    the line beside it, touches: what later rounds did, which began with what others had done."""
    source = Source(str(outcome.path), outcome.before)
    edited: set[int] = set()
    for finding in outcome.first:
        for edit in finding.fix.edits if finding.fix else ():
            first, _ = source.line_and_column(edit.span.start)
            last, _ = source.line_and_column(edit.span.end)
            edited.update(range(first - 1, last + 2))
    before = outcome.before.splitlines(keepends=True)
    after = outcome.after.splitlines(keepends=True)
    changed: list[int] = []
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(
        a=before, b=after, autojunk=False
    )
    for tag, start, end, _, _ in matcher.get_opcodes():
        if tag != "equal":
            hunk = range(start + 1, max(end, start + 1) + 1)
            if not edited.intersection(hunk):
                changed += hunk
    return changed


def _parses(text: str, version: tuple[int, int]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=version)
    except (SyntaxError, ValueError):
        return False
    return True


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return Counter(one.string for one in tokens if one.type == tokenize.COMMENT)


def _flakes(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            messages = Checker(ast.parse(text)).messages
    except (SyntaxError, ValueError):
        return found
    for message in messages:
        said = str(message.message % message.message_args)
        is_bad = isinstance(message, (UndefinedName, UndefinedLocal))
        found[re.sub(r"line \d+", "line …", f"undefined: {said}" if is_bad else said)] += 1
    return found


# ---------------------------------------------------------------------- counting

STATES = ("safely", "unsafely", "refused", "no fix", "silent")


@dataclass
class Count:
    """The figures for one target."""

    target: str
    outcomes: list[Outcome]
    restless: list[Path]
    rounds: int
    found: Counter[str] = field(default_factory=Counter)
    safe: Counter[str] = field(default_factory=Counter)
    unsafe: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    unexplained: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)
    unused: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    idioms: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Idioms by kind, place and state."""

    @property
    def changed(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.changed]

    @property
    def slow(self) -> list[Outcome]:
        slow = (one for one in self.outcomes if one.seconds > SLOW)
        return sorted(slow, key=lambda one: -one.seconds)


def count(
    target: str, outcomes: list[Outcome], restless: list[Path], rounds: int, root: Path
) -> Count:
    """Return the figures, and look at each file that was changed."""
    made = Count(target, outcomes, restless, rounds)
    version = Target.since(target).first
    for one in outcomes:
        name = str(one.path.relative_to(root))
        made.found.update(finding.code for finding in one.first)
        for finding in one.applied:
            is_safe = finding.fix is not None and finding.fix.safety is Safety.SAFE
            (made.safe if is_safe else made.unsafe)[finding.code] += 1
        for finding in one.left:
            made.left[finding.code] += 1
            reason = refusal(finding)
            if reason is None:
                made.unexplained[finding.code] += 1
            else:
                made.refused[finding.code, reason] += 1
        for error in one.errors:
            reason = error.partition(": ")[2]
            if "a bug of ours" in error or "bug of ours" in error or "took more than" in error:
                made.faults.append(f"{name}: {reason}")
            else:
                made.unreadable[reason.removeprefix("cannot be analysed: ")] += 1
        if one.changed:
            made.broken += [f"{name}: {what}" for what in broken(one, version)]
            made.unused += [f"{name}: {what}" for what in left_unused(one)]
            if lines := untouched(one):
                made.later.append(f"{name}: {', '.join(map(str, lines))}")
        for kind, place, state in _states(one):
            made.idioms[kind, state] += 1
            made.places[kind, place, state] += 1
    return made


def refusal(finding: Finding) -> str | None:
    """Return why a finding has no fix, without names and numbers of lines."""
    for note in finding.notes:
        if note.text.startswith(NO_FIX):
            reason = re.sub(r"`[^`]*`", "`…`", note.text.removeprefix(NO_FIX))
            return re.sub(r"\bline \d+", "line …", reason)
    return None


def _states(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the place and the state of each idiom of a file."""
    try:
        text = outcome.before or files.read(str(outcome.path)).text
        before = idioms(str(outcome.path), text)
        after = idioms(str(outcome.path), outcome.after) if outcome.changed else before
    except (SyntaxError, ValueError, files.FileError):
        return
    source = Source(str(outcome.path), text)
    at: dict[int, list[Finding]] = {}
    for finding in outcome.first:
        at.setdefault(source.line_and_column(finding.span.start)[0], []).append(finding)
    for idiom, is_there in zip(before, survivors(before, after), strict=True):
        findings = [finding for line in idiom.lines for finding in at.get(line, ())]
        yield idiom.kind, idiom.place, _state(idiom, findings, is_there=is_there, of=outcome)


def _state(idiom: Idiom, findings: list[Finding], *, is_there: bool, of: Outcome) -> str:
    if not is_there:
        fixes = [one.fix for one in findings or of.applied if one.fix]
        return "safely" if all(fix.safety is Safety.SAFE for fix in fixes) else "unsafely"
    if not findings:
        return "silent"
    return "refused" if any(refusal(one) for one in findings) else "no fix"


# ---------------------------------------------------------------------- the page

PAGE = """\
<!-- Written by `python -m benchmarks.migrate CORPUS COPY --page docs/migrate.md`. -->

# What a repair makes of real code

`asyncrun-fix --unsafe-fixes` on a copy of {packages} releases from PyPI, old and new, {files} of
whose files name asyncio ({date}, Python {python}). They are libraries for the most part, and few
programs: where a library makes no loop of its own, but takes its caller's, the rules have nothing
to say, and are meant to be silent.

{targets}
"""

TARGET = """\
## Target {target} and later

{promises}

{findings}

### Refused, by reason

{reasons}

### Idioms

Counted by syntax alone, whatever a rule thinks of them. Many a one is right as it is: a loop from
elsewhere may be run by whoever made it, a primitive in `__init__` is fine from Python 3.10 on, and
only the target's Pythons count. *No fix* is found, and by design never repaired, or by no rule
yet.

{idioms}

### Where they are

{places}
"""


def _of_target(made: Count) -> str:
    changed = len(made.changed)
    promises = [
        f"findings: {made.found.total()}, in {sum(bool(one.first) for one in made.outcomes)} files",
        f"fixed: {made.safe.total()} safely, {made.unsafe.total()} unsafely, in {changed} files",
        f"left: {made.left.total()}, {made.refused.total()} of them refused with a reason",
        f"at rest after {made.rounds - 1} rounds; files that are not: {len(made.restless)}",
        f"promises broken: {len(made.broken)}",
        f"faults of ours: {len(made.faults)}",
        f"files that cannot be analysed: {made.unreadable.total()}",
        f"names that a repair left unused: {len(made.unused)}",
    ]
    codes = sorted({*made.found, *made.safe, *made.unsafe, *made.left})
    rows: list[list[object]] = [["Rule", "Found", "Fixed safely", "Unsafely", "Left"]]
    rows += [
        [code, made.found[code], made.safe[code], made.unsafe[code], made.left[code]]
        for code in codes
    ]
    reasons: list[list[object]] = [["Rule and reason", "Findings"]]
    ranked = sorted(made.refused.items(), key=lambda item: (-item[1], item[0]))
    reasons += [[f"{code}: {reason}", number] for (code, reason), number in ranked]
    reasons += [[f"{code}: no reason given", number] for code, number in made.unexplained.items()]
    kinds = list(dict.fromkeys(kind for kind, _ in sorted(made.idioms)))
    table_of_idioms: list[list[object]] = [["Idiom", "There", *STATES]]
    table_of_idioms += [
        [
            kind,
            sum(made.idioms[kind, state] for state in STATES),
            *(made.idioms[kind, state] for state in STATES),
        ]
        for kind in kinds
    ]
    places: list[list[object]] = [["Idiom: there (repaired)", *PLACES]]
    places += [[kind, *(_at(made, kind, place) for place in PLACES)] for kind in kinds]
    return TARGET.format(
        target=made.target,
        promises="\n".join(f"- {line}" for line in promises),
        findings=table(rows),
        reasons=table(reasons),
        idioms=table(table_of_idioms),
        places=table(places),
    )


def _at(made: Count, kind: str, place: str) -> str:
    there = sum(made.places[kind, place, state] for state in STATES)
    repaired = sum(made.places[kind, place, state] for state in STATES[:2])
    return f"{there} ({repaired})" if repaired else str(there or "")


def page(counts: Sequence[Count], packages: int) -> str:
    """Return docs/migrate.md."""
    return PAGE.format(
        packages=packages,
        files=len(counts[0].outcomes),
        date=datetime.datetime.now(datetime.timezone.utc).date(),
        python=".".join(map(str, sys.version_info[:2])),
        targets="\n".join(map(_of_target, counts)),
    )


def _details(made: Count, root: Path) -> Iterator[str]:
    """Yield what does not belong on the page."""
    lists: list[tuple[str, Iterable[object]]] = [
        ("not at rest", made.restless),
        ("broken promises", made.broken),
        ("faults of ours", made.faults),
        ("cannot be analysed", (f"{n} {reason}" for reason, n in made.unreadable.most_common())),
        ("left unused", made.unused),
        ("changed by later rounds alone", made.later),
        ("slow, with those beside it", (_slow(one, root) for one in made.slow)),
    ]
    for title, lines in lists:
        shown = list(lines)
        if shown:
            yield f"{made.target}, {title}: {len(shown)}"
            yield from (f"  {line}" for line in shown)


def _slow(outcome: Outcome, root: Path) -> str:
    name = outcome.path.relative_to(root)
    return f"{outcome.seconds:.0f} s {name} beside {len(outcome.beside)}"


def _diff(outcome: Outcome, root: Path) -> str:
    """Return what was changed in a file, below the fixes that did it."""
    name = str(outcome.path.relative_to(root))
    made = Counter(f"{one.code} {one.fix.safety.value}" for one in outcome.applied if one.fix)
    head = ", ".join(f"{what} x {number}" for what, number in sorted(made.items()))
    before = outcome.before.splitlines(keepends=True)
    after = outcome.after.splitlines(keepends=True)
    return f"# {head}\n{''.join(difflib.unified_diff(before, after, name, name, n=6))}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("copy", type=Path)
    parser.add_argument("--target-version", action="append", metavar="3.N", help="3.8 and 3.12")
    parser.add_argument("--only", default="", metavar="TEXT", help="files with this in their path")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=120, help="seconds for a file")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--diffs", type=Path, help="where all that was changed is written")
    options = parser.parse_args()
    counts: list[Count] = []
    diffs: list[str] = []
    packages: set[str] = set()
    for target in options.target_version or TARGETS:
        root = options.copy.resolve() / target
        os.environ["ASYNCRUN_CACHE_DIR"] = str(options.copy.resolve() / f".cache-{target}")
        paths = copy(options.corpus.resolve(), root, options.only)
        packages.update(package(path, root) for path in paths)
        done = repair_all(paths, root, target, options.limit, options.jobs)
        counts.append(count(target, *done, root))
        print("\n".join([*_details(counts[-1], root), "", _of_target(counts[-1])]), flush=True)
        diffs += [_diff(one, root) for one in done[0] if one.changed]
    if options.page:
        options.page.write_text(page(counts, len(packages)), "utf-8")
    if options.diffs:
        options.diffs.write_text("".join(diffs), "utf-8")
    return 1 if any(one.broken or one.faults or one.restless for one in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
