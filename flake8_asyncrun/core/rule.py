"""What a rule is, and what it sees of a file."""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import libcst as cst

from flake8_asyncrun.core.glance import Glance, Possible, always
from flake8_asyncrun.core.guards import left_by_guards
from flake8_asyncrun.core.model import Fix, Note, Place, Safety, Span
from flake8_asyncrun.core.source import Source, descend
from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.machine import Seen, State
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    NONE,
    UNKNOWN,
    External,
    Function,
    Kind,
    Made,
    Method,
    Sequence,
    Value,
    dotted_name,
)
from flake8_asyncrun.names.variables import Variable


class Refused(Exception):
    """A fix that cannot be offered; `str()` of it is the reason, told to the user as a note."""


@dataclass(frozen=True)
class Hit:
    """A check's answer, still holding the node."""

    node: cst.CSTNode
    message: str
    fix: Fix | None = None
    notes: tuple[Note, ...] = ()


Check = Callable[[Any, "File"], Iterator[Hit]]


@dataclass(frozen=True)
class Rule:
    """A pattern that is found, its manual, and the least that its fixes promise."""

    code: str
    name: str
    doc: str
    """The manual, in Markdown; its first line is one sentence."""
    on: tuple[type[cst.CSTNode], ...]
    check: Check
    fix: Safety | None
    possible: Possible = always
    """Whether it may find anything in a file, told at a glance: where it says no, it has nothing to
    find, and is not asked. Tested with all programs of the tests and the manuals."""
    needs_loop: bool = False
    """Whether it has nothing to say of a file that touches no loop, and need not be asked."""
    optional: bool = False
    """Whether it is asked only where it is selected by its whole code."""
    may_appear: bool = False
    """Whether another rule's fix may bring it to light: by moving code into a coroutine, or by
    making a run work that others come after. Whatever else appears is the fault of the fix."""

    @property
    def summary(self) -> str:
        return self.doc.partition("\n")[0]


