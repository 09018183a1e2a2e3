"""A future is made before `asyncio.run()`, on a loop that will not be the one that runs.

`gather`, `ensure_future`, `shield`, `Future()` and `StreamReader()` take the current loop when they
are called, not when they are awaited. Before `asyncio.run` that is another loop than the one that it
makes. Up to Python 3.13 whoever awaits the future gets

    RuntimeError: Task <Task pending …> got Future <…> attached to a different loop

or, behind a coroutine in `gather`, or in `as_completed`,

    ValueError: The future belongs to a different loop than the one specified as the loop argument

or waits for ever, as `asyncio.wait` does from Python 3.11 on. From Python 3.14 on there is no current
loop to take, and the call itself ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def hello():
    return "hello"


greeting = asyncio.ensure_future(hello())  # RUN204


async def main():
    print(await greeting)


asyncio.run(main())
```

Make it in the coroutine, where the loop runs:

```python fixed safe prints="hello"
import asyncio


async def hello():
    return "hello"


async def main():
    greeting = asyncio.ensure_future(hello())
    print(await greeting)


asyncio.run(main())
```

What is handed to the coroutine is evaluated before the loop is made, too:

```python bad -3.13="RuntimeError: Task" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def hello():
    return "hello"


async def show(greetings):
    print(await greetings)


asyncio.run(show(asyncio.gather(hello(), hello())))  # RUN204
```

```python fixed safe prints="['hello', 'hello']"
import asyncio


async def hello():
    return "hello"


async def show(greetings):
    print(await greetings)


async def main():
    await show(asyncio.gather(hello(), hello()))


asyncio.run(main())
```

`create_task()` and `timeout()` do not even try another loop. They need the running one, and raise at
once, on every Python:

```python bad 3.7-="RuntimeError: no running event loop"
import asyncio


async def hello():
    return "hello"


greeting = asyncio.create_task(hello())  # RUN204


async def main():
    print(await greeting)


asyncio.run(main())
```

```python fixed safe prints="hello"
import asyncio


async def hello():
    return "hello"


async def main():
    greeting = asyncio.create_task(hello())
    print(await greeting)


asyncio.run(main())
```

A task that nobody awaits is lost without a word up to Python 3.13, for nothing runs its loop:

```python bad -3.13="silent: hello" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.sleep(0.01)


asyncio.ensure_future(hello())  # RUN204
asyncio.run(main())
```

Tasks, a `gather` or a `shield` of coroutines that are assigned to a variable, and that no run is seen to
use, are told of because their call fails on Python 3.14.

The same happens to whatever is given to a loop that is made, or taken, before `asyncio.run` makes
its own, and that nobody runs: `loop.create_task`, `call_soon`, `call_later`, `call_at`, `add_reader`
and `add_signal_handler`. No Python says a word of it; where the task is to start a server, that
server never accepts:

```python bad 3.7-="silent: hello"
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.sleep(0.01)


loop = asyncio.new_event_loop()
loop.create_task(hello())  # RUN204
asyncio.run(main())
```

```python good prints="hello"
import asyncio


async def hello():
    print("hello")


async def main():
    task = asyncio.create_task(hello())
    await asyncio.sleep(0.01)
    await task


asyncio.run(main())
```

A coroutine is bound to no loop until it runs, so that making one early is fine:

```python good prints="hello"
import asyncio


async def hello():
    print("hello")


greeting = hello()


async def main():
    task = asyncio.create_task(greeting)
    await asyncio.sleep(0.01)
    await task


asyncio.run(main())
```

A future that goes straight into `asyncio.run` is `RUN101`'s, an object of one's own class that makes one
is `RUN201`'s.

**The fix is safe:** the program could not work before. It is unsafe where the future is a global of
a module that others may import, with the run under a main guard, and where the coroutine only looks at
it. It is refused where other code uses the future, or where code with an effect stands between; the note
says which. When in the coroutine work is to be done that was given to a loop, is for you to say.

See [Awaitables](https://docs.python.org/3/library/asyncio-task.html#awaitables) and
[Futures](https://docs.python.org/3/library/asyncio-future.html).
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.capture import (
    assigned_to,
    build_inside,
    evidence,
    future_held_by,
    is_made_by_constructor,
    may_be_right,
    may_be_run,
    own_events,
    using_run,
)
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import HANGS, R2, R3, R4, V2, V3, by_version
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Fix, Note, Place, Safety
from flake8_asyncrun.core.rule import (
    File,
    Hit,
    Refused,
    Run,
    attempt,
    per_file,
    promising,
    rule,
    runs,
)
from flake8_asyncrun.names.asyncio_table import AT_REST
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.target import Target, Version
from flake8_asyncrun.names.values import (
    UNKNOWN,
    Const,
    Coroutine,
    Effect,
    External,
    Future,
    Kind,
    Loop,
    Made,
    Method,
    Origin,
    Sequence,
    Value,
    kind_of,
)
from flake8_asyncrun.names.variables import Variable

Eras = tuple[tuple[Version, str], ...]

_OBJECTS = (
    "asyncio.StreamReader",
    "asyncio.StreamReaderProtocol",
    "asyncio.as_completed",
    "asyncio.timeout",
)


@dataclass(frozen=True)
class Used:
    """How a run comes to what a call makes."""

    made: cst.Call
    """The call, or the one around it that waits for it."""
    run: Run
    variable: Variable | None


def _possible(glance: Glance) -> bool:
    """Say whether a run is what it is too early for, or the program fails without any."""
    needs = any(event.effect is Effect.NEEDS_RUNNING for event in glance.events)
    return runs(glance) or (needs and glance.facts.is_program)


@rule("RUN204", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.state(call) is not State.NO_LOOP:
        return
    target = file.target_at(call)
    if target is None or may_be_right(call, file):
        return
    yield from _scheduled(call, target, file)
    if not _makes_future(call, file):
        return
    event = _event(call, file)
    if (event is None and file.callee(call) != "asyncio.as_completed") or goes_into_run(call, file):
        return
    if event is not None and is_made_by_constructor(call, event, file):
        return
    used = _used(call, file)
    if used is not None and (_is_refused(used.run, file) or _comes_later(call, used.run, file)):
        return
    happens = _happens(call, event, used, target, file)
    if happens is None:
        return
    fix, notes = attempt(lambda: _fix(call, used, file))
    if event is not None and event.place != file.place(call):
        what = "takes" if event.effect is Effect.CAPTURES else "needs"
        notes = (*evidence(event, file, f"{what} the loop"), *notes)
    runner = "" if used is None else f", before {file.text_of(used.run.call.func)}() makes its own"
    shown = f"{file.text_of(call.func)}() is called while no loop runs{runner}"
    yield Hit(call, f"{shown}: {happens}; call it in an async def", fix, notes)


def _makes_future(call: cst.Call, file: File) -> bool:
    """Say whether a call of asyncio's, or of the file's own, makes what belongs to a loop."""
    value = file.value(call)
    bound = isinstance(value, Future) or (isinstance(value, Made) and value.name in _OBJECTS)
    # What is made elsewhere is told of as RUN201 and RUN202.
    return bound and not file.facts.is_elsewhere(file.value(call.func))


def _event(call: cst.Call, file: File) -> Event | None:
    events = own_events(call, file)
    touching = (Effect.CAPTURES, Effect.NEEDS_RUNNING)
    return next((one for one in events if one.effect in touching and not one.caught), None)


# ---------------------------------------------------------------------- on a loop nobody runs


def _scheduled(call: cst.Call, target: Target, file: File) -> Iterator[Hit]:
    """Yield a hit where a call gives something to do to a loop that certainly nobody runs."""
    method = file.value(call.func)
    if not isinstance(method, Method) or method.name not in _SCHEDULING:
        return
    loop = method.owner
    if not isinstance(loop, Loop):
        return
    run = _run_instead(call, file)
    if run is None or not _is_idle(call, loop, file) or goes_into_run(call, file):
        return
    is_current = loop.origin is Origin.CURRENT
    if is_current and (target.first >= (3, 14) or _is_got_after_run(call, file)):
        # The loop is not to be had: RUN401 and RUN408 tell of that.
        return
    used = _used(call, file)
    if used is not None and _is_refused(used.run, file):
        return
    lost = _what_is_lost(call, file)
    quietly = f"{lost}, and nothing says so" if _is_forgotten(call, file) else lost
    eras: Eras = () if used is None else _by_use(call, used, file)
    eras = eras or (((3, 7), quietly),)
    happens = by_version(target, *eras)
    if is_current and target.last >= (3, 14):
        happens = f"{by_version(Target(target.first, (3, 13)), *eras)} up to Python 3.13"
    runner = f"{file.text_of(run.call.func)}()"
    shown = f"{file.text_of(call.func)}() gives work to a loop that nobody runs"
    message = f"{shown}, for {runner} makes its own: {happens}"
    note = Note("no fix: it is not known when in the coroutine it would be done")
    yield Hit(call, f"{message}; call it in an async def", None, (note,))


_SCHEDULING = {
    "add_reader": "its callback is never called",
    "add_signal_handler": "the signal's handler is never called",
    "add_writer": "its callback is never called",
    "call_at": "its callback is never called",
    "call_later": "its callback is never called",
    "call_soon": "its callback is never called",
    "create_task": "the task never runs",
}
_KEEPING_STILL = {
    *_SCHEDULING,
    *AT_REST,
    *("close", "create_future", "create_server", "create_unix_server", "remove_reader"),
    *("remove_signal_handler", "remove_writer", "set_default_executor", "set_exception_handler"),
    *("set_task_factory", "stop"),
}
"""What of a loop may be used without that anybody runs it."""

_SERVING = {"create_server", "create_unix_server", "start_server", "start_unix_server"}


def _is_forgotten(call: cst.Call, file: File) -> bool:
    """Say whether nobody waits for what a call makes."""
    if not isinstance(file.value(call), Future):
        return True
    variable = assigned_to(call, file)
    if variable is None:
        return isinstance(file.source.parent(call), cst.Expr)
    uses = (one for one in file.names_of(variable) if not file.binds(one, variable))
    return all(isinstance(file.source.parent(one), cst.Attribute) for one in uses)


def _what_is_lost(call: cst.Call, file: File) -> str:
    """Say what never happens where a call's loop is not run."""
    first = call.args[0].value if call.args else None
    if isinstance(first, cst.Call):
        given = file.value(first.func)
        name = given.name if isinstance(given, (External, Method)) else ""
        if name.removeprefix("asyncio.") in _SERVING:
            return "the server never accepts"
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    return _SCHEDULING.get(name, "the task never runs")


