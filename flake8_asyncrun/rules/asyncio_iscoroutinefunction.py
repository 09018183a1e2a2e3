"""`asyncio.iscoroutinefunction` goes: Python 3.14 warns, Python 3.16 has it no more.

`inspect.iscoroutinefunction`, there on every Python, is what is left. On 3.14 and 3.15 each call of
asyncio's shows

    DeprecationWarning: 'asyncio.iscoroutinefunction' is deprecated and slated for removal in Python 3.16; use inspect.iscoroutinefunction() instead

and many a test suite that makes errors of warnings ends there.

```python bad 3.7-3.13="ok" 3.14-="warns DeprecationWarning: 'asyncio.iscoroutinefunction' is deprecated and slated for removal in Python 3.16"
import asyncio


def kind(function):
    return "async" if asyncio.iscoroutinefunction(function) else "sync"  # RUN409


print(kind(print))
```

```python fixed unsafe
import asyncio
import inspect


def kind(function):
    return "async" if inspect.iscoroutinefunction(function) else "sync"


print(kind(print))
```

Where the name itself is imported, it is imported from the other module:

```python bad 3.7-3.13="ok" 3.14-="warns DeprecationWarning: 'asyncio.iscoroutinefunction' is deprecated and slated for removal in Python 3.16"
from asyncio import iscoroutinefunction

print(iscoroutinefunction(print))  # RUN409
```

```python fixed unsafe
from inspect import iscoroutinefunction

print(iscoroutinefunction(print))
```

A name that comes from a module of your own is that module's affair, and so is a choice by version:

```python good
import sys

if sys.version_info >= (3, 12):
    from inspect import iscoroutinefunction
else:
    from asyncio import iscoroutinefunction

print(iscoroutinefunction(print))
```

**The fix is unsafe:** the two functions differ. A plain function that was marked as a coroutine
function, by `function._is_coroutine = asyncio.coroutines._is_coroutine`, is one to asyncio's only; mark
it with `inspect.markcoroutinefunction`, there since Python 3.12. So is a generator that
`@asyncio.coroutine` made one, up to Python 3.10: make sure that none is left in other files. An
`AsyncMock` is one to inspect's from Python 3.10 on. Where a file names `_is_coroutine`, or names that
decorator, no fix is offered. An `import asyncio` that nothing needs any more stays.

Ignore the rule where your callers hand you functions that they mark the old way, and you support
Python 3.15 and older.

See [the removals planned for Python 3.16](https://docs.python.org/3/deprecations/pending-removal-in-3.16.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.edits import also_import_module, import_from_instead, replace
from flake8_asyncrun.core.errors import W1, by_version
from flake8_asyncrun.core.glance import where_named
from flake8_asyncrun.core.model import Fix, Safety
from flake8_asyncrun.core.named import Mention, mentions
from flake8_asyncrun.core.rule import File, Hit, Refused, attempt, per_file, rule
from flake8_asyncrun.names.asyncio_table import canonical
from flake8_asyncrun.names.values import External

_NAME = "asyncio.iscoroutinefunction"
_SINCE = (3, 14)
_DECORATOR = "asyncio.coroutine"
_NO_DECORATOR = (3, 11)


@rule("RUN409", on=(cst.Attribute, cst.ImportFrom), fix=Safety.UNSAFE, possible=where_named(_NAME))
def check(node: cst.Attribute | cst.ImportFrom, file: File) -> Iterator[Hit]:
    for mention in mentions(node, file, {_NAME}):
        if mention.target.since_version(_SINCE) is None:
            continue
        happens = by_version(mention.target, (_SINCE, W1))
        message = (
            f"{file.text_of(mention.node)}() is gone in Python 3.16; {happens}; "
            "call inspect.iscoroutinefunction()"
        )
        fix, notes = attempt(lambda mention=mention: _fix(mention, file))  # type: ignore[misc]
        yield Hit(mention.node, message, fix, notes)


def _fix(mention: Mention, file: File) -> Fix:
    if file.says("_is_coroutine"):
        raise Refused("inspect does not know what is marked with `_is_coroutine`")
    if mention.target.before_version(_NO_DECORATOR) is not None and _names_decorator(file):
        raise Refused(f"inspect does not know what `{_DECORATOR}` marks")
    if isinstance(mention.imported, cst.ImportStar):
        raise Refused("it is not imported by name")
    if isinstance(mention.node, cst.Name):
        edits = import_from_instead(file, mention.imported, "inspect")
    else:
        imported = also_import_module(file, "inspect", mention.imported, mention.node)
        edits = (*imported, replace(file, mention.node, _NAME.replace("asyncio", "inspect")))
    return Fix("Call inspect.iscoroutinefunction()", edits, Safety.UNSAFE)


@per_file
def _names_decorator(file: File) -> bool:
    values = (file.value(node) for node in (*file.names(), *file.attributes()))
    return any(isinstance(one, External) and canonical(one.name) == _DECORATOR for one in values)
