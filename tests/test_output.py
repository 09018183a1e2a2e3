"""Where the report goes and in which colours, from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from flake8_asyncrun.formats import FORMATS, manual
from tests.command import call
from tests.test_cli import BAD, CONCISE, FIXED, GOOD, UNSAFE, asyncrun, put, refused

pytestmark = pytest.mark.thorough

BROKEN = "import asyncio\ndef (\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMAND = (sys.executable, "-m", "flake8_asyncrun")


def on_terminal(
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    command: tuple[str, ...] = COMMAND,
    stdout: int | None = None,
    stderr: int | None = None,
    answers: bytes = b"",
) -> str:
    """Return what is printed on a terminal, as far as it does not go elsewhere."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals")
    parent, child = pty.openpty()
    unwanted = {"NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {"TERM": "xterm", **(variables or {})}
    with subprocess.Popen(
        [*command, *arguments],
        stdin=child,
        stdout=child if stdout is None else stdout,
        stderr=child if stderr is None else stderr,
        env=environment,
    ) as run:
        os.close(child)
        os.write(parent, answers)
        written = b""
        try:
            while part := os.read(parent, 10_000):
                written += part
        except OSError:
            pass  # so Linux tells that nobody writes any more
        run.wait(timeout=60)
    os.close(parent)
    return written.decode()


@pytest.mark.parametrize(
    ("variables", "options", "colored"),
    [
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": ""}, (), True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"TERM": "dumb"}, (), False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, (), True),
        ({}, ("--color=never",), False),
    ],
)
@pytest.mark.parametrize(("option", "part"), [("--check", "RUN402"), ("--diff", "get_running")])
def test_colour_on_a_terminal(
    variables: dict[str, str], options: tuple[str, ...], colored: bool, option: str, part: str
) -> None:
    put(a=BAD)
    written = on_terminal(option, "a.py", *options, variables=variables)
    assert part in written
    assert ("\x1b[" in written) == colored


def test_colour_in_a_pipe_is_asked_for() -> None:
    put(a=BAD)
    assert b"\x1b" not in call("--check").stdout
    assert b"\x1b[" in call("--check", "--color=always").stdout
    assert b"\x1b[" in call("--check", variables={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b" not in call("--check", "--color=never", variables={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b" not in call("--check", "--color=always", "--output-format=json").stdout
    assert b"\x1b]8" not in call("--check", "--color=always").stdout, "nobody clicks in a pipe"


def test_codes_lead_to_the_manuals() -> None:
    put(a=BAD)
    written = on_terminal("--check", "--output-format=concise")
    assert f"\x1b]8;;{manual('RUN402')}\x1b\\\x1b[31m\x1b[1mRUN402\x1b[0m\x1b]8;;\x1b\\" in written
    assert "\x1b]8" not in on_terminal("--check", "--color=never")


def test_the_code_is_shown_by_default() -> None:
    put(a=BAD)
    said = asyncrun("--check", code=1)
    assert "\n --> a.py:9:1\n  |\n9 | asyncio.run(main)\n  | ^^^^^^^^^^^^^^^^^\n" in said
    assert "\n  - asyncio.run(main)\n9 + asyncio.run(main())\n" in said
    assert said == asyncrun("--check", "--output-format", "full", code=1)


@pytest.mark.parametrize("options", [("--check",), ("--check", "--no-cache"), ()])
def test_what_libcst_loses_moves_nothing(options: tuple[str, ...]) -> None:
    put(a="\x0c" + BAD)
    for _ in range(2):  # the second time from the cache
        said = asyncrun(*options, code=1)
        assert "\n --> a.py:9:1\n  |\n9 | asyncio.run(main)\n  | ^^^^^^^^^^^^^^^^^\n" in said


@pytest.mark.parametrize("form", FORMATS)
def test_each_form_goes_to_a_file(form: str) -> None:
    put(a=BAD, b=UNSAFE, c=BROKEN)
    printed = call("--check", "--output-format", form)
    written = call("--check", "--output-format", form, "--output-file", "out/of/the.way")
    assert (printed.returncode, written.returncode) == (2, 2)
    assert written.stdout == b""
    assert Path("out/of/the.way").read_bytes() == printed.stdout.replace(b"\r\n", b"\n")
    assert b"error: c.py:2: " in printed.stderr
    assert written.stderr == printed.stderr
    assert list(Path("out/of").iterdir()) == [Path("out/of/the.way")], "no draft is left"


@pytest.mark.parametrize("form", ["json", "json-lines", "github", "gitlab", "junit", "pylint"])
def test_programs_are_told_of_errors(form: str) -> None:
    put(c=BROKEN)
    assert b"cannot be analysed" in call("--check", "--output-format", form).stdout
    written = call("--output-format", form).stdout
    assert b"cannot be analysed" in written


@pytest.mark.parametrize("form", ["json", "json-lines", "github", "gitlab", "junit", "pylint"])
def test_programs_read_utf_8(form: str) -> None:
    Path("é.py").write_bytes(BAD.encode())
    done = call("--check", "--output-format", form, variables={"PYTHONIOENCODING": "latin-1"})
    assert "é" in done.stdout.decode("utf-8")
    if form == "junit":
        ElementTree.fromstring(done.stdout)


def test_a_file_keeps_its_mode_and_links() -> None:
    put(a=BAD)
    Path("real.txt").write_text("old")
    Path("real.txt").chmod(0o600)
    Path("link.txt").symlink_to("real.txt")
    assert asyncrun("--check", CONCISE, "--output-file=link.txt", code=1) == ""
    assert Path("link.txt").is_symlink()
    assert Path("real.txt").read_text().startswith("a.py:5:12: RUN402 [*] ")
    assert Path("real.txt").stat().st_mode & 0o777 == 0o600
    asyncrun("--check", "--output-file=new.txt", code=1)
    Path("other.txt").touch()
    assert Path("new.txt").stat().st_mode == Path("other.txt").stat().st_mode


def test_a_pipe_is_written_as_it_is() -> None:
    put(a=BAD)
    assert "a.py:5:12" in asyncrun("--check", CONCISE, "--output-file=/dev/stdout", code=1)


def test_a_diff_goes_to_a_file() -> None:
    put(a=BAD)
    done = call("--diff", "--output-file", "a.diff", variables={"FORCE_COLOR": "1"})
    assert (done.stdout, done.returncode) == (b"", 1)
    assert done.stderr.decode().strip() == "Would fix 2 findings, 0 left."
    assert Path("a.diff").read_bytes() == call("--diff").stdout
    subprocess.run(["patch", "-p0", "-s", "-i", "a.diff"], check=True)
    assert Path("a.py").read_text() == FIXED


def test_a_diff_keeps_escape_sequences() -> None:
    put(a=BAD.replace("print(", 'print("\x1b[1m", '))
    assert b'print("\x1b[1m", ' in call("--diff").stdout


@pytest.mark.parametrize("options", [("--check",), ("--diff",), ("--check", "--statistics"), ()])
def test_a_file_that_cannot_be_written_is_a_failure(options: tuple[str, ...]) -> None:
    put(a=BAD)
    Path("folder").mkdir()
    said = refused(*options, "--output-file", "folder")
    assert (
        said.splitlines()[-1] == "error: --output-file: folder: cannot be written: is a directory"
    )
    said = refused(*options, "--output-file", "a.py/x.txt")
    assert said.splitlines()[-1].startswith("error: --output-file: a.py/x.txt: cannot be written: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_a_failure() -> None:
    put(a=BAD)
    said = refused("--check", "--output-file", "/dev/full")
    assert (
        said.strip()
        == "error: --output-file: /dev/full: cannot be written: no space left on device"
    )


def test_standard_input_is_told_of_in_a_file() -> None:
    done = call("-", CONCISE, "--output-file", "said.txt", stdin=UNSAFE.encode())
    assert (done.stdout, done.stderr, done.returncode) == (UNSAFE.encode(), b"", 1)
    assert Path("said.txt").read_text().startswith("-:8:1: RUN103 ")


def test_findings_are_counted() -> None:
    put(a=BAD, b=UNSAFE, c=BAD)
    assert asyncrun("--check", "--statistics", code=1).splitlines() == [
        "2  RUN102  [*] uncalled-in-run",
        "2  RUN402  [*] get-event-loop-in-coroutine",
        "1  RUN103  [ ] not-awaitable-in-run",
        "Found 5 findings.",
        "[*] 4 fixable (run without --check); 1 more with --unsafe-fixes.",
    ]
    counted = json.loads(asyncrun("--check", "--statistics", "--output-format=json", code=1))
    assert counted[0] == {
        "code": "RUN102",
        "name": "uncalled-in-run",
        "count": 2,
        "fixable": True,
        "fixable_count": 2,
    }
    assert [each["count"] for each in counted] == [2, 2, 1]
    put(a=GOOD, b=GOOD, c=GOOD)
    assert asyncrun("--check", "--statistics", code=0) == "Nothing found.\n"
    assert asyncrun("--check", "--statistics", "--output-format=json", code=0) == "[]\n"


def test_quiet_says_no_more_than_it_must() -> None:
    put(a=BAD, b=UNSAFE, c=BROKEN)
    done = call("--check", "-q", CONCISE)
    assert [line.split(" ")[0] for line in done.stdout.decode().splitlines()] == [
        "a.py:5:12:",
        "a.py:9:1:",
        "b.py:8:1:",
    ]
    assert done.stderr.decode().startswith("error: c.py:2: ")
    assert call("--diff", "--quiet", "a.py").stderr == b""
    assert asyncrun("--quiet", "a.py", code=1) == ""
    assert asyncrun("--quiet", "a.py", code=0) == ""
    Path("empty").mkdir()
    assert asyncrun("--quiet", "empty", code=0) == ""


def test_verbose_says_what_was_done() -> None:
    put(a=BAD, c=BROKEN)
    Path("d.pyi").touch()
    Path("sub").mkdir()
    Path("sub", "pyproject.toml").write_text("[tool.asyncrun]\nignore = ['RUN402']\n")
    Path("sub", "b.py").write_text(GOOD)
    done = call("-v")
    assert b"Found 2 findings (2 fixed, 0 left).\n" in done.stdout
    *said, time = done.stderr.decode().splitlines()
    assert said == [
        "error: c.py:2: cannot be analysed: syntax error: invalid syntax",
        "settings: defaults (3 files)",
        f"settings: {Path('sub', 'pyproject.toml')} (1 file)",
        "files: 4 (3 .py, 1 .pyi)",
        "changed: 1, failed: 1",
    ]
    assert time.startswith("time: ")
    assert time.endswith(" s")
