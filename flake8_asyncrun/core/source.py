"""One file: its text, its tree, and where each node stands. LibCST's metadata stays in here."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncrun.core import cells
from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Span
from flake8_asyncrun.names import forms, syntax
from flake8_asyncrun.names.syntax import Unreadable

# Lines and columns need no LibCST, so that saying where known findings are does not import it.
if TYPE_CHECKING:
    import libcst as cst

    from flake8_asyncrun.core.spans import Printed


@dataclass(frozen=True)
class Spot:
    """A place as a reader looks it up."""

    line: int
    """From 1, of the file; where there is a cell, of that."""
    column: int
    """From 1, in characters."""
    cell: int | None = None
    """Of a notebook, from 1, cells of all kinds counted."""


@dataclass(frozen=True)
class Corner:
    """Where a text begins that stands in a document."""

    lines: int
    """How many lines of the document come before."""
    columns: int
    """How many characters stand before each of its lines."""


class Source:
    """A text with its tree, spans and lines, each made when first asked for.

    `path` is how the user named the file, `module` how an import names it ("" where none does). The
    text may be the program of a notebook's cells (see core/cells.py), or one that begins at a
    `corner` of a document; a document as a whole has no tree. Offsets are bytes of
    the UTF-8 text. Asking for the tree or a span raises Unreadable where the text cannot be parsed.
    """

    def __init__(
        self, path: str, text: str, module: str = "", corner: Corner | None = None
    ) -> None:
        self.path = path
        self.text = text
        self.module = module
        self.corner = corner

    def with_text(self, text: str) -> Source:
        """Return what stands in the same place with another text."""
        return Source(self.path, text, self.module, self.corner)

    @property
    def is_whole(self) -> bool:
        """Whether the text is all of a Python file, and not what a notebook or a document holds."""
        return not self.is_notebook and self.corner is None

    @property
    def is_notebook(self) -> bool:
        """Whether a loop runs that evaluates the text, cell by cell."""
        return forms.is_notebook(self.path)

    @cached_property
    def data(self) -> bytes:
        """What offsets count in."""
        # A lone surrogate cannot come from a decoded file, but an editor may send one.
        return self.printed.encode("utf-8", "surrogatepass")

    @cached_property
    def tree(self) -> cst.Module:
        import libcst as cst

        syntax.parse(self.text)
        try:
            return cst.parse_module(self.text)
        except cst.ParserSyntaxError as error:
            reason = f"LibCST cannot read it: {error.message.splitlines()[0]}"
            raise Unreadable(reason, error.raw_line) from None
        except RecursionError:
            raise Unreadable("nested too deeply") from None

    @cached_property
    def printed(self) -> str:
        """The text as the tree prints it. LibCST loses a leading form feed and some trailing
        carriage returns, and its spans count without them."""
        if forms.is_document(self.path) and self.corner is None:
            return self.text
        return self._printed.text

    @property
    def prints_back(self) -> bool:
        """Whether nothing was lost, so that edits of the text mean what they say."""
        return self.printed == self.text

    def span(self, node: cst.CSTNode) -> Span:
        """Return where `node` stands, without the parentheses around it."""
        span = self._printed.spans[node]
        return Span(span.start, span.start + span.length)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds `node`, None for the module and for plain whitespace."""
        return self._printed.parents.get(node)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return the line, from 1, and the column, from 0 in characters, of a byte offset."""
        return self._numbered.line_and_column(offset)

    def spot(self, offset: int) -> Spot:
        """Return where a byte offset is for a reader of the file."""
        line, column = self.line_and_column(offset)
        return self.spot_of(line, column)

    def spot_of(self, line: int, column: int = 0) -> Spot:
        """Return where that is, of a line, from 1, and a column, from 0 in characters."""
        if self.corner is not None:
            return Spot(line + self.corner.lines, column + 1 + self.corner.columns)
        if self.is_notebook:
            for cell in reversed(self._cells):
                if cell.line <= line:
                    return Spot(line - cell.line + 1, column + 1, cell.number)
        return Spot(line, column + 1)

    @cached_property
    def _cells(self) -> list[cells.Cell]:
        return list(cells.cells(self.text))

    def position(self, span: Span) -> tuple[int, int, int, int]:
        """Return a span as `ast` counts: line and byte column of its start, then of its end."""
        lines = self._numbered
        first, last = lines.number(span.start), lines.number(span.end)
        start = span.start - lines.starts[first - 1]
        return first, start, last, span.end - lines.starts[last - 1]

    def offset(self, line: int, byte_column: int) -> int:
        """Return the byte offset of a line, from 1, and a column in bytes, as `ast` gives them."""
        return self._numbered.starts[line - 1] + byte_column

    def line_start(self, offset: int) -> int:
        """Return where the line that holds `offset` begins."""
        return self._numbered.starts[self._numbered.number(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Return where the line that holds `offset` ends, its line break included."""
        return self._numbered.end(self._numbered.number(offset))

    def slice(self, span: Span) -> str:
        """Return the text of a span."""
        return self.data[span.start : span.end].decode("utf-8", "surrogatepass")

    def text_of(self, node: cst.CSTNode) -> str:
        """Return a node's text as it is written."""
        return self.slice(self.span(node))

    @property
    def lines(self) -> list[str]:
        """The lines with their line breaks, as CPython's tokenizer counts them."""
        starts = [*self._numbered.starts, len(self.data)]
        return [self.slice(Span(*pair)) for pair in itertools.pairwise(starts)]

    @cached_property
    def _numbered(self) -> Lines:
        return Lines(self.data)

    @cached_property
    def _printed(self) -> Printed:
        from flake8_asyncrun.core.spans import printed

        try:
            return printed(self.tree)
        except RecursionError:
            raise Unreadable("nested too deeply") from None

    @property
    def nodes(self) -> Collection[cst.CSTNode]:
        """All nodes of the tree, in the order of the text, but for plain whitespace."""
        return self._printed.parents.keys()


def descend(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and all below it, in order."""
    from flake8_asyncrun.core.children import children

    stack = [node]
    while stack:
        child = stack.pop()
        yield child
        stack.extend(reversed(children(child)))