def _is_got_after_run(call: cst.Call, file: File) -> bool:
    """Say whether the loop that a call gives work to is asked for after a run, which leaves none."""
    assert isinstance(call.func, cst.Attribute)
    owner = call.func.value
    if isinstance(owner, cst.Call):
        return earlier_run(owner, file) is not None
    variable = file.variable(owner) if isinstance(owner, cst.Name) else None
    got = () if variable is None else _assigned(file).get(variable, ())
    return any(earlier_run(one, file) is not None for one in got)


@per_file
def _assigned(file: File) -> dict[Variable, list[cst.Call]]:
    """Return the calls whose values are assigned to variables, by these."""
    found: dict[Variable, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        variable = assigned_to(call, file)
        if variable is not None:
            found[variable].append(call)
    return found


def _run_instead(call: cst.Call, file: File) -> Run | None:
    """Return the first run that comes after a call in its function."""
    runs = _fresh_runs(file).get(file.enclosing_function(call), [])
    at = bisect.bisect_left(runs, file.span(call).end, key=lambda run: file.span(run.call).start)
    return runs[at] if at < len(runs) else None


@per_file
def _fresh_runs(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, list[Run]]:
    """Return the runs to whose loops nothing can be bound before, by their functions, in order."""
    found: dict[cst.FunctionDef | cst.Lambda | None, list[Run]] = defaultdict(list)
    for run in file.fresh_runs:
        found[file.enclosing_function(run.call)].append(run)
    return found


def _is_idle(call: cst.Call, loop: Loop, file: File) -> bool:
    """Say whether a loop is certainly run by nobody: it is held by one variable, and that is used
    for nothing else than to give it work."""
    if file.says(*_RUNS_ANY_LOOP):
        return False
    assert isinstance(call.func, cst.Attribute)
    name = call.func.value
    if isinstance(name, cst.Name):
        variable = file.variable(name)
        if variable is None or not variable.is_bound_once:
            return False
        if file.enclosing_function(call) is None and not _is_program(file):
            return False
        if file.facts.variables.may_be_quoted(variable):
            return False
        uses = [one for one in file.names_of(variable) if not file.binds(one, variable)]
        if not all(_keeps_still(use, file) for use in uses):
            return False
    elif not isinstance(name, cst.Call):
        return False
    # The current loop may be run by what is called elsewhere.
    return loop.origin is Origin.NEW or (
        loop.origin is Origin.CURRENT and not _calls_elsewhere(call, file)
    )


_RUNS_ANY_LOOP = ("run_until_complete", "run_forever", "set_event_loop", "_run_once", "__dict__")


def _keeps_still(name: cst.Name, file: File) -> bool:
    attribute = file.source.parent(name)
    return (
        isinstance(attribute, cst.Attribute)
        and attribute.value is name
        and attribute.attr.value in _KEEPING_STILL
        and isinstance(file.source.parent(attribute), (cst.Call, cst.Arg))
    )


def _calls_elsewhere(call: cst.Call, file: File) -> bool:
    """Say whether a call's function goes on to call what is not known, or is of another file."""
    last = _last_elsewhere(file).get(file.enclosing_function(call))
    return last is not None and last > file.span(call).end


@per_file
def _last_elsewhere(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, int]:
    """Return where the last call of each function ends of what is not known, or elsewhere."""
    found: dict[cst.FunctionDef | cst.Lambda | None, int] = {}
    for call in file.calls():
        value = file.value(call.func)
        if value is UNKNOWN or file.facts.is_elsewhere(value):
            function, end = file.enclosing_function(call), file.span(call).end
            found[function] = max(end, found.get(function, end))
    return found


# ---------------------------------------------------------------------- who uses it


def _used(call: cst.Call, file: File) -> Used | None:
    """Return the first run that uses what a call makes, itself or in another that waits for it."""
    for made in (call, *_waiting_for(call, file)):
        found = using_run(made, file)
        if found is not None:
            return Used(made, *found)
    return _awaited_in_attribute(call, file)


def _awaited_in_attribute(call: cst.Call, file: File) -> Used | None:
    """Return the first run that awaits what a call puts into an attribute of a variable."""
    statement = file.source.parent(call)
    match statement:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name() as owner, attr=attr))]
        ):
            variable = file.variable(owner)
        case _:
            return None
    for name in () if variable is None else file.names_of(variable):
        attribute = file.source.parent(name)
        function = file.enclosing_function(name)
        if (
            isinstance(attribute, cst.Attribute)
            and attribute.attr.value == attr.value
            and isinstance(file.source.parent(attribute), cst.Await)
            and isinstance(function, cst.FunctionDef)
        ):
            value = file.value(attribute)
            if not isinstance(value, Future) or value.made_at != file.place(call):
                continue
            line = file.place(function).line
            for run in file.fresh_runs:
                if not file.in_coroutine(run.call) and line in file.reached_by(run.argument):
                    return Used(call, run, None)
    return None


