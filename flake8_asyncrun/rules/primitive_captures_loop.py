"""A lock, an event or a queue is built outside of the run that waits on it.

Up to Python 3.9 `Lock`, `Event`, `Condition`, `Semaphore`, `BoundedSemaphore` and the queues take the
current loop when they are built. Before `asyncio.run()` that is another loop than the one that it
makes, and whoever has to wait gets

    RuntimeError: Task <Task pending …> got Future <Future pending> attached to a different loop

As long as nobody has to wait nothing happens: a lock that is free, a queue that is not empty are no
trouble, which is why tests do not show it.

```python bad target=3.8 -3.9="RuntimeError: Task" 3.10-="ok"
import asyncio

lock = asyncio.Lock()  # RUN203


async def work(name, lock):
    async with lock:
        await asyncio.sleep(0.01)
        print(name)


async def main():
    await asyncio.gather(work("one", lock), work("two", lock))


asyncio.run(main())
```

Build it in the coroutine, where the current loop is the running one:

```python fixed safe
import asyncio


async def work(name, lock):
    async with lock:
        await asyncio.sleep(0.01)
        print(name)


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(work("one", lock), work("two", lock))


asyncio.run(main())
```

What is handed to the coroutine, or built by an object of one's own, is built as early:

```python bad target=3.8 -3.9="RuntimeError: Task" 3.10-="ok"
import asyncio


class Crawler:
    def __init__(self):
        self.limit = asyncio.Semaphore(1)

    async def fetch(self, number):
        async with self.limit:
            await asyncio.sleep(0.01)
            print(number)

    async def start(self):
        await asyncio.gather(self.fetch(1), self.fetch(2))


asyncio.run(Crawler().start())  # RUN203
```

```python fixed safe
import asyncio


class Crawler:
    def __init__(self):
        self.limit = asyncio.Semaphore(1)

    async def fetch(self, number):
        async with self.limit:
            await asyncio.sleep(0.01)
            print(number)

    async def start(self):
        await asyncio.gather(self.fetch(1), self.fetch(2))


async def main():
    await Crawler().start()


asyncio.run(main())
```

From Python 3.10 on they take the running loop when somebody first has to wait, and one
`asyncio.run()` is always right. But another one has another loop, and whoever has to wait then gets

    RuntimeError: <asyncio.locks.Lock object at 0x… [locked]> is bound to a different event loop

```python bad -3.9="RuntimeError: Task" 3.10-="RuntimeError: is bound to a different event loop"
import asyncio

lock = asyncio.Lock()  # RUN203


async def work(name):
    async with lock:
        await asyncio.sleep(0.01)
        print(name)


async def main():
    await asyncio.gather(work("one"), work("two"))


asyncio.run(main())
asyncio.run(main())
```

Do both in one run, or build one for each:

```python good
import asyncio


async def work(name, lock):
    async with lock:
        await asyncio.sleep(0.01)
        print(name)


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(work("one", lock), work("two", lock))


asyncio.run(main())
asyncio.run(main())
```

For a target from Python 3.10 on, one that a single run waits on may be built anywhere:

```python good target=3.10 -3.9="RuntimeError: Task" 3.10-="ok"
import asyncio

lock = asyncio.Lock()


async def work(name):
    async with lock:
        await asyncio.sleep(0.01)
        print(name)


async def main():
    await asyncio.gather(work("one"), work("two"))


asyncio.run(main())
```

Reported is what a run is seen to wait on while something else goes on, tasks or callbacks: a lock at the
top of a module of which nothing is run is not. Nor is anything where `loop.run_until_complete()` may use the
very loop that is current, unless two runs share it. Runs that a function of yours begins (`def run(coro):
asyncio.run(coro)`) and those in a `while` are not seen.

**The fix is safe:** where nobody waits the program means the same, else it could not work. It is unsafe
where the object is a global of a module that others may import, with the run under a main guard, and in a
file about `contextvars`, for what a constructor sets is then set in the coroutine alone. It is refused
where other code uses the object, and where two runs do; the note says which.

See [Synchronization Primitives](https://docs.python.org/3/library/asyncio-sync.html) and
[Queues](https://docs.python.org/3/library/asyncio-queue.html).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import libcst as cst

from flake8_asyncrun.core.capture import (
    assigned_to,
    build_inside,
    default_around,
    evidence,
    may_be_right,
    uses,
)
from flake8_asyncrun.core.earlier import runs_before
from flake8_asyncrun.core.errors import R4, R5, by_version
from flake8_asyncrun.core.model import Fix, Note, Place, Safety
from flake8_asyncrun.core.rule import File, Hit, Refused, Run, attempt, per_file, rule, runs
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.machine import BY_THREAD, Event, State
from flake8_asyncrun.names.values import Class, Const, Instance, Made
from flake8_asyncrun.names.variables import Variable
from flake8_asyncrun.rules.client_captures_loop import built
from flake8_asyncrun.rules.coroutine_reused import has_rounds

_LOCKS = ("asyncio.Lock", "asyncio.Semaphore", "asyncio.BoundedSemaphore", "asyncio.Condition")
_QUEUES = ("asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue")
_BARRIER = "asyncio.Barrier"
"""There since Python 3.11, so that it never takes a loop when it is built."""
_ENTERED = (*_LOCKS, _BARRIER)
_WAITS = {
    **dict.fromkeys(_LOCKS, ("acquire",)),
    "asyncio.Condition": ("acquire", "wait", "wait_for"),
    "asyncio.Event": ("wait",),
    _BARRIER: ("wait",),
    **dict.fromkeys(_QUEUES, ("get", "join")),
}
"""Methods that wait for somebody. `put` does in a queue of limited size only."""

_CONCURRENT = {
    *("gather", "create_task", "ensure_future", "as_completed", "TaskGroup", "start_soon"),
    *("start_server", "start_unix_server", "create_server", "create_unix_server"),
    *("call_soon", "call_soon_threadsafe", "call_later", "call_at", "run_coroutine_threadsafe"),
    *("add_reader", "add_writer", "add_signal_handler"),
}
"""What makes somebody to wait for."""


@dataclass
class Held:
    """By what names a primitive is known in this file."""

    name: str
    """As in "asyncio.Lock"."""
    limited: bool
    """Whether it is a queue that may be full."""
    variables: list[Variable] = field(default_factory=list)
    attributes: list[tuple[Place, str]] = field(default_factory=list)
    """Classes, by their places, with the names of attributes."""


@dataclass(frozen=True)
class Code:
    """Nodes of a file that are looked at for each run."""

    functions: dict[int, cst.FunctionDef]
    """By the lines of their `def`s."""
    classes: dict[int, cst.ClassDef]
    attributes: dict[tuple[Place, str], list[cst.Attribute]]
    """By the classes that have them, and their names."""


@dataclass(frozen=True)
class Reached:
    """What the runs of a file come to."""

    arguments: dict[cst.CSTNode, int]
    """The runs' numbers, by what they are given."""
    functions: dict[int, list[int]]
    """Those of the runs that come to a function, by the line of its `def`."""


