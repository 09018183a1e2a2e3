"""`asyncio.run()` is given a coroutine function that is not called.

`async def main()` makes a function; only calling it makes the coroutine that `asyncio.run` wants.
Up to Python 3.13 the program ends with

    ValueError: a coroutine was expected, got <function main at 0x…>

and from Python 3.14 on with

    TypeError: An asyncio.Future, a coroutine or an awaitable is required

(`uvloop.run` says "object function can't be used in 'await' expression" from Python 3.11 on, and
"'function' object can't be awaited" from Python 3.14 on.)

```python bad -3.13="ValueError: a coroutine was expected, got <function main" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def main():
    print("hello")


asyncio.run(main)  # RUN102
```

```python fixed safe
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

A method without its parentheses, a `functools.partial` and a `lambda` are the same fault:

```python bad -3.13="ValueError: a coroutine was expected, got functools.partial" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio
import functools


async def greet(name):
    print("hello", name)


asyncio.run(functools.partial(greet, "world"))  # RUN102
```

```python fixed safe
import asyncio
import functools


async def greet(name):
    print("hello", name)


asyncio.run(functools.partial(greet, "world")())
```

Where an argument is missing nothing is offered, for nobody but you knows its value:

```python bad -3.13="ValueError: a coroutine was expected, got <function greet" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def greet(name):
    print("hello", name)


asyncio.run(greet)  # RUN102
```

`run_until_complete` of a loop refuses the function as well, with the TypeError on every Python:

```python bad 3.7-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def main():
    print("hello")


loop = asyncio.new_event_loop()
loop.run_until_complete(main)  # RUN102
```

```python fixed safe
import asyncio


async def main():
    print("hello")


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
```

`trio.run` and `anyio.run` do want the function, and so may a function of your own called `run`:

```python good
async def main():
    print("hello")


def run(function):
    print(function.__name__)


run(main)
```

**The fix is safe:** the program could only crash before. Inside `try` … `except Exception` it is
unsafe, for there the program may be meant to go on after the error. It is refused, with the reason as a
note, where the name may stand for something else at other times: a parameter, an attribute that is
assigned, a variable that is bound twice.

See [Coroutines](https://docs.python.org/3/library/asyncio-task.html#coroutines).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.certain import doubt
from flake8_asyncrun.core.completes import completes_as_given, refused_by
from flake8_asyncrun.core.edits import insert, replace
from flake8_asyncrun.core.errors import by_version, refusal
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import (
    File,
    Hit,
    Refused,
    attempt,
    fails_as_given,
    promising,
    rule,
    runs_or_completes,
)
from flake8_asyncrun.names.values import Function, Kind, Partial, Value


@rule("RUN102", on=cst.Call, fix=Safety.UNSAFE, may_appear=True, possible=runs_or_completes)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    run = fails_as_given(call, file) or completes_as_given(call, file)
    target = None if run is None else file.target_at(call)
    if run is None or target is None:
        return
    argument = run.argument
    value = file.value(argument)
    if isinstance(argument, cst.Lambda):
        if file.kind(argument.body) is not Kind.COROUTINE:
            return
        what = "a lambda that returns a coroutine"
    elif file.kind(argument) is Kind.COROUTINE_FUNCTION:
        what = "a coroutine function"
    else:
        return
    runner = f"{file.text_of(call.func)}()"
    eras = refused_by(run) or refusal(run.runner)
    happens = f"{runner} raises {by_version(target, *eras)}"
    message = f"`{file.text_of(argument)}` is {what}, not called: {happens}; call it"
    # Where a program goes on after the error it may be meant to.
    safety = Safety.UNSAFE if file.catches_all(call) else Safety.SAFE
    fix, notes = attempt(lambda: promising(safety, _call_it(argument, value, file)))
    place = (Note("it is defined here", value.place),) if isinstance(value, Function) else ()
    yield Hit(call, message, fix, (*place, *notes))


def _call_it(argument: cst.BaseExpression, value: Value, file: File) -> Fix:
    if isinstance(argument, cst.Lambda):
        if argument.params.children:
            raise Refused("the lambda takes arguments")
        edit = replace(file, argument, file.source.text_of(argument.body))
        return Fix("Hand over what the lambda returns", (edit,), Safety.SAFE)
    if _needs_arguments(value):
        raise Refused("it needs arguments")
    if argument.lpar or not isinstance(argument, (cst.Name, cst.Attribute, cst.Call)):
        raise Refused("it is more than a name")
    if (reason := doubt(argument, file)) is not None:
        raise Refused(reason)
    edit = insert(file.span(argument).end, "()")
    return Fix("Call it", (edit,), Safety.SAFE)


def _needs_arguments(value: Value) -> bool:
    given, named = 0, set[str]()
    while isinstance(value, Partial):
        if value.arguments.open:
            return True
        given += len(value.arguments.positional)
        named |= value.arguments.keywords.keys()
        value = value.function
    if not isinstance(value, Function):
        return True
    declared = value.node.args
    names = [argument.arg for argument in declared.posonlyargs + declared.args]
    required = names[: len(names) - len(declared.defaults)]
    if value.bound is not None and value.role != "staticmethod":
        given += 1
    only = [
        argument.arg
        for argument, default in zip(declared.kwonlyargs, declared.kw_defaults, strict=True)
        if default is None
    ]
    return bool(set(required[given:] + only) - named)
