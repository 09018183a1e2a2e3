"""The last resort for a loop that is managed by hand: one is made where there is none."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.by_hand import is_open_book
from flake8_asyncrun.core.capture import assigned_to
from flake8_asyncrun.core.earlier import earlier_run
from flake8_asyncrun.core.model import Edit, Fix, Safety
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import Block, Spot, free_name, spot_of
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import Effect

TITLE = "Make a loop where there is none"


@dataclass(frozen=True)
class _Place:
    """Where the loop is got, and what it takes to write there."""

    spot: Spot
    indentation: str
    inner: str
    newline: str
    new: str
    """How the file calls `new_event_loop`."""
    set: str
    """How it calls `set_event_loop`."""
    imported: tuple[Edit, ...]


def own_loop(call: cst.Call, file: File) -> Fix:
    """Have a call of `get_event_loop()` find a loop: make one where there is none.

    The rest of the program stays as it is. Where no loop can have been made before, on any Python,
    it is made at once; else where `get_event_loop()` raises, as it does on the Pythons that make
    none. Raises Refused with the reason.
    """
    if earlier_run(call, file) is not None:
        raise Refused("an `asyncio.run()` that comes before leaves no loop, on any Python")
    place = _place(call, file)
    target = _target(call, place.spot, file)
    taken = _taken_before(call, place.spot, file)
    if taken is not None:
        changes = _moved_up(call, target, taken, place, file)
    elif target is None:
        changes = _before_statement(call, place, file)
    elif _value(place.spot.statement) is call and _is_first(call, file):
        changes = _made_at_once(call, target, place, file)
    else:
        changes = _tried(target, place, file)
    # Of two that are made in one flow, the second is not needed.
    return Fix(TITLE, (*place.imported, *changes), Safety.UNSAFE, claims=("the current loop",))


def only_loop(call: cst.Call, file: File) -> Fix:
    """As `own_loop`, where it is not known what runs the loop. No `asyncio.run` does."""
    if file.runs:
        line = file.place(file.runs[0].call).line
        raise Refused(f"the run in line {line} has another loop than the one that is got here")
    return own_loop(call, file)


# ---------------------------------------------------------------------- where it is


def _place(call: cst.Call, file: File) -> _Place:
    spot = spot_of(file, call)
    for parent in file.parents(spot.statement):
        if isinstance(parent, cst.FunctionDef):
            break
        if isinstance(parent, cst.ClassDef):
            raise Refused("it stands in a class body")
    _check_evaluated(call, spot, file)
    imported: tuple[Edit, ...] = ()
    new, make_current = "new_event_loop", "set_event_loop"
    if isinstance(call.func, cst.Attribute):
        module = file.source.text_of(call.func.value)
        new, make_current = f"{module}.{new}", f"{module}.{make_current}"
    elif isinstance(call.func, cst.Name):
        for name in (new, make_current):
            imported += edits.also_import(file, call.func, name)
    else:
        raise Refused("it is not called by its name")
    source, start = file.source, file.span(spot.statement).start
    indentation = edits.indentation_at(source, start)
    inner = indentation + edits.deeper_by(file, spot.block)
    newline = edits.newline_at(source, start)
    return _Place(spot, indentation, inner, newline, new, make_current, imported)


def _check_evaluated(call: cst.Call, spot: Spot, file: File) -> None:
    """Refuse where code before the statement may not be meant by the call in it."""
    statement = spot.statement
    line = file.place(call).line
    if isinstance(statement, cst.SimpleStatementLine):
        if len(statement.body) != 1:
            raise Refused(f"line {line} holds more than one statement")
        if _value(statement) is not call and _is_choice(_value(statement), call):
            return
    elif not isinstance(statement, cst.With):
        raise Refused(f"line {line} is the head of a block")
    child: cst.CSTNode = call
    for parent in file.parents(call):
        if parent is statement:
            break
        if isinstance(parent, (cst.IfExp, cst.Comparison)) or (
            isinstance(parent, cst.BooleanOperation) and child is not parent.left
        ):
            raise Refused("it depends on a condition whether it is asked for")
        child = parent
    if isinstance(statement, cst.With) and child is not statement.items[0]:
        raise Refused("what the `with` enters first may make a loop")


def _value(statement: cst.BaseStatement) -> cst.BaseExpression | None:
    """Return what an assignment assigns."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Assign(value=value) | cst.AnnAssign(value=value)]):
            return value
    return None


def _is_choice(value: cst.BaseExpression | None, call: cst.Call) -> bool:
    """Say whether an expression chooses between names and a call, as in `loop or call`, so that
    nothing but the call can raise."""
    if value is call or isinstance(value, cst.Name):
        return True
    if isinstance(value, cst.BooleanOperation):
        return _is_choice(value.left, call) and _is_choice(value.right, call)
    if isinstance(value, cst.IfExp):
        return all(_is_choice(one, call) for one in (value.test, value.body, value.orelse))
    if isinstance(value, cst.UnaryOperation) and isinstance(value.operator, cst.Not):
        return isinstance(value.expression, cst.Name)
    match value:
        case cst.Comparison(
            left=cst.Name(),
            comparisons=[
                cst.ComparisonTarget(operator=cst.Is() | cst.IsNot(), comparator=cst.Name())
            ],
        ):
            return True
    return False