def _waiting_for(node: cst.BaseExpression, file: File) -> Iterator[cst.Call]:
    """Yield the calls that are given a node, alone or in a display, and give what waits for it."""
    child: cst.CSTNode = node
    for parent in file.parents(node):
        if isinstance(parent, cst.Call):
            value = file.value(parent)
            waits = isinstance(value, (Future, Coroutine))
            if not waits and not (isinstance(value, Made) and value.name in _OBJECTS):
                return
            yield parent
        elif isinstance(parent, cst.BaseSimpleComp):
            if child is not parent.elt:
                return
        elif not isinstance(parent, (cst.Arg, cst.BaseElement, cst.List, cst.Tuple, cst.Set)):
            return
        child = parent


def goes_into_run(call: cst.Call, file: File) -> bool:
    """Say whether a future is what a run is given, which is the graver fault."""
    refused = _refused_arguments(file)
    span = file.span(call)
    last = bisect.bisect_right(refused.starts, span.start)
    is_inside = last > 0 and span.end <= refused.ends[last - 1]
    return is_inside or file.place(call) in refused.made_at


@dataclass(frozen=True)
class _Arguments:
    """Those of the runs of a file, in order."""

    starts: list[int]
    ends: list[int]
    """The furthest end of an argument and of those before it."""
    made_at: set[Place]
    """Where those were made that are futures."""


