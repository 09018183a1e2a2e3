"""Which calls of a file touch the loop themselves, and which runs then use what they made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.edits import only_argument
from flake8_asyncrun.core.model import Fix, Note, Place
from flake8_asyncrun.core.rule import File, Refused, Run, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import into_coroutine, into_main, spot_of
from flake8_asyncrun.names.asyncio_table import AT_REST, KEEPERS, POLICIES
from flake8_asyncrun.names.machine import BY_THREAD, Event, Seen, State
from flake8_asyncrun.names.shapes import DRIVES, drives_loop, minds_no_loop
from flake8_asyncrun.names.values import (
    UNKNOWN,
    Const,
    Coroutine,
    Effect,
    External,
    Function,
    Future,
    Instance,
    Kind,
    Loop,
    Origin,
    Something,
    Value,
    kind_of,
    loops_in,
)
from flake8_asyncrun.names.values import Sequence as Collected
from flake8_asyncrun.names.variables import Variable


def constructs(call: cst.Call, file: File, effect: Effect) -> Event | None:
    """Return the event by which a call that makes an object touches the loop.

    None where it makes no object, where an argument touches the loop and not the call itself, where
    a loop may be running, and where the error is expected.
    """
    seen = file.seen(call)
    if seen is None or seen.state is not State.NO_LOOP or _has_thread(seen):
        return None
    if not isinstance(seen.value, Instance) and not _is_library_call(call, file, effect):
        return None
    if may_be_right(call, file):
        return None
    return next((event for event in own_events(call, file) if event.effect is effect), None)


def own_events(call: cst.Call, file: File) -> Iterator[Event]:
    """Yield what a call does to the loop itself, and not one in it."""
    events = _events(call, file)
    inner = [
        event for child in (_calls_below(call) if events else ()) for event in _events(child, file)
    ]
    for event in events:
        if not _is_keepers(event) and event not in inner:
            yield event


def is_made_by_constructor(call: cst.Call, event: Event, file: File) -> bool:
    """Say whether a call stands in what makes an object, and the event is told of there."""
    around = {*file.parents(call)}
    return any(one not in around for one in _makers(file).get(event.place, ()))


@per_file
def _makers(file: File) -> dict[Place, list[cst.Call]]:
    """Return the calls that make objects, by where they touch the loop."""
    found: dict[Place, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        seen = file.seen(call)
        if seen is not None and isinstance(seen.value, Instance):
            for place in {event.place for event in seen.events}:
                found[place].append(call)
    return found


def _is_keepers(event: Event) -> bool:
    """Say whether a lock or a queue takes the loop, up to Python 3.9: it may never ask for it."""
    return event.what.removesuffix("()") in KEEPERS


def future_held_by(value: Value) -> Future | None:
    """Return a future made outside that a coroutine of asyncio's was given."""
    if not isinstance(value, Coroutine):
        return None
    parts = [*value.holds]
    for part in parts:
        parts += getattr(part, "items", [])
        if isinstance(part, Future) and part.origin is not Origin.UNKNOWN:
            return part
    return None


def default_around(
    call: cst.Call, file: File
) -> tuple[cst.FunctionDef | cst.Lambda, cst.Param] | None:
    """Return the function in whose default a call stands, evaluated with it, and the parameter."""
    child: cst.CSTNode = call
    parameter: cst.Param | None = None
    for parent in file.parents(call):
        if isinstance(parent, cst.Param) and child is parent.default:
            parameter = parent
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            found = parameter if child is parent.params else None
            return None if found is None else (parent, found)
        if isinstance(parent, (cst.GeneratorExp, cst.ClassDef)):
            return None
        child = parent
    return None


def captures_in_default(call: cst.Call, file: File) -> Event | None:
    """Return the event by which a call in a function's default takes the current loop itself.

    None where it gives no loop, where one may be running, and where the error is expected.
    """
    seen = file.seen(call)
    if seen is None or seen.state is not State.NO_LOOP or not isinstance(seen.value, Loop):
        return None
    if default_around(call, file) is None or may_be_right(call, file):
        return None
    events = (event for event in own_events(call, file) if event.effect is Effect.CAPTURES)
    return next((event for event in events if not event.caught), None)


