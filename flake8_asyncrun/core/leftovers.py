"""What became unused by the fixes of a file: variables that hold a loop, and imports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.model import Edit, Fix, Safety, Span
from flake8_asyncrun.core.rule import File, Refused
from flake8_asyncrun.core.source import Source, descend
from flake8_asyncrun.names import asyncio_table, syntax
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.values import Effect, Function
from flake8_asyncrun.names.variables import Variable, Variables

_Line = cst.SimpleStatementLine | cst.If

_QUIET = {
    "asyncio",
    "concurrent",
    "contextlib",
    "functools",
    "inspect",
    "nest_asyncio",
    "os",
    "platform",
    "selectors",
    "signal",
    "sys",
    "threading",
    "types",
    "uvloop",
    "warnings",
}
"""Modules whose import does nothing that anybody could miss, of those that fixes make needless."""

_TAKING = {
    Does.GETS_LOOP,
    Does.BINDS,
    Does.BINDS_OBJECT,
    Does.BINDS_FROM_314,
    Does.KEEPS_LOOP_UP_TO_39,
}
"""What may take the loop that an earlier call has made current."""

_BY_ANY_TEXT = re.compile(r"\b(?:eval|exec|globals|locals|vars)\s*\(")


@dataclass(frozen=True)
class Leftover:
    """A name that nothing uses any more, and the fix that takes it away."""

    name: str
    span: Span
    fix: Fix
    is_import: bool


def leftovers(
    before: Source,
    after: Source,
    file_of: Callable[[Source], File],
    is_global_elsewhere: Callable[[str], bool],
) -> list[Leftover]:
    """Return what is unused in a text and was used in what it was before its fixes, in order.

    `is_global_elsewhere` says whether another file names a global of this one. Raises Unreadable
    where a text cannot be parsed.
    """
    lost = _with_fewer_reads(before, after)
    if not lost or not after.prints_back or _BY_ANY_TEXT.search(after.text):
        return []
    file = file_of(after)
    variables = file.facts.variables
    owned = Counter(variable.name for _, variable in variables.in_scopes())
    every = Counter(variable.name for variable in variables.all())
    found: list[Leftover] = []
    for path, variable in variables.in_scopes():
        name = variable.name
        if every[name] > owned[name]:
            # In a class `loop = loop` reads what is outside.
            continue
        if (path, name) not in lost or variables.is_declared(name) or variables.is_quoted(name):
            continue
        if variable.is_global and is_global_elsewhere(name):
            continue
        taken = (
            _imported(variable, file)
            or _assigned(variable, path, file)
            or _handed_over(variable, file, is_global_elsewhere)
        )
        if taken is not None:
            found.append(taken)
    return sorted(found, key=lambda one: one.span)


_Key = tuple[tuple[str, ...], str]


def _with_fewer_reads(before: Source, after: Source) -> set[_Key]:
    """Return the variables of a text, by scope and name, that are read less often than before.

    What was moved into a function of its own is the variable it was outside. What fixes have made
    counts if it is not read at all.
    """
    earlier, later = _uses(before), _uses(after)
    fewer: set[_Key] = set()
    for (path, name), (reads, binds) in later.items():
        outer = (path[:length] for length in range(len(path), -1, -1))
        was = next((earlier[one, name] for one in outer if (one, name) in earlier), (1, 0))
        # Where it is bound it may be read: `loop = loop or …`.
        if 0 <= reads < was[0] and reads <= 2 * binds:
            fewer.add((path, name))
    return fewer


def _uses(source: Source) -> dict[_Key, tuple[int, int]]:
    """Count how often each variable is read and bound; below zero where two scopes go by the same
    path."""
    found: dict[_Key, tuple[int, int]] = {}
    for path, variable in Variables(syntax.parse(source.text)).in_scopes():
        key = path, variable.name
        binds = variable.times_bound
        found[key] = (-1, 0) if key in found else (len(variable.uses) - binds, binds)
    return found


# ---------------------------------------------------------------------- the modules and names


def _imported(variable: Variable, file: File) -> Leftover | None:
    """Return an import that nothing uses, None where it is none or somebody else may use it."""
    if len(variable.uses) != 1 or file.source.path.endswith("__init__.py"):
        return None
    alias = next((one for one in file.import_aliases() if _binds(one, variable, file)), None)
    statement = None if alias is None else file.source.parent(alias)
    line = None if statement is None else file.source.parent(statement)
    if (
        alias is None
        or not isinstance(statement, (cst.Import, cst.ImportFrom))
        or not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
        or not _stands_alone(line, file)
        or _is_commented(line, file)
        or _is_mentioned(variable.name, file)
    ):
        return None
    module = alias.evaluated_name
    if isinstance(statement, cst.ImportFrom):
        if statement.relative or statement.module is None:
            return None
        module = file.source.text_of(statement.module)
    is_exported = alias.evaluated_alias == alias.evaluated_name
    if is_exported or module.partition(".")[0] not in _QUIET:
        return None
    edit = edits.remove_import(file, alias)
    return Leftover(variable.name, file.span(alias), _fix(variable, [edit], Safety.SAFE), True)


def _binds(alias: cst.ImportAlias, variable: Variable, file: File) -> bool:
    name: cst.BaseExpression = alias.asname.name if alias.asname else alias.name
    while isinstance(name, cst.Attribute):
        name = name.value
    return isinstance(name, cst.Name) and file.variable(name) is variable


def _is_mentioned(name: str, file: File) -> bool:
    """Say whether a string may be code that uses a name: an annotation, a doctest."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    for node in file.source.nodes:
        if isinstance(node, cst.Comment) and "type:" in node.value and word.search(node.value):
            return True
        if not isinstance(node, cst.SimpleString) or not word.search(node.value):
            continue
        if not isinstance(file.source.parent(node), cst.Expr) or ">>>" in node.value:
            return True
    return False


