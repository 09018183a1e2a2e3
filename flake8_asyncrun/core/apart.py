"""Statements that share a line: a fix that needs each on a line of its own is made there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from flake8_asyncrun.core import edits
from flake8_asyncrun.core.capture import assigned_to
from flake8_asyncrun.core.loop_calls import gets_in
from flake8_asyncrun.core.model import Edit, Fix, Note, Span
from flake8_asyncrun.core.rule import File

Made = tuple[Fix | None, tuple[Note, ...]]


@dataclass(frozen=True)
class Apart:
    """A file in which no statement about a loop shares its line with another."""

    file: File
    call: cst.Call
    """The call that gets the loop, in the new file."""
    splits: tuple[Edit, ...]
    """What made it of the file that is there, in order."""

    def back(self, changes: Sequence[Edit]) -> tuple[Edit, ...]:
        """Return edits of the file that is there, for edits of the new one."""
        pieces = self._pieces()
        spans = sorted([*(one.span for one in changes), *(piece for piece, _ in pieces)])
        united: list[Span] = []
        for span in spans:
            if united and span.start <= united[-1].end:
                united[-1] = Span(united[-1].start, max(united[-1].end, span.end))
            else:
                united.append(span)
        return tuple(self._edit_back(span, changes, pieces) for span in united)

    def line_back(self, line: int) -> int:
        """Return the line that a line of the new file comes from."""
        start = self.file.source.offset(line, 0)
        return line - sum(bool(one.text) for piece, one in self._pieces() if piece.start < start)

    def _pieces(self) -> list[tuple[Span, Edit]]:
        """Return where in the new file each split is."""
        pieces: list[tuple[Span, Edit]] = []
        grown = 0
        for one in self.splits:
            start = one.span.start + grown
            grown += _growth(one)
            pieces.append((Span(start, one.span.end + grown), one))
        return pieces

    def _edit_back(
        self, span: Span, changes: Sequence[Edit], pieces: Sequence[tuple[Span, Edit]]
    ) -> Edit:
        """Return one edit for all that changes within a span of the new file."""
        before = sum(_growth(one) for piece, one in pieces if piece.start < span.start)
        within = sum(_growth(one) for piece, one in pieces if piece.start <= span.end)
        text = self.file.source.slice(span)
        inside = [
            Edit(Span(one.span.start - span.start, one.span.end - span.start), one.text)
            for one in changes
            if span.start <= one.span.start and one.span.end <= span.end
        ]
        return Edit(Span(span.start - before, span.end - within), edits.put_in(text, inside))


def _growth(split: Edit) -> int:
    return len(split.text.encode("utf-8")) - (split.span.end - split.span.start)


def attempt_apart(call: cst.Call, file: File, make: Callable[[cst.Call, File], Made]) -> Made:
    """Return what `make` makes of a call that gets a loop, a fix or notes why there is none, or
    only a last resort; if that is so, and statements about the loop share lines, then what it makes
    of the same statements on lines of their own, or its last resort where only the call's are."""
    fix, notes = make(call, file)
    apart = _apart(call, _about_loop(call, file), file) if fix is None or notes else None
    if apart is None:
        return fix, notes
    other, notes = _made_apart(apart, make)
    if other is not None and not notes:
        return other, ()
    apart = _apart(call, [call], file) if fix is None else None
    return fix if apart is None else _made_apart(apart, make)[0], notes


def _made_apart(apart: Apart, make: Callable[[cst.Call, File], Made]) -> Made:
    """Return what `make` makes of a call in the new file, for the file that is there."""
    fix, notes = make(apart.call, apart.file)
    notes = tuple(Note(_lines_back(one.text, apart)) for one in notes)
    if fix is None:
        return None, notes
    claims = tuple(_lines_back(one, apart) for one in fix.claims)
    return replace(fix, edits=apart.back(fix.edits), claims=claims), notes


_LINES = re.compile(r"\b(?:lines?|in) \d[\d, ]*")


