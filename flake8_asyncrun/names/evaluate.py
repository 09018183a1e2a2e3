"""The abstract interpreter: runs a file's code on values that stand for many, without running it.

It follows calls into the project and into installed packages, with their real arguments, under the
assumption that no loop runs (module level), that one does (coroutines), or that this is not known.
Whatever cannot be decided ends as UNKNOWN. Nothing is imported or executed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.externals import does, same
from flake8_asyncrun.names.flow import LONGEST_UNROLLED, Flow
from flake8_asyncrun.names.machine import Frame, Handed, OutOfBudget, Raised, State, Yielded
from flake8_asyncrun.names.nodes import children
from flake8_asyncrun.names.project import Module, with_packages
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import attributes_set_outside_init, is_dotted, parameters
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.values import (
    SOMETHING,
    UNKNOWN,
    Arguments,
    Class,
    Const,
    Coroutine,
    Effect,
    External,
    Function,
    Instance,
    Mapping,
    Sequence,
    Value,
    join,
)


class Interpreter(Flow):
    """Evaluates one file, `module`, and remembers what became of each of its expressions."""

    def run(self) -> None:
        """Evaluate the module's body, then each function that nothing in it called."""
        try:
            self._top_level(self._going_on)
            self.at_import = tuple(
                event for event in self._events if event.effect is Effect.CAPTURES
            )
            self._later = True
            untold: list[Function] = []
            entered: set[int] = set()
            while self._pending or untold:
                # Those of whom it is known where they run may call those of whom it is not.
                last = not self._pending
                if last:
                    told = (one for one in untold if id(one.node) in self._handed)
                    function = next(told, untold[0])
                    untold.remove(function)
                else:
                    function = self._pending.pop(0)
                if id(function.node) in self._evaluated:
                    continue
                state = self._state_of(function)
                if state is State.UNKNOWN and not last:
                    untold.append(function)
                else:
                    entered.add(id(function.node))
                    with self._going_on():
                        self._begin(function, state)
            for key, handed in self._handed.items():
                # What runs here, and where somebody else calls it, runs in both places.
                if key in self._evaluated and key not in entered and self._is_own(handed.function):
                    with self._going_on():
                        self._begin(handed.function, handed.state)
        except OutOfBudget:
            return
        except RecursionError:
            raise Unreadable("nested too deeply") from None

    def _top_level(self, around: Callable[[], AbstractContextManager[None]]) -> None:
        for statement in self.module.tree.body:
            # The program gets past its own checks, so a certain error is not what it seems.
            with suppress(Raised), around():
                self._statement(statement, self.root, Frame())

    def _is_set_by_import(self) -> bool:
        """Say whether a module of the project that is imported by now may have set a loop."""
        of = self._finding_out
        if of is self.module:
            # Of one that is imported itself, this is asked of each that it leads to.
            names = [] if self._is_imported else self._imports
        else:
            names = [*with_packages(of.name), *of.imports]
        led_to = [one for one in self.project.own_modules(names) if one.path != self.module.path]
        return any(one.names_setter for one in led_to) and any(map(self._sets_loop_at, led_to))

    def _sets_loop_at(self, module: Module) -> bool:
        """Say whether a module's own code may make a loop current while it is imported."""
        if module.sets_loop is None:
            module.sets_loop = False  # what a cycle finds
            with self.project.consulting() as consulted:
                module.sets_loop = Interpreter(self.project, module).makes_current()
            module.consulted |= consulted
        else:
            self.project.rests_on(module)
        return module.sets_loop

    def makes_current(self) -> bool:
        """Run the module's body as an import does; say whether it may make a loop current."""
        self._is_imported = True
        try:
            self._top_level(nullcontext)
        except (OutOfBudget, RecursionError):
            return True
        return self._current is not None

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """Go on after what was spent on code outside, but not where the file itself is too long."""
        try:
            yield
        except OutOfBudget:
            if self.is_cut_short:
                raise

    @property
    def handed(self) -> tuple[Handed, ...]:
        """The functions that were handed to somebody who calls them."""
        return tuple(self._handed.values())

    def signature(self, value: Function | Class) -> ast.arguments | None:
        """Return the parameters that a call takes, `self` included; None where none are written."""
        if isinstance(value, Class):
            made = self.constructor(value) or self._member(value, "__new__")
            return made.node.args if isinstance(made, Function) else None
        return value.node.args

    def constructor(self, cls: Class) -> Value | None:
        """Return the `__init__` that the class, or one above it, has in source."""
        return self._member(cls, "__init__")

    def methods(self, cls: Class) -> Iterator[tuple[str, Function]]:
        """Yield the functions that the body of a class, or of one above it, defines."""
        bodies = (one.pending.names if one.pending else one.members for one in cls.order)
        for name in dict.fromkeys(name for body in bodies for name in body):
            value = self._member(cls, name)
            if isinstance(value, Function):
                yield name, value

    def _state_of(self, function: Function) -> State:
        """Say where a function runs that nothing here calls: by what it is, or who was given it."""
        node = function.node
        if isinstance(node, ast.AsyncFunctionDef):
            return State.RUNNING
        handed = self._handed[id(node)].state if id(node) in self._handed else State.UNKNOWN
        if handed is not State.THREAD and not isinstance(node, ast.Lambda):
            scope = self._function_scope(function)
            for argument in parameters(node):
                scope.bind(argument.arg, UNKNOWN)
            # Who calls it from a cell has a loop running.
            if self._outermost is State.NO_LOOP and self._runs_a_loop(node, scope):
                return State.NO_LOOP
        return handed

    def _is_own(self, function: Function) -> bool:
        return function.scope.module is self.module

    def _begin(self, function: Function, state: State) -> None:
        """Evaluate a function that is called at an unknown time with unknown arguments."""
        node = function.node
        scope = self._function_scope(function)
        if function.owner is not None and function.role != "staticmethod":
            scope.instance = self._self_of(function)
        for index, argument in enumerate(parameters(node)):
            if index == 0 and scope.instance is not None:
                scope.bind(argument.arg, scope.instance)
            else:
                scope.bind(argument.arg, self._of_annotation(argument.annotation, function.scope))
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
                    with self._at_most(machine.CALL_BUDGET):
                        self._call_function(init.bind(instance), arguments, cls.node)
                except Raised:
                    return {}
                except OutOfBudget:
                    if not self._may_go_on:
                        raise
                    return {}
        set_elsewhere = attributes_set_outside_init(cls.node)
        # Constants and containers are where an object starts from, not what it stays.
        return {
            name: value
            for name, value in instance.attributes.items()
            if name not in set_elsewhere and not isinstance(value, (Const, Sequence, Mapping))
        }

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

    def _evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self._step(node, scope)
        # A part of an f-string stands, for Python 3.11 and before, where the whole does.
        mine = (
            self._recording
            and scope.module is self.module
            and not isinstance(node, ast.FormattedValue)
        )
        if not mine:
            return self._expression(node, scope)
        # A property's getter is a call, too.
        if not isinstance(node, (ast.Call, ast.Attribute)):
            value = self._within_budget(node, scope)
            self._record(node, value, ())
            return value
        before, self._events = self._events, []
        try:
            value = self._within_budget(node, scope)
            certain = [event for event in self._events if event.depth <= self._maybe]
            sure = tuple(event for event in certain if event.effect is not Effect.HANDLES)
            handling = tuple(event for event in self._events if event.effect is Effect.HANDLES)
            surely = tuple(event for event in certain if event.effect is Effect.HANDLES)
            self._record(node, value, sure, handling, surely)
            return value
        finally:
            before.extend(self._events)
            self._events = before

    def _within_budget(self, node: ast.expr, scope: Scope) -> Value:
        """Evaluate a node of the file itself; what is spent on code outside ends in "not known"."""
        maybe = self._maybe
        try:
            return self._expression(node, scope)
        except OutOfBudget:
            if self.is_cut_short or self._abroad is not None:
                raise
            self._maybe = maybe
            return UNKNOWN

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
                self._defaults(node, scope)
                function = Function(node, scope, scope.owner if scope.is_class else None)
                self._queue(function)
                return function
            case ast.Await(value=inner):
                awaited = self._evaluate(inner, scope)
                # Where one is kept under a name, it may be awaited again.
                self.touched |= isinstance(inner, ast.Name) and isinstance(awaited, Coroutine)
                return UNKNOWN
            case ast.Yield(value=inner) if self._stops_at_yield:
                if inner is not None:
                    self._evaluate(inner, scope)
                raise Yielded(self._current)
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
                for child in children(node):
                    if isinstance(child, ast.expr):
                        self._evaluate(child, scope)
                return SOMETHING if isinstance(node, ast.JoinedStr) else UNKNOWN

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
        judged = scope.module.judge(node)
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
            holds = right.holds(left.value) if isinstance(right, Mapping) else None
            return UNKNOWN if holds is None else Const(holds is isinstance(op, ast.In))
        return UNKNOWN

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        result = Mapping({})
        for key, inner in zip(node.keys, node.values, strict=True):
            value = self._evaluate(inner, scope)
            if key is None:
                if isinstance(value, Mapping) and not value.open:
                    for one, held in value.items.items():
                        result.put(one, held, sure=one not in value.perhaps)
                else:
                    result.forget()
                continue
            name = self._evaluate(key, scope)
            if isinstance(name, Const):
                result.put(name.value, value, sure=True)
            else:
                result.forget()  # it may be any of those before
        return result

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope
    ) -> Value:
        inner = Scope(scope.module, scope, owner=scope.owner, instance=scope.instance)
        self._drained.add(id(node.generators[0].iter))
        first = self._evaluate(node.generators[0].iter, scope)
        if (
            isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp))
            and len(node.generators) == 1
            and isinstance(first, Sequence)
            and not first.open
            and len(first.items) <= LONGEST_UNROLLED
        ):
            return self._each(node, first.items, inner)
        # What somebody else takes out later is evaluated then, whatever holds there.
        is_put_off = isinstance(node, ast.GeneratorExp) and id(node) not in self._drained
        state = State.UNKNOWN if is_put_off else self._state
        with self._undecided(), self._as(state):
            for generator in node.generators:
                iterated = (
                    first
                    if generator is node.generators[0]
                    else self._evaluate(generator.iter, inner)
                )
                self._assign(generator.target, self._one_of(iterated), inner)
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

    def _each(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp, items: list[Value], scope: Scope
    ) -> Value:
        """Run a comprehension over the items of a sequence, one by one."""
        generator = node.generators[0]
        mapping = Mapping({})
        sequence = Sequence("list" if isinstance(node, ast.ListComp) else "set", [])
        for item in items:
            self._assign(generator.target, item, scope)
            tests = [self._condition(test, scope) for test in generator.ifs]
            if False in tests:
                continue
            before = self._maybe
            self._maybe += None in tests
            if isinstance(node, ast.DictComp):
                key, value = self._evaluate(node.key, scope), self._evaluate(node.value, scope)
                if isinstance(key, Const):
                    mapping.put(key.value, value, sure=None not in tests)
                else:
                    mapping.forget()
            else:
                sequence.items.append(self._evaluate(node.elt, scope))
                sequence.open |= None in tests
            self._maybe = before
        return mapping if isinstance(node, ast.DictComp) else sequence
