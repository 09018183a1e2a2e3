"""Ways to change a file, each against the text that it should leave."""

from __future__ import annotations

import libcst as cst
import pytest

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.model import Edit
from flake8_asyncrun.core.rule import File, Refused
from flake8_asyncrun.core.source import Source, descend
from tests.snippets import project_of


def file_of(code: str) -> File:
    return File(Source("example.py", code), project_of())


def applied(code: str, *made: Edit) -> str:
    data = code.encode()
    for edit in sorted(made, reverse=True):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data.decode()


def first_call(file: File) -> cst.Call:
    return next(file.calls())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(loop=x)", "f()"),
        ("f(loop=x,)", "f()"),
        ("f( loop = x , )", "f()"),
        ("f(1, loop=x)", "f(1)"),
        ("f(1, loop=x,)", "f(1,)"),
        ("f(loop=x, a=1)", "f(a=1)"),
        ("f(1, loop=x, a=1)", "f(1, a=1)"),
        ("f(1, loop=(x), a=1)", "f(1, a=1)"),
        ("f((1), loop=x)", "f((1))"),
        ("f(*a, loop=x, **b)", "f(*a, **b)"),
        ("(f)((y for y in z), loop=x)", "(f)((y for y in z))"),
        ("f(\n    1,\n    loop=x,\n)", "f(\n    1,\n)"),
        ("f(\n    loop=x,\n    a=1,\n)", "f(\n    a=1,\n)"),
        ("f('#', loop='#')", "f('#')"),
        ("f('ä€', loop=x)", "f('ä€')"),
    ],
)
def test_an_argument_goes_with_its_comma(before: str, after: str) -> None:
    file = file_of(f"{before}\n")
    call = first_call(file)
    argument = next(one for one in call.args if one.keyword and one.keyword.value == "loop")
    assert applied(f"{before}\n", edits.remove_argument(file, call, argument)) == f"{after}\n"


@pytest.mark.parametrize(
    "code",
    ["f(1,  # one\n  loop=x)", "f(\n  # why\n  loop=x)", "f(loop=x,  # why\n  a=1)",
     "f(loop=x  # why\n)"],
)  # fmt: skip
def test_an_argument_with_a_comment_stays(code: str) -> None:
    file = file_of(f"{code}\n")
    call = first_call(file)
    argument = next(one for one in call.args if one.keyword and one.keyword.value == "loop")
    with pytest.raises(Refused, match="comment"):
        edits.remove_argument(file, call, argument)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("run(x)", "run(main())"),
        ("run(\n    x\n)", "run(main())"),
        ("run(\n    x,\n)", "run(main())"),
        ("run( x , debug=y )", "run( main() , debug=y )"),
        ("run(  # why\n    x\n)", "run(  # why\n    main()\n)"),
        ("run(\n    x  # why\n)", "run(\n    main()  # why\n)"),
        ("run((x))", "run(main())"),
        ("run(main=x)", "run(main=main())"),
        ("(run)(x)", "(run)(main())"),
    ],
)
def test_an_argument_is_put_in_place_of_another(before: str, after: str) -> None:
    file = file_of(f"{before}\n")
    made = edits.only_argument(file, first_call(file), "main()")
    assert applied(f"{before}\n", made) == f"{after}\n"


@pytest.mark.parametrize(
    "expression",
    ["f()", "a.b", "a[1]", "a", "[a]", "a or b", "a if b else c", "-a", "a + b", "not a",
     "lambda: a", "(x for x in y)", "{1: 2}", "a < b", "'a' 'b'"],
)  # fmt: skip
def test_an_awaited_expression_is_awaited_whole(expression: str) -> None:
    node = cst.parse_expression(expression)
    text = edits.awaited(cst.Module([]).code_for_node(node), node)
    module = cst.parse_module(f"async def f():\n    {text}\n")
    found = next(one for one in descend(module) if isinstance(one, cst.Expr))
    assert isinstance(found.value, cst.Await)
    assert found.value.expression.deep_equals(node) or found.value.expression.lpar


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nx\nb\n", "a\nb\n"),
        ("a\n\nx\n\nb\n", "a\n\nb\n"),
        ("a\n\n\nx\n\nb\n", "a\n\n\nb\n"),
        ("a\n\nx\n\n\nb\n", "a\n\n\nb\n"),
        ("x\n\nb\n", "b\n"),
        ("a\nx", "a\n"),
        ("a\n# about x\nx  # beside\nb\n", "a\n# about x\n# beside\nb\n"),
        ("if a:\n    x\n\n    b\n", "if a:\n    b\n"),
        ("if a:\n\tb\n\tx  # beside\n", "if a:\n\tb\n\t# beside\n"),
        ("a\r\nx\r\nb\r\n", "a\r\nb\r\n"),
        ("a\n'ä'\nx\nb\n", "a\n'ä'\nb\n"),
    ],
)
def test_a_statement_goes_with_its_lines_but_not_its_comments(before: str, after: str) -> None:
    file = file_of(before)
    statement = next(
        node
        for node in descend(file.source.tree)
        if isinstance(node, cst.SimpleStatementLine) and file.source.text_of(node) == "x"
    )
    assert applied(before, edits.remove_statement(file, statement)) == after


