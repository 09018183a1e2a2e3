"""Several runs of a loop, and what stands between them, as runs of one `asyncio.Runner`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.by_hand import asyncio_in, method_call, method_of, puts_away
from flake8_asyncrun.core.capture import assigned_to
from flake8_asyncrun.core.loop_calls import CALLING
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.rule import File, Refused, is_main_guard
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import Spot, check_unnamed, free_name, is_quiet, spot_of
from flake8_asyncrun.names.machine import Event
from flake8_asyncrun.names.values import Effect, Kind
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True)
class _Loop:
    """A loop that a block gets, and what is done with it."""

    get: cst.SimpleStatementLine
    spot: Spot
    """The statement that gets it; or one before the first of a main guard that alone uses it."""
    variable: Variable
    names: Sequence[cst.Name]
    """Where the block names it, in order, but where it is bound."""
    elsewhere: Sequence[cst.Name]
    """Where other functions do."""
    gone: Sequence[cst.SimpleStatementLine]
    """What a Runner does by itself, at its end; and `set_debug()`."""
    debug: str
    is_closed: bool


def with_runner(call: cst.Call, file: File, once: bool) -> Fix:
    """Turn all that is done with the loop that `call` gets into the body of a `with` that has an
    `asyncio.Runner`.

    `once` says whether the call is made once. Raises Refused with the reason.
    """
    target = file.target_at(call)
    if target is None or target.first < (3, 11):
        raise Refused("`asyncio.Runner` is there from Python 3.11 on")
    if (taken := file.facts.taken_elsewhere) is not None:
        raise Refused(f"`{taken}` takes the current loop, too, while it is imported")
    loop = _loop(call, file)
    if not loop.is_closed and not once:
        raise Refused(
            "the loop may be used by more than one call, and tasks may live on in between"
        )
    region = _region(loop, file)
    _check_region(loop, region, file)
    made, imported = _made(call, file)
    return _written(loop, region, f"{made}({loop.debug})", imported, file)


# ---------------------------------------------------------------------- what is done with it


def _loop(call: cst.Call, file: File) -> _Loop:
    spot = spot_of(file, call)
    statement, variable = spot.statement, assigned_to(call, file)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        raise Refused(f"line {file.place(call).line} holds more than one statement")
    small = statement.body[0]
    if (
        variable is None
        or not isinstance(small, (cst.Assign, cst.AnnAssign))
        or small.value is not call
        or (isinstance(small, cst.Assign) and len(small.targets) > 1)
    ):
        raise Refused("the loop has no name of its own")
    function = file.enclosing_function(call)
    if function is None and any(isinstance(one, cst.ClassDef) for one in file.parents(call)):
        raise Refused("it stands in a class body")
    if not variable.is_bound_once:
        raise Refused(f"`{variable.name}` is bound more than once")
    check_unnamed(file, variable)
    names = [one for one in file.names_of(variable) if statement not in file.parents(one)]
    own = [one for one in names if file.enclosing_function(one) is function]
    elsewhere = [one for one in names if one not in own]
    spot = _guarded(spot, own, elsewhere, file)
    for name in own:
        if not any(one in spot.after for one in file.parents(name)):
            raise Refused(
                f"`{name.value}` is used in line {file.place(name).line}, in another block"
            )
    gone, debug, is_closed = _put_away(spot, own, file)
    return _Loop(statement, spot, variable, own, elsewhere, gone, debug, is_closed)


def _guarded(
    spot: Spot, own: Sequence[cst.Name], elsewhere: Sequence[cst.Name], file: File
) -> Spot:
    """Return where the loop might as well be got: under the main guard, where it is used only
    there."""
    holders = {next((one for one in file.parents(name) if one in spot.after), None) for name in own}
    guard = holders.pop() if len(holders) == 1 else None
    if not isinstance(guard, cst.If) or not is_main_guard(guard):
        return spot
    inside = isinstance(guard.body, cst.IndentedBlock)
    if not inside or not all(guard.body in file.parents(name) for name in own):
        return spot
    if elsewhere:
        raise Refused(f"`{elsewhere[0].value}` is there for who imports the module, too")
    first = guard.body.body[0]
    assert isinstance(first, cst.BaseStatement)
    assert isinstance(guard.body, cst.IndentedBlock)
    return Spot(first, guard.body, -1)


def _put_away(
    spot: Spot, names: Sequence[cst.Name], file: File
) -> tuple[list[cst.SimpleStatementLine], str, bool]:
    """Return the statements that a Runner makes needless, its `debug`, and whether one of them
    closes the loop."""
    gone: list[cst.SimpleStatementLine] = []
    debug = ""
    is_closed = False
    for name in names:
        use = method_call(name, file)
        if use is None or any(one in gone for one in file.parents(name)):
            continue
        ends = method_of(use) == "close" or (bool(use.args) and puts_away(use, file))
        ends |= _stops_to_close(use, file)
        line = file.place(use).line
        if is_closed and not ends:
            raise Refused(f"`{name.value}` is used in line {line}, after it is closed")
        if not ends and not (method_of(use) == "set_debug" and _is_constant(use)):
            continue
        statement = spot_of(file, use).statement
        block = file.source.parent(statement)
        alone = (
            isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(statement.body[0], cst.Expr)
            and statement.body[0].value is use
        )
        if not ends:
            if alone and block is spot.block and not gone:
                assert isinstance(statement, cst.SimpleStatementLine)
                gone.append(statement)
                debug = f"debug={file.source.text_of(use.args[0].value)}"
            continue
        if not alone or not (block is spot.block or _is_final(block, spot, file)):
            raise Refused(f"`{name.value}` is put away in line {line}, among other things")
        assert isinstance(statement, cst.SimpleStatementLine)
        gone.append(statement)
        is_closed |= method_of(use) == "close"
    return gone, debug, is_closed


def _stops_to_close(use: cst.Call, file: File) -> bool:
    """Say whether a call stops a loop, which runs no more, right before it is closed."""
    if method_of(use) != "stop":
        return False
    statement = spot_of(file, use).statement
    following = spot_of(file, use).after
    if not following or file.source.text_of(statement) != file.source.text_of(use):
        return False
    return (
        file.source.text_of(following[0]) == f"{file.source.text_of(use)[: -len('stop()')]}close()"
    )


def _is_constant(use: cst.Call) -> bool:
    match use.args:
        case [cst.Arg(value=cst.Name(value="True" | "False"), keyword=None)]:
            return True
    return False


def _is_final(block: cst.CSTNode | None, spot: Spot, file: File) -> bool:
    """Say whether a block is what a `try` beside the statement does at last."""
    final = None if block is None else file.source.parent(block)
    holder = None if final is None else file.source.parent(final)
    return isinstance(final, cst.Finally) and holder in spot.after


# ---------------------------------------------------------------------- what goes into the `with`


def _region(loop: _Loop, file: File) -> Sequence[cst.BaseStatement]:
    """Return the statements, one after the other, that are to stand in the `with`."""
    statements = [*loop.spot.before, *loop.spot.after]
    if loop.spot.statement is loop.get:
        statements.insert(loop.spot.index, loop.get)
    else:
        statements = [one for one in loop.spot.block.body if isinstance(one, cst.BaseStatement)]
    needed = {at for at, one in enumerate(statements) if _needs_loop(one, loop, file)}
    needed -= {statements.index(one) for one in (loop.get, *loop.gone) if one in statements}
    if not needed:
        raise Refused("nothing is done with the loop in its block")
    own = statements.index(loop.get) if loop.get in statements else -1
    last = max(needed)
    for at, one in enumerate(statements):
        away = one in loop.gone and at > own
        if (away and at > last) or (not loop.is_closed and at > last and not is_quiet(file, one)):
            last = at
    while statements[last] in loop.gone:
        last -= 1
    working = (
        at
        for at in range(own + 1, last + 1)
        if at in needed or not (statements[at] in loop.gone or is_quiet(file, statements[at]))
    )
    return statements[min(min(needed), next(working, last)) : last + 1]


def _needs_loop(statement: cst.BaseStatement, loop: _Loop, file: File) -> bool:
    """Say whether a statement uses the loop, or takes it."""
    if any(statement in file.parents(name) for name in loop.names):
        return True
    return statement is not loop.get and _takes_loop(statement, loop, file)


def _takes_loop(statement: cst.BaseStatement, loop: _Loop, file: File) -> bool:
    function = file.enclosing_function(loop.get)
    for node in descend(statement):
        seen = file.seen(node) if isinstance(node, cst.Call) else None
        if seen is None or file.enclosing_function(node) is not function:
            continue
        if any(event.effect is Effect.CAPTURES for event in seen.events):
            return True
    return False


def _check_region(loop: _Loop, region: Sequence[cst.BaseStatement], file: File) -> None:
    name = loop.variable.name
    for use in loop.elsewhere:
        call = method_call(use, file)
        if call is not None and method_of(call) == "close":
            raise Refused(f"`{name}` is closed in line {file.place(use).line}, in another function")
    _check_handled(loop, region, file)
    for statement in region:
        line = file.place(statement).line
        definition = isinstance(statement, (cst.FunctionDef, cst.ClassDef))
        if definition and isinstance(loop.spot.block, cst.Module):
            raise Refused(f"line {line} defines something between the runs")
        if any(isinstance(one, cst.Yield) for one in descend(statement)):
            raise Refused(f"line {line} yields while the loop is in use")
    if loop.is_closed:
        return
    for use in loop.elsewhere:
        if not file.in_coroutine(use) and not _is_callback(use, file):
            line = file.place(use).line
            raise Refused(f"`{name}` is used in line {line}, maybe after the runs")
    for use in loop.names:
        if method_call(use, file) is None and not _is_for_asyncio(use, file):
            line = file.place(use).line
            raise Refused(f"`{name}` is handed on in line {line}, and may be used after the runs")


def _check_handled(loop: _Loop, region: Sequence[cst.BaseStatement], file: File) -> None:
    """Refuse where the loop is closed, or stopped while it does not run, before the Runner runs
    something at its end; and where the current loop has to run."""
    function = file.enclosing_function(loop.get)
    calls = [
        node
        for statement in region
        for node in descend(statement)
        if isinstance(node, cst.Call)
        and file.enclosing_function(node) is function
        and not any(one in loop.gone for one in file.parents(node))
    ]
    in_runs: set[Event] = set()
    for call in calls:
        if method_of(call) in _RUNNING and (seen := file.seen(call)) is not None:
            in_runs.update(seen.handling)
    for call in calls:
        seen = file.seen(call)
        line, text = file.place(call).line, file.text_of(call.func)
        if file.callee(call) == "asyncio.as_completed":
            raise Refused(f"`{text}()` in line {line} needs a running loop from Python 3.14 on")
        for event in () if seen is None else seen.handling:
            if event.what == "loop.close()":
                raise Refused(f"`{text}()` in line {line} closes a loop, as a Runner does")
            if event.what == "loop.stop()" and event not in in_runs:
                raise Refused(f"`{text}()` in line {line} stops a loop that does not run")


_RUNNING = {"run_forever", "run_until_complete"}

_CALLING = {*CALLING, "add_reader", "add_writer", "call_soon_threadsafe"}


def _is_callback(name: cst.Name, file: File) -> bool:
    """Say whether a lambda holds a name that is given to what the loop calls."""
    function = file.enclosing_function(name)
    argument = None if function is None else file.source.parent(function)
    call = None if argument is None else file.source.parent(argument)
    called = isinstance(argument, cst.Arg) and isinstance(call, cst.Call)
    return called and isinstance(call, cst.Call) and method_of(call) in _CALLING


def _is_for_asyncio(name: cst.Name, file: File) -> bool:
    """Say whether a name is an argument of one of asyncio's own functions."""
    argument = file.source.parent(name)
    call = None if argument is None else file.source.parent(argument)
    if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
        return False
    callee = file.callee(call)
    return callee is not None and callee.startswith("asyncio.") and "set_event_loop" not in callee