def _target(call: cst.Call, spot: Spot, file: File) -> str | None:
    """Return the name, or the attribute of one, that alone is assigned what the call gives."""
    target: cst.CSTNode | None = None
    match spot.statement:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)])]):
            pass
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=target)]):
            pass
    if not _is_choice(_value(spot.statement), call):
        return None
    if isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
        attribute = target.attr.value
        # A property may make something else of it.
        holders = map(file.source.parent, file.names_called(attribute))
        named = (one.name.value for one in holders if isinstance(one, cst.FunctionDef))
        return None if attribute in named else file.source.text_of(target)
    return target.value if isinstance(target, cst.Name) else None


# ---------------------------------------------------------------------- what is written


def _made_at_once(call: cst.Call, target: str, place: _Place, file: File) -> tuple[Edit, ...]:
    return (
        edits.replace(file, call.func, place.new),
        _behind(place, f"{place.indentation}{place.set}({target})", file),
    )


def _tried(target: str, place: _Place, file: File) -> tuple[Edit, ...]:
    statement = place.spot.statement
    span = file.span(statement)
    text = edits.reindent(file, span, place.indentation, place.inner, statement).lstrip()
    trying = f"try:{place.newline}{place.inner}{text}"
    return (Edit(span, trying), _behind(place, _otherwise(target, place), file))


def _before_statement(call: cst.Call, place: _Place, file: File) -> tuple[Edit, ...]:
    name = _name(call, file)
    indentation, newline = place.indentation, place.newline
    if _is_first(call, file):
        made = f"{indentation}{name} = {place.new}(){newline}{indentation}{place.set}({name})"
    else:
        getting = f"{name} = {file.source.text_of(call)}"
        made = f"{indentation}try:{newline}{place.inner}{getting}{newline}{_otherwise(name, place)}"
    start = edits.lines_of(file, place.spot.statement).start
    return (edits.insert(start, f"{made}{newline}"), edits.replace(file, call, name))


def _name(call: cst.Call, file: File) -> str:
    named = (one for one in file.facts.variables.called("loop") if one.is_global)
    if file.enclosing_function(call) is None and not any(named):
        # Who has a local one never comes to this.
        return "loop"
    return free_name(file, "loop")


def _moved_up(
    call: cst.Call, target: str | None, taken: cst.BaseStatement, place: _Place, file: File
) -> tuple[Edit, ...]:
    """Get the loop before a statement that takes it, too."""
    statement = place.spot.statement
    variable = assigned_to(call, file)
    line = file.place(taken).line
    if variable is None or target != variable.name or _value(statement) is not call:
        raise Refused(f"line {line} takes the current loop before")
    if not variable.is_bound_once:
        raise Refused(f"line {line} takes the current loop, and `{target}` is bound more than once")
    text = file.source.text_of(statement)
    indentation, newline = place.indentation, place.newline
    if _is_first(call, file, until=taken):
        text = text.replace(file.source.text_of(call.func), place.new, 1)
        made = f"{indentation}{text}{newline}{indentation}{place.set}({target})"
    else:
        tried = f"{indentation}try:{newline}{place.inner}{text}"
        made = f"{tried}{newline}{_otherwise(target, place)}"
    start = edits.lines_of(file, taken).start
    return (
        edits.insert(start, f"{made}{newline}"),
        edits.remove_statement(file, statement),
    )


def _otherwise(target: str, place: _Place) -> str:
    lines = (
        f"{place.indentation}except RuntimeError:",
        f"{place.inner}{target} = {place.new}()",
        f"{place.inner}{place.set}({target})",
    )
    return place.newline.join(lines)


def _behind(place: _Place, text: str, file: File) -> Edit:
    """Put whole lines behind the statement's."""
    source = file.source
    end = source.line_end(file.span(place.spot.statement).end)
    if source.data[:end].endswith((b"\n", b"\r")):
        return edits.insert(end, f"{text}{place.newline}")
    return edits.insert(end, f"{place.newline}{text}")


# ---------------------------------------------------------------------- what came before


def _taken_before(call: cst.Call, spot: Spot, file: File) -> cst.BaseStatement | None:
    """Return the first statement of the block that takes the current loop before a call does, and
    finds none. Raises Refused where code elsewhere does."""
    own = file.seen(call)
    place = own.events[0].place if own is not None and own.events else None
    outermost = _flows(call, file)[-1:] or [call]
    for event in file.facts.at_import:
        first = event.via[0] if event.via else event.place
        early = first.path == file.source.path and first.line < file.place(outermost[0]).line
        if early and event.place != place and not event.set and not event.caught:
            return _statement_at(first.line, spot, file)
    statement = _first_taking(spot.block, file).get(file.enclosing_function(call))
    if statement is None or file.span(statement).start >= file.span(spot.statement).start:
        return None
    return statement


