"""The story: a bot that would not start, its six relatives, and what becomes of them.

The programs are in fixtures/story/, as a user would write them; `# RUN101` at the end of a line
says what is to be found there (the tool never sees these marks), and the file of the same name
ending in `.fixed` is what the safe fixes make of it. The bots exist twice: for slackclient 2.7 on
Python 3.8, where the story happened, and for slack_sdk on later Pythons. They talk to a Slack of
our own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environments import environment_or_skip
from tests.fake_slack import BOOT, FakeSlack, fake_slack

PROGRAMS = Path(__file__).parent / "fixtures" / "story"
MARK = re.compile(r"  # (RUN\d{3}(?:, RUN\d{3})*)$", re.MULTILINE)

REQUIREMENTS = {
    "3.8": ("slackclient==2.7.2",),
    "3.11": ("slack_sdk>=3.27,<4", "aiohttp"),
    "3.14": ("slack_sdk>=3.27,<4", "aiohttp"),
}

ANSWER = ("Hi <@U1>!",)
HELLOS = ("hello", "hello")
STARTED = ("started",)

# How they end: with what they said, or with an error; then its whole line has to match.
Said = tuple[str, ...]
TASK = re.compile(r"ValueError: a coroutine was expected, got <Task pending .*>")
GATHERING = re.compile(r"ValueError: a coroutine was expected, got <_GatheringFuture pending>")
NO_LOOP = re.compile(r"RuntimeError: There is no current event loop in thread 'MainThread'\.")
OTHER_TASK = re.compile(
    r"RuntimeError: Task <Task pending .*> got Future <Task pending .*"
    r"_connect_and_read\(\).*> attached to a different loop"
)
OTHER_FUTURE = re.compile(
    r"RuntimeError: Task <Task pending .*> got Future <Future pending> "
    r"attached to a different loop"
)
NO_KEYWORD = re.compile(r"TypeError: sleep\(\) got an unexpected keyword argument 'loop'")


@dataclass(frozen=True)
class Program:
    """A program of the story: how it ends on each Python, and what it says once it is repaired."""

    name: str
    ends: Mapping[str, Said | re.Pattern[str]]
    says: Said
    client: str = ""  # the module of its RTMClient; "": no bot

    @property
    def text(self) -> str:
        return MARK.sub("", self.marked)

    @property
    def marked(self) -> str:
        return (PROGRAMS / f"{self.name}.py").read_text(encoding="utf-8")

    @property
    def fixed(self) -> str:
        return (PROGRAMS / f"{self.name}.fixed").read_text(encoding="utf-8")


STORY = (
    Program("x0_slack", {"3.8": TASK}, ANSWER, "slack"),
    Program("x0_slack_sdk", {"3.11": TASK, "3.14": NO_LOOP}, ANSWER, "slack_sdk.rtm"),
    Program("x1_slack", {"3.8": ANSWER}, ANSWER, "slack"),
    Program("x1_slack_sdk", {"3.11": ANSWER, "3.14": NO_LOOP}, ANSWER, "slack_sdk.rtm"),
    Program("x2_gather", {"3.8": GATHERING, "3.11": GATHERING, "3.14": NO_LOOP}, HELLOS),
    Program("x2_loop", {"3.8": HELLOS, "3.11": HELLOS, "3.14": NO_LOOP}, HELLOS),
    Program("x2_loop_gather", {"3.8": HELLOS, "3.11": HELLOS, "3.14": NO_LOOP}, HELLOS),
    Program("x3_slack", {"3.8": OTHER_TASK}, ANSWER, "slack"),
    Program("x3_slack_sdk", {"3.11": OTHER_TASK, "3.14": NO_LOOP}, ANSWER, "slack_sdk.rtm"),
    Program("x4_client", {"3.8": OTHER_FUTURE, "3.11": NO_KEYWORD, "3.14": NO_LOOP}, STARTED),
    Program("x5_slack", {"3.8": ANSWER}, ANSWER, "slack"),
    Program("x5_slack_sdk", {"3.11": ANSWER, "3.14": ANSWER}, ANSWER, "slack_sdk.rtm"),
)

each = pytest.mark.parametrize(
    ("program", "python"),
    [
        pytest.param(program, python, id=f"{program.name}-{python}")
        for program in STORY
        for python in program.ends
    ],
)


@dataclass(frozen=True)
class Ending:
    """What came of a program: posted and printed lines, its standard error, its exit code."""

    said: Said
    stderr: str
    code: int

    @property
    def error(self) -> str:
        """The last line of the form `SomeError: message`, "" where there is none."""
        lines = re.findall(r"^\w+Error: .*$", self.stderr, re.MULTILINE)
        return lines[-1] if lines else ""


def run(program: Program, text: str, python: Path, folder: Path) -> Ending:
    """Run a text of the program with that Python, in a fresh process."""
    path = folder / f"{program.name}.py"
    path.write_text(text, encoding="utf-8")
    with fake_slack() as slack:
        start = ("-c", BOOT, program.client) if program.client else ()
        done = subprocess.run(
            [python, *start, path],
            capture_output=True,
            cwd=folder,
            encoding="utf-8",
            env=_surroundings(slack),
            timeout=40,
        )
    return Ending((*slack.posted, *done.stdout.splitlines()), done.stderr, done.returncode)


def _surroundings(slack: FakeSlack) -> dict[str, str]:
    """The environment of a program: the user's, without what changes Python or leads elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("PYTHON") and not name.upper().endswith("_PROXY")
    }
    return kept | {
        "FAKE_SLACK": slack.base_url,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "SLACK_API_TOKEN": "xoxb-not-a-token",
    }


