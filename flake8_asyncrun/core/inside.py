"""Whether code means the same inside a coroutine, defined right before where it stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.values import Kind, loops_in
from flake8_asyncrun.names.variables import Variable

Movable = cst.SimpleStatementLine | cst.For | cst.If
"""What may move into a coroutine as a whole."""

_NOT_AWAITED = (Kind.COROUTINE_FUNCTION, Kind.ASYNC_GENERATOR, Kind.OTHER)
_TAKE_ONE = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.shield", "asyncio.wait_for")
_TAKE_ALL = ("asyncio.gather",)
_NEITHER_LOOP_NOR_FUTURE = {"name", "return_exceptions", "return_when", "timeout"}


def check_new(
    file: File,
    call: cst.Call,
    argument: cst.BaseExpression,
    statement: cst.BaseStatement,
    moving: Sequence[Movable],
    gone: Sequence[cst.BaseStatement],
) -> None:
    """Refuse where a run's argument, and `moving` before it, would mean another thing in a new
    coroutine before `statement`, which holds the run, `call`; `gone` is taken away."""
    _check_awaits(file, argument, moving)
    _check_order(file, call, argument, statement, moving, gone)
    _check_scope(file, file.enclosing_function(call))
    for one in (statement, *moving):
        check_line(file, one)


def check_there(
    file: File,
    made: cst.Call,
    function: cst.FunctionDef,
    run: cst.Call,
    statement: cst.BaseStatement,
) -> None:
    """Refuse where an object made by a call would be another in the coroutine that a run is given,
    or made too late; `statement` holds the run."""
    _check_scope(file, function)
    _check_scope(file, file.enclosing_function(made))
    given = run.args[0].value
    arguments = [*run.args[1:], *(given.args if isinstance(given, cst.Call) else ())]
    for one in arguments:
        if _is_noisy(one.value):
            raise Refused(f"`{file.text_of(one.value)}` would come before what moves")
    _check_before(file, run, statement, ())


# ---------------------------------------------------------------------- where it may stand


def is_in_class_body(file: File, node: cst.CSTNode) -> bool:
    """Say whether names in a node are looked up in a class, which a function in it cannot do."""
    child = node
    for parent in file.parents(node):
        if isinstance(parent, cst.ClassDef) and child is parent.body:
            return True
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)) and child is parent.body:
            return False
        child = parent
    return False


def is_in_cell(file: File, call: cst.Call) -> bool:
    """Say whether a notebook evaluates a call, while its own loop runs."""
    # Cells may be a program's, which is started as a whole.
    blocks = (cst.IndentedBlock, cst.IfExp, cst.BooleanOperation)
    script = file.facts.is_program or any(isinstance(one, blocks) for one in file.parents(call))
    return not file.source.is_notebook and file.has_cells and not script


def check_line(file: File, statement: cst.BaseStatement) -> None:
    """Refuse where a statement's line, or a comment above it, has to stay the first."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return
    first = statement.body[0]
    block = file.source.parent(statement)
    assert isinstance(block, (cst.Module, cst.IndentedBlock))
    opens = block.body[0] is statement
    module = first.module if isinstance(first, cst.ImportFrom) else None
    if module is not None and file.text_of(module) == "__future__":
        raise Refused("the import from `__future__` in its line must come first")
    if opens and len(statement.body) > 1 and is_docstring(statement):
        raise Refused("the docstring in its line must come first")
    if opens and isinstance(file.source.parent(block), cst.FunctionDef):
        for line in statement.leading_lines:
            if line.comment is not None and line.comment.value[1:].lstrip().startswith("type:"):
                raise Refused("the function's type comment stands right above it")


