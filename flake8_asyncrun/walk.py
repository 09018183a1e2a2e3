"""Which files there are to do, in folders and of those that are named. No file is read for it but
what says what to leave out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flake8_asyncrun import files, ignored
from flake8_asyncrun.config import Config, ConfigError
from flake8_asyncrun.files import ENVIRONMENT_MARKS, SUFFIXES, FileError
from flake8_asyncrun.globs import mean, mean_folder
from flake8_asyncrun.ignored import Ignored
from flake8_asyncrun.names import forms


def python_files(
    paths: Iterable[str],
    configure: Callable[[str], Config],
    *,
    docs: bool = False,
) -> tuple[list[str], list[FileError]]:
    """Return the Python files that `paths` name, and the folders that could not be listed.

    `configure` returns the configuration of a path, and may raise ConfigError: then nothing but the
    defaults leaves anything out. A file named in `paths` is always among them, whatever its name,
    even if it is not there (so that reading it says so), unless it is excluded by force. Folders
    are walked, their entries in order of name, without following links to folders and without
    environments, what is excluded, and what git ignores. No file comes twice. Notebooks are Python
    files, and with `docs` so are documents in which such may stand.
    """
    found, errors = by_real_path(paths, configure, docs=docs)
    return list(found.values()), errors


def by_real_path(
    paths: Iterable[str], configure: Callable[[str], Config], *, docs: bool = False
) -> tuple[dict[str, str], list[FileError]]:
    """Return what `python_files` does, each file by where it really is."""
    suffixes = (*SUFFIXES, *forms.DOCUMENTS) if docs else SUFFIXES
    errors: list[FileError] = []
    found: dict[str, str] = {}
    for path in paths:
        is_folder = files.is_folder(Path(path))
        if is_forced_out(path, configure, is_folder=is_folder):
            continue
        if is_folder:
            walk = _Walk(path, configure, suffixes, errors)
            for real, shown in walk.files():
                found.setdefault(real, shown)
        else:
            found.setdefault(os.path.realpath(path), path)
    return found, errors


def is_forced_out(
    path: str, configure: Callable[[str], Config], *, is_folder: bool = False
) -> bool:
    """Say whether a path is left out though it is named: `force-exclude` and what is excluded."""
    config = _configured(configure, path)
    if not config.force_exclude:
        return False
    top = config.folder or str(Path.cwd())
    test = mean_folder if is_folder else mean
    return test((*config.exclude, *config.extend_exclude), _absolute(path), top)


def files_beside(path: str) -> list[str]:
    """Return the Python files of the project of `path`; of its folder, where there is none.

    What the user excludes and what git ignores is among them: it may import `path` all the same.
    """
    root = files.project_root(path)
    if root is not None:
        return python_files([str(root)], lambda _: _ALL)[0]
    return sorted(str(one) for one in Path(_absolute(path)).parent.glob("*.py"))


_ALL = Config(respect_gitignore=False)


def _configured(configure: Callable[[str], Config], path: str) -> Config:
    try:
        return configure(path)
    except ConfigError:
        return Config()


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - pathlib's keeps ".."


@dataclass
class _Folder:
    path: str
    """Absolute, without what links would make of it."""
    shown: str
    """What its entries are shown with before their names: "" or a path and a slash."""
    ignored: Ignored | None
    """What git ignores here, but for the folder's own file; None outside of a repository."""
    is_named: bool = False


@dataclass
class _Walk:
    root: str
    configure: Callable[[str], Config]
    suffixes: tuple[str, ...]
    errors: list[FileError]
    real: str = field(init=False)
    """The folder that `root` leads to."""

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield where each file really is, and its path as it is to be shown."""
        self.real = os.path.realpath(self.root)
        shown = os.path.normpath(self.root)
        path = _absolute(self.root)
        prefix = "" if shown == "." else os.path.join(shown, "")  # noqa: PTH118 - a slash at the end
        root = _Folder(path, prefix, None, is_named=True)
        levels = [iter(self.entries(root))]
        while levels:
            for folder, name, inner, is_link in levels[-1]:
                if inner is not None:
                    levels.append(iter(self.entries(inner)))
                    break
                real = f"{self.real}{folder.path[len(path) :]}{os.sep}{name}"
                yield os.path.realpath(real) if is_link else real, f"{folder.shown}{name}"
            else:
                levels.pop()

    def entries(self, folder: _Folder) -> list[tuple[_Folder, str, _Folder | None, bool]]:
        """Return what is to be done in a folder in order of name: the folder, a name, the folder of
        that name if it is one, and whether it is a link."""
        try:
            with os.scandir(folder.path) as scan:
                entries = list(scan)
        except OSError as error:
            shown = folder.shown.rstrip(os.sep) or self.root
            self.errors.append(files.unreadable(shown, error))
            return []
        names = {entry.name for entry in entries}
        if not folder.is_named and not names.isdisjoint(ENVIRONMENT_MARKS):
            return []
        config = _configured(self.configure, f"{folder.path}{os.sep}__init__.py")  # or any name
        excluded = config.excluded
        here = self.ignored(folder, names)
        away = here if config.respect_gitignore else None
        found: list[tuple[_Folder, str, _Folder | None, bool]] = []
        for entry in entries:
            name = entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not name.endswith(self.suffixes):
                continue
            if excluded.means(folder.path, name, is_folder) or (
                away and ignored.is_ignored(away, folder.path, name, is_folder)
            ):
                continue
            if is_folder:
                path = f"{folder.path.rstrip(os.sep)}{os.sep}{name}"
                inner = _Folder(path, f"{folder.shown}{name}{os.sep}", here)
                found.append((folder, name, inner, False))
            else:
                is_link = entry.is_symlink()
                if not (is_link and files.is_folder(Path(entry.path))):
                    found.append((folder, name, None, is_link))
        found.sort(key=_name)
        return found

    def ignored(self, folder: _Folder, names: set[str]) -> Ignored | None:
        """Return what git ignores in a folder, given what is there."""
        if folder.is_named:
            return ignored.around(folder.path, self.suffixes)
        above = folder.ignored
        if ".git" in names:
            above = ignored.of_repository(folder.path, self.suffixes)
        if above is None or ".gitignore" not in names:
            return above
        return (*ignored.read(f"{folder.path}{os.sep}.gitignore", self.suffixes), *above)


def _name(entry: tuple[_Folder, str, _Folder | None, bool]) -> str:
    return entry[1]