def asyncrun(python: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`asyncrun-fix` for code that runs on 3.8 and later, in the environment of that Python."""
    command = [sys.executable, "-m", "flake8_asyncrun", "--isolated", "--target-version", "3.8"]
    return subprocess.run(
        [*command, "--python", python, *arguments],
        capture_output=True,
        cwd=cwd,
        encoding="utf-8",
        timeout=120,
    )


def test_the_table_has_every_program() -> None:
    names = {path.stem for path in PROGRAMS.iterdir()}
    assert {program.name for program in STORY} == names
    assert {path.suffix for path in PROGRAMS.iterdir()} == {".py", ".fixed"}


@pytest.mark.slow
@each
def test_ends_as_the_story_tells(program: Program, python: str, tmp_path: Path) -> None:
    executable = environment_or_skip(python, REQUIREMENTS[python])
    ending = run(program, program.text, executable, tmp_path)
    expected = program.ends[python]
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(ending.error), ending
        assert (ending.said, ending.code) == ((), 1)
    else:
        assert (ending.said, ending.code) == (expected, 0), ending.stderr


@pytest.mark.slow
@each
def test_is_reported_where_marked(program: Program, python: str, tmp_path: Path) -> None:
    executable = environment_or_skip(python, REQUIREMENTS[python])
    marks = {
        (number, code)
        for number, line in enumerate(program.marked.splitlines(), start=1)
        for mark in MARK.findall(line)
        for code in mark.split(", ")
    }
    path = tmp_path / "bot.py"
    path.write_text(program.text, encoding="utf-8")

    checked = asyncrun(executable, "--check", "--output-format", "json", path, cwd=tmp_path)

    assert checked.returncode == 1, checked
    findings = json.loads(checked.stdout)
    found = [(finding["location"]["row"], finding["code"]) for finding in findings]
    assert sorted(found) == sorted(marks)
    assert path.read_text(encoding="utf-8") == program.text


@pytest.mark.slow
@each
def test_is_repaired(program: Program, python: str, tmp_path: Path) -> None:
    executable = environment_or_skip(python, REQUIREMENTS[python])
    path = tmp_path / "bot.py"
    path.write_text(program.text, encoding="utf-8")

    repaired = asyncrun(executable, path, cwd=tmp_path)

    assert path.read_text(encoding="utf-8") == program.fixed, repaired
    assert repaired.returncode == 1, repaired

    again = asyncrun(executable, path, cwd=tmp_path)

    assert again.returncode == 0, again
    assert path.read_bytes() == program.fixed.encode()


@pytest.mark.slow
@each
def test_repaired_it_answers(program: Program, python: str, tmp_path: Path) -> None:
    executable = environment_or_skip(python, REQUIREMENTS[python])
    ending = run(program, program.fixed, executable, tmp_path)
    assert (ending.said, ending.code) == (program.says, 0), ending.stderr
    assert "never awaited" not in ending.stderr
    assert "was destroyed" not in ending.stderr
