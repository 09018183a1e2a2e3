"""A default argument calls `get_event_loop()`: it is evaluated with the `def`, before a loop runs.

Python evaluates a default once, when it comes to the `def`, which for most functions is the import.
No loop runs then. Up to Python 3.13 the function gets a loop that was made for the occasion, and
that `asyncio.run` never runs; the first `await` on something of that loop's ends with

    RuntimeError: Task <Task pending …> got Future <…> attached to a different loop

and what is only scheduled on it, as with `loop.call_soon`, never happens. From Python 3.14 on there
is no current loop to take, and the module cannot even be imported:

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def fetch(url, loop=asyncio.get_event_loop()):  # RUN205
    return await loop.run_in_executor(None, str.upper, url)


print(asyncio.run(fetch("asyncio")))
```

Ask for the loop in the coroutine, where there is one, and the right one:

```python fixed unsafe prints="ASYNCIO"
import asyncio


async def fetch(url, loop=None):
    if loop is None:
        loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, str.upper, url)


print(asyncio.run(fetch("asyncio")))
```

The same happens in methods, in functions that are not `async`, and in lambdas. There it is for you to
say where the loop comes from; most often nobody ever passes one, and the parameter can go:

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


def later(value, loop=asyncio.get_event_loop()):  # RUN205
    future = loop.create_future()
    loop.call_later(0.01, future.set_result, value)
    return future


async def main():
    print(await later(1))


asyncio.run(main())
```

```python good
import asyncio


def later(value):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_later(0.01, future.set_result, value)
    return future


async def main():
    print(await later(1))


asyncio.run(main())
```

A function that is defined while the loop runs is right:

```python good
import asyncio


async def main():
    def stamp(loop=asyncio.get_running_loop()):
        return loop.time()

    print(stamp() > 0)


asyncio.run(main())
```

**The fix is unsafe:** it changes the function's signature, and callers may look at the default. It is
offered for an `async def` whose default is the call and nothing else, and refused elsewhere; the note
says why.

**Ignore it** in a module that is imported only after somebody has called `set_event_loop()`, and whose
functions run on that very loop.

See [get_event_loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_event_loop)
and [Default parameter values](https://docs.python.org/3/reference/compound_stmts.html#function-definitions).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.capture import captures_in_default, default_around
from flake8_asyncrun.core.edits import (
    also_import,
    indentation_at,
    insert,
    lines_of,
    newline_at,
    replace,
)
from flake8_asyncrun.core.errors import R2, R4, by_version
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.inside import is_docstring
from flake8_asyncrun.core.model import Edit, Fix, Note, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, Run, attempt, per_file, rule
from flake8_asyncrun.names.asyncio_table import AT_REST
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Effect, Function, Loop

_Owner = cst.FunctionDef | cst.Lambda


def _possible(glance: Glance) -> bool:
    """Say whether anything gives a loop, and takes the current one for that."""
    return any(
        isinstance(one.value, Loop) and any(event.effect is Effect.CAPTURES for event in one.events)
        for one in glance.seen
    )


@rule("RUN205", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    around = default_around(call, file)
    target = None if around is None else file.target_at(call)
    if around is None or target is None:
        return
    event = captures_in_default(call, file)
    if event is None:
        return
    owner, parameter = around
    run = _run_that_uses(owner, parameter, file)
    happens = _happens(run, target, is_set=event.set)
    if happens is None:
        return
    before = "" if run is None else f", before {file.text_of(run.call.func)}() makes its own"
    message = (
        f"{file.text_of(call.func)}() in the default of `{parameter.name.value}` takes the current "
        f"loop when the function is defined{before}: {happens}; default to None and call "
        "get_running_loop() in a coroutine"
    )
    fix, notes = attempt(lambda: _fix(call, owner, parameter, file))
    own = () if event.place == file.place(call) else (Note(f"{event.what} is here", event.place),)
    yield Hit(call, message, fix, (*own, *notes))


def _happens(run: Run | None, target: Target, *, is_set: bool) -> str | None:
    """Return the error, None where there may be none on any Python of the target."""
    if is_set:
        return None if run is None else R4
    if run is not None:
        return by_version(target, ((3, 7), R4), ((3, 14), R2))
    return None if target.last < (3, 14) else by_version(target, ((3, 14), R2))


# ---------------------------------------------------------------------- who uses the default


def _run_that_uses(owner: _Owner, parameter: cst.Param, file: File) -> Run | None:
    """Return the first run that comes to a function whose body waits on the default's loop."""
    if not isinstance(owner, cst.FunctionDef) or not _waits_on(parameter, file):
        return None
    if file.says("run_forever"):
        # The loop may run all the same, in a thread.
        return None
    line = file.place(owner).line
    calls = file.calls_of(line)
    if not any(_leaves_out(call, owner, parameter, file) for call in calls):
        return None
    return _first_runs(file).get(line)


