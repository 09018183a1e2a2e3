"""Find, read and write files, and say which path an import names. Nothing is ever imported."""

from __future__ import annotations

import ast  # noqa: TID251 - reads one dict, no program
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
import time
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flake8_asyncrun import notebook
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.interrupts import undisturbed
from flake8_asyncrun.names import forms
from flake8_asyncrun.notebook import NotebookError

SUFFIXES = (".py", ".pyi", forms.NOTEBOOK)
ROOT_MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
LARGEST_MODULE = 5_000_000
"""Bytes; a module above that is generated data, and is not read to answer an import."""

DEEPEST_MODULE = 100
"""Names in a dotted name; nobody has folders below that."""


_P = ParamSpec("_P")
_T = TypeVar("_T")


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
    around: str | None = field(default=None, repr=False)
    """The notebook whose program the text is; None where the text is the file's own."""


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
    """Return `data` as Python would read it: by its BOM or cookie, else as UTF-8.

    Notebooks and documents are UTF-8. The text of a notebook is the program of its cells.
    """
    is_program = not (forms.is_notebook(path) or forms.is_document(path))
    try:
        encoding = "utf-8"
        if is_program:
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
    if not forms.is_notebook(path):
        return TextFile(path, text, encoding, bom, data)
    try:
        program = notebook.program(text)
    except NotebookError as error:
        if may_have_findings(text):
            raise FileError(path, str(error)) from None
        program = ""
    return TextFile(path, program, encoding, bom, data, text)


def encode(file: TextFile, text: str) -> bytes:
    """Return `text` as bytes in the encoding of `file`; raise FileError where it cannot be said."""
    mark = codecs.BOM_UTF8 if file.bom else b""
    try:
        # A codec that has several spellings of one text would change more than we mean to.
        whole = file.text if file.around is None else file.around
        if mark + whole.encode(file.encoding) != file.data:
            raise FileError(file.path, f"cannot be written: {file.encoding} does not come back")
        if file.around is not None:
            text = notebook.put_back(file.around, text)
        return mark + text.encode(file.encoding)
    except (UnicodeError, NotebookError) as error:
        raise FileError(file.path, f"cannot be written: {error}") from None


def write(file: TextFile, text: str) -> bool:
    """Give `file` a new text in one step; return whether there was anything to do.

    Keeps the encoding, the BOM, the mode and symbolic links. Raises FileError, and leaves the file
    as it is, where the text cannot be encoded, the file may not be written, or it is not what was
    read any more. A signal that would end the process waits until the step is done.
    """
    if text == file.text:
        return False
    data = encode(file, text)
    target = Path(os.path.realpath(file.path))
    try:
        with target.open("r+b"):
            pass  # else a read-only file would be replaced where the folder may be written
        _check_unchanged(file, target)
        _replace(target, data, lambda: _check_unchanged(file, target))
    except OSError as error:
        raise FileError(file.path, f"cannot be written: {_reason(error)}") from None
    return True


def put(path: str, data: bytes) -> None:
    """Make a file, or replace it, in one step; raise FileError where that cannot be done."""
    try:
        _replace(Path(os.path.realpath(path)), data, lambda: None)
    except OSError as error:
        raise FileError(path, f"cannot be written: {_reason(error)}") from None


def _replace(target: Path, data: bytes, check: Callable[[], None]) -> None:
    """Put a draft in the place of a file, unless the last `check` raises."""
    _sweep(target.parent)
    with undisturbed():
        descriptor, name = tempfile.mkstemp(prefix=_DRAFT, suffix=_TEMPORARY, dir=target.parent)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            _copy_permissions(target, draft)
            check()
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


_DRAFT, _TEMPORARY = ".asyncrun-", ".tmp"

_ABANDONED = 60
"""Seconds after which a draft has lost its process: to `kill -9`, or with the power. One that is
alive after all finds its draft gone, and leaves its file as it was."""


@functools.cache
def _sweep(folder: Path) -> None:
    """Remove the drafts that killed processes left in a folder, once a run."""
    with contextlib.suppress(OSError):
        for draft in folder.glob(f"{_DRAFT}*{_TEMPORARY}"):
            if time.time() - draft.stat().st_mtime > _ABANDONED:
                draft.unlink(missing_ok=True)


