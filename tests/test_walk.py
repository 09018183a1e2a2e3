"""What is done of a folder, and what is left out: as the user says, as git and Ruff would."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flake8_asyncrun import files, walk
from flake8_asyncrun.config import Config, ConfigError, over, reader
from flake8_asyncrun.files import FileError

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, and a user who has told git nothing."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or f"# {name}\n", "utf-8")


def plain(path: str) -> Config:
    return Config()


def listed(*paths: str, **said: object) -> list[str]:
    """Return what is done of paths, by the files that are there and what is said on top."""
    table = {key.replace("_", "-"): value for key, value in said.items()}
    found, errors = walk.python_files(paths or (".",), over(reader(), table))
    assert errors == []
    return [Path(name).as_posix() for name in found]


def test_folders_are_walked_in_order_without_what_is_not_ours(here: Path) -> None:
    put(here, "b.py", "a.pyi", "c.txt", "pkg/z.py", "pkg/a/b.py", "build/x.py", "B.PY")
    put(here, ".hidden/x.py", "__pycache__/x.py", "node_modules/x.py", "venv/x.py")
    put(here, "dist/x.py", "_build/x.py", "site-packages/x.py", "my env/pyvenv.cfg")
    put(here, "my env/x.py", "conda/x.py", "conda/conda-meta/history")
    (here / "folder.py").mkdir()
    put(here, "folder.py/x.py")
    found, errors = walk.python_files([str(here)], plain)
    names = [Path(name).relative_to(here).as_posix() for name in found]
    assert names == ["a.pyi", "b.py", "build/x.py", "folder.py/x.py", "pkg/a/b.py", "pkg/z.py"]
    assert errors == []


def test_what_is_named_is_done_once(here: Path) -> None:
    put(here, "a.py", "script", "venv/x.py", ".hidden/y.py")
    paths = ["script", "venv", ".hidden/y.py", "a.py", ".", "./a.py", "missing.py"]
    expected = ["script", str(Path("venv/x.py")), ".hidden/y.py", "a.py", "missing.py"]
    assert walk.python_files(paths, plain) == (expected, [])
    assert walk.python_files(["."], plain)[0] == ["a.py"]


@needs_links
def test_links_do_not_lead_round_in_circles(here: Path) -> None:
    put(here, "pkg/a.py")
    (here / "pkg" / "again").symlink_to(here)
    (here / "pkg" / "b.py").symlink_to(here / "pkg" / "a.py")
    (here / "pkg" / "loop.py").symlink_to(here / "pkg" / "loop.py")
    found, errors = walk.python_files([str(here)], plain)
    assert [Path(name).name for name in found] == ["a.py", "loop.py"]
    assert errors == []
    with pytest.raises(FileError, match="cannot be read"):
        files.read(found[1])


def test_a_folder_that_may_not_be_listed_is_named(unprivileged: Path) -> None:
    put(unprivileged, "a.py", "sub/b.py")
    (unprivileged / "sub").chmod(0)
    found, errors = walk.python_files([str(unprivileged)], plain)
    assert [Path(name).name for name in found] == ["a.py"]
    assert [str(error) for error in errors] == [
        f"{unprivileged / 'sub'}: cannot be read: permission denied"
    ]
    (unprivileged / "sub").chmod(0o755)


def test_a_folder_is_shown_as_it_was_named(here: Path) -> None:
    put(here, "pkg/a.py", "pkg/sub/b.py")
    assert listed("./pkg/") == ["pkg/a.py", "pkg/sub/b.py"]
    assert listed("pkg/../pkg/sub") == ["pkg/sub/b.py"]
    assert listed(str(here / "pkg")) == [
        (here / "pkg" / "a.py").as_posix(),
        (here / "pkg/sub/b.py").as_posix(),
    ]
    assert listed("pkg/sub", ".", "pkg") == ["pkg/sub/b.py", "pkg/a.py"]


@needs_links
def test_a_file_comes_once_however_it_is_reached(here: Path) -> None:
    put(here, "pkg/a.py", "other/b.py")
    (here / "link").symlink_to(here / "pkg")
    (here / "other" / "a.py").symlink_to(here / "pkg" / "a.py")
    (here / "other" / "folder.py").symlink_to(here / "pkg")
    assert listed("link", "pkg", "other") == ["link/a.py", "other/b.py"]
    assert listed(".") == ["other/a.py", "other/b.py"]


def test_folders_as_deep_as_may_be(here: Path) -> None:
    deep = Path(*["d"] * 400)
    put(here, str(deep / "a.py"))
    assert listed() == [(deep / "a.py").as_posix()]


TREE = ("a.py", "gen/b.py", "pkg/gen/c.py", "pkg/old.py", "pkg/sub/old.py", "pkg/sub/d_pb2.py")


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["gen"], ["a.py", "pkg/old.py", "pkg/sub/d_pb2.py", "pkg/sub/old.py"]),
        (["gen/"], ["a.py", "pkg/old.py", "pkg/sub/d_pb2.py", "pkg/sub/old.py"]),
        (["./gen"], ["a.py", "pkg/gen/c.py", "pkg/old.py", "pkg/sub/d_pb2.py", "pkg/sub/old.py"]),
        (["pkg/gen"], ["a.py", "gen/b.py", "pkg/old.py", "pkg/sub/d_pb2.py", "pkg/sub/old.py"]),
        (["old.py", "*_pb2.py"], ["a.py", "gen/b.py", "pkg/gen/c.py"]),
        (["old.py/"], sorted(TREE)),
        (["pkg/*.py"], ["a.py", "gen/b.py"]),
        (["**/sub"], ["a.py", "gen/b.py", "pkg/gen/c.py", "pkg/old.py"]),
        (["pkg/**/old.py"], ["a.py", "gen/b.py", "pkg/gen/c.py", "pkg/sub/d_pb2.py"]),
        (["{a,old}.py"], ["gen/b.py", "pkg/gen/c.py", "pkg/sub/d_pb2.py"]),
        (["[!a].py"], ["a.py", "pkg/old.py", "pkg/sub/d_pb2.py", "pkg/sub/old.py"]),
        (["en", "pkg/ol"], sorted(TREE)),
    ],
)
def test_patterns_leave_out(here: Path, patterns: list[str], left: list[str]) -> None:
    put(here, *TREE)
    assert listed(exclude=patterns) == left
    assert listed(extend_exclude=patterns) == left
    assert listed(extend_exclude=[str(here / "pkg")]) == ["a.py", "gen/b.py"]


def test_patterns_are_relative_to_the_file_they_stand_in(here: Path) -> None:
    put(here, *TREE, "pkg/pkg/old.py")
    put(here, "pkg/asyncrun.toml", text='extend-exclude = ["sub/d*", "../pkg/gen", "pkg/old.py"]\n')
    assert listed() == ["a.py", "gen/b.py", "pkg/old.py", "pkg/sub/old.py"]
    put(here, "asyncrun.toml", text='extend = "pkg/asyncrun.toml"\nexclude = ["a.py"]\n')
    (here / "pkg" / "asyncrun.toml").rename(here / "pkg" / "base.toml")
    put(here, "asyncrun.toml", text='extend = "pkg/base.toml"\nextend-exclude = ["a.py"]\n')
    assert listed() == ["gen/b.py", "pkg/old.py", "pkg/sub/old.py"]


def test_a_folder_with_odd_signs_in_its_name_is_no_pattern(here: Path) -> None:
    put(here, "[ab]{c}*/gen/x.py", "[ab]{c}*/y.py", "a/gen/x.py")
    put(here, "[ab]{c}*/asyncrun.toml", text='exclude = ["gen/x.py"]\n')
    assert listed() == ["[ab]{c}*/y.py", "a/gen/x.py"]


def test_what_is_excluded_replaces_the_defaults_and_extends_them(here: Path) -> None:
    put(here, "a.py", "dist/x.py", ".tools/x.py", "gen/x.py", "env/x.py", "env/pyvenv.cfg")
    assert listed() == ["a.py", "gen/x.py"]
    assert listed(extend_exclude=["gen"]) == ["a.py"]
    assert listed(exclude=["gen"]) == [".tools/x.py", "a.py", "dist/x.py"]
    assert listed(exclude=["gen"], extend_exclude=["dist"]) == [".tools/x.py", "a.py"]
    assert listed(exclude=[]) == [".tools/x.py", "a.py", "dist/x.py", "gen/x.py"]


def test_the_nearest_configuration_leaves_out(here: Path) -> None:
    put(here, "pyproject.toml", text='[tool.asyncrun]\nextend-exclude = ["old"]\n')
    put(here, "old/a.py", "new/old/b.py", "new/gen/c.py")
    put(here, "new/asyncrun.toml", text='exclude = ["gen"]\n')
    assert listed() == ["new/old/b.py"]


def test_what_is_named_is_left_out_by_force_only(here: Path) -> None:
    put(here, "gen/a.py", "pkg/gen/b.py", "pkg/c.py", "d.py")
    put(here, "pyproject.toml", text='[tool.asyncrun]\nextend-exclude = ["gen", "d.py"]\n')
    names = ("gen/a.py", "pkg", "pkg/gen/b.py", "d.py", "gen")
    assert listed(*names) == ["gen/a.py", "pkg/c.py", "pkg/gen/b.py", "d.py"]
    assert listed(*names, force_exclude=True) == ["pkg/c.py"]
    assert listed("missing.py", force_exclude=True) == ["missing.py"]


def test_force_knows_only_folders_below_the_configuration(here: Path) -> None:
    put(here, "dist/bot/a.py", "dist/bot/dist/b.py")
    put(here, "dist/bot/asyncrun.toml", text="force-exclude = true\n")
    assert listed("dist/bot/a.py", "dist/bot/dist/b.py") == ["dist/bot/a.py"]


def test_a_broken_configuration_leaves_nothing_out(here: Path) -> None:
    put(here, "a.py", "pkg/b.py", "dist/c.py")
    put(here, "pkg/asyncrun.toml", text="exclude = 1\n")
    found, errors = walk.python_files(["."], reader())
    assert [Path(name).as_posix() for name in found] == ["a.py", "pkg/b.py"]
    assert errors == []
    with pytest.raises(ConfigError, match="exclude: expected a list of patterns"):
        reader()(found[1])


@pytest.fixture
def repository(here: Path) -> Path:
    (here / ".git" / "info").mkdir(parents=True)
    return here


def test_what_git_ignores_is_left_out(repository: Path) -> None:
    put(repository, "a.py", "gen/b.py", "pkg/gen/c.py", "pkg/d.py", "pkg/e.py", "pkg/keep/e.py")
    put(repository, ".gitignore", text="# generated\n/gen/\ne.py\n")
    put(repository, "pkg/keep/.gitignore", text="!e.py\n")
    assert listed() == ["a.py", "pkg/d.py", "pkg/gen/c.py", "pkg/keep/e.py"]
    assert listed("pkg") == ["pkg/d.py", "pkg/gen/c.py", "pkg/keep/e.py"]
    assert listed("gen", "pkg/e.py") == ["gen/b.py", "pkg/e.py"], "they are named"
    assert listed("gen", force_exclude=True) == ["gen/b.py"], "git is not asked of what is named"
    everything = ["a.py", "gen/b.py", "pkg/d.py", "pkg/e.py", "pkg/gen/c.py", "pkg/keep/e.py"]
    assert listed(respect_gitignore=False) == everything
    shutil.rmtree(repository / ".git")
    assert listed() == everything, "no repository, no git"


def test_git_may_be_asked_in_some_folders(repository: Path) -> None:
    put(repository, ".gitignore", text="x.py\n")
    put(repository, "x.py", "sub/x.py", "sub/y.py", "sub/deep/x.py")
    put(repository, "asyncrun.toml", text="respect-gitignore = false\n")
    put(repository, "sub/asyncrun.toml", text="respect-gitignore = true\n")
    assert listed() == ["sub/y.py", "x.py"]
    put(repository, "sub/deep/asyncrun.toml", text="respect-gitignore = false\n")
    assert listed() == ["sub/deep/x.py", "sub/y.py", "x.py"]


def test_a_repository_in_another_has_its_own_rules(repository: Path) -> None:
    put(repository, ".gitignore", text="x.py\n")
    put(repository, "x.py", "inner/x.py", "inner/y.py", "inner/.git/info/exclude")
    put(repository, "inner/.git/info/exclude", text="y.py\n")
    assert listed() == ["inner/x.py"]
    assert listed("inner") == ["inner/x.py"]


def test_a_worktree_has_its_list_elsewhere(here: Path) -> None:
    put(here, "tree/a.py", "tree/x.py")
    put(here, "tree/.git", text="gitdir: ../main/.git/worktrees/tree\n")
    put(here, "main/.git/worktrees/tree/commondir", text="../..\n")
    put(here, "main/.git/info/exclude", text="x.py\n")
    assert listed("tree") == ["tree/a.py"]


@pytest.mark.parametrize("place", ["usual", "xdg", "named", "elsewhere"])
def test_the_users_own_list_counts_last(
    repository: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    home = Path.home()
    put(repository, "a.py", "mine.py", "sub/mine.py")
    put(repository, "sub/.gitignore", text="!mine.py\n")
    if place == "usual":
        put(home, ".config/git/ignore", text="mine.py\n")
    elif place == "xdg":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
        put(home, "settings/git/ignore", text="mine.py\n")
    else:
        put(home, ".gitconfig", text="[core]\n\texcludesFile = ~/other\n")
        settings = home / (".gitconfig" if place == "named" else "git.ini")
        if place == "elsewhere":
            monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        settings.write_text('[user]\nname = A\n[core]\n\texcludesFile = "~/list"\n')
        put(home, "list", text="mine.py\n")
    assert listed() == ["a.py", "sub/mine.py"]


def test_a_list_that_cannot_be_read_counts_nothing(repository: Path) -> None:
    put(repository, "a.py", "sub/b.py", "x[.py", "none.py")
    (repository / ".gitignore").mkdir()
    assert listed() == ["a.py", "none.py", "sub/b.py", "x[.py"]
    (repository / ".gitignore").rmdir()
    (repository / ".gitignore").write_bytes(b"\xef\xbb\xbfa.py\r\n\xff\n\n!\n/\n!/\nx[\n///\nb\\\n")
    assert listed() == ["none.py", "sub/b.py", "x[.py"]


NAMES = ["a.py", "b.py", "ab.py", "a", "b", "c"]
SEGMENTS = [
    "a.py",
    "b.py",
    "*.py",
    "a",
    "b",
    "c",
    "*",
    "**",
    "a*",
    "?",
    "[ab]",
    "[!a].py",
    "\\a.py",
]
LINES = st.tuples(
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "/", " "]),
).map("".join)
PATHS = [
    f"{folder}{name}" for folder in ("", "a/", "b/", "a/b/", "a/c/", "b/a/") for name in NAMES[:3]
]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git says what is right")
@given(
    top=st.lists(LINES, max_size=5),
    inner=st.lists(LINES, max_size=3),
    deep=st.lists(LINES, max_size=2),
)
@example(top=["*.py", "!/a/"], inner=["!b/"], deep=[])
@example(top=["*.py"], inner=["!/b"], deep=[])
@example(top=["*", "!*/", "!a.py"], inner=[], deep=[])
@example(top=["a/**", "!a/b/"], inner=["!b.py"], deep=[])
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_git_agrees(here: Path, top: list[str], inner: list[str], deep: list[str]) -> None:
    if not (here / ".git").exists():
        subprocess.run(["git", "init", "-q", "."], check=True)
        put(here, *PATHS)
    for folder, lines in (("", top), ("a", inner), ("a/b", deep)):
        put(here / folder, ".gitignore", text="\n".join(lines) + "\n")
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", "*.py"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert sorted(listed(exclude=[])) == sorted(filter(None, said.split("\0")))


GLOBS = st.lists(
    st.sampled_from(["a.py", "b.py", "*.py", "a", "b", "c", "*", "**", "?", "[!a].py", "{a,b}.py"]),
    min_size=1,
    max_size=3,
).map("/".join)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ruff") is None, reason="Ruff says what its patterns mean")
@given(patterns=st.lists(st.one_of(GLOBS, GLOBS.map("./{}".format)), min_size=1, max_size=2))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_ruff_agrees(here: Path, patterns: list[str]) -> None:
    put(here, *PATHS)
    command = [
        "ruff",
        "check",
        "--isolated",
        "--show-files",
        "--config",
        f"exclude={patterns}",
        ".",
    ]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode().splitlines()
    expected = sorted(Path(line).relative_to(here.resolve()).as_posix() for line in said)
    assert sorted(listed(exclude=patterns)) == expected


def test_what_may_import_a_file_is_all_around_it(repository: Path) -> None:
    put(repository, "pyproject.toml", text='[tool.asyncrun]\nexclude = ["tests"]\n')
    put(repository, ".gitignore", text="mine.py\n")
    put(repository, "bot.py", "tests/t.py", "mine.py", "venv/x.py", ".hidden/x.py")
    found = [Path(one).relative_to(repository).as_posix() for one in walk.files_beside("bot.py")]
    assert found == ["bot.py", "mine.py", "tests/t.py"]


def test_beside_a_file_without_a_project_is_its_folder(here: Path) -> None:
    put(here, "scripts/b.py", "scripts/a.py", "scripts/sub/c.py", "d.py")
    found = [Path(one).relative_to(here).as_posix() for one in walk.files_beside("scripts/b.py")]
    assert found == ["scripts/a.py", "scripts/b.py"]
