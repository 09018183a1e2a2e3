"""How the cells of a notebook stand in one text, which is a program.

Each begins with a statement that says which cell it is. What is no Python (`%magic`, `!shell`,
`help?`, whole cells) stands in comments, behind a call of nobody knows what where it is a statement
or a value. All of it can be told from the text alone, whatever fixes made of the rest, and no line
is longer or shorter by a line break.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_asyncrun.core.model import Edit, Span

HIDDEN = "\ue000"
"""No notebook that has it itself is looked into: a character that nobody gave a meaning."""

_CALL = "get_ipython()"  # what IPython, too, makes of magics
_OPENING = re.compile(rf"^pass  #{HIDDEN}cell (\d+)\n", re.MULTILINE)
_COVER = re.compile(rf"(?:get_ipython\(\))?#{HIDDEN}")
_HIDDEN_LINE = re.compile(rf"(?<!^pass  )#{HIDDEN}(.*)", re.MULTILINE)
_IMPORT = re.compile(r"(?:import|from)\s")


@dataclass(frozen=True)
class Cell:
    """A cell as it stands in the program."""

    number: int
    """From 1, of all cells of the notebook, those of other kinds counted too."""
    span: Span
    """Of its own text, in bytes of the program."""
    line: int
    """The program's line, from 1, in which its own text begins."""
    code: str
    """Its own text there."""


def opening(number: int) -> str:
    """Return the line that goes before a cell."""
    return f"pass  #{HIDDEN}cell {number}\n"


def hide_statement(line: str, column: int) -> str:
    """Return a line in which what begins at a column is no Python, and is a call of something."""
    return f"{line[:column]}{_CALL}#{HIDDEN}{line[column:]}"


def hide_line(line: str) -> str:
    """Return a line as a comment."""
    return f"#{HIDDEN}{line}"


def shown(code: str) -> str:
    """Return code of the program as it stands in the notebook."""
    return _COVER.sub("", code)


def cells(text: str) -> Iterator[Cell]:
    """Yield the cells of a program, in order."""
    openings = list(_OPENING.finditer(text))
    ends = [*(match.start() for match in openings), len(text)][1:]
    offset = line = 0
    last = 0
    for match, end in zip(openings, ends, strict=True):
        offset += _size(text[last : match.end()])
        line += text.count("\n", last, match.end())
        last = match.end()
        code = text[last:end]
        yield Cell(int(match[1]), Span(offset, offset + _size(code)), line + 1, code)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def cell_at(text: str, offset: int) -> Cell | None:
    """Return the cell that holds a byte offset of the program, None before the first."""
    before = itertools.takewhile(lambda cell: cell.span.start <= offset, cells(text))
    return next(reversed(list(before)), None)


def hidden(text: str) -> str:
    """Return what of a program is no Python."""
    return "\n".join(match[1] for match in _HIDDEN_LINE.finditer(text))


def frame(text: str) -> list[str]:
    """Return the lines of a program that no fix may change, move or drop."""
    return [line for line in text.split("\n") if HIDDEN in line]


def is_under_magic(text: str, offset: int) -> bool:
    """Say whether a byte offset is in a cell that begins with a magic such as `%%time`."""
    cell = cell_at(text, offset)
    return cell is not None and shown(cell.code).lstrip().startswith("%%")


def refusal(text: str, edits: Iterable[Edit]) -> str | None:
    """Return why a fix of these edits cannot be, None where it stays in a cell and among Python.

    What it imports may stand in an earlier cell, beside what is imported there.
    """
    every = list(cells(text))
    closed = list(_hidden_spans(text))
    changed: set[int] = set()
    importing: set[int] = set()
    for edit in edits:
        start, end = edit.span.start, edit.span.end
        holder = [one for one in every if one.span.start <= start and end <= one.span.end]
        if not holder:
            return _OVER_CELLS
        if any(one.start < end and start < one.end for one in closed):
            return "it would change what is no Python"
        is_import = start == end and _is_import(holder[0], edit)
        (importing if is_import else changed).add(holder[0].number)
    if len(changed) > 1 or (changed and importing and max(importing) > min(changed)):
        return _OVER_CELLS
    return None


_OVER_CELLS = "it would change more than one cell"


def _is_import(cell: Cell, edit: Edit) -> bool:
    """Say whether an insertion adds an import, or a name to one."""
    before = cell.code.encode("utf-8", "surrogatepass")[: edit.span.start - cell.span.start]
    line = before.decode("utf-8", "replace").rpartition("\n")[2] + edit.text
    return _IMPORT.match(line.lstrip()) is not None


def _hidden_spans(text: str) -> Iterator[Span]:
    """Yield the lines, without their line breaks, in which something is no Python."""
    offset = last = 0
    for match in _HIDDEN_LINE.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        offset += _size(text[last:start])
        last = start
        yield Span(offset, offset + _size(text[start : match.end()]))
