"""One coroutine object is run or awaited twice.

Calling an `async def` makes a coroutine, which runs once: to its end, or to its first error. Whoever
awaits it or runs it again gets, on every Python,

    RuntimeError: cannot reuse already awaited coroutine

```python bad 3.7-="RuntimeError: cannot reuse already awaited coroutine"
import asyncio


async def fetch():
    return "data"


async def main():
    coroutine = fetch()
    print(await coroutine)
    print(await coroutine)  # RUN106


asyncio.run(main())
```

Call the function each time, which makes a new coroutine:

```python good prints="data"
import asyncio


async def fetch():
    return "data"


async def main():
    print(await fetch())
    print(await fetch())


asyncio.run(main())
```

or keep the result, or a task: a task may be awaited as often as one likes, and gives its result each
time.

```python good prints="data"
import asyncio


async def fetch():
    return "data"


async def main():
    task = asyncio.create_task(fetch())
    print(await task)
    print(await task)


asyncio.run(main())
```

`asyncio.run`, `wait_for`, `gather`, `create_task` and the like use a coroutine up as `await` does:

```python bad 3.7-="RuntimeError: cannot reuse already awaited coroutine"
import asyncio


async def main():
    print("hello")


coroutine = main()
asyncio.run(coroutine)
asyncio.run(coroutine)  # RUN106
```

So do the rounds of a loop:

```python bad 3.7-="RuntimeError: cannot reuse already awaited coroutine"
import asyncio


async def fetch():
    await asyncio.sleep(0)


async def main():
    coroutine = fetch()
    for attempt in range(3):
        await coroutine  # RUN106


asyncio.run(main())
```

Trying again needs a new coroutine, too, also after a timeout, for then the old one was cancelled:

```python good prints="attempt 2 took too long"
import asyncio


async def fetch():
    await asyncio.sleep(1)


async def main():
    for attempt in range(3):
        try:
            return await asyncio.wait_for(fetch(), 0.01)
        except asyncio.TimeoutError:
            print("attempt", attempt, "took too long")


asyncio.run(main())
```

A list of coroutines is used up with them:

```python bad 3.7-="RuntimeError: cannot reuse already awaited coroutine"
import asyncio


async def fetch(number):
    return number


async def main():
    coroutines = [fetch(number) for number in range(3)]
    print(await asyncio.gather(*coroutines))
    print(await asyncio.gather(*coroutines))  # RUN106


asyncio.run(main())
```

One `gather` that is given the same coroutine twice runs it once, and is right:

```python good prints="['data', 'data']"
import asyncio


async def fetch():
    return "data"


async def main():
    coroutine = fetch()
    print(await asyncio.gather(coroutine, coroutine))


asyncio.run(main())
```

**There is no fix:** whether to call the function again or to keep the result depends on what the
function does.

Ignore it where the error is what you want to show.

See [Awaitables](https://docs.python.org/3/library/asyncio-task.html#awaitables).
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.errors import R6
from flake8_asyncrun.core.glance import Glance
from flake8_asyncrun.core.model import Note
from flake8_asyncrun.core.rule import File, Hit, per_file, rule
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.values import (
    Const,
    Coroutine,
    External,
    Kind,
    Loop,
    Method,
    Value,
    kind_of,
)
from flake8_asyncrun.names.values import Sequence as Items
from flake8_asyncrun.names.variables import Variable

_AWAITED = ("asyncio.wait_for",)
"""Coroutines of asyncio's that run their first argument when they are awaited."""

_SCHEDULE = (
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.gather",
    "asyncio.shield",
    "asyncio.TaskGroup.create_task",
)

_BLOCKS = (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite, cst.SimpleStatementLine)
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp)
_Block = cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite | cst.SimpleStatementLine
_Statement = cst.BaseStatement | cst.BaseSmallStatement


@dataclass(frozen=True)
class Use:
    """A coroutine, or a list of them, that is used up."""

    node: cst.Await | cst.Call
    name: cst.Name
    variable: Variable
    how: str
    several: bool
    """Whether it is a list."""


def _possible(glance: Glance) -> bool:
    """Say whether a variable holds a coroutine, or a list of them."""
    held = glance.facts.held_by_variables()
    return any(_is_coroutine(value) or _are_coroutines(value) for value in held)


