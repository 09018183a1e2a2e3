"""`asyncio.run()` or `run_until_complete()` while a loop runs already.

A thread runs one loop at a time. Whoever is called by a coroutine, directly or through other
functions, cannot start a second one; on every Python the program ends with

    RuntimeError: asyncio.run() cannot be called from a running event loop

or, where a loop is run by its own method, with one of

    RuntimeError: This event loop is already running
    RuntimeError: Cannot run the event loop while another loop is running
    RuntimeError: Runner.run() cannot be called from a running event loop

(for `uvloop.run()` the text is its own). "coroutine 'main' was never awaited" may follow, for the
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

In a notebook's cell a loop runs as well. In a file of cells (`# %%`, `get_ipython`) the call is
reported where it stands at the top level and the file has no `if __name__ == "__main__":`, and there
is no fix: `await main()` is what the cell wants, but a `.py` file with it no longer compiles.

**The fix is safe:** the program could only crash before. It is unsafe inside `try` … `except
Exception`, where the program may be meant to go on after the error, and where an argument such as
`debug=True` is dropped, which the running loop has no place for. Where the loop is used for more than
running, nothing is offered.

Ignore it where something outside of the file makes nested runs legal; a file that imports
`nest_asyncio`, gevent or eventlet is passed over.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.capture import CELL
from flake8_asyncrun.core.errors import R1, R8, R9, R11
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import RUNNERS, File, Hit, Refused, attempt, descend, rule
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.project import is_installed
from flake8_asyncrun.names.values import Future, Kind, Loop, Method, Origin

# Whose `async def`s other loops run, or who changes what runs in this thread.
_OTHER_LOOPS = re.compile(r"\b(?:trio|curio|pyodide|fork|_set_running_loop)\b|\.send\(None\)")

_ABOUT_RUNNING = re.compile("is_running|running.*loop|loop.*running")

_RUN_UNTIL_COMPLETE = "loop.run_until_complete"
_FIRST = {**RUNNERS, _RUN_UNTIL_COMPLETE: "future"}
_SAY = {"asyncio.run": R1, "asyncio.Runner.run": R8}
_GIVES_LOOP = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.Runner")
_NOT_AWAITED = (Kind.COROUTINE_FUNCTION, Kind.ASYNC_GENERATOR, Kind.OTHER)


@rule("RUN105", on=cst.Call, fix=Safety.UNSAFE)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    seen = file.seen(call)
    if seen is None or not seen.handling or _may_be_right(call, file):
        return
    callee = _callee(call, file)
    if callee is None:
        if file.in_coroutine(call) and seen.state is State.RUNNING:
            yield from _runs_elsewhere(call, file)
        return
    if not _is_well_called(call, callee):
        return
    happens = f"{file.text_of(call.func)}() raises {_error(call, callee, file)}"
    function = file.enclosing_function(call)
    if file.in_coroutine(call):
        if seen.state is State.RUNNING and not _is_deferred(call, file):
            fix, notes = attempt(lambda: _await_it(call, callee, file))
            yield Hit(call, f"a loop runs in `async def`: {happens}; await it", fix, notes)
    elif file.kind(call.args[0].value) not in (Kind.COROUTINE, Kind.UNKNOWN):
        # Without a loop it fails, too, which other rules tell.
        return
    elif function is None:
        if CELL.search(file.source.text) and not _is_script(call, file):
            why = Note("no fix: outside of a notebook a file with a bare `await` does not compile")
            yield Hit(call, f"a loop runs in a notebook's cell: {happens}; await it", None, (why,))
    else:
        found = _led_to(call, function, file)
        if found is not None:
            advice = "make this an async def, or call it in a thread"
            message = f"a loop runs where this is called: {happens}; {advice}"
            yield Hit(call, message, None, (*found, Note("no fix: its callers would change too")))


def _callee(call: cst.Call, file: File) -> str | None:
    """Return which of _FIRST a call calls, None for any other."""
    value = file.value(call.func)
    if isinstance(value, Method) and isinstance(value.owner, Loop):
        return _RUN_UNTIL_COMPLETE if value.name == "run_until_complete" else None
    callee = file.callee(call)
    if callee in RUNNERS:
        return callee
    # Of objects that differ from caller to caller the events still know.
    ran = (one for one in _runs(call, file) if one.place == file.place(call))
    by_method = any(event.what == f"{_RUN_UNTIL_COMPLETE}()" for event in ran)
    return _RUN_UNTIL_COMPLETE if by_method and not file.in_coroutine(call) else None


def _is_well_called(call: cst.Call, callee: str) -> bool:
    """Say whether the arguments are such that nothing else fails before."""
    if not call.args or any(argument.star for argument in call.args):
        return False
    first, *others = call.args
    named = first.keyword is None or first.keyword.value == _FIRST[callee]
    return named and all(argument.keyword is not None for argument in others)


def _may_be_right(call: cst.Call, file: File) -> bool:
    """Say whether no loop may run here after all, or the error is expected."""
    return (
        file.facts.loop_is_patched
        or file.facts.loop_is_patched_by_import
        or file.facts.replaces_names
        or _OTHER_LOOPS.search(file.source.text) is not None
        or file.target_at(call) is None
        or file.expects_error(call, "RuntimeError")
        or _looks_first(call, file)
    )


def _looks_first(call: cst.Call, file: File) -> bool:
    """Say whether the function around a call looks whether a loop runs."""
    function = file.enclosing_function(call)
    if function is None:
        return False
    for node in descend(function.body):
        if not isinstance(node, cst.Name) or not _ABOUT_RUNNING.search(node.value):
            continue
        tries = (one for one in file.parents(node) if isinstance(one, cst.Try))
        if node.value != "get_running_loop" or any(one.handlers for one in tries):
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


def _error(call: cst.Call, callee: str, file: File) -> str:
    if callee != _RUN_UNTIL_COMPLETE:
        return _SAY.get(callee, "RuntimeError")
    value = file.value(call.func)
    origin = (
        value.owner.origin if isinstance(value, Method) and isinstance(value.owner, Loop) else None
    )
    if origin is Origin.RUNNING:
        return R11
    return R9 if origin is Origin.NEW else f"{R11} (or, on another loop, {R9.partition(': ')[2]})"


def _is_deferred(call: cst.Call, file: File) -> bool:
    """Say whether a generator expression holds a call: somebody else evaluates it."""
    for parent in file.parents(call):
        if isinstance(parent, cst.GeneratorExp):
            return True
        if isinstance(parent, cst.BaseStatement):
            return False
    return False


def _is_script(call: cst.Call, file: File) -> bool:
    """Say whether cells are a program's, which is started as a whole, or a call is not a cell's."""
    blocks = (cst.IndentedBlock, cst.IfExp, cst.BooleanOperation)
    return file.facts.is_program or any(isinstance(one, blocks) for one in file.parents(call))


# ---------------------------------------------------------------------- how it is led to


def _led_to(
    call: cst.Call, function: cst.FunctionDef | cst.Lambda, file: File
) -> tuple[Note, ...] | None:
    """Return the steps from a coroutine, or from the loop, to a run; None where there are none."""
    line = file.place(call).line
    # Several lambdas may stand in a line, and an event knows no more than the line.
    here = isinstance(function, cst.FunctionDef) or file.state(call) is State.RUNNING
    for caller in _calls_in_coroutines(file):
        for event in _runs(caller, file):
            own = event.place.path == file.source.path and event.place.line == line
            if own and here and not _is_expected_between(event, file):
                return _steps(caller, event, file)
    if file.facts.is_called_by_loop(*file.line_and_byte(function)):
        return (Note("the loop is given this to call", file.place(function)),)
    return None


def _calls_in_coroutines(file: File) -> Iterator[cst.Call]:
    """Yield the calls that are certainly made while a loop runs, where no error is expected."""
    for call in file.calls():
        seen = file.seen(call)
        if seen is None or not seen.surely or seen.state is not State.RUNNING:
            continue
        if (
            file.in_coroutine(call)
            and not _is_deferred(call, file)
            and not _may_be_right(call, file)
        ):
            yield call


def _runs(call: cst.Call, file: File) -> Iterator[Event]:
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
    names = {f"{name}()" for name in _FIRST}
    yield from (event for event in runs if event.what in names and event not in inner)


def _is_expected_between(event: Event, file: File) -> bool:
    """Say whether one of the calls in this file that lead to a run may be right."""
    return any(
        file.place(call) in event.via and _may_be_right(call, file)
        for call in file.calls()
        if file.seen(call) is not None
    )


def _steps(call: cst.Call, event: Event, file: File) -> tuple[Note, ...]:
    """Return notes for a call in a coroutine and those through which it comes to a run."""
    here = file.place(call)
    via = event.via[event.via.index(here) + 1 :] if here in event.via else ()
    function = file.enclosing_function(call)
    name = function.name.value if isinstance(function, cst.FunctionDef) else ""
    first = Note(f"`async def {name}` calls `{file.text_of(call.func)}()`", here)
    return (first, *(Note("through this call", place) for place in via))


def _runs_elsewhere(call: cst.Call, file: File) -> Iterator[Hit]:
    """Yield a hit where a call in a coroutine comes to a run in another file of the project."""
    if _is_deferred(call, file):
        return
    for event in _runs(call, file):
        own = event.place.path == file.source.path
        if own or is_installed(event.place.path) or _is_expected_between(event, file):
            continue
        callee = event.what.removesuffix("()")
        error = _SAY.get(callee, R11 if callee == _RUN_UNTIL_COMPLETE else "RuntimeError")
        message = (
            f"a loop runs in `async def`, and {file.text_of(call.func)}() runs another: {event.what}"
            f" raises {error}; await what it runs, or call it in a thread"
        )
        _, *through = _steps(call, event, file)
        where = Note(f"{event.what} is called here", event.place)
        yield Hit(
            call, message, None, (*through, where, Note("no fix: the run is in another file"))
        )
        return


# ---------------------------------------------------------------------- the fix


def _await_it(call: cst.Call, callee: str, file: File) -> Fix:
    first, *others = call.args
    argument = first.value
    kind, value = file.kind(argument), file.value(argument)
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
    binds_more = (cst.Attribute, cst.Call, cst.Subscript, cst.Await)
    where = file.span(call)
    # `[run(f())for …]` takes no bare `await`, says LibCST.
    glued = re.match(rb"\w", file.source.data[where.end : where.end + 1])
    if (isinstance(holder, binds_more) or glued) and not call.lpar:
        text = f"({text})"
    return Fix("Await it", (edits.replace(file, call, text),), safety)


def _check_place(call: cst.Call, file: File) -> None:
    """Refuse where Python takes no `await`, or where it is one too many."""
    for parent in file.parents(call):
        if isinstance(parent, cst.ClassDef):
            raise Refused("the body of a class takes no `await`")
        if isinstance(parent, cst.Annotation):
            raise Refused("an annotation takes no `await`")
        if isinstance(parent, cst.Decorator):
            raise Refused("a decorator takes no `await` up to Python 3.8")
        if isinstance(parent, cst.FunctionDef):
            return


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
