"""Which statements about a loop that is run by hand move into one coroutine; what forbids it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.by_hand import is_open_book, method_of
from flake8_asyncrun.core.loop_calls import ByHand, check_stopped_by, is_called_by_loop
from flake8_asyncrun.core.rule import File, Refused, is_main_guard
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.core.wrap import (
    ABOUT_THE_FUNCTION,
    NOT_AWAITED,
    Block,
    bound_by,
    check_cured,
    check_standing,
    check_unnamed,
    evaluated,
    is_bound,
    is_ours,
    is_quiet,
    names_in,
    spot_of,
    used_elsewhere,
)
from flake8_asyncrun.names.machine import Event
from flake8_asyncrun.names.values import (
    Coroutine,
    Effect,
    External,
    Future,
    Kind,
    Method,
    Origin,
    is_known,
    loops_in,
)
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True)
class Plan:
    """What becomes of the statements of a block."""

    block: Block
    gone: Sequence[cst.SimpleStatementLine]
    before: Sequence[cst.BaseStatement]
    """What moves, in order."""
    holder: cst.Try | None = None
    """A `try` that stays, around the new run."""
    body: Sequence[cst.BaseStatement] = ()
    """What moves from inside of it."""
    final: Sequence[cst.BaseStatement] = ()
    """What moves from its `finally` and from behind it, to be done at the end in any case."""
    opened: Sequence[cst.Try] = ()
    """Where a `try` has nothing to do but to close the loop: what is in it is in `before`."""

    @property
    def moving(self) -> list[cst.BaseStatement]:
        return [*self.before, *self.body, *self.final]


# ---------------------------------------------------------------------- what moves


def plan_of(file: File, hand: ByHand) -> Plan:
    """Return which statements move, and from where. Raises Refused."""
    gone = _gone(file, hand)
    block = _block(file, hand, gone)
    plan = _plan_of(file, hand, block, gone)
    last = max(file.span(one).end for one in (plan.holder, *plan.moving) if one is not None)
    within = {node for one in (*plan.moving, *plan.opened) for node in descend(one)}
    blocks = [block, *([] if plan.holder is None else [plan.holder.body, plan.holder.finalbody])]
    blocks += [one.body for one in blocks if isinstance(one, cst.Finally)]
    for call in hand.away:
        statement = spot_of(file, call).statement
        stays = statement not in within and file.source.parent(statement) not in blocks
        early = method_of(call) == "close" and file.span(call).end < last and len(hand.gets) == 1
        if stays or (early and file.source.parent(statement) is block):
            raise Refused(f"the loop is put away in line {file.place(call).line} already")
    return plan


def _plan_of(
    file: File, hand: ByHand, block: Block, gone: Sequence[cst.SimpleStatementLine]
) -> Plan:
    statements = [one for one in block.body if isinstance(one, cst.BaseStatement)]
    needed = [one for one in statements if one not in gone and _needs_loop(file, hand, one)]
    first, last = statements.index(needed[0]), statements.index(needed[-1])
    last = _last_to_move(file, hand, statements, first, last)
    first = _first_to_move(file, statements, first, last, gone)
    region = [one for one in statements[first : last + 1] if one not in gone]
    holder = _holder(file, hand, region, needed)
    if holder is not None and needed[-1] is not statements[last]:
        line = file.place(statements[last]).line
        raise Refused(f"line {line} uses what needs the loop, after the run")
    if holder is None:
        opened = [one for one in region if isinstance(one, cst.Try) and _only_closes(one, gone)]
        region = [
            inner
            for one in region
            for inner in (_body_of(one) if isinstance(one, cst.Try) and one in opened else [one])
        ]
        moving = _without_standing(file, hand, region)
        return Plan(block, gone, moving, opened=opened)
    at = region.index(holder)
    final = [] if holder.finalbody is None else statements_of(holder.finalbody.body)
    final = [one for one in final if one not in gone]
    behind = region[at + 1 :]
    if not behind and not any(_needs_loop(file, hand, one) for one in final):
        final = []
    before = _without_standing(file, hand, region[:at])
    body = [one for one in statements_of(holder.body) if one not in gone]
    return Plan(block, gone, before, holder, body, [*final, *behind])


def _first_to_move(
    file: File,
    statements: Sequence[cst.BaseStatement],
    first: int,
    last: int,
    gone: Sequence[cst.BaseStatement],
) -> int:
    """Return the index of the first statement that gives a value to what is bound anew from the
    statement `first` on."""
    moving = [one for one in statements[first : last + 1] if one not in gone]
    bound = {variable for one in moving for variable in bound_by(file, one)}
    for index, statement in enumerate(statements[:first]):
        own = bound_by(file, statement) if assigned_names(statement) else ()
        if statement not in gone and bound & {*own}:
            return index
    return first


_CONNECTION = re.compile(
    r"(create|open|start)_(\w+_)?(connection|endpoint|server|subprocess\w*)|connect_\w+_pipe"
    r"|create_subprocess_\w+|subprocess_\w+"
)


def gives_connection(argument: cst.BaseExpression, file: File) -> bool:
    """Say whether what is awaited gives a server, a transport or a process: it needs the loop."""
    if isinstance(argument, cst.Name):
        variable = file.variable(argument)
        names = () if variable is None else file.names_of(variable)
        holders = (file.source.parent(file.source.parent(one) or one) for one in names)
        return any(
            isinstance(one, cst.Assign)
            and isinstance(one.value, cst.Call)
            and gives_connection(one.value, file)
            for one in holders
        )
    if not isinstance(argument, cst.Call):
        return False
    function = argument.func
    name = function.attr if isinstance(function, cst.Attribute) else function
    known = file.callee(argument) or isinstance(file.value(function), Method)
    return bool(known) and isinstance(name, cst.Name) and bool(_CONNECTION.fullmatch(name.value))


_FOR_THE_LOOP = re.compile("abort|cancel|close|disconnect|kill|quit|send|shutdown|stop|write")
_AFTERWARDS = ("cancelled", "done", "exception", "result")


def _last_to_move(
    file: File, hand: ByHand, statements: Sequence[cst.BaseStatement], first: int, last: int
) -> int:
    """Return the index of the last statement that uses what is of no use once the loop is closed,
    among what is bound from the statement `first` on; at least `last`."""
    bound = {one for statement in statements[first : last + 1] for one in bound_by(file, statement)}
    for index in range(last + 1, len(statements)):
        names = names_in(file, statements[index])
        if any(file.variable(one) in bound and _is_of_loop(file, hand, one) for one in names):
            return _last_to_move(file, hand, statements, first, index)
    return last


def _is_of_loop(file: File, hand: ByHand, name: cst.Name) -> bool:
    """Say whether something is done with an object that its loop may have to do."""
    value = file.value(name)
    for run in hand.runs:
        outer = file.source.parent(run)
        targets = outer.targets if isinstance(outer, cst.Assign) else ()
        named = {one.value for target in targets for one in names_in(file, target.target)}
        if name.value in named and gives_connection(run.args[0].value, file):
            return True
    parent = file.source.parent(name)
    does = parent.attr.value if isinstance(parent, cst.Attribute) and parent.value is name else ""
    if isinstance(value, Future) and does in _AFTERWARDS:
        return False
    if any(True for _ in loops_in(value)):
        return True
    return not is_known(value) and bool(_FOR_THE_LOOP.search(does))


def _gone(file: File, hand: ByHand) -> list[cst.SimpleStatementLine]:
    """Return the statements that get the loop and put it away."""
    gone: list[cst.SimpleStatementLine] = []
    for call in (*hand.gets, *hand.away):
        statement = spot_of(file, call).statement
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if call in hand.gets and isinstance(file.source.parent(call), cst.Attribute):
            continue  # run at once
        line = file.place(call).line
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            raise Refused(f"line {line} holds more than one statement")
        if not isinstance(small, (cst.Assign, cst.AnnAssign, cst.Expr)):
            raise Refused(f"what the loop does in line {line} is used there")
        if isinstance(small, cst.Expr) and small.value is not call:
            raise Refused(f"what the loop does in line {line} is used there")
        gone.append(statement)
    return gone


def home_of(file: File, hand: ByHand) -> cst.FunctionDef | cst.Lambda | None:
    """Return the function that runs the loop: the one that gets it, or one that finds it in the
    module; None for the module itself."""
    function = file.enclosing_function(hand.gets[0])
    runs = {file.enclosing_function(one) for one in (*hand.runs, *hand.forever)}
    only = runs.pop() if len(runs) == 1 and function is None else None
    return (
        only if isinstance(only, cst.FunctionDef) and not file.in_coroutine(only.body) else function
    )


def _block(file: File, hand: ByHand, gone: Sequence[cst.BaseStatement]) -> Block:
    """Return the block that the loop is used in: the one that gets it, that of a main guard, or of
    a function that finds it in the module."""
    home = home_of(file, hand)
    names = () if hand.loop is None else file.names_of(hand.loop)
    used: list[cst.CSTNode] = [*hand.runs, *hand.forever]
    used += [one for one in names if file.enclosing_function(one) is home]
    used = [one for one in used if not any(holder in gone for holder in file.parents(one))]
    block = spot_of(file, hand.gets[0]).block
    if home is not None and home is not file.enclosing_function(hand.gets[0]):
        if not isinstance(home.body, cst.IndentedBlock):
            raise Refused("the function that runs the loop is written on one line")
        block = home.body
    while True:
        holders = {statement_in(block, node, file) for node in used}
        if None in holders:
            raise Refused("the loop runs in another block than the one that gets it")
        only = holders.pop() if len(holders) == 1 else None
        if not isinstance(only, cst.If) or not isinstance(only.body, cst.IndentedBlock):
            return block
        inside = all(statement_in(only.body, node, file) for node in used)
        if not inside or not is_main_guard(only):
            return block
        block = only.body


def statement_in(block: Block, node: cst.CSTNode, file: File) -> cst.CSTNode | None:
    """Return the statement of a block that holds a node."""
    child = node
    for parent in file.parents(node):
        if parent is block:
            return child
        child = parent
    return None


def _needs_loop(file: File, hand: ByHand, statement: cst.BaseStatement) -> bool:
    """Say whether a statement uses the loop, or takes it."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        # What a module defines stays readable; what a function defines may go along.
        nested = file.enclosing_function(statement) is not None
        names = names_in(file, statement) if nested else ()
        return any(hand.loop is not None and file.variable(name) is hand.loop for name in names)
    for node in descend(statement):
        if isinstance(node, cst.Name) and hand.loop and file.variable(node) is hand.loop:
            return True
        if node in hand.runs or node in hand.forever:
            return True
        seen = file.seen(node) if isinstance(node, cst.Call) else None
        if seen is not None and any(one.effect is not Effect.HANDLES for one in seen.events):
            return True
    return False


