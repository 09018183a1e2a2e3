"""What is told of a tree in one pass is what LibCST tells of it."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from flake8_asyncrun.core.children import BLANK, children
from flake8_asyncrun.core.spans import printed

_FOLDER = Path(__file__).parent
_TEXTS = [
    *(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("test_[a-c]*.py"))),
    "",
    "# only a comment",
    "x = 'é' ; y = ( (1), )\n",
    "\ufeffif a :\n\tpass\n",
    "@ a . b\nasync def f ( a , / , b : int = 1 , * c , d = 2 , ** e ) -> x : return ( yield )\n",
    "match a:\n    case {'k': [1, *_], **rest} | C(1, x=y) if z: pass\n    case _: pass\n",
    "def f[T: int, *Ts, **P](): type X[Y] = list[Y]\n",
    "try: pass\nexcept* (A, B) as e: raise C from e\nelse: pass\nfinally: del a, b\n",
    "with (a as b, c): x = [*a, {**b, 'c': 1}, *(i for i in j if k)], f'{a!r:>{w}}' 'b'\n",
    "lambda a, *, b=1: (await c) if d else not -e ** f @ g [1:2:3, ...]\n",
    "for a in b:\n    while (n := c): continue\n    else: break\nglobal q, r\nassert a, b\n",
]


@pytest.mark.parametrize("text", _TEXTS)
def test_one_pass_tells_what_libcst_tells(text: str) -> None:
    tree = cst.parse_module(text)
    told = printed(tree)
    assert told.text == tree.code
    spans = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    assert told.spans == {node: span for node, span in spans.items() if not isinstance(node, BLANK)}
    assert set(told.parents) == set(told.spans)
    assert [node for node, parent in told.parents.items() if parent is None] == [tree]
    assert all(node in parent.children for node, parent in told.parents.items() if parent)


@pytest.mark.parametrize("text", _TEXTS)
def test_children_are_those_of_libcst(text: str) -> None:
    for node in printed(cst.parse_module(text)).parents:
        theirs = [id(one) for one in node.children if not isinstance(one, BLANK)]
        assert list(map(id, children(node))) == theirs


def test_what_no_file_holds_is_measured_as_it_is_written() -> None:
    tree = cst.parse_module("x")
    broken = tree.with_deep_changes(
        tree.body[0], trailing_whitespace=cst.TrailingWhitespace(comment=cst.Comment("# \ud800"))
    )
    assert printed(broken).spans[broken].length == len(
        "x# \ud800\n".encode("utf-8", "surrogatepass")
    )
