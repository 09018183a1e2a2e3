"""What options and configuration files say together, for the command line, and how it is shown."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from flake8_asyncrun import files
from flake8_asyncrun.config import KEYS, Config, ConfigError, Read, over, parse, reader
from flake8_asyncrun.globs import Glob
from flake8_asyncrun.names.target import show
from flake8_asyncrun.report import quoted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT, OPTIONS = "default", "command line"
"""Where a setting may stand that stands in no file."""


def configuring(given: Mapping[str, object], said: Sequence[str], *, isolated: bool) -> Read:
    """Return what reads the configuration of files, with the options on top of it.

    `given` is what single options say, by their keys; `said` what --config says: at most one file,
    and settings in TOML. No file is looked for where it is `isolated`. Raises ConfigError for what
    cannot be used.
    """
    file: str | None = None
    tables: list[Mapping[str, object]] = []
    for text in said:
        if files.is_file(Path(text)):
            if file is not None:
                raise ConfigError(f"--config: one file is enough, not {file} and {text}")
            if isolated:
                raise ConfigError(f"--config: {text} cannot be read with --isolated")
            file = text
        else:
            tables.append(_table(text))
    for table in tables:
        _check("--config: ", table)
    _check("--", given)
    if isolated:
        alone = Config()
        return over(lambda _: alone, *tables, given)
    read = reader(None if file is None else os.path.abspath(file))  # noqa: PTH100 - without ".."
    if file is not None:
        read(file)
    return over(read, *tables, given)


def _check(before: str, table: Mapping[str, object]) -> None:
    try:
        parse(table)
    except ConfigError as error:
        raise ConfigError(f"{before}{error}") from None


def _table(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        said = 'neither a file nor a setting such as select = ["RUN1"]'
        raise ConfigError(f"--config: {text} is {said}") from None


def by_pattern(values: Iterable[str]) -> dict[str, list[str]]:
    """Return what options such as "tests/*:RUN1,RUN2" say; more codes may follow a comma.

    Raises ConfigError for codes without a pattern.
    """
    found: dict[str, list[str]] = {}
    pattern = ""
    for value in values:
        before, colon, code = value.rpartition(":")
        pattern = before.strip() if colon else pattern
        if not pattern:
            raise ConfigError(f"--per-file-ignores: expected PATTERN:CODES, not {value!r}")
        found.setdefault(pattern, []).append(code.strip())
    return found


def shown(path: str, config: Config, codes: Iterable[str], repaired: Iterable[str]) -> str:
    """Return the settings for a file as TOML: what counts, and where it stands.

    `codes` are those of the rules that are asked, `repaired` of those whose findings may be.
    """
    lines = [f"# Settings for {quoted(path)}"]
    said = dict(config.said)
    for key, value in _values(config).items():
        setting = f"# {key}: not said" if value is None else f"{key} = {_toml(key, value)}"
        more = f"extend-{key}" if key in _EXTENDED else ""
        lines.append(f"{setting} # {_origin(said, key, more)}")
        if more:
            lines.append(f"# {more}: in {key} # {_origin(said, more)}")
    lines.append(f"# Rules that are asked: {', '.join(codes) or 'none'}")
    lines.append(f"# Of these may be repaired: {', '.join(repaired) or 'none'}")
    lines.append("# Imports are looked up in:")
    lines += [
        f"#   {quoted(folder)}" for folder in files.search_path(path, config.python, config.src)
    ]
    return "".join(f"{line}\n" for line in lines)


_EXTENDED = ("select", "ignore")
"""The keys that hold what extends them."""


def _origin(said: Mapping[str, Sequence[str]], *keys: str) -> str:
    """Return where something is said of some keys."""
    where = dict.fromkeys(each for key in keys for each in said.get(key, ()))
    return ", ".join(quoted(each) or OPTIONS for each in where) or DEFAULT


def _values(config: Config) -> dict[str, object]:
    """Return what counts, by the keys that say it."""
    found: dict[str, object] = {}
    for key in KEYS:
        if key == "extend" or key in map("extend-{}".format, _EXTENDED):
            continue  # they are in what they extend
        value = getattr(config, "target" if key == "target-version" else key.replace("-", "_"))
        found[key] = show(config.target.first) if key == "target-version" else value
    return found


# What JSON leaves as it is, and TOML forbids or a terminal is steered by.
_ODD = re.compile("[\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _toml(key: str, value: object) -> str:
    if KEYS[key].kind == "codes by pattern" and isinstance(value, tuple):
        return f"{{ {', '.join(f'{_json(glob)} = {_json(codes)}' for glob, codes in value)} }}"
    return _json(value)


def _json(value: object) -> str:
    """Return a text, a list of texts or a boolean, which TOML writes as JSON does."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_json, value))}]"
    text = json.dumps(value.text if isinstance(value, Glob) else value, ensure_ascii=False)
    return _ODD.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
