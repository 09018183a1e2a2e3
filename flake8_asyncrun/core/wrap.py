"""Moving code into a coroutine: into a new `async def main()`, or into one that is there."""

from __future__ import annotations

import bisect
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core import edits, inside
from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.inside import Movable, is_docstring
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.rule import File, Refused, is_main_guard, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.values import (
    Effect,
    External,
    Future,
    Kind,
    Loop,
    Made,
    Origin,
    loops_in,
)
from flake8_asyncrun.names.variables import Variable

Block = cst.Module | cst.IndentedBlock

NOT_AWAITED = (Kind.COROUTINE_FUNCTION, Kind.ASYNC_GENERATOR, Kind.OTHER)
ABOUT_THE_FUNCTION = ("super", "locals", "vars", "dir", "eval", "exec")


@dataclass(frozen=True)
class Spot:
    """A statement, its block, and where in the block it stands."""

    statement: cst.BaseStatement
    block: Block
    index: int

    @property
    def before(self) -> Sequence[cst.BaseStatement]:
        return self.since(0)

    @property
    def after(self) -> Sequence[cst.BaseStatement]:
        return self._part(self.index + 1, len(self.block.body))

    def since(self, index: int) -> Sequence[cst.BaseStatement]:
        """Return the statements before it, from one of the block on."""
        return self._part(index, self.index)

    def _part(self, start: int, end: int) -> Sequence[cst.BaseStatement]:
        # A statement of a block that is not a suite on the `if`'s own line is never a small one.
        return [one for one in self.block.body[start:end] if isinstance(one, cst.BaseStatement)]


def spot_of(file: File, node: cst.CSTNode) -> Spot:
    """Return the statement that a node is evaluated by.

    Raises Refused where code cannot be put before that statement, or means another thing there.
    """
    child = node
    for parent in file.parents(node):
        # Of a comprehension only the first iterable is evaluated outside.
        inner = (
            isinstance(parent, cst.CompFor)
            and not (child is parent.iter and isinstance(file.source.parent(parent), cst.BaseComp))
        ) or (isinstance(parent, cst.BaseComp) and child is not parent.for_in)
        if inner or isinstance(parent, cst.Lambda):
            raise Refused("it stands inside a lambda or a comprehension")
        if isinstance(parent, cst.SimpleStatementSuite):
            raise Refused("it stands on the same line as the statement that holds it")
        if isinstance(parent, (cst.Module, cst.IndentedBlock)):
            assert isinstance(child, cst.BaseStatement)
            if inside.is_in_class_body(file, parent):
                raise Refused("a function in a class body does not see the class's names")
            return Spot(child, parent, _indexes(parent, file)[child])
        child = parent
    raise AssertionError("every expression stands in a statement")


@per_file
def _indexes(block: Block, file: File) -> dict[cst.CSTNode, int]:
    """Return where in a block its statements stand."""
    return {statement: index for index, statement in enumerate(block.body)}


# ---------------------------------------------------------------------- what moves


