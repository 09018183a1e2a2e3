"""The programs that stand in Markdown and reStructuredText, and what became of them put back.

Reads and writes no file. Each block is a program of its own. What does not parse is no program:
documents hold fragments. Where it cannot be told for sure what of a line is the program's, the
block is none either.
"""

from __future__ import annotations

import bisect
import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flake8_asyncrun.core.cells import HIDDEN, hide_line
from flake8_asyncrun.core.fix import apply
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.model import Edit, Finding, Span
from flake8_asyncrun.core.source import Corner, Source
from flake8_asyncrun.core.suppress import silence
from flake8_asyncrun.names import forms
from flake8_asyncrun.names.syntax import Unreadable, parse_any_depth, statement_lines


class DocumentError(Exception):
    """A program that cannot be put back; `str()` of it is the reason."""


@dataclass(frozen=True)
class Part:
    """A program as it stands in a document."""

    first: int
    """How many lines of the document come before."""
    raw: tuple[str, ...]
    """Its lines there, with their line breaks."""
    prefixes: tuple[str, ...]
    """What stands before the program in each of them."""
    indent: str
    """What stands before each line that is new, but for its prompt."""
    is_session: bool
    """Whether its lines have prompts, and what they print stands between them."""

    @cached_property
    def text(self) -> str:
        return "".join(
            hide_line(line[len(prefix) :])
            if self.is_session and prefix == self.indent and line.strip()
            else line[len(prefix) :]
            for prefix, line in zip(self.prefixes, self.raw, strict=True)
        )

    @property
    def corner(self) -> Corner:
        return Corner(self.first, len(self.indent) + (len(_PROMPT) if self.is_session else 0))

    def refusal(self, text: str, edits: Iterable[Edit]) -> str | None:
        """Return why a fix of these edits of the program cannot be, None where it can."""
        if HIDDEN in text and _go_over_lines(text, edits):
            return "what is printed in between would have to move"
        return None

    def written(self, text: str) -> list[str]:
        """Return the lines of the document with another program; raise DocumentError."""
        old, new = _lines(self.text), _lines(text)
        starts = statement_lines(text) if self.is_session else frozenset()
        found: list[str] = []
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, first, last, new_first, new_last in matcher.get_opcodes():
            if tag == "equal":
                found += self.raw[first:last]
                continue
            for number in range(new_first, new_last):
                line = new[number]
                if HIDDEN in line:
                    raise DocumentError("what stands between the lines of Python has changed")
                prompt = ""
                if self.is_session:
                    prompt = _PROMPT if number + 1 in starts else _GOES_ON
                before = f"{self.indent}{prompt}"
                found.append(f"{before}{line}" if line.strip() else f"{before.rstrip()}{line}")
        return found


_PROMPT, _GOES_ON = ">>> ", "... "
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def _lines(text: str) -> list[str]:
    return _LINE.findall(text)


def _go_over_lines(text: str, edits: Iterable[Edit]) -> bool:
    """Say whether edits of a text add or take line breaks."""
    data = text.encode("utf-8", "surrogatepass")
    return any(
        "\n" in edit.text or b"\n" in data[edit.span.start : edit.span.end] for edit in edits
    )


def parts(path: str, text: str) -> list[Part]:
    """Return the programs in the document of a path that may have findings, in order."""
    if HIDDEN in text or not may_have_findings(text):
        return []
    return [part for part in every_part(path, text) if _is_program(part)]


def every_part(path: str, text: str) -> list[Part]:
    """Return what may be of Python in the document of a path, also if it is but a fragment."""
    lines = _lines(text)
    markdown = path.lower().endswith(forms.MARKDOWN)
    blocks = _in_markdown(text, lines) if markdown else _in_restructured(lines)
    return [part for block in blocks if (part := _part(lines, block)) is not None]


def trimmed(part: Part, text: str) -> str:
    """Return what became of a part without empty lines at its ends that were not there before."""
    if not _EMPTY.match(part.text):
        text = _EMPTY.sub("", text, count=1)
    if _EMPTY_END.search(part.text) is None:
        text = _EMPTY_END.sub(r"\g<1>", text)
    return text


_EMPTY = re.compile(r"\A(?:[ \t]*(?:\r\n|\r|\n))+")
_EMPTY_END = re.compile(r"(\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))+\Z")


def put_back(path: str, text: str, changed: Sequence[tuple[Part, str]]) -> str:
    """Return the document with what became of all its parts; raise DocumentError."""
    lines = _lines(text)
    pieces: list[str] = []
    last = 0
    for part, after in changed:
        pieces += lines[last : part.first]
        pieces += part.written(after)
        last = part.first + len(part.raw)
    found = "".join([*pieces, *lines[last:]])
    if any(after != part.text for part, after in changed):
        there = [part.text for part in parts(path, found)]
        wanted = [after for _, after in changed if may_have_findings(after)]
        if there != wanted:
            raise DocumentError("its blocks do not come back as they are meant, a bug of ours")
    return found


