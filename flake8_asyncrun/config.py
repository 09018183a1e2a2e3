"""The settings, what follows where they say nothing, and the files that they stand in."""

from __future__ import annotations

import difflib
import functools
import keyword
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from flake8_asyncrun.globs import Glob, Matcher, matcher, mean
from flake8_asyncrun.names.target import DEFAULT, KNOWN, Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILES = (".asyncrun.toml", "asyncrun.toml")
"""Files that hold nothing but settings; in a folder they count before its pyproject.toml."""

FILES = (*OWN_FILES, "pyproject.toml")
"""What configures the files beside it and below."""

EXCLUDED = (
    ".*/",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""What is excluded where nothing is said: Ruff's default, with all hidden folders."""

Kind = Literal[
    "a file",
    "a version",
    "codes",
    "codes by pattern",
    "dotted names",
    "folders",
    "patterns",
    "a path",
    "yes or no",
]


@dataclass(frozen=True)
class Key:
    """What may be said in a configuration file."""

    kind: Kind
    means: str
    """One line, for editors."""


KEYS: Mapping[str, Key] = {
    "target-version": Key("a version", "The oldest Python that the code supports."),
    "select": Key("codes", "Codes of rules, or prefixes of them, that are asked."),
    "ignore": Key("codes", "Codes of rules, or prefixes of them, that are not asked."),
    "extend-select": Key("codes", "Codes that are asked beside those selected already."),
    "extend-ignore": Key("codes", "Codes that are not asked beside those ignored already."),
    "per-file-ignores": Key("codes by pattern", "Codes to ignore in the files that patterns mean."),
    "extend-per-file-ignores": Key(
        "codes by pattern", "The same, beside what is said of files already."
    ),
    "fixable": Key("codes", "Codes whose findings may be repaired."),
    "unfixable": Key("codes", "Codes whose findings are only reported."),
    "unsafe-fixes": Key("yes or no", "Also apply fixes that may change what the program does."),
    "exclude": Key("patterns", "Files and folders to leave out, instead of the defaults."),
    "extend-exclude": Key("patterns", "Files and folders to leave out beside those."),
    "force-exclude": Key("yes or no", "Leave out what is excluded even where it is named."),
    "respect-gitignore": Key("yes or no", "Leave out what git ignores."),
    "src": Key("folders", "Folders from which imports of the project begin."),
    "python": Key("a path", "An interpreter or environment whose packages the code imports."),
    "loop-capturing": Key(
        "dotted names", "Classes and functions that take the current loop when they are called."
    ),
    "coroutine-functions": Key("dotted names", "Functions and methods that return a coroutine."),
    "known-safe": Key("dotted names", "What does nothing to the loop; a module covers all in it."),
    "extend": Key("a file", "A configuration file that counts where this one says nothing."),
}

PREFIX = re.compile(r"ALL|RUN\d{0,3}")


class ConfigError(Exception):
    """A setting that cannot be used; `str()` of it names the key and what was expected."""


@dataclass(frozen=True)
class Config:
    """How files are to be checked."""

    target: Target = DEFAULT
    select: tuple[str, ...] = ("ALL",)
    """Prefixes of codes, or "ALL"."""
    ignore: tuple[str, ...] = ()
    fixable: tuple[str, ...] = ("ALL",)
    """Prefixes of the codes whose findings may be repaired."""
    unfixable: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    python: str | None = None
    """An interpreter, or the folder of an environment, whose packages the code imports."""
    python_said_in: str = field(default="", compare=False)
    """The file that names `python`, "" for none."""
    said_in: str = field(default="", compare=False)
    """The file that these settings are from, "" for none."""
    loop_capturing: tuple[str, ...] = ()
    """Dotted names of classes and functions that take the current loop when they are called."""
    coroutine_functions: tuple[str, ...] = ()
    """Dotted names of functions and methods that return a coroutine."""
    known_safe: tuple[str, ...] = ()
    """Dotted names of what does nothing to the loop; that of a module stands for all in it."""
    per_file_ignores: tuple[tuple[Glob, tuple[str, ...]], ...] = ()
    """Prefixes of codes that are not for the files that a glob means; with "!", all others."""
    extend_per_file_ignores: tuple[tuple[Glob, tuple[str, ...]], ...] = ()
    ignored_here: tuple[str, ...] = ()
    """What the two come to for one file."""
    exclude: tuple[Glob, ...] = tuple(map(Glob, EXCLUDED))
    extend_exclude: tuple[Glob, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    src: tuple[str, ...] = ()
    """Folders from which imports of the project begin, absolute."""
    folder: str = field(default="", compare=False)
    """That of the nearest configuration file, "" for none."""
    said: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)
    """The keys of which something was said, and the files; "" is the command line."""

    @property
    def excluded(self) -> Matcher:
        """What says which entries of folders are left out."""
        return matcher((*self.exclude, *self.extend_exclude))


def parse(
    table: Mapping[str, object], base: Config | None = None, *, folder: str = "", file: str = ""
) -> Config:
    """Return `base`, else the defaults, changed as the entries of [tool.asyncrun] say.

    Paths and patterns in it are relative to `folder`; `file` is where it stands, "" for nowhere.
    What is selected replaces all that was selected and ignored before, what is ignored or extended
    is added to it; likewise what is fixable. Raises ConfigError for an unknown key or a value of
    the wrong kind. Whether a prefix names a rule is for `selected` to say.
    """
    config = base or Config()
    given = {key: _taken(key, value, folder) for key, value in table.items()}
    if "extend" in given:
        raise ConfigError("extend: only a file can extend another")
    changes: dict[str, Any] = {
        _FIELDS.get(key, key.replace("-", "_")): value for key, value in given.items()
    }
    more, less = changes.pop("extend_select", ()), changes.pop("extend_ignore", ())
    # Of two prefixes as long the later one counts.
    ignored = () if "select" in changes else (one for one in config.ignore if one not in more)
    unfixable = () if "fixable" in changes else config.unfixable
    changes["select"] = (*changes.get("select", config.select), *more)
    changes["ignore"] = (*ignored, *changes.get("ignore", ()), *less)
    changes["unfixable"] = (*unfixable, *changes.get("unfixable", ()))
    for key in ("extend_exclude", "extend_per_file_ignores"):
        changes[key] = (*getattr(config, key), *changes.get(key, ()))
    if "python" in given:
        changes["python_said_in"] = file
    config = replace(config, **changes, said=_said(config, given, file))
    _check_apart(config)
    return config


_FIELDS = {"target-version": "target"}


def _said(base: Config, given: Iterable[str], file: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return where the settings stand, once `file` says more of the `given` keys."""
    said = dict(base.said)
    for key, replaced in (
        ("select", ("select", "extend-select", "ignore", "extend-ignore")),
        ("fixable", ("fixable", "unfixable")),
    ):
        if key in given:
            said = {each: where for each, where in said.items() if each not in replaced}
    for key in given:
        adds = key.startswith("extend-") or key in ("ignore", "unfixable")
        said[key] = (*(said.get(key, ()) if adds else ()), file)
    return tuple(said.items())


def for_file(config: Config, path: str) -> Config:
    """Return a configuration with what it ignores in the file at a path."""
    entries = (*config.per_file_ignores, *config.extend_per_file_ignores)
    if not entries:
        return config
    full = os.path.abspath(path)  # noqa: PTH100 - pathlib's keeps ".."
    here = tuple(prefix for glob, prefixes in entries if _means(glob, full) for prefix in prefixes)
    return replace(config, ignored_here=here) if here else config


def _means(glob: Glob, path: str) -> bool:
    is_other = glob.text.startswith("!")
    plain = replace(glob, text=glob.text[1:]) if is_other else glob
    return mean((plain,), path, glob.folder) is not is_other


def _check_apart(config: Config) -> None:
    """Raise ConfigError for a name of which two things are said."""
    said: dict[str, str] = {}
    for key, names in (
        ("loop-capturing", config.loop_capturing),
        ("coroutine-functions", config.coroutine_functions),
        ("known-safe", config.known_safe),
    ):
        for name in names:
            if name in said:
                raise ConfigError(f"{key}: {name} is already in {said[name]}")
            said[name] = key


Read = Callable[[str], Config]
"""The configuration for the file at a path. Raises ConfigError, with the name of the file, for what
cannot be used."""


def load(path: str) -> Config:
    """Return the configuration for a single file, as `reader` says."""
    return over(reader())(path)


def reader(file: str | None = None) -> Read:
    """Return what reads the configuration for files, that of each folder once.

    It is that of the nearest folder above the file that has one: its .asyncrun.toml or
    asyncrun.toml, else [tool.asyncrun] in its pyproject.toml; or that of `file` for all, whose
    paths are relative to the current folder then. What a file extends counts where it says nothing.
    Without a target version in it, the `requires-python` of the nearest project counts.
    """
    fixed: list[Config] = []
    known: dict[str, _Near | ConfigError] = {}

    def read(path: str) -> Config:
        if file is not None and not fixed:
            fixed.append(_read_with_extended(file, folder=str(Path.cwd())))
        folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - called often
        if folder not in known:
            _learn(folder, known, fixed[0] if fixed else None)
        near = known[folder]
        if isinstance(near, ConfigError):
            raise near
        return near.resolved

    return read


def over(read: Read, *tables: Mapping[str, object]) -> Read:
    """Return what reads the configuration for each single file, changed as tables say in turn.

    Paths and patterns in them are relative to the current folder.
    """
    folder = str(Path.cwd()) if tables else ""
    changed: dict[int, tuple[Config, Config]] = {}

    def configured(path: str) -> Config:
        base = config = read(path)
        if id(base) not in changed:
            for table in tables:
                config = parse(table, config, folder=folder)
            changed[id(base)] = base, config  # while it is kept, no other has its id
        return for_file(changed[id(base)][1], path)

    return configured


@dataclass(frozen=True)
class _Near:
    """What counts in a folder, as far as it is known."""

    config: Config | None
    required: Target | None
    """What the nearest project requires."""
    required_in: str

    @property
    def is_all(self) -> bool:
        has_target = self.required is not None
        return self.config is not None and (
            has_target or "target-version" in dict(self.config.said)
        )

    @functools.cached_property
    def resolved(self) -> Config:
        config = self.config or Config()
        if self.required is None or "target-version" in dict(config.said):
            return config
        where = (f"{self.required_in} (requires-python)",)
        return replace(config, target=self.required, said=(*config.said, ("target-version", where)))


def _learn(folder: str, known: dict[str, _Near | ConfigError], fixed: Config | None) -> None:
    """Find out what counts in a folder and in those above it that have to be asked."""
    below: list[tuple[str, _Near]] = []
    above: _Near | ConfigError = _Near(fixed, None, "")
    while True:
        if folder in known:
            above = known[folder]
            break
        try:
            own = _own(folder, fixed)
        except ConfigError as error:
            known[folder] = above = error
            break
        below.append((folder, own))
        outer = os.path.dirname(folder)  # noqa: PTH120 - called often
        if own.is_all or outer == folder:
            break
        folder = outer
    for inner, own in reversed(below):
        if own.is_all:
            above = own
        elif isinstance(above, _Near):
            above = _over(own, above)
        known[inner] = above


def _over(near: _Near, above: _Near) -> _Near:
    if near.config is None and near.required is None:
        return above
    required = near if near.required is not None else above
    return _Near(near.config or above.config, required.required, required.required_in)


def _own(folder: str, fixed: Config | None) -> _Near:
    """Return what the files in a folder say, without those above."""
    config = fixed
    if fixed is None:
        for name in OWN_FILES:
            file = f"{folder.rstrip(os.sep)}{os.sep}{name}"
            if config is None and _read(file) is not None:
                config = _read_with_extended(file)
    file = f"{folder.rstrip(os.sep)}{os.sep}pyproject.toml"
    document = _read(file)
    if document is None:
        return _Near(config, None, "")
    try:
        has_table = fixed is None and _table(document, "tool", "asyncrun") is not None
        required = (_table(document, "project") or {}).get("requires-python")
        admitted = None if required is None else _admitted(required)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    if config is None and has_table:
        config = _read_with_extended(file)
    return _Near(config, admitted, file)


def _read_with_extended(
    file: str, *, folder: str | None = None, inner: tuple[str, ...] = ()
) -> Config:
    """Return what a file says, and what it extends, where it says nothing.

    `inner` are the files that extend it. Raises ConfigError that names the file.
    """
    here = os.path.dirname(file) if folder is None else folder  # noqa: PTH120 - a string is wanted
    document = _read(file) or {}  # it was there when it was found
    base = None
    try:
        table = dict(_own_table(file, document))
        outer = _extended(table.pop("extend", None), (*inner, file))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    if outer is not None:
        base = _read_with_extended(outer, inner=(*inner, file))
    try:
        config = parse(table, base, folder=here, file=file)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    if "python" in table and config.python is not None:
        config = replace(config, python=_beside(Path(here), config.python))
    return replace(config, folder=here, said_in=file)


def _own_table(file: str, document: Mapping[str, object]) -> Mapping[str, object]:
    table = _table(document, "tool", "asyncrun") if "tool" in document else None
    if Path(file).name == "pyproject.toml":
        if table is None:
            raise ConfigError("has no [tool.asyncrun]")
        return table
    if table is not None:
        raise ConfigError("tool.asyncrun: unknown key; in this file settings stand in no table")
    return document


def _extended(named: object, chain: tuple[str, ...]) -> str | None:
    """Return the file that the last one of a chain extends, if any."""
    if named is None:
        return None
    if not isinstance(named, str) or not named:
        raise _expected("extend", "the path of a configuration file", named)
    file = _absolute(named, os.path.dirname(chain[-1]))  # noqa: PTH120 - a string is wanted
    real = [os.path.realpath(one) for one in (*chain, file)]
    if real[-1] in real[:-1]:
        ring = " -> ".join((*chain[real.index(real[-1]) :], file))
        raise ConfigError(f"extend: goes round in a ring: {ring}")
    if not Path(file).is_file():
        raise ConfigError(f"extend: there is no file {file}")
    return file


def names_codes(config: Config) -> bool:
    """Say whether a configuration names rules, so that it takes the rules to say it is sound."""
    plain = Config()
    return any(
        getattr(config, key) != getattr(plain, key)
        for key in (
            "select",
            "ignore",
            "fixable",
            "unfixable",
            "per_file_ignores",
            "extend_per_file_ignores",
        )
    )


def selected(config: Config, codes: Iterable[str]) -> frozenset[str]:
    """Return those of the rules' `codes` that are selected: the longest prefix wins.

    Where the same prefix is selected and ignored, it is ignored; what is ignored in one file is out
    in any case. Raises ConfigError for a prefix that begins no code.
    """
    codes = tuple(codes)
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        for _, prefixes in getattr(config, key.replace("-", "_")):
            _check_prefixes(key, prefixes, codes)
    chosen = _chosen(codes, ("select", config.select), ("ignore", config.ignore))
    return frozenset(code for code in chosen if _longest(config.ignored_here, code) < 0)


def fixable(config: Config, codes: Iterable[str]) -> frozenset[str]:
    """Return those of the rules' `codes` whose findings may be repaired, as `selected` does."""
    return _chosen(codes, ("fixable", config.fixable), ("unfixable", config.unfixable))


def _chosen(
    codes: Iterable[str], taken: tuple[str, tuple[str, ...]], left: tuple[str, tuple[str, ...]]
) -> frozenset[str]:
    codes = tuple(codes)
    for key, prefixes in (taken, left):
        _check_prefixes(key, prefixes, codes)
    return frozenset(code for code in codes if _longest(taken[1], code) > _longest(left[1], code))


def _check_prefixes(key: str, prefixes: Iterable[str], codes: Iterable[str]) -> None:
    for prefix in prefixes:
        if not any(_covers(prefix, code) for code in codes):
            raise ConfigError(f"{key}: no rule's code begins with {prefix}")


def _covers(prefix: str, code: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def _longest(prefixes: Iterable[str], code: str) -> int:
    lengths = (
        0 if prefix == "ALL" else len(prefix) for prefix in prefixes if _covers(prefix, code)
    )
    return max(lengths, default=-1)


def _taken(key: str, value: object, folder: str) -> object:
    """Return the value of a key as it is kept."""
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, 1)
        known = f"did you mean {near[0]}?" if near else f"known are {', '.join(KEYS)}"
        raise ConfigError(f"{key}: unknown key; {known}")
    match KEYS[key].kind:
        case "a version":
            return _target(key, value)
        case "codes":
            return _prefixes(key, value)
        case "codes by pattern":
            return _by_pattern(key, value, folder)
        case "dotted names":
            return _dotted_names(key, value)
        case "folders":
            named = _strings(key, value, 'a list of folders such as ["src"]')
            return tuple(_absolute(each, folder) for each in named)
        case "patterns":
            said = _strings(key, value, 'a list of patterns such as ["generated", "docs/*.py"]')
            return tuple(Glob(each, folder) for each in said)
        case "yes or no":
            if not isinstance(value, bool):
                raise _expected(key, "true or false", value)
        case "a path":
            if not isinstance(value, str) or not value:
                raise _expected(key, "the path of an interpreter or an environment", value)
    return value


def _strings(key: str, value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise _expected(key, what, value)
    return tuple(value)


def _by_pattern(key: str, value: object, folder: str) -> object:
    if not isinstance(value, Mapping):
        raise _expected(key, 'a table such as {"tests/*" = ["RUN2"]}', value)
    entries = []
    for pattern, codes in value.items():
        if not pattern.removeprefix("!"):
            raise _expected(key, 'patterns such as "tests/*"', pattern)
        entries.append((Glob(pattern, folder), _prefixes(f'{key}: "{pattern}"', codes)))
    return tuple(entries)


def _absolute(path: str, folder: str) -> str:
    expanded = os.path.expanduser(path)  # noqa: PTH111 - "~" may be nobody's home
    return os.path.normpath(Path(folder) / expanded)


def _prefixes(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _expected(key, 'a list of codes such as ["RUN1", "RUN201"]', value)
    for entry in value:
        if not PREFIX.fullmatch(entry):
            raise _expected(key, 'codes such as "RUN1", "RUN201" or "ALL"', entry)
    return tuple(value)


_EXAMPLES = {
    "loop-capturing": '"mypkg.Client"',
    "coroutine-functions": '"mypkg.start"',
    "known-safe": '"mypkg.Safe" or "otherpkg"',
}


def _dotted_names(key: str, value: object) -> tuple[str, ...]:
    covers_modules = key == "known-safe"
    example = _EXAMPLES[key]
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _expected(key, f"a list of dotted names such as {example}", value)
    for entry in value:
        parts = entry.split(".")
        if parts[-1] == "*":
            hint = (
                "the name of a module covers everything in it"
                if covers_modules
                else "only in known-safe does the name of a module cover everything in it"
            )
            raise ConfigError(f"{key}: expected a dotted name, not {entry!r}; {hint}")
        is_name = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
        if not is_name or (len(parts) == 1 and not covers_modules):
            raise _expected(key, f"dotted names such as {example}", entry)
    return tuple(dict.fromkeys(value))


def _target(key: str, value: object) -> Target:
    if not isinstance(value, str):
        raise _expected(key, 'a string such as "3.10"', value)
    try:
        return Target.since(value)
    except ValueError as error:
        raise ConfigError(f"{key}: {error}") from None


def _expected(key: str, what: str, value: object) -> ConfigError:
    return ConfigError(f"{key}: expected {what}, not {value!r}")


def _read(file: str) -> Mapping[str, object] | None:
    """Return what is in a file, None where there is none, or none that we may see."""
    try:
        status = os.stat(file)  # noqa: PTH116 - called often
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        return _document(file, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None


@functools.lru_cache
def _document(file: str, _mtime: int, _size: int) -> Mapping[str, object]:
    return tomllib.loads(Path(file).read_bytes().decode())


def _table(document: Mapping[str, object], *keys: str) -> Mapping[str, object] | None:
    found: Mapping[str, object] = document
    for depth, key in enumerate(keys, 1):
        part = found.get(key)
        if part is None:
            return None
        if not isinstance(part, Mapping):
            raise _expected(".".join(keys[:depth]), "a table", part)
        found = part
    return found


def _beside(folder: Path, python: str) -> str:
    # A bare name ("python3.12") is looked up on PATH, unless it is a folder here (".venv").
    path = folder / python
    return str(path) if path.exists() or Path(python).name != python else python


def _admitted(required: object) -> Target:
    key = "project.requires-python"
    if not isinstance(required, str):
        raise _expected(key, 'a string such as ">=3.10"', required)
    try:
        specifiers = SpecifierSet(required)
    except InvalidSpecifier:
        raise _expected(key, 'versions such as ">=3.10"', required) from None
    # Some release of it will do: ">=3.8.1" admits Python 3.8.
    admitted = [
        (major, minor)
        for major, minor in KNOWN
        if any(specifiers.contains(f"{major}.{minor}.{micro}") for micro in range(50))
    ]
    return Target(admitted[0], admitted[-1]) if admitted else DEFAULT
