"""`asyncio.run()` is given an awaitable that is no coroutine: an error up to Python 3.13.

`await` takes any object with an `__await__` method. `asyncio.run` takes a coroutine only, and any
awaitable not before Python 3.14 (`uvloop.run`: 3.11). Up to Python 3.13 the program ends with

    ValueError: a coroutine was expected, got <Job object at 0x…>

```python bad -3.13="ValueError: a coroutine was expected, got <__main__.Job object" 3.14-="ok"
import asyncio


class Job:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        print("done")


asyncio.run(Job())  # RUN104
```

The fix awaits it in a coroutine, which works on every Python:

```python fixed safe
import asyncio


class Job:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        print("done")


async def main():
    await Job()


asyncio.run(main())
```

What a function decorated with `types.coroutine` returns is a generator, which `asyncio.run` refuses on
Python 3.12 and 3.13 alone:

```python bad -3.11="ok" 3.12-3.13="ValueError: a coroutine was expected, got <generator object" 3.14-="ok"
import asyncio
import types


@types.coroutine
def pause():
    yield
    print("done")


asyncio.run(pause())  # RUN104
```

```python fixed safe
import asyncio
import types


@types.coroutine
def pause():
    yield
    print("done")


async def main():
    await pause()


asyncio.run(main())
```

Where the project begins at Python 3.14 there is nothing to say:

```python good target=3.14 -3.13="ValueError: a coroutine was expected, got <__main__.Job object" 3.14-="ok"
import asyncio


class Job:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()


asyncio.run(Job())
```

**The fix is safe:** it could only crash before, and where it did not it means the same. Inside `try` …
`except Exception` it is unsafe, for there the program may be meant to go on after the error, and in a file
about `contextvars`, for what the object's constructor sets is then set in the coroutine alone. It is
refused, with the reason as a note, where something that would move is used elsewhere.

**Ignore it** where the error itself is wanted, as in a test; the rule is silent inside
`pytest.raises` and `try` … `except ValueError` anyway, and under a version guard that leaves Python
3.14 and later.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run) and
[Awaitables](https://docs.python.org/3/library/asyncio-task.html#awaitables).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import only_argument
from flake8_asyncrun.core.errors import AWAITED_BY_UVLOOP, R2, V1, by_version
from flake8_asyncrun.core.model import Note, Safety
from flake8_asyncrun.core.rule import File, Hit, attempt, fails_as_given, rule, runs
from flake8_asyncrun.core.wrap import into_main
from flake8_asyncrun.names.target import Version, show
from flake8_asyncrun.names.values import Effect, GeneratorCoroutine, Instance, Kind, Value

_TAKES_AWAITABLES: Version = (3, 14)
_REFUSES_GENERATORS: Version = (3, 12)


@rule("RUN104", on=cst.Call, fix=Safety.UNSAFE, possible=runs)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    run = fails_as_given(call, file)
    target = None if run is None else file.target_at(call)
    if run is None or target is None:
        return
    argument, value = run.argument, file.value(run.argument)
    is_generator = isinstance(value, GeneratorCoroutine)
    takes_since = AWAITED_BY_UVLOOP if run.runner == "uvloop.run" else _TAKES_AWAITABLES
    part = target.before_version(takes_since)
    if is_generator and part is not None:
        part = part.since_version(_REFUSES_GENERATORS)
    if part is None or not (is_generator or _is_only_awaitable(value, file)):
        return
    seen = file.seen(argument)
    effects = {event.effect for event in seen.events} if seen is not None else set()
    if Effect.NEEDS_RUNNING in effects:
        # It is not this error that comes.
        return
    what = "a generator of types.coroutine" if is_generator else "an awaitable, not a coroutine"
    error = V1
    if is_generator and target.first < _REFUSES_GENERATORS:
        error = f"{V1} on Python 3.12 and 3.13"
    elif run.runner == "uvloop.run" or Effect.CAPTURES not in effects:
        error = f"{V1} up to Python {show((takes_since[0], takes_since[1] - 1))}"
    if Effect.CAPTURES in effects and run.runner != "uvloop.run":
        error = by_version(target, ((3, 7), error), (_TAKES_AWAITABLES, R2))
    happens = f"{file.text_of(call.func)}() raises {error}"
    message = f"{_shown(argument, file)} {what}: {happens}; await it in an async def"
    # Where a program goes on after the error it may be meant to; what it sets in `main` stays there.
    safety = Safety.UNSAFE if file.catches_all(call) or file.has_context else Safety.SAFE
    fix, notes = attempt(
        lambda: into_main(
            file, call, argument, lambda text: [only_argument(file, call, text)], safety=safety
        )
    )
    place = (Note("it is defined here", value.cls.place),) if isinstance(value, Instance) else ()
    yield Hit(call, message, fix, (*place, *notes))


def _is_only_awaitable(value: Value, file: File) -> bool:
    """Say whether a value can be awaited and surely is no coroutine, nor passes for one."""
    if file.facts.kind(value) is not Kind.AWAITABLE:
        return False
    if not isinstance(value, Instance):
        return True
    bases = value.cls.outside
    return value.exact and not value.cls.opaque and all(base.known for base in bases)


def _shown(argument: cst.BaseExpression, file: File) -> str:
    if isinstance(argument, cst.Call):
        return f"{file.text_of(argument.func)}() returns"
    return f"`{file.text_of(argument)}` is"