@per_file
def _refused_arguments(file: File) -> _Arguments:
    """Return what runs are given that is a future, or waits for one."""
    given = [run.argument for run in file.runs if _is_refused(run, file)]
    spans = sorted(map(file.span, given))
    values = map(file.value, given)
    return _Arguments(
        [span.start for span in spans],
        [*itertools.accumulate((span.end for span in spans), max)],
        {value.made_at for value in values if isinstance(value, Future)},
    )


def _is_refused(run: Run, file: File) -> bool:
    """Say whether a run is given a future, or what waits for one: RUN101 tells of that."""
    return file.kind(run.argument) is Kind.FUTURE or (
        future_held_by(file.value(run.argument)) is not None
    )


def _comes_later(call: cst.Call, run: Run, file: File) -> bool:
    """Say whether a call is reached only after a run."""
    same = file.enclosing_function(call) is file.enclosing_function(run.call)
    return same and file.span(run.call).end <= file.span(call).start


# ---------------------------------------------------------------------- what happens


def _happens(
    call: cst.Call, event: Event | None, used: Used | None, target: Target, file: File
) -> str | None:
    """Return the error, None where there may be none on any Python of the target."""
    if event is None:
        # as_completed() asks for a loop when it is called from 3.14 on, before when it is read.
        eras: Eras = (((3, 14), R3 if _sets_loop(file) else R2),)
        return None if used is None or target.last < (3, 14) else by_version(target, *eras)
    if event.effect is Effect.CAPTURES and not event.set and _comes_after_run(call, file):
        # A run leaves no loop behind.
        return None if used is None else R2
    if event.effect is Effect.NEEDS_RUNNING:
        return None if used is None and not _is_program(file) else event.error or R3
    if may_be_run(event, file):
        return None
    if used is None:
        if not _is_followed_by_run(call, file):
            return None
        eras = ()
        if isinstance(file.source.parent(call), cst.Expr):
            eras = (((3, 7), f"{_what_is_lost(call, file)}, and nothing says so"),)
    else:
        eras = _by_use(call, used, file)
    if not event.set:
        eras = (*(one for one in eras if one[0] < (3, 14)), ((3, 14), R2))
    if not any(since <= target.last for since, _ in eras):
        return None
    return by_version(target, *eras)


