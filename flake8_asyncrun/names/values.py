"""What an expression may stand for. Values are made by the interpreter and read by the rules."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from flake8_asyncrun.names.nodes import children

if TYPE_CHECKING:
    from flake8_asyncrun.names.project import Bindings, Module
    from flake8_asyncrun.names.scope import Scope


@dataclass(frozen=True, order=True)
class Place:
    """A line, from 1, of a file."""

    path: str
    line: int
    cell: int | None = None
    """Of a notebook, in which the line is counted, once it is told to a reader."""


class Kind(enum.Enum):
    """What becomes of a value that is handed to `asyncio.run`."""

    COROUTINE = "coroutine"
    FUTURE = "future"
    AWAITABLE = "awaitable"
    COROUTINE_FUNCTION = "coroutine function"
    ASYNC_GENERATOR = "async generator"
    OTHER = "other"
    UNKNOWN = "not known"


class Effect(enum.Enum):
    """What evaluating an expression does to the loop."""

    CAPTURES = "gets the current loop while none runs"
    NEEDS_RUNNING = "needs a running loop while none runs"
    HANDLES = "runs a loop, closes it, or looks whether it runs"


class Origin(enum.Enum):
    """Which loop a loop is, or a future is bound to."""

    CURRENT = "current"
    """The one `get_event_loop()` gave while none was running: never the one `asyncio.run` makes."""
    RUNNING = "running"
    NEW = "new"
    UNKNOWN = "not known"


class Value:
    """Anything; on its own: not known."""

    truth: bool | None = None


UNKNOWN = Value()


@dataclass(frozen=True)
class Const(Value):
    value: object

    @property
    def truth(self) -> bool:  # type: ignore[override]
        return bool(self.value)


NONE = Const(None)


class Something(Value):
    """An object of no interest that is neither None nor awaitable."""

    truth = None


SOMETHING = Something()


@dataclass(frozen=True)
class External(Value):
    """A name in code whose source is not read: asyncio, the standard library, a compiled module.

    `known` is False for a module that was not found at all.
    """

    name: str
    known: bool = True


@dataclass(eq=False)
class ModuleValue(Value):
    module: Module
    truth = True


@dataclass(eq=False)
class Loop(Value):
    origin: Origin
    truth = True


@dataclass(eq=False)
class Future(Value):
    """A Task or Future. `maker` is the call that made it, as in "asyncio.gather"."""

    origin: Origin
    maker: str
    made_at: Place
    truth = True


@dataclass(eq=False)
class Coroutine(Value):
    """A coroutine object; `holds` are arguments that it will await."""

    function: Function | None = None
    arguments: Arguments | None = None
    holds: tuple[Value, ...] = ()
    truth = True


@dataclass(eq=False)
class AsyncGenerator(Value):
    function: Function
    truth = True


@dataclass(eq=False)
class Generator(Value):
    function: Function | None = None
    truth = True


@dataclass(eq=False)
class GeneratorCoroutine(Value):
    """What a function decorated with `types.coroutine` returns."""

    truth = True


@dataclass(eq=False)
class Made(Value):
    """An instance of an external class, as in "asyncio.Runner"."""

    name: str
    origin: Origin | None = None
    """Of the loop that it holds; None if it holds none."""
    kind: Kind = Kind.UNKNOWN
    truth = None


@dataclass(eq=False)
class Method(Value):
    """A method of a value that is not an Instance; of a Made it may be any attribute."""

    owner: Value
    name: str

    @property
    def truth(self) -> bool | None:  # type: ignore[override]
        return None if isinstance(self.owner, Made) else True


@dataclass(eq=False)
class Sequence(Value):
    """A list, tuple or set; `open` where it may hold more than `items`, or less."""

    type: str
    items: list[Value]
    open: bool = False

    @property
    def truth(self) -> bool | None:  # type: ignore[override]
        return None if self.open else bool(self.items)


@dataclass(eq=False)
class Mapping(Value):
    """A dict with constant keys; `open` where it may hold others."""

    items: dict[object, Value]
    open: bool = False
    perhaps: set[object] = field(default_factory=set)
    """Keys of `items` that may not be there."""

    @property
    def truth(self) -> bool | None:  # type: ignore[override]
        if self.items.keys() - self.perhaps:
            return True
        return None if self.open or self.items else False

    def holds(self, key: object) -> bool | None:
        """Say whether a key is there, None where that is not known."""
        if key in self.items:
            return None if key in self.perhaps else True
        return None if self.open else False

    def put(self, key: object, value: Value, *, sure: bool) -> None:
        if sure:
            self.items[key] = value
            self.perhaps.discard(key)
            return
        if key not in self.items:
            self.perhaps.add(key)
        self.items[key] = join(self.items.get(key, value), value)

    def drop(self, key: object, *, sure: bool) -> None:
        if sure:
            self.items.pop(key, None)
            self.perhaps.discard(key)
        elif key in self.items:
            self.perhaps.add(key)

    def forget(self) -> None:
        """Note that anything may have become of it."""
        self.items.clear()
        self.perhaps.clear()
        self.open = True


@dataclass
class Arguments:
    """The arguments of a call; `open` where some are not known, `named` if those may have names."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    named: bool = False