def _holder(
    file: File,
    hand: ByHand,
    region: Sequence[cst.BaseStatement],
    needed: Sequence[cst.BaseStatement],
) -> cst.Try | None:
    """Return the `try` that stays around the new run: for Ctrl-C, or the only one there is."""
    for statement in region:
        if not isinstance(statement, cst.Try) or not statement.handlers:
            continue
        inside = {*descend(statement.body)}
        if not any(run in inside for run in (*hand.runs, *hand.forever)):
            continue
        if not all(_is_for_interrupts(one, file) for one in statement.handlers) and needed != [
            statement
        ]:
            continue
        if isinstance(statement.body, cst.IndentedBlock):
            return statement
    return None


def _is_for_interrupts(handler: cst.ExceptHandler, file: File) -> bool:
    caught = "" if handler.type is None else file.source.text_of(handler.type)
    return bool(caught) and {*re.findall(r"[\w.]+", caught)} <= {"KeyboardInterrupt", "SystemExit"}


def _only_closes(holder: cst.Try, gone: Sequence[cst.BaseStatement]) -> bool:
    """Say whether a `try` is there for a `finally` that has nothing left to do."""
    if holder.handlers or holder.finalbody is None:
        return False
    if not isinstance(holder.body, cst.IndentedBlock):
        return False
    return all(one in gone for one in holder.finalbody.body.body)


