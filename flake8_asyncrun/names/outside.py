"""Calls of what has no source: asyncio by its table, loops, containers, builtins."""

from __future__ import annotations

import ast

from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.calls import Calls
from flake8_asyncrun.names.externals import (
    AWAITABLE_TESTS,
    EXITS,
    GENERATOR_TESTS,
    IDENTITY,
    PLAIN_TYPES,
    TRANSPARENT,
    call_mapping,
    does,
    escape,
    is_generator_function,
    is_instance,
)
from flake8_asyncrun.names.frameworks import MAKERS
from flake8_asyncrun.names.knowledge import Known
from flake8_asyncrun.names.machine import Raised, State
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    Class,
    Const,
    Coroutine,
    Effect,
    External,
    Function,
    Future,
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
    kind_of,
    loops_in,
)

_LOOK_AT_LOOP = {"asyncio.all_tasks", "asyncio.current_task"}
_HANDLING = {"close", "is_closed", "is_running", "run_forever", "run_until_complete", "stop"}


class Outside(Calls):
    """Answers calls of what has no source."""

    def _current_loop(self, what: str, place: Place) -> Value:
        """Return what `get_event_loop()` gives."""
        if self._state is State.RUNNING:
            return Loop(Origin.RUNNING)
        self.touched = True
        if self._state is not State.NO_LOOP or isinstance(self._current, Const):
            return Loop(Origin.UNKNOWN)
        if self._current is None and self._is_set_by_import():
            return Loop(Origin.UNKNOWN)
        self._event(Effect.CAPTURES, what, place)
        return Loop(Origin.CURRENT) if self._current is None else self._current

    def _running_loop(
        self, what: str, place: Place, error: str = "", names: tuple[str, ...] = ()
    ) -> Origin:
        if self._state is State.NO_LOOP:
            self._event(Effect.NEEDS_RUNNING, what, place, error, names=names)
        elsewhere = self._state in (State.UNKNOWN, State.THREAD)
        return Origin.UNKNOWN if elsewhere else Origin.RUNNING

    def _call_external(
        self, function: External, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if not function.known:
            knowledge = self.project.knowledge
            known = knowledge.of(function.name)
            escape(arguments)
            if known is not None:
                return self._call_known(known, arguments, node, scope)
            members = knowledge.has_members(function.name) or function.name in MAKERS
            return Made(function.name) if members else UNKNOWN
        name = asyncio_table.canonical(function.name)
        done = does(function)
        if done is not None:
            return self._call_asyncio(name, done, arguments, node, scope)
        if name in EXITS and not self._maybe:
            raise Raised("SystemExit")
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
        if name in GENERATOR_TESTS and arguments.positional:
            return is_generator_function(arguments.positional[0], GENERATOR_TESTS[name])
        if name.startswith("builtins."):
            return self._call_builtin(name.removeprefix("builtins."), arguments, node, scope)
        return Made(f"{name}()" if name.partition(".")[0] != "asyncio" else name)

    def _call_known(
        self,
        known: Known,
        arguments: Arguments,
        node: ast.AST,
        scope: Scope | None,
        holder: Made | None = None,
    ) -> Value:
        """Return what a call gives, and note what it does, as we were told.

        `holder` is the object whose method is called.
        """
        place, what = self._here(node, scope), f"{known.name}()"
        if known.runs:
            self.touched = True
            self._handles(what, place)
        early = self.project.target.first < (3, 14)
        effect = known.effect if early else known.effect_from_314
        origin: Origin | None = None
        if any(_is_given(arguments, *parameter) for parameter in known.unless):
            origin = Origin.UNKNOWN
        elif effect is Effect.CAPTURES:
            loop = self._current_loop(what, place)
            origin = loop.origin if isinstance(loop, Loop) else Origin.UNKNOWN
        elif effect is Effect.NEEDS_RUNNING:
            origin = self._running_loop(what, place, known.error, known.error_names)
        match known.kind:
            case Kind.COROUTINE:
                return Coroutine()
            case Kind.FUTURE:
                if effect is None and holder is not None:
                    # A method's future is bound to the loop that its object took.
                    origin = holder.origin
                return Future(origin or Origin.UNKNOWN, known.name, place)
        return Made(known.name, origin, known.kind)

    def _call_asyncio(
        self, name: str, does: Does, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        place, what = self._here(node, scope), f"{name}()"
        if does in (Does.RUNS, Does.GETS_LOOP) or "loop" in arguments.keywords:
            self.touched = True
        if name == "asyncio.wait":
            # What is wrong with it is wrong wherever the loop is run.
            self.touched = True
        loop = arguments.keywords.get("loop", NONE)
        match does:
            case Does.GETS_LOOP:
                return self._current_loop(what, place)
            case Does.GETS_RUNNING_LOOP:
                return Loop(self._running_loop(what, place))
            case Does.MAKES_LOOP if self._no_current and self._state is State.NO_LOOP:
                # What was the current loop up to Python 3.13 is one of its own, as idle as that.
                self._event(Effect.CAPTURES, what, place, caught=True)
                return Loop(Origin.CURRENT)
            case Does.MAKES_LOOP:
                return Loop(Origin.NEW)
            case Does.BINDS_FROM_314 if self.project.target.first < (3, 14):
                return Made(name)
            case Does.BINDS_FROM_314:
                return Made(name, self._bound_to(loop, arguments, what, place))
            case Does.SETS_LOOP:
                given = arguments.positional[0] if arguments.positional else UNKNOWN
                # Of a loop that is idle whichever way was taken, no more need be known.
                sure = isinstance(given, Loop) and (
                    not self._maybe or given.origin is Origin.CURRENT
                )
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
                # current_task() and all_tasks() take the loop that they look at.
                taken = [*arguments.positional, loop] if name in _LOOK_AT_LOOP else []
                if all(one == NONE for one in taken):
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
        idle = self._state in (State.NO_LOOP, State.THREAD)
        if not mine or self._running.count(function.node) or not idle:
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
                return call_mapping(owner, name, arguments, sure=not self._maybe)
            case Sequence():
                return self._call_sequence(owner, name, arguments)
            case Instance() if (base := _base_called(owner, name)) is not None:
                owner.attributes[name] = self._call_external(base, arguments, node, scope)
                return NONE
            case Made(name="asyncio.Runner"):
                self.touched = True
                self._make_current(owner)
                if name == "run" and arguments.positional:
                    self._handles("asyncio.Runner.run()", self._here(node, scope))
                    return self._run(arguments.positional[0])
                # That is the loop that it runs: no idle one, and not yet running.
                return Loop(Origin.UNKNOWN) if name == "get_loop" else UNKNOWN
            case Made(name=policy) if policy in asyncio_table.POLICIES:
                does = asyncio_table.POLICY_METHODS.get(name)
                what = f"asyncio.{name}"
                return (
                    UNKNOWN
                    if does is None
                    else self._call_asyncio(what, does, arguments, node, scope)
                )
            case Made() if (known := self.project.knowledge.of(f"{owner.name}.{name}")) is not None:
                return self._call_known(known, arguments, node, scope, holder=owner)
            case Made():
                if name in asyncio_table.AWAITABLE_METHODS.get(owner.name, ()):
                    return Coroutine()
                return UNKNOWN if owner.name.startswith("asyncio.") else Made(owner.name + "()")
        return UNKNOWN

    def _make_current(self, runner: Made) -> None:
        """Note that a runner made its loop, which is current from then on (finding 9)."""
        if runner.name == "asyncio.Runner":
            self._current = Const(None)

    def _call_loop(
        self, loop: Loop, name: str, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if name in asyncio_table.LOOP_FUTURES:
            return Future(loop.origin, f"loop.{name}", self._here(node, scope))
        if name in asyncio_table.LOOP_COROUTINES:
            return Coroutine()
        if name in _HANDLING:
            self._handles(f"loop.{name}()", self._here(node, scope))
        self.touched |= name == "run_until_complete"
        if name == "run_until_complete" and arguments.positional:
            return self._run(arguments.positional[0])
        if name in ("is_running", "is_closed") and loop.origin is Origin.CURRENT:
            self._asked |= name == "is_running"
            return Const(False)
        if name == "is_running" and loop.origin is Origin.RUNNING:
            return Const(True)
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
            case (
                ("setattr" | "object.__setattr__"),
                [Instance() as instance, Const(value=str(attribute)), value],
            ):
                self._set_attribute(instance, attribute, value)
                return NONE
            case (("setattr" | "object.__setattr__" | "vars"), [Instance(), *_]):
                escape(arguments)
                return UNKNOWN if name == "vars" else NONE
            case "type", [Instance(cls=cls)]:
                return cls
            case "super", [Class() as cls, (Instance() | Class()) as instance]:
                return Super(cls, instance)
            case "getattr", [Const(value=constant), Const(value=str(attribute)), default]:
                return UNKNOWN if hasattr(constant, attribute) else default
            case "type", [Const(value=constant)]:
                return External(f"builtins.{type(constant).__name__}")
            case "setattr" | "delattr", [Class() as cls, named, *_]:
                if isinstance(named, Const):
                    self._set_class_attribute(cls, str(named.value), UNKNOWN)
                else:
                    cls.wrapped = True
                return NONE
            case "setattr" | "delattr", [
                ModuleValue(module=module),
                Const(value=str(attribute)),
                *_,
            ]:
                self._patched.add((module.name, attribute))
                return NONE
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


def _is_given(arguments: Arguments, name: str, place: int | None) -> bool:
    """Say whether a parameter may have been given anything but its default."""
    if arguments.open:
        return True
    if place is not None and place < len(arguments.positional):
        return arguments.positional[place] != NONE
    return arguments.keywords.get(name, NONE) != NONE


def _base_called(instance: Instance, name: str) -> External | None:
    """Return the base class without source whose constructor `super().__init__` comes to."""
    return next((one for one in instance.cls.outside if name == f"<{one.name}>"), None)
