"""What belongs to the loop of one `asyncio.run()` is used in another.

Each `asyncio.run` makes a loop and closes it when it ends. A client that keeps the loop it was made in,
as `self.loop = asyncio.get_running_loop()` does, is of no use to the next run, which ends with

    RuntimeError: Event loop is closed

```python bad 3.7-="RuntimeError: Event loop is closed"
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


async def connect():
    return Client()


client = asyncio.run(connect())
asyncio.run(client.fetch())  # RUN207
```

Do in one run what belongs together:

```python good prints="fetched"
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


async def main():
    client = Client()
    await client.fetch()


asyncio.run(main())
```

Where the runs have to stay apart, `asyncio.Runner` (from Python 3.11 on) keeps one loop for all of them:

```python good target=3.11 -3.10="AttributeError: module 'asyncio' has no attribute 'Runner'" 3.11-="ok"
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


async def connect():
    return Client()


with asyncio.Runner() as runner:
    client = runner.run(connect())
    runner.run(client.fetch())
```

A global, or an attribute, that the first run sets is no better:

```python bad 3.7-="RuntimeError: Event loop is closed"
import asyncio


class App:
    async def start(self):
        self.loop = asyncio.get_running_loop()

    async def work(self):
        await self.loop.run_in_executor(None, print, "working")


app = App()
asyncio.run(app.start())
asyncio.run(app.work())  # RUN207
```

A session of aiohttp's ends so, too. Where a future of the old loop is awaited, it is

    RuntimeError: Task <Task pending …> got Future <Future pending> attached to a different loop

A task does not outlive its run either. What is not done when `asyncio.run` ends is cancelled, and whoever
awaits it in the next one gets `asyncio.CancelledError`:

```python bad 3.7-="CancelledError"
import asyncio


async def work():
    await asyncio.sleep(0.01)
    print("done")


async def start():
    return asyncio.create_task(work())


async def finish(task):
    await task


task = asyncio.run(start())
asyncio.run(finish(task))  # RUN207
```

What takes the loop anew in each run, or hands on what is no longer bound to one, is fine:

```python good prints="2 2"
import asyncio


class Client:
    async def fetch(self):
        return await asyncio.get_running_loop().run_in_executor(None, len, "ab")


async def fetch(client):
    return await client.fetch()


client = Client()
first = asyncio.run(fetch(client))
second = asyncio.run(fetch(client))
print(first, second)
```

An object that was built before the first run, on a loop that never runs, is a fault of its own, and so is
`get_event_loop()` after a run: each has its rule, and here is told only what a run itself has made. Locks
and queues are bound when they are waited on; they have theirs, too.

**There is no fix:** what has to go into one coroutine is for the author to say.

Runs that a function of yours begins (`def run(coro): asyncio.run(coro)`) and those in a `while` are not
seen.

Ignore it where the second run's error is what you are after.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.capture import assigned_to, is_replaced, may_be_right
from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.earlier import MAYBE, runs_before
from flake8_asyncrun.core.errors import R12
from flake8_asyncrun.core.model import Note
from flake8_asyncrun.core.rule import File, Hit, Run, per_file, rule, runs
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.asyncio_table import KEEPERS
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import (
    NONE,
    Future,
    Instance,
    Kind,
    Loop,
    Made,
    Method,
    Origin,
    Value,
    loops_in,
)
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True)
class _Slot:
    """A variable, or an attribute of the object whose methods are run, that outlives a run."""

    value: Value
    """What the run leaves in it."""
    node: cst.CSTNode
    """Where it is set."""
    variable: Variable | None = None
    attribute: str = ""


@rule("RUN207", on=cst.Call, may_appear=True, possible=runs)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    run = file.run(call) or _by_hand(call, file)
    if run is None or file.in_coroutine(call) or file.target_at(call) is None:
        return
    if file.state(call) is not State.NO_LOOP or may_be_right(call, file):
        return
    if file.kind(run.argument) not in (Kind.COROUTINE, Kind.UNKNOWN):
        return
    leaving = _leaving_what_is_named(run, file)
    for first in _runs_before(run, leaving, file) if leaving else ():
        for slot in _left_by(first, run, file):
            happens = _happens(slot, first, run, file)
            if happens is None:
                continue
            message = f"{_shown(slot, first, file)}: {happens}; do both in one async def"
            notes = (
                Note("the first run is here", file.place(first.call)),
                Note("this is made there", file.place(slot.node)),
            )
            yield Hit(call, message, None, notes)
            return


def _shown(slot: _Slot, first: Run, file: File) -> str:
    """Return what is left, and what became of it when its run ended."""
    runner = f"{file.text_of(first.call.func)}()"
    name = f"`self.{slot.attribute}`" if slot.attribute else f"what {runner} returned"
    if slot.variable is not None:
        name = f"`{slot.variable.name}`"
    which = f"{runner} in line {file.place(first.call).line}"
    if isinstance(slot.value, Future):
        return f"{name} was cancelled when {which} ended"
    return f"{name} belongs to the loop of {which}, which is closed"


def _by_hand(call: cst.Call, file: File) -> Run | None:
    """Return a call of `loop.run_until_complete` as a run."""
    method = file.value(call.func)
    if not isinstance(method, Method) or method.name != "run_until_complete" or not call.args:
        return None
    return Run(call, call.args[0].value) if isinstance(method.owner, Loop) else None


def _runs_before(run: Run, among: set[Run], file: File) -> Iterator[Run]:
    """Yield those of some runs that have certainly ended when another one begins."""
    for node in descend(run.argument):
        inner = file.run(node) if isinstance(node, cst.Call) else None
        if inner is not None and inner in among:
            yield inner
    yield from runs_before(among, file)(run.call)


# ---------------------------------------------------------------------- what a run leaves


def _left_by(first: Run, second: Run, file: File) -> Iterator[_Slot]:
    """Yield what a run certainly leaves that is bound to its loop, and that stays so until
    another one."""
    value = file.value(first.call)
    if _is_bound(value):
        variable = assigned_to(first.call, file)
        within = any(node is first.call for node in descend(second.argument))
        if within or (variable is not None and not is_replaced(first.call, second, variable, file)):
            yield _Slot(value, first.call, variable)
    same = _object_of(first, file)
    for function, statement, target, made in _kept(first, file):
        if isinstance(target, cst.Name):
            variable = file.variable(target)
            if variable is not None and _is_set_once(variable, statement, first, second, file):
                yield _Slot(file.value(made), statement, variable)
        elif isinstance(target, cst.Attribute) and _is_self(target.value, function, file):
            if same is None or same is not _object_of(second, file):
                continue
            attribute = target.attr.value
            if not _is_set_again(attribute, statement, second, file):
                yield _Slot(file.value(made), statement, attribute=attribute)


@per_file
def _kept(
    run: Run, file: File
) -> tuple[
    tuple[cst.FunctionDef, cst.BaseSmallStatement, cst.BaseExpression, cst.BaseExpression], ...
]:
    """Return the assignments, with their functions, targets and values, by which a run certainly
    keeps what is bound to its loop."""
    found = []
    for function, statement in _certain(run, file):
        target, made = _assigned(statement)
        if target is not None and made is not None and _is_bound(file.value(made)):
            found.append((function, statement, target, made))
    return tuple(found)


def _leaving_what_is_named(second: Run, file: File) -> set[Run]:
    """Return the runs that may leave something which another one names: no others are of concern
    to that."""
    leaving = _leaving(file)
    if not leaving:
        return set()
    marks = _marks(descend(second.argument), file)
    found = {run for mark in marks for run in leaving.get(mark, ())}
    return found | _leaving_what_is_named_in(frozenset(file.reached_by(second.argument)), file)


@per_file
def _leaving_what_is_named_in(lines: frozenset[int], file: File) -> set[Run]:
    marks = _marks(_nodes_of(lines, file), file)
    return {run for mark in marks for run in _leaving(file).get(mark, ())}


@per_file
def _leaving(file: File) -> dict[object, list[Run]]:
    """Return the runs of asyncio.run by the marks of what they may leave."""
    found: dict[object, list[Run]] = defaultdict(list)
    for run in file.runs:
        if file.callee(run.call) != "asyncio.run":
            continue
        left: list[tuple[cst.CSTNode, Value, cst.CSTNode | None]] = []
        value = file.value(run.call)
        if _is_bound(value):
            variable = assigned_to(run.call, file)
            left.append((run.call, value, None))
            if variable is not None:
                found[variable].append(run)
        left += ((one[1], file.value(one[3]), one[2]) for one in _kept(run, file))
        for node, value, target in left:
            found[node].append(run)
            found[id(value)].append(run)
            if isinstance(target, cst.Name) and (variable := file.variable(target)) is not None:
                found[variable].append(run)
            elif isinstance(target, cst.Attribute):
                found[target.attr.value].append(run)
    return found


def _marks(nodes: Iterable[cst.CSTNode], file: File) -> set[object]:
    """Return what tells the slots that nodes may be: variables, names of attributes, identities of
    values, and nodes."""
    found: set[object] = set()
    for node in nodes:
        found.add(node)
        if isinstance(node, cst.Name):
            found |= {file.variable(node), id(file.value(node))}
        elif isinstance(node, cst.Attribute):
            found |= {node.attr.value, id(file.value(node))}
    return found


def _is_bound(value: Value) -> bool:
    """Say whether a value is certainly bound to the loop that ran when it was made."""
    if isinstance(value, Future):
        return value.origin is Origin.RUNNING and value.maker in _TASKS
    return any(_is_of_run(part) for part in loops_in(value))


_TASKS = ("asyncio.create_task", "asyncio.ensure_future", "loop.create_task")


def _is_of_run(part: Loop | Future | Made) -> bool:
    if isinstance(part, Future) or part.origin is not Origin.RUNNING:
        return False
    return isinstance(part, Loop) or part.name not in KEEPERS


def _object_of(run: Run, file: File) -> Variable | None:
    """Return the variable, bound once, of the object whose method a run is given."""
    call = run.argument
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return None
    owner = call.func.value
    variable = file.variable(owner) if isinstance(owner, cst.Name) else None
    if variable is None or not variable.is_bound_once:
        return None
    return variable


def _assigned(
    statement: cst.BaseSmallStatement,
) -> tuple[cst.BaseExpression | None, cst.BaseExpression | None]:
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        return statement.targets[0].target, statement.value
    if isinstance(statement, cst.AnnAssign):
        return statement.target, statement.value
    return None, None


def _is_self(node: cst.BaseExpression, function: cst.FunctionDef, file: File) -> bool:
    """Say whether a name is the first parameter of a method."""
    parameters = [*function.params.posonly_params, *function.params.params]
    if not parameters or not isinstance(node, cst.Name) or function.decorators:
        return False
    is_method = any(isinstance(one, cst.ClassDef) for one in file.parents(function))
    return is_method and parameters[0].name.value == node.value


def _is_set_once(
    variable: Variable, statement: cst.BaseSmallStatement, first: Run, second: Run, file: File
) -> bool:
    """Say whether a statement of the first run gives a global what it has until the second one
    uses it."""
    lazy = _guard(statement, file) is not None
    if not variable.is_global or (not lazy and _is_in_reach(statement, second, file)):
        return False
    for name in file.names_of(variable):
        if not file.binds(name, variable) or statement in file.parents(name):
            continue
        if file.enclosing_function(name) is not None:
            return False
        if file.span(name).start > file.span(first.call).start:
            return False
        if lazy and file.value(name) != NONE:
            return False
    return True


def _is_set_again(
    attribute: str, statement: cst.BaseSmallStatement, second: Run, file: File
) -> bool:
    """Say whether an attribute may be set elsewhere than in a statement of the first run."""
    lazy = _guard(statement, file) is not None
    if not lazy and _is_in_reach(statement, second, file):
        return True
    for node in _attributes_by_name(file).get(attribute, ()):
        target = file.source.parent(node)
        if target is None:
            continue
        changes = isinstance(target, (cst.AssignTarget, cst.Del, cst.Element))
        changes |= isinstance(target, (cst.AnnAssign, cst.AugAssign)) and target.target is node
        if not changes or statement in file.parents(node):
            continue
        other = file.enclosing_function(node)
        begins = isinstance(other, cst.FunctionDef) and other.name.value == "__init__"
        if not begins or isinstance(target, cst.Element):
            return True
        other_statement = (
            target if isinstance(target, cst.AnnAssign) else file.source.parent(target)
        )
        if lazy and not _gives_none(other_statement, file):
            return True
    return False


@per_file
def _attributes_by_name(file: File) -> dict[str, list[cst.Attribute]]:
    found: dict[str, list[cst.Attribute]] = defaultdict(list)
    for node in file.attributes():
        found[node.attr.value].append(node)
    return found


def _gives_none(statement: cst.CSTNode | None, file: File) -> bool:
    if not isinstance(statement, (cst.Assign, cst.AnnAssign)):
        return False
    return statement.value is not None and file.value(statement.value) == NONE


def _is_in_reach(node: cst.CSTNode, run: Run, file: File) -> bool:
    function = file.enclosing_function(node)
    return function is not None and file.place(function).line in file.reached_by(run.argument)


# ---------------------------------------------------------------------- what a run surely does


def _certain(run: Run, file: File) -> Iterator[tuple[cst.FunctionDef, cst.BaseSmallStatement]]:
    """Yield the statements that a run certainly comes to, in functions of this file."""
    function = file.facts.own_function(file.value(run.argument))
    node = None if function is None else file.function_at(function.node.lineno)
    return iter(() if node is None else _certain_from(node, file))


@per_file
def _certain_from(
    function: cst.FunctionDef, file: File
) -> tuple[tuple[cst.FunctionDef, cst.BaseSmallStatement], ...]:
    found: list[tuple[cst.FunctionDef, cst.BaseSmallStatement]] = []
    pending, known = [function], {function}
    for one in pending:
        for statement in _unconditional(one.body, file):
            found.append((one, statement))
            new = [inner for inner in _called_in(statement, file) if inner not in known]
            pending += dict.fromkeys(new)
            known.update(new)
    return tuple(found)


def _unconditional(block: cst.BaseSuite, file: File) -> Iterator[cst.BaseSmallStatement]:
    """Yield the statements of a block that are reached unless something goes wrong."""
    for statement in block.body:
        if isinstance(statement, cst.BaseSmallStatement):
            yield statement
        elif isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        elif isinstance(statement, cst.With):
            yield from _unconditional(statement.body, file)
        elif isinstance(statement, cst.While) and file.value(statement.test).truth:
            yield from _unconditional(statement.body, file)
            return
        elif isinstance(statement, cst.If):
            inner = [*_unconditional(statement.body, file)]
            yield from (one for one in inner if _guard(one, file) is statement)
        if any(
            isinstance(one, (cst.Return, cst.Break, cst.Continue)) for one in descend(statement)
        ):
            return


def _called_in(statement: cst.BaseSmallStatement, file: File) -> Iterator[cst.FunctionDef]:
    """Yield the functions of this file that a statement certainly runs."""
    stack: list[cst.CSTNode] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, MAYBE):
            continue
        if isinstance(node, cst.Call):
            function = file.facts.own_function(file.value(node.func))
            inner = None if function is None else file.function_at(function.node.lineno)
            awaited = isinstance(file.source.parent(node), cst.Await)
            if inner is not None and (inner.asynchronous is None or awaited):
                yield inner
        stack.extend(children(node))


def _guard(statement: cst.BaseSmallStatement, file: File) -> cst.If | None:
    """Return the `if x is None`, or `if not x`, under which a statement gives `x` its value."""
    target, _ = _assigned(statement)
    line = file.source.parent(statement)
    block = None if line is None else file.source.parent(line)
    test = None if block is None else file.source.parent(block)
    if target is None or not isinstance(test, cst.If) or test.body is not block:
        return None
    asked: cst.BaseExpression | None = None
    if isinstance(test.test, cst.UnaryOperation) and isinstance(test.test.operator, cst.Not):
        asked = test.test.expression
    elif isinstance(test.test, cst.Comparison) and len(test.test.comparisons) == 1:
        (compared,) = test.test.comparisons
        if isinstance(compared.operator, cst.Is) and file.value(compared.comparator) == NONE:
            asked = test.test.left
    same = asked is not None and file.source.text_of(asked) == file.source.text_of(target)
    return test if same else None


# ---------------------------------------------------------------------- who uses it


def _happens(slot: _Slot, first: Run, second: Run, file: File) -> str | None:
    """Return the error that the second run certainly ends with, None where it may not."""
    nodes = [*descend(second.argument), *_reached_nodes(second, file)]
    if "is_closed" in {node.value for node in nodes if isinstance(node, cst.Name)}:
        return None
    named = [node for node in nodes if _is_slot(node, slot, file)]
    if isinstance(slot.value, Instance):
        nodes += _methods_called(named, slot.value, file)
    if isinstance(slot.value, Future):
        waits = any(_is_awaited(node, file) for node in named)
        return CANCELLED if waits and _is_never_done(slot.value, first, file) else None
    used = any(_is_used(node, slot.value, nodes, file) for node in named)
    return R12 if used else None


CANCELLED = "asyncio.CancelledError"


def _reached_nodes(run: Run, file: File) -> Iterator[cst.CSTNode]:
    yield from _nodes_of(frozenset(file.reached_by(run.argument)), file)


def _methods_called(named: list[cst.CSTNode], owner: Instance, file: File) -> Iterator[cst.CSTNode]:
    """Yield the nodes of the methods of this file that are named of an object, and of what those
    come to."""
    called = {
        attribute.attr.value
        for attribute in map(file.source.parent, named)
        if isinstance(attribute, cst.Attribute)
    }
    lines = {
        method.lineno
        for one in owner.cls.order
        if not file.facts.is_elsewhere(one)
        for method in one.node.body
        if getattr(method, "name", "") in called
    }
    yield from _nodes_of(frozenset(file.facts.reached_from(lines)), file)


@per_file
def _nodes_of(lines: frozenset[int], file: File) -> tuple[cst.CSTNode, ...]:
    functions = (file.function_at(line) for line in sorted(lines))
    return tuple(node for one in functions if one is not None for node in descend(one.body))


def _is_slot(node: cst.CSTNode, slot: _Slot, file: File) -> bool:
    if isinstance(node, cst.Name):
        if slot.variable is not None and file.variable(node) is slot.variable:
            return True
    elif isinstance(node, cst.Attribute):
        function = file.enclosing_function(node)
        if slot.attribute and node.attr.value == slot.attribute:
            return isinstance(function, cst.FunctionDef) and _is_self(node.value, function, file)
    elif node is not slot.node:
        return False
    # Handed on, it goes by another name.
    return isinstance(slot.value, (Future, Instance)) and file.value(node) is slot.value


def _is_used(
    node: cst.CSTNode, value: Value, nodes: list[cst.CSTNode], file: File, depth: int = 3
) -> bool:
    """Say whether an expression that stands for a value is used in a way that needs its loop."""
    if not depth or file.expects_error(node, "RuntimeError") or file.catches_all(node):
        return False
    if isinstance(value, Instance) and not file.facts.is_elsewhere(value.cls):
        bound = {
            name: held
            for name, held in value.attributes.items()
            if any(_is_of_run(part) for part in loops_in(held))
        }
        return any(
            isinstance(one, cst.Attribute)
            and one.attr.value in bound
            and _is_own(one, value, file)
            and _is_used(one, bound[one.attr.value], nodes, file, depth - 1)
            for one in nodes
        )
    if isinstance(value, Loop):
        argument = file.source.parent(node)
        if isinstance(argument, cst.Arg):
            outer = file.source.parent(argument)
            takes = ("asyncio.ensure_future", "asyncio.run_coroutine_threadsafe")
            return isinstance(outer, cst.Call) and file.callee(outer) in takes
        return _method_called(node, file) in _NEED_OPEN
    if isinstance(value, (Instance, Made)):
        return _method_called(node, file) not in _MAY_DO
    return False


def _is_own(node: cst.Attribute, owner: Instance, file: File) -> bool:
    """Say whether a node is an attribute of the very object, or of its class's `self`."""
    if file.value(node.value) is owner:
        return True
    function = file.enclosing_function(node)
    if not isinstance(function, cst.FunctionDef) or not _is_self(node.value, function, file):
        return False
    lines = {one.node.lineno for one in owner.cls.order}
    return any(
        isinstance(one, cst.ClassDef) and file.place(one.name).line in lines
        for one in file.parents(function)
    )