def _body_of(holder: cst.Try) -> list[cst.BaseStatement]:
    return statements_of(holder.body)


def statements_of(block: cst.BaseSuite) -> list[cst.BaseStatement]:
    return [one for one in block.body if isinstance(one, cst.BaseStatement)]


def _without_standing(
    file: File, hand: ByHand, region: Sequence[cst.BaseStatement]
) -> list[cst.BaseStatement]:
    """Return the statements of `region` that move; the others can as well be run before."""
    nested = home_of(file, hand) is not None
    moving: list[cst.BaseStatement] = []
    bound: set[Variable] = set()
    for statement in region:
        stands = is_quiet(file, statement) and not _needs_loop(file, hand, statement)
        named = {file.variable(name) for name in names_in(file, statement)}
        if stands and isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            stands = not (nested and named & bound)
        elif stands and not _imports(statement):
            own = bound_by(file, statement)
            again = {
                one for other in region if other is not statement for one in bound_by(file, other)
            }
            ours = all(is_ours(file, one, region) for one in own)
            stands = not own or not (ours or again & {*own})
        if not stands:
            moving.append(statement)
            bound |= {*bound_by(file, statement)}
    check_standing(file, moving, [one for one in region if one not in moving])
    return moving


def _imports(statement: cst.BaseStatement) -> bool:
    kinds = (cst.Import, cst.ImportFrom)
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], kinds)


