"""What is said of a file: findings, fixes, edits. Plain data that crosses processes as it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from flake8_asyncrun.names.values import Place


class Safety(enum.Enum):
    """What a fix promises."""

    SAFE = "safe"
    """The program means the same afterwards, or it could only crash before; comments are kept."""
    UNSAFE = "unsafe"
    """Likely what is wanted, but behaviour changes: applied on request."""


@dataclass(frozen=True, order=True)
class Span:
    """Half-open byte offsets into the UTF-8 text of one file."""

    start: int
    end: int


@dataclass(frozen=True, order=True)
class Edit:
    """One replacement of text; an empty span is an insertion."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """Edits of one file that belong together: all are applied, or none."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety
    claims: tuple[str, ...] = ()
    """What it takes for itself, as a new name in a scope: fixes that claim the same take turns."""
    coroutines: tuple[str, ...] = ()
    """The functions of which it makes coroutines, by their titles ("Client.fetch"), for which no
    plain generator can wait then."""
    own_loop_in: str = ""
    """The global of the file whose code runs a loop of its own then, whichever loop was set by who
    calls it; "" where nobody can call it."""
    comments: tuple[str, ...] = ()
    """The comments that it is there to change or to take away."""


@dataclass(frozen=True)
class Note:
    """A piece of evidence, or the reason why there is no fix.

    `place` is None where the note is about the finding's own line.
    """

    text: str
    place: Place | None = None


@dataclass(frozen=True)
class Finding:
    """One fault in one file: what happens, where from, and what to do."""

    code: str
    message: str
    span: Span
    fix: Fix | None = None
    notes: tuple[Note, ...] = ()


__all__ = ["Edit", "Finding", "Fix", "Note", "Place", "Safety", "Span"]