def into_main(
    file: File,
    call: cst.Call,
    argument: cst.BaseExpression,
    run: Callable[[str], list[Edit]],
    gone: Sequence[cst.SimpleStatementLine] = (),
    safety: Safety = Safety.SAFE,
    call_of: str = "",
    at: Spot | None = None,
) -> Fix:
    """Move `argument`, and what it needs that is bound to a loop, into a new `async def main()`.

    `run` makes the edits that turn `call` into one that runs the coroutine whose text it is given.
    The statements in `gone` are left out of the new text. `call_of`, as in "asyncio.gather(*",
    comes before the argument. The coroutine is defined before the statement `at`, which holds the
    call, or before the call's own. Raises Refused with the reason.
    """
    own = spot_of(file, call)
    spot = own if at is None else at
    if file.in_coroutine(call):
        raise Refused("a loop is already running here")
    if inside.is_in_cell(file, call):
        raise Refused("a loop is already running where cells are evaluated")
    if not call_of and file.kind(argument) in NOT_AWAITED:
        raise Refused(f"`{file.text_of(argument)}` cannot be awaited")
    if isinstance(argument, cst.Attribute) and file.kind(argument) is Kind.UNKNOWN:
        # As likely as not its parentheses were forgotten.
        raise Refused(f"it is not known whether `{file.text_of(argument)}` can be awaited")
    _check_movable(file, argument)
    slice_ = _slice(file, spot, argument, gone)
    check_cured(file, argument, slice_)
    inside.check_new(file, call, argument, spot.statement, slice_, gone)
    source = file.source
    target = edits.lines_of(file, spot.statement)
    indentation = edits.indentation_at(source, file.span(spot.statement).start)
    unit = edits.deeper_by(file, spot.block)
    inner = indentation + unit
    newline = edits.newline_at(source, file.span(spot.statement).start)
    name = free_name(file)
    used = not isinstance(file.source.parent(call), cst.Expr)
    body = [_moved(file, statement, indentation, inner) for statement in slice_]
    body.append(_awaiting(file, argument, inner, unit, used, call_of) + newline)
    removed = [edits.remove_statement(file, one).span for one in gone]
    removed += whole_lines(file, slice_)
    if removed and _is_body_of_function(file, spot.block) and _opens(file, spot, [*gone, *slice_]):
        removed.append(edits.blank_lines_above(file, target.start))
    text = definition(file, spot, name, "".join(body), removed, [*gone, *slice_])
    changes = [
        *(Edit(span, "") for span in united(removed)),
        edits.insert(target.start, text),
        *run(f"{name}()"),
    ]
    function = file.enclosing_function(call)
    scope = 0 if function is None else file.place(function).line
    title = f"Await it in `async def {name}()`"
    return Fix(title, tuple(changes), safety, claims=(f"{name} in {scope}",))


def into_coroutine(file: File, made: cst.Call, function: cst.FunctionDef, run: cst.Call) -> Fix:
    """Move the statement that makes an object to the top of the coroutine that alone uses it.

    `function` is an `async def` called once, as the argument of the call `run`. Raises Refused.
    """
    spot = spot_of(file, made)
    run_spot = spot_of(file, run)
    name = _assigned_name(spot.statement)
    if name is None:
        raise Refused(f"`{file.text_of(made)}` is not assigned to a name of its own")
    if isinstance(function.body, cst.SimpleStatementSuite):
        raise Refused(f"`{function.name.value}` is written on one line")
    if function.decorators:
        raise Refused(f"`{function.name.value}` is decorated")
    if len(spot.block.body) == 1:
        raise Refused("nothing would be left of its block")
    between = [one for one in _between(file, spot, run_spot) if one is not function]
    # Of two futures neither may pass the other: both go, in order.
    needed = [
        one
        for one in between
        if one is spot.statement or (_is_bound_statement(file, one) and not is_quiet(file, one))
    ]
    moving = _with_dependents(file, needed, between)
    check_standing(file, moving, [one for one in between if one not in moving])
    _check_called_once(file, function)
    line = file.place(function).line
    for statement in moving:
        _check_movable(file, statement)
        for variable in bound_by(file, statement):
            _check_used_in(file, variable, line, moving)
    _check_same_names(file, moving, function)
    inside.check_there(file, made, function, run, run_spot.statement)
    body = function.body
    assert isinstance(body, cst.IndentedBlock)
    first, *rest = body.body
    place = rest[0] if rest and is_docstring(first) else first
    if not rest and is_docstring(first):
        raise Refused(f"`{function.name.value}` has no body")
    inside.check_line(file, place)
    source = file.source
    start = edits.lines_of(file, place).start
    inner = edits.indentation_at(source, file.span(place).start)
    outer = edits.indentation_at(source, file.span(spot.statement).start)
    text = "".join(_moved(file, one, outer, inner) for one in moving)
    if isinstance(place, (cst.FunctionDef, cst.ClassDef)):
        text += edits.newline_at(source, start)
    removed = whole_lines(file, moving)
    changes = [*(Edit(span, "") for span in united(removed)), edits.insert(start, text)]
    # What a program's module binds, another module may import.
    importable = isinstance(spot.block, cst.Module) and spot.block is not run_spot.block
    safety = Safety.UNSAFE if importable else Safety.SAFE
    return Fix(f"Build it in `async def {function.name.value}()`", tuple(changes), safety)