@dataclass(eq=False)
class Partial(Value):
    function: Value
    arguments: Arguments
    truth = True


@dataclass(eq=False)
class Managed(Something):
    """A context manager that a generator function makes; entering it runs it up to its `yield`."""

    function: Function
    arguments: Arguments


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class Function(Value):
    node: FunctionNode
    scope: Scope
    """Where it is defined."""
    owner: Class | None = None
    bound: Value | None = None
    role: str = ""
    """How a decorator changes what it is bound to: "staticmethod", "classmethod", "property"."""
    gives: str = ""
    """How one changes what a call gives: "contextmanager", "coroutine", "types.coroutine"."""
    abstract: bool = False
    truth = True

    @property
    def name(self) -> str:
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def title(self) -> str:
        """The name, with that of the class that a method is of."""
        return self.name if self.owner is None else f"{self.owner.name}.{self.name}"

    @property
    def place(self) -> Place:
        return Place(self.scope.module.path, self.node.lineno)

    @property
    def qualified(self) -> str:
        """The dotted name, as far as modules and classes make it up."""
        return f"{self.scope.module.name}.{self.title}"

    def bind(self, to: Value) -> Function:
        return replace(self, bound=to)


@dataclass(eq=False)
class Class(Value):
    node: ast.ClassDef
    scope: Scope
    """Where it is defined."""
    members: dict[str, Value] = field(default_factory=dict)
    """What was found out of its body's names."""
    pending: Bindings | None = None
    """Names of its body that are evaluated when first asked for; None where the body was run."""
    order: list[Class] = field(default_factory=list)
    """The method resolution order, as far as it has source."""
    outside: list[External] = field(default_factory=list)
    """Bases without source, anywhere above."""
    is_protocol: bool = False
    """Whether it only describes objects of other classes."""
    dataclass: bool = False
    """Whether a decorator writes its constructor."""
    opaque: bool = False
    """Whether something we do not know (a decorator, a base that is no class) took part."""
    replaced: bool = False
    """Whether calling it may give, or do, anything: a decorator or a metaclass has its say."""
    wrapped: bool = False
    """Whether code may have put others in the place of its methods."""
    truth = True

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def place(self) -> Place:
        return Place(self.scope.module.path, self.node.lineno)

    @property
    def qualified(self) -> str:
        """The dotted name of a class at a module's top level."""
        return f"{self.scope.module.name}.{self.name}"

    def defines(self, name: str) -> bool:
        """Say whether this class or one above it with source has a member called `name`."""
        return any(
            name in cls.members or (cls.pending is not None and name in cls.pending.names)
            for cls in self.order
        )


@dataclass(eq=False)
class Instance(Value):
    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    exact: bool = True
    """False where it may be of a subclass, or may have attributes we did not see set."""
    truth = True


@dataclass(eq=False)
class Super(Value):
    cls: Class
    instance: Value
    truth = True


def dotted_name(value: Value) -> str:
    """Return the dotted name of a function, a class, or a method; "" where it has none."""
    match value:
        case Method(owner=Made(name=owner), name=name):
            return f"{owner}.{name}"
        case External(name=name):
            return name
        case Function() | Class():
            return value.qualified
    return ""


def kind_of(value: Value) -> Kind:
    """Say what `asyncio.run` would make of a value."""
    if isinstance(value, Coroutine):
        return Kind.COROUTINE
    if isinstance(value, Future):
        return Kind.FUTURE
    if isinstance(value, AsyncGenerator):
        return Kind.ASYNC_GENERATOR
    if isinstance(value, Function):
        return _kind_of_function(value)
    if isinstance(value, Partial):
        return kind_of(value.function)
    if isinstance(value, Made):
        return value.kind
    if isinstance(value, Instance):
        return _kind_of_instance(value)
    if isinstance(value, (Const, Sequence, Mapping, Something, Loop, ModuleValue)):
        return Kind.OTHER
    return Kind.UNKNOWN


