"""`asyncio.run()` is given a future or a task, which it refuses.

`asyncio.run` wants a coroutine. `gather`, `create_task`, `ensure_future`, `shield` and methods such
as the Slack client's `start()` return a *future*, and a future belongs to a loop from the moment it
is made: before `asyncio.run` has made its own loop, that is the wrong loop, or there is none. Up to
Python 3.13 the program ends with

    ValueError: a coroutine was expected, got <_GatheringFuture pending>

and from Python 3.14 on, already while the argument is evaluated, with

    RuntimeError: There is no current event loop in thread 'MainThread'.

(`uvloop.run` awaits it, with "attached to a different loop" on Python 3.11 to 3.13.)

```python bad -3.13="ValueError: a coroutine was expected, got <_GatheringFuture pending>" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def hello():
    print("hello")


asyncio.run(asyncio.gather(hello(), hello()))  # RUN101
```

The call has to happen inside the loop. The fix moves it there:

```python fixed safe
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.gather(hello(), hello())


asyncio.run(main())
```

The future may come from a function, from a method, from the file next door or out of a library, and
it may pass through a variable. What it needs that is bound to a loop itself moves too. Here the
client would be the next thing to fail, with "attached to a different loop", had it stayed outside:

```python bad -3.13="ValueError: a coroutine was expected, got <Task pending" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def connect(self):
        await self.loop.run_in_executor(None, print, "connected")

    def start(self):
        return asyncio.ensure_future(self.connect(), loop=self.loop)


if __name__ == "__main__":
    client = Client()  # RUN201
    asyncio.run(client.start(), debug=True)  # RUN101
```

```python fixed safe
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def connect(self):
        await self.loop.run_in_executor(None, print, "connected")

    def start(self):
        return asyncio.ensure_future(self.connect(), loop=self.loop)


if __name__ == "__main__":

    async def main():
        client = Client()
        await client.start()

    asyncio.run(main(), debug=True)
```

A future handed to a coroutine function of asyncio's is just as wrong. `wait_for` and `wait` return a
coroutine, so `asyncio.run` takes it and fails later; `wait` waits for ever on Python 3.11 to 3.13:

```python bad 3.7="ValueError: loop argument must agree with Future" 3.8-3.11="ValueError: The future belongs to a different loop" 3.12-3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop"
import asyncio


async def answer():
    return 42


print(asyncio.run(asyncio.wait_for(asyncio.gather(answer()), 1)))  # RUN101
```

```python fixed safe
import asyncio


async def answer():
    return 42


async def main():
    return await asyncio.wait_for(asyncio.gather(answer()), 1)


print(asyncio.run(main()))
```

`run_until_complete` takes a future of its own loop. One that is made with no word about the loop
belongs to the current loop, which a loop of `new_event_loop()` is not until `set_event_loop()`:

```python bad 3.7="ValueError: loop argument must agree with Future" 3.8-3.13="ValueError: The future belongs to a different loop" 3.14-="RuntimeError: There is no current event loop"
import asyncio


async def hello():
    print("hello")


loop = asyncio.new_event_loop()
loop.run_until_complete(asyncio.gather(hello(), hello()))  # RUN101
loop.close()
```

```python fixed safe
import asyncio


async def hello():
    print("hello")


loop = asyncio.new_event_loop()


async def main():
    await asyncio.gather(hello(), hello())


loop.run_until_complete(main())
loop.close()
```

What is a coroutine is fine, also where a future is made inside it:

```python good
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.gather(hello(), hello())


asyncio.run(main())
asyncio.run(asyncio.sleep(0))
asyncio.run(asyncio.wait_for(hello(), 1))
```

**The fix is safe:** the program could only crash before. Inside `try` … `except Exception` it is
unsafe, for there the program may be meant to go on after the error. It is refused, with the reason as a note,
where something that would move is used elsewhere, or where code with an effect stands between.

**Ignore it** where the error itself is wanted, as in a test; the rule is silent inside
`pytest.raises` and `try` … `except ValueError` anyway.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run) and
[Awaitables](https://docs.python.org/3/library/asyncio-task.html#awaitables).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import (
    future_held_by,
    is_prepared,
    may_be_made_current,
    may_be_right,
)
from flake8_asyncrun.core.completes import Completion, completes_as_given
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.edits import only_argument
from flake8_asyncrun.core.errors import AWAITED_BY_UVLOOP, HANGS, R2, R3, R4, V1, V2, V3, by_version
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import (
    File,
    Hit,
    Run,
    attempt,
    fails_as_given,
    rule,
    runs_or_completes,
)
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import into_main
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.target import Target, Version
from flake8_asyncrun.names.values import Future, Kind, Origin, Value, kind_of


@rule("RUN101", on=cst.Call, fix=Safety.UNSAFE, possible=runs_or_completes)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    completion = completes_as_given(call, file)
    if completion is not None:
        yield from _on_another_loop(completion, file)
        return
    run = fails_as_given(call, file)
    target = None if run is None else file.target_at(call)
    if run is None or target is None:
        return
    value = file.value(run.argument)
    shown = _shown(run.argument, file)
    runner = f"{file.text_of(call.func)}()"
    if kind_of(value) is Kind.FUTURE:
        takes = file.callee(call) == "asyncio.Runner.run" and _may_be_the_runners(value)
        part = target.before_version(_TAKES_FUTURES) if takes else target
        if part is None:
            return
        until = " up to Python 3.13" if part != target else ""
        happens = f"{runner} raises {_errors(value, part, run)}{until}"
        if _lacks_loop(value, run, file):
            # The call in the argument ends in it, on all Pythons.
            happens = R2
        message = f"{shown} returns a future, not a coroutine: {happens}; await it in an async def"
    elif (held := future_held_by(value)) is not None:
        what = f"{shown} is given a future made before the loop runs"
        message = f"{what}: {_errors_inside(run.argument, file, target)}; make it in an async def"
        value = held
    else:
        return
    fix, notes = _moved(run, file)
    yield Hit(call, message, fix, (*_made(value, run, file), *notes))


def _moved(run: Run, file: File) -> tuple[Fix | None, tuple[Note, ...]]:
    call = run.call
    # Where a program goes on after the error it may be meant to.
    safety = Safety.UNSAFE if file.catches_all(call) else Safety.SAFE
    return attempt(
        lambda: into_main(
            file, call, run.argument, lambda text: [only_argument(file, call, text)], safety=safety
        )
    )


# ---------------------------------------------------------------------- run_until_complete


_BIND = ("asyncio.ensure_future", "asyncio.gather", "asyncio.shield")


def _on_another_loop(run: Completion, file: File) -> Iterator[Hit]:
    """Yield a hit where `run_until_complete` is given a future that is none of its loop's."""
    target = file.target_at(run.call)
    argument, runner = run.argument, f"{file.text_of(run.call.func)}()"
    if target is None or file.state(argument) is not State.NO_LOOP:
        return
    if not isinstance(argument, cst.Call) or may_be_right(run.call, file):
        return
    shown, callee = f"{file.text_of(argument.func)}()", file.callee(argument)
    bound: cst.BaseExpression = argument
    held = future_held_by(file.value(argument))
    if callee == "asyncio.create_task":
        eras = (((3, 7), R3), ((3, 14), R2)) if run.is_got else (((3, 7), R3),)
        message = (
            f"{shown} needs a running loop: {by_version(target, *eras)}; await it in an async def"
        )
    elif run.loop.origin is not Origin.NEW or _may_be_current(run, file):
        return
    elif callee in _BIND:
        errors = by_version(target, ((3, 7), V2), ((3, 8), V3), ((3, 14), R2))
        message = (
            f"{shown} returns a future of the current loop, which is another: {runner} raises "
            f"{errors}; await it in an async def"
        )
    elif held is not None:
        bound = argument.args[0].value
        if not isinstance(bound, cst.Call) or file.callee(bound) not in _BIND:
            return
        what = f"{shown} is given a future of the current loop, which is another"
        message = f"{what}: {_errors_inside(argument, file, target)}; make it in an async def"
    else:
        return
    if callee != "asyncio.create_task" and not _takes_current(bound, file):
        return
    fix, notes = _moved(run, file)
    yield Hit(run.call, message, fix, notes)