def is_docstring(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """Say whether a statement begins with nothing but a string."""
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def _check_scope(file: File, function: cst.FunctionDef | cst.Lambda | None) -> None:
    """Refuse where a function, or the module, looks at all names that it has."""
    for name, where in _asks_for_names(file):
        if where is function:
            raise Refused(f"`{name}()` would show other names")


@per_file
def _asks_for_names(
    file: File,
) -> tuple[tuple[str, cst.FunctionDef | cst.Lambda | None], ...]:
    """Return what shows all names there are, with the function, or the module, of which."""
    found: dict[tuple[str, cst.FunctionDef | cst.Lambda | None], None] = {}
    for call in file.calls():
        if not isinstance(call.func, cst.Name) or call.args:
            continue
        if call.func.value in ("dir", "locals", "vars"):
            found[call.func.value, file.enclosing_function(call)] = None
        elif call.func.value == "globals":
            found["globals", None] = None
    return tuple(found)


# ---------------------------------------------------------------------- in what order


def _check_order(
    file: File,
    call: cst.Call,
    argument: cst.BaseExpression,
    statement: cst.BaseStatement,
    moving: Sequence[cst.BaseStatement],
    gone: Sequence[cst.BaseStatement],
) -> None:
    others = [one.value for one in call.args if one.value is not argument]
    # What runs a future on no Python has no order to keep.
    works = file.kind(argument) is not Kind.FUTURE
    if works and _is_noisy(argument) and any(map(_is_noisy, others)):
        raise Refused("its other arguments would be evaluated before it")
    if moving:
        _check_before(file, call, statement, gone)


def _check_before(
    file: File,
    call: cst.Call,
    statement: cst.BaseStatement,
    gone: Sequence[cst.BaseStatement],
) -> None:
    child: cst.CSTNode = call
    for parent in file.parents(call):
        if (
            (isinstance(parent, cst.BooleanOperation) and child is parent.right)
            or (isinstance(parent, cst.IfExp) and child is not parent.test)
            or (isinstance(parent, cst.Comparison) and child in parent.comparisons[1:])
        ):
            raise Refused("it may not be evaluated at all, and what it needs is")
        if parent is statement:
            break
        child = parent
    start = file.span(call).start
    for node in _without(gone, statement):
        if _is_noise(node) and node is not call and file.span(node).end <= start:
            what = file.text_of(node)
            raise Refused(f"`{what}` stands between, and would come before what moves")


def _is_noisy(node: cst.CSTNode) -> bool:
    return any(_is_noise(one) for one in descend(node))


def _is_noise(node: cst.CSTNode) -> bool:
    return isinstance(
        node,
        (
            *(cst.Call, cst.Await, cst.Yield, cst.NamedExpr),
            *(cst.Return, cst.Raise, cst.Break, cst.Continue),
        ),
    )


def _without(left_out: Sequence[cst.CSTNode], node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        child = stack.pop()
        if child not in left_out:
            yield child
            stack.extend(children(child))


def is_evaluated_first(statement: cst.BaseStatement, node: cst.CSTNode) -> bool:
    """Say whether a statement evaluates a node once, and runs no block of its own before that."""
    if isinstance(statement, cst.SimpleStatementLine):
        return len(statement.body) == 1
    header: cst.CSTNode | None = None
    if isinstance(statement, cst.For):
        header = statement.iter
    elif isinstance(statement, cst.If):
        header = statement.test
    elif isinstance(statement, cst.With):
        header = statement.items[0]
    elif isinstance(statement, cst.Match):
        header = statement.subject
    if header is None:
        return isinstance(statement, cst.Try) and not statement.handlers
    return any(one is node for one in descend(header))


def is_only_counted(file: File, variable: Variable, moving: Sequence[cst.BaseStatement]) -> bool:
    """Say whether a variable is but what loops count with: those in `moving`, and others, which
    bind it anew."""
    start = file.span(moving[0]).start
    function = file.enclosing_function(moving[0])
    holders = file.parents(moving[0])
    repeated = any(isinstance(one, (cst.For, cst.While)) for one in holders)
    for name in file.names_of(variable):
        span = file.span(name)
        if file.enclosing_function(name) is not function:
            return False
        if span.end <= start and not repeated:
            continue
        if not _is_counted(file, name, variable):
            return False
    return True


def _is_counted(file: File, name: cst.Name, variable: Variable) -> bool:
    """Say whether a name is the target of a `for`, or in the body of one that binds it."""
    child: cst.CSTNode = name
    for parent in file.parents(name):
        if isinstance(parent, cst.For) and child in (parent.target, parent.body):
            names = (one for one in descend(parent.target) if isinstance(one, cst.Name))
            if any(file.variable(one) is variable for one in names):
                return True
        child = parent
    return False


def as_movable(file: File, statement: cst.BaseStatement) -> Movable:
    """Return a statement that uses what would move, as one that can move with it.

    Raises Refused.
    """
    if isinstance(statement, (cst.For, cst.If)) and _is_plain(statement):
        return statement
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        line = file.place(statement).line
        raise Refused(f"line {line} uses what would move, and cannot move with it")
    small = statement.body[0]
    if not isinstance(small, (cst.Assign, cst.AnnAssign, cst.Expr)):
        raise Refused(f"`{file.text_of(small)}` uses what would move")
    return statement


def _is_plain(statement: cst.CSTNode) -> bool:
    """Say whether a loop or a branch does nothing but evaluate and assign."""
    if isinstance(statement, (cst.For, cst.If, cst.Else)):
        asynchronous = isinstance(statement, cst.For) and statement.asynchronous is not None
        orelse = None if isinstance(statement, cst.Else) else statement.orelse
        return (
            not asynchronous
            and all(map(_is_plain, statement.body.body))
            and (orelse is None or _is_plain(orelse))
        )
    if isinstance(statement, cst.SimpleStatementLine):
        return all(map(_is_plain, statement.body))
    plain = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr, cst.Pass, cst.Continue, cst.Break)
    return isinstance(statement, plain)


# ---------------------------------------------------------------------- what becomes of it


def _check_awaits(file: File, argument: cst.BaseExpression, moving: Sequence[cst.CSTNode]) -> None:
    """Refuse where what would be awaited ends in the next error, or never."""
    for node in (argument, *moving):
        for call in descend(node):
            if not isinstance(call, cst.Call):
                continue
            for taken in _taken(file, call):
                if not taken.star and file.kind(taken.value) in _NOT_AWAITED:
                    raise Refused(f"`{file.text_of(taken.value)}` cannot be awaited")
            if _makes_bare_future(file, call) and _is_kept(file, call, argument):
                raise Refused(f"nothing completes `{file.text_of(call)}`, it would wait for ever")


def _taken(file: File, call: cst.Call) -> Sequence[cst.Arg]:
    """Return the arguments that a call of asyncio's awaits."""
    callee = file.callee(call)
    if callee not in (*_TAKE_ALL, *_TAKE_ONE):
        return ()
    given = [one for one in call.args if one.keyword is None]
    return given if callee in _TAKE_ALL else given[:1]


def _makes_bare_future(file: File, call: cst.Call) -> bool:
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    made = file.callee(call) == "asyncio.Future" or method == "create_future"
    return made and file.kind(call) is Kind.FUTURE


def _is_kept(file: File, call: cst.Call, argument: cst.BaseExpression) -> bool:
    """Say whether nobody but the run gets the future that a call makes."""
    node: cst.CSTNode = call
    while node is not argument:
        parent = file.source.parent(node)
        if isinstance(parent, cst.AnnAssign):
            return _is_read_once(file, parent.target)
        if isinstance(parent, cst.Assign):
            return len(parent.targets) == 1 and _is_read_once(file, parent.targets[0].target)
        outer = None if parent is None else file.source.parent(parent)
        if not isinstance(parent, cst.Arg) or not isinstance(outer, cst.Call):
            return False
        if file.callee(outer) == "asyncio.wait_for" or parent not in _taken(file, outer):
            return False
        node = outer
    return True


def _is_read_once(file: File, target: cst.BaseExpression) -> bool:
    variable = file.variable(target) if isinstance(target, cst.Name) else None
    return variable is not None and sum(not use.binds for use in variable.uses) == 1


def makes_its_futures(file: File, nodes: Sequence[cst.CSTNode]) -> bool:
    """Say whether all that is bound to a loop in expressions and statements is made there, of
    coroutines: it belongs to the loop that runs then, wherever that is."""
    below = [node for one in nodes for node in descend(one)]
    bound = {
        file.variable(node.target)
        for node in below
        if isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.For, cst.CompFor))
        and isinstance(node.target, cst.Name)
    }
    for node in below:
        if not isinstance(node, (cst.Name, cst.Attribute, cst.Call)) or not _is_bound(file, node):
            continue
        if isinstance(node, cst.Name):
            is_ours = file.variable(node) in bound
        elif isinstance(node, cst.Attribute):
            # What is bound to a loop itself is asked about on its own.
            is_ours = _is_bound(file, node.value)
        else:
            taken = _taken(file, node)
            named = {one.keyword.value for one in node.args if one.keyword is not None}
            is_ours = bool(taken) and all(_is_known(file, one.value) for one in taken)
            is_ours = is_ours and named <= _NEITHER_LOOP_NOR_FUTURE
        if not is_ours:
            return False
    return True


def _is_bound(file: File, node: cst.BaseExpression) -> bool:
    return any(loops_in(file.value(node)))


def _is_known(file: File, node: cst.BaseExpression) -> bool:
    """Say whether a coroutine or a future is awaited, or several that are listed."""
    if isinstance(node, (cst.ListComp, cst.GeneratorExp)):
        return _is_known(file, node.elt)
    if isinstance(node, cst.Name) and _is_bound(file, node):
        return True
    return file.kind(node) in (Kind.COROUTINE, Kind.FUTURE)
