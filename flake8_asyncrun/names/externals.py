"""What is known of values and names without reading their source."""

from __future__ import annotations

import ast

from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    Class,
    Const,
    Coroutine,
    External,
    Function,
    Future,
    Generator,
    Instance,
    Kind,
    Loop,
    Made,
    Mapping,
    Method,
    Origin,
    Partial,
    Place,
    Sequence,
    Value,
    is_generator,
)

EXITS = frozenset({"builtins.exit", "builtins.quit", "os._exit", "os.abort", "sys.exit"})
"""What never returns."""

IDENTITY = External("<returns its argument>")

ROLES = {
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
    "builtins.property": "property",
    "functools.cached_property": "property",
}

GIVES = {
    "contextlib.contextmanager": "contextmanager",
    "contextlib.asynccontextmanager": "contextmanager",
    "asyncio.coroutine": "coroutine",
    "types.coroutine": "types.coroutine",
}

TRANSPARENT = {
    "abc.abstractmethod",
    "atexit.register",
    "functools.cache",
    "functools.lru_cache",
    "typing.final",
    "typing.no_type_check",
    "typing.override",
    "typing_extensions.deprecated",
    "typing_extensions.final",
    "typing_extensions.override",
    "warnings.deprecated",
}

_TYPING = ("typing", "typing_extensions")

DATACLASS_DECORATORS = {"dataclass", "s", "attrs", "define", "frozen", "mutable"}

CLASS_DECORATORS = {"final", "total_ordering", "runtime_checkable", "unique", "deprecated"}

NOT_PLAIN = {
    *("enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum"),
    *(f"{module}.{name}" for module in _TYPING for name in ("NamedTuple", "TypedDict")),
}
"""Bases that make of a class what no call of `__init__` tells."""

PROTOCOLS = {f"{module}.Protocol" for module in _TYPING}

_AWAITABLE = {Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE}
AWAITABLE_TESTS: dict[str, set[Kind]] = {
    "asyncio.iscoroutine": {Kind.COROUTINE},
    "asyncio.iscoroutinefunction": {Kind.COROUTINE_FUNCTION},
    "asyncio.isfuture": {Kind.FUTURE},
    "inspect.isawaitable": _AWAITABLE,
    "inspect.iscoroutine": {Kind.COROUTINE},
    "inspect.iscoroutinefunction": {Kind.COROUTINE_FUNCTION},
}
GENERATOR_TESTS: dict[str, type[ast.stmt]] = {
    "inspect.isasyncgenfunction": ast.AsyncFunctionDef,
    "inspect.isgeneratorfunction": ast.FunctionDef,
}
PLAIN_TYPES = {"bytes", "float", "frozenset", "id", "int", "len", "object", "open", "repr", "str"}


_PROMISES_COROUTINE = {
    "typing.Coroutine",
    "collections.abc.Coroutine",
    "types.CoroutineType",
}
_PROMISES_FUTURE = {"asyncio.Future", "asyncio.Task"}
_PROMISES_ASYNC_GENERATOR = {
    "typing.AsyncGenerator",
    "collections.abc.AsyncGenerator",
    "types.AsyncGeneratorType",
}


_PROMISES_PLAIN = (PLAIN_TYPES - {"object"}) | {"bool", "dict", "list", "set", "tuple"}


def promised_by(annotation: External, place: Place) -> Value:
    """Return what an annotation at `place` promises, by a class without source."""
    name = asyncio_table.canonical(annotation.name)
    if name in _PROMISES_COROUTINE:
        return Coroutine()
    if name in _PROMISES_FUTURE:
        return Future(Origin.UNKNOWN, name, place)
    if name in _PROMISES_ASYNC_GENERATOR:
        return Made(name, kind=Kind.ASYNC_GENERATOR)
    if name.removeprefix("builtins.") in _PROMISES_PLAIN:
        return SOMETHING
    return UNKNOWN


def does(function: External) -> Does | None:
    if not function.known:
        return None
    known = asyncio_table.entry(asyncio_table.canonical(function.name))
    return None if known is None else known.does


def unresolved(value: Value) -> bool:
    return isinstance(value, External) and not value.known


def same(left: Value, right: Value) -> bool | None:
    """Say whether two values are equal, None where it is not known."""
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value == right.value
    for one, other in ((left, right), (right, left)):
        if one == NONE:
            certainly_not = isinstance(
                other,
                (Instance, Function, Class, Loop, Future, Sequence, Mapping, Coroutine, Partial),
            )
            return False if certainly_not else None
    if isinstance(left, External) and isinstance(right, External):
        return left.name == right.name if left.known and right.known else None
    if isinstance(left, (Instance, Class)) and isinstance(right, (Instance, Class)):
        return left is right or None
    return None


