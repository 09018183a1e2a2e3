"""Which distributions a project wants, in which versions.

Read from lock files, requirement files and declarations. Nothing is raised: what cannot be read
says nothing.
"""

from __future__ import annotations

import bisect
import codecs
import configparser
import contextlib
import functools
import itertools
import json
import os
import re
import stat
import sys
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from flake8_asyncrun import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST = 20_000_000
"""Bytes; a file above that is no lock file."""

MOST_FILES = 100
"""Of requirements, for one folder."""

MOST_LINES = 5_000
"""A file of more requirements is a list of something else."""

LONGEST_LINE = 2_000
"""Characters of a requirement, without its hashes; above that it is a mistake or an attack."""

MOST_ALTERNATIVES = 50
"""Of one distribution in one place; what is above that says nothing of its version."""

Wish = str | SpecifierSet
"""One version, or a condition on it."""

_Mapping = Mapping[str, tuple[Wish, ...]]


@dataclass(frozen=True, eq=False)
class Versions:
    """What a project says of the distributions it wants."""

    sources: tuple[_Source, ...] = ()
    """The surest first. They are read when something is asked."""

    @functools.cached_property
    def wanted(self) -> _Mapping:
        """From the canonical name (PEP 503) to what may be there, any of it; () is any version."""
        wanted: dict[str, tuple[Wish, ...]] = {}
        for source in self.sources:
            for name, wishes in source.read(source.of).items():
                wanted[name] = wanted.get(name) or wishes
        return MappingProxyType(wanted)

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """Those of all files that it is read from, in the order in which they count."""
        return tuple(str(stamped.path) for source in self.sources for stamped in _stamps(source.of))

    def said(self, distribution: str) -> tuple[str, ...] | None:
        """Return the versions and conditions that are said of a distribution, as text.

        () is any version; None where the project says nothing of the distribution.
        """
        wishes = self.wanted.get(canonicalize_name(distribution))
        return None if wishes is None else tuple(str(wish) for wish in wishes)

    def choose(self, distribution: str, releases: Sequence[str]) -> Sequence[str] | None:
        """Return those of some releases, oldest first, that speak for what the project may have.

        For a version between two of them that is both, for one above them the last; for one below
        them, for a condition that none meets, or for any version, it is all. None where the project
        says nothing of the distribution.
        """
        wishes = self.wanted.get(canonicalize_name(distribution))
        if wishes is None:
            return None
        chosen = {release for wish in wishes for release in _speaking(wish, releases)}
        return [release for release in releases if release in chosen or not wishes]


def versions(path: str) -> Versions:
    """Return what the project of a file wants.

    What a folder near the file says counts before what one above it says, up to the project's root
    (see `files.project_root`). In one folder lock files count before requirement files, and those
    before what pyproject.toml and setup.cfg declare. Whatever says no version leaves that to the
    next. A uv.lock further up that names the project as a member is the project's own.
    """
    root = files.project_root(path)
    around = files.project_folders(path)
    inner = around[: around.index(root) + 1] if root is not None else around[:1]
    sources: list[_Source] = []
    for folder in inner:
        if folder == root:
            for outer in around[len(inner) :]:
                sources += _workspace(outer, root)
        sources += _sources(folder, around[-1])
    return _versions(tuple(sources))


# The same object for the same state of all files.
@functools.lru_cache(maxsize=256)
def _versions(sources: tuple[_Source, ...]) -> Versions:
    return Versions(sources)


def _admits(wish: Wish, version: str) -> bool:
    try:
        if isinstance(wish, SpecifierSet):
            return wish.contains(version, prereleases=True)
        # A lock file names the build, too ("2.1+cu118"), of which the release is the same.
        one, other = (Version(Version(text).public) for text in (version, wish))
        return one == other
    except ValueError:  # of which InvalidVersion is one
        return isinstance(wish, str) and version == wish


def _speaking(wish: Wish, releases: Sequence[str]) -> Sequence[str]:
    found = [release for release in releases if _admits(wish, release)]
    if found or isinstance(wish, SpecifierSet):
        return found or releases
    try:
        at = bisect.bisect([Version(release) for release in releases], Version(wish))
    except ValueError:
        return releases
    # What is younger than all that is known is likeliest what the youngest is.
    return releases[at - 1 : at + 1] if at else releases


@dataclass(frozen=True)
class _Stamped:
    """A file as it was at a moment."""

    path: Path
    mtime: int
    size: int