def _made(call: cst.Call, file: File) -> tuple[str, Sequence[Edit]]:
    """Return how the file calls `asyncio.Runner`, and what has to be imported for it."""
    if isinstance(call.func, cst.Name):
        return "Runner", edits.also_import(file, call.func, "Runner")
    return f"{asyncio_in(call, file)}.Runner", ()


# ---------------------------------------------------------------------- what is written


def _written(
    loop: _Loop,
    region: Sequence[cst.BaseStatement],
    made: str,
    imported: Sequence[Edit],
    file: File,
) -> Fix:
    source = file.source
    name = free_name(file, "runner")
    start = file.span(region[0]).start
    indentation, newline = edits.indentation_at(source, start), edits.newline_at(source, start)
    runs = [run for one in loop.names if (run := _run(one, loop, file)) is not None]
    inside = [edits.replace(file, run.func, f"{name}.run") for run in runs]
    going = [*loop.gone, *runs]
    deeper = edits.deeper_by(file, loop.spot.block)
    used = any(not any(one in going for one in file.parents(name)) for name in loop.names)
    opening = [f"with {made} as {name}:"]
    if used or loop.elsewhere:
        opening.append(f"{indentation}{deeper}{loop.variable.name} = {name}.get_loop()")
    whole = Span(edits.lines_of(file, region[0]).start, source.line_end(file.span(region[-1]).end))
    got = file.span(loop.get)
    if _follows(loop, region, file):
        # What stands above the statement, or beside it, belongs to the `with`.
        behind = Span(got.end, source.line_end(got.end))
        opening[0] += source.slice(behind).rstrip("\r\n")
        instead = Span(got.start, whole.end)
    else:
        opening[0] = indentation + opening[0]
        instead = whole
    removed = _removed(loop, region, file)
    within = [one for one in removed if whole.start <= one.span.start < whole.end]
    body = _indented(region, whole, [*inside, *within], deeper, file)
    outside = [one for one in removed if one not in within and one.span.end <= instead.start]
    outside += [one for one in removed if one.span.start >= instead.end]
    changes = [Edit(instead, newline.join([*opening, body])), *outside]
    function = file.enclosing_function(loop.get)
    scope = 0 if function is None else file.place(function).line
    return Fix(
        "Run it with one asyncio.Runner()",
        (*imported, *changes),
        Safety.UNSAFE,
        claims=(f"{name} in {scope}",),
    )


