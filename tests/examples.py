"""Reads examples out of Markdown: the manuals of the rules, and their corner cases.

The notation. An example is a fenced block whose info string begins with `python` and one of

- `bad`: reported on exactly the lines that end in a marker, `# RUN101` or `# RUN101 RUN201`;
- `fixed`: what becomes of the bad block before it, once all fixes of the rule are applied, unsafe
  ones too. Markers do not count in the comparison; in a fixed block they mark what is *still*
  reported. It may say `safe` (safe fixes alone give it) or `unsafe` (they do not). A bad block
  without a fixed one is not changed;
- `good`: not reported (markers of other rules are allowed);
- `file=app/store.py`: another file of the project.

A section is what stands between two headings of any level, or before the first. A `file=` block
belongs to every example of its section, those before it too, and to no other section. A `fixed`
block follows its `bad` block in the same section, with nothing but `file=` blocks between them.
The example itself is `example.py`.

Claims say what happens when a block is run: `3.7-3.13="ValueError: a coroutine was expected"`. Left
stands a range (`3.8`, `3.7-3.13`, `3.14-`, `-3.9`; ranges do not overlap), right an outcome:

- `ExcType: text`: the process dies of it, and its message contains the text. The type is written
  bare or in full. A member of an exception group will do. Without a text the message is empty;
- `ok`: it ends well, and no warning or trouble on stderr stems from it (see proof.py);
- `warns Category: text`: it ends well, and this warning was shown;
- `hangs`: it still runs after some seconds;
- `silent: text`: it ends well, but does not print the text, which its cure prints (the fixed block,
  or where there is none the next good block of the section);
- `invalid`: a syntax error.

Further attributes: `prints="text"` (good and fixed: stdout contains it), `target=3.8` (analysed for
the Pythons from there on), `needs="aiohttp,slack_sdk>=3.27"` (distributions), `norun="reason"`
(corner cases only: not executed, though it would be). `with="nextcord==2.6.0"` names distributions
as `needs` does, but they are never at hand: the block is analysed by what comes with us of these
releases, and executed in an environment that has those of all examples, on the Pythons it claims.
`needs`, `with` and `target` of a bad block hold for its fixed block as well.

What is executed: in a manual everything. A bad block claims every Python from 3.7 to 3.15, a good
or fixed one is `ok` wherever it claims nothing else. Among the corner cases only what asks for it:
a block with claims, on the Pythons it claims; one with `prints`, on all; and the fixed block of a
bad block with claims, on the same Pythons.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import flake8_asyncrun.rules
from flake8_asyncrun.names.target import DEFAULT, KNOWN, Target, Version, show

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

MANUALS = Path(flake8_asyncrun.rules.__file__).parent
CORNER_CASES = Path(__file__).parent / "fixtures" / "rules"
EXAMPLE = "example.py"

WITH_EXAMPLES = tuple(
    rule for rule in flake8_asyncrun.rules.ALL if not rule.code.startswith("RUN0")
)
"""All rules but those about the tool itself: what cannot be read, what is silenced."""

_FENCE = re.compile(r"(?P<ticks>`{3,})[ ]*(?P<info>[^`]*)")
_LOOKS_LIKE_PYTHON = re.compile(r"\s*(?P<fence>`{3,}|~{3,})\s*py", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.+?)\s*#*")
_MARKER = re.compile(r"[ \t]*# (?P<codes>RUN\d{3}(?:[ ,]+RUN\d{3})*)[ \t]*(?=\r?$)", re.MULTILINE)
_LONE_MARKER = re.compile(rf"^{_MARKER.pattern}\r?\n", re.MULTILINE)
_RANGE = re.compile(r"(?P<first>\d+\.\d+)?(?P<dash>-)?(?P<last>\d+\.\d+)?")
_DEATH = re.compile(r"(?P<name>(?:\w+\.)*[A-Z]\w*)(?:: (?P<text>.+))?")
_WARNING = re.compile(r"warns (?P<name>[A-Z]\w*Warning): (?P<text>.+)")


class NotationError(Exception):
    """A document breaks the notation; the text names the file, the line and the fault."""


@dataclass(frozen=True)
class Document:
    """Markdown with its place: `first_line` is the line of `path` on which the text begins."""

    path: Path
    text: str
    first_line: int = 1
    is_manual: bool = False

    def error(self, line: int, fault: str) -> NotationError:
        """Return the error that says what is wrong in a line of the file."""
        return NotationError(f"{self.path}:{line}: {fault}")


@dataclass(frozen=True)
class Fence:
    """A fenced block of any language, under the heading it stands under."""

    info: str
    code: str
    line: int
    """Of its first line of code, in the file."""
    heading: str


@dataclass(frozen=True)
class Outcome:
    """What happens when a block is run: "dies", "ok", "warns", "hangs", "silent" or "invalid"."""

    kind: str
    name: str = ""
    """Of the exception or the warning's category."""
    text: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "dies":
                return f"{self.name}: {self.text}" if self.text else self.name
            case "warns":
                return f"warns {self.name}: {self.text}"
            case "silent":
                return f"silent: {self.text}"
            case _:
                return self.kind


