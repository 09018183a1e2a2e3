"""The abstract interpreter: runs a file's code on values that stand for many, without running it.

It follows calls into the project and into installed packages, with their real arguments, under the
assumption that no loop runs (module level), that one does (coroutines), or that this is not known.
Whatever cannot be decided ends as UNKNOWN. Nothing is imported or executed.
"""

from __future__ import annotations

import ast
import builtins
import enum
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NoReturn

from flake8_asyncrun.names import asyncio_table, conditions
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.externals import (
    AWAITABLE_TESTS,
    CLASS_DECORATORS,
    DATACLASS_DECORATORS,
    IDENTITY,
    NOT_PLAIN,
    PLAIN_TYPES,
    ROLES,
    TRANSPARENT,
    call_mapping,
    does,
    is_instance,
    same,
    unresolved,
)
from flake8_asyncrun.names.project import (
    BY_TABLE,
    Binding,
    Bindings,
    Module,
    Project,
    collect,
)
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import (
    assigned_in,
    attributes_set_outside_init,
    catches,
    expected_by,
    fields,
    has_break,
    is_accessor,
    is_dotted,
    is_stub,
    last_name,
    names_caught,
    nonlocals,
    parameters,
)
from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    AsyncGenerator,
    Class,
    Const,
    Coroutine,
    External,
    Function,
    FunctionNode,
    Future,
    Generator,
    GeneratorCoroutine,
    Instance,
    Kind,
    Loop,
    Made,
    Mapping,
    Method,
    ModuleValue,
    Origin,
    Partial,
    Place,
    Sequence,
    Super,
    Value,
    is_generator,
    join,
    kind_of,
    loops_in,
)

# Nodes evaluated on behalf of one call into another module, and for a whole file: enough for every
# constructor measured but a handful, all of which were harmless.
CALL_BUDGET = 40_000
FILE_BUDGET = 200_000
DEEPEST_CALL = 24


class State(enum.Enum):
    """Whether a loop runs while code is evaluated."""

    NO_LOOP = "no loop runs"
    RUNNING = "a loop runs"
    UNKNOWN = "not known"


class Effect(enum.Enum):
    """What evaluating an expression does to the loop."""

    CAPTURES = "gets the current loop while none runs"
    NEEDS_RUNNING = "needs a running loop while none runs"
    HANDLES = "runs a loop, closes it, or looks whether it runs"


@dataclass(frozen=True)
class Event:
    """One thing done to the loop. `what` did it at `place`, reached through the calls `via`."""

    effect: Effect
    what: str
    place: Place
    via: tuple[Place, ...]
    depth: int
    """How many undecided branches led here."""
    caught: bool
    """Whether a handler around it expects the RuntimeError that it may raise."""
    set: bool
    """Whether a loop was made current before, so that `get_event_loop()` raises on no Python."""


@dataclass(frozen=True)
class Seen:
    """What became of one expression of the file, over all the times it was evaluated."""

    value: Value
    events: tuple[Event, ...] = ()
    """What evaluating it certainly does to the loop."""
    state: State = State.UNKNOWN
    handles_loop: bool = False
    """Whether evaluating it may run a loop, close it, or look whether it runs."""


Position = tuple[int, int, int, int]
"""Of an `ast` node: line and byte column of its start and of its end."""


class Left(enum.Enum):
    """How the flow went out of a block."""

    NOT = 0
    RETURN = 1
    RAISE = 2
    LOOP = 3


