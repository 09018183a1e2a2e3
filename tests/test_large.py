"""Large files: what is found in them, and that the time for it grows with the file, no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.names import machine
from flake8_asyncrun.rules import ALL
from tests.analysis import source_of
from tests.snippets import case, project_of

pytestmark = pytest.mark.timeout(120)

IMPORT = "import asyncio\n"
MANY = 300
SECONDS = 20
"""Of CPU time, several times what the slowest of the programs takes."""

CLIENT = """\
class C:
    def __init__(self):
        self.loop = asyncio.{get}()
    async def go(self):
        await self.loop.run_in_executor(None, print)
"""
LOCK = """\
lock = asyncio.Lock()
async def w():
    async with lock: await asyncio.sleep(0)
async def main(): await asyncio.gather(w(), w())
"""
BY_HAND = """\
def run{n}():
    loop = asyncio.get_event_loop()
    loop.create_task(m())
    loop.run_forever()
    loop.close()
"""
CLASS = """\
class S{n}:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()
    async def go(self):
        await self.loop.run_in_executor(None, print)
"""


def each(*patterns: str) -> str:
    """Return each pattern MANY times, {n} being the number."""
    return "".join(one.replace("{n}", str(n)) for one in patterns for n in range(MANY))


def found_in(program: str) -> list[str]:
    """Return the codes of what all rules find in a program."""
    rules = [rule for rule in ALL if not rule.optional]
    return [one.code for one in analyze(source_of(program), project_of(), rules)]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("program", "code", "count"),
    [
        case(
            "coroutines that are run twice",
            "async def m(): ...\n"
            + each("c{n} = m()\n", "asyncio.run(c{n})\n", "asyncio.run(c{n})\n"),
            "RUN106",
            MANY,
        ),
        case(
            "clients that runs use",
            CLIENT.format(get="get_event_loop")
            + each("c{n} = C()\nasync def m{n}():\n    await c{n}.go()\n", "asyncio.run(m{n}())\n"),
            "RUN201",
            MANY,
        ),
        case(
            "clients of runs that are used in others",
            CLIENT.format(get="get_running_loop")
            + "async def connect(): return C()\n"
            + each("c{n} = asyncio.run(connect())\n", "asyncio.run(c{n}.go())\n"),
            "RUN207",
            MANY,
        ),
        case(
            "loops that run forever",
            "async def m(): ...\n" + each(BY_HAND, "run{n}()\n"),
            "RUN404",
            MANY,
        ),
        case("runs that share a lock", LOCK + each("asyncio.run(main())\n"), "RUN203", 1),
        case("classes that keep the loop", each(CLASS), "RUN206", MANY),
        case(
            "coroutines that are awaited once",
            "async def f(): ...\nasync def main():\n"
            + each("    c = f()\n    x = await c\n")
            + "asyncio.run(main())\n",
            "RUN106",
            0,
        ),
    ],
)
def test_time_grows_with_the_file(program: str, code: str, count: int) -> None:
    spent = _cpu_seconds(lambda: _check(program, code, count))
    assert spent < SECONDS


def _check(program: str, code: str, count: int) -> None:
    codes = found_in(f"{IMPORT}{program}")
    assert codes.count(code) == count
    assert "RUN001" not in codes


def _cpu_seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_what_stands_in_the_file_costs_none_of_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FILE_BUDGET", 1_000)
    monkeypatch.setattr(machine, "FOR_EACH_NODE", 0)
    program = f"{IMPORT}async def m(): ...\nx = [{'1, ' * 5_000}]\nasyncio.run(m)\n"
    assert found_in(program) == ["RUN102"]


def test_what_takes_too_long_is_said_once() -> None:
    chain = "".join(f"def f{n}(): f{n + 1}(); f{n + 1}()\n" for n in range(40))
    program = f"{IMPORT}async def m(): ...\nasyncio.run(m)\n{chain}def f40(): ...\nf0()\n"
    assert found_in(program) == ["RUN001", "RUN102"]
