"""--diff-only from outside, with real repositories: only what changed is told and repaired."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from flake8_asyncrun.changed_lines import changed_lines
from tests.command import call
from tests.test_cli import BAD, FIXED, GOOD, asyncrun, put, refused

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine"),
    pytest.mark.thorough,
]

NEW = "asyncio.run(main)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, with a configuration of git that would change what it prints."""
    config = tmp_path / "gitconfig"
    config.write_text(
        "[user]\nname = A\nemail = a@example.org\n[diff]\nnoprefix = true\nrelative = true\n"
        "renames = false\n[color]\nui = always\n[core]\nquotepath = true\nautocrlf = false\n"
    )
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    return folder


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def commit(message: str = "x") -> None:
    git("add", "--all")
    git("commit", "-q", "--allow-empty", "-m", message)


def places(*arguments: str, code: int = 1) -> list[str]:
    """Return the file and line of each finding."""
    lines = asyncrun("--check", "--output-format=concise", *arguments, code=code).splitlines()
    return [":".join(line.split(":")[:2]) for line in lines if " RUN" in line]


def test_only_changed_lines_are_told_and_repaired() -> None:
    put(a=BAD, b=BAD)
    commit()
    put(a=BAD + NEW, c=BAD)
    git("add", "a.py")
    assert places("--diff-only", "HEAD") == ["a.py:10", "c.py:5", "c.py:9"]
    assert places(".") == ["a.py:5", "a.py:9", "a.py:10", "b.py:5", "b.py:9", "c.py:5", "c.py:9"]
    assert asyncrun("--diff-only=HEAD", code=1) == "Found 3 findings (3 fixed, 0 left).\n"
    assert Path("a.py").read_text() == BAD + NEW.replace("main", "main()")
    assert (Path("b.py").read_text(), Path("c.py").read_text()) == (BAD, FIXED)
    assert asyncrun("--diff-only=HEAD", code=0) == "Nothing found.\n"


def test_nothing_changed_is_nothing_told() -> None:
    put(a=BAD)
    commit()
    assert places("--diff-only", "HEAD", code=0) == []
    os.utime("a.py", (0, 0))
    assert places("--diff-only", "HEAD", code=0) == []


def test_a_finding_over_lines_counts_with_any_of_them() -> None:
    put(a=GOOD.replace("main())", "\n    main,\n    debug=True,\n)"))
    commit()
    put(a=Path("a.py").read_text().replace("True", "False"))
    assert places("--diff-only", "HEAD") == ["a.py:8"]


def test_removed_lines_touch_no_others() -> None:
    put(a="# a\n# b\n" + BAD + "# c\n")
    commit()
    put(a=BAD)
    assert places("--diff-only", "HEAD", code=0) == []


def test_what_the_branch_did_counts_not_what_the_other_did_meanwhile() -> None:
    put(a=BAD, b=GOOD)
    commit()
    git("checkout", "-q", "-b", "topic")
    put(b=GOOD + NEW)
    commit()
    git("checkout", "-q", "main")
    put(a=FIXED)
    commit()
    git("checkout", "-q", "topic")
    assert places("--diff-only", "main") == ["b.py:9"]
    assert places("--diff-only", "main...") == ["b.py:9"]
    put(b=GOOD, c=GOOD + NEW)
    assert places("--diff-only", "main") == ["c.py:9"]


def test_without_common_history_the_revision_itself_is_compared() -> None:
    put(a=BAD)
    commit()
    git("checkout", "-q", "--orphan", "new")
    put(a=BAD + NEW)
    commit()
    assert places("--diff-only", "main") == ["a.py:10"]
    assert places("--diff-only", "main^{tree}") == ["a.py:10"]


def test_a_renamed_file_is_followed() -> None:
    put(a=BAD + "# more\n" * 20)
    commit()
    git("mv", "a.py", "b.py")
    Path("b.py").write_text(Path("b.py").read_text() + NEW)
    assert places("--diff-only", "HEAD") == ["b.py:30"]


def test_new_files_are_new_whether_git_knows_them_or_not() -> None:
    put(a=GOOD)
    commit()
    Path(".gitignore").write_text("ignored.py\n")
    put(added=BAD, intended=BAD, unknown=BAD, ignored=BAD)
    git("add", "added.py")
    git("add", "-N", "intended.py")
    found = places("--diff-only", "HEAD", "--select=RUN102", ".", "ignored.py")
    assert sorted(found) == ["added.py:9", "ignored.py:9", "intended.py:9", "unknown.py:9"]


NAMES = ["ä b.py", '"quoted".py', "tab\tnew.py", ":(top)x.py", "-x.py", "line\nend.py"]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
def test_names_of_any_kind() -> None:
    for name in NAMES:
        Path(name).write_text(BAD)
    Path(os.fsdecode(b"\xff.py")).write_text(BAD)
    commit()
    assert places("--diff-only", "HEAD", code=0) == []
    for path in Path().glob("*.py"):
        path.write_text(BAD + NEW)
    done = call("--check", "--diff-only", "HEAD", "--output-format=json")
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.count(b'"code": "RUN102"') == len(NAMES) + 1
    assert done.stdout.count(b'"row": 10') > len(NAMES)
    assert b'"row": 9' not in done.stdout