@dataclass(frozen=True)
class Told:
    """What is told of a primitive, and the first run that waits on it."""

    message: str
    run: Run
    shared: bool
    """Whether several do, one after the other."""
    notes: tuple[Note, ...]


@rule("RUN203", on=(cst.Call, cst.ImportFrom), fix=Safety.UNSAFE, possible=runs)
def check(node: cst.Call | cst.ImportFrom, file: File) -> Iterator[Hit]:
    yield from _built(node, file) if isinstance(node, cst.Call) else _taken(node, file)


def _built(call: cst.Call, file: File) -> Iterator[Hit]:
    seen = file.seen(call)
    if seen is None or seen.state is not State.NO_LOOP:
        return
    if any(event.what == BY_THREAD for event in seen.handling):
        return
    variable = assigned_to(call, file)
    if variable is not None and not variable.is_bound_once:
        return
    every = [*_held(call, variable, file)] if file.runs else []
    every = [held for held in every if not _lets_pass(call, held, file)]
    if not every or may_be_right(call, file):
        return
    code, shown = _code(file), f"{file.text_of(call.func)}()"
    found = (
        _told(
            shown,
            call,
            _waiting(call, variable, held, code, file),
            _event(seen.events, held.name),
            held,
            file,
        )
        for held in every
    )
    told = next((one for one in found if one is not None), None)
    if told is not None and not any(True for _ in built(call, file)):
        fix, why = attempt(lambda: _fix(call, told, variable, file))
        yield Hit(call, told.message, fix, (*told.notes, *why))


