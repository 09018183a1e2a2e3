"""Work shared out to processes: the same reports, whatever becomes of the processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flake8_asyncrun import analysis, pool, run, work
from flake8_asyncrun.cli import main
from flake8_asyncrun.config import Config
from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.report import FileReport

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

MODULE = """\
import asyncio


async def main():
    loop = asyncio.get_event_loop()
    print(loop.is_running())


asyncio.run(main)
"""
FIXED = MODULE.replace("get_event_loop", "get_running_loop").replace("run(main)", "run(main())")

IMPORTER = """\
import asyncio

from pkg{number}.core import pause

asyncio.get_event_loop().run_until_complete(pause())
"""
CORE = """\
import asyncio


@asyncio.coroutine
def pause():
    yield from asyncio.sleep(0)
"""


def slow(functions: int) -> str:
    """Return a module that takes a while."""
    one = (
        "async def f{}():\n    loop = asyncio.get_event_loop()\n    return [f for f in loop]\n\n\n"
    )
    return "import asyncio\n\n\n" + "".join(one.format(number) for number in range(functions))


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pool, "WORTH_A_PROCESS", 10)
    monkeypatch.setattr(pool, "SMALLEST_SHARE", 100)
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        folder = tmp_path / f"pkg{number}"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "core.py").write_text(CORE)
        (folder / "start.py").write_text(IMPORTER.format(number=number))
        (folder / "main.py").write_text(MODULE)
        (folder / "broken.py").write_text("import asyncio\n(")
        (folder / "plain.py").write_text("print()\n")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def old(path: str) -> Config:
    return Config(unsafe_fixes=True)


def reports(*, fix: bool = False, jobs: int = 1, executor: Executor | None = None) -> run.Reports:
    return run.run(["."], old, fix=fix, write=False, cached=False, jobs=jobs, executor=executor)


@pytest.mark.parametrize("fix", [False, True])
def test_processes_come_to_the_same(fix: bool) -> None:
    alone = reports(fix=fix)
    assert sum(len(report.findings) + len(report.applied) for report in alone) > 8
    assert sum(bool(report.errors) for report in alone) == 4
    assert any(report.changed for report in alone) is fix
    assert reports(fix=fix, jobs=3) == alone


def test_any_executor_will_do() -> None:
    alone = reports()
    with ThreadPoolExecutor(1) as executor:
        assert reports(executor=executor) == alone


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool._Processes, "__init__", None)
    reports(jobs=1)
    monkeypatch.setattr(pool, "WORTH_A_PROCESS", 150_000)
    assert reports(jobs=8)


def dying(source: Source, *rest: Any) -> list[Finding]:
    if source.path.endswith("pkg2/main.py"):
        os.kill(os.getpid(), signal.SIGKILL)
    return analyze(source, *rest)


@on_linux
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_file_that_kills_is_an_error_of_its_own(
    is_ours: bool, fix: bool, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A round after it is little enough for the process that shares out, which is not to die.
    (repository / "long.py").write_text("import asyncio\n" + "#" * 5000)
    monkeypatch.setattr(pool, "WORTH_A_PROCESS", 4000)
    alone = reports(fix=fix)
    monkeypatch.setattr(analysis, "analyze", dying)
    monkeypatch.setattr(pool, "_METHOD", "fork")  # else the processes would know of no `dying`
    if is_ours:
        survived = reports(fix=fix, jobs=2)
    else:
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(1, fork) as executor:  # which makes no other process
            survived = reports(fix=fix, executor=executor)
    assert [report.path for report in survived] == [report.path for report in alone]
    different = [one for one, other in zip(survived, alone, strict=True) if one != other]
    path, reason = "pkg2/main.py", "cannot be analysed: the process that did so has died"
    assert different == [FileReport(path, errors=(f"{path}: {reason}",))]


def test_what_is_known_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = reports()
    made: list[Any] = []
    surroundings = analysis.surroundings

    def counted(*arguments: Any, **more: Any) -> Any:
        made.append(arguments)
        return surroundings(*arguments, **more)

    monkeypatch.setattr(work, "surroundings", counted)
    assert reports() == alone
    assert len(made) == 1
    monkeypatch.setattr(work, "MOST_HELD", 50)
    assert reports() == alone
    assert len(made) > 2


@pytest.mark.parametrize("given", ["0", "-1", "many"])
def test_a_number_of_jobs_is_one(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--jobs", given])
    assert end.value.code == 2
    assert "--jobs" in capsys.readouterr().err


def test_there_is_a_processor() -> None:
    assert 1 <= pool.available_cpus() <= (os.cpu_count() or 1)


def test_a_container_grants_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, count in [("max 100000\n", None), ("150000 100000\n", 2), ("", None), ("0 0", None)]:
        monkeypatch.setattr(Path, "read_text", lambda path, encoding, text=text: text)
        assert pool._granted() == count


def test_help_and_version_start_quickly() -> None:
    """Without what is only for work: LibCST, multiprocessing, TOML."""
    program = (
        "import sys\nfrom flake8_asyncrun.cli import main\n"
        "try:\n    main([sys.argv[1]], 'asyncrun-fix')\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    for option in ("--version", "--help"):
        command = [sys.executable, "-c", program, option]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "asyncrun-fix" in done.stdout
        loaded = {"libcst", "multiprocessing", "tomllib", "importlib.metadata", "asyncio"}
        assert loaded.isdisjoint(done.stderr.split())


# -- from outside --


# What a shell starts in the background has the signal ignored from birth.
LISTENING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from flake8_asyncrun.cli import main; main()"
)


def start(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LISTENING, "--check", "--no-cache", "--jobs=2"]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


def processes_of(session: int) -> set[int]:
    """Return the processes of a session that are at work, or could be."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.add(int(entry.name))
    return found