def _lines_back(text: str, apart: Apart) -> str:
    """Return a text that names lines of the new file with those of the file that is there."""

    def back(found: re.Match[str]) -> str:
        return re.sub(r"[1-9]\d*", lambda one: str(apart.line_back(int(one[0]))), found[0])

    return _LINES.sub(back, text)


def _about_loop(call: cst.Call, file: File) -> list[cst.CSTNode]:
    """Return the calls that get the loop of a call, in the same function, and the names of it."""
    function, variable = file.enclosing_function(call), assigned_to(call, file)
    names = [] if variable is None else [*file.names_of(variable)]
    return [*gets_in(function, file), *names]


def _apart(call: cst.Call, nodes: Sequence[cst.CSTNode], file: File) -> Apart | None:
    """Return the file with the statements that hold nodes on lines of their own; None where they
    are so already, or a line goes on in another one."""
    splits: set[Edit] = set()
    for node in nodes:
        for holder in file.parents(node):
            if isinstance(holder, cst.SimpleStatementLine) and len(holder.body) > 1:
                found = _own_lines(holder, "", file)
            elif isinstance(holder, cst.SimpleStatementSuite):
                found = _own_blocks(holder, file)
            else:
                continue
            if found is None:
                return None
            splits.update(found)
    if not splits or not file.source.prints_back:
        return None
    source, ordered = file.source, sorted(splits)
    text = edits.put_in(source.text, ordered)
    new = File(source.with_text(text), file.project)
    grown = sum(_growth(one) for one in ordered if one.span.end <= file.span(call).start)
    span = Span(file.span(call).start + grown, file.span(call).end + grown)
    there = next(one for one in new.calls() if new.span(one) == span)
    return Apart(new, there, tuple(ordered))


def _own_blocks(suite: cst.SimpleStatementSuite, file: File) -> list[Edit] | None:
    """Return what gives a suite that stands behind its colon, and the others of its `try`, lines
    of their own; None where that cannot be."""
    holder = next(one for one in file.parents(suite) if isinstance(one, cst.BaseStatement))
    suites = [*_suites_of_try(holder)] if isinstance(holder, cst.Try) else [suite]
    block = file.source.parent(holder)
    if not isinstance(block, (cst.Module, cst.IndentedBlock)):
        return None  # of an `elif`
    splits: list[Edit] = []
    for one in suites:
        found = _own_lines(one, edits.deeper_by(file, block), file)
        if found is None:
            return None
        splits += found
    return splits


def _suites_of_try(holder: cst.Try) -> Iterator[cst.SimpleStatementSuite]:
    others = (holder.orelse, holder.finalbody)
    clauses = (holder, *holder.handlers, *(one for one in others if one is not None))
    for clause in clauses:
        if isinstance(clause.body, cst.SimpleStatementSuite):
            yield clause.body


def _own_lines(
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite, deeper: str, file: File
) -> list[Edit] | None:
    """Return what puts each statement of a line on a line of its own, indented by `deeper` than the
    line; None where the line goes on in another one between two of them."""
    source = file.source
    holder = line if isinstance(line, cst.SimpleStatementLine) else source.parent(line)
    assert holder is not None
    begins = file.span(holder).start
    start = f"{edits.newline_at(source, begins)}{edits.indentation_at(source, begins)}{deeper}"
    splits: list[Edit] = []
    following = line.body[1:] if isinstance(line, cst.SimpleStatementLine) else line.body
    for small in following:
        at = file.span(small).start
        before = source.data[:at].rstrip(b" \t")
        if not before.endswith((b";", b":")):
            return None
        kept = len(before if before.endswith(b":") else before[:-1].rstrip(b" \t"))
        splits.append(Edit(Span(kept, at), start))
    end = file.span(line.body[-1]).end
    trailing = re.compile(rb"[ \t]*;").match(source.data, end)
    if trailing is not None:
        splits.append(Edit(Span(end, trailing.end()), ""))
    return splits
