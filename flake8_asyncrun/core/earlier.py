"""Which run has certainly ended, and left no current loop, by the time that a node is evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import libcst as cst

from flake8_asyncrun.core.rule import File, Run, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import Kind


@per_file
def earlier_run(node: cst.CSTNode, file: File) -> Run | None:
    """Return the run that certainly has ended in the same flow when a node is evaluated."""
    child = node
    for parent in file.parents(node):
        found: Run | None = None
        if isinstance(parent, (cst.Module, cst.IndentedBlock)):
            found = _runs_before(parent, file)[child]
        elif isinstance(parent, cst.Try) and child is not parent.body:
            # What went wrong before the run, if anything was tried before it, is not known.
            found = _last_run(parent.body.body[:1], file)
        if found is not None:
            return found
        if isinstance(parent, cst.FunctionDef):
            caller = (
                None if parent.decorators or child is not parent.body else file.only_call(parent)
            )
            inside = caller is None or parent in file.parents(caller)
            return None if inside or caller is None else earlier_run(caller, file)
        if isinstance(parent, cst.Lambda):
            return None
        child = parent
    return None


def runs_before(among: Iterable[Run], file: File) -> Callable[[cst.Call], Iterator[Run]]:
    """Return what tells those of some runs of the file, the last first, that certainly have ended
    in the same flow when a call is evaluated."""
    numbers = _numbers(file)
    calls = {run.call for run in among}
    first = min((numbers[call] for call in calls), default=0)

    def before(call: cst.Call) -> Iterator[Run]:
        run = earlier_run(call, file) if calls else None
        while run is not None and numbers[run.call] >= first:
            if run.call in calls:
                yield run
            run = earlier_run(run.call, file)

    return before


@per_file
def _numbers(file: File) -> dict[cst.Call, int]:
    """Return, for each run, how many certainly have ended when it begins."""
    found: dict[cst.Call, int] = {}
    for run in file.runs:
        passed: list[cst.Call] = []
        one: Run | None = run
        while one is not None and one.call not in found:
            passed.append(one.call)
            found[one.call] = 0
            one = earlier_run(one.call, file)
        ended = 0 if one is None else found[one.call] + 1
        found.update((call, number) for number, call in enumerate(reversed(passed), ended))
    return found


@per_file
def _runs_before(
    block: cst.Module | cst.IndentedBlock, file: File
) -> dict[cst.CSTNode, Run | None]:
    """Return, for each statement of a block, the last run that those before it certainly do."""
    found: dict[cst.CSTNode, Run | None] = {}
    last: Run | None = None
    for statement in block.body:
        found[statement] = last
        last = _last_run([statement], file) or last
    return found


def _last_run(body: Sequence[cst.BaseStatement | cst.BaseSmallStatement], file: File) -> Run | None:
    """Return the last run that statements, of one block, certainly do."""
    for statement in reversed(body):
        found: Run | None = None
        if isinstance(statement, (cst.SimpleStatementLine, cst.BaseSmallStatement)):
            found = _run_in(statement, file)
        elif isinstance(statement, cst.With) and not _suppresses(statement):
            found = _last_run(statement.body.body, file)
        elif isinstance(statement, cst.Try):
            first = statement.body.body[:1] if _goes_on(statement) else statement.body.body
            found = _last_run(first, file)
        if found is not None:
            return found
    return None


def _suppresses(statement: cst.With) -> bool:
    return any(
        isinstance(item.item, cst.Call)
        and isinstance(item.item.func, (cst.Attribute, cst.Name))
        and _last_part(item.item.func)
        in ("suppress", "raises", "assertRaises", "assertRaisesRegex")
        for item in statement.items
    )


def _goes_on(statement: cst.Try) -> bool:
    """Say whether a `try` may go on after an error of what it tries."""
    return any(
        handler.type is None
        or not isinstance(handler.type, (cst.Attribute, cst.Name))
        or _last_part(handler.type) not in ("KeyboardInterrupt", "SystemExit")
        for handler in statement.handlers
    )


def _last_part(name: cst.Attribute | cst.Name) -> str:
    return name.attr.value if isinstance(name, cst.Attribute) else name.value


MAYBE = (cst.IfExp, cst.BooleanOperation, cst.Lambda, cst.BaseComp, cst.Assert)
"""What may leave out a part of it."""


@per_file
def _run_in(statement: cst.SimpleStatementLine | cst.BaseSmallStatement, file: File) -> Run | None:
    for node in descend(statement):
        if not isinstance(node, cst.Call) or file.state(node) is not State.NO_LOOP:
            continue
        if any(
            isinstance(one, MAYBE) for one in file.parents(node) if _is_in(one, statement, file)
        ):
            continue
        run = _leaves_none(node, file) or _run_below(node, file)
        if run is not None:
            return run
    return None


def _is_in(node: cst.CSTNode, statement: cst.CSTNode, file: File) -> bool:
    inner, outer = file.span(node), file.span(statement)
    return outer.start <= inner.start and inner.end <= outer.end


def _leaves_none(call: cst.Call, file: File) -> Run | None:
    """Return a call as a run after which no loop is current."""
    run = file.run(call)
    if run is None or file.callee(call) != "asyncio.run":
        return None
    return run if file.kind(run.argument) in (Kind.COROUTINE, Kind.UNKNOWN) else None


def _run_below(call: cst.Call, file: File) -> Run | None:
    """Return the run that a call of a function of this file certainly comes to."""
    if file.facts.own_function(file.value(call.func)) is None:
        return None
    seen = file.seen(call)
    lines = [
        event.place.line
        for event in (() if seen is None else seen.handling)
        if event.what == "asyncio.run()"
        and event.depth == 0
        and event.place.path == file.source.path
    ]
    runs = (run for line in sorted({*lines}) for run in _runs_by_line(file).get(line, ()))
    return next((run for run in runs if _leaves_none(run.call, file)), None)


@per_file
def _runs_by_line(file: File) -> dict[int, list[Run]]:
    found: dict[int, list[Run]] = defaultdict(list)
    for run in file.runs:
        found[file.place(run.call).line].append(run)
    return found
