"""Lines and columns of offsets, against counting by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.core.lines import Lines

TEXTS = st.text(alphabet="ab\r\n\té日😀\ud800\x0c\u2028", max_size=40)


def place(text: str, characters: int) -> tuple[int, int]:
    """Return the line and the column that come before so many characters, counted one by one."""
    line, column = 1, 0
    for index, character in enumerate(text[:characters]):
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            line, column = line + 1, 0
        else:
            column += 1
    return line, column


@given(TEXTS, st.integers(1, 3))
def test_offsets_have_the_place_that_counting_gives(text: str, times: int) -> None:
    text *= times
    lines = Lines(text.encode("utf-8", "surrogatepass"))
    for characters in range(len(text) + 1):
        offset = len(text[:characters].encode("utf-8", "surrogatepass"))
        assert lines.line_and_column(offset) == place(text, characters)


@pytest.mark.parametrize("character", ["x", "é", "日"])
def test_long_lines_are_counted_too(character: str) -> None:
    text = "first\n" + character * 5000
    lines = Lines(text.encode())
    for number in (0, 1, 1023, 1024, 3000, 5000):
        offset = 6 + number * len(character.encode())
        assert lines.line_and_column(offset) == (2, number)


def test_lines_have_no_line_breaks() -> None:
    lines = Lines("a\r\nb\rc\n\u2028é\n".encode())
    assert [lines.text(number) for number in range(1, 6)] == ["a", "b", "c", "\u2028é", ""]
    assert [lines.end(number) for number in range(1, 6)] == [3, 5, 7, 13, 13]
