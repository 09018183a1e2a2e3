"""Patterns of names and paths in the settings: which files they mean. No file is looked at."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class Glob:
    """A pattern as Ruff reads it: a name that counts anywhere, or a path below a folder.

    `*` and `?` cross slashes, `**/` is any folder or none, `{a,b}` is one of the two; a slash at
    the end means folders only.
    """

    text: str
    folder: str = ""
    """What a path in `text` is relative to, absolute."""


class Matcher:
    """Says which entries of folders some globs mean."""

    def __init__(self, globs: Iterable[Glob]) -> None:
        names: list[tuple[str, bool]] = []
        patterns: list[tuple[str, bool]] = []
        paths: list[tuple[str, bool]] = []
        for glob in globs:
            for text in _alternatives(_slashed(glob.text)):
                is_for_folders = text.endswith("/")
                plain = text.rstrip("/")
                if "/" in plain or plain in (".", ".."):
                    paths.append((_path(plain, glob.folder), is_for_folders))
                elif re.search(r"[*?\[]", plain):
                    patterns.append((fnmatch.translate(plain), is_for_folders))
                else:
                    names.append((plain, is_for_folders))
        # First for files, then for folders.
        self._names = [frozenset(_meant(names, is_folder)) for is_folder in (False, True)]
        self._patterns = [_any_of(_meant(patterns, is_folder)) for is_folder in (False, True)]
        self._paths = [_any_of(_meant(paths, is_folder)) for is_folder in (False, True)]

    def means(self, folder: str, name: str, is_folder: bool) -> bool:
        """Say whether the globs mean an entry of a folder, given as an absolute path."""
        if name in self._names[is_folder]:
            return True
        pattern = self._patterns[is_folder]
        if pattern is not None and pattern.match(name):
            return True
        path = self._paths[is_folder]
        return path is not None and bool(path.match(f"{_slashed(folder).rstrip('/')}/{name}"))


@functools.lru_cache(maxsize=1000)
def matcher(globs: tuple[Glob, ...]) -> Matcher:
    """Return what says which entries `globs` mean."""
    return Matcher(globs)


def mean(globs: tuple[Glob, ...], path: str, top: str) -> bool:
    """Say whether globs mean the file at an absolute path, or a folder around it below `top`."""
    folder, name = os.path.split(path)
    return matcher(globs).means(folder, name, False) or mean_folder(globs, folder, top)


@functools.lru_cache(maxsize=10_000)
def mean_folder(globs: tuple[Glob, ...], path: str, top: str) -> bool:
    """Say whether globs mean the folder at an absolute path, or one around it below `top`."""
    around, name = os.path.split(path)
    if not name or not path.startswith(f"{top.rstrip(os.sep)}{os.sep}"):
        return False
    return matcher(globs).means(around, name, True) or mean_folder(globs, around, top)


def _slashed(path: str) -> str:
    return path.replace("\\", "/") if os.sep == "\\" else path


def _alternatives(text: str) -> Iterator[str]:
    """Yield what `{a,b}` stands for, from the innermost braces outwards."""
    match = re.search(r"\{([^{}]*)\}", text)
    if match is None:
        yield text
        return
    for part in match[1].split(","):
        yield from _alternatives(f"{text[: match.start()]}{part}{text[match.end() :]}")


def _path(text: str, folder: str) -> str:
    """Return the expression for the absolute path of what a glob with a slash means."""
    base = PurePath(folder)
    if PurePath(text).is_absolute():
        base, text = PurePath(PurePath(text).anchor), text.lstrip("/")
        text = text.removeprefix(_slashed(base.drive)).lstrip("/")
    parts = [part for part in text.split("/") if part != "."]
    while parts[:1] == [".."]:
        base, parts = base.parent, parts[1:]
    pieces = [fnmatch.translate(piece) for piece in "/".join(parts).split("**/")]
    # Without the group around it and the end of the text: "(?s:" and ")\Z".
    inner = "(?:.*/)?".join(piece[len("(?s:") : -len(r")\Z")] for piece in pieces)
    return rf"(?s:{re.escape(_slashed(str(base)).rstrip('/'))}/{inner})\Z"


def _meant(entries: Iterable[tuple[str, bool]], is_folder: bool) -> list[str]:
    return [text for text, is_for_folders in entries if is_folder or not is_for_folders]


def _any_of(expressions: Iterable[str]) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{expression})" for expression in expressions)
    return re.compile(joined) if joined else None
