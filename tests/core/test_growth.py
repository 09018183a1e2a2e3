"""What twice the findings take is twice the work, and not four times as much."""

from __future__ import annotations

import sys
from collections import Counter
from types import CodeType, FrameType

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.rules import ALL
from tests.snippets import case

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.thorough,
]

FEW = 50
IMPORT = "import asyncio\n"
MAIN = f"{IMPORT}async def main(): ...\n"


def lines(pattern: str, number: int) -> str:
    """Return `pattern` for each {n} below a number."""
    return "".join(pattern.format(n=n) for n in range(number))


def calls_made(text: str) -> Counter[str]:
    """Return how often each of our functions is entered until a text has its findings."""
    made: Counter[CodeType] = Counter()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            made[frame.f_code] += 1

    source = Source("a.py", text)
    sys.setprofile(note)
    try:
        analyze(source, Project(lambda name: None), ALL)
    finally:
        sys.setprofile(None)
    found: Counter[str] = Counter()
    for code, count in made.items():
        if "flake8_asyncrun" in code.co_filename:
            found[f"{code.co_filename}:{code.co_firstlineno} {code.co_name}"] += count
    return found


@pytest.mark.parametrize(
    ("head", "pattern"),
    [
        case("42 in the module", IMPORT, "asyncio.run(42)\n"),
        case("42 in functions", IMPORT, "def f{n}():\n    asyncio.run(42)\n"),
        case("uncalled", MAIN, "asyncio.run(main)\n"),
        case("uncalled in a function", f"{MAIN}def f():\n", "    asyncio.run(main)\n"),
        case("uncalled, each its own", IMPORT, "async def f{n}(): ...\nasyncio.run(f{n})\n"),
        case("in one line", f"{MAIN}x = [", "asyncio.run(main), "),
        case("futures", MAIN, "def f{n}():\n    asyncio.run(asyncio.gather(main(), main()))\n"),
        case("tasks", MAIN, "t{n} = asyncio.ensure_future(main())\n"),
        case("used up", MAIN, "c{n} = main()\nasyncio.run(c{n})\nasyncio.run(c{n})\n"),
        case(
            "a loop argument",
            IMPORT,
            "async def f{n}(loop):\n    await asyncio.sleep(1, loop=loop)\n",
        ),
        case(
            "generators",
            IMPORT,
            "@asyncio.coroutine\ndef f{n}():\n    yield from asyncio.sleep(1)\n",
        ),
        case("what asks", IMPORT, "asyncio.iscoroutinefunction(f{n})\n"),
        case("inside", IMPORT, "async def f{n}():\n    asyncio.run(g())\n"),
        case(
            "loops by hand",
            MAIN,
            "def f{n}():\n    loop = asyncio.get_event_loop()\n"
            "    loop.run_until_complete(main())\n",
        ),
        case(
            "locks",
            IMPORT,
            "lock{n} = asyncio.Lock()\nasync def w{n}():\n    async with lock{n}: pass\n"
            "async def m{n}():\n    await asyncio.gather(w{n}(), w{n}())\n"
            "asyncio.run(m{n}())\nasyncio.run(m{n}())\n",
        ),
        case(
            "clients",
            IMPORT,
            "class C{n}:\n    def __init__(self):\n        self.loop = asyncio.get_event_loop()\n"
            "    async def go(self):\n        await self.loop.run_in_executor(None, print)\n"
            "c{n} = C{n}()\nasync def m{n}():\n    await c{n}.go()\nasyncio.run(m{n}())\n",
        ),
        case(
            "loops by hand in the module",
            MAIN,
            "loop{n} = asyncio.get_event_loop()\nloop{n}.run_until_complete(main())\n",
        ),
        case("futures in the module", MAIN, "asyncio.run(asyncio.gather(main(), main()))\n"),
        case(
            "loops in defaults",
            IMPORT,
            "async def f{n}(loop=asyncio.get_event_loop()):\n"
            "    await loop.run_in_executor(None, print)\nasyncio.run(f{n}())\n",
        ),
    ],
)
def test_twice_the_findings_take_twice_the_calls(head: str, pattern: str) -> None:
    end = "]\n" if head.endswith("[") else ""
    few, many = (calls_made(f"{head}{lines(pattern, number)}{end}") for number in (FEW, 2 * FEW))
    # What grows with the square comes to four times as many; it shows in the innermost function,
    # while there is too little of it to show in the sum.
    assert [name for name, count in many.items() if count > 3 * max(few[name], FEW)] == []
