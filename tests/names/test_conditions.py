"""Which branch of an `if` a target takes; the interpreter's own `sys.version_info` is the judge."""

from __future__ import annotations

import ast
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.names.conditions import judge, narrow
from flake8_asyncrun.names.target import Target

HERE = Target(sys.version_info[:2], sys.version_info[:2])


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def judged(text: str, first: tuple[int, int], last: tuple[int, int]) -> bool | None:
    return judge(expression(text), Target(first, last))


sides = st.sampled_from(
    [
        "sys.version_info",
        "sys.version_info[:2]",
        "sys.version_info[0:1]",
        "sys.version_info[:3]",
        "(3, 7)",
        "(3, 11)",
        "(3, 11, 0)",
        "(3, 14)",
        "(3,)",
        "(2, 99)",
        "(4,)",
    ]
)
numbers = st.sampled_from(
    ["sys.version_info[0]", "sys.version_info[1]", "sys.version_info.minor", "2", "3", "11", "14"]
)
operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
comparisons = st.one_of(
    st.tuples(sides, operators, sides), st.tuples(numbers, operators, numbers)
).map(" ".join)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) and ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) or ({pair[1]})"),
    ),
    max_leaves=4,
)


@given(conditions)
def test_says_what_this_python_says_or_nothing(text: str) -> None:
    said = judge(expression(text), HERE)
    assert said in (None, eval(text, {"sys": sys}))


@pytest.mark.parametrize(
    "text",
    [
        "sys.version_info >= (3, 8)",
        "version_info[:2] > (3, 7)",
        "sys.version_info[0] == 3",
        "sys.version_info.major >= 3",
        "(3, 8) <= sys.version_info",
        "not sys.version_info < (3, 8)",
        "sys.version_info >= (3, 8) or something",
        "not TYPE_CHECKING",
        "not typing.TYPE_CHECKING",
    ],
)
def test_common_guards_are_decided(text: str) -> None:
    assert judged(text, (3, 8), (3, 15)) is True
    assert judged(f"not ({text})", (3, 8), (3, 15)) is False


@pytest.mark.parametrize(
    "text",
    [
        "sys.platform == 'win32'",
        "DEBUG",
        "sys.version_info >= (3, 8) and something",
        "sys.version_info >= MINIMUM",
        "sys.version_info >= '3.8'",
        "sys.version_info[9] == 3",
        "sys.version_info[-1:] == 3",
        "(3, 8) <= sys.version_info < (3, 12)",
        "sys.version_info in [(3, 8)]",
        "sys.version_info == sys.version_info",
    ],
)
def test_what_is_not_known_is_not_decided(text: str) -> None:
    assert judged(text, (3, 8), (3, 15)) is None


def test_a_guard_inside_the_target_is_not_decided() -> None:
    assert judged("sys.version_info >= (3, 12)", (3, 11), (3, 12)) is None
    assert judged("sys.version_info >= (3, 12)", (3, 12), (3, 12)) is True
    assert judged("sys.version_info >= (3, 12)", (3, 11), (3, 11)) is False


def test_a_branch_narrows_the_target() -> None:
    target = Target((3, 9), (3, 15))
    test = expression("sys.version_info >= (3, 12)")
    assert narrow(test, target, True) == Target((3, 12), (3, 15))
    assert narrow(test, target, False) == Target((3, 9), (3, 11))
    assert narrow(test, Target((3, 13), (3, 15)), False) is None
    assert narrow(expression("DEBUG"), target, True) == target
