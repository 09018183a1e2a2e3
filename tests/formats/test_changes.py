"""What a fix is shown to change, against what it makes of the whole text."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Edit, Span
from flake8_asyncrun.formats.changes import rows

TEXT = "".join(f"line {number}\n" for number in range(1, 10))


def show(text: str, *edits: Edit, most: int = 1000) -> list[str]:
    found = rows(Lines(text.encode()), edits, most)
    return [f"{row.number or ''}{row.sign}{row.text}" for row in found]


def at(part: str, new: str, text: str = TEXT) -> Edit:
    start = text.index(part)
    return Edit(Span(start, start + len(part)), new)


def test_a_changed_line_stands_between_its_neighbours() -> None:
    assert show(TEXT, at("5", "five")) == ["4 line 4", "-line 5", "5+line five", "6 line 6"]


def test_lines_that_go_and_come_move_the_numbers() -> None:
    edits = at("line 2\nline 3\n", ""), at("line 8", "new\nnewer\nline 8")
    assert show(TEXT, *edits) == [
        "1 line 1",
        "-line 2",
        "-line 3",
        "2 line 4",
        "……",
        "5 line 7",
        "6+new",
        "7+newer",
        "8 line 8",
    ]


def test_at_the_ends_of_a_file() -> None:
    assert show(TEXT, Edit(Span(0, 0), "new\n")) == ["1+new", "2 line 1"]
    end = Span(len(TEXT), len(TEXT))
    assert show(TEXT, Edit(end, "new\n")) == ["9 line 9", "10+new"]
    assert show("", Edit(Span(0, 0), "new\n")) == ["1+new"]
    assert show("x", Edit(Span(0, 1), "y")) == ["-x", "1+y"]


def test_what_stays_in_a_long_edit_is_left_out() -> None:
    edit = at(TEXT, TEXT.replace("9", "nine"))
    assert show(TEXT, edit) == ["8 line 8", "-line 9", "9+line nine"]
    edit = at(TEXT, TEXT.replace("1", "one").replace("9", "nine"))
    assert show(TEXT, edit)[2:6] == ["2 line 2", "……", "8 line 8", "-line 9"]


def test_of_a_long_change_both_sides_are_shown() -> None:
    text = "".join(f"a{number}\n" for number in range(300))
    found = show(text, Edit(Span(0, len(text)), text.replace("a", "b")))
    assert found == [
        *(f"-a{number}" for number in range(16)),
        "…… 280 more lines",
        *(f"-a{number}" for number in range(296, 300)),
        *(f"{number + 1}+b{number}" for number in range(16)),
        "…… 280 more lines",
        *(f"{number + 1}+b{number}" for number in range(296, 300)),
    ]


def test_how_much_of_a_line_stays_is_told() -> None:
    found = rows(Lines(TEXT.encode()), [at("3", "33"), at("7", "x\ny")], 1000)
    assert [row.same for row in found if row.sign in "-+"] == [6, 6, 0, 0, 0]


def test_too_much_is_cut() -> None:
    edits = [at(f"line {number}", f"row {number}") for number in range(1, 10)]
    assert show(TEXT, *edits, most=3)[2:] == ["-line 3", "…… (--diff shows all)"]
    assert len(show(TEXT, *edits, most=18)) == 18


def test_a_line_that_nobody_can_read_is_not_shown() -> None:
    text = "x" * 100_000
    assert show(text, Edit(Span(5, 6), "y")) == []


EDITS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 6), st.text("ab\n", max_size=6)), max_size=3
)


@given(st.text("ab\n", min_size=1, max_size=20), EDITS)
def test_it_is_what_the_edits_make(text: str, drawn: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    end = -1
    for start, length, new in sorted(drawn):
        if end < start <= len(text):
            end = min(start + length, len(text))
            edits.append(Edit(Span(start, end), new))
    after, at = "", 0
    for edit in edits:
        after += text[at : edit.span.start] + edit.text
        at = edit.span.end
    after += text[at:]
    old, new_lines = text.splitlines(), after.splitlines()
    found = rows(Lines(text.encode()), edits, 1000)
    for row in found:
        if row.sign in " +":
            assert row.number is not None
            assert new_lines[row.number - 1] == row.text
    gone = Counter(row.text for row in found if row.sign == "-")
    come = Counter(row.text for row in found if row.sign == "+")
    stayed = Counter(old)
    stayed.subtract(gone)
    assert all(number >= 0 for number in stayed.values())
    assert +stayed + come == Counter(new_lines)