# ---------------------------------------------------------------------- what forbids it


def check_calls(file: File, hand: ByHand) -> None:
    """Refuse where the loop is run in a way that an `await` cannot stand for."""
    function = home_of(file, hand)
    if not hand.runs and not hand.forever:
        raise Refused("the loop is not seen to run")
    for call in (*hand.runs, *hand.forever, *hand.away):
        line = file.place(call).line
        if file.enclosing_function(call) is not function:
            raise Refused(f"another function runs or closes the loop in line {line}")
        for parent in file.parents(call):
            if isinstance(parent, cst.GeneratorExp):
                raise Refused(f"a generator expression runs the loop in line {line}")
            if isinstance(parent, cst.BaseComp) and any(
                isinstance(one, cst.BaseComp) for one in file.parents(parent)
            ):
                raise Refused(f"a comprehension in another runs the loop in line {line}")
    for call in hand.forever:
        if not isinstance(file.source.parent(call), cst.Expr):
            raise Refused("what run_forever() returns is used")
    for run in hand.runs:
        argument = run.args[0]
        if len(run.args) != 1 or argument.keyword is not None or argument.star:
            raise Refused("run_until_complete() is not called with one coroutine")
    for attribute in file.attributes_called("all_tasks"):
        line = file.place(attribute).line
        if not file.in_coroutine(attribute):
            raise Refused(
                f"line {line} looks for the tasks that are left, which asyncio.run() cancels "
                "and waits for by itself: delete that"
            )
        if hand.forever:
            raise Refused(f"line {line} looks for all tasks, of which main() would be one")


_BY_NAME = ("__all__", "eval", "exec", "getattr", "globals", "locals", "vars")
"""By what a global is come to without its name."""


def check_names(file: File, hand: ByHand, plan: Plan) -> list[str]:
    """Return the names that are used afterwards. Raises Refused where what moves binds more that is
    used elsewhere."""
    moving = plan.moving
    alone = [one for one in moving if _expression(one) not in hand.forever]
    if not any(_needs_loop(file, hand, one) for one in alone):
        raise Refused("what the loop is given to do is not to be seen here")
    if hand.loop is not None:
        check_unnamed(file, hand.loop)
    returned: list[str] = []
    for statement in moving:
        for variable in bound_by(file, statement):
            if file.facts.variables.is_declared(variable.name):
                raise Refused(f"`{variable.name}` is declared global or nonlocal")
            if variable.is_global and any(map(file.facts.variables.is_taken, _BY_NAME)):
                check_unnamed(file, variable)
            if variable.name in returned or is_ours(file, variable, moving):
                continue
            if not _is_used_after(file, plan, variable):
                raise Refused(used_elsewhere(file, variable, moving))
            for name in file.names_of(variable):
                moves = any(one in moving for one in file.parents(name))
                if not moves and _is_of_loop(file, hand, name):
                    line = file.place(name).line
                    raise Refused(f"`{name.value}` needs the loop in line {line}, after the run")
            returned.append(variable.name)
    order = [name for one in moving for name in assigned_names(one)]
    return sorted(returned, key=order.index)


