"""A constructor keeps `get_event_loop()`: right only for those who call it while a loop runs.

`self.loop = loop or asyncio.get_event_loop()` was the way to write a class until `asyncio.run` came.
Whoever builds such an object at the top of a module, or before `asyncio.run()`, gives it a loop that
never runs. Up to Python 3.13 the first `await` on something of that loop's ends with

    RuntimeError: Task <Task pending …> got Future <…> attached to a different loop

and from Python 3.14 on the constructor ends with

    RuntimeError: There is no current event loop in thread 'MainThread'.

This rule speaks to the author of the class. What the class does to its users shows where they are in
another file. Where the object is built in the same file, at a time when that is wrong, nothing is said
here: `client-captures-loop` tells of it there, if it is sure that an `asyncio.run` uses the object.

```python file=app.py
import asyncio

from example import Client

client = Client()


async def main():
    await client.fetch()


asyncio.run(main())
```

```python bad 3.7-="ok"
import asyncio


class Client:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()  # RUN206

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")
```

Ask for the loop where it is needed, which is in a coroutine, where one runs:

```python good
import asyncio


class Client:
    async def fetch(self):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, print, "fetched")


client = Client()
asyncio.run(client.fetch())
asyncio.run(client.fetch())
```

What has to be made once, a task or a queue that belongs to the loop, is made when the first coroutine
asks for it:

```python good
import asyncio


class Client:
    def __init__(self):
        self.closed = None

    async def start(self):
        if self.closed is None:
            self.closed = asyncio.get_running_loop().create_future()
        self.closed.set_result("closed")

    async def wait(self):
        print(await self.closed)


client = Client()


async def main():
    await client.start()
    await client.wait()


asyncio.run(main())
```

Or the object is made by a coroutine, `async def connect(): …`, or is an asynchronous context manager,
which nobody can use but in a loop. Where a plain `loop` parameter is part of your interface, keep it, and
keep None until then.

Other ways to write it are no better:

```python bad 3.7-="ok"
import asyncio
from dataclasses import dataclass, field


@dataclass
class Client:
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_event_loop)  # RUN206

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


class Server:
    def __init__(self, loop=None):
        if loop is None:
            loop = asyncio.get_event_loop()  # RUN206
        self._loop = loop

    async def serve(self):
        await self._loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
```

A class that is only built where a loop runs is right, and so is one that looks whether a loop runs:

```python good
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


class Careful:
    def __init__(self):
        try:
            self.loop = asyncio.get_running_loop()
        except RuntimeError:
            self.loop = asyncio.get_event_loop()

    async def fetch(self):
        await self.loop.run_in_executor(None, print, "fetched")


async def main():
    await Client().fetch()


asyncio.run(main())
```

Nothing is said of classes that a loop, or a framework, builds: protocols, transports, request handlers; of
threads; of private classes, and of those made for tests. A class that runs the loop that it keeps works
up to Python 3.13, and is reported for the Pythons after it.

```python bad -3.11="ok" 3.12-3.13="warns DeprecationWarning: There is no current event loop" 3.14-="RuntimeError: There is no current event loop in thread 'MainThread'."
import asyncio


class Bot:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()  # RUN206

    async def answer(self):
        print("hello")

    def start(self):
        self.loop.run_until_complete(self.answer())


Bot().start()
```

```python fixed unsafe 3.12-3.13="warns DeprecationWarning: There is no current event loop"
import asyncio


class Bot:
    def __init__(self, loop=None):
        try:
            self.loop = loop or asyncio.get_event_loop()
        except RuntimeError:
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)

    async def answer(self):
        print("hello")

    def start(self):
        self.loop.run_until_complete(self.answer())


Bot().start()
```

**The fix is unsafe.** It is for classes that run the loop themselves, and makes one where there is
none: a stop-gap, with which the program does the same on every Python. There is no fix for other classes,
for where the loop is first needed is for the author to say; nor where the file has an `asyncio.run`, which has
a loop of its own.

Ignore it where the object is only ever built in a coroutine, though nothing in its file shows it.

See [Event loop](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_event_loop).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import libcst as cst

from flake8_asyncrun.core.capture import (
    assigned_to,
    constructs,
    is_prepared,
    may_be_made_current,
    may_be_right,
    uses,
)
from flake8_asyncrun.core.errors import R2, R4, by_version
from flake8_asyncrun.core.glance import where_reached
from flake8_asyncrun.core.model import Fix, Safety
from flake8_asyncrun.core.own_loop import only_loop
from flake8_asyncrun.core.rule import File, Hit, Refused, Run, attempt, per_file, rule
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.asyncio_table import AT_REST, canonical
from flake8_asyncrun.names.externals import DATACLASS_DECORATORS
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import NONE, Class, Const, Effect, External, Method, Sequence
from flake8_asyncrun.rules import client_captures_loop, loop_after_run, no_current_loop

_GETS = "asyncio.get_event_loop"


@rule("RUN206", on=(cst.Call, cst.Arg), fix=Safety.UNSAFE, possible=where_reached(_GETS))
def check(node: cst.Call | cst.Arg, file: File) -> Iterator[Hit]:
    found = _in_field(node, file) if isinstance(node, cst.Arg) else _in_constructor(node, file)
    if found is None:
        return
    owner, attribute = found
    shown: cst.CSTNode = node.value if isinstance(node, cst.Arg) else node
    target = file.target_at(node)
    if target is None or may_be_right(node, file) or may_be_made_current(file):
        return
    if not _is_for_others(owner, file) or not _needs_it(owner, attribute, file):
        return
    happens = _happens(owner, attribute, target, file)
    if happens is None or _is_right_here(owner, file):
        return
    if any(True for _ in _told_elsewhere(shown, file)):
        return
    kept = f"{owner.name.value}() keeps the current loop in `{attribute}`"
    message = f"{kept}: {happens}; call get_running_loop() in its first coroutine method"
    fix, notes = attempt(partial(_fix, shown, owner, file))
    yield Hit(shown, message, fix, notes)


def _fix(node: cst.CSTNode, owner: cst.ClassDef, file: File) -> Fix:
    if not isinstance(node, cst.Call) or not _runs_it(owner, file):
        raise Refused("where the loop is first needed is for the author to say")
    return only_loop(node, file)


def _runs_it(owner: cst.ClassDef, file: File) -> bool:
    """Say whether a class has the loop that it keeps run."""
    return _RUNS_LOOP.search(file.source.text_of(owner)) is not None


def _happens(owner: cst.ClassDef, attribute: str, target: Target, file: File) -> str | None:
    """Return what becomes of an object that is built where no loop runs, None where all is well."""
    # It may run what it keeps itself, or take another loop in time.
    helps_itself = _runs_it(owner, file)
    helps_itself |= _is_set_later(owner, attribute, file)
    if helps_itself and (target.last < (3, 14) or file.says("set_event_loop")):
        return None
    if helps_itself or target.first >= (3, 14):
        return f"built where no loop runs, there is none: {by_version(target, ((3, 14), R2))}"
    errors = by_version(target, ((3, 7), R4), ((3, 14), R2))
    return f"built before asyncio.run(), that is one that never runs: {errors}"


def _is_set_later(owner: cst.ClassDef, attribute: str, file: File) -> bool:
    """Say whether more than a constructor gives an attribute its value."""
    for node in descend(owner.body):
        if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Attribute):
            function = file.enclosing_function(node)
            begins = isinstance(function, cst.FunctionDef) and function.name.value in _CONSTRUCTORS
            if node.target.attr.value == attribute and not begins:
                return True
    return False


_RUNS_LOOP = re.compile(r"\brun_(until_complete|forever)\b")


def _told_elsewhere(node: cst.CSTNode, file: File) -> Iterator[Hit]:
    if isinstance(node, cst.Call):
        yield from no_current_loop.check.check(node, file)


# ---------------------------------------------------------------------- what is kept


def _in_field(argument: cst.Arg, file: File) -> tuple[cst.ClassDef, str] | None:
    """Return the dataclass, and the field of it, whose default an argument makes."""
    if argument.keyword is None or argument.keyword.value not in ("default_factory", "factory"):
        return None
    value = argument.value
    if isinstance(value, cst.Lambda):
        gets = isinstance(value.body, cst.Call) and file.callee(value.body) == _GETS
    else:
        named = file.value(value)
        gets = isinstance(named, External) and named.known and canonical(named.name) == _GETS
    statement = file.source.parent(file.source.parent(argument) or argument)
    if not gets or not isinstance(statement, (cst.AnnAssign, cst.Assign)):
        return None
    target = _targets(statement)[0]
    owner = _class_around(statement, file)
    if owner is None or not isinstance(target, cst.Name):
        return None
    return (owner, target.value) if _decorators(owner) & DATACLASS_DECORATORS else None


_OF_A_LOOP = {"protocol", "reader", "transport", "writer"}
"""Parameters whose arguments nobody has but where a loop runs."""

_CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__")


def _in_constructor(call: cst.Call, file: File) -> tuple[cst.ClassDef, str] | None:
    """Return the class whose constructor keeps the loop that a call gives, and under which name."""
    if file.callee(call) != _GETS:
        return None
    function = file.enclosing_function(call)
    if not isinstance(function, cst.FunctionDef) or function.name.value not in _CONSTRUCTORS:
        return None
    owner = _class_around(function, file)
    parameters = [*function.params.posonly_params, *function.params.params]
    if owner is None or not parameters or function.asynchronous or function.decorators:
        return None
    if _is_careful(function, file) or _is_under_condition(call, file):
        return None
    if any(one.name.value in _OF_A_LOOP for one in parameters):
        return None
    attribute = _kept_as(call, parameters[0].name.value, function, file)
    return None if attribute is None else (owner, attribute)


def _class_around(node: cst.CSTNode, file: File) -> cst.ClassDef | None:
    """Return the class, at a module's top level, in whose body a node stands."""
    found = file.class_around(node)
    return None if found is None or file.enclosing_function(found) else found