OK = Outcome("ok")


@dataclass(frozen=True)
class Claim:
    """An outcome on the Pythons from `first` to `last`, both included."""

    first: Version
    last: Version
    outcome: Outcome

    def covers(self, version: Version) -> bool:
        """Say whether the claim speaks of this Python."""
        return self.first <= version <= self.last


EVERYWHERE = Claim(KNOWN[0], KNOWN[-1], OK)


@dataclass(frozen=True)
class Block:
    """A piece of Python with what its info string says of it."""

    document: Document
    kind: str
    """One of "bad", "fixed" and "good"."""
    code: str
    line: int
    """Of its first line of code, in the file."""
    heading: str
    claims: tuple[Claim, ...] = ()
    prints: str = ""
    needs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    """What it runs with, and is analysed without."""
    target: Target = DEFAULT
    norun: str = ""
    promise: str = ""
    """Of a fixed block: "safe", "unsafe", or "" where it does not say."""

    def outcome_on(self, version: Version) -> Outcome | None:
        """Return what is claimed of a Python, None where the block is not to be executed."""
        return next((claim.outcome for claim in self.claims if claim.covers(version)), None)

    @property
    def place(self) -> str:
        return f"{self.document.path}:{self.line}"


@dataclass(frozen=True)
class Example:
    """A bad or a good block with all that belongs to it."""

    block: Block
    fixed: Block | None = None
    cure: Block | None = None
    """What prints the text that a silent bad block does not."""
    files: dict[str, str] = field(default_factory=dict)
    """The other files of the project, by path."""

    @property
    def bad(self) -> bool:
        return self.block.kind == "bad"

    @property
    def code(self) -> str:
        return self.block.code

    def __str__(self) -> str:
        """Return what its tests are called: the rule, the document, the line, the heading."""
        path = self.block.document.path
        heading = f" {self.block.heading}" if self.block.heading else ""
        return f"{path.stem.replace('_', '-')}{path.suffix}:{self.block.line}{heading}"

    def is_executed_on(self, version: Version) -> bool:
        """Say whether any of its blocks is to be run on a Python."""
        blocks = [self.block, *([self.fixed] if self.fixed else [])]
        return any(block.outcome_on(version) is not None for block in blocks)


def manual(rule: Rule) -> Document:
    """Return a rule's manual: the docstring of its module, as it stands in the file."""
    path = MANUALS / f"{rule.name.replace('-', '_')}.py"
    lines = path.read_text("utf-8").split("\n")
    statement = ast.parse("\n".join(lines)).body[0]
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text), lineno=line)):
            document = Document(path, text, line, is_manual=True)
        case _:
            raise NotationError(f"{path}:1: a rule's module begins with its manual")
    written = lines[line - 1 : line - 1 + text.count("\n") + 1]
    if text.split("\n")[1:-1] != written[1:-1]:
        raise document.error(line, 'a manual with a backslash is written raw: r"""')
    return document


def corner_cases(rule: Rule) -> Document | None:
    """Return the document of a rule's corner cases, None if it has none."""
    path = CORNER_CASES / f"{rule.name.replace('-', '_')}.md"
    return Document(path, path.read_text("utf-8")) if path.exists() else None


def documents(rule: Rule) -> list[Document]:
    """Return all documents that hold a rule's examples."""
    cases = corner_cases(rule)
    return [manual(rule), *([cases] if cases else [])]


@cache
def all_examples(rule: Rule) -> tuple[Example, ...]:
    """Return the examples of a rule's manual, then those of its corner cases."""
    return tuple(example for document in documents(rule) for example in read(document))


def read(document: Document) -> tuple[Example, ...]:
    """Return the examples of a document, in order; raise NotationError where there are none."""
    sections: dict[int, list[Fence]] = {}
    for number, fence in _fences_by_section(document):
        sections.setdefault(number, []).append(fence)
    examples = [
        example for section in sections.values() for example in _read_section(document, section)
    ]
    if not examples:
        raise document.error(document.first_line, "not one example")
    return tuple(examples)


def fences(document: Document) -> Iterator[Fence]:
    """Yield the fenced blocks of a document, of any language, in order."""
    return (fence for _, fence in _fences_by_section(document))