def is_bound(file: File, node: cst.CSTNode) -> bool:
    """Say whether an expression's value holds a loop that `asyncio.run` does not run, or its
    evaluation needs one that runs."""
    seen = file.seen(node)
    if seen is None:
        return False
    if any(event.effect is Effect.NEEDS_RUNNING for event in seen.events):
        return True
    return any(_foreign(part) for part in loops_in(seen.value))


def _foreign(part: Loop | Future | Made) -> bool:
    return isinstance(part, Future) or part.origin is not Origin.UNKNOWN


def _slice(
    file: File,
    spot: Spot,
    argument: cst.BaseExpression,
    gone: Sequence[cst.SimpleStatementLine],
) -> list[Movable]:
    """Return the statements before `spot` that build what `argument` needs, in order."""
    needed: list[cst.BaseStatement] = []
    pending: list[cst.CSTNode] = [argument]
    while pending:
        for name in names_in(file, pending.pop()):
            variable = file.variable(name)
            if variable is None or is_ours(file, variable, [argument, *needed], binds_only=True):
                continue
            binding = _binding_statement(file, variable, spot, gone)
            if binding is None:
                if is_bound(file, name) or _is_added_to(file, variable, spot, gone):
                    raise Refused(_where_built(variable))
            elif binding not in needed and _is_bound_statement(file, binding):
                needed.append(binding)
                pending.append(binding)
            elif binding not in needed and is_bound(file, name):
                raise Refused(f"`{name.value}` is not built by an assignment of its own")
    if not needed:
        return []
    if not inside.is_evaluated_first(spot.statement, argument):
        raise Refused("what it needs would have to cross into a compound statement")
    first = min(_indexes(spot.block, file)[one] for one in needed)
    earlier = [one for one in spot.since(first) if one not in gone]
    return moving_with(file, needed, earlier, [argument, *gone])


def moving_with(
    file: File,
    needed: Sequence[cst.BaseStatement],
    earlier: Sequence[cst.BaseStatement],
    also: Sequence[cst.CSTNode],
) -> list[Movable]:
    """Return `needed` and what has to move with it, of the statements `earlier`, in order.

    Names that these bind may be used in nodes of `also`, and nowhere else. Raises Refused.
    """
    between = earlier[min(earlier.index(one) for one in needed) :]
    moving = _with_dependents(file, needed, between)
    check_standing(file, moving, [one for one in between if one not in moving])
    for statement in moving:
        _check_movable(file, statement)
        for variable in bound_by(file, statement):
            ours = is_ours(file, variable, [*also, *moving])
            if not ours and not inside.is_only_counted(file, variable, moving):
                raise Refused(used_elsewhere(file, variable, [*also, *moving]))
            check_unnamed(file, variable)
    return moving


@dataclass(frozen=True)
class Endless:
    """A loop that runs until it is stopped, taken apart."""

    run: cst.Call
    """Of `run_forever()`, a statement of its own."""
    at: Spot
    """Where the coroutine is to be defined: the run's statement, or the `try` that holds it."""
    moving: Sequence[Movable]
    gone: Sequence[cst.SimpleStatementLine]
    module: str
    """By what name the file has asyncio."""
    loop: str
    """The name of the variable that holds the loop, "" for none."""
    stops: Sequence[cst.Attribute]
    """Where its `stop` is named, in what moves."""