def _taken(statement: cst.ImportFrom, file: File) -> Iterator[Hit]:
    if isinstance(statement.names, cst.ImportStar) or file.enclosing_function(statement):
        return
    for alias in statement.names:
        bound = alias.asname.name if alias.asname else alias.name
        variable = file.variable(bound) if isinstance(bound, cst.Name) else None
        value = None if variable is None else file.facts.global_value(variable.name)
        if variable is None or not isinstance(value, Made) or value.name not in _WAITS:
            continue
        if not variable.is_bound_once or may_be_right(statement, file):
            continue
        held = Held(value.name, limited=False, variables=[variable])
        code = _code(file)
        runs = _waiting(None, variable, held, code, file)
        event = _event(file.facts.done_by_import(variable.name), held.name)
        told = _told(f"`{variable.name}`", statement, runs, event, held, file)
        if told is not None:
            why = Note("no fix: it is built elsewhere")
            yield Hit(alias, told.message, None, (*told.notes, why))


# ---------------------------------------------------------------------- what is made


def _held(call: cst.Call, variable: Variable | None, file: File) -> Iterator[Held]:
    """Yield the primitives that a call makes, or that the object holds which it makes."""
    value = file.value(call)
    if isinstance(value, Instance) and value.exact:
        parts = {
            name: part.name
            for name, part in value.attributes.items()
            if isinstance(part, Made) and part.name in _WAITS
        }
        if not parts or _has_others(call, value.cls, file):
            return
        places = [cls.place for cls in value.cls.order]
        for name, part in parts.items():
            if not _is_set(name, places, file, also_by_constructors=False):
                yield Held(part, limited=False, attributes=[(one, name) for one in places])
        return
    if not isinstance(value, Made) or value.name not in _WAITS or file.callee(call) != value.name:
        return
    if any(one.star or (one.keyword and one.keyword.value == "loop") for one in call.args):
        return
    held = Held(value.name, limited=bool(call.args))
    default = default_around(call, file)
    owner = file.class_around(call)
    if default is not None:
        parameter = file.variable(default[1].name)
        if parameter is None or not _is_left_out(*default, file):
            return
        held.variables.append(parameter)
    elif owner is not None:
        place = file.place(owner.name)
        if variable is None or _is_set(variable.name, [place], file, also_by_constructors=True):
            return
        held.attributes.append((place, variable.name))
    elif variable is not None and _is_assigned_as_it_is(call, file):
        held.variables.append(variable)
    yield held


def _lets_pass(call: cst.Call, held: Held, file: File) -> bool:
    """Say whether nobody may have to wait, by what the call says or by what is asked before."""
    if held.name in ("asyncio.Semaphore", "asyncio.BoundedSemaphore"):
        for one in call.args:
            value = file.value(one.value)
            number = value.value if isinstance(value, Const) else None
            if isinstance(number, int) and number > 1:
                return True
    return any(
        isinstance(name := file.source.parent(node), cst.Attribute)
        and name.attr.value in ("empty", "locked")
        for variable in held.variables
        for node in file.names_of(variable)
    )


