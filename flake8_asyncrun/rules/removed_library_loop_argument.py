"""A `loop=` argument that a library no longer takes.

Since Python 3.10 asyncio's own functions take no loop, and one library after the other has done
without its `loop` parameter. Where it is gone, the call ends on every Python with

    TypeError: AsyncBaseClient.__init__() got an unexpected keyword argument 'loop'

as here, where `slack.WebClient(loop=…)` of slackclient became `AsyncWebClient` of slack_sdk:

```python bad needs="slack_sdk,aiohttp" 3.7-="TypeError: __init__() got an unexpected keyword argument 'loop'"
import asyncio

from slack_sdk.web.async_client import AsyncWebClient


async def main():
    loop = asyncio.get_running_loop()
    client = AsyncWebClient("xoxb-1", loop=loop)  # RUN302
    print(client.token)


asyncio.run(main())
```

Leave it out. What the library needs, it takes from where it is used: the running loop.

```python fixed unsafe prints="xoxb-1"
import asyncio

from slack_sdk.web.async_client import AsyncWebClient


async def main():
    loop = asyncio.get_running_loop()
    client = AsyncWebClient("xoxb-1")
    print(client.token)


asyncio.run(main())
```

Where the library is installed its source says what it takes. Where it is not, a table says since
which release the parameter is gone, and a finding needs a lock file, a requirement or a declaration
that leaves only such releases: `async-timeout>=4`, say, for `async_timeout.timeout(10, loop=loop)`.
A library that still takes the argument, and be it with a `DeprecationWarning`, is not reported:

```python good needs="aiohttp"
import asyncio
import warnings

import aiohttp


async def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(loop=loop) as session:
        print(session.closed)


asyncio.run(main())
```

Nor is your own code, nor a `loop=` that is a plain value, as of a picture or of a video.

**The fix is unsafe:** it removes the argument. The program could only crash before, but it was
written for another release of the library, of which more may have changed.

Ignore it where the code runs with an older release than the one that is found.

See [What's new in Python 3.10](https://docs.python.org/3/whatsnew/3.10.html#changes-in-the-python-api)
on why the parameter went.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.errors import T2
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.names.values import Class, Const, External, Function, Method, Value
from flake8_asyncrun.rules.removed_loop_argument import does_something, given_loop


@dataclass(frozen=True)
class _Without:
    """What says that something takes no loop."""

    since: str = ""
    """As in "since async-timeout 4.0.0"; "": its source is at hand."""
    function: Function | None = None


def _possible(glance: Glance) -> bool:
    """Say whether a loop is given to what of a library's may refuse it."""
    for value in glance.facts.given_loops:
        if isinstance(value, (Function, Class)) and glance.facts.installed_function(value):
            return True
        name = _name_of(value)
        if name and glance.project.knowledge.lost_loop(name) is not None:
            return True
    return False


@rule("RUN302", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    given = given_loop(call, file)
    if given is None or not _is_named(given.node) or file.target_at(call) is None:
        return
    value = file.value(given.value)
    if isinstance(value, Const) and value.value is not None:
        return
    shown, taker = _taker(call, file)
    without = _without(taker, file)
    if without is None or _may_be_meant(call, file):
        return

    def remove() -> Fix:
        if does_something(given.value, file):
            raise Refused(f"`{file.text_of(given.value)}` may do more than name a loop")
        return Fix("Remove the loop argument", (given.remove(),), Safety.UNSAFE)

    fix, notes = attempt(remove)
    if without.function is not None:
        notes = (Note("what it takes is written here", without.function.place), *notes)
    since = f" {without.since}" if without.since else ""
    yield Hit(given.node, f"{shown}() takes no loop argument{since}: {T2}; remove it", fix, notes)


def _is_named(node: cst.CSTNode) -> bool:
    """Say whether a loop is given by its name, and not by its position."""
    return not isinstance(node, cst.Arg) or node.keyword is not None


def _taker(call: cst.Call, file: File) -> tuple[str, Value | None]:
    """Return what a call gives its arguments to: as it is shown, and its value."""
    shown = file.text_of(call.func)
    if file.callee(call) in ("functools.partial", "functools.partialmethod") and call.args:
        first = call.args[0].value
        return file.text_of(first), file.value(first)
    if shown != "super().__init__":
        return shown, file.value(call.func)
    holder = next((one for one in file.parents(call) if isinstance(one, cst.ClassDef)), None)
    bases = () if holder is None else holder.bases
    return shown, file.value(bases[0].value) if len(bases) == 1 else None


def _without(taker: Value | None, file: File) -> _Without | None:
    """Return what says that something takes no loop; None where it may take one."""
    if isinstance(taker, (Function, Class)):
        function = file.facts.installed_function(taker)
        if function is not None:
            parameters = function.node.args
            every = (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs)
            takes = parameters.kwarg is not None or any(one.arg == "loop" for one in every)
            return None if takes else _Without(function=function)
    name = _name_of(taker)
    lost = file.project.knowledge.lost_loop(name) if name else None
    return None if lost is None else _Without(f"since {lost.distribution} {lost.since}")


def _name_of(taker: Value | None) -> str:
    """Return the dotted name of what has no source, "" for all else."""
    if isinstance(taker, Method) and isinstance(taker.owner, External) and not taker.owner.known:
        return f"{taker.owner.name}.{taker.name}"
    if isinstance(taker, Class) and not taker.opaque and not taker.defines("__init__"):
        # A subclass that takes what its base takes.
        taker = taker.outside[0] if len(taker.outside) == 1 else None
    return taker.name if isinstance(taker, External) and not taker.known else ""


_ASKING = re.compile(r"(?i)version|hasattr|signature|parameters|argspec")


def _may_be_meant(call: cst.Call, file: File) -> bool:
    """Say whether the error is expected, or the code may run for a release that takes a loop."""
    if file.facts.replaces_names or file.expects_error(call, "TypeError"):
        return True
    return any(
        isinstance(parent, (cst.If, cst.IfExp)) and _ASKING.search(file.source.text_of(parent.test))
        for parent in file.parents(call)
    )