def _may_be_current(run: Run, file: File) -> bool:
    """Say whether the loop that a program made may be the current one, or none may be left."""
    return (
        file.says("set_event_loop", "Runner", "event_loop_policy")
        or may_be_made_current(file)
        or is_prepared(run.call, file)
        or earlier_run(run.call, file) is not None
    )


def _takes_current(call: cst.BaseExpression, file: File) -> bool:
    """Say whether a call makes a future of coroutines, and of nothing that has a loop already."""
    if not isinstance(call, cst.Call):
        return False
    given = [one for one in call.args if one.keyword is None]
    named = {one.keyword.value for one in call.args if one.keyword is not None}
    value = file.value(call)
    return (
        isinstance(value, Future)
        and value.origin is Origin.CURRENT
        and named <= {"return_exceptions"}
        and all(not one.star and file.kind(one.value) is Kind.COROUTINE for one in given)
    )


_TAKES_FUTURES: Version = (3, 14)
"""Since when `Runner.run()` takes a future of its own loop."""


def _may_be_the_runners(value: Value) -> bool:
    """Say whether a future may belong to the loop of the `Runner` that is given it."""
    if not isinstance(value, Future):
        return True
    return value.origin is not Origin.CURRENT and value.maker != "asyncio.create_task"


def _shown(argument: cst.BaseExpression, file: File) -> str:
    if isinstance(argument, cst.Call):
        return f"{file.text_of(argument.func)}()"
    return f"`{file.text_of(argument)}`"


