"""All that a function, or a module, does with a loop that it gets and runs by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.by_hand import method_call, method_of, puts_away
from flake8_asyncrun.core.capture import assigned_alone
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.names.values import Class, Function
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True)
class ByHand:
    """A loop that a function, or a module, gets and runs by hand: the calls that do it."""

    gets: Sequence[cst.Call]
    """Of `get_event_loop()`; more than one where it is asked for again."""
    loop: Variable | None
    """What it is assigned to."""
    runs: Sequence[cst.Call]
    """Of `run_until_complete()`, with one argument."""
    forever: Sequence[cst.Call]
    """Of `run_forever()`."""
    away: Sequence[cst.Call]
    """What `asyncio.run` does by itself: `loop.close()` and the like."""


def by_hand(call: cst.Call, file: File) -> ByHand:
    """Return what is done by hand with the loop that `call` gets."""
    function = file.enclosing_function(call)
    gets: list[cst.Call] = []
    uses: list[cst.Call] = []
    variables: set[Variable] = set()
    if len(_names_of_loops(function, file)) > 1:
        raise Refused("the loop has more than one name")
    for get in gets_in(function, file):
        direct, variable = _direct_use(get, file), assigned_alone(get, file)
        if variable is not None:
            variables.add(variable)
        elif direct is not None and method_of(direct) in _BY_HAND:
            uses.append(direct)
        elif get is not call:
            continue
        gets.append(get)
    if call not in gets or len(variables) > 1:
        raise Refused("the loop has more than one name")
    loop = next(iter(variables), None)
    for name in () if loop is None else file.names_of(loop):
        use = method_call(name, file)
        outer = file.source.parent(file.source.parent(name) or name)
        if use is not None:
            uses.append(use)
        elif isinstance(outer, cst.Call) and file.callee(outer) == "asyncio.set_event_loop":
            uses.append(outer)
    binds = [] if loop is None else loop.bindings
    if loop is not None and len(binds) != sum(1 for get in gets if assigned_alone(get, file)):
        raise Refused(f"`{loop.name}` is bound more than once")
    away = [one for one in uses if method_of(one) == "set_event_loop" or _is_away(one, file)]
    runs = [one for one in uses if method_of(one) == "run_until_complete" and one.args]
    forever = [one for one in uses if method_of(one) == "run_forever"]
    return ByHand(gets, loop, [one for one in runs if one not in away], forever, away)


@per_file
def gets_in(function: cst.FunctionDef | cst.Lambda | None, file: File) -> Sequence[cst.Call]:
    """Return the calls of `get_event_loop()` in a function, or a module's own code, in order."""
    return _gets(file).get(function, ())


@per_file
def _gets(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]]:
    found: dict[cst.FunctionDef | cst.Lambda | None, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        if file.callee(call) == "asyncio.get_event_loop":
            found[file.enclosing_function(call)].append(call)
    return found


@per_file
def _names_of_loops(
    function: cst.FunctionDef | cst.Lambda | None, file: File
) -> frozenset[Variable]:
    """Return the variables that loops are assigned to which a function gets."""
    assigned = (assigned_alone(get, file) for get in gets_in(function, file))
    return frozenset(variable for variable in assigned if variable is not None)


_BY_HAND = ("close", "run_forever", "run_until_complete")


def _is_away(use: cst.Call, file: File) -> bool:
    return bool(use.args or method_of(use) == "close") and puts_away(use, file)


def _direct_use(get: cst.Call, file: File) -> cst.Call | None:
    """Return the call of a method of the loop that is got just for it."""
    attribute = file.source.parent(get)
    outer = None if attribute is None else file.source.parent(attribute)
    is_method = isinstance(attribute, cst.Attribute) and isinstance(outer, cst.Call)
    return outer if is_method and isinstance(outer, cst.Call) and outer.func is attribute else None


def is_once(node: cst.CSTNode, file: File, within: frozenset[cst.CSTNode] = frozenset()) -> bool:
    """Say whether a node is evaluated once at most; of a method, only what calls it by its name in
    this file is asked."""
    for parent in file.parents(node):
        if isinstance(parent, (cst.For, cst.While, cst.Lambda, cst.BaseComp, cst.ClassDef)):
            return False
        if isinstance(parent, cst.FunctionDef):
            name = parent.name.value
            calls = _calls_by_name(file).get(name, [])
            inside = parent in within or parent.decorators or len(calls) != 1
            return not inside and is_once(calls[0], file, within | {parent})
    return True


@per_file
def _calls_by_name(file: File) -> dict[str, list[cst.Call]]:
    found: dict[str, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        found[_called_as(call)].append(call)
    return found


def _called_as(call: cst.Call) -> str:
    return call.func.value if isinstance(call.func, cst.Name) else method_of(call)


CALLING = {"add_done_callback", "add_signal_handler", "call_at", "call_later", "call_soon"}
"""What gives a loop something to call."""


def is_called_by_loop(stop: cst.Attribute, file: File) -> bool:
    """Say whether `loop.stop`, or a lambda that calls it, is given to what the loop calls."""
    node = file.source.parent(stop)
    if isinstance(node, cst.Call) and node.func is stop and not node.args:
        function = file.source.parent(node)
        node = file.source.parent(function) if isinstance(function, cst.Lambda) else None
    call = file.source.parent(node) if isinstance(node, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return False
    return call.func.attr.value in CALLING


def check_stopped_by(stops: Sequence[cst.Attribute], file: File) -> None:
    """Refuse where something else may stop the loop, which ends `asyncio.run` with an error."""
    for node in file.attributes_called("stop"):
        if node not in stops:
            value = file.value(node)
            if not isinstance(value, (Function, Class)):
                raise Refused(f"line {file.place(node).line} may stop the loop")
