"""The current loop is taken after `asyncio.run()`, which has left none.

When `asyncio.run` ends it closes its loop, and says that the thread has no current loop. What asks for
one afterwards ends, on every Python, with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad 3.7-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def main():
    print("hello")


asyncio.run(main())
loop = asyncio.get_event_loop()  # RUN408
loop.close()
```

The loop needs no closing, `asyncio.run` did that:

```python good
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

An object whose constructor takes the current loop cannot be built there, either:

```python bad 3.7-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()


async def main():
    print("hello")


def start():
    asyncio.run(main())
    print(Client())  # RUN408


start()
```

Nor can a future be made, which belongs to the current loop:

```python bad 3.7-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def main():
    print("hello")


asyncio.run(main())
asyncio.ensure_future(main())  # RUN408
```

Do in one coroutine what belongs together:

```python good
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()


async def main():
    print("hello")
    print(Client())


asyncio.run(main())
```

Who makes a new loop after the run, or expects the error, is right:

```python good
import asyncio


async def main():
    print("hello")


asyncio.run(main())
asyncio.set_event_loop(asyncio.new_event_loop())
loop = asyncio.get_event_loop()
loop.close()
```

**There is no fix:** which of the two loops is meant, and what has to go into one `async def main()`,
is for the author to say. Where a coroutine is run on the second loop, or a client is used in a second
`asyncio.run`, that is another rule, which has a fix.

Ignore it where a library that is called in between makes a loop current.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import (
    constructs,
    evidence,
    is_prepared,
    may_be_made_current,
    may_be_right,
    own_events,
    takes_current_loop,
)
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2
from flake8_asyncrun.core.model import Note
from flake8_asyncrun.core.rule import File, Hit, rule, runs
from flake8_asyncrun.names.asyncio_table import Does, entry
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.values import Effect, Kind
from flake8_asyncrun.rules import future_in_run, future_outside_loop, not_awaitable_in_run
from flake8_asyncrun.rules.client_captures_loop import built
from flake8_asyncrun.rules.future_outside_loop import goes_into_run
from flake8_asyncrun.rules.run_until_complete import runs_on


@rule("RUN408", on=cst.Call, may_appear=True, possible=runs)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    event = takes_current_loop(call, file) or _builds(call, file) or _binds(call, file)
    if event is None or file.target_at(call) is None:
        return
    run = earlier_run(call, file)
    if run is None or runs_on(call, file) or any(True for _ in built(call, file)):
        return
    shown, runner = f"{file.text_of(call.func)}()", f"{file.text_of(run.call.func)}()"
    message = (
        f"{shown} after {runner}, which leaves no current loop: {R2}; do both in one async def"
    )
    where = Note("the run is here", file.place(run.call))
    yield Hit(call, message, None, (where, *evidence(event, file, "takes the loop")))


def _binds(call: cst.Call, file: File) -> Event | None:
    """Return the event by which asyncio makes a future of the current loop, where it is not made
    for a run, which is another rule's."""
    known = entry(file.callee(call) or "")
    if known is None or known.does is not Does.BINDS or file.state(call) is not State.NO_LOOP:
        return None
    given = [one for one in call.args if one.keyword is None]
    if any(one.star or file.kind(one.value) is not Kind.COROUTINE for one in given):
        # What has a loop already brings it.
        return None
    event = next((one for one in own_events(call, file) if one.effect is Effect.CAPTURES), None)
    if event is None or event.set or event.caught or may_be_right(call, file):
        return None
    if may_be_made_current(file) or is_prepared(call, file):
        return None
    others = (future_outside_loop.check, *_OF_RUNS)
    around = [one for one in file.parents(call) if isinstance(one, cst.Call)]
    told = any(True for one in (call, *around) for rule in others for _ in rule.check(one, file))
    return None if told or goes_into_run(call, file) else event


_OF_RUNS = (future_in_run.check, not_awaitable_in_run.check)


def _builds(call: cst.Call, file: File) -> Event | None:
    """Return the event by which a call builds an object that takes the current loop."""
    event = constructs(call, file, Effect.CAPTURES)
    if event is None or event.set or event.caught:
        return None
    if constructs(call, file, Effect.NEEDS_RUNNING) is not None:
        return None
    return None if may_be_made_current(file) or is_prepared(call, file) else event