def test_line_ends_and_encodings_change_no_line() -> None:
    Path(".gitattributes").write_text("*.py text eol=crlf\n")
    latin = "# coding: latin-1\n# ä\n" + BAD
    Path("a.py").write_bytes(latin.encode("latin-1"))
    commit()
    Path("a.py").unlink()
    git("checkout", "--", "a.py")
    data = Path("a.py").read_bytes()
    assert b"\r\n" in data
    Path("a.py").write_bytes(data + NEW.encode())
    assert places("--diff-only", "HEAD") == ["a.py:12"]


def test_files_that_git_does_not_compare_are() -> None:
    Path(".gitattributes").write_text("*.py -diff\n")
    put(a=BAD)
    commit()
    put(a=BAD + NEW)
    assert places("--diff-only", "HEAD") == ["a.py:10"]


def test_from_a_folder_and_by_a_link(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sub").mkdir()
    Path("sub", "a.py").write_text(BAD)
    commit()
    Path("sub", "a.py").write_text(BAD + NEW)
    monkeypatch.chdir(here / "sub")
    assert places("--diff-only", "HEAD") == ["a.py:10"]
    link = here.parent / "link"
    link.symlink_to(here)
    monkeypatch.chdir(here.parent)
    assert places("--diff-only", "HEAD", "link") == [f"{Path('link', 'sub', 'a.py')}:10"]


def test_a_repository_in_a_repository_has_its_own_history(here: Path) -> None:
    put(a=BAD)
    commit()
    inner = here / "inner"
    inner.mkdir()
    (inner / "b.py").write_text(BAD)
    git("-C", "inner", "init", "-q")
    git("-C", "inner", "add", "b.py")
    git("-C", "inner", "commit", "-q", "-m", "x")
    (inner / "b.py").write_text(BAD + NEW)
    assert places("--diff-only", "HEAD") == [f"{Path('inner', 'b.py')}:10"]


def test_what_a_hook_says_of_its_repository_leads_nowhere_else(here: Path) -> None:
    put(a=BAD)
    commit()
    put(a=BAD + NEW)
    variables = {"GIT_DIR": str(here.parent), "GIT_INDEX_FILE": "gone", "GIT_WORK_TREE": "/"}
    done = call("--check", "--output-format=concise", "--diff-only", "HEAD", variables=variables)
    assert done.stdout.startswith(b"a.py:10:"), done.stderr


def test_standard_input_is_compared_with_what_was_there() -> None:
    put(a=BAD)
    commit()
    arguments = ("--diff-only", "HEAD", "--stdin-filename", "a.py", "-")
    done = call(*arguments, stdin=(BAD + NEW).encode())
    assert done.stdout.decode() == BAD + NEW.replace("main", "main()")
    done = call(*arguments, stdin=BAD.encode())
    assert (done.stdout.decode(), done.returncode) == (BAD, 0)


@pytest.mark.parametrize("revision", ["nope", "--output=made", "-h", "", "main..main", "HEAD~9"])
def test_a_revision_that_is_none_is_refused(here: Path, revision: str) -> None:
    put(a=BAD)
    commit()
    said = refused(f"--diff-only={revision}")
    assert said == f"error: --diff-only: {revision!r} is no revision that git knows in {here}\n"
    assert sorted(path.name for path in here.iterdir()) == [".git", "a.py"]
    assert Path("a.py").read_text() == BAD


def test_without_a_repository_it_is_refused(here: Path) -> None:
    (here.parent / "b.py").write_text(BAD)
    put(a=BAD)
    commit()
    said = refused("--diff-only=HEAD", "a.py", "../b.py")
    assert said == f"error: --diff-only: {here.parent / 'b.py'} is in no git repository\n"


def test_without_git_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert refused("--diff-only=HEAD").startswith("error: --diff-only: git cannot be run: ")


def test_a_broken_repository_is_refused() -> None:
    put(a=BAD)
    commit()
    Path(".git", "HEAD").write_text("nonsense")
    assert refused("--diff-only=HEAD").startswith("error: --diff-only: git: ")


def test_with_a_baseline_both_count() -> None:
    put(a=BAD)
    commit()
    asyncrun("--baseline=b.json", "--update-baseline", code=0)
    put(a="# new\n" + BAD.replace("asyncio.run(main)", "asyncio.run( main )") + "asyncio.run(f)\n")
    assert places("--diff-only=HEAD", "--baseline=b.json", code=0) == []
    put(a=BAD + NEW)
    assert places("--diff-only=HEAD", "--baseline=b.json") == ["a.py:10"]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("", "a\nb\n", {1, 2}),
        ("a\nb\n", "a\nb\n", set()),
        ("a\nb\n", "a\r\nb\r", set()),
        ("a\nb\nc\n", "a\nc\n", set()),
        ("a\nb\nc\n", "a\nx\ny\nc\n", {2, 3}),
        ("a\n" * 3, "a\n" * 4, {4}),
        ("a\n" * 5_000 + "b\n" + "a\n" * 5_000, "a\n" * 5_000 + "c\n" + "a\n" * 5_000, {5_001}),
    ],
)
def test_lines_that_changed(before: str, after: str, lines: set[int]) -> None:
    assert changed_lines(before, after) - {after.count("\n") + 1} == lines
