"""What a run found out of each file of a project, in one file, so that the next need not read them.

For each file there is its state (see `cache.State`) and either that it cannot have a finding, or
its report with the settings and the states of other files that it rests on. A report that rests on
anything else is not kept here, and a state that a change might leave the same is not relied on.

Nothing here raises. What cannot be read or written, is broken, or comes from elsewhere costs time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flake8_asyncrun import cache
from flake8_asyncrun.cache import Evidence, State, finding_of, plain_finding
from flake8_asyncrun.files import SUFFIXES
from flake8_asyncrun.report import FileReport

NAME = "index"

LARGEST = 200_000_000
"""Bytes; a file takes some hundred."""


class Index:
    """What is known of the files of one project; `began` is when the run did, in ns.

    `stated` are the states of other files that were asked for in this run.
    """

    def __init__(self, folder: Path, began: int, stated: dict[str, State]) -> None:
        self.folder = folder
        self.began = began
        self._stated = stated
        data = _loaded(folder / NAME)
        self._facts: list[tuple[str, State]] = data["facts"] if data else []
        self._settings: list[str] = data["settings"] if data else []
        self._files: dict[str, dict[str, list[Any]]] = data["files"] if data else {}
        self._sound: set[str] = set(data["sound"] if data else ())
        self._numbers: dict[str, int] = {}
        self._holds: dict[int, bool] = {}
        self._is_new = False

    def entries(self, folder: str) -> dict[str, list[Any]]:
        """Return what is known of the files in a folder, by their names, see `known`."""
        return self._files.setdefault(folder, {})

    def is_dropped(self, entry: Sequence[Any], status: os.stat_result) -> bool:
        """Say whether an entry tells that a file with this status cannot have a finding."""
        return len(entry) == 1 and entry[0] == cache.state_of(status)

    def known(
        self, entry: Sequence[Any], status: os.stat_result, path: str, settings: str
    ) -> FileReport | None:
        """Return the report that an entry holds of a file, without its text, if it stands."""
        try:
            state, number, facts, named, findings, errors, printed, unsafe = entry
            if state != cache.state_of(status) or self._settings[number] != settings:
                return None
            if (findings or errors) and named != [path, os.getcwd()]:
                return None
            if not all(self._stands(fact) for fact in facts):
                return None
            return FileReport(
                path,
                findings=tuple(finding_of(finding) for finding in findings),
                errors=tuple(map(str, errors)),
                printed=printed,
                unsafe_fixes=unsafe,
            )
        except (ValueError, TypeError, IndexError, KeyError):
            return None

    def led_to(self, entry: Sequence[Any]) -> frozenset[str]:
        """Return the real paths of the modules that the report in an entry rests on."""
        paths = (self._facts[fact][0] for fact in entry[2])
        return frozenset(os.path.realpath(path) for path in paths if path.endswith(SUFFIXES))

    def is_sound(self, settings: str) -> bool:
        """Say whether settings are known to name rules that there are."""
        return settings in self._sound

    def note_sound(self, settings: str) -> None:
        self._sound.add(settings)
        self._is_new = True

    def _stands(self, fact: int) -> bool:
        if fact not in self._holds:
            path, before = self._facts[fact]
            if path not in self._stated:
                self._stated[path] = cache.state_of(cache.status_of(path))
            self._holds[fact] = before is not None and before == self._stated[path]
        return self._holds[fact]

    def drop(self, folder: str, name: str, status: os.stat_result) -> None:
        """Note that a file which had this status before it was read cannot have a finding."""
        self._put(folder, name, status, [])

    def keep(
        self,
        folder: str,
        name: str,
        status: os.stat_result,
        settings: str,
        evidence: Evidence,
        report: FileReport,
    ) -> None:
        """Note the report of a file which had this status before it was read."""
        if None in evidence.states:
            return
        if settings not in self._settings:
            self._settings.append(settings)
        facts = [
            self._number(path, state)
            for path, state in zip(evidence.paths, evidence.states, strict=True)
        ]
        has_more = report.findings or report.errors
        rest = [
            self._settings.index(settings),
            facts,
            [report.path, os.getcwd()] if has_more else [],
            [plain_finding(finding) for finding in report.findings],
            report.errors,
            report.printed,
            report.unsafe_fixes,
        ]
        self._put(folder, name, status, rest)

    def _number(self, path: str, state: State) -> int:
        key = json.dumps([path, state])
        if not self._numbers:
            self._numbers = {json.dumps(fact): number for number, fact in enumerate(self._facts)}
        if key not in self._numbers:
            self._numbers[key] = len(self._facts)
            self._facts.append((path, state))
        return self._numbers[key]

    def _put(self, folder: str, name: str, status: os.stat_result, rest: Sequence[Any]) -> None:
        if cache.is_settled(status, self.began, time.time_ns()):
            self._files.setdefault(folder, {})[name] = [cache.state_of(status), *rest]
            self._is_new = True

    def write(self) -> None:
        """Put the index in the place of the one before, in one step, if there is anything new."""
        if not self._is_new:
            return
        self._forget_what_is_gone()
        with contextlib.suppress(OSError, ValueError):
            body = json.dumps(
                {
                    "facts": self._facts,
                    "settings": self._settings,
                    "sound": sorted(self._sound),
                    "files": self._files,
                },
                separators=(",", ":"),
            )
            data = f"{_seal(body)}\n{body}\n".encode()
            cache.make(self.folder)
            descriptor, name = tempfile.mkstemp(prefix=cache.DRAFT, dir=self.folder)
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(data)
                draft.replace(self.folder / NAME)
            except BaseException:
                with contextlib.suppress(OSError):
                    draft.unlink()
                raise

    def _forget_what_is_gone(self) -> None:
        """Forget files that are not there any more, and what only old reports rested on."""
        for folder, entries in list(self._files.items()):
            try:
                there = set(os.listdir(folder))
            except OSError:
                there = set()
            for name in [name for name in entries if name not in there]:
                del entries[name]
            if not entries:
                del self._files[folder]
        used: dict[int, int] = {}
        facts: list[tuple[str, State]] = []
        kept = (entry for entries in self._files.values() for entry in entries.values())
        for entry in kept:
            if len(entry) > 1:
                for number in entry[2]:
                    if number not in used:
                        used[number] = len(facts)
                        facts.append(self._facts[number])
                entry[2] = [used[number] for number in entry[2]]
        self._facts, self._numbers = facts, {}


def _loaded(path: Path) -> dict[str, Any] | None:
    """Return what an index holds, None for what `write` did not make of this very program."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        seal, _, body = path.read_bytes().decode("ascii").partition("\n")
        body = body.removesuffix("\n")
        if seal != _seal(body):
            return None
        loaded: dict[str, Any] = json.loads(body)
        return loaded
    except (OSError, ValueError, RecursionError):
        return None


def _seal(body: str) -> str:
    made_by = json.dumps(maker())
    return hashlib.blake2b(f"{made_by}\n{body}".encode(), digest_size=16).hexdigest()


maker = functools.cache(cache.made_by)


def digest(*values: object) -> str:
    """Return the digest of some settings."""
    text = json.dumps(values, default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
