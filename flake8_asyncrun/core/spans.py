"""Where the nodes of a tree stand, found out while it is printed, and so in one pass for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan
from libcst.metadata.span_provider import SpanProvidingCodegenState

from flake8_asyncrun.core.children import BLANK


@dataclass(frozen=True)
class Printed:
    """A tree as it is printed."""

    text: str
    spans: Mapping[cst.CSTNode, CodeSpan]
    """In bytes of the text in UTF-8, without the parentheses around a node."""
    parents: Mapping[cst.CSTNode, cst.CSTNode | None]
    """Each node's parent, by the node, in the order of the text."""

    # Neither knows of BLANK.


def printed(tree: cst.Module) -> Printed:
    """Print a tree. Raises RecursionError where it is too deep.

    `MetadataWrapper.resolve` would give the same spans, but visits the tree once more for providers
    that nobody asked for, and so makes a copy of it.
    """
    spans = _Spans()
    spans.print(tree)
    return spans.printed


@dataclass
class _State(SpanProvidingCodegenState):
    parents: dict[cst.CSTNode, cst.CSTNode | None] = field(default_factory=dict)
    around: list[cst.CSTNode | None] = field(default_factory=lambda: [None])

    def before_codegen(self, node: cst.CSTNode) -> None:
        if type(node) in BLANK:
            return
        self.parents[node] = self.around[-1]
        self.around.append(node)
        super().before_codegen(node)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if type(node) in BLANK:
            return
        self.around.pop()
        super().after_codegen(node)


class _Spans(ByteSpanPositionProvider):
    printed: Printed

    def print(self, tree: cst.Module) -> None:
        state = _State(
            default_indent=tree.default_indent,
            default_newline=tree.default_newline,
            provider=self,
            get_length=_length,
        )
        tree._codegen(state)
        spans = cast("Mapping[cst.CSTNode, CodeSpan]", self._computed)  # none of which is lazy
        self.printed = Printed("".join(state.tokens), spans, state.parents)


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
