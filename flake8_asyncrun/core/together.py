"""One `async def main()` for all that a loop is given and runs, where it is run by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.by_hand import asyncio_in
from flake8_asyncrun.core.gathered import (
    Plan,
    Uses,
    assigned_names,
    check_awaited,
    check_calls,
    check_names,
    check_statement,
    check_uses,
    home_of,
    plan_of,
    statement_in,
    statements_of,
)
from flake8_asyncrun.core.loop_calls import ByHand
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.rule import File, Refused
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import (
    Spot,
    definition,
    free_name,
    united,
)
from flake8_asyncrun.names.asyncio_table import LOST_LOOP
from flake8_asyncrun.names.variables import Variable


def into_one_main(file: File, hand: ByHand) -> Fix:
    """Move all that a loop is given and runs into a new `async def main()`.

    Raises Refused with the reason.
    """
    module = asyncio_in(hand.gets[0], file)
    check_calls(file, hand)
    plan = plan_of(file, hand)
    returned = check_names(file, hand, plan)
    for statement in plan.moving:
        last = statement is plan.moving[-1] and not plan.final
        check_statement(file, hand, plan, statement, last)
    uses = check_uses(file, hand, plan)
    for run in hand.runs:
        check_awaited(file, plan, run)
    return _put_together(file, hand, plan, module, returned, uses)


def _put_together(
    file: File,
    hand: ByHand,
    plan: Plan,
    module: str,
    returned: Sequence[str],
    uses: Uses,
) -> Fix:
    source = file.source
    at = _tail(file, plan)
    indentation = edits.indentation_at(source, file.span(at.statement).start)
    unit = edits.deeper_by(file, at.block)
    inner = indentation + unit
    newline = edits.newline_at(source, file.span(at.statement).start)
    name, event = free_name(file), free_name(file, "stop")
    waits = f"await {event}.wait()" if uses.stops else f"await {module}.Event().wait()"
    changes = [edits.replace(file, one, waits) for one in hand.forever]
    changes += [edits.replace(file, one.attr, "set") for one in uses.stops]
    changes += [edits.replace(file, one.value, event) for one in uses.stops]
    changes += [edit for run in hand.runs for edit in _awaiting(file, run)]
    named = () if hand.loop is None else file.names_of(hand.loop)
    without = {name: edit for name in named if (edit := _without_loop(file, name))}
    changes += [edit for name, edit in without.items() if name not in uses.running]
    for statement in plan.moving:
        changes += _without_gone(file, statement, plan.gone)
    last = (plan.body or plan.before)[-1]
    given = ", ".join(returned)
    ending = ""
    if returned and assigned_names(last) == returned and _value(last) in hand.runs:
        run = _value(last)
        assert run is not None
        opening = Span(file.span(last).start, file.span(run).start)
        changes.append(Edit(opening, "return "))
    elif returned:
        ending = f"return {given}"
    first = [f"{event} = {module}.Event()"] if uses.stops else []
    if hand.loop is not None and _is_named(file, hand.loop, plan, changes):
        first.append(f"{hand.loop.name} = {module}.get_running_loop()")
    parts = [f"{inner}{line}{newline}" for line in first]
    parts += _lines(file, plan.before, inner, changes)
    deeper = inner + unit if plan.final else inner
    parts += [f"{inner}try:{newline}"] if plan.final else []
    parts += _lines(file, plan.body, deeper, changes)
    parts += [f"{deeper}{ending}{newline}"] if ending else []
    if plan.final:
        parts += [f"{inner}finally:{newline}", *_lines(file, plan.final, deeper, changes)]
    run_text = f"{module}.run({name}())"
    if returned or _is_return(last):
        run_text = f"{f'{given} =' if returned else 'return'} {run_text}"
    leaving = [*plan.gone, *plan.before, *plan.final, *plan.opened]
    removed = _removed(file, plan, at, leaving)
    text = definition(file, at, name, "".join(parts), removed, leaving)
    outer: list[Edit] = [Edit(span, "") for span in removed]
    if plan.holder is None:
        span = _own_lines(file, plan, at.statement)
        outer.append(Edit(span, f"{text}{indentation}{run_text}{newline}"))
    else:
        outer.append(edits.insert(edits.lines_of(file, plan.holder).start, text))
        outer += _inside_holder(file, plan, plan.holder, f"{run_text}{newline}")
    running = f"{module}.get_running_loop()"
    outer += [without.get(one) or edits.replace(file, one, running) for one in uses.running]
    function = home_of(file, hand)
    scope = 0 if function is None else file.place(function).line
    title = f"Run it all in one `async def {name}()`"
    return Fix(title, tuple(outer), Safety.UNSAFE, claims=(f"{name} in {scope}",))


def _without_loop(file: File, name: cst.Name) -> Edit | None:
    """Return the edit that takes `loop=` from what takes the loop that runs by itself."""
    argument, *rest = file.parents(name)
    call = rest[0]
    if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
        return None
    package, _, function = (file.callee(call) or "").partition(".")
    is_loop = argument.keyword is not None and argument.keyword.value == "loop"
    if not is_loop or package != "asyncio" or function not in (*LOST_LOOP, "ensure_future"):
        return None
    try:
        return edits.remove_argument(file, call, argument)
    except Refused:
        return None  # for a comment


def _tail(file: File, plan: Plan) -> Spot:
    """Return the statement that the new run takes the place of, or stands in."""
    last = plan.holder or plan.moving[-1]
    node = statement_in(plan.block, last, file) or last
    assert isinstance(node, cst.BaseStatement)
    index = next(i for i, one in enumerate(plan.block.body) if one is node)
    return Spot(node, plan.block, index)


def _own_lines(file: File, plan: Plan, statement: cst.BaseStatement) -> Span:
    """Return the lines of a statement that moves; the comments above a `try` that goes stay."""
    span = edits.lines_of(file, statement)
    if statement not in plan.opened:
        return span
    assert isinstance(statement, cst.Try)
    span = Span(file.source.line_start(file.span(statement).start), span.end)
    _check_comments(file, span, statements_of(statement.body))
    return span


def _check_comments(file: File, span: Span, moving: Sequence[cst.BaseStatement]) -> None:
    """Refuse where a comment in a span that goes is not one of what moves."""
    start = span.start
    for line in sorted(edits.lines_of(file, one) for one in moving):
        if "#" in file.source.slice(Span(start, line.start)):
            raise Refused("a comment stands beside the `try` or its `finally`")
        start = line.end
    if "#" in file.source.slice(Span(start, span.end)):
        raise Refused("a comment stands beside the `try` or its `finally`")


def _removed(file: File, plan: Plan, at: Spot, leaving: Sequence[cst.BaseStatement]) -> list[Span]:
    """Return what goes, of the block, beside the lines of its last statement."""
    own = [one for one in plan.block.body if one is not at.statement]
    inside = {*descend(plan.block)}
    removed = [
        edits.remove_statement(file, one).span
        for one in plan.gone
        if one in own or one not in inside
    ]
    for index, statement in enumerate(own):
        if statement in plan.moving or statement in plan.opened:
            assert isinstance(statement, cst.BaseStatement)
            span = _own_lines(file, plan, statement)
            opens = isinstance(plan.block, cst.IndentedBlock) and {*own[:index]} <= {*leaving}
            removed.append(edits.without_blank_lines(file, span, first=opens))
    return [_without_empty_end(file, one) for one in united(removed)]


def _without_empty_end(file: File, span: Span) -> Span:
    """Widen a span that reaches to the end of the text by the blank lines before it."""
    source = file.source
    start = span.start
    while span.end == len(source.data) and start > 0:
        before = source.line_start(start - 1)
        if source.slice(Span(before, start)).strip():
            break
        start = before
    return Span(start, span.end)


def _inside_holder(file: File, plan: Plan, holder: cst.Try, run: str) -> list[Edit]:
    """Return the edits that leave the new run alone in the body of the `try` that stays."""
    first, *rest = plan.body
    within = [one for one in plan.gone if one in statements_of(holder.body)]
    span = edits.lines_of(file, first)
    indentation = edits.indentation_at(file.source, file.span(first).start)
    changes = [Edit(span, f"{indentation}{run}")]
    gone = [edits.lines_of(file, one) for one in rest]
    gone += [edits.remove_statement(file, one).span for one in within]
    changes += [Edit(one, "") for one in gone]
    if holder.finalbody is None:
        return changes
    final = statements_of(holder.finalbody.body)
    leaving = [one for one in final if one in plan.gone or one in plan.final]
    if len(leaving) < len(final):
        return [*changes, *(edits.remove_statement(file, one) for one in leaving)]
    start = file.source.line_start(file.span(holder.finalbody).start)
    whole = Span(start, file.source.line_end(file.span(holder).end))
    _check_comments(file, whole, [one for one in final if one in plan.final])
    return [*changes, Edit(whole, "")]


def _without_gone(
    file: File, statement: cst.BaseStatement, gone: Sequence[cst.BaseStatement]
) -> list[Edit]:
    """Return the edits that take what is gone out of a statement that moves."""
    inside = {*descend(statement)}
    within = [one for one in gone if one in inside]
    if not within:
        return []
    holder = statement if isinstance(statement, cst.Try) else None
    final = [] if holder is None or holder.finalbody is None else [*holder.finalbody.body.body]
    for one in within:
        if one not in final:
            raise Refused(f"the loop is put away in line {file.place(one).line} already")
    if len(within) == len(final) and holder is not None and holder.finalbody is not None:
        return [edits.remove_block(file, holder.finalbody, holder)]
    return [edits.remove_statement(file, one) for one in within]


def _awaiting(file: File, run: cst.Call) -> Iterator[Edit]:
    """Yield the edits that turn a run into an `await`."""
    source = file.source
    value = run.args[0].value
    whole, span = file.span(run), file.span(value)
    before, after = Span(whole.start, span.start), Span(span.end, whole.end)
    outer = file.source.parent(run)
    wraps = isinstance(outer, (cst.Attribute, cst.Subscript)) and outer.value is run
    wraps = wraps or (isinstance(outer, cst.Call) and outer.func is run)
    left, right = ("(", ")") if wraps else ("", "")
    if "#" in source.slice(before) or "#" in source.slice(after):
        yield edits.replace(file, run.func, f"{left}await ")
        comma = run.args[0].comma
        if isinstance(comma, cst.Comma):
            yield edits.replace(file, comma, "")
        if wraps:
            yield edits.insert(whole.end, right)
        return
    text = source.text_of(value)
    broken = "\n" in text and not (
        isinstance(value, cst.Call) and "\n" not in source.text_of(value.func)
    )
    if broken or edits.awaited(text, value) != f"await {text}":
        left, right = f"{left}await (", f"){right}"
    else:
        left = f"{left}await "
    yield Edit(before, left)
    outside = edits.indentation_at(source, whole.start)
    within = edits.indentation_at(source, span.start)
    if within.startswith(outside) and within != outside:
        yield from edits.dedent(file, value, within, outside)
    yield Edit(after, right)


def _is_return(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], cst.Return
    )


def _value(statement: cst.BaseStatement) -> cst.Call | None:
    """Return the call that a statement assigns the value of."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    value = small.value if isinstance(small, (cst.Assign, cst.AnnAssign)) else None
    return value if isinstance(value, cst.Call) else None


def _is_named(file: File, variable: Variable, plan: Plan, changes: Sequence[Edit]) -> bool:
    """Say whether a variable is still named in what moves, with its changes."""
    for name in file.names_of(variable):
        span = file.span(name)
        if any(one.span.start <= span.start and span.end <= one.span.end for one in changes):
            continue
        if any(one in plan.moving for one in file.parents(name)):
            return True
    return False


def _lines(
    file: File, statements: Sequence[cst.BaseStatement], inner: str, changes: Sequence[Edit]
) -> Iterator[str]:
    """Yield the new lines of statements; where blank lines parted them, one does."""
    source = file.source
    for statement in statements:
        span = edits.lines_of(file, statement)
        start = file.span(statement).start
        before = edits.indentation_at(source, start)
        newline = edits.newline_at(source, start)
        if statement is not statements[0] and edits.blank_lines_before(file, span.start, []):
            yield newline
        own = [one for one in changes if span.start <= one.span.start and one.span.end <= span.end]
        text = edits.reindent(file, span, before, inner, statement, own)
        yield text if text.endswith(("\n", "\r")) else text + newline
