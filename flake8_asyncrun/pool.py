"""A run's work shared out: to processes of this machine, or to any executor.

A process that dies takes nothing with it but the one file that kills it, and none outlives the run.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from multiprocessing import connection
from pathlib import Path
from types import TracebackType
from typing import Any

from flake8_asyncrun import files
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.share import Done, Round, Task

WORTH_A_PROCESS = 150_000
"""Bytes; less is checked before another process has come up."""

LARGEST_SHARE, SMALLEST_SHARE = 200_000, 20_000
"""Bytes of a share of several files: a second's work or a few, so that all end together."""

SHARES_EACH = 8
"""How many shares at least each process is to have."""

# LibCST is imported once for all processes where the system can do that. Forking ourselves would be
# quicker still, but not safe beside another thread, such as that of a progress bar.
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

MOST_PROCESSES = 61
"""What Windows can wait for."""

Progress = Callable[[int, int], None]
"""Is told how many of how many files are done; that begins anew where they are done again."""


def available_cpus() -> int:
    """Return how many processors this process may use."""
    count: int | None
    if sys.version_info >= (3, 13):
        count = os.process_cpu_count()
    elif hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count()
    return max(1, min(count or 1, _granted() or MOST_PROCESSES, MOST_PROCESSES))


def _granted() -> int | None:
    """Return how many processors' time a container grants us, None where it says nothing."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return None if quota == "max" else math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None


class Pool:
    """Who does the work of a run: `executor` if there is one, else up to `jobs` processes.

    They start when there is work for them, and end with the `with` block: at once where it ends
    with an exception. Where an executor breaks, such processes take its place.
    """

    def __init__(
        self, jobs: int, executor: Executor | None = None, progress: Progress | None = None
    ) -> None:
        self._jobs = min(jobs, MOST_PROCESSES)
        self._executor = executor
        self._is_ours = executor is None
        self._width = 0
        self._progress = progress
        self._deadly: dict[str, Done] = {}
        """What is said of files, by path, that have killed a process when they were alone in it."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_ours:
            self._close(at_once=error is not None)

    def do(self, round_: Round, tasks: Sequence[Task]) -> list[Done]:
        """Return what comes of each of the tasks, in their order. Nothing is raised."""
        asked = tasks
        tasks = [task for task in asked if task.path not in self._deadly]
        if not tasks:
            return [self._deadly[task.path] for task in asked]
        size = sum(task.size for task in tasks)
        width = max(1, min(self._jobs, math.ceil(size / WORTH_A_PROCESS), len(tasks)))
        done: dict[str, Done] = {}
        if self._is_ours and width < 2:
            from flake8_asyncrun.work import work  # not above: it takes the rules

            with files.remembering():
                for task in tasks:
                    [done[task.path]] = work(round_, [task])
                    self._tell(len(done), len(tasks))
        else:
            self._do_elsewhere(round_, tasks, done, width)
        return [self._deadly.get(task.path) or done[task.path] for task in asked]

    def _do_elsewhere(
        self, round_: Round, tasks: Sequence[Task], done: dict[str, Done], width: int
    ) -> None:
        """Have tasks done by the executor, or by `width` processes; what comes of them goes to
        `done`, and of those that kill to what is deadly."""
        self._width = max(self._width, width)
        size = sum(task.size for task in tasks)
        shares = _shares(tasks, size // (SHARES_EACH * width))
        suspects = self._share_out(round_, shares, done, len(tasks))
        # Where a process has died one of them is to blame, which only each alone can tell.
        for task in suspects:
            if self._share_out(round_, [[task]], done, len(tasks)):
                reason = "cannot be analysed: the process that did so has died"
                report = FileReport(task.path, errors=(f"{task.path}: {reason}",))
                self._deadly[task.path] = Done(report)

    def _tell(self, done: int, count: int) -> None:
        if self._progress is not None:
            self._progress(done, count)

    def _share_out(
        self, round_: Round, shares: Sequence[Sequence[Task]], done: dict[str, Done], count: int
    ) -> list[Task]:
        """Have shares done, and return the tasks of those with which a process may have died.

        What comes of each task goes to `done`, where `count` are to be in the end.
        """
        waiting = deque(shares)
        running: dict[Future[list[Done]], Sequence[Task]] = {}
        suspects: list[Task] = []
        while waiting or running:
            # One more than there are processes, so that none waits for us.
            while waiting and len(running) <= self._width:
                share = waiting.popleft()
                try:
                    running[self._submit(round_, share)] = share
                except BrokenExecutor:
                    waiting.appendleft(share)
                    break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            is_broken = not ended
            for future in ended:
                share = running.pop(future)
                try:
                    done |= {
                        task.path: each for task, each in zip(share, future.result(), strict=True)
                    }
                except BrokenExecutor:
                    is_broken = True
                    suspects += share
                except Exception:  # noqa: BLE001 - whatever an executor raises
                    suspects += share
            self._tell(len(done), count)
            if is_broken:
                # None of those that are under way comes back.
                suspects += [task for share in running.values() for task in share]
                running.clear()
                self._close(at_once=True)
                self._executor, self._is_ours = None, True
        return suspects

    def _submit(self, round_: Round, share: Sequence[Task]) -> Future[list[Done]]:
        if self._executor is None:
            self._executor = _Processes(self._width)
        return self._executor.submit(_work, round_, share)

    def _close(self, *, at_once: bool) -> None:
        if isinstance(self._executor, _Processes):
            if at_once:
                self._executor.kill()
            self._executor.shutdown(wait=not at_once, cancel_futures=True)
            self._executor = None


def _shares(tasks: Sequence[Task], size: int) -> list[list[Task]]:
    """Return the tasks in shares of about `size` bytes, those with one large file first.

    Neighbours stay together: they import the same.
    """
    most = min(max(size, SMALLEST_SHARE), LARGEST_SHARE)
    large = [[task] for task in tasks if task.size >= most]
    shares: list[list[Task]] = []
    filled = most
    for task in tasks:
        if task.size >= most:
            continue
        if filled + task.size > most:
            shares.append([])
            filled = 0
        shares[-1].append(task)
        filled += task.size
    return [*sorted(large, key=lambda share: -share[0].size), *shares]


def _work(round_: Round, share: Sequence[Task]) -> list[Done]:
    from flake8_asyncrun.work import work  # not above: the process that shares out needs no rules

    return work(round_, share)


class _Processes(ProcessPoolExecutor):
    """Our own processes, which know nothing of what goes on around them."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context(_METHOD)
        self._before = set(multiprocessing.active_children())
        if _METHOD == "forkserver":
            context.set_forkserver_preload(["flake8_asyncrun.work"])
            from multiprocessing import forkserver, resource_tracker

            with _safely():
                resource_tracker.ensure_running()
                forkserver.ensure_running()
        here = os.getcwd()
        super().__init__(count, context, _begin, (here,))

    def submit(self, *arguments: Any, **more: Any) -> Future[Any]:
        with _safely() if _METHOD == "spawn" else contextlib.nullcontext():
            return super().submit(*arguments, **more)

    def kill(self) -> None:
        for process in multiprocessing.active_children():
            if process not in self._before:
                process.kill()


@contextlib.contextmanager
def _safely() -> Iterator[None]:
    """Let a Python that is started meanwhile import nothing of the current folder, as `-c` would,
    and know nothing of Ctrl-C, which is for us alone."""
    here = os.getcwd()
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        os.chdir(os.path.dirname(os.__file__))
        yield
    finally:
        os.chdir(here)
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(here: str) -> None:
    """Begin the life of a process: it works in a folder, and ends with the process it works for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.chdir(here)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