def _errors(value: Value, target: Target, run: Run) -> str:
    if isinstance(value, Future) and value.maker == "asyncio.create_task":
        return R3
    made_anew = isinstance(value, Future) and value.origin is Origin.NEW
    awaited = ((AWAITED_BY_UVLOOP, R4),) if run.runner == "uvloop.run" else ()
    return by_version(target, ((3, 7), V1), *awaited, ((3, 14), R4 if made_anew else R2))


def _lacks_loop(value: Value, run: Run, file: File) -> bool:
    """Say whether a future is to be made in a thread that has no loop."""
    if file.state(run.argument) is not State.THREAD or not isinstance(value, Future):
        return False
    if value.made_at != file.place(run.argument):
        return False
    calls = (one for one in descend(run.argument) if isinstance(one, cst.Call))
    if any(file.callee(one) == "asyncio.get_event_loop" for one in calls):
        return not file.says("set_event_loop")
    return value.maker.startswith("asyncio.") and value.origin is Origin.UNKNOWN


def _errors_inside(argument: cst.BaseExpression, file: File, target: Target) -> str:
    if isinstance(argument, cst.Call) and file.callee(argument) == "asyncio.wait":
        limited = any(one.keyword and one.keyword.value == "timeout" for one in argument.args)
        later = "it is never done" if limited else HANGS
        return by_version(target, ((3, 7), V2), ((3, 8), V3), ((3, 11), later), ((3, 14), R2))
    return by_version(target, ((3, 7), V2), ((3, 8), V3), ((3, 12), R4), ((3, 14), R2))


def _made(value: Value, run: Run, file: File) -> tuple[Note, ...]:
    if not isinstance(value, Future) or value.made_at == file.place(run.argument):
        return ()
    return (Note(f"{value.maker}() makes the future here", value.made_at),)
