"""`asyncio.run()` is given something of which nobody sees at the call that it is a coroutine.

This is a matter of style, for those who want it: `asyncio.run(main())` shows what runs, and whoever
reads it needs to look at nothing else. A variable, a function that returns a coroutine, or a library's
method that might, do not. What surely fails is told by `RUN101` to `RUN104`; here it is only not seen.

The rule is **off by default**. Select it by its code: `select = ["ALL", "RUN109"]`, or
`--extend-select RUN109` for flake8.

```python bad -3.15="ok"
import asyncio


async def main():
    print("hello")


program = main()
asyncio.run(program)  # RUN109
```

```python bad -3.15="ok"
import asyncio


async def main(name):
    print("hello", name)


def greet(name):
    return main(name)


asyncio.run(greet("you"))  # RUN109
```

A call of a coroutine function, your own or one of a library, is what it wants:

```python good
import asyncio


async def main():
    print("hello")


asyncio.run(main())
asyncio.run(asyncio.sleep(0))
```

There is no fix: an `async def main()` around what is run is quickly written, and its name is yours.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.rule import File, Hit, fails_as_given, rule, runs
from flake8_asyncrun.names.values import Coroutine, Kind


@rule("RUN109", on=cst.Call, optional=True, possible=runs)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    run = fails_as_given(call, file)
    if run is None or file.target_at(call) is None:
        return
    argument = run.argument
    if file.kind(argument) not in (Kind.COROUTINE, Kind.UNKNOWN) or _is_seen(argument, file):
        return
    shown = file.text_of(argument)
    yield Hit(
        call,
        f"`{shown}` does not show that it is a coroutine; call a coroutine function in "
        f"{file.text_of(call.func)}()",
    )


def _is_seen(argument: cst.BaseExpression, file: File) -> bool:
    """Say whether an expression is a call of what is known to be a coroutine function."""
    if not isinstance(argument, cst.Call):
        return False
    if file.kind(argument.func) is Kind.COROUTINE_FUNCTION:
        return True
    # What asyncio itself has, and methods of which we were told.
    value = file.value(argument)
    return isinstance(value, Coroutine) and value.function is None
