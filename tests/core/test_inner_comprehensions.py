"""Runs in comprehensions inside others, which took no `await` up to Python 3.10."""

from __future__ import annotations

import sys

import pytest

from flake8_asyncrun.names.target import Target
from tests.snippets import case, findings_in, safely_fixed

HEAD = "import asyncio\nasync def f(): return 1\nasync def g(x):\n    return "
OLD, NEW = Target((3, 10), (3, 14)), Target((3, 11), (3, 14))
INNER = "[[asyncio.run(f()) for _ in x] for _ in x]"


@pytest.mark.parametrize(
    "expression",
    [
        case("a list in a list", INNER),
        case("a set in a dict", "{a: {asyncio.run(f()) for _ in x} for a in x}"),
        case("a condition", "[[a for a in x if asyncio.run(f())] for _ in x]"),
        case("three deep", "[[[asyncio.run(f()) for _ in x] for _ in x] for _ in x]"),
        case("what the outer one begins with awaits", INNER[:-2] + "await x]"),
    ],
)
def test_the_fix_is_refused_with_the_reason(expression: str) -> None:
    [found] = findings_in(f"{HEAD}{expression}\n", target=OLD)
    assert found.fix is None
    [note] = found.notes
    assert note.text == (
        "no fix: a comprehension inside another one takes no `await` up to Python 3.10, unless "
        "that awaits, too"
    )


@pytest.mark.parametrize(
    ("expression", "target"),
    [
        pytest.param(
            INNER,
            NEW,
            id="a newer Python",
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="this one takes none"),
        ),
        case("one alone", "[asyncio.run(f()) for _ in x]", OLD),
        case("begun with", "[[1 for _ in asyncio.run(f())] for _ in x]", OLD),
        case("begins the outer", "[1 for _ in [asyncio.run(f()) for _ in x]]", OLD),
        case("the outer awaits", "[[asyncio.run(f()) for _ in x] for _ in x if await x]", OLD),
        case("the outer is async", "[[asyncio.run(f()) for _ in x] async for _ in x]", OLD),
    ],
)
def test_what_may_await_does(expression: str, target: Target) -> None:
    text = f"{HEAD}{expression}\n"
    assert safely_fixed(text, target=target) == text.replace("asyncio.run(f())", "await f()")


def test_the_inner_one_follows_the_outer_one() -> None:
    both = f"{HEAD}[(asyncio.run(f()), {INNER[1:-12]}) for _ in x]\n"
    assert safely_fixed(both, target=OLD) == both.replace("asyncio.run(f())", "await f()")