def _fences_by_section(document: Document) -> Iterator[tuple[int, Fence]]:
    section, heading = 0, ""
    opened: tuple[str, str, int] | None = None
    code: list[str] = []
    for line, text in enumerate(document.text.split("\n"), document.first_line):
        if opened is not None:
            ticks, info, first = opened
            if text.startswith(ticks) and not text.strip("` "):
                yield section, Fence(info, "".join(code), first, heading)
                opened, code = None, []
            else:
                code.append(f"{text}\n")
        elif fence := _FENCE.fullmatch(text):
            opened = (fence["ticks"], fence["info"].strip(), line + 1)
        elif _LOOKS_LIKE_PYTHON.match(text):
            raise document.error(line, "no block: it needs ``` at the margin and no ` after it")
        elif title := _HEADING.fullmatch(text):
            section, heading = section + 1, title["text"]
    if opened is not None:
        raise document.error(opened[2] - 1, "the block has no end")


def _read_section(document: Document, section: Iterable[Fence]) -> list[Example]:
    examples: list[Example] = []
    files: dict[str, str] = {}
    for fence in section:
        kind, attributes = _words(document, fence)
        if kind == "file":
            _add_file(document, fence, files, attributes)
        elif kind in ("bad", "good"):
            examples.append(Example(_block(document, fence, kind, attributes)))
        elif kind == "fixed":
            if not examples or not examples[-1].bad or examples[-1].fixed is not None:
                raise document.error(fence.line - 1, "no bad block before this fixed one")
            fixed = _block(document, fence, kind, attributes)
            examples[-1] = replace(examples[-1], fixed=_after(examples[-1].block, fixed))
    return [
        replace(example, files=files, cure=_cure(example, examples[index + 1 :]))
        for index, example in enumerate(examples)
    ]


def _words(document: Document, fence: Fence) -> tuple[str, dict[str, str]]:
    """Return the kind of a block, "" if it is not Python, and its attributes."""
    language, _, _ = fence.info.partition(" ")
    if not language.lower().startswith("py") or language == "pycon":
        return "", {}
    if language != "python":
        raise document.error(fence.line - 1, f"say python instead of {language}")
    try:
        words = shlex.split(fence.info)[1:]
    except ValueError as error:
        raise document.error(fence.line - 1, str(error)) from None
    kind = words[0].partition("=")[0] if words else ""
    if kind not in ("bad", "fixed", "good", "file"):
        raise document.error(fence.line - 1, "a Python block says bad, fixed, good or file=…")
    attributes: dict[str, str] = {}
    for word in words if kind == "file" else words[1:]:
        key, _, value = word.partition("=")
        if key in attributes:
            raise document.error(fence.line - 1, f"{key} is said twice")
        attributes[key] = value
    return kind, attributes


def _add_file(
    document: Document, fence: Fence, files: dict[str, str], attributes: dict[str, str]
) -> None:
    line = fence.line - 1
    path, *others = attributes.values()
    if others:
        raise document.error(line, "a file has a path and nothing else")
    if path in files or path == EXAMPLE:
        raise document.error(line, f"{path} is there already")
    if not re.fullmatch(r"(?:\w+/)*\w+\.pyi?", path):
        raise document.error(line, f"{path!r} is not the path of a module")
    if _MARKER.search(fence.code):
        raise document.error(line, "a marker in a file is never looked at")
    files[path] = fence.code


def _block(document: Document, fence: Fence, kind: str, attributes: dict[str, str]) -> Block:
    block = Block(document, kind, fence.code, fence.line, fence.heading)
    try:
        for key, value in attributes.items():
            block = _with_attribute(block, key, value)
        return replace(block, claims=_complete(block))
    except ValueError as error:
        raise document.error(fence.line - 1, str(error)) from None


def _with_attribute(block: Block, key: str, value: str) -> Block:
    """Return the block with one more attribute; raise ValueError where it has no such thing."""
    match block.kind, key:
        case _, "norun" if not block.document.is_manual:
            return replace(block, norun=_not_empty(key, value))
        case _, "norun":
            raise ValueError("norun is for corner cases: a manual is executed")
        case "good" | "fixed", "prints":
            return replace(block, prints=_not_empty(key, value))
        case "good" | "bad", "needs":
            return replace(block, needs=_list(key, value))
        case "good" | "bad", "with":
            return replace(block, libraries=_list(key, value))
        case "good" | "bad", "target":
            return replace(block, target=Target.since(value))
        case "fixed", "safe" | "unsafe" if not value and not block.promise:
            return replace(block, promise=key)
        case _ if key[:1].isdigit() or key[:1] == "-":
            outcome = read_outcome(value)
            if outcome.kind == "silent" and block.kind != "bad":
                raise ValueError("only a bad block is silent")
            return replace(block, claims=(*block.claims, Claim(*read_range(key), outcome)))
        case _:
            raise ValueError(f"a {block.kind} block has no {key!r}")