class Raised(Exception):
    """The evaluated code raises an exception of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class OutOfBudget(Exception):
    """A call took more steps than it is worth."""


@dataclass
class Frame:
    """One call in progress."""

    returned: list[Value] = field(default_factory=list)
    may_have_left: bool = False
    """Whether a `return` on an undecided way may have ended it already."""


def position(node: ast.expr) -> Position:
    return (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)


class Interpreter:
    """Evaluates one file, `module`, and remembers what became of each of its expressions."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self.seen: dict[Position, Seen] = {}
        self.touched = False
        self.at_import: tuple[Event, ...] = ()
        """Where the module's own flow takes the current loop, surely or not."""
        self.root = Scope(module)
        self._state = State.NO_LOOP
        self._current: Value | None = None  # the loop made current, None while none was
        self._later = False
        self._recording = True
        self._maybe = 0
        self._events: list[Event] = []
        self._via: list[Place] = []
        self._running: list[FunctionNode] = []
        self._catching: list[tuple[str, ...]] = []
        self._left = FILE_BUDGET
        self._abroad: int | None = None
        self._pending: list[Function] = []
        self._evaluated: set[int] = set()
        self._classes: dict[int, Class] = {}
        self._attributes: dict[int, dict[str, Value]] = {}
        self._patched: set[tuple[str, str]] = set()
        self._stars: list[ast.ImportFrom] = []
        self._sets_loop = any(
            isinstance(node, (ast.Name, ast.Attribute))
            and (node.id if isinstance(node, ast.Name) else node.attr) == "set_event_loop"
            for node in ast.walk(module.tree)
        )

    def run(self) -> None:
        """Evaluate the module's body, then each function that nothing in it called."""
        try:
            for statement in self.module.tree.body:
                # The program gets past its own checks, so a certain error is not what it seems.
                with suppress(Raised):
                    self._statement(statement, self.root, Frame())
            self.at_import = tuple(
                event for event in self._events if event.effect is Effect.CAPTURES
            )
            self._later = True
            while self._pending:
                function = self._pending.pop(0)
                if id(function.node) not in self._evaluated:
                    self._enter(function)
        except (OutOfBudget, RecursionError):
            return

    # ------------------------------------------------------------------ functions from outside

    def _enter(self, function: Function) -> None:
        """Evaluate a function that is called at an unknown time with unknown arguments."""
        node = function.node
        scope = self._function_scope(function)
        if function.owner is not None and function.role != "staticmethod":
            scope.instance = self._self_of(function)
        for index, argument in enumerate(parameters(node)):
            if index == 0 and scope.instance is not None:
                scope.bind(argument.arg, scope.instance)
            else:
                scope.bind(argument.arg, self._annotated(argument, function.scope))
        if isinstance(node, ast.AsyncFunctionDef):
            state = State.RUNNING
        elif not isinstance(node, ast.Lambda) and self._runs_a_loop(node, scope):
            state = State.NO_LOOP
        else:
            state = State.UNKNOWN
        before, self._maybe = self._maybe, 0
        with self._in(state, Const(None) if self._sets_loop else None):
            try:
                self._body(function, scope)
            except Raised:
                pass
            finally:
                self._maybe = before

    def _self_of(self, function: Function) -> Value:
        owner = function.owner
        assert owner is not None
        if function.role == "classmethod":
            return owner
        if function.name == "__init__":
            return Instance(owner, exact=False)
        if id(owner) not in self._attributes:
            self._attributes[id(owner)] = self._attributes_of(owner)
        return Instance(owner, dict(self._attributes[id(owner)]), exact=False)

    def _attributes_of(self, cls: Class) -> dict[str, Value]:
        """Return what the attributes of an object are while nothing is known of its past."""
        instance = Instance(cls, exact=False)
        init = self._member(cls, "__init__")
        if isinstance(init, Function):
            with self._quiet(), self._in(State.UNKNOWN, Const(None)):
                try:
                    arguments = Arguments(open=True, named=True)
                    self._call_function(init.bind(instance), arguments, cls.node)
                except Raised:
                    return {}
        set_elsewhere = attributes_set_outside_init(cls.node)
        # Constants and containers are where an object starts from, not what it stays.
        return {
            name: value
            for name, value in instance.attributes.items()
            if name not in set_elsewhere and not isinstance(value, (Const, Sequence, Mapping))
        }

    def _annotated(self, argument: ast.arg, scope: Scope) -> Value:
        if argument.annotation is None or isinstance(argument.annotation, ast.Constant):
            return UNKNOWN
        with self._quiet():
            try:
                cls = self._evaluate(argument.annotation, scope)
            except Raised:
                return UNKNOWN
        return Instance(cls, exact=False) if isinstance(cls, Class) else UNKNOWN

    def _runs_a_loop(self, node: ast.FunctionDef, scope: Scope) -> bool:
        """Say whether a statement of the function's own block calls `asyncio.run`.

        That raises while a loop runs, so where it is reached none does.
        """
        for statement in node.body:
            if isinstance(statement, (ast.Expr, ast.Assign, ast.Return)):
                call = statement.value
                if isinstance(call, ast.Call) and is_dotted(call.func):
                    with self._quiet():
                        try:
                            callee = self._evaluate(call.func, scope)
                        except Raised:
                            continue
                    if isinstance(callee, External) and does(callee) is Does.RUNS:
                        return True
        return False

    # ------------------------------------------------------------------ bookkeeping

    @contextmanager
    def _in(self, state: State, current: Value | None) -> Iterator[None]:
        before = self._state, self._current, self._catching
        self._state, self._current, self._catching = state, current, []
        try:
            yield
        finally:
            self._state, self._current, self._catching = before

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Evaluate for the value alone: nothing is recorded, no event stays."""
        before = self._recording, self._events, self._maybe, self._current
        self._recording, self._events = False, []
        try:
            yield
        finally:
            self._recording, self._events, self._maybe, self._current = before

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0 or (self._abroad is not None and self._left < self._abroad):
            raise OutOfBudget

    def _record(
        self, node: ast.expr, value: Value, events: tuple[Event, ...], handles_loop: bool = False
    ) -> None:
        key = position(node)
        seen = Seen(value, events, self._state, handles_loop)
        before = self.seen.get(key)
        if before is not None:
            same = [event.effect for event in before.events] == [event.effect for event in events]
            seen = Seen(
                join(before.value, value),
                events if same else (),
                self._state if before.state is self._state else State.UNKNOWN,
                handles_loop or before.handles_loop,
            )
        self.seen[key] = seen

    def _place(self, node: ast.AST, module: Module) -> Place:
        return Place(module.path, getattr(node, "lineno", 1))

    def _expects(self, name: str) -> bool:
        return any(catches(names, name) for names in self._catching)

    def _handles(self, what: str, place: Place) -> None:
        self._events.append(
            Event(Effect.HANDLES, what, place, tuple(self._via), self._maybe, False, False)
        )

    def _event(self, effect: Effect, what: str, place: Place) -> None:
        """Note that the loop is touched; raise where a handler around this expects it."""
        self.touched = True
        caught = self._expects("RuntimeError")
        is_set = self._current is not None
        self._events.append(
            Event(effect, what, place, tuple(self._via), self._maybe, caught, is_set)
        )
        raises = effect is Effect.NEEDS_RUNNING or (
            self.project.target.first >= (3, 14) and not is_set
        )
        if caught and raises:
            # A handler takes over: what was tried does not count.
            self._events.pop()
            raise Raised("RuntimeError")

    # ------------------------------------------------------------------ expressions

    def _evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self._step()
        mine = self._recording and scope.module is self.module
        if not mine:
            return self._expression(node, scope)
        if not isinstance(node, ast.Call):
            value = self._expression(node, scope)
            self._record(node, value, ())
            return value
        before, self._events = self._events, []
        try:
            value = self._expression(node, scope)
            sure = tuple(
                event
                for event in self._events
                if event.depth <= self._maybe and event.effect is not Effect.HANDLES
            )
            handles = any(event.effect is Effect.HANDLES for event in self._events)
            self._record(node, value, sure, handles)
            return value
        finally:
            before.extend(self._events)
            self._events = before

    def _expression(self, node: ast.expr, scope: Scope) -> Value:
        match node:
            case ast.Constant(value=constant):
                return Const(constant)
            case ast.Name(id=name):
                return self._name(name, scope)
            case ast.Attribute(value=owner, attr=name):
                return self._attribute(self._evaluate(owner, scope), name, node, scope)
            case ast.Call():
                return self._call_expression(node, scope)
            case ast.Lambda():
                function = Function(node, scope, scope.owner if scope.is_class else None)
                self._queue(function)
                return function
            case ast.Await(value=inner):
                self._evaluate(inner, scope)
                return UNKNOWN
            case ast.NamedExpr(target=target, value=inner):
                value = self._evaluate(inner, scope)
                self._assign(target, value, scope)
                return value
            case ast.BoolOp():
                return self._bool_op(node, scope)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                taken = self._condition(test, scope)
                if taken is not None:
                    return self._evaluate(body if taken else orelse, scope)
                with self._undecided():
                    return join(self._evaluate(body, scope), self._evaluate(orelse, scope))
            case ast.UnaryOp(op=op, operand=operand):
                truth = self._evaluate(operand, scope).truth
                return (
                    Const(not truth) if isinstance(op, ast.Not) and truth is not None else UNKNOWN
                )
            case ast.Compare():
                return self._compare(node, scope)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                arguments = self._positional(elements, scope)
                name = type(node).__name__.lower()
                return Sequence(name, arguments.positional, arguments.open)
            case ast.Dict():
                return self._dict(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
            case ast.Subscript(value=owner, slice=index):
                return self._item(self._evaluate(owner, scope), self._evaluate(index, scope))
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._evaluate(child, scope)
                return SOMETHING if isinstance(node, ast.JoinedStr) else UNKNOWN

    @contextmanager
    def _undecided(self) -> Iterator[None]:
        self._maybe += 1
        try:
            yield
        finally:
            self._maybe -= 1

    def _condition(self, test: ast.expr, scope: Scope) -> bool | None:
        judged = conditions.judge(test, self.project.target)
        value = self._evaluate(test, scope)
        return value.truth if judged is None else judged

    def _bool_op(self, node: ast.BoolOp, scope: Scope) -> Value:
        decisive = isinstance(node.op, ast.Or)
        possible: list[Value] = []
        before = self._maybe
        try:
            for inner in node.values:
                value = self._evaluate(inner, scope)
                if value.truth is decisive or inner is node.values[-1]:
                    possible.append(value)
                    break
                if value.truth is None:
                    possible.append(value)
                    self._maybe += 1
        finally:
            self._maybe = before
        result = possible[0]
        for value in possible[1:]:
            result = join(result, value)
        return result

    def _compare(self, node: ast.Compare, scope: Scope) -> Value:
        judged = conditions.judge(node, self.project.target)
        left = self._evaluate(node.left, scope)
        rights = [self._evaluate(right, scope) for right in node.comparators]
        if judged is not None:
            return Const(judged)
        if len(rights) != 1:
            return UNKNOWN
        right, op = rights[0], node.ops[0]
        if isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            equal = same(left, right)
            return UNKNOWN if equal is None else Const(equal is isinstance(op, (ast.Is, ast.Eq)))
        if isinstance(op, (ast.In, ast.NotIn)) and isinstance(left, Const):
            holds: bool | None = None
            if isinstance(right, Mapping) and not right.open:
                holds = left.value in right.items
            return UNKNOWN if holds is None else Const(holds is isinstance(op, ast.In))
        return UNKNOWN

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        result = Mapping({})
        for key, inner in zip(node.keys, node.values, strict=True):
            value = self._evaluate(inner, scope)
            if key is None:
                if isinstance(value, Mapping) and not value.open:
                    result.items.update(value.items)
                else:
                    result.forget()
                continue
            name = self._evaluate(key, scope)
            if isinstance(name, Const):
                result.items[name.value] = value
            else:
                result.open = True
        return result

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope
    ) -> Value:
        inner = Scope(scope.module, scope, owner=scope.owner, instance=scope.instance)
        with self._undecided():
            for generator in node.generators:
                self._assign(
                    generator.target, self._one_of(self._evaluate(generator.iter, inner)), inner
                )
                for test in generator.ifs:
                    self._evaluate(test, inner)
            if isinstance(node, ast.DictComp):
                self._evaluate(node.key, inner)
                self._evaluate(node.value, inner)
                return Mapping({}, open=True)
            element = self._evaluate(node.elt, inner)
        if isinstance(node, ast.GeneratorExp):
            return UNKNOWN
        kind = "list" if isinstance(node, ast.ListComp) else "set"
        return Sequence(kind, [element], open=True)

    def _one_of(self, value: Value) -> Value:
        """Return what a loop over `value` gives its variable."""
        if not isinstance(value, Sequence) or value.open or not value.items:
            return UNKNOWN
        result = value.items[0]
        for item in value.items[1:]:
            result = join(result, item)
        return result

    def _item(self, owner: Value, index: Value) -> Value:
        if isinstance(owner, (Class, Made)):
            return owner if isinstance(owner, Class) else Made(owner.name + "[]")
        if isinstance(owner, External):
            known = asyncio_table.entry(asyncio_table.canonical(owner.name))
            return owner if known or not owner.known else Made(owner.name + "[]")
        if isinstance(index, Const):
            if isinstance(owner, Mapping):
                return owner.items.get(index.value, UNKNOWN)
            closed = isinstance(owner, Sequence) and not owner.open
            if closed and isinstance(index.value, int):
                assert isinstance(owner, Sequence)
                inside = -len(owner.items) <= index.value < len(owner.items)
                return owner.items[index.value] if inside else UNKNOWN
        return UNKNOWN

    # ------------------------------------------------------------------ names

    def _name(self, name: str, scope: Scope) -> Value:
        value = scope.find(name, later=self._later)
        if self._later and name not in scope.values and _may_be_filled_in(value):
            return UNKNOWN
        if value is None and scope.is_class and scope.owner is not None:
            value = self._class_binding(scope.owner, name)
        if value is None:
            value = self.module_name(scope.module, name)
        if value is None:
            value = External(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN
        return value

    def holds_loop(self, module: Module, name: str) -> bool:
        """Say whether a global of another module holds a loop, or something bound to one."""
        self._left = max(self._left, CALL_BUDGET)
        try:
            value = self.module_name(module, name)
        except (OutOfBudget, RecursionError):
            return False
        return value is not None and any(True for _ in loops_in(value))

    def module_name(self, module: Module, name: str) -> Value | None:
        """Return what a module's global name stands for, None if the module has none such."""
        if name == "__name__":
            return Const("__main__" if module is self.module else module.name)
        if module is self.module:
            return self._from_stars(self._stars, module, name)
        if name in module.known:
            return module.known[name]
        if name in module.asking:
            return UNKNOWN
        module.asking.add(name)
        try:
            with self._quiet(), self._in(State.NO_LOOP, None):
                value = self._module_name(module, name)
        finally:
            module.asking.discard(name)
        module.known[name] = value
        return value

    def _module_name(self, module: Module, name: str) -> Value | None:
        scope = Scope(module)
        value = self._bound(module.bindings, name, scope)
        if value is None:
            value = self._from_stars(module.bindings.stars, module, name)
        if value is None:
            submodule = self.project.module(f"{module.name}.{name}") if module.is_package else None
            if submodule is not None:
                return ModuleValue(submodule)
            return UNKNOWN if "__getattr__" in module.bindings.names else None
        if not isinstance(value, (Function, Class, External)) and name in module.rebound:
            return UNKNOWN
        return UNKNOWN if value == NONE else value

    def _bound(self, bindings: Bindings, name: str, scope: Scope) -> Value | None:
        """Return what the statements that bind `name` leave it as."""
        value: Value | None = None
        for binding in bindings.names.get(name, ()):
            if binding.fallback and value is not None and not unresolved(value):
                continue
            try:
                one = self._binding(binding, name, scope)
            except Raised:
                one = UNKNOWN
            if one is not None:
                value = one if binding.certain or value is None else join(value, one)
        return value

    def _binding(self, binding: Binding, name: str, scope: Scope) -> Value | None:
        match binding.statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() as statement:
                return self._make_function(statement, scope)
            case ast.ClassDef() as statement:
                return self._make_class(statement, scope)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                result = self._evaluate(value, scope)
                return result if binding.item is None else self._item(result, Const(binding.item))
            case ast.Import() | ast.ImportFrom() as statement:
                return dict(self._imported(statement, scope.module, name))[name]
        return UNKNOWN

    def _imported(
        self, statement: ast.Import | ast.ImportFrom, module: Module, only: str | None = None
    ) -> Iterator[tuple[str, Value]]:
        for alias in statement.names:
            name = alias.asname or alias.name
            if isinstance(statement, ast.Import) and alias.asname is None:
                name = alias.name.partition(".")[0]
            if alias.name == "*" or only not in (None, name):
                continue
            if isinstance(statement, ast.Import):
                yield name, self._module_value(alias.name if alias.asname else name)
            else:
                base = module.absolute(statement.module, statement.level)
                yield name, self._from(base, alias.name)

    def _module_value(self, name: str) -> Value:
        if name.partition(".")[0] in BY_TABLE:
            return External(name)
        module = self.project.module(name)
        return External(name, known=False) if module is None else ModuleValue(module)

    def _from(self, base: str, name: str) -> Value:
        """Return what `from base import name` binds."""
        owner = self._module_value(base)
        if isinstance(owner, ModuleValue):
            value = self.module_name(owner.module, name)
            return External(f"{base}.{name}", known=False) if value is None else value
        if base.partition(".")[0] in BY_TABLE:
            return External(f"{base}.{name}")
        return self._module_value(f"{base}.{name}")

    def _from_stars(self, stars: list[ast.ImportFrom], module: Module, name: str) -> Value | None:
        if name.startswith("_"):
            return None
        for statement in stars:
            base = module.absolute(statement.module, statement.level)
            owner = self._module_value(base)
            if isinstance(owner, ModuleValue):
                value = self.module_name(owner.module, name)
                if value is not None:
                    return value
            elif base == "asyncio":
                if asyncio_table.entry(f"asyncio.{name}") is not None:
                    return External(f"asyncio.{name}")
            elif base.partition(".")[0] not in BY_TABLE:
                return UNKNOWN
        return None

    # ------------------------------------------------------------------ functions and classes

    def _queue(self, function: Function) -> None:
        if self._recording and function.scope.module is self.module:
            self._pending.append(function)

    def _make_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
    ) -> Value | None:
        """Return what a definition binds, None for an overload's declaration."""
        owner = scope.owner if scope.is_class else None
        function = Function(node, scope, owner)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None and self._recording:
                self._evaluate(default, scope)
        self._queue(function)
        result: Value = function
        for decorator in reversed(node.decorator_list):
            value = self._evaluate(decorator, scope)
            name = asyncio_table.canonical(value.name) if isinstance(value, External) else ""
            if name.rpartition(".")[2] == "overload":
                return None
            if isinstance(result, Function) and name in ROLES:
                result.role = ROLES[name]
            elif isinstance(result, Function) and name in TRANSPARENT:
                result.abstract |= name == "abc.abstractmethod"
            elif is_accessor(decorator):
                return None
            else:
                result = self._decorated(value, result, node)
        return result

    def _decorated(self, decorator: Value, result: Value, node: ast.AST) -> Value:
        if isinstance(decorator, External) and decorator.name == IDENTITY.name:
            return result
        owner = result.owner if isinstance(result, Function) else None
        try:
            value = self._call(decorator, Arguments([result]), node)
        except Raised:
            return UNKNOWN
        if isinstance(value, Function) and owner is not None and value is not result:
            return Function(value.node, value.scope, owner, None, value.role)
        return value

    def _make_class(self, node: ast.ClassDef, scope: Scope) -> Value:
        if id(node) in self._classes:
            return self._classes[id(node)]
        cls = Class(node, scope)
        self._classes[id(node)] = cls
        orders: list[list[Class]] = []
        for base in node.bases:
            value = self._evaluate(base, scope)
            if isinstance(value, Class):
                orders.append(list(value.order))
                cls.opaque |= value.opaque
                cls.outside += value.outside
            elif isinstance(value, External):
                cls.outside.append(value)
            elif not isinstance(value, Made):
                cls.opaque = True
        cls.order = [cls, *_merge(orders)]
        for keyword in node.keywords:
            value = self._evaluate(keyword.value, scope)
            known = isinstance(value, External) and value.known
            cls.opaque |= keyword.arg != "metaclass" or not known
        for decorator in node.decorator_list:
            value = self._evaluate(decorator, scope)
            last = last_name(decorator)
            if last in DATACLASS_DECORATORS:
                cls.dataclass = True
            elif not (isinstance(value, (External, Made)) and last in CLASS_DECORATORS):
                cls.opaque = True
        body = self._class_scope(cls)
        if self._recording and scope.module is self.module:
            self._block(node.body, body, Frame())
            cls.members = body.values
        else:
            cls.pending = collect(node.body, self.project.target)
        return cls

    def _class_scope(self, cls: Class) -> Scope:
        return Scope(cls.scope.module, cls.scope, cls.members, is_class=True, owner=cls)

    def _class_binding(self, cls: Class, name: str) -> Value | None:
        """Return a name of the class's own body."""
        if name in cls.members:
            return cls.members[name]
        if cls.pending is None or name not in cls.pending.names:
            return None
        cls.members[name] = UNKNOWN  # what a cycle finds
        with self._quiet(), self._in(State.NO_LOOP, None):
            value = self._bound(cls.pending, name, self._class_scope(cls))
        cls.members[name] = UNKNOWN if value is None else value
        return cls.members[name]

    def _member(self, cls: Class, name: str, after: Class | None = None) -> Value | None:
        """Return a member found along the method resolution order, from behind `after` on."""
        order = cls.order
        if after in order:
            order = order[order.index(after) + 1 :]
        for one in order:
            if (one.scope.module.name, f"{one.name}.{name}") in self._patched:
                return UNKNOWN
            value = self._class_binding(one, name)
            if value is not None:
                return value
        return None

    # ------------------------------------------------------------------ attributes

    def _attribute(self, owner: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        match owner:
            case ModuleValue(module=module):
                return self._module_attribute(module, name)
            case External(known=True):
                if owner.name == "builtins.super":
                    return UNKNOWN
                return External(asyncio_table.canonical(f"{owner.name}.{name}"))
            case External():
                return self._module_value(f"{owner.name}.{name}")
            case Instance():
                return self._instance_attribute(owner, name, node)
            case Class():
                value = self._member(owner, name)
                if isinstance(value, Function) and value.role == "classmethod":
                    return value.bind(owner)
                if isinstance(value, Function) and value.role == "property":
                    return UNKNOWN
                return UNKNOWN if value is None else value
            case Super():
                return self._super_attribute(owner, name, node)
            case Loop() | Future() | Made() | Sequence() | Mapping() | Coroutine():
                return Method(owner, name)
            case _:
                return UNKNOWN

    def _module_attribute(self, module: Module, name: str) -> Value:
        if (module.name, name) in self._patched:
            return UNKNOWN
        value = self.module_name(module, name)
        if value is None or unresolved(value):
            submodule = self.project.module(f"{module.name}.{name}")
            if submodule is not None:
                return ModuleValue(submodule)
        return UNKNOWN if value is None else value

    def _instance_attribute(self, instance: Instance, name: str, node: ast.AST) -> Value:
        value = self._member(instance.cls, name)
        if isinstance(value, Function) and value.role == "property":
            return self._call_function(value.bind(instance), Arguments(), node)
        if name in instance.attributes:
            return instance.attributes[name]
        if isinstance(value, Function):
            if value.role == "staticmethod":
                return value
            return value.bind(instance.cls if value.role == "classmethod" else instance)
        if name == "__class__":
            return instance.cls
        if value is None or not instance.exact:
            return UNKNOWN
        return value

    def _super_attribute(self, parent: Super, name: str, node: ast.AST) -> Value:
        instance = parent.instance
        cls = instance.cls if isinstance(instance, Instance) else instance
        if not isinstance(cls, Class):
            return UNKNOWN
        value = self._member(cls, name, after=parent.cls)
        if isinstance(value, Function):
            if value.role == "property":
                return self._call_function(value.bind(instance), Arguments(), node)
            if value.role == "staticmethod" or name == "__new__":
                return value
            return value.bind(cls if value.role == "classmethod" else instance)
        if value is None and name == "__init__":
            for outside in cls.outside:
                if does(outside) in (Does.BINDS, Does.BINDS_OBJECT, Does.NEEDS_RUNNING_OBJECT):
                    return outside
        return UNKNOWN if value is None else value

    # ------------------------------------------------------------------ calls

    def _positional(self, nodes: list[ast.expr], scope: Scope) -> Arguments:
        arguments = Arguments()
        for node in nodes:
            if not isinstance(node, ast.Starred):
                arguments.positional.append(self._evaluate(node, scope))
                continue
            value = self._evaluate(node.value, scope)
            if isinstance(value, Sequence):
                arguments.positional += value.items
                arguments.open |= value.open
            else:
                arguments.open = True
        return arguments

    def _call_expression(self, node: ast.Call, scope: Scope) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            if scope.owner is not None and scope.instance is not None:
                return Super(scope.owner, scope.instance)
            return UNKNOWN
        function = self._evaluate(node.func, scope)
        arguments = self._positional(node.args, scope)
        for keyword in node.keywords:
            value = self._evaluate(keyword.value, scope)
            if keyword.arg is not None:
                arguments.keywords[keyword.arg] = value
            elif isinstance(value, Mapping):
                arguments.keywords.update(
                    (key, inner) for key, inner in value.items.items() if isinstance(key, str)
                )
                arguments.open |= value.open
                arguments.named |= value.open
            else:
                arguments.open = arguments.named = True
        if not (self._recording and scope.module is self.module) or not _abroad(
            function, self.module
        ):
            return self._call(function, arguments, node, scope)
        # A call that leaves the file: what it costs must not starve the rest of the file.
        before, left = self._abroad, self._left
        self._abroad = max(left - CALL_BUDGET, 0)
        try:
            return self._call(function, arguments, node, scope)
        except (OutOfBudget, RecursionError):
            if self._left < 0:
                raise
            self._events.clear()
            return UNKNOWN
        finally:
            self._abroad = before

    def _call(
        self, function: Value, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value:
        match function:
            case Function():
                return self._call_function(function, arguments, node, scope)
            case Class():
                return self._instantiate(function, arguments, node, scope)
            case External():
                return self._call_external(function, arguments, node, scope)
            case Method():
                return self._call_method(function, arguments, node, scope)
            case Partial(function=inner, arguments=given):
                merged = Arguments(
                    given.positional + arguments.positional,
                    given.keywords | arguments.keywords,
                    given.open or arguments.open,
                    given.named or arguments.named,
                )
                return self._call(inner, merged, node, scope)
            case Instance():
                member = self._member(function.cls, "__call__")
                if isinstance(member, Function):
                    return self._call_function(member.bind(function), arguments, node, scope)
                return UNKNOWN
            case _:
                _escape(arguments)
                return UNKNOWN

    def _here(self, node: ast.AST, scope: Scope | None) -> Place:
        return self._place(node, self.module if scope is None else scope.module)

    def _call_function(
        self, function: Function, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value:
        body = function.node
        if function.role == "contextmanager":
            return SOMETHING
        if isinstance(body, ast.AsyncFunctionDef):
            return (
                AsyncGenerator(function) if is_generator(body) else Coroutine(function, arguments)
            )
        if function.role == "coroutine":
            return Coroutine()
        if is_generator(body):
            generator_coroutine = function.role == "types.coroutine"
            return GeneratorCoroutine() if generator_coroutine else Generator(function)
        bound = function.bound
        if isinstance(bound, Instance) and not bound.exact and is_stub(function):
            return UNKNOWN
        if len(self._running) > DEEPEST_CALL or self._running.count(body) > 1:
            return UNKNOWN
        inner = self._function_scope(function)
        self._bind_parameters(function, arguments, inner)
        self._via.append(self._here(node, scope))
        before = self._maybe
        later, self._later = self._later, self._later and function.scope.module is self.module
        try:
            return self._body(function, inner)
        finally:
            self._maybe = before
            self._later = later
            self._via.pop()

    def _function_scope(self, function: Function) -> Scope:
        scope = function.scope
        # A method does not see its class's names.
        parent = scope.parent if scope.is_class else scope
        return Scope(scope.module, parent, owner=function.owner or scope.owner)

    def _bind_parameters(self, function: Function, arguments: Arguments, scope: Scope) -> None:
        declared = function.node.args
        positional = list(arguments.positional)
        keywords = dict(arguments.keywords)
        if function.bound is not None and function.role != "staticmethod":
            positional.insert(0, function.bound)
        if positional and function.owner is not None:
            scope.instance = positional[0]
        names = [argument.arg for argument in declared.posonlyargs + declared.args]
        defaults: dict[str, ast.expr | None] = dict(
            zip(reversed(names), reversed(declared.defaults), strict=False)
        )
        only = [argument.arg for argument in declared.kwonlyargs]
        defaults.update(zip(only, declared.kw_defaults, strict=True))
        for name in names:
            if positional:
                scope.bind(name, positional.pop(0))
        for name in [*names, *only]:
            if name in scope.values:
                continue
            default = defaults.get(name)
            if name in keywords:
                scope.bind(name, keywords.pop(name))
            elif default is None or arguments.open:
                scope.bind(name, UNKNOWN)
            else:
                with self._quiet():
                    scope.bind(name, self._evaluate(default, function.scope))
        if declared.vararg:
            scope.bind(declared.vararg.arg, Sequence("tuple", positional, arguments.open))
        if declared.kwarg:
            extra: dict[object, Value] = dict(keywords.items())
            scope.bind(declared.kwarg.arg, Mapping(extra, arguments.open))

    def _body(self, function: Function, scope: Scope) -> Value:
        node = function.node
        if self._recording and scope.module is self.module:
            self._evaluated.add(id(node))
        self._running.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self._evaluate(node.body, scope)
            frame = Frame()
            left = self._block(node.body, scope, frame)
        finally:
            self._running.pop()
        if left is Left.NOT:
            frame.returned.append(NONE)
        if not frame.returned:
            return UNKNOWN
        result = frame.returned[0]
        for value in frame.returned[1:]:
            result = join(result, value)
        return result

    def _instantiate(
        self, cls: Class, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if {base.name.rpartition(".")[2] for base in cls.outside} & NOT_PLAIN:
            return SOMETHING
        instance = Instance(cls, exact=not cls.opaque)
        new = self._member(cls, "__new__")
        if isinstance(new, Function) and new.node not in self._running:
            given = Arguments(
                [cls, *arguments.positional], arguments.keywords, arguments.open, arguments.named
            )
            made = self._call_function(new, given, node, scope)
            if not isinstance(made, Instance):
                return UNKNOWN
            instance = made
        init = self._member(instance.cls, "__init__")
        if isinstance(init, Function):
            self._call_function(init.bind(instance), arguments, node, scope)
        elif init is None:
            if any(one.dataclass for one in cls.order):
                self._dataclass_init(instance, arguments, node)
            for outside in cls.outside:
                if does(outside) in (Does.BINDS, Does.BINDS_OBJECT, Does.NEEDS_RUNNING_OBJECT):
                    made = self._call_external(outside, arguments, node, scope)
                    instance.attributes[f"<{outside.name}>"] = made
                    break
        return instance

    def _dataclass_init(self, instance: Instance, arguments: Arguments, node: ast.AST) -> None:
        positional, keywords = list(arguments.positional), dict(arguments.keywords)
        for name, default, cls in fields(instance.cls):
            scope = self._class_scope(cls)
            factory: ast.expr | None = None
            settable = True
            if isinstance(default, ast.Call) and last_name(default) in ("field", "ib", "attrib"):
                given = {keyword.arg: keyword.value for keyword in default.keywords}
                factory = given.get("default_factory", given.get("factory"))
                settable = getattr(given.get("init"), "value", True) is not False
                default = given.get("default")
            if settable and name in keywords:
                instance.attributes[name] = keywords.pop(name)
            elif settable and positional:
                instance.attributes[name] = positional.pop(0)
            elif arguments.open and settable:
                instance.attributes[name] = UNKNOWN
            elif factory is not None:
                made = self._call(self._evaluate_quietly(factory, scope), Arguments(), node)
                instance.attributes[name] = made
            elif default is not None:
                instance.attributes[name] = self._evaluate_quietly(default, scope)
            else:
                instance.attributes[name] = UNKNOWN
        for hook in ("__post_init__", "__attrs_post_init__"):
            member = self._member(instance.cls, hook)
            if isinstance(member, Function):
                self._call_function(member.bind(instance), Arguments(), node)

    def _evaluate_quietly(self, node: ast.expr, scope: Scope) -> Value:
        with self._quiet():
            return self._evaluate(node, scope)

    # ------------------------------------------------------------------ what has no source

    def _current_loop(self, what: str, place: Place) -> Value:
        """Return what `get_event_loop()` gives."""
        if self._state is State.RUNNING:
            return Loop(Origin.RUNNING)
        if self._state is State.UNKNOWN or isinstance(self._current, Const):
            return Loop(Origin.UNKNOWN)
        self._event(Effect.CAPTURES, what, place)
        return Loop(Origin.CURRENT) if self._current is None else self._current

    def _running_loop(self, what: str, place: Place) -> Origin:
        if self._state is State.NO_LOOP:
            self._event(Effect.NEEDS_RUNNING, what, place)
        return Origin.UNKNOWN if self._state is State.UNKNOWN else Origin.RUNNING

    def _call_external(
        self, function: External, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if not function.known:
            _escape(arguments)
            return UNKNOWN
        name = asyncio_table.canonical(function.name)
        done = does(function)
        if done is not None:
            return self._call_asyncio(name, done, arguments, node, scope)
        if name == "functools.partial" and arguments.positional:
            first, *rest = arguments.positional
            return Partial(
                first, Arguments(rest, arguments.keywords, arguments.open, arguments.named)
            )
        if name == IDENTITY.name or name in TRANSPARENT:
            if arguments.positional and isinstance(arguments.positional[0], (Function, Class)):
                return arguments.positional[0]
            return IDENTITY
        if name in ("functools.wraps", "functools.update_wrapper"):
            return IDENTITY
        if name == "typing.cast" and len(arguments.positional) == 2:
            return arguments.positional[1]
        if name in AWAITABLE_TESTS and arguments.positional:
            kind = kind_of(arguments.positional[0])
            return UNKNOWN if kind is Kind.UNKNOWN else Const(kind in AWAITABLE_TESTS[name])
        if name.startswith("builtins."):
            return self._call_builtin(name.removeprefix("builtins."), arguments, node, scope)
        return Made(f"{name}()" if name.partition(".")[0] != "asyncio" else name)

    def _call_asyncio(
        self, name: str, does: Does, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        place, what = self._here(node, scope), f"{name}()"
        if does in (Does.RUNS, Does.GETS_LOOP) or "loop" in arguments.keywords:
            self.touched = True
        loop = arguments.keywords.get("loop", NONE)
        match does:
            case Does.GETS_LOOP:
                return self._current_loop(what, place)
            case Does.GETS_RUNNING_LOOP:
                return Loop(self._running_loop(what, place))
            case Does.MAKES_LOOP:
                return Loop(Origin.NEW)
            case Does.SETS_LOOP:
                given = arguments.positional[0] if arguments.positional else UNKNOWN
                sure = isinstance(given, Loop) and not self._maybe
                self._current = given if sure else Const(None)
                return NONE
            case Does.RUNS:
                self._handles(what, place)
                first = arguments.positional[0] if arguments.positional else UNKNOWN
                return self._run(first)
            case Does.BINDS:
                if name == "asyncio.ensure_future" and arguments.positional:
                    first = arguments.positional[0]
                    if isinstance(first, Future):
                        return first
                return Future(self._bound_to(loop, arguments, what, place), name, place)
            case Does.BINDS_OBJECT:
                return Made(name, self._bound_to(loop, arguments, what, place))
            case Does.NEEDS_RUNNING:
                return Future(self._running_loop(what, place), name, place)
            case Does.NEEDS_RUNNING_OBJECT:
                self._running_loop(what, place)
                return Made(name)
            case Does.KEEPS_LOOP_UP_TO_39:
                if self.project.target.first >= (3, 10):
                    return Made(name)
                return Made(name, self._bound_to(loop, arguments, what, place))
            case Does.COROUTINE:
                holds: tuple[Value, ...] = ()
                if name.rpartition(".")[2] in asyncio_table.TAKES_AWAITABLES:
                    holds = tuple(arguments.positional[:1])
                return Coroutine(holds=holds)
            case Does.OTHER:
                return SOMETHING

    def _bound_to(self, loop: Value, arguments: Arguments, what: str, place: Place) -> Origin:
        """Return the loop that an object is bound to: the one given, else the current one."""
        if isinstance(loop, Loop):
            return loop.origin
        if loop != NONE or arguments.named:
            return Origin.UNKNOWN
        for given in arguments.positional:
            # gather() and shield() of futures take the futures' loop.
            for future in loops_in(given, 1):
                if isinstance(future, Future):
                    return future.origin
        current = self._current_loop(what, place)
        return current.origin if isinstance(current, Loop) else Origin.UNKNOWN

    def _run(self, what: Value) -> Value:
        """Evaluate a coroutine of this file as a loop runs it, and return its result."""
        if not isinstance(what, Coroutine) or what.function is None or what.arguments is None:
            return UNKNOWN
        function = what.function
        mine = function.scope.module is self.module
        if not mine or self._running.count(function.node) or self._state is not State.NO_LOOP:
            return UNKNOWN
        scope = self._function_scope(function)
        self._bind_parameters(function, what.arguments, scope)
        before = self._maybe
        with self._in(State.RUNNING, self._current):
            try:
                return self._body(function, scope)
            finally:
                self._maybe = before

    def _call_method(
        self, method: Method, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        owner, name = method.owner, method.name
        match owner:
            case Loop():
                return self._call_loop(owner, name, arguments, node, scope)
            case Mapping():
                if self._maybe:
                    owner.forget()
                return call_mapping(owner, name, arguments)
            case Sequence():
                return self._call_sequence(owner, name, arguments)
            case Made(name="asyncio.Runner"):
                self.touched = True
                if name == "run" and arguments.positional:
                    self._handles("asyncio.Runner.run()", self._here(node, scope))
                    return self._run(arguments.positional[0])
                return Loop(Origin.NEW) if name == "get_loop" else UNKNOWN
            case Made():
                if name in asyncio_table.AWAITABLE_METHODS.get(owner.name, ()):
                    return Coroutine()
                return UNKNOWN if owner.name.startswith("asyncio.") else Made(owner.name + "()")
        return UNKNOWN

    def _call_loop(
        self, loop: Loop, name: str, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if name in asyncio_table.LOOP_FUTURES:
            return Future(loop.origin, f"loop.{name}", self._here(node, scope))
        if name in asyncio_table.LOOP_COROUTINES:
            return Coroutine()
        if name in _HANDLING:
            self._handles(f"loop.{name}()", self._here(node, scope))
        if name == "run_until_complete" and arguments.positional:
            return self._run(arguments.positional[0])
        if name in ("is_running", "is_closed") and loop.origin is Origin.CURRENT:
            return Const(False)
        return UNKNOWN

    def _call_sequence(self, sequence: Sequence, name: str, arguments: Arguments) -> Value:
        if name in ("append", "add") and arguments.positional and not self._maybe:
            sequence.items.append(arguments.positional[0])
            return NONE
        if name in ("append", "add") and arguments.positional:
            sequence.items.append(arguments.positional[0])
            sequence.open = True
            return NONE
        if name not in ("index", "count", "copy"):
            sequence.open = True
            if name not in ("extend", "insert", "sort", "reverse", "update"):
                sequence.items.clear()
        return UNKNOWN

    def _call_builtin(
        self, name: str, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        given = arguments.positional
        match name, given:
            case "isinstance", [value, cls]:
                return is_instance(value, cls)
            case "callable", [Function() | Class() | Partial()]:
                return Const(True)
            case "bool", [value] if value.truth is not None:
                return Const(value.truth)
            case "hasattr", [Instance() as instance, Const(value=str(attribute))]:
                has = attribute in instance.attributes or instance.cls.defines(attribute)
                return Const(True) if has else UNKNOWN
            case "getattr", [owner, Const(value=str(attribute)), *rest]:
                in_scope = Scope(self.module) if scope is None else scope
                value = self._attribute(owner, attribute, node, in_scope)
                return value if not rest or isinstance(value, Function) else UNKNOWN
            case "setattr", [Instance() as instance, Const(value=str(attribute)), value]:
                self._set_attribute(instance, attribute, value)
                return NONE
            case "setattr", [Instance() as instance, *_]:
                instance.exact = False
                return NONE
            case "type", [Instance(cls=cls)]:
                return cls
            case "print" | "setattr" | "delattr", _:
                return NONE
            case "dict", []:
                return Mapping(dict(arguments.keywords.items()), arguments.open)
            case (("list" | "tuple" | "set"), []):
                return Sequence(name, [])
            case (("list" | "tuple" | "set"), [Sequence() as sequence]):
                return Sequence(name, list(sequence.items), sequence.open)
            case "object.__new__", [Class() as cls, *_]:
                return Instance(cls, exact=not cls.opaque)
            case "anext", _:
                return Coroutine()
        if name in PLAIN_TYPES or name.startswith("object."):
            return SOMETHING
        return UNKNOWN

    # ------------------------------------------------------------------ statements

    def _block(self, body: list[ast.stmt], scope: Scope, frame: Frame) -> Left:
        for statement in body:
            left = self._statement(statement, scope, frame)
            if left is not Left.NOT:
                return left
        return Left.NOT

    def _statement(self, node: ast.stmt, scope: Scope, frame: Frame) -> Left:
        self._step()
        match node:
            case ast.Expr(value=inner):
                self._evaluate(inner, scope)
            case ast.Assign(targets=targets, value=inner):
                value = self._evaluate(inner, scope)
                for target in targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as inner):
                self._assign(target, self._evaluate(inner, scope), scope)
            case ast.AugAssign(target=target, value=inner):
                self._evaluate(inner, scope)
                self._assign(target, UNKNOWN, scope)
            case ast.Return(value=returned):
                result = NONE if returned is None else self._evaluate(returned, scope)
                frame.returned.append(result)
                return Left.RETURN
            case ast.Raise():
                self._raise(node, scope)
            case ast.If():
                return self._if(node, scope, frame)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, scope, frame)
            case ast.Try():
                return self._try(node, scope, frame)
            case ast.With() | ast.AsyncWith():
                return self._with(node, scope, frame)
            case ast.Match(subject=subject, cases=cases):
                self._evaluate(subject, scope)
                with self._undecided():
                    for case in cases:
                        if case.guard is not None:
                            self._evaluate(case.guard, scope)
                return self._branches([case.body for case in cases] + [[]], scope, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                function = self._make_function(node, scope)
                if function is not None:
                    scope.bind(node.name, function)
                for name in nonlocals(node):
                    # From here on it may be called, by whomever.
                    if name in scope.values:
                        scope.bind(name, UNKNOWN)
            case ast.ClassDef():
                scope.bind(node.name, self._make_class(node, scope))
            case ast.Import() | ast.ImportFrom():
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                    self._stars.append(node)
                for name, imported in self._imported(node, scope.module):
                    scope.bind(name, imported)
            case ast.Global(names=names):
                scope.elsewhere.update(dict.fromkeys(names, scope.outermost()))
            case ast.Nonlocal(names=names):
                scope.elsewhere.update(self._nonlocal(names, scope))
            case ast.Break() | ast.Continue():
                return Left.LOOP
            case ast.Assert(test=test):
                self._evaluate(test, scope)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._assign(target, UNKNOWN, scope)
        return Left.NOT

    def _nonlocal(self, names: list[str], scope: Scope) -> Iterator[tuple[str, Scope]]:
        for name in names:
            outer = scope.parent
            while outer is not None and (outer.is_class or name not in outer.values):
                outer = outer.parent
            if outer is not None:
                yield name, outer

    def _raise(self, node: ast.Raise, scope: Scope) -> NoReturn:
        if node.exc is not None:
            self._evaluate(node.exc, scope)
        raise Raised("RuntimeError" if node.exc is None else last_name(node.exc))

    def _assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope.bind(name, value)
                if self._recording and scope.module is self.module:
                    self._record(target, value, ())
            case ast.Attribute(value=owner, attr=name):
                instance = self._evaluate(owner, scope)
                if isinstance(instance, Instance):
                    self._set_attribute(instance, name, value)
                elif isinstance(instance, ModuleValue):
                    self._patched.add((instance.module.name, name))
                elif isinstance(instance, Class):
                    member = f"{instance.name}.{name}"
                    self._patched.add((instance.scope.module.name, member))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for index, element in enumerate(elements):
                    starred = isinstance(element, ast.Starred)
                    part = UNKNOWN if starred else self._item(value, Const(index))
                    self._assign(element.value if starred else element, part, scope)  # type: ignore[attr-defined]
            case ast.Subscript(value=inner, slice=index_node):
                owner_value = self._evaluate(inner, scope)
                index_value = self._evaluate(index_node, scope)
                if isinstance(owner_value, Mapping) and self._maybe:
                    owner_value.forget()
                elif isinstance(owner_value, Mapping) and isinstance(index_value, Const):
                    owner_value.items[index_value.value] = value
                elif isinstance(owner_value, Mapping):
                    owner_value.forget()
                elif isinstance(owner_value, Sequence):
                    owner_value.open = True

    def _set_attribute(self, instance: Instance, name: str, value: Value) -> None:
        before = instance.attributes.get(name)
        if before is not None and self._maybe:
            value = join(before, value)
        instance.attributes[name] = value

    def _if(self, node: ast.If, scope: Scope, frame: Frame) -> Left:
        taken = self._condition(node.test, scope)
        if taken is not None:
            return self._block(node.body if taken else node.orelse, scope, frame)
        return self._branches([node.body, node.orelse], scope, frame)

    def _branches(self, blocks: list[list[ast.stmt]], scope: Scope, frame: Frame) -> Left:
        """Run blocks of which one is taken, none knows which."""
        start = scope.snapshot()
        ends: list[dict[str, Value]] = []
        ways: list[Left] = []
        for block in blocks:
            scope.values = dict(start)
            with self._undecided():
                before = self._maybe
                try:
                    left = self._block(block, scope, frame)
                except Raised:
                    left = Left.RAISE
                self._maybe = before
            ways.append(left)
            if left is Left.NOT:
                ends.append(scope.values)
        if not ends:
            if all(way is Left.RAISE for way in ways):
                # The program gets past its own checks, so one of the ways is not what it seems.
                scope.values = start
                return Left.NOT
            return next(way for way in ways if way is not Left.RAISE)
        scope.values = ends[0]
        for end in ends[1:]:
            scope.merge(scope.values, end)
        frame.may_have_left |= Left.RETURN in ways
        if any(way in (Left.RETURN, Left.LOOP) for way in ways):
            # What follows in this call is reached on some ways only; the call's end undoes this.
            self._maybe += 1
        return Left.NOT

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, frame: Frame) -> Left:
        once = False
        if isinstance(node, ast.While):
            test = self._condition(node.test, scope)
            if test is False:
                return self._block(node.orelse, scope, frame)
            once = test is True
        else:
            iterated = self._evaluate(node.iter, scope)
            once = isinstance(iterated, Sequence) and bool(iterated.items)
            self._assign(node.target, self._one_of(iterated), scope)
        start = scope.snapshot()
        for name in assigned_in(node.body):
            # It may be what an earlier turn left.
            if name in scope.values:
                scope.values[name] = UNKNOWN
        before = self._maybe
        left_before, frame.may_have_left = frame.may_have_left, False
        self._maybe += not once
        try:
            left = self._block(node.body, scope, frame)
        except Raised:
            if once:
                raise
            left = Left.RAISE
        frame.may_have_left |= left is Left.RETURN and not once
        self._maybe = before + frame.may_have_left
        frame.may_have_left |= left_before
        if not once:
            scope.merge(start, scope.values)
        elif left is Left.RETURN and isinstance(node, ast.While):
            return left
        endless = isinstance(node, ast.While) and once and not has_break(node.body)
        if endless:
            return Left.RAISE if not frame.returned else Left.RETURN
        return self._block(node.orelse, scope, frame)

    def _try(self, node: ast.Try, scope: Scope, frame: Frame) -> Left:
        handled = tuple(name for handler in node.handlers for name in names_caught(handler))
        before, start = self._maybe, scope.snapshot()
        self._catching.append(handled)
        try:
            left = self._block(node.body, scope, frame)
        except Raised as raised:
            self._maybe = before
            handler = next(
                (one for one in node.handlers if catches(names_caught(one), raised.name)), None
            )
            if handler is None:
                raise
            self._catching.pop()
            self._catching.append(())
            left = self._handler(handler, scope, frame)
        else:
            if left is Left.NOT:
                left = self._block(node.orelse, scope, frame)
            if self._recording and scope.module is self.module:
                self._other_handlers(node, start, scope, frame)
        finally:
            self._catching.pop()
            if node.finalbody:
                final = self._block(node.finalbody, scope, frame)
        if node.finalbody and final is not Left.NOT:
            return final
        return left

    def _handler(self, handler: ast.ExceptHandler, scope: Scope, frame: Frame) -> Left:
        if handler.name:
            scope.bind(handler.name, UNKNOWN)
        return self._block(handler.body, scope, frame)

    def _other_handlers(
        self, node: ast.Try, start: dict[str, Value], scope: Scope, frame: Frame
    ) -> None:
        """Run handlers that no modelled exception reaches, so that their code is seen too."""
        end = scope.values
        for handler in node.handlers:
            scope.values = dict(start)
            for name, value in end.items():
                scope.values.setdefault(name, value)
            found = all(not unresolved(value) for value in end.values())
            imports = set(names_caught(handler)) <= {"ImportError", "ModuleNotFoundError"}
            quiet_frame = Frame()
            before = self._maybe
            self._maybe += 1
            try:
                left = self._handler(handler, scope, quiet_frame)
            except Raised:
                left = Left.RAISE
            self._maybe = before
            if left is Left.NOT and not (imports and found):
                scope.merge(end, scope.values)
                end = scope.values
            frame.returned += quiet_frame.returned
        scope.values = end

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope, frame: Frame) -> Left:
        handled: tuple[str, ...] = ()
        for item in node.items:
            value = self._evaluate(item.context_expr, scope)
            expected = expected_by(item.context_expr)
            handled += expected
            if item.optional_vars is not None:
                self._assign(item.optional_vars, self._entered(value, node), scope)
        self._catching.append(handled)
        try:
            return self._block(node.body, scope, frame)
        except Raised as raised:
            if catches(handled, raised.name):
                return Left.NOT
            raise
        finally:
            self._catching.pop()

    def _entered(self, value: Value, node: ast.With | ast.AsyncWith) -> Value:
        if isinstance(value, Made):
            return value
        if isinstance(value, Instance) and isinstance(node, ast.With):
            member = self._member(value.cls, "__enter__")
            if isinstance(member, Function):
                return self._call_function(member.bind(value), Arguments(), node)
        return UNKNOWN


_HANDLING = {"close", "is_closed", "is_running", "run_forever", "run_until_complete", "stop"}


def _may_be_filled_in(value: Value | None) -> bool:
    """Say whether a global that a function meets looks like a placeholder or a switch."""
    return isinstance(value, Const) and (value.value is None or isinstance(value.value, bool))


def _escape(arguments: Arguments) -> None:
    """Note that code of which nothing is known got hold of these, and may change them."""
    for value in [*arguments.positional, *arguments.keywords.values()]:
        if isinstance(value, Instance):
            value.exact = False
            for name, held in value.attributes.items():
                if isinstance(held, (Const, Sequence, Mapping)):
                    value.attributes[name] = UNKNOWN
        elif isinstance(value, Mapping):
            value.forget()
        elif isinstance(value, Sequence):
            value.open = True


def _abroad(function: Value, module: Module) -> bool:
    if isinstance(function, (Function, Class)):
        return function.scope.module is not module
    return False


def _merge(orders: list[list[Class]]) -> list[Class]:
    """Merge method resolution orders as C3 does; a conflict takes the first that comes."""
    merged: list[Class] = []
    while orders := [order for order in orders if order]:
        heads = (order[0] for order in orders)
        head = next(
            (one for one in heads if not any(one in order[1:] for order in orders)), orders[0][0]
        )
        merged.append(head)
        orders = [[cls for cls in order if cls is not head] for order in orders]
    return merged
