"""Which branch of an `if` the target takes, as far as Python versions or type checking decide."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from flake8_asyncrun.names.target import KNOWN, Target, Version

_ABOUT_PYTHON = re.compile(r"sys\.version|version_info|python_version|hexversion|hasattr\(asyncio")
_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Lt: operator.lt,  # type: ignore[dict-item]
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def judge(test: ast.expr, target: Target) -> bool | None:
    """Return what `test` is on all Pythons of the target, None where it differs or is not known."""
    answers = {_on(test, version) for version in _versions(target)}
    return answers.pop() if len(answers) == 1 else None


def narrow(test: ast.expr, target: Target, taken: bool) -> Target | None:
    """Return the part of the target on which `test` can be `taken`, None where there is none.

    A test that speaks of versions, or of what asyncio has, in a way that is not understood, leaves
    nothing: what it guards may not be meant for any Python of the target.
    """
    is_understood = any(_on(test, version) is not None for version in KNOWN)
    if not is_understood and _ABOUT_PYTHON.search(ast.unparse(test)):
        return None
    left = [version for version in _versions(target) if _on(test, version) in (taken, None)]
    return Target(left[0], left[-1]) if left else None


def _versions(target: Target) -> list[Version]:
    return [version for version in KNOWN if target.first <= version <= target.last]


def _on(test: ast.expr, version: Version) -> bool | None:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            answer = _on(operand, version)
            return None if answer is None else not answer
        case ast.BoolOp(op=op, values=values):
            answers = [_on(value, version) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compare(left, op, right, version)
    return None


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr, version: Version) -> bool | None:
    compare = _COMPARE.get(type(op))
    if compare is None:
        return None
    one, other = _version_of(left, version), _version_of(right, version)
    if (one is None) == (other is None):
        return None
    try:
        if one is None:
            one = ast.literal_eval(left)
        else:
            other = ast.literal_eval(right)
        return compare(one, other)
    except (ValueError, TypeError):
        return None


def _version_of(node: ast.expr, version: Version) -> object:
    match node:
        case (
            ast.Attribute(value=ast.Name(id="sys"), attr="version_info")
            | ast.Name(id="version_info")
        ):
            # Longer than what people compare it with, as the real one is.
            return (*version, 99, "final", 0)
        case ast.Subscript(
            value=value,
            slice=ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Constant(value=int(end))),
        ):
            whole = _version_of(value, version)
            return whole[:end] if isinstance(whole, tuple) else None
        case ast.Subscript(value=value, slice=ast.Constant(value=int(index))):
            whole = _version_of(value, version)
            return whole[index] if isinstance(whole, tuple) and -5 <= index < 5 else None
        case ast.Attribute(value=value, attr="major" | "minor" as part):
            whole = _version_of(value, version)
            return whole[part == "minor"] if isinstance(whole, tuple) else None
    return None