@per_file
def _sets_loop(file: File) -> bool:
    return any(file.callee(one) == "asyncio.set_event_loop" for one in file.calls())


def _comes_after_run(call: cst.Call, file: File) -> bool:
    """Say whether a run certainly comes before a call, in its block or in one around that."""
    start = file.span(call).start
    ends = _first_runs(file)
    return any(ends.get(parent, start + 1) <= start for parent in file.parents(call))


@per_file
def _first_runs(file: File) -> dict[cst.CSTNode | None, int]:
    """Return where the first run ends that stands in a simple statement of a block."""
    found: dict[cst.CSTNode | None, int] = {}
    for run in file.runs:
        statement = next(
            one for one in file.parents(run.call) if isinstance(one, cst.BaseStatement)
        )
        if isinstance(statement, cst.SimpleStatementLine):
            block, end = file.source.parent(statement), file.span(run.call).end
            found[block] = min(end, found.get(block, end))
    return found


@per_file
def _is_program(file: File) -> bool:
    runs_here = any(file.enclosing_function(run.call) is None for run in file.runs)
    return file.facts.is_program or runs_here


_TAKING = ("asyncio.ensure_future", "asyncio.gather", "asyncio.shield")
_RUNS_A_LOOP = ("run_until_complete", "run_forever", "set_event_loop")


@per_file
def _asks_for_loop(file: File) -> bool:
    """Say whether somebody may ask for the current loop; in a coroutine that is the running one."""
    name = "get_event_loop"
    asked = (one for one in file.calls() if file.callee(one) == f"asyncio.{name}")
    named = file.facts.variables.called(name)
    known = sum(map(file.in_coroutine, asked)) + sum(one.times_bound for one in named)
    return file.source.text.count(name) > known


def _is_followed_by_run(call: cst.Call, file: File) -> bool:
    """Say whether a statement makes a task for its own sake, or assigns futures that are not seen
    to be used, before a run, on a loop that nobody runs."""
    statement = file.source.parent(call)
    if isinstance(statement, cst.Expr):
        if file.callee(call) != "asyncio.ensure_future":
            return False
    elif file.callee(call) not in _TAKING or not _is_assigned(call, file):
        return False
    elif not all(_is_of_coroutines(one.value, file) for one in call.args if one.keyword is None):
        # A future has its loop already.
        return False
    if file.says(*_RUNS_A_LOOP) or _asks_for_loop(file):
        return False
    last = _last_fresh_runs(file).get(file.enclosing_function(call))
    return last is not None and file.span(call).end <= last


@per_file
def _last_fresh_runs(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, int]:
    """Return where the last run of each function begins, to whose loop nothing can be bound."""
    found: dict[cst.FunctionDef | cst.Lambda | None, int] = {}
    for run in file.fresh_runs:
        function, start = file.enclosing_function(run.call), file.span(run.call).start
        found[function] = max(start, found.get(function, start))
    return found