def _is_set_before(owner: cst.CSTNode, file: File) -> bool:
    """Say whether an event is set before by the function that waits on it, or by the module."""
    text, here = file.source.text_of(owner), file.enclosing_function(owner)
    first = _first_set(file)
    start = file.span(owner).start
    return (text, None) in first or first.get((text, here), start) < start


@per_file
def _first_set(file: File) -> dict[tuple[str, cst.FunctionDef | cst.Lambda | None], int]:
    """Return where something is set first, by its text and the function that does it."""
    found: dict[tuple[str, cst.FunctionDef | cst.Lambda | None], int] = {}
    for call in file.calls():
        text, _, method = file.source.text_of(call.func).rpartition(".")
        if method == "set":
            key, start = (text, file.enclosing_function(call)), file.span(call).start
            found[key] = min(found.get(key, start), start)
    return found


def _is_assigned_as_it_is(call: cst.Call, file: File) -> bool:
    """Say whether a name is given to what a call makes, and not to a list or an object with it."""
    parent = file.source.parent(call)
    return isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr))


def _is_set(name: str, places: list[Place], file: File, *, also_by_constructors: bool) -> bool:
    """Say whether an attribute is set anywhere, so that it may be another object.

    `places` are those of the classes that may have it.
    """
    found = _setting(file)
    keys = [(None, name), *((place, name) for place in places)]
    return any(key in found and (also_by_constructors or found[key]) for key in keys)


@per_file
def _setting(file: File) -> dict[tuple[Place | None, str], bool]:
    """Return which attributes are set, by the places of the classes that may have them, None where
    these are not known, and whether others than constructors do."""
    found: dict[tuple[Place | None, str], bool] = defaultdict(bool)
    for node in file.attributes():
        holder = file.source.parent(node)
        if isinstance(holder, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Del)):
            function = file.enclosing_function(node)
            constructs = isinstance(function, cst.FunctionDef) and (
                function.name.value in ("__init__", "__post_init__")
            )
            places: list[Place | None] = [*_places(node.value, file)]
            for place in places or [None]:
                found[place, node.attr.value] |= not constructs
    return found


def _has_others(call: cst.Call, cls: Class, file: File) -> bool:
    """Say whether the file makes more objects of a class, or of one that is derived."""
    made = _made(file)
    alike = (made.derived.get(id(cls), ()), *(made.exact.get(id(one), ()) for one in cls.order))
    return any(one is not call for calls in alike for one in calls)


@dataclass(frozen=True)
class _Made:
    """The calls of a file that make objects."""

    exact: dict[int, list[cst.Call]]
    """By the identities of the objects' classes."""
    derived: dict[int, list[cst.Call]]
    """By those of their classes and the bases of these, two of each at most."""


@per_file
def _made(file: File) -> _Made:
    made = _Made(defaultdict(list), defaultdict(list))
    for call in file.calls():
        value = file.value(call)
        if not isinstance(value, Instance) or not isinstance(file.value(call.func), Class):
            continue
        made.exact[id(value.cls)].append(call)
        for base in value.cls.order:
            if len(made.derived[id(base)]) < 2:
                made.derived[id(base)].append(call)
    return made


def _is_left_out(function: cst.FunctionDef | cst.Lambda, parameter: cst.Param, file: File) -> bool:
    """Say whether all calls of a function leave it to a parameter's default."""
    variable = file.variable(function.name) if isinstance(function, cst.FunctionDef) else None
    if variable is None or file.class_around(function) is not None:
        return False
    plain = [*function.params.posonly_params, *function.params.params]
    place = plain.index(parameter) if parameter in plain else len(plain)
    for name in file.names_of(variable):
        call = file.source.parent(name)
        if isinstance(function, cst.FunctionDef) and name is function.name:
            continue
        if not isinstance(call, cst.Call) or call.func is not name or len(call.args) > place:
            return False
        if any(
            one.star or (one.keyword and one.keyword.value == parameter.name.value)
            for one in call.args
        ):
            return False
    return True