def into_waiting_main(file: File, endless: Endless) -> Fix:
    """Move what a loop is given into a new `async def main()` that waits for an event.

    What stops the loop sets the event. Raises Refused with the reason.
    """
    source, spot = file.source, endless.at
    target = edits.lines_of(file, spot.statement)
    indentation = edits.indentation_at(source, file.span(spot.statement).start)
    inner = indentation + edits.deeper_by(file, spot.block)
    newline = edits.newline_at(source, file.span(spot.statement).start)
    event = free_name(file, "stop")
    froms = (edits.indentation_at(source, file.span(one).start) for one in endless.moving)
    moved = zip(endless.moving, froms, strict=True)
    text = "".join(_moved(file, one, before, inner) for one, before in moved)
    stopping = re.compile(rf"\b{re.escape(endless.loop)}\s*\.\s*stop\b")
    if endless.stops:
        if len(stopping.findall(text)) != len(endless.stops):
            raise Refused(f"a comment or a string names `{endless.loop}.stop`")
        text = stopping.sub(f"{event}.set", text)
    opening = [f"{event} = {endless.module}.Event()"] if endless.stops else []
    if endless.loop and re.search(rf"\b{re.escape(endless.loop)}\b", text):
        opening.append(f"{endless.loop} = {endless.module}.get_running_loop()")
    waits = f"{event}.wait()" if endless.stops else f"{endless.module}.Event().wait()"
    name = free_name(file)
    body = [*(f"{inner}{line}{newline}" for line in opening), text]
    body.append(f"{inner}await {waits}{newline}")
    removed = [edits.remove_statement(file, one).span for one in endless.gone]
    removed += whole_lines(file, endless.moving)
    leaving = [*endless.gone, *endless.moving]
    defined = definition(file, spot, name, "".join(body), removed, leaving)
    changes = (
        *(Edit(span, "") for span in united(removed)),
        edits.insert(target.start, defined),
        edits.replace(file, endless.run, f"{endless.module}.run({name}())"),
    )
    function = file.enclosing_function(endless.run)
    scope = 0 if function is None else file.place(function).line
    title = f"Wait for an event in `async def {name}()`"
    return Fix(title, changes, Safety.UNSAFE, claims=(f"{name} in {scope}",))


def _with_dependents(
    file: File, needed: Sequence[cst.BaseStatement], between: Sequence[cst.BaseStatement]
) -> list[Movable]:
    """Return `needed` with the statements that use what it binds, in order."""
    moving: list[cst.BaseStatement] = []
    bound: set[Variable] = set()
    wanted = {*needed}
    for statement in between:
        mentions = any(file.variable(name) in bound for name in names_in(file, statement))
        if statement in wanted or mentions:
            moving.append(statement)
            bound |= set(bound_by(file, statement))
    return [inside.as_movable(file, statement) for statement in moving]


# ---------------------------------------------------------------------- what forbids it


def _check_movable(file: File, node: cst.CSTNode) -> None:
    for child in evaluated(node):
        if isinstance(child, (cst.Await, cst.Yield)):
            raise Refused("it awaits or yields")
        if isinstance(child, cst.NamedExpr):
            raise Refused(f"`{file.text_of(child)}` binds a name there")
        if isinstance(child, cst.Call) and _handles_loop(child, file):
            raise Refused(f"`{file.text_of(child)}` runs or closes a loop, or looks at one")
        if isinstance(child, cst.Call) and file.text_of(child.func) in ABOUT_THE_FUNCTION:
            raise Refused(f"`{file.text_of(child.func)}()` means another thing in a new function")


def check_cured(
    file: File, argument: cst.BaseExpression, moving: Sequence[cst.BaseStatement]
) -> None:
    """Refuse where what would be awaited stays bound to a loop that does not run."""
    for part in loops_in(file.value(argument)):
        if part.origin is Origin.NEW:
            raise Refused("it is bound to a loop that was made for it")
        unknown = part.origin is Origin.UNKNOWN
        if unknown and not inside.makes_its_futures(file, [argument, *moving]):
            raise Refused("it is not known which loop it is bound to")
    for variable in file.used_by(argument):
        value = file.facts.value_of(variable)
        bound = value is not None and any(map(_foreign, loops_in(value)))
        if bound and not is_ours(file, variable, [argument, *moving], binds_only=True):
            raise Refused(f"it uses `{variable.name}`, which is bound to another loop")


