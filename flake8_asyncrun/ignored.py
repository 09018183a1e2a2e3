"""What git ignores: .gitignore files, .git/info/exclude and the user's own list, by their patterns.

As in git, the last pattern that fits decides, and a folder's own file comes after those above it;
what is in an ignored folder cannot be taken back, so whoever walks does not go into one. Whether
git knows a file all the same is not asked.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class _Pattern:
    expression: re.Pattern[str]
    ignores: bool
    """False where it begins with "!"."""
    only_folders: bool
    by_name: bool
    """There is no slash in it, so that the name of an entry says it all."""
    to_the_end: bool
    """It has to account for the whole path."""


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of one file, as far as they may fit; the last comes first."""

    folder: str
    """What its patterns are relative to: an absolute path with a slash at the end."""
    for_files: tuple[_Pattern, ...]
    for_folders: tuple[_Pattern, ...]

    def decides(self, folder: str, name: str, is_folder: bool) -> bool | None:
        """Say whether an entry of a folder is ignored, None where no pattern fits."""
        path = ""
        for pattern in self.for_folders if is_folder else self.for_files:
            if pattern.by_name:
                text = name
            else:
                path = path or _slashed(f"{folder.rstrip(os.sep)}/{name}"[len(self.folder) :])
                text = path
            match = pattern.expression.match(text)
            if match and (match.end() == len(text) or not pattern.to_the_end):
                return pattern.ignores
        return None


def _slashed(path: str) -> str:
    return path.replace("\\", "/") if os.sep == "\\" else path


Ignored = tuple[IgnoreFile, ...]
"""The files that count in a folder; those that decide first come first."""


def is_ignored(ignored: Ignored, folder: str, name: str, is_folder: bool) -> bool:
    """Say whether an entry of a folder, given as an absolute path, is ignored."""
    for file in ignored:
        decision = file.decides(folder, name, is_folder)
        if decision is not None:
            return decision
    return False


def around(folder: str, suffixes: tuple[str, ...]) -> Ignored | None:
    """Return what counts in a folder, given as an absolute path; None outside of a repository.

    Its own file is among it. `suffixes` are those of the files that will be asked about.
    """
    found: list[IgnoreFile] = []
    for here in (Path(folder), *Path(folder).parents):
        found += read(str(here / ".gitignore"), suffixes)
        if os.path.lexists(here / ".git"):
            return (*found, *of_repository(str(here), suffixes))
    return None


def of_repository(folder: str, suffixes: tuple[str, ...]) -> Ignored:
    """Return what counts in all of a repository: its own list and the user's."""
    files = (str(_git_folder(Path(folder)) / "info" / "exclude"), _of_user())
    return tuple(each for file in files for each in read(file, suffixes, folder))


def read(file: str, suffixes: tuple[str, ...], folder: str | None = None) -> Ignored:
    """Return the patterns of a file, relative to a folder, else to its own; () for no file."""
    try:
        text = Path(file).read_bytes().decode("utf-8-sig", "surrogateescape")
    except (OSError, ValueError):
        return ()
    patterns = [pattern for line in text.split("\n") if (pattern := _pattern(line, suffixes))]
    if not patterns:
        return ()
    patterns.reverse()
    base = os.path.dirname(file) if folder is None else folder  # noqa: PTH120 - called often
    return (
        IgnoreFile(
            f"{base.rstrip(os.sep)}/",
            tuple(pattern for pattern, may_be_file in patterns if may_be_file),
            tuple(pattern for pattern, _ in patterns),
        ),
    )


@functools.lru_cache(maxsize=10_000)
def _pattern(line: str, suffixes: tuple[str, ...]) -> tuple[_Pattern, bool] | None:
    """Return the pattern on a line, and whether it may fit a file with one of the suffixes."""
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if not line.endswith("\\ "):
        line = line.rstrip()
    text = line.removeprefix("!")
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    try:
        # Which folder an entry is in is known here, and each is asked about by itself.
        expression, _ = GitIgnoreSpecPattern.pattern_to_regex(line.rstrip("/"))
    except GitIgnorePatternError:
        return None
    if expression is None or not text:
        return None
    is_everything = expression == "."
    pattern = _Pattern(
        re.compile(expression, re.DOTALL),
        not line.startswith("!"),
        only_folders,
        "/" not in text,
        not (is_everything or text.endswith("/**")),
    )
    return pattern, not only_folders and _may_end(text, suffixes)


def _may_end(pattern: str, suffixes: Sequence[str]) -> bool:
    """Say whether a pattern may fit a path that ends with one of the suffixes."""
    tail = re.split(r"[*?\]\\/]", pattern)[-1]
    return any(suffix.endswith(tail) or tail.endswith(suffix) for suffix in suffixes)


def _git_folder(folder: Path) -> Path:
    """Return where a repository keeps what is its own; a worktree has it elsewhere."""
    git = folder / ".git"
    named = _first_line(git).removeprefix("gitdir:").strip()
    if not named:
        return git
    own = folder / named
    return own / (_first_line(own / "commondir") or ".")


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8", "surrogateescape").partition("\n")[0].strip()
    except (OSError, ValueError):
        return ""


def _of_user() -> str:
    """Return the path of the user's own list of what to ignore, be it there or not."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - where there is none it is no error
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    for file in (Path(named),) if named else (home / ".gitconfig", settings / "config"):
        try:
            text = file.read_text("utf-8", "surrogateescape")
        except (OSError, ValueError):
            continue
        if match := re.search(r'(?im)^\s*excludesfile\s*=\s*"?(.*?)"?\s*$', text):
            return os.path.expanduser(match[1])  # noqa: PTH111 - likewise
    return str(settings / "ignore")
