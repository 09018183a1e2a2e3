"""`asyncio.wait()` is given coroutines; it takes tasks.

`asyncio.wait` used to make a task of each coroutine that it was given. Python 3.9 and 3.10 warn, with
"The explicit passing of coroutine objects to asyncio.wait() is deprecated since Python 3.8, and
scheduled for removal in Python 3.11.", and from Python 3.11 on the call ends with

    TypeError: Passing coroutines is forbidden, use tasks explicitly.

```python bad -3.8="ok" 3.9-3.10="warns DeprecationWarning: The explicit passing of coroutine objects to asyncio.wait() is deprecated" 3.11-="TypeError: Passing coroutines is forbidden, use tasks explicitly."
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.wait([hello(), hello()])  # RUN108


asyncio.run(main())
```

```python fixed safe
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.wait([asyncio.create_task(hello()), asyncio.create_task(hello())])


asyncio.run(main())
```

So it is with a comprehension, and with a list that is filled before. Tasks of such a list start where
they are made, which may be earlier:

```python bad target=3.11 -3.8="ok" 3.9-3.10="warns DeprecationWarning: The explicit passing of coroutine objects to asyncio.wait() is deprecated" 3.11-="TypeError: Passing coroutines is forbidden, use tasks explicitly."
import asyncio


async def hello(name):
    pass


async def main(names):
    await asyncio.wait([hello(name) for name in names], timeout=5)  # RUN108
    coroutines = []
    for name in names:
        coroutines.append(hello(name))
    await asyncio.wait(coroutines)  # RUN108


asyncio.run(main(["Ann", "Bob"]))
```

```python fixed safe
import asyncio


async def hello(name):
    pass


async def main(names):
    await asyncio.wait([asyncio.create_task(hello(name)) for name in names], timeout=5)
    coroutines = []
    for name in names:
        coroutines.append(asyncio.create_task(hello(name)))
    await asyncio.wait(coroutines)


asyncio.run(main(["Ann", "Bob"]))
```

Outside of a coroutine no loop runs yet, and there are no tasks. There nothing is offered; make the
tasks, and wait for them, in an `async def`:

```python bad -3.8="ok" 3.9-3.10="warns DeprecationWarning: The explicit passing of coroutine objects to asyncio.wait() is deprecated" 3.11-="TypeError: Passing coroutines is forbidden, use tasks explicitly."
import asyncio


async def hello():
    print("hello")


asyncio.run(asyncio.wait([hello(), hello()]))  # RUN108
```

`gather` takes coroutines, and is what is wanted where all results are; it also raises what they raise,
while `wait` leaves that in the tasks:

```python good
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.gather(hello(), hello())
    done, pending = await asyncio.wait({asyncio.ensure_future(hello())})


asyncio.run(main())
```

**The fix is safe** where the coroutines stand in the call that is awaited: `wait` made the very same
tasks where it took coroutines. It is unsafe where they are collected before, unless the project's
oldest Python is 3.11, and inside `try` … `except Exception`, where the program may be meant to go on
after the error.

**Ignore it** where the error itself is wanted, as in a test; the rule is silent inside
`pytest.raises` and `try` … `except TypeError` anyway, and where a version guard leaves no Python
from 3.11 on.

See [asyncio.wait](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import also_import, insert
from flake8_asyncrun.core.errors import T4, by_version
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Edit, Fix, Note, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, promising, rule
from flake8_asyncrun.names.asyncio_table import WAIT_TAKES_TASKS_IN
from flake8_asyncrun.names.values import Coroutine, Future, Kind, Origin, Sequence, Value


def _possible(glance: Glance) -> bool:
    """Say whether there are coroutines, listed or mapped to, for asyncio.wait to be given."""
    if "asyncio.wait" not in glance.named:
        return False
    return "builtins.map" in glance.named or any(_are_coroutines(one.value) for one in glance.seen)


@rule("RUN108", on=cst.Call, fix=Safety.UNSAFE, possible=_possible)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if file.callee(call) != "asyncio.wait" or not call.args or file.seen(call) is None:
        return
    first = call.args[0]
    is_given = first.keyword is None or first.keyword.value == "fs"
    if first.star or not is_given:
        return
    is_mapped = _maps_to_coroutines(first.value, file)
    if not is_mapped and not _are_coroutines(file.value(first.value)):
        return
    coroutines = list(_coroutines(first.value, file))
    if not coroutines and not is_mapped:
        return
    target = file.target_at(call)
    if (
        target is None
        or target.since_version(WAIT_TAKES_TASKS_IN) is None
        or file.facts.replaces_names
        or file.expects_error(call, "TypeError")
    ):
        return
    happens = by_version(target, (WAIT_TAKES_TASKS_IN, T4))
    message = (
        f"{file.text_of(call.func)}() is given coroutines, not tasks: {happens}; "
        "make a task of each with create_task()"
    )
    fix, notes = attempt(lambda: _fix(call, coroutines, file))
    yield Hit(call, message, fix, (*_made(first.value, file), *notes))


def _maps_to_coroutines(argument: cst.BaseExpression, file: File) -> bool:
    """Say whether an argument is `map(…)` of a coroutine function."""
    if not isinstance(argument, cst.Call) or file.callee(argument) != "builtins.map":
        return False
    if len(argument.args) < 2 or argument.args[0].star:
        return False
    return file.kind(argument.args[0].value) is Kind.COROUTINE_FUNCTION


def _are_coroutines(value: Value) -> bool:
    """Say whether what a call waits for surely is refused for coroutines in it."""
    if not isinstance(value, Sequence) or not value.items:
        return False
    if any(isinstance(one, Future) and one.origin in _FOREIGN for one in value.items):
        # It waits for a future of another loop: that is the fault.
        return False
    found = [isinstance(one, Coroutine) for one in value.items]
    # What a branch adds may depend on the Python that runs it.
    return all(found) if value.open else any(found)


_FOREIGN = (Origin.CURRENT, Origin.NEW)


def _made(argument: cst.BaseExpression, file: File) -> tuple[Note, ...]:
    variable = file.variable(argument) if isinstance(argument, cst.Name) else None
    if variable is None or not variable.is_bound_once:
        return ()
    name = next(file.names_of(variable))
    return (Note(f"`{variable.name}` is built here", file.place(name)),)


# ---------------------------------------------------------------------- the coroutines


def _coroutines(argument: cst.BaseExpression, file: File) -> Iterator[cst.BaseExpression]:
    """Yield the coroutines that are written down in what a call waits for.

    Nothing comes of a variable that is used in any other way than to fill its list: what is in it
    may have been replaced.
    """
    if not isinstance(argument, cst.Name):
        yield from _listed(argument, file)
        return
    variable = file.variable(argument)
    if variable is None or not variable.is_bound_once:
        return
    found: list[cst.BaseExpression] = []
    for name in file.names_of(variable):
        built, added = _built_by(name, file), _added_by(name, file)
        if built is not None and _is_display(built, file):
            found += _listed(built, file)
        elif added is not None:
            found.append(added)
        elif not _is_looked_at(name, file):
            return
    yield from found


def _listed(display: cst.BaseExpression, file: File) -> Iterator[cst.BaseExpression]:
    """Yield the coroutines that a list, a set or a tuple is written with."""
    if isinstance(display, (cst.ListComp, cst.SetComp)):
        if isinstance(display.elt, cst.Call) and isinstance(file.value(display.elt), Coroutine):
            yield display.elt
    elif isinstance(display, (cst.List, cst.Set, cst.Tuple)):
        for element in display.elements:
            written = not isinstance(element, cst.StarredElement) and isinstance(
                element.value, (cst.Call, cst.IfExp, cst.Name, cst.NamedExpr)
            )
            if written and isinstance(file.value(element.value), Coroutine):
                yield element.value


def _is_display(value: cst.BaseExpression, file: File) -> bool:
    """Say whether a value is a new list or set, written down here."""
    if isinstance(value, cst.Call) and not value.args:
        return file.callee(value) in ("builtins.list", "builtins.set")
    return isinstance(value, (cst.List, cst.Set, cst.Tuple, cst.ListComp, cst.SetComp))


def _built_by(name: cst.Name, file: File) -> cst.BaseExpression | None:
    """Return what is assigned to a name alone."""
    holder = file.source.parent(name)
    if isinstance(holder, cst.AnnAssign) and holder.target is name:
        return holder.value
    if isinstance(holder, cst.AssignTarget):
        assignment = file.source.parent(holder)
        if isinstance(assignment, cst.Assign) and len(assignment.targets) == 1:
            return assignment.value
    return None


def _added_by(name: cst.Name, file: File) -> cst.BaseExpression | None:
    """Return the coroutine that is appended to the list of a name, or added to its set."""
    method = file.source.parent(name)
    call = file.source.parent(method) if isinstance(method, cst.Attribute) else None
    if not (
        isinstance(method, cst.Attribute)
        and method.attr.value in ("append", "add")
        and isinstance(call, cst.Call)
        and call.func is method
        and len(call.args) == 1
        and not call.args[0].star
    ):
        return None
    added = call.args[0].value
    return added if isinstance(file.value(added), Coroutine) else None


def _is_looked_at(name: cst.Name, file: File) -> bool:
    """Say whether a name is handed to what changes nothing in it."""
    holder = file.source.parent(name)
    call = file.source.parent(holder) if isinstance(holder, cst.Arg) else None
    looks = ("asyncio.wait", "builtins.len", "builtins.print")
    return isinstance(call, cst.Call) and file.callee(call) in looks


# ---------------------------------------------------------------------- the fix


def _fix(call: cst.Call, coroutines: list[cst.BaseExpression], file: File) -> Fix:
    if not file.in_coroutine(call):
        raise Refused("tasks are made where a loop runs: in an `async def`")
    if any(one.keyword is not None and one.keyword.value == "loop" for one in call.args):
        raise Refused("`loop` is given as well")
    argument = call.args[0].value
    if not coroutines:
        raise Refused("what map() makes of each is to be written out")
    safety = Safety.SAFE
    if isinstance(argument, cst.Name):
        _check_collected(argument, file)
        target = file.target_at(call)
        if target is None or target.first < WAIT_TAKES_TASKS_IN:
            safety = Safety.UNSAFE
    else:
        _check_display(argument, file)
    if file.catches_all(call) or not isinstance(file.source.parent(call), cst.Await):
        safety = Safety.UNSAFE
    names = [one.value for one in coroutines if isinstance(one, cst.Name)]
    if len({*names}) < len(names):
        raise Refused("a coroutine is there twice")
    imported, create_task = _create_task(call.func, file)
    changes = [*imported]
    for coroutine in coroutines:
        changes += _wrapped(coroutine, create_task, file)
    return promising(safety, Fix("Make tasks of the coroutines", tuple(changes), Safety.SAFE))


def _check_collected(argument: cst.Name, file: File) -> None:
    """Refuse where a variable is not all of one coroutine's own, or waited for twice."""
    variable = file.variable(argument)
    assert variable is not None
    function = file.enclosing_function(argument)
    for name in file.names_of(variable):
        line = file.place(name).line
        if file.enclosing_function(name) is not function:
            raise Refused(f"`{argument.value}` is used in another function in line {line}")
        if name is not argument and _is_looked_at(name, file):
            raise Refused(f"`{argument.value}` is used in line {line} too")
        built = _built_by(name, file)
        if built is not None:
            _check_display(built, file)


def _check_display(display: cst.BaseExpression, file: File) -> None:
    for element in getattr(display, "elements", ()):
        if isinstance(element, cst.StarredElement):
            raise Refused(f"`{file.text_of(element)}` holds an unknown number of them")


def _create_task(function: cst.BaseExpression, file: File) -> tuple[tuple[Edit, ...], str]:
    """Return what to import, and what `create_task` is called beside this name of `wait`."""
    if isinstance(function, cst.Attribute) and function.attr.value == "wait":
        return (), f"{file.source.text_of(function.value)}.create_task"
    if not isinstance(function, cst.Name) or function.value != "wait":
        raise Refused("asyncio is not imported under a name")
    return also_import(file, function, "create_task"), "create_task"


def _wrapped(coroutine: cst.BaseExpression, create_task: str, file: File) -> tuple[Edit, Edit]:
    if isinstance(coroutine, cst.NamedExpr):
        raise Refused(f"`{file.text_of(coroutine)}` keeps the coroutine")
    span = file.span(coroutine)
    return insert(span.start, f"{create_task}("), insert(span.end, ")")