def check_standing(
    file: File, moving: Sequence[cst.BaseStatement], standing: Sequence[cst.BaseStatement]
) -> None:
    """Refuse where what moves would pass something with an effect."""
    read = {file.variable(name) for one in moving for name in names_in(file, one)}
    for statement in standing:
        if not is_quiet(file, statement):
            what = file.text_of(statement).partition("\n")[0]
            raise Refused(f"`{what}` stands between, and would run before what moves")
        for variable in bound_by(file, statement):
            is_read = variable in read or any(use.functions for use in variable.uses)
            if is_read and len(variable.bindings) > 1:
                raise Refused(f"`{variable.name}` is bound anew in between")


def _check_called_once(file: File, function: cst.FunctionDef) -> None:
    variable = file.variable(function.name)
    uses = [] if variable is None else [use for use in variable.uses if not use.binds]
    binds = [] if variable is None else variable.bindings
    if len(uses) != 1 or len(binds) != 1:
        raise Refused(f"`{function.name.value}` is used in more than one place")


def _check_used_in(
    file: File, variable: Variable, line: int, moving: Sequence[cst.BaseStatement]
) -> None:
    """Refuse where a variable is used outside what moves and the function at a line."""
    for use in variable.uses:
        inside = line in use.functions
        if inside and use.binds:
            raise Refused(f"`{variable.name}` is bound again in line {use.line}")
        if not inside and not _holds(file, moving, use.line, use.column):
            raise Refused(f"`{variable.name}` is used in line {use.line} too")
    if _may_come_by_text(file) or not variable.is_global:
        check_unnamed(file, variable)
    elif file.facts.variables.is_declared(variable.name):
        raise Refused(f"`{variable.name}` is declared global or nonlocal")


_COMES_BY_TEXT = re.compile(
    r"\b(__all__|__dict__|dir|eval|exec|f_\w+|globals|import_module|locals|modules|patch|vars)\b"
    r"|attr"
)
"""By what a file may come to a global by a text that is its name."""


@per_file
def _may_come_by_text(file: File) -> bool:
    return _COMES_BY_TEXT.search(file.source.text) is not None


def check_unnamed(file: File, variable: Variable) -> None:
    """Refuse where something names a variable that is to go, without using it."""
    if file.facts.variables.may_be_quoted(variable):
        raise Refused(f"a string names `{variable.name}`")
    if file.facts.variables.is_declared(variable.name):
        raise Refused(f"`{variable.name}` is declared global or nonlocal")


def _check_same_names(
    file: File, moving: Sequence[cst.BaseStatement], function: cst.FunctionDef
) -> None:
    """Refuse where a name that moves would mean a local of the function."""
    line = file.place(function).line
    names = {name.value for one in moving for name in names_in(file, one)}
    for name in names:
        if file.facts.variables.is_bound_in(name, line):
            raise Refused(f"`{name}` is another thing inside `{function.name.value}`")


def is_quiet(file: File, statement: cst.BaseStatement) -> bool:
    """Say whether running a statement earlier or later makes no difference."""
    return _is_quiet(statement, file)


@per_file
def _is_quiet(statement: cst.BaseStatement, file: File) -> bool:
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return not statement.decorators
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    for small in statement.body:
        if isinstance(small, (cst.Import, cst.ImportFrom)) and not _imports_own(file, small):
            continue
        if isinstance(small, (cst.Pass, cst.Global, cst.Nonlocal)):
            continue
        targets: list[cst.BaseExpression] = []
        if isinstance(small, cst.Assign):
            targets = [target.target for target in small.targets]
        elif isinstance(small, cst.AnnAssign):
            targets = [small.target]
        if isinstance(small, (cst.Assign, cst.AnnAssign, cst.Expr)):
            noisy = (cst.Call, cst.Await, cst.Yield, cst.NamedExpr)
            plain = all(isinstance(target, cst.Name) for target in targets)
            read = (child for child in evaluated(small) if _reads_object(file, child))
            noise = any(isinstance(child, noisy) for child in evaluated(small)) or any(read)
            if plain and not noise:
                continue
        return False
    return True


