"""Settings are taken, or refused by their names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_asyncrun.analysis import look
from flake8_asyncrun.config import Config, ConfigError, fixable, load, parse, selected
from flake8_asyncrun.names.target import DEFAULT, Target

CODES = ("RUN001", "RUN101", "RUN102", "RUN201")


def test_every_key_is_taken() -> None:
    table = {
        "target-version": "3.8",
        "select": ["RUN1", "RUN201"],
        "ignore": ["RUN102"],
        "fixable": ["RUN1"],
        "unfixable": ["RUN101"],
        "unsafe-fixes": True,
        "python": ".venv",
        "loop-capturing": ["mypkg.Client"],
        "coroutine-functions": ["mypkg.start", "mypkg.Client.run", "mypkg.start"],
        "known-safe": ["mypkg.Safe", "otherpkg"],
    }
    assert parse(table) == Config(
        Target.since("3.8"),
        ("RUN1", "RUN201"),
        ("RUN102",),
        ("RUN1",),
        ("RUN101",),
        unsafe_fixes=True,
        python=".venv",
        loop_capturing=("mypkg.Client",),
        coroutine_functions=("mypkg.start", "mypkg.Client.run"),
        known_safe=("mypkg.Safe", "otherpkg"),
    )


def test_nothing_said_means_the_defaults() -> None:
    assert parse({}) == Config(DEFAULT, ("ALL",), (), unsafe_fixes=False, python=None)


def test_a_base_is_changed_only_where_something_is_said() -> None:
    base = Config(select=("RUN1",), unsafe_fixes=True)
    assert parse({"ignore": ["RUN102"]}, base) == Config(
        select=("RUN1",), ignore=("RUN102",), unsafe_fixes=True
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"target-version": 3.1}, 'target-version: expected a string such as "3.10", not 3.1'),
        ({"target-version": "2.7"}, "target-version: Python 2.7 is not one of 3.7 to 3.15"),
        ({"target-version": "py310"}, "target-version: 'py310' is not a Python version"),
        ({"select": "RUN1"}, "select: expected a list of codes"),
        ({"ignore": [1]}, "ignore: expected a list of codes"),
        ({"select": ["E501"]}, 'select: expected codes such as "RUN1", "RUN201" or "ALL"'),
        ({"ignore": ["RUN1011"]}, "ignore: expected codes"),
        ({"fixable": "RUN1"}, "fixable: expected a list of codes"),
        ({"unfixable": ["E501"]}, 'unfixable: expected codes such as "RUN1", "RUN201" or "ALL"'),
        ({"unsafe-fixes": 1}, "unsafe-fixes: expected true or false, not 1"),
        ({"python": ""}, "python: expected the path of an interpreter"),
        ({"unsafe_fixes": True}, "unsafe_fixes: unknown key; did you mean unsafe-fixes?"),
        ({"xyz": 1}, "xyz: unknown key; known are target-version, select"),
        ({"known_safe": []}, "known_safe: unknown key; did you mean known-safe?"),
        (
            {"loop-capturing": "mypkg.Client"},
            'loop-capturing: expected a list of dotted names such as "mypkg.Client", not ',
        ),
        (
            {"coroutine-functions": ["mypkg.start", 1]},
            'coroutine-functions: expected a list of dotted names such as "mypkg.start", not ',
        ),
        (
            {"known-safe": [""]},
            'known-safe: expected dotted names such as "mypkg.Safe" or "otherpkg", not \'\'',
        ),
        (
            {"known-safe": ["mypkg.*"]},
            "known-safe: expected a dotted name, not 'mypkg.*'; the name of a module covers ",
        ),
        (
            {"loop-capturing": ["mypkg.*"]},
            "loop-capturing: expected a dotted name, not 'mypkg.*'; only in known-safe does ",
        ),
        (
            {"loop-capturing": ["Client"]},
            "loop-capturing: expected dotted names such as \"mypkg.Client\", not 'Client'",
        ),
        (
            {"loop-capturing": ["mypkg.Client"], "known-safe": ["mypkg", "mypkg.Client"]},
            "known-safe: mypkg.Client is already in loop-capturing",
        ),
        (
            {"known-safe": ["mypkg.start"], "coroutine-functions": ["mypkg.start"]},
            "known-safe: mypkg.start is already in coroutine-functions",
        ),
    ],
)
def test_what_cannot_be_used_is_named(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(table)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("key", ["loop-capturing", "coroutine-functions", "known-safe"])
@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b.c",
        "a.b()",
        "a-b.c",
        "a/b.c",
        "a.1",
        "a.class",
        " a.b",
        "*",
    ],
)
def test_what_is_no_dotted_name_is_named(key: str, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{key}: expected .* not {re.escape(repr(name))}"):
        parse({key: ["mypkg.Good", name]})


def test_a_name_may_be_told_more_closely_than_its_module() -> None:
    table = {"known-safe": ["mypkg"], "loop-capturing": ["mypkg.Client", "gehäuse.Größe"]}
    assert parse(table).loop_capturing == ("mypkg.Client", "gehäuse.Größe")


def test_a_base_counts_too_where_names_meet() -> None:
    base = Config(known_safe=("mypkg.Client",))
    with pytest.raises(
        ConfigError, match=r"^known-safe: mypkg\.Client is already in loop-capturing$"
    ):
        parse({"loop-capturing": ["mypkg.Client"]}, base)


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (("ALL",), (), CODES),
        (("RUN",), (), CODES),
        (("RUN1",), (), ("RUN101", "RUN102")),
        (("RUN1",), ("RUN101",), ("RUN102",)),
        (("RUN101",), ("RUN1",), ("RUN101",)),
        (("ALL", "RUN101"), ("RUN1",), ("RUN001", "RUN101", "RUN201")),
        (("RUN1",), ("RUN1",), ()),
        (("ALL",), ("ALL",), ()),
        (("RUN2",), ("ALL",), ("RUN201",)),
        ((), (), ()),
    ],
)
def test_the_longest_prefix_wins(
    select: tuple[str, ...], ignore: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert selected(Config(select=select, ignore=ignore), CODES) == frozenset(expected)


def test_what_is_fixable_is_chosen_as_what_is_selected() -> None:
    assert fixable(Config(), CODES) == frozenset(CODES)
    assert fixable(Config(unfixable=("ALL",)), CODES) == frozenset()
    config = Config(select=("RUN2",), fixable=("RUN1", "RUN201"), unfixable=("RUN101", "RUN2"))
    assert fixable(config, CODES) == {"RUN102", "RUN201"}


@pytest.mark.parametrize(
    ("key", "choose"),
    [("select", selected), ("ignore", selected), ("fixable", fixable), ("unfixable", fixable)],
)
def test_a_prefix_that_begins_no_code_is_named(
    key: str, choose: Callable[[Config, tuple[str, ...]], frozenset[str]]
) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: no rule's code begins with RUN9$"):
        choose(parse({key: ["RUN1", "RUN9"]}), CODES)


def project(folder: Path, text: str) -> str:
    """Write a pyproject.toml, and return the path of a file below it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text, "utf-8")
    return str(folder / "pkg" / "a.py")


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    project(tmp_path, '[tool.asyncrun]\nselect = ["RUN1"]\nignore = ["RUN101"]\n')
    path = project(tmp_path / "inner", '[tool.asyncrun]\nselect = ["RUN2"]\n')
    assert load(path) == Config(select=("RUN2",))
    project(tmp_path / "inner", "[tool.other]\nx = 1\n")
    assert load(path) == Config(select=("RUN1",), ignore=("RUN101",))