def _method_called(node: cst.CSTNode, file: File) -> str:
    """Return the name of the method of an object that is called, "" where none is."""
    attribute = file.source.parent(node)
    if not isinstance(attribute, cst.Attribute) or attribute.value is not node:
        return ""
    call = file.source.parent(attribute)
    return attribute.attr.value if isinstance(call, cst.Call) and call.func is attribute else ""


_NEED_OPEN = {
    *("call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_task"),
    *("run_in_executor", "getaddrinfo", "getnameinfo", "run_until_complete", "run_forever"),
    *("create_connection", "create_server", "subprocess_exec", "subprocess_shell"),
}
"""Methods that raise on a closed loop."""

_MAY_DO = {
    "",
    *("aclose", "close", "closed", "detach", "disconnect", "is_closed", "shutdown", "stop"),
    *("cancel", "exit", "wait_closed", "connected", "is_connected", "terminate"),
}
"""Methods that may do without a loop, or do nothing at all."""


def _is_awaited(node: cst.CSTNode, file: File) -> bool:
    parent = file.source.parent(node)
    expected = file.expects_error(node, "CancelledError", "BaseException")
    return isinstance(parent, cst.Await) and not expected


def _is_never_done(task: Future, first: Run, file: File) -> bool:
    """Say whether a task certainly waits for something when the run ends that makes it."""
    function = file.facts.own_function(file.value(first.argument))
    node = None if function is None else file.function_at(function.node.lineno)
    made = next(file.calls_at(task.made_at), None)
    if node is None or made is None or not made.args or file.enclosing_function(made) is not node:
        return False
    waits = (cst.Await, cst.For, cst.With, cst.CompFor)
    end = file.span(made).end
    if any(isinstance(one, waits) and file.span(one).end >= end for one in descend(node.body)):
        return False
    work = file.facts.own_function(file.value(made.args[0].value))
    body = None if work is None else file.function_at(work.node.lineno)
    return body is not None and any(
        isinstance(one, cst.Await)
        and isinstance(one.expression, cst.Call)
        and file.callee(one.expression) == "asyncio.sleep"
        and not file.expects_error(one, "CancelledError", "BaseException")
        for statement in _unconditional(body.body, file)
        for one in descend(statement)
    )