def _check_unchanged(file: TextFile, target: Path) -> None:
    if target.read_bytes() != file.data:
        raise FileError(file.path, "was changed meanwhile, so it is left alone")


def _copy_permissions(origin: Path, draft: Path) -> None:
    try:
        status = origin.stat()
    except FileNotFoundError:  # a new file: as any other that is made here
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        return
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(draft, status.st_uid, status.st_gid)
    shutil.copymode(origin, draft)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return (text or str(error)).lower()


def unreadable(path: str, error: OSError) -> FileError:
    return FileError(path, f"cannot be read: {_reason(error)}")


def _is_environment(folder: Path) -> bool:
    return any(_exists(folder / mark) for mark in ENVIRONMENT_MARKS)


def _absolute(path: str) -> Path:
    return Path(os.path.normpath(Path(path).absolute()))


_remembered: dict[tuple[object, ...], Any] | None = None
"""What was found out of folders, by the function's and the folder's name, while it is kept."""


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """Find out only once meanwhile which project the files of a folder belong to."""
    global _remembered
    outer = _remembered
    _remembered = {} if outer is None else outer
    try:
        yield
    finally:
        _remembered = outer


def _the_same_in_a_folder(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Make a function of a file's path, and more, remember its results, see `remembering`."""

    @functools.wraps(function)
    def asked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        if _remembered is None:
            return function(*args, **kwargs)
        path, *more = args
        folder = os.path.dirname(os.path.abspath(str(path)))  # noqa: PTH100, PTH120
        key = function.__name__, folder, *more
        if key not in _remembered:
            _remembered[key] = function(*args, **kwargs)
        found: _T = _remembered[key]
        return found

    return asked


# Path.exists() and is_dir() raise where a folder may not be searched.
def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _exists(path: Path) -> bool:
    return _mode(path) != 0


def is_folder(path: Path) -> bool:
    """Say whether there is a folder, through links; False where that cannot be told."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: Path) -> bool:
    """Say whether there is a regular file, as `is_folder` does."""
    return stat.S_ISREG(_mode(path))


@_the_same_in_a_folder
def project_roots(path: str, said: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the folders from which imports of the project of `path` begin, the likeliest first.

    Those that the user has `said` come before all that is likely: the folder around the outermost
    package, then `src/` of the project, then the project itself (see `project_root`), then, if it
    is no package, the folder of the file. A package deep in `src/` is part of a namespace package,
    so there `src/` comes first. All are absolute.
    """
    own = _absolute(path).parent
    around = _around(own)
    root = project_root(path)
    roots = [] if around == own else [around]
    if root is not None:
        source = root / "src"
        if is_folder(source):
            roots = [source, *roots] if _is_deep_in(source, around) else [*roots, source]
        roots += [root]
    if around == own:
        roots += [own]
    return tuple(dict.fromkeys((*said, *(str(folder) for folder in roots))))


def _around(folder: Path) -> Path:
    """Return the folder around the outermost package that `folder` belongs to."""
    while _exists(folder / "__init__.py") and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_deep_in(source: Path, folder: Path) -> bool:
    is_below = folder != source and folder.is_relative_to(source)
    return is_below and not _exists(source / "__init__.py")


@_the_same_in_a_folder
def project_root(path: str) -> Path | None:
    """Return the nearest folder above `path` that looks like a project, None if none does.

    A project has a pyproject.toml, a setup.cfg, a setup.py or a .git; but in a package, setup.py
    is a module like any other.
    """
    return next((folder for folder in _absolute(path).parents if _is_project(folder)), None)


def _is_project(folder: Path) -> bool:
    if _remembered is None:
        return _looks_like_a_project(folder)
    key = "_is_project", str(folder)
    if key not in _remembered:
        _remembered[key] = _looks_like_a_project(folder)
    return bool(_remembered[key])


def _looks_like_a_project(folder: Path) -> bool:
    marks = (mark for mark in ROOT_MARKS if _exists(folder / mark))
    return any(mark != "setup.py" or not _exists(folder / "__init__.py") for mark in marks)


@_the_same_in_a_folder
def project_folders(path: str) -> tuple[Path, ...]:
    """Return the folders from that of `path` upward to the outermost project, nearest first.

    A monorepo has projects in a project; what has a .git is the outermost. Where nothing looks like
    a project it is the folder of the file alone.
    """
    folders: list[Path] = []
    count = 1
    for folder in _absolute(path).parents:
        folders.append(folder)
        if _is_project(folder):
            count = len(folders)
        if _exists(folder / ".git"):
            break
    return tuple(folders[:count])


def module_name(path: str, roots: Iterable[str]) -> str:
    """Return the dotted name by which `path` is imported, "" where it has none."""
    if forms.is_notebook(path) or forms.is_document(path):
        return ""
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


def last_name(path: str) -> str:
    """Return the last part of the name by which `path` is imported."""
    file = _absolute(path)
    return file.parent.name if file.stem == "__init__" else file.stem


def search_path(
    path: str, python: str | None = None, said: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the folders in which an import in `path` is looked up, in order.

    `said` is where the user says that imports of the project begin.
    `python` is an interpreter or an environment's folder; without it: $VIRTUAL_ENV, else a conda
    environment in $CONDA_PREFIX other than its base, else the nearest .venv or venv in the project
    or in a project around it, else what this tool itself was installed with. Raises FileError where
    `python` leads to no installed packages.
    """
    roots = project_roots(path, said)
    folder = _absolute(path).parent
    own = (str(folder),) if str(folder) in roots else ()
    packages = installed(python, project_folders(path))
    root = project_root(path)
    sources = [*map(Path, said), *([] if root is None else [root / "src"])]
    if own and any(_is_deep_in(source, folder) for source in sources):
        # More likely a namespace package than a script, so what lies beside it hides nothing.
        ordered = (*(each for each in roots if each not in own), *packages, *own)
    else:
        # As `python script.py` does, and as pytest does with a folder of tests.
        ordered = (*own, *roots, *packages)
    return tuple(dict.fromkeys(ordered))


@functools.cache
def installed(python: str | None, beside: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the folders of the packages installed for a project, see `search_path`.

    `beside` are the folders that may hold an environment, the likeliest first.
    """
    if python is not None:
        found = _of_python(python)
        if not found:
            raise FileError(python, "is neither an interpreter nor an environment with packages")
        return found
    candidates = [folder / name for folder in beside for name in (".venv", "venv")]
    for folder in (*_active(), *candidates):
        if _is_environment(folder) and (found := _of_environment(folder)):
            return found
    return _with_links(
        entry
        for entry in sys.path
        if Path(entry).name in ("site-packages", "dist-packages") and is_folder(Path(entry))
    )


def _active() -> tuple[Path, ...]:
    """Return the environment that the user is in, if any."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        named = os.environ.get(variable)
        # pre-commit names the environment it made for us, which says nothing about the project's.
        if not named or os.path.realpath(named) == os.path.realpath(sys.prefix):
            continue
        # Conda's base is always on, and holds conda itself.
        is_base = os.environ.get("CONDA_DEFAULT_ENV") in ("base", "root")
        if variable == "VIRTUAL_ENV" or not (is_base or is_folder(Path(named) / "condabin")):
            return (Path(named),)
    return ()


def _of_python(python: str) -> tuple[str, ...]:
    if is_folder(Path(python)):
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
    kept, chosen = _packages_of(folder, minor)
    home = _home_of_open_environment(folder) if kept else None
    # Its interpreter is in bin/ or, on Windows, at the top.
    for base in (home.parent, home) if home else ():
        if is_folder(base) and (more := _packages_of(base, chosen)[0]):
            kept += more
            break
    return _with_links(kept)


def _packages_of(folder: Path, minor: int | None) -> tuple[list[str], int | None]:
    """Return the folders of packages below one of an interpreter, and which Python 3 they are for.

    Of several Pythons it is `minor`, or the newest.
    """
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
    return kept, chosen


def _minor(name: str) -> int | None:
    match = re.search(r"py\w*3\.(\d+)", name)
    return int(match[1]) if match else None


def _home_of_open_environment(folder: Path) -> Path | None:
    """Return where the interpreter of an environment that sees the system's packages comes from."""
    text = _plain_text(folder / "pyvenv.cfg")
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
        links = (link for link in Path(folder).glob("*.pth") if not link.name.startswith("."))
        for link in sorted(links):
            for line in _plain_text(link).splitlines():
                named = Path(os.path.normpath(Path(folder) / line.strip()))
                is_path = line.strip() and not line.startswith(("import ", "import\t", "#"))
                found += [str(named)] if is_path and is_folder(named) else []
    return tuple(dict.fromkeys(found))


def _plain_text(path: Path) -> str:
    """Return the text of a small file of an environment, "" where it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_MODULE:
            return ""
        return path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except (OSError, ValueError):
        return ""


def module_finder(roots: Iterable[str]) -> Finder:
    """Return what finds a module's source as Python would, below `roots` in order."""
    return Finder(tuple(Path(root) for root in roots))


@dataclass(frozen=True)
class _Located:
    path: Path | None
    """Of the source or stub; None for a namespace package and for what is only compiled."""
    folders: tuple[Path, ...]
    """Where its submodules are."""


@dataclass(frozen=True)
class _Listing:
    """What is in a folder."""

    names: frozenset[str] = frozenset()
    compiled: frozenset[str] = frozenset()
    """Modules that need no source."""


class Finder:
    """From a dotted name to the path and the text of the module's source (a `FindModule`).

    None for whatever has no readable source: namespace packages, compiled modules, undecodable or
    very large files. It never raises, and remembers what it found. Where there is no source it
    takes a stub: beside a compiled module, alone in a folder, or in a package of stubs (PEP 561).
    """

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self.located: dict[str, _Located | None] = {}
        self.texts: dict[str, tuple[str, str] | None] = {}
        self.listings: dict[Path, _Listing] = {}
        self.deciding: dict[str, frozenset[Path]] = {}

    def __call__(self, name: str) -> tuple[str, str] | None:
        if name not in self.texts:
            path = self.where(name)
            self.texts[name] = None if path is None else _module_text(path)
        return self.texts[name]

    def where(self, name: str) -> Path | None:
        """Return the path of the source or stub that a name leads to, be it readable or not."""
        places = (self.locate(each) for each in _spellings(name))
        return next((place.path for place in places if place and place.path), None)

    def looked_at(self, names: Iterable[str]) -> set[Path]:
        """Return the files and folders that decide where `names` lead.

        While each of them is as it was, and has the same entries, so do the names lead to the same
        places, or to none. A path that is not there, as of a broken link, may be among them.
        """
        found = {*self.roots, *self.finders_in_place}
        for name in names:
            for each in _spellings(name):
                found |= self.deciding_on(each)
        return found

    def deciding_on(self, name: str) -> frozenset[Path]:
        if name not in self.deciding:
            parent, dot, leaf = name.rpartition(".")
            above = self.locate(parent) if dot else _Located(None, self.roots)
            found = set(self.deciding_on(parent)) if dot else set()
            places = [(folder, leaf) for folder in (above.folders if above else ())]
            if name in self.in_place:
                places.append((self.in_place[name].parent, self.in_place[name].name))
            for folder, each in places:
                found.add(folder)
                here = self.listing(folder).names
                found |= {
                    folder / one for one in (each, f"{each}.py", f"{each}.pyi") if one in here
                }
                inner = folder / each
                inside = self.listing(inner).names if each in here else ()
                found |= {inner / one for one in ("__init__.py", "__init__.pyi") if one in inside}
            self.deciding[name] = frozenset(found)
        return self.deciding[name]

    def locate(self, name: str) -> _Located | None:
        if name not in self.located:
            parent, dot, leaf = name.rpartition(".")
            above = self.locate(parent) if dot else _Located(None, self.roots)
            found = self.below(above.folders, leaf) if above else None
            if (found is None or found.path is None) and name in self.in_place:
                target = self.in_place[name]
                found = self.below((target.parent,), target.name) or found
            self.located[name] = found
        return self.located[name]

    def below(self, folders: tuple[Path, ...], leaf: str) -> _Located | None:
        """Find a module in the first of `folders` that has it; a package comes before a module."""
        portions: list[Path] = []
        stub: Path | None = None
        for folder in folders:
            inner = folder / leaf
            here = self.listing(folder)
            inside = self.listing(inner) if leaf in here.names else _Listing()
            if source := self.file_in(inner, inside, "__init__.py"):
                return _Located(source, self.spread(source, folders))
            if "__init__" in inside.compiled:
                return _Located(self.file_in(inner, inside, "__init__.pyi"), (inner,))
            if source := self.file_in(folder, here, f"{leaf}.py"):
                return _Located(source, ())
            beside = self.file_in(folder, here, f"{leaf}.pyi")
            if leaf in here.compiled:
                return _Located(beside, ())
            stub = stub or self.file_in(inner, inside, "__init__.pyi") or beside
            if leaf in here.names and is_folder(inner):
                portions.append(inner)
        return _Located(stub, tuple(portions)) if stub or portions else None

    def file_in(self, folder: Path, listing: _Listing, name: str) -> Path | None:
        # Asking for the names, not for one file, also tells `Store` from `store` everywhere.
        return folder / name if name in listing.names and is_file(folder / name) else None

    def listing(self, folder: Path) -> _Listing:
        if folder not in self.listings:
            try:
                with os.scandir(folder) as scan:
                    names = frozenset(entry.name for entry in scan)
            except (OSError, ValueError):
                names = frozenset()
            compiled = frozenset(
                name.partition(".")[0] for name in names if name.endswith(_COMPILED)
            )
            self.listings[folder] = _Listing(names, compiled)
        return self.listings[folder]

    def spread(self, init: Path, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        """Return where the submodules of a package are: elsewhere, too, if it says so itself."""
        own = init.parent
        others = [folder / own.name for folder in folders if folder / own.name != own]
        if not any(is_folder(other) for other in others) or not _NAMESPACE.search(
            _plain_text(init)
        ):
            return (own,)
        return (own, *(other for other in others if is_folder(other)))

    @functools.cached_property
    def in_place(self) -> dict[str, Path]:
        """Where modules are that were installed in place, by finders instead of .pth files."""
        found: dict[str, Path] = {}
        for finder in self.finders_in_place:
            for module, path in _mapped(_plain_text(finder)):
                found.setdefault(module, path)
        return found

    @functools.cached_property
    def finders_in_place(self) -> tuple[Path, ...]:
        """The files in which those finders are."""
        return tuple(
            root / name
            for root in self.roots
            for name in sorted(self.listing(root).names)
            if _IN_PLACE.fullmatch(name)
        )


def _spellings(name: str) -> tuple[str, ...]:
    """Return what may lead to a module: its name, then that of its stubs."""
    parts = name.split(".")
    if len(parts) > DEEPEST_MODULE or not all(part.isidentifier() for part in parts):
        return ()
    return name, ".".join([f"{parts[0]}-stubs", *parts[1:]])


_COMPILED = (".so", ".pyd", ".pyc")

# The ways before PEP 420.
_NAMESPACE = re.compile(r"\b(?:extend_path\(\s*__path__|declare_namespace\(\s*__name__)")

# Of setuptools, and of what hatchling and pdm-backend use (editables).
_IN_PLACE = re.compile(r"(?:__editable___\w+_finder|_editable_impl_\w+)\.py")
_MAPPING = re.compile(r"^MAPPING\b[^=\n]*=[ \t]*(\{.*\})[ \t]*$", re.MULTILINE)
_MAPPED = re.compile(r"^F\.map_module(\(.*\))[ \t]*$", re.MULTILINE)


def _mapped(text: str) -> Iterator[tuple[str, Path]]:
    """Yield the modules that a finder of packages installed in place names, and their folders.

    Of a module that is no package, the path is without its suffix.
    """
    tables = [_literal(match[1]) for match in _MAPPING.finditer(text)]
    pairs = [_literal(match[1]) for match in _MAPPED.finditer(text)]
    pairs += [pair for table in tables if isinstance(table, dict) for pair in table.items()]
    for pair in pairs:
        match pair:
            case (str(module), str(target)):
                path = Path(target)
                if path.suffix == ".py":
                    path = path.parent if path.stem == "__init__" else path.with_suffix("")
                yield module, path


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _module_text(path: Path) -> tuple[str, str] | None:
    try:
        if path.stat().st_size > LARGEST_MODULE:
            return None
        return str(path), read(str(path)).text
    except (OSError, FileError):
        return None
