"""From a text to its `ast`, or to a reason why not. LibCST is asked only after this said yes."""

from __future__ import annotations

import ast
import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from flake8_asyncrun.names.nodes import children, walk

# LibCST's parser is native and recursive: from some 5,000 levels on it overflows its stack and
# takes the process along, where `ast` raises. A chain of `and` is one node to `ast` and a level
# each to LibCST, hence the measuring: 20,000 are a crash, a thousand leave room on small stacks.
DEEPEST = 1_000


class Unreadable(Exception):
    """A text that cannot be analysed; `str()` of it is the reason in one line."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@lru_cache(maxsize=1)  # the same text is asked for a few times in a row
def parse(text: str) -> ast.Module:
    """Return the tree of `text`; raise Unreadable where there is none, or it is too deep."""
    tree = parse_any_depth(text)
    if _is_too_deep(tree):
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


def names_global(text: str, module: str, name: str) -> bool:
    """Say whether a text may name a global of a module, of which only the last part of its own
    name is known: by an import, by an attribute of what is imported, or in a string."""
    if name not in text and "*" not in text:
        return False
    try:
        tree = parse_any_depth(text)
    except Unreadable:
        return name in text
    has_module = has_name = False
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom):
            imported = {alias.name for alias in node.names}
            source = (node.module or module).rpartition(".")[2]
            if source == module and imported & {name, "*"}:
                return True
            has_module |= module in imported
        elif isinstance(node, ast.Import):
            has_module |= any(alias.name.rpartition(".")[2] == module for alias in node.names)
        elif isinstance(node, ast.Attribute):
            has_name |= node.attr == name
            has_module |= node.attr == module  # `import app`, `app.net.name`
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if f"{module}.{name}" in node.value:
                return True
            has_name |= node.value == name
            has_module |= node.value.rpartition(".")[2] == module
    return has_module and has_name


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


def statement_lines(text: str) -> frozenset[int]:
    """Return the lines, from 1, in which a text's own statements begin, decorators included."""
    tree = parse_any_depth(text)
    return frozenset(
        min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))
        for node in tree.body
    )


def awaits_itself(tree: ast.Module) -> bool:
    """Say whether a module waits outside of its functions, as no file of its own can."""
    stack: list[ast.AST] = [*tree.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack.extend(children(node))
    return False


def compiles(text: str, may_await: bool = False) -> bool:
    """Say whether a text that parses also compiles: no name is used before its `global`, say.

    Outside of functions it `may_await` where a notebook's cells do.
    """
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if may_await else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", flags, dont_inherit=True)
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


def fault_on(text: str, version: tuple[int, int]) -> str | None:
    """Return why a text that parses is a syntax error on an older Python; None: not that we see.

    Of what newer Pythons allow `ast` tells a part, and of comprehensions we do.
    """
    if version >= sys.version_info[:2]:
        return None
    try:
        with warnings.catch_warnings(), _without_collecting():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, feature_version=version)
    except (SyntaxError, ValueError) as error:
        return error.msg if isinstance(error, SyntaxError) else str(error)
    if version < (3, 11) and _has_inner_async_comprehension(tree):
        return "asynchronous comprehension inside another one"
    return None


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _has_inner_async_comprehension(tree: ast.Module) -> bool:
    """Say whether a list, set or dict is made with `await` inside a comprehension without: until
    Python 3.11 such a comprehension was no coroutine, whatever function it stood in."""
    for node in walk(tree):
        if isinstance(node, _COMPREHENSIONS) and not _is_async(node):
            for inner in _own(node):
                is_list = isinstance(inner, _COMPREHENSIONS[:3])
                if is_list and isinstance(inner, _COMPREHENSIONS) and _is_async(inner):
                    return True
    return False


def is_async_comprehension(text: str) -> bool:
    """Say whether the comprehension that a text is awaits something itself."""
    node = ast.parse(f"({text})", mode="eval").body
    return isinstance(node, _COMPREHENSIONS) and _is_async(node)


def _is_async(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> bool:
    loops = any(generator.is_async for generator in node.generators)
    return loops or any(isinstance(inner, ast.Await) for inner in _own(node))


def _own(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> Iterator[ast.AST]:
    """Yield what a comprehension evaluates itself: not what it goes through first, which its
    function evaluates, nor what inner functions do."""
    stack = [child for child in children(node) if child is not node.generators[0]]
    first = node.generators[0]
    stack += [first.target, *first.ifs]
    while stack:
        child = stack.pop()
        yield child
        if isinstance(child, _COMPREHENSIONS):
            stack.append(child.generators[0].iter)
        elif not isinstance(child, ast.Lambda):
            stack.extend(children(child))


def _is_too_deep(tree: ast.Module) -> bool:
    # A bound for most, as the exact answer takes thrice as long.
    levels = chained = 0
    level: list[ast.AST] = [tree]
    while level:
        below: list[ast.AST] = []
        for node in level:
            below += children(node)
            if isinstance(node, ast.BoolOp):
                chained += len(node.values) - 1
        level = below
        levels += 1
    return levels + chained > DEEPEST and _depth(tree) > DEEPEST


def _depth(tree: ast.Module) -> int:
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        depth += len(node.values) if isinstance(node, ast.BoolOp) else 1
        stack.extend((child, depth) for child in children(node))
    return deepest
