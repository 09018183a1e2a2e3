"""Which lines of a file changed since a revision, as git knows it. Nothing is written."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flake8_asyncrun import files
from flake8_asyncrun.files import FileError

_LINE_END = re.compile(r"\r\n|\r|\n")

_LINK, _SUBMODULE = b"120000", b"160000"

# A hook of one repository names it in these, and would have git look there for files of another.
_NAMING_A_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE")


class RevisionError(Exception):
    """Why nothing can be said of a revision; `str()` of it is one line."""


@dataclass(frozen=True)
class _Repository:
    tracked: frozenset[bytes]
    """Paths from its root, as git writes them."""
    changed: Mapping[bytes, bytes | None]
    """The same for what is not as it was, each with the object that it was; None: it was not."""


@dataclass(frozen=True)
class Since:
    """A revision, with what changed since then in the repositories that were asked about."""

    revision: str
    repositories: Mapping[str, _Repository]

    def before(self, path: str) -> str | None:
        """Return the text that a file had at the revision: "" where it was not there, None where
        it is as it was on disk. Raises FileError where git cannot say."""
        file = os.path.realpath(path)
        try:
            root = _root(file)
            repository = self.repositories.get(root) or _look(root, self.revision)
            name = os.fsencode(Path(os.path.relpath(file, root)).as_posix())
            if name not in repository.tracked:
                return ""
            if name not in repository.changed:
                return None
            was = repository.changed[name]
            return "" if was is None else _text(path, _git(root, "cat-file", "blob", was.decode()))
        except RevisionError as error:
            raise FileError(path, str(error)) from None


def since(revision: str, paths: Iterable[str]) -> Since:
    """Ask git what changed in the repositories of files and folders since a revision.

    That is where the branch at hand left it, if it went on without it. Raises RevisionError.
    """
    # As git, and darker, write "since the branch left it".
    revision = revision.removesuffix("...")
    roots = dict.fromkeys(_root(os.path.realpath(path)) for path in paths)
    return Since(revision, {root: _look(root, revision) for root in roots})


@lru_cache
def _look(root: str, revision: str) -> _Repository:
    was = _commit(root, revision)
    options = ("--raw", "-z", "--no-abbrev", "-M", "--no-relative", "--ignore-submodules")
    listed = _git(root, "diff", *options, was, "--").split(b"\0")
    changed: dict[bytes, bytes | None] = {}
    fields = iter(listed)
    for field in fields:
        if not field.startswith(b":"):
            continue
        old_mode, _, old, _, status = field[1:].split(b" ")
        name = next(fields)
        if status[:1] in (b"R", b"C"):
            name = next(fields)
        is_text = old.strip(b"0") and old_mode not in (_LINK, _SUBMODULE)
        # Of a file with a conflict there are two entries, and one names what was.
        if is_text or name not in changed:
            changed[name] = old if is_text else None
    return _Repository(frozenset(_git(root, "ls-files", "-z").split(b"\0")), changed)


def _commit(root: str, revision: str) -> str:
    """Return the object name of what files are compared with."""
    unknown = RevisionError(f"{revision!r} is no revision that git knows in {root}")
    if revision.startswith("-") or not revision:
        raise unknown  # git would take it for an option
    try:
        tree = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    except _GitError as error:
        raise (RevisionError(str(error)) if str(error) else unknown) from None
    try:
        return _git(root, "merge-base", "--", revision, "HEAD").decode().strip()
    except _GitError:  # it is no commit, or the history that it shares with HEAD is not here
        return tree.decode().strip()


class _GitError(RevisionError):
    pass


def _git(root: str, *arguments: str) -> bytes:
    """Return what git prints, or raise RevisionError with what it complains of."""
    environment = {
        name: value for name, value in os.environ.items() if name not in _NAMING_A_REPOSITORY
    }
    # No lock for what is only looked at; and the words that we know.
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", root, "-c", "core.fsmonitor=false", "--literal-pathspecs", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, env=environment, check=False
        )
    except OSError as error:
        raise RevisionError(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _GitError(f"git: {said[0].removeprefix('fatal: ')}" if said else "")
    return done.stdout


def _root(path: str) -> str:
    """Return the root of the repository that holds a file or folder."""
    for folder in (Path(path), *Path(path).parents):
        if os.path.lexists(folder / ".git"):
            return str(folder)
    raise RevisionError(f"{path} is in no git repository")


def _text(path: str, data: bytes) -> str:
    try:
        return files.decode(path, data).text
    except FileError:
        return ""  # what could not be read then has changed in all of its lines


def changed_lines(before: str, after: str) -> frozenset[int]:
    """Return the lines, from 1, of a text that are new or different in it. How lines end does not
    count: git may check them out with other ends than it keeps."""
    old, new = _LINE_END.split(before), _LINE_END.split(after)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    matcher = difflib.SequenceMatcher(None, old, new)
    return frozenset(
        first + line + 1
        for kind, _, _, begin, end in matcher.get_opcodes()
        if kind in ("insert", "replace")
        for line in range(begin, end)
    )
