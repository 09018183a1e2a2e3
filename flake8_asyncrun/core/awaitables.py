"""Objects of asyncio's that the flow does not know, told by all that binds their names."""

from __future__ import annotations

import libcst as cst

from flake8_asyncrun.core.rule import File, per_file
from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import canonical
from flake8_asyncrun.names.values import External, Loop, Made

_STREAMS = ("asyncio.StreamReader", "asyncio.StreamWriter")
_GIVES_STREAMS = ("asyncio.open_connection", "asyncio.open_unix_connection")
_STARTS_SERVER = ("asyncio.start_server", "asyncio.start_unix_server")
_NOTHING = "nothing that could be waited for"


def is_awaitable_method(function: cst.Attribute, file: File) -> bool:
    """Say whether calling a method certainly gives an awaitable, for it is of asyncio's own."""
    owner = asyncio_class(function.value, file)
    return function.attr.value in asyncio_table.AWAITABLE_METHODS.get(owner or "", ())


def asyncio_class(node: cst.BaseExpression, file: File) -> str | None:
    """Return the class of asyncio's, "asyncio.StreamReader", that an object certainly is of, or is
    None; None for what may be another.

    A variable, or an attribute of `self`, is of it where all say so that the file binds to it: a
    call, what waiting for one gives, an annotation, being handed to `asyncio.start_server()`.
    """
    value = file.value(node)
    if isinstance(value, Made):
        return canonical(value.name)
    if isinstance(node, cst.Name):
        return _class_of_variable(node, file)
    if isinstance(node, cst.Attribute) and _is_self(node.value):
        holder = next((one for one in file.parents(node) if isinstance(one, cst.ClassDef)), None)
        return None if holder is None else _class_of_attribute(node.attr.value, file)
    return None


def _class_of_variable(name: cst.Name, file: File) -> str | None:
    variable = file.variable(name)
    if variable is None:
        return None
    targets = [one for one in file.names_of(variable) if file.binds(one, variable)]
    if len(targets) != variable.times_bound:
        return None
    return _common([_given_to(one, file) for one in targets])


@per_file
def _class_of_attribute(name: str, file: File) -> str | None:
    """Return the class of what the file keeps under an attribute's name."""
    named = file.names_called(name)
    for one in named:
        node = file.source.parent(one)
        is_member = isinstance(node, (cst.FunctionDef, cst.ClassDef)) and node.name is one
        if node is not None and is_member and file.class_around(node) is not None:
            return None
    targets: list[cst.BaseExpression] = [
        one for one in file.attributes_called(name) if _is_bound(one, file)
    ]
    targets += [one for one in named if file.class_around(one) is not None and _is_bound(one, file)]
    return _common([_given_to(one, file) for one in targets])


def _common(classes: list[str | None]) -> str | None:
    told = {one for one in classes if one != _NOTHING}
    return told.pop() if len(told) == 1 else None


