"""Shares of a run's work as they go to whoever does it, and what comes back: plain data.

Nothing here imports a rule, nor LibCST.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import files
from flake8_asyncrun.cache import Evidence
from flake8_asyncrun.config import Config
from flake8_asyncrun.files import FileError
from flake8_asyncrun.report import FileReport

if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Heard
    from flake8_asyncrun.limits import FileLimits


@dataclass(frozen=True)
class Others:
    """The files that a file is checked with."""

    names: Sequence[str] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    """The texts that are not on disk, by the real paths of their files."""

    def text(self, name: str) -> str | None:
        """Return the text of a file as it is by now, None where it cannot be read."""
        real = os.path.realpath(name)
        if real in self.changed:
            return self.changed[real]
        try:
            return files.read(name).text
        except FileError:
            return None  # nor can Python

    @functools.cached_property
    def waiting(self) -> tuple[str, ...]:
        """Those of the files that speak of a `yield from`."""
        return tuple(name for name in self.names if "yield from" in (self.text(name) or ""))


@dataclass(frozen=True)
class Round:
    """What is the same for all files that are gone through once."""

    number: str
    """Its own, wherever it is done."""
    fix: bool
    cached: bool
    kept_in: Path | None
    """Where answers are kept, None for the folders of the projects."""
    others: Others


@dataclass(frozen=True)
class Task:
    """One file that is to be checked."""

    path: str
    config: Config
    size: int
    """Of what is on disk, in bytes."""
    report: FileReport | None = None
    """Of the round before; None: the text is that on disk."""
    limits: FileLimits | None = None
    """What limits its findings, None for nothing."""
    told: Heard | None = None
    """What the rules said of it elsewhere."""


@dataclass(frozen=True)
class Done:
    """What came of a task."""

    report: FileReport
    """Without its text where there is nothing to say."""
    evidence: Evidence | None = None
    """What the report rests on besides the file, where it is known and may be relied on."""
    led_to: frozenset[str] = frozenset()
    """The real paths of the modules that a repair rests on."""