def _targets(statement: cst.Assign | cst.AnnAssign) -> list[cst.BaseExpression]:
    if isinstance(statement, cst.AnnAssign):
        return [statement.target]
    return [one.target for one in statement.targets]


_CAREFUL = {
    *("all_tasks", "create_task", "current_task", "get_running_loop", "is_running"),
    *("_get_running_loop", "new_event_loop", "set_event_loop"),
}


def _is_careful(function: cst.FunctionDef, file: File) -> bool:
    """Say whether a constructor looks for the running loop, or makes one, itself."""
    for node in descend(function.body):
        if isinstance(node, cst.Attribute) and node.attr.value in _CAREFUL:
            value = file.value(node.value)
            on_loop = node.attr.value == "create_task" and not isinstance(value, External)
            if not on_loop:
                return True
        if isinstance(node, cst.Name) and node.value in _CAREFUL - {"create_task"}:
            return True
    return False


def _is_under_condition(call: cst.Call, file: File) -> bool:
    """Say whether more than the want of a loop decides whether a call is made."""
    child: cst.CSTNode = call
    for parent in file.parents(call):
        if isinstance(parent, cst.FunctionDef):
            return False
        if isinstance(parent, (cst.ExceptHandler, cst.For, cst.While, cst.Match, cst.BaseComp)):
            return True
        if isinstance(parent, (cst.If, cst.IfExp)) and child is not parent.test:
            test = file.source.text_of(parent.test)
            if not _ASKS_FOR_LOOP.fullmatch(test):
                return True
        if isinstance(parent, cst.BooleanOperation) and child is parent.right:
            if isinstance(parent.operator, cst.And):
                return True
            if not _LOOP_NAME.fullmatch(file.source.text_of(parent.left)):
                return True
        child = parent
    return False


