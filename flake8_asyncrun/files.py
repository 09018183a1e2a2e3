"""Find, read and write files, and say which path an import names. Nothing is ever imported."""

from __future__ import annotations

import codecs
import contextlib
import functools
import io
import os
import re
import shutil
import stat
import sys
import tempfile
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_asyncrun.names.project import FindModule

SUFFIXES = (".py", ".pyi")

# Ruff's default, less what the rule for hidden folders covers.
SKIPPED_FOLDERS = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
ROOT_MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
LARGEST_MODULE = 5_000_000
"""Bytes; a module above that is generated data, and is not read to answer an import."""

DEEPEST_MODULE = 100
"""Names in a dotted name; nobody has folders below that."""


class FileError(Exception):
    """What could not be done with a file; `str()` of it is one line that names it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class TextFile:
    """A file's text as it stands, newlines untouched, and what it takes to write it back."""

    path: str
    text: str
    encoding: str
    bom: bool
    data: bytes = field(repr=False)
    """The bytes that were read."""


def read(path: str) -> TextFile:
    """Return the text of a file; raise FileError with the reason where there is none."""
    try:
        mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise FileError(path, f"is {what}")
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read: {_reason(error)}") from None
    return decode(path, data)


def decode(path: str, data: bytes) -> TextFile:
    """Return `data` as Python would read it: by its BOM or cookie, else as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise FileError(path, f"cannot be decoded: {error.msg.partition(' for ')[0]}") from None
    except (LookupError, UnicodeError) as error:  # from Python 3.15 on
        raise FileError(path, f"cannot be decoded: {error}") from None
    bom = data.startswith(codecs.BOM_UTF8)
    if bom:
        encoding = "utf-8"
    try:
        text = data[len(codecs.BOM_UTF8) if bom else 0 :].decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise FileError(path, f"cannot be decoded: {error}") from None
    return TextFile(path, text, encoding, bom, data)


def encode(file: TextFile, text: str) -> bytes:
    """Return `text` as bytes in the encoding of `file`; raise FileError where it cannot be said."""
    mark = codecs.BOM_UTF8 if file.bom else b""
    try:
        # A codec that has several spellings of one text would change more than we mean to.
        if mark + file.text.encode(file.encoding) != file.data:
            raise FileError(file.path, f"cannot be written: {file.encoding} does not come back")
        return mark + text.encode(file.encoding)
    except UnicodeError as error:
        raise FileError(file.path, f"cannot be written: {error}") from None


def write(file: TextFile, text: str) -> bool:
    """Give `file` a new text in one step; return whether there was anything to do.

    Keeps the encoding, the BOM, the mode and symbolic links. Raises FileError, and leaves the file
    as it is, where the text cannot be encoded, the file may not be written, or it is not what was
    read any more.
    """
    if text == file.text:
        return False
    data = encode(file, text)
    target = Path(os.path.realpath(file.path))
    try:
        with target.open("r+b"):
            pass  # else a read-only file would be replaced where the folder may be written
        _check_unchanged(file, target)
        descriptor, name = tempfile.mkstemp(prefix=".asyncrun-", suffix=".tmp", dir=target.parent)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            _copy_permissions(target, draft)
            _check_unchanged(file, target)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(file.path, f"cannot be written: {_reason(error)}") from None
    return True


def _check_unchanged(file: TextFile, target: Path) -> None:
    if target.read_bytes() != file.data:
        raise FileError(file.path, "was changed meanwhile, so it is left alone")


def _copy_permissions(origin: Path, draft: Path) -> None:
    status = origin.stat()
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(draft, status.st_uid, status.st_gid)
    shutil.copymode(origin, draft)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return (text or str(error)).lower()


def python_files(paths: Iterable[str]) -> tuple[list[str], list[FileError]]:
    """Return the Python files that `paths` name, and the folders that could not be listed.

    A file named in `paths` is always among them, whatever its name, even if it is not there (so
    that reading it says so). Folders are walked, their entries in order of name, without following
    links to folders and without what is hidden, built or installed. No file comes twice.
    """
    errors: list[FileError] = []
    files: dict[str, str] = {}
    for path in paths:
        found = _walk(path, errors) if _is_folder(Path(path)) else (path,)
        for file in found:
            files.setdefault(os.path.realpath(file), file)
    return list(files.values()), errors


def _walk(folder: str, errors: list[FileError]) -> Iterator[str]:
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            errors.append(FileError(path, f"cannot be read: {_reason(error)}"))
            continue
        for entry in entries:
            name = os.path.normpath(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting += [] if _is_skipped(entry) else [(name, True)]
            elif entry.name.endswith(SUFFIXES) and not _is_folder(Path(name)):
                waiting.append((name, False))


def _is_skipped(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name.startswith(".")
        or entry.name in SKIPPED_FOLDERS
        or _is_environment(Path(entry.path))
    )


def _is_environment(folder: Path) -> bool:
    return any(_exists(folder / mark) for mark in ("pyvenv.cfg", "conda-meta"))


def _absolute(path: str) -> Path:
    return Path(os.path.normpath(Path(path).absolute()))


# Path.exists() and is_dir() raise where a folder may not be searched.
def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _exists(path: Path) -> bool:
    return _mode(path) != 0


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def project_roots(path: str) -> tuple[str, ...]:
    """Return the folders from which imports of the project of `path` begin, the likeliest first.

    That is the folder around the outermost package, then `src/` of the project, then the project
    itself (the nearest folder upward that has a pyproject.toml, a setup.cfg, a setup.py or a
    .git), then, if it is no package, the folder of the file. All are absolute.
    """
    own = _absolute(path).parent
    around = own
    while _exists(around / "__init__.py") and around != around.parent:
        around = around.parent
    root = project_root(path)
    roots = [] if around == own else [around]
    if root is not None:
        roots += [folder for folder in (root / "src",) if _is_folder(folder)]
        roots += [root]
    if around == own:
        roots += [own]
    return tuple(dict.fromkeys(str(folder) for folder in roots))


def project_root(path: str) -> Path | None:
    """Return the nearest folder above `path` that looks like a project, None if none does."""
    for folder in _absolute(path).parents:
        if any(_exists(folder / mark) for mark in ROOT_MARKS):
            return folder
    return None


def module_name(path: str, roots: Iterable[str]) -> str:
    """Return the dotted name by which `path` is imported, "" where it has none."""
    file = _absolute(path)
    for root in roots:
        if not file.is_relative_to(root):
            continue
        parts = list(file.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            return ".".join(parts)
    return ""


def search_path(path: str, python: str | None = None) -> tuple[str, ...]:
    """Return the folders in which an import in `path` is looked up, in order.

    `python` is an interpreter or an environment's folder; without it: $VIRTUAL_ENV, else .venv or
    venv in the project, else what this tool itself was installed with. Raises FileError where
    `python` leads to no installed packages.
    """
    roots = project_roots(path)
    own = str(_absolute(path).parent)
    # As `python script.py` does, and as pytest does with a folder of tests.
    first = (own,) if own in roots else ()
    return tuple(dict.fromkeys((*first, *roots, *installed(python, project_root(path)))))


@functools.cache
def installed(python: str | None, root: Path | None) -> tuple[str, ...]:
    """Return the folders of the packages installed for a project, see `search_path`."""
    if python is not None:
        found = _of_python(python)
        if not found:
            raise FileError(python, "is neither an interpreter nor an environment with packages")
        return found
    named = os.environ.get("VIRTUAL_ENV")
    candidates = [Path(named)] if named else []
    # pre-commit names the environment it made for us, which says nothing about the project's.
    own = os.path.realpath(sys.prefix)
    candidates = [folder for folder in candidates if os.path.realpath(folder) != own]
    candidates += [root / name for name in (".venv", "venv")] if root else []
    for folder in candidates:
        if _is_environment(folder) and (found := _of_environment(folder)):
            return found
    return _with_links(
        entry
        for entry in sys.path
        if Path(entry).name in ("site-packages", "dist-packages") and _is_folder(Path(entry))
    )


def _of_python(python: str) -> tuple[str, ...]:
    if _is_folder(Path(python)):
        return _of_environment(Path(python))
    there = python if _exists(Path(python)) else shutil.which(python)
    if there is None:
        return ()
    # An environment's interpreter is a link to one elsewhere: ask where it stands first.
    places = (_absolute(there), Path(os.path.realpath(there)))
    minor = next((each for place in places if (each := _minor(place.name)) is not None), None)
    for place in places:
        for folder in (place.parent.parent, place.parent):
            if found := _of_environment(folder, minor):
                return found
    return ()


def _of_environment(folder: Path, minor: int | None = None) -> tuple[str, ...]:
    found = sorted(
        (
            packages
            for pattern in (
                "lib/py*3.*/site-packages",
                "lib/python3/dist-packages",
                "lib/python3.*/dist-packages",
                "local/lib/python3.*/dist-packages",
                "lib64/py*3.*/site-packages",
                "Lib/site-packages",
            )
            for packages in folder.glob(pattern)
        ),
        key=lambda packages: _minor(packages.parent.name) or 0,
        reverse=True,
    )
    minors = [_minor(packages.parent.name) for packages in found]
    chosen = minor if minor in minors else next((each for each in minors if each), None)
    kept = [
        os.path.realpath(packages)
        for packages, each in zip(found, minors, strict=True)
        if each is None or each == chosen
    ]
    if kept and (home := _home_of_open_environment(folder)):
        kept += _of_environment(home.parent, chosen)
    return _with_links(kept)


def _minor(name: str) -> int | None:
    match = re.search(r"py\w*3\.(\d+)", name)
    return int(match[1]) if match else None


def _home_of_open_environment(folder: Path) -> Path | None:
    """Return where the interpreter of an environment that sees the system's packages comes from."""
    try:
        text = (folder / "pyvenv.cfg").read_text("utf-8")
    except (OSError, UnicodeError):
        return None
    entries = (line.partition("=") for line in text.splitlines())
    settings = {key.strip().lower(): value.strip() for key, _, value in entries}
    is_open = settings.get("include-system-site-packages", "").lower() == "true"
    home = settings.get("home")
    return Path(home) if is_open and home else None