# ---------------------------------------------------------------------- variables


def _assigned(variable: Variable, path: tuple[str, ...], file: File) -> Leftover | None:
    """Return the statements that bind a variable nobody reads, None where they do more."""
    names = list(file.names_of(variable))
    lines: dict[_Line, Safety] = {}
    for name in names:
        parent = file.source.parent(name)
        if isinstance(parent, cst.Param) and parent.name is name:
            continue
        bound = _bound_alone(name, file)
        if bound is not None:
            line, value = bound
            safety = _safety(value, variable, file)
            if safety is None:
                return None
            lines[_with_test(line, variable, file)] = safety
    if not lines or len(names) != len(variable.uses):
        return None
    for name in names:
        parent = file.source.parent(name)
        is_parameter = isinstance(parent, cst.Param) and parent.name is name
        if not is_parameter and not any(one in lines for one in file.parents(name)):
            return None
    if not all(_stands_alone(line, file) and not _is_commented(line, file) for line in lines):
        return None
    going = Counter(file.source.parent(line) for line in lines)
    if any(isinstance(one, cst.IndentedBlock) and len(one.body) <= going[one] for one in going):
        return None
    is_private = bool(path) or variable.name.startswith("_")
    if not is_private and not all(_is_script(line, file) for line in lines):
        return None
    safety = Safety.SAFE if set(lines.values()) == {Safety.SAFE} else Safety.UNSAFE
    changes = [edits.remove_statement(file, line) for line in lines]
    first = min(file.span(line) for line in lines)
    return Leftover(variable.name, first, _fix(variable, changes, safety), False)


def _bound_alone(
    name: cst.Name, file: File
) -> tuple[cst.SimpleStatementLine, cst.BaseExpression] | None:
    """Return the statement that binds a name and does nothing else, with what it binds it to."""
    parent = file.source.parent(name)
    if isinstance(parent, cst.AssignTarget):
        parent = file.source.parent(parent)
        if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
            return None
    elif not isinstance(parent, cst.AnnAssign) or parent.target is not name:
        return None
    line = file.source.parent(parent)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    return None if parent.value is None else (line, parent.value)


def _with_test(line: cst.SimpleStatementLine, variable: Variable, file: File) -> _Line:
    """Return the `if loop is None:` around a statement that is all it holds, else the statement."""
    block = file.source.parent(line)
    test = None if block is None else file.source.parent(block)
    if (
        isinstance(block, cst.IndentedBlock)
        and len(block.body) == 1
        and isinstance(test, cst.If)
        and test.orelse is None
        and not isinstance(file.source.parent(test), cst.If)
        and file.source.text_of(test.test)
        in (f"{variable.name} is None", f"not {variable.name}", f"None is {variable.name}")
        and "#" not in file.source.text_of(test)
    ):
        return test
    return line