@rule("RUN106", on=(cst.Await, cst.Call), may_appear=True, possible=_possible)
def check(node: cst.Await | cst.Call, file: File) -> Iterator[Hit]:
    for use in _uses(node, file):
        if _is_expected(use, file):
            continue
        what = (
            f"the coroutines in `{use.name.value}` are" if use.several else f"`{use.name.value}` is"
        )
        advice = "call the async def each time, or keep a task"
        earlier = _earlier(use, file)
        if earlier is not None:
            if _earlier(earlier, file) is not None or _loop_around(earlier, file) is not None:
                continue  # which is told already
            message = f"{what} {use.how} a second time: {_error(earlier, file)}; {advice}"
            yield Hit(node, message, None, (Note("it is used up here", file.place(earlier.node)),))
        elif (loop := _loop_around(use, file)) is not None:
            message = f"{what} {use.how} again in the next round of the loop: {R6}; {advice}"
            yield Hit(node, message, None, (Note("the loop is here", file.place(loop)),))


def _error(earlier: Use, file: File) -> str:
    if earlier.how != "handed to a task" or isinstance(file.source.parent(earlier.node), cst.Await):
        return R6
    return f"{R6} (or: coroutine is being awaited already)"


def _is_expected(use: Use, file: File) -> bool:
    """Say whether the error may be wanted, or the code may never be run as it stands."""
    return (
        file.facts.loop_is_patched
        or file.facts.replaces_names
        or file.target_at(use.node) is None
        or file.expects_error(use.node, "RuntimeError")
    )


# ---------------------------------------------------------------------- what uses it up


def _uses(node: cst.CSTNode, file: File) -> tuple[Use, ...]:
    """Return what a node, and no other below it, uses up."""
    return _uses_of(node, file) if isinstance(node, (cst.Await, cst.Call)) else ()


@per_file
def _uses_of(node: cst.Await | cst.Call, file: File) -> tuple[Use, ...]:
    return tuple(_used_up(node, file))


@per_file
def _holders(file: File) -> dict[Variable, frozenset[cst.CSTNode]]:
    """Return, for each variable that is used up, all nodes that hold a use of it."""
    found: dict[Variable, set[cst.CSTNode]] = defaultdict(set)
    for node in file.source.nodes:
        for use in _uses(node, file):
            held = found[use.variable]
            for parent in (node, *file.parents(node)):
                if parent in held:
                    break
                held.add(parent)
    return {variable: frozenset(held) for variable, held in found.items()}


def _holds(node: cst.CSTNode, variable: Variable, file: File) -> bool:
    """Say whether a variable is used up in a node, or below it."""
    return node in _holders(file).get(variable, ())


def _used_up(node: cst.Await | cst.Call, file: File) -> Iterator[Use]:
    given: list[tuple[cst.BaseExpression, bool]] = []
    how = "awaited"
    if isinstance(node, cst.Await):
        given = [(node.expression, False)]
    else:
        how, given = _given(node, file)
    variables: list[Variable] = []
    for expression, several in given:
        name = expression.target if isinstance(expression, cst.NamedExpr) else expression
        variable = file.variable(name) if isinstance(name, cst.Name) else None
        if variable is None or not isinstance(name, cst.Name) or variable in variables:
            continue
        is_used_up = _are_coroutines if several else _is_coroutine
        value = file.value(expression)
        if (
            is_used_up(value)
            and _is_bound_before(variable, name, file)
            and (not several or _is_only_gathered(variable, file))
        ):
            variables.append(variable)
            yield Use(node, name, variable, how, several)


def _given(call: cst.Call, file: File) -> tuple[str, list[tuple[cst.BaseExpression, bool]]]:
    """Return how a call uses up what it is given, and what that is; each with whether it is a
    list."""
    run = file.run(call)
    if run is not None:
        return "run", [] if file.in_coroutine(call) else [(run.argument, False)]
    if not call.args or file.seen(call) is None:
        return "", []
    first = call.args[0]
    plain = [(first.value, False)] if first.keyword is None and not first.star else []
    value = file.value(call.func)
    if isinstance(value, Method) and isinstance(value.owner, Loop):
        if value.name == "run_until_complete":
            return "run", [] if file.in_coroutine(call) else plain
        return "handed to a task", plain if value.name == "create_task" else []
    callee = file.callee(call)
    if callee in _AWAITED:
        awaited = isinstance(file.source.parent(call), cst.Await)
        return "awaited", plain if awaited else []
    if callee in _SCHEDULE and file.in_coroutine(call):
        if callee != "asyncio.gather":
            return "handed to a task", plain
        every = [(one.value, one.star == "*") for one in call.args if one.keyword is None]
        return "gathered", [one for one in every if one[0] is not None]
    return "", []


