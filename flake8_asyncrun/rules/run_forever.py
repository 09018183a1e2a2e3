"""`get_event_loop()` and `run_forever()` where no loop runs: the way before `asyncio.run`.

Up to Python 3.11 `asyncio.get_event_loop()` makes a loop where there is none, 3.12 and 3.13 warn
about it, and from Python 3.14 on it ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def serve():
    print("serving")
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().stop()


loop = asyncio.get_event_loop()  # RUN404
loop.create_task(serve())
loop.run_forever()
loop.close()
```

```python fixed unsafe
import asyncio


async def serve():
    print("serving")
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().stop()


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.create_task(serve())
loop.run_forever()
loop.close()
```

Who stops this loop is none of its block's business, so that all the fix can do is to make a loop
where there is none, a stop-gap; a note says what is in the way of `asyncio.run`.

What runs until it is done, `asyncio.run` runs. What was given to the loop before is done in the
coroutine, where `asyncio.get_running_loop()` is that loop. That is for you to write:

```python good
import asyncio


async def serve():
    print("serving")
    await asyncio.sleep(0.01)


async def main():
    await asyncio.create_task(serve())


asyncio.run(main())
```

What really runs until it is told to stop waits for an event, which a signal's handler, say, sets in
the place of `loop.stop()`:

```python good
import asyncio


async def serve(stop):
    print("serving")
    stop.set()


async def main():
    stop = asyncio.Event()
    task = asyncio.create_task(serve(stop))
    await stop.wait()
    await task


asyncio.run(main())
```

That much the fix can do by itself where the block itself shows what the loop is given, and what stops it:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio
import os
import signal


async def serve():
    print("serving")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    loop = asyncio.get_event_loop()  # RUN404
    loop.add_signal_handler(signal.SIGTERM, loop.stop)
    loop.create_task(serve())
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        print("bye")
    finally:
        loop.close()
```

```python fixed unsafe prints="serving"
import asyncio
import os
import signal


async def serve():
    print("serving")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":

    async def main():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.create_task(serve())
        await stop.wait()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("bye")
```

A loop that the program made itself runs on every Python:

```python good
import asyncio


async def serve():
    print("serving")
    asyncio.get_running_loop().stop()


loop = asyncio.new_event_loop()
task = loop.create_task(serve())
loop.run_forever()
loop.close()
```

**The fix is unsafe:** tasks that are left when the loop is stopped are cancelled and waited for,
where `run_forever()` forgot them, and async generators are closed. What the block gives to the loop moves, and
what stands in between; the event is set where `loop.stop` was called, and an `except KeyboardInterrupt` stays
as it is. It is refused where something else may stop the loop, give it something
to do, or ask for it when it has run, where what would move binds what a function reads, and where the tasks
that are left are looked for. Where the code need not run on Python 3.10 (the setting
`target-version`), `with asyncio.Runner() as runner:` then goes around all that is done with the loop, which
is `runner.get_loop()`, unless the loop may be used afterwards. What is left makes a loop where there is none, asking first
whether there is one unless it is certain that there cannot be, and a note says why that is not `asyncio.run()`. No fix
is there in a class body, a lambda or a comprehension, and where a condition decides whether the loop is got.
RUN403 has the word, and the like fix, where the loop runs a coroutine as well. None is there either for code
that another file of the project names, if that file gets or sets loops itself.

See [What's new in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#asyncio).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_asyncrun.core.apart import attempt_apart
from flake8_asyncrun.core.by_hand import (
    asyncio_in,
    called_on,
    is_open_book,
    method_call,
    puts_away,
    with_own_loop,
)
from flake8_asyncrun.core.capture import assigned_to, is_in_a_branch, takes_current_loop
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2, by_version
from flake8_asyncrun.core.glance import where_reached
from flake8_asyncrun.core.later import check_no_other
from flake8_asyncrun.core.loop_calls import check_stopped_by, is_called_by_loop
from flake8_asyncrun.core.model import Edit, Fix, Note, Safety, Span
from flake8_asyncrun.core.own_loop import own_loop
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt_in_turn, per_file, rule
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import (
    Endless,
    Spot,
    check_unnamed,
    into_waiting_main,
    moving_with,
    spot_of,
)
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import (
    Coroutine,
    Effect,
    Loop,
    Origin,
    loops_in,
)
from flake8_asyncrun.names.variables import Variable
from flake8_asyncrun.rules.run_until_complete import (
    in_runner,
    line_of,
    runs_on,
    runs_once,
    together,
    try_holding,
    without_finally,
)


@rule("RUN404", on=cst.Call, fix=Safety.UNSAFE, possible=where_reached("asyncio.get_event_loop"))
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    event = takes_current_loop(call, file)
    target = None if event is None else file.target_at(call)
    if event is None or target is None or target.last < (3, 14):
        return
    if is_in_a_branch(call, event, file):
        return
    runs = called_on(call, "run_forever", file)
    if not runs or runs_on(call, file) or earlier_run(call, file) is not None:
        return
    happens = by_version(target, ((3, 14), R2))
    cure = "await what it is for in asyncio.run()"
    message = f"{file.text_of(call.func)}() where no loop runs: {happens}; {cure}"
    where = (Note("the loop runs here", file.place(runs[0])),)
    fix, notes = attempt_apart(call, file, _attempt)
    yield Hit(
        call, message, fix, (*(where if file.place(call) != file.place(runs[0]) else ()), *notes)
    )


def _attempt(call: cst.Call, file: File) -> tuple[Fix | None, tuple[Note, ...]]:
    """Return the fix, and why it is only a last resort; or why there is none."""
    runs = called_on(call, "run_forever", file)
    forms = [lambda: _fix(call, runs, file), lambda: _together(call, runs[0], file)]
    runner = with_own_loop(lambda: in_runner(call, file), call, file)
    otherwise = [runner, lambda: own_loop(call, file)]
    return attempt_in_turn([with_own_loop(form, call, file) for form in forms], otherwise)


# ---------------------------------------------------------------------- the fix


def _fix(call: cst.Call, runs: Sequence[cst.Call], file: File) -> Fix:
    run = runs[0]
    if (taken := file.facts.taken_elsewhere) is not None:
        raise Refused(f"`{taken}` takes the current loop, too, while it is imported")
    if len(runs) > 1 or not runs_once(run, file):
        raise Refused("the loop may run more than once")
    module = asyncio_in(call, file)
    if not isinstance(file.source.parent(run), cst.Expr):
        raise Refused("what run_forever() returns is used")
    get, spot = spot_of(file, call), spot_of(file, run)
    holder = None if get.block is spot.block else try_holding(spot, get, file)
    at = spot if holder is None else spot_of(file, holder)
    if holder is not None:
        _check_handlers(holder, file)
    variable = assigned_to(call, file)
    gone: list[cst.SimpleStatementLine] = []
    if variable is not None:
        gone = _going(call, variable, run, at, holder, file)
    earlier = [one for one in (*at.before, *(spot.before if holder else ())) if one not in gone]
    needed = [one for one in earlier if _is_for_loop(one, variable, call, file)]
    if not needed:
        raise Refused("what the loop is given to do is not to be seen here")
    moving = moving_with(file, needed, earlier, [*gone, run])
    stops = _check_uses(variable, moving, run, gone, file)
    _check_callees(run, [file.span(one) for one in gone], file)
    check_stopped_by(stops, file)
    for statement in moving:
        _check_coroutines(statement, file)
    loop = "" if variable is None else variable.name
    emptied, taken_apart = without_finally(holder, gone, None, file)
    gone = [one for one in gone if one not in emptied]
    fix = into_waiting_main(file, Endless(run, at, moving, gone, module, loop, stops))
    changes = [*fix.edits, *(one for one in taken_apart if not _is_within(one, fix.edits))]
    check_no_other(call, changes, file)
    return Fix(fix.title, tuple(changes), fix.safety, claims=fix.claims)


def _together(call: cst.Call, run: cst.Call, file: File) -> Fix:
    """Return the fix where more moves than into_waiting_main() takes. Raises Refused."""
    fix = together(call, file)
    _check_callees(run, [one.span for one in fix.edits], file)
    return fix


def _is_within(edit: Edit, others: Sequence[Edit]) -> bool:
    span = edit.span
    return any(one.span.start <= span.start and span.end <= one.span.end for one in others)


def _check_handlers(holder: cst.Try, file: File) -> None:
    for handler in holder.handlers:
        caught = "" if handler.type is None else file.source.text_of(handler.type)
        if caught not in ("KeyboardInterrupt", "(KeyboardInterrupt, SystemExit)"):
            raise Refused("its `except` would catch errors of what moves, too")


def _going(
    call: cst.Call,
    variable: Variable,
    run: cst.Call,
    at: Spot,
    holder: cst.Try | None,
    file: File,
) -> list[cst.SimpleStatementLine]:
    """Return the statements that get the loop and that close it."""
    if not variable.is_bound_once:
        raise Refused(f"`{variable.name}` is bound more than once")
    check_unnamed(file, variable)
    gone = [line_of(call, file)]
    final = holder.finalbody.body if holder is not None and holder.finalbody else None
    for name in file.names_of(variable):
        use = method_call(name, file)
        if use is not None and puts_away(use, file):
            statement = line_of(use, file)
            after = file.span(use).start > file.span(run).end
            if not after or file.source.parent(statement) not in (at.block, final):
                line = file.place(use).line
                raise Refused(f"`{variable.name}` is put away in line {line}, in another block")
            gone.append(statement)
    return gone


def _is_for_loop(
    statement: cst.BaseStatement, variable: Variable | None, call: cst.Call, file: File
) -> bool:
    """Say whether a statement gives something to the loop, or takes it."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return False
    for node in descend(statement):
        if isinstance(node, cst.Name) and variable and file.variable(node) is variable:
            return True
        seen = file.seen(node) if isinstance(node, cst.Call) and node is not call else None
        if seen is not None and any(one.effect is not Effect.HANDLES for one in seen.events):
            return True
    return False


