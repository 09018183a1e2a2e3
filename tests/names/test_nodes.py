"""What stands below a node, as `ast` itself tells it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_asyncrun.names.nodes import children, walk


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda it: it.stem)
def test_the_same_in_the_same_order(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert walk(tree) == list(ast.walk(tree))
    for node in walk(tree):
        assert children(node) == list(ast.iter_child_nodes(node))


def test_what_others_hang_on_nodes_is_not_below_them() -> None:
    # pyflakes hangs parents on contexts, which all trees of a Python may share.
    tree = ast.parse("x = y\n")
    found = walk(tree)
    for node in found:
        for child in ast.iter_child_nodes(node):
            setattr(child, "_pyflakes_parent", node)  # noqa: B010
    try:
        assert walk(tree) == found
    finally:
        for node in found:
            vars(node).pop("_pyflakes_parent", None)
