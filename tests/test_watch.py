"""--watch, with a real process: it checks again when something changes, until it is interrupted."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_cli import BAD, FIXED, GOOD, put, refused

pytest.importorskip("watchfiles")

# What is started in the background may have the signal ignored from birth.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from flake8_asyncrun.cli import main; main()"
)
READY = "Watching for changes; Ctrl-C ends it.\n"

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="pipes and signals as on POSIX"),
    pytest.mark.thorough,
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Watching:
    """A process that watches, with what it prints."""

    def __init__(self, *arguments: str, prelude: str = "") -> None:
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", prelude + START, "--watch", *arguments],
            stdout=writing,
            stderr=writing,
        )
        os.close(writing)
        self.reading = reading

    def read(self, part: str = READY, within: float = 60) -> str:
        """Return what is printed up to and with a part."""
        said = b""
        while part.encode() not in said:
            ready, _, _ = select.select([self.reading], [], [], within)
            assert ready, said.decode()
            more = os.read(self.reading, 1)
            assert more, said.decode()
            said += more
        return said.decode()

    def is_quiet(self, seconds: float) -> bool:
        return not select.select([self.reading], [], [], seconds)[0]

    def ended(self) -> tuple[int, str]:
        code = self.process.wait(60)
        rest = b""
        while more := os.read(self.reading, 10_000):
            rest += more
        return code, rest.decode()


@pytest.fixture
def watching() -> Iterator[list[Watching]]:
    started: list[Watching] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait()
        os.close(one.reading)


def watch(watching: list[Watching], *arguments: str, prelude: str = "") -> Watching:
    watching.append(Watching(*arguments, prelude=prelude))
    return watching[-1]


def test_what_changes_is_checked_again_until_an_interrupt(watching: list[Watching]) -> None:
    put(a=GOOD)
    Path("pyproject.toml").write_text("")
    one = watch(watching, "--output-format=concise")
    assert one.read() == f"Nothing found.\n{READY}"
    put(a=BAD)
    assert one.read().startswith("a.py:5:12: RUN402 [*] ")
    assert Path("a.py").read_text() == BAD, "it only looks"
    put(b=BAD)
    assert "b.py:9:1: RUN102" in one.read()
    Path("b.py").unlink()
    assert "Found 2 findings." in one.read()
    Path("pyproject.toml").write_text('[tool.asyncrun]\nselect = ["RUN1"]\n')
    assert "Found 1 finding." in one.read()
    put(a="import asyncio\ndef (\n")
    assert "error: a.py" in one.read()
    put(a=FIXED)
    assert "Nothing found." in one.read()
    one.process.send_signal(signal.SIGINT)
    assert one.ended() == (130, "")


def test_it_does_not_see_what_it_writes_itself(watching: list[Watching]) -> None:
    put(a=BAD)
    Path(".git").mkdir()
    one = watch(watching, "--check", "--baseline", "b.json")
    assert "there is no such baseline" in one.read()
    one.process.send_signal(signal.SIGINT)
    assert one.ended()[0] == 130

    os.environ.pop("ASYNCRUN_CACHE_DIR", None)  # the answers are kept below what is watched
    one = watch(watching)
    one.read()
    assert Path(".asyncrun_cache").is_dir()
    Path("notes.txt").write_text("x")
    Path(".hidden").mkdir()
    Path(".hidden", "a.py").write_text(BAD)
    Path("node_modules").mkdir()
    Path("node_modules", "a.py").write_text(BAD)
    assert one.is_quiet(2)


def test_what_is_excluded_is_not_waited_for(watching: list[Watching], here: Path) -> None:
    for folder in ("gen", "ignored", "dist", "docs", ".git"):
        (here / folder).mkdir()
    put(a=GOOD, b=GOOD, c=GOOD, **{"gen/a": GOOD, "dist/a": GOOD})
    Path("asyncrun.toml").write_text('exclude = ["gen", "b.py"]\nforce-exclude = true\n')
    Path(".gitignore").write_text("ignored/\n")
    one = watch(
        watching, ".", "b.py", "--docs", "--extend-exclude=c.py", "--output-file=docs/said.md"
    )
    assert one.read() == READY
    for name in ("gen/a", "gen/new", "ignored/a", "b", "c"):
        put(**{name: BAD})
    Path("gen/asyncrun.toml").write_text("")
    Path("c.py").unlink()
    assert one.is_quiet(1.5)

    def found() -> int:
        one.read()
        return Path("docs/said.md").read_text().count("RUN102")

    put(**{"dist/a": BAD})
    assert found() == 1, "not excluded here"
    Path("docs/page.md").write_text(f"```python\n{BAD}```\n")
    assert found() == 2
    Path(".gitignore").write_text("dist/\n")
    assert found() == 2
    Path("gen").rename("made")
    assert found() == 4, "a folder that was moved"
    Path("asyncrun.toml").write_text('exclude = ["made", "docs"]\n')
    assert found() == 2
    assert one.is_quiet(1)


def test_files_named_one_by_one_and_settings_above_are_watched(
    watching: list[Watching], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pyproject.toml").write_text("")
    Path("sub").mkdir()
    monkeypatch.chdir(here / "sub")
    put(a=BAD, b=BAD)
    one = watch(watching, "a.py", "--output-format=json")
    assert '"code": "RUN102"' in one.read()
    put(b=GOOD)
    assert one.is_quiet(1)
    draft = Path("draft")
    draft.write_text(GOOD)
    draft.replace("a.py")  # as editors save
    assert one.read() == f"[]\n{READY}"
    put(a=BAD)
    one.read()
    Path("..", "pyproject.toml").write_text('[tool.asyncrun]\nselect = ["RUN2"]\n')
    assert one.read() == f"[]\n{READY}"


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_an_end_in_the_middle_of_a_check(watching: list[Watching], number: str) -> None:
    put(a=BAD)
    slowly = "import subprocess; run = subprocess.run\n"
    slowly += "subprocess.run = lambda command, **more: (print('begun', flush=True), "
    slowly += "run([command[0], '-c', 'import time; time.sleep(60)'], **more))\n"
    one = watch(watching, prelude=slowly)
    one.read("begun\n")
    time.sleep(0.2)
    one.process.send_signal(signal.Signals[number])
    assert one.ended() == (128 + signal.Signals[number], "")


def test_a_termination_while_it_waits(watching: list[Watching]) -> None:
    put(a=GOOD)
    one = watch(watching)
    one.read()
    one.process.send_signal(signal.SIGTERM)
    assert one.ended() == (143, "")


def test_the_current_folder_is_not_imported_from(watching: list[Watching]) -> None:
    put(a=GOOD, click="raise SystemExit('mine')\n")
    Path("json").mkdir()
    Path("json", "__init__.py").write_text("raise SystemExit('mine')\n")
    before = "import sys; sys.path = [one for one in sys.path if one]\n"
    one = watch(watching, "a.py", prelude=before)
    assert one.read() == f"Nothing found.\n{READY}"


@pytest.mark.parametrize(
    "more", ["--diff", "--interactive", "--add-noqa", "--update-baseline --baseline=b", "-"]
)
def test_it_changes_nothing_so_nothing_that_changes_goes_with_it(more: str) -> None:
    said = refused("--watch", *more.split())
    assert "cannot be combined with" in said


def test_what_is_not_there_cannot_be_watched() -> None:
    assert refused("--watch", "gone") == "error: --watch: gone: no such file or directory\n"


def test_without_the_library_it_says_what_to_install(watching: list[Watching]) -> None:
    one = watch(watching, prelude="import sys; sys.modules['watchfiles'] = None\n")
    code, said = one.ended()
    assert code == 2
    assert said == (
        "error: --watch: needs the watchfiles library; "
        "pip install 'flake8-asyncrun[watch]' brings it\n"
    )


def test_a_terminal_is_cleared(watching: list[Watching]) -> None:
    import pty

    put(a=GOOD)
    parent, child = pty.openpty()
    variables = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", START, "--watch"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=variables,
    )
    try:
        written = ""
        while "Ctrl-C" not in written:
            assert select.select([parent], [], [], 60)[0], written
            written += os.read(parent, 10_000).decode()
        assert written.startswith("\x1b[")
        assert written.index("\x1b[2J") < written.index("Nothing found.")
    finally:
        process.kill()
        process.wait()
        os.close(child)
        os.close(parent)