_GIVING = {
    *("add_reader", "add_signal_handler", "add_writer", "call_at", "call_later", "call_soon"),
    *("create_future", "create_task", "set_debug", "set_exception_handler", "time"),
}


def _check_uses(
    variable: Variable | None,
    moving: Sequence[cst.BaseStatement],
    run: cst.Call,
    gone: Sequence[cst.BaseStatement],
    file: File,
) -> list[cst.Attribute]:
    """Return where the loop's `stop` is named. Raises Refused where the loop is used otherwise than
    to give it something to do."""
    stops: list[cst.Attribute] = []
    for name in () if variable is None else file.names_of(variable):
        holders = list(file.parents(name))
        if any(one in gone for one in holders) or run in holders:
            continue
        used = Refused(f"`{name.value}` is used for more in line {file.place(name).line}")
        attribute, outer = holders[0], holders[1]
        if isinstance(attribute, cst.Arg):
            takes = isinstance(outer, cst.Call) and file.callee(outer) == "asyncio.ensure_future"
            if not (takes and attribute.keyword and attribute.keyword.value == "loop"):
                raise used
        elif not isinstance(attribute, cst.Attribute) or attribute.value is not name:
            raise used
        elif attribute.attr.value == "stop":
            if not is_called_by_loop(attribute, file):
                raise used
            stops.append(attribute)
        elif not (
            attribute.attr.value in _GIVING
            and isinstance(outer, cst.Call)
            and outer.func is attribute
        ):
            raise used
        if not any(one in moving for one in holders):
            raise used
    return stops