_NAME = r"[\w.]*loop[\w.]*"
_LOOP_NAME = re.compile(rf"{_NAME}|\w+\.(get|pop)\((.*loop.*)\)")
_ASKS_FOR_LOOP = re.compile(rf"not {_NAME}|{_NAME}( is| is not| ==| !=) None|{_NAME}")


def _kept_as(call: cst.Call, me: str, function: cst.FunctionDef, file: File) -> str | None:
    """Return the attribute in which a constructor keeps what a call gives."""
    child: cst.CSTNode = call
    for parent in file.parents(call):
        if isinstance(parent, cst.Arg):
            outer = file.source.parent(parent)
            if not (isinstance(outer, cst.Call) and _falls_back(outer, parent)):
                return None
        elif isinstance(parent, (cst.Assign, cst.AnnAssign)):
            return _kept_by(parent, me, function)
        elif isinstance(parent, cst.Call):
            if child is parent.func:
                return None
        elif not isinstance(parent, (cst.BooleanOperation, cst.IfExp)):
            return None
        child = parent
    return None


def _falls_back(call: cst.Call, argument: cst.Arg) -> bool:
    """Say whether an argument is what `options.get("loop", …)` gives where there is none."""
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    return name in ("get", "pop") and len(call.args) == 2 and call.args[1] is argument


