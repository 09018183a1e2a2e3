"""Which occurrences of a name mean the same variable. Scopes only, no flow."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from flake8_asyncrun.names.nodes import children, walk

ScopeNode = (
    ast.Module
    | ast.ClassDef
    | ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.Lambda
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BY_TEXT = {"eval", "exec", "globals", "locals", "vars"}
"""By which a text may come to a variable."""


@dataclass(frozen=True)
class Use:
    """One occurrence of a variable: where, whether it binds, and the functions around it."""

    line: int
    column: int
    """In bytes."""
    binds: bool
    functions: tuple[int, ...]
    """Lines of the `def`s or `lambda`s that hold it, outermost first."""


@dataclass(eq=False)
class Variable:
    """A name in the scope that owns it, with all its occurrences in the file."""

    name: str
    is_global: bool
    is_local: bool
    """Whether a function or a comprehension owns it."""
    uses: list[Use] = field(default_factory=list)

    @cached_property
    def bindings(self) -> list[Use]:
        """Those of its uses that bind it, in order."""
        return [use for use in self.uses if use.binds]

    @cached_property
    def bound_at(self) -> frozenset[tuple[int, int]]:
        """Their lines and columns."""
        return frozenset((use.line, use.column) for use in self.bindings)

    @property
    def times_bound(self) -> int:
        return len(self.bindings)

    @property
    def is_bound_once(self) -> bool:
        return self.times_bound == 1


@dataclass(eq=False)
class _Scope:
    node: ScopeNode
    parent: _Scope | None
    functions: tuple[int, ...]
    binds: set[str] = field(default_factory=set)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)
    occurrences: list[tuple[str, int, int, bool]] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)


class Variables:
    """The variables of one file."""

    def __init__(self, tree: ast.Module) -> None:
        self._at: dict[tuple[int, int, str], Variable] = {}
        nodes = list(walk(tree))
        self._strings = {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        self._has_frames = any(
            isinstance(node, ast.Attribute) and node.attr == "f_locals" for node in nodes
        )
        module = _Scope(tree, None, ())
        self._scopes = [module]
        self._visit_all(tree.body, module)
        for scope in self._scopes:
            for name, line, column, binds in scope.occurrences:
                owner = _owner(scope, name)
                is_local = not isinstance(owner.node, ast.Module | ast.ClassDef)
                new = Variable(name, owner is module, is_local)
                variable = owner.variables.setdefault(name, new)
                variable.uses.append(Use(line, column, binds, scope.functions))
                self._at[line, column, name] = variable

    def at(self, line: int, column: int, name: str) -> Variable | None:
        """Return the variable whose `name` stands at a line and a column in bytes."""
        return self._at.get((line, column, name))

    def is_bound_in(self, name: str, line: int) -> bool:
        """Say whether a function, told by the line of its `def`, binds or declares `name`."""
        return name in self._bound_in.get(line, ())

    def all(self) -> Iterator[Variable]:
        """Yield every variable that the file binds or names."""
        for scope in self._scopes:
            yield from scope.variables.values()

    def called(self, name: str) -> list[Variable]:
        """Return the variables of a name."""
        return self._by_name.get(name, [])

    def in_scopes(self) -> Iterator[tuple[tuple[str, ...], Variable]]:
        """Yield the variables of the module and of its functions, each with the path of names that
        leads to its scope."""
        for scope in self._scopes:
            if isinstance(scope.node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
                path = tuple(_path(scope))
                yield from ((path, variable) for variable in scope.variables.values())

    def is_taken(self, name: str) -> bool:
        """Say whether `name` is the name of anything in the file."""
        return name in self._names

    def is_quoted(self, name: str) -> bool:
        """Say whether a string is `name`, as in `__all__` or a call of `getattr`; or only
        has it as a word, in a file that may come to a variable by a text."""
        if name in self._strings:
            return True
        if not any(self.is_taken(each) for each in _BY_TEXT):
            return False
        if re.fullmatch(r"\w+", name):
            return name in self._words
        word = re.compile(rf"\b{re.escape(name)}\b")
        return any(word.search(text) for text in self._strings)

    def may_be_quoted(self, variable: Variable) -> bool:
        """Say whether a string may mean `variable`: a function's is come to by few ways."""
        if variable.is_local and not self._has_frames:
            ways = _BY_TEXT | {"dir"}
            return any(map(self.is_taken, ways)) and self.is_quoted(variable.name)
        return self.is_quoted(variable.name)

    def is_declared(self, name: str) -> bool:
        """Say whether a `global` or a `nonlocal` statement names `name`."""
        return name in self._declared

    @cached_property
    def _by_name(self) -> dict[str, list[Variable]]:
        found: dict[str, list[Variable]] = defaultdict(list)
        for variable in self.all():
            found[variable.name].append(variable)
        return found

    @cached_property
    def _names(self) -> set[str]:
        return {name for _, _, name in self._at}

    @cached_property
    def _words(self) -> set[str]:
        """The words in strings."""
        return {word for text in self._strings for word in re.findall(r"\w+", text)}

    @cached_property
    def _declared(self) -> set[str]:
        scopes = self._scopes
        return {name for one in scopes for name in one.declared_global | one.declared_nonlocal}

    @cached_property
    def _bound_in(self) -> dict[int, set[str]]:
        """What functions bind or declare, by the lines of their `def`s."""
        found: dict[int, set[str]] = defaultdict(set)
        for scope in self._scopes:
            if scope.functions:
                own = scope.binds | scope.declared_global | scope.declared_nonlocal
                found[scope.functions[-1]] |= own
        return found

    def _visit_all(self, nodes: list[ast.stmt], scope: _Scope) -> None:
        stack: list[tuple[ast.AST, _Scope]] = [(node, scope) for node in reversed(nodes)]
        while stack:
            node, inside = stack.pop()
            stack.extend(reversed(list(_step(node, inside, self._scopes))))