def _has_thread(seen: Seen) -> bool:
    """Say whether the loop of an object is run by a thread of its own."""
    value = seen.value
    bases = value.cls.outside if isinstance(value, Instance) else ()
    return any(base.name == "threading.Thread" for base in bases) or any(
        event.what == BY_THREAD for event in seen.handling
    )


def may_be_right(node: cst.CSTNode, file: File) -> bool:
    """Say whether a loop may run here after all, or the error is expected."""
    return (
        file.facts.loop_is_patched
        or file.facts.replaces_names
        or file.has_cells
        or file.expects_error(node, "RuntimeError")
        or file.catches_all(node)
    )


# What makes a loop current where this file does not show it, or runs the file in a loop, or is
# another Python.
_OTHER_LOOPS = {
    *("asyncqt", "eventkit", "gbulb", "ib_async", "ib_insync", "js", "machine", "micropython"),
    *("pyodide", "pyscript", "PySide2", "PySide6", "qasync", "qtinter", "quamash", "tornado"),
    *("trio_asyncio", "twisted", "uasyncio"),
}


def takes_current_loop(call: cst.Call, file: File) -> Event | None:
    """Return the event by which a call of `get_event_loop()` finds no loop, none being current.

    None where a loop may run or may have been made current, where the error is expected, and in a
    coroutine.
    """
    seen = file.seen(call)
    if file.callee(call) != "asyncio.get_event_loop" or file.in_coroutine(call):
        return None
    if seen is None or seen.state is not State.NO_LOOP or may_be_right(call, file):
        return None
    events = [event for event in seen.events if event.effect is Effect.CAPTURES]
    if not events or events[0].set or events[0].caught:
        return None
    return None if may_be_made_current(file) or is_prepared(call, file) else events[0]


def is_in_a_branch(call: cst.Call, event: Event, file: File) -> bool:
    """Say whether a call is a branch's of a function that nobody here calls, but that calls
    `asyncio.run`: the branch may be for those who have a loop."""
    branches = (cst.If, cst.IfExp, cst.BooleanOperation, cst.Match, cst.While, cst.ExceptHandler)
    for parent in file.parents(call):
        if isinstance(parent, cst.FunctionDef):
            return False
        if isinstance(parent, branches) and not event.via and file.enclosing_function(call):
            return True
    return False


def is_prepared(call: cst.Call, file: File) -> bool:
    """Say whether something from elsewhere that has to do with loops was called before."""
    start = file.span(call).start
    first = _preparations(file)
    return any(
        first[function] < start
        for function in (None, file.enclosing_function(call))
        if function in first
    )


@per_file
def _preparations(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, int]:
    """Return where the first call of that kind begins, by the function that it stands in."""
    found: dict[cst.FunctionDef | cst.Lambda | None, int] = {}
    for call in file.calls():
        prepares = "loop" in file.source.text_of(call.func).removeprefix("uvloop")
        if prepares and file.facts.is_elsewhere(file.value(call.func)):
            function, start = file.enclosing_function(call), file.span(call).start
            found[function] = min(found.get(function, start), start)
    return found


@per_file
def may_be_made_current(file: File) -> bool:
    """Say whether a package, or a policy of one's own, may have made a loop current."""
    for alias in file.import_aliases():
        statement = file.source.parent(alias)
        module = statement.module if isinstance(statement, cst.ImportFrom) else alias.name
        if module is not None and _first_part(module) in _OTHER_LOOPS:
            return True
    return has_own_policy(file)


@per_file
def has_own_policy(file: File) -> bool:
    """Say whether the file sets a policy that is not asyncio's: that may make loops as it likes."""
    return any(
        file.callee(call) == "asyncio.set_event_loop_policy"
        and not (call.args and _is_asyncios_policy(call.args[0].value, file))
        for call in file.calls()
    )


def _first_part(module: cst.Attribute | cst.Name) -> str:
    while isinstance(module, cst.Attribute):
        assert isinstance(module.value, (cst.Attribute, cst.Name))
        module = module.value
    return module.value