def _event(events: tuple[Event, ...], name: str) -> Event | None:
    """Return the event by which a primitive takes the loop that is current."""
    return next((one for one in events if one.what == f"{name}()" and not one.caught), None)


# ---------------------------------------------------------------------- who waits on it


@per_file
def _runs(file: File) -> tuple[Run, ...]:
    """Return the runs that make a loop of their own, and of which no error is expected."""
    return tuple(_runs_of_their_own(file))


def _runs_of_their_own(file: File) -> Iterator[Run]:
    for run in file.runs:
        call = run.call
        expected = file.expects_error(call, "RuntimeError") or file.catches_all(call)
        of_its_own = file.callee(call) in ("asyncio.run", "uvloop.run")
        never = expected or file.target_at(call) is None
        if of_its_own and not never and not file.in_coroutine(call):
            yield run


def _waiting(
    call: cst.Call | None, variable: Variable | None, held: Held, code: Code, file: File
) -> list[Run]:
    """Return the runs that wait on a primitive, in order."""
    named: list[cst.CSTNode] = [name for one in held.variables for name in file.names_of(one)]
    named += [] if call is None else [call]
    named += (node for key in held.attributes for node in code.attributes.get(key, ()))
    numbers = {number for node in named for number in _runs_at(node, file)}
    runs = (_runs(file)[number] for number in sorted(numbers & _concurrent(file)))
    return [run for run in runs if _waits(run, call, variable, held, code, file)]


@per_file
def _reaching(file: File) -> Reached:
    functions: dict[int, list[int]] = defaultdict(list)
    for number, run in enumerate(_runs(file)):
        for line in _reached(run, file):
            functions[line].append(number)
    arguments: dict[cst.CSTNode, int] = {}
    arguments.update((run.argument, number) for number, run in enumerate(_runs(file)))
    return Reached(arguments, functions)


def _runs_at(node: cst.CSTNode, file: File) -> Iterator[int]:
    """Yield the numbers of the runs that come to a node."""
    reaching = _reaching(file)
    for parent in (node, *file.parents(node)):
        if parent in reaching.arguments:
            yield reaching.arguments[parent]
        if isinstance(parent, cst.FunctionDef) and parent is not node:
            yield from reaching.functions.get(file.place(parent.name).line, ())


@per_file
def _concurrent(file: File) -> frozenset[int]:
    """Return the numbers of the runs that make somebody to wait for."""
    names = (node for name in sorted(_CONCURRENT) for node in file.names_called(name))
    return frozenset(number for name in names for number in _runs_at(name, file))


def _waits(
    run: Run, call: cst.Call | None, variable: Variable | None, held: Held, code: Code, file: File
) -> bool:
    """Say whether a run comes to code that waits on a primitive, or on that of an object."""
    outer = file.span(run.argument)
    inside = call is not None and outer.start <= file.span(call).start < outer.end
    if run.argument is call:
        return False
    if call is not None and isinstance(file.value(call), Instance):
        used = variable is not None and uses(run, variable, file)
    else:
        used = bool(held.variables or held.attributes)
    if not (inside or used):
        return False
    reached = _reached(run, file)
    variables = list(held.variables)
    if inside and call is not None and not held.attributes:
        variables += _given_as(call, code, file)
    for one in variables:
        for name in file.names_of(one):
            if not _is_in(name, run, reached, file):
                continue
            if _is_waited_on(name, held, file):
                return True
            variables += [new for new in _given_as(name, code, file) if new not in variables]
    return any(
        _is_waited_on(node, held, file) and _is_in(node, run, reached, file)
        for key in held.attributes
        for node in code.attributes.get(key, ())
    )


@per_file
def _code(file: File) -> Code:
    nodes = file.source.nodes
    attributes: dict[tuple[Place, str], list[cst.Attribute]] = defaultdict(list)
    for node in file.attributes():
        for place in _places(node.value, file):
            attributes[place, node.attr.value].append(node)
    return Code(
        {file.place(one.name).line: one for one in nodes if isinstance(one, cst.FunctionDef)},
        {file.place(one.name).line: one for one in nodes if isinstance(one, cst.ClassDef)},
        attributes,
    )


