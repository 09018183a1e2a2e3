"""All that is known of one file, asked by place. The door of this folder."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from flake8_asyncrun.names import conditions
from flake8_asyncrun.names.evaluate import Interpreter
from flake8_asyncrun.names.machine import Event, Position, Seen, State, position
from flake8_asyncrun.names.nodes import children
from flake8_asyncrun.names.project import Module, Project, is_installed
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    UNKNOWN,
    Class,
    Coroutine,
    Effect,
    External,
    Function,
    Future,
    Instance,
    Kind,
    ModuleValue,
    Origin,
    Place,
    Value,
    join,
    kind_of,
)
from flake8_asyncrun.names.variables import Variable, Variables

# Each makes a second run inside a running loop legal, on the very loop that is current, so that
# nothing below about which loop is which holds any more.
_MOCKS = ("AsyncMock", "patch", "monkeypatch", "mocker")

# Of several effects, the one that shows first when the code runs.
_GRAVITY = (Effect.HANDLES, Effect.CAPTURES, Effect.NEEDS_RUNNING)

_TELLING = re.compile(
    r"iscoroutinefunction|child_watcher|ChildWatcher|event_loop_policy|EventLoopPolicy"
    r"|\bcoroutine\b|all_tasks|current_task|JoinableQueue|[(,\s]loop=|[\"']loop[\"']:"
    r"|\bclick\b|\btyper\b|\bnest_asyncio\b"
)
"""What is told of without any loop being touched: what of asyncio's, and of libraries', goes or has
gone, and commands that end the program before."""

_NESTS = "nest_asyncio"
_PATCHES = (_NESTS, "gevent", "eventlet")


@dataclass(frozen=True)
class Answer:
    """What an expression is where it stands, and what evaluating it there does to the loop."""

    kind: Kind
    origin: Origin | None
    """Of the loop that a future is bound to; None for what is no future."""
    effect: Effect | None
    """None where evaluating it certainly does nothing, or where that cannot be told."""
    evidence: tuple[Step, ...] = ()
    """How it comes to the effect: each call on the way, then what touches the loop."""


@dataclass(frozen=True)
class Step:
    what: str
    place: Place


class Facts:
    """What evaluating a file showed. Raises Unreadable where its text cannot be parsed."""

    def __init__(self, project: Project, path: str, text: str, module: str) -> None:
        self._project = project
        self._module = project.load(module, path, text)
        self._interpreter = Interpreter(project, self._module)
        self._interpreter.run()
        self._names_telling = _TELLING.search(text) is not None
        self._held: dict[str, str] = {}
        self._values: dict[Variable, Value | None] = {}

    @property
    def touches_loop(self) -> bool:
        """Whether anything here runs a loop, gets one, needs one, or is given one by name, or
        there may be something to tell without that.

        Where nothing does, no rule has anything to look at.
        """
        return self._interpreter.touched or self._names_telling or self.is_cut_short

    @property
    def is_cut_short(self) -> bool:
        """Whether the rest of the file was not evaluated, for it would have taken too long."""
        return self._interpreter.is_cut_short

    @property
    def at_import(self) -> tuple[Event, ...]:
        """What takes the current loop while the module's own code runs, surely or not."""
        return self._interpreter.at_import

    def seen(self, at: Position) -> Seen | None:
        """Return what became of the expression at a position, None if it was never reached."""
        return self._interpreter.seen.get(at)

    def all_seen(self) -> Iterable[Seen]:
        """Return what became of all expressions that were reached."""
        return self._interpreter.seen.values()

    @cached_property
    def taken(self) -> frozenset[str]:
        """What `from … import` takes from other modules, by the names that it has there."""
        statements = (one for one in self._module.nodes if isinstance(one, ast.ImportFrom))
        return frozenset(alias.name for one in statements for alias in one.names)

    @cached_property
    def given_loops(self) -> tuple[Value, ...]:
        """What may be given a loop: by that name, in a literal, or as the fifth of five arguments.

        That is what is called, the first argument of the call (see functools.partial), and for an
        `__init__` every class that one of the file derives from.
        """
        calls = [
            one for one in self._module.nodes if isinstance(one, ast.Call) and _may_give_loop(one)
        ]
        takers = [one.func for one in calls] + [one.args[0] for one in calls if one.args]
        if any(isinstance(one, ast.Attribute) and one.attr == "__init__" for one in takers):
            classes = (one for one in self._module.nodes if isinstance(one, ast.ClassDef))
            takers += [base for one in classes for base in one.bases]
        found = (self._interpreter.seen.get(position(one)) for one in takers)
        return tuple(one.value for one in found if one is not None)

    def is_built_elsewhere(self, effect: Effect) -> bool:
        """Say whether a line that makes what the file imports certainly has an effect."""
        return any(
            event.effect is effect
            for name in self._interpreter.imported
            for event in self.done_by_import(name)
        )

    def held_by_variables(self) -> Iterator[Value]:
        """Yield what variables stand for, wherever they are named."""
        for node in self._module.nodes:
            if isinstance(node, (ast.Name, ast.NamedExpr)):
                seen = self._interpreter.seen.get(position(node))
                if seen is not None:
                    yield seen.value

    def kind(self, value: Value) -> Kind:
        """Say what `asyncio.run` would make of a value, also by what we were told of its name."""
        told = self._interpreter.what_it_gives(value)
        if told is not None and told.kind is Kind.COROUTINE:
            return Kind.COROUTINE_FUNCTION
        return kind_of(value)

    def answer(self, at: Position) -> Answer | None:
        """Say what the expression at a position is and does; None if it was never reached."""
        seen = self.seen(at)
        if seen is None:
            return None
        value = seen.value
        origin = value.origin if isinstance(value, Future) else None
        if not seen.events:
            return Answer(self.kind(value), origin, None)
        event = max(seen.events, key=lambda event: _GRAVITY.index(event.effect))
        steps = tuple(Step("through this call", place) for place in event.via)
        return Answer(
            self.kind(value), origin, event.effect, (*steps, Step(event.what, event.place))
        )

    def global_value(self, name: str) -> Value | None:
        """Return what is common to all that a global name is ever bound to."""
        return self._interpreter.root.ever.get(name)

    def value_of(self, variable: Variable) -> Value | None:
        """Return what a variable's assignments have in common.

        None for what is not assigned: a function, a class, an import, a parameter, a builtin.
        """
        if variable not in self._values:
            self._values[variable] = self._joined(variable)
        return self._values[variable]

    def _joined(self, variable: Variable) -> Value | None:
        found: Value | None = None
        for use in variable.bindings:
            end = use.column + len(variable.name.encode("utf-8"))
            seen = self._interpreter.seen.get((use.line, use.column, use.line, end))
            if seen is not None:
                found = seen.value if found is None else join(found, seen.value)
        return found

    def reached_from(
        self, lines: set[int], left_out: Callable[[Function], bool] | None = None
    ) -> set[int]:
        """Return the functions of this file, by the lines of their `def`s, that those at `lines`
        name in their bodies, directly or through others; and those at `lines`.

        Those that are `left_out` lead no further.
        """
        reached: set[int] = set()
        pending = set(lines)
        while pending:
            line = pending.pop()
            reached.add(line)
            for node in self._expressions_in.get(line, ()):
                seen = self._interpreter.seen.get(position(node))
                function = self.own_function(seen.value) if seen else None
                if function is None or function.node.lineno in reached:
                    continue
                if left_out is None or not left_out(function):
                    pending.add(function.node.lineno)
        return reached

    def values_in(self, lines: set[int]) -> Iterator[Value]:
        """Yield what the names in the functions at these lines stand for."""
        return (value for _, value in self._named_in(lines))

    def attributes_in(self, lines: set[int]) -> Iterator[tuple[str, Value]]:
        """Yield the attributes named in the functions at these lines, with what they stand for."""
        for node, value in self._named_in(lines):
            if isinstance(node, ast.Attribute):
                yield node.attr, value

    def _named_in(self, lines: set[int]) -> Iterator[tuple[ast.expr, Value]]:
        for line in lines:
            for node in self._expressions_in.get(line, ()):
                seen = self._interpreter.seen.get(position(node))
                if seen is not None:
                    yield node, seen.value

    def done_by_import(self, name: str) -> tuple[Event, ...]:
        """Return what the line certainly does to the loop that makes a global which is imported."""
        base, original = self._interpreter.imported.get(name, ("", ""))
        module = self._project.module(base) if base else None
        return () if module is None else module.events.get(original, ())

    def holds_elsewhere(
        self, name: str, pattern: re.Pattern[str], owner: Value | None = None
    ) -> bool:
        """Say whether a global that is imported, or is an attribute of the module `owner`, is bound
        where it is from to something whose text `pattern` finds."""
        module: Module | None = None
        if isinstance(owner, ModuleValue):
            module = owner.module
        elif owner is None and name in self._interpreter.imported:
            base, name = self._interpreter.imported[name]
            module = self._project.module(base)
        bindings = () if module is None else module.bindings.names.get(name, ())
        return any(
            pattern.search(ast.unparse(one.statement))
            for one in bindings
            if isinstance(one.statement, (ast.Assign, ast.AnnAssign))
        )

    def loop_held_outside(self, value: Value) -> str | None:
        """Return the name of a global, of the other module that a value is from, that holds a loop.

        "" where there is none; None where that module is not to be had, so that nobody knows.
        """
        if isinstance(value, External):
            return "" if value.known else None
        module: Module | None = None
        if isinstance(value, (Function, Class)):
            module = value.scope.module
        elif isinstance(value, ModuleValue):
            module = value.module
        if module is None or module is self._module:
            return ""
        if module.name not in self._held:
            self._held[module.name] = next(
                (
                    name
                    for name, bindings in module.bindings.names.items()
                    if any(isinstance(one.statement, ast.Assign) for one in bindings)
                    and self._interpreter.holds_loop(module, name)
                ),
                "",
            )
        return self._held[module.name]

    def is_of_project(self, module: str, level: int = 0) -> bool:
        """Say whether `from module import …`, of so many dots, reads a file of the project."""
        found = self._project.module(self._module.absolute(module or None, level))
        return found is not None and not is_installed(found.path)

    @cached_property
    def taken_elsewhere(self) -> str | None:
        """The name of a module that takes the current loop while it is imported, surely or not.

        It is one of the project's, to which the imports of this file lead; None where none does.
        """
        for module in self._own_imports():
            interpreter = Interpreter(self._project, module)
            with suppress(Unreadable):
                interpreter.run()
            if interpreter.at_import:
                return module.name
        return None

    def _own_imports(self) -> Iterator[Module]:
        """Yield the project's modules to which the imports of this file lead."""
        return self._project.own_modules(self._module.imports)

    def is_elsewhere(self, value: Value) -> bool:
        """Say whether a value is a function or class that this file does not define.

        asyncio's own are not meant.
        """
        if isinstance(value, External):
            return not value.known
        module = value.scope.module if isinstance(value, (Function, Class)) else self._module
        return module is not self._module

    def own_function(self, value: Value) -> Function | None:
        """Return the function of this file that a value is, or is a call of."""
        if isinstance(value, Coroutine):
            value = value.function or UNKNOWN
        if isinstance(value, Function) and value.scope.module is self._module:
            return value
        return None

    def installed_function(self, value: Value) -> Function | None:
        """Return the function of an installed library whose parameters a call of a value surely has
        to meet: for a class, that which makes its objects.

        None where something else may have its say: a metaclass, a base without source, a stub, a
        subclass that is not seen.
        """
        found: Value | None = value
        if isinstance(value, Class):
            found = self._interpreter.constructor(value) if _is_plain(value) else None
        if not isinstance(found, Function) or isinstance(found.node, ast.Lambda):
            return None
        if isinstance(found.bound, Instance) and not found.bound.exact:
            return None
        module = found.scope.module
        return found if is_installed(module.path) and not module.is_stub else None

    def called_in_loop_by(self, line: int, column: int) -> str | None:
        """Say who calls a plain function of this file while a loop runs, having been given it.

        It is told by the line and the byte column where it begins. None where nobody does.
        """
        return self._called_in_loop.get((line, column))

    @cached_property
    def _called_in_loop(self) -> dict[tuple[int, int], str]:
        return {
            (handed.function.node.lineno, handed.function.node.col_offset): handed.by
            for handed in self._interpreter.handed
            if handed.state is State.RUNNING and handed.function.scope.module is self._module
        }

    @cached_property
    def _expressions_in(self) -> dict[int, list[ast.expr]]:
        """Names and attributes by the lines of the functions that hold them."""
        found: dict[int, list[ast.expr]] = defaultdict(list)
        stack: list[tuple[ast.AST, tuple[int, ...]]] = [(self._module.tree, ())]
        while stack:
            node, functions = stack.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions = (*functions, node.lineno)
            elif isinstance(node, (ast.Name, ast.Attribute)):
                for line in functions:
                    found[line].append(node)
            stack.extend((child, functions) for child in children(node))
        return found

    @cached_property
    def variables(self) -> Variables:
        return Variables(self._module.tree)

    @cached_property
    def loop_is_patched(self) -> bool:
        """Whether the file imports a package that changes how loops nest."""
        return _is_patched(self._module)

    @cached_property
    def loop_is_patched_by_import(self) -> bool:
        """Whether a file of the project does so to which the imports of this one lead."""
        return any(_is_patched(module) for module in self._own_imports())

    @cached_property
    def runs_may_nest(self) -> bool:
        """Whether nest_asyncio is applied, by the file or by one of the project that it imports,
        and nothing else changes how loops nest."""
        modules = [self._module, *self._own_imports()]
        others = [name for name in _PATCHES if name != _NESTS]
        return any(map(_applies_nesting, modules)) and not any(
            _imports_any(module, others) for module in modules
        )

    @cached_property
    def replaces_names(self) -> bool:
        """Whether the file swaps functions for others while it runs, as tests do with mocks."""
        return any(
            (isinstance(node, ast.Attribute) and node.attr in _MOCKS)
            or (isinstance(node, ast.Name) and node.id in _MOCKS)
            or (isinstance(node, ast.arg) and node.arg in _MOCKS)
            or _replaces_asyncio(node)
            for node in self._module.nodes
        )

    @cached_property
    def is_program(self) -> bool:
        """Whether the file has a main guard: it is run, and not only imported."""
        return any(
            isinstance(node, ast.If) and "'__main__'" in ast.dump(node.test)
            for node in self._module.tree.body
        )


