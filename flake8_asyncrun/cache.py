"""Answers kept on disk, each with what it rested on: while that stands, so does the answer.

A question is a text in its place, with all settings that its answer depends on; its digest names
the entry. What the answer rested on beyond that is found out while it is made, and is written down
with it: where each name of a module led, what was found there, and what was said of distributions.

Nothing here raises. What cannot be read or written, is broken, or comes from elsewhere costs time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import re
import stat
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import __version__, files
from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Place, Safety, Span

if TYPE_CHECKING:
    from flake8_asyncrun.locks import Versions
    from flake8_asyncrun.names.project import FindModule

FOLDER = ".asyncrun_cache"
VARIABLE = "ASYNCRUN_CACHE_DIR"

MOST_ENTRIES = 5_000
LARGEST = 5_000_000
"""Bytes; an entry is some ten thousand."""

DAY = 86_400
"""Seconds."""

UNUSED = 30 * DAY
"""Seconds after which an entry goes that answered nothing."""

# Two writes within this time may leave the same time of change: of FAT, which is the coarsest.
_RACY = 2_000_000_000  # ns

_LOADED = time.time_ns()


@dataclass(frozen=True)
class Answer:
    """What all rules that were asked said of one text."""

    findings: tuple[Finding, ...] = ()
    unreadable: tuple[str, int | None] | None = None
    """Why the text cannot be analysed, and in which line."""
    prints_back: bool = False
    """Whether LibCST is known to give the text back as it is."""
    evidence: Evidence | None = field(default=None, compare=False)
    """What it rested on, where it was recalled."""


State = list[int] | None
"""Of a file or folder: while the state is the same, so is all of it. [] is that of what is not
there; None is no state to rely on, since a change might leave the same."""


@dataclass(frozen=True)
class Evidence:
    """What an answer rested on."""

    paths: Sequence[str]
    """Whatever was looked at: files, and folders for their entries."""
    states: Sequence[State]
    modules: Mapping[str, tuple[int | None, str | None]]
    """From each name that was asked for to the index of its path, None where it led to none, and
    the digest of the text, None where there is no text to be had."""
    locks: tuple[str, ...]
    """The files that say which versions the project wants, where that was asked."""
    said: Mapping[str, tuple[str, ...] | None]
    """What they say, by distribution."""


class Ground:
    """What answers about one project rest on, as one run sees it.

    `find` gives the texts, of which those at the paths in `changed` (real ones) are not those on
    disk.
    """

    def __init__(
        self, finder: files.Finder, find: FindModule, changed: Collection[str], wanted: Versions
    ) -> None:
        self.began = time.time_ns()
        self.finder = finder
        self.find = find
        self.changed = changed
        self.wanted = wanted
        self.asked: set[str] = set()
        """Distributions that `choose` was asked about. What is known of a module may rest on what
        was asked for another file, so all of it counts for all files."""
        self._is_changed: dict[str, bool] = {}
        self._states: dict[str, State] = {}
        self._digests: dict[str, str | None] = {}

    def choose(self, distribution: str, releases: Sequence[str]) -> Sequence[str] | None:
        """Choose as the project's `Versions` does, and note that it was asked."""
        self.asked.add(distribution)
        return self.wanted.choose(distribution, releases)

    def evidence(self, names: Iterable[str], distributions: Iterable[str]) -> Evidence:
        """Return what an answer rests on that led to these modules and distributions."""
        digests = {name: self._digest(name) for name in names}
        return self._evidence(digests, {name: self.wanted.said(name) for name in distributions})

    def renewed(self, evidence: Evidence) -> Evidence:
        """Return what bears the same, as it stands now."""
        digests = {name: digest for name, (_, digest) in evidence.modules.items()}
        return self._evidence(digests, evidence.said)

    def _evidence(
        self,
        digests: Mapping[str, str | None],
        said: Mapping[str, tuple[str, ...] | None],
    ) -> Evidence:
        where = {name: self.finder.where(name) for name in digests}
        locks = self.wanted.paths if said else ()
        paths = sorted({*map(str, self.finder.looked_at(digests)), *locks})
        # Only after all was read: what changes between is not what it was when the run began.
        now = time.time_ns()
        states = [self._settled_state(path, now) for path in paths]
        index = {path: number for number, path in enumerate(paths)}
        modules = {
            name: (None, None) if path is None else (index[str(path)], digests[name])
            for name, path in sorted(where.items())
        }
        return Evidence(paths, states, modules, locks, said)

    def is_untouched(self, evidence: Evidence) -> bool:
        """Say whether nothing that was looked at has changed. This is quick."""
        if evidence.said and evidence.locks != self.wanted.paths:
            return False
        return all(
            state is not None and state == self._state(path)
            for path, state in zip(evidence.paths, evidence.states, strict=True)
        )

    def bears(self, evidence: Evidence) -> bool:
        """Say whether all names still lead to the same texts, whatever else has changed."""
        for name, (index, digest) in evidence.modules.items():
            where = self.finder.where(name)
            path = None if index is None else evidence.paths[index]
            if path != (None if where is None else str(where)):
                return False
            if index is None or path is None:
                continue
            state = evidence.states[index]
            is_same = state is not None and state == self._state(path)
            if not is_same and digest != self._digest(name):
                return False
        return all(self.wanted.said(name) == before for name, before in evidence.said.items())

    def _digest(self, name: str) -> str | None:
        if name not in self._digests:
            found = self.find(name)
            self._digests[name] = None if found is None else _digest(found[1])
        return self._digests[name]

    def _state(self, path: str) -> State:
        if path not in self._states:
            self._states[path] = None if self._is_other(path) else state_of(status_of(path))
        return self._states[path]

    def _settled_state(self, path: str, now: int) -> State:
        status = status_of(path)
        is_settled_now = status is None or is_settled(status, self.began, now)
        return state_of(status) if is_settled_now and not self._is_other(path) else None

    def _is_other(self, path: str) -> bool:
        """Say whether what the run sees of a file is not what is on disk."""
        if self.changed and path not in self._is_changed:
            self._is_changed[path] = os.path.realpath(path) in self.changed
        return self._is_changed.get(path, False)