@per_file
def _first_runs(file: File) -> dict[int, Run]:
    """Return the first run that comes to each function, by the line of its `def`."""
    found: dict[int, Run] = {}
    for run in file.runs:
        for line in () if file.in_coroutine(run.call) else file.reached_by(run.argument):
            found.setdefault(line, run)
    return found


# Methods that do the same whether the loop runs or not.
_OF_ANY_LOOP = {*AT_REST, "close", "stop"}


def _waits_on(parameter: cst.Param, file: File) -> bool:
    """Say whether a method of the parameter is called that needs its loop to run."""
    variable = file.variable(parameter.name)
    if variable is None or not variable.is_bound_once:
        return False
    for name in file.names_of(variable):
        attribute = file.source.parent(name)
        if isinstance(attribute, cst.Attribute) and attribute.attr.value not in _OF_ANY_LOOP:
            return True
    return False


def _leaves_out(call: cst.Call, owner: cst.FunctionDef, parameter: cst.Param, file: File) -> bool:
    """Say whether a call is one of the function, and gives nothing for the parameter."""
    called = file.value(call.func)
    function = file.facts.own_function(called)
    if not isinstance(called, Function) or function is None:
        return False
    if function.node.lineno != file.place(owner).line or any(one.star for one in call.args):
        return False
    if any(one.keyword and one.keyword.value == parameter.name.value for one in call.args):
        return False
    parameters = owner.params
    by_position = [*parameters.posonly_params, *parameters.params]
    if parameter not in by_position:
        return True
    given = sum(one.keyword is None for one in call.args) + (called.bound is not None)
    return given <= by_position.index(parameter)


# ---------------------------------------------------------------------- the fix


def _fix(call: cst.Call, owner: _Owner, parameter: cst.Param, file: File) -> Fix:
    if isinstance(owner, cst.Lambda):
        raise Refused("a lambda cannot ask for the loop when it is called")
    name = owner.name.value
    if owner.asynchronous is None:
        raise Refused(f"it is not known whether `{name}` is called while a loop runs")
    if parameter.default is not call:
        raise Refused("the loop is only a part of the default")
    body = owner.body
    if not isinstance(body, cst.IndentedBlock):
        raise Refused(f"`{name}` is written on one line")
    first, *rest = body.body
    if is_docstring(first):
        if not rest:
            raise Refused(f"`{name}` has no body")
        first = rest[0]
    assert isinstance(first, cst.BaseStatement)
    asked, imported = _get_running_loop(call, owner, file)
    source = file.source
    start = lines_of(file, first).start
    indentation = indentation_at(source, file.span(first).start)
    newline = newline_at(source, file.span(first).start)
    own = parameter.name.value
    text = (
        f"{indentation}if {own} is None:{newline}"
        f"{indentation}{source.tree.default_indent}{own} = {asked}(){newline}"
    )
    edits = (
        *imported,
        *_annotated(parameter, file),
        replace(file, call, "None"),
        insert(start, text),
    )
    return Fix(f"Ask for the running loop in `{name}`", edits, Safety.UNSAFE)


def _get_running_loop(
    call: cst.Call, owner: cst.FunctionDef, file: File
) -> tuple[str, tuple[Edit, ...]]:
    """Return how `get_running_loop` is named inside a function, and what imports it."""
    function = call.func
    root = function
    while isinstance(root, cst.Attribute):
        root = root.value
    variable = file.variable(root) if isinstance(root, cst.Name) else None
    if file.callee(call) != "asyncio.get_event_loop" or variable is None:
        raise Refused("the loop does not come from asyncio.get_event_loop() itself")
    line = file.place(owner).line
    hidden = (variable.name, "get_running_loop")
    if not variable.is_global or any(file.facts.variables.is_bound_in(n, line) for n in hidden):
        raise Refused(f"`{variable.name}` is another thing inside `{owner.name.value}`")
    if isinstance(function, cst.Attribute) and function.attr.value == "get_event_loop":
        return f"{file.source.text_of(function.value)}.get_running_loop", ()
    if not isinstance(function, cst.Name):
        raise Refused("asyncio.get_event_loop() goes by another name here")
    return "get_running_loop", also_import(file, function, "get_running_loop")


def _annotated(parameter: cst.Param, file: File) -> tuple[Edit, ...]:
    """Return what makes None fit the parameter's annotation."""
    if parameter.annotation is None:
        return ()
    annotation = parameter.annotation.annotation
    text = file.source.text_of(annotation)
    if "None" in text or "Optional" in text or "Any" in text:
        return ()
    if not isinstance(annotation, (cst.Name, cst.Attribute)) or file.target.first < (3, 10):
        raise Refused(f"`{text}` does not allow None")
    return (insert(file.span(annotation).end, " | None"),)