def _is_asyncios_policy(policy: cst.BaseExpression, file: File) -> bool:
    callee = file.callee(policy) if isinstance(policy, cst.Call) else None
    return callee in POLICIES or callee == "uvloop.EventLoopPolicy"


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
    if may_be_right(statement, file):
        return
    for alias in statement.names:
        name = alias.evaluated_alias or alias.evaluated_name
        done = (one for one in file.facts.done_by_import(name) if not _is_keepers(one))
        event = next((one for one in done if one.effect is effect), None)
        bound = alias.asname.name if alias.asname else alias.name
        variable = file.variable(bound) if isinstance(bound, cst.Name) else None
        if event is None or variable is None:
            continue
        runs = runs_naming(variable, file)
        run = next((run for run in runs if uses(run, variable, file)), None)
        yield Imported(alias, name, event, run)


def _is_library_call(call: cst.Call, file: File, effect: Effect) -> bool:
    """Say whether code elsewhere raises, or may give an object that keeps the loop."""
    if not file.facts.is_elsewhere(file.value(call.func)):
        return False
    return effect is Effect.NEEDS_RUNNING or not isinstance(file.value(call), (Const, Coroutine))


def using_run(call: cst.Call, file: File) -> tuple[Run, Variable | None] | None:
    """Return the first run that uses what a call makes, with the variable it comes through."""
    given = _given_to(file)
    around = [node for node in (call, *file.parents(call)) if node in given]
    if around:
        # Where the call is what is given, it is no coroutine, which is the graver fault.
        return None if around[-1] is call else (given[around[-1]], None)
    variable = assigned_to(call, file)
    owner = _definition_around(call, file)
    if owner is not None:
        used = (run for run in _plain_runs(file) if _uses_definition(run, owner, variable, file))
        return next(((run, variable) for run in used), None)
    if variable is None:
        return None
    parts = _made_with(variable, file)
    naming = {run.call: run for part in parts for run in runs_naming(part, file)}
    runs = sorted(naming.values(), key=lambda run: file.span(run.call).start)
    pairs = (
        (run, part) for run in runs if not is_replaced(call, run, variable, file) for part in parts
    )
    return next((pair for pair in pairs if uses(*pair, file)), None)


@per_file
def _plain_runs(file: File) -> tuple[Run, ...]:
    """Return the runs of a file that no coroutine does."""
    return tuple(run for run in file.fresh_runs if not file.in_coroutine(run.call))


@per_file
def _given_to(file: File) -> dict[cst.CSTNode, Run]:
    """Return the runs that no coroutine does by their arguments."""
    return {run.argument: run for run in _plain_runs(file)}


@per_file
def runs_naming(variable: Variable, file: File) -> tuple[Run, ...]:
    """Return the runs, but those that a coroutine does, that may come to name a variable: no other
    uses it."""
    given, reaching = _given_to(file), _runs_reaching(file)
    lines = {line for use in variable.uses for line in use.functions}
    found = {run.call: run for line in lines for run in reaching.get(line, ())}
    for name in file.names_of(variable):
        for node in (name, *file.parents(name)):
            if node in given:
                found[given[node].call] = given[node]
    return tuple(sorted(found.values(), key=lambda run: file.span(run.call).start))


@per_file
def _runs_reaching(file: File) -> dict[int, list[Run]]:
    """Return the runs, but those that a coroutine does, that come to functions of this file, by
    the lines of these."""
    found: dict[int, list[Run]] = defaultdict(list)
    for run in _plain_runs(file):
        for line in file.reached_by(run.argument):
            found[line].append(run)
    return found


def kept_for_run(call: cst.Call, event: Event, file: File) -> Run | None:
    """Return the first run that comes to the very object a call makes, wherever that was kept.

    None where another call, from which this one comes or which this one makes, has the same to
    answer for.
    """
    made = file.value(call)
    if not isinstance(made, Instance) or file.place(call) in _answered_for(file):
        return None
    inner = (other for place in event.via[1:] for other in file.calls_at(place))
    if any(isinstance(one, Instance) and one is not made for one in map(file.value, inner)):
        return None
    if isinstance(file.source.parent(call), cst.Return) and len(_giving(file)[id(made)]) > 1:
        return None
    runs = _runs_calling_upon(file).get(id(made), ())
    return next((run for run in runs if _calls_upon(run, made, file)), None)


