"""What stops a repair in the middle: no file is half-written or lost, and no draft stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BAD = """\
import asyncio


async def main():
    loop = asyncio.get_event_loop()
    print(loop.is_running())


asyncio.run(main)
"""
FIXED = BAD.replace("get_event_loop", "get_running_loop").replace("run(main)", "run(main())")

COUNT = 12

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")

# A slow disk: a signal comes in the middle of a write, nearly always. What a shell starts in the
# background has SIGINT ignored from birth, and with nohup SIGHUP, too.
SLOWLY = """\
import os, signal, sys, time

signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
sync = os.fsync

def slowly(descriptor):
    time.sleep(0.1)
    sync(descriptor)

os.fsync = slowly
"""
MAIN = "from flake8_asyncrun.cli import main\nmain()\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put_many() -> list[Path]:
    paths = [Path(f"m{number:02}.py") for number in range(COUNT)]
    for path in paths:
        path.write_text(BAD)
    return paths


def start(prelude: str = "", *arguments: str) -> subprocess.Popen[str]:
    """Start asyncrun-fix in a process that does something strange before."""
    return subprocess.Popen(
        [sys.executable, "-c", prelude + MAIN, "--isolated", "--no-cache", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit code and what was said on standard error, which is no traceback."""
    _, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors, errors
    return process.returncode, errors


def asyncrun(prelude: str = "", *arguments: str) -> tuple[int, str]:
    return ended(start(prelude, *arguments))


def wait_for_the_first(paths: list[Path], process: subprocess.Popen[str]) -> None:
    """Wait until the run has begun to write."""
    until = time.monotonic() + 120
    while all(path.read_text() == BAD for path in paths):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)


def drafts() -> list[Path]:
    return [path for path in Path().iterdir() if path.name.startswith(".asyncrun-")]


def assert_each_is_whole(paths: list[Path]) -> int:
    """Return how many files are repaired; the others are as they were."""
    texts = [path.read_text() for path in paths]
    assert set(texts) <= {BAD, FIXED}
    return texts.count(FIXED)


@POSIX
@pytest.mark.parametrize(
    ("number", "code"),
    [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)],
)
def test_a_signal_in_the_middle_ends_it_in_order(number: str, code: int) -> None:
    paths = put_many()
    process = start(SLOWLY)
    wait_for_the_first(paths, process)
    process.send_signal(signal.Signals[number])
    assert ended(process) == (code, "")
    assert 0 < assert_each_is_whole(paths) < COUNT
    assert drafts() == []

    assert asyncrun()[0] == 1
    assert assert_each_is_whole(paths) == COUNT


@POSIX
def test_impatience_changes_nothing() -> None:
    paths = put_many()
    process = start(SLOWLY)
    wait_for_the_first(paths, process)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode in (130, 143, -signal.SIGTERM, -signal.SIGINT)
    assert 0 < assert_each_is_whole(paths) < COUNT
    assert drafts() == []


@POSIX
def test_a_signal_that_is_ignored_stays_so() -> None:
    paths = put_many()
    process = start(f"{SLOWLY}signal.signal(signal.SIGHUP, signal.SIG_IGN)\n")
    wait_for_the_first(paths, process)
    process.send_signal(signal.SIGHUP)
    assert ended(process) == (1, "")
    assert assert_each_is_whole(paths) == COUNT


@POSIX
def test_a_killed_run_loses_nothing_and_the_next_takes_its_draft_away() -> None:
    paths = put_many()
    process = start(SLOWLY)
    wait_for_the_first(paths, process)
    while not drafts():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert assert_each_is_whole(paths) < COUNT

    # One of a run that may be alive stays.
    young = Path(".asyncrun-young.tmp")
    young.touch()
    for draft in {*drafts(), Path(".asyncrun-old.tmp")} - {young}:
        draft.touch()
        os.utime(draft, (time.time() - 3600,) * 2)
    assert asyncrun()[0] == 1
    assert assert_each_is_whole(paths) == COUNT
    assert drafts() == [young]


