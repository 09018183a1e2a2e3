"""asyncrun-fix from outside: what goes in, what comes out, and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flake8_asyncrun import __version__, settings, walk
from flake8_asyncrun.cli import main
from tests.command import call

LOADED = (settings, walk)  # while they may be read
PROJECTS = Path(__file__).parent / "fixtures" / "projects"

BAD = """\
import asyncio


async def main():
    loop = asyncio.get_event_loop()
    print(loop.is_running())


asyncio.run(main)
"""
FIXED = BAD.replace("get_event_loop", "get_running_loop").replace("run(main)", "run(main())")
UNSAFE = """\
import asyncio


async def main():
    print("Hi")


asyncio.run([main(), main()])
"""
CAPTURED = """\
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def start(self):
        self.loop.call_soon(print, "Hi")


async def main(client):
    await client.start()


client = Client()
asyncio.run(main(client))
print(client)
"""
CONCISE = "--output-format=concise"
GOOD = "import asyncio\n\n\nasync def main():\n    pass\n\n\nasyncio.run(main())\n"


def asyncrun(*arguments: str, code: int) -> str:
    """Run asyncrun-fix; what it prints, where it prints no errors and exits with `code`."""
    done = call(*arguments)
    assert (done.stderr.decode(), done.returncode) == ("", code)
    return done.stdout.decode().replace("\r\n", "\n")


def refused(*arguments: str) -> str:
    """Run asyncrun-fix; what it says of a job that it cannot do."""
    done = call(*arguments)
    said = done.stderr.decode().replace("\r\n", "\n")
    assert done.returncode == 2, said
    assert "Traceback" not in said
    return said


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.py").write_bytes(text.encode())


def test_safe_fixes_are_applied_and_the_rest_is_listed() -> None:
    put(a=BAD, b=UNSAFE, c=GOOD)
    lines = asyncrun(CONCISE, code=1).splitlines()
    assert lines[0].startswith("b.py:8:1: RUN103 ")
    assert lines[-2:] == ["Found 3 findings (2 fixed, 1 left).", "1 fixable with --unsafe-fixes."]
    assert Path("a.py").read_text() == FIXED
    assert Path("b.py").read_text() == UNSAFE


def test_a_repair_says_what_it_refused_and_where_it_failed() -> None:
    put(a=BAD, b="import asyncio\ndef (\n", c=CAPTURED, d=UNSAFE)
    done = call(variables={"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 2
    assert done.stdout.decode().splitlines()[-4:] == [
        "Found 4 findings (2 fixed, 2 left).",
        "1 refused: `…` is used in line … too (1).",
        "1 file failed.",
        "1 fixable with --unsafe-fixes.",
    ]
    assert "refused" not in call("--check").stdout.decode()


def test_a_second_run_changes_nothing() -> None:
    put(a=BAD)
    asyncrun("a.py", code=1)
    status = Path("a.py").stat()
    assert asyncrun("a.py", code=0) == "Nothing found.\n"
    assert Path("a.py").stat().st_mtime_ns == status.st_mtime_ns


def test_unsafe_fixes_are_applied_on_request() -> None:
    put(b=UNSAFE)
    assert asyncrun("--unsafe-fixes", code=1) == "Found 1 finding (1 fixed, 0 left).\n"
    repaired = subprocess.run([sys.executable, "b.py"], capture_output=True, check=True)
    assert repaired.stdout.split() == [b"Hi", b"Hi"]


def test_unsafe_fixes_are_refused_on_request() -> None:
    put(b=UNSAFE)
    Path("asyncrun.toml").write_text("unsafe-fixes = true\n")
    assert (
        asyncrun("--no-unsafe-fixes", code=1).splitlines()[-1] == "1 fixable with --unsafe-fixes."
    )
    assert Path("b.py").read_text() == UNSAFE


def test_what_was_found_out_is_kept_where_it_is_wanted(here: Path) -> None:
    (here / "code").mkdir()
    put(**{"code/a": BAD})
    Path("code/pyproject.toml").write_text("")
    own, other = here / "code" / ".asyncrun_cache", here / "kept"
    nowhere = {"ASYNCRUN_CACHE_DIR": ""}
    for arguments, exist in [
        (("--no-cache",), (False, False)),
        (("--no-cache", "--cache-dir=kept"), (False, False)),
        (("--cache-dir=kept",), (False, True)),
        ((), (True, True)),
    ]:
        assert call("--check", "code", *arguments, variables=nowhere).returncode == 1
        assert (own.exists(), other.exists()) == exist
    assert "is a file" in refused("--check", "--cache-dir=code/a.py")


def test_check_changes_nothing() -> None:
    put(a=BAD, b=UNSAFE)
    lines = asyncrun("--check", CONCISE, code=1).splitlines()
    heads = [" ".join(line.split(" ")[:3]) for line in lines if not line.startswith(" ")]
    assert heads[:2] == ["a.py:5:12: RUN402 [*]", "a.py:9:1: RUN102 [*]"]
    assert heads[2].startswith("b.py:8:1: RUN103 ")
    assert lines[-1] == "[*] 2 fixable (run without --check); 1 more with --unsafe-fixes."
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (BAD, UNSAFE)


def test_diff_changes_nothing_and_can_be_applied() -> None:
    put(a=BAD, b=UNSAFE)
    done = call("--diff")
    assert done.returncode == 1
    said = "Would fix 2 findings, 1 left (1 fixable with --unsafe-fixes)."
    assert done.stderr.decode().strip() == said
    assert done.stdout.startswith(b"--- a.py")
    assert Path("a.py").read_text() == BAD
    put(c=GOOD)
    assert call("--diff", "c.py").stdout == b""
    assert call("--diff", "c.py").returncode == 0


def test_nothing_to_say() -> None:
    put(c=GOOD)
    assert asyncrun("c.py", code=0) == "Nothing found.\n"


def test_no_files_are_a_warning() -> None:
    done = call(".")
    assert done.returncode == 0
    assert done.stderr.decode().strip() == "warning: no Python files there"


def test_json_is_as_ruffs() -> None:
    put(a=BAD, b=UNSAFE)
    first, second, third = json.loads(asyncrun("--check", "--output-format", "json", code=1))
    assert set(first) >= {"filename", "location", "end_location", "code", "message", "fix"}
    assert first["filename"] == str(Path("a.py").absolute())
    assert first["code"] == "RUN402"
    assert first["location"] == {"row": 5, "column": 12}
    assert first["end_location"] == {"row": 5, "column": 36}
    assert [each["fix"]["applicability"] for each in (first, second, third)] == [
        "safe",
        "safe",
        "unsafe",
    ]
    edits = second["fix"]["edits"]
    assert all(set(edit) == {"content", "location", "end_location"} for edit in edits)


def test_json_of_a_repair_lists_what_is_left() -> None:
    put(a=BAD, b=UNSAFE)
    assert [each["code"] for each in json.loads(asyncrun("--output-format=json", code=1))] == [
        "RUN103"
    ]
    put(a=BAD)
    assert json.loads(asyncrun("--output-format=json", "a.py", code=1)) == []


def found(*arguments: str) -> list[str]:
    done = call("--check", "--output-format=json", *arguments)
    assert done.stderr == b""
    return [each["code"] for each in json.loads(done.stdout)]


def test_codes_are_selected_and_ignored() -> None:
    put(a=BAD, b=UNSAFE)
    assert found() == ["RUN402", "RUN102", "RUN103"]
    assert found("--select", "RUN1") == ["RUN102", "RUN103"]
    assert found("--select=RUN1,RUN402", "--ignore=RUN102") == ["RUN402", "RUN103"]
    assert found("--select=RUN102", "--select", "RUN402") == ["RUN402", "RUN102"]
    assert found("--ignore", "RUN1") == ["RUN402"]
    assert found("--select", "RUN102", "--ignore", "RUN1") == ["RUN102"]
    Path("pyproject.toml").write_text('[tool.asyncrun]\nselect = ["RUN1"]\nignore = ["RUN102"]\n')
    assert found() == ["RUN103"]
    assert found("--ignore", "RUN103") == [], "added to what the file says"
    assert found("--select", "RUN402,RUN102") == ["RUN402", "RUN102"], "instead of it"
    assert found("--isolated") == ["RUN402", "RUN102", "RUN103"]


def test_only_what_is_selected_is_fixed() -> None:
    put(a=BAD)
    asyncrun("--select", "RUN102", code=1)
    assert Path("a.py").read_text() == BAD.replace("run(main)", "run(main())")


def test_only_what_is_fixable_is_fixed() -> None:
    put(a=BAD)
    lines = asyncrun("--fixable", "RUN102", "--unsafe-fixes", CONCISE, code=1).splitlines()
    half = BAD.replace("run(main)", "run(main())")
    assert Path("a.py").read_text() == half
    assert lines[0].startswith("a.py:5:12: RUN402 asyncio.get_event_loop()"), (
        "reported, without [*]"
    )
    assert lines[-1] == "Found 2 findings (1 fixed, 1 left)."
    put(a=BAD)
    asyncrun("--unfixable=RUN4,RUN3", code=1)
    assert Path("a.py").read_text() == half
    [finding] = json.loads(asyncrun("--unfixable=RUN4", "--output-format=json", code=1))
    assert (finding["code"], finding["fix"]) == ("RUN402", None)
    assert "[*]" not in asyncrun("--check", "--unfixable", "ALL", code=1)
    asyncrun("--unfixable", "ALL", "--fixable", "RUN402", code=1)
    assert Path("a.py").read_text() == FIXED


def test_the_settings_may_say_what_is_fixable() -> None:
    settings = Path("pyproject.toml")

    def fixed(*arguments: str) -> list[str]:
        put(a=BAD)
        listed = json.loads(asyncrun("--check", "--output-format=json", *arguments, code=1))
        return [each["code"] for each in listed if each["fix"] is not None]

    settings.write_text('[tool.asyncrun]\nfixable = ["RUN1", "RUN4"]\nunfixable = ["RUN402"]\n')
    assert fixed() == ["RUN102"]
    assert fixed("--unfixable", "RUN102") == [], "added to what the file says"
    assert fixed("--fixable", "RUN402") == ["RUN402"], "instead of it"
    assert fixed("--isolated") == ["RUN402", "RUN102"]
    assert fixed("--select", "ALL") == ["RUN102"]


def test_more_may_be_selected() -> None:
    put(a=BAD, b=UNSAFE)
    assert found("--select=RUN402", "--extend-select=RUN103") == ["RUN402", "RUN103"]
    Path("asyncrun.toml").write_text('select = ["RUN103"]\nignore = ["RUN4", "RUN102"]\n')
    assert found("--extend-select=RUN1") == ["RUN103"], "the longer one counts"
    assert found("--extend-select=RUN102,RUN402") == ["RUN402", "RUN102", "RUN103"]
    assert found("--extend-select", "RUN4") == ["RUN402", "RUN103"]


def test_files_may_ignore_codes(here: Path) -> None:
    put(a=BAD, b=UNSAFE)
    assert found("--per-file-ignores=a.py:RUN4,RUN103,b.py:RUN1") == ["RUN102"]
    assert found("--per-file-ignores=!a.py:RUN1", "--per-file-ignores=a.py:RUN102") == ["RUN402"]
    assert found(f"--per-file-ignores={here / 'a.py'}:ALL") == ["RUN103"]
    Path("asyncrun.toml").write_text('per-file-ignores = {"a.py" = ["RUN1"]}\n')
    assert found() == ["RUN402", "RUN103"]
    assert found("--per-file-ignores=b.py:RUN1") == ["RUN402", "RUN102"], "it replaces the file's"
    assert found("--isolated") == ["RUN402", "RUN102", "RUN103"]
    assert asyncrun("a.py", code=1).splitlines()[-1] == "Found 1 finding (1 fixed, 0 left)."
    assert Path("a.py").read_text() == BAD.replace("get_event_loop", "get_running_loop")


def shown(*arguments: str) -> list[str]:
    return [Path(name).as_posix() for name in asyncrun("--show-files", *arguments, code=0).split()]


def test_files_are_shown(here: Path) -> None:
    for name in ("a", "b", "dist/c", "old/d", "old/deep/a"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        put(**{name: BAD})
    assert shown() == ["a.py", "b.py", "old/d.py", "old/deep/a.py"]
    assert shown("old", "dist/c.py") == ["old/d.py", "old/deep/a.py", "dist/c.py"]
    assert shown("--exclude=old,b.py") == ["a.py", "dist/c.py"]
    assert shown("--extend-exclude", "old/deep", "--extend-exclude", "a.py") == ["b.py", "old/d.py"]
    assert shown("--exclude=") == ["a.py", "b.py", "dist/c.py", "old/d.py", "old/deep/a.py"]
    assert shown("--exclude=old,", "--extend-exclude=") == ["a.py", "b.py", "dist/c.py"]
    assert shown("--extend-exclude=a.py", "a.py", "b.py") == ["a.py", "b.py"]
    assert shown("--extend-exclude=a.py", "--force-exclude", "a.py", "b.py") == ["b.py"]
    Path("asyncrun.toml").write_text('exclude = ["a.py"]\nforce-exclude = true\n')
    assert shown("a.py", "b.py") == ["b.py"]
    assert shown("--no-force-exclude", "a.py", "b.py") == ["a.py", "b.py"]
    assert shown("--exclude=b.py", "a.py", "b.py") == ["a.py"], "the command line is on top"
    (here / "old" / "deep").rename(here / "deep")
    os.chdir("old")
    assert shown("--extend-exclude=d.py") == []
    assert shown("--extend-exclude=old/d.py") == ["d.py"], "relative to where we are"
    assert Path("d.py").read_text() == BAD


def test_what_git_ignores_is_done_on_request(here: Path) -> None:
    put(a=BAD, b=BAD)
    Path(".git").mkdir()
    Path(".gitignore").write_text("b.py\n")
    assert shown() == ["a.py"]
    assert shown("--no-respect-gitignore") == ["a.py", "b.py"]
    Path("asyncrun.toml").write_text("respect-gitignore = false\n")
    assert shown() == ["a.py", "b.py"]
    assert shown("--respect-gitignore") == ["a.py"]
    assert shown("--isolated") == ["a.py"]
    asyncrun("--isolated", code=1)
    assert Path("b.py").read_text() == BAD


def test_folders_that_cannot_be_listed_are_named(unprivileged: Path) -> None:
    (unprivileged / "sub").mkdir(mode=0)
    (unprivileged / "a.py").write_text(GOOD)
    # In this process, for it alone has no rights.
    done = CliRunner().invoke(main, ["--show-files", str(unprivileged)])
    assert done.exit_code == 2
    assert done.output.splitlines() == [
        str(unprivileged / "a.py"),
        f"error: {unprivileged / 'sub'}: cannot be read: permission denied",
    ]


def test_files_of_which_nothing_can_be_said_are_not_shown(here: Path) -> None:
    (here / "sub").mkdir()
    put(a=BAD, **{"sub/b": BAD, "sub/c": BAD})
    Path("sub/asyncrun.toml").write_text("exclude = 1\n")
    done = call("--show-files")
    assert (done.returncode, done.stdout.decode().split()) == (2, ["a.py"])
    [line] = done.stderr.decode().splitlines()
    assert "asyncrun.toml: exclude: expected a list of patterns" in line


def test_one_configuration_may_be_named_for_all(here: Path) -> None:
    put(a=BAD, b=UNSAFE)
    Path("pyproject.toml").write_text('[tool.asyncrun]\nselect = ["RUN4"]\n')
    settings = here / "ci"
    settings.mkdir()
    (settings / "run.toml").write_text(
        'extend = "base.toml"\nselect = ["RUN1"]\nper-file-ignores = {"./b.py" = ["RUN1"]}\n'
    )
    (settings / "base.toml").write_text("unsafe-fixes = true\n")
    assert found() == ["RUN402"]
    assert found("--config", "ci/run.toml") == ["RUN102"], "its paths are relative to here"
    assert found("--config", "ci/run.toml", "--select=RUN4") == ["RUN402"]
    assert found("--config=unfixable = ['RUN4']", "--config", 'ignore = ["RUN4"]') == []
    assert found("--config=select=['RUN1']") == ["RUN102", "RUN103"]
    assert found("--config=select=['RUN1']", "--select=RUN4") == ["RUN402"]
    assert found("--config=select=['RUN1']", "--isolated") == ["RUN102", "RUN103"]
    assert found("--config=pyproject.toml") == ["RUN402"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config=missing.toml",), "--config: missing.toml is neither a file nor a setting such"),
        (("--config=ci",), "--config: ci is neither a file nor a setting such as"),
        (("--config=selekt = 1",), "--config: selekt: unknown key; did you mean select?"),
        (("--config=select = 1",), "--config: select: expected a list of codes such as"),
        (("--config=extend = 'a.toml'",), "--config: extend: only a file can extend another"),
        (("--config=a.toml", "--config=b.toml"), "--config: one file is enough, not a.toml and b."),
        (("--config=a.toml", "--isolated"), "--config: a.toml cannot be read with --isolated"),
        (("--config=b.toml",), "b.toml: selekt: unknown key; did you mean select?"),
        (("--config=pyproject.toml",), "pyproject.toml: has no [tool.asyncrun]"),
        (("--per-file-ignores=RUN1",), "--per-file-ignores: expected PATTERN:CODES, not 'RUN1'"),
        (("--per-file-ignores=a.py:E1",), '--per-file-ignores: "a.py": expected codes such as'),
        (("--extend-select=E1",), "--extend-select: expected codes such as"),
        (("--select=",), '--select: expected codes such as "RUN1", "RUN201" or "ALL", not \'\''),
        (("--select=RUN1,",), "--select: expected codes such as"),
        (("--ignore=",), "--ignore: expected codes such as"),
        (("--extend-select=",), "--extend-select: expected codes such as"),
        (("--fixable=",), "--fixable: expected codes such as"),
        (("--unfixable=",), "--unfixable: expected codes such as"),
        (("--per-file-ignores=",), "--per-file-ignores: expected PATTERN:CODES, not ''"),
        (("--extend-select=RUN9",), "select: no rule's code begins with RUN9"),
        (("--per-file-ignores=x.py:RUN9",), "per-file-ignores: no rule's code begins with RUN9"),
        (("--show-settings", "--python=missing"), "missing: is neither an interpreter nor an env"),
        (("--show-settings", "--select=RUN9"), "select: no rule's code begins with RUN9"),
    ],
)
def test_settings_that_cannot_be_used_are_one_line(arguments: tuple[str, ...], said: str) -> None:
    put(a=BAD)
    for name, text in {"a.toml": "", "b.toml": "selekt = 1\n", "pyproject.toml": ""}.items():
        Path(name).write_text(text)
    [line] = refused(*arguments).splitlines()
    assert line.startswith("error: ")
    assert said in line
    assert Path("a.py").read_text() == BAD


def test_settings_are_shown_with_their_places(here: Path) -> None:
    (here / "app").mkdir()
    put(a=BAD, **{"app/b": BAD})
    Path("pyproject.toml").write_text(
        '[project]\nrequires-python = ">=3.11"\n[tool.asyncrun]\nselect = ["RUN1"]\n'
        'ignore = ["RUN102"]\nsrc = ["lib"]\nextend-exclude = ["gen/*.py"]\n'
    )
    Path("app/asyncrun.toml").write_text(
        'extend = "../pyproject.toml"\nignore = ["RUN101"]\nknown-safe = ["pkg"]\n'
        'per-file-ignores = {"b.py" = ["RUN106", "RUN107"]}\n'
    )
    said = asyncrun("--show-settings", "app", "--unfixable=RUN1", code=0)
    lines = dict(line.partition(" = ")[::2] for line in said.splitlines())
    outer, inner = here / "pyproject.toml", here / "app" / "asyncrun.toml"
    assert said.splitlines()[0] == f"# Settings for {Path('app/b.py')}"
    assert lines["target-version"] == f'"3.11" # {outer} (requires-python)'
    assert lines["select"] == f'["RUN1"] # {outer}'
    assert lines["ignore"] == f'["RUN102", "RUN101"] # {outer}, {inner}'
    assert lines["unfixable"] == '["RUN1"] # command line'
    assert lines["unsafe-fixes"] == "false # default"
    assert lines["src"].endswith(f" # {outer}")
    assert lines["extend-exclude"] == f'["gen/*.py"] # {outer}'
    assert lines["per-file-ignores"] == f'{{ "b.py" = ["RUN106", "RUN107"] }} # {inner}'
    assert lines["extend-per-file-ignores"] == "{  } # default"
    assert lines["# python: not said # default"] == ""
    asked = "# Rules that are asked: RUN103, RUN104, RUN105, RUN108"
    assert asked in said.splitlines()
    assert "# Of these may be repaired: none" in said.splitlines()
    assert f"#   {here / 'lib'}" in said.splitlines()
    Path("copy.toml").write_text(said)
    assert found("--config=copy.toml", "a.py") == [], "it is a configuration file itself"
    assert Path("app/b.py").read_text() == BAD


def test_what_extends_settings_is_shown_with_its_place(here: Path) -> None:
    put(a=BAD)
    Path("asyncrun.toml").write_text(
        'select = ["RUN1"]\nextend-select = ["RUN401"]\nextend-ignore = ["RUN101"]\n'
        'unfixable = ["RUN103"]\nextend-per-file-ignores = {"a.py" = ["RUN104"]}\n'
    )
    options = ("--extend-select=RUN406", "--ignore=RUN105", "--unfixable=RUN401")
    said = asyncrun("--show-settings", *options, code=0).splitlines()
    file = here / "asyncrun.toml"
    assert f'select = ["RUN1", "RUN401", "RUN406"] # {file}, command line' in said
    assert f"# extend-select: in select # {file}, command line" in said
    assert f'ignore = ["RUN101", "RUN105"] # command line, {file}' in said
    assert f"# extend-ignore: in ignore # {file}" in said
    assert f'unfixable = ["RUN103", "RUN401"] # {file}, command line' in said
    assert f'extend-per-file-ignores = {{ "a.py" = ["RUN104"] }} # {file}' in said
    assert "# Rules that are asked: RUN102, RUN103, RUN106, RUN107, RUN108, RUN401, RUN406" in said
    assert "# Of these may be repaired: RUN102, RUN107, RUN108, RUN406" in said
    plain = asyncrun("--show-settings", "--isolated", code=0).splitlines()
    assert "# extend-select: in select # default" in plain
    assert "# extend-ignore: in ignore # default" in plain


def test_settings_of_nothing_are_a_warning() -> None:
    done = call("--show-settings")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().strip() == "warning: no Python files there"


def test_standard_input_may_be_left_out() -> None:
    Path("asyncrun.toml").write_text('extend-exclude = ["gen"]\nforce-exclude = true\n')
    text = BAD.encode()
    for options, expected in [
        ((), text),
        (("--check",), b""),
        (("--diff",), b""),
        (("--no-force-exclude",), FIXED.encode()),
    ]:
        done = call("--stdin-filename", "gen/a.py", *options, "-", stdin=text)
        assert (done.stdout, done.stderr.strip() == b"") == (expected, expected != FIXED.encode())
        assert done.returncode == (1 if "--no-force-exclude" in options else 0)
    named = call("--show-settings", "--stdin-filename", "gen/a.py", "--no-force-exclude", "-")
    assert named.stdout.decode().startswith("# Settings for gen/a.py\n")


def test_noqa_silences() -> None:
    put(a=BAD.replace("run(main)", "run(main)  # noqa: RUN102"))
    assert found() == ["RUN402"]


def test_what_is_left_is_silenced() -> None:
    put(a=BAD, b=UNSAFE, c=CAPTURED)
    said = asyncrun("--add-noqa", code=1)
    assert said == "Found 4 findings (2 fixed, 2 silenced, 0 left).\n"
    assert Path("a.py").read_text() == FIXED
    silenced = UNSAFE.replace("main()])", "main()])  # noqa: RUN103")
    assert Path("b.py").read_text() == silenced
    captured = CAPTURED.replace("= Client()", "= Client()  # noqa: RUN201")
    assert Path("c.py").read_text() == captured
    assert asyncrun("--add-noqa", code=0) == asyncrun("--check", code=0) == "Nothing found.\n"
    assert (Path("b.py").read_text(), Path("c.py").read_text()) == (silenced, captured)


def test_all_may_be_silenced_and_nothing_repaired() -> None:
    put(a=BAD.replace("event_loop()", "event_loop()  # noqa: F841"))
    asyncrun("--add-noqa", "--unfixable", "ALL", code=1)
    assert Path("a.py").read_text() == BAD.replace(
        "event_loop()", "event_loop()  # noqa: F841, RUN402"
    ).replace("run(main)", "run(main)  # noqa: RUN102")
    assert asyncrun("--add-noqa", code=0) == "Nothing found.\n"


def test_silencing_keeps_ends_of_lines_and_encodings() -> None:
    text = f"# coding: latin-1\n# \xe9\n{UNSAFE}".replace("\n", "\r\n").rstrip()
    Path("b.py").write_bytes(text.encode("latin-1"))
    asyncrun("--add-noqa", code=1)
    assert Path("b.py").read_bytes() == f"{text}  # noqa: RUN103".encode("latin-1")


def test_what_cannot_be_silenced_is_listed() -> None:
    text = UNSAFE.replace("main()])", "main()]); x = '# noqa: E501'")
    put(b=text)
    lines = asyncrun("--add-noqa", CONCISE, code=1).splitlines()
    assert lines[0].startswith("b.py:8:1: RUN103 ")
    assert lines[-2:] == ["Found 1 finding.", "1 fixable with --unsafe-fixes."]
    assert Path("b.py").read_text() == text


def test_what_would_be_silenced_is_shown() -> None:
    put(a=BAD, b=UNSAFE)
    done = call("--add-noqa", "--diff")
    assert b"+asyncio.run([main(), main()])  # noqa: RUN103" in done.stdout
    assert done.stderr.decode().strip() == "Would fix 2 findings, silence 1, 0 left."
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (BAD, UNSAFE)
    done = call("--add-noqa", "-", stdin=UNSAFE.encode())
    assert done.stdout.decode() == UNSAFE.replace("main()])", "main()])  # noqa: RUN103")
    assert done.stderr.decode().strip() == "Found 1 finding (0 fixed, 1 silenced, 0 left)."


def answered(*answers: str, options: tuple[str, ...] = (), code: int = 1) -> str:
    """Run asyncrun-fix --interactive; what it prints, asked and answered from a pipe."""
    stdin = "".join(f"{answer}\n" for answer in answers).encode()
    done = call("--interactive", *options, stdin=stdin)
    assert (done.stderr.decode(), done.returncode) == ("", code)
    return done.stdout.decode().replace("\r\n", "\n")


def test_each_fix_is_shown_and_asked_about() -> None:
    put(a=BAD, b=UNSAFE)
    said = answered("n", "y")
    assert Path("a.py").read_text() == BAD.replace("run(main)", "run(main())")
    first, second, closing = said.split("Apply this fix? ")
    assert first.startswith("a.py:5:12: RUN402 [*] asyncio.get_event_loop() in a coroutine")
    assert (
        """
    fix: Call get_running_loop()
