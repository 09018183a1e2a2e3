"""--baseline and --update-baseline from outside: what is known stays known, what is new is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import call
from tests.test_cli import BAD, FIXED, GOOD, UNSAFE, asyncrun, put, refused

pytestmark = pytest.mark.thorough

FILE = "baseline.json"
CHECK = ("--check", "--baseline", FILE)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(*arguments: str) -> str:
    return asyncrun(*arguments, "--baseline", FILE, "--update-baseline", code=0)


def told(*arguments: str, code: int = 0) -> str:
    """Check against the baseline; what is said on standard error."""
    done = call(*CHECK, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr.decode().replace("\r\n", "\n")


def entries() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Path(FILE).read_text())["findings"]
    return found


def test_what_is_recorded_is_neither_told_nor_counted_nor_repaired() -> None:
    put(a=BAD, b=UNSAFE)
    assert record() == "baseline.json: 3 recorded (3 new, 0 gone).\n"
    assert Path("a.py").read_text() == BAD
    assert asyncrun(*CHECK, code=0) == "Nothing found.\n"
    assert asyncrun("--baseline", FILE, "--unsafe-fixes", code=0) == "Nothing found.\n"
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (BAD, UNSAFE)


def test_the_file_is_sorted_and_has_one_entry_a_line() -> None:
    Path("pkg").mkdir()
    Path("pkg", "b.py").write_text(BAD)
    put(a=BAD + "asyncio.run(main)\n")
    record("pkg", "a.py")
    lines = Path(FILE).read_text().splitlines()
    assert lines[:3] == ["{", '  "version": 1,', '  "findings": [']
    found = [json.loads(line.strip(" ,")) for line in lines[3:-2]]
    assert found == entries()
    assert [(one["path"], one["code"], one["scope"], one["count"]) for one in found] == [
        ("a.py", "RUN102", "", 2),
        ("a.py", "RUN402", "main", 1),
        ("pkg/b.py", "RUN102", "", 1),
        ("pkg/b.py", "RUN402", "main", 1),
    ]
    status = Path(FILE).stat()
    assert record() == "baseline.json: 5 recorded (0 new, 0 gone).\n"
    assert Path(FILE).stat().st_ino == status.st_ino, "written again, though nothing is new"


MOVED = {
    "lines above": "import os\n\n# more\n" + BAD,
    "indented": BAD.replace("asyncio.run(main)", "if asyncio:\n        asyncio.run( main )"),
    "wrapped": BAD.replace("asyncio.run(main)", "asyncio.run(\n    main,  # it\n)"),
    "commented": BAD.replace("asyncio.run(main)", "asyncio.run(main)  # why?"),
    "moved": (
        "import asyncio\n\n\ndef other():\n    pass\n\n\n" + BAD.partition("\n")[2].lstrip("\n")
    ),
    "a class around": BAD.replace("async def main", "async def first(): ...\n\n\nasync def main"),
    "renamed": BAD.replace("async def main():", "async def main():  # x").replace(
        "main()", "main(*_)"
    ),
    "windows": BAD.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", MOVED.values(), ids=MOVED)
def test_what_moves_is_the_same(text: str) -> None:
    put(a=BAD)
    record()
    put(a=text)
    assert told() == ""


def test_a_function_that_is_renamed_keeps_what_is_known_of_it() -> None:
    text = BAD.replace("asyncio.run(main)\n", "asyncio.run(main())\n")
    put(a=text)
    record()
    put(a=text.replace("main", "start"))
    assert told() == ""


@pytest.mark.parametrize(
    "more",
    ["asyncio.run(main)\n", "asyncio.run(main, debug=True)\n", "def f():\n    asyncio.run(main)\n"],
)
def test_what_is_new_is_told(more: str) -> None:
    put(a=BAD)
    record()
    put(a=BAD + more)
    done = call(*CHECK, "--output-format=json")
    assert (done.returncode, done.stderr) == (1, b"")
    assert [finding["code"] for finding in json.loads(done.stdout)] == ["RUN102"]
    asyncrun("--baseline", FILE, code=1)
    assert Path("a.py").read_text() == BAD + more.replace("main", "main()"), "the new one alone"


def test_of_equals_as_many_are_known_as_there_were() -> None:
    put(a=BAD + "asyncio.run(main)\n")
    record()
    put(a=BAD)
    assert told() == "1 in the baseline is gone; --update-baseline removes what is gone\n"
    put(a=BAD + "asyncio.run(main)\n" * 2)
    assert asyncrun(*CHECK, code=1).splitlines()[-2].startswith("Found 1 finding")


def test_what_is_gone_is_told_and_goes() -> None:
    put(a=BAD, b=UNSAFE, c=BAD)
    record()
    put(a=FIXED, b=GOOD)
    Path("c.py").unlink()
    said = "5 in the baseline are gone; --update-baseline removes what is gone\n"
    assert told() == said
    assert record() == "baseline.json: 0 recorded (0 new, 5 gone).\n"
    assert Path(FILE).read_text() == '{\n  "version": 1,\n  "findings": []\n}\n'
    assert told() == ""


def test_a_file_without_the_words_has_lost_what_was_known_of_it() -> None:
    put(a=BAD)
    record()
    put(a="x = 1\n")
    assert told().startswith("2 in the baseline are gone;")


def test_files_and_rules_that_are_not_asked_keep_their_entries() -> None:
    put(a=BAD, b=BAD)
    record()
    put(a=FIXED, b=FIXED)
    assert told("a.py").startswith("2 in the baseline are gone;")
    assert told("--select=RUN4").startswith("2 in the baseline are gone;")
    assert record("--select=RUN4", "b.py") == "baseline.json: 3 recorded (0 new, 1 gone).\n"
    assert [(one["path"], one["code"]) for one in entries()] == [
        ("a.py", "RUN102"),
        ("a.py", "RUN402"),
        ("b.py", "RUN102"),
    ]


def test_a_file_that_cannot_be_analysed_keeps_its_entries() -> None:
    put(a=BAD, b=BAD)
    record()
    before = Path(FILE).read_text()
    put(a="import asyncio\ndef (\n")
    assert "gone" not in told(code=2)
    assert "a.py" in refused("--baseline", FILE, "--update-baseline")
    assert Path(FILE).read_text() == before


def test_paths_are_those_from_the_baseline(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("src").mkdir()
    Path("kept").mkdir()
    Path("src", "ä b.py").write_text(BAD)
    kept = Path("kept", FILE)
    asyncrun("src", "--baseline", str(kept), "--update-baseline", code=0)
    assert {one["path"] for one in json.loads(kept.read_text())["findings"]} == {"../src/ä b.py"}
    monkeypatch.chdir(here / "src")
    assert asyncrun("--check", "--baseline", str(Path("..", kept)), ".", code=0)
    assert asyncrun("--check", "--baseline", str(here / kept), str(Path.cwd()), code=0)


def test_standard_input_is_known_by_its_name() -> None:
    put(a=BAD)
    record()
    text = ("# new\n" + BAD).encode()
    done = call("--baseline", FILE, "--stdin-filename", "a.py", "-", stdin=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, b"Nothing found.\n")
    done = call("--baseline", FILE, "--stdin-filename", "b.py", "-", stdin=text)
    assert done.returncode == 1


def test_a_fix_beside_what_is_known_leaves_that_alone() -> None:
    text = (
        "import asyncio\n\n\nclass Client:\n    def __init__(self):\n"
        "        self.loop = asyncio.get_event_loop()\n\n    async def start(self):\n"
        "        self.loop.call_soon(print, 1)\n\n\nasync def f():\n"
        "    print(asyncio.get_event_loop())\n\n\n"
    )
    put(a=text)
    record()
    put(a=text + "client = Client()\nasyncio.run(client.start())\n")
    done = call("--baseline", FILE)
    assert done.stdout == b"Found 1 finding (1 fixed, 0 left).\n"
    assert "    await client.start()\n" in Path("a.py").read_text()
    assert "print(asyncio.get_event_loop())" in Path("a.py").read_text()


ENTRY = """\
{"version": 1, "findings": [
  {"path": "a", "code": "b", "scope": "", "digest": "", "count": 1}
]}
"""

BROKEN = {
    "no JSON": ("{", "is no baseline: "),
    "a conflict": ('<<<<<<< HEAD\n{"version": 1}', "is no baseline: "),
    "no object": ("[]", 'expected an object with a "version"'),
    "newer": ('{"version": 2, "findings": []}', "its version is 2, and this release reads"),
    "no findings": ('{"version": 1}', 'expected a list of "findings"'),
    "no entry": ('{"version": 1, "findings": [1]}', 'finding 1: expected "path" to be a text'),
    "no count": (
        ENTRY.replace("1}", "true}"),
        'finding 1: expected "count" to be a number',
    ),
    "count of none": (
        ENTRY.replace("1}", "0}"),
        'finding 1: expected "count" to be 1 or more',
    ),
    "nested": ("[" * 100_000, "is no baseline: "),
    "no text": ('{"version": 1, "findings": "\udcff"}', "is no baseline: "),
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_baseline_is_refused(text: str, reason: str) -> None:
    put(a=BAD)
    data = text.encode("utf-8", "surrogateescape")
    Path(FILE).write_bytes(data)
    said = refused("--baseline", FILE, "--update-baseline")
    assert said.startswith(f"error: --baseline: {FILE}: ")
    assert reason in said
    assert len(said.splitlines()) == 1
    assert (Path(FILE).read_bytes(), Path("a.py").read_text()) == (data, BAD)


def test_a_missing_baseline_is_refused() -> None:
    put(a=BAD)
    reason = "there is no such baseline; --update-baseline makes it"
    assert refused(*CHECK) == f"error: --baseline: {FILE}: {reason}\n"


def test_a_baseline_that_cannot_be_written_is_a_failure() -> None:
    put(a=BAD)
    said = refused("--baseline", "gone/b.json", "--update-baseline")
    assert said.startswith("error: --baseline: gone/b.json: cannot be written: ")
    Path("folder").mkdir()
    assert "the baseline cannot be read" in refused("--baseline", "folder", "--update-baseline")


@pytest.mark.parametrize(
    "more", ["--diff", "--interactive", "--add-noqa", "--diff-only=HEAD", "-", "--watch"]
)
def test_an_update_does_nothing_else(more: str) -> None:
    said = refused("--baseline", FILE, "--update-baseline", more)
    assert f"cannot be combined with {more.partition('=')[0]}" in said or "--watch" in said


def test_an_update_needs_a_baseline() -> None:
    assert "--update-baseline needs --baseline" in refused("--update-baseline")