def into_document(part: Part, text: str) -> Callable[[Finding], Finding]:
    """Return what puts a finding of a part at its place in the document, whose text is given."""
    begin = _size("".join(_lines(text)[: part.first]))
    outer = list(itertools.accumulate(map(_size, part.raw), initial=begin))
    inner = list(itertools.accumulate(map(_size, _lines(part.text)), initial=0))

    def span(here: Span) -> Span:
        return Span(offset(here.start), offset(here.end))

    def offset(at: int) -> int:
        number = bisect.bisect_right(inner, at) - 1
        if number >= len(part.raw):
            return outer[-1]
        return outer[number] + _size(part.prefixes[number]) + at - inner[number]

    def edits(finding: Finding, here: Sequence[Edit]) -> tuple[Edit, ...]:
        if not _go_over_lines(part.text, here):
            return tuple(Edit(span(edit.span), edit.text) for edit in here)
        before, after = list(part.raw), part.written(apply(part.text, [finding]))
        first = _alike(before, after)
        last = _alike(before[first:][::-1], after[first:][::-1])
        lines = after[first : len(after) - last]
        return (Edit(Span(outer[first], outer[len(before) - last]), "".join(lines)),)

    def place(finding: Finding) -> Finding:
        fix = finding.fix
        if fix is not None:
            fix = replace(fix, edits=edits(finding, fix.edits))
        return replace(finding, span=span(finding.span), fix=fix)

    return place


def with_noqa(path: str, text: str, findings: Sequence[Finding]) -> str:
    """Return a document with a `# noqa` for each of its findings, where there can be one."""
    places = [finding.span.start for finding in findings]
    codes = [finding.code for finding in findings]
    changed: list[tuple[Part, str]] = []
    for part in parts(path, text):
        begin = _size("".join(_lines(text)[: part.first]))
        outer = list(itertools.accumulate(map(_size, part.raw), initial=begin))
        inner = list(itertools.accumulate(map(_size, _lines(part.text)), initial=0))
        own = [
            Finding(code, "", Span(at, at))
            for code, place in zip(codes, places, strict=True)
            if begin <= place < outer[-1]
            for at in (inner[bisect.bisect_right(outer, place) - 1],)
        ]
        changed.append((part, silence(Source(path, part.text, corner=part.corner), own)))
    return put_back(path, text, changed)


