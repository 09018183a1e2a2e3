"""Single calls on a loop that is run by hand, and what is known of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from flake8_asyncrun.core.capture import assigned_to
from flake8_asyncrun.core.model import Fix
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.names.values import Class, External, Function, Made, Method, Value
from flake8_asyncrun.names.variables import Variable


def called_on(call: cst.Call, method: str, file: File) -> list[cst.Call]:
    """Return the calls of a method of the loop that `call` gets, in order."""
    outer = file.source.parent(call)
    if isinstance(outer, cst.Attribute) and outer.attr.value == method:
        called = file.source.parent(outer)
        return [called] if isinstance(called, cst.Call) and called.func is outer else []
    variable = assigned_to(call, file)
    if variable is None:
        return []
    return [*_called_on_variable(variable, method, file)]


@per_file
def _called_on_variable(variable: Variable, method: str, file: File) -> tuple[cst.Call, ...]:
    uses = (method_call(name, file) for name in file.names_of(variable))
    return tuple(use for use in uses if use and method_of(use) == method)


def method_call(name: cst.Name, file: File) -> cst.Call | None:
    """Return the call of a method of what `name` stands for."""
    attribute = file.source.parent(name)
    if not isinstance(attribute, cst.Attribute) or attribute.value is not name:
        return None
    call = file.source.parent(attribute)
    return call if isinstance(call, cst.Call) and call.func is attribute else None


def method_of(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def with_own_loop(make: Callable[[], Fix], call: cst.Call, file: File) -> Callable[[], Fix]:
    """Return what makes a fix by which the code around `call` runs a loop of its own."""

    def made() -> Fix:
        named = (cst.FunctionDef, cst.ClassDef)
        holders = [one.name.value for one in file.parents(call) if isinstance(one, named)]
        return replace(make(), own_loop_in=holders[-1] if holders else "")

    return made


def puts_away(call: cst.Call, file: File) -> bool:
    """Say whether a call on the loop does what `asyncio.run` does at its end."""
    if method_of(call) == "run_until_complete" and isinstance(call.args[0].value, cst.Call):
        inner = call.args[0].value
        value = file.value(inner.func)
        methods = ("shutdown_asyncgens", "shutdown_default_executor")
        return isinstance(value, Method) and value.name in methods
    return method_of(call) == "close"


def is_open_book(callee: Value) -> bool:
    """Say whether it is known what a call does to the loop."""
    if isinstance(callee, Method):
        owner = callee.owner
        if isinstance(owner, Made):
            return owner.name.partition(".")[0] in sys.stdlib_module_names
        return not isinstance(owner, External) or owner.known
    if isinstance(callee, External):
        return callee.known
    return isinstance(callee, (Function, Class))


def asyncio_in(call: cst.Call, file: File) -> str:
    """Return by what name a call of asyncio's shows that the file has asyncio.

    Raises Refused where it shows none: `events.get_event_loop()` is there, `events.run()` is not.
    """
    if isinstance(call.func, cst.Attribute):
        module = file.value(call.func.value)
        if isinstance(module, External) and module.known and module.name == "asyncio":
            return file.source.text_of(call.func.value)
    raise Refused("`asyncio` itself is not imported")
