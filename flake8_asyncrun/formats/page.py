"""What the forms are made of: the findings of a file with the places that a reader sees."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import click

from flake8_asyncrun.core.cells import Cell
from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.formats import manual

ERROR = "error"
"""What stands for a code where something could not be done."""


@dataclass(frozen=True)
class Position:
    """A place in a text: line and column in characters, both from 1; in a notebook, of a cell."""

    line: int
    column: int
    cell: int | None = None
    """From 1, cells of all kinds counted; None where there are none."""

    def __str__(self) -> str:
        """The place as a reader looks it up."""
        return f"{_in_cell(self.cell)}{self.line}:{self.column}"

    @property
    def in_file(self) -> Position:
        """Return the place for programs that know of no cells: then it is the file as a whole."""
        return self if self.cell is None else Position(1, 1)


def _in_cell(cell: int | None) -> str:
    return "" if cell is None else f"cell {cell}:"


@dataclass(frozen=True)
class Remark:
    """A note, and the file and line that it is about; None where it is about no other."""

    text: str
    name: str | None = None
    path: str | None = None
    uri: str | None = None
    line: int | None = None
    cell: int | None = None

    def __str__(self) -> str:
        if self.name is None:
            return self.text
        return f"{self.text}: {self.name}:{_in_cell(self.cell)}{self.line}"


@dataclass(frozen=True)
class Located:
    """A finding with its place."""

    finding: Finding
    start: Position
    end: Position
    """Behind its last character."""
    notes: tuple[Remark, ...]
    is_fixable: bool
    """Whether it has a fix that is wanted."""

    @property
    def is_unsafe(self) -> bool:
        return self.finding.fix is not None and self.finding.fix.safety is Safety.UNSAFE


@dataclass(frozen=True)
class Fault:
    """What could not be done with a file, and in which line it shows, if that is known."""

    message: str
    line: int | None
    is_elsewhere: bool
    """Whether the message names another file as the one to look at."""


@dataclass(frozen=True)
class Page:
    """One file."""

    name: str
    """Its path as a reader wants it: relative where it is below the current folder."""
    path: str
    """Its path in full."""
    in_project: str
    """Its path from where CI has the project, with slashes."""
    uri: str
    """Relative where the name is."""
    lines: Lines
    cells: tuple[Cell, ...] = ()
    """Those of a notebook, whose program the lines are."""
    findings: tuple[Located, ...] = ()
    faults: tuple[Fault, ...] = ()

    def position(self, offset: int) -> Position:
        line, column = self.lines.line_and_column(offset)
        cell = self.cell_of(line)
        if cell is None:
            return Position(line, column + 1)
        return Position(line - cell.line + 1, column + 1, cell.number)

    def row(self, position: Position) -> int:
        """Return which of the lines a position is in."""
        cell = self.cell_of_number(position.cell)
        return position.line if cell is None else position.line + cell.line - 1

    def cell_of(self, row: int) -> Cell | None:
        """Return the cell that one of the lines is in."""
        before = [cell for cell in self.cells if cell.line <= row]
        return before[-1] if before else None

    def cell_of_number(self, number: int | None) -> Cell | None:
        return next((cell for cell in self.cells if cell.number == number), None)


@dataclass(frozen=True)
class Style:
    """How a terminal is to show it."""

    color: bool = False
    links: bool = False
    """Whether codes lead to the manuals."""

    def paint(self, part: str, fg: str | None = None, *, bold: bool | None = None) -> str:
        return click.style(part, fg=fg, bold=bold) if self.color else part

    def code(self, code: str) -> str:
        painted = self.paint(code, "red", bold=True)
        return f"\x1b]8;;{manual(code)}\x1b\\{painted}\x1b]8;;\x1b\\" if self.links else painted


# What moves the cursor, colours, or turns the direction of what comes after it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return a text in one line that does nothing to a terminal, as long as it was."""
    return text if text.isprintable() else _UNPRINTABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    number = ord(match[0])
    return chr(0x2400 + number) if number < 0x20 else "\u2421" if number == 0x7F else "\ufffd"


def cells(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fingerprints(page: Page) -> Iterator[str]:
    """Yield for each finding, then each fault, what names it as long as its line is the same.

    Where the line stands does not matter. No two of a page are the same.
    """
    seen: Counter[str] = Counter()
    for located in page.findings:
        line = page.lines.text(page.row(located.start)).strip()
        message = re.sub(r"\bline \d+", "line", located.finding.message)
        yield _named(seen, (page.in_project, located.finding.code, message, line[:1000]))
    for fault in page.faults:
        yield _named(seen, (page.in_project, ERROR, fault.message))


def _named(seen: Counter[str], parts: tuple[str, ...]) -> str:
    content = "\0".join(parts)
    seen[content] += 1
    data = f"{content}\0{seen[content]}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:32]
