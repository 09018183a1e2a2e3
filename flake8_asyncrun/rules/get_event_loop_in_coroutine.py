"""`get_event_loop()` in a coroutine: the running loop under a misleading name.

Inside a coroutine `asyncio.get_event_loop()` gives the running loop, on every Python. But the same
line outside of one makes a loop up to Python 3.11, warns on 3.12 and 3.13, and from Python 3.14 on
ends with `RuntimeError: There is no current event loop`; code that is copied out of a coroutine, or a
reader who looks for such lines, cannot tell. `asyncio.get_running_loop()`, there since Python 3.7,
says what is meant.

```python bad 3.7-="ok"
import asyncio


async def main():
    loop = asyncio.get_event_loop()  # RUN402
    print(loop.is_running())


asyncio.run(main())
```

```python fixed safe
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    print(loop.is_running())


asyncio.run(main())
```

Outside of a coroutine this rule has nothing to say:

```python good
import asyncio


def stop():
    asyncio.get_event_loop().stop()


async def main():
    loop = asyncio.get_running_loop()
    print(loop.is_running())


asyncio.run(main())
```

**The fix is safe:** both calls return the same loop there.

See [get_running_loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_running_loop).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import also_import, replace
from flake8_asyncrun.core.glance import where_reached
from flake8_asyncrun.core.model import Edit, Fix, Safety
from flake8_asyncrun.core.rule import File, Hit, attempt, rule
from flake8_asyncrun.rules.removed_loop_argument import check as takes_no_loop
from flake8_asyncrun.rules.removed_loop_argument import given_loop


@rule(
    "RUN402",
    on=cst.Call,
    fix=Safety.SAFE,
    may_appear=True,
    possible=where_reached("asyncio.get_event_loop"),
)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.callee(call) != "asyncio.get_event_loop" or not file.runs_in_coroutine(call):
        return
    if (
        file.enclosing_function(call) is None  # in a notebook, where it is no matter of versions
        or file.facts.replaces_names
        or file.target_at(call) is None
        or file.expects_error(call, "RuntimeError", "Exception")
    ):
        return
    used = file.source.parent(call)
    if isinstance(used, cst.Attribute) and used.attr.value in _ABOUT_RUNNING:
        return
    outer = file.source.parent(used) if isinstance(used, cst.Arg) else None
    if isinstance(outer, cst.Call) and (_is_assertion(outer) or _is_too_much(outer, call, file)):
        return
    message = (
        f"{file.text_of(call.func)}() in a coroutine is the running loop; outside of one the same "
        "line raises RuntimeError from Python 3.14 on; call get_running_loop()"
    )
    fix, notes = attempt(lambda: _fix(call, file))
    yield Hit(call, message, fix, notes)


# Whoever asks this of the loop does not count on being in a coroutine.
_ABOUT_RUNNING = ("is_running", "run_until_complete", "run_forever")


def _is_assertion(call: cst.Call) -> bool:
    """Say whether a call is one of unittest's assertions: then the very function is tested."""
    method = call.func
    return isinstance(method, cst.Attribute) and method.attr.value.startswith("assert")


def _is_too_much(outer: cst.Call, loop: cst.Call, file: File) -> bool:
    """Say whether the loop is what a call takes no more: it goes, and is told of there."""
    given = given_loop(outer, file)
    return (
        given is not None
        and given.value is loop
        and any(True for _ in takes_no_loop.check(outer, file))
    )


def _fix(call: cst.Call, file: File) -> Fix:
    edits: tuple[Edit, ...]
    if isinstance(call.func, cst.Attribute):
        edits = (replace(file, call.func.attr, "get_running_loop"),)
    else:
        assert isinstance(call.func, cst.Name)
        imported = also_import(file, call.func, "get_running_loop")
        edits = (*imported, replace(file, call.func, "get_running_loop"))
    return Fix("Call get_running_loop()", edits, Safety.SAFE)