def _reached(run: Run, file: File) -> frozenset[int]:
    """Return the functions that a run comes to, by their lines.

    Also the methods of objects that differ from run to run.
    """
    return _reached_from(frozenset(file.reached_by(run.argument)), file)


@per_file
def _reached_from(lines: frozenset[int], file: File) -> frozenset[int]:
    reached = {*lines}
    pending = [*lines]
    while pending:
        new = _methods_named_in(pending.pop(), file) - reached
        pending += new
        reached |= new
    return frozenset(reached)


@per_file
def _methods_named_in(line: int, file: File) -> frozenset[int]:
    """Return the methods that a function names, by their lines, as it is told by its own."""
    function = _code(file).functions.get(line)
    nodes = () if function is None else descend(function.body)
    methods = (_method(node, file) for node in nodes if isinstance(node, cst.Attribute))
    return frozenset(file.place(one.name).line for one in methods if one is not None)


def _method(node: cst.Attribute, file: File) -> cst.FunctionDef | None:
    """Return the method of a class of this file that an attribute names."""
    for place in _places(node.value, file):
        if place.path == file.source.path:
            method = _methods_of(place.line, file).get(node.attr.value)
            if method is not None:
                return method
    return None


@per_file
def _methods_of(line: int, file: File) -> dict[str, cst.FunctionDef]:
    """Return the methods of the class whose name stands in a line, by their names."""
    owner = _code(file).classes.get(line)
    body = () if owner is None else reversed(owner.body.body)
    return {part.name.value: part for part in body if isinstance(part, cst.FunctionDef)}


def _places(node: cst.BaseExpression, file: File) -> list[Place]:
    """Return where the class is defined that an expression is, or is an object of, and its bases."""
    value = file.value(node)
    cls = value.cls if isinstance(value, Instance) else value
    return [one.place for one in cls.order] if isinstance(cls, Class) else []


def _is_in(node: cst.CSTNode, run: Run, reached: frozenset[int], file: File) -> bool:
    for parent in file.parents(node):
        if parent is run.argument:
            return True
        if isinstance(parent, cst.FunctionDef) and file.place(parent.name).line in reached:
            return True
    return node is run.argument


def _is_waited_on(node: cst.CSTNode, held: Held, file: File) -> bool:
    holder = file.source.parent(node)
    above = None if holder is None else file.source.parent(holder)
    if isinstance(holder, cst.WithItem):
        entered = isinstance(above, cst.With) and above.asynchronous is not None
        return entered and held.name in _ENTERED
    if not isinstance(holder, cst.Attribute) or holder.value is not node:
        return False
    if not isinstance(above, cst.Call) or above.func is not holder:
        return False
    if held.name == "asyncio.Event" and _is_set_before(node, file):
        return False
    return holder.attr.value in _WAITS[held.name] or (
        holder.attr.value == "put" and held.limited and held.name in _QUEUES
    )


def _given_as(node: cst.CSTNode, code: Code, file: File) -> Iterator[Variable]:
    """Yield the parameter of a function of this file that a node is handed over as."""
    argument = file.source.parent(node)
    call = None if argument is None else file.source.parent(argument)
    if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call) or argument.star:
        return
    function = file.facts.own_function(file.value(call.func))
    declared = None if function is None else code.functions.get(function.place.line)
    if function is None or declared is None or any(one.star for one in call.args):
        return
    plain = [*declared.params.posonly_params, *declared.params.params]
    if argument.keyword is not None:
        named = [*plain, *declared.params.kwonly_params]
        found = [one for one in named if one.name.value == argument.keyword.value]
    else:
        bound = function.bound is not None and function.role != "staticmethod"
        place = call.args.index(argument) + bound
        found = plain[place : place + 1]
    for parameter in found:
        variable = file.variable(parameter.name)
        if variable is not None and variable.is_bound_once:
            yield variable