def _is_coroutine(value: Value) -> bool:
    """Say whether a value is a coroutine of an `async def`: a generator may be used up in silence."""
    if not isinstance(value, Coroutine):
        return False
    return value.function is None or kind_of(value.function) is Kind.COROUTINE_FUNCTION


def _are_coroutines(value: Value) -> bool:
    return isinstance(value, Items) and bool(value.items) and all(map(_is_coroutine, value.items))


def _is_bound_before(variable: Variable, name: cst.Name, file: File) -> bool:
    """Say whether a variable is bound once, where it stays the same as long as `name`'s function
    runs."""
    binds = variable.bindings
    here = next(
        (use for use in variable.uses if (use.line, use.column) == file.line_and_byte(name)), None
    )
    if len(binds) != 1 or here is None:
        return False
    (bind,) = binds
    if bind.functions == here.functions:
        return (bind.line, bind.column) <= (here.line, here.column)
    return not bind.functions


def _is_only_gathered(variable: Variable, file: File) -> bool:
    """Say whether a list is bound, gathered and measured, so that it stays what it was."""
    binds = [(use.line, use.column) for use in variable.uses if use.binds]
    for name in file.names_of(variable):
        holder = file.source.parent(name)
        call = file.source.parent(holder) if isinstance(holder, cst.Arg) else None
        if file.line_and_byte(name) in binds:
            continue
        if not isinstance(holder, cst.Arg) or not isinstance(call, cst.Call):
            return False
        callee = file.value(call.func)
        measured = isinstance(callee, External) and callee.name in (
            "builtins.len",
            "builtins.print",
        )
        if not holder.star and not measured:
            return False
    return True


# ---------------------------------------------------------------------- what comes before


@per_file
def _earlier(use: Use, file: File) -> Use | None:
    """Return what certainly has used up the same before, wherever the flow comes to `use`."""
    child: cst.CSTNode = use.node
    if file.catches_all(use.node):
        return None
    for parent in file.parents(use.node):
        found: Use | None = None
        if isinstance(parent, (cst.FunctionDef, cst.Lambda, cst.GeneratorExp)):
            return None
        if isinstance(parent, _BLOCKS):
            found = _last_before(child, parent, use.variable, file)
        elif isinstance(parent, cst.BaseSmallStatement):
            found = _in_expression(parent, use, file)
        elif isinstance(parent, (cst.If, cst.While)) and child is not parent.test:
            found = _in_expression(parent.test, use, file)
        elif isinstance(parent, cst.Try) and child is not parent.body:
            whole = child is parent.orelse
            body = parent.body.body
            found = (
                _last(body, use.variable, file) if whole else _first_of(parent, use.variable, file)
            )
        if found is not None:
            return found
        child = parent
    return None


def _last_before(child: cst.CSTNode, block: _Block, variable: Variable, file: File) -> Use | None:
    """Return the last use of a variable that what comes before `child` in a block comes to."""
    numbers = _numbers(block, file)
    holding = _holding(block, file).get(variable, ())
    before = holding[: bisect.bisect_left(holding, numbers[child])]
    return _last([block.body[number] for number in before], variable, file)


@per_file
def _numbers(block: _Block, file: File) -> dict[cst.CSTNode, int]:
    return {statement: number for number, statement in enumerate(block.body)}


@per_file
def _holding(block: _Block, file: File) -> dict[Variable, list[int]]:
    """Return the numbers of the statements of a block in which each variable is used up."""
    found: dict[Variable, list[int]] = defaultdict(list)
    for number, statement in enumerate(block.body):
        for variable in _used_up_in(file).get(statement, ()):
            found[variable].append(number)
    return found


