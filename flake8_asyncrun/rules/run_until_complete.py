"""`get_event_loop()` and `run_until_complete()` where no loop runs: the way before `asyncio.run`.

Up to Python 3.11 `asyncio.get_event_loop()` makes a loop where there is none, 3.12 and 3.13 warn
about it, and from Python 3.14 on it ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def main():
    print("hello")


loop = asyncio.get_event_loop()  # RUN403
loop.run_until_complete(main())
loop.close()
```

After an `asyncio.run()`, which leaves no loop, it ends so on every Python.

`asyncio.run` makes the loop, runs the coroutine and cleans up after it:

```python fixed safe
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

A future, or a client that takes the loop when it is built, moves into the coroutine with it, and
`set_debug` becomes an argument:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def connect(self):
        await self.loop.run_in_executor(None, print, "connected")

    def start(self):
        return asyncio.ensure_future(self.connect(), loop=self.loop)


client = Client()
loop = asyncio.get_event_loop()  # RUN403
loop.set_debug(True)
try:
    loop.run_until_complete(client.start())
finally:
    loop.close()
```

```python fixed safe
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def connect(self):
        await self.loop.run_in_executor(None, print, "connected")

    def start(self):
        return asyncio.ensure_future(self.connect(), loop=self.loop)


async def main():
    client = Client()
    await client.start()


asyncio.run(main(), debug=True)
```

A task that was given to this loop would never run on the one that `asyncio.run` makes. So all that the
loop is given, and whatever else it runs, moves into one coroutine, in order, also in a function that has the
loop from its module; `asyncio.get_running_loop()` is that loop there, and in coroutines that name it:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def tick():
    print("tick")


async def load(loop):
    return await loop.run_in_executor(None, len, "four")


loop = asyncio.get_event_loop()  # RUN403
task = loop.create_task(tick())
size = loop.run_until_complete(load(loop))
print("loaded", size)
loop.run_until_complete(task)
loop.close()
```

```python fixed unsafe prints="loaded 4"
import asyncio


async def tick():
    print("tick")


async def load(loop):
    return await loop.run_in_executor(None, len, "four")


async def main():
    loop = asyncio.get_running_loop()
    task = loop.create_task(tick())
    size = await load(loop)
    print("loaded", size)
    await task


asyncio.run(main())
```

An `except KeyboardInterrupt` stays around the run, as Ctrl-C gets there; what is done with the loop in the
end, in a `finally` or behind the `try`, is done in a `finally` of the coroutine. `run_forever()` becomes an
event that is waited for, and `loop.stop` what sets it:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def answer(reader, writer):
    writer.write(await reader.readexactly(5))
    writer.close()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    print(await reader.readexactly(5))
    writer.close()


if __name__ == "__main__":
    loop = asyncio.get_event_loop()  # RUN403
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    task = loop.create_task(ask(server.sockets[0].getsockname()[1]))
    task.add_done_callback(lambda done: loop.stop())
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        print("bye")

    # Until the last one has hung up.
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.close()
```

```python fixed unsafe prints="hello"
import asyncio


async def answer(reader, writer):
    writer.write(await reader.readexactly(5))
    writer.close()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    print(await reader.readexactly(5))
    writer.close()


if __name__ == "__main__":

    async def main():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        task = loop.create_task(ask(server.sockets[0].getsockname()[1]))
        task.add_done_callback(lambda done: stop.set())
        try:
            await stop.wait()
        finally:
            # Until the last one has hung up.
            server.close()
            await server.wait_closed()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("bye")
```

Several runs of one loop are not several times `asyncio.run`, which cancels what is left of one run
before the next. Where the code need not run on Python 3.10 (the setting `target-version`), one
`asyncio.Runner` has them all, with what stands between them; for older Pythons they move into one
coroutine, as above, if no function reads what is bound between them:

```python bad target=3.11 -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def fetch(number):
    return number * 10


def report():
    print("so far", total)


loop = asyncio.get_event_loop()  # RUN403
total = loop.run_until_complete(fetch(1))
report()
total += loop.run_until_complete(fetch(2))
report()
loop.close()
```

```python fixed unsafe 3.7-3.10="AttributeError: module 'asyncio' has no attribute 'Runner'"
import asyncio


async def fetch(number):
    return number * 10


def report():
    print("so far", total)


with asyncio.Runner() as runner:
    total = runner.run(fetch(1))
    report()
    total += runner.run(fetch(2))
    report()
```

What `asyncio.run` does by itself at the end, cancelling the tasks that are left and waiting for them, is
for you to delete where it is done by hand. Until then a loop is made where there is none, and the rest
stays as it is. That is a stop-gap, and a note says why it is no `asyncio.run`:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


async def main():
    print("hello")


loop = asyncio.get_event_loop()  # RUN403
try:
    loop.run_until_complete(main())
except KeyboardInterrupt:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
```

```python fixed unsafe
import asyncio


async def main():
    print("hello")


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
try:
    loop.run_until_complete(main())
except KeyboardInterrupt:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
```

That is all that can be done, too, where something may ask for the current loop after the run, when there
is none:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio
import atexit


async def main():
    print("hello")


async def goodbye():
    print("goodbye")


def finish():
    asyncio.get_event_loop().run_until_complete(goodbye())


atexit.register(finish)
loop = asyncio.get_event_loop()  # RUN403
loop.run_until_complete(main())
```

```python fixed unsafe
import asyncio
import atexit


async def main():
    print("hello")


async def goodbye():
    print("goodbye")


def finish():
    asyncio.get_event_loop().run_until_complete(goodbye())


atexit.register(finish)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main())
```

Where it is not certain that no loop was made before, by another module or an earlier call, say, the
loop is still asked for, and made only if there is none:

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio

loop = asyncio.get_event_loop()  # RUN403


async def fetch(name):
    print(name)


def run(name):
    loop.run_until_complete(fetch(name))


run("one")
run("two")
```

```python fixed unsafe 3.12-3.13="warns DeprecationWarning: There is no current event loop"
import asyncio

try:
    loop = asyncio.get_event_loop()
except RuntimeError:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)


async def fetch(name):
    print(name)


def run(name):
    loop.run_until_complete(fetch(name))


run("one")
run("two")
```

A loop that the program made itself runs a coroutine on every Python, and whoever asks for the
current loop and is ready for the answer that there is none is fine too:

```python good 3.12-3.13="warns DeprecationWarning: There is no current event loop"
import asyncio


async def main():
    print("hello")


try:
    loop = asyncio.get_event_loop()
except RuntimeError:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
loop.run_until_complete(main())
loop.close()

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
```

**The fix is safe** where one coroutine is run and nothing that the coroutine uses can be bound to the
old loop; otherwise it is unsafe, or refused with the reason as a note. It takes `loop` away. Who else reads
a global of a module cannot be seen from there. Where the run is at the module's own level, importing it
would run the program, so that it is taken for a script, and the fix is safe; it is unsafe where the module
belongs to a package, or defines something after the run, unless the global's name begins with an underscore;
and it is refused where a function declares `loop` global, or the file names it in a text, as for `exec`. What changes at the end of
the run is what one wants of `asyncio.run`: tasks that are left are cancelled, asynchronous generators
are finished, threads of the default executor are waited for (from Python 3.9 on), and Ctrl-C cancels
the coroutine before the caller gets its KeyboardInterrupt.

**It is unsafe** where more than one thing moves into a coroutine, for then they are one task: a coroutine
begins where it is awaited, before tasks that were made above it, so that one which never waits may leave
these to be cancelled before they began; what one sets in a `contextvars.ContextVar` the next one sees;
what was done with the loop behind a `try` is done after an error, too, and when Ctrl-C comes before
`except KeyboardInterrupt` is. Names that are used afterwards are returned. There is no such fix where what would move binds what
a function reads, does something to a loop of which nothing is known, or is an `except` that uses the loop,
and where the loop may run more than once.
With `asyncio.Runner` the same changes at the end of the `with`, and a context variable that one run sets is
seen by the next, which is why it is unsafe. It is refused where something in the file may use the loop after
the runs that the program itself does not close by then.
Where that is refused, too, a loop is made, and the rest stays as it is.
Where statements about the loop share a line, each gets a line of its own with the fix.
No fix is there for code that another file of the project names, by its function or class, if that file gets
or sets loops itself, as a test does: which loop is to run may be chosen there.

To make a loop where there is none is unsafe, though the program does the same on every Python: what
is wrong with running a loop by hand stays so. It is refused where the loop is got after an
`asyncio.run()`, in a class body, a lambda or a comprehension, and where a condition decides whether it is got.

See [What's new in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#asyncio).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.apart import attempt_apart
from flake8_asyncrun.core.by_hand import (
    asyncio_in,
    called_on,
    method_call,
    method_of,
    puts_away,
    with_own_loop,
)
from flake8_asyncrun.core.capture import assigned_to, has_own_policy, takes_current_loop
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2, by_version
from flake8_asyncrun.core.gathered import gives_connection, home_of
from flake8_asyncrun.core.glance import where_reached
from flake8_asyncrun.core.later import check_no_other
from flake8_asyncrun.core.loop_calls import by_hand, is_once
from flake8_asyncrun.core.model import Edit, Fix, Note, Safety
from flake8_asyncrun.core.own_loop import own_loop
from flake8_asyncrun.core.rule import (
    File,
    Hit,
    Refused,
    attempt_in_turn,
    is_main_guard,
    per_file,
    rule,
)
from flake8_asyncrun.core.runner import with_runner
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.together import into_one_main
from flake8_asyncrun.core.wrap import (
    Spot,
    bound_within,
    check_unnamed,
    into_main,
    is_bound,
    spot_of,
)
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import (
    Class,
    Effect,
    External,
    Function,
    Kind,
    Method,
    Origin,
    is_known,
    loops_in,
)
from flake8_asyncrun.rules import future_in_run, not_awaitable_in_run, uncalled_in_run

_GRAVER = (future_in_run.check, uncalled_in_run.check, not_awaitable_in_run.check)
"""What says that the loop runs nothing, on any Python."""


@rule(
    "RUN403",
    on=cst.Call,
    fix=Safety.UNSAFE,
    may_appear=True,
    possible=where_reached("asyncio.get_event_loop"),
)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.callee(call) != "asyncio.get_event_loop" or file.in_coroutine(call):
        return
    target, seen = file.target_at(call), file.seen(call)
    if target is None or seen is None or seen.state is not State.NO_LOOP:
        return
    # A run leaves no loop behind, on any Python.
    left = takes_current_loop(call, file) is not None and earlier_run(call, file) is not None
    if target.last < (3, 14) and not left:
        return
    captures = [event for event in seen.events if event.effect is Effect.CAPTURES]
    if not captures or captures[0].set or captures[0].caught or file.facts.loop_is_patched:
        return
    if file.facts.replaces_names or file.has_cells or has_own_policy(file):
        return
    if file.expects_error(call, "RuntimeError", "Exception", "BaseException"):
        return
    runs = runs_on(call, file)
    if not runs or any(_runs_nothing(run, file) for run in runs):
        return
    happens = R2 if left else by_version(target, ((3, 14), R2))
    message = f"{file.text_of(call.func)}() where no loop runs: {happens}; use asyncio.run()"
    fix, notes = attempt_apart(call, file, _attempt)
    where = Note("the loop runs here", file.place(runs[0]))
    yield Hit(call, message, fix, (*(() if _same_line(call, runs[0], file) else (where,)), *notes))


@per_file
def _runs_nothing(run: cst.Call, file: File) -> bool:
    return any(True for one in _GRAVER for _ in one.check(run, file))


def _attempt(call: cst.Call, file: File) -> tuple[Fix | None, tuple[Note, ...]]:
    """Return the fix, and why it is only a last resort; or why there is none."""
    runs = runs_on(call, file)
    plain = with_own_loop(partial(_fix, call, runs, file), call, file)
    one_main = with_own_loop(partial(together, call, file), call, file)
    runner = with_own_loop(partial(in_runner, call, file), call, file)
    own: Callable[[], Fix] = partial(own_loop, call, file)
    # One after the other, a Runner's runs are tasks of their own, as they were.
    several = len(runs) > 1 or _is_in_a_loop(runs[0], file)
    forms, otherwise = (
        ([plain, runner, one_main], [own]) if several else ([plain, one_main], [runner, own])
    )
    return attempt_in_turn(forms, otherwise)


def runs_on(call: cst.Call, file: File) -> list[cst.Call]:
    """Return the calls of `run_until_complete` on the loop that `call` gets, in order."""
    runs = [run for run in called_on(call, "run_until_complete", file) if run.args]
    direct = len(runs) == 1 and runs[0].func is file.source.parent(call)
    return [run for run in runs if direct or not puts_away(run, file)]


def _fix(call: cst.Call, runs: Sequence[cst.Call], file: File) -> Fix:
    if len(runs) > 1:
        line = file.place(runs[1]).line
        raise Refused(f"the loop runs more than one thing (line {line}), which may share tasks")
    run = runs[0]
    argument = run.args[0].value
    if len(run.args) != 1 or run.args[0].keyword is not None or run.args[0].star:
        raise Refused("run_until_complete() is not called with one coroutine")
    if gives_connection(argument, file) and not isinstance(file.source.parent(run), cst.Expr):
        raise Refused(f"what `{file.text_of(argument)}` gives needs the loop")
    get, spot = spot_of(file, call), spot_of(file, run)
    holder = None if get.block is spot.block else try_holding(spot, get, file)
    if holder is not None:
        spot = spot_of(file, holder)
    gone: list[cst.SimpleStatementLine] = []
    debug = ""
    if run.func is not file.source.parent(call):
        gone, debug = _rest_of_idiom(call, run, (get, spot), holder, file)
    bound = is_bound(file, argument) or file.kind(argument) is Kind.FUTURE
    if not bound and file.kind(argument) is not Kind.COROUTINE:
        raise Refused(f"it is not known whether `{file.text_of(argument)}` is a coroutine")
    safety = _safety(run, call, file)
    imported, asyncio_run = _asyncio_run(call, file)
    emptied, taken_apart = without_finally(holder, gone, run if bound else None, file)
    gone = [one for one in gone if one not in emptied]
    changes = [edits.replace(file, run.func, asyncio_run), *taken_apart, *imported]
    claims: tuple[str, ...] = ()
    if bound:
        if file.says("all_tasks"):
            raise Refused("a new coroutine would be one more of what all_tasks() gives")
        moved = into_main(
            file,
            run,
            argument,
            lambda text: [edits.only_argument(file, run, f"{text}{debug}")],
            gone=gone,
            at=spot,
        )
        changes += moved.edits
        claims = moved.claims
    else:
        changes += [edits.remove_statement(file, one) for one in gone]
        changes += [edits.insert(file.span(run.args[0]).end, debug)] if debug else []
    check_no_other(call, changes, file)
    if _takes_from_others(spot, changes, file):
        safety = Safety.UNSAFE
    return Fix("Run it with asyncio.run()", tuple(changes), safety, claims)


def together(call: cst.Call, file: File) -> Fix:
    """Return the fix that moves all that the loop of `call` is given and runs into one coroutine.

    Raises Refused with the reason.
    """
    if (taken := file.facts.taken_elsewhere) is not None:
        raise Refused(f"`{taken}` takes the current loop, too, while it is imported")
    if file.says("all_tasks"):
        raise Refused("a new coroutine would be one more of what all_tasks() gives")
    hand = by_hand(call, file)
    home = home_of(file, hand)
    once = is_once(hand.gets[0] if home is None else home.body, file)
    if not once and not any(method_of(one) == "close" for one in hand.away):
        raise Refused("the loop may run more than once, and tasks may live on in between")
    # All that get the loop in one block have the same.
    fix = file.once((into_one_main, *hand.gets), partial(into_one_main, file, hand))
    check_no_other(call, fix.edits, file)
    return fix


def in_runner(call: cst.Call, file: File) -> Fix:
    """Return the fix that does all that is done with the loop of `call` in an `asyncio.Runner`.

    Raises Refused with the reason.
    """
    fix = with_runner(call, file, once=runs_once(call, file))
    check_no_other(call, fix.edits, file)
    return fix


def _rest_of_idiom(
    call: cst.Call, run: cst.Call, spots: tuple[Spot, Spot], holder: cst.Try | None, file: File
) -> tuple[list[cst.SimpleStatementLine], str]:
    """Return the statements that `asyncio.run` makes needless, and its `debug` argument.

    `spots` are where the loop is got and where it runs. Raises Refused where the loop is used for
    anything else.
    """
    get, spot = spots
    variable = assigned_to(call, file)
    assert variable is not None
    if not variable.is_bound_once:
        raise Refused(f"`{variable.name}` is bound more than once")
    check_unnamed(file, variable)
    gone = [line_of(call, file)]
    debug = ""
    for name in file.names_of(variable):
        use = method_call(name, file)
        if use is run or _is_binding(name, call, file) or _is_inside_cleanup(name, file):
            continue
        line = file.place(name).line
        also_used = Refused(f"`{variable.name}` is also used in line {line}")
        if use is None or not (method_of(use) == "set_debug" or puts_away(use, file)):
            raise also_used
        statement = line_of(use, file)
        block = file.source.parent(statement)
        before = file.span(statement) < file.span(run)
        if method_of(use) == "set_debug":
            if block is not get.block or not before or len(use.args) != 1:
                raise also_used
            if not _is_fixed(use.args[0].value, file):
                raise Refused(f"what set_debug() is given in line {line} may change")
            debug = f", debug={file.source.text_of(use.args[0].value)}"
        elif before or block not in (spot.block, _final_block(holder)):
            raise Refused(f"`{variable.name}` is put away in line {line} already")
        gone.append(statement)
    return gone, debug


def _is_fixed(value: cst.BaseExpression, file: File) -> bool:
    """Say whether an expression means the same a few lines further down."""
    if isinstance(value, cst.Name) and value.value not in ("True", "False"):
        variable = file.variable(value)
        return variable is not None and variable.is_bound_once
    return isinstance(value, (cst.Name, cst.Integer))


def _final_block(holder: cst.Try | None) -> cst.CSTNode | None:
    return holder.finalbody.body if holder is not None and holder.finalbody else None


def _is_binding(name: cst.Name, call: cst.Call, file: File) -> bool:
    return file.span(name) < file.span(call) and line_of(call, file) in file.parents(name)


def _is_inside_cleanup(name: cst.Name, file: File) -> bool:
    own = method_call(name, file)
    return any(
        isinstance(parent, cst.Call)
        and parent is not own
        and parent.args
        and puts_away(parent, file)
        for parent in file.parents(name)
    )


def line_of(node: cst.CSTNode, file: File) -> cst.SimpleStatementLine:
    statement = spot_of(file, node).statement
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        raise Refused(f"line {file.place(node).line} holds more than one statement")
    return statement


def try_holding(spot: Spot, get: Spot, file: File) -> cst.Try:
    """Return the `try` … `finally` that the run stands in, beside the statement that gets the loop."""
    holder = file.source.parent(spot.block)
    if isinstance(holder, cst.Try) and holder.body is spot.block and holder in get.after:
        return holder
    raise Refused("the loop runs in another block than the one that gets it")


def _safety(run: cst.Call, get: cst.Call, file: File) -> Safety:
    """Say what a run on a fresh loop promises; refuse where a run would meet the old loop."""
    safety = Safety.SAFE
    if (taken := file.facts.taken_elsewhere) is not None:
        raise Refused(f"`{taken}` takes the current loop, too, while it is imported")
    if not runs_once(run, file) or _asked_for_later(run, get, file):
        safety = Safety.UNSAFE
    if file.says("event_loop_policy", "set_event_loop"):
        safety = Safety.UNSAFE
    coroutine = run.args[0].value
    for name in descend(coroutine):
        known = not isinstance(name, cst.Name) or file.variable(name) is None
        if not known and not is_bound(file, name) and not is_known(file.value(name)):
            safety = Safety.UNSAFE
    for variable in file.used_by(coroutine):
        value = file.facts.value_of(variable)
        if value is None:
            continue
        if any(part.origin is not Origin.NEW for part in loops_in(value)):
            raise Refused(f"`{variable.name}` is bound to the loop that would be gone")
        if not is_known(value):
            safety = Safety.UNSAFE
    for value in file.values_used_by(coroutine):
        held = file.facts.loop_held_outside(value)
        if held:
            raise Refused(f"`{held}` is bound to the loop that would be gone")
        if held is None:
            safety = Safety.UNSAFE
    return safety


def _is_in_a_loop(run: cst.Call, file: File) -> bool:
    """Say whether a statement or a comprehension around a run may repeat it."""
    around = itertools.takewhile(
        lambda one: not isinstance(one, (cst.FunctionDef, cst.Lambda)), file.parents(run)
    )
    return any(isinstance(one, (cst.For, cst.While, cst.BaseComp)) for one in around)


def runs_once(call: cst.Call, file: File, in_function: bool = False) -> bool:
    """Say whether a call is made once at most; else tasks may live on from one to the next."""
    for parent in file.parents(call):
        if isinstance(parent, (cst.For, cst.While, cst.Lambda, cst.BaseComp, cst.ClassDef)):
            return False
        if isinstance(parent, cst.FunctionDef):
            caller = None if in_function or parent.decorators else file.only_call(parent)
            return caller is not None and runs_once(caller, file, in_function=True)
    return True


def _asked_for_later(run: cst.Call, get: cst.Call, file: File) -> bool:
    """Say whether somebody may ask for the current loop after the run, when it is gone."""
    if any(call is not get for call in _asking_anywhere(file)):
        return True
    end = file.span(run).end
    calls = reversed(_unknown_calls(file).get(file.enclosing_function(run), []))
    after = itertools.takewhile(lambda call: file.span(call).start > end, calls)
    return any(call is not get for call in after)


@per_file
def _asking_anywhere(file: File) -> tuple[cst.Call, ...]:
    """Return the calls outside of coroutines that ask for the current loop nobody knows when."""
    return tuple(
        call
        for call in file.calls()
        if file.callee(call) == "asyncio.get_event_loop"
        and file.state(call) is State.UNKNOWN
        and not file.in_coroutine(call)
    )


@per_file
def _unknown_calls(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]]:
    """Return the calls outside of coroutines of which it is not known what they call, by their
    functions, in the order of where they begin."""
    found: dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        callee = file.value(call.func)
        is_unknown = not isinstance(callee, (Function, Class, External, Method)) or (
            isinstance(callee, External) and not callee.known
        )
        if is_unknown and not file.in_coroutine(call):
            found[file.enclosing_function(call)].append(call)
    for calls in found.values():
        calls.sort(key=lambda call: file.span(call).start)
    return found


def _takes_from_others(spot: Spot, changes: Sequence[Edit], file: File) -> bool:
    """Say whether `changes` take a global away that other files may well read.

    A module that runs its program while it is imported has nothing for others, unless it belongs to
    a package, or goes on to define things after `spot`, where the loop runs.
    """
    source = file.source
    inside = file.enclosing_function(spot.statement) is not None
    inside |= file.is_main_guarded(spot.statement) or is_main_guard(spot.statement)
    if inside or all(name.startswith("_") for name in _globals_in(changes, file)):
        return False
    if source.text.startswith("#!") or source.path.endswith("__main__.py"):
        return False
    package, _, _ = source.module.rpartition(".")
    parent = file.project.module(package) if package else None
    modules = [source.path, *(() if parent is None else [parent.path])]
    if any(path.endswith("__init__.py") for path in modules):
        return True
    after = (
        one for one in source.tree.body if file.span(one).start > file.span(spot.statement).end
    )
    return any(map(_binds, after))


def _globals_in(changes: Sequence[Edit], file: File) -> Iterator[str]:
    """Yield the names of the globals that are bound where something changes."""
    return (
        variable.name
        for one in changes
        for variable in bound_within(file, one.span)
        if variable.is_global
    )


def _binds(statement: cst.BaseStatement) -> bool:
    return any(
        isinstance(one, (cst.Assign, cst.AnnAssign, cst.ClassDef, cst.FunctionDef, cst.ImportAlias))
        for one in descend(statement)
    )


def _asyncio_run(call: cst.Call, file: File) -> tuple[Sequence[Edit], str]:
    """Return what to call, and what has to be imported for it."""
    if isinstance(call.func, cst.Name):
        return edits.also_import(file, call.func, "run"), "run"
    return (), f"{asyncio_in(call, file)}.run"


def without_finally(
    holder: cst.Try | None,
    gone: Sequence[cst.SimpleStatementLine],
    replaced: cst.Call | None,
    file: File,
) -> tuple[Sequence[cst.BaseStatement], list[Edit]]:
    """Return the statements of a `finally` that has nothing left to do, and the edits that take it
    away, with the `try` where that has no other use; `replaced` is a call that another edit
    replaces."""
    if holder is None or holder.finalbody is None:
        return (), []
    body = holder.finalbody.body.body
    if not all(one in gone for one in body):
        return (), []
    emptied = [one for one in body if isinstance(one, cst.BaseStatement)]
    if holder.handlers:
        return emptied, [edits.remove_block(file, holder.finalbody, holder)]
    return emptied, edits.unwrap(file, holder, replaced)


def _same_line(one: cst.CSTNode, other: cst.CSTNode, file: File) -> bool:
    return file.place(one) == file.place(other)
