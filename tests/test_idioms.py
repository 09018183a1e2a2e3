"""benchmarks/idioms.py: what a text holds, where, and what is left of it afterwards."""

from __future__ import annotations

import pytest

from benchmarks import idioms
from benchmarks.idioms import Idiom, survivors


def found(text: str, path: str = "app.py") -> set[tuple[str, str]]:
    return {(one.kind, one.place) for one in idioms.idioms(path, f"import asyncio\n{text}")}


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("asyncio.run(main())", idioms.RUN, idioms.MODULE),
        ("if __name__ == '__main__':\n asyncio.run(main())", idioms.RUN, idioms.GUARD),
        ("def f():\n asyncio.run(main())\nf()", idioms.RUN, idioms.CALLED),
        ("def f():\n asyncio.run(main())", idioms.RUN, idioms.LIBRARY),
        ("async def f():\n asyncio.get_event_loop()", idioms.IN_COROUTINE, idioms.COROUTINE),
        (
            "from asyncio import get_event_loop as get\nget().run_until_complete(x)",
            idioms.AT_ONCE,
            idioms.MODULE,
        ),
        (
            "loop = asyncio.get_event_loop()\nloop.run_until_complete(x)",
            idioms.ONE_RUN,
            idioms.MODULE,
        ),
        (
            "a = asyncio.get_event_loop()\na.run_until_complete(x)\na.run_until_complete(y)",
            idioms.SEVERAL_RUNS,
            idioms.MODULE,
        ),
        (
            "loop = asyncio.get_event_loop()\nloop.create_task(x)\nloop.run_until_complete(y)",
            idioms.TASKS_FIRST,
            idioms.MODULE,
        ),
        (
            "loop = asyncio.get_event_loop()\nloop.create_task(x)\nloop.run_forever()",
            idioms.FOREVER,
            idioms.MODULE,
        ),
        (
            "def f():\n loop = asyncio.new_event_loop()\n loop.run_until_complete(x)",
            idioms.NEW_ONE_RUN,
            idioms.LIBRARY,
        ),
        ("def f(loop):\n loop.run_until_complete(x)", idioms.OTHER_RUN, idioms.LIBRARY),
        ("def f(self):\n self.loop = asyncio.get_event_loop()", idioms.KEPT, idioms.LIBRARY),
        (
            "def f(loop):\n self.loop = loop or asyncio.get_event_loop()",
            idioms.FALLBACK,
            idioms.LIBRARY,
        ),
        (
            "def f(loop):\n if loop is None:\n  loop = asyncio.get_event_loop()",
            idioms.FALLBACK,
            idioms.LIBRARY,
        ),
        ("def f(loop=asyncio.get_event_loop()): ...", idioms.DEFAULT, idioms.MODULE),
        (
            "try:\n asyncio.get_event_loop()\nexcept RuntimeError: ...",
            idioms.GUARDED,
            idioms.MODULE,
        ),
        ("asyncio.Lock(loop=loop)", idioms.LOOP_PRIMITIVE, idioms.MODULE),
        ("asyncio.locks.Lock(loop=loop)", idioms.LOOP_PRIMITIVE, idioms.MODULE),
        ("asyncio.sleep(1, loop=loop)", idioms.LOOP_FUNCTION, idioms.MODULE),
        ("asyncio.Future(loop=loop)", idioms.LOOP_STILL, idioms.MODULE),
        ("Client(loop=loop)", idioms.LOOP_ELSEWHERE, idioms.MODULE),
        ("class A:\n @asyncio.coroutine\n def f(self): ...", idioms.DECORATOR, idioms.MODULE),
        ("asyncio.Task.all_tasks()", idioms.TASK_METHOD, idioms.MODULE),
        ("class A:\n lock = asyncio.Lock()", idioms.EARLY_PRIMITIVE, idioms.MODULE),
        (
            "@asyncio.coroutine\ndef f():\n asyncio.wait([g(x) for x in y])",
            idioms.WAIT_BARE,
            idioms.COROUTINE,
        ),
    ],
)
def test_finds_it_in_its_place(text: str, kind: str, place: str) -> None:
    assert (kind, place) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "run(main())",
        "async def f():\n lock = asyncio.Lock()",
        "async def f():\n await asyncio.wait([asyncio.create_task(g(x)) for x in y])",
        "subprocess.run(args)",
    ],
)
def test_is_silent_about_others(text: str) -> None:
    assert not found(text)


def test_a_loop_that_runs_is_counted_once() -> None:
    text = "loop = asyncio.get_event_loop()\nloop.run_until_complete(x)"
    assert found(text) == {(idioms.ONE_RUN, idioms.MODULE)}


def test_tests_are_a_place_of_their_own() -> None:
    assert found("asyncio.run(x)", "tests/unit/it.py") == {(idioms.RUN, idioms.TESTS)}


def test_survivors_are_told_by_kind_and_text() -> None:
    before = [Idiom("a", "p", frozenset({line}), "t") for line in (1, 2, 3)]
    after = [Idiom("a", "q", frozenset({9}), "t"), Idiom("b", "p", frozenset({1}), "t")]
    assert survivors(before, after) == [True, False, False]