@per_file
def _used_up_in(file: File) -> dict[cst.CSTNode, list[Variable]]:
    """Return which variables are used up in a node, or below it."""
    found: dict[cst.CSTNode, list[Variable]] = defaultdict(list)
    for variable, nodes in _holders(file).items():
        for node in nodes:
            found[node].append(variable)
    return found


def _last(body: Sequence[_Statement], variable: Variable, file: File) -> Use | None:
    """Return the last use of a variable that the statements of a block certainly come to."""
    for statement in reversed(body):
        if not _holds(statement, variable, file):
            continue
        found = _in_statement(statement, variable, file)
        if found is not None:
            return found
    return None


def _in_statement(statement: _Statement, variable: Variable, file: File) -> Use | None:
    match statement:
        case cst.SimpleStatementLine(body=body):
            return _last(body, variable, file)
        case cst.If(test=test, body=body, orelse=orelse):
            if isinstance(orelse, cst.If):
                other = _in_statement(orelse, variable, file)
            else:
                other = None if orelse is None else _last(orelse.body.body, variable, file)
            found = None if other is None else _last(body.body, variable, file)
            return found or _certain(test, variable, file)
        case cst.While(test=test):
            return _certain(test, variable, file)
        case cst.With(body=body) if not file.expects_error(body.body[0], "RuntimeError"):
            return _last(body.body, variable, file)
        case cst.Try(body=body, handlers=handlers, finalbody=final):
            found = None if final is None else _last(final.body.body, variable, file)
            if found is None and all(_leaves(one.body.body, file) for one in handlers):
                found = _last(body.body, variable, file)
            return found or _first_of(statement, variable, file)
        case cst.BaseSmallStatement():
            return _certain(statement, variable, file)
    return None


def _first_of(statement: cst.Try, variable: Variable, file: File) -> Use | None:
    """Return a use that a `try` comes to before anything can have gone wrong."""
    line = statement.body.body[0]
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else line
    if not isinstance(small, cst.BaseSmallStatement):
        return None
    found = _certain(small, variable, file)
    if found is None:
        return None
    start = file.span(found.node).start
    if any(isinstance(one, cst.Call) and file.span(one).end <= start for one in _certainly(small)):
        return None
    # `asyncio.run` may have refused to run it at all.
    refused = file.expects_error(found.node, "RuntimeError") or file.catches_all(found.node)
    return None if refused and found.how in ("run", "handed to a task") else found


def _certain(node: cst.CSTNode, variable: Variable, file: File) -> Use | None:
    """Return the last use of a variable that evaluating a node certainly comes to."""
    if not _holds(node, variable, file):
        return None
    found = (
        use for one in _certainly(node) for use in _uses(one, file) if use.variable is variable
    )
    return max(found, key=lambda use: file.span(use.node).end, default=None)


def _in_expression(node: cst.CSTNode, later: Use, file: File) -> Use | None:
    """Return the last use that evaluating a node certainly comes to before `later`."""
    end = file.span(later.node).end
    found = (
        use
        for one in _certainly(node)
        if one is not later.node
        for use in _uses(one, file)
        if use.variable is later.variable and file.span(use.node).end < end
    )
    return max(found, key=lambda use: file.span(use.node).end, default=None)


