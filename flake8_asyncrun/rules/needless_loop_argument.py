"""A `loop=` argument that names the loop which runs anyway.

`asyncio.Future`, `ensure_future`, `wrap_future` and streams still take a `loop`. In a coroutine the
default is the running loop, so that naming it says nothing, and keeps a variable alive that nobody
needs. Nothing fails: this is a matter of style.

The rule is **off by default**. Select it by its code: `select = ["ALL", "RUN303"]`, or
`--extend-select RUN303` for flake8. What no longer takes a loop is told by `RUN301`.

```python bad -3.15="ok"
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    future = asyncio.ensure_future(asyncio.sleep(0), loop=loop)  # RUN303
    await future


asyncio.run(main())
```

```python fixed safe
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    future = asyncio.ensure_future(asyncio.sleep(0))
    await future


asyncio.run(main())
```

Outside of a coroutine, and for another loop than the running one, the argument decides:

```python good
import asyncio

loop = asyncio.new_event_loop()
future = asyncio.Future(loop=loop)
loop.call_soon(future.set_result, "done")
print(loop.run_until_complete(future))
loop.close()
```

**The fix is safe**: the same loop is taken.

See [Futures](https://docs.python.org/3/library/asyncio-future.html#asyncio.ensure_future).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import remove_argument
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Fix, Safety
from flake8_asyncrun.core.rule import File, Hit, attempt, rule
from flake8_asyncrun.names.asyncio_table import canonical
from flake8_asyncrun.names.values import External, Loop, Origin

_TAKES_LOOP = {
    f"asyncio.{name}"
    for name in ("Future", "StreamReader", "StreamReaderProtocol", "Task", "ensure_future")
} | {"asyncio.wrap_future"}


def _possible(glance: Glance) -> bool:
    """Say whether a loop is given to what of asyncio's takes the running one without."""
    given = (value for value in glance.facts.given_loops if isinstance(value, External))
    return any(canonical(value.name) in _TAKES_LOOP for value in given)


@rule(
    "RUN303",
    on=cst.Call,
    fix=Safety.SAFE,
    optional=True,
    possible=_possible,
)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    argument = next((one for one in call.args if one.keyword and one.keyword.value == "loop"), None)
    if argument is None or not file.in_coroutine(call) or file.target_at(call) is None:
        return
    value = file.value(argument.value)
    if file.callee(call) not in _TAKES_LOOP or not isinstance(value, Loop):
        return
    if value.origin is not Origin.RUNNING or not isinstance(argument.value, cst.Name):
        return

    def remove() -> Fix:
        edit = remove_argument(file, call, argument)
        return Fix("Remove the loop argument", (edit,), Safety.SAFE)

    fix, notes = attempt(remove)
    shown = file.text_of(call.func)
    yield Hit(argument, f"{shown}() takes the running loop by itself; remove it", fix, notes)
