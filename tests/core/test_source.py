"""Where each node stands: offsets, lines and columns, and what LibCST makes of odd texts."""

from __future__ import annotations

import ast
import importlib.util
import io
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.core.model import Span
from flake8_asyncrun.core.source import Source, descend
from flake8_asyncrun.names.syntax import Unreadable


def calls_by_position(source: Source) -> set[tuple[int, int, int, int]]:
    return {
        source.position(source.span(node))
        for node in descend(source.tree)
        if isinstance(node, cst.Call)
    }


def calls_of_ast(text: str) -> set[tuple[int, int, int, int]]:
    return {
        (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
    }


@pytest.mark.parametrize(
    "module", ["argparse", "asyncio.base_events", "asyncio.tasks", "textwrap", "shlex", "heapq"]
)
def test_both_trees_agree_where_calls_stand(module: str) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text("utf-8")
    # Inside of f-strings `ast` tells no true places before Python 3.12.
    inside = {
        (call.lineno, call.col_offset, call.end_lineno or 0, call.end_col_offset or 0)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
    }
    theirs, ours = calls_of_ast(text) - inside, calls_by_position(Source("m.py", text))
    assert len(theirs) > 50
    assert theirs <= ours


ODD = {
    "tabs": "if x:\n\tif y:\n\t\tf(\tg() )\n",
    "wide": "s = 'äöü€😀'; f(s, g('é'))  # ñ\nf()\n",
    "wide names": "größe(ärger())\n",
    "carriage returns": "f()\rg(\rh())\rif x:\r    i()",
    "windows": "f()\r\nif x:\r\n    g(\r\n        h())\r\n",
    "mixed": "f()\r\ng()\nh()\r\ni()",
    "no last newline": "f()\ng(h())",
    "form feed inside": "f()\n\n\x0c\nh()\nif x:\n    i(\x0cj())\n",
    "form feed in a string": "s = '''a\x0cb\x0b\x1c\u2028c'''; f()\ng()\n",
    "continuation": "f \\\n  (g(), \\\n h())\n",
    "parentheses": "(f)(); ((f()))\n(f\n.g)()\n((a.b).c)((d)())\n",
    "decorators": "@f()\n@g(h())\nclass A(b(), c=d()): ...\n",
    "string over lines": "f('''\n''', g())\nh()\n",
    "trailing spaces": "f()   \n   \ng()\n    # c\n",
    "empty": "",
    "only a comment": "# nothing",
    "starred": "f(*g(), **h())\nprint(*[i() for j in k()])\n",
    "await": "async def f():\n    await g(await h())\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_both_trees_agree_in_odd_texts(text: str) -> None:
    source = Source("m.py", text)
    assert source.prints_back
    assert calls_by_position(source) == calls_of_ast(text)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_lines_and_columns_are_those_an_editor_shows(text: str) -> None:
    source = Source("m.py", text)
    lines = io.StringIO(text, newline=None).read().split("\n")
    for node in descend(source.tree):
        if isinstance(node, cst.Call):
            line, column = source.line_and_column(source.span(node).start)
            written = source.text_of(node).replace("\r\n", "\n").replace("\r", "\n")
            assert "\n".join(lines[line - 1 :])[column:].startswith(written)


@pytest.mark.parametrize("text", ["\x0cf()\n", "x = 1\n\x0cf()\n", "f()\r", "f()\n\r\r"])
def test_a_text_that_is_not_printed_back_is_known_as_such(text: str) -> None:
    source = Source("m.py", text)
    assert not source.prints_back
    # Whatever was lost, offsets count in what was printed.
    for node in descend(source.tree):
        if isinstance(node, cst.Call):
            assert source.text_of(node) == "f()"


texts = st.text(alphabet="aé😀\n\r\t\x0c \u2028", max_size=40)


@given(texts, st.data())
def test_offsets_and_lines_go_both_ways(text: str, data: st.DataObject) -> None:
    source = Source("m.py", "")
    source.__dict__["printed"] = text
    before = data.draw(st.integers(0, len(text)))
    offset = len(text[:before].encode())
    line, column = source.line_and_column(offset)
    start = source.line_start(offset)
    assert source.offset(line, offset - start) == offset
    assert column == len(source.slice(Span(start, offset)))
    assert start <= offset <= source.line_end(offset)
    inside = source.slice(Span(start, source.line_end(offset)))
    assert len(inside.replace("\r\n", "\n").replace("\r", "\n").split("\n")) <= 2
    whole = io.StringIO(text[:before], newline=None).read()
    in_windows_break = text[before - 1 : before + 1] == "\r\n"
    assert line == whole.count("\n") + 1 - in_windows_break


def test_a_span_leaves_the_parentheses_out() -> None:
    source = Source("m.py", "((f(1)))\n")
    call = next(node for node in descend(source.tree) if isinstance(node, cst.Call))
    assert source.span(call) == Span(2, 6)
    assert source.text_of(call) == "f(1)"


def test_parents_lead_to_the_module() -> None:
    source = Source("m.py", "if a:\n    f(b)\n")
    assert list(source.nodes) == list(descend(source.tree))
    for node in source.nodes:
        parent = source.parent(node)
        assert (parent is None) == (node is source.tree)
        assert parent is None or node in parent.children


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f(\n", "syntax error"),
        ("\x00", "null bytes"),
        ("x = " + "-" * 3_000 + "1", "nested too deeply"),
        ("x = " + " and ".join(["a"] * 900), "nested too deeply|"),
    ],
    ids=["syntax", "null", "deep", "and"],
)
def test_what_cannot_be_read_says_so_whatever_is_asked(text: str, reason: str) -> None:
    def ask() -> None:
        source = Source("m.py", text)
        source.span(next(node for node in descend(source.tree) if isinstance(node, cst.Name)))

    if reason.endswith("|"):
        # At the edge either is right, but nothing else.
        try:
            ask()
        except Unreadable as error:
            assert str(error) == reason[:-1]  # noqa: PT017
    else:
        with pytest.raises(Unreadable, match=reason):
            ask()
