"""Generators that no decorator makes coroutines of, and what they wait for with `yield from`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.rule import File, per_file
from flake8_asyncrun.names.values import External, Function


def own_nodes(body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what a function's body holds, in order, without the functions and classes in it."""
    stack = [body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            stack.extend(reversed(children(node)))


@per_file
def plain_generators(file: File) -> frozenset[str]:
    """Return the names of the functions of the file that are plain generators."""
    return frozenset(
        node.name.value
        for node in _undecorated(file)
        if any(isinstance(one, cst.Yield) for one in own_nodes(node.body))
    )


@per_file
def waited_for_by_plain_generators(file: File) -> tuple[tuple[cst.FunctionDef, cst.Call], ...]:
    """Return the calls that plain generators of the file may wait for with `yield from`, each with
    the generator.

    They cannot wait for a coroutine. What they keep under a name they may wait for later.
    """
    found: list[tuple[cst.FunctionDef, cst.Call]] = []
    for node in _undecorated(file, and_tornado=True):
        waits = [
            one.value.item
            for one in own_nodes(node.body)
            if isinstance(one, cst.Yield) and isinstance(one.value, cst.From)
        ]
        keeps = any(not isinstance(wait, cst.Call) for wait in waits)
        places: list[cst.CSTNode] = [node.body] if keeps else [*waits]
        calls = (one for place in places for one in own_nodes(place) if isinstance(one, cst.Call))
        found += [(node, call) for call in calls]
    return tuple(found)


@per_file
def functions_that_plain_generators_wait_for(file: File) -> dict[tuple[str, str], str]:
    """Return those of which the definition is known: by the path of the file that they are defined
    in and their title there, the name of the generator."""
    found: dict[tuple[str, str], str] = {}
    for holder, call in waited_for_by_plain_generators(file):
        value = file.value(call.func)
        if isinstance(value, Function):
            found.setdefault((value.scope.module.path, value.title), holder.name.value)
    return found


def _undecorated(file: File, *, and_tornado: bool = False) -> Iterator[cst.FunctionDef]:
    """Yield the functions that no decorator makes coroutines of; those as well of which only
    tornado does, where it is asked for: to Python they are generators like others."""
    for node in file.source.nodes:
        if not isinstance(node, cst.FunctionDef) or node.asynchronous is not None:
            continue
        names = [one for one in node.decorators if "coroutine" in file.text_of(one.decorator)]
        if not names or (and_tornado and all(_is_tornado(one.decorator, file) for one in names)):
            yield node


def _is_tornado(decorator: cst.BaseExpression, file: File) -> bool:
    value = file.value(decorator)
    return isinstance(value, External) and value.name.startswith("tornado.")
