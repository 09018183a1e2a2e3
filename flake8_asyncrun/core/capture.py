"""Which calls of a file touch the loop themselves, and which runs then use what they made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.edits import only_argument
from flake8_asyncrun.core.model import Fix, Note
from flake8_asyncrun.core.rule import File, Refused, Run, descend
from flake8_asyncrun.core.wrap import into_coroutine, into_main
from flake8_asyncrun.names.machine import Event, State
from flake8_asyncrun.names.values import Const, Coroutine, Effect, Instance, loops_in
from flake8_asyncrun.names.variables import Variable


def constructs(call: cst.Call, file: File, effect: Effect) -> Event | None:
    """Return the event by which a call that makes an object touches the loop.

    None where it makes no object, where an argument touches the loop and not the call itself, where
    a loop may be running, and where the error is expected.
    """
    seen = file.seen(call)
    if seen is None or seen.state is not State.NO_LOOP:
        return None
    if not isinstance(seen.value, Instance) and not _is_library_call(call, file, effect):
        return None
    if _may_be_right(call, file):
        return None
    inner = [
        event
        for child in _calls_below(call)
        if (below := file.seen(child)) is not None
        for event in below.events
    ]
    events = (event for event in seen.events if event.effect is effect)
    return next((event for event in events if event not in inner), None)


# Cells that Jupyter wrote, or that editors send to it.
_CELL = re.compile(r"^# ?(?:%%|In\[[\d ]*\]:)|\bget_ipython\b", re.MULTILINE)


def _may_be_right(node: cst.CSTNode, file: File) -> bool:
    """Say whether a loop may run here after all, or the error is expected."""
    return (
        file.facts.loop_is_patched
        or _CELL.search(file.source.text) is not None
        or file.expects_error(node, "RuntimeError")
        or file.catches_all(node)
    )


@dataclass(frozen=True)
class Imported:
    """An object that is built where it is imported from, at the import."""

    alias: cst.ImportAlias
    name: str
    event: Event
    run: Run | None
    """The first run that uses it."""


def imported(statement: cst.ImportFrom, file: File, effect: Effect) -> Iterator[Imported]:
    """Yield what a statement at a module's top level imports that another module has built.

    Nothing where a loop may be running, and where the error is expected.
    """
    if file.enclosing_function(statement) or not isinstance(statement.names, Sequence):
        return
    if _may_be_right(statement, file):
        return
    for alias in statement.names:
        name = alias.evaluated_alias or alias.evaluated_name
        done = (one for one in file.facts.done_by_import(name) if one.effect is effect)
        event = next(done, None)
        bound = alias.asname.name if alias.asname else alias.name
        variable = file.variable(bound) if isinstance(bound, cst.Name) else None
        if event is None or variable is None:
            continue
        runs = (run for run in file.runs if not file.in_coroutine(run.call))
        run = next((run for run in runs if uses(run, variable, file)), None)
        yield Imported(alias, name, event, run)


def _is_library_call(call: cst.Call, file: File, effect: Effect) -> bool:
    """Say whether code elsewhere raises, or may give an object that keeps the loop."""
    if not file.facts.is_elsewhere(file.value(call.func)):
        return False
    return effect is Effect.NEEDS_RUNNING or not isinstance(file.value(call), (Const, Coroutine))


def using_run(call: cst.Call, file: File) -> tuple[Run, Variable | None] | None:
    """Return the first run that uses what a call makes, with the variable it comes through."""
    runs = [run for run in file.runs if not file.in_coroutine(run.call)]
    for run in runs:
        span, outer = file.span(call), file.span(run.argument)
        if outer.start <= span.start and span.end <= outer.end:
            return run, None
    variable = assigned_to(call, file)
    owner = _definition_around(call, file)
    if owner is not None:
        used = (run for run in runs if _uses_definition(run, owner, variable, file))
        return next(((run, variable) for run in used), None)
    if variable is None:
        return None
    parts = _made_with(variable, file)
    pairs = ((run, part) for run in runs for part in parts)
    return next((pair for pair in pairs if uses(*pair, file)), None)


def _definition_around(call: cst.Call, file: File) -> cst.ClassDef | cst.FunctionDef | None:
    """Return the class whose body, or the function whose defaults, make an object."""
    child: cst.CSTNode = call
    for parent in file.parents(call):
        if isinstance(parent, cst.ClassDef) and child is parent.body:
            return parent
        if isinstance(parent, cst.FunctionDef):
            return parent if child is parent.params else None
        child = parent
    return None


def _uses_definition(
    run: Run, owner: cst.ClassDef | cst.FunctionDef, variable: Variable | None, file: File
) -> bool:
    """Say whether a run comes to a function with its defaults, or to an attribute of a class."""
    reached = file.reached_by(run.argument)
    if isinstance(owner, cst.FunctionDef):
        return file.place(owner).line in reached
    return variable is not None and any(
        name == variable.name and any(True for _ in loops_in(value))
        for name, value in file.facts.attributes_in(reached)
    )


def _made_with(variable: Variable, file: File) -> list[Variable]:
    """Return a variable and those that are assigned something made with it."""
    found = [variable]
    for one in found:
        for name in file.names_of(one):
            for parent in file.parents(name):
                if isinstance(parent, cst.Call):
                    made = assigned_to(parent, file)
                    found += [made] if made is not None and made not in found else []
                if isinstance(parent, cst.BaseStatement):
                    break
    return found


def uses(run: Run, variable: Variable, file: File) -> bool:
    """Say whether a run's argument names a variable, or calls a coroutine that comes to name it."""
    outer = file.span(run.argument)
    reached = file.reached_by(run.argument)
    for name in file.names_of(variable):
        start = file.span(name).start
        if outer.start <= start < outer.end and _hands_on_loop(name, file):
            return True
    return any(reached & {*use.functions} for use in variable.uses if not use.binds)


