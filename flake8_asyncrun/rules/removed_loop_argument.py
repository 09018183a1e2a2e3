"""A `loop=` argument that asyncio no longer takes.

Twenty functions and classes of asyncio lost their `loop` parameter in Python 3.10: `sleep`,
`gather`, `wait`, `wait_for`, `shield`, `as_completed`, `open_connection`, `start_server` and their
unix twins, `create_subprocess_exec` and `create_subprocess_shell`, and all locks and queues. Python
3.8 and 3.9 warn; from 3.10 on the call ends with

    TypeError: sleep() got an unexpected keyword argument 'loop'

`loop=None` counts as well, though nothing warns of it.

```python bad 3.7="ok" 3.8-3.9="warns DeprecationWarning: The loop argument is deprecated since Python 3.8" 3.10-="TypeError: sleep() got an unexpected keyword argument 'loop'"
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.01, loop=loop)  # RUN301
    print("done")


asyncio.run(main())
```

Inside a coroutine the argument never said more than what is so without it:

```python fixed safe
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.01)
    print("done")


asyncio.run(main())
```

Outside, locks and queues take their loop when they are first waited for, from Python 3.10 on:

```python bad -3.9="ok" 3.10="TypeError: As of 3.10, the *loop* parameter was removed from Lock()" 3.11-="TypeError: Lock.__init__() got an unexpected keyword argument 'loop'"
import asyncio

lock = asyncio.Lock(loop=None)  # RUN301
print(lock.locked())
```

```python fixed safe
import asyncio

lock = asyncio.Lock()
print(lock.locked())
```

Futures, tasks and streams still take a loop, and so may anything that is not asyncio's:

```python good
import asyncio


def save(path, loop=0):
    print(path, loop)


async def main():
    loop = asyncio.get_running_loop()
    future = asyncio.ensure_future(asyncio.sleep(0), loop=loop)
    await future
    asyncio.Future(loop=loop).cancel()


asyncio.run(main())
save("picture.gif", loop=0)
```

**The fix is safe** in a coroutine, and everywhere where the code supports Python 3.10 and later
only, for there it could only crash. Inside `try` … `except Exception` it is unsafe, for there the
program may be meant to go on after the error. Outside of a coroutine, for older Pythons, it is unsafe: the
object is then bound to the current loop instead of the given one.

See [What's new in Python 3.10](https://docs.python.org/3/whatsnew/3.10.html#changes-in-the-python-api).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import remove_argument
from flake8_asyncrun.core.errors import T2, by_version
from flake8_asyncrun.core.model import Fix, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, descend, rule
from flake8_asyncrun.names.asyncio_table import LOST_LOOP, LOST_LOOP_IN
from flake8_asyncrun.names.values import Loop, Origin, Value


@rule("RUN301", on=cst.Call, fix=Safety.UNSAFE)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    argument = next((one for one in call.args if one.keyword and one.keyword.value == "loop"), None)
    if argument is None:
        return
    package, _, name = (file.callee(call) or "").partition(".")
    target = file.target_at(call)
    if (
        package != "asyncio"
        or name not in LOST_LOOP
        or target is None
        or file.expects_error(call, "TypeError")
    ):
        return
    # Nothing warns of None.
    warns = () if file.text_of(argument.value) == "None" else (((3, 8), "DeprecationWarning"),)
    if not any(target.since_version(since) for since, _ in (*warns, (LOST_LOOP_IN, T2))):
        return
    happens = by_version(target, *warns, (LOST_LOOP_IN, T2))
    message = f"{file.text_of(call.func)}() takes no loop argument any more: {happens}; remove it"
    only_crashed = target.first >= LOST_LOOP_IN
    running = file.in_coroutine(call) and not _is_another(file.value(argument.value))
    fits = only_crashed or running
    # Where a program goes on after the error it may be meant to.
    safety = Safety.SAFE if fits and not file.catches_all(call) else Safety.UNSAFE

    def remove() -> Fix:
        if _does_something(argument.value, file):
            raise Refused(f"`{file.text_of(argument.value)}` may do more than name a loop")
        return Fix("Remove the loop argument", (remove_argument(file, call, argument),), safety)

    fix, notes = attempt(remove)
    yield Hit(argument, message, fix, notes)


def _is_another(loop: Value) -> bool:
    """Say whether a loop in a coroutine may be another one than runs there."""
    return isinstance(loop, Loop) and loop.origin is not Origin.RUNNING


def _does_something(loop: cst.BaseExpression, file: File) -> bool:
    known = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop")
    for node in descend(loop):
        if isinstance(node, cst.Call) and (node.args or file.callee(node) not in known):
            return True
        if isinstance(node, (cst.Await, cst.Yield, cst.NamedExpr)):
            return True
    return False
