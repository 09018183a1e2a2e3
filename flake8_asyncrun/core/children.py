"""What stands right below a node, but for plain whitespace, which is half of all nodes.

LibCST makes a copy of the node to tell that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import libcst as cst

BLANK = (cst.SimpleWhitespace, cst.Newline)
"""What the analysis knows nothing of. They hold no other node."""

_Fields: TypeAlias = tuple[str, ...]

_ORDER: dict[tuple[type[cst.CSTNode], _Fields], _Fields] = {}
"""In which order a kind of node goes through its fields, by those of them that hold nodes."""


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the nodes right below one but for BLANK, in the order of its `children`.

    LibCST is asked for that order once for each kind of node and what it holds.
    """
    kind = type(node)
    held: list[str] = []
    found: list[cst.CSTNode] = []
    for name in _fields(kind):
        value = getattr(node, name)
        if value is None or value.__class__ is str:
            continue
        if _is_node(value.__class__):
            held.append(name)
            found.append(value)
        elif isinstance(value, (list, tuple)) and value and _is_node(value[0].__class__):
            held.append(name)
            found += value
    if len(held) < 2:
        return found
    fields = tuple(held)
    order = _ORDER.get((kind, fields))
    if order is None:
        order = _ORDER[kind, fields] = _order(node, fields)
    return found if order == fields else [one for name in order for one in _in(node, name)]


@cache
def _is_node(kind: type) -> bool:
    # Of an abstract class, `isinstance` takes ten times as long.
    return issubclass(kind, cst.CSTNode) and kind not in BLANK


@cache
def _fields(kind: type[cst.CSTNode]) -> _Fields:
    return tuple(field.name for field in dataclasses.fields(kind))


def _order(node: cst.CSTNode, fields: _Fields) -> _Fields:
    holding = {id(one): name for name in fields for one in _in(node, name)}
    return tuple(dict.fromkeys(holding[id(one)] for one in node.children if id(one) in holding))


def _in(node: cst.CSTNode, name: str) -> Sequence[cst.CSTNode]:
    value = getattr(node, name)
    return (value,) if _is_node(value.__class__) else value
