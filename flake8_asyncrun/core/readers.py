"""Findings as their readers look them up: by a notebook's cells, by the lines of a document."""

from __future__ import annotations

import re
from dataclasses import replace

from flake8_asyncrun.core.model import Finding, Note, Place
from flake8_asyncrun.core.source import Source

_LINES = re.compile(r"\blines? \d+(?:, \d+)*")


def for_readers(finding: Finding, source: Source) -> Finding:
    """Return a finding of a program that names lines, in its texts and notes, as they are in the
    notebook or the document that holds the program."""
    if source.is_whole:
        return finding
    own = None if source.corner else source.spot(finding.span.start).cell

    def line(found: re.Match[str]) -> str:
        spot = source.spot_of(int(found[0]))
        return str(spot.line) if spot.cell == own else f"{spot.line} of cell {spot.cell}"

    def text(said: str) -> str:
        return _LINES.sub(lambda found: re.sub(r"\d+", line, found[0]), said)

    def place(of: Place | None) -> Place | None:
        if of is None or of.path != source.path:
            return of
        spot = source.spot_of(of.line)
        return Place(of.path, spot.line, spot.cell)

    notes = tuple(Note(text(note.text), place(note.place)) for note in finding.notes)
    return replace(finding, message=text(finding.message), notes=notes)
