"""A `loop=` argument that asyncio no longer takes.

Twenty functions and classes of asyncio lost their `loop` parameter in Python 3.10: `sleep`,
`gather`, `wait`, `wait_for`, `shield`, `as_completed`, `open_connection`, `start_server` and their
unix twins, `create_subprocess_exec` and `create_subprocess_shell`, and all locks and queues. Python
3.8 and 3.9 warn; from 3.10 on the call ends with

    TypeError: sleep() got an unexpected keyword argument 'loop'

`open_connection`, `start_server` and their twins blame `create_connection()` or another of the loop's
methods, `create_subprocess_exec` and `create_subprocess_shell` end with "got multiple values for
argument 'loop'", and locks and queues on Python 3.10 alone with "As of 3.10, the *loop* parameter was
removed from Lock() since it is no longer necessary".

`loop=None` counts as well, though nothing warns of it.

```python bad 3.7="ok" 3.8-3.9="warns DeprecationWarning: The loop argument is deprecated since Python 3.8" 3.10-="TypeError: sleep() got an unexpected keyword argument 'loop'"
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.01, loop=loop)  # RUN301
    print("done")


asyncio.run(main())
```

Inside a coroutine the argument never said more than what is so without it:

```python fixed safe
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.01)
    print("done")


asyncio.run(main())
```

Outside, locks and queues take their loop when they are first waited for, from Python 3.10 on:

```python bad -3.9="ok" 3.10="TypeError: As of 3.10, the *loop* parameter was removed from Lock()" 3.11-="TypeError: Lock.__init__() got an unexpected keyword argument 'loop'"
import asyncio

lock = asyncio.Lock(loop=None)  # RUN301
print(lock.locked())
```

```python fixed safe
import asyncio

lock = asyncio.Lock()
print(lock.locked())
```

It is found in a literal `**{"loop": loop}`, in `functools.partial(asyncio.sleep, 1, loop=loop)`, and
where a class hands it to one of asyncio's: `super().__init__(loop=loop)`. `create_subprocess_shell`
could be given its loop by position, which since Python 3.10 is taken for `limit`, without an error.

Futures, tasks and streams still take a loop, and so may anything that is not asyncio's:

```python good
import asyncio


def save(path, loop=0):
    print(path, loop)


async def main():
    loop = asyncio.get_running_loop()
    future = asyncio.ensure_future(asyncio.sleep(0), loop=loop)
    await future
    asyncio.Future(loop=loop).cancel()


asyncio.run(main())
save("picture.gif", loop=0)
```

**The fix is safe** in a coroutine, and everywhere where the code supports Python 3.10 and later
only, for there it could only crash. Inside `try` … `except Exception` it is unsafe, for there the
program may be meant to go on after the error. Outside of a coroutine, for older Pythons, it is unsafe: the
object is then bound to the current loop instead of the given one. It is refused, with a note, where futures
are given a new loop that is never made current.

`asyncrun-fix` then takes away what nothing uses any more, which the examples do not show: the variable
that held the loop, its import, and the parameter of a private function that it came by, with the
arguments of its calls. Public functions keep their parameters.

See [What's new in Python 3.10](https://docs.python.org/3/whatsnew/3.10.html#changes-in-the-python-api).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import libcst as cst

from flake8_asyncrun.core.edits import remove_argument
from flake8_asyncrun.core.errors import T2, T3, T10, by_version
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Edit, Fix, Note, Safety, Span
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import LOST_LOOP, LOST_LOOP_IN, PRIMITIVES
from flake8_asyncrun.names.target import Version
from flake8_asyncrun.names.values import Class, External, Loop, Origin, Value


@dataclass(frozen=True)
class Given:
    """A loop that is given to something."""

    node: cst.CSTNode
    value: cst.BaseExpression
    remove: Callable[[], Edit]
    """Raises Refused."""


_LOST_LOOP = {f"asyncio.{name}" for name in LOST_LOOP}


def _possible(glance: Glance) -> bool:
    """Say whether a loop is given to what of asyncio's has lost that, or to what derives from it."""
    return any(
        asyncio_table.canonical(one.name).removesuffix(".__init__") in _LOST_LOOP
        for value in glance.facts.given_loops
        for one in (value.outside if isinstance(value, Class) else (value,))
        if isinstance(one, External)
    )