def _alike(lines: Sequence[str], others: Sequence[str]) -> int:
    """Return with how many of the same lines both begin."""
    pairs = zip(lines, others, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _is_program(part: Part) -> bool:
    if not may_have_findings(part.text):
        return False
    try:
        parse_any_depth(part.text)
    except Unreadable:
        return False
    return True


# ---------------------------------------------------------------------- blocks


@dataclass(frozen=True)
class _Block:
    """Lines of a document, from `first` up to `last`, from 0, and what stands before each."""

    first: int
    last: int
    prefix: str


def _part(lines: Sequence[str], block: _Block) -> Part | None:
    """Return the program of a block, None where something else stands before one of its lines."""
    raw = tuple(lines[block.first : block.last])
    if not any(line.strip() for line in raw):
        return None
    prefixes: list[str] = []
    for line in raw:
        if line.startswith(block.prefix):
            prefixes.append(block.prefix)
        elif line.strip() == block.prefix.strip():  # what an editor strips of an empty line
            prefixes.append(line.rstrip("\r\n"))
        else:
            return None
    opening = next(line for line in raw if line.strip() != block.prefix.strip())
    if not opening.removeprefix(block.prefix).startswith(_PROMPT.rstrip()):
        return Part(block.first, raw, tuple(prefixes), block.prefix, is_session=False)
    if any(_RAISES.search(line) for line in raw):
        return None  # it shows what an error looks like
    return _session(Part(block.first, raw, tuple(prefixes), block.prefix, is_session=True))


_RAISES = re.compile(r"Traceback \((?:most recent call last|innermost last)\)")


def _session(part: Part) -> Part | None:
    """Return a block with its prompts among the prefixes, None where one stands oddly."""
    prefixes: list[str] = []
    is_typed = False
    for prefix, line in zip(part.prefixes, part.raw, strict=True):
        body = line[len(prefix) :].rstrip("\r\n")
        prompt = next(
            (
                one
                for one in (_PROMPT, _GOES_ON)
                if (body.startswith(one) or body == one.rstrip()) and (is_typed or one == _PROMPT)
            ),
            None,
        )
        is_typed = prompt is not None
        if prompt is None:
            if body.startswith((_PROMPT.rstrip(), HIDDEN)) or (not body and prefix != part.indent):
                return None
            prefixes.append(part.indent if body.strip() else prefix)
        else:
            prefixes.append(prefix + body[: len(prompt)])
    return replace(part, prefixes=tuple(prefixes))


# ---------------------------------------------------------------------- Markdown


_PYTHON = {"python", "python3", "py", "py3", "pycon", "doctest", "testcode", "python-repl"}
_DIRECTIVE_INFO = re.compile(r"\{(?:code-block|code|sourcecode)\}\s*(?P<language>[\w+-]+)?")
_INFO = re.compile(r"\{?\s*\.?(?P<language>[\w+-]+)")
_OPTION = re.compile(r":[\w-]+:")


def _in_markdown(text: str, lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the fenced blocks of Python, in order."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt("commonmark").disable("inline").parse(text):
        if token.type != "fence" or token.map is None:
            continue
        info = token.info.strip()
        directive = _DIRECTIVE_INFO.match(info)
        match = directive or _INFO.match(info)
        language = (match["language"] or "python").lower() if match else ""
        content = token.content.removesuffix("\n").split("\n")
        is_session = not info and token.content.startswith(_PROMPT)
        if language not in _PYTHON and not is_session:
            continue
        first = token.map[0] + 1
        if directive is not None:
            options = 0
            while options < len(content) and _OPTION.match(content[options]):
                options += 1
            first, content = first + options, content[options:]
        block = _block(lines, first, content)
        if block is not None:
            yield block


def _block(lines: Sequence[str], first: int, content: Sequence[str]) -> _Block | None:
    """Return the block that has this content, None where it cannot be told what stands before."""
    prefixes = set()
    for number, line in enumerate(content, start=first):
        raw = lines[number].rstrip("\r\n")
        if line.strip():
            if not raw.endswith(line):
                return None
            prefixes.add(raw[: len(raw) - len(line)])
    if len(prefixes) != 1:
        return None
    return _Block(first, first + len(content), prefixes.pop())


# ---------------------------------------------------------------------- reStructuredText


_DIRECTIVE = re.compile(r" *\.\. +(?P<name>[\w:.-]+)::(?P<argument>.*)")
_COMMENT = re.compile(r" *\.\.(?!\s+(?:_|\[|\||[\w:.-]+::))(?:\s|$)")
_ITEM = re.compile(r" *(?:(?:[-*+\u2022]|\(?(?:\d+|[a-zA-Z#])[.)])\s+)*")
_CODE = {"code-block", "code", "sourcecode", "testcode", "doctest"}
_CLOSED = {
    "graphviz",
    "ipython",
    "jupyter-execute",
    "math",
    "mermaid",
    "parsed-literal",
    "plot",
    "productionlist",
    "raw",
    "testoutput",
}
"""Directives whose content is neither text nor a program of ours."""


def _in_restructured(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the blocks that may be of Python: directives, literal blocks, interactive sessions.

    This reads indentation, as docutils does, and no more: docutils itself tells where a block ends
    with an error of a line or two, and loses the content of each directive that Sphinx or an
    extension defines.
    """
    number = 0
    while number < len(lines):
        line = lines[number].rstrip()
        directive = _DIRECTIVE.match(line)
        comment = _COMMENT.match(line)
        if directive is not None or comment is not None:
            end = _end_of_indented(lines, number + 1, _depth(line))
            name = "" if directive is None else directive["name"].lower()
            if directive is not None and name in _CODE:
                argument = directive["argument"].strip().lower()
                if name in ("testcode", "doctest") or argument in ({""} | _PYTHON):
                    yield from _indented(lines, _after_options(lines, number + 1, end), end)
                number = end
            elif directive is None or name in _CLOSED:
                number = end
            else:
                number += 1
        elif line.lstrip().startswith(_PROMPT):
            end = number
            while end < len(lines) and lines[end].strip():
                end += 1
            yield from _indented(lines, number, end)
            number = end
        elif line.endswith("::"):
            start = _ITEM.match(line)
            indent = 0 if start is None else start.end()
            is_open = number + 1 < len(lines) and not lines[number + 1].strip()
            end = _end_of_indented(lines, number + 1, indent) if is_open else number + 1
            yield from _indented(lines, number + 1, end)
            number = end
        else:
            number += 1


def _end_of_indented(lines: Sequence[str], first: int, indent: int) -> int:
    """Return where the lines end that are empty, or deeper than so many spaces."""
    end = first
    for number in range(first, len(lines)):
        if lines[number].strip():
            if _depth(lines[number]) <= indent:
                break
            end = number + 1
    return end


def _after_options(lines: Sequence[str], first: int, end: int) -> int:
    """Return where the content of a directive begins, behind its options."""
    while first < end and _OPTION.match(lines[first].strip()):
        first += 1
    return first


def _indented(lines: Sequence[str], first: int, end: int) -> Iterator[_Block]:
    """Yield the block that stands in lines, if there is one."""
    while first < end and not lines[first].strip():
        first += 1
    full = [line for line in lines[first:end] if line.strip()]
    if full and not any("\t" in line[: len(line) - len(line.lstrip())] for line in full):
        yield _Block(first, end, " " * min(map(_depth, full)))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