def _imports_own(file: File, statement: cst.Import | cst.ImportFrom) -> bool:
    """Say whether an import runs code of the project, which may do anything."""
    if isinstance(statement, cst.Import):
        return any(file.facts.is_of_project(one.evaluated_name) for one in statement.names)
    module = "" if statement.module is None else file.text_of(statement.module)
    return file.facts.is_of_project(module, len(statement.relative))


def _reads_object(file: File, node: cst.CSTNode) -> bool:
    """Say whether a node reads what is in an object, which what moves may change."""
    if not isinstance(node, (cst.Attribute, cst.Subscript)):
        return False
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return not isinstance(file.value(node), External)


def _handles_loop(call: cst.Call, file: File) -> bool:
    """Say whether a call may run or close a loop, or look at one: it means another thing inside."""
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    seen = file.seen(call)
    return method in ("run_until_complete", "run_forever") or (
        seen is not None and seen.handles_loop
    )


def _between(file: File, spot: Spot, run: Spot) -> list[cst.BaseStatement]:
    """Return the statements from `spot` on that run before those of `run`, in order."""
    if spot.block is run.block:
        if spot.index >= run.index:
            raise Refused("it is built after the run")
        return list(run.since(spot.index))
    # The run stands in a block further in, as under the main guard; or in a function.
    outer = next(
        (one for one in spot.after if any(node is run.statement for node in descend(one))), None
    )
    if isinstance(outer, cst.FunctionDef) and run.block is outer.body:
        call = file.only_call(outer)
        if call is None:
            raise Refused(f"`{outer.name.value}` may be called from more than one place")
        return [*_between(file, spot, spot_of(file, call)), *run.before]
    guard = isinstance(outer, cst.If) and is_main_guard(outer)
    if not guard or not isinstance(outer, cst.If) or run.block is not outer.body:
        raise Refused("the run stands in another block")
    passed = itertools.takewhile(lambda one: one is not outer, spot.after)
    return [spot.statement, *passed, *run.before]


# ---------------------------------------------------------------------- small questions


@per_file
def _binders(block: Block, file: File) -> dict[Variable, list[cst.BaseStatement]]:
    """Return the statements of a block that bind each variable, in order."""
    found: dict[Variable, list[cst.BaseStatement]] = defaultdict(list)
    for statement in block.body:
        if isinstance(statement, cst.BaseStatement):
            for variable in bound_by(file, statement):
                found[variable].append(statement)
    return found


def _bind_before(
    file: File, variable: Variable, spot: Spot, gone: Sequence[cst.CSTNode]
) -> Iterator[cst.BaseStatement]:
    """Yield the statements before a spot that bind a variable and are not `gone`, in order."""
    indexes = _indexes(spot.block, file)
    for statement in _binders(spot.block, file).get(variable, ()):
        if indexes[statement] >= spot.index:
            return
        if statement not in gone:
            yield statement


def _binding_statement(
    file: File, variable: Variable, spot: Spot, gone: Sequence[cst.CSTNode]
) -> cst.BaseStatement | None:
    """Return the statement before a spot that alone binds a variable."""
    if not variable.is_bound_once:
        return None
    found = [*_bind_before(file, variable, spot, gone)]
    return found[0] if len(found) == 1 and isinstance(found[0], cst.SimpleStatementLine) else None


def _is_bound_statement(file: File, statement: cst.BaseStatement) -> bool:
    value = _assigned_value(statement)
    return value is not None and is_bound(file, value)


def _is_added_to(file: File, variable: Variable, spot: Spot, gone: Sequence[cst.CSTNode]) -> bool:
    """Say whether what is bound to a loop is made by one of the statements that bind a variable."""
    return any(_makes_bound(one, file) for one in _bind_before(file, variable, spot, gone))


