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

The decorator goes where all that the function waits for certainly can be awaited; `with (yield from
lock):` becomes `async with lock:`. A decorated function without `yield` awaits what it returns. Where
the decorator is imported by name, all functions of the file become coroutines at once, or none. A plain
generator cannot be awaited, nor can it wait for a coroutine: the note names what to change by hand
first. In other files, which may well wait for the function, nothing is asked: run `asyncrun-fix` on
all of them.

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
running loop. It is refused where it is certain that none runs. It is unsafe for the decorator, because
who calls the function may rely on a generator.
Nothing warned where one was made and not waited for, as with a `noop()` or a `release()` that may be
awaited and need not be; of an `async def` Python says then that it "was never awaited".

See [What's new in Python 3.11](https://docs.python.org/3/whatsnew/3.11.html#removed) and
[in Python 3.9](https://docs.python.org/3/whatsnew/3.9.html#removed).
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.awaitables import asyncio_class, is_awaitable_method, last_name
from flake8_asyncrun.core.edits import also_import, awaited, insert, remove_import, replace
from flake8_asyncrun.core.errors import by_version
from flake8_asyncrun.core.generators import (
    own_nodes,
    plain_generators,
    waited_for_by_plain_generators,
)
from flake8_asyncrun.core.glance import where_named
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.named import Mention, imports, mentions
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, per_file, rule
from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.target import Version
from flake8_asyncrun.names.values import Generator, Kind

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


@rule("RUN407", on=(cst.Attribute, cst.ImportFrom), fix=Safety.UNSAFE, possible=where_named(*_GONE))
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
        make = _all_async_def if _is_import(mention) else _async_def
        edits = tuple(make(mention, file))
        nodes = _uses(mention, file) if _is_import(mention) else [mention.node]
        titles = tuple(_title(_decorated(one, file), file) for one in nodes)
        return Fix("Make it an async def", edits, Safety.UNSAFE, coroutines=titles)
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
    call = file.source.parent(node)
    if isinstance(call, cst.Call) and not call.args and file.state(call) is State.NO_LOOP:
        raise Refused(f"`asyncio.{name}()` wants a running loop, and here none runs; hand it yours")
    same = name == "current_task" and file.in_coroutine(node)
    safety = _safety(mention, file) if crashes or same else Safety.UNSAFE
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


def _is_import(mention: Mention) -> bool:
    return isinstance(mention.node, cst.Name) and not mention.by_star


def _all_async_def(mention: Mention, file: File) -> Iterator[Edit]:
    """Yield what makes every function an `async def` that an imported name decorates, and takes the
    import away. Raises Refused where one of them cannot be, or the name has another use."""
    alias = mention.imported
    assert isinstance(alias, cst.ImportAlias)
    name = alias.evaluated_alias or alias.evaluated_name
    exported = alias.evaluated_alias == alias.evaluated_name or (
        file.source.path.endswith("__init__.py") or file.facts.variables.is_quoted(name)
    )
    uses = _uses(mention, file)
    if not uses or exported:
        raise Refused("other files may have it from here")
    for use in uses:
        yield from _async_def(dataclasses.replace(mention, node=use), file)
    yield remove_import(file, alias)


def _uses(mention: Mention, file: File) -> list[cst.Name]:
    """Return where an imported name is used."""
    alias = mention.imported
    assert isinstance(alias, cst.ImportAlias)
    bound = alias.asname.name if alias.asname else alias.name
    variable = file.variable(bound) if isinstance(bound, cst.Name) else None
    if variable is None:
        raise Refused("it is not known what it decorates")
    return [one for one in file.names_of(variable) if one is not bound]


def _decorated(node: cst.Name | cst.Attribute, file: File) -> cst.FunctionDef:
    """Return the function that a name decorates. Raises Refused where it does not."""
    decorator = file.source.parent(node)
    function = None if decorator is None else file.source.parent(decorator)
    if not isinstance(decorator, cst.Decorator) or not isinstance(function, cst.FunctionDef):
        raise Refused(
            "it is no decorator here; call types.coroutine() for a generator, write an `async def` "
            "around a plain function"
        )
    return function


def _title(function: cst.FunctionDef, file: File) -> str:
    holder = file.class_around(function)
    name = function.name.value
    return name if holder is None else f"{holder.name.value}.{name}"


_ASYNC_SPECIAL = {"__aenter__", "__aexit__", "__anext__", "__call__"}


def _async_def(mention: Mention, file: File) -> Iterator[Edit]:
    """Yield what makes a decorated generator an `async def`. Raises Refused where that is not sure
    to wait for the same."""
    function = _decorated(mention.node, file)
    decorator = file.source.parent(mention.node)
    assert isinstance(decorator, cst.Decorator)
    name = function.name.value
    is_special = name.startswith("__") and name.endswith("__") and name not in _ASYNC_SPECIAL
    if function.asynchronous is not None or is_special:
        raise Refused(f"`{name}` is no plain generator")
    source = file.source
    start = source.line_start(file.span(decorator).start)
    end = source.line_end(file.span(decorator).end)
    if source.slice(Span(start, end)).strip() != source.text_of(decorator).strip():
        raise Refused("a comment stands beside the decorator")
    waits = [one for one in own_nodes(function.body) if isinstance(one, cst.Yield)]
    _check_callers(function, file)
    yield Edit(Span(start, end), "")
    head = Span(end, file.span(function.name).start)
    found = re.search(r"^[ \t]*def\b", source.slice(head), re.MULTILINE)
    if found is None:
        raise Refused("its `def` is not to be found")
    before = source.slice(head)[: found.end() - len("def")]
    yield insert(end + len(before.encode("utf-8")), "async ")
    for wait in waits:
        yield from _await(wait, file)
    if not waits:
        # What a plain function returns is waited for by the decorator.
        for one in own_nodes(function.body):
            if isinstance(one, cst.Return) and one.value is not None:
                yield from _awaited(one.value, file)


_AWAITED = (Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE)


def _awaited(value: cst.BaseExpression, file: File) -> Iterator[Edit]:
    """Yield what awaits a value that may be returned as it is; nothing for what is a plain one."""
    if file.kind(value) in _AWAITED:
        yield insert(file.span(value).start, "await ")
        if not value.lpar and awaited("", value) != "await ":
            yield insert(file.span(value).start, "(")
            yield insert(file.span(value).end, ")")
    elif not isinstance(value, _PLAIN) and file.kind(value) is not Kind.OTHER:
        raise Refused(
            "asyncio.coroutine waits for what is returned where it can be awaited, and it is not "
            f"known whether `{file.text_of(value)}` can; by hand, `return await …` if it can"
        )


_PLAIN = (
    cst.BaseNumber,
    cst.BaseString,
    cst.Comparison,
    cst.Dict,
    cst.DictComp,
    cst.List,
    cst.ListComp,
    cst.Set,
    cst.SetComp,
    cst.Tuple,
)
"""What nobody can wait for."""


def _check_callers(function: cst.FunctionDef, file: File) -> None:
    """Refuse where a plain generator of the file waits for a function, which it then cannot."""
    name = function.name.value
    for holder, call in waited_for_by_plain_generators(file):
        if last_name(call.func) == name:
            raise Refused(
                f"`{holder.name.value}`, a plain generator, waits for it; make that an `async def` "
                "by hand first"
            )


def _await(wait: cst.Yield, file: File) -> Iterator[Edit]:
    if not isinstance(wait.value, cst.From):
        raise Refused(
            "it yields values of its own; where they are none, write `await asyncio.sleep(0)`"
        )
    item = wait.value.item
    if isinstance(with_item := file.source.parent(wait), cst.WithItem):
        yield from _async_with(with_item, item, file)
        return
    if isinstance(item, cst.Call) and last_name(item.func) in plain_generators(file):
        raise Refused(
            f"`{file.text_of(item.func)}` is a plain generator, which cannot be awaited; make it "
            "an `async def` by hand first"
        )
    if isinstance(file.value(item), Generator):
        raise Refused(
            f"`{file.text_of(item)}` is a plain generator, which cannot be awaited; make it an "
            "`async def` by hand first"
        )
    if file.kind(item) not in _AWAITED and not _looks_awaitable(item, file):
        raise Refused(f"it is not known whether `{file.text_of(item)}` can be awaited")
    start = file.span(wait).start
    words = re.match(r"yield[ \t]+from\b", file.source.slice(file.span(wait)))
    if words is None:
        raise Refused("`yield from` stands in two lines")
    brackets = _needless_brackets(wait, file)
    first = start if brackets is None else brackets.start
    yield Edit(Span(first, start + len(words[0])), "await")
    if not item.lpar and awaited("", item) != "await ":
        yield insert(file.span(item).start, "(")
        yield insert(file.span(item).end, ")")
    if brackets is not None:
        yield Edit(Span(file.span(wait).end, brackets.end), "")


_TAKES_AWAIT = (cst.AnnAssign, cst.Arg, cst.Assign, cst.AugAssign, cst.Element, cst.Return)
"""In these a `yield` may need brackets, and an `await` none."""


def _needless_brackets(wait: cst.Yield, file: File) -> Span | None:
    """Return where the brackets around a `yield` begin and end that an `await` there does without;
    None where it has none, or they hold several lines."""
    if len(wait.lpar) != 1 or not isinstance(file.source.parent(wait), _TAKES_AWAIT):
        return None
    data, span = file.source.data, file.span(wait)
    start = data.rfind(b"(", 0, span.start)
    end = data.find(b")", span.end) + 1
    is_word = data[start - 1 : start].isalnum() or data[start - 1 : start] == b"_"
    text = file.source.slice(Span(start, end))
    return None if is_word or any(one in text for one in "\r\n#") else Span(start, end)


# Coroutines and futures all of them; whoever has a loop under that name has one of asyncio's kind.
_OF_LOOPS = {
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "create_connection",
    "create_datagram_endpoint",
    "create_future",
    "create_server",
    "create_task",
    "create_unix_connection",
    "create_unix_server",
    "getaddrinfo",
    "getnameinfo",
    "run_in_executor",
    "shutdown_asyncgens",
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_sendall",
    "start_tls",
    "subprocess_exec",
    "subprocess_shell",
}
_GIVES_AWAITABLE = {Does.BINDS, Does.COROUTINE, Does.NEEDS_RUNNING}


def _looks_awaitable(item: cst.BaseExpression, file: File) -> bool:
    """Say whether a call surely gives an awaitable by what it calls, for the flow need not reach
    it: a method of a loop or another object of asyncio's, a function of asyncio's, a coroutine
    function of the file."""
    function = item.func if isinstance(item, cst.Call) else None
    if isinstance(function, cst.Name):
        variable = file.variable(function)
        if variable is None or not variable.is_global:
            return False
        binds = variable.times_bound
        return binds == 1 and function.value in _coroutine_functions(None, file)
    if not isinstance(function, cst.Attribute):
        return False
    owner, name = function.value, function.attr.value
    if name in _OF_LOOPS and last_name(owner).endswith("loop"):
        return True
    if is_awaitable_method(function, file):
        return True
    if not isinstance(owner, cst.Name) or file.seen(item) is not None:
        return False
    if owner.value == "self":
        holder = next((one for one in file.parents(item) if isinstance(one, cst.ClassDef)), None)
        return holder is not None and name in _coroutine_functions(holder, file)
    known = asyncio_table.entry(f"asyncio.{name}") if owner.value == "asyncio" else None
    variable = file.variable(owner)
    is_module = variable is not None and variable.is_global
    return is_module and known is not None and known.does in _GIVES_AWAITABLE


@per_file
def _coroutine_functions(holder: cst.ClassDef | None, file: File) -> frozenset[str]:
    """Return the names of the coroutine functions of a class, or of the module, by decorator too,
    that are defined there once."""
    body = file.source.tree.body if holder is None else holder.body.body
    functions = [one for one in body if isinstance(one, cst.FunctionDef)]
    names = Counter(one.name.value for one in functions)
    return frozenset(
        one.name.value
        for one in functions
        if names[one.name.value] == 1
        and not (set(_decorators(one, file)) - {"asyncio.coroutine", "coroutine"})
        and (one.asynchronous is not None or one.decorators)
        and not (one.asynchronous and any(isinstance(x, cst.Yield) for x in own_nodes(one.body)))
    )


def _decorators(function: cst.FunctionDef, file: File) -> list[str]:
    return [file.text_of(one.decorator) for one in function.decorators]


_LOCKS = {f"asyncio.{name}" for name in ("Lock", "Condition", "Semaphore", "BoundedSemaphore")}


def _async_with(item: cst.WithItem, lock: cst.BaseExpression, file: File) -> Iterator[Edit]:
    """Yield what makes `with (yield from lock):` an `async with lock:`."""
    holder = file.source.parent(item)
    if not isinstance(holder, cst.With) or len(holder.items) != 1:
        raise Refused("a `with` holds other things than what it waits for; make it two by hand")
    if asyncio_class(lock, file) not in _LOCKS:
        raise Refused(
            f"it is not known whether `{file.text_of(lock)}` is a lock; write `async with` by hand"
        )
    if not isinstance(lock, (cst.Name, cst.Attribute, cst.Subscript)):
        raise Refused("a `with` holds what it waits for; write `async with` by hand")
    source = file.source
    start = file.span(holder).start
    head = Span(start, file.span(lock).end)
    if "#" in source.slice(head) or "\\" in source.slice(head):
        raise Refused("a comment stands beside the `with`")
    end = head.end
    for _ in range(source.slice(head).count("(") - source.slice(head).count(")")):
        end = source.data.index(b")", end) + 1
    yield Edit(Span(start, end), f"async with {source.text_of(lock)}")
