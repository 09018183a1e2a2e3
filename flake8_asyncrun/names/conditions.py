"""Which branch of an `if` the target takes, as far as Python versions or type checking decide."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping

from flake8_asyncrun.names.target import KNOWN, Target, Version

ABOUT_PYTHON = re.compile(r"sys\.version|version_info|python_version|hexversion|hasattr\(asyncio")
UNREADABLE = "python_version"
"""A condition about the version of which it is not known what it asks."""

_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Lt: operator.lt,  # type: ignore[dict-item]
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda one, other: one in other,  # type: ignore[operator]
    ast.NotIn: lambda one, other: one not in other,  # type: ignore[operator]
}
_PLATFORM = {"sys.platform": "linux", "os.name": "posix", "platform.system()": "Linux"}


Judge = Callable[[ast.expr], bool | None]
"""Says what a condition is, None where that is not known."""


def judge(test: ast.expr, target: Target) -> bool | None:
    """Return what `test` is on all Pythons of the target, None where it differs or is not known."""
    answers = {_on(test, version) for version in _versions(target)}
    return answers.pop() if len(answers) == 1 else None


def judge_elsewhere(test: ast.expr, target: Target) -> bool | None:
    """Return what `test` is in code that is not the user's to change.

    That is on the oldest Python of the target, on Linux: a branch for another is no reason to
    know nothing of a library.
    """
    return _on(test, target.first, _PLATFORM)


def is_type_checking(test: ast.expr) -> bool:
    """Say whether `test` holds for type checkers alone."""
    return isinstance(test, (ast.Name, ast.Attribute)) and _on(test, KNOWN[0]) is False


def narrow(test: ast.expr, target: Target, taken: bool) -> Target | None:
    """Return the part of the target on which `test` can be `taken`, None where there is none.

    A test that speaks of versions, or of what asyncio has, in a way that is not understood, leaves
    nothing: what it guards may not be meant for any Python of the target.
    """
    for part in _parts(test):
        is_understood = any(_on(part, version) is not None for version in KNOWN)
        if not is_understood and ABOUT_PYTHON.search(ast.unparse(part)):
            return None
    left = [version for version in _versions(target) if _on(test, version) in (taken, None)]
    return Target(left[0], left[-1]) if left else None


def _parts(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the conditions that `and`, `or` and `not` make one of."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _parts(operand)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _parts(value)
        case _:
            yield test


def _versions(target: Target) -> list[Version]:
    return [version for version in KNOWN if target.first <= version <= target.last]


def _on(test: ast.expr, version: Version, platform: Mapping[str, str] | None = None) -> bool | None:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            answer = _on(operand, version, platform)
            return None if answer is None else not answer
        case ast.BoolOp(op=op, values=values):
            answers = [_on(value, version, platform) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compare(left, op, right, version, platform or {})
        case ast.Call(
            func=ast.Attribute(value=subject, attr="startswith"),
            args=[ast.Constant(value=str(start))],
        ):
            name = (platform or {}).get(ast.unparse(subject))
            return None if name is None else name.startswith(start)
    return None


def _compare(
    left: ast.expr, op: ast.cmpop, right: ast.expr, version: Version, platform: Mapping[str, str]
) -> bool | None:
    compare = _COMPARE.get(type(op))
    if compare is None:
        return None
    one, other = (
        _version_of(side, version) or (platform.get(ast.unparse(side)) if platform else None)
        for side in (left, right)
    )
    if (one is None) == (other is None):
        return None
    if isinstance(op, (ast.In, ast.NotIn)) and not isinstance(one, str):
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
