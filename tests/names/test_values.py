"""What may be said of two values at once, and what holds a loop."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    Const,
    Coroutine,
    Future,
    Instance,
    Kind,
    Loop,
    Mapping,
    Method,
    Origin,
    Partial,
    Place,
    Sequence,
    Value,
    join,
    kind_of,
    loops_in,
)
from tests.snippets import last

HERE = Place("example.py", 1)
FUTURE = Future(Origin.CURRENT, "asyncio.gather", HERE)
VALUES = [
    UNKNOWN,
    NONE,
    SOMETHING,
    Const(1),
    Loop(Origin.CURRENT),
    Loop(Origin.NEW),
    FUTURE,
    Future(Origin.NEW, "asyncio.gather", HERE),
    Coroutine(),
    Sequence("list", [NONE]),
    Mapping({}),
]


def test_what_is_joined_keeps_its_kind_only_where_both_have_it() -> None:
    for left in VALUES:
        for right in VALUES:
            both = kind_of(join(left, right))
            assert both in (Kind.UNKNOWN, kind_of(left))
            assert both in (Kind.UNKNOWN, kind_of(right))
            assert both is kind_of(join(right, left))


def test_a_value_joined_with_itself_stays() -> None:
    for value in VALUES:
        assert join(value, value) is value


def test_what_is_bound_to_two_loops_is_bound_to_none_that_is_known() -> None:
    joined = join(FUTURE, Future(Origin.NEW, "loop.create_task", HERE))
    assert isinstance(joined, Future)
    assert joined.origin is Origin.UNKNOWN


@pytest.mark.parametrize(
    "holder",
    [
        Sequence("list", [FUTURE]),
        Mapping({"task": FUTURE}),
        Coroutine(holds=(FUTURE,)),
        Coroutine(arguments=Arguments([FUTURE])),
        Partial(UNKNOWN, Arguments([], {"task": FUTURE})),
        Method(FUTURE, "result"),
        pytest.param(
            Coroutine(arguments=Arguments([], {"task": FUTURE})),
            id="keyword",
        ),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_future_is_found_where_it_is_held(holder: Value) -> None:
    assert list(loops_in(holder)) == [FUTURE]


def test_a_ring_of_objects_has_an_end() -> None:
    seen = last("class A: ...\na, b = A(), A()\na.b, b.a = b, a\na\n")
    assert seen is not None
    assert isinstance(seen.value, Instance)
    assert list(loops_in(seen.value)) == []


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (UNKNOWN, None),
        (Const(0), False),
        (Const("x"), True),
        (Sequence("list", []), False),
        (Sequence("list", [], open=True), None),
        (Mapping({}), False),
        (Mapping({"a": NONE}), True),
        (SOMETHING, None),
    ],
)
def test_truth_is_only_told_where_it_is_known(value: Value, truth: bool | None) -> None:
    assert value.truth is truth


def test_different_constants_have_nothing_in_common() -> None:
    assert join(Const("a"), Const("b")) is UNKNOWN
