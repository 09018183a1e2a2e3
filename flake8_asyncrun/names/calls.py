"""Calls of what has source, with their arguments."""

from __future__ import annotations

import ast

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.context import handed_on, hands_on_loop
from flake8_asyncrun.names.externals import escape
from flake8_asyncrun.names.knowledge import Known
from flake8_asyncrun.names.machine import (
    BY_THREAD,
    DEEPEST_CALL,
    Frame,
    Left,
    OutOfBudget,
    Raised,
    State,
    Yielded,
)
from flake8_asyncrun.names.objects import Objects
from flake8_asyncrun.names.project import Module
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import drains, is_stub, may_be_awaitable, returns_of
from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    AsyncGenerator,
    Class,
    Const,
    Coroutine,
    Effect,
    External,
    Function,
    Generator,
    GeneratorCoroutine,
    Instance,
    Kind,
    Made,
    Managed,
    Mapping,
    Method,
    Partial,
    Sequence,
    Super,
    Value,
    is_generator,
    join,
    kind_of,
)


def _abroad(function: Value, module: Module) -> bool:
    return isinstance(function, (Function, Class)) and function.scope.module is not module


class Calls(Objects):
    """Follows calls."""

    def _positional(self, nodes: list[ast.expr], scope: Scope) -> Arguments:
        arguments = Arguments()
        for node in nodes:
            if not isinstance(node, ast.Starred):
                arguments.positional.append(self._evaluate(node, scope))
                continue
            self._drained.add(id(node.value))
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
        if drains(node.func):
            self._drained.update(map(id, node.args))
        arguments = self._positional(node.args, scope)
        for keyword in node.keywords:
            value = self._evaluate(keyword.value, scope)
            if keyword.arg is not None:
                arguments.keywords[keyword.arg] = value
            elif isinstance(value, Mapping):
                arguments.keywords.update(
                    (key, UNKNOWN if key in value.perhaps else inner)
                    for key, inner in value.items.items()
                    if isinstance(key, str)
                )
                arguments.open |= value.open
                arguments.named |= value.open
            else:
                arguments.open = arguments.named = True
        own = self._recording and scope.module is self.module
        if own and isinstance(function, (Function, Class)) and _abroad(function, self.module):
            return self._call_abroad(function, arguments, node, scope)
        return self._call(function, arguments, node, scope)

    def _call_abroad(
        self, function: Function | Class, arguments: Arguments, node: ast.Call, scope: Scope
    ) -> Value:
        """Follow a call that leaves the file: its cost must not starve the rest of the file."""
        again = function.node in self._too_long
        budget = machine.AGAIN_BUDGET if again else machine.CALL_BUDGET
        before, left = (self._abroad, self._abroad_depth), self._left
        events, count, depth = self._events, len(self._events), self._maybe
        self._abroad, self._abroad_depth = max(left - budget, 0), self._maybe
        try:
            return self._call(function, arguments, node, scope)
        except Raised as raised:
            if raised.place is None or self._expects(raised.name):
                raise
            return UNKNOWN
        except (OutOfBudget, RecursionError):
            if self.is_cut_short:
                raise
            # What certainly came about until then did come about.
            self._events, self._maybe = events, depth
            if len(events) == count:
                self._too_long.add(function.node)
            if (
                isinstance(function, Class)
                and not function.opaque
                and not function.defines("__new__")
            ):
                return Instance(function, exact=False)
            return UNKNOWN
        finally:
            self._abroad, self._abroad_depth = before

    def _call(
        self, function: Value, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value:
        if (
            isinstance(function, (Function, Class))
            and (function.name in self._told_names or self.project.knowledge.told.names)
            and (known := self._what_is_told(function)) is not None
        ):
            return self._call_as_told(known, function, arguments, node, scope)
        if hands_on_loop(function, arguments):
            self._handles(BY_THREAD, self._here(node, scope))
        for handed in handed_on(function, arguments):
            self._hand(handed)
        if not isinstance(function, (Function, Class)):
            enters = isinstance(function, Method) and function.name == "enter_context"
            for one in arguments.positional:
                # Whoever has no source may enter it, as ExitStack does.
                if enters or isinstance(one, Managed):
                    self._enter(one, node, scope)
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
                escape(arguments)
                return UNKNOWN

    def _call_function(
        self, function: Function, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value:
        body = function.node
        if function.gives == "contextmanager":
            is_plain = isinstance(body, ast.FunctionDef)
            return Managed(function, arguments) if is_plain else SOMETHING
        if isinstance(body, ast.AsyncFunctionDef):
            return (
                AsyncGenerator(function) if is_generator(body) else Coroutine(function, arguments)
            )
        if function.gives == "coroutine":
            return Coroutine()
        if is_generator(body):
            generator_coroutine = function.gives == "types.coroutine"
            return GeneratorCoroutine() if generator_coroutine else Generator(function)
        bound = function.bound
        if isinstance(bound, Instance) and not bound.exact and is_stub(function):
            return self._of_annotation(returns_of(body), function.scope)
        if function.scope.module.is_stub:
            return self._of_annotation(returns_of(body), function.scope)
        if len(self._running) > DEEPEST_CALL or self._running.count(body) > 1:
            return self._of_annotation(returns_of(body), function.scope)
        inner = self._function_scope(function)
        self._bind_parameters(function, arguments, inner)
        self._via.append(self._here(node, scope))
        self._through.append(function.title)
        before = self._maybe
        later, self._later = self._later, self._later and function.scope.module is self.module
        asked, self._asked = self._asked, False
        no_current, self._no_current = self._no_current, False
        catching, self._catching_outside = self._catching_outside, len(self._catching)
        try:
            result = self._body(function, inner)
            if result is UNKNOWN:
                return self._of_annotation(returns_of(body), function.scope)
            if isinstance(bound, Instance) and not bound.exact and may_be_awaitable(body):
                return UNKNOWN if kind_of(result) is Kind.OTHER else result
            return result
        except Raised as raised:
            if raised.place is None or self._expects(raised.name):
                raise
            if self._asked and self._state is State.NO_LOOP:
                return self._as_if_running(raised, function, arguments)
            if self._abroad is None or self._maybe > self._abroad_depth:
                raise
            # The program gets past its own checks, so a certain error is not what it seems.
            return UNKNOWN
        finally:
            self._asked |= asked
            self._no_current = no_current
            self._catching_outside = catching
            self._maybe = before
            self._later = later
            self._via.pop()
            self._through.pop()

    def _enter(self, manager: Value, node: ast.AST, scope: Scope | None) -> Value:
        """Enter a context manager as `with` does; return what that gives, if it has source."""
        if isinstance(manager, Managed):
            self._enter_generator(manager)
        elif isinstance(manager, Instance):
            member = self._member(manager.cls, "__enter__")
            if isinstance(member, Function):
                return self._call_function(member.bind(manager), Arguments(), node, scope)
        return UNKNOWN

    def _enter_generator(self, manager: Managed) -> None:
        """Note whether a generator may make a loop current before it yields."""
        body = manager.function.node
        deep = len(self._running) > DEEPEST_CALL or self._running.count(body) > 1
        if deep or isinstance(body, ast.Lambda):
            return
        inner = self._function_scope(manager.function)
        before = current = self._current
        depth, stopping, left = self._maybe, self._stops_at_yield, self._left
        budget = self._abroad, self._abroad_depth
        if self._abroad is None and _abroad(manager.function, self.module):
            self._abroad, self._abroad_depth = max(left - machine.CALL_BUDGET, 0), depth
        self._stops_at_yield = True
        self._running.append(body)
        try:
            with self._quiet(), self._in(self._state, before):
                self._bind_parameters(manager.function, manager.arguments, inner)
                try:
                    self._block(body.body, inner, Frame())
                    current = self._current
                except Yielded as yielded:
                    current = yielded.current
                except Raised:
                    current = self._current
        except (OutOfBudget, RecursionError):
            if self._left < 0 or budget[0] is not None:
                raise
        finally:
            self._running.pop()
            self._maybe, self._stops_at_yield = depth, stopping
            self._abroad, self._abroad_depth = budget
        if current is not before:
            # When the generator goes on, at the end, there may be none again.
            self._current = Const(None)

    def what_it_gives(self, value: Value) -> Known | None:
        """Return what we were told that a call of `value` gives, None where it is not told."""
        match value:
            case Function():
                return self._what_is_told(value)
            case External(known=False, name=name):
                return self.project.knowledge.of(name)
            case Method(owner=Made(name=owner), name=name):
                return self.project.knowledge.of(f"{owner}.{name}")
        return None

    def _what_is_told(self, value: Function | Class) -> Known | None:
        """Return what we were told of a function or class, over what its source says."""
        knowledge = self.project.knowledge
        if self._told is None:
            self._told = {}
            for name in knowledge.told.names:
                named = self._dotted(name)
                known = knowledge.told.of(name)
                if isinstance(named, (Function, Class)) and known is not None:
                    self._told[id(named.node)] = known
        told = self._told.get(id(value.node)) or knowledge.of_source(value.qualified)
        if told is None and isinstance(value, Class):
            # A class that inherits its constructor is built like the one that has it.
            init = self._member(value, "__init__")
            if not isinstance(init, Function) or init.owner is None:
                return None
            told = self._what_is_told(init)
            return told or (None if init.owner is value else self._what_is_told(init.owner))
        return told

    def _call_as_told(
        self,
        known: Known,
        function: Function | Class,
        arguments: Arguments,
        node: ast.AST,
        scope: Scope | None,
    ) -> Value:
        if isinstance(function, Function) and not known.safe:
            escape(arguments)
        if known.safe or isinstance(function, Class):
            with self._quiet():
                value = (
                    self._instantiate(function, arguments, node, scope)
                    if isinstance(function, Class)
                    else self._call_function(function, arguments, node, scope)
                )
        if known.safe:
            return value
        told = self._call_known(known, arguments, node, scope)
        if isinstance(function, Class) and isinstance(value, Instance):
            value.attributes[f"<{known.name}>"] = told
            return value
        return told

    def _as_if_running(self, raised: Raised, function: Function, arguments: Arguments) -> Value:
        """Return what a call gives while a loop runs, where without one it ends in `raised`.

        Raises that error where it comes about all the same.
        """
        scope = self._function_scope(function)
        self._bind_parameters(function, arguments, scope)
        with self._quiet(), self._in(State.RUNNING, None):
            value = self._body(function, scope)
        assert raised.place is not None
        error = raised.text or raised.name
        self._event(Effect.NEEDS_RUNNING, f"{function.name}()", raised.place, error)
        return value

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
            try:
                left = self._block(node.body, scope, frame)
            except Raised:
                if not frame.may_have_left:
                    raise
                left = Left.RETURN  # on the other ways
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