def _certainly(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and those below it that are evaluated whenever it is."""
    stack = [node]
    while stack:
        child = stack.pop()
        yield child
        match child:
            case cst.IfExp(test=test):
                stack.append(test)
            case cst.BooleanOperation(left=left):
                stack.append(left)
            case cst.Lambda() | cst.BaseComp():
                pass
            case _:
                stack.extend(children(child))


# ---------------------------------------------------------------------- loops


def _loop_around(use: Use, file: File) -> cst.CSTNode | None:
    """Return the loop that certainly comes to a use in each of its rounds, of which it has several,
    with a coroutine that was made before."""
    child: cst.CSTNode = use.node
    for parent in file.parents(use.node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda, cst.GeneratorExp)):
            return None
        if isinstance(parent, _COMPREHENSIONS):
            plain = not parent.for_in.ifs and parent.for_in.inner_for_in is None
            if plain and child is not parent.for_in and has_rounds(parent.for_in.iter, file):
                return parent if _is_bound_outside(use, parent, file) else None
            return None
        if isinstance(parent, (cst.IfExp, cst.BooleanOperation)):
            return None
        if isinstance(parent, (cst.For, cst.While)) and child is parent.body:
            return parent if _comes_again(use, parent, file) else None
        child = parent
    return None


def _comes_again(use: Use, loop: cst.For | cst.While, file: File) -> bool:
    if isinstance(loop, cst.For):
        several = loop.asynchronous is None and has_rounds(loop.iter, file)
    else:
        several = file.source.text_of(loop.test) in ("True", "1")
    if not several or not _is_bound_outside(use, loop, file) or file.catches_all(loop):
        return False
    body = loop.body.body
    found = _last(body, use.variable, file)
    if found is None or found.node is not use.node or _leaves(body, file, also_next=False):
        return False
    function = file.facts.own_function(file.value(use.name))
    declared = None if function is None else file.function_at(function.place.line)
    if declared is not None and _may_end(declared.body, file, {declared}):
        return False
    return not _may_end(loop.body, file, set())


_EXITS = ("SystemExit", "_exit", "abort", "exit", "fail", "quit", "skip", "skipTest")


def _may_end(body: cst.CSTNode, file: File, entered: set[cst.FunctionDef]) -> bool:
    """Say whether a body, or a function of this file that it calls, may leave the loop around it,
    or the program."""
    for node in descend(body):
        if isinstance(node, (cst.Raise, cst.Assert)):
            return True
        if isinstance(node, (cst.Break, cst.Continue, cst.Return)) and not entered:
            return True
        if isinstance(node, cst.Name) and node.value in _EXITS:
            return True
        if not isinstance(node, cst.Call):
            continue
        function = file.facts.own_function(file.value(node.func))
        declared = None if function is None else file.function_at(function.place.line)
        if declared is None:
            value = file.value(node.func)
            known = isinstance(value, (External, Method)) and getattr(value, "known", True)
            if not known:
                return True
        elif declared not in entered and _may_end(declared.body, file, {*entered, declared}):
            return True
    return False


def has_rounds(iterated: cst.BaseExpression, file: File) -> bool:
    """Say whether there are certainly two rounds or more."""
    value = file.value(iterated)
    if isinstance(value, Items):
        return not value.open and len(value.items) > 1
    if not isinstance(iterated, cst.Call) or any(one.star or one.keyword for one in iterated.args):
        return False
    callee = file.value(iterated.func)
    if not isinstance(callee, External) or callee.name != "builtins.range":
        return False
    limits = [file.value(one.value) for one in iterated.args]
    numbers = [one.value for one in limits if isinstance(one, Const) and type(one.value) is int]
    if len(numbers) != len(limits) or not 1 <= len(numbers) <= 2:
        return False
    return len(range(*(number for number in numbers if isinstance(number, int)))) > 1


def _is_bound_outside(use: Use, loop: cst.CSTNode, file: File) -> bool:
    span = file.span(loop)
    (bind,) = (one for one in use.variable.uses if one.binds)
    return not span.start <= file.source.offset(bind.line, bind.column) < span.end


def _leaves(body: Sequence[_Statement], file: File, *, also_next: bool = True) -> bool:
    """Say whether the flow never comes to the end of a block; `also_next`: nor to a `continue`."""
    return any(_leaves_in(statement, file, also_next) for statement in body)


def _leaves_in(statement: _Statement, file: File, also_next: bool) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=body):
            return _leaves(body, file, also_next=also_next)
        case cst.Return() | cst.Break() | cst.Raise():
            return True
        case cst.Continue():
            return also_next
        case cst.Expr(value=cst.Call(func=function)):
            return file.text_of(function) in ("sys.exit", "exit", "quit", "os._exit")
        case cst.If(body=body, orelse=orelse) if orelse is not None:
            other = [orelse] if isinstance(orelse, cst.If) else orelse.body.body
            return _leaves(body.body, file, also_next=also_next) and _leaves(
                other, file, also_next=also_next
            )
        case cst.With(body=body):
            return _leaves(body.body, file, also_next=also_next)
        case cst.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            tried = [*body.body, *(() if orelse is None else orelse.body.body)]
            parts = [tried, *(one.body.body for one in handlers)]
            last = () if final is None else final.body.body
            return _leaves(last, file, also_next=also_next) or all(
                _leaves(part, file, also_next=also_next) for part in parts
            )
    return False