def _expression(statement: cst.BaseStatement) -> cst.BaseExpression | None:
    """Return what a statement does nothing but evaluate."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return small.value if isinstance(small, cst.Expr) else None


def _is_used_after(file: File, plan: Plan, variable: Variable) -> bool:
    """Say whether a variable is bound by an assignment of its own among what moves, and used else
    but behind it, by the same function."""
    bound = [one for one in (*plan.before, *plan.body) if variable in bound_by(file, one)]
    if not any(variable.name in assigned_names(one) for one in bound):
        return False
    end = max(file.span(one).end for one in (plan.holder, *plan.moving) if one is not None)
    binding = next(use for use in variable.uses if use.binds)
    for use in variable.uses:
        offset = file.source.offset(use.line, use.column)
        inside = any(file.span(one).start <= offset < file.span(one).end for one in plan.moving)
        if not inside and (use.binds or offset < end or use.functions != binding.functions):
            return False
    return True


def assigned_names(statement: cst.BaseStatement) -> list[str]:
    """Return the names that a statement assigns to, and does nothing but that."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    target: cst.CSTNode | None = None
    if isinstance(small, cst.Assign) and len(small.targets) == 1:
        target = small.targets[0].target
    elif isinstance(small, cst.AnnAssign) and small.value is not None:
        target = small.target
    parts = [one.value for one in target.elements] if isinstance(target, cst.Tuple) else [target]
    names = [one.value for one in parts if isinstance(one, cst.Name)]
    return names if len(names) == len(parts) else []


_SIMPLE = (cst.Assert, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr, cst.Pass, cst.Raise)
_COMPOUND = (cst.For, cst.FunctionDef, cst.If, cst.Try, cst.While, cst.With)
_FOR_THE_END = {"BaseException", "CancelledError", "KeyboardInterrupt", "SystemExit"}


def check_statement(
    file: File, hand: ByHand, plan: Plan, statement: cst.BaseStatement, last: bool
) -> None:
    """Refuse where a statement would do another thing in a coroutine."""
    line = file.place(statement).line
    if isinstance(statement, cst.SimpleStatementLine):
        small = statement.body[0]
        if len(statement.body) != 1:
            raise Refused(f"line {line} holds more than one statement")
        if not isinstance(small, _SIMPLE) and not (last and isinstance(small, cst.Return)):
            raise Refused(f"`{file.text_of(small)}` in line {line} cannot move into a coroutine")
    elif not isinstance(statement, _COMPOUND):
        raise Refused(f"line {line} uses the loop in a statement that cannot move")
    seen = {call: file.seen(call) for call in (*hand.gets, *hand.runs, *hand.forever, *hand.away)}
    known = {event for one in seen.values() if one is not None for event in one.handling}
    for node in evaluated(statement):
        _check_node(file, hand, statement, node)
        if isinstance(node, cst.Call) and node not in seen:
            _check_call(file, hand, plan, node, known)
            _check_coroutine(file, plan, node)
        if isinstance(node, cst.Name) and _is_left_behind(file, hand, plan, node):
            raise Refused(f"`{node.value}` is bound to the loop that would be gone")


def _check_node(file: File, hand: ByHand, statement: cst.BaseStatement, node: cst.CSTNode) -> None:
    line = file.place(statement).line
    if isinstance(node, (cst.Await, cst.Yield)):
        raise Refused("it awaits or yields")
    if (
        isinstance(node, cst.Raise)
        and node.exc is not None
        and "StopIteration" in (file.text_of(node.exc))
    ):
        raise Refused(f"line {line} raises StopIteration, which no coroutine can")
    if isinstance(node, (cst.Global, cst.Nonlocal)):
        raise Refused(f"line {line} declares a name of the module's")
    if isinstance(node, cst.NamedExpr):
        raise Refused(f"`{file.text_of(node)}` binds a name there")
    if isinstance(node, cst.Return) and node.value is not None:
        value = node.value
        parts = [one.value for one in value.elements] if isinstance(value, cst.Tuple) else [value]
        for name in parts:
            if isinstance(name, cst.Name) and _is_of_loop(file, hand, name):
                raise Refused(f"`{name.value}` is returned, which needs the loop")
    if isinstance(node, cst.Return) and not isinstance(statement, cst.SimpleStatementLine):
        raise Refused(f"line {file.place(node).line} would return from the coroutine alone")
    if isinstance(node, (cst.Break, cst.Continue)):
        loops = (one for one in file.parents(node) if isinstance(one, (cst.For, cst.While)))
        if next(loops, None) not in {*descend(statement)}:
            raise Refused(f"line {file.place(node).line} leaves a loop around the coroutine")
    if isinstance(node, cst.With) and any(
        _FOR_THE_END & {*re.findall(r"\w+", file.source.text_of(one))} for one in node.items
    ):
        raise Refused(f"the `with` in line {file.place(node).line} is there for how it ends")
    if isinstance(node, cst.With):
        for item in node.items:
            maker = item.item.func if isinstance(item.item, cst.Call) else item.item
            if not isinstance(file.value(maker), (External, Method)) or not is_open_book(
                file.value(maker)
            ):
                text = file.text_of(item.item)
                raise Refused(f"what `with {text}` does at its end may be for the loop")
    if isinstance(node, cst.ExceptHandler):
        caught = "BaseException" if node.type is None else file.source.text_of(node.type)
        if _FOR_THE_END & {*re.findall(r"\w+", caught)}:
            raise Refused(f"in a coroutine `except {caught}` would catch that it is cancelled")