def rule(
    code: str,
    *,
    on: type[cst.CSTNode] | tuple[type[cst.CSTNode], ...],
    fix: Safety | None = None,
    possible: Possible = always,
    optional: bool = False,
    may_appear: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule of a check: its manual is the module's docstring, its name the module's."""

    def make(check: Check) -> Rule:
        name = check.__module__.rpartition(".")[2].replace("_", "-")
        doc = inspect.cleandoc(sys.modules[check.__module__].__doc__ or "")
        nodes = on if isinstance(on, tuple) else (on,)
        return Rule(
            code,
            name,
            doc,
            nodes,
            check,
            fix,
            possible,
            needs_loop=True,
            optional=optional,
            may_appear=may_appear,
        )

    return make


def promising(safety: Safety, fix: Fix) -> Fix:
    """Return a fix that promises no more than `safety`."""
    return fix if safety is Safety.SAFE else replace(fix, safety=safety)


def attempt(make: Callable[[], Fix]) -> tuple[Fix | None, tuple[Note, ...]]:
    """Return the fix that `make` makes, or a note that says why it refused."""
    try:
        return make(), ()
    except Refused as refused:
        return None, (Note(f"no fix: {refused}"),)


def attempt_in_turn(
    forms: Iterable[Callable[[], Fix]], otherwise: Iterable[Callable[[], Fix]] = ()
) -> tuple[Fix | None, tuple[Note, ...]]:
    """Return the fix of the first form that does not refuse, or a note why the last one does; then
    that of the first way to do `otherwise`, which keeps the note."""
    notes: tuple[Note, ...] = ()
    for form in forms:
        fix, notes = attempt(form)
        if fix is not None:
            return fix, ()
    for other in otherwise:
        fix, _ = attempt(other)
        if fix is not None:
            reasons = (one.text.removeprefix("no fix: ") for one in notes)
            return fix, tuple(Note(f"not asyncio.run(): {reason}") for reason in reasons)
    return None, notes


# Cells that Jupyter wrote, or that editors send to it.
_CELL = re.compile(r"^# ?(?:%%|In\[[\d ]*\]:)|\bget_ipython\b", re.MULTILINE)

RUNNERS = {
    "asyncio.run": "main",
    "asyncio.Runner.run": "coro",
    "uvloop.run": "main",
}
"""What runs a coroutine on a loop of its own, with the name of its first parameter."""


def runs(glance: Glance) -> bool:
    """Say whether a file may have a run, as `File.runs` has them."""
    return not glance.named.isdisjoint(RUNNERS)


def runs_or_completes(glance: Glance) -> bool:
    """Say whether a file may have a run, or run a loop by hand."""
    return runs(glance) or "run_until_complete" in glance.of_loops


@dataclass(frozen=True)
class Run:
    """A call of one of RUNNERS, with what it is handed."""

    call: cst.Call
    argument: cst.BaseExpression
    runner: str = ""
    """Its key in RUNNERS, "" for what runs a loop by hand."""
    is_fresh: bool = True
    """Whether nothing can be bound to its loop before: none gave it, none asked which it is."""


class File:
    """A source as a rule sees it: the questions that it may ask."""

    def __init__(self, source: Source, project: Project) -> None:
        self.source = source
        self.project = project
        self.target = project.target
        self.bound_by: dict[cst.BaseStatement, tuple[Variable, ...]] = {}
        """What statements bind, as far as it was asked."""
        self.names_in: dict[cst.CSTNode, tuple[cst.Name, ...]] = {}
        """The variables' names in nodes, as far as it was asked."""
        self.answers: dict[tuple[object, ...], Any] = {}
        """What was found out of nodes, by the function that answers and what it was asked."""
        self.tests: dict[cst.BaseExpression, str] = {}
        """Conditions, with tests of the version in the place of names, as far as it was asked."""
        self.leaving: dict[cst.CSTNode, tuple[cst.If | cst.Assert, ...]] = {}
        """What stands in blocks that some Pythons leave them by, as far as it was asked."""
        self._fixes: dict[tuple[object, ...], Fix | Refused] = {}
        self._named: dict[str, dict[Variable | None, list[cst.Name]]] = {}
        self._says: dict[str, bool] = {}
        self._variables: dict[cst.Name, Variable | None] = {}
        self._enclosing: dict[cst.CSTNode, cst.FunctionDef | cst.Lambda | None] = {}
        self._seen: dict[cst.CSTNode, Seen | None] = {}
        self._reached: dict[cst.BaseExpression, set[int]] = {}
        self._reached_from: dict[frozenset[int], set[int]] = {}

    @cached_property
    def glance(self) -> Glance:
        """What the file shows before its tree is made."""
        source = self.source
        facts = Facts(self.project, source.path, source.text, source.module)
        return Glance(facts, self.project)

    @cached_property
    def facts(self) -> Facts:
        source, facts = self.source, self.glance.facts
        if facts.touches_loop and not source.prints_back:
            # Nodes stand where the tree prints them.
            facts = Facts(self.project, source.path, source.printed, source.module)
        return facts

    def once(self, key: tuple[object, ...], make: Callable[[], Fix]) -> Fix:
        """Return the fix of a key, made when it is first asked for. Raises Refused each time.

        Many findings may have the same.
        """
        if key not in self._fixes:
            try:
                self._fixes[key] = make()
            except Refused as refused:
                self._fixes[key] = refused
        made = self._fixes[key]
        if isinstance(made, Refused):
            raise Refused(str(made))
        return made

    # ------------------------------------------------------------------ what it is

    def seen(self, node: cst.CSTNode) -> Seen | None:
        """Return what became of an expression, None where the flow never reaches it."""
        if node not in self._seen:
            self._seen[node] = self._look_up(node)
        return self._seen[node]

    def _look_up(self, node: cst.CSTNode) -> Seen | None:
        span = self.span(node)
        if isinstance(node, cst.Tuple) and node.lpar:
            # To `ast` the parentheses are part of it.
            data = self.source.data
            span = Span(data.rfind(b"(", 0, span.start), data.find(b")", span.end) + 1)
        return self.facts.seen(self.source.position(span))

    def value(self, node: cst.CSTNode) -> Value:
        seen = self.seen(node)
        return UNKNOWN if seen is None else seen.value

    def kind(self, node: cst.CSTNode) -> Kind:
        return self.facts.kind(self.value(node))

    def state(self, node: cst.CSTNode) -> State:
        """Say whether a loop runs while an expression is evaluated."""
        seen = self.seen(node)
        return State.UNKNOWN if seen is None else seen.state

    def callee(self, call: cst.Call) -> str | None:
        """Return the documented name of what is called, "asyncio.run" under any alias.

        A method of asyncio's own object is named by its class: "asyncio.Runner.run". None where it
        is a name of the file's own, or not known.
        """
        value = self.value(call.func)
        if isinstance(value, External) and value.known:
            return asyncio_table.canonical(value.name)
        if isinstance(value, Method) and isinstance(value.owner, Made):
            return f"{value.owner.name}.{value.name}"
        return None

    def run(self, call: cst.Call) -> Run | None:
        """Return `call` as a run; None where it is none, or has no plain argument."""
        callee = self.callee(call)
        if callee not in RUNNERS or not call.args or self.seen(call) is None:
            return None
        first = call.args[0]
        named = first.keyword is None or first.keyword.value == RUNNERS[callee]
        # Whose loop a factory gives, nobody knows.
        plain = all(one.keyword is None or one.keyword.value != "loop_factory" for one in call.args)
        if not named or not plain or first.star:
            return None
        is_fresh = callee != "asyncio.Runner.run" or self._runners_are_fresh
        return Run(call, first.value, callee, is_fresh)

    @cached_property
    def _runners_are_fresh(self) -> bool:
        """Whether every Runner of the file makes a new loop, and is not asked for it."""
        for call in self.calls():
            callee = self.callee(call)
            if callee == "asyncio.Runner.get_loop":
                return False
            if callee == "asyncio.Runner" and not all(map(self._is_fresh, call.args)):
                return False
        return True

    def _is_fresh(self, argument: cst.Arg) -> bool:
        """Say whether a Runner that is given an argument makes a new loop all the same."""
        if argument.keyword is None or argument.keyword.value != "loop_factory":
            return not argument.star
        factory = self.value(argument.value)
        if factory == NONE:
            return True
        known = asyncio_table.entry(asyncio_table.canonical(dotted_name(factory)))
        return known is not None and known.does is Does.MAKES_LOOP

    def says(self, *words: str) -> bool:
        """Say whether one of these stands anywhere in the text."""
        return any(map(self._says_one, words))

    def _says_one(self, word: str) -> bool:
        if word not in self._says:
            self._says[word] = word in self.source.text
        return self._says[word]

    @cached_property
    def has_cells(self) -> bool:
        """Whether cells of a notebook stand in the file, for which a loop runs."""
        return _CELL.search(self.source.text) is not None

    @cached_property
    def has_context(self) -> bool:
        """Whether the file is about context variables, of which every task has its own."""
        return self.says("contextvars")

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All runs of the file, in order."""
        return tuple(run for call in self.calls() if (run := self.run(call)) is not None)

    @property
    def fresh_runs(self) -> tuple[Run, ...]:
        """Those of the file's runs, in order, to whose loops nothing can be bound before."""
        return tuple(run for run in self.runs if run.is_fresh)

    def calls(self) -> Iterator[cst.Call]:
        """Yield all calls of the file, in order."""
        return iter(self._calls)

    def calls_at(self, place: Place) -> Iterator[cst.Call]:
        """Yield the calls of this file that begin in the line of a place."""
        if place.path == self.source.path:
            yield from self._calls_by_line.get(place.line, ())

    def calls_of(self, line: int) -> Iterator[cst.Call]:
        """Yield the calls of the function of this file whose `def` stands in a line, in order."""
        yield from self._calls_by_function.get(line, ())

    def names(self) -> Iterator[cst.Name]:
        """Yield all names of the file, in order."""
        return iter(self._all_names)

    def names_called(self, name: str) -> tuple[cst.Name, ...]:
        """Return the names of the file that are spelled so, in order."""
        return tuple(self._names.get(name, ()))

    def attributes(self) -> Iterator[cst.Attribute]:
        """Yield all attributes that the file names, in order."""
        return iter(self._attributes)

    def attributes_called(self, name: str) -> tuple[cst.Attribute, ...]:
        """Return the attributes of a name that the file names, in order."""
        return tuple(self._attributes_by_name.get(name, ()))

    def import_aliases(self) -> Iterator[cst.ImportAlias]:
        """Yield all that the file imports, in order."""
        return iter(self._aliases)

    def names_of(self, variable: Variable) -> Iterator[cst.Name]:
        """Yield the nodes by which a variable is named, in order."""
        if variable.name not in self._named:
            named: dict[Variable | None, list[cst.Name]] = defaultdict(list)
            for one in self._names.get(variable.name, ()):
                named[self.variable(one)].append(one)
            self._named[variable.name] = named
        yield from self._named[variable.name].get(variable, ())

    def binds(self, name: cst.Name, variable: Variable) -> bool:
        """Say whether a name gives a variable a value where it stands."""
        return self.line_and_byte(name) in variable.bound_at

    def only_call(self, function: cst.FunctionDef) -> cst.Call | None:
        """Return the call of a function that the file names nowhere else."""
        variable = self.variable(function.name)
        names = [] if variable is None else list(self.names_of(variable))
        uses = [name for name in names if name is not function.name]
        call = self.source.parent(uses[0]) if len(uses) == 1 and len(names) == 2 else None
        return call if isinstance(call, cst.Call) and call.func is uses[0] else None

    def function_at(self, line: int) -> cst.FunctionDef | None:
        """Return the function whose `def` stands in a line."""
        return self._functions_by_line.get(line)

    def values_used_by(
        self, coroutine: cst.BaseExpression, left_out: Callable[[Function], bool] | None = None
    ) -> Iterator[Value]:
        """Yield what the names in a coroutine's expression, and in the functions of this file that
        it comes to, stand for; functions that are `left_out` are not looked into."""
        for node in descend(coroutine):
            if isinstance(node, (cst.Name, cst.Attribute)):
                yield self.value(node)
        reached = (
            self.reached_by(coroutine)
            if left_out is None
            else self.facts.reached_from(self._begun_by(coroutine), left_out)
        )
        yield from self.facts.values_in(reached)

    def reached_by(self, coroutine: cst.BaseExpression) -> set[int]:
        """Return the functions of this file, by the lines of their `def`s, that a coroutine is of
        or comes to."""
        if coroutine not in self._reached:
            begun = frozenset(self._begun_by(coroutine))
            if begun not in self._reached_from:
                self._reached_from[begun] = self.facts.reached_from({*begun})
            self._reached[coroutine] = self._reached_from[begun]
        return self._reached[coroutine]

    def _begun_by(self, coroutine: cst.BaseExpression) -> set[int]:
        """Return the functions of this file, by their lines, that an expression calls."""
        values = [self.value(coroutine)]
        values += [
            self.value(node.func) for node in descend(coroutine) if isinstance(node, cst.Call)
        ]
        functions = (self.facts.own_function(value) for value in values)
        return {function.node.lineno for function in functions if function is not None}

    def used_by(self, coroutine: cst.BaseExpression) -> Iterator[Variable]:
        """Yield the variables that a coroutine's functions of this file name from outside."""
        read: dict[Variable, int] = {}
        bound: set[Variable] = set()
        for line in self.reached_by(coroutine):
            read.update(self._read_in.get(line, {}))
            bound |= self._bound_in.get(line, set())
        yield from (one for one in sorted(read, key=read.__getitem__) if one not in bound)

    @cached_property
    def _read_in(self) -> dict[int, dict[Variable, int]]:
        """The variables that functions name without binding them, by the lines of their `def`s,
        with their places among all variables."""
        found: dict[int, dict[Variable, int]] = defaultdict(dict)
        for number, variable in enumerate(self.facts.variables.all()):
            for use in variable.uses:
                for line in () if use.binds else use.functions:
                    found[line][variable] = number
        return found

    @cached_property
    def _bound_in(self) -> dict[int, set[Variable]]:
        """The variables that functions bind, by the lines of their `def`s."""
        found: dict[int, set[Variable]] = defaultdict(set)
        for variable in self.facts.variables.all():
            for use in variable.uses:
                for line in use.functions if use.binds else ():
                    found[line].add(variable)
        return found

    @cached_property
    def _names(self) -> dict[str, list[cst.Name]]:
        found: dict[str, list[cst.Name]] = defaultdict(list)
        for node in self._all_names:
            found[node.value].append(node)
        return found

    @cached_property
    def _calls_by_line(self) -> dict[int, list[cst.Call]]:
        found: dict[int, list[cst.Call]] = defaultdict(list)
        for call in self.calls():
            found[self.place(call).line].append(call)
        return found

    @cached_property
    def _calls_by_function(self) -> dict[int, list[cst.Call]]:
        found: dict[int, list[cst.Call]] = defaultdict(list)
        for call in self.calls():
            called = self.facts.own_function(self.value(call.func))
            if called is not None:
                found[called.node.lineno].append(call)
        return found

    @cached_property
    def _functions_by_line(self) -> dict[int, cst.FunctionDef]:
        found: dict[int, cst.FunctionDef] = {}
        for node in self.source.nodes:
            if isinstance(node, cst.FunctionDef):
                found.setdefault(self.place(node).line, node)
        return found

    @cached_property
    def _calls(self) -> tuple[cst.Call, ...]:
        return tuple(node for node in self.source.nodes if isinstance(node, cst.Call))

    @cached_property
    def _all_names(self) -> tuple[cst.Name, ...]:
        return tuple(node for node in self.source.nodes if isinstance(node, cst.Name))

    @cached_property
    def _attributes(self) -> tuple[cst.Attribute, ...]:
        return tuple(node for node in self.source.nodes if isinstance(node, cst.Attribute))

    @cached_property
    def _attributes_by_name(self) -> dict[str, list[cst.Attribute]]:
        found: dict[str, list[cst.Attribute]] = defaultdict(list)
        for node in self._attributes:
            found[node.attr.value].append(node)
        return found

    @cached_property
    def _aliases(self) -> tuple[cst.ImportAlias, ...]:
        return tuple(node for node in self.source.nodes if isinstance(node, cst.ImportAlias))

    def line_and_byte(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins as `ast` counts: the line, and the column in bytes."""
        line, column, _, _ = self.source.position(self.span(node))
        return line, column

    def variable(self, name: cst.Name) -> Variable | None:
        """Return the variable that a name stands for, None where it is no variable's."""
        if name not in self._variables:
            self._variables[name] = self._variable_of(name)
        return self._variables[name]

    def _variable_of(self, name: cst.Name) -> Variable | None:
        holder: cst.CSTNode = name
        bound = name.value
        for parent in self.parents(name):
            # `ast` gives these no place for the name alone.
            if isinstance(parent, (cst.FunctionDef, cst.ClassDef)) and holder is parent.name:
                holder = parent
            elif isinstance(parent, cst.AsName) and isinstance(
                self.source.parent(parent), cst.ExceptHandler
            ):
                holder = parent = self.source.parent(parent) or parent
            elif isinstance(parent, cst.ImportAlias):
                holder = parent
                bound = parent.evaluated_alias or parent.evaluated_name.partition(".")[0]
            elif isinstance(parent, (cst.Attribute, cst.AsName)):
                continue
            break
        return self.facts.variables.at(*self.line_and_byte(holder), bound)

    # ------------------------------------------------------------------ where it is

    def span(self, node: cst.CSTNode) -> Span:
        return self.source.span(node)

    def place(self, node: cst.CSTNode) -> Place:
        line, _ = self.source.line_and_column(self.span(node).start)
        return Place(self.source.path, line)

    def text_of(self, node: cst.CSTNode) -> str:
        """Return a node's text in one line, shortened where it is long."""
        text = " ".join(self.source.text_of(node).split())
        return text if len(text) <= 60 else f"{text[:57]}..."

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what holds `node`, from the inside out."""
        parent = self.source.parent(node)
        while parent is not None:
            yield parent
            parent = self.source.parent(parent)

    def enclosing_function(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        """Return the function whose body evaluates `node`; not one that it is a default of."""
        if node not in self._enclosing:
            self._enclosing[node] = self._function_around(node)
        return self._enclosing[node]

    def _function_around(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        child = node
        for parent in self.parents(node):
            if isinstance(parent, (cst.FunctionDef, cst.Lambda)) and child is parent.body:
                return parent
            child = parent
        return None

    def is_main_guarded(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is evaluated only where the file is the program."""
        child = node
        for parent in self.parents(node):
            if is_main_guard(parent) and isinstance(parent, cst.If) and child is parent.body:
                return True
            child = parent
        return False

    def class_around(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """Return the class in whose body, but not in a function of which, `node` stands."""
        for parent in self.parents(node):
            if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
                return None
            if isinstance(parent, cst.ClassDef):
                return parent
        return None

    def in_coroutine(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is evaluated by the body of an `async def`, or by a notebook's cell:
        where a loop runs and `await` may stand."""
        function = self.enclosing_function(node)
        if function is None:
            return self.source.is_notebook
        return isinstance(function, cst.FunctionDef) and function.asynchronous is not None

    def runs_in_coroutine(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is evaluated while an `async def` runs: in its body, and not in a
        generator that may be asked for more by somebody else."""
        seen = self.seen(node)
        is_put_off = seen is not None and seen.state is not State.RUNNING
        return self.in_coroutine(node) and not is_put_off

    def target_at(self, node: cst.CSTNode) -> Target | None:
        """Return the part of the target that the version guards around `node`, and those before it
        under which the flow leaves, let it come to; None where there is none, or nobody knows."""
        # What an older Python falls back to.
        for parent in self.parents(node):
            handled = _types(parent.type) if isinstance(parent, cst.ExceptHandler) else []
            if {"AttributeError", "ImportError"} & {*handled}:
                return None
        return left_by_guards(node, self)

    def expects_error(self, node: cst.CSTNode, *names: str) -> bool:
        """Say whether a `try` or a `with` around `node` expects one of these exceptions."""
        child = node
        for parent in self.parents(node):
            if isinstance(parent, (cst.Try, cst.TryStar)) and child is parent.body:
                caught = (_types(handler.type) for handler in parent.handlers)
                if any(name in names for types in caught for name in types):
                    return True
                types = (handler.type for handler in parent.handlers)
                if any(isinstance(self.value(one), Sequence) for one in types if one):
                    # `except ERRORS:`, whatever is in it.
                    return True
            if isinstance(parent, cst.With) and child is parent.body:
                for item in parent.items:
                    if _last_name(item.item) in _EXPECTING and not _is_of_waiting(item.item, names):
                        return True
            if isinstance(parent, cst.Call) and _last_name(parent.func) in _EXPECTING:
                return True
            if isinstance(parent, cst.FunctionDef):
                return False
            child = parent
        return False

    def catches_all(self, node: cst.CSTNode) -> bool:
        """Say whether a `try` around `node` goes on after any error."""
        child = node
        for parent in self.parents(node):
            if isinstance(parent, (cst.Try, cst.TryStar)) and child is parent.body:
                caught = [_types(handler.type) for handler in parent.handlers]
                if any({"Exception", "BaseException"} & {*types} or not types for types in caught):
                    return True
            if isinstance(parent, cst.FunctionDef):
                return False
            child = parent
        return False


_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")


def per_file(answer: Callable[_Asked, _Found]) -> Callable[_Asked, _Found]:
    """Have a function, whose last argument is a file, answer each question of a file once.

    What it is asked about must be hashable, and what it answers must not be changed.
    """

    @wraps(answer)
    def ask(*asked: _Asked.args, **named: _Asked.kwargs) -> _Found:
        file = asked[-1]
        assert isinstance(file, File)
        assert not named
        key = (answer, *asked[:-1])
        if key not in file.answers:
            file.answers[key] = answer(*asked, **named)
        found: _Found = file.answers[key]
        return found

    return ask


def is_main_guard(node: cst.CSTNode) -> bool:
    """Say whether a node is an `if __name__ == "__main__":`."""
    match node:
        case cst.If(
            test=cst.Comparison(
                left=left,
                comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=right)],
            )
        ):
            sides = (left, right)
            texts = [one.evaluated_value for one in sides if isinstance(one, cst.SimpleString)]
            names = [one.value for one in sides if isinstance(one, cst.Name)]
            return texts == ["__main__"] and names == ["__name__"]
    return False


_EXPECTING = {"suppress", "raises", "assertRaises", "assertRaisesRegex", "deprecated_call", "warns"}


def _is_of_waiting(expecting: cst.BaseExpression, names: tuple[str, ...]) -> bool:
    """Say whether only an error is expected that comes of waiting, and is none of `names`."""
    if not isinstance(expecting, cst.Call) or len(expecting.args) != 1:
        return False
    expected = expecting.args[0]
    name = _last_name(expected.value)
    return not expected.star and name in ("CancelledError", "TimeoutError") and name not in names


def _types(node: cst.BaseExpression | None) -> list[str]:
    if isinstance(node, cst.Tuple):
        return [_last_name(element.value) for element in node.elements]
    return [] if node is None else [_last_name(node)]


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Call):
        return _last_name(node.func)
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def fails_as_given(call: cst.Call, file: File) -> Run | None:
    """Return `call` as a run whose argument decides what happens.

    None where it fails whatever it is given (a loop runs already), where the error is expected, or
    where a package changes what `asyncio.run` takes.
    """
    run = file.run(call)
    if run is None or file.in_coroutine(call) or file.facts.loop_is_patched:
        return None
    if file.facts.replaces_names:
        return None
    expected = file.expects_error(call, "ValueError", "TypeError", "RuntimeError")
    return None if expected else run
