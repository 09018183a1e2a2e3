"""An event loop policy: Python 3.14 warns, Python 3.16 has none.

Policies chose which loop `asyncio.run` makes. On 3.14 and 3.15 each use shows

    DeprecationWarning: 'asyncio.set_event_loop_policy' is deprecated and slated for removal in Python 3.16

and says the same of `asyncio.get_event_loop_policy`, `asyncio.DefaultEventLoopPolicy` and
`asyncio.AbstractEventLoopPolicy`; the Windows ones go with them. What is to make the loop is handed to
`asyncio.run` instead, as `loop_factory`, from Python 3.12 on:

```python bad target=3.12 3.7-3.13="ok" 3.14-="warns DeprecationWarning: 'asyncio.set_event_loop_policy' is deprecated and slated for removal in Python 3.16"
import asyncio


async def main():
    print("hello")


asyncio.set_event_loop_policy(None)  # RUN405
asyncio.run(main())
```

```python fixed unsafe
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

The selector loop that some libraries need on Windows is the default everywhere else, so that no test
of the platform is needed:

```python bad target=3.12 3.7-="ok"
import asyncio
import sys


async def main():
    print("hello")


if sys.platform == "win32":
    asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())  # RUN405

asyncio.run(main())
```

```python fixed unsafe -3.11="TypeError: run() got an unexpected keyword argument 'loop_factory'" 3.12-="ok"
import asyncio
import sys


async def main():
    print("hello")


asyncio.run(main(), loop_factory=asyncio.SelectorEventLoop)
```

Instead of `asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())` call `uvloop.run(main())`, which is
there on older Pythons too. The fix does where the project's lock file or declarations say that it has
uvloop 0.18 or later; else, from Python 3.12 on, it hands `asyncio.run` the `loop_factory`
`uvloop.new_event_loop`. Instead of asking a policy for its loop, call `asyncio.new_event_loop()` or
`asyncio.get_running_loop()`. A policy of your own becomes a function that returns a loop.

Where the version is asked there is nothing to say:

```python good
import asyncio
import sys

if sys.version_info < (3, 14):
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())

asyncio.run(asyncio.sleep(0))
```

**The fix is unsafe:** a policy also serves the loops that other code makes, in other files and in
threads. It is offered where the choice and the only run of the file stand in one block, at the top level
or in one function; a factory only where the code supports Python 3.12 and later only.

Ignore the rule where a library asks for a policy until it knows better.

See [Policies](https://docs.python.org/3/library/asyncio-policy.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import (
    indentation_at,
    insert,
    lines_of,
    reindent,
    remove_statement,
    replace,
    without_blank_lines,
)
from flake8_asyncrun.core.errors import W2, by_version
from flake8_asyncrun.core.glance import where_named
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.named import Mention, imports, is_first, mentions
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.core.wrap import spot_of
from flake8_asyncrun.names.asyncio_table import POLICY_METHODS
from flake8_asyncrun.names.values import External

_FUNCTIONS = {"asyncio.get_event_loop_policy", "asyncio.set_event_loop_policy"}
_CLASSES = {
    "asyncio.AbstractEventLoopPolicy",
    "asyncio.DefaultEventLoopPolicy",
    "asyncio.WindowsProactorEventLoopPolicy",
    "asyncio.WindowsSelectorEventLoopPolicy",
}
_GOES = _FUNCTIONS | _CLASSES
_SINCE = (3, 14)
_FACTORY_SINCE = (3, 12)
_UVLOOP_RUN_SINCE = "0.18.0"


@rule("RUN405", on=(cst.Attribute, cst.ImportFrom), fix=Safety.UNSAFE, possible=where_named(*_GOES))
def check(node: cst.Attribute | cst.ImportFrom, file: File) -> Iterator[Hit]:
    told: list[Mention] = []
    if isinstance(node, cst.ImportFrom):
        # Importing a function warns of nothing, importing a class does.
        told += imports(node, file, _CLASSES)
    told += [
        mention
        for mention in mentions(
            node, file, _GOES if isinstance(node, cst.Attribute) else _FUNCTIONS
        )
        if is_first(mention, file, _GOES) and not _is_for_watcher(mention, file)
    ]
    for mention in told:
        if mention.target.since_version(_SINCE) is None:
            continue
        happens = by_version(mention.target, (_SINCE, W2))
        message = (
            f"{file.text_of(mention.node)} is about policies, which are gone in Python 3.16; "
            f"{happens}; hand asyncio.run() a loop_factory"
        )
        fix, notes = attempt(lambda mention=mention: _fix(mention, file))  # type: ignore[misc]
        yield Hit(mention.node, message, fix, notes)


def _is_for_watcher(mention: Mention, file: File) -> bool:
    """Say whether a policy is asked for its child watcher, which is gone long before."""
    call = file.source.parent(mention.node)
    method = None if call is None else file.source.parent(call)
    return isinstance(method, cst.Attribute) and method.attr.value.endswith("_child_watcher")


def _instead(mention: Mention, file: File) -> str:
    """Return what to do about a policy that is not chosen here."""
    call = file.source.parent(mention.node)
    method = None if call is None else file.source.parent(call)
    is_asked = mention.name == "asyncio.get_event_loop_policy" and isinstance(method, cst.Attribute)
    if is_asked and isinstance(method, cst.Attribute) and method.attr.value in POLICY_METHODS:
        return f"call asyncio.{method.attr.value}(), which asks the same policy"
    return "only the choice of a policy has its place in a run"


def _fix(mention: Mention, file: File) -> Fix:
    call = file.source.parent(mention.node)
    if (
        mention.name != "asyncio.set_event_loop_policy"
        or not isinstance(call, cst.Call)
        or call.func is not mention.node
    ):
        raise Refused(_instead(mention, file))
    statement = _chosen_by(call, file)
    run = _only_run(statement, file)
    factory = _factory(call, file)
    edits = _without(statement, run, file) if factory else [remove_statement(file, statement)]
    if factory.endswith(".run"):
        edits.append(replace(file, run.func, factory))
    elif factory:
        if mention.target.first < _FACTORY_SINCE:
            raise Refused("asyncio.run() takes a loop_factory from Python 3.12 on")
        last = run.args[-1]
        edits.append(insert(file.span(last).end, f", loop_factory={factory}"))
    return Fix("Choose the loop in the run", tuple(edits), Safety.UNSAFE)


def _without(statement: cst.BaseStatement, run: cst.Call, file: File) -> list[Edit]:
    """Return the edits that remove a statement, and put the comment above it above the run."""
    source = file.source
    own = source.line_start(file.span(statement).start)
    lines = lines_of(file, statement)
    beside = source.slice(Span(file.span(statement).end, lines.end))
    if lines.start == own or "#" in beside:
        return [remove_statement(file, statement)]
    start = source.line_start(file.span(spot_of(file, run).statement).start)
    before = indentation_at(source, file.span(statement).start)
    inner = indentation_at(source, file.span(spot_of(file, run).statement).start)
    comment = reindent(file, Span(lines.start, own), before, inner, statement)
    return [Edit(without_blank_lines(file, lines, first=False), ""), insert(start, comment)]


def _chosen_by(call: cst.Call, file: File) -> cst.BaseStatement:
    """Return the statement that a call is, or an `if` about the platform that holds nothing else.

    Raises Refused where it is more.
    """
    expression = file.source.parent(call)
    line = None if expression is None else file.source.parent(expression)
    if (
        not isinstance(expression, cst.Expr)
        or not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
    ):
        raise Refused("it is no statement of its own")
    block = file.source.parent(line)
    test = None if block is None else file.source.parent(block)
    if isinstance(block, cst.IndentedBlock) and isinstance(test, cst.If) and len(block.body) == 1:
        asked = file.source.text_of(test.test)
        about_platform = "sys.platform" in asked or "os.name" in asked or "platform.system" in asked
        windows = "WindowsSelectorEventLoopPolicy" in file.source.text_of(call)
        nested = isinstance(file.source.parent(test), cst.If)
        if (
            not about_platform
            or not windows
            or nested
            or test.orelse is not None
            or "#" in file.source.text_of(test)
        ):
            raise Refused("it stands under a condition")
        return test
    return line


def _only_run(statement: cst.BaseStatement, file: File) -> cst.Call:
    """Return the only run of the file. Raises Refused where it may not be the one meant."""
    block = file.source.parent(statement)
    if len(file.runs) != 1 or file.callee(file.runs[0].call) != "asyncio.run":
        raise Refused("the file has not one asyncio.run() that it serves")
    if file.says("new_event_loop", "get_event_loop("):
        raise Refused("loops are made by hand as well")
    run = file.runs[0].call
    if len([one for one in file.calls() if file.callee(one) in _FUNCTIONS]) != 1:
        raise Refused("policies are used elsewhere too")
    if block is None or len(_body(block)) < 2:
        raise Refused("nothing else stands in its block")
    holders = [run, *file.parents(run)]
    after = [one for one in _body(block) if file.span(one).start > file.span(statement).start]
    if not any(one in after and not _is_function(one) for one in holders):
        raise Refused("the run stands elsewhere")
    if any(_is_function(one) or isinstance(one, cst.Lambda) for one in _up_to(holders, block)):
        raise Refused("the run stands in another function")
    return run


def _body(block: cst.CSTNode) -> list[cst.CSTNode]:
    return list(block.body) if isinstance(block, (cst.Module, cst.IndentedBlock)) else []


def _up_to(holders: list[cst.CSTNode], block: cst.CSTNode) -> list[cst.CSTNode]:
    return holders[: holders.index(block)] if block in holders else holders


def _is_function(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.FunctionDef, cst.ClassDef))


def _factory(call: cst.Call, file: File) -> str:
    """Return what makes the loops of the policy that is set, or what runs them; "" for the default.

    Raises Refused where that is not known.
    """
    policy = call.args[0].value if len(call.args) == 1 and not call.args[0].star else None
    if isinstance(policy, cst.Name) and policy.value == "None":
        return ""
    if isinstance(policy, cst.Call) and not policy.args:
        name = file.callee(policy)
        if name is None:
            value = file.value(policy.func)
            name = value.name if isinstance(value, External) else None
        if name == "asyncio.DefaultEventLoopPolicy":
            return ""
        module = policy.func.value if isinstance(policy.func, cst.Attribute) else None
        if name == "asyncio.WindowsSelectorEventLoopPolicy" and isinstance(module, cst.Name):
            return f"{module.value}.SelectorEventLoop"
        if name == "uvloop.EventLoopPolicy" and isinstance(module, cst.Name):
            if file.project.knowledge.is_since("uvloop", "0.17.0", _UVLOOP_RUN_SINCE):
                return f"{module.value}.run"
            if file.target.first >= _FACTORY_SINCE:
                return f"{module.value}.new_event_loop"
            raise Refused(
                f"uvloop.run() is there from uvloop {_UVLOOP_RUN_SINCE} on, and nothing says that "
                "the project has that; call it by hand if so"
            )
    raise Refused("it is not known what makes this policy's loops")
