"""`get_event_loop()` and `run_forever()` where no loop runs: the way before `asyncio.run`.

Up to Python 3.11 `asyncio.get_event_loop()` makes a loop where there is none, 3.12 and 3.13 warn
about it, and from Python 3.14 on it ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def serve():
    print("serving")
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().stop()


loop = asyncio.get_event_loop()  # RUN404
loop.create_task(serve())
loop.run_forever()
loop.close()
```

What runs until it is done, `asyncio.run` runs. What was given to the loop before is done in the
coroutine, where `asyncio.get_running_loop()` is that loop:

```python good
import asyncio


async def serve():
    print("serving")
    await asyncio.sleep(0.01)


async def main():
    await asyncio.create_task(serve())


asyncio.run(main())
```

What really runs until it is told to stop waits for an event, which a signal's handler, say, sets in
the place of `loop.stop()`:

```python good
import asyncio


async def serve(stop):
    print("serving")
    stop.set()


async def main():
    stop = asyncio.Event()
    task = asyncio.create_task(serve(stop))
    await stop.wait()
    await task


asyncio.run(main())
```

A loop that the program made itself runs on every Python:

```python good
import asyncio


async def serve():
    print("serving")
    asyncio.get_running_loop().stop()


loop = asyncio.new_event_loop()
task = loop.create_task(serve())
loop.run_forever()
loop.close()
```

**There is no fix:** how such a program ends, by `loop.stop()`, a signal or an error, has to be
written anew. `asyncio.run` ends with an error where something stops its loop. What it does beyond
that is what one wants: tasks that are left are cancelled, and the loop is closed.

See [What's new in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#asyncio).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import is_in_a_branch, takes_current_loop
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2, by_version
from flake8_asyncrun.core.model import Note
from flake8_asyncrun.core.rule import File, Hit, rule
from flake8_asyncrun.rules.run_until_complete import called_on, runs_on


@rule("RUN404", on=cst.Call)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    event, target = takes_current_loop(call, file), file.target_at(call)
    if event is None or target is None or target.last < (3, 14):
        return
    if is_in_a_branch(call, event, file):
        return
    runs = called_on(call, "run_forever", file)
    if not runs or runs_on(call, file) or earlier_run(call, file) is not None:
        return
    happens = by_version(target, ((3, 14), R2))
    cure = "await what it is for in asyncio.run()"
    message = f"{file.text_of(call.func)}() where no loop runs: {happens}; {cure}"
    where = (Note("the loop runs here", file.place(runs[0])),)
    yield Hit(call, message, None, where if file.place(call) != file.place(runs[0]) else ())