@per_file
def _makes_bound(statement: cst.BaseStatement, file: File) -> bool:
    calls = (node for node in evaluated(statement) if isinstance(node, cst.Call))
    return any(is_bound(file, call) for call in calls)


def _assigned_value(statement: cst.BaseStatement) -> cst.BaseExpression | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        small = statement.body[0]
        if isinstance(small, (cst.Assign, cst.AnnAssign)):
            return small.value
    return None


def _assigned_name(statement: cst.BaseStatement) -> str | None:
    """Return the only name that an assignment binds."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        small = statement.body[0]
        target: cst.CSTNode | None = None
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            target = small.targets[0].target
        elif isinstance(small, cst.AnnAssign):
            target = small.target
        if isinstance(target, cst.Name):
            return target.value
    return None


def _where_built(variable: Variable) -> str:
    lines = [str(use.line) for use in variable.uses if use.binds]
    if len(lines) == 1:
        return f"`{variable.name}` is built in line {lines[0]}, in another block than the run"
    return f"`{variable.name}` is bound in lines {', '.join(lines)}"


def bound_by(file: File, statement: cst.BaseStatement) -> tuple[Variable, ...]:
    """Return the variables that a statement binds."""
    if statement not in file.bound_by:
        named = {file.variable(name) for name in names_in(file, statement)}
        bound = {*bound_within(file, file.span(statement))}
        file.bound_by[statement] = tuple(one for one in named if one in bound and one is not None)
    return file.bound_by[statement]


def bound_within(file: File, span: Span) -> Sequence[Variable]:
    """Return the variables that are bound in a span, each as often as it is."""
    offsets, variables = _bindings(file)
    first = bisect.bisect_left(offsets, span.start)
    return variables[first : bisect.bisect_left(offsets, span.end)]


@per_file
def _bindings(file: File) -> tuple[list[int], list[Variable]]:
    """Return where variables are bound, in order, and which."""
    found = [
        (file.source.offset(use.line, use.column), number, variable)
        for number, variable in enumerate(file.facts.variables.all())
        for use in variable.uses
        if use.binds
    ]
    found.sort(key=lambda one: one[:2])
    return [offset for offset, _, _ in found], [variable for _, _, variable in found]


def is_ours(
    file: File,
    variable: Variable,
    nodes: Sequence[cst.CSTNode],
    binds_only: bool = False,
) -> bool:
    """Say whether a variable is used nowhere but in `nodes`; `binds_only`: bound nowhere but."""
    uses = variable.bindings if binds_only else variable.uses
    return all(_holds(file, nodes, use.line, use.column) for use in uses)


def used_elsewhere(file: File, variable: Variable, nodes: Sequence[cst.CSTNode]) -> str:
    use = next(use for use in variable.uses if not _holds(file, nodes, use.line, use.column))
    return f"`{variable.name}` is used in line {use.line} too"


def _holds(file: File, nodes: Sequence[cst.CSTNode], line: int, column: int) -> bool:
    offset = file.source.offset(line, column)
    return any(file.span(node).start <= offset < file.span(node).end for node in nodes)


def names_in(file: File, node: cst.CSTNode) -> tuple[cst.Name, ...]:
    """Return the variables' names in a node; not attributes, keywords or parameters' names."""
    if node not in file.names_in:
        file.names_in[node] = tuple(_names_in(node))
    return file.names_in[node]


def _names_in(node: cst.CSTNode) -> Iterator[cst.Name]:
    stack: list[cst.CSTNode] = [node]
    while stack:
        child = stack.pop()
        if isinstance(child, cst.Name):
            yield child
        elif isinstance(child, (cst.Attribute, cst.Arg)):
            stack.append(child.value)
        else:
            stack.extend(reversed(children(child)))


def evaluated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        child = stack.pop()
        yield child
        if not isinstance(child, (cst.FunctionDef, cst.Lambda)):
            stack.extend(children(child))


# ---------------------------------------------------------------------- putting it together


def free_name(file: File, name: str = "main") -> str:
    candidates = itertools.chain((name, f"_{name}"), (f"{name}_{n}" for n in itertools.count(1)))
    return next(name for name in candidates if not file.facts.variables.is_taken(name))


def definition(
    file: File,
    spot: Spot,
    name: str,
    body: str,
    removed: list[Span],
    leaving: Sequence[cst.BaseStatement],
) -> str:
    """Return the text of an `async def` that is to stand before the lines of `spot`, with the blank
    lines that belong there once the spans `removed`, with the statements `leaving`, are gone."""
    start = edits.lines_of(file, spot.statement).start
    indentation = edits.indentation_at(file.source, file.span(spot.statement).start)
    newline = edits.newline_at(file.source, file.span(spot.statement).start)
    wanted = 2 if isinstance(spot.block, cst.Module) else 1
    blank = newline * wanted
    before = edits.blank_lines_before(file, start, removed)
    if before == 0 and _opens(file, spot, leaving):
        # Formatters want a line before a nested function, unless it opens a function's body.
        wanted = 0 if _is_body_of_function(file, spot.block) else 1
    lead = "" if before is None else newline * max(wanted - before, 0)
    return f"{lead}{indentation}async def {name}():{newline}{body}{blank}"


def _moved(file: File, statement: Movable, before: str, after: str) -> str:
    text = edits.reindent(file, edits.lines_of(file, statement), before, after, statement)
    return text if text.endswith(("\n", "\r")) else text + file.source.tree.default_newline


def _whole(file: File, statements: Sequence[Movable]) -> Span:
    """Return the lines that go when statements, which follow each other, move elsewhere."""
    first = statements[0]
    block = file.source.parent(first)
    assert isinstance(block, (cst.Module, cst.IndentedBlock))
    lines = Span(edits.lines_of(file, first).start, edits.lines_of(file, statements[-1]).end)
    opens = first is block.body[0]
    left = block.body[len(statements) :]
    if opens and left and not _is_body_of_function(file, block):
        opens = not isinstance(left[0], (cst.FunctionDef, cst.ClassDef))
    return edits.without_blank_lines(file, lines, first=opens)


def whole_lines(file: File, statements: Sequence[Movable]) -> list[Span]:
    """Return the lines that go when statements move elsewhere."""
    groups: list[list[Movable]] = []
    end = 0
    for statement in statements:
        lines = edits.lines_of(file, statement)
        if groups and not file.source.slice(Span(end, lines.start)).strip():
            groups[-1].append(statement)
        else:
            groups.append([statement])
        end = lines.end
    return [_whole(file, group) for group in groups]


def _awaiting(
    file: File,
    argument: cst.BaseExpression,
    indentation: str,
    unit: str,
    used: bool,
    call_of: str,
) -> str:
    span = file.span(argument)
    before = edits.indentation_at(file.source, span.start)
    text = edits.reindent(file, span, before, indentation, argument).lstrip()
    if isinstance(argument, cst.Tuple):
        text = f"({text})"
    before_it = f"{indentation}{'return ' if used else ''}"
    if call_of:
        return f"{before_it}await {call_of}{text})"
    return edits.awaiting(file, before_it, text, argument, indentation + unit)


def _opens(file: File, spot: Spot, gone: Sequence[cst.BaseStatement]) -> bool:
    """Say whether nothing of an indented block is left before `spot`."""
    return isinstance(spot.block, cst.IndentedBlock) and all(
        one in gone for one in itertools.islice(spot.block.body, spot.index)
    )


def _is_body_of_function(file: File, block: Block) -> bool:
    return isinstance(file.source.parent(block), cst.FunctionDef)


def united(spans: list[Span]) -> list[Span]:
    """Return spans that neither overlap nor touch, covering the same text."""
    united: list[Span] = []
    for span in sorted(spans):
        if united and span.start <= united[-1].end:
            united[-1] = Span(united[-1].start, max(united[-1].end, span.end))
        else:
            united.append(span)
    return united