def _may_give_loop(call: ast.Call) -> bool:
    for given in call.keywords:
        if given.arg == "loop":
            return True
        if given.arg is None and isinstance(given.value, ast.Dict):
            keys = given.value.keys
            if any(isinstance(key, ast.Constant) and key.value == "loop" for key in keys):
                return True
    return len(call.args) == 5 and not call.keywords


def _is_plain(cls: Class) -> bool:
    """Say whether nothing but an `__init__` in sight takes what a class is called with."""
    if cls.opaque or cls.replaced or cls.wrapped or cls.dataclass or cls.defines("__new__"):
        return False
    bases = {base.name for base in cls.outside} - _MINDLESS
    first = cls.order[0]
    own = "__init__" in (first.members if first.pending is None else first.pending.names)
    return all(base.known for base in cls.outside) and (own or not bases)


_MINDLESS = {"abc.ABC", "builtins.object", "typing.Generic", "typing.Protocol"}
"""Bases that take no arguments."""


def _is_patched(module: Module) -> bool:
    return _imports_any(module, _PATCHES)


def _imports_any(module: Module, packages: Sequence[str]) -> bool:
    for node in module.nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if any(name.partition(".")[0] in packages for name in names):
            return True
    return False


def _applies_nesting(module: Module) -> bool:
    """Say whether a module calls `nest_asyncio.apply()`, under whatever name it has that."""
    if not _imports_any(module, [_NESTS]):
        return False
    applying = {"apply"}
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module == _NESTS:
            applying |= {alias.asname or alias.name for alias in node.names}
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, (ast.Name, ast.Attribute))
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in applying
        for node in module.nodes
    )


def _replaces_asyncio(node: ast.AST) -> bool:
    """Say whether a node puts something else in the place of a function of asyncio's."""
    match node:
        case ast.Attribute(value=ast.Name(id="asyncio"), ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id="asyncio"), *_]):
            return True
    return False


def narrow(test: str, target: Target, taken: bool) -> Target | None:
    """Return the part of the target on which the condition `test` can be `taken`."""
    return conditions.narrow(ast.parse(f"({test})", mode="eval").body, target, taken)