def _kept_by(
    statement: cst.Assign | cst.AnnAssign, me: str, function: cst.FunctionDef
) -> str | None:
    names: set[str] = set()
    for target in _targets(statement):
        if isinstance(target, cst.Attribute):
            return _own_attribute(target, me)
        if isinstance(target, cst.Name):
            names.add(target.value)
    for node in descend(function.body):
        if not isinstance(node, (cst.Assign, cst.AnnAssign)):
            continue
        if isinstance(node.value, cst.Name) and node.value.value in names:
            return _own_attribute(_targets(node)[0], me)
    return None


def _own_attribute(target: cst.BaseExpression, me: str) -> str | None:
    """Return `x` of `self.x`."""
    if not isinstance(target, cst.Attribute) or not isinstance(target.value, cst.Name):
        return None
    return target.attr.value if target.value.value == me else None


# ---------------------------------------------------------------------- whose class it is

_BUILT_IN_LOOP = re.compile(
    r".*(Protocol|Transport|Thread|Process|Policy|Loop|TestCase|Handler|Cog|View|Endpoint"
    r"|Middleware|Consumer|Resource|Fixture|Plugin|Extension)(Mixin|Base)?"
)
_FOR_TESTS = re.compile(r"(Test|Fake|Mock|Dummy|Stub)\w*|\w+(Test|Tests|TestCase|Mock|Stub)")
_TEST_FILE = re.compile(r"(.*[/\\])?((tests?|testing)[/\\].*|(conftest|test_\w*|\w*_tests?)\.py)")


def _is_for_others(owner: cst.ClassDef, file: File) -> bool:
    """Say whether anybody may build objects of a class, and nobody but its callers does."""
    name = owner.name.value
    if not name[0].isupper() or not _is_exported(name, file):
        # Named like a function, it is one that is called where it is needed.
        return False
    if _FOR_TESTS.fullmatch(name) or _TEST_FILE.fullmatch(file.source.path):
        return False
    if _decorators(owner) - DATACLASS_DECORATORS or owner.keywords:
        return False
    cls = _class_of(owner, file)
    if cls is None or cls.opaque or cls.replaced:
        return False
    bases = [one.name for one in cls.order]
    bases += [one.name.rpartition(".")[2] for one in cls.outside]
    if not all(one.known for one in cls.outside):
        return False
    return not any(map(_BUILT_IN_LOOP.fullmatch, bases))


def _is_exported(name: str, file: File) -> bool:
    exported = file.facts.global_value("__all__")
    if not isinstance(exported, Sequence) or exported.open:
        return True
    return Const(name) in exported.items


def _decorators(owner: cst.ClassDef) -> set[str]:
    names = set()
    for one in owner.decorators:
        named = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        last = named.attr if isinstance(named, cst.Attribute) else named
        names.add(last.value if isinstance(last, cst.Name) else "")
    return names


def _class_of(owner: cst.ClassDef, file: File) -> Class | None:
    value = file.facts.global_value(owner.name.value)
    line = file.place(owner.name).line
    return value if isinstance(value, Class) and value.node.lineno == line else None


# Methods of a loop that do the same whether it runs or not, and those for other threads, whose
# users build the object where the loop runs.
_NO_MATTER = {
    *AT_REST,
    *("close", "stop", "call_soon_threadsafe", "set_exception_handler", "call_exception_handler"),
}


def _needs_it(owner: cst.ClassDef, attribute: str, file: File) -> bool:
    """Say whether a class uses the loop that it keeps, and does not run it itself."""
    text = file.source.text_of(owner)
    if re.search(r"\bset_event_loop\b|\bThread\b", text):
        return False
    for node in descend(owner.body):
        if not isinstance(node, cst.Attribute) or node.attr.value != attribute:
            continue
        if isinstance(node.value, cst.Name) and _is_use(node, file):
            return True
    return False


def _is_use(node: cst.Attribute, file: File) -> bool:
    parent = file.source.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.attr.value not in _NO_MATTER
    if isinstance(parent, cst.Arg):
        outer = file.source.parent(parent)
        callee = file.callee(outer) if isinstance(outer, cst.Call) else None
        return callee != "asyncio.run_coroutine_threadsafe"
    return False


# ---------------------------------------------------------------------- where it is built