FULL = """\
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@POSIX
def test_a_full_disk_leaves_the_file_as_it_was() -> None:
    """As far as a process can have one of its own: no file may grow beyond a size."""
    long = BAD + "#" * 5_000 + "\n"
    Path("long.py").write_text(long)
    Path("short.py").write_text(BAD)
    code, errors = asyncrun(FULL.format(size=4_000))
    assert code == 2
    assert errors == "error: long.py: cannot be written: file too large\n"
    assert Path("long.py").read_text() == long
    assert Path("short.py").read_text() == FIXED
    assert drafts() == []


@POSIX
def test_a_full_disk_leaves_the_baseline_as_it_was(here: Path) -> None:
    Path("a.py").write_text(BAD)
    kept = here / "baseline.json"
    record = ("--baseline", str(kept), "--update-baseline")
    assert asyncrun("", *record) == (0, "")
    before = kept.read_text()
    Path("b.py").write_text(BAD)
    code, errors = asyncrun(FULL.format(size=len(before) + 20), *record)
    assert code == 2
    assert errors == f"error: --baseline: {kept}: cannot be written: file too large\n"
    assert kept.read_text() == before
    assert drafts() == []


@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_a_disk_that_fills_up_at_any_step_leaves_the_file_as_it_was(call: str) -> None:
    failing = (
        "import errno, io, os, pathlib\n"
        "def full(*_): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
    )
    failing += {
        "fsync": "os.fsync = full\n",
        "replace": "pathlib.Path.replace = full\n",
        "write": (
            "fdopen = os.fdopen\n"
            "def cut(descriptor, mode):\n"
            "    stream = fdopen(descriptor, mode, buffering=0)\n"
            "    class Cut:\n"
            "        def __enter__(self): return self\n"
            "        def __exit__(self, *_): stream.close()\n"
            "        def write(self, data): stream.write(data[:9]); full()\n"
            "    return Cut()\n"
            "os.fdopen = cut\n"
        ),
    }[call]
    Path("a.py").write_text(BAD)
    code, errors = asyncrun(failing)
    assert (code, errors) == (2, "error: a.py: cannot be written: no space left on device\n")
    assert Path("a.py").read_text() == BAD
    assert drafts() == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


# Root may write anywhere, so it becomes somebody else when all is read.
# Who is nobody may not read where we are installed, so all that is needed is imported before.
AS_NOBODY = """\
import os
from flake8_asyncrun import files
from flake8_asyncrun.formats import full, page, statistics

write = files.write

def late(file, text):
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    return write(file, text)

files.write = late
"""


@POSIX
def test_a_read_only_folder_keeps_its_files(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(open_folder)
    locked, free = Path("locked"), Path("free")
    for folder in (locked, free):
        folder.mkdir()
        (folder / "a.py").write_text(BAD)
        (folder / "a.py").chmod(0o666)
    free.chmod(0o777)
    locked.chmod(0o555)
    error = f"error: {locked / 'a.py'}: cannot be written: permission denied\n"
    assert asyncrun(AS_NOBODY, "locked", "free") == (2, error)
    assert (locked / "a.py").read_text() == BAD
    assert (free / "a.py").read_text() == FIXED
    assert [path.name for path in (*locked.iterdir(), *free.iterdir())] == ["a.py", "a.py"]


MEANWHILE = """\
from pathlib import Path
from flake8_asyncrun import files

write = files.write

def late(file, text):
    if file.path.endswith("b.py"):
        {action}
    return write(file, text)