def _is_assigned(call: cst.Call, file: File) -> bool:
    """Say whether what a call gives is assigned to a variable, alone or in a list."""
    for holder in file.parents(call):
        if isinstance(holder, cst.Assign):
            return all(isinstance(one.target, cst.Name) for one in holder.targets)
        if isinstance(holder, cst.AnnAssign):
            return isinstance(holder.target, cst.Name)
        if not isinstance(holder, (cst.ListComp, cst.List, cst.Element)):
            return False
    return False


def _is_of_coroutines(node: cst.BaseExpression, file: File) -> bool:
    """Say whether an argument is a coroutine, or lists some."""
    if isinstance(node, (cst.GeneratorExp, cst.ListComp)):
        return file.kind(node.elt) is Kind.COROUTINE
    if isinstance(node, (cst.List, cst.Tuple)):
        return all(file.kind(one.value) is Kind.COROUTINE for one in node.elements)
    return file.kind(node) is Kind.COROUTINE


def _by_use(call: cst.Call, used: Used, file: File) -> Eras:
    """Return what happens where a loop is to be had, by how the future is waited for."""
    if file.callee(call) == "asyncio.gather" and not any(not one.keyword for one in call.args):
        # It is done before anybody awaits it.
        return ()
    if used.made is not call and file.callee(used.made) != "asyncio.gather":
        return _by_callee(used.made, file)
    if used.variable is None:
        # A gather() beside it takes the same loop.
        return (((3, 7), R4),)
    names = [name for name in file.names_of(used.variable) if not file.binds(name, used.variable)]
    if _is_only_looked_at(call, used, file):
        return ()
    for name in names:
        outer = next(_waiting_for(name, file), None)
        if outer is not None and file.in_coroutine(outer):
            return _by_callee(outer, file)
    return (((3, 7), R4),)


def _is_only_looked_at(call: cst.Call, used: Used, file: File) -> bool:
    """Say whether nothing but attributes of a future are used, which may all work."""
    if used.variable is None or assigned_to(call, file) is not used.variable:
        return False
    if not isinstance(file.facts.value_of(used.variable), Future):
        return False
    return all(
        isinstance(file.source.parent(name), cst.Attribute)
        for name in file.names_of(used.variable)
        if not file.binds(name, used.variable)
    )


def _by_callee(outer: cst.Call, file: File) -> Eras:
    match file.callee(outer):
        case "asyncio.wait":
            limited = any(one.keyword and one.keyword.value == "timeout" for one in outer.args)
            later = "it is never done" if limited else HANGS
            return (((3, 7), V2), ((3, 8), V3), ((3, 11), later))
        case "asyncio.wait_for":
            timeout = _timeout(outer, file)
            if timeout == Const(None):
                return (((3, 7), R4),)
            later = HANGS if timeout == Const(0) else R4
            return (((3, 7), V2), ((3, 8), V3), ((3, 12), later))
        case "asyncio.as_completed":
            return (((3, 7), V2), ((3, 8), V3))
        case "asyncio.gather":
            # Up to Python 3.13 it takes the loop of its first argument, from then on the running.
            if _begins_on_running_loop(outer, file):
                return (((3, 7), V2), ((3, 8), V3))
            return (((3, 7), R4), ((3, 14), V3))
    return (((3, 7), R4),)


def _timeout(call: cst.Call, file: File) -> Value:
    """Return the second argument of a call of `wait_for`."""
    for index, one in enumerate(call.args):
        if (one.keyword.value if one.keyword else "timeout" if index == 1 else "") == "timeout":
            return UNKNOWN if one.star else file.value(one.value)
    return UNKNOWN


def _begins_on_running_loop(gather: cst.Call, file: File) -> bool:
    """Say whether the first of what a `gather` in a coroutine waits for is of the running loop."""
    first = file.value(gather.args[0].value) if gather.args else UNKNOWN
    if gather.args and gather.args[0].star:
        first = first.items[0] if isinstance(first, Sequence) and first.items else UNKNOWN
    return kind_of(first) is Kind.COROUTINE or (
        isinstance(first, Future) and first.origin is Origin.RUNNING
    )


# ---------------------------------------------------------------------- the fix


def _fix(call: cst.Call, used: Used | None, file: File) -> Fix:
    if used is None:
        raise Refused("no coroutine that uses it is to be found")
    fix = build_inside(used.made, used.run, used.variable, file)
    looked_at = _is_only_looked_at(call, used, file)
    return promising(Safety.UNSAFE, fix) if looked_at else fix