# ---------------------------------------------------------------------- what happens


def _told(
    shown: str, made: cst.CSTNode, runs: list[Run], event: Event | None, held: Held, file: File
) -> Told | None:
    """Return what is to be told of what `made` makes, and the runs wait on; None where nothing is."""
    target = file.target_at(made)
    if target is None or not runs:
        return None
    somebody = "as soon as somebody has to wait"
    through = () if event is None or not event.via else evidence(event, file, "takes the loop")
    # An event that stays set lets everybody pass.
    lasting = held.name == "asyncio.Event" and not file.says(".clear(")
    pair = None if lasting else _pair(made, runs, file)
    if pair is not None and target.last >= (3, 10):
        happens = by_version(target, ((3, 7), R4), ((3, 10), R5))
        message = (
            f"{shown} is shared by two runs, each with a loop of its own: {happens}, {somebody}"
        )
        advice = "do both in one async def, or build one for each"
        where = [Note("this run waits on it", file.place(one.call)) for one in dict.fromkeys(pair)]
        return Told(f"{message}; {advice}", runs[0], True, (*where, *through))
    own_loop = file.says("run_until_complete", "run_forever")
    if event is None or own_loop or target.first >= (3, 10):
        return None
    later = next((run for run in runs if _is_early(made, run, file)), None)
    if later is None:
        return None
    runner = f"{file.text_of(later.call.func)}()"
    until = "" if target.last < (3, 10) else " up to Python 3.9"
    message = (
        f"{shown} takes the current loop before {runner} makes its own: {R4}{until}, {somebody}"
    )
    if event.place != file.place(made):
        through = evidence(event, file, "takes the loop")
    return Told(f"{message}; build it in an async def", later, pair is not None, through)


def _pair(made: cst.CSTNode, runs: list[Run], file: File) -> tuple[Run, Run] | None:
    """Return two of the runs that certainly come one after the other, with one and the same object.

    They may be two rounds of a loop.
    """
    function = file.enclosing_function(made)
    before = runs_before(runs, file)
    for later in runs:
        here = file.enclosing_function(later.call)
        if function is not None and function is not here:
            continue
        earlier = later if _is_repeated(later, made, file) else next(before(later.call), None)
        if earlier is None or file.enclosing_function(earlier.call) is not here:
            continue
        if function is not here or file.span(made).end <= file.span(earlier.call).start:
            return earlier, later
    return None


def _is_repeated(run: Run, made: cst.CSTNode, file: File) -> bool:
    """Say whether a run is a loop's, which does nothing else than to run it several times."""
    # The call is an expression, on a line, in a block, of a loop.
    around = [*itertools.islice(file.parents(run.call), 4)]
    loop = around[-1]
    if len(around) < 4 or not isinstance(loop, cst.For) or around[2] is not loop.body:
        return False
    anew = any(parent is loop for parent in file.parents(made))
    small = all(isinstance(one, cst.SimpleStatementLine) for one in loop.body.body)
    leaves = any(isinstance(one, (cst.Break, cst.Return, cst.Raise)) for one in descend(loop.body))
    return small and not anew and not leaves and has_rounds(loop.iter, file)


def _is_early(made: cst.CSTNode, run: Run, file: File) -> bool:
    """Say whether something is made before a run, which takes place below Python 3.10, too."""
    target = file.target_at(run.call)
    same = file.enclosing_function(made) is file.enclosing_function(run.call)
    later = same and file.span(run.call).end <= file.span(made).start
    return target is not None and target.first < (3, 10) and not later


def _fix(call: cst.Call, told: Told, variable: Variable | None, file: File) -> Fix:
    if told.shared:
        raise Refused("more than one run waits on it")
    fix = build_inside(call, told.run, variable, file)
    return replace(fix, safety=Safety.UNSAFE) if file.has_context else fix