def test_no_table_means_the_defaults(tmp_path: Path) -> None:
    assert load(project(tmp_path, "")) == Config()


@pytest.mark.parametrize(
    ("required", "target"),
    [
        (">=3.8", Target((3, 8), (3, 15))),
        (">=3.8.1,<3.12", Target((3, 8), (3, 11))),
        (">3.9", Target((3, 9), (3, 15))),
        (">=3.10,<4", Target((3, 10), (3, 15))),
        ("==3.11.*", Target((3, 11), (3, 11))),
        ("==3.11.4", Target((3, 11), (3, 11))),
        ("~=3.9", Target((3, 9), (3, 15))),
        (">=2.7,!=3.0.*,!=3.1.*", Target((3, 7), (3, 15))),
        ("", Target((3, 7), (3, 15))),
        ("<3", DEFAULT),
    ],
)
def test_what_the_project_requires_is_the_target(
    tmp_path: Path, required: str, target: Target
) -> None:
    path = project(tmp_path, f'[project]\nrequires-python = "{required}"\n')
    assert load(path).target == target


def test_a_target_version_outweighs_what_the_project_requires(tmp_path: Path) -> None:
    project(tmp_path, '[tool.asyncrun]\ntarget-version = "3.12"\n')
    path = project(tmp_path / "inner", '[project]\nrequires-python = ">=3.8"\n')
    assert load(path).target == Target.since("3.12")