def workers_of(session: int) -> set[int]:
    """Return the processes that work for one: they call themselves as their server does."""
    found: set[int] = set()
    for process in processes_of(session) - {session}:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{process}/cmdline").read_text()
            parent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]
            if "forkserver" in command and int(parent) != session:
                found.add(process)
    return found


def wait_for(what: Any) -> Any:
    end = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


@pytest.fixture
def at_work(repository: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has begun, and is far from its end."""
    for number in range(6):
        (repository / f"slow{number}.py").write_text(slow(1200))
    process = start()
    try:
        wait_for(lambda: len(workers_of(process.pid)) == 2)
        time.sleep(0.3)
        yield process
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@on_linux
def test_ctrl_c_ends_all(at_work: subprocess.Popen[str]) -> None:
    os.killpg(at_work.pid, signal.SIGINT)
    began = time.monotonic()
    _, errors = at_work.communicate(timeout=60)
    assert time.monotonic() - began < 10
    # Now and then Python says of a pipe of its own that it was closed already.
    assert (at_work.returncode, "error:" in errors) == (130, False)
    wait_for(lambda: not processes_of(at_work.pid))


@on_linux
@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_run(at_work: subprocess.Popen[str], signal_: int) -> None:
    at_work.send_signal(signal_)
    at_work.wait(60)
    wait_for(lambda: not processes_of(at_work.pid))


@on_linux
def test_a_process_that_is_killed_takes_nothing_with_it(at_work: subprocess.Popen[str]) -> None:
    os.kill(min(workers_of(at_work.pid)), signal.SIGKILL)
    output, errors = at_work.communicate(timeout=200)
    assert output == start("--jobs=1").communicate()[0]
    assert errors.count("\n") == errors.count("broken.py") == 4


@on_linux
def test_nothing_of_the_current_folder_is_imported(repository: Path) -> None:
    for name in ("signal", "selectors", "socket", "libcst", "click", "struct", "multiprocessing"):
        (repository / f"{name}.py").write_text("print('imported')\nraise SystemExit(3)\n")
    for number in range(6):
        (repository / f"slow{number}.py").write_text(slow(300))
    program = "import sys; sys.path[:] = sys.path[1:]; from flake8_asyncrun.cli import main; main()"
    arguments = ["--check", "--no-cache", "--jobs", "2", "--output-format", "concise"]
    # An entry of the path in place of the one that -c puts first.
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.pop(0)\n{program}", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["/nowhere", *sys.path])},
    )
    assert "imported" not in done.stdout + done.stderr
    assert "pkg0/main.py:5:12: RUN" in done.stdout
    assert done.returncode == 2
