"""Settings are taken, or refused by their names."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_asyncrun.analysis import look
from flake8_asyncrun.config import (
    KEYS,
    Config,
    ConfigError,
    fixable,
    load,
    over,
    parse,
    reader,
    selected,
)
from flake8_asyncrun.globs import Glob
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
        "extend-select": ["RUN3"],
        "extend-ignore": ["RUN301"],
        "per-file-ignores": {"tests/*": ["RUN1"]},
        "extend-per-file-ignores": {"!bot.py": ["RUN2"]},
        "exclude": ["gen"],
        "extend-exclude": ["old/*.py"],
        "force-exclude": True,
        "respect-gitignore": False,
        "src": ["lib", "/elsewhere/../src"],
    }
    assert {*table, "extend"} == set(KEYS)
    assert parse(table, folder="/project") == Config(
        Target.since("3.8"),
        ("RUN1", "RUN201", "RUN3"),
        ("RUN102", "RUN301"),
        ("RUN1",),
        ("RUN101",),
        unsafe_fixes=True,
        python=".venv",
        loop_capturing=("mypkg.Client",),
        coroutine_functions=("mypkg.start", "mypkg.Client.run"),
        known_safe=("mypkg.Safe", "otherpkg"),
        per_file_ignores=((Glob("tests/*", "/project"), ("RUN1",)),),
        extend_per_file_ignores=((Glob("!bot.py", "/project"), ("RUN2",)),),
        exclude=(Glob("gen", "/project"),),
        extend_exclude=(Glob("old/*.py", "/project"),),
        force_exclude=True,
        respect_gitignore=False,
        src=(os.path.normpath("/project/lib"), os.path.normpath("/src")),
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
        ({"extend-select": "RUN1"}, "extend-select: expected a list of codes"),
        ({"extend-ignore": ["E501"]}, "extend-ignore: expected codes such as"),
        ({"per-file-ignores": ["a.py:RUN1"]}, "per-file-ignores: expected a table such as"),
        ({"per-file-ignores": {"": ["RUN1"]}}, 'per-file-ignores: expected patterns such as "tes'),
        ({"per-file-ignores": {"!": ["RUN1"]}}, "per-file-ignores: expected patterns such as"),
        (
            {"per-file-ignores": {"a.py": "RUN1"}},
            'per-file-ignores: "a.py": expected a list of codes such as',
        ),
        (
            {"extend-per-file-ignores": {"a.py": ["E5"]}},
            'extend-per-file-ignores: "a.py": expected codes such as',
        ),
        ({"exclude": "gen"}, 'exclude: expected a list of patterns such as ["generated", "docs/*'),
        ({"extend-exclude": [""]}, "extend-exclude: expected a list of patterns"),
        ({"force-exclude": "yes"}, "force-exclude: expected true or false, not 'yes'"),
        ({"respect-gitignore": None}, "respect-gitignore: expected true or false, not None"),
        ({"src": "src"}, 'src: expected a list of folders such as ["src"], not '),
        ({"src": [1]}, "src: expected a list of folders"),
        ({"extend": "base.toml"}, "extend: only a file can extend another"),
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


def test_what_is_selected_replaces_and_what_is_extended_adds() -> None:
    base = parse({"select": ["RUN1", "RUN3"], "ignore": ["RUN102"], "unfixable": ["RUN1"]})
    for table, select, ignore in [
        ({"select": ["RUN2"]}, ("RUN2",), ()),
        ({"select": ["RUN2"], "ignore": ["RUN201"]}, ("RUN2",), ("RUN201",)),
        ({"ignore": ["RUN101"]}, ("RUN1", "RUN3"), ("RUN102", "RUN101")),
        ({"extend-ignore": ["RUN101"]}, ("RUN1", "RUN3"), ("RUN102", "RUN101")),
        ({"extend-select": ["RUN2"]}, ("RUN1", "RUN3", "RUN2"), ("RUN102",)),
        ({"extend-select": ["RUN102"]}, ("RUN1", "RUN3", "RUN102"), ()),
        ({"extend-select": ["RUN102"], "ignore": ["RUN102"]}, None, ("RUN102",)),
        ({"select": ["RUN2"], "extend-select": ["RUN1"]}, ("RUN2", "RUN1"), ()),
    ]:
        config = parse(table, base)
        assert config.select == (select or ("RUN1", "RUN3", "RUN102"))
        assert config.ignore == ignore
        assert config.unfixable == ("RUN1",)
    assert parse({"fixable": ["RUN2"]}, base).unfixable == ()
    assert parse({"unfixable": ["RUN2"]}, base).unfixable == ("RUN1", "RUN2")


def test_lists_of_files_are_replaced_and_extended() -> None:
    def globs(config: Config) -> list[list[str]]:
        both = ("per_file_ignores", "extend_per_file_ignores")
        said = [[glob.text for glob, _ in getattr(config, key)] for key in both]
        return [*said, *([glob.text for glob in getattr(config, key)] for key in EXCLUDES)]

    base = parse({"per-file-ignores": {"a": []}, "extend-per-file-ignores": {"b": []}})
    base = parse({"exclude": ["c"], "extend-exclude": ["d"]}, base)
    assert globs(base) == [["a"], ["b"], ["c"], ["d"]]
    config = parse({"per-file-ignores": {"x": []}, "exclude": ["y"]}, base)
    assert globs(config) == [["x"], ["b"], ["y"], ["d"]]
    config = parse({"extend-per-file-ignores": {"x": []}, "extend-exclude": ["y"]}, base)
    assert globs(config) == [["a"], ["b", "x"], ["c"], ["d", "y"]]


EXCLUDES = ("exclude", "extend_exclude")


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("a.py", ["a.py", "tests/a.py", "tests/sub/a.py"]),
        ("./a.py", ["a.py"]),
        ("tests/*", ["tests/a.py", "tests/b.py", "tests/sub/a.py"]),
        ("tests/*.py", ["tests/a.py", "tests/b.py", "tests/sub/a.py"]),
        ("tests", ["tests/a.py", "tests/b.py", "tests/sub/a.py"]),
        ("tests/", ["tests/a.py", "tests/b.py", "tests/sub/a.py"]),
        ("**/sub/*", ["tests/sub/a.py"]),
        ("!tests/*", ["a.py"]),
        ("!{a,b}.py", []),
        ("project", []),
    ],
)
@pytest.mark.parametrize("key", ["per-file-ignores", "extend-per-file-ignores"])
def test_codes_are_ignored_in_the_files_a_pattern_means(
    tmp_path: Path, key: str, pattern: str, files: list[str]
) -> None:
    folder = tmp_path / "project"
    project(folder, f'[tool.asyncrun]\n{key} = {{"{pattern}" = ["RUN1"]}}\n')
    ignoring = []
    for name in ("a.py", "tests/a.py", "tests/b.py", "tests/sub/a.py"):
        codes = selected(load(str(folder / name)), CODES)
        assert codes in (frozenset(CODES), {"RUN001", "RUN201"})
        ignoring += [name] if "RUN101" not in codes else []
    assert ignoring == files


def test_what_a_file_ignores_is_out_though_it_is_selected(tmp_path: Path) -> None:
    text = 'select = ["RUN101"]\nper-file-ignores = {"a.py" = ["RUN1"], "*" = ["RUN001"]}\n'
    path = project(tmp_path, f"[tool.asyncrun]\n{text}")
    assert selected(load(path), CODES) == frozenset()
    assert selected(load(str(tmp_path / "b.py")), CODES) == {"RUN101"}


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


@pytest.mark.parametrize("key", ["per-file-ignores", "extend-per-file-ignores"])
def test_a_prefix_for_other_files_is_looked_at_too(key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: no rule's code begins with RUN9$"):
        selected(parse({key: {"x.py": ["RUN1", "RUN9"]}}), CODES)


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


def test_a_file_of_its_own_comes_before_the_projects(tmp_path: Path) -> None:
    path = project(tmp_path, '[project]\nrequires-python = ">=3.8"\n[tool.asyncrun]\nselect = []\n')
    assert load(path) == Config(Target.since("3.8"), select=())
    (tmp_path / "asyncrun.toml").write_text('select = ["RUN1"]\n')
    assert load(path) == Config(Target.since("3.8"), select=("RUN1",))
    (tmp_path / ".asyncrun.toml").write_text('select = ["RUN2"]\n')
    assert load(path) == Config(Target.since("3.8"), select=("RUN2",))
    inner = project(tmp_path / "inner", '[tool.asyncrun]\nselect = ["RUN3"]\n')
    assert load(inner) == Config(Target.since("3.8"), select=("RUN3",))
    (tmp_path / "inner" / "pyproject.toml").unlink()
    (tmp_path / "inner" / "asyncrun.toml").write_text("")
    assert load(inner) == Config(Target.since("3.8")), "an empty file says: the defaults"


def test_a_file_extends_others_where_it_says_nothing(tmp_path: Path) -> None:
    path = project(
        tmp_path / "inner",
        '[tool.asyncrun]\nextend = "../base/asyncrun.toml"\nignore = ["RUN102"]\n',
    )
    (tmp_path / "base" / "env").mkdir(parents=True)
    (tmp_path / "base" / "asyncrun.toml").write_text(
        'extend = "pyproject.toml"\nselect = ["RUN1", "RUN2"]\nignore = ["RUN2"]\nsrc = ["lib"]\n'
        'python = "env"\nextend-exclude = ["gen/x.py"]\nknown-safe = ["a"]\n'
    )
    project(
        tmp_path / "base",
        '[tool.asyncrun]\nselect = ["RUN3"]\nunsafe-fixes = true\ntarget-version = "3.8"\n'
        'known-safe = ["b"]\n[project]\nrequires-python = ">=3.12"\n',
    )
    base = str(tmp_path / "base")
    config = load(path)
    assert config == Config(
        Target.since("3.8"),
        ("RUN1", "RUN2"),
        ("RUN2", "RUN102"),
        unsafe_fixes=True,
        python=str(tmp_path / "base" / "env"),
        src=(str(tmp_path / "base" / "lib"),),
        extend_exclude=(Glob("gen/x.py", base),),
        known_safe=("a",),
    )
    assert config.python_said_in == str(tmp_path / "base" / "asyncrun.toml")
    assert config.folder == str(tmp_path / "inner")


def test_a_file_may_be_extended_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "base.toml").write_text('select = ["RUN2"]\n')
    path = project(tmp_path / "inner", '[tool.asyncrun]\nextend = "~/base.toml"\n')
    assert load(path).select == ("RUN2",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"base.toml": 'extend = "asyncrun.toml"'}, "{base}: extend: goes round in a ring: {ring}"),
        ({"base.toml": 'extend = "./base.toml"'}, "{base}: extend: goes round in a ring: {self}"),
        ({}, "{own}: extend: there is no file {base}"),
        ({"base.toml": 'extend = "~nobody-of-that-name/x"'}, "{base}: extend: there is no file "),
        ({"base.toml": "selekt = 1"}, "{base}: selekt: unknown key; did you mean select?"),
        ({"base.toml": "extend = 1"}, "{base}: extend: expected the path of a configuration file"),
        ({"base.toml": "x ="}, "{base}: is not TOML: "),
        ({"base.toml": 'extend = "pyproject.toml"'}, "{base}: extend: there is no file {project}"),
        (
            {"base.toml": 'extend = "pyproject.toml"', "pyproject.toml": "[tool.other]"},
            "{project}: has no [tool.asyncrun]",
        ),
        (
            {"base.toml": "[tool.asyncrun]\nselect = []"},
            "{base}: tool.asyncrun: unknown key; in this file settings stand in no table",
        ),
        (
            {"base.toml": 'known-safe = ["a.b"]', "asyncrun.toml": 'loop-capturing = ["a.b"]'},
            "{own}: known-safe: a.b is already in loop-capturing",
        ),
    ],
)
def test_what_cannot_be_extended_is_named(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    own, base = str(tmp_path / "asyncrun.toml"), str(tmp_path / "base.toml")
    for name, text in {"asyncrun.toml": "", **files}.items():
        more = 'extend = "base.toml"\n' if name == "asyncrun.toml" else ""
        (tmp_path / name).write_text(f"{more}{text}\n")
    with pytest.raises(ConfigError) as caught:
        load(str(tmp_path / "a.py"))
    expected = message.format(
        own=own,
        base=base,
        project=tmp_path / "pyproject.toml",
        ring=f"{own} -> {base} -> {own}",
        self=f"{base} -> {base}",
    )
    assert str(caught.value).startswith(expected)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right")
def test_a_ring_is_seen_through_links(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "asyncrun.toml").write_text('extend = "again/asyncrun.toml"\n')
    with pytest.raises(ConfigError, match="extend: goes round in a ring: "):
        load(str(tmp_path / "a.py"))


@pytest.mark.parametrize("name", [".asyncrun.toml", "asyncrun.toml", "pyproject.toml"])
def test_a_file_that_may_not_be_read_is_named(unprivileged: Path, name: str) -> None:
    (unprivileged / name).write_text("[tool.other]\n")
    (unprivileged / name).chmod(0)
    with pytest.raises(ConfigError, match=f"{name}: cannot be read: Permission denied$"):
        load(str(unprivileged / "a.py"))


def test_a_path_that_cannot_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.asyncrun\.toml: cannot be read: "):
        load(str(tmp_path / ("x" * 300) / "a.py"))


def test_a_folder_that_may_not_be_searched_says_nothing(unprivileged: Path) -> None:
    (unprivileged / "asyncrun.toml").write_text('select = ["RUN1"]\n')
    inner = unprivileged / "inner"
    inner.mkdir()
    (inner / "asyncrun.toml").write_text('select = ["RUN2"]\n')
    inner.chmod(0)
    assert load(str(inner / "a.py")).select == ("RUN1",)
    inner.chmod(0o755)
    assert load(str(inner / "a.py")).select == ("RUN2",)


def test_settings_go_to_other_processes() -> None:
    config = parse({"extend-exclude": ["gen", "docs/*.py"], "per-file-ignores": {"a": ["RUN1"]}})
    assert config.excluded.means("/x", "gen", True)
    sent = pickle.loads(pickle.dumps(config))
    assert sent == config
    assert sent.excluded.means("/x", "gen", True)
    assert not sent.excluded.means("/x", "b.py", False)


def test_a_folders_settings_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, '[tool.asyncrun]\nselect = ["RUN1"]\n')
    read = over(reader(), {"ignore": ["RUN102"]})
    first = read(str(tmp_path / "pkg" / "a.py"))
    (tmp_path / "pyproject.toml").write_text("[tool.asyncrun]\nselect = 1\n")
    assert read(str(tmp_path / "pkg" / "b.py")) is first
    assert read(str(tmp_path / "pkg" / "sub" / "c.py")) is first
    again = reader()
    for name in ("a.py", "b.py"):
        with pytest.raises(ConfigError, match="select: expected a list of codes"):
            again(str(tmp_path / name))


def test_a_chain_of_folders_without_end_is_no_matter(tmp_path: Path) -> None:
    path = project(tmp_path, '[tool.asyncrun]\nselect = ["RUN1"]\n')
    deep = os.path.join(os.path.dirname(path), *["d"] * 1500, "a.py")  # noqa: PTH118, PTH120
    assert load(deep).select == ("RUN1",)


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
