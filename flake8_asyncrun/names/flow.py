"""Statements, and the ways that the flow takes through them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from flake8_asyncrun.names.externals import unresolved
from flake8_asyncrun.names.machine import Event, Frame, Left, Raised
from flake8_asyncrun.names.outside import Outside
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import (
    assigned_in,
    catches,
    expected_by,
    has_break,
    last_name,
    names_caught,
    nonlocals,
    takes_all,
    text_of_raise,
)
from flake8_asyncrun.names.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Effect,
    Instance,
    Made,
    Mapping,
    ModuleValue,
    Sequence,
    Value,
)

LONGEST_UNROLLED = 32
"""Turns of a loop over values that are known, which are run one by one."""


class Flow(Outside):
    """Runs statements."""

    def _condition(self, test: ast.expr, scope: Scope) -> bool | None:
        judged = scope.module.judge(test)
        value = self._evaluate(test, scope)
        return value.truth if judged is None else judged

    def _block(self, body: list[ast.stmt], scope: Scope, frame: Frame) -> Left:
        for statement in body:
            left = self._statement(statement, scope, frame)
            if left is not Left.NOT:
                return left
        return Left.NOT

    def _statement(self, node: ast.stmt, scope: Scope, frame: Frame) -> Left:
        self._step(node, scope)
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
                rest: list[list[ast.stmt]] = [] if takes_all(cases[-1]) else [[]]
                return self._branches([case.body for case in cases] + rest, scope, frame)
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
                self._imports += scope.module.led_to(node)
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                    self._stars.append(node)
                    self._bind_anew(node, scope)
                if isinstance(node, ast.ImportFrom) and scope is self.root:
                    base = scope.module.absolute(node.module, node.level)
                    for alias in node.names:
                        self.imported[alias.asname or alias.name] = (base, alias.name)
                for name, imported in self._imported(node, scope.module):
                    missing = unresolved(imported) and scope.module is not self.module
                    if missing and self._expects("ModuleNotFoundError"):
                        raise Raised("ModuleNotFoundError", self._place(node, scope.module))
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
                    self._delete(target, scope)
        return Left.NOT

    def _bind_anew(self, star: ast.ImportFrom, scope: Scope) -> None:
        """Give names that are bound already what a star import makes of them."""
        base = scope.module.absolute(star.module, star.level)
        if isinstance(self._module_value(base), ModuleValue):
            for name in list(scope.values):
                value = self._from_stars([star], scope.module, name)
                if value is not None:
                    scope.bind(name, value)

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
        name = "RuntimeError" if node.exc is None else last_name(node.exc)
        raise Raised(name, self._place(node, scope.module), text=text_of_raise(node))

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
                    self._set_class_attribute(instance, name, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for index, element in enumerate(elements):
                    starred = isinstance(element, ast.Starred)
                    part = UNKNOWN if starred else self._item(value, Const(index))
                    self._assign(element.value if starred else element, part, scope)  # type: ignore[attr-defined]
            case ast.Subscript(value=inner, slice=index_node):
                owner_value = self._evaluate(inner, scope)
                index_value = self._evaluate(index_node, scope)
                if isinstance(owner_value, Mapping) and isinstance(index_value, Const):
                    owner_value.put(index_value.value, value, sure=not self._maybe)
                elif isinstance(owner_value, Mapping):
                    owner_value.forget()
                elif isinstance(owner_value, Sequence):
                    owner_value.open = True

    def _delete(self, target: ast.expr, scope: Scope) -> None:
        if not isinstance(target, ast.Subscript):
            self._assign(target, UNKNOWN, scope)
            return
        owner, index = self._evaluate(target.value, scope), self._evaluate(target.slice, scope)
        if isinstance(owner, Mapping) and isinstance(index, Const):
            owner.drop(index.value, sure=not self._maybe)
        elif isinstance(owner, Mapping):
            owner.forget()
        elif isinstance(owner, Sequence):
            owner.items.clear()
            owner.open = True

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
        depth, done = self._maybe, self._events
        events: list[list[Event]] = []
        possible: list[list[Event]] = []
        for block in blocks:
            scope.values = dict(start)
            self._events = []
            events.append(self._events)
            with self._undecided():
                before = self._maybe
                try:
                    left = self._block(block, scope, frame)
                except Raised as raised:
                    left = Left.RAISE
                    if not _is_own(raised, block, scope):
                        # What is called raises, as far as we know: it may not, and then return.
                        frame.returned.append(UNKNOWN)
                        possible.append(self._events)
                self._maybe = before
            ways.append(left)
            if left is not Left.RAISE:
                possible.append(self._events)
            if left is Left.NOT:
                ends.append(scope.values)
        self._events = done
        for one in events:
            done += one
        done += _on_all_ways(possible, depth)
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
            if (
                isinstance(node, ast.For)
                and scope.module is not self.module
                and isinstance(iterated, Sequence)
                and not iterated.open
                and len(iterated.items) <= LONGEST_UNROLLED
                and not has_break(node)
            ):
                return self._unrolled(node, iterated.items, scope, frame)
            once = isinstance(iterated, Sequence) and iterated.truth is True
            self._assign(node.target, self._one_of(iterated), scope)
        start = scope.snapshot()
        for name in assigned_in(node):
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
        if has_break(node):
            return self._branches([node.orelse, []], scope, frame)
        if isinstance(node, ast.While) and once:
            return Left.RAISE if not frame.returned else Left.RETURN
        return self._block(node.orelse, scope, frame)

    def _unrolled(self, node: ast.For, items: list[Value], scope: Scope, frame: Frame) -> Left:
        for item in items:
            self._assign(node.target, item, scope)
            left = self._block(node.body, scope, frame)
            if left not in (Left.NOT, Left.LOOP):
                return left
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
            self._no_current |= raised.no_current
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
            entered = self._entered(value, node, scope)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, entered, scope)
        self._catching.append(handled)
        try:
            return self._block(node.body, scope, frame)
        except Raised as raised:
            if catches(handled, raised.name):
                self._no_current |= raised.no_current
                return Left.NOT
            raise
        finally:
            self._catching.pop()

    def _entered(self, value: Value, node: ast.With | ast.AsyncWith, scope: Scope) -> Value:
        if isinstance(value, Made):
            self._make_current(value)
            return value
        return self._enter(value, node, scope) if isinstance(node, ast.With) else UNKNOWN


def _on_all_ways(ways: list[list[Event]], depth: int) -> Iterator[Event]:
    """Yield an event for each effect that comes about whichever way is taken."""
    for effect in Effect:
        first = [
            next((one for one in events if one.effect is effect and one.depth <= depth + 1), None)
            for events in ways
        ]
        if first and first[0] is not None and all(first):
            yield replace(first[0], depth=depth)


def _is_own(raised: Raised, block: list[ast.stmt], scope: Scope) -> bool:
    """Say whether it is a statement of a block that raises, or asyncio on its behalf."""
    place = raised.place
    if place is None:
        return True
    last = block[-1].end_lineno or block[-1].lineno
    return place.path == scope.module.path and block[0].lineno <= place.line <= last
