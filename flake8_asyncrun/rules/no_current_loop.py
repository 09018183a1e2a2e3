"""`get_event_loop()` where no loop runs and none is current.

Up to Python 3.11 `asyncio.get_event_loop()` makes a loop in the main thread where there is none, 3.12
and 3.13 warn about it, and from Python 3.14 on it ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def main():
    print("hello")


asyncio.get_event_loop().set_debug(True)  # RUN401
asyncio.run(main())
```

Before 3.14 the line did not do what it says, either: the loop that it got is not the one that
`asyncio.run` makes. Say it to `asyncio.run`, or ask in the coroutine for the running loop:

```python good
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.5
    print("hello")


asyncio.run(main(), debug=True)
```

In any other thread than the main one there is no loop on any Python. A thread's target, or a function
that an executor runs, ends with

    RuntimeError: There is no current event loop in thread 'Thread-1 (work)'.

```python bad 3.7-="RuntimeError: There is no current event loop in thread"
import asyncio


async def hello():
    print("hello")


def work():
    loop = asyncio.get_event_loop()  # RUN401
    loop.run_until_complete(hello())


async def main():
    await asyncio.get_running_loop().run_in_executor(None, work)


asyncio.run(main())
```

A thread that needs a loop of its own makes one, which `asyncio.run` does:

```python good
import asyncio


async def hello():
    print("hello")


def work():
    asyncio.run(hello())


async def main():
    await asyncio.get_running_loop().run_in_executor(None, work)


asyncio.run(main())
```

and one that has something for the loop of the program is given that loop:

```python good
import asyncio


async def hello():
    print("hello")


def work(loop):
    asyncio.run_coroutine_threadsafe(hello(), loop).result()


async def main():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, work, loop)


asyncio.run(main())
```

Who made a loop current before, or expects the error, is right; and of a function that may be called
from anywhere, nothing is said:

```python good
import asyncio


def current():
    return asyncio.get_event_loop()


try:
    loop = asyncio.get_running_loop()
except RuntimeError:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
print(asyncio.get_event_loop() is loop)
loop.close()
```

**The fix is unsafe.** It makes a loop where there is none, asking first whether there is one unless
it is certain that there cannot be, and leaves the rest of the program as it is:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Bot:
    def __init__(self, loop):
        self.loop = loop

    async def answer(self):
        print("hello")

    def start(self):
        self.loop.run_until_complete(self.answer())


Bot(asyncio.get_event_loop()).start()  # RUN401
```

```python fixed unsafe 3.12-3.13="warns DeprecationWarning: There is no current event loop"
import asyncio


class Bot:
    def __init__(self, loop):
        self.loop = loop

    async def answer(self):
        print("hello")

    def start(self):
        self.loop.run_until_complete(self.answer())


try:
    loop = asyncio.get_event_loop()
except RuntimeError:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
Bot(loop).start()
```

That does the same on every Python, and is a stop-gap: `asyncio.run` is better, but what it should run
is for you to say. There is no fix where the file has an `asyncio.run`, for that has a loop of its own;
in a thread; in a class body, a lambda or a comprehension; and where a condition decides whether the
loop is asked for. Where the loop runs a coroutine in the same block, that is another rule, which knows
more.

Ignore it where another module has made a loop current by the time that this one is imported.

See [What's new in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#asyncio).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.by_hand import called_on
from flake8_asyncrun.core.capture import (
    default_around,
    evidence,
    is_in_a_branch,
    is_made_by_constructor,
    is_prepared,
    may_be_made_current,
    may_be_right,
    takes_current_loop,
)
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2, by_version
from flake8_asyncrun.core.glance import where_reached
from flake8_asyncrun.core.model import Note, Safety
from flake8_asyncrun.core.own_loop import only_loop
from flake8_asyncrun.core.rule import File, Hit, attempt, per_file, rule
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.values import Const, Kind, Loop, Made, Method
from flake8_asyncrun.rules.run_until_complete import runs_on


@rule("RUN401", on=cst.Call, fix=Safety.UNSAFE, possible=where_reached("asyncio.get_event_loop"))
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.callee(call) != "asyncio.get_event_loop" or file.in_coroutine(call):
        return
    target = file.target_at(call)
    if target is None:
        return
    shown = f"{file.text_of(call.func)}()"
    if file.state(call) is State.THREAD:
        if not _may_have_loop(call, file) and not _makes_what_is_run(call, file):
            cure = "call asyncio.run() here, or hand the loop over"
            why = (Note("no fix: it depends on what the thread does for the loop of the program"),)
            yield Hit(call, f"{shown} in a thread that has no loop: {R2}; {cure}", None, why)
        return
    event = takes_current_loop(call, file)
    if event is None or target.last < (3, 14) or is_in_a_branch(call, event, file):
        return
    if _is_anothers(call, event, file):
        return
    happens = by_version(target, ((3, 14), R2))
    message = f"{shown} where no loop runs: {happens}; call it in an async def"
    fix, notes = attempt(lambda: only_loop(call, file))
    yield Hit(call, message, fix, (*evidence(event, file, "finds no loop")[:-1], *notes))


# ---------------------------------------------------------------------- in a thread


def _may_have_loop(call: cst.Call, file: File) -> bool:
    """Say whether a loop may be current in the thread after all, or the error is expected."""
    if file.says("set_event_loop", "initializer", "Runner", "Process"):
        # A process has a main thread of its own.
        return True
    return (
        may_be_right(call, file)
        or _may_be_process(file)
        or _is_run_by_hand(call, file)
        or _is_caught(file.enclosing_function(call), file, set())
        or may_be_made_current(file)
        or is_prepared(call, file)
    )


@per_file
def _may_be_process(file: File) -> bool:
    """Say whether an executor is named of which it is not known whether it has threads."""
    for call in file.calls():
        method = file.value(call.func)
        if not isinstance(method, Method) or method.name != "run_in_executor" or not call.args:
            continue
        if not isinstance(method.owner, Loop):
            continue
        executor = file.value(call.args[0].value)
        has_threads = isinstance(executor, Made) and executor.name.endswith("ThreadPoolExecutor()")
        if executor != Const(None) and not has_threads:
            return True
    return False


def _is_run_by_hand(call: cst.Call, file: File) -> bool:
    """Say whether a call stands in a class, where somebody calls a `run()` that is not known: that
    of a thread, called so, runs in the thread of the caller."""
    in_class = any(isinstance(parent, cst.ClassDef) for parent in file.parents(call))
    return in_class and _calls_unknown_run(file)


@per_file
def _calls_unknown_run(file: File) -> bool:
    return any(
        isinstance(other.func, cst.Attribute)
        and other.func.attr.value == "run"
        and file.run(other) is None
        for other in file.calls()
    )


def _is_caught(
    function: cst.FunctionDef | cst.Lambda | None, file: File, asked: set[cst.CSTNode]
) -> bool:
    """Say whether a call of a function, or of one that calls it, expects the error."""
    if not isinstance(function, cst.FunctionDef) or function in asked:
        return False
    asked.add(function)
    line = file.place(function).line
    for call in file.calls_of(line):
        if file.expects_error(call, "RuntimeError") or file.catches_all(call):
            return True
        if _is_caught(file.enclosing_function(call), file, asked):
            return True
    return False


# ---------------------------------------------------------------------- elsewhere


def _is_anothers(call: cst.Call, event: Event, file: File) -> bool:
    """Say whether another rule reports the fault: an idiom's, a constructor's, a run's."""
    if runs_on(call, file) or called_on(call, "run_forever", file):
        return True
    if _decides_by_loop(call, file) or default_around(call, file):
        return True
    if earlier_run(call, file) is not None:
        return True
    return is_made_by_constructor(call, event, file) or _makes_what_is_run(call, file)


def _makes_what_is_run(call: cst.Call, file: File) -> bool:
    """Say whether a run is given a future of the loop: that is the graver fault."""
    return any(parent in _futures_run(file) for parent in file.parents(call))


@per_file
def _futures_run(file: File) -> frozenset[cst.CSTNode]:
    """Return what runs are given that is a future."""
    given = (run.argument for run in file.runs)
    return frozenset(one for one in given if file.kind(one) is Kind.FUTURE)


def _decides_by_loop(call: cst.Call, file: File) -> bool:
    """Say whether it depends on a loop whether the call is reached, as in `loop or …`."""
    child: cst.CSTNode = call
    for parent in file.parents(call):
        test: cst.CSTNode | None = None
        if isinstance(parent, (cst.If, cst.IfExp, cst.While)) and child is not parent.test:
            test = parent.test
        elif isinstance(parent, cst.BooleanOperation) and child is parent.right:
            test = parent.left
        if test is not None and "loop" in file.source.text_of(test).lower():
            return True
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            return False
        child = parent
    return False
