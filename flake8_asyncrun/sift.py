"""Which files of a run are to be checked: not those that can have no finding, nor known ones.

This is all that a run does with most files, so it does little with each, and imports no rule.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_asyncrun import cache, cache_index, config, files, locks
from flake8_asyncrun.config import Config, ConfigError
from flake8_asyncrun.core.gate import may_be_dropped
from flake8_asyncrun.files import FileError
from flake8_asyncrun.names import forms
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.share import Done, Task

if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Configure
    from flake8_asyncrun.cache import State
    from flake8_asyncrun.cache_index import Index
    from flake8_asyncrun.limits import Limits


_ESCAPE = b"\\u"
"""With which JSON may spell a word in other letters."""


@dataclass
class _Folder:
    """A folder that has files of the run."""

    path: str
    """Absolute."""
    index: Index | None
    entries: dict[str, list[Any]]
    """What the index knows of its files."""
    settings: dict[Config, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    """Where what comes of a task belongs."""

    folder: _Folder
    name: str
    status: os.stat_result
    """Of the file before it was read."""


class Sieve:
    """What is left of a run's files; `tasks` and `reports` grow with what is put in.

    `reports` are about files that need no check, by their names, where there is anything to say.
    Without `fix` those of an earlier run count; with it, `known` are those without findings, which
    another text of what they rest on may give some. Where `cached` is false nothing of one is used
    or kept, else it is in `kept_in`, by default in the folder of each project. Files to which the
    `limits` leave nothing are left out, too.
    """

    def __init__(
        self,
        configure: Configure,
        *,
        fix: bool,
        cached: bool,
        kept_in: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.tasks: list[Task] = []
        self.reports: dict[str, FileReport] = {}
        self.known: list[tuple[Task, Done]] = []
        self._configure = configure
        self._fix = fix
        # What is known of a file is what there is, not what is wanted.
        self._cached = cached and limits is None and cache_index.maker() is not None
        self._limits = limits
        self._kept_in = kept_in
        self._began = time.time_ns()
        self._stated: dict[str, State] = {}
        self._folders: dict[str, _Folder] = {}
        self._indexes: dict[Path, Index] = {}
        self._errors: dict[str, str | None] = {}
        self._asked: dict[str, _Asked] = {}

    def put(self, names: Iterable[str]) -> None:
        """Sift some files. Nothing is raised: what cannot be read has a report that says so."""
        with files.remembering():
            for name in names:
                self._put(name)

    def _put(self, name: str) -> None:
        place, base = os.path.split(name)
        folder = self._folders.get(place) or self._folder(place, name)
        try:
            status = os.stat(name)
            if not stat.S_ISREG(status.st_mode):
                raise OSError
            entry = folder.entries.get(base)
            if entry is not None and folder.index is not None:
                if folder.index.is_dropped(entry, status):
                    self._drop(name, folder)
                    return
                if self._is_known(name, entry, folder, status):
                    return
            with open(name, "rb", buffering=0) as file:
                data = file.read()
        except (OSError, ValueError):
            self._say_why_not(name)
            return
        if may_be_dropped(data) and not (forms.is_notebook(name) and _ESCAPE in data):
            if folder.index is not None:
                folder.index.drop(folder.path, base, status)
            self._drop(name, folder)
            return
        try:
            chosen = self._configure(name)
            limits = None if self._limits is None else self._limits.of(name)
            if limits is not None and limits.before == files.decode(name, data).text:
                return
        except (ConfigError, FileError) as error:
            self.reports[name] = FileReport(name, errors=(str(error),))
            return
        self.tasks.append(Task(name, chosen, status.st_size, limits=limits))
        self._asked[name] = _Asked(folder, base, status)

    def _is_known(
        self, name: str, entry: Sequence[Any], folder: _Folder, status: os.stat_result
    ) -> bool:
        """Say whether an earlier run has told all there is to say, and take that over."""
        try:
            chosen = self._configure(name)
        except ConfigError:
            return False
        settings = self._settings(name, chosen, folder)
        if folder.index is None or settings is None:
            return False
        report = folder.index.known(entry, status, name, settings)
        if report is None or (self._fix and (report.findings or report.errors)):
            return False
        if self._fix:
            done = Done(report, led_to=folder.index.led_to(entry))
            self.known.append((Task(name, chosen, status.st_size), done))
            return True
        if report.findings:
            try:
                text = files.read(name).text
            except FileError:
                return False
            report = replace(report, before=text, after=text)
        if report.findings or report.errors:
            self.reports[name] = report
        return True

    def _say_why_not(self, name: str) -> None:
        """Report why a file cannot be read; by now it may be one that can."""
        try:
            files.read(name)
            reason = f"{name}: was changed meanwhile, so it is left alone"
        except FileError as error:
            reason = str(error)
        self.reports[name] = FileReport(name, errors=(reason,))

    def _drop(self, name: str, folder: _Folder) -> None:
        """Leave a file out, of which only a fault of its configuration is to be told."""
        if folder.path not in self._errors:
            self._errors[folder.path] = self._fault(folder.path, folder)
        error = self._errors[folder.path]
        if error is not None:
            self.reports[name] = FileReport(name, errors=(error,))

    def _fault(self, path: str, folder: _Folder) -> str | None:
        """Return what is wrong with the configuration of a folder's files.

        One without a file of its own that configures has that of the folder above.
        """
        above = os.path.dirname(path)
        is_own = any(os.path.exists(f"{path}{os.sep}{name}") for name in config.FILES)
        if not is_own and above != path:
            if above not in self._errors:
                self._errors[above] = self._fault(above, folder)
            return self._errors[above]
        name = os.path.join(path, "__init__.py")
        try:
            chosen = self._configure(name)
        except ConfigError as error:
            return str(error)
        if not config.names_codes(chosen):
            return None
        key = cache_index.digest(chosen)
        if folder.index is not None and folder.index.is_sound(key):
            return None
        from flake8_asyncrun.repair import prepare  # not above: it takes the rules

        prepared = prepare(name, lambda _: chosen)
        if isinstance(prepared, FileReport):
            return prepared.errors[0]
        if folder.index is not None:
            folder.index.note_sound(key)
        return None

    def _folder(self, place: str, name: str) -> _Folder:
        path = os.path.abspath(place)
        index = self._index(name) if self._cached else None
        entries = index.entries(path) if index is not None else {}
        self._folders[place] = _Folder(path, index, entries)
        return self._folders[place]

    def _index(self, name: str) -> Index | None:
        where = self._kept_in or cache.folder_of(name)
        if where is None:
            return None
        if where not in self._indexes:
            self._indexes[where] = cache_index.Index(where, self._began, self._stated)
        return self._indexes[where]

    def _settings(self, name: str, chosen: Config, folder: _Folder) -> str | None:
        """Return the digest of what reports about a folder's files depend on besides files."""
        if chosen not in folder.settings:
            try:
                around = (
                    files.project_roots(name, chosen.src),
                    files.search_path(name, chosen.python, chosen.src),
                    locks.versions(name).paths,
                )
            except FileError:
                folder.settings[chosen] = None
            else:
                folder.settings[chosen] = cache_index.digest(chosen, *around)
        return folder.settings[chosen]

    def keep(self, done: Iterable[tuple[Task, Done]]) -> None:
        """Note for the next run what came of the tasks, as far as that can be relied on."""
        with files.remembering():
            for task, each in done:
                asked = self._asked[task.path]
                index = asked.folder.index
                if index is None or each.evidence is None:
                    continue
                settings = self._settings(task.path, task.config, asked.folder)
                if settings is not None:
                    index.keep(
                        asked.folder.path,
                        asked.name,
                        asked.status,
                        settings,
                        each.evidence,
                        each.report,
                    )
        for index in self._indexes.values():
            index.write()