def _stamps(of: Iterable[Any]) -> Iterator[_Stamped]:
    for each in of:
        if isinstance(each, _Stamped):
            yield each
        else:
            yield from _stamps(each)


@dataclass(frozen=True)
class _Source:
    """One place that says something; equal for equal states of its files."""

    read: Callable[[tuple[Any, ...]], _Mapping]
    of: tuple[Any, ...]
    """Files (`_Stamped`), or requirement files with what they include (`_Closure`)."""


@dataclass(frozen=True)
class _Wanted:
    """One requirement."""

    name: str
    """Canonical."""
    wishes: tuple[Wish, ...] = ()
    """Any of them; () is any version."""
    is_conditional: bool = False
    """Whether it has a marker, so that it may not count."""


def _any_of(environments: Iterable[_Mapping]) -> _Mapping:
    """Say what may be in one of several; what says no version leaves it to the others."""
    wanted: dict[str, dict[Wish, None]] = {}
    for environment in environments:
        for name, wishes in environment.items():
            wanted.setdefault(name, {}).update(dict.fromkeys(wishes))
    return {name: _few(wishes) for name, wishes in wanted.items()}


def _all_of(requirements: Iterable[_Wanted]) -> _Mapping:
    """Say what may be in an environment where all `requirements` are met that count there."""
    always: dict[str, list[_Wanted]] = {}
    sometimes: dict[str, list[_Wanted]] = {}
    for wanted in requirements:
        (sometimes if wanted.is_conditional else always).setdefault(wanted.name, []).append(wanted)
    found: dict[str, tuple[Wish, ...]] = {}
    for name, several in sometimes.items():
        is_open = any(not each.wishes for each in several)
        wishes = dict.fromkeys(wish for each in several for wish in each.wishes)
        found[name] = () if is_open else _few(wishes)
    for name, several in always.items():
        found[name] = _both(each.wishes for each in several)
    return found


def _with_extras(main: Iterable[_Wanted], extras: Iterable[Iterable[_Wanted]]) -> _Mapping:
    """Say what `main` wants, and beyond that any of `extras`, which can only narrow it."""
    return {**_any_of(_all_of(each) for each in extras), **_all_of(main)}


def _both(conditions: Iterable[tuple[Wish, ...]]) -> tuple[Wish, ...]:
    """Say what meets each of several conditions, of which each is met by any of its parts.

    Where nothing can, somebody is wrong, and nothing is known of the version.
    """
    distinct = list(dict.fromkeys(each for each in conditions if each))
    met = distinct[0] if distinct else ()
    for more in distinct[1:MOST_ALTERNATIVES]:
        pairs = (_meet(one, other) for one, other in itertools.product(met, more))
        met = _few(dict.fromkeys(pair for pair in pairs if pair is not None))
    return met


def _meet(one: Wish, other: Wish) -> Wish | None:
    """Return what is both; None if that is nothing, or cannot be told."""
    if isinstance(one, SpecifierSet) and isinstance(other, SpecifierSet):
        return one & other
    exact, condition = (other, one) if isinstance(one, SpecifierSet) else (one, other)
    return exact if isinstance(exact, str) and _admits(condition, exact) else None


