"""From a text to its `ast`, or to a reason why not."""

from __future__ import annotations

import ast
import warnings

import libcst
import pytest

from flake8_asyncrun.names.syntax import DEEPEST, Unreadable, means_the_same, parse


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = (\n", "syntax error: "),
        ("a\n\x00\n", "null bytes"),
        ("x = " + "(" * 300 + ")" * 300, "too many nested parentheses"),
        ("x = " + "-" * (DEEPEST + 5) + "1", "nested too deeply"),
        ("x = " + "-" * 500_000 + "1", "nested too deeply"),
        ("x = " + " and ".join(["a"] * 20_000), "nested too deeply"),
        ("x = " + "a" + "()" * 20_000, "nested too deeply"),
        ("x = '\ud800'", "surrogates not allowed"),
    ],
    ids=["syntax", "null", "parentheses", "deep", "deeper", "and", "calls", "surrogate"],
)
def test_what_cannot_be_read_is_told_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as caught:
        parse(text)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("x = 1\n", "x = 1  # one\n", True),
        ("x = 1\n", " \nx = 1\n", False),
        ("'''a\n'''\n", "'''a  # one\n'''\n", False),
        ("x = (\n", "x = (\n", False),
    ],
)
def test_comments_change_no_meaning(text: str, other: str, same: bool) -> None:
    assert means_the_same(text, other) is same


def test_a_syntax_error_has_its_line() -> None:
    with pytest.raises(Unreadable) as caught:
        parse("a = 1\nb = = 2\n")
    assert caught.value.line == 2


def test_invalid_escapes_are_no_ones_business() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        parse("x = '\\d'\nassert (1, 2)\n1 is 1\n")
    assert told == []


def test_as_deep_as_allowed_is_not_too_deep_for_the_other_tree() -> None:
    depth = DEEPEST - 10
    text = "x = " + " and ".join(["a"] * depth) + "\n"
    assert isinstance(parse(text), ast.Module)
    assert isinstance(libcst.parse_module(text), libcst.Module)


def test_a_long_file_is_not_a_deep_one() -> None:
    assert len(parse("x = 1\n" * 5_000).body) == 5_000
