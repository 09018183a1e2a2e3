"""The progress of a long run: on a terminal, after a while, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import BAD, CONCISE, FIXED, put
from tests.test_output import on_terminal

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals"),
    pytest.mark.thorough,
]

IMPATIENT = (
    sys.executable,
    "-c",
    "from flake8_asyncrun import cli, progress; progress.PATIENCE = 0.0; cli.main()",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(a=BAD, b=BAD, c=BAD)
    return tmp_path


def test_a_long_run_is_shown_and_leaves_no_trace() -> None:
    written = on_terminal("--check", CONCISE, command=IMPATIENT)
    drawn, erased, said = written.rpartition("\x1b[2K")
    assert erased
    assert "Checking" in drawn
    assert "1/3" in drawn
    assert "RUN402" not in drawn
    assert said.count("RUN402.md") == 3
    assert "Checking" not in said


def test_a_run_that_is_killed_leaves_the_cursor() -> None:
    before, drawn, _ = on_terminal("--check", CONCISE, command=IMPATIENT).partition("Checking")
    assert drawn
    assert before.rpartition("\x1b[?25")[2].startswith("h")


def test_a_short_run_is_not_shown() -> None:
    assert "Checking" not in on_terminal("--check", CONCISE)


def test_colours_are_not_forced_on_it() -> None:
    written = on_terminal("--check", CONCISE, command=IMPATIENT, variables={"NO_COLOR": "1"})
    assert "Checking" in written
    assert "\x1b[3" not in written


@pytest.mark.parametrize(
    ("options", "variables"),
    [(("--quiet",), {}), ((), {"TERM": "dumb"}), (("--interactive",), {})],
)
def test_who_does_not_want_it_does_not_see_it(
    options: tuple[str, ...], variables: dict[str, str]
) -> None:
    written = on_terminal(
        CONCISE, *options, command=IMPATIENT, variables=variables, answers=b"all\nall\n"
    )
    assert "Checking" not in written
    assert Path("a.py").read_text() == FIXED


def test_a_pipe_gets_nothing_of_it() -> None:
    on_errors = on_terminal("--check", CONCISE, command=IMPATIENT, stdout=subprocess.DEVNULL)
    assert "Checking" in on_errors
    assert "RUN402" not in on_errors
    reader, writer = os.pipe()
    shown = on_terminal("--check", CONCISE, command=IMPATIENT, stderr=writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as errors:
        assert errors.read() == b""
    assert "Checking" not in shown


def test_what_draws_it_is_not_loaded_before() -> None:
    code = """
import sys
from flake8_asyncrun import cli
try:
    cli.main(["--check"])
finally:
    print("rich.progress" in sys.modules)
"""
    assert on_terminal(command=(sys.executable, "-c", code)).endswith("False\r\n")