def _check_call(file: File, hand: ByHand, plan: Plan, call: cst.Call, known: set[Event]) -> None:
    """Refuse where a call, which is made while a loop runs then, would do another thing."""
    text = file.text_of(call.func)
    line = file.place(call).line
    if text in ABOUT_THE_FUNCTION:
        raise Refused(f"`{text}()` means another thing in a new function")
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    seen = file.seen(call)
    handles = seen is not None and not known.issuperset(seen.handling)
    if _runs_out(file, call):
        raise Refused(f"`{text}()` in line {line} may raise StopIteration, which no coroutine can")
    if handles or method in ("run_until_complete", "run_forever"):
        raise Refused(f"`{text}()` in line {line} runs or closes a loop, or looks at one")
    if not _is_harmless(file, hand, plan, call):
        raise Refused(f"`{text}()` in line {line} may do more with the loop")


def _runs_out(file: File, call: cst.Call) -> bool:
    """Say whether a call takes the next of an iterator, and nobody is ready for its end."""
    match call.func:
        case cst.Name(value="next"):
            taken = len(call.args) == 1
        case cst.Attribute(attr=cst.Name(value="__next__")):
            taken = True
        case _:
            taken = False
    return taken and not _is_caught_there(file, call)


def _is_caught_there(file: File, node: cst.CSTNode) -> bool:
    """Say whether a StopIteration is caught before it leaves a `try` that does not run
    the loop, and so moves as it is."""
    child = node
    for parent in file.parents(node):
        if isinstance(parent, cst.Try) and child is parent.body:
            names = {
                name
                for one in parent.handlers
                for name in re.findall(r"\w+", "" if one.type is None else file.text_of(one.type))
            }
            return "StopIteration" in names and not any(
                isinstance(one, cst.Attribute) and one.attr.value == "run_until_complete"
                for one in descend(parent)
            )
        if isinstance(parent, cst.FunctionDef):
            return False
        child = parent
    return False


def _check_coroutine(file: File, plan: Plan, call: cst.Call) -> None:
    """Refuse where a coroutine comes to what stays bound to the old loop."""
    if not isinstance(file.value(call), Coroutine):
        return
    for variable in file.used_by(call):
        value = file.facts.value_of(variable)
        held = [] if value is None else [*loops_in(value)]
        moves = any(variable in bound_by(file, one) for one in (*plan.moving, *plan.gone))
        if not moves and any(part.origin is not Origin.NEW for part in held):
            raise Refused(f"`{variable.name}` is bound to the loop that would be gone")
    for value in file.values_used_by(call):
        if name := file.facts.loop_held_outside(value):
            raise Refused(f"`{name}` is bound to the loop that would be gone")


_BUSY = re.compile("block|forever|loop|main|poll|run|serve|start")


def _is_harmless(file: File, hand: ByHand, plan: Plan, call: cst.Call) -> bool:
    """Say whether a call, as far as one can tell, is content with a loop that runs."""
    if is_open_book(file.value(call.func)):
        return True
    if any(run.args[0].value is call for run in hand.runs):
        return True
    base: cst.BaseExpression = call.func
    last = ""
    while isinstance(base, (cst.Attribute, cst.Subscript, cst.Call)):
        if base in hand.runs:
            return not _BUSY.search(last)
        if isinstance(base, cst.Attribute) and not last:
            last = base.attr.value
        base = base.func if isinstance(base, cst.Call) else base.value
    if isinstance(base, (cst.SimpleString, cst.FormattedString)):
        return True
    name = last or (base.value if isinstance(base, cst.Name) else "")
    if name[:1].isupper():
        return True  # a class
    variable = file.variable(base) if isinstance(base, cst.Name) and last else None
    ours = variable is not None and any(variable in bound_by(file, one) for one in plan.moving)
    return ours and not _BUSY.search(name)


