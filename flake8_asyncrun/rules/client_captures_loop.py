"""An object is built before `asyncio.run()`, on a loop that will not be the one that runs.

Its constructor takes the current loop, as in `self.loop = loop or asyncio.get_event_loop()`. Then
`asyncio.run` makes another loop, and the first `await` on something of the object's ends, up to
Python 3.13, with

    RuntimeError: Task <Task pending …> got Future <…> attached to a different loop

or, worse, nothing happens at all, for what was scheduled on the first loop never runs. From Python
3.14 on there is no current loop to take, and building the object ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Client:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


client = Client()  # RUN201


async def run():
    await client.start()


asyncio.run(run())
```

Build it in the coroutine, where the current loop is the running one:

```python fixed safe
import asyncio


class Client:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


async def run():
    client = Client()
    await client.start()


asyncio.run(run())
```

What another file builds while it is imported is built as early:

```python file=clients.py
import asyncio


class Client:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


client = Client()
```

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

from clients import client  # RUN201


async def run():
    await client.start()


asyncio.run(run())
```

An argument of `asyncio.run` is evaluated before the loop is made, too:

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


asyncio.run(Client().start())  # RUN201
```

```python fixed safe
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


async def main():
    await Client().start()


asyncio.run(main())
```

Whether a constructor takes the loop is found out from its source, also through other modules and
installed packages: nothing is looked up in a list. Slack's client does:

```python bad needs="slack_sdk,aiohttp" -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

from slack_sdk.rtm import RTMClient

rtm_client = RTMClient(token="xoxb-…", auto_reconnect=False, run_async=True)  # RUN201


async def run():
    task = rtm_client.start()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


asyncio.run(run())
```

```python fixed safe
import asyncio

from slack_sdk.rtm import RTMClient


async def run():
    rtm_client = RTMClient(token="xoxb-…", auto_reconnect=False, run_async=True)
    task = rtm_client.start()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


asyncio.run(run())
```

A client that is built in a coroutine is right, and so is one that never meets `asyncio.run`:

```python good
import asyncio


class Client:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()

    async def start(self):
        await self.loop.run_in_executor(None, print, "started")


async def run():
    client = Client()
    await client.start()


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(Client().start())
loop.close()
asyncio.run(run())
```

**The fix is safe:** the program could not work before. It is unsafe where the object is a global of
a module that others may import, with the run under a main guard. It is refused where other code uses the
object, or where code with an effect stands between; the note says which.

See [Event loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_event_loop).

## Libraries

What can be built anywhere: httpx's `AsyncClient`, `redis.asyncio`, pymongo's `AsyncMongoClient`,
Telethon's client in its newest releases (1.45, not yet 1.40), python-telegram-bot from 20 on,
`websockets.connect()` from 14 on, `AsyncWebClient` of slack_sdk and `AsyncApp` of slack_bolt. They look
for a loop when they are used:

```python good with="httpx==0.28.1" 3.11-="ok" prints="still open"
import asyncio

import httpx

client = httpx.AsyncClient()


async def main():
    print("closed" if client.is_closed else "still open")
    await client.aclose()


asyncio.run(main())
```

### Slack

`RTMClient` of slack_sdk (`slack_sdk.rtm`) and of slackclient 2 takes the loop, as above. So does
`slack_sdk.socket_mode.websockets.SocketModeClient`, which also starts its work there: built too early,
it connects, and no message is ever processed, without an error.

### disnake, nextcord, py-cord, discord.py 1

`Client()` and `Bot()` keep the current loop, on Python 3.14 one that they make themselves. The bot logs
in, but what is scheduled on `client.loop` never runs, and `wait_for()` hangs. With `bot.run(TOKEN)`
instead of `asyncio.run` they are right; discord.py takes no loop when it is built from version 2 on.

```python bad with="disnake==2.12.2" 3.11-="silent: worked"
import asyncio

import disnake

client = disnake.Client()  # RUN201


async def work():
    print("worked")


async def main():
    client.loop.create_task(work())
    await asyncio.sleep(0.1)


asyncio.run(main())
```

```python fixed safe
import asyncio

import disnake


async def work():
    print("worked")


async def main():
    client = disnake.Client()
    client.loop.create_task(work())
    await asyncio.sleep(0.1)


asyncio.run(main())
```

### grpc.aio

Channels and servers (`insecure_channel()`, `secure_channel()`, `server()`) are bound to the loop that
is current when they are made, and so are the asynchronous clients of google-cloud and pyzeebe, which
make one. On Python 3.14 they make a loop of their own, so the error stays the same:

```python bad with="grpcio==1.85.1" 3.11-="RuntimeError: Task"
import asyncio

import grpc

server = grpc.aio.server()  # RUN201


async def main():
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print("serving")
    await server.stop(None)


asyncio.run(main())
```

```python fixed safe
import asyncio

import grpc


async def main():
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print("serving")
    await server.stop(None)


asyncio.run(main())
```

### asyncpg

`asyncpg.create_pool()` is no coroutine: it makes the pool, on the current loop, and connects when it is
awaited or entered. `async with asyncpg.create_pool(…) as pool:` in the coroutine does all of it in
place. (Here nobody listens, but it gets as far as that.)

```python bad with="asyncpg==0.32.0" 3.11-3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

import asyncpg

pool = asyncpg.create_pool(host="127.0.0.1", port=9, user="me")  # RUN201


async def main():
    try:
        await pool
    except OSError:
        print("nobody listens")


asyncio.run(main())
```

```python fixed safe
import asyncio

import asyncpg


async def main():
    pool = asyncpg.create_pool(host="127.0.0.1", port=9, user="me")
    try:
        await pool
    except OSError:
        print("nobody listens")


asyncio.run(main())
```

### aio-pika

`aio_pika.connect()` is a coroutine and harmless. `Pool()` and `Connection()` take the loop; up to
Python 3.13 that often goes well, from 3.14 on never:

```python bad with="aio-pika==10.2.1" 3.11-3.13="ok" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

from aio_pika.pool import Pool


async def connect():
    return "a connection"


pool = Pool(connect, max_size=2)  # RUN201


async def main():
    async with pool.acquire() as connection:
        print(connection)


asyncio.run(main())
```

```python fixed safe
import asyncio

from aio_pika.pool import Pool


async def connect():
    return "a connection"


async def main():
    pool = Pool(connect, max_size=2)
    async with pool.acquire() as connection:
        print(connection)


asyncio.run(main())
```

### Others

- **aiohttp** up to 3.9: `ClientSession()` and connectors, and what builds one; the error is "Timeout
  context manager should be used inside a task". From 3.10 on they need a running loop, which is
  `client-needs-loop`.
- **motor**: `AsyncIOMotorClient()` takes the loop up to version 2 only, `AsyncIOMotorGridFSBucket()`
  still does. pymongo's own asynchronous API replaces motor.
- **redis**: aioredis became `redis.asyncio` in redis 4.2, and no longer imports from Python 3.11 on.
- **websockets** up to 13, and `websockets.legacy` after: `connect()` and `serve()`.
- **Pyrogram**: its very import takes the current loop, and fails on Python 3.14; Kurigram, which has the
  same import name, does not.
- aiocron, aiodns, arq's `Worker`, grpclib's `Channel`, gql's websockets, tornado's `AsyncHTTPClient`,
  twitchio 2, python-binance: build them in the coroutine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import (
    build_inside,
    constructs,
    evidence,
    imported,
    kept_for_run,
    may_be_run,
    using_run,
)
from flake8_asyncrun.core.errors import LOST, R2, R4, by_version
from flake8_asyncrun.core.model import Note, Safety
from flake8_asyncrun.core.rule import File, Hit, attempt, per_file, rule, runs
from flake8_asyncrun.names.machine import Event
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    Class,
    Effect,
    Instance,
    Loop,
    Origin,
    Value,
    is_known,
    loops_in,
)


@rule("RUN201", on=(cst.Call, cst.ImportFrom), fix=Safety.UNSAFE, possible=runs)
def check(node: cst.Call | cst.ImportFrom, file: File) -> Iterator[Hit]:
    yield from built(node, file) if isinstance(node, cst.Call) else taken(node, file)


def built(call: cst.Call, file: File) -> Iterator[Hit]:
    event = constructs(call, file, Effect.CAPTURES)
    target = None if event is None else file.target_at(call)
    if event is None or target is None:
        return
    run, variable = using_run(call, file) or (kept_for_run(call, event, file), None)
    if run is None or not keeps_loop(file.value(call)) or may_be_run(event, file):
        return
    if constructs(call, file, Effect.NEEDS_RUNNING) is not None:
        # It raises before anybody uses it: RUN202 tells of that.
        return
    shown, runner = f"{file.text_of(call.func)}()", f"{file.text_of(run.call.func)}()"
    message = f"{shown} takes the current loop before {runner} makes its own"
    fix, notes = attempt(lambda: build_inside(call, run, variable, file))
    yield Hit(
        call,
        f"{message}: {happens(event, target, file.value(call), file)}; build it in an async def",
        fix,
        (*evidence(event, file, "takes the loop"), *notes),
    )


def taken(statement: cst.ImportFrom, file: File) -> Iterator[Hit]:
    if not file.runs:
        return
    for one in imported(statement, file, Effect.CAPTURES):
        value = file.facts.global_value(one.name)
        target = file.target_at(statement)
        if target is None or one.run is None or value is None or not keeps_loop(value):
            continue
        runner = f"{file.text_of(one.run.call.func)}()"
        message = f"`{one.name}` took the current loop at its import, before {runner} makes its own"
        yield Hit(
            one.alias,
            f"{message}: {happens(one.event, target, value, file)}; build it in an async def",
            None,
            (*evidence(one.event, file, "takes the loop"), Note("no fix: it is built elsewhere")),
        )


def keeps_loop(value: Value) -> bool:
    """Say whether an object may be bound to a loop that is not the running one."""
    if not is_known(value) or (isinstance(value, Instance) and not value.exact):
        return True
    return any(part.origin is not Origin.RUNNING for part in loops_in(value))


def happens(event: Event, target: Target, value: Value, file: File) -> str:
    """Return what becomes of a run that uses an object which keeps another loop."""
    later = LOST if _only_schedules(value, file) else R4
    raises = event.set or event.caught
    return later if raises else by_version(target, ((3, 7), later), ((3, 14), R2))


_SCHEDULES = {
    *("add_reader", "add_signal_handler", "add_writer", "call_at", "call_later", "call_soon"),
    *("call_soon_threadsafe", "create_task"),
}
"""Methods of a loop that leave something for it to do."""


def _only_schedules(value: Value, file: File) -> bool:
    """Say whether all that is done with the loop of an object, whose class this file defines, is
    that things are left for it to do that nobody waits for."""
    if not isinstance(value, Instance) or not is_known(value) or value.cls.outside:
        return False
    kept = {name for name, part in value.attributes.items() if isinstance(part, Loop)}
    here = all(cls.place.path == file.source.path for cls in value.cls.order)
    if not kept or not here or len(list(loops_in(value))) != 1:
        return False
    uses = [
        found[cls]
        for found in (_uses_by_class(name, file) for name in kept)
        for cls in (None, *value.cls.order)
        if cls in found
    ]
    return bool(uses) and all(uses)


@per_file
def _uses_by_class(name: str, file: File) -> dict[Class | None, bool]:
    """Return whether all uses of an attribute of a name leave something for a loop to do, by the
    classes that it may be of; None: of any."""
    found: dict[Class | None, bool] = defaultdict(lambda: True)
    for one in file.attributes_called(name):
        if not _is_bound(one, file):
            owner = file.value(one.value)
            for cls in owner.cls.order if isinstance(owner, Instance) else (None,):
                found[cls] &= _leaves_something(one, file)
    return found


def _is_bound(attribute: cst.Attribute, file: File) -> bool:
    return isinstance(file.source.parent(attribute), (cst.AssignTarget, cst.AnnAssign))


def _leaves_something(loop: cst.Attribute, file: File) -> bool:
    """Say whether a loop's method that schedules is called there, and what it gives is dropped."""
    method = file.source.parent(loop)
    call = None if method is None else file.source.parent(method)
    return (
        isinstance(method, cst.Attribute)
        and method.attr.value in _SCHEDULES
        and isinstance(call, cst.Call)
        and call.func is method
        and isinstance(file.source.parent(call), cst.Expr)
    )
