"""What happens on which Python, and what is said of it: tests/fixtures/matrix.toml, cell by cell.

Each cell of the matrix is what a small program does on one Python. The program is analysed for that
Python alone, for all Pythons from there on, and run there. A finding stands exactly where a cell is
a fault, and its message says of each Python what the cell says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from flake8_asyncrun.names.target import KNOWN, Target, Version, show
from flake8_asyncrun.rules import ALL
from tests.interpreters import Interpreter, interpreters
from tests.proof import Run, run
from tests.snippets import findings_in

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.thorough

MATRIX = Path(__file__).parent / "fixtures" / "matrix.toml"
CODES = {rule.code for rule in ALL}
TARGETS = (
    *(Target(version, version) for version in KNOWN),
    *(Target(version) for version in ((3, 7), (3, 8), (3, 10), (3, 11), (3, 14))),
)

ABSENT = "-"
FINE = "ok"
WARNING = "warn"
ADVICE = "*"
"""Told, though nothing happens: what is said names no error."""


@dataclass(frozen=True)
class Row:
    """Programs that do the same, what they do on each Python, and what is to be said of it."""

    table: str
    programs: tuple[tuple[str, str], ...]
    """What stands in the place of X, and the program with it there."""
    cells: tuple[str, ...]
    """For each of KNOWN."""
    told: Mapping[str, tuple[str, ...]]
    """By the code of a rule, as cells; what is not to be said is "ok"."""
    because: str
    """Why what is said is not what the cells say; "" where it is."""

    def __str__(self) -> str:
        return f"{self.table}: {self.programs[0][0].splitlines()[0]}"


@cache
def document() -> dict[str, object]:
    return tomllib.loads(MATRIX.read_text("utf-8"))


def words(key: str) -> list[str]:
    """Return a list of the document."""
    value = document()[key]
    assert isinstance(value, list)
    return value


def texts(key: str) -> dict[str, str]:
    """Return a table of texts of the document."""
    value = document()[key]
    assert isinstance(value, dict)
    return value


def rows() -> Iterator[Row]:
    tables = document()["table"]
    assert isinstance(tables, list)
    for table in tables:
        for row in table["row"]:
            cells = read_cells(row["cells"])
            told = {code: read_cells(text) for code, text in row.get("told", {}).items()}
            if "rule" in row:
                told[row["rule"]] = tuple(map(bare, cells))
            programs = tuple((one, whole(put_in(one, table["program"]))) for one in row["of"])
            yield Row(table["name"], programs, cells, told, row.get("because", ""))


def put_in(text: str, program: str) -> str:
    """Return a table's program with a text in the place of X."""
    return re.sub(r"\bX\b", lambda _: text, program)


def whole(program: str) -> str:
    """Return a program with the definitions that it names before it."""
    above: list[str] = []
    for name, text in reversed(texts("definitions").items()):
        if re.search(rf"\b{name}\b", "\n".join((*above, program))):
            above.insert(0, text)
    imports = "".join(f"{one}\n" for one in above if "\n" not in one)
    definitions = "".join(f"\n\n{one}" for one in above if "\n" in one)
    return f"{imports}{definitions}\n\n{program}"


def read_cells(text: str) -> tuple[str, ...]:
    cells = tuple(text.split())
    assert len(cells) == len(KNOWN), f"{text!r} has {len(cells)} cells"
    return cells


def bare(cell: str) -> str:
    """Return a cell without where it was raised, and without a warning beside it."""
    return cell.rpartition(":")[2].removesuffix("+w")


def is_fault(cell: str) -> bool:
    return bare(cell) not in (ABSENT, FINE, WARNING)


ROWS = tuple(rows())


def each_row() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", ROWS, ids=str)


# ---------------------------------------------------------------------- what is said


def within(target: Target, cells: tuple[str, ...]) -> Iterator[tuple[Version, str]]:
    """Yield the Pythons of a target, each with its cell."""
    for version, cell in zip(KNOWN, cells, strict=True):
        if target.first <= version <= target.last:
            yield version, cell