def _is_self(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "self"


def _is_bound(target: cst.BaseExpression, file: File) -> bool:
    parent = file.source.parent(target)
    if isinstance(parent, (cst.Attribute, cst.Call, cst.Arg)):
        return False
    if isinstance(parent, (cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)):
        return parent.target is target
    return isinstance(
        parent, (cst.AssignTarget, cst.Element, cst.StarredElement, cst.AsName, cst.Del)
    ) and not _is_read(parent, file)


def _is_read(node: cst.CSTNode, file: File) -> bool:
    """Say whether a list or tuple is no target."""
    while isinstance(node, (cst.Element, cst.StarredElement, cst.Tuple, cst.List)):
        parent = file.source.parent(node)
        if isinstance(parent, (cst.For, cst.CompFor)):
            return parent.target is not node
        assert parent is not None
        node = parent
    return not isinstance(node, (cst.AssignTarget, cst.AsName, cst.Del))


def _given_to(target: cst.BaseExpression, file: File) -> str | None:
    """Return the class of what is bound to a target, where it stands."""
    parent = file.source.parent(target)
    if isinstance(parent, cst.Param):
        return _class_of_parameter(parent, file)
    if isinstance(parent, cst.AnnAssign) and parent.value is None:
        return _NOTHING
    if isinstance(parent, cst.AnnAssign) and parent.value is not None:
        return _class_of(parent.value, file)
    if isinstance(parent, cst.AssignTarget):
        assign = file.source.parent(parent)
        assert isinstance(assign, cst.Assign)
        return _class_of(assign.value, file)
    if isinstance(parent, cst.Element):
        holder = file.source.parent(parent)
        above = None if holder is None else file.source.parent(holder)
        assign = None if above is None else file.source.parent(above)
        if not isinstance(holder, (cst.Tuple, cst.List)) or not isinstance(assign, cst.Assign):
            return None
        call = _waited_for(assign.value, file)
        gives_streams = call is not None and _name(call.func, file) in _GIVES_STREAMS
        if gives_streams and len(holder.elements) == len(_STREAMS):
            return _STREAMS[holder.elements.index(parent)]
    return None


def _class_of(value: cst.BaseExpression, file: File) -> str | None:
    """Return the class of what an expression gives, _NOTHING for None."""
    if isinstance(value, cst.Name) and value.value == "None":
        return _NOTHING
    if isinstance(value, cst.Call):
        name = _name(value.func, file)
        return name if name in asyncio_table.KEEPERS else None
    call = _waited_for(value, file)
    if call is None:
        return None
    if _name(call.func, file) in _STARTS_SERVER:
        return "asyncio.Server"
    if isinstance(call.func, cst.Attribute):
        is_loop = isinstance(file.value(call.func.value), Loop)
        is_loop |= last_name(call.func.value).endswith("loop")
        if is_loop and call.func.attr.value in ("create_server", "create_unix_server"):
            return "asyncio.Server"
    return None


def _waited_for(value: cst.BaseExpression, file: File) -> cst.Call | None:
    """Return the call that is waited for, with a timeout or without."""
    if isinstance(value, cst.Yield) and isinstance(value.value, cst.From):
        waited = value.value.item
    elif isinstance(value, cst.Await):
        waited = value.expression
    else:
        return None
    if isinstance(waited, cst.Call) and _name(waited.func, file) == "asyncio.wait_for":
        first = waited.args[0] if waited.args else None
        waited = waited if first is None or first.star or first.keyword else first.value
    return waited if isinstance(waited, cst.Call) else None


def _class_of_parameter(parameter: cst.Param, file: File) -> str | None:
    if parameter.annotation is not None:
        name = _name(parameter.annotation.annotation, file)
        return name if name in asyncio_table.AWAITABLE_METHODS else None
    function = next(
        (one for one in file.parents(parameter) if isinstance(one, (cst.FunctionDef, cst.Lambda))),
        None,
    )
    if not isinstance(function, cst.FunctionDef) or not _is_callback(function, file):
        return None
    names = list(function.params.params)
    if names and file.class_around(function) is not None:
        names = names[1:]
    return _STREAMS[names.index(parameter)] if parameter in names[:2] else None


def _is_callback(function: cst.FunctionDef, file: File) -> bool:
    """Say whether the file names a function only where it hands it to what starts a server."""
    name = function.name.value
    uses = [one for one in file.names_called(name) if one is not function.name]
    handed = 0
    for one in uses:
        parent = file.source.parent(one)
        node: cst.CSTNode = one
        if isinstance(parent, cst.Attribute) and parent.attr is one and _is_self(parent.value):
            node = parent
        argument = file.source.parent(node)
        call = None if argument is None else file.source.parent(argument)
        if not isinstance(call, cst.Call) or call.args[:1] != (argument,):
            return False
        if _name(call.func, file) not in _STARTS_SERVER:
            return False
        handed += 1
    return handed > 0


def _name(node: cst.BaseExpression, file: File) -> str:
    """Return asyncio's name of a function or class, "" for what is not asyncio's for sure."""
    value = file.value(node)
    if isinstance(value, External):
        return canonical(value.name)
    if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        variable = file.variable(node.value) if node.value.value == "asyncio" else None
        if variable is not None and variable.is_global and file.seen(node) is None:
            return f"asyncio.{node.attr.value}"
    return ""


def last_name(node: cst.BaseExpression) -> str:
    """Return the name of a name or an attribute, "" where it is neither."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