def _hands_on_loop(name: cst.Name, file: File) -> bool:
    """Say whether more than a plain attribute of an object is used."""
    attribute = file.source.parent(name)
    if not isinstance(attribute, cst.Attribute):
        return True
    call = file.source.parent(attribute)
    called = isinstance(call, cst.Call) and call.func is attribute
    return called or any(True for _ in loops_in(file.value(attribute)))


_DISPLAYS = (cst.List, cst.Tuple, cst.Set, cst.Dict)


def assigned_to(call: cst.BaseExpression, file: File) -> Variable | None:
    """Return the variable that a call's value is assigned to: alone, in a display, or built in."""
    parent = file.source.parent(call)
    if isinstance(parent, (cst.BaseElement, cst.DictElement)):
        display = file.source.parent(parent)
        return assigned_to(display, file) if isinstance(display, _DISPLAYS) else None
    if isinstance(parent, cst.Arg):
        outer = file.source.parent(parent)
        is_made = isinstance(outer, cst.Call) and isinstance(file.value(outer), Instance)
        return assigned_to(cst.ensure_type(outer, cst.Call), file) if is_made else None
    target: cst.CSTNode | None = None
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
    elif isinstance(parent, cst.AnnAssign):
        target = parent.target
    return file.variable(target) if isinstance(target, cst.Name) else None


def build_inside(call: cst.Call, run: Run, variable: Variable | None, file: File) -> Fix:
    """Move what makes an object into the coroutine that uses it. Raises Refused."""
    if _definition_around(call, file) is not None:
        raise Refused("it is made with the class or the function, once for all that use it")
    outer = file.span(run.argument)
    direct = variable is None or any(
        outer.start <= file.source.offset(use.line, use.column) < outer.end for use in variable.uses
    )
    if direct:
        return into_main(
            file, run.call, run.argument, lambda text: [only_argument(file, run.call, text)]
        )
    called = file.value(run.argument)
    function = file.facts.own_function(called) if isinstance(called, Coroutine) else None
    node = None if function is None else file.function_at(function.node.lineno)
    if node is None or node.asynchronous is None or not isinstance(run.argument, cst.Call):
        raise Refused("the coroutine that uses it is not to be found")
    return into_coroutine(file, call, node, run.call)


def evidence(event: Event, file: File, what: str) -> tuple[Note, ...]:
    """Return notes for the calls that led to an event, and for the event."""
    own = bool(event.via) and event.via[0].path == file.source.path
    notes = [Note("through this call", place) for place in event.via[own:]]
    return (*notes, Note(f"{event.what} {what} here", event.place))


def _calls_below(node: cst.CSTNode) -> Iterator[cst.Call]:
    return (one for one in descend(node) if isinstance(one, cst.Call) and one is not node)
