"""An object is built where no loop runs, and its constructor needs one that does.

`aiohttp.ClientSession()`, from aiohttp 3.10 on, and every constructor that calls
`asyncio.get_running_loop()` ends there, at once and on every Python, with

    RuntimeError: no running event loop

```python bad 3.7-="RuntimeError: no running event loop"
import asyncio


class Session:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def get(self):
        print("got it")


session = Session()  # RUN202


async def main():
    await session.get()


asyncio.run(main())
```

Build it in the coroutine:

```python fixed safe
import asyncio


class Session:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def get(self):
        print("got it")


async def main():
    session = Session()
    await session.get()


asyncio.run(main())
```

Whether a constructor needs the loop is found out from its source, also in installed packages:

```python bad needs="aiohttp" 3.7-="RuntimeError: no running event loop"
import asyncio

import aiohttp


async def fetch(session):
    print(type(session).__name__)
    await session.close()


if __name__ == "__main__":
    session = aiohttp.ClientSession()  # RUN202
    asyncio.run(fetch(session))
```

```python fixed safe
import asyncio

import aiohttp


async def fetch(session):
    print(type(session).__name__)
    await session.close()


if __name__ == "__main__":

    async def main():
        session = aiohttp.ClientSession()
        await fetch(session)

    asyncio.run(main())
```

The top level of a module that is only ever imported is not reported, for the import may happen
inside a running loop (`uvicorn --workers 2` does that):

```python good
import asyncio


class Session:
    def __init__(self):
        self.loop = asyncio.get_running_loop()


async def make():
    return Session()


def session():
    return Session()


print(type(asyncio.run(make())).__name__)
```

**The fix is safe:** the program could only crash before. It is unsafe where the object is a global of
a module that others may import, with the run under a main guard. It is refused where other code uses the
object, or where code with an effect stands between; the note says which.

See [Event loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_running_loop).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import build_inside, constructs, evidence, imported, using_run
from flake8_asyncrun.core.errors import R3
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.names.values import Effect


@rule("RUN202", on=(cst.Call, cst.ImportFrom), fix=Safety.UNSAFE)
def check(node: cst.Call | cst.ImportFrom, file: File) -> Iterator[Hit]:
    if file.target_at(node) is not None:
        yield from built(node, file) if isinstance(node, cst.Call) else taken(node, file)


def built(call: cst.Call, file: File) -> Iterator[Hit]:
    event = constructs(call, file, Effect.NEEDS_RUNNING)
    if event is None:
        return
    used = using_run(call, file)
    if used is None and not _is_program(file):
        return

    def move() -> Fix:
        if used is None:
            raise Refused("no coroutine that uses it is to be found")
        run, variable = used
        return build_inside(call, run, variable, file)

    fix, notes = attempt(move)
    message = (
        f"{file.text_of(call.func)}() needs a running loop, and none runs here: {event.error or R3}"
    )
    yield Hit(
        call,
        f"{message}; build it in an async def",
        fix,
        (*evidence(event, file, "needs the loop"), *notes),
    )


def taken(statement: cst.ImportFrom, file: File) -> Iterator[Hit]:
    for one in imported(statement, file, Effect.NEEDS_RUNNING) if _is_program(file) else ():
        message = f"`{one.name}` needs a running loop at its import, and none runs here: {one.event.error or R3}"
        yield Hit(
            one.alias,
            f"{message}; build it in an async def",
            None,
            (*evidence(one.event, file, "needs the loop"), Note("no fix: it is built elsewhere")),
        )


def _is_program(file: File) -> bool:
    runs_here = any(file.enclosing_function(run.call) is None for run in file.runs)
    return file.facts.is_program or runs_here
