"""For which Pythons code is meant, by the tests of the version around it and before it.

A test may ask the version itself, or a name that holds the answer, as `PY310`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.names import facts
from flake8_asyncrun.names.conditions import ABOUT_PYTHON, UNREADABLE
from flake8_asyncrun.names.target import Target

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import File

_FLAG = re.compile(
    r"(?i)(?<![a-z])py(thon)?_?((above|at_?least|before|below|from|ge|gt|is|le|lt|min|minimum|newer"
    r"|older|over|plus|since|under|v|ver|version)_?)*[23]|(?<![a-z])py(thon)?_?ver"
)
"""What a name looks like that holds a test of the version: "PY310", "IS_PYTHON_3", "HAS_PY3_12"."""

_DEEPEST = 5
"""Names that stand for one another."""


def left_by_guards(node: cst.CSTNode, file: File) -> Target | None:
    """Return the part of the target on which the flow can come to `node`, as far as tests of the
    version decide; None where there is none, or where a test cannot be read."""
    target: Target | None = file.target
    child = node
    for parent in file.parents(node):
        if target is None:
            return None
        if isinstance(parent, (cst.If, cst.IfExp)) and child is not parent.test:
            target = narrowed(parent.test, target, child is parent.body, file)
        elif isinstance(parent, cst.BooleanOperation) and child is parent.right:
            goes_on = isinstance(parent.operator, cst.And)
            target = narrowed(parent.left, target, goes_on, file)
        elif isinstance(parent, (cst.IndentedBlock, cst.Module)):
            start = file.span(child).start
            for earlier in _that_may_leave(parent, file):
                if target is not None and file.span(earlier).start < start:
                    target = _behind(earlier, target, file)
        child = parent
    return target


def narrowed(test: cst.BaseExpression, target: Target, taken: bool, file: File) -> Target | None:
    """Return the part of the target on which a condition can be `taken`, None where there is none
    or where it asks for the version in a way that cannot be read."""
    return facts.narrow(_written_out(test, file), target, taken)


def _written_out(test: cst.BaseExpression, file: File, depth: int = 0) -> str:
    """Return the text of a condition, with tests of the version in the place of their names."""
    if depth == 0 and test in file.tests:
        return file.tests[test]
    whole = file.span(test)
    data = file.source.data
    parts: list[bytes] = []
    end = whole.start
    for name in _names(test):
        stands_for = _stands_for(name, file, depth)
        if stands_for is not None:
            span = file.span(name)
            parts += [data[end : span.start], f"({stands_for})".encode()]
            end = span.end
    text = b"".join([*parts, data[end : whole.end]]).decode("utf-8", "surrogatepass")
    if depth == 0:
        file.tests[test] = text
    return text


def _names(test: cst.CSTNode) -> Iterator[cst.Name | cst.Attribute]:
    """Yield the names and the dotted names of a condition, in order."""
    stack = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_dotted(node)):
            yield node
        elif isinstance(node, cst.Arg):
            stack.append(node.value)
        else:
            stack.extend(reversed(children(node)))


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _stands_for(name: cst.Name | cst.Attribute, file: File, depth: int) -> str | None:
    """Return the test of the version that a name holds, UNREADABLE where it is not known which,
    and None for any other name."""
    last = name.attr.value if isinstance(name, cst.Attribute) else name.value
    if ABOUT_PYTHON.fullmatch(last) or ABOUT_PYTHON.search(file.source.text_of(name)):
        return None
    unknown = UNREADABLE if _FLAG.search(last) else None
    if isinstance(name, cst.Attribute):
        elsewhere = file.facts.holds_elsewhere(last, ABOUT_PYTHON, file.value(name.value))
        return UNREADABLE if elsewhere else unknown
    variable = file.variable(name)
    if variable is None:
        return unknown
    binds = variable.times_bound
    for one in file.names_of(variable):
        target = file.source.parent(one)
        statement = None if target is None else file.source.parent(target)
        if isinstance(target, cst.AnnAssign) and one is target.target:
            statement = target
        if not isinstance(statement, (cst.Assign, cst.AnnAssign)) or statement.value is None:
            continue
        if target is not statement and not isinstance(target, cst.AssignTarget):
            continue
        value = statement.value
        is_late = depth >= _DEEPEST or binds > 1
        text = file.source.text_of(value) if is_late else _written_out(value, file, depth + 1)
        if ABOUT_PYTHON.search(text):
            return UNREADABLE if is_late else text
        if text in ("True", "False") and _is_under_guard(statement, file):
            return UNREADABLE
    if file.facts.holds_elsewhere(variable.name, ABOUT_PYTHON):
        return UNREADABLE
    return unknown


def _is_under_guard(statement: cst.CSTNode, file: File) -> bool:
    """Say whether the version decides that a statement is come to, by a test or by an import."""
    for parent in file.parents(statement):
        if isinstance(parent, cst.If) and ABOUT_PYTHON.search(file.source.text_of(parent.test)):
            return True
        if isinstance(parent, cst.Try) and parent.handlers:
            tried = file.source.text_of(parent.body)
            expected = " ".join(
                file.source.text_of(one.type) for one in parent.handlers if one.type is not None
            )
            if "asyncio" in tried and re.search("ImportError|AttributeError", expected):
                return True
    return False


# ---------------------------------------------------------------------- what is left before

_Leaving = cst.If | cst.Assert


def _that_may_leave(block: cst.IndentedBlock | cst.Module, file: File) -> tuple[_Leaving, ...]:
    """Return the statements of a block, in order, behind which the flow comes on some Pythons
    only."""
    if block not in file.leaving:
        file.leaving[block] = tuple(_find_leaving(block, file))
    return file.leaving[block]


def _find_leaving(block: cst.IndentedBlock | cst.Module, file: File) -> Iterator[_Leaving]:
    for statement in block.body:
        if isinstance(statement, cst.If):
            tests = [test for test, _ in _branches(statement) if test is not None]
            leaves = any(_leaves(suite) for _, suite in _branches(statement))
            if leaves and any(ABOUT_PYTHON.search(_written_out(one, file)) for one in tests):
                yield statement
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Assert) and ABOUT_PYTHON.search(
                    _written_out(small.test, file)
                ):
                    yield small


def _behind(statement: _Leaving, target: Target, file: File) -> Target | None:
    """Return the part of the target on which the flow comes behind a statement."""
    if isinstance(statement, cst.Assert):
        return narrowed(statement.test, target, True, file)
    rest: Target | None = target
    on: list[Target] = []
    for test, suite in _branches(statement):
        taken = rest
        if test is not None and rest is not None:
            taken, rest = (narrowed(test, rest, way, file) for way in (True, False))
            if taken is None and rest is None:
                return None
        elif test is None:
            rest = None
        if taken is not None and not _leaves(suite):
            on.append(taken)
    on += [] if rest is None else [rest]
    if not on:
        return None
    return Target(min(one.first for one in on), max(one.last for one in on))


def _branches(test: cst.If) -> Iterator[tuple[cst.BaseExpression | None, cst.BaseSuite]]:
    """Yield the conditions of an `if`, None for its `else`, with what stands under each."""
    yield test.test, test.body
    if isinstance(test.orelse, cst.If):
        yield from _branches(test.orelse)
    elif test.orelse is not None:
        yield None, test.orelse.body


_ENDS = ("_exit", "abort", "exit", "fail", "quit", "skip", "skipTest")


def _leaves(suite: cst.BaseSuite) -> bool:
    """Say whether a suite ends in a statement that does not go on behind it."""
    last: cst.CSTNode = suite.body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    if isinstance(last, (cst.With, cst.Try)):
        return _leaves(last.body)
    if isinstance(last, cst.Expr) and isinstance(last.value, cst.Call):
        called = last.value.func
        name = called.attr if isinstance(called, cst.Attribute) else called
        return isinstance(name, cst.Name) and name.value in _ENDS
    return isinstance(last, (cst.Return, cst.Raise, cst.Continue, cst.Break))
