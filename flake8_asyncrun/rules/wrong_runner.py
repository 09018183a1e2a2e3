"""`anyio.run()` or `trio.run()` is given a coroutine; they want the function.

`asyncio.run` takes a coroutine, `main()`. anyio and trio call the function themselves, and want it
without its parentheses: `anyio.run(main)`. Given a coroutine, they call that. With anyio the program
ends, on every Python, with

    TypeError: 'coroutine' object is not callable

```python bad 3.7-="TypeError: 'coroutine' object is not callable" needs="anyio"
import anyio


async def main():
    print("hello")


anyio.run(main())  # RUN107
```

```python fixed safe
import anyio


async def main():
    print("hello")


anyio.run(main)
```

and with trio, which explains it at length, with

    TypeError: Trio was expecting an async function, but instead it got a coroutine object

```python bad 3.7-="TypeError: Trio was expecting an async function, but instead it got a coroutine object" needs="trio"
import trio


async def main():
    print("hello")


trio.run(main())  # RUN107
```

```python fixed safe
import trio


async def main():
    print("hello")


trio.run(main)
```

Arguments come after the function. How to hand them over is yours to say, for keyword arguments want a
`functools.partial`:

```python bad 3.7-="TypeError: 'coroutine' object is not callable" needs="anyio"
import anyio


async def greet(name):
    print("hello", name)


anyio.run(greet("world"))  # RUN107
```

```python good needs="anyio" prints="hello world"
import functools

import anyio


async def greet(name):
    print("hello", name)


anyio.run(greet, "world")
anyio.run(functools.partial(greet, name="world"))
```

`asyncio.run` and `uvloop.run` do want the coroutine:

```python good
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

**The fix is safe:** the program could only crash before. Inside `try` … `except Exception` it is
unsafe, for there the program may be meant to go on after the error. It is refused where the coroutine
has arguments, or is not called on the spot.

**Ignore it** where the error itself is wanted, as in a test; the rule is silent inside
`pytest.raises` and `try` … `except TypeError` anyway.

See [Coroutines](https://docs.python.org/3/library/asyncio-task.html#coroutines),
[anyio.run](https://anyio.readthedocs.io/en/stable/api.html#anyio.run) and
[trio.run](https://trio.readthedocs.io/en/stable/reference-core.html#trio.run).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.model import Edit, Fix, Note, Safety, Span
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, promising, rule
from flake8_asyncrun.names.values import Coroutine, Kind, dotted_name

_ANYIO = ("func", "TypeError: 'coroutine' object is not callable")
_TRIO = (
    "async_fn",
    "TypeError: Trio was expecting an async function, but instead it got a coroutine object",
)
# Also under the names by which their sources know them, where these are at hand.
_RUNNERS = {
    "anyio.run": _ANYIO,
    "anyio._core._eventloop.run": _ANYIO,
    "trio.run": _TRIO,
    "trio._core._run.run": _TRIO,
}
"""What wants a function: the name of that parameter, and what is raised for a coroutine."""


@rule(
    "RUN107",
    on=cst.Call,
    fix=Safety.UNSAFE,
    possible=lambda glance: not glance.dotted.isdisjoint(_RUNNERS),
)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    runner = _RUNNERS.get(dotted_name(file.value(call.func)))
    if runner is None or not call.args or file.seen(call) is None:
        return
    parameter, error = runner
    first = call.args[0]
    is_given = first.keyword is None or first.keyword.value == parameter
    value = file.value(first.value)
    if first.star or not is_given or not isinstance(value, Coroutine):
        return
    if (
        file.in_coroutine(call)  # where another error comes first
        or file.facts.replaces_names
        or file.target_at(call) is None
        or file.expects_error(call, "TypeError")
    ):
        return
    shown = f"`{file.text_of(first.value)}` is a coroutine"
    if isinstance(first.value, cst.Call):
        shown = f"{file.text_of(first.value.func)}() returns a coroutine"
    wants = f"{file.text_of(call.func)}() wants the function and raises {error}"
    # Where a program goes on after the error it may be meant to.
    safety = Safety.UNSAFE if file.catches_all(call) else Safety.SAFE
    fix, notes = attempt(lambda: promising(safety, _hand_over_function(call, file)))
    place = (Note("it is defined here", value.function.place),) if value.function else ()
    yield Hit(call, f"{shown}: {wants}; hand over the function", fix, (*place, *notes))


def _hand_over_function(call: cst.Call, file: File) -> Fix:
    argument = call.args[0].value
    if not isinstance(argument, cst.Call):
        raise Refused("the coroutine is not called here")
    if argument.args:
        raise Refused("the coroutine has arguments, which go after the function")
    if any(one.keyword is None or one.star for one in call.args[1:]):
        raise Refused("other arguments follow, which the function would be called with")
    if file.kind(argument.func) is not Kind.COROUTINE_FUNCTION:
        raise Refused(f"`{file.text_of(argument.func)}` is no coroutine function")
    parentheses = Span(file.span(argument.func).end, file.span(argument).end)
    if argument.func.lpar or file.source.slice(parentheses).split() not in (["()"], ["(", ")"]):
        raise Refused("more than parentheses stands there")
    return Fix("Hand over the function", (Edit(parentheses, ""),), Safety.SAFE)