def status_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - a Path for each would cost as much as all the rest
    except (OSError, ValueError):
        return None


def is_settled(status: os.stat_result, began: int, now: int) -> bool:
    """Say whether a status would be another if anything had changed since a run began, in ns."""
    return began <= now and not any(
        began - _RACY <= stamp <= now + _RACY for stamp in (status.st_mtime_ns, status.st_ctime_ns)
    )


def state_of(status: os.stat_result | None) -> list[int]:
    if status is None:
        return []
    return [status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Cache:
    """The answers about the files of one project, in a folder.

    `settings` is what all of them depend on, `ground` what each may rest on.
    """

    def __init__(self, folder: Path, settings: Sequence[object], ground: Ground) -> None:
        self.folder = folder
        self.settings = settings
        self.ground = ground

    def question(self, path: str, module: str, text: str, codes: Iterable[str]) -> str | None:
        """Return the name of the entry for what the rules `codes` say of a text in its place.

        None where no answer can be kept.
        """
        maker = _maker()
        if maker is None:
            return None
        return _digest(json.dumps([maker, self.settings, path, module, sorted(codes), text]))

    def recall(self, question: str) -> Answer | None:
        """Return the answer to a question, None where there is none that stands."""
        entry = self.folder / question
        try:
            status = entry.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return None
            data = entry.read_bytes()
            answer, evidence = _decoded(question, data)
        except (OSError, ValueError, RecursionError):
            return None
        if not self.ground.is_untouched(evidence):
            if not self.ground.bears(evidence):
                return None
            fresh = self.ground.renewed(evidence)
            if None not in fresh.states:
                self._write(question, answer, fresh)
                return replace(answer, evidence=fresh)
        if abs(time.time() - status.st_mtime) > DAY:
            with contextlib.suppress(OSError):
                os.utime(entry)
        return replace(answer, evidence=evidence)

    def keep(self, question: str, answer: Answer, names: Collection[str]) -> Evidence:
        """Keep the answer to a question that led to the modules of these names.

        Returns what it rests on.
        """
        evidence = self.ground.evidence(names, self.ground.asked)
        self._write(question, answer, evidence)
        return evidence

    def _write(self, question: str, answer: Answer, evidence: Evidence) -> None:
        data = _encoded(question, answer, evidence)
        with contextlib.suppress(OSError, ValueError):
            make(self.folder)
            descriptor, name = tempfile.mkstemp(prefix=DRAFT, dir=self.folder)
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(data)
                draft.replace(self.folder / question)
            except BaseException:
                with contextlib.suppress(OSError):
                    draft.unlink()
                raise
            _sweep(self.folder)


def folder_of(path: str) -> Path | None:
    """Return where answers about a file are kept, None where they are not.

    That is what $ASYNCRUN_CACHE_DIR names, else a folder in the root of the file's project.
    """
    if named := os.environ.get(VARIABLE):
        return Path(named).absolute()
    root = files.project_root(path)
    return None if root is None else root / FOLDER


def made_by() -> tuple[object, ...] | None:
    """Return what makes the answers: us, as we are now, and what we run on; None if not known.

    Finds out about LibCST without importing it.
    """
    own = _own_parts()
    try:
        spec = importlib.util.find_spec("libcst")
    except (ImportError, ValueError):
        return None
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    states = [state_of(status_of(f"{place}{os.sep}_version.py")) for place in places]
    if own is None or not places:
        return None
    return __version__, own, places, states, sys.version, sys.platform


_maker = functools.cache(made_by)


def _own_parts() -> str | None:
    """Return the digest of what we are made of, None if that is not known."""
    parts: list[tuple[str, int, int]] = []
    package = Path(__file__).parent
    for folder, folders, names in os.walk(package):
        folders[:] = [each for each in folders if each != "__pycache__"]
        for path in (Path(folder, name) for name in names):
            status = status_of(str(path))
            if status is None:
                return None
            name = str(path.relative_to(package))
            parts.append((name, status.st_size, status.st_mtime_ns))
    # In an archive there are none. What was written just now may not be what was loaded.
    now = time.time_ns()
    if not parts or any(_LOADED - _RACY <= written <= now for _, _, written in parts):
        return None
    return _digest(json.dumps(sorted(parts)))


DRAFT = ".draft-"
_ENTRY = re.compile(r"[0-9a-f]{32}")
_SWEPT = "swept"

_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag by flake8-asyncrun (https://bford.info/cachedir/).
"""


def make(folder: Path) -> None:
    """Make the folder where there is none; raise OSError where there can be none.

    The marks are for our own folders only: nothing in it is for git, nor for backups.
    """
    is_new = not folder.is_dir()
    if is_new:
        folder.mkdir(parents=True)
    if is_new or (folder.name == FOLDER and not (folder / ".gitignore").exists()):
        (folder / ".gitignore").write_text("# Made by flake8-asyncrun.\n*\n", "utf-8")
        (folder / "CACHEDIR.TAG").write_text(_TAG, "utf-8")


def _sweep(folder: Path) -> None:
    """Once a day, remove what answered nothing for long, and what is too much. May raise OSError.

    A time to come is as good as none: some clock was wrong.
    """
    now = time.time()
    mark = folder / _SWEPT
    with contextlib.suppress(FileNotFoundError):
        if abs(now - mark.stat().st_mtime) < DAY:
            return
    mark.touch()
    with os.scandir(folder) as scan:
        found = [(each.stat(follow_symlinks=False).st_mtime, each.name, each.path) for each in scan]
    kept = 0
    for written, name, path in sorted(found, reverse=True):
        is_entry = _ENTRY.fullmatch(name) is not None
        if not (is_entry or name.startswith(DRAFT)):
            continue
        is_recent = abs(now - written) < (UNUSED if is_entry else DAY)
        kept += is_entry and is_recent
        if not is_recent or kept > MOST_ENTRIES:
            with contextlib.suppress(OSError):
                Path(path).unlink()


# An entry is a line with a digest, and one of JSON. The digest is of the question, too.


def _encoded(question: str, answer: Answer, evidence: Evidence) -> bytes:
    body = json.dumps(
        {
            "findings": [plain_finding(finding) for finding in answer.findings],
            "unreadable": answer.unreadable,
            "prints back": answer.prints_back,
            "paths": evidence.paths,
            "states": evidence.states,
            "modules": evidence.modules,
            "locks": evidence.locks,
            "said": evidence.said,
        },
        separators=(",", ":"),
    )
    return f"{_digest(question + body)}\n{body}\n".encode()


def _decoded(question: str, data: bytes) -> tuple[Answer, Evidence]:
    """Raise ValueError for what `_encoded` did not make of this question."""
    digest, _, body = data.decode("ascii").partition("\n")
    body = body.removesuffix("\n")
    if digest != _digest(question + body):
        raise ValueError(digest)
    match json.loads(body):
        case {
            "findings": [*findings],
            "unreadable": unreadable,
            "prints back": bool(prints_back),
            "paths": [*paths],
            "states": [*states],
            "modules": dict(modules),
            "locks": [*locks],
            "said": dict(said),
        } if len(states) == len(paths):
            answer = Answer(
                tuple(finding_of(finding) for finding in findings),
                _reason(unreadable),
                prints_back,
            )
            evidence = Evidence(
                _texts(paths),
                [_numbers(state) for state in states],
                {name: _lead(lead, len(paths)) for name, lead in modules.items()},
                _texts(locks),
                {name: None if each is None else _texts(each) for name, each in said.items()},
            )
            return answer, evidence
    raise ValueError(body)


def _texts(data: object) -> tuple[str, ...]:
    if isinstance(data, list) and all(isinstance(each, str) for each in data):
        return tuple(data)
    raise ValueError(data)


def _numbers(data: object) -> State:
    if data is None or isinstance(data, list):
        return data
    raise ValueError(data)


def _lead(data: object, count: int) -> tuple[int | None, str | None]:
    match data:
        case [None, None]:
            return None, None
        case [int(index), None | str() as digest] if 0 <= index < count:
            return index, digest
    raise ValueError(data)


def _reason(data: object) -> tuple[str, int | None] | None:
    match data:
        case None:
            return None
        case [str(reason), None | int() as line]:
            return reason, line
    raise ValueError(data)


def plain_finding(finding: Finding) -> Sequence[object]:
    span, fix = finding.span, finding.fix
    notes = [
        (note.text, note.place and (note.place.path, note.place.line)) for note in finding.notes
    ]
    return finding.code, finding.message, span.start, span.end, fix and _plain_fix(fix), notes


def finding_of(data: object) -> Finding:
    match data:
        case [str(code), str(message), int(start), int(end), fix, [*notes]]:
            span = Span(start, end)
            return Finding(code, message, span, _fix(fix), tuple(_note(note) for note in notes))
    raise ValueError(data)


def _plain_fix(fix: Fix) -> Sequence[object]:
    edits = [(edit.span.start, edit.span.end, edit.text) for edit in fix.edits]
    lists = fix.claims, fix.coroutines, fix.own_loop_in, fix.comments
    return fix.title, edits, fix.safety.value, *lists


def _fix(data: object) -> Fix | None:
    match data:
        case None:
            return None
        case [str(title), [*edits], safety, claims, coroutines, str(own_loop_in), comments]:
            changes = tuple(_edit(edit) for edit in edits)
            names = _texts(claims), _texts(coroutines), own_loop_in, _texts(comments)
            return Fix(title, changes, Safety(safety), *names)
    raise ValueError(data)


def _edit(data: object) -> Edit:
    match data:
        case [int(start), int(end), str(text)]:
            return Edit(Span(start, end), text)
    raise ValueError(data)


def _note(data: object) -> Note:
    match data:
        case [str(text), None]:
            return Note(text)
        case [str(text), [str(path), int(line)]]:
            return Note(text, Place(path, line))
    raise ValueError(data)
