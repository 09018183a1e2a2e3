"""A name of asyncio's that newer Pythons no longer have.

Three have gone since Python 3.7, and one was never there:

- `@asyncio.coroutine`, by which a generator was a coroutine, is gone since Python 3.11; 3.8 to 3.10
  warn. Write `async def` and `await`.
- `asyncio.Task.all_tasks()` and `asyncio.Task.current_task()` are gone since Python 3.9. Call
  `asyncio.all_tasks()` and `asyncio.current_task()`.
- `asyncio.JoinableQueue` is `asyncio.Queue`.

(`asyncio.async()` is a syntax error since Python 3.7; write `asyncio.ensure_future()`.) The errors read

    AttributeError: module 'asyncio' has no attribute 'coroutine'
    ImportError: cannot import name 'coroutine' from 'asyncio'
    AttributeError: type object '_asyncio.Task' has no attribute 'all_tasks'

```python bad 3.7="ok" 3.8-3.10="warns DeprecationWarning: decorator is deprecated since Python 3.8" 3.11-="AttributeError: module 'asyncio' has no attribute 'coroutine'"
import asyncio


@asyncio.coroutine  # RUN407
def main():
    yield from asyncio.sleep(0)
    print("done")


asyncio.run(main())
```

```python fixed unsafe
import asyncio


async def main():
    await asyncio.sleep(0)
    print("done")


asyncio.run(main())
```

The decorator goes where all that the function waits for certainly can be awaited.

```python bad 3.7="warns PendingDeprecationWarning: Task.current_task() is deprecated" 3.8="warns DeprecationWarning: Task.current_task() is deprecated" 3.9-="AttributeError: type object '_asyncio.Task' has no attribute 'current_task'"
import asyncio


async def main():
    print(asyncio.Task.current_task() is None)  # RUN407


asyncio.run(main())
```

```python fixed safe
import asyncio


async def main():
    print(asyncio.current_task() is None)


asyncio.run(main())
```

Where the code asks whether the name is there it knows:

```python good
import asyncio


async def main():
    if hasattr(asyncio.Task, "all_tasks"):
        tasks = asyncio.Task.all_tasks()
    else:
        tasks = asyncio.all_tasks()
    print(len(tasks))
```

**The fix is safe** for the other names where the program could only crash before, and for
`current_task` in a coroutine. It is unsafe inside `try` … `except Exception`, and where the code supports
Python 3.8 and older: `asyncio.all_tasks` leaves out the tasks that are done, and both functions want a
running loop. It is unsafe for the decorator, because who calls the function may rely on a generator.

See [What's new in Python 3.11](https://docs.python.org/3/whatsnew/3.11.html#removed) and
[in Python 3.9](https://docs.python.org/3/whatsnew/3.9.html#removed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import also_import, awaited, insert, replace
from flake8_asyncrun.core.errors import by_version
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.named import Mention, imports, mentions
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, rule
from flake8_asyncrun.names.target import Version
from flake8_asyncrun.names.values import Kind

_TASKS = {"asyncio.Task.all_tasks", "asyncio.Task.current_task"}
_COROUTINE = "asyncio.coroutine"
_QUEUE = "asyncio.JoinableQueue"
_GONE = {*_TASKS, _COROUTINE, _QUEUE}
_GONE_IN: dict[str, Version] = {_COROUTINE: (3, 11), _QUEUE: (3, 7)}
_TASKS_GONE_IN: Version = (3, 9)
_INSTEAD = {
    _COROUTINE: "write async def and await",
    _QUEUE: "use asyncio.Queue",
    "asyncio.Task.all_tasks": "call asyncio.all_tasks()",
    "asyncio.Task.current_task": "call asyncio.current_task()",
}


@rule("RUN407", on=(cst.Attribute, cst.ImportFrom), fix=Safety.UNSAFE)
def check(node: cst.Attribute | cst.ImportFrom, file: File) -> Iterator[Hit]:
    told = (
        imports(node, file, _GONE)
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar)
        else mentions(node, file, _GONE)
    )
    for mention in told:
        gone_in = _GONE_IN.get(mention.name, _TASKS_GONE_IN)
        if mention.target.since_version(gone_in) is None:
            continue
        name = mention.name.rpartition(".")[2]
        if isinstance(node, cst.ImportFrom) and not mention.by_star:
            module = "" if node.module is None else file.text_of(node.module)
            eras = [(gone_in, f"ImportError: cannot import name '{name}' from '{module}'")]
        else:
            holder = "type object '_asyncio.Task'" if mention.name in _TASKS else "module 'asyncio'"
            error = f"AttributeError: {holder} has no attribute '{name}'"
            if mention.by_star:
                error = f"NameError: name '{name}' is not defined"
            eras = [(gone_in, error)]
            if gone_in > (3, 8):
                eras.insert(0, ((3, 8), "DeprecationWarning"))
        happens = by_version(mention.target, *eras)
        message = f"asyncio no longer has {name}: {happens}; {_INSTEAD[mention.name]}"
        fix, notes = attempt(lambda mention=mention: _fix(mention, file))  # type: ignore[misc]
        yield Hit(mention.node, message, fix, notes)


def _fix(mention: Mention, file: File) -> Fix:
    if mention.name == _COROUTINE:
        if isinstance(mention.node, cst.Name) and not mention.by_star:
            raise Refused("the functions that it decorates come first")
        return Fix("Make it an async def", tuple(_async_def(mention, file)), Safety.UNSAFE)
    node = mention.node
    crashes = mention.target.first >= _GONE_IN.get(mention.name, _TASKS_GONE_IN)
    if isinstance(mention.imported, cst.ImportStar):
        raise Refused("it is not imported by name")
    if isinstance(node, cst.Name):
        kept = "" if mention.imported.asname else " as JoinableQueue"
        return Fix("Import Queue", (replace(file, node, f"Queue{kept}"),), _safety(mention, file))
    if mention.name == _QUEUE:
        return Fix("Use Queue", (replace(file, node.attr, "Queue"),), _safety(mention, file))
    name = node.attr.value
    same = name == "current_task" and file.in_coroutine(node)
    safety = _safety(mention, file) if crashes or same else Safety.UNSAFE
    edits: tuple[Edit, ...]
    if isinstance(node.value, cst.Attribute):
        module = file.source.text_of(node.value.value)
        edits = (replace(file, node, f"{module}.{name}"),)
    else:
        assert isinstance(node.value, cst.Name)
        edits = (*also_import(file, node.value, name), replace(file, node, name))
    return Fix(f"Call {name}() of asyncio", edits, safety)


def _safety(mention: Mention, file: File) -> Safety:
    # Where a program goes on after the error it may be meant to.
    return Safety.UNSAFE if file.catches_all(mention.node) else Safety.SAFE


def _async_def(mention: Mention, file: File) -> Iterator[Edit]:
    """Yield what makes a decorated generator an `async def`. Raises Refused where that is not sure
    to wait for the same."""
    decorator = file.source.parent(mention.node)
    function = None if decorator is None else file.source.parent(decorator)
    if not isinstance(decorator, cst.Decorator) or not isinstance(function, cst.FunctionDef):
        raise Refused("it is no decorator here")
    if function.asynchronous is not None or function.name.value.startswith("__"):
        raise Refused(f"`{function.name.value}` is no plain generator")
    source = file.source
    start = source.line_start(file.span(decorator).start)
    end = source.line_end(file.span(decorator).end)
    if source.slice(Span(start, end)).strip() != source.text_of(decorator).strip():
        raise Refused("a comment stands beside the decorator")
    waits = [node for node in _own(function.body) if isinstance(node, cst.Yield)]
    returns = [node for node in _own(function.body) if isinstance(node, cst.Return)]
    if not waits and any(node.value is not None for node in returns):
        raise Refused("what it returns may be waited for by the decorator")
    yield Edit(Span(start, end), "")
    head = Span(end, file.span(function.name).start)
    found = re.search(r"^[ \t]*def\b", source.slice(head), re.MULTILINE)
    if found is None:
        raise Refused("its `def` is not to be found")
    before = source.slice(head)[: found.end() - len("def")]
    yield insert(end + len(before.encode("utf-8")), "async ")
    for wait in waits:
        yield from _await(wait, file)


def _await(wait: cst.Yield, file: File) -> Iterator[Edit]:
    if not isinstance(wait.value, cst.From):
        raise Refused("it yields values of its own")
    if isinstance(file.source.parent(wait), cst.WithItem):
        raise Refused("a `with` holds what it waits for")
    item = wait.value.item
    if file.kind(item) not in (Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE):
        raise Refused(f"it is not known whether `{file.text_of(item)}` can be awaited")
    start = file.span(wait).start
    words = re.match(r"yield[ \t]+from\b", file.source.slice(file.span(wait)))
    if words is None:
        raise Refused("`yield from` stands in two lines")
    yield Edit(Span(start, start + len(words[0])), "await")
    if not item.lpar and awaited("", item) != "await ":
        yield insert(file.span(item).start, "(")
        yield insert(file.span(item).end, ")")


def _own(body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what a function's body holds, in order, without the functions and classes in it."""
    stack = [body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            stack.extend(reversed(node.children))