def _with_links(folders: Iterable[str]) -> tuple[str, ...]:
    """Add the folders that .pth files name: packages that were installed in place."""
    found: list[str] = []
    for folder in folders:
        found.append(folder)
        for link in sorted(Path(folder).glob("*.pth")):
            try:
                lines = link.read_text("utf-8").splitlines()
            except (OSError, UnicodeError):
                continue
            for line in lines:
                named = Path(os.path.normpath(Path(folder) / line.strip()))
                is_path = line.strip() and not line.startswith(("import ", "import\t", "#"))
                found += [str(named)] if is_path and _is_folder(named) else []
    return tuple(dict.fromkeys(found))


def module_finder(roots: Iterable[str]) -> FindModule:
    """Return a function that finds a module's source as Python would, below `roots` in order.

    It gives the path and the text, or None for whatever has no readable source: namespace
    packages, compiled modules, undecodable or very large files. It never raises, remembers what it
    found, and takes a stub (.pyi) where a folder has nothing better.
    """
    return _Finder(tuple(Path(root) for root in roots)).text


@dataclass(frozen=True)
class _Located:
    path: Path | None
    """Of the source; None for a namespace package."""
    folders: tuple[Path, ...]
    """Where its submodules are."""


class _Finder:
    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self.located: dict[str, _Located | None] = {}
        self.texts: dict[str, tuple[str, str] | None] = {}
        self.names: dict[Path, frozenset[str]] = {}

    def text(self, name: str) -> tuple[str, str] | None:
        if name not in self.texts:
            parts = name.split(".")
            is_name = len(parts) <= DEEPEST_MODULE and all(part.isidentifier() for part in parts)
            located = self.locate(name) if is_name else None
            path = located.path if located else None
            self.texts[name] = None if path is None else _module_text(path)
        return self.texts[name]

    def locate(self, name: str) -> _Located | None:
        if name not in self.located:
            parent, dot, leaf = name.rpartition(".")
            above = self.locate(parent) if dot else _Located(None, self.roots)
            self.located[name] = self.below(above.folders, leaf) if above else None
        return self.located[name]

    def below(self, folders: tuple[Path, ...], leaf: str) -> _Located | None:
        portions: list[Path] = []
        for folder in folders:
            inner = folder / leaf
            has_folder = leaf in self.names_in(folder)
            for suffix in SUFFIXES:
                if has_folder and f"__init__{suffix}" in self.names_in(inner):
                    return _Located(inner / f"__init__{suffix}", (inner,))
                if f"{leaf}{suffix}" in self.names_in(folder):
                    return _Located(folder / f"{leaf}{suffix}", ())
            if has_folder and _is_folder(inner):
                portions.append(inner)
        return _Located(None, tuple(portions)) if portions else None

    def names_in(self, folder: Path) -> frozenset[str]:
        # Asking for the names, not for one file, also tells `Store` from `store` everywhere.
        if folder not in self.names:
            try:
                self.names[folder] = frozenset(entry.name for entry in folder.iterdir())
            except OSError:
                self.names[folder] = frozenset()
        return self.names[folder]


def _module_text(path: Path) -> tuple[str, str] | None:
    try:
        if path.stat().st_size > LARGEST_MODULE:
            return None
        return str(path), read(str(path)).text
    except (OSError, FileError):
        return None