def test_the_requirement_may_stand_above_the_table(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nrequires-python = ">=3.8"\n')
    path = project(tmp_path / "inner", '[tool.asyncrun]\nselect = ["RUN2"]\n')
    assert load(path) == Config(Target.since("3.8"), ("RUN2",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.asyncrun\n", "is not TOML: "),
        ("[tool.asyncrun]\nselekt = []\n", "selekt: unknown key; did you mean select?"),
        ("project = 1\n", "project: expected a table, not 1"),
        ("[tool]\nasyncrun = 1\n", "tool.asyncrun: expected a table, not 1"),
        ("tool = 3\n", "tool: expected a table, not 3"),
        (
            "[project]\nrequires-python = 3\n",
            'project.requires-python: expected a string such as ">',
        ),
        ('[project]\nrequires-python = "3.10 up"\n', "project.requires-python: expected versions"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = project(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: {message}")
    assert "\n" not in str(caught.value)


def test_tables_of_others_are_none_of_ours(tmp_path: Path) -> None:
    assert load(project(tmp_path, "[tool]\nother = 1\n")) == Config()


def test_bytes_that_are_no_toml_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: is not TOML: 'utf-8'"):
        load(str(tmp_path / "a.py"))


def test_a_folder_of_that_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ConfigError, match=r"pyproject\.toml: cannot be read: "):
        load(str(tmp_path / "a.py"))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = project(tmp_path, '[tool.asyncrun]\nselect = ["RUN1"]\n')
    assert load(path).select == ("RUN1",)
    project(tmp_path, '[tool.asyncrun]\nselect = ["RUN2"]\n')
    os.utime(tmp_path / "pyproject.toml", ns=(1, 1))
    assert load(path).select == ("RUN2",)


def test_python_is_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    for written, python in [
        ("env", str(tmp_path / "env")),
        ("other/bin/python", str(tmp_path / "other" / "bin" / "python")),
        ("python3.12", "python3.12"),
    ]:
        path = project(tmp_path, f'[tool.asyncrun]\npython = "{written}"\n')
        assert load(path).python == python


def test_what_is_told_of_names_counts(tmp_path: Path) -> None:
    code = (
        "import asyncio\nfrom mypkg import Client\nclient = Client()\n"
        "async def main():\n    await client.go()\nasyncio.run(main())\n"
    )
    for table, lines in [
        ("", []),
        ('loop-capturing = ["mypkg.Client"]', [3]),
        ('loop-capturing = ["mypkg.Other"]', []),
        ('known-safe = ["mypkg"]', []),
    ]:
        path = project(tmp_path, f"[tool.asyncrun]\n{table}\n")
        os.utime(tmp_path / "pyproject.toml", ns=(len(table), 1))
        source, found = look(path, code, load)
        places = [source.line_and_column(finding.span.start)[0] for finding in found.findings]
        assert (places, found.errors) == (lines, ())


def test_reading_the_configuration_imports_no_libcst() -> None:
    code = "import sys, flake8_asyncrun.config; sys.exit('libcst' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
