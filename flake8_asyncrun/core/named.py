"""Where a file names something of asyncio's own that has gone, or will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.rule import File, per_file
from flake8_asyncrun.names.asyncio_table import canonical
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import External
from flake8_asyncrun.names.variables import Variable


@dataclass(frozen=True)
class Mention:
    """A place that certainly names something of asyncio's, and for which Pythons it is meant."""

    node: cst.Name | cst.Attribute
    name: str
    """As asyncio documents it: "asyncio.iscoroutinefunction"."""
    target: Target
    imported: cst.ImportAlias | cst.ImportStar
    """By which the file has it, or the module."""

    @property
    def by_star(self) -> bool:
        return isinstance(self.imported, cst.ImportStar)


def mentions(
    node: cst.Attribute | cst.ImportFrom, file: File, wanted: Container[str]
) -> Iterator[Mention]:
    """Yield the mentions of the `wanted` names that an expression is, or that an import gives.

    Nothing where the name may stand for something else (bound twice, from another file, replaced
    while the program runs), and nothing where whoever wrote it knows that it goes: under a guard,
    or where the error or the warning is expected.
    """
    if file.facts.replaces_names:
        return
    if isinstance(node, cst.Attribute):
        value = file.value(node)
        if isinstance(value, External) and value.known and canonical(value.name) in wanted:
            root = _root(node)
            variable = None if root is None else file.variable(root)
            imported = None if variable is None else _only_import(variable, file)
            if imported is not None:
                yield from _mention(node, canonical(value.name), imported, file)
        return
    if node.relative or node.module is None or file.text_of(node.module).split(".")[0] != "asyncio":
        return
    if isinstance(node.names, cst.ImportStar):
        for name in file.names():
            value = file.value(name)
            if isinstance(value, External) and value.known and canonical(value.name) in wanted:
                variable = file.variable(name)
                if variable is None or not any(use.binds for use in variable.uses):
                    yield from _mention(name, canonical(value.name), node.names, file)
        return
    for alias in node.names:
        bound = alias.asname.name if alias.asname else alias.name
        variable = file.variable(bound) if isinstance(bound, cst.Name) else None
        if variable is None or _only_import(variable, file) is not alias:
            continue
        for use in file.names_of(variable):
            value = file.value(use)
            if isinstance(value, External) and value.known and canonical(value.name) in wanted:
                yield from _mention(use, canonical(value.name), alias, file)


def imports(node: cst.ImportFrom, file: File, wanted: Container[str]) -> Iterator[Mention]:
    """Yield the imports of `wanted` names from asyncio that a statement is, used or not.

    Silent as `mentions` is.
    """
    if file.facts.replaces_names or node.relative or node.module is None:
        return
    if isinstance(node.names, cst.ImportStar):
        return
    module = file.text_of(node.module)
    for alias in node.names:
        name = canonical(f"{module}.{alias.evaluated_name}")
        bound = alias.asname.name if alias.asname else alias.name
        variable = file.variable(bound) if isinstance(bound, cst.Name) else None
        if (
            name in wanted
            and isinstance(alias.name, cst.Name)
            and variable is not None
            and _only_import(variable, file) is not None
        ):
            yield from _mention(alias.name, name, alias, file)


def is_first(mention: Mention, file: File, wanted: Container[str]) -> bool:
    """Say whether no other of the `wanted` names stands before a mention in its statement."""
    for parent in file.parents(mention.node):
        if isinstance(parent, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            break
    stack: list[cst.CSTNode] = [parent]
    while stack:
        node = stack.pop()
        if node is mention.node:
            return True
        if isinstance(node, (cst.Name, cst.Attribute)):
            value = file.value(node)
            if isinstance(value, External) and canonical(value.name) in wanted:
                return False
        if isinstance(node, (cst.NamedExpr, cst.AnnAssign)):
            stack += [node.value] if node.value else []
        elif not isinstance(node, (cst.BaseSuite, cst.AssignTarget)):
            stack.extend(reversed(children(node)))
    return True


def _mention(
    node: cst.Name | cst.Attribute,
    name: str,
    imported: cst.ImportAlias | cst.ImportStar,
    file: File,
) -> Iterator[Mention]:
    if file.facts.variables.is_quoted(name.rpartition(".")[2]):
        # `hasattr(asyncio, "…")` somewhere: what it decides cannot be followed.
        return
    here, there = file.target_at(node), file.target_at(imported)
    if here is None or there is None:
        return
    if _is_minded(node, file, "AttributeError") or _is_minded(imported, file, "ImportError"):
        return
    first, last = max(here.first, there.first), min(here.last, there.last)
    if first <= last:
        yield Mention(node, name, Target(first, last), imported)


def _root(node: cst.CSTNode) -> cst.Name | None:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


@per_file
def _aliases(file: File) -> dict[str, list[cst.ImportAlias]]:
    """Return what the file imports, in order, by the names that it gets."""
    found: dict[str, list[cst.ImportAlias]] = defaultdict(list)
    for alias in file.import_aliases():
        found[alias.evaluated_alias or alias.evaluated_name.partition(".")[0]].append(alias)
    return found


@per_file
def _only_import(variable: Variable, file: File) -> cst.ImportAlias | None:
    """Return the first import that binds a variable to asyncio, or to something of it; None where
    anything else binds it too."""
    found: list[cst.ImportAlias] = []
    for alias in _aliases(file).get(variable.name, ()):
        statement = file.source.parent(alias)
        name = _root(alias.asname.name if alias.asname else alias.name)
        if name is None or file.variable(name) is not variable:
            continue
        module = alias.evaluated_name
        if isinstance(statement, cst.ImportFrom):
            module = "" if statement.module is None else file.text_of(statement.module)
            if statement.relative:
                return None
        if module.partition(".")[0] != "asyncio":
            return None
        found.append(alias)
    binds = variable.times_bound
    return found[0] if found and len(found) == binds else None


def _is_minded(node: cst.CSTNode, file: File, error: str) -> bool:
    """Say whether what happens at a node is expected, ignored, or is never run."""
    if file.expects_error(node, error, "DeprecationWarning", "Exception", "BaseException"):
        return True
    child = node
    for parent in file.parents(node):
        if isinstance(parent, cst.With) and child is parent.body:
            for item in parent.items:
                if "catch_warnings" in file.source.text_of(item.item):
                    return True
        if isinstance(parent, cst.Annotation):
            return True
        child = parent
    return False
