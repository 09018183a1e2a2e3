"""Asks what calling each public name of a library does: how generated knowledge is made."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from flake8_asyncrun.names.evaluate import Interpreter
from flake8_asyncrun.names.facts import Answer, Facts
from flake8_asyncrun.names.knowledge import Known
from flake8_asyncrun.names.machine import OutOfBudget, position
from flake8_asyncrun.names.nodes import walk
from flake8_asyncrun.names.project import FindModule, Module, Project
from flake8_asyncrun.names.shapes import is_public
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Class, Effect, Function, Kind

_EARLY, _LATE = Target((3, 11), (3, 11)), Target((3, 14), (3, 14))
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.Assign)
_TELLING = (Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE)
_MAKERS = {
    *("Future", "create_future", "create_task", "ensure_future", "gather", "get_event_loop"),
    *("get_running_loop", "run_in_executor", "shield", "wrap_future"),
}


@dataclass(frozen=True)
class Surveyed:
    """What was found out of a library."""

    known: Mapping[str, Known]
    """What is worth knowing, by dotted name."""
    names: frozenset[str]
    """All functions and classes that it offers."""


def survey(find_module: FindModule, modules: Iterable[str]) -> Surveyed:
    """Return what is worth knowing of the public names of `modules`.

    That is each class, function and method that looks for a loop where none runs, each plain
    function that returns something to await, and each plain method that returns a future. An effect
    holds where all parameters but the required ones are left out; a kind, whatever is given.
    """
    surveying = _Survey(find_module)
    known = dict(surveying.of(modules))
    return Surveyed(known, frozenset(surveying.names))


class _Survey:
    def __init__(self, find_module: FindModule) -> None:
        self._early, self._late = Project(find_module, _EARLY), Project(find_module, _LATE)
        self._interpreter = self._fresh()
        self._answered: dict[int, Known | None] = {}
        self.names: set[str] = set()

    def of(self, modules: Iterable[str]) -> Iterator[tuple[str, Known]]:
        for name in modules:
            module = self._early.module(name)
            if module is None:
                continue
            self._interpreter = self._fresh()
            for one in sorted(self._offered(module, set())):
                with suppress(OutOfBudget, RecursionError):
                    yield from self._named(module, one)

    def _offered(self, module: Module, seen: set[str]) -> set[str]:
        """Return the public names of a module, also those that it takes from others with a star."""
        seen.add(module.name)
        offered = {
            name
            for name, bindings in module.bindings.names.items()
            if module.is_package
            or name in (module.exported or ())
            or any(isinstance(each.statement, _DEFINITIONS) for each in bindings)
        }
        if module.is_package:
            offered |= module.for_checkers.names.keys()
        for statement in module.bindings.stars:
            base = module.absolute(statement.module, statement.level)
            other = self._early.module(base) if base not in seen else None
            if other is not None:
                offered |= self._offered(other, seen)
        if module.exported is not None:
            offered &= module.exported
        return {name for name in offered if is_public(name)}

    def _fresh(self) -> Interpreter:
        """Return an interpreter with all of its budget."""
        return Interpreter(self._early, self._early.load("", "", ""))

    def _named(self, module: Module, name: str) -> Iterator[tuple[str, Known]]:
        value = self._interpreter.module_name(module, name)
        if not isinstance(value, (Function, Class)):
            return
        dotted = f"{module.name}.{name}"
        self.names.add(dotted)
        if id(value.node) not in self._answered:
            self._answered[id(value.node)] = self._call(module.name, dotted, value)
        known = self._answered[id(value.node)]
        if known is not None:
            yield dotted, known
        if isinstance(value, Class):
            for method, function in self._interpreter.methods(value):
                if is_public(method) and _may_tell(function):
                    if id(function.node) not in self._answered:
                        answer = self._method(module.name, dotted, method, function)
                        self._answered[id(function.node)] = answer
                    if (told := self._answered[id(function.node)]) is not None:
                        yield f"{dotted}.{method}", told

    def _call(self, module: str, dotted: str, value: Function | Class) -> Known | None:
        if isinstance(value, Function) and isinstance(value.node, ast.AsyncFunctionDef):
            return None
        signature = self._interpreter.signature(value)
        required, optional = _parameters(signature, bound=isinstance(value, Class))
        early = self._ask(self._early, module, f"{dotted}({required})")
        whatever = self._ask(self._early, module, f"{dotted}(*anything, **anything)")
        kind = whatever.kind if whatever is not None else Kind.UNKNOWN
        effect = _effect(early)
        if effect is None and (kind not in _TELLING or isinstance(value, Class)):
            return None
        late = _effect(self._ask(self._late, module, f"{dotted}({required})"))
        unless = [
            (name, place)
            for name, place in optional
            if effect is not None
            and _effect(self._ask(self._early, module, f"{dotted}({_joined(required, name)})"))
            is not effect
        ]
        if early is not None and kind is Kind.UNKNOWN and isinstance(value, Class):
            kind = early.kind
        return Known("", kind, effect, late, tuple(unless))

    def _method(self, module: str, dotted: str, method: str, function: Function) -> Known | None:
        signature = self._interpreter.signature(function)
        required, _ = _parameters(signature, bound=function.role != "staticmethod")
        plain = function.role == ""
        before = f"made = {dotted}(**anything)" if plain else ""
        owner = "made" if plain else dotted
        whatever = self._ask(
            self._early, module, f"{owner}.{method}(*anything, **anything)", before
        )
        kind = whatever.kind if whatever is not None else Kind.UNKNOWN
        call = f"{owner}.{method}({required})"
        effect = _effect(self._ask(self._early, module, call, before))
        if kind is not Kind.FUTURE and effect is None:
            return None
        late = _effect(self._ask(self._late, module, call, before))
        # What it does with an argument more was not asked.
        optional = _parameters(signature, bound=function.role != "staticmethod")[1]
        return Known("", kind, effect, late, tuple(optional) if effect is not None else ())

    def _ask(self, project: Project, module: str, call: str, before: str = "") -> Answer | None:
        text = f"import {module}\n{before}\n{call}\n"
        last = ast.parse(text).body[-1]
        assert isinstance(last, ast.Expr)
        return Facts(project, "", text, "").answer(position(last.value))


def _effect(answer: Answer | None) -> Effect | None:
    return None if answer is None else answer.effect


def _parameters(
    signature: ast.arguments | None, *, bound: bool
) -> tuple[str, list[tuple[str, int | None]]]:
    """Return arguments for all that is required, and the parameters that are not, with positions.

    `bound`: the first parameter is not the caller's to give.
    """
    if signature is None:
        return "", []
    positional = [argument.arg for argument in signature.posonlyargs + signature.args][bound:]
    first_optional = len(positional) - min(len(signature.defaults), len(positional))
    required = positional[:first_optional]
    optional: list[tuple[str, int | None]] = [
        (name, place) for place, name in enumerate(positional) if place >= first_optional
    ]
    for argument, default in zip(signature.kwonlyargs, signature.kw_defaults, strict=True):
        if default is None:
            required.append(f"{argument.arg}=given_{argument.arg}")
        else:
            optional.append((argument.arg, None))
    plain = [f"given_{name}" if "=" not in name else name for name in required]
    return ", ".join(plain), optional


def _joined(required: str, name: str) -> str:
    return f"{required}{', ' if required else ''}{name}=given_{name}"


def _may_tell(function: Function) -> bool:
    node = function.node
    if not isinstance(node, ast.FunctionDef) or function.role == "property":
        return False
    if node.returns is not None and any(
        word in ast.unparse(node.returns) for word in ("Future", "Task")
    ):
        return True
    return any(
        isinstance(inner, (ast.Name, ast.Attribute))
        and (inner.id if isinstance(inner, ast.Name) else inner.attr) in _MAKERS
        for inner in walk(node)
    )
