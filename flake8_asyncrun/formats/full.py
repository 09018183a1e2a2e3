"""Findings with the code that they are about, their notes, and what their fixes change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flake8_asyncrun.core.cells import shown as as_in_notebook
from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Edit, Span
from flake8_asyncrun.formats.changes import Row, rows
from flake8_asyncrun.formats.page import Located, Page, Position, Style, cells, printable
from flake8_asyncrun.formats.plain import what

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

_CONTEXT = 2
"""How many lines are shown around those that a finding is about."""
_WIDEST = 160
"""How many characters of a line are shown."""
_BEFORE = 60
"""How many of them stand before the finding, where a line is longer than that."""
_MOST_LINES = 8
"""How many lines of a finding are shown, before those in the middle are left out."""
_HEAD, _TAIL = 4, 2
_MOST_CHANGES = 60
"""How many lines of a fix are shown."""


def full(pages: Iterable[Page], style: Style, _rules: Callable[[], Iterable[Rule]]) -> str:
    """Return each finding as a paragraph."""
    lines = (line for page in pages for line in _page(page, style))
    return "".join(f"{line}\n" for line in lines)


def _page(page: Page, style: Style) -> Iterator[str]:
    shown: dict[tuple[Edit, ...], Position] = {}
    for located in page.findings:
        yield from _paragraph(page, located, style, shown)
        yield ""


def _paragraph(
    page: Page, located: Located, style: Style, shown: dict[tuple[Edit, ...], Position]
) -> Iterator[str]:
    """Yield the lines about a finding; `shown` are the fixes that were shown, and with what."""
    fix = located.finding.fix
    earlier = shown.get(fix.edits) if fix is not None else None
    changes: list[Row] | None = None
    if fix is not None and earlier is None:
        shown[fix.edits] = located.start
        changes = _changes(page, fix.edits, located.start.cell)
    excerpt = list(_excerpt(page, located, style))
    numbers = [number for number, _ in excerpt if number is not None]
    numbers += [row.number for row in changes or () if row.number is not None]
    width = len(str(max(numbers, default=1)))

    def gutter(number: int | str | None) -> str:
        return style.paint(f"{'' if number is None else number:>{width}} |", "blue", bold=True)

    yield what(located, style)
    where = f"{printable(page.name)}:{located.start}"
    yield f"{' ' * width}{style.paint('-->', 'blue', bold=True)} {where}"
    if excerpt:
        yield gutter(None)
        yield from (f"{gutter(number)} {text}".rstrip() for number, text in excerpt)
        yield gutter(None)
    for note in located.notes:
        yield f"{style.paint('note', 'cyan', bold=True)}: {printable(str(note))}"
    if fix is None:
        return
    unsafe = " (unsafe)" if located.is_unsafe else ""
    same = f", as for {earlier}" if earlier is not None else ""
    yield f"{style.paint('help', 'cyan', bold=True)}: {printable(fix.title)}{unsafe}{same}"
    if changes:
        yield gutter(None)
        for row in changes:
            yield _change(row, width, style)
        yield gutter(None)


def _changes(page: Page, edits: Sequence[Edit], own: int | None) -> list[Row]:
    """Return what a fix changes, cell by cell where there are any; `own` is that of its finding."""
    if not page.cells:
        return rows(page.lines, edits, _MOST_CHANGES)
    found: list[Row] = []
    for cell in page.cells:
        inside = [edit for edit in edits if cell.span.start <= edit.span.start <= cell.span.end]
        moved = [
            Edit(
                Span(edit.span.start - cell.span.start, edit.span.end - cell.span.start), edit.text
            )
            for edit in inside
        ]
        if moved and cell.number != own:
            found.append(Row("…", None, f"cell {cell.number}:"))
        found += rows(Lines(cell.code.encode("utf-8", "surrogatepass")), moved, _MOST_CHANGES)
    return found


def _change(row: Row, width: int, style: Style) -> str:
    number = "" if row.number is None else str(row.number)
    text = _cropped(row.text, row.same)
    if row.sign == "…":
        return style.paint(f"{'':>{width}} {text}", "blue", bold=True)
    left = style.paint(f"{number:>{width}}", "blue", bold=True)
    if row.sign == " ":
        return f"{left} {style.paint('|', 'blue', bold=True)} {text}".rstrip()
    fg = "green" if row.sign == "+" else "red"
    return f"{left} {style.paint(f'{row.sign} {text}'.rstrip(), fg)}"


def _excerpt(page: Page, located: Located, style: Style) -> Iterator[tuple[int | None, str]]:
    """Yield the lines around a finding, with their numbers, and marks below them without."""
    lines = page.lines
    if not lines.data:
        return
    start, end = (Position(page.row(one), one.column) for one in (located.start, located.end))
    cell = page.cell_of(start.line)
    above = 0 if cell is None else cell.line - 1
    count = len(lines.starts) if cell is None else above + len(Lines(cell.code.encode()).starts)
    for row, text in _rows_around(page, start, end, above, count, style):
        yield None if row is None else row - above, text


def _rows_around(
    page: Page, start: Position, end: Position, above: int, count: int, style: Style
) -> Iterator[tuple[int | None, str]]:
    """Yield those lines with their numbers in all the text, of which the lines behind `above` up to
    `count` may be shown."""
    lines = page.lines
    if end.column == 1 and end.line > start.line:  # its line break belongs to it
        end = Position(end.line - 1, len(lines.text(end.line - 1)) + 1)
    first, last = max(above + 1, start.line - _CONTEXT), min(count, end.line + _CONTEXT)
    while first < start.line and not lines.text(first).strip():
        first += 1
    while last > end.line and not lines.text(last).strip():
        last -= 1
    is_block = end.line > start.line
    indent = "  " if is_block else ""

    def context(numbers: Iterable[int]) -> Iterator[tuple[int | None, str]]:
        for number in numbers:
            yield number, indent + _cropped(lines.text(number))

    yield from context(range(first, start.line))
    if is_block:
        yield from _block(page, start, end, style)
    else:
        yield from _marked(lines.text(start.line), start, end, style)
    yield from context(range(end.line + 1, last + 1))


def _marked(
    text: str, start: Position, end: Position, style: Style
) -> Iterator[tuple[int | None, str]]:
    """Yield a line, and what points at a part of it."""
    left, right = _window(text, start.column - 1)
    stop = min(end.column - 1, right)
    before = ("…" if left else "") + _shown(text[left : start.column - 1])
    part = _shown(text[start.column - 1 : stop])
    after = _shown(text[stop:right]) + ("…" if right < len(text) else "")
    yield start.line, before + part + after
    carets = style.paint("^" * max(1, cells(part)), "red", bold=True)
    yield None, " " * cells(before) + carets


def _window(text: str, column: int) -> tuple[int, int]:
    """Return the ends of what is shown of a line, so that a column from 0 is in it."""
    if len(text) <= _WIDEST:
        return 0, len(text)
    left = max(0, min(column - _BEFORE, len(text) - _WIDEST))
    return left, left + _WIDEST


def _block(
    page: Page, start: Position, end: Position, style: Style
) -> Iterator[tuple[int | None, str]]:
    """Yield lines with a bracket beside them that leads from the start to the end of a part."""
    bar = style.paint("|", "red", bold=True)
    first = page.lines.text(start.line)
    before = first[: start.column - 1]
    if before.strip():
        yield start.line, f"  {_cropped(first)}"
        reach = min(cells(_shown(before)), _WIDEST)
        yield None, " " + style.paint(f"{'_' * (reach + 1)}^", "red", bold=True)
    else:
        yield start.line, f"{style.paint('/', 'red', bold=True)} {_cropped(first)}"
    inner = range(start.line + 1, end.line + 1)
    if len(inner) >= _MOST_LINES:
        heads, tails = inner[: _HEAD - 1], inner[-_TAIL:]
    else:
        heads, tails = inner, inner[:0]
    for number in heads:
        yield number, f"{bar} {_cropped(page.lines.text(number))}"
    if tails:
        yield None, f"{bar} … {len(inner) - len(heads) - len(tails)} more lines"
    for number in tails:
        yield number, f"{bar} {_cropped(page.lines.text(number))}"
    reach = min(cells(_shown(page.lines.text(end.line)[: max(0, end.column - 2)])), _WIDEST)
    yield None, bar + style.paint(f"{'_' * (reach + 1)}^", "red", bold=True)


def _shown(text: str) -> str:
    return printable(as_in_notebook(text).replace("\t", "    "))


def _cropped(text: str, column: int = 0) -> str:
    left, right = _window(text, column)
    ends = ("…" if left else "", "…" if right < len(text) else "")
    return _shown(text[left:right]).join(ends)
