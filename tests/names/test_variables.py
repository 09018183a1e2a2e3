"""Which occurrences of a name mean the same variable; `symtable` is the judge."""

from __future__ import annotations

import ast
import importlib.util
import symtable
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.names.variables import Variable, Variables
from tests.snippets import case

_COMPREHENSIONS = {
    ast.ListComp: "listcomp",
    ast.SetComp: "setcomp",
    ast.DictComp: "dictcomp",
    ast.GeneratorExp: "genexpr",
}
Occurrence = tuple[int, int, str]
has_all_tables = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="comprehensions have no table of their own from 3.12 on"
)


class _Tables:
    """Walks a tree in the compiler's order, so that its tables come one after the other."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self._top = symtable.symtable(text, "<text>", "exec")
        self._parents = {self._top.get_id(): self._top}
        self._left: dict[int, list[symtable.SymbolTable]] = {}
        self.owners: dict[Occurrence, tuple[int, str]] = {}
        for child in self.tree.body:
            self._visit(child, self._top)

    def _enter(self, parent: symtable.SymbolTable, name: str, line: int) -> symtable.SymbolTable:
        left = self._left.setdefault(parent.get_id(), list(parent.get_children()))
        for table in left:
            if table.get_name() == name and table.get_lineno() == line:
                left.remove(table)
                self._parents[table.get_id()] = parent
                return table
        raise AssertionError(f"no table {name} in line {line}")

    def _visit(self, node: ast.AST, table: symtable.SymbolTable) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                declared = node.args
                outside: list[ast.AST | None] = [*declared.defaults, *declared.kw_defaults]
                name = "lambda" if isinstance(node, ast.Lambda) else node.name
                if not isinstance(node, ast.Lambda):
                    outside += [one.annotation for one in _arguments(declared)]
                    outside += [node.returns, *node.decorator_list]
                for part in outside:
                    if part is not None:
                        self._visit(part, table)
                inner = self._enter(table, name, node.lineno)
                for argument in _arguments(declared):
                    self._note(argument.arg, argument, inner)
                for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
                    self._visit(part, inner)
            case ast.ClassDef():
                for part in [*node.bases, *node.keywords, *node.decorator_list]:
                    self._visit(part, table)
                inner = self._enter(table, node.name, node.lineno)
                for part in node.body:
                    self._visit(part, inner)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._visit(node.generators[0].iter, table)
                inner = self._enter(table, _COMPREHENSIONS[type(node)], node.lineno)
                for index, generator in enumerate(node.generators):
                    parts = [generator.target, *([generator.iter] if index else []), *generator.ifs]
                    for part in parts:
                        self._visit(part, inner)
                last = [node.value, node.key] if isinstance(node, ast.DictComp) else [node.elt]
                for part in last:
                    self._visit(part, inner)
            case ast.Name(id=name):
                self._note(name, node, table)
            case _:
                for part in ast.iter_child_nodes(node):
                    self._visit(part, table)

    def _note(self, name: str, node: ast.Name | ast.arg, table: symtable.SymbolTable) -> None:
        if name.startswith("__") and not name.endswith("__"):
            return  # mangled in a class
        owner = table
        if table is not self._top:
            symbol = table.lookup(name)
            if symbol.is_global():
                owner = self._top
            elif symbol.is_free():
                owner = self._parents[table.get_id()]
                while owner.get_type() == "class" or not owner.lookup(name).is_local():
                    owner = self._parents[owner.get_id()]
        self.owners[node.lineno, node.col_offset, name] = (owner.get_id(), name)


def _arguments(declared: ast.arguments) -> Iterator[ast.arg]:
    yield from declared.posonlyargs + declared.args
    yield from (one for one in (declared.vararg,) if one is not None)
    yield from declared.kwonlyargs
    yield from (one for one in (declared.kwarg,) if one is not None)


def check(text: str) -> int:
    """Fail unless names share a variable exactly where they do for the compiler."""
    tables = _Tables(text)
    variables = Variables(tables.tree)
    theirs: dict[tuple[int, str], set[Occurrence]] = defaultdict(set)
    ours: dict[Variable | None, set[Occurrence]] = defaultdict(set)
    for occurrence, owner in tables.owners.items():
        theirs[owner].add(occurrence)
        ours[variables.at(*occurrence)].add(occurrence)
    assert {frozenset(one) for one in ours.values()} == {frozenset(one) for one in theirs.values()}
    return len(tables.owners)


@has_all_tables
@pytest.mark.parametrize(
    "module", ["argparse", "enum", "functools", "asyncio.base_events", "unittest.mock", "ast"]
)
def test_the_standard_library_s_names(module: str) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert check(Path(spec.origin).read_text("utf-8")) > 1_000


names = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    names.map("{} = 1".format),
    names.map("print({})".format),
    names.map("del {}".format),
    names.map("for {} in y: pass".format),
    names.map("with y as {}: pass".format),
    names.map("import {}".format),
    names.map("from y import z as {}".format),
    names.map("{}: int".format),
    st.tuples(names, names).map(lambda two: f"print([{two[0]} for {two[0]} in {two[1]}])"),
    st.tuples(names, names).map(lambda two: f"print({{{two[0]}: y for x in x if {two[1]}}})"),
    st.tuples(names, names).map(lambda two: f"f = lambda {two[0]}={two[1]}: ({two[0]}, {two[1]})"),
    st.tuples(names, names).map(lambda two: f"try: {two[0]}\nexcept E as {two[1]}: {two[1]}"),
    st.tuples(names, names).map(
        lambda two: f"match {two[0]}:\n    case [{two[1]}, *_]: print({two[1]})"
    ),
)


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for one in lines for line in one.split("\n"))


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.lists(inner, min_size=1, max_size=4).map(_indented)
    return st.one_of(
        st.tuples(names, names, names, bodies).map(
            lambda four: f"def {four[0]}({four[1]}={four[2]}):\n{four[3]}"
        ),
        st.tuples(names, bodies).map(lambda two: f"async def f({two[0]}=1, *x):\n{two[1]}"),
        st.tuples(names, names, bodies).map(
            lambda three: f"class {three[0]}({three[1]}):\n{three[2]}"
        ),
        st.tuples(names, bodies).map(lambda two: f"def f():\n    global {two[0]}\n{two[1]}"),
        st.tuples(names, bodies).map(lambda two: f"def f():\n    nonlocal {two[0]}\n{two[1]}"),
        st.tuples(names, bodies).map(lambda two: f"if {two[0]}:\n{two[1]}"),
    )


programs = st.lists(st.recursive(LEAVES, _blocks, max_leaves=12), min_size=1, max_size=5).map(
    "\n".join
)


@has_all_tables
@given(programs)
def test_names_of_any_program(text: str) -> None:
    try:
        compile(text, "<text>", "exec")
    except SyntaxError:
        return
    check(text)


def test_a_class_says_nothing_of_its_methods_names() -> None:
    check("def f():\n    a = 1\n    class C:\n        global a\n        def m(self): a\n")


def variable(text: str, name: str, line: int) -> Variable:
    variables = Variables(ast.parse(text))
    column = text.splitlines()[line - 1].index(name)
    found = variables.at(line, column, name)
    assert found is not None
    return found


def test_uses_know_their_functions() -> None:
    text = "x = 1\ndef f(a=x):\n    x\n    return lambda: x\nclass C:\n    x\n"
    uses = variable(text, "x", 1).uses
    assert [(use.line, use.binds, use.functions) for use in sorted(uses, key=lambda u: u.line)] == [
        (1, True, ()),
        (2, False, ()),
        (3, False, (2,)),
        (4, False, (2, 4)),
        (6, False, ()),
    ]


def test_a_walrus_binds_outside_of_the_comprehension() -> None:
    text = "def f():\n    print([y := 1 for _ in z])\n    return y\n"
    assert {use.line for use in variable(text, "y", 3).uses} == {2, 3}


def test_taken_and_quoted_are_two_things() -> None:
    variables = Variables(ast.parse("import a.b as c, d.e\n__all__ = ['main']\nf.g\n"))
    assert [name for name in "abcdefg" if variables.is_taken(name)] == ["c", "d", "f"]
    assert variables.is_quoted("main")
    assert not variables.is_quoted("f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        case("of the module", "x = 1\nprint('x')\n", True),
        case("of a class", "class A:\n    x = 1\nprint('x')\n", True),
        case("of a function", "def f():\n    x = 1\n    print('x')\n", False),
        case("of a comprehension", "print('x', [x for x in ()])\n", False),
        case("a function that asks for locals", "def f():\n    x = 1\n    vars()['x']\n", True),
        case("a function that lists names", "def f():\n    x = 1\n    'x' in dir()\n", True),
        case("a frame", "def f(frame):\n    x = 1\n    frame.f_locals['x']\n", True),
        case("no string", "x = 1\nprint('y')\n", False),
    ],
)
def test_a_string_that_may_mean_a_variable(text: str, expected: bool) -> None:
    variables = Variables(ast.parse(text))
    (variable,) = [one for one in variables.all() if one.name == "x"]
    assert variables.may_be_quoted(variable) is expected


def test_parameters_are_bound_in_their_function_alone() -> None:
    variables = Variables(ast.parse("def f(a, *b, c=1, **d):\n    e = 1\ndef g():\n    pass\n"))
    assert [name for name in "abcdefg" if variables.is_bound_in(name, 1)] == list("abcde")
    assert not any(variables.is_bound_in(name, 3) for name in "abcdefg")


def test_columns_are_counted_in_bytes() -> None:
    variables = Variables(ast.parse("'äöü'; x = 1\n"))
    assert variables.at(1, 10, "x") is not None