def _safety(value: cst.BaseExpression, variable: Variable, file: File) -> Safety | None:
    """Return what taking an expression away promises; None where it may be missed."""
    safety = Safety.SAFE
    stack: list[cst.BaseExpression] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.BooleanOperation):
            stack += (node.left, node.right)
        elif isinstance(node, cst.IfExp):
            stack += (node.test, node.body, node.orelse)
        elif isinstance(node, cst.Comparison):
            if not all(isinstance(one.operator, (cst.Is, cst.IsNot)) for one in node.comparisons):
                return None
            stack += (node.left, *(one.comparator for one in node.comparisons))
        elif isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            stack.append(node.expression)
        elif isinstance(node, cst.Call):
            told = _safety_of_call(node, file)
            if told is None:
                return None
            safety = told if told is Safety.UNSAFE else safety
        elif _is_loop_attribute(node) and not _is_own_attribute(node, file):
            # Whoever made it may do something when it is read, though hardly.
            safety = Safety.UNSAFE
        elif not _is_plain(node, variable, file):
            return None
    return safety


def _is_plain(node: cst.BaseExpression, variable: Variable, file: File) -> bool:
    """Say whether an expression is None, a parameter, or an attribute that the class assigns."""
    if not isinstance(node, cst.Name):
        return _is_own_attribute(node, file)
    if node.value == "None":
        return True
    named = file.variable(node)
    if named is None:
        return False
    return named is variable or any(
        isinstance(file.source.parent(one), cst.Param) for one in file.names_of(named)
    )


def _is_loop_attribute(node: cst.BaseExpression) -> bool:
    """Say whether an expression is an attribute that holds a loop, by its name."""
    return isinstance(node, cst.Attribute) and node.attr.value.endswith("loop") and _is_dotted(node)


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _is_own_attribute(node: cst.BaseExpression, file: File) -> bool:
    """Say whether it is `self.loop` of a class that assigns it when an object is made, and to
    which it is nothing else."""
    if not isinstance(node, cst.Attribute):
        return False
    owner = node.value
    holder = next((one for one in file.parents(node) if isinstance(one, cst.ClassDef)), None)
    if not isinstance(owner, cst.Name) or owner.value != "self" or holder is None:
        return False
    name = node.attr.value
    if any(base.value for base in holder.bases if file.text_of(base.value) != "object"):
        return False
    made = False
    for one in descend(holder):
        if isinstance(one, cst.FunctionDef):
            if one.name.value in (name, "__getattr__", "__getattribute__"):
                return False
            if one.name.value == "__init__" and isinstance(one.body, cst.IndentedBlock):
                made = any(_assigns(line, name) for line in one.body.body)
        elif isinstance(one, cst.Del):
            return False
    return made


def _assigns(line: cst.BaseStatement, attribute: str) -> bool:
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    targets = [one.target for one in small.targets] if isinstance(small, cst.Assign) else []
    return any(
        isinstance(one, cst.Attribute)
        and isinstance(one.value, cst.Name)
        and one.value.value == "self"
        and one.attr.value == attribute
        for one in targets
    )


def _safety_of_call(call: cst.Call, file: File) -> Safety | None:
    callee = file.callee(call)
    if call.args or file.facts.replaces_names or file.facts.loop_is_patched:
        return None
    if callee not in ("asyncio.get_event_loop", "asyncio.get_running_loop"):
        return None
    if file.in_coroutine(call):
        return Safety.SAFE
    if file.catches_all(call) or file.expects_error(call, "RuntimeError", "AssertionError"):
        return None
    if callee == "asyncio.get_running_loop" or file.state(call) is State.RUNNING:
        return Safety.UNSAFE
    return None if _takes_current(call, file) else Safety.UNSAFE