BODIES = [
    ("x = 1\n", "x = 1\n"),
    ("x = f(\n        1,\n    )\n", "x = f(\n            1,\n        )\n"),
    ("x = '''\n    a\n'''\n", "x = '''\n    a\n'''\n"),
    ("x = f'''\n    {\n1}\n''', [\n        2]\n", "x = f'''\n    {\n1}\n''', [\n            2]\n"),
    ("x = 1 + \\\n        2\n", "x = 1 + \\\n            2\n"),
    ("x = f(\n1)\n", "x = f(\n    1)\n"),
    ("x = f(\n\n        1)\n", "x = f(\n\n            1)\n"),
]


@pytest.mark.parametrize(("body", "moved"), BODIES)
def test_lines_move_but_not_those_of_strings(body: str, moved: str) -> None:
    file = file_of(f"if a:\n    {body}")
    (block,) = [node for node in descend(file.source.tree) if isinstance(node, cst.IndentedBlock)]
    statement = block.body[0]
    assert isinstance(statement, cst.SimpleStatementLine)
    span = edits.lines_of(file, statement)
    text = edits.reindent(file, span, "    ", "        ", statement)
    assert text == f"        {moved}"
    assert edits.reindent(file, span, "    ", "    ", statement) == f"    {body}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("try:\n    a\nfinally:\n    b\n", "a\n"),
        (
            "try:\n    a  # one\n\n    # two\n    c\nfinally:\n    b\nd\n",
            "a  # one\n\n# two\nc\nd\n",
        ),
        ("if x:\n\ttry:\n\t\ta\n\tfinally:\n\t\tb\n\tc\n", "if x:\n\ta\n\tc\n"),
        ("try:\n    '''\n    a'''\nfinally:\n    b\n", "'''\n    a'''\n"),
        ("try:\n    a(\n        1,\n    )\nfinally:\n    b\n", "a(\n    1,\n)\n"),
    ],
)
def test_a_try_without_use_goes_and_its_body_stays(before: str, after: str) -> None:
    file = file_of(before)
    holder = next(node for node in descend(file.source.tree) if isinstance(node, cst.Try))
    assert applied(before, *edits.unwrap(file, holder, None)) == after


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("try:  # why\n    a\nfinally:\n    b\n", "comment"),
        ("try:\n    a\nfinally:\n    b  # why\n", "comment"),
        ("try: a\nfinally: b\n", "one line"),
    ],
)
def test_a_try_with_a_comment_stays(code: str, reason: str) -> None:
    file = file_of(code)
    holder = next(node for node in descend(file.source.tree) if isinstance(node, cst.Try))
    with pytest.raises(Refused, match=reason):
        edits.unwrap(file, holder, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from asyncio import gather\n", "from asyncio import gather, run\n"),
        ("from asyncio import gather as g, sleep\n", None),
        ("from asyncio import (\n    sleep,\n    gather,\n)\n",
         "from asyncio import (\n    sleep,\n    gather, run,\n)\n"),
        ("from asyncio import gather, run\n", "from asyncio import gather, run\n"),
        ("from asyncio import gather\nfrom asyncio import run\n",
         "from asyncio import gather\nfrom asyncio import run\n"),
        ("from asyncio import gather\nrun = 1\n", None),
        ("from asyncio import gather\ndef f(run): ...\n", None),
        ("from asyncio import *\n", None),
    ],
)  # fmt: skip
def test_a_name_is_imported_beside_another(before: str, after: str | None) -> None:
    code = f"{before}gather()\n"
    file = file_of(code)
    name = first_call(file).func
    assert isinstance(name, cst.Name)
    if after is None:
        with pytest.raises(Refused):
            edits.also_import(file, name, "run")
    else:
        assert applied(code, *edits.also_import(file, name, "run")) == f"{after}gather()\n"
