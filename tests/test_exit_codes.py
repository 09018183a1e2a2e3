"""What the exit code tells, and options around standard input and `# noqa`, from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import call
from tests.test_cli import BAD, FIXED, GOOD, UNSAFE, asyncrun, put, refused

pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


ZERO, FIX, NO_FIX = "--exit-zero", "--exit-non-zero-on-fix", "--exit-zero-on-fix"

CODES = [
    # arguments, then the code for: nothing found, all repaired, something left
    ((), 0, 1, 1),
    ((FIX,), 0, 1, 1),
    ((NO_FIX,), 0, 0, 1),
    ((ZERO,), 0, 0, 0),
    ((ZERO, NO_FIX), 0, 0, 0),
    ((ZERO, FIX), 0, 1, 0),
    (("--check", NO_FIX), 0, 1, 1),
    (("--check", ZERO), 0, 0, 0),
    (("--check", ZERO, FIX), 0, 0, 0),
    (("--diff", NO_FIX), 0, 1, 1),
    (("--diff", ZERO), 0, 0, 0),
    (("--diff", ZERO, FIX), 0, 0, 0),
]


@pytest.mark.parametrize(("arguments", "good", "repaired", "left"), CODES)
def test_the_exit_code(arguments: tuple[str, ...], good: int, repaired: int, left: int) -> None:
    put(a=GOOD, b=BAD, c=UNSAFE)
    codes = [call(*arguments, name).returncode for name in ("a.py", "b.py", "c.py")]
    assert codes == [good, repaired, left]
    text = BAD if {"--check", "--diff"} & {*arguments} else FIXED
    assert Path("b.py").read_text() == text


@pytest.mark.parametrize("option", [ZERO, NO_FIX])
def test_a_failure_is_one_whatever_is_counted(option: str) -> None:
    put(a="import asyncio\ndef (\n")
    refused(option)
    assert call(option, "-", stdin=b"import asyncio\ndef (\n").returncode == 2


def test_it_is_the_same_for_standard_input() -> None:
    done = call(NO_FIX, "-", stdin=BAD.encode())
    assert (done.stdout.decode(), done.returncode) == (FIXED, 0)
    assert call(ZERO, "--check", "-", stdin=BAD.encode()).returncode == 0


def test_a_name_alone_means_standard_input() -> None:
    done = call("--stdin-filename", "x.py", stdin=BAD.encode())
    assert (done.stdout.decode(), done.returncode) == (FIXED, 1)
    done = call(
        "--stdin-filename", "x.py", "--check", "--output-format=concise", stdin=BAD.encode()
    )
    assert done.stdout.startswith(b"x.py:5:12: RUN402")
    said = refused("--stdin-filename", "x.py", "a.py")
    assert "--stdin-filename is what - is called, and no other path" in said
    assert "cannot be combined with -" in refused("--interactive", "--stdin-filename", "x.py")


def test_the_name_of_standard_input_leads_to_its_settings(here: Path) -> None:
    (here / "app").mkdir()
    (here / "app" / "pyproject.toml").write_text('[tool.asyncrun]\nselect = ["RUN1"]\n')
    (here / "app" / "a.py").write_text("x = 1\n")
    done = call("--stdin-filename", "app/a.py", "-", stdin=BAD.encode())
    assert done.stdout.decode() == BAD.replace("run(main)", "run(main())")
    assert (here / "app" / "a.py").read_text() == "x = 1\n", "no file is touched"
    # One that is not there yet is as good.
    done = call("--stdin-filename", "app/new.py", "-", stdin=BAD.encode())
    assert done.stdout.decode() == BAD.replace("run(main)", "run(main())")


UNUSED = GOOD.replace("run(main())", "run(main())  # noqa: RUN102")


def test_unused_comments_are_found_and_go_where_that_is_asked() -> None:
    put(a=UNUSED)
    assert asyncrun("--check", code=0) == asyncrun("--check", "--select=ALL", code=0)
    select = "--select=ALL,RUN002"
    lines = asyncrun("--check", "--output-format=concise", select, code=1).splitlines()
    assert lines[0] == (
        "a.py:8:30: RUN002 [*] `# noqa: RUN102` silences nothing here; remove the code"
    )
    assert asyncrun("--check", "--select=RUN002", code=0) == "Nothing found.\n", "RUN102 unasked"
    asyncrun(select, code=1)
    assert Path("a.py").read_text() == GOOD


def test_a_comment_that_a_repair_makes_unused_goes_with_it() -> None:
    text = BAD.replace("event_loop()", "event_loop()  # noqa: RUN402, RUN102")
    put(a=text)
    asyncrun("--select=ALL,RUN002", code=1)
    assert Path("a.py").read_text() == text.replace(", RUN102", "").replace("(main)", "(main())")


def test_unused_comments_are_found_in_files_without_asyncio() -> None:
    put(a="x = 1  # noqa: RUN102\n", b="def (  # noqa: RUN102\n", c="x = 1  # noqa: E501\n")
    said = call("--check", "--output-format=concise", "--select=ALL,RUN002")
    assert said.stdout.startswith(b"a.py:1:16: RUN002 [*] ")
    assert b"Found 1 finding." in said.stdout
    assert (said.stderr, said.returncode) == (b"", 1), "syntax errors are for others to tell"


def test_unused_comments_of_a_file_not_analysed_are_not_known() -> None:
    put(a="import asyncio\ndef (  # noqa: RUN102\n")
    assert refused("--check", "--select=ALL,RUN002").count("RUN002") == 0


def test_what_is_said_of_comments_is_not_silenced_by_a_comment() -> None:
    put(a=UNUSED + "asyncio.run(main)\n")
    asyncrun("--add-noqa", "--select=ALL,RUN002", "--unfixable=ALL", code=1)
    assert Path("a.py").read_text() == UNUSED + "asyncio.run(main)  # noqa: RUN102\n"
    put(a=UNUSED.replace("RUN102", "RUN102, RUN002"))
    assert asyncrun("--check", "--select=ALL,RUN002", code=0) == "Nothing found.\n"


def test_flake8_is_told_nothing_of_unused_comments() -> None:
    import subprocess
    import sys

    put(a=UNUSED)
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=RUN", "a.py"]
    done = subprocess.run(
        [*command, "--extend-select=RUN002"], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)