def _kind_of_function(function: Function) -> Kind:
    if isinstance(function.node, ast.AsyncFunctionDef):
        return Kind.OTHER if is_generator(function.node) else Kind.COROUTINE_FUNCTION
    return Kind.OTHER


def _kind_of_instance(instance: Instance) -> Kind:
    names = {external.name.rpartition(".")[2] for external in instance.cls.outside}
    if names & {"Future", "Task"}:
        return Kind.FUTURE
    if "Coroutine" in names or all(map(instance.cls.defines, ("send", "throw", "__await__"))):
        return Kind.COROUTINE
    if instance.cls.defines("__await__") or "Awaitable" in names:
        return Kind.AWAITABLE
    if instance.cls.opaque or not instance.exact:
        return Kind.UNKNOWN
    if all(external.known for external in instance.cls.outside):
        return Kind.OTHER
    return Kind.UNKNOWN


def is_generator(node: FunctionNode) -> bool:
    """Say whether a function's own body yields."""
    known: bool | None = getattr(node, "asyncrun_yields", None)
    if known is None:
        known = _yields(node)
        # Asked at every call: the answer stays with the node, which lives as long as it matters.
        setattr(node, "asyncrun_yields", known)  # noqa: B010 - no attribute that `ast` declares
    return known


def _yields(node: FunctionNode) -> bool:
    stack: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    while stack:
        child = stack.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(children(child))
    return False


def join(left: Value, right: Value, depth: int = 4) -> Value:
    """Return what is true of both values, UNKNOWN where they have nothing in common."""
    if left is right or left == right:
        return left
    if isinstance(left, Future) and isinstance(right, Future):
        same = left.origin is right.origin
        return Future(left.origin if same else Origin.UNKNOWN, left.maker, left.made_at)
    if isinstance(left, Coroutine) and isinstance(right, Coroutine):
        return Coroutine()
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        items = _joined(left.items, right.items, depth)
        if items is None:
            return Mapping({}, open=True)
        not_in_both = left.items.keys() ^ right.items.keys()
        perhaps = not_in_both | left.perhaps | right.perhaps
        return Mapping(items, left.open or right.open, perhaps)
    if isinstance(left, Loop) and isinstance(right, Loop):
        return left if left.origin is right.origin else Loop(Origin.UNKNOWN)
    if isinstance(left, Instance) and isinstance(right, Instance) and left.cls is right.cls:
        attributes = _joined(left.attributes, right.attributes, depth)
        exact = left.exact and right.exact and attributes is not None
        return Instance(left.cls, attributes or {}, exact)
    return UNKNOWN


_Key = TypeVar("_Key")
_MOST_JOINED = 100


def _joined(
    left: dict[_Key, Value], right: dict[_Key, Value], depth: int
) -> dict[_Key, Value] | None:
    """Join values by name; None for more than it is worth to look at."""
    if not depth or len(left) + len(right) > _MOST_JOINED:
        return None
    return {
        key: join(left.get(key, UNKNOWN), right.get(key, UNKNOWN), depth - 1)
        for key in {**left, **right}
    }


def loops_in(value: Value, depth: int = 6) -> Iterator[Loop | Future | Made]:
    """Yield the loops that `value` holds, and what in it is bound to one."""
    seen: set[int] = set()
    stack = [(value, depth)]
    while stack:
        part, left = stack.pop()
        if id(part) in seen or left < 0:
            continue
        seen.add(id(part))
        if isinstance(part, (Loop, Future)) or (isinstance(part, Made) and part.origin is not None):
            yield part
        stack.extend((inner, left - 1) for inner in _parts(part))


def is_known(value: Value, depth: int = 4) -> bool:
    """Say whether enough is known of a value to say that it holds no other loop than is seen."""
    if value is UNKNOWN or (isinstance(value, Instance) and value.cls.opaque):
        return False
    if isinstance(value, External) and not value.known:
        return False
    return depth == 0 or all(is_known(part, depth - 1) for part in _parts(value))


def _parts(value: Value) -> list[Value]:
    if isinstance(value, Instance):
        return list(value.attributes.values())
    if isinstance(value, Sequence):
        return value.items
    if isinstance(value, Mapping):
        return list(value.items.values())
    if isinstance(value, Function):
        return [] if value.bound is None else [value.bound]
    if isinstance(value, Method):
        return [value.owner]
    if isinstance(value, Coroutine):
        given = value.arguments or Arguments()
        function = [] if value.function is None else [value.function]
        return [*value.holds, *given.positional, *given.keywords.values(), *function]
    if isinstance(value, Partial):
        return [value.function, *value.arguments.positional, *value.arguments.keywords.values()]
    return []
