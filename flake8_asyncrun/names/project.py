"""Modules on demand: of the project, next door, installed. Remembers what was consulted."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flake8_asyncrun.names import conditions, syntax
from flake8_asyncrun.names.conditions import Judge
from flake8_asyncrun.names.knowledge import Knowledge
from flake8_asyncrun.names.nodes import children, walk
from flake8_asyncrun.names.target import DEFAULT, Target
from flake8_asyncrun.names.values import Value

if TYPE_CHECKING:
    from flake8_asyncrun.names.machine import Event

FindModule = Callable[[str], tuple[str, str] | None]
"""From a dotted name to the path and the text of the module, None where there is no source."""

# Known by table: their own sources say less (C code), another thing (uvloop), or much that has
# nothing to do with loops.
BY_TABLE = frozenset(
    sys.stdlib_module_names | {"asyncio", "certifi", "idna", "typing_extensions", "uvloop"}
)


@dataclass(frozen=True)
class Binding:
    """One statement of a module or class body that gives a name a value."""

    statement: ast.stmt
    item: int | None = None
    """Which part of a tuple it is."""
    certain: bool = True
    """False where a condition that cannot be judged, a loop or a `try` decides whether it runs."""
    fallback: bool = False
    """Whether it stands in the handler of a `try`, so that it counts only where the body failed."""
    guarded: bool = False
    """Whether an error of it may be expected: it stands in a `try` or a `with`."""
    after: tuple[ast.Import | ast.ImportFrom, ...] = ()
    """Imports of the same `try`: where one fails, it is not reached."""


@dataclass
class Bindings:
    names: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    for_checkers: list[ast.stmt] = field(default_factory=list)
    """Imports that only a type checker makes: what a lazy module gives when it is asked."""


@dataclass(eq=False)
class Module:
    """A parsed file, its names evaluated when first asked for."""

    name: str
    path: str
    tree: ast.Module
    is_package: bool
    judge: Judge
    """What decides conditions in it."""
    bindings: Bindings
    rebinds: bool
    """Whether its text speaks of a `global` at all."""
    names_setter: bool
    """Whether its text speaks of what makes a loop current."""
    known: dict[str, Value | None] = field(default_factory=dict)
    """What was found out of its names."""
    events: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    """What finding them out certainly did to the loop: the module does so when it is imported."""
    asking: set[str] = field(default_factory=set)
    """Names being found out: a cycle ends here."""
    consulted: set[str] = field(default_factory=set)
    """Modules that were asked for to find out `known`, and `sets_loop`."""
    sets_loop: bool | None = None
    """Whether its own code, run by an import, may make a loop current; None until it is asked."""

    @property
    def is_stub(self) -> bool:
        """Whether it tells types and has no bodies."""
        return self.path.endswith(".pyi")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree, as several questions go through them."""
        return tuple(walk(self.tree))

    @cached_property
    def for_checkers(self) -> Bindings:
        """What only type checkers see it bind."""
        return collect(self.bindings.for_checkers, self.judge)

    @cached_property
    def exported(self) -> frozenset[str] | None:
        """The names that `import *` takes, as `__all__` lists them; None where it does not say."""
        listed: set[str] = set()
        bindings = self.bindings.names.get("__all__", [])
        for binding in bindings:
            value = getattr(binding.statement, "value", None)
            try:
                names = ast.literal_eval(value) if isinstance(value, ast.expr) else None
            except ValueError:
                return None
            if not isinstance(names, (list, tuple)):
                return None
            listed.update(name for name in names if isinstance(name, str))
        return frozenset(listed) if bindings else None

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The modules that are imported while this one is, packages before their parts."""
        found: list[str] = []
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found += self.led_to(node)
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.expr)):
                stack.extend(children(node))
        return tuple(found)

    def led_to(self, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """Yield the modules that a statement here may import, packages before their parts."""
        names = [alias.name for alias in statement.names]
        if isinstance(statement, ast.ImportFrom):
            base = self.absolute(statement.module, statement.level)
            names = [f"{base}.{name}" for name in names]
        for name in names:
            yield from with_packages(name)

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Names that a function declares `global`: the module's own line may be outdated."""
        return frozenset(
            name
            for node in (walk(self.tree) if self.rebinds else ())
            if isinstance(node, ast.Global)
            for name in node.names
        )

    def absolute(self, module: str | None, level: int) -> str:
        """Return the full name of what `from ..module import` means here."""
        if not level:
            return module or ""
        parts = self.name.split(".")
        keep = len(parts) - level + (1 if self.is_package else 0)
        return ".".join([*parts[: max(keep, 0)], *([module] if module else [])])


