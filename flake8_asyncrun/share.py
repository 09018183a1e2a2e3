"""Shares of a run's work as they go to whoever does it, and what comes back: plain data.

Nothing here imports a rule, nor LibCST.
"""

from __future__ import annotations

import functools
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import files, walk
from flake8_asyncrun.cache import Evidence
from flake8_asyncrun.config import Config
from flake8_asyncrun.files import FileError
from flake8_asyncrun.report import FileReport

if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Heard
    from flake8_asyncrun.limits import FileLimits


MOST_KEPT = 8_000_000
"""Characters of the texts of other files that are kept; more are read again when asked for."""


@dataclass
class _Kept:
    texts: dict[str, str | None] = field(default_factory=dict)
    left: int = MOST_KEPT
    """How many more characters may be kept."""


@dataclass(frozen=True)
class _Project:
    """The files beside a file, and which may name something of which."""

    names: Mapping[str, str]
    """By their real paths, in order."""
    naming: Mapping[str, Sequence[str]]
    """By the last part of a module's name the real paths of the files that have it as a word; by ""
    those that may mean any module of their own package."""


@dataclass(frozen=True)
class Others:
    """The files that a file is checked with. Each is read once, as far as it may be kept."""

    names: Sequence[str] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    """The texts that are not on disk, by the real paths of their files."""

    def __reduce__(self) -> tuple[type[Others], tuple[object, ...]]:
        return Others, (self.names, self.changed)  # what is kept stays where it is

    def text(self, name: str) -> str | None:
        """Return the text of a file as it is by now, None where it cannot be read."""
        return self._text(os.path.realpath(name), name)

    def _text(self, real: str, name: str) -> str | None:
        if real in self.changed:
            return self.changed[real]
        kept = self._kept
        if real in kept.texts:
            return kept.texts[real]
        text: str | None = None
        with suppress(FileError):  # nor can Python read it
            text = files.read(name).text
        if len(text or "") <= kept.left:
            kept.texts[real] = text
            kept.left -= len(text or "")
        return text

    def naming(self, path: str) -> list[tuple[str, str]]:
        """Return the files, with their texts, that may name something of the one at `path`: those
        of its project, and those that are checked with it, that have its name as a word."""
        project = self._project(path)
        own, module = os.path.realpath(path), files.last_name(path)
        reals: Collection[str] = project.names
        if own in project.names and _WORD.fullmatch(module):
            wanted = {*project.naming.get(module, ()), *project.naming.get("", ())}
            reals = [real for real in project.names if real in wanted]
        texts = ((real, self._text(real, project.names[real])) for real in reals if real != own)
        return [(project.names[real], text) for real, text in texts if text is not None]

    def _project(self, path: str) -> _Project:
        root = files.project_root(path)
        key = str(Path(os.path.realpath(path)).parent if root is None else root)
        if key not in self._projects:
            every = (*walk.files_beside(path), *self.names)
            self._projects[key] = self._indexed({os.path.realpath(one): one for one in every})
        return self._projects[key]

    def _indexed(self, names: Mapping[str, str]) -> _Project:
        modules = {files.last_name(name) for name in names.values()}
        naming: dict[str, list[str]] = defaultdict(list)
        for real, name in names.items():
            text = self._text(real, name) or ""
            if not text.isascii():
                text = unicodedata.normalize("NFKC", text)  # as Python reads names
            words = {*_WORD.findall(text)}
            if "\\" in text:
                words.update(_WORD.findall(_ESCAPE.sub(" ", text)))
            for module in words & modules:
                naming[module].append(real)
            if _OF_OWN_PACKAGE.search(text):
                naming[""].append(real)
        return _Project(names, naming)

    @functools.cached_property
    def _projects(self) -> dict[str, _Project]:
        return {}

    @functools.cached_property
    def _kept(self) -> _Kept:
        return _Kept()

    @functools.cached_property
    def waiting(self) -> tuple[str, ...]:
        """Those of the files that speak of a `yield from`."""
        return tuple(name for name in self.names if "yield from" in (self.text(name) or ""))


_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\.")
_OF_OWN_PACKAGE = re.compile(r"\bfrom[\s\\]*\.[.\s\\]*import\b")
"""Which module `from . import name` reads, nobody sees in the text."""


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
