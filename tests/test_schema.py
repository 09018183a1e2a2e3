"""What editors are told of the settings, and whether the parser says the same."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import jsonschema
import pytest

from flake8_asyncrun.config import EXCLUDED, KEYS, ConfigError, fixable, parse, selected
from flake8_asyncrun.rules import ALL
from tests.generated import DOCS, README

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CODES = [rule.code for rule in ALL]
SCHEMA: dict[str, Any] = json.loads((DOCS / "asyncrun.schema.json").read_text("utf-8"))

GOOD: dict[str, list[object]] = {
    "target-version": ["3.7", "3.10", "3.15"],
    "select": [[], ["ALL"], ["RUN", "RUN1", "RUN20", "RUN403"], ["RUN1", "RUN1"]],
    "ignore": [["RUN001"], ["RUN0"]],
    "extend-select": [["RUN109"]],
    "extend-ignore": [["RUN1"]],
    "per-file-ignores": [{}, {"tests/*": ["RUN1"], "!a.py": []}, {"**/{a,b}.py": ["ALL"]}],
    "extend-per-file-ignores": [{"a b.py": ["RUN1"]}],
    "fixable": [["ALL"], ["RUN1"]],
    "unfixable": [["RUN2"]],
    "unsafe-fixes": [True, False],
    "exclude": [[], ["gen", "docs/*.py", "!"]],
    "extend-exclude": [["**/x"]],
    "force-exclude": [True],
    "respect-gitignore": [False],
    "src": [[], ["src", "../lib", "/elsewhere"]],
    "python": [".venv", "python3.12"],
    "loop-capturing": [[], ["mypkg.Client", "gehäuse.Größe", "a_1._b"]],
    "coroutine-functions": [["mypkg.start", "mypkg.Client.run"]],
    "known-safe": [["mypkg", "mypkg.Safe", "classes.x", "a.is_it"]],
}
BAD: dict[str, list[object]] = {
    "target-version": [3.1, "2.7", "3.6", "3.16", "py310", "", None],
    "select": ["RUN1", [1], ["E501"], ["RUN9"], ["RUN1011"], ["run1"], ["RU"], [""], {}],
    "ignore": ["ALL", ["RUN999"]],
    "extend-select": ["ALL", [["RUN1"]]],
    "extend-ignore": [None, ["X"]],
    "per-file-ignores": [[], "a.py:RUN1", {"a.py": "RUN1"}, {"a.py": ["E5"]}, {"": []}, {"!": []}],
    "extend-per-file-ignores": [["a.py"], {"a.py": [1]}, {"a.py": ["RUN9"]}],
    "fixable": ["ALL", ["RUN9"]],
    "unfixable": [True, ["ALL "]],
    "unsafe-fixes": [1, "true", None, []],
    "exclude": ["gen", [""], [1], {"gen": True}],
    "extend-exclude": ["gen", [None]],
    "force-exclude": [0, "yes"],
    "respect-gitignore": [1, ["no"]],
    "src": ["src", [""], [1]],
    "python": ["", 3, [".venv"]],
    "loop-capturing": ["a.b", ["Client"], ["a.*"], ["a..b"], ["a.class"], ["a b.c"], ["a.1"], [""]],
    "coroutine-functions": [[1], ["start"], [".a"], ["a."], ["a-b.c"], ["None.x"]],
    "known-safe": ["pkg", ["*"], ["a.*"], ["a/b"], ["in"], ["1a"]],
}


def is_valid(table: dict[str, object]) -> bool:
    return jsonschema.Draft7Validator(SCHEMA).is_valid(table)


def is_taken(table: dict[str, object]) -> bool:
    try:
        config = parse(table)
        selected(config, CODES)
        fixable(config, CODES)
    except ConfigError:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert {*GOOD} == {*BAD} == {*KEYS} - {"extend"} == {*SCHEMA["properties"]} - {"extend"}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in GOOD.items() for value in values]
)
def test_editors_and_the_parser_take(key: str, value: object) -> None:
    assert (is_valid({key: value}), is_taken({key: value})) == (True, True)


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in BAD.items() for value in values]
)
def test_editors_and_the_parser_refuse(key: str, value: object) -> None:
    assert (is_valid({key: value}), is_taken({key: value})) == (False, False)


def test_unknown_keys_are_refused_and_files_extended() -> None:
    assert not is_valid({"selekt": []})
    assert not is_taken({"selekt": []})
    assert is_valid({"extend": "../base.toml"})
    assert not is_valid({"extend": ""})
    assert not is_valid({"extend": 1})


def test_the_readme_knows_every_key_and_shows_what_is_valid() -> None:
    text = README.read_text("utf-8")
    section = text[text.index("\n## Configuration\n") : text.index("\n### Where it looks\n")]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall(r"`([a-z-]+)`", row)} == {*KEYS}
    shown, line = re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert line == f"#:schema {SCHEMA['$id']}\n"
    table = tomllib.loads(shown)["tool"]["asyncrun"]
    assert (is_valid(table), is_taken(table)) == (True, True)
    for pattern in EXCLUDED:
        assert "hidden folders" in section if pattern == ".*/" else f"`{pattern}`" in section


def test_defaults_are_said() -> None:
    defaults = {
        name: key["default"] for name, key in SCHEMA["properties"].items() if "default" in key
    }
    assert parse(defaults) == parse({})
    assert {"select", "exclude", "respect-gitignore", "unsafe-fixes"} <= {*defaults}
