"""Where the marks stand, on lines that are wide, long, empty or not there."""

from __future__ import annotations

import pytest

from flake8_asyncrun import report
from flake8_asyncrun.core.model import Edit, Finding, Fix, Safety, Span
from flake8_asyncrun.formats import render
from flake8_asyncrun.formats.page import Style, cells
from flake8_asyncrun.report import FileReport


def shown(text: str, start: int, end: int, fix: Fix | None = None) -> list[str]:
    """Return what is shown of a finding that stands between two characters."""
    span = Span(len(text[:start].encode()), len(text[:end].encode()))
    one = FileReport("a.py", text, text, (Finding("RUN101", "x", span, fix),))
    return render("full", report.pages([one]), Style(), lambda: ()).splitlines()[2:]


@pytest.mark.parametrize(
    "before", ["", "\t", "\t\t x", "日本 ", "é", "e\u0301", "\x1b[1m", "\u202e"]
)
@pytest.mark.parametrize("part", ["run()", "日()", "\t", "\x1b"])
def test_marks_stand_below_what_they_mark(before: str, part: str) -> None:
    text = f"{before}{part} # end\n"
    _, line, marks, _, _ = shown(text, len(before), len(before) + len(part))
    width = cells(marks) - marks.count("^")
    assert cells(line) - cells(" # end") == cells(marks)
    assert marks.rstrip("^").strip() == "|"
    wanted = part.replace("\t", "    ").replace("\x1b", "␛")
    assert [line[at:].startswith(wanted) for at in range(len(line)) if cells(line[:at]) == width][
        -1
    ]


def test_the_end_of_a_line_is_marked_behind_it() -> None:
    assert shown("ab\ncd\n", 2, 2)[1:3] == ["1 | ab", "  |   ^"]
    assert shown("ab\ncd\n", 0, 3)[1:3] == ["1 | ab", "  | ^^"]
    assert shown("ab\n", 3, 3)[-4:-2] == ["2 |", "  | ^"]


def test_an_empty_file_has_nothing_to_show() -> None:
    assert shown("", 0, 0) == [""]


def test_empty_lines_around_are_left_out() -> None:
    text = "a\n\n \nrun()\n\n\nb\n"
    start = text.index("run")
    assert shown(text, start, start + 5) == ["  |", "4 | run()", "  | ^^^^^", "  |", ""]


@pytest.mark.parametrize(
    ("before", "after"), [(0, 1000), (500, 500), (1000, 0), (1000, 1000), (30, 125)]
)
def test_long_lines_are_cut_around_it(before: int, after: int) -> None:
    text = f"{'x' * before}run(){'y' * after}"
    fix = Fix("Call it", (Edit(Span(before, before + 3), "sun"),), Safety.SAFE)
    lines = shown(text, before, before + 5, fix)
    _, line, marks, *_ = lines
    assert line[marks.index("^") : marks.rindex("^") + 1] == "run()"
    assert line.startswith("1 | …") == (before > 60)
    assert line.endswith("…") == (after > 200)
    assert len(line) <= 170
    old, new = (each for each in lines if each[2:3] in ("-", "+"))
    assert ("run()" in old, "sun()" in new) == (True, True)
    assert max(len(old), len(new)) <= 170


def test_a_finding_longer_than_what_is_shown_is_marked_to_the_end() -> None:
    _, line, marks, *_ = shown("x" * 1000, 100, 900)
    assert marks.endswith("^" * 100)
    assert len(marks) == len(line) - 1


def test_of_a_long_fix_the_beginning_is_shown() -> None:
    edits = tuple(Edit(Span(at, at + 1), "y") for at in range(0, 800, 8))
    lines = shown("x\n" * 400, 0, 1, Fix("Rename it", edits, Safety.SAFE))
    assert lines[-3:] == ["   … (--diff shows all)", "   |", ""]
    assert len(lines) < 80
