"""The rules asked by a Dask cluster: a scheduler and workers that are processes of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flake8_asyncrun import cluster, run
from flake8_asyncrun.config import Config
from flake8_asyncrun.share import Task

CLIENT = """\
import asyncio

from .base import Base


class Client(Base):
    async def fetch(self):
        await asyncio.sleep(0, loop=self.loop)
"""
BASE = """\
import asyncio


class Base:
    def __init__(self):
        self.loop = asyncio.get_event_loop()
"""
START = """\
import asyncio

from app.client import Client

client = Client()
asyncio.run(client.fetch())
asyncio.run(client.fetch)
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    app = tmp_path / "app"
    app.mkdir()
    for name, text in {
        "__init__.py": "",
        "client.py": CLIENT,
        "base.py": BASE,
        "broken.py": "import asyncio\n(",
    }.items():
        (app / name).write_text(text)
    for number in range(12):
        (tmp_path / f"start{number}.py").write_text(START)
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def plain(path: str) -> Config:
    return Config(unsafe_fixes=True)


@pytest.mark.parametrize("fix", [False, True])
def test_what_is_told_is_what_we_would_say(fix: bool) -> None:
    """Through any executor, and asked back for each module."""
    told: list[Task] = []

    def ask(tasks: list[Task]) -> list[Task]:
        with ThreadPoolExecutor(1) as executor:
            told.extend(cluster.ask(executor, tasks))
        return told

    here = run.run(["."], plain, fix=fix, write=False, cached=False)
    assert any(report.findings for report in here)
    assert run.run(["."], plain, fix=fix, write=False, cached=False, ask=ask) == here
    assert len(told) == 15
    assert all(task.told is not None for task in told)


def test_a_worker_asks_back(monkeypatch: pytest.MonkeyPatch) -> None:
    here = run.run(["."], plain, fix=False, write=False, cached=False)
    monkeypatch.setattr(cluster, "_imports", lambda *arguments, **more: [])

    def ask(tasks: list[Task]) -> list[Task]:
        with ThreadPoolExecutor(1) as executor:
            told = cluster.ask(executor, tasks)
        assert all(task.told is not None for task in told)
        return told

    assert run.run(["."], plain, fix=False, write=False, cached=False, ask=ask) == here


def asyncrun(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "flake8_asyncrun", "--no-cache", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
    )
    return done.returncode, done.stdout, done.stderr


def test_without_dask_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "distributed.py").write_text("raise ImportError\n")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "flake8_asyncrun", "--check", "--cluster=tcp://127.0.0.1:1"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    reason = "needs Dask: pip install 'flake8-asyncrun[dask]'"
    assert (done.returncode, done.stderr) == (2, f"error: --cluster: {reason}\n")


# -- with Dask --


@dataclass
class Cluster:
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    # Where the files are not: what workers know they were told.
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=elsewhere,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    plain_options = ("--no-dashboard", "--host", "127.0.0.1")
    processes = [start("dask_scheduler", *plain_options, "--port", str(port))]
    alone = ("--no-dashboard", "--no-nanny", "--nthreads", "1")
    processes += [start("dask_worker", address, *alone) for _ in range(2)]
    try:
        from distributed import Client

        for _ in range(120):
            with contextlib.suppress(OSError, TimeoutError):
                with Client(address, timeout=2, set_as_default=False) as client:  # type: ignore[no-untyped-call]
                    client.wait_for_workers(2, timeout=60)
                break
            time.sleep(0.5)
        yield Cluster(address, processes[1:])
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


@pytest.mark.slow
def test_a_cluster_comes_to_the_same(dask: Cluster) -> None:
    assert asyncrun("--check", "--cluster", dask.address) == asyncrun("--check")
    tasks = [Task(str(path), Config(), 0) for path in Path().glob("*.py")]
    assert all(task.told is not None for task in cluster.asking(dask.address)(tasks))
    here, there = asyncrun("--diff"), asyncrun("--diff", "--cluster", dask.address)
    assert here == there


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(
    dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run.run(["."], plain, fix=False, write=False, cached=False)
    told: list[Task] = []
    ask = cluster.asking(dask.address)

    def killing(*arguments: Any, **more: Any) -> Any:
        ended = futures.wait(*arguments, **more)
        dask.workers[0].kill()  # with all asked, and little answered
        return ended

    def asked(tasks: list[Task]) -> list[Task]:
        told.extend(ask(tasks))
        return told

    monkeypatch.setattr(cluster, "wait", killing)
    assert run.run(["."], plain, fix=False, write=False, cached=False, ask=asked) == here
    assert dask.workers[0].wait() != 0
    assert all(task.told is not None for task in told)


@pytest.mark.slow
def test_another_version_is_refused(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "__version__", "9.9.9")
    with pytest.raises(cluster.ClusterError, match=r"has flake8-asyncrun .* \(here 9\.9\.9\)"):
        cluster.asking(dask.address)


def test_nobody_there_is_an_error() -> None:
    pytest.importorskip("distributed")
    status, _, errors = asyncrun("--check", "--cluster=tcp://127.0.0.1:1")
    assert status == 2
    assert errors.startswith("error: --cluster: tcp://127.0.0.1:1 cannot be reached")
