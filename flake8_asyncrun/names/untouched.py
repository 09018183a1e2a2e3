"""Whether a changed text means the same wherever nobody touched it.

What no change touches has the same bytes before and after. So it is the same if the parser finds it
again: a node of the same type from the same start to the same end, and a statement in the same
block. A bracket, a quote, an indentation or a backslash too many or too few shows as a difference.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from flake8_asyncrun.names import syntax
from flake8_asyncrun.names.nodes import children

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLOCKS = ("body", "orelse", "finalbody")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BINDS_TIGHTLY = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Await, ast.Attribute)


@dataclass(frozen=True, order=True)
class Change:
    """What is put in the place of the bytes from `start` to `end`."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True)
class _Block:
    """Statements of one indentation, with what holds them; None: the module."""

    field: str
    holder: _Statement | None
    header_end: int = 0


@dataclass(frozen=True)
class _Statement:
    """A statement, or the `except` or `case` of one, with where it stands."""

    node: ast.stmt | ast.excepthandler | ast.match_case
    block: _Block
    line_start: int
    """Where its indentation or its first decorator begins; `start`, if it shares its line."""
    start: int
    end: int
    is_docstring: bool = False


class _Tree:
    """A text as the parser sees it, by byte offsets."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "surrogatepass")
        self.module = syntax.parse(text)
        self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(self.data))]

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        assert isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.pattern))
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._line_starts[node.lineno - 1] + node.col_offset,
            self._line_starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def line_of(self, offset: int) -> int:
        return bisect.bisect_right(self._line_starts, offset)

    @cached_property
    def statements(self) -> list[_Statement]:
        """All statements, from the outside in."""
        found: list[_Statement] = []
        todo: list[tuple[Iterable[ast.AST], _Block]] = [(self.module.body, _Block("body", None))]
        while todo:
            nodes, block = todo.pop()
            for index, node in enumerate(nodes):
                assert isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case))
                statement = self._statement(node, block, is_first=index == 0)
                found.append(statement)
                for field in (*_BLOCKS, "handlers", "cases"):
                    inside = getattr(node, field, None)
                    if isinstance(inside, list) and inside:
                        header_end = self._line_start(inside[0])
                        todo.append((inside, _Block(field, statement, header_end)))
        return found

    def _statement(
        self, node: ast.stmt | ast.excepthandler | ast.match_case, block: _Block, *, is_first: bool
    ) -> _Statement:
        start, end = self._place(node)
        holder = block.holder
        is_docstring = (
            is_first
            and block.field == "body"
            and (holder is None or isinstance(holder.node, _DEFINITIONS))
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
        return _Statement(node, block, self._line_start(node), start, end, is_docstring)

    def _line_start(self, node: ast.AST) -> int:
        first, _ = self._place(node)
        if isinstance(node, _DEFINITIONS) and node.decorator_list:
            first = self.data.rindex(b"@", 0, self.span(node.decorator_list[0])[0])
        line_start = self._line_starts[self.line_of(first) - 1]
        return first if self.data[line_start:first].strip(b" \t\f") else line_start

    def _place(self, node: ast.AST) -> tuple[int, int]:
        if isinstance(node, ast.match_case):
            return self.span(node.pattern)[0], self.span(node.body[-1])[1]
        return self.span(node)


def first_difference(before: str, after: str, changes: Iterable[Change]) -> int | None:
    """Return the line of `before` whose meaning the changes changed without touching it.

    None where there is no such line. Raises Unreadable where one of the texts cannot be parsed.
    """
    return _Comparison(_tree(before), _tree(after), sorted(set(changes))).first_difference()


# What came of one round of fixes is what the next begins with.
@lru_cache(maxsize=2)
def _tree(text: str) -> _Tree:
    return _Tree(text)


class _Comparison:
    def __init__(self, old: _Tree, new: _Tree, changes: Sequence[Change]) -> None:
        self.old = old
        self.new = new
        self.changes = changes
        self._starts = [change.start for change in changes]
        self._ends = [change.end for change in changes]
        growth = (len(change.new) - (change.end - change.start) for change in changes)
        self._shifts = list(accumulate(growth, initial=0))
        self._same_blocks: dict[tuple[int, int], bool] = {}

    def first_difference(self) -> int | None:
        found = {(one.start, type(one.node)): one for one in self.new.statements}
        same: set[int] = set()
        touched: list[_Statement] = []
        different: list[int] = []
        for statement in self.old.statements:
            if self._touches_statement(statement):
                touched.append(statement)
                continue
            other = found.get((self._shifted(statement.start), type(statement.node)))
            if other is None or not self._is_same(statement, other):
                different.append(statement.start)
            else:
                same.add(id(other.node))
        others = [one for one in self.new.statements if id(one.node) not in same]
        different += self._different_expressions(touched, others)
        return self.old.line_of(min(different)) if different else None

    # ------------------------------------------------------------------ places

    def _shifted(self, offset: int) -> int:
        """Return where in the new text an offset is that no change replaces."""
        return offset + self._shifts[bisect.bisect_right(self._ends, offset)]

    def _touched(self, start: int, end: int) -> bool:
        """Say whether a change overlaps with a span, or touches it."""
        return bisect.bisect_left(self._ends, start) < bisect.bisect_right(self._starts, end)

    def _touches_statement(self, statement: _Statement) -> bool:
        first = bisect.bisect_left(self._ends, statement.line_start)
        behind = bisect.bisect_right(self._starts, statement.end)
        return not all(
            change.end == statement.line_start and self._is_of_lines(change)
            for change in self.changes[first:behind]
        )

    def _is_of_lines(self, change: Change) -> bool:
        """Say whether a change leaves what begins behind it at the beginning of a line."""
        before = change.new or self.old.data[: change.start][-1:]
        return not before or before.endswith((b"\n", b"\r"))

    # ------------------------------------------------------------------ statements

    def _is_same(self, old: _Statement, new: _Statement) -> bool:
        return (
            self._shifted(old.line_start) == new.line_start
            and self._shifted(old.end) == new.end
            and old.is_docstring == new.is_docstring
            and self._is_same_block(old.block, new.block)
        )

    def _is_same_block(self, old: _Block, new: _Block) -> bool:
        # No recursion: every `elif` is a level.
        passed: list[tuple[int, int]] = []
        is_same: bool | None = None
        while is_same is None:
            key = id(old), id(new)
            passed.append(key)
            if key in self._same_blocks:
                is_same = self._same_blocks[key]
            elif old.holder is None or new.holder is None:
                is_same = old.holder is new.holder
            elif not self._is_held_alike(old, old.holder, new, new.holder):
                is_same = False
            else:
                old, new = old.holder.block, new.holder.block
        self._same_blocks.update(dict.fromkeys(passed, is_same))
        return is_same

    def _is_held_alike(
        self, old: _Block, holder: _Statement, new: _Block, other: _Statement
    ) -> bool:
        if old.field != new.field:
            return False
        # A header that is changed may hold its block in another way, as `async def` does.
        return self._touched(holder.line_start, old.header_end - 1) or (
            type(holder.node) is type(other.node) and self._shifted(holder.start) == other.start
        )

    # ------------------------------------------------------------------ expressions

    def _different_expressions(
        self, old: Iterable[_Statement], new: Iterable[_Statement]
    ) -> Iterator[int]:
        """Yield where expressions begin that are not what they were, though no change touches
        them; or that are replaced by what is no expression of its own."""
        found: set[tuple[int, int]] = set()
        types: set[tuple[int, int, type]] = set()
        for statement in new:
            for node, _ in _expressions(statement.node):
                span = self.new.span(node)
                found.add(span)
                types.add((*span, type(node)))
        replaced = {(change.start, change.end): change for change in self.changes}
        for statement in old:
            for node, holder in _expressions(statement.node):
                start, end = self.old.span(node)
                if not self._touched(start, end):
                    if (self._shifted(start), self._shifted(end), type(node)) not in types:
                        yield start
                elif (change := replaced.get((start, end))) and _binds(holder, node):
                    begin = self._shifted(end) - len(change.new)
                    if not _is_atom(change.new) and (begin, self._shifted(end)) not in found:
                        yield start


def _binds(holder: ast.AST, node: ast.AST) -> bool:
    """Say whether an operator, a dot or brackets might take apart what `node` becomes."""
    if isinstance(holder, (ast.Call, ast.Subscript)):
        return node is (holder.func if isinstance(holder, ast.Call) else holder.value)
    return isinstance(holder, _BINDS_TIGHTLY)


def _is_atom(text: bytes) -> bool:
    return text.startswith(b"(") and text.endswith(b")")


def _expressions(statement: ast.AST) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Yield the expressions of one statement alone, each with what holds it.

    Those inside an f-string are left out: some Pythons misplace them.
    """
    stack: list[tuple[ast.AST, ast.AST]] = [(child, statement) for child in children(statement)]
    while stack:
        node, holder = stack.pop()
        if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            continue
        if isinstance(node, ast.expr):
            yield node, holder
        if not isinstance(node, ast.JoinedStr) and type(node).__name__ != "TemplateStr":
            stack.extend((child, node) for child in children(node))