def _is_left_behind(file: File, hand: ByHand, plan: Plan, name: cst.Name) -> bool:
    """Say whether a name is of something that is bound to the old loop, and does not move."""
    variable = file.variable(name)
    if variable is None or variable is hand.loop or not is_bound(file, name):
        return False
    if any(variable in bound_by(file, one) for one in plan.moving):
        return False
    lines = {file.place(node) for one in plan.moving for node in descend(one)}
    held = [*loops_in(file.value(name))]
    return not held or not all(isinstance(one, Future) and one.made_at in lines for one in held)


def check_awaited(file: File, plan: Plan, run: cst.Call) -> None:
    """Refuse where it is not known that a run's argument can be awaited in another loop."""
    argument = run.args[0].value
    kind = file.kind(argument)
    if kind in NOT_AWAITED:
        raise Refused(f"`{file.text_of(argument)}` cannot be awaited")
    if kind is Kind.UNKNOWN and not isinstance(argument, cst.Call):
        variable = file.variable(argument) if isinstance(argument, cst.Name) else None
        if variable is None or not any(variable in bound_by(file, one) for one in plan.moving):
            raise Refused(f"it is not known whether `{file.text_of(argument)}` is a coroutine")
    check_cured(file, argument, [*plan.moving, *plan.gone])


_GIVING = {
    *("add_reader", "add_signal_handler", "add_writer", "call_at", "call_exception_handler"),
    *("call_later", "call_soon", "call_soon_threadsafe", "connect_accepted_socket"),
    *("connect_read_pipe", "connect_write_pipe", "create_connection", "create_datagram_endpoint"),
    *("create_future", "create_server", "create_task", "create_unix_connection"),
    *("create_unix_server", "default_exception_handler", "get_debug", "getaddrinfo"),
    *("getnameinfo", "remove_reader", "remove_signal_handler", "remove_writer"),
    *("run_in_executor", "sendfile", "set_debug", "set_default_executor"),
    *("set_exception_handler", "set_task_factory", "sock_accept", "sock_connect", "sock_recv"),
    *("sock_recv_into", "sock_sendall", "sock_sendfile", "start_tls", "subprocess_exec"),
    *("subprocess_shell", "time"),
}


@dataclass(frozen=True)
class Uses:
    """Where the loop's name stands that something else has to stand for."""

    stops: Sequence[cst.Attribute]
    """Where its `stop` is named, in what moves."""
    running: Sequence[cst.Name]
    """Where a coroutine names it."""


def check_uses(file: File, hand: ByHand, plan: Plan) -> Uses:
    """Return where something else has to stand for the loop. Raises Refused where it is used
    otherwise than to give it something to do, or by a function that nothing runs in a loop."""
    stops: list[cst.Attribute] = []
    running: list[cst.Name] = []
    for name in () if hand.loop is None else file.names_of(hand.loop):
        holders = list(file.parents(name))
        if any(one in plan.gone for one in holders):
            continue
        line = file.place(name).line
        moves = any(one in plan.moving for one in holders)
        if not moves:
            _check_staying(file, hand, plan, name)
            running.append(name)
        parent, outer = holders[0], holders[1]
        if isinstance(parent, cst.Arg) and isinstance(outer, cst.Call):
            continue
        used = Refused(f"`{name.value}` is used for more in line {line}")
        if not isinstance(parent, cst.Attribute) or parent.value is not name:
            raise used
        calls = isinstance(outer, cst.Call) and outer.func is parent
        gives = parent.attr.value in _GIVING or outer in (*hand.runs, *hand.forever)
        if parent.attr.value == "stop" and moves and hand.forever:
            if not is_called_by_loop(parent, file):
                raise used
            stops.append(parent)
        elif not calls or not gives:
            raise used
    if hand.forever:
        check_stopped_by(stops, file)
    return Uses(stops, running)


def _check_staying(file: File, hand: ByHand, plan: Plan, name: cst.Name) -> None:
    """Refuse where the loop's name stays in what is not surely run by the new one."""
    line = file.place(name).line
    handlers = () if plan.holder is None else plan.holder.handlers
    if any(one in handlers for one in file.parents(name)):
        raise Refused(
            f"its `except` uses the loop in line {line}: asyncio.run() cancels what is left by "
            "itself, and other clean-up belongs into a `finally` in the coroutine"
        )
    if not file.in_coroutine(name):
        raise Refused(f"`{name.value}` is also used in line {line}")
    if file.enclosing_function(hand.gets[0]) is not None:
        raise Refused(f"`{name.value}` is also used in line {line}")
