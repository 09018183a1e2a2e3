"""`asyncio.run()` or `run_until_complete()` while a loop runs already.

A thread runs one loop at a time. Whoever is called by a coroutine, directly or through other
functions, cannot start a second one; on every Python the program ends with

    RuntimeError: asyncio.run() cannot be called from a running event loop

or, where a loop is run by its own method, with one of

    RuntimeError: This event loop is already running
    RuntimeError: Cannot run the event loop while another loop is running
    RuntimeError: Runner.run() cannot be called from a running event loop

(for `uvloop.run()` it is that of `asyncio.run()`, and `anyio.run()` says "Already running asyncio
in this thread"). "coroutine 'main' was never awaited" may follow, for the
coroutine was made and nobody ran it.

```python bad 3.7-="RuntimeError: asyncio.run() cannot be called from a running event loop"
import asyncio


async def fetch():
    return "data"


async def main():
    print(asyncio.run(fetch()))  # RUN105


asyncio.run(main())
```

Inside an `async def` the loop is there already: `await` is all it takes.

```python fixed safe
import asyncio


async def fetch():
    return "data"


async def main():
    print(await fetch())


asyncio.run(main())
```

```python bad 3.7-="RuntimeError: This event loop is already running"
import asyncio


async def fetch():
    return "data"


async def main():
    loop = asyncio.get_running_loop()
    print(loop.run_until_complete(fetch()))  # RUN105


asyncio.run(main())
```

```python fixed safe
import asyncio


async def fetch():
    return "data"


async def main():
    loop = asyncio.get_running_loop()
    print(await fetch())


asyncio.run(main())
```

A plain function that a coroutine calls runs in the loop, too. There is no fix, for its callers would
have to change: make it `async def` and await it, or call it with `asyncio.to_thread()` (from Python
3.9 on). The notes name the calls that lead there:

```python bad 3.7-="RuntimeError: asyncio.run() cannot be called from a running event loop"
import asyncio


async def fetch():
    return "data"


def load():
    return asyncio.run(fetch())  # RUN105


async def main():
    print(load())


asyncio.run(main())
```

In a thread of its own no loop runs, and a function that looks first is right wherever it is called:

```python good
import asyncio


async def fetch():
    return "data"


def load():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(fetch())
    raise RuntimeError("await fetch() instead")


async def main():
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, load))


asyncio.run(main())
```

What is said so far holds across files. Where the run is in another file of the project, the finding
stands at the call in the coroutine, and its notes name each step of the way; whoever is called on
some condition only, or in a thread, is passed over.

Frameworks call plain functions, too. Some do so in their loop, and a run there is reported: the
methods of tornado's `RequestHandler` and of asyncio's protocols, plain handlers of aiohttp and
Sanic, startup handlers of FastAPI, tools of MCP's `FastMCP` (mcp 1), Textual's handlers and
`compose`, listeners of slack_sdk's `RTMClient`, checks of discord.py, callbacks that a loop is given.
Others do so in a thread, where it is right: the routes and dependencies of FastAPI, Starlette and
Quart, the tools of `MCPServer` (mcp 2), the handlers of aiogram. No loop runs in the plain fixtures
of pytest, whatever plugin runs the test, nor in `setUp` and the plain tests of
`unittest.IsolatedAsyncioTestCase`, up to Python 3.15 at least.

In a notebook's cell a loop runs as well, and `await` may stand outside of functions:
`asyncio.run(main())` becomes `await main()`, and `get_event_loop().run_until_complete(main())`
likewise; not under a magic such as `%%time`, which takes no `await`. In a `.py` file of cells (`# %%`,
`get_ipython`) the call is reported where it stands at the top level and the file has no
`if __name__ == "__main__":`, and there is no fix: `await main()` is what the cell wants, but a `.py`
file with it no longer compiles.

**The fix is safe:** the program could only crash before. It is unsafe inside `try` … `except
Exception`, where the program may be meant to go on after the error, and where an argument such as
`debug=True` is dropped, which the running loop has no place for. Where the loop is used for more than
running, nothing is offered.

`nest_asyncio.apply()` makes nested runs legal on loops of asyncio's own. Where the file, or one of the
project that it imports, applies it, only runs directly in `async def` are reported, for there `await`
does the same on any loop, and the fix is unsafe: while a nested run waits, everything else that the
loop has to do goes on inside it, so the order of what happens may change.

```python bad -3.15="ok" needs="nest_asyncio"
import asyncio

import nest_asyncio

nest_asyncio.apply()


async def fetch():
    return "data"


def load():
    return asyncio.run(fetch())


async def main():
    print(load(), asyncio.run(fetch()))  # RUN105


asyncio.run(main())
```

```python fixed unsafe
import asyncio

import nest_asyncio

nest_asyncio.apply()


async def fetch():
    return "data"


def load():
    return asyncio.run(fetch())


async def main():
    print(load(), await fetch())


asyncio.run(main())
```

In a notebook `nest_asyncio.apply()` is reported itself where nothing in it needs that but runs which may
be awaited; once they are, the fix removes it. It is safe where the notebook imports the standard
library alone. Where it imports a package that might run a loop inside the running one, nothing is said.

Ignore it where something outside of what can be seen makes nested runs legal; a file that imports
gevent or eventlet is passed over.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).

## Libraries that run a loop themselves

`uvicorn.run()`, `aiohttp.web.run_app()`, `client.run()` of discord.py and its forks, `run_polling()` of
python-telegram-bot run a loop of their own, so in a coroutine they end with one of these errors, too
("Cannot run the event loop while another loop is running" for most). They are not reported, for a
library may look first and do something else; what to await instead is in the manual of
`not-awaitable-in-run`. A web framework's handler, a bot's callback or a tool of an MCP server runs in the
loop already: `await`, and no `asyncio.run`.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.cells import hidden, is_under_magic
from flake8_asyncrun.core.errors import ANYIO_RUNS, R1, R8, R9, R11
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.inside import is_in_cell
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import (
    RUNNERS,
    File,
    Hit,
    Refused,
    attempt,
    per_file,
    promising,
    rule,
    runs_or_completes,
)
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.project import is_installed
from flake8_asyncrun.names.syntax import is_async_comprehension
from flake8_asyncrun.names.values import Future, Kind, Loop, Method, Origin, dotted_name

# Whose `async def`s other loops run, or who changes what runs in this thread.
_OTHER_LOOPS = re.compile(r"\b(?:trio|curio|pyodide|fork|_set_running_loop)\b|\.send\(None\)")

_ABOUT_RUNNING = re.compile("is_running|running.*loop|loop.*running")

_RUN_UNTIL_COMPLETE = "loop.run_until_complete"
_ANYIO = "anyio.run"
# By the documented name, and by that under which its source knows it.
_NAMES_OF_ANYIO = (_ANYIO, "anyio._core._eventloop.run")
_FIRST = {**RUNNERS, _RUN_UNTIL_COMPLETE: "future", _ANYIO: "func"}
_EVENTS = {f"{name}()": name for name in _FIRST} | {f"{name}()": _ANYIO for name in _NAMES_OF_ANYIO}
"""What the events are called that run a loop, with what is called."""
_EITHER = f"{R11} (or, on another loop, {R9.partition(': ')[2]})"
_SAY = {
    "asyncio.run": R1,
    "asyncio.Runner.run": R8,
    "uvloop.run": R1,
    _RUN_UNTIL_COMPLETE: _EITHER,
    _ANYIO: ANYIO_RUNS,
}
_BINDS_MORE = (cst.Attribute, cst.Call, cst.Subscript, cst.Await)
_GIVES_LOOP = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.Runner")
_NESTING = "nest_asyncio"
_NEED_NO_NESTING = {
    _NESTING,
    "IPython",
    "aiofiles",
    "aiohttp",
    "httpx",
    "matplotlib",
    "numpy",
    "pandas",
    "requests",
    "scipy",
    "tqdm",
    "websockets",
}
"""Packages whose plain functions run no loop; of others nobody knows whether they nest one."""
_MAY_RUN = {"Runner", "__import__", "eval", "exec", "import_module", "run", "run_cell"} | {
    "run_forever",
    "run_path",
    "run_module",
    "run_sync",
    "run_until_complete",
}
_RUNS_UNSEEN = re.compile(r"\brun|\basyncio\b")
"""What runs a loop where that is not seen: in a magic, or in a cell that is not read."""
_NOT_AWAITED = (Kind.COROUTINE_FUNCTION, Kind.ASYNC_GENERATOR, Kind.OTHER)


def _possible(glance: Glance) -> bool:
    """Say whether something here runs a loop, or certainly comes to code that does."""
    if f"{_NESTING}.apply" in glance.dotted:
        return True
    return glance.handles_loop and (
        runs_or_completes(glance)
        or not glance.dotted.isdisjoint(_NAMES_OF_ANYIO)
        or not glance.surely_handled.isdisjoint(_EVENTS)
    )


@rule("RUN105", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.source.is_notebook and dotted_name(file.value(call.func)) == f"{_NESTING}.apply":
        yield from _needless(call, file)
        return
    seen = file.seen(call)
    if seen is None or not seen.handling:
        return
    callee = _callee(call, file)
    if callee is not None and not _is_where_a_loop_runs(call, file):
        return  # nearly all that run one: what follows costs more
    if _may_be_right(call, file):
        yield from _nested(call, file)
        return
    if callee is None:
        yield from _runs_elsewhere(call, file)
        return
    if not _is_well_called(call, callee):
        return
    happens = f"{file.text_of(call.func)}() raises {_error(call, callee, file)}"
    function = file.enclosing_function(call)
    if file.in_coroutine(call):
        if seen.state is State.RUNNING and not _is_deferred(call, file):
            fix, notes = attempt(lambda: _await_it(call, callee, file))
            message = f"a loop runs in {_where(function)}: {happens}; await it"
            yield Hit(call, message, fix, notes)
    elif file.kind(call.args[0].value) not in (_wanted(callee), Kind.UNKNOWN):
        # Without a loop it fails, too, which other rules tell.
        return
    elif function is None:
        if is_in_cell(file, call):
            why = Note("no fix: outside of a notebook a file with a bare `await` does not compile")
            yield Hit(call, f"a loop runs in a notebook's cell: {happens}; await it", None, (why,))
    else:
        found = _led_to(call, function, file)
        if found is not None:
            advice = "make this an async def, or call it in a thread"
            message = f"a loop runs where this is called: {happens}; {advice}"
            yield Hit(call, message, None, (*found, Note("no fix: its callers would change too")))


def _is_where_a_loop_runs(call: cst.Call, file: File) -> bool:
    """Say whether a call stands in a coroutine or a cell, or is come to from where a loop runs."""
    if file.in_coroutine(call):
        return True
    function = file.enclosing_function(call)
    if function is None:
        return is_in_cell(file, call)
    return _led_to(call, function, file) is not None


def _nested(call: cst.Call, file: File) -> Iterator[Hit]:
    """Yield a hit where a run stands in a coroutine, and nest_asyncio makes that possible."""
    if not (file.in_coroutine(call) and file.facts.runs_may_nest):
        return
    callee = _callee(call, file)
    if (
        callee not in ("asyncio.run", _RUN_UNTIL_COMPLETE)
        or not _is_well_called(call, callee)
        or file.state(call) is not State.RUNNING
        or _is_excused(call, file)
        or _is_deferred(call, file)
    ):
        return
    with suppress(Refused):
        fix = promising(Safety.UNSAFE, _await_it(call, callee, file))
        happens = f"only nest_asyncio lets {file.text_of(call.func)}() run there"
        where = _where(file.enclosing_function(call))
        yield Hit(call, f"a loop runs in {where}, and {happens}; await it", fix)


def _needless(call: cst.Call, file: File) -> Iterator[Hit]:
    """Yield a hit where nest_asyncio is applied in a notebook, and nothing there needs it but what
    may await instead."""
    statement = file.source.parent(call)
    line = None if statement is None else file.source.parent(statement)
    packages = {*_packages(file)}
    if (
        not isinstance(statement, cst.Expr)
        or not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
        or not isinstance(file.source.parent(line), cst.Module)
        or not packages <= {*sys.stdlib_module_names, *_NEED_NO_NESTING}
        or _RUNS_UNSEEN.search(hidden(file.source.text))
        or _is_excused(call, file)
    ):
        return
    runs = [one for one in file.calls() if (seen := file.seen(one)) and seen.handling]
    asked = {name for run in runs for name in descend(run.func)}
    if any(one.value in _MAY_RUN and one not in asked for one in file.names()):
        return
    if not all(any(hit.fix for hit in _nested(run, file)) for run in runs):
        return
    message = "a loop runs in a notebook's cell, where `await` needs no nest_asyncio; remove it"
    if runs:
        yield Hit(call, message, None, (Note("no fix: await first what it allows to run"),))
        return
    is_certain = packages <= {*sys.stdlib_module_names, _NESTING}
    safety = Safety.SAFE if is_certain else Safety.UNSAFE
    yield Hit(call, message, Fix("Remove it", (edits.remove_statement(file, line),), safety))


def _packages(file: File) -> Iterator[str]:
    """Yield the names of the packages that a file imports from."""
    for node in descend(file.source.tree):
        if isinstance(node, cst.Import):
            yield from (one.evaluated_name.partition(".")[0] for one in node.names)
        elif isinstance(node, cst.ImportFrom):
            is_named = node.module is not None and not node.relative
            module = file.text_of(node.module) if node.module is not None and is_named else ""
            yield module.partition(".")[0]


def _where(function: cst.FunctionDef | cst.Lambda | None) -> str:
    """Return what a run stands in where `await` may stand, too."""
    return "a notebook's cell" if function is None else "`async def`"


def _callee(call: cst.Call, file: File) -> str | None:
    """Return which of _FIRST a call calls, None for any other."""
    value = file.value(call.func)
    if isinstance(value, Method) and isinstance(value.owner, Loop):
        return _RUN_UNTIL_COMPLETE if value.name == "run_until_complete" else None
    callee = file.callee(call)
    if callee in RUNNERS:
        return callee
    if dotted_name(value) in _NAMES_OF_ANYIO:
        return _ANYIO
    # Of objects that differ from caller to caller the events still know.
    ran = (one for one in _runs(call, file) if one.place == file.place(call))
    by_method = any(event.what == f"{_RUN_UNTIL_COMPLETE}()" for event in ran)
    return _RUN_UNTIL_COMPLETE if by_method and not file.in_coroutine(call) else None


def _is_well_called(call: cst.Call, callee: str) -> bool:
    """Say whether the arguments are such that nothing else fails before."""
    if not call.args or call.args[0].star:
        return False
    first, *others = call.args
    named = first.keyword is None or first.keyword.value == _FIRST[callee]
    # anyio hands on what follows.
    plain = all(one.keyword is not None and not one.star for one in others)
    return named and (plain or callee == _ANYIO)


def _wanted(callee: str) -> Kind:
    """Return what a run takes as its first argument."""
    return Kind.COROUTINE_FUNCTION if callee == _ANYIO else Kind.COROUTINE


def _may_be_right(call: cst.BaseExpression, file: File) -> bool:
    """Say whether no loop may run here after all, or the error is expected."""
    return _is_patched(file) or _is_excused(call, file)


def _is_patched(file: File) -> bool:
    return file.facts.loop_is_patched or file.facts.loop_is_patched_by_import


def _is_excused(call: cst.BaseExpression, file: File) -> bool:
    """Say whether what stands around a call makes it right, or expects the error."""
    return (
        file.facts.replaces_names
        or _may_have_other_loops(file)
        or file.target_at(call) is None
        or file.expects_error(call, "RuntimeError")
        or _looks_first(call, file)
        or _is_kept(call, file)
    )


_KEEPS = re.compile(r"(?i)cache|memo|once|reify")


def _is_kept(call: cst.BaseExpression, file: File) -> bool:
    """Say whether the function around a call keeps what it gives: it may have been asked before."""
    function = file.enclosing_function(call)
    decorators = function.decorators if isinstance(function, cst.FunctionDef) else ()
    return any(_KEEPS.search(file.source.text_of(one.decorator)) for one in decorators)


@per_file
def _may_have_other_loops(file: File) -> bool:
    return _OTHER_LOOPS.search(file.source.text) is not None


@per_file
def _where_looked(file: File) -> tuple[set[cst.CSTNode], set[int | None]]:
    """Return the bodies of functions in which it is looked whether a loop runs, and the cells."""
    bodies: set[cst.CSTNode] = set()
    cells: set[int | None] = set()
    for node in file.names():
        if not _ABOUT_RUNNING.search(node.value):
            continue
        around = [*file.parents(node)]
        tries = (one for one in around if isinstance(one, cst.Try))
        if node.value != "get_running_loop" or any(one.handlers for one in tries):
            bodies.update(around)
            cells.add(_cell(node, file))
    return bodies, cells


def _looks_first(call: cst.BaseExpression, file: File) -> bool:
    """Say whether the function around a call looks whether a loop runs."""
    function = file.enclosing_function(call)
    if function is None and not file.source.is_notebook:
        return False
    bodies, cells = _where_looked(file)
    if function.body in bodies if function else _cell(call, file) in cells:
        return True
    for parent in file.parents(call):
        if parent is function:
            return False
        holder = file.source.parent(parent)
        if (
            isinstance(parent, cst.ExceptHandler)
            and isinstance(holder, cst.Try)
            and "loop" in file.source.text_of(holder.body)
        ):
            return True
    return False


def _cell(node: cst.CSTNode, file: File) -> int | None:
    return file.source.spot(file.span(node).start).cell


def _error(call: cst.Call, callee: str, file: File) -> str:
    if callee != _RUN_UNTIL_COMPLETE:
        return _SAY[callee]
    value = file.value(call.func)
    origin = (
        value.owner.origin if isinstance(value, Method) and isinstance(value.owner, Loop) else None
    )
    if origin is Origin.RUNNING:
        return R11
    return R9 if origin is Origin.NEW else _EITHER


def _is_deferred(call: cst.BaseExpression, file: File) -> bool:
    """Say whether a generator expression holds a call: somebody else evaluates it."""
    for parent in file.parents(call):
        if isinstance(parent, cst.GeneratorExp):
            return True
        if isinstance(parent, cst.BaseStatement):
            return False
    return False


# ---------------------------------------------------------------------- how it is led to


@per_file
def _led_to(
    call: cst.Call, function: cst.FunctionDef | cst.Lambda, file: File
) -> tuple[Note, ...] | None:
    """Return the steps from a coroutine, or from the loop, to a run; None where there are none."""
    by = _called_by(function, file)
    if by is not None:
        return (Note(f"{by} calls this while a loop runs", file.place(function)),)
    line = file.place(call).line
    # Several lambdas may stand in a line, and an event knows no more than the line.
    here = isinstance(function, cst.FunctionDef) or file.state(call) is State.RUNNING
    for caller, event in _runs_by_line(file).get(line, ()) if here else ():
        if not _is_expected_between(event, file):
            return _steps(caller, event, file)
    return None


def _called_by(function: cst.FunctionDef | cst.Lambda | None, file: File) -> str | None:
    """Return who calls a function while a loop runs, having been given it."""
    return None if function is None else file.facts.called_in_loop_by(*file.line_and_byte(function))


_Caller = cst.Call | cst.Attribute
"""What calls a function: a call, or what reads a property."""


@per_file
def _calls_in_loop(file: File) -> tuple[_Caller, ...]:
    """Return what certainly calls something while a loop runs, where no error is expected."""
    callers: list[_Caller] = [*file.calls()]
    callers += (one for one in file.attributes() if not _is_called(one, file))
    return tuple(
        call
        for call in callers
        if (seen := file.seen(call)) is not None and seen.surely and _is_in_loop(call, file)
    )


@per_file
def _runs_by_line(file: File) -> dict[int, list[tuple[_Caller, Event]]]:
    """Return what in a loop comes to the runs in a line of this file, and how, in order."""
    found: dict[int, list[tuple[_Caller, Event]]] = defaultdict(list)
    for caller in _calls_in_loop(file):
        for event in _runs(caller, file):
            is_own = event.place.path == file.source.path
            if is_own and _property_read(caller, event, file) is None:
                found[event.place.line].append((caller, event))
    return found


def _is_called(attribute: cst.Attribute, file: File) -> bool:
    call = file.source.parent(attribute)
    return isinstance(call, cst.Call) and call.func is attribute


def _is_in_loop(call: _Caller, file: File) -> bool:
    """Say whether a loop certainly runs around a call, by the function that it stands in."""
    if file.state(call) is not State.RUNNING or _is_deferred(call, file):
        return False
    function = file.enclosing_function(call)
    is_called = file.in_coroutine(call) or _called_by(function, file) is not None
    return is_called and not _may_be_right(call, file)


def _runs(call: _Caller, file: File) -> Iterator[Event]:
    """Yield where evaluating a call certainly runs a loop, as far as a call of its own leads there."""
    seen = file.seen(call)
    inner = [
        event
        for child in descend(call)
        if child is not call and isinstance(child, cst.Call)
        if (below := file.seen(child)) is not None
        for event in below.surely
    ]
    runs = () if seen is None else seen.surely
    yield from (event for event in runs if event.what in _EVENTS and event not in inner)


def _property_read(call: _Caller, event: Event, file: File) -> cst.Attribute | None:
    """Return the property that is read inside a call, and not the call, that comes to an event."""
    for child in descend(call):
        if child is call or not isinstance(child, cst.Attribute) or _is_called(child, file):
            continue
        seen = file.seen(child)
        if seen is not None and event in seen.surely:
            return child
    return None


def _is_expected_between(event: Event, file: File) -> bool:
    """Say whether one of the calls in this file that lead to a run may be right."""
    return any(
        _may_be_right(call, file)
        for place in event.via
        for call in file.calls_at(place)
        if file.seen(call) is not None
    )


def _steps(call: _Caller, event: Event, file: File) -> tuple[Note, ...]:
    """Return notes for a call that is made in a loop and those by which it comes to a run."""
    here = file.place(call)
    first = event.via.index(here) if here in event.via else 0
    steps = list(zip(event.through, event.via, strict=True))[first:]
    return (
        *_called_in_loop(call, file),
        *(
            Note(f"`{caller}` calls `{callee}`", place)
            for (caller, _), (callee, place) in pairwise(steps)
        ),
    )


def _called_in_loop(call: _Caller, file: File) -> Iterator[Note]:
    """Yield what is said of a call that is made while a loop runs, and why one does."""
    function = file.enclosing_function(call)
    is_named = isinstance(function, cst.FunctionDef)
    name = function.name.value if isinstance(function, cst.FunctionDef) else "lambda"
    by = None if file.in_coroutine(call) else _called_by(function, file)
    if function is not None and by is not None:
        yield Note(f"{by} calls `{name}` while a loop runs", file.place(function))
    title = f"async def {name}" if is_named and by is None else name
    who = "the cell" if function is None else f"`{title}`"
    does = f"calls `{file.text_of(call.func)}()`" if isinstance(call, cst.Call) else ""
    does = does or f"reads `{file.text_of(call)}`"
    yield Note(f"{who} {does}", file.place(call))


def _runs_elsewhere(call: cst.Call, file: File) -> Iterator[Hit]:
    """Yield a hit where a call in a loop comes to a run in another file of the project."""
    if not _is_in_loop(call, file):
        return
    for event in _runs(call, file):
        own = event.place.path == file.source.path
        if own or event.caught or is_installed(event.place.path):
            continue
        if _is_expected_between(event, file):
            continue
        callee = _EVENTS[event.what]
        read = _property_read(call, event, file)
        caller = f"{file.text_of(call.func)}()" if read is None else f"`{file.text_of(read)}`"
        function = file.enclosing_function(call)
        where = f"in {_where(function)}" if file.in_coroutine(call) else "here"
        message = (
            f"a loop runs {where}, and {caller} runs another: {callee}()"
            f" raises {_SAY[callee]}; await what it runs, or call it in a thread"
        )
        inside = (
            f"`{event.through[-1]}` calls {callee}()"
            if event.through
            else f"{callee}() is called here"
        )
        notes = (*_steps(read or call, event, file), Note(inside, event.place))
        yield Hit(call, message, None, (*notes, Note("no fix: the run is in another file")))
        return


# ---------------------------------------------------------------------- the fix


def _await_it(call: cst.Call, callee: str, file: File) -> Fix:
    first, *others = call.args
    argument = first.value
    kind, value = file.kind(argument), file.value(argument)
    if callee == _ANYIO and kind is not Kind.COROUTINE:
        return _call_and_await(call, file)
    if kind in _NOT_AWAITED:
        raise Refused(f"`{file.text_of(argument)}` cannot be awaited")
    if isinstance(value, Future) and value.origin is not Origin.RUNNING:
        raise Refused(f"it is not known which loop `{file.text_of(argument)}` is bound to")
    safety = Safety.UNSAFE if file.catches_all(call) else Safety.SAFE
    for other in others:
        name = "" if other.keyword is None else other.keyword.value
        if name != "debug" or not isinstance(other.value, (cst.Name, cst.Integer)):
            raise Refused(f"`{name}=` would be lost")
        if file.text_of(other.value) not in ("False", "None", "0"):
            safety = Safety.UNSAFE
    _check_place(call, file)
    _check_loop(call, callee, file)
    if file.source.text_of(call).count("#") != file.source.text_of(argument).count("#"):
        raise Refused("a comment stands beside the argument")
    span = file.span(argument)
    before = edits.indentation_at(file.source, span.start)
    after = edits.indentation_at(file.source, file.span(call).start)
    text = edits.reindent(file, span, before, after, argument)
    over_lines = not isinstance(argument, cst.Call) or "\n" in file.source.text_of(argument.func)
    text = f"await ({text})" if "\n" in text and over_lines else edits.awaited(text, argument)
    holder = file.source.parent(call)
    where = file.span(call)
    # `[run(f())for …]` takes no bare `await`, says LibCST.
    glued = re.match(rb"\w", file.source.data[where.end : where.end + 1])
    if (isinstance(holder, _BINDS_MORE) or glued) and not call.lpar:
        text = f"({text})"
    return Fix("Await it", (edits.replace(file, call, text),), safety)


def _call_and_await(call: cst.Call, file: File) -> Fix:
    """Return the fix of `anyio.run(function, one, two)`: `await function(one, two)`."""
    first, *others = call.args
    function = file.text_of(first.value)
    if file.kind(first.value) is not Kind.COROUTINE_FUNCTION:
        raise Refused(f"it is not known that `{function}` is a coroutine function")
    if not isinstance(first.value, (cst.Name, cst.Attribute)):
        raise Refused(f"`{function}` is no plain name")
    for other in others:
        if other.keyword is not None or other.star == "**":
            name = "**" if other.keyword is None else f"{other.keyword.value}="
            raise Refused(f"`{name}` would be lost")
    _check_place(call, file)
    text = file.source.text_of(call)
    if "\n" in text:
        raise Refused("the call goes over several lines")
    given = ", ".join(file.source.text_of(other).rstrip(", ") for other in others)
    text = f"await {function}({given})"
    if isinstance(file.source.parent(call), _BINDS_MORE) and not call.lpar:
        text = f"({text})"
    safety = Safety.UNSAFE if file.catches_all(call) else Safety.SAFE
    return Fix("Await it", (edits.replace(file, call, text),), safety)


def _check_place(call: cst.Call, file: File) -> None:
    """Refuse where Python takes no `await`, or where it is one too many."""
    if file.source.is_notebook and is_under_magic(file.source.text, file.span(call).start):
        raise Refused("a cell under a `%%` magic takes no `await`")
    for parent in file.parents(call):
        if isinstance(parent, cst.ClassDef):
            raise Refused("the body of a class takes no `await`")
        if isinstance(parent, cst.Annotation):
            raise Refused("an annotation takes no `await`")
        if isinstance(parent, cst.Decorator):
            raise Refused("a decorator takes no `await` up to Python 3.8")
        if isinstance(parent, cst.FunctionDef):
            break
    around = [*itertools.islice(_comprehensions(call, file), 2)]
    # The Python that we run on has to take it, too: it checks what we write.
    if len(around) < 2 or min(file.target.first, sys.version_info[:2]) >= (3, 11):
        return
    if not is_async_comprehension(file.source.text_of(around[1])):
        raise Refused(
            "a comprehension inside another one takes no `await` up to Python 3.10, unless that "
            "awaits, too"
        )


def _comprehensions(node: cst.CSTNode, file: File) -> Iterator[cst.BaseComp]:
    """Yield the comprehensions that evaluate a node, from the inside out; what one goes through
    first is evaluated around it."""
    child = node
    is_first = False
    for parent in file.parents(node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            return
        if isinstance(parent, cst.BaseComp):
            if not (is_first and child is parent.for_in):
                yield parent
            is_first = False
        elif isinstance(parent, cst.CompFor):
            is_first = child is parent.iter
        child = parent


def _check_loop(call: cst.Call, callee: str, file: File) -> None:
    """Refuse where a loop or a runner would be left that nobody runs."""
    if callee not in (_RUN_UNTIL_COMPLETE, "asyncio.Runner.run"):
        return
    if not isinstance(call.func, cst.Attribute):
        raise Refused("it is not called as a method")
    owner = call.func.value
    if isinstance(owner, cst.Call) and not owner.args and file.callee(owner) in _GIVES_LOOP:
        return
    value = file.value(owner)
    variable = file.variable(owner) if isinstance(owner, cst.Name) else None
    if variable is None or not isinstance(value, Loop) or value.origin is not Origin.RUNNING:
        raise Refused(f"`{file.text_of(owner)}` is not the running loop, and would be left behind")
    for name in file.names_of(variable):
        use = file.source.parent(name)
        is_method = isinstance(use, cst.Attribute) and use.value is name
        if is_method and isinstance(use, cst.Attribute) and use.attr.value in ("close", "stop"):
            line = file.place(name).line
            raise Refused(f"`{variable.name}` is closed or stopped in line {line}")
