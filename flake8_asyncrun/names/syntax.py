"""From a text to its `ast`, or to a reason why not. LibCST is asked only after this said yes."""

from __future__ import annotations

import ast
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# LibCST's parser is native and recursive: from some 5,000 levels on it overflows its stack and
# takes the process along, where `ast` raises. A chain of `and` is one node to `ast` and a level
# each to LibCST, hence the measuring: 20,000 are a crash, a thousand leave room on small stacks.
DEEPEST = 1_000


class Unreadable(Exception):
    """A text that cannot be analysed; `str()` of it is the reason in one line."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def parse(text: str) -> ast.Module:
    """Return the tree of `text`; raise Unreadable where there is none, or it is too deep."""
    tree = parse_any_depth(text)
    if _depth(tree) > DEEPEST:
        raise Unreadable("nested too deeply")
    return tree


def parse_any_depth(text: str) -> ast.Module:
    """Return the tree of `text`; raise Unreadable where there is none."""
    try:
        with warnings.catch_warnings(), _without_collecting():
            warnings.simplefilter("ignore")  # invalid escapes are the compiler's to tell
            return ast.parse(text)
    except SyntaxError as error:
        raise Unreadable(f"syntax error: {error.msg}", error.lineno) from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deeply") from None


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep the collector still: a parser makes many objects and no garbage, at thrice the speed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def compiles(text: str) -> bool:
    """Say whether a text that parses also compiles: no name is used before its `global`, say."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def means_the_same(text: str, other: str) -> bool:
    """Say whether two texts have the same tree in the same places, whatever their comments are."""
    try:
        trees = [ast.dump(parse_any_depth(one), include_attributes=True) for one in (text, other)]
    except (Unreadable, RecursionError):
        return False
    return trees[0] == trees[1]


def _depth(tree: ast.Module) -> int:
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        depth += len(node.values) if isinstance(node, ast.BoolOp) else 1
        stack.extend((child, depth) for child in ast.iter_child_nodes(node))
    return deepest