--- a.py
+++ a.py
@@ -2,7 +2,7 @@
"""
        in first
    )
    assert (
        "\n-    loop = asyncio.get_event_loop()\n+    loop = asyncio.get_running_loop()\n" in first
    )
    assert second.startswith("y(es), n(o), a(ll of RUN402), q(uit): \na.py:9:1: RUN102 [*] ")
    assert "\n-asyncio.run(main)\n+asyncio.run(main())\n" in second
    assert "get_running_loop()\n" not in second, "each diff shows its own fix only"
    assert closing.startswith("y(es), n(o), a(ll of RUN102), q(uit): \nRUN402 asyncio")
    assert "\x1b" not in said
    assert closing.splitlines()[-3:] == [
        "Found 3 findings (1 fixed, 2 left).",
        "1 refused: you said no (1).",
        "1 fixable with --unsafe-fixes.",
    ]


def test_unsafe_fixes_say_so_when_they_are_asked_about() -> None:
    put(b=UNSAFE)
    said = answered("yes", options=("--unsafe-fixes",))
    assert " (unsafe)\n--- b.py\n" in said
    assert said.endswith("\nFound 1 finding (1 fixed, 0 left).\n")


def test_all_of_a_rule_may_be_approved() -> None:
    twice = BAD.replace("    print(", "    asyncio.get_event_loop()\n    print(")
    put(a=twice, b=BAD)
    said = answered("A", "No", "n")
    assert said.count("Apply this fix?") == 3
    assert Path("a.py").read_text() == twice.replace("get_event_loop", "get_running_loop")
    assert Path("b.py").read_text() == BAD.replace("get_event_loop", "get_running_loop")
    assert "Found 5 findings (3 fixed, 2 left).\n2 refused: you said no (2).\n" in said


def test_asking_may_be_ended() -> None:
    put(a=BAD, b=BAD)
    said = answered("y", "q")
    assert said.count("Apply this fix?") == 2
    assert Path("a.py").read_text() == BAD.replace("get_event_loop", "get_running_loop")
    assert Path("b.py").read_text() == BAD
    assert said.endswith("Found 2 findings (1 fixed, 1 left).\n[*] 1 fixable.\n")


def test_without_a_fix_nothing_is_asked() -> None:
    put(c=GOOD, d=CAPTURED)
    assert answered(options=("c.py",), code=0) == "Nothing found.\n"
    assert "Apply" not in answered(options=("d.py",))
    assert "Apply" not in answered(options=("--unfixable", "ALL"))


def test_what_is_no_answer_is_asked_again() -> None:
    put(a=BAD)
    said = answered("maybe", "", "y", "YES")
    assert said.count("Error: expected y, n, a or q, not 'maybe'\n") == 1
    assert Path("a.py").read_text() == FIXED


def test_bytes_that_are_no_text_are_no_answer() -> None:
    put(a=BAD)
    done = call("--interactive", stdin=b"\xff\ny\ny\n")
    assert (done.stderr, done.returncode) == (b"", 1)
    assert b"Error: expected y, n, a or q, not " in done.stdout
    assert Path("a.py").read_text() == FIXED


def test_answers_that_end_leave_the_file_as_it_was() -> None:
    put(a=BAD, b=BAD)
    done = call("--interactive", stdin=b"y\ny\ny\n")
    [line] = done.stderr.decode().splitlines()
    assert line == "error: --interactive: standard input has ended; b.py is left as it was"
    assert done.returncode == 2
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (FIXED, BAD)


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
@pytest.mark.parametrize(
    ("redirection", "said"),
    [
        ("<&-", "there is no standard input to take answers from"),
        ("<a.py 0>out", "no answers can be read: "),
        ("</dev/null", "standard input has ended; a.py is left as it was"),
    ],
)
def test_without_readable_input_nothing_is_asked(redirection: str, said: str) -> None:
    put(a=BAD)
    command = f"exec {sys.executable} -m flake8_asyncrun --interactive a.py {redirection}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr.startswith(f"error: --interactive: {said}")
    assert (done.stderr.count("\n"), done.returncode) == (1, 2)
    assert Path("a.py").read_text() == BAD


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_an_interrupt_at_a_question_leaves_the_file_as_it_was() -> None:
    import pty

    put(a=BAD, b=BAD)
    parent, child = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    # What is started in the background has the signal ignored from birth.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{listening}; from flake8_asyncrun.cli import main; main()"
    command = [sys.executable, "-c", start, "--interactive"]
    written = ""

    def read_until(part: str, number: int = 1) -> None:
        nonlocal written
        while written.count(part) < number:
            ready, _, _ = select.select([parent], [], [], 60)
            assert ready, written
            written += os.read(parent, 10_000).decode()

    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    try:
        for number in (1, 2, 3):
            read_until("q(uit):", number)
            os.write(parent, b"y\n")
        read_until("q(uit):", 4)
        # One that comes before the answer is waited for is heard with the next.
        process.send_signal(signal.SIGINT)
        while not select.select([parent], [], [], 1)[0]:
            process.send_signal(signal.SIGINT)
        read_until("interrupted; b.py is left as it was")
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
        os.close(child)
        os.close(parent)
    assert "\x1b[32m+    loop = asyncio.get_running_loop()\x1b[0m" in written
    assert "Traceback" not in written
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (FIXED, BAD)
    assert sorted(path.name for path in Path().iterdir()) == ["a.py", "b.py"]


def test_settings_of_a_project_count(here: Path) -> None:
    shutil.copytree(PROJECTS / "bot", here / "bot")
    lines = asyncrun("bot", code=1).splitlines()
    assert lines == ["Found 2 findings (2 fixed, 0 left)."]
    main = here / "bot" / "src" / "bot" / "__main__.py"
    assert "asyncio.run(reply())" in main.read_text()
    assert found("--isolated", "bot") == ["RUN103"], "ignored in its pyproject.toml"


def test_names_lead_to_packages_of_the_named_python(here: Path) -> None:
    put(a="import asyncio\nimport fromelsewhere\n\nasyncio.run(fromelsewhere.main)\n")
    assert found() == []
    packages = here / "env" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "fromelsewhere.py").write_text("async def main(): ...\n")
    (here / "env" / "pyvenv.cfg").touch()
    assert found("--python", "env") == ["RUN102"]
    Path("pyproject.toml").write_text('[tool.asyncrun]\npython = "env"\n')
    assert found() == ["RUN102"]


@pytest.mark.parametrize(("version", "safety"), [("3.8", "unsafe"), ("3.10", "safe")])
def test_the_target_decides(version: str, safety: str) -> None:
    put(a="import asyncio\n\nlock = asyncio.Lock(loop=None)\n")
    options = ("--check", "--select=RUN301", "--output-format=json")
    [finding] = json.loads(asyncrun(*options, "--target-version", version, code=1))
    assert finding["fix"]["applicability"] == safety
    Path("pyproject.toml").write_text(f'[project]\nrequires-python = ">={version}"\n')
    assert json.loads(asyncrun(*options, code=1)) == [finding]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--select", "E5"), 'error: --select: expected codes such as "RUN1"'),
        (("--select", "RUN9"), "error: select: no rule's code begins with RUN9"),
        (("--ignore", "RUN9"), "error: ignore: no rule's code begins with RUN9"),
        (("--fixable", "E5"), 'error: --fixable: expected codes such as "RUN1"'),
        (("--unfixable", "RUN1011"), 'error: --unfixable: expected codes such as "RUN1"'),
        (("--fixable", "RUN9"), "error: fixable: no rule's code begins with RUN9"),
        (("--unfixable", "RUN9"), "error: unfixable: no rule's code begins with RUN9"),
        (("--target-version", "2.7"), "error: --target-version: Python 2.7 is not one of"),
        (("--python", "no-such-python"), "error: no-such-python: is neither an interpreter nor"),
        (("--explain", "RUN9"), "error: --explain: no rule is called RUN9"),
        (("missing.py",), "error: missing.py: cannot be read: no such file or directory"),
    ],
)
def test_a_job_that_cannot_be_done_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    put(a=BAD, b=BAD)
    refusal = refused("--check", *arguments)
    assert refusal.startswith(said)
    assert refusal.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--no-such-option",), "No such option"),
        (("--output-format", "xml"), "'xml' is not one of"),
        (
            ("--diff", "--output-format", "json"),
            "--diff cannot be combined with --output-format json",
        ),
        (("--check", "--add-noqa"), "--add-noqa cannot be combined with --check"),
        (("--interactive", "--check"), "--interactive cannot be combined with --check"),
        (("--interactive", "--diff"), "--interactive cannot be combined with --diff"),
        (("--interactive", "--add-noqa"), "--interactive cannot be combined with --add-noqa"),
        (("--interactive", "-"), "--interactive cannot be combined with -"),
        (
            ("--interactive", "--output-format=json"),
            "--interactive cannot be combined with --output-format json",
        ),
        (("-", "a.py"), "- cannot be combined with other paths"),
        (("--show-files", "--show-settings"), "--show-settings cannot be combined with --show"),
    ],
)
def test_a_wrong_call_is_refused(arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(*arguments)


@pytest.mark.skipif(os.name == "nt", reason="a name that Windows does not allow")
def test_errors_name_files_without_steering_the_terminal() -> None:
    Path("\x1b[31mx.py").write_text("import asyncio\ndef (\n")
    done = call("--check", "--isolated")
    assert done.stderr.decode().startswith("error: \u241b[31mx.py:2: cannot be analysed")
    assert done.returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="names that others do not allow")
@pytest.mark.parametrize(("encoding", "used"), [("ascii", "utf-8"), ("latin-1", "latin-1")])
def test_names_are_shown_without_steering_the_terminal(
    here: Path, encoding: str, used: str
) -> None:
    names = ["\x1b[31mx.py", "a\nb.py", "\u202eyp.py", os.fsdecode(b"s\xff.py"), "ü ü.py", '"q".py']
    for name in names:
        Path(name).write_text(GOOD)
    done = call("--show-files", variables={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode(used).splitlines()
    assert sorted(lines) == sorted(
        [
            '"\\033[31mx.py"',
            '"a\\012b.py"',
            '"\\342\\200\\256yp.py"',
            '"s\\377.py"',
            "ü ü.py",
            '"\\"q\\".py"',
        ]
    )

    Path("\x1b[1m").mkdir()
    Path("\x1b[1m", "asyncrun.toml").write_text('select = ["RUN1"]\n')
    Path("\x1b[1m", "a\nselect = 1.py").write_text(GOOD)
    said = asyncrun("--show-settings", "--exclude=x\x1b\x7f\x85\u202e", "\x1b[1m", code=0)
    first, *lines = said.splitlines()
    assert first == '# Settings for "\\033[1m/a\\012select = 1.py"'
    assert 'exclude = ["x\\u001b\\u007f\\u0085\\u202e"] # command line' in lines
    assert f'select = ["RUN1"] # "{here}/\\033[1m/asyncrun.toml"' in lines
    assert "\x1b" not in call("--check", "--verbose").stderr.decode()
    Path("copy.toml").write_text(said)
    assert asyncrun("--show-files", "--config=copy.toml", "a\nb.py", code=0) == '"a\\012b.py"\n'


def test_broken_settings_are_named_once() -> None:
    put(a=BAD, b=BAD)
    Path("pyproject.toml").write_text("[tool.asyncrun]\nselekt = []\n")
    said = refused()
    assert said == (
        f"error: {Path('pyproject.toml').absolute()}: selekt: unknown key; did you mean select?\n"
    )
    assert Path("a.py").read_text() == BAD


def test_the_other_files_are_done() -> None:
    put(a="import asyncio\ndef (\n", b=BAD)
    Path("c.py").write_bytes(b"# coding: no-such\nimport asyncio\n")
    errors = refused().splitlines()
    assert [error.split(" ")[:2] for error in errors] == [
        ["error:", "a.py:2:"],
        ["error:", "c.py:"],
    ]
    assert Path("b.py").read_text() == FIXED


def test_what_a_change_must_not_touch_stays(here: Path) -> None:
    original = (
        b"\xef\xbb\xbf# -*- coding: utf-8 -*-\r\nimport asyncio\r\n\r\n\r\n"
        b"async def main():\r\n\tloop = asyncio.get_event_loop()  # \xe6\x97\xa5\n"
        b"\tprint(loop)\r\n\n\nasyncio.run(main())"
    )
    real = here / "real.py"
    real.write_bytes(original)
    real.chmod(0o755)
    if sys.platform != "win32":
        (here / "a").mkdir()
        (here / "a" / "link.py").symlink_to(real)
    asyncrun("a" if sys.platform != "win32" else ".", code=1)
    assert real.read_bytes() == original.replace(b"get_event_loop", b"get_running_loop")
    if sys.platform != "win32":
        assert real.stat().st_mode & 0o777 == 0o755
        assert (here / "a" / "link.py").is_symlink()


def test_a_legacy_encoding_stays() -> None:
    text = f"# coding: latin-1\n# \xe9\n{BAD}"
    Path("a.py").write_bytes(text.encode("latin-1"))
    asyncrun(code=1)
    fixed = Path("a.py").read_bytes()
    assert fixed == text.replace(BAD, FIXED).encode("latin-1")


def test_standard_input_is_repaired_to_standard_output() -> None:
    data = b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode()
    done = call("-", stdin=data)
    assert done.stdout == data.replace(BAD.encode(), b"").replace(
        b"get_event_loop", b"get_running_loop"
    ).replace(b"run(main)", b"run(main())")
    assert done.stderr.decode().strip() == "Found 2 findings (2 fixed, 0 left)."
    assert done.returncode == 1
    assert list(Path().iterdir()) == []


def test_standard_input_with_nothing_to_say_comes_out_as_it_is() -> None:
    done = call("-", stdin=GOOD.encode())
    assert (done.stdout, done.returncode) == (GOOD.encode(), 0)


@pytest.mark.parametrize("data", [b"import asyncio\ndef (\n", b"# coding: no-such\n\xff"])
def test_standard_input_that_cannot_be_read_comes_out_as_it_is(data: bytes) -> None:
    done = call("-", "--stdin-filename", "x.py", stdin=data)
    assert (done.stdout, done.returncode) == (data, 2)
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("error: x.py")


def test_standard_input_knows_its_neighbours(here: Path) -> None:
    (here / "app").mkdir()
    (here / "app" / "store.py").write_text("async def save(): ...\n")
    code = b"import asyncio\nfrom store import save\n\nasyncio.run(save)\n"
    done = call("--check", CONCISE, "--stdin-filename", "app/main.py", "-", stdin=code)
    assert done.stdout.decode().startswith(f"{Path('app/main.py')}:4:1: RUN102 [*] ")
    assert done.returncode == 1
    diff = call("--diff", "--stdin-filename", "app/main.py", "-", stdin=code).stdout.decode()
    assert diff.splitlines()[0] == f"--- {Path('app/main.py')}"
    listed = call("--check", CONCISE, "--output-format", "json", "-", stdin=BAD.encode())
    assert {each["filename"] for each in json.loads(listed.stdout)} == {"-"}


def test_every_rule_is_listed_and_explained() -> None:
    lines = asyncrun("--list-rules", code=0).splitlines()
    codes = [line.split()[0] for line in lines]
    assert codes == sorted(codes)
    assert {"RUN001", "RUN102", "RUN402"} <= set(codes)
    [line] = [line for line in lines if line.startswith("RUN402")]
    assert line.split()[1:3] == ["get-event-loop-in-coroutine", "fix"]
    manual = asyncrun("--explain", "RUN402", code=0)
    assert manual.startswith("# RUN402 get-event-loop-in-coroutine\n\n")
    assert line.endswith(manual.splitlines()[2])
    assert "```python bad" in manual
    assert asyncrun("--explain", "get-event-loop-in-coroutine", code=0) == manual


def test_the_version_and_the_help() -> None:
    assert asyncrun("--version", code=0) == f"asyncrun-fix {__version__}\n"
    text = asyncrun("--help", code=0)
    assert text.startswith("Usage: asyncrun-fix [OPTIONS] [PATH]...")
    assert asyncrun("-h", code=0) == text


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_question_does_not_load_libcst(option: str) -> None:
    code = (
        "import sys\nfrom flake8_asyncrun.cli import main\n"
        f"try:\n    main([{option!r}])\n"
        "except SystemExit:\n    sys.exit('libcst' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_no_colour_where_there_is_no_terminal() -> None:
    put(a=BAD, b=UNSAFE)
    assert "\x1b" not in asyncrun("--check", code=1)
    assert b"\x1b" not in call("--diff").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_reader_that_leaves_is_no_fault() -> None:
    put(**{f"b{number}": UNSAFE for number in range(200)})
    command = [sys.executable, "-m", "flake8_asyncrun", "--check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
    assert said == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_say_it_is_no_fault(here: Path, encoding: str) -> None:
    (here / "日本").mkdir()
    (here / "日本" / "b.py").write_text(UNSAFE)
    done = call("--check", CONCISE, variables={"PYTHONIOENCODING": encoding})
    assert (done.stderr, done.returncode) == (b"", 1)
    assert b"b.py:8:1: RUN103" in done.stdout


def test_the_script_is_installed() -> None:
    folder = Path(sys.executable).parent
    script = shutil.which("asyncrun-fix", path=str(folder))
    assert script is not None
    done = subprocess.run([script, "--version"], capture_output=True, check=True)
    assert done.stdout.decode().strip() == f"asyncrun-fix {__version__}"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import asyncio\nasync def f(): ...\nasyncio.run(f)\n")
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device, opened to be handed on
        done = subprocess.run(
            [sys.executable, "-m", "flake8_asyncrun", "--check", "--isolated", "a.py"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    "arguments",
    [
        ("--check",),
        ("--diff", "a.py"),
        ("--stdin-filename=a.py", "-"),
        ("--check", "missing.py"),
        ("--select=RUN9",),
        ("--list-rules",),
        ("--jobs=2", "--verbose", "--output-format=json", "--statistics"),
        ("--show-settings",),
    ],
)
def test_a_forked_command_does_what_a_new_one_does(arguments: tuple[str, ...]) -> None:
    """What most tests here rest on: no more is known than in a process that has begun just now."""
    came_to = []
    for variables in ({"ASYNCRUN_CACHE_DIR": ""}, {"ASYNCRUN_CACHE_DIR": "", "PYTHONUTF8": "1"}):
        put(a=BAD, b=UNSAFE)
        done = call(*arguments, stdin=BAD.encode(), variables=variables)
        said = re.sub(rb"time: .*", b"", done.stderr)
        texts = Path("a.py").read_text(), Path("b.py").read_text()
        came_to.append((done.returncode, done.stdout, said, texts))
    assert came_to[0] == came_to[1]
