"""From a text to its `ast`, or to a reason why not."""

from __future__ import annotations

import ast
import sys
import warnings

import libcst
import pytest

from flake8_asyncrun.names.syntax import DEEPEST, Unreadable, fault_on, means_the_same, parse
from flake8_asyncrun.names.target import KNOWN


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


@pytest.mark.parametrize(
    ("text", "since"),
    [
        pytest.param("f(a := 1)\n", (3, 8), id="walrus"),
        pytest.param("def f(a, /): ...\n", (3, 8), id="positional"),
        pytest.param(
            "with (a as b, c as d): ...\n",
            (3, 9),
            id="parentheses of with",
            marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="`ast` takes them there"),
        ),
        pytest.param("match a:\n    case b: ...\n", (3, 10), id="match"),
        pytest.param("x = 1\n", (3, 7), id="nothing"),
    ],
)
def test_syntax_is_told_from_that_of_older_pythons(text: str, since: tuple[int, int]) -> None:
    for version in KNOWN:
        assert (fault_on(text, version) is not None) == (version < since)


@pytest.mark.parametrize(
    ("expression", "is_new"),
    [
        # As Python 3.8 and 3.10 say.
        ("[[await y for y in x] for x in z]", True),
        ("[[await y for y in await x] for x in z]", False),
        ("[(await y for y in x) for x in z]", False),
        ("[1 for y in [await x for x in z]]", False),
        ("[[1 for y in [await x for x in w]] for v in z]", True),
        ("([await y for y in x] for x in z)", True),
        ("[[await y for y in x] async for x in z]", False),
        ("[lambda: [y for y in x] for x in z]", False),
        ("{a: {y async for y in x} for x in z}", True),
        ("[x for x in z if {1: await y for y in x}]", True),
        ("[await x for x in z]", False),
        ("[[1 for y in await x] for x in z]", False),
    ],
)
def test_coroutines_inside_comprehensions_are_new_in_3_11(expression: str, is_new: bool) -> None:
    text = f"async def f():\n    return {expression}\n"
    for version in KNOWN:
        is_older = version < min((3, 11), sys.version_info[:2])
        assert (fault_on(text, version) is not None) == (is_new and is_older)