def is_instance(value: Value, cls: Value) -> Value:
    if isinstance(cls, Sequence) and not cls.open:
        answers = [is_instance(value, one) for one in cls.items]
        if Const(True) in answers:
            return Const(True)
        return UNKNOWN if UNKNOWN in answers else Const(False)
    if isinstance(value, Instance) and isinstance(cls, Class) and cls in value.cls.order:
        return Const(True)
    if isinstance(value, Const) and isinstance(cls, Class):
        return Const(False)
    if isinstance(value, Const) and isinstance(cls, External) and cls.known:
        known = _BUILTIN_TYPES.get(cls.name.removeprefix("builtins."))
        if known is not None:
            return Const(isinstance(value.value, known))
        return Const("NoneType" in cls.name) if value == NONE else UNKNOWN
    return UNKNOWN


_BUILTIN_TYPES: dict[str, type] = {
    one.__name__: one for one in (bool, bytes, complex, dict, float, int, list, set, str, tuple)
}


def is_generator_function(value: Value, node: type[ast.stmt]) -> Value:
    """Say whether a value is a function, defined by such a `node`, that yields."""
    if not isinstance(value, Function):
        return UNKNOWN
    return Const(isinstance(value.node, node) and is_generator(value.node))


def call_mapping(mapping: Mapping, name: str, arguments: Arguments, *, sure: bool) -> Value:
    """Return what a method of a dict gives; `sure`: it is certainly called, and so changes it."""
    match name, arguments.positional:
        case (("get" | "pop"), [Const(value=key), *default]):
            there = mapping.holds(key)
            found = mapping.items.get(key, UNKNOWN)
            if name == "pop":
                mapping.drop(key, sure=sure)
            if there is None:
                return UNKNOWN
            return found if there else default[0] if default else NONE
        case "setdefault", [Const(value=key), default_value]:
            there = mapping.holds(key)
            if there is False:
                mapping.put(key, default_value, sure=sure)
            elif there is None:
                mapping.put(key, UNKNOWN, sure=sure)
            return mapping.items[key]
        case "copy", []:
            return Mapping(dict(mapping.items), mapping.open, set(mapping.perhaps))
        case "update", [Mapping(open=False) as other] if not arguments.open:
            for key, value in [*other.items.items(), *arguments.keywords.items()]:
                mapping.put(key, value, sure=sure and key not in other.perhaps)
            return NONE
        case "keys", []:
            return Sequence(
                "tuple", list(map(Const, mapping.items)), mapping.open or bool(mapping.perhaps)
            )
        case "values", []:
            some = mapping.open or bool(mapping.perhaps)
            return Sequence("tuple", list(mapping.items.values()), some)
        case "items", []:
            pairs = (Sequence("tuple", [Const(key), one]) for key, one in mapping.items.items())
            some = mapping.open or bool(mapping.perhaps)
            return Sequence("tuple", list(pairs), some)
    mapping.forget()
    return UNKNOWN


def escape(arguments: Arguments) -> None:
    """Note that code of which nothing is known got hold of these, and may change them."""
    _escape_all(arguments, _DEEPEST_ESCAPE)


_DEEPEST_ESCAPE = 4


def _escape_all(arguments: Arguments, depth: int) -> None:
    for value in [*arguments.positional, *arguments.keywords.values()]:
        _escape(value, depth)


def _escape(value: Value, depth: int) -> None:
    if not depth:
        return
    match value:
        case Instance(attributes=attributes):
            value.exact = False
            for name, held in list(attributes.items()):  # an object may hold itself
                _escape(held, depth - 1)
                if isinstance(held, (Const, Sequence, Mapping)):
                    attributes[name] = UNKNOWN
        case Mapping(items=items):
            for held in list(items.values()):
                _escape(held, depth - 1)
            value.forget()
        case Sequence(items=held_here):
            for held in list(held_here):
                _escape(held, depth - 1)
            value.open |= value.type != "tuple"
        case Function(bound=Instance() as bound) | Method(owner=Instance() as bound):
            _escape(bound, depth - 1)
        case Partial(function=function, arguments=given):
            _escape(function, depth - 1)
            _escape_all(given, depth - 1)
        case Generator(function=Function() as function):
            _escape(function, depth - 1)
        case Coroutine(function=Function() as function, arguments=Arguments() as given):
            _escape(function, depth - 1)
            _escape_all(given, depth - 1)
