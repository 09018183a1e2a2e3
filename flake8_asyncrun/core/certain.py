"""Whether a name means the same on every way through the code, and not only on the one seen."""

from __future__ import annotations

import libcst as cst

from flake8_asyncrun.core.rule import File, per_file
from flake8_asyncrun.names.values import Class, Function, Instance, ModuleValue
from flake8_asyncrun.names.variables import Variable

_TARGETS = (cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)
_AROUND_TARGETS = (cst.Element, cst.StarredElement, cst.Tuple, cst.List)


def doubt(node: cst.BaseExpression, file: File) -> str | None:
    """Say why an expression may be another than the function, class or object that was seen.

    None where it surely is that: it names a definition or an import, a method of a class that is
    known, or a variable that is bound once to one of these.
    """
    if isinstance(node, cst.Name):
        return _doubt_of_name(node, file)
    if isinstance(node, cst.Attribute):
        return _doubt_of_attribute(node, file)
    if isinstance(node, cst.Call):
        if file.callee(node) == "functools.partial":
            return None
        if isinstance(file.value(node.func), Class):
            return doubt(node.func, file)
    return f"`{file.text_of(node)}` may be something else at other times"


def doubt_of_parameter(node: cst.BaseExpression, file: File) -> str | None:
    """Say that an expression is, or is of, what a function is given; None where it is not.

    The object that a method is called on is not meant.
    """
    while isinstance(node, (cst.Attribute, cst.Call, cst.Subscript)):
        node = node.func if isinstance(node, cst.Call) else node.value
    variable = file.variable(node) if isinstance(node, cst.Name) else None
    if variable is None or _method_of(variable, file) is not None:
        return None
    if not _is_parameter(variable, file):
        return None
    return f"`{variable.name}` is a parameter, and other calls may give something else"


def _doubt_of_name(name: cst.Name, file: File) -> str | None:
    given = doubt_of_parameter(name, file)
    variable = file.variable(name)
    if given is not None or variable is None:
        return given or f"it is not known where `{name.value}` is bound"
    bound = variable.times_bound
    if bound == 0 and variable.is_global:
        # By an `import *`.
        return None
    if bound == 1:
        value = _binding_of(variable, file)
        if value is not None:
            return None if value is _DEFINED else doubt(value, file)
    return f"`{name.value}` may be bound to something else at other times"


_DEFINED = cst.Name("_")
"""Stands for a definition or an import."""


@per_file
def _binding_of(variable: Variable, file: File) -> cst.BaseExpression | None:
    """Return what a variable that is bound once is assigned, _DEFINED where it is defined."""
    for one in file.names_of(variable):
        value = _bound_to(one, file)
        if value is not None:
            return value
        if _is_defined_by(one, file):
            return _DEFINED
    return None


@per_file
def _is_parameter(variable: Variable, file: File) -> bool:
    names = file.names_of(variable)
    return any(isinstance(file.source.parent(one), cst.Param) for one in names)


def _bound_to(name: cst.Name, file: File) -> cst.BaseExpression | None:
    """Return what an assignment binds a name to, None where it stands in no assignment's place."""
    parent = file.source.parent(name)
    if isinstance(parent, (cst.AnnAssign, cst.NamedExpr)) and parent.target is name:
        return parent.value
    assign = file.source.parent(parent) if isinstance(parent, cst.AssignTarget) else None
    return assign.value if isinstance(assign, cst.Assign) else None


def _is_defined_by(name: cst.Name, file: File) -> bool:
    """Say whether a name stands where a definition or an import binds it."""
    child: cst.CSTNode = name
    for parent in file.parents(name):
        if isinstance(parent, (cst.FunctionDef, cst.ClassDef)):
            return child is parent.name
        if not isinstance(parent, (cst.Attribute, cst.AsName)):
            return isinstance(parent, cst.ImportAlias)
        child = parent
    return False


def _doubt_of_attribute(node: cst.Attribute, file: File) -> str | None:
    name, value, owner = node.attr.value, file.value(node), file.value(node.value)
    assigned = f"`{file.text_of(node)}` is an attribute that may be assigned"
    if _is_assigned(name, file) or not isinstance(value, (Function, Class, ModuleValue)):
        return assigned
    if isinstance(owner, ModuleValue):
        return doubt(node.value, file)
    if not isinstance(owner, (Instance, Class)) or not isinstance(value, Function):
        return assigned
    if value.owner is None or value.name != name or value.owner.wrapped:
        return assigned
    variable = file.variable(node.value) if isinstance(node.value, cst.Name) else None
    holder = None if variable is None else _method_of(variable, file)
    if holder is None:
        return doubt(node.value, file)
    known = file.facts.global_value(holder.name.value)
    order = known.order if isinstance(known, Class) else []
    here = value.owner.place == file.place(holder.name)
    return None if here or value.owner in order else assigned


@per_file
def _method_of(variable: Variable, file: File) -> cst.ClassDef | None:
    """Return the class whose method has a variable as its first parameter."""
    for name in file.names_of(variable):
        parameter = file.source.parent(name)
        parameters = None if parameter is None else file.source.parent(parameter)
        if not isinstance(parameter, cst.Param) or not isinstance(parameters, cst.Parameters):
            continue
        function = file.source.parent(parameters)
        block = None if function is None else file.source.parent(function)
        holder = None if block is None else file.source.parent(block)
        first = [*parameters.posonly_params, *parameters.params][:1]
        if not isinstance(function, cst.FunctionDef) or not isinstance(holder, cst.ClassDef):
            return None
        static = any(file.text_of(one.decorator) == "staticmethod" for one in function.decorators)
        is_it = first == [parameter] and not static and variable.is_bound_once
        return holder if is_it else None
    return None


@per_file
def _is_assigned(name: str, file: File) -> bool:
    """Say whether some object's attribute, or a class's, of this name is assigned in the file."""
    if file.says("setattr") and file.facts.variables.is_quoted(name):
        return True
    if any(_is_target(one, file) for one in file.attributes_called(name)):
        return True
    names = (one for one in file.names_called(name) if _is_target(one, file))
    return any(_stands_in_class(one, file) for one in names)


def _is_target(node: cst.BaseExpression, file: File) -> bool:
    child: cst.CSTNode = node
    for parent in file.parents(node):
        if isinstance(parent, _TARGETS):
            return parent.target is child
        if not isinstance(parent, _AROUND_TARGETS):
            return isinstance(parent, (cst.AssignTarget, cst.AsName))
        child = parent
    return False


def _stands_in_class(node: cst.CSTNode, file: File) -> bool:
    for parent in file.parents(node):
        if isinstance(parent, cst.FunctionDef):
            return False
        if isinstance(parent, cst.ClassDef):
            return True
    return False
