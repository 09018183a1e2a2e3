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

## Libraries

### aiohttp

From 3.10 on `ClientSession()`, `TCPConnector()`, `CookieJar()` and `web.Server()` need a running loop, as
above (before, they took the current one, which is `client-captures-loop`), and with them whatever
builds a session: aiohttp-retry, aiohttp-socks, aiohttp-client-cache, aiodocker, kubernetes_asyncio,
lavalink, `slack_sdk.socket_mode.aiohttp.SocketModeClient`, slack_bolt's `AsyncSocketModeHandler`.
`web.Application()` may be built anywhere.

### disnake, nextcord, py-cord

`ui.View()` and `ui.Modal()` make a future at once. discord.py's cope without a loop in its newest
releases (2.7, not yet 2.4).

```python bad with="disnake==2.12.2" 3.11-="RuntimeError: no running event loop"
import asyncio

from disnake import ui

view = ui.View()  # RUN202


async def main():
    print(view.children)


asyncio.run(main())
```

```python fixed safe
import asyncio

from disnake import ui


async def main():
    view = ui.View()
    print(view.children)


asyncio.run(main())
```

### psycopg

A pool opens when it is built, which needs the loop. `AsyncConnectionPool(…, open=False)` may stand
anywhere, and `await pool.open()` or `async with pool:` opens it:

```python bad with="psycopg[binary]==3.3.9,psycopg-pool==3.3.3" 3.11-="RuntimeError: AsyncConnectionPool open with no running loop"
import asyncio

from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("host=127.0.0.1", min_size=0, max_size=4)  # RUN202


async def main():
    print("open" if not pool.closed else "closed")
    await pool.close()


asyncio.run(main())
```

```python fixed safe
import asyncio

from psycopg_pool import AsyncConnectionPool


async def main():
    pool = AsyncConnectionPool("host=127.0.0.1", min_size=0, max_size=4)
    print("open" if not pool.closed else "closed")
    await pool.close()


asyncio.run(main())
```

```python good with="psycopg[binary]==3.3.9,psycopg-pool==3.3.3" 3.11-="ok" prints="open"
import asyncio

from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("host=127.0.0.1", min_size=0, max_size=4, open=False)


async def main():
    async with pool:
        print("open" if not pool.closed else "closed")


asyncio.run(main())
```

### aiokafka

Producers, consumers and the admin client look whether the current loop runs, and say so in words of
their own:

```python bad with="aiokafka==0.14.0" 3.11-3.13="RuntimeError: The object should be created within an async function or provide loop directly." 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

from aiokafka import AIOKafkaConsumer

consumer = AIOKafkaConsumer("topic")  # RUN202


async def main():
    print(consumer.subscription())
    await consumer.stop()


asyncio.run(main())
```

```python fixed safe
import asyncio

from aiokafka import AIOKafkaConsumer


async def main():
    consumer = AIOKafkaConsumer("topic")
    print(consumer.subscription())
    await consumer.stop()


asyncio.run(main())
```

### websockets

`serve()` makes a future from version 14 on; `connect()` may stand anywhere from there on.

```python bad with="websockets==17.4" 3.11-="RuntimeError: no running event loop"
import asyncio

from websockets.asyncio.server import serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


server = serve(echo, "127.0.0.1", 0)  # RUN202


async def main():
    async with server:
        print("serving")


asyncio.run(main())
```

```python fixed safe
import asyncio

from websockets.asyncio.server import serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    server = serve(echo, "127.0.0.1", 0)
    async with server:
        print("serving")


asyncio.run(main())
```

### Others

- **APScheduler**: `AsyncIOScheduler()` may be built anywhere, but `scheduler.start()` belongs into the
  coroutine. It ends with the same error, and is not reported, for it is a method.
- aiomqtt from 2 on, pymodbus' `Async…Client` from 3.6 on, aioimaplib, aiopg, aioesphomeapi,
  `async_timeout.timeout()`: build them in the coroutine.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import build_inside, constructs, evidence, imported, using_run
from flake8_asyncrun.core.errors import R3
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule, runs
from flake8_asyncrun.names.values import Effect


def _possible(glance: Glance) -> bool:
    """Say whether anything needs the loop, and the file is, or may be, a program."""
    if not (glance.facts.is_program or runs(glance)):
        return False
    needs = any(event.effect is Effect.NEEDS_RUNNING for event in glance.events)
    return needs or glance.facts.is_built_elsewhere(Effect.NEEDS_RUNNING)


@rule("RUN202", on=(cst.Call, cst.ImportFrom), fix=Safety.UNSAFE, possible=_possible)
def check(node: cst.Call | cst.ImportFrom, file: File) -> Iterator[Hit]:
    for hit in built(node, file) if isinstance(node, cst.Call) else taken(node, file):
        if file.target_at(node) is not None:
            yield hit


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