def _step(node: ast.AST, scope: _Scope, scopes: list[_Scope]) -> Iterator[tuple[ast.AST, _Scope]]:
    """Note what `node` itself says of names, and yield its parts with the scopes they are in."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            if not isinstance(node, ast.Lambda):
                _bind(node.name, node, scope)
                yield from ((decorator, scope) for decorator in node.decorator_list)
                if node.returns is not None:
                    yield node.returns, scope
            declared = node.args
            for default in [*declared.defaults, *declared.kw_defaults]:
                if default is not None:
                    yield default, scope
            inner = _Scope(node, scope, (*scope.functions, node.lineno))
            scopes.append(inner)
            extra = [one for one in (declared.vararg, declared.kwarg) if one is not None]
            every = declared.posonlyargs + declared.args + declared.kwonlyargs + extra
            for argument in every:
                _bind(argument.arg, argument, inner)
                if argument.annotation is not None:
                    yield argument.annotation, scope
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            yield from ((child, inner) for child in body)
        case ast.ClassDef():
            _bind(node.name, node, scope)
            for part in [*node.decorator_list, *node.bases, *node.keywords]:
                yield part, scope
            inner = _Scope(node, scope, scope.functions)
            scopes.append(inner)
            yield from ((child, inner) for child in node.body)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            inner = _Scope(node, scope, scope.functions)
            scopes.append(inner)
            yield node.generators[0].iter, scope
            for index, generator in enumerate(node.generators):
                yield generator.target, inner
                if index:
                    yield generator.iter, inner
                yield from ((test, inner) for test in generator.ifs)
            if isinstance(node, ast.DictComp):
                yield node.key, inner
                yield node.value, inner
            else:
                yield node.elt, inner
        case ast.NamedExpr(target=target, value=value):
            outer = scope
            while isinstance(outer.node, _COMPREHENSIONS) and outer.parent is not None:
                outer = outer.parent
            _bind(target.id, target, outer)
            yield value, scope
        case ast.Name(id=name, ctx=ctx):
            if isinstance(ctx, ast.Load):
                scope.occurrences.append((name, node.lineno, node.col_offset, False))
            else:
                _bind(name, node, scope)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                _bind(alias.asname or alias.name.partition(".")[0], alias, scope)
        case ast.Global(names=names):
            scope.declared_global.update(names)
        case ast.Nonlocal(names=names):
            scope.declared_nonlocal.update(names)
        case ast.ExceptHandler(name=str(caught)):
            _bind(caught, node, scope)
            yield from ((child, scope) for child in children(node))
        case ast.MatchAs(name=str(captured)) | ast.MatchStar(name=str(captured)):
            _bind(captured, node, scope)
            yield from ((child, scope) for child in children(node))
        case ast.MatchMapping(rest=str(captured)):
            _bind(captured, node, scope)
            yield from ((child, scope) for child in children(node))
        case _:
            yield from ((child, scope) for child in children(node))


def _path(scope: _Scope) -> list[str]:
    """Return the names of what holds a scope, and its own, outermost first."""
    outer = [] if scope.parent is None else _path(scope.parent)
    if scope.parent is None:
        return outer
    return [*outer, getattr(scope.node, "name", type(scope.node).__name__)]


def _bind(name: str, node: ast.AST, scope: _Scope) -> None:
    scope.binds.add(name)
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    scope.occurrences.append((name, line, column, True))


def _owner(scope: _Scope, name: str) -> _Scope:
    """Return the scope that `name` belongs to where it occurs in `scope`."""
    module = scope
    while module.parent is not None:
        module = module.parent
    if name in scope.declared_global:
        return module
    if name in scope.binds and name not in scope.declared_nonlocal:
        return scope
    outer = scope.parent
    while outer is not None and outer.parent is not None:
        if not isinstance(outer.node, ast.ClassDef):
            if name in outer.declared_global:
                return module
            if name in outer.binds and name not in outer.declared_nonlocal:
                return outer
        outer = outer.parent
    return module