@rule("RUN301", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    given = given_loop(call, file)
    taker = None if given is None else _taker(call, file)
    target = file.target_at(call)
    if given is None or taker is None or target is None or file.expects_error(call, "TypeError"):
        return
    if target.last < LOST_LOOP_IN <= file.target.last:
        return  # a guard keeps it from those that do not take it
    shown, name = taker
    positional = isinstance(given.node, cst.Arg) and not (given.node.keyword or given.node.star)
    if positional and name not in _TAKES_POSITIONAL:
        return
    warns = () if (since := _warns_since(call, name, given, file)) is None else ((since, _WARNING),)
    later = ((LOST_LOOP_IN, "it is taken for `limit`"),) if positional else _refusal(name)
    if not any(target.since_version(since) for since, _ in (*warns, *later)):
        return
    happens = by_version(target, *warns, *later)
    message = f"{shown}() takes no loop argument any more: {happens}; remove it"
    only_crashed = target.first >= LOST_LOOP_IN and not positional
    running = file.runs_in_coroutine(call) and not _is_another(file.value(given.value))
    fits = only_crashed or running
    # Where a program goes on after the error it may be meant to.
    safety = Safety.SAFE if fits and not file.catches_all(call) else Safety.UNSAFE

    def remove() -> Fix:
        if name in _TAKES_CURRENT and not file.in_coroutine(call) and _is_own(given.value, file):
            raise Refused(f"without it {shown}() takes the current loop, which is another")
        if does_something(given.value, file):
            raise Refused(f"`{file.text_of(given.value)}` may do more than name a loop")
        return Fix("Remove the loop argument", (given.remove(),), safety)

    fix, notes = attempt(remove)
    loop = file.text_of(given.value)
    if fix is not None and name in PRIMITIVES and not fits and loop != "None":
        notes = (Note(f"up to Python 3.9 it is then bound to the current loop, not to `{loop}`"),)
    yield Hit(given.node, message, fix, notes)


_WARNING = "DeprecationWarning"


def _warns_since(call: cst.Call, name: str, given: Given, file: File) -> Version | None:
    """Return the first Python that warns, None where nothing does."""
    if file.text_of(given.value) == "None":
        return None
    first = next((one for one in call.args if one.keyword is None), None)
    # What 3.8 forgets to warn of.
    forgotten = first is not None and (
        name == "gather" or (name == "sleep" and file.text_of(first.value) == "0")
    )
    return (3, 9) if forgotten else (3, 8)


def _refusal(name: str) -> tuple[tuple[Version, str], ...]:
    """Return the eras of what is said of a loop given to something by keyword (finding 19)."""
    if name.startswith("create_subprocess_"):
        return ((LOST_LOOP_IN, T10),)
    if name in PRIMITIVES:
        return (LOST_LOOP_IN, T3), ((3, 11), T2)
    return ((LOST_LOOP_IN, T2),)


_TAKES_POSITIONAL = {"create_subprocess_shell": 4}
"""Where a loop could be given by its position alone, from 0."""


def given_loop(call: cst.Call, file: File) -> Given | None:
    """Return what a call gives as `loop`, None where that is nothing, or is not written there."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == "loop":
            return Given(argument, argument.value, partial(remove_argument, file, call, argument))
        if argument.star == "**" and isinstance(argument.value, cst.Dict):
            for element in argument.value.elements:
                if isinstance(element, cst.DictElement) and _is_loop(element.key):
                    return Given(
                        element, element.value, partial(_without, file, call, argument, element)
                    )
    place = _TAKES_POSITIONAL["create_subprocess_shell"]
    if len(call.args) == place + 1 and not any(one.keyword or one.star for one in call.args):
        last = call.args[place]
        return Given(last, last.value, partial(remove_argument, file, call, last))
    return None


def _is_loop(key: cst.BaseExpression) -> bool:
    return isinstance(key, cst.SimpleString) and key.evaluated_value == "loop"


def _without(file: File, call: cst.Call, argument: cst.Arg, element: cst.DictElement) -> Edit:
    """Remove an element of a literal `**{…}`, or all of it where it holds nothing else."""
    literal = cst.ensure_type(argument.value, cst.Dict)
    if len(literal.elements) == 1:
        return remove_argument(file, call, argument)
    index = literal.elements.index(element)
    span = file.span(element)
    if index + 1 < len(literal.elements):
        span = Span(span.start, file.span(literal.elements[index + 1]).start)
    else:
        span = Span(file.span(literal.elements[index - 1]).end, span.end)
    if "#" in file.source.slice(span):
        raise Refused("a comment stands beside the argument")
    return Edit(span, "")


def _taker(call: cst.Call, file: File) -> tuple[str, str] | None:
    """Return what of asyncio's a call gives its arguments to: as it is shown, and by its name."""
    shown = file.text_of(call.func)
    name = file.callee(call) or ""
    if name in ("functools.partial", "functools.partialmethod") and call.args:
        shown = file.text_of(call.args[0].value)
        name = _name_of(file.value(call.args[0].value))
    elif isinstance(made := file.value(call.func), Class):
        # A subclass that takes what its base takes.
        name = "" if made.opaque or made.defines("__init__") else _name_of(*made.outside)
    elif shown == "super().__init__":
        holder = next((one for one in file.parents(call) if isinstance(one, cst.ClassDef)), None)
        bases = [] if holder is None else holder.bases
        name = _name_of(*(file.value(base.value) for base in bases))
    package, _, function = name.removesuffix(".__init__").partition(".")
    return (shown, function) if package == "asyncio" and function in LOST_LOOP else None


def _name_of(*values: Value) -> str:
    """Return the documented name of the only one of some values, "" for what is not asyncio's."""
    value = values[0] if len(values) == 1 else None
    return asyncio_table.canonical(value.name) if isinstance(value, External) else ""


_TAKES_CURRENT = {"as_completed", "gather", "shield"}
"""What makes futures at once, of the current loop where it is given none."""


def _is_own(loop: cst.BaseExpression, file: File) -> bool:
    """Say whether a loop is of the program's own making, and never current."""
    value = file.value(loop)
    is_new = isinstance(value, Loop) and value.origin is Origin.NEW
    return is_new and not file.says("set_event_loop")


def _is_another(loop: Value) -> bool:
    """Say whether a loop in a coroutine may be another one than runs there."""
    return isinstance(loop, Loop) and loop.origin is not Origin.RUNNING


def does_something(loop: cst.BaseExpression, file: File) -> bool:
    known = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop")
    for node in descend(loop):
        if isinstance(node, cst.Call) and (node.args or file.callee(node) not in known):
            return True
        if isinstance(node, (cst.Await, cst.Yield, cst.NamedExpr)):
            return True
    return False
