"""How cells stand in one program: which edits may be, and what a reader is told."""

from __future__ import annotations

import pytest

from flake8_asyncrun.core import cells
from flake8_asyncrun.core.cells import hide_line, hide_statement, opening
from flake8_asyncrun.core.model import Edit, Finding, Note, Place, Span
from flake8_asyncrun.core.promises import Broken, check_text
from flake8_asyncrun.core.readers import for_readers
from flake8_asyncrun.core.source import Corner, Source
from flake8_asyncrun.names.target import DEFAULT

MAGIC = hide_statement("x = %time é\n", 4)
PROGRAM = "".join(
    (
        *(opening(1), "import asyncio\nfrom os import path\n"),
        *(opening(3), "é = 1\n", MAGIC, hide_line("!more\n"), "b = 2\n"),
        *(opening(4), "c = 3\n"),
    )
)


def at(part: str, text: str = "", *, whole: bool = True) -> Edit:
    """Return what replaces a part of the program, or is inserted before it."""
    start = len(PROGRAM[: PROGRAM.index(part)].encode())
    return Edit(Span(start, start + (len(part.encode()) if whole else 0)), text)


@pytest.mark.parametrize(
    "edits",
    [
        [at("b = 2")],
        [at("é = 1\n"), at("b = 2\n")],
        [at("b = 2", "new\n", whole=False), at("x =", "new\n", whole=False)],
        [at("from os", "import re\n", whole=False), at("c = 3")],
        [at("path", "other, ", whole=False), at("c = 3")],
        [at("import asyncio\n")],
    ],
)
def test_edits_of_one_cell_and_imports_before_it_may_be(edits: list[Edit]) -> None:
    assert cells.refusal(PROGRAM, edits) is None


OVER, HIDDEN = "it would change more than one cell", "it would change what is no Python"


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([at("b = 2"), at("c = 3")], OVER),
        ([at("c = 3"), at("import asyncio")], OVER),
        ([at("import asyncio"), at("c = 3", "import re\n", whole=False)], OVER),
        ([at("é = 1"), at("c = 3", "import re\n", whole=False)], OVER),
        ([at(f"b = 2\n{opening(4)}c")], OVER),
        ([at(opening(3))], OVER),
        ([at(MAGIC)], HIDDEN),
        ([at("é\n")], HIDDEN),
        ([at("time", "x", whole=False)], HIDDEN),
        ([at("more")], HIDDEN),
        ([at(f"1\n{MAGIC}")], HIDDEN),
    ],
)
def test_other_edits_are_refused(edits: list[Edit], reason: str) -> None:
    assert cells.refusal(PROGRAM, edits) == reason


def test_what_is_no_python_is_what_is_hidden() -> None:
    assert cells.hidden(PROGRAM) == "%time é\n!more"
    assert cells.shown(MAGIC) == "x = %time é\n"


@pytest.mark.parametrize("line", [MAGIC, opening(3), hide_line("!more\n")])
def test_a_line_that_is_lost_breaks_a_promise(line: str) -> None:
    edit = at(line)
    changed = PROGRAM.replace(line, "")
    with pytest.raises(Broken, match="something between the lines of Python"):
        check_text(PROGRAM, changed, [edit], DEFAULT, is_whole=False)


def test_a_reader_is_told_of_cells() -> None:
    source = Source("book.ipynb", PROGRAM)
    finding = Finding(
        "RUN105",
        "see line 2",
        at("c = 3").span,
        notes=(
            Note("in line 10, and lines 2, 3", Place("book.ipynb", 5)),
            Note("elsewhere", Place("a.py", 5)),
            Note("no place"),
        ),
    )
    told = for_readers(finding, source)
    assert told.message == "see line 1 of cell 1"
    assert told.notes == (
        Note("in line 1, and lines 1 of cell 1, 2 of cell 1", Place("book.ipynb", 1, 3)),
        Note("elsewhere", Place("a.py", 5)),
        Note("no place"),
    )
    assert for_readers(finding, Source("a.py", PROGRAM)) is finding


def test_a_reader_is_told_of_a_documents_lines() -> None:
    source = Source("a.md", "x\n", corner=Corner(4, 2))
    finding = Finding("RUN105", "see line 1", Span(0, 1), notes=(Note("n", Place("a.md", 1)),))
    told = for_readers(finding, source)
    assert (told.message, told.notes) == ("see line 5", (Note("n", Place("a.md", 5)),))
    spot = source.spot(0)
    assert (spot.line, spot.column, spot.cell) == (5, 3, None)
