"""What the syntax alone says of code: questions about `ast` nodes, without values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from flake8_asyncrun.names.nodes import children, walk
from flake8_asyncrun.names.values import Class, Function, FunctionNode

# The exceptions a handler of this name catches, as far as evaluation raises them.
_CAUGHT_BY = {"Exception": None, "BaseException": None, "ImportError": {"ModuleNotFoundError"}}


def catches(names: tuple[str, ...], raised: str) -> bool:
    return any(
        name == raised or (name in _CAUGHT_BY and raised in (_CAUGHT_BY[name] or {raised}))
        for name in names
    )


def names_caught(handler: ast.ExceptHandler) -> tuple[str, ...]:
    if handler.type is None:
        return ("BaseException",)
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(map(last_name, types))


def expected_by(context: ast.expr) -> tuple[str, ...]:
    """Return the exceptions that a `with` block expects its body to raise."""
    if isinstance(context, ast.Call) and last_name(context) in (
        *("suppress", "raises", "assertRaises", "assertRaisesRegex"),
    ):
        return tuple(
            map(last_name, context.args[:1] if "aise" in last_name(context) else context.args)
        )
    return ()


def last_name(node: ast.expr) -> str:
    """Return the name that an expression ends in: `c` of `a.b.c` and of `a.b.c(…)`."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def returns_of(node: FunctionNode) -> ast.expr | None:
    """Return the annotation of what a function returns."""
    return None if isinstance(node, ast.Lambda) else node.returns


def may_be_awaitable(node: FunctionNode) -> bool:
    """Say whether an annotation leaves it to a method that overrides this one to be awaited."""
    returns = returns_of(node)
    if returns is None or isinstance(node, ast.AsyncFunctionDef):
        return False
    return any(word in ast.unparse(returns) for word in ("Any", "Awaitable", "Coroutine", "Future"))


def takes_all(case: ast.match_case) -> bool:
    """Say whether a case is `case _:`, or a name for whatever comes."""
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and not case.guard


def text_of_raise(node: ast.Raise) -> str:
    """Return what an error says as a traceback shows it, "" where that is not written there."""
    match node.exc:
        case ast.Call(args=[ast.Constant(value=str(text)), *_]) as call:
            return f"{last_name(call)}: {text}"
    return ""


def expression(text: str) -> ast.expr | None:
    """Return an annotation that was written as a string; None for what is no expression."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_public(name: str) -> bool:
    """Say whether every part of a dotted name is meant for others."""
    return not any(part.startswith("_") for part in name.split("."))


_DRAIN = {
    *("all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"),
    *("extend", "join", "update"),
    *("as_completed", "deque", "wait"),
}


def drains(function: ast.expr) -> bool:
    """Say whether a call, by the name of what it calls, uses up a generator that it is given."""
    if isinstance(function, ast.Attribute):
        return function.attr in _DRAIN
    return isinstance(function, ast.Name) and function.id in _DRAIN


def is_dotted(node: ast.expr) -> bool:
    """Say whether an expression is a name, or attributes of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def nonlocals(node: FunctionNode) -> list[str]:
    """Return the names that a function of its own scope declares `nonlocal` at its top."""
    if isinstance(node, ast.Lambda):
        return []
    return [name for one in node.body if isinstance(one, ast.Nonlocal) for name in one.names]


def is_accessor(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Attribute) and decorator.attr in (
        "setter",
        "deleter",
        "getter",
    )


DRIVES = frozenset({"run_forever", "run_until_complete", "run_coroutine_threadsafe"})
"""Methods and functions by which somebody else than `asyncio.run` gets a loop to run."""


def drives_loop(node: FunctionNode) -> bool:
    """Say whether a function's text has a loop run, whichever that is."""
    return any(
        (isinstance(one, ast.Attribute) and one.attr in DRIVES)
        or (isinstance(one, ast.Name) and one.id in DRIVES)
        for one in walk(node)
    )


def minds_no_loop(node: FunctionNode) -> bool:
    """Say whether a plain function's text has no word of loops, and calls no method of `self`."""
    if isinstance(node, (ast.AsyncFunctionDef, ast.Lambda)):
        return False
    first = node.args.args[0].arg if node.args.args else ""
    for one in walk(node):
        name = one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")
        is_method = isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
        if "loop" in name or (is_method and ast.unparse(one.func.value) == first):  # type: ignore[attr-defined]
            return False
    return True


def parameters(node: FunctionNode) -> list[ast.arg]:
    declared = node.args
    every = declared.posonlyargs + declared.args + declared.kwonlyargs
    return every + [extra for extra in (declared.vararg, declared.kwarg) if extra is not None]


def is_stub(function: Function) -> bool:
    """Say whether a method is there to be overridden."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return isinstance(node.body, ast.Constant)
    return function.abstract or all(
        isinstance(statement, (ast.Pass, ast.Raise))
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in node.body
    )


def attributes_set_outside_init(node: ast.ClassDef) -> set[str]:
    names: set[str] = set()
    for statement in node.body:
        if getattr(statement, "name", None) == "__init__":
            continue
        for inner in walk(statement):
            if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, (ast.Store, ast.Del)):
                names.add(inner.attr)
    return names


def fields(cls: Class) -> Iterator[tuple[str, ast.expr | None, Class]]:
    """Yield the fields of a dataclass or an attrs class: name, what follows the `=`, and whose."""
    fields: dict[str, tuple[ast.expr | None, Class]] = {}
    for one in reversed(cls.order):
        if not one.dataclass:
            continue
        for statement in one.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), value=default):
                    if "ClassVar" not in ast.dump(statement.annotation):
                        fields[name] = (default, one)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    if last_name(call) in ("ib", "attrib", "field"):
                        fields[name] = (call, one)
    for name, (default, one) in fields.items():
        yield name, default, one


# A loop is looked at anew in each call of the function around it.
_keeping = lru_cache(maxsize=1_000)


@_keeping
def assigned_in(loop: ast.For | ast.AsyncFor | ast.While) -> frozenset[str]:
    """Return the names that a loop's body binds."""
    return frozenset(
        node.id
        for statement in loop.body
        for node in walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


@_keeping
def has_break(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Say whether a loop may be left by a `break` of its own."""
    stack: list[ast.AST] = list(loop.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Break):
            return True
        if not isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.ClassDef)):
            stack.extend(children(node))
    return False