def _few(wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    several = tuple(wishes)
    return several if len(several) <= MOST_ALTERNATIVES else ()


def _sources(folder: Path, within: Path) -> Iterator[_Source]:
    """Yield what a folder has, the surest first. `within` bounds the files that others include."""
    names = _names(folder)
    locks = [
        stamped for name in names if _LOCK.fullmatch(name) for stamped in _stamp(folder / name)
    ]
    if locks:
        yield _Source(_locked, tuple(locks))
    yield from _required(folder, names, within)
    for name, read in (("pyproject.toml", _declared), ("setup.cfg", _declared_in_setup)):
        if name in names:
            yield from (_Source(read, (stamped,)) for stamped in _stamp(folder / name))


def _workspace(folder: Path, member: Path) -> Iterator[_Source]:
    """Yield what a uv.lock says in whose workspace a project is."""
    for stamped in _stamp(folder / "uv.lock"):
        lock = _read_lock(stamped)
        places = (os.path.normpath(folder / place) for place in (lock.members if lock else ()))
        if str(member) in places:
            yield _Source(_locked, (stamped,))


def _names(folder: Path) -> tuple[str, ...]:
    """Return the names in a folder that may be of interest, in order."""
    try:
        return _interesting(folder, folder.stat().st_mtime_ns)
    except (OSError, ValueError):
        return ()


_LOCK = re.compile(r"(?:uv|poetry|pdm|Pipfile)\.lock|pylock(?:\.[\w-]+)?\.toml")
_INTERESTING = re.compile(
    rf"{_LOCK.pattern}|pyproject\.toml|setup\.cfg|requirements|(?i:.*requirements.*\.txt)"
)


@functools.lru_cache(maxsize=1024)
def _interesting(folder: Path, _mtime: int) -> tuple[str, ...]:
    with os.scandir(folder) as scan:
        return tuple(sorted(e.name for e in scan if _INTERESTING.fullmatch(e.name)))


def _stamp(path: Path) -> tuple[_Stamped, ...]:
    """Return a file as it is now, nothing for what is no file of a sensible size."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
        return ()
    return (_Stamped(path, status.st_mtime_ns, status.st_size),)


def _bytes(stamped: _Stamped) -> bytes:
    try:
        return stamped.path.read_bytes()
    except OSError:
        return b""


def _locked(several: tuple[_Stamped, ...]) -> _Mapping:
    locks = (_read_lock(stamped) for stamped in several)
    return _any_of(lock.wanted for lock in locks if lock is not None)


@dataclass(frozen=True)
class _Lock:
    wanted: _Mapping
    members: frozenset[str] = frozenset()
    """Folders that it is for, as uv.lock names them."""


@functools.lru_cache(maxsize=64)
def _read_lock(stamped: _Stamped) -> _Lock | None:
    """Return what a lock file says, None if it is broken."""
    if stamped.path.name == "Pipfile.lock":
        return _pipfile_lock(_json(_bytes(stamped)))
    document = _toml(_FILES.sub(b"", _bytes(stamped)))
    tables = document.get("package", document.get("packages"))
    if not isinstance(tables, list):
        return None
    wanted: dict[str, dict[Wish, None]] = {}
    members: set[str] = set()
    for table in tables:
        match table:
            case {"name": str(name), "version": str(version)}:
                wanted.setdefault(canonicalize_name(name), {})[version] = None
            case {"name": str(name)}:
                wanted.setdefault(canonicalize_name(name), {})
        match table:
            case {"source": {"editable": str(place)} | {"virtual": str(place)}}:
                members.add(place)
    return _Lock({name: tuple(several) for name, several in wanted.items()}, frozenset(members))


# The files to download make up nine tenths of a lock file, and say nothing of versions.
_FILES = re.compile(rb"^[ \t]+\{ ?(?:url|file) = \"[^\n]*\},?\r?\n", re.MULTILINE)


def _pipfile_lock(document: object) -> _Lock | None:
    if not isinstance(document, dict) or "_meta" not in document:
        return None
    groups = [
        _all_of(
            _Wanted(canonicalize_name(name), _specifiers(entry)) for name, entry in group.items()
        )
        for key, group in document.items()
        if key != "_meta" and isinstance(group, dict)
    ]
    return _Lock(_any_of(groups))


def _specifiers(entry: object) -> tuple[Wish, ...]:
    match entry:
        case {"version": str(text)}:
            return _condition(text)
    return ()


def _condition(text: str) -> tuple[Wish, ...]:
    """Return what a text such as ">=1,<2" asks for, () for any version and for what is broken."""
    try:
        condition = SpecifierSet(text if len(text) <= LONGEST_LINE else "")
    except InvalidSpecifier:
        return ()
    return _wishes(condition)


def _wishes(condition: SpecifierSet) -> tuple[Wish, ...]:
    for only in condition if len(condition) == 1 else ():
        if only.operator == "==" and not only.version.endswith(".*"):
            return (only.version,)
    return (condition,) if len(condition) else ()


def _toml(data: bytes) -> Mapping[str, object]:
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return {}


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _required(folder: Path, names: tuple[str, ...], within: Path) -> Iterator[_Source]:
    """Yield the requirement files of a folder: requirements.txt, else all others."""
    paths = [folder / name for name in names if name.lower().endswith(".txt")]
    if "requirements" in names:
        inner = folder / "requirements"
        paths += [inner / name for name in _texts(inner)]
    main: list[_Closure] = []
    others: list[_Closure] = []
    for path in paths[:MOST_FILES]:
        is_main = path.name.lower() == "requirements.txt" and path.parent == folder
        (main if is_main else others).append(_closure(path, within))
    for several in (main, others):
        if several:
            yield _Source(_summed_up, tuple(several))


def _texts(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder) as scan:
            names = sorted(entry.name for entry in scan)
    except (OSError, ValueError):
        return ()
    return tuple(
        name for name in names if name.endswith(".txt") and not name.startswith("constraint")
    )


_Closure = tuple[tuple[_Stamped, ...], tuple[_Stamped, ...]]
"""Files of requirements, and files of constraints."""


def _closure(path: Path, within: Path) -> _Closure:
    """Return a requirement file with all that it includes from inside a folder."""
    found: dict[tuple[Path, bool], _Stamped] = {}
    waiting = [(path, False)]
    while waiting and len(found) < MOST_FILES:
        path, is_limit = waiting.pop()
        if (path, is_limit) in found or not path.is_relative_to(within):
            continue
        for stamped in _stamp(path):
            found[path, is_limit] = stamped
            for kind, name in _included(stamped):
                place = Path(os.path.normpath(path.parent / name))
                waiting.append((place, is_limit or kind == "c"))
    return (
        tuple(each for (_, is_limit), each in found.items() if not is_limit),
        tuple(each for (_, is_limit), each in found.items() if is_limit),
    )


def _summed_up(environments: tuple[_Closure, ...]) -> _Mapping:
    return _any_of(_environment(*closure) for closure in environments)


def _environment(asked: Iterable[_Stamped], limits: Iterable[_Stamped]) -> _Mapping:
    wanted = dict(_all_of(each for file in asked for each in _requirements(file)))
    # A constraint with a marker says nothing of where its marker does not hold.
    bounds = _all_of(
        each for file in limits for each in _requirements(file) if not each.is_conditional
    )
    for name, wishes in bounds.items():
        wanted[name] = _both((wanted.get(name, ()), wishes))
    return wanted


@functools.lru_cache(maxsize=256)
def _included(stamped: _Stamped) -> tuple[tuple[str, str], ...]:
    """Return what a requirement file includes: "r" or "c" for constraints, and the file's name."""
    options = (_OPTION.fullmatch(line) for line in _logical_lines(_text(_bytes(stamped))))
    found = ((_kind(option), option[3].strip("\"' ")) for option in options if option)
    return tuple(pair for pair in found if pair[0] != "e")


@functools.lru_cache(maxsize=256)
def _requirements(stamped: _Stamped) -> tuple[_Wanted, ...]:
    """Return what a requirement file asks for itself."""
    wanted: list[_Wanted] = []
    for line in _logical_lines(_text(_bytes(stamped))):
        if len(wanted) > MOST_LINES:
            return ()
        if option := _OPTION.fullmatch(line):
            wanted += _of_address(option[3]) if _kind(option) == "e" else ()
        elif line and not line.startswith("-"):
            wanted += _requirement(_OPTIONS.split(line, 1)[0].strip())
    return tuple(wanted)


def _kind(option: re.Match[str]) -> str:
    return (option[1] or option[2])[0]


_OPTION = re.compile(r"(?:-([rce])[\s=]*|--(requirement|constraint|editable)[\s=])([^\s=].*)")
_OPTIONS = re.compile(r"\s--?[a-zA-Z]")
_COMMENT = re.compile(r"(?:^|\s)#.*")

# That of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _text(data: bytes) -> str:
    # Names and versions are ASCII, so of other encodings only comments suffer.
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    return data.decode(encoding, "replace")


def _logical_lines(text: str) -> Iterator[str]:
    """Yield the lines of a requirement file as pip joins them, without comments."""
    begun: list[str] = []
    for line in text.splitlines():
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            begun.append(line.rstrip("\\"))
            continue
        yield _COMMENT.sub("", "".join([*begun, " " if is_comment else line])).strip()
        begun = []
    yield _COMMENT.sub("", "".join(begun)).strip()


def _requirement(text: str) -> tuple[_Wanted, ...]:
    """Return what a requirement such as `aiohttp[speedups] >=3; os_name == "nt"` asks for."""
    if len(text) > LONGEST_LINE:
        return ()
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return _of_address(text)
    wishes = _wishes(requirement.specifier)
    for address in _of_address(requirement.url or ""):
        wishes = address.wishes
    return (_Wanted(canonicalize_name(requirement.name), wishes, requirement.marker is not None),)


def _of_address(text: str) -> tuple[_Wanted, ...]:
    """Return what an address or a path says of itself: by a wheel's name, or after `#egg=`."""
    place, _, fragment = text.partition("#")
    name = re.split(r"[/\\]", place.partition("?")[0].strip())[-1]
    with contextlib.suppress(ValueError):
        distribution, version, _, _ = parse_wheel_filename(urllib.parse.unquote(name))
        return (_Wanted(distribution, (str(version),)),)
    egg = _EGG.search(fragment)
    return (_Wanted(canonicalize_name(egg[1])),) if egg else ()


_EGG = re.compile(r"\begg=([A-Za-z0-9][\w.-]*)")


@functools.lru_cache(maxsize=64)
def _declared(several: tuple[_Stamped, ...]) -> _Mapping:
    """Return what a pyproject.toml declares."""
    document = _toml(_bytes(several[0]))
    project, tool = _table(document, "project"), _table(document, "tool")
    poetry, pdm, uv = (_table(tool, name) for name in ("poetry", "pdm", "uv"))
    main = [*_listed(project.get("dependencies")), *_poetry(poetry.get("dependencies"))]
    extras = [
        _listed(group)
        for groups in (
            _table(project, "optional-dependencies"),
            _table(document, "dependency-groups"),
            _table(pdm, "dev-dependencies"),
            {"dev": uv.get("dev-dependencies")},
        )
        for group in groups.values()
    ]
    extras += [
        _poetry(_table(groups, name).get("dependencies"))
        for groups in (_table(poetry, "group"),)
        for name in groups
    ]
    return _with_extras(main, [*extras, _poetry(poetry.get("dev-dependencies"))])


@functools.lru_cache(maxsize=64)
def _declared_in_setup(several: tuple[_Stamped, ...]) -> _Mapping:
    """Return what a setup.cfg declares."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(_bytes(several[0])))
    except configparser.Error:
        return {}
    main = parser.get("options", "install_requires", fallback="")
    section = "options.extras_require"
    extras = parser.items(section) if parser.has_section(section) else []
    return _with_extras(
        _listed(main.splitlines()), [_listed(text.splitlines()) for _, text in extras if text]
    )


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _listed(entries: object) -> list[_Wanted]:
    several = entries[:MOST_LINES] if isinstance(entries, list) else []
    return [
        wanted for text in several if isinstance(text, str) for wanted in _requirement(text.strip())
    ]


def _poetry(table: object) -> list[_Wanted]:
    """Return what a table of Poetry's asks for."""
    found: list[_Wanted] = []
    for name, entry in table.items() if isinstance(table, dict) else ():
        entries = entry if isinstance(entry, list) else [entry]
        for each in entries[:MOST_LINES] if name != "python" else ():
            text = each.get("version") if isinstance(each, dict) else each
            is_conditional = isinstance(each, dict) and not _CONDITIONS.isdisjoint(each)
            wishes = _poetry_condition(text) if isinstance(text, str) else ()
            found.append(_Wanted(canonicalize_name(name), wishes, is_conditional))
    return found


_CONDITIONS = frozenset({"markers", "python", "platform"})
_POETRY = re.compile(r"(\^|~=|~|===?|!=|<=?|>=?|=|)\s*([^\s,<>=!~^]+)[\s,]*")


def _poetry_condition(text: str) -> tuple[Wish, ...]:
    """Return what "^1.2 || ~3.4" asks for, () for any version and for what is broken."""
    found: list[Wish] = []
    alternatives = text.split("|") if len(text) <= LONGEST_LINE else []
    for alternative in (part for part in alternatives if part.strip()):
        if _POETRY.sub("", alternative).strip():
            return ()
        try:
            bounds = [_poetry_bound(*pair) for pair in _POETRY.findall(alternative)]
        except ValueError:  # of which InvalidVersion is one
            return ()
        wishes = _condition(",".join(bound for bound in bounds if bound))
        if not wishes:
            return ()
        found += wishes
    return _few(found)


def _poetry_bound(operator: str, version: str) -> str:
    if version == "*":
        return ""
    if operator not in ("^", "~"):
        return f"{'==' if operator in ('', '=') else operator}{version}"
    release = Version(version).release
    last = 0 if operator == "~" and len(release) == 1 else 1
    if operator == "^":
        last = next((index for index, part in enumerate(release) if part), len(release) - 1)
    above = [*release[:last], release[last] + 1]
    return f">={version},<{'.'.join(map(str, above))}"