def expected(row: Row, target: Target) -> set[str]:
    """Return the codes of the rules that have something to say for a target."""
    return {
        code
        for code, cells in row.told.items()
        for _, cell in within(target, cells)
        if is_fault(cell) or (cell == WARNING and code in words("warned_of"))
    }


def said(message: str, target: Target) -> dict[Version, str]:
    """Return the error that a message speaks of, for each Python of a target that has one."""
    known = {text for code in (*texts("happens"), *texts("said")) for text in says(code)}
    shown = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    told: dict[Version, str] = {}
    limits = r"(?: on Python (3\.\d+) and| up to Python) (3\.\d+)"
    for match in re.finditer(rf"(?:from Python (\S+) on: )?({shown})(?:{limits})?", message):
        begins = match[1] or match[3]
        since = Target.since(begins).first if begins else target.first
        until = Target.since(match[4]).first if match[4] else target.last
        told |= {one: match[2] for one in KNOWN if since <= one <= until}
    return told


def says(cell: str) -> list[str]:
    """Return the words for a cell, of which a message has one."""
    return [
        text.strip() for text in texts("said").get(cell, texts("happens").get(cell, "")).split("|")
    ]


@each_row()
def test_is_reported_where_it_happens(row: Row) -> None:
    missing = row.told.keys() - CODES
    if missing:
        pytest.skip(f"no rule {', '.join(sorted(missing))}")
    targets = [
        target for target in TARGETS if any(cell != ABSENT for _, cell in within(target, row.cells))
    ]
    for (shown, program), target in product(row.programs, targets):
        found = findings_in(program, target=target)
        place = f"{shown!r} for {target}: {[(one.code, one.message) for one in found]}"
        assert {one.code for one in found} == expected(row, target), place
        for one in found:
            told = said(one.message, target)
            for version, cell in within(target, row.told[one.code]):
                assert agrees(told.get(version), cell), f"{show(version)} of {place}"


def agrees(told: str | None, cell: str) -> bool:
    """Say whether what a message has to say of a Python is what happens there."""
    if cell == ABSENT:
        return True
    if cell in (FINE, ADVICE):
        return told is None
    if cell == WARNING:
        # Where another Python has an error, the warning need not be told.
        return told is None or told in says(WARNING)
    return told in says(cell)


@each_row()
def test_whatever_is_said_otherwise_has_its_reason(row: Row) -> None:
    pairs = list(zip(*row.told.values(), strict=True)) or [()] * len(KNOWN)
    differs = any(
        {bare(cell)} != {*told} if is_fault(cell) else any(map(is_fault, told))
        for cell, told in zip(row.cells, pairs, strict=True)
        if cell != ABSENT
    )
    assert differs == bool(row.because)


# ---------------------------------------------------------------------- what happens


@pytest.mark.slow
@each_row()
@pytest.mark.parametrize("interpreter", interpreters(), ids=str)
def test_does_what_the_cell_says(row: Row, interpreter: Interpreter) -> None:
    cell = row.cells[KNOWN.index(interpreter.version)]
    if cell == ABSENT:
        return
    for shown, program in row.programs:
        done = run(interpreter.path, program, {}, seconds=4 if cell == "HANG" else 20)
        problem = difference(cell, done)
        assert not problem, f"{shown!r} on {interpreter}: {cell}, but {problem}\n{done}"


def difference(cell: str, done: Run) -> str:
    """Say how a run is not as its cell says, "" where it is."""
    outcome = bare(cell)
    if outcome == "HANG":
        return "" if done.code is None else "it ended"
    if done.code is None:
        return "it is still running"
    warned = "DeprecationWarning: " in done.stderr
    if outcome in (FINE, WARNING):
        if done.code != 0:
            return f"it died of {done.death}"
        return "" if warned == (outcome == WARNING or "+w" in cell) else f"warned: {warned}"
    if outcome == "silent":
        return "" if done.code == 0 and "done" not in done.stdout else "it is not silent"
    error, _, text = texts("happens")[outcome].partition(": ")
    for kind, message in done.death:
        if kind.rpartition(".")[2] == error and text in message:
            return "" if warned == ("+w" in cell) else f"warned: {warned}"
    return f"it died of {done.death}"