class Project:
    """What is known of the code around a file, read when a question leads there.

    `find_module` is the only way to other files; `target` decides version guards; `knowledge` is
    asked about what has no source.
    """

    def __init__(
        self,
        find_module: FindModule,
        target: Target = DEFAULT,
        knowledge: Knowledge | None = None,
    ) -> None:
        self.find_module = find_module
        self.target = target
        self.knowledge = knowledge or Knowledge()
        self._modules: dict[str, Module | None] = {}
        self._consulted: set[str] = set()

    @contextmanager
    def consulting(self) -> Iterator[set[str]]:
        """Note the names of the modules that are asked for meanwhile, found or not."""
        outer, self._consulted = self._consulted, set()
        try:
            yield self._consulted
        finally:
            outer |= self._consulted
            self._consulted = outer

    def rests_on(self, module: Module) -> None:
        """Note that an answer was used which a module gave before."""
        self._consulted |= module.consulted

    def module(self, name: str) -> Module | None:
        """Return the module called `name`, None if there is no source that can be read."""
        self._consulted.add(name)
        if name not in self._modules:
            found = self.find_module(name)
            self._modules[name] = None if found is None else self._load_found(name, *found)
        return self._modules[name]

    def own_modules(self, names: Iterable[str]) -> Iterator[Module]:
        """Yield the modules, but installed ones, to which importing these leads."""
        known = list(dict.fromkeys(names))
        for count, name in enumerate(known):  # which grows meanwhile
            if count >= _MOST_MODULES:
                break
            module = self.module(name)
            if module is None or is_installed(module.path):
                continue
            yield module
            known += [one for one in dict.fromkeys(module.imports) if one not in known]

    def load(self, name: str, path: str, text: str) -> Module:
        """Return the module of a text at hand; raise Unreadable where it cannot be parsed."""
        tree = syntax.parse(text)
        return self._loaded(name, path, text, tree, conditions.judge)

    def _load_found(self, name: str, path: str, text: str) -> Module | None:
        try:
            # How deep it is shows where it is evaluated.
            tree = syntax.parse_any_depth(text)
            judge = conditions.judge_elsewhere if is_installed(path) else conditions.judge
            return self._loaded(name, path, text, tree, judge)
        except (syntax.Unreadable, RecursionError):
            return None

    def _loaded(
        self,
        name: str,
        path: str,
        text: str,
        tree: ast.Module,
        judge_on: Callable[[ast.expr, Target], bool | None],
    ) -> Module:
        # The same conditions are met each time a function is called.
        judge = cache(lambda test: judge_on(test, self.target))
        rebinds = "global " in text
        names_setter = any(word in text for word in _SETTERS)
        bindings = collect(tree.body, judge)
        return Module(name, path, tree, _is_package(path), judge, bindings, rebinds, names_setter)


_SETTERS = ("set_event_loop", "Runner")

_MOST_MODULES = 200
"""Names that imports may lead to, most of them of installed packages."""


def with_packages(name: str) -> Iterator[str]:
    """Yield the packages that a dotted name is in, from the outside in, and the name."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def is_installed(path: str) -> bool:
    """Say whether a file is of an installed package, and not of the project."""
    parts = path.replace("\\", "/").split("/")
    return not {"site-packages", "dist-packages"}.isdisjoint(parts)


def _is_package(path: str) -> bool:
    return path.replace("\\", "/").rpartition("/")[2] in ("__init__.py", "__init__.pyi")


def collect(body: Iterable[ast.stmt], judge: Judge) -> Bindings:
    """Return what the statements of a module or class body bind, without running them."""
    found = Bindings()
    for way, statement in _reached(body, judge, _Way(), found.for_checkers):
        for name, item in _bound_names(statement):
            binding = Binding(statement, item, way.certain, way.fallback, way.guarded, way.after)
            found.names.setdefault(name, []).append(binding)
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            found.stars.append(statement)
    return found


@dataclass(frozen=True)
class _Way:
    """How the flow comes to a statement, see Binding."""

    certain: bool = True
    fallback: bool = False
    guarded: bool = False
    after: tuple[ast.Import | ast.ImportFrom, ...] = ()


def _reached(
    body: Iterable[ast.stmt], judge: Judge, way: _Way, for_checkers: list[ast.stmt]
) -> Iterator[tuple[_Way, ast.stmt]]:
    for statement in body:
        match statement:
            case ast.If(test=test, body=inner, orelse=orelse):
                taken = judge(test)
                if taken is False and conditions.is_type_checking(test):
                    for_checkers += inner
                inside = way if taken is not None else replace(way, certain=False)
                if taken is not False:
                    yield from _reached(inner, judge, inside, for_checkers)
                if taken is not True:
                    yield from _reached(orelse, judge, inside, for_checkers)
            case ast.Try():
                tried = replace(way, guarded=True, after=(*way.after, *_imports(statement.body)))
                yield from _reached(statement.body, judge, tried, for_checkers)
                yield from _reached(statement.orelse, judge, tried, for_checkers)
                caught = replace(way, certain=False, fallback=True)
                for handler in statement.handlers:
                    yield from _reached(handler.body, judge, caught, for_checkers)
                yield from _reached(statement.finalbody, judge, way, for_checkers)
            case ast.With(body=inner):
                yield from _reached(inner, judge, replace(way, guarded=True), for_checkers)
            case ast.For(body=inner) | ast.While(body=inner):
                yield from _reached(inner, judge, replace(way, certain=False), for_checkers)
            case _:
                yield way, statement


def _imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    return (one for one in body if isinstance(one, (ast.Import, ast.ImportFrom)))


def _bound_names(statement: ast.stmt) -> Iterator[tuple[str, int | None]]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name, None
        case ast.Import():
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0], None
        case ast.ImportFrom():
            for alias in statement.names:
                if alias.name != "*":
                    yield alias.asname or alias.name, None
        case ast.Assign():
            for target in statement.targets:
                yield from _target_names(target)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name, None
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, None


def _target_names(target: ast.expr) -> Iterator[tuple[str, int | None]]:
    if isinstance(target, ast.Name):
        yield target.id, None
    elif isinstance(target, (ast.Tuple, ast.List)):
        for index, element in enumerate(target.elts):
            if isinstance(element, ast.Name):
                yield element.id, index
