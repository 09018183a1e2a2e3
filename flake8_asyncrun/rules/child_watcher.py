"""A child watcher: gone in Python 3.14.

Once asyncio needed an object that waits for the processes it starts. Since Python 3.8 the one that is
there by default serves every program, in every thread; Python 3.12 and 3.13 warn of whoever chooses
one, and from Python 3.14 on there are none:

    AttributeError: module 'asyncio' has no attribute 'set_child_watcher'

```python bad 3.7="AttributeError: module 'asyncio' has no attribute 'ThreadedChildWatcher'" 3.8-3.11="ok" 3.12-3.13="warns DeprecationWarning: 'set_child_watcher' is deprecated as of Python 3.12 and will be removed in Python 3.14" 3.14-="AttributeError: module 'asyncio' has no attribute 'set_child_watcher'"
import asyncio
import sys


async def main():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('hello')")
    await process.wait()


asyncio.set_child_watcher(asyncio.ThreadedChildWatcher())  # RUN406
asyncio.run(main())
```

```python fixed safe
import asyncio
import sys


async def main():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('hello')")
    await process.wait()


asyncio.run(main())
```

`get_child_watcher()`, `SafeChildWatcher`, `FastChildWatcher`, `MultiLoopChildWatcher`,
`PidfdChildWatcher` and `AbstractChildWatcher` are gone as well. Where one is imported by name the import
itself ends the program:

```python bad 3.7-3.13="ok" 3.14-="ImportError: cannot import name 'SafeChildWatcher' from 'asyncio'"
from asyncio import SafeChildWatcher  # RUN406

print(SafeChildWatcher.__name__)
```

What a watcher did, `await process.wait()` does. Code that older Pythons still need belongs under a test
of the version:

```python good
import asyncio
import sys

if sys.version_info < (3, 8):
    asyncio.get_child_watcher()

asyncio.run(asyncio.sleep(0))
```

**The fix is safe** where the statement does what is so without it: a `ThreadedChildWatcher`, the
default of Python 3.8 to 3.11, or any watcher where the code supports Python 3.14 and later only. Another
watcher reaps in another way on older Pythons, and inside `try` … `except Exception` the program may be
meant to go on after the error: there it is unsafe. A watcher that is imported, kept, attached by hand or
a base class is left to you.

See [What's new in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#asyncio).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import remove_statement, replace
from flake8_asyncrun.core.errors import by_version
from flake8_asyncrun.core.glance import where_named
from flake8_asyncrun.core.model import Fix, Safety
from flake8_asyncrun.core.named import Mention, imports, is_first, mentions
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Made

_CLASSES = (
    "asyncio.AbstractChildWatcher",
    "asyncio.FastChildWatcher",
    "asyncio.MultiLoopChildWatcher",
    "asyncio.PidfdChildWatcher",
    "asyncio.SafeChildWatcher",
    "asyncio.ThreadedChildWatcher",
)
_METHODS = ("asyncio.get_child_watcher", "asyncio.set_child_watcher")
"""Functions, and by the same names methods of a policy."""
_GONE = {*_CLASSES, *_METHODS}
_GONE_IN = (3, 14)
_PLATFORM = {"sys.platform", "sys.platform.startswith", "os.name"}
_WARNED_IN = (3, 12)
_SILENT = ("asyncio.PidfdChildWatcher", "asyncio.ThreadedChildWatcher")
"""Classes that never warned when built."""


@rule(
    "RUN406",
    on=(cst.Attribute, cst.ImportFrom),
    fix=Safety.UNSAFE,
    possible=where_named(*_GONE, "asyncio.get_event_loop_policy"),
)
def check(node: cst.Attribute | cst.ImportFrom, file: File) -> Iterator[Hit]:
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        for mention in imports(node, file, _GONE):
            name = mention.name.removeprefix("asyncio.")
            module = "" if node.module is None else file.text_of(node.module)
            error = f"ImportError: cannot import name '{name}' from '{module}'"
            yield from _hit(mention, name, (_GONE_IN, error), file=file)
        return
    for mention in mentions(node, file, _GONE):
        if not is_first(mention, file, _GONE) or _is_told_where_made(mention, file):
            continue
        name = mention.name.removeprefix("asyncio.")
        error = f"AttributeError: module 'asyncio' has no attribute '{name}'"
        if mention.by_star:
            error = f"NameError: name '{name}' is not defined"
        warns = ((_WARNED_IN, "DeprecationWarning"),) if _warns(mention, file) else ()
        yield from _hit(mention, file.text_of(mention.node), *warns, (_GONE_IN, error), file=file)
    if isinstance(node, cst.ImportFrom):
        return
    policy = node.value.func if isinstance(node.value, cst.Call) else None
    method = node.attr.value
    if f"asyncio.{method}" not in _METHODS or not isinstance(policy, cst.Attribute):
        return
    if file.facts.variables.is_quoted(method):
        return
    for mention in mentions(policy, file, {"asyncio.get_event_loop_policy"}):
        error = f"AttributeError: '_UnixDefaultEventLoopPolicy' object has no attribute '{method}'"
        name = f"{file.text_of(node.value)}.{method}"
        eras = ((_WARNED_IN, "DeprecationWarning"), (_GONE_IN, error))
        called = Mention(node, mention.name, mention.target, mention.imported)
        yield from _hit(called, name, *eras, file=file)


def _hit(
    mention: Mention, name: str, *eras: tuple[tuple[int, int], str], file: File
) -> Iterator[Hit]:
    if mention.target.since_version(_GONE_IN) is None:
        return
    happens = by_version(mention.target, *eras)
    message = f"{name} is a child watcher's, which asyncio no longer has: {happens}; do without"
    fix, notes = attempt(lambda: _fix(mention, file))
    yield Hit(mention.node, message, fix, notes)


def _warns(mention: Mention, file: File) -> bool:
    """Say whether Python 3.12 and 3.13 warn: of a call or a base class, and not of the name."""
    parent = file.source.parent(mention.node)
    if isinstance(parent, cst.Call) and parent.func is mention.node:
        return mention.name not in _SILENT
    return isinstance(parent, cst.Arg) and isinstance(file.source.parent(parent), cst.ClassDef)


def _is_told_where_made(mention: Mention, file: File) -> bool:
    """Say whether a mention sets a watcher that a variable holds: making it is what is told."""
    call = file.source.parent(mention.node)
    if not isinstance(call, cst.Call) or len(call.args) != 1:
        return False
    watcher = call.args[0].value
    value = file.value(watcher)
    known = isinstance(value, Made) and value.name in _GONE
    return known and isinstance(watcher, cst.Name)


def _fix(mention: Mention, file: File) -> Fix:
    call = file.source.parent(mention.node)
    expression = None if call is None else file.source.parent(call)
    statement = None if expression is None else file.source.parent(expression)
    if (
        not isinstance(call, cst.Call)
        or call.func is not mention.node
        or not isinstance(expression, cst.Expr)
        or not isinstance(statement, cst.SimpleStatementLine)
    ):
        raise Refused("it is no statement of its own")
    if len(statement.body) != 1:
        raise Refused("another statement stands in the line")
    same = _changes_nothing(mention.name, call, mention.target, file)
    # Where a program goes on after the error it may be meant to.
    safety = Safety.SAFE if same and not file.catches_all(call) else Safety.UNSAFE
    block = file.source.parent(statement)
    test = None if block is None else file.source.parent(block)
    if not isinstance(block, cst.IndentedBlock) or len(block.body) != 1:
        edit = remove_statement(file, statement)
    elif isinstance(test, cst.If) and _asks_for_platform(test, file):
        edit = remove_statement(file, test)
    else:
        edit = replace(file, expression, "pass")
    return Fix("Do without the child watcher", (edit,), safety)


def _asks_for_platform(test: cst.If, file: File) -> bool:
    """Say whether an `if` only asks for the platform, and can go with the one thing it holds."""
    block = file.source.parent(test)
    if not isinstance(block, (cst.Module, cst.IndentedBlock)) or len(block.body) == 1:
        return False
    if test.orelse is not None or "#" in file.source.text_of(test):
        return False
    parts = list(descend(test.test))
    asked = {file.text_of(one) for one in parts if isinstance(one, cst.Attribute)}
    called = {file.text_of(one.func) for one in parts if isinstance(one, cst.Call)}
    names = {one.value for one in parts if isinstance(one, cst.Name)}
    return (
        bool(asked)
        and asked <= _PLATFORM
        and called <= {"sys.platform.startswith"}
        and names <= {name for dotted in _PLATFORM for name in dotted.split(".")}
        and not any(isinstance(one, cst.NamedExpr) for one in parts)
    )


def _changes_nothing(name: str, call: cst.Call, target: Target, file: File) -> bool:
    """Say whether a program without a call does the same. Raises Refused where the call may do
    more than choose a watcher."""
    if name == "asyncio.get_child_watcher" and not call.args:
        return target.first >= (3, 8)
    watcher = call.args[0].value if len(call.args) == 1 and not call.args[0].star else None
    if name != "asyncio.set_child_watcher" or watcher is None:
        raise Refused("it is more than the choice of a watcher")
    if isinstance(watcher, cst.Name) and watcher.value == "None":
        return target.first >= _GONE_IN
    if not isinstance(watcher, cst.Call) or watcher.args or file.callee(watcher) not in _CLASSES:
        raise Refused("it is not known what making its argument does")
    threaded = file.callee(watcher) == "asyncio.ThreadedChildWatcher"
    return target.first >= _GONE_IN or (threaded and target.first >= (3, 8))