@per_file
def _giving(file: File) -> dict[int, list[cst.Call]]:
    """Return the calls of a file by the identity of the objects that they give."""
    found: dict[int, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        found[id(file.value(call))].append(call)
    return found


@per_file
def _runs_calling_upon(file: File) -> dict[int, list[Run]]:
    """Return the runs that may come to a method of an object, by the identity of that."""
    found: dict[int, list[Run]] = defaultdict(list)
    for run in _plain_runs(file):
        bound = (
            id(value.bound)
            for value in file.values_used_by(run.argument)
            if isinstance(value, Function)
        )
        for one in {*bound}:
            found[one].append(run)
    return found


@per_file
def _answered_for(file: File) -> frozenset[Place]:
    """Return where the calls stand that others come to whose objects a run uses by their names."""
    found: set[Place] = set()
    for call in file.calls():
        event = constructs(call, file, Effect.CAPTURES)
        if event is not None and len(event.via) > 1 and using_run(call, file) is not None:
            found.update(event.via[1:])
    return frozenset(found)


def _calls_upon(run: Run, made: Instance, file: File) -> bool:
    """Say whether a run comes to a method of an object that may need its loop."""
    return any(
        isinstance(value, Function) and value.bound is made and not _needs_no_run(value, file)
        for value in file.values_used_by(
            run.argument,
            # What such a method calls upon has the object's own loop.
            left_out=lambda function: function.bound is made and drives_loop(function.node),
        )
    )


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


def may_be_run(event: Event, file: File) -> bool:
    """Say whether the loop that an event takes may run too: it was set, or threads run loops."""
    if event.set and file.says("run_until_complete"):
        return True
    return file.says("run_forever") and (event.set or file.says("Thread"))


def _runs_itself(made: Value | None, file: File) -> bool:
    """Say whether code outside of coroutines has an object's own loop run."""
    if made is None or not file.says(*DRIVES):
        return False
    for call in file.calls():
        if not isinstance(call.func, cst.Attribute) or file.in_coroutine(call):
            continue
        method, owner = file.value(call.func), call.func.value
        if isinstance(method, Function) and method.bound is made and drives_loop(method.node):
            return True
        if call.func.attr.value not in DRIVES or not isinstance(owner, cst.Attribute):
            continue
        if isinstance(file.value(owner), Loop) and file.value(owner.value) is made:
            return True
    return False


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


@per_file
def _made_with(variable: Variable, file: File) -> tuple[Variable, ...]:
    """Return a variable and those that are assigned something made with it."""
    found = [variable]
    for one in found:
        for name in file.names_of(one):
            for parent in file.parents(name):
                if isinstance(parent, cst.Call):
                    if not _may_hold(parent, name, file):
                        break
                    made = assigned_to(parent, file)
                    found += [made] if made is not None and made not in found else []
                if isinstance(parent, cst.BaseStatement):
                    break
    return tuple(found)


def _may_hold(call: cst.Call, name: cst.Name, file: File) -> bool:
    """Say whether what a call returns may hold what a name in it stands for."""
    value = file.value(call)
    if isinstance(call.func, cst.Attribute) and call.func.value is name:
        # What a method returns is most often of another kind.
        return any(True for _ in loops_in(value))
    return not isinstance(value, (Const, Something))


@per_file
def uses(run: Run, variable: Variable, file: File) -> bool:
    """Say whether a run's argument names a variable, or calls a coroutine that comes to name it."""
    outer = file.span(run.argument)
    reached = file.reached_by(run.argument)
    within = {(use.line, use.column): use for use in variable.uses if reached & {*use.functions}}
    if any(use.binds for use in within.values()):
        # By then it may be another object.
        return False
    for name in file.names_of(variable):
        inside = outer.start <= file.span(name).start < outer.end
        inside |= file.line_and_byte(name) in within
        if inside and _hands_on_loop(name, file) and not _is_idle(name, file):
            return True
    return False


def _is_idle(name: cst.Name, file: File) -> bool:
    """Say whether a plain method is used that runs the object's loop itself, or minds no loop."""
    attribute = file.source.parent(name)
    if not isinstance(attribute, cst.Attribute):
        return False
    value = file.value(attribute)
    if not isinstance(value, Function):
        return False
    call = file.source.parent(attribute)
    awaited = isinstance(call, cst.Call) and file.kind(call) in _AWAITED
    return not awaited and _needs_no_run(value, file)


def _needs_no_run(method: Function, file: File) -> bool:
    """Say whether a plain method runs its object's loop, minds none, or leaves work for a loop that
    others run."""
    return (
        drives_loop(method.node)
        or minds_no_loop(method.node)
        or (kind_of(method) is not Kind.COROUTINE_FUNCTION and _runs_itself(method.bound, file))
    )


_AWAITED = (Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE)


def is_replaced(call: cst.Call, run: Run, variable: Variable, file: File) -> bool:
    """Say whether a variable is another object's by the time of a run."""
    if file.enclosing_function(call) is not file.enclosing_function(run.call):
        return False
    end = _end_of_next(call, variable, file)
    return end is not None and end < file.span(run.call).start


@per_file
def _end_of_next(call: cst.Call, variable: Variable, file: File) -> int | None:
    """Return where the next statement ends that gives a variable a value in a call's own block."""
    binds = {use.line for use in variable.uses if use.binds}
    lines = (one for one in file.parents(call) if isinstance(one, cst.SimpleStatementLine))
    own = next(lines, None)
    block = None if own is None else file.source.parent(own)
    if not isinstance(block, (cst.Module, cst.IndentedBlock)):
        return None
    statements = _lines_of(block, file)
    after = (
        file.span(statements[line])
        for line in binds
        if line in statements and file.span(call).end < file.span(statements[line]).start
    )
    return min((span.end for span in after), default=None)


@per_file
def _lines_of(
    block: cst.Module | cst.IndentedBlock, file: File
) -> dict[int, cst.SimpleStatementLine]:
    """Return the plain statements of a block by their lines."""
    return {
        file.place(one).line: one for one in block.body if isinstance(one, cst.SimpleStatementLine)
    }


def _hands_on_loop(name: cst.Name, file: File) -> bool:
    """Say whether more than a plain attribute of an object is used."""
    attribute = file.source.parent(name)
    if isinstance(attribute, cst.Arg):
        outer = file.source.parent(attribute)
        callee = file.value(outer.func) if isinstance(outer, cst.Call) else UNKNOWN
        return not (isinstance(callee, External) and callee.name in _HARMLESS)
    if not isinstance(attribute, cst.Attribute):
        return True
    call = file.source.parent(attribute)
    called = isinstance(call, cst.Call) and call.func is attribute
    value = file.value(attribute)
    if isinstance(value, Loop) and isinstance(call, cst.Attribute):
        return call.attr.value not in {*AT_REST, "get_exception_handler"}
    return called or any(True for _ in loops_in(value))


_HARMLESS = {f"builtins.{name}" for name in ("bool", "id", "isinstance", "print", "repr", "str")}
_DISPLAYS = (cst.List, cst.Tuple, cst.Set, cst.Dict)


def assigned_to(call: cst.BaseExpression, file: File) -> Variable | None:
    """Return the variable that a call's value is assigned to, alone, in a display or built in, or
    to whose list it is added."""
    parent = file.source.parent(call)
    if isinstance(parent, (cst.BaseSimpleComp, cst.DictComp)):
        made = parent.value if isinstance(parent, cst.DictComp) else parent.elt
        return assigned_to(parent, file) if made is call else None
    if isinstance(parent, (cst.BaseElement, cst.DictElement)):
        display = file.source.parent(parent)
        if not isinstance(display, _DISPLAYS):
            return None
        return assigned_to(display, file) or _unpacked_to(parent, display, file)
    if isinstance(parent, cst.Arg):
        outer = file.source.parent(parent)
        if not isinstance(outer, cst.Call):
            return None  # a base class
        is_made = isinstance(file.value(outer), Instance)
        return assigned_to(outer, file) if is_made else _added_to(outer, file)
    if isinstance(parent, cst.IfExp):
        return None if call is parent.test else assigned_to(parent, file)
    if isinstance(parent, cst.NamedExpr):
        return file.variable(parent.target) if isinstance(parent.target, cst.Name) else None
    return assigned_alone(call, file)


def assigned_alone(call: cst.BaseExpression, file: File) -> Variable | None:
    """Return the variable that a statement assigns a call's value to, and nothing else to that."""
    parent = file.source.parent(call)
    target: cst.CSTNode | None = None
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
    elif isinstance(parent, cst.AnnAssign):
        target = parent.target
    return file.variable(target) if isinstance(target, cst.Name) else None


def _unpacked_to(
    element: cst.BaseElement | cst.DictElement, display: cst.BaseExpression, file: File
) -> Variable | None:
    """Return the variable of an element's place, where a display is taken apart at once."""
    assign = file.source.parent(display)
    if not isinstance(assign, cst.Assign) or not isinstance(display, (cst.List, cst.Tuple)):
        return None
    targets = assign.targets[0].target
    if not isinstance(targets, (cst.List, cst.Tuple)) or len(assign.targets) > 1:
        return None
    plain = all(isinstance(one, cst.Element) for one in (*targets.elements, *display.elements))
    if not plain or len(targets.elements) != len(display.elements):
        return None
    pairs = zip(display.elements, targets.elements, strict=True)
    target = next(target.value for made, target in pairs if made is element)
    return file.variable(target) if isinstance(target, cst.Name) else None


def _added_to(call: cst.Call, file: File) -> Variable | None:
    """Return the variable whose list or set a call adds its argument to."""
    match call.func:
        case cst.Attribute(value=cst.Name() as name, attr=cst.Name("append" | "add")):
            return file.variable(name) if isinstance(file.value(name), Collected) else None
    return None


def build_inside(call: cst.Call, run: Run, variable: Variable | None, file: File) -> Fix:
    """Move what makes an object into the coroutine that uses it. Raises Refused."""
    if _definition_around(call, file) is not None:
        raise Refused("it is made with the class or the function, once for all that use it")
    outer = file.span(run.argument)
    direct = variable is None or any(
        outer.start <= file.source.offset(use.line, use.column) < outer.end for use in variable.uses
    )
    if direct:
        fix = file.once(
            (run.call,),
            lambda: into_main(
                file, run.call, run.argument, lambda text: [only_argument(file, run.call, text)]
            ),
        )
        span = file.span(call)
        if not any(one.span.start <= span.start and span.end <= one.span.end for one in fix.edits):
            raise Refused("what is made with it is used, and it would stay")
        return fix
    called = file.value(run.argument)
    function = file.facts.own_function(called) if isinstance(called, Coroutine) else None
    node = None if function is None else file.function_at(function.node.lineno)
    if node is None or node.asynchronous is None or not isinstance(run.argument, cst.Call):
        raise Refused("the coroutine that uses it is not to be found")
    statement = spot_of(file, call).statement
    return file.once((statement, node), lambda: into_coroutine(file, call, node, run.call))


def evidence(event: Event, file: File, what: str) -> tuple[Note, ...]:
    """Return notes for the calls that led to an event, and for the event."""
    own = bool(event.via) and event.via[0].path == file.source.path
    notes = [Note("through this call", place) for place in event.via[own:]]
    return (*notes, Note(f"{event.what} {what} here", event.place))


def _events(call: cst.Call, file: File) -> tuple[Event, ...]:
    seen = file.seen(call)
    return () if seen is None else seen.events


def _calls_below(node: cst.CSTNode) -> Iterator[cst.Call]:
    return (one for one in descend(node) if isinstance(one, cst.Call) and one is not node)