def _check_callees(run: cst.Call, gone: Sequence[Span], file: File) -> None:
    """Refuse where the loop may be given something to do that is not to be seen; what is in `gone`
    is no matter."""
    function = file.enclosing_function(run)
    at_most = file.span(run).start
    doubtful = _doubtful_calls(file)
    inside = (
        *doubtful.get(function, ()),
        *(doubtful.get(None, ()) if function is not None else ()),
    )
    for call in sorted(inside, key=lambda one: file.span(one).start):
        if call is run or file.span(call).start > at_most:
            continue
        span = file.span(call)
        if any(one.start <= span.start and span.end <= one.end for one in gone):
            continue
        line = file.place(call).line
        if _may_do_anything(call, file):
            raise Refused(f"`{file.text_of(call.func)}()` in line {line} may do more with the loop")
        raise Refused(f"line {line} runs or closes a loop, or looks at one")


@per_file
def _doubtful_calls(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]]:
    """Return the calls that may do something to a loop that does not run, by their functions."""
    found: dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        seen = file.seen(call)
        if seen is None or seen.state is not State.NO_LOOP:
            continue
        if seen.handles_loop or _may_do_anything(call, file):
            found[file.enclosing_function(call)].append(call)
    return found


def _may_do_anything(call: cst.Call, file: File) -> bool:
    callee = file.value(call.func)
    return not is_open_book(callee) or file.facts.is_elsewhere(callee)


def _check_coroutines(statement: cst.BaseStatement, file: File) -> None:
    """Refuse where a coroutine that moves comes to what stays bound to the loop before."""
    for node in descend(statement):
        if not isinstance(node, cst.Call) or not isinstance(file.value(node), Coroutine):
            continue
        for variable in file.used_by(node):
            value = file.facts.value_of(variable)
            if value is not None and any(part.origin is not Origin.NEW for part in loops_in(value)):
                raise Refused(f"`{variable.name}` is bound to the loop that would be gone")
        for value in file.values_used_by(node):
            if isinstance(value, Loop) and value.origin is Origin.CURRENT:
                raise Refused("a coroutine uses the loop that would be gone")
            if held := file.facts.loop_held_outside(value):
                raise Refused(f"`{held}` is bound to the loop that would be gone")