def _run(name: cst.Name, loop: _Loop, file: File) -> cst.Call | None:
    """Return the call of `run_until_complete` with a coroutine, which is what a Runner runs."""
    use = method_call(name, file)
    if use is None or method_of(use) != "run_until_complete":
        return None
    if any(one in loop.gone for one in file.parents(use)):
        return None
    match use.args:
        case [cst.Arg(value=value, keyword=None, star="")]:
            return use if file.kind(value) is Kind.COROUTINE else None
    return None


def _follows(loop: _Loop, region: Sequence[cst.BaseStatement], file: File) -> bool:
    """Say whether nothing but what goes stands between the statement that gets the loop and those
    of the `with`."""
    if loop.spot.statement is not loop.get or region[0] not in loop.spot.after:
        return False
    passed = itertools.takewhile(lambda one: one is not region[0], loop.spot.after)
    end = file.source.line_end(file.span(loop.get).end)
    start = edits.lines_of(file, region[0]).start
    return all(one in loop.gone for one in passed) and "#" not in file.source.slice(
        Span(end, start)
    )


def _removed(loop: _Loop, region: Sequence[cst.BaseStatement], file: File) -> list[Edit]:
    """Return the edits that take away the statement that gets the loop, and what a Runner does by
    itself."""
    emptied: list[cst.BaseStatement] = []
    changes: list[Edit] = []
    for holder in region:
        if not isinstance(holder, cst.Try) or holder.finalbody is None:
            continue
        body = [one for one in holder.finalbody.body.body if isinstance(one, cst.BaseStatement)]
        if body and all(one in loop.gone for one in body):
            emptied += body
            if holder.handlers:
                changes.append(edits.remove_block(file, holder.finalbody, holder))
            else:
                changes += edits.unwrap(file, holder, None)
    going = (one for one in (loop.get, *loop.gone) if one not in emptied)
    return [*changes, *(edits.remove_statement(file, one) for one in going)]


def _indented(
    region: Sequence[cst.BaseStatement],
    whole: Span,
    changes: Sequence[Edit],
    deeper: str,
    file: File,
) -> str:
    """Return the text of whole lines with `changes`, further in by `deeper`.

    Lines that begin inside a string stay as they are."""
    source = file.source
    kept = {
        start
        for one in region
        for string in edits.strings(one)
        for start in edits.line_starts(source, file.span(string))
    }
    shifts: list[Edit] = []
    start = whole.start
    while start < whole.end:
        end = source.line_end(start)
        gone = any(
            one.span.start <= start and end <= one.span.end and not one.text for one in changes
        )
        if start not in kept and not gone and source.slice(Span(start, end)).strip():
            shifts.append(edits.insert(start, deeper))
        start = end
    return edits.spliced(source, whole, [*shifts, *changes])
