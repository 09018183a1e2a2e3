"""Which calls of a loop's `run_until_complete` are decided by what they are given."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.capture import assigned_to, takes_current_loop
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.errors import R2, T1
from flake8_asyncrun.core.rule import File, Run, per_file
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.target import Version
from flake8_asyncrun.names.values import Loop, Method, Origin
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True, kw_only=True)
class Completion(Run):
    """A call of a loop's `run_until_complete`, with what it is handed."""

    loop: Loop
    is_got: bool
    """Whether the loop is the current one where there is none: Python 3.14 and later fail there."""


@per_file
def completes_as_given(call: cst.Call, file: File) -> Completion | None:
    """Return `call` as one of `run_until_complete` whose argument decides what happens.

    None where it fails whatever it is given (a loop runs already, or the loop is not there on any
    Python), where the error is expected, or where a package changes what loops take.
    """
    method = file.value(call.func)
    if not (isinstance(method, Method) and method.name == "run_until_complete"):
        return None
    loop = method.owner
    if not isinstance(loop, Loop) or loop.origin is Origin.RUNNING or len(call.args) != 1:
        return None
    given, seen = call.args[0], file.seen(call)
    if given.star or (given.keyword is not None and given.keyword.value != "future"):
        return None
    if seen is None or seen.state in (State.RUNNING, State.THREAD) or file.in_coroutine(call):
        return None
    if file.facts.loop_is_patched or file.facts.replaces_names or file.has_cells:
        return None
    if file.expects_error(call, "ValueError", "TypeError", "RuntimeError"):
        return None
    is_got = False
    if loop.origin is Origin.CURRENT:
        getter = _getter(call, file)
        if getter is None or earlier_run(getter, file) is not None:
            return None
        is_got = takes_current_loop(getter, file) is not None
    return Completion(call, given.value, loop=loop, is_got=is_got)


def refused_by(run: Run) -> tuple[tuple[Version, str], ...]:
    """Return what `run_until_complete` says, by Python, of what cannot be awaited; () for a run of
    another kind."""
    if not isinstance(run, Completion):
        return ()
    return (((3, 7), T1), ((3, 14), R2)) if run.is_got else (((3, 7), T1),)


def _getter(call: cst.Call, file: File) -> cst.Call | None:
    """Return the only call that the loop comes from on which a call is."""
    owner = call.func.value if isinstance(call.func, cst.Attribute) else None
    if isinstance(owner, cst.Call):
        return owner
    variable = file.variable(owner) if isinstance(owner, cst.Name) else None
    if variable is None or not variable.is_bound_once:
        return None
    return _first_assigned(file).get(variable)


@per_file
def _first_assigned(file: File) -> dict[Variable | None, cst.Call]:
    """Return the first call that is assigned to each variable."""
    found: dict[Variable | None, cst.Call] = {}
    for call in file.calls():
        found.setdefault(assigned_to(call, file), call)
    return found