@per_file
def _first_taking(
    block: Block, file: File
) -> dict[cst.FunctionDef | cst.Lambda | None, cst.BaseStatement]:
    """Return the first statement of a block that takes the current loop where there is none, by
    the function whose flow that is in."""
    found: dict[cst.FunctionDef | cst.Lambda | None, cst.BaseStatement] = {}
    for statement in block.body:
        for node in descend(statement):
            if isinstance(node, cst.Call) and _takes_none(node, file):
                assert isinstance(statement, cst.BaseStatement)
                found.setdefault(file.enclosing_function(node), statement)
    return found


def _statement_at(line: int, spot: Spot, file: File) -> cst.BaseStatement:
    for statement in spot.before:
        first, last = file.source.position(file.span(statement))[::2]
        if first <= line <= last:
            return statement
    raise Refused(f"line {line} takes the current loop before")


def _takes_none(call: cst.Call, file: File) -> bool:
    """Say whether a call takes the current loop where there is none."""
    seen = file.seen(call)
    return seen is not None and any(
        event.effect is Effect.CAPTURES and not event.set and not event.caught
        for event in seen.events
    )


def _is_first(call: cst.Call, file: File, until: cst.BaseStatement | None = None) -> bool:
    """Say whether it is certain that a program calls it once, and has had no loop before; or before
    the statement `until`, which stands in the same block."""
    flows = _flows(call, file)
    if not flows or not _is_script(call, flows[-1], file) or not _imports_no_loop(file):
        return False
    starts = {file.enclosing_function(one): file.span(one).start for one in flows}
    if until is not None:
        starts[file.enclosing_function(call)] = file.span(until).start
    line = file.source.line_and_column(starts[None])[0]
    begun = _first_begun(file)
    if begun is not None and begun < line:
        return False
    first = _first_making(file)
    return not any(first.get(function, start) < start for function, start in starts.items())


@per_file
def _first_begun(file: File) -> int | None:
    """Return the first line from which the current loop is taken while the module is imported."""
    begun = ((one.via[0] if one.via else one.place) for one in file.facts.at_import)
    return min((one.line for one in begun if one.path == file.source.path), default=None)


@per_file
def _first_making(file: File) -> dict[cst.FunctionDef | cst.Lambda | None, int]:
    """Return where the first call of each function begins that may make a loop."""
    found: dict[cst.FunctionDef | cst.Lambda | None, int] = {}
    for call in file.calls():
        if _may_make_loop(call, file):
            function, start = file.enclosing_function(call), file.span(call).start
            found[function] = min(start, found.get(function, start))
    return found


def _flows(call: cst.Call, file: File) -> list[cst.Call]:
    """Return a call, the only one of the function that it stands in, and so on up to the module's
    own code; none where one of them may be made more than once."""
    flows = [call]
    while True:
        until = flows[-1]
        if any(isinstance(one, (cst.For, cst.While)) for one in file.parents(until)):
            return []
        function = file.enclosing_function(until)
        if function is None:
            return flows
        if not isinstance(function, cst.FunctionDef) or function.decorators:
            return []
        caller = file.only_call(function)
        if caller is None or caller in flows or file.state(caller) is not State.NO_LOOP:
            return []
        flows.append(caller)


def _is_script(call: cst.Call, outermost: cst.Call, file: File) -> bool:
    """Say whether nobody can import the file without running the program."""
    if file.is_main_guarded(outermost):
        return True
    function = file.enclosing_function(call)
    return "." not in file.source.module and function in _running_at_import(file)


@per_file
def _running_at_import(file: File) -> frozenset[cst.FunctionDef | cst.Lambda | None]:
    """Return the functions, None for the module, that run a loop outside of a main guard."""
    return frozenset(
        file.enclosing_function(one)
        for one in file.calls()
        if isinstance(one.func, cst.Attribute)
        and one.func.attr.value in ("run_forever", "run_until_complete")
        and not file.is_main_guarded(one)
    )


@per_file
def _imports_no_loop(file: File) -> bool:
    """Say whether it is known that no module which the file imports makes a loop meanwhile."""
    if file.facts.taken_elsewhere is not None:
        return False
    for alias in file.import_aliases():
        statement = file.source.parent(alias)
        if isinstance(statement, cst.ImportFrom):
            level = len(statement.relative)
            module = "" if statement.module is None else file.text_of(statement.module)
        else:
            level, module = 0, alias.evaluated_name
        from_library = level == 0 and module.partition(".")[0] in sys.stdlib_module_names
        if not from_library and not file.facts.is_of_project(module, level):
            return False
    return True


def _may_make_loop(call: cst.Call, file: File) -> bool:
    seen = file.seen(call)
    if seen is None:
        return False
    if any(one.effect is Effect.CAPTURES for one in seen.events) or seen.handles_loop:
        return True
    callee = file.value(call.func)
    return not is_open_book(callee) or file.facts.is_elsewhere(callee)
