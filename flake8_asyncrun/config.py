"""The settings in [tool.asyncrun] of a pyproject.toml, and what follows where they say nothing."""

from __future__ import annotations

import difflib
import functools
import keyword
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from flake8_asyncrun.names.target import DEFAULT, KNOWN, Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PREFIX = re.compile(r"ALL|RUN\d{0,3}")


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
    """The pyproject.toml that names `python`, "" for none."""
    loop_capturing: tuple[str, ...] = ()
    """Dotted names of classes and functions that take the current loop when they are called."""
    coroutine_functions: tuple[str, ...] = ()
    """Dotted names of functions and methods that return a coroutine."""
    known_safe: tuple[str, ...] = ()
    """Dotted names of what does nothing to the loop; that of a module stands for all in it."""


def parse(table: Mapping[str, object], base: Config | None = None) -> Config:
    """Return `base`, else the defaults, changed as the entries of [tool.asyncrun] say.

    Raises ConfigError for an unknown key or a value of the wrong kind. Whether a prefix names a
    rule is for `selected` to say.
    """
    config = base or Config()
    for key, value in table.items():
        match key:
            case "target-version":
                config = replace(config, target=_target(key, value))
            case "select":
                config = replace(config, select=_prefixes(key, value))
            case "ignore":
                config = replace(config, ignore=_prefixes(key, value))
            case "fixable":
                config = replace(config, fixable=_prefixes(key, value))
            case "unfixable":
                config = replace(config, unfixable=_prefixes(key, value))
            case "unsafe-fixes":
                if not isinstance(value, bool):
                    raise _expected(key, "true or false", value)
                config = replace(config, unsafe_fixes=value)
            case "python":
                if not isinstance(value, str) or not value:
                    raise _expected(key, "the path of an interpreter or an environment", value)
                config = replace(config, python=value, python_said_in="")
            case "loop-capturing":
                config = replace(config, loop_capturing=_dotted_names(key, value))
            case "coroutine-functions":
                config = replace(config, coroutine_functions=_dotted_names(key, value))
            case "known-safe":
                config = replace(config, known_safe=_dotted_names(key, value))
            case _:
                near = difflib.get_close_matches(key, _KEYS, 1)
                known = f"did you mean {near[0]}?" if near else f"known are {', '.join(_KEYS)}"
                raise ConfigError(f"{key}: unknown key; {known}")
    _check_apart(config)
    return config


_KEYS = (
    "target-version",
    "select",
    "ignore",
    "fixable",
    "unfixable",
    "unsafe-fixes",
    "python",
    "loop-capturing",
    "coroutine-functions",
    "known-safe",
)


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


def load(path: str) -> Config:
    """Return the configuration for a file: that of the nearest pyproject.toml above that has one.

    Without a target version in it, the `requires-python` of the nearest project counts. Raises
    ConfigError, with the name of the file, for what cannot be used.
    """
    config: Config | None = None
    target: Target | None = None
    for folder in Path(os.path.normpath(Path(path).absolute())).parents:
        file = folder / "pyproject.toml"
        document = _read(file)
        try:
            table = _table(document, "tool", "asyncrun")
            if config is None and table is not None:
                config = parse(table)
                if "target-version" in table:
                    target = config.target
                if config.python is not None:
                    python = _beside(file, config.python)
                    config = replace(config, python=python, python_said_in=str(file))
            required = (_table(document, "project") or {}).get("requires-python")
            if target is None and required is not None:
                target = _admitted(required)
        except ConfigError as error:
            raise ConfigError(f"{file}: {error}") from None
        if config is not None and target is not None:
            break
    return replace(config or Config(), target=target or DEFAULT)


def selected(config: Config, codes: Iterable[str]) -> frozenset[str]:
    """Return those of the rules' `codes` that are selected: the longest prefix wins.

    Where the same prefix is selected and ignored, it is ignored. Raises ConfigError for a prefix
    that begins no code.
    """
    return _chosen(codes, ("select", config.select), ("ignore", config.ignore))


def fixable(config: Config, codes: Iterable[str]) -> frozenset[str]:
    """Return those of the rules' `codes` whose findings may be repaired, as `selected` does."""
    return _chosen(codes, ("fixable", config.fixable), ("unfixable", config.unfixable))


def _chosen(
    codes: Iterable[str], taken: tuple[str, tuple[str, ...]], left: tuple[str, tuple[str, ...]]
) -> frozenset[str]:
    codes = tuple(codes)
    for key, prefixes in (taken, left):
        for prefix in prefixes:
            if not any(_covers(prefix, code) for code in codes):
                raise ConfigError(f"{key}: no rule's code begins with {prefix}")
    return frozenset(code for code in codes if _longest(taken[1], code) > _longest(left[1], code))


def _covers(prefix: str, code: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def _longest(prefixes: Iterable[str], code: str) -> int:
    lengths = (
        0 if prefix == "ALL" else len(prefix) for prefix in prefixes if _covers(prefix, code)
    )
    return max(lengths, default=-1)


def _prefixes(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _expected(key, 'a list of codes such as ["RUN1", "RUN201"]', value)
    for entry in value:
        if not _PREFIX.fullmatch(entry):
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


def _read(file: Path) -> Mapping[str, object]:
    try:
        status = file.stat()
        return _document(file, status.st_mtime_ns, status.st_size)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None


@functools.lru_cache
def _document(file: Path, _mtime: int, _size: int) -> Mapping[str, object]:
    return tomllib.loads(file.read_bytes().decode())


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


def _beside(file: Path, python: str) -> str:
    # A bare name ("python3.12") is looked up on PATH, unless it is a folder here (".venv").
    path = file.parent / python
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