def _takes_current(call: cst.Call, file: File) -> bool:
    """Say whether anything else takes the current loop, which a call may make."""
    if file.facts.taken_elsewhere is not None:
        return True
    for other in file.calls():
        if other is call or file.in_coroutine(other):
            continue
        known = asyncio_table.entry(file.callee(other) or "")
        if known is not None and known.does in _TAKING:
            return True
        seen = file.seen(other)
        if seen is not None and any(one.effect is Effect.CAPTURES for one in seen.events):
            return True
    return False


# ---------------------------------------------------------------------- parameters


def _handed_over(
    variable: Variable, file: File, is_global_elsewhere: Callable[[str], bool]
) -> Leftover | None:
    """Return the parameter that a variable is, with the arguments that calls give for it.

    None where it is not that of a private function whose calls are all seen.
    """
    names = list(file.names_of(variable))
    parameter = next(
        (one for one in map(file.source.parent, names) if isinstance(one, cst.Param)), None
    )
    parameters = None if parameter is None else file.source.parent(parameter)
    function = None if parameters is None else file.source.parent(parameters)
    if (
        parameter is None
        or not isinstance(parameters, cst.Parameters)
        or not isinstance(function, cst.FunctionDef)
        or "loop" not in variable.name
        or len(names) != len(variable.uses)
        or not _is_private(function.name.value)
        or file.facts.variables.is_quoted(function.name.value)
        or is_global_elsewhere(function.name.value)
    ):
        return None
    calls = _all_calls(function, file, is_global_elsewhere)
    taken = _without_parameter(parameter, parameters, function, file)
    if not calls or taken is None:
        return None
    is_method = _class_of(function, file) is not None
    arguments = [
        (call, argument)
        for call in calls
        if (argument := _argument(call, parameter, parameters, is_method=is_method)) is not None
    ]
    try:
        changes = [taken, *(edits.remove_argument(file, *one) for one in arguments)]
    except Refused:
        return None
    given = [argument.value for _, argument in arguments]
    if any(name is not parameter.name and name not in given for name in names):
        return None
    safeties = [
        Safety.SAFE if _is_name(one, file) else _safety(one, variable, file) for one in given
    ]
    if any(one is None for one in safeties):
        return None
    safety = Safety.UNSAFE if Safety.UNSAFE in safeties else Safety.SAFE
    return Leftover(variable.name, file.span(parameter), _fix(variable, changes, safety), False)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_name(node: cst.BaseExpression, file: File) -> bool:
    return isinstance(node, cst.Name) and file.variable(node) is not None


def _class_of(function: cst.FunctionDef, file: File) -> cst.ClassDef | None:
    """Return the class that a function is a method of."""
    block = file.source.parent(function)
    holder = None if block is None else file.source.parent(block)
    return holder if isinstance(holder, cst.ClassDef) else None


def _all_calls(
    function: cst.FunctionDef, file: File, is_global_elsewhere: Callable[[str], bool]
) -> list[cst.Call]:
    """Return all calls of a function; nothing where there may be others, or it is more than called,
    or what it takes is not its own to say."""
    name = function.name.value
    docstring = function.get_docstring(clean=False) or ""
    named = [one for one in file.names() if one.value == name and one is not function.name]
    holder = _class_of(function, file)
    if "loop" in docstring or function.decorators:
        return []
    if holder is None:
        variable = file.variable(function.name)
        if variable is None or variable.times_bound != 1:
            return []
        functions: list[cst.CSTNode] = list(named)
        if any(file.variable(one) is not variable for one in named):
            return []
    else:
        if not _is_final(holder, file) or is_global_elsewhere(holder.name.value):
            return []
        functions = [one for one in map(file.source.parent, named) if one is not None]
        if not all(_is_of(one, function, holder, file) for one in functions):
            return []
    calls = [file.source.parent(one) for one in functions]
    found = [
        one
        for one, called in zip(calls, functions, strict=True)
        if isinstance(one, cst.Call) and one.func is called and not any(x.star for x in one.args)
    ]
    return found if len(found) == len(named) else []


def _is_of(node: cst.CSTNode, function: cst.FunctionDef, holder: cst.ClassDef, file: File) -> bool:
    """Say whether an expression certainly is a method of a class, on one of its objects."""
    if not isinstance(node, cst.Attribute):
        return False
    if isinstance(node.value, cst.Name) and node.value.value == "self":
        around = (one for one in file.parents(node) if isinstance(one, cst.ClassDef))
        return next(around, None) is holder
    value = file.value(node)
    return isinstance(value, Function) and value.place == file.place(function)