files.write = late
"""


@pytest.mark.parametrize(
    ("action", "reason", "left"),
    [
        ("Path('b.py').unlink()", "cannot be written: no such file or directory", None),
        (
            "Path('b.py').write_text('mine')",
            "was changed meanwhile, so it is left alone",
            "mine",
        ),
        (
            "Path('b.py').unlink(); Path('b.py').mkdir()",
            "cannot be written: is a directory",
            None,
        ),
    ],
    ids=["deleted", "changed", "a folder"],
)
def test_what_happens_to_a_file_meanwhile_stands(
    action: str, reason: str, left: str | None
) -> None:
    for name in ("a.py", "b.py", "c.py"):
        Path(name).write_text(BAD)
    code, errors = asyncrun(MEANWHILE.format(action=action))
    assert (code, errors.lower()) == (2, f"error: b.py: {reason}\n")
    assert Path("a.py").read_text() == Path("c.py").read_text() == FIXED
    assert (Path("b.py").read_text() if Path("b.py").is_file() else None) == left
    assert drafts() == []


@POSIX
def test_what_happens_to_files_between_check_and_write_stands() -> None:
    paths = put_many()
    process = start(SLOWLY)
    wait_for_the_first(paths, process)
    process.send_signal(signal.SIGSTOP)
    *others, emptied, changed, gone = paths
    emptied.write_text("")
    changed.write_text(f"{BAD}# mine\n")
    gone.unlink()
    process.send_signal(signal.SIGCONT)
    code, errors = ended(process)
    assert (code, errors.splitlines()) == (
        2,
        [
            f"error: {emptied}: was changed meanwhile, so it is left alone",
            f"error: {changed}: was changed meanwhile, so it is left alone",
            f"error: {gone}: cannot be read: no such file or directory",
        ],
    )
    assert {path.read_text() for path in others} == {FIXED}
    assert (emptied.read_text(), changed.read_text()) == ("", f"{BAD}# mine\n")
    assert not gone.exists()
    assert drafts() == []


def test_a_file_that_changes_before_it_is_read_is_taken_as_it_is_then() -> None:
    before = (
        "from pathlib import Path\n"
        "from flake8_asyncrun import walk\n"
        "listed = walk.python_files\n"
        "def late(*arguments, **more):\n"
        "    found = listed(*arguments, **more)\n"
        "    text = Path('a.py').read_text()\n"
        "    Path('a.py').write_text(f'# mine\\n{text}')\n"
        "    return found\n"
        "walk.python_files = late\n"
    )
    for name in ("a.py", "b.py"):
        Path(name).write_text(BAD)
    assert asyncrun(before) == (1, "")
    assert Path("a.py").read_text() == f"# mine\n{FIXED}"
    assert Path("b.py").read_text() == FIXED


def test_a_file_that_goes_before_it_is_read_is_an_error_of_its_own() -> None:
    before = (
        "from pathlib import Path\n"
        "from flake8_asyncrun import files\n"
        "read = files.read\n"
        "def late(path):\n"
        "    if path == 'b.py': Path(path).unlink(missing_ok=True)\n"
        "    return read(path)\n"
        "files.read = late\n"
    )
    for name in ("a.py", "b.py", "c.py"):
        Path(name).write_text(BAD)
    code, errors = asyncrun(before)
    assert (code, errors) == (2, "error: b.py: cannot be read: no such file or directory\n")
    assert Path("a.py").read_text() == Path("c.py").read_text() == FIXED


def test_two_runs_at_once_leave_whole_files() -> None:
    paths = put_many()
    slowly = SLOWLY.replace("0.1", "0.01")
    both = [start(slowly), start(slowly)]
    for code, errors in map(ended, both):
        # Who comes second finds it repaired, or changed meanwhile.
        assert code in (0, 1, 2)
        assert (code == 2) == bool(errors)
        assert all(
            line.endswith(": was changed meanwhile, so it is left alone")
            for line in errors.splitlines()
        )
    assert assert_each_is_whole(paths) == COUNT
    assert drafts() == []


@POSIX
def test_a_signal_does_not_tear_the_baseline(here: Path) -> None:
    put_many()
    kept = here / "baseline.json"
    assert asyncrun("", "--baseline", str(kept), "--update-baseline") == (0, "")
    before = kept.read_text()
    Path("new.py").write_text(BAD)
    process = start(SLOWLY.replace("0.1", "1"), "--baseline", str(kept), "--update-baseline")
    while not drafts():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (143, "")
    assert kept.read_text().count("\n") == before.count("\n") + 2
    assert drafts() == []
