"""What stands below a node of a tree of `ast`, for less time than `ast` takes to tell."""

from __future__ import annotations

import ast
from collections.abc import Callable


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below one, in order: `ast.iter_child_nodes`, for half the time."""
    found: list[ast.AST] = []
    _gather(node, found.append)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """Return a node and all below it, in the order of `ast.walk`."""
    found = [node]
    for one in found:  # which grows meanwhile
        _gather(one, found.append)
    return found


def _gather(node: ast.AST, found: Callable[[ast.AST], None]) -> None:
    # By the fields: others hang nodes on nodes, pyflakes a parent on contexts that all trees share.
    for name in node._fields:
        value: object = getattr(node, name, None)
        kind = type(value)
        if isinstance(value, list):
            for one in value:
                if isinstance(one, ast.AST):
                    found(one)
        elif kind is not int and kind is not str and isinstance(value, ast.AST):
            found(value)