def _is_final(holder: cst.ClassDef, file: File) -> bool:
    """Say whether a class is private, and neither derived nor derived from."""
    name = holder.name.value
    if not _is_private(name) or holder.bases or holder.keywords or holder.decorators:
        return False
    variable = file.variable(holder.name)
    if variable is None or file.facts.variables.is_quoted(name):
        return False
    return all(
        one is holder.name or isinstance(file.source.parent(one), (cst.Call, cst.Annotation))
        for one in file.names_of(variable)
    )


def _argument(
    call: cst.Call, parameter: cst.Param, parameters: cst.Parameters, *, is_method: bool
) -> cst.Arg | None:
    """Return what a call gives for a parameter, None where that is nothing."""
    name = parameter.name.value
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument
    if parameter not in parameters.params:
        return None
    place = parameters.params.index(parameter) - is_method
    positional = [one for one in call.args if one.keyword is None]
    return positional[place] if 0 <= place < len(positional) else None


def _without_parameter(
    parameter: cst.Param, parameters: cst.Parameters, function: cst.FunctionDef, file: File
) -> Edit | None:
    """Return the edit that takes a parameter from a signature, None where that is not simple."""
    default = parameter.default
    if default is not None and not (isinstance(default, cst.Name) and default.value == "None"):
        return None
    if parameters.posonly_params or parameter.star in ("*", "**"):
        return None
    is_named = parameter in parameters.kwonly_params
    every = list(parameters.kwonly_params if is_named else parameters.params)
    star = parameters.star_arg
    if parameter not in every or isinstance(star, cst.Param) or parameters.star_kwarg:
        return None
    index = every.index(parameter)
    start, end = file.span(parameter).start, _end_of(parameter, file)
    if index + 1 < len(every):
        removed = Span(start, file.span(every[index + 1]).start)
    elif index:
        removed = Span(_end_of(every[index - 1], file), end)
    elif isinstance(star, cst.ParamStar) or isinstance(parameter.comma, cst.Comma):
        return None
    else:
        removed = Span(start, end)
    return None if "#" in file.source.slice(removed) else Edit(removed, "")


def _end_of(parameter: cst.Param, file: File) -> int:
    """Return where a parameter ends, without the comma behind it."""
    last = parameter.default or (parameter.annotation and parameter.annotation.annotation)
    return file.span(last or parameter.name).end


# ---------------------------------------------------------------------- where it stands


def _fix(variable: Variable, changes: list[Edit], safety: Safety) -> Fix:
    return Fix(f"Remove `{variable.name}`, which nothing uses any more", tuple(changes), safety)


def _stands_alone(line: _Line, file: File) -> bool:
    """Say whether a statement can go and leaves a block behind, on every way to it."""
    block = file.source.parent(line)
    if isinstance(block, cst.Module):
        return True
    if not isinstance(block, cst.IndentedBlock) or len(block.body) < 2:
        return False
    if isinstance(line, cst.SimpleStatementLine) and isinstance(
        line.body[0], (cst.Import, cst.ImportFrom)
    ):
        return isinstance(file.source.parent(block), cst.FunctionDef)
    return True


def _is_commented(line: _Line, file: File) -> bool:
    """Say whether a comment belongs to a statement."""
    return "#" in file.source.slice(edits.lines_of(file, line))


def _is_script(line: _Line, file: File) -> bool:
    """Say whether a module runs its program where it stands, and has nothing for other files."""
    source = file.source
    if (
        not source.is_whole
        or file.is_main_guarded(line)
        or source.text.startswith("#!")
        or source.path.endswith("__main__.py")
    ):
        return True
    if "." in source.module:
        return False
    runs = [run.call for run in file.runs if file.enclosing_function(run.call) is None]
    if not runs:
        return False
    end = file.span(runs[-1]).end
    return not any(
        isinstance(one, (cst.Assign, cst.AnnAssign, cst.ClassDef, cst.FunctionDef, cst.ImportAlias))
        for statement in source.tree.body
        if file.span(statement).start > end
        for one in descend(statement)
    )