def _is_right_here(owner: cst.ClassDef, file: File) -> bool:
    """Say whether this file builds objects of the class in a loop or with one, or hands the class
    to somebody, or is told of the objects that it builds."""
    line = file.place(owner.name).line
    handed, built = _named_in_calls(file)
    return line in handed or any(_is_well(call, file) for call in built.get(line, ()))


@per_file
def _named_in_calls(file: File) -> tuple[set[int], dict[int, list[cst.Call]]]:
    """Return the classes that are handed to somebody, and the calls that build objects of them, by
    the lines of the classes."""
    handed: set[int] = set()
    built: dict[int, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        given = {line for one in call.args for line in _classes_of(one.value, file)}
        if given and not _only_asks(call, file):
            handed |= given
        if isinstance(file.value(call.func), Class):
            for line in _classes_of(call.func, file):
                built[line].append(call)
    return handed, built


def _is_well(call: cst.Call, file: File) -> bool:
    """Say whether it may be right to build an object by a call, or another rule tells of it."""
    if _gives_loop(call, file):
        return True
    if any(True for _ in client_captures_loop.built(call, file)):
        return True
    if any(True for _ in loop_after_run.check.check(call, file)):
        return True
    if file.state(call) is not State.NO_LOOP:
        return file.state(call) is not State.UNKNOWN or _is_put_off(call, file)
    event = constructs(call, file, Effect.CAPTURES)
    if event is None or event.set or event.caught or is_prepared(call, file):
        return True
    return _is_run_by_hand(call, file)


def _is_put_off(call: cst.Call, file: File) -> bool:
    """Say whether a generator makes a call: when and where somebody asks for the next."""
    for parent in file.parents(call):
        if isinstance(parent, cst.GeneratorExp):
            return True
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            return any(isinstance(node, cst.Yield) for node in descend(parent.body))
    return False


def _is_run_by_hand(call: cst.Call, file: File) -> bool:
    """Say whether what a call makes is used by a loop that this file runs, which has a rule."""
    handed = _handed(file)
    if any(node in handed for node in (call, *file.parents(call))):
        return True
    variable = assigned_to(call, file)
    if variable is None:
        return False
    lines = {line for use in variable.uses for line in use.functions}
    reaching = _handed_reaching(file)
    runs = {run.call: run for line in lines for run in reaching.get(line, ())}
    around = (node for name in file.names_of(variable) for node in (name, *file.parents(name)))
    runs.update((handed[node].call, handed[node]) for node in around if node in handed)
    return any(uses(run, variable, file) for run in runs.values())


@per_file
def _handed(file: File) -> dict[cst.CSTNode, Run]:
    """Return what loops are given to run, by what that is."""
    found: dict[cst.CSTNode, Run] = {}
    for call in file.calls():
        method = file.value(call.func)
        if isinstance(method, Method) and method.name in _HANDED_TO and call.args:
            found[call.args[0].value] = Run(call, call.args[0].value)
    return found


@per_file
def _handed_reaching(file: File) -> dict[int, list[Run]]:
    """Return the same by the lines of the functions of this file that it comes to."""
    found: dict[int, list[Run]] = defaultdict(list)
    for run in _handed(file).values():
        for line in file.reached_by(run.argument):
            found[line].append(run)
    return found


_HANDED_TO = ("create_task", "run_until_complete")
"""Methods of a loop that are given what it runs."""


def _classes_of(node: cst.BaseExpression, file: File) -> set[int]:
    """Return the class that an expression is, and those above it, by their lines."""
    if isinstance(node, cst.Lambda) and isinstance(node.body, cst.Call):
        node = node.body.func
    value = file.value(node)
    if not isinstance(value, Class) or file.facts.is_elsewhere(value):
        return set()
    return {one.node.lineno for one in value.order}


def _only_asks(call: cst.Call, file: File) -> bool:
    value = file.value(call.func)
    asks = ("isinstance", "issubclass", "super", "cast", "getattr", "hasattr", "TypeVar")
    return isinstance(value, External) and value.name.rpartition(".")[2] in asks


def _gives_loop(call: cst.Call, file: File) -> bool:
    """Say whether a class is given a loop, or may be."""
    for one in call.args:
        if one.star:
            return True
        named = one.keyword.value if one.keyword else file.source.text_of(one.value)
        if "loop" in named and file.value(one.value) != NONE:
            return True
    return False