def _not_empty(key: str, value: str) -> str:
    if not value.strip():
        raise ValueError(f"{key} is empty")
    return value


def _list(key: str, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _not_empty(key, value).split(","))


def read_range(text: str) -> tuple[Version, Version]:
    """Return the first and the last Python of a range; raise ValueError where it is none."""
    match = _RANGE.fullmatch(text)
    if match is None or not (match["first"] or match["last"]):
        raise ValueError(f"{text!r} is no range such as 3.8, 3.7-3.13, 3.14- or -3.9")
    first = _read_version(match["first"]) if match["first"] else KNOWN[0]
    if match["dash"] is None:
        return first, first
    last = _read_version(match["last"]) if match["last"] else KNOWN[-1]
    if first > last:
        raise ValueError(f"{text!r} ends before it begins")
    return first, last


def _read_version(text: str) -> Version:
    major, _, minor = text.partition(".")
    version = (int(major), int(minor))
    if version not in KNOWN:
        raise ValueError(f"Python {text} is not one of {show(KNOWN[0])} to {show(KNOWN[-1])}")
    return version


def read_outcome(text: str) -> Outcome:
    """Return what the right side of a claim means; raise ValueError where it means nothing."""
    if text in ("ok", "hangs", "invalid"):
        return Outcome(text)
    if text.startswith("silent: ") and text.removeprefix("silent: ").strip():
        return Outcome("silent", text=text.removeprefix("silent: "))
    if warning := _WARNING.fullmatch(text):
        return Outcome("warns", warning["name"], warning["text"])
    if death := _DEATH.fullmatch(text):
        return Outcome("dies", death["name"], death["text"] or "")
    raise ValueError(f"{text!r} is no outcome")


def _complete(block: Block) -> tuple[Claim, ...]:
    """Return the block's claims with those it makes without saying so."""
    for version in KNOWN:
        if sum(claim.covers(version) for claim in block.claims) > 1:
            raise ValueError(f"two claims for Python {show(version)}")
    if block.norun:
        if block.claims or block.prints:
            raise ValueError("norun, and yet it says what happens when it runs")
        return ()
    open_versions = [version for version in KNOWN if block.outcome_on(version) is None]
    if block.libraries and not block.claims:
        raise ValueError("with a library, and no claim: on which Pythons?")
    if block.kind == "bad" or block.libraries:
        if block.document.is_manual and open_versions and not block.libraries:
            raise ValueError(f"no claim for Python {', '.join(map(show, open_versions))}")
        return block.claims
    if block.document.is_manual or (block.prints and not block.claims):
        return (*block.claims, *(Claim(version, version, OK) for version in open_versions))
    return block.claims


def _after(bad: Block, fixed: Block) -> Block:
    """Return the fixed block with what it has from its bad block."""
    claims = fixed.claims
    if bad.libraries:
        claims = tuple(claim for claim in claims if bad.outcome_on(claim.first) is not None)
    if not fixed.norun:
        claims += tuple(
            Claim(version, version, OK)
            for version in KNOWN
            if bad.outcome_on(version) is not None and fixed.outcome_on(version) is None
        )
    return replace(
        fixed, claims=claims, needs=bad.needs, libraries=bad.libraries, target=bad.target
    )


def _cure(example: Example, later: list[Example]) -> Block | None:
    if not any(claim.outcome.kind == "silent" for claim in example.block.claims):
        return None
    cure = example.fixed or next((other.block for other in later if not other.bad), None)
    if cure is None:
        document = example.block.document
        raise document.error(
            example.block.line - 1, "silent, but no block after it prints what it should have"
        )
    return cure


def marked(code: str, among: str) -> set[int]:
    """Return the lines, from 1, of `code` that are marked with the rule code `among`."""
    return {line for line, codes in markers(code).items() if among in codes}


def markers(code: str) -> dict[int, set[str]]:
    """Return the rule codes that each marked line, from 1, is marked with."""
    return {
        code.count("\n", 0, match.start("codes")) + 1: set(re.findall(r"RUN\d{3}", match["codes"]))
        for match in _MARKER.finditer(code)
    }


def unmarked(code: str) -> str:
    """Return `code` without its markers; a line that is nothing else goes altogether."""
    return _MARKER.sub("", _LONE_MARKER.sub("", code))


def replaced_markers(code: str, comment: str) -> str:
    """Return `code` with `comment` in the place of every marker."""
    return _MARKER.sub(lambda match: f"  {comment}", code)
