"""The rules asked by the workers of a Dask cluster, which see no file of ours.

What goes to a worker is the text of a file, its configuration, what the project wants, and the
texts of the modules that it imports. A worker that asks for another one is asked again, with it,
so that in the end it has seen all that we would have. What it says is taken like an answer of our
own; whoever repairs, writes and keeps answers is here, where is done, too, what the cluster cannot.
"""

from __future__ import annotations

import ast  # noqa: TID251 - reads imports, no program
import functools
import importlib
import platform
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flake8_asyncrun import __version__, files
from flake8_asyncrun.analysis import Heard, tell
from flake8_asyncrun.config import Config
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.files import FileError, Finder
from flake8_asyncrun.locks import Versions, versions
from flake8_asyncrun.names.knowledge import Knowledge, Told
from flake8_asyncrun.names.project import Project, with_packages
from flake8_asyncrun.repair import Job, prepare
from flake8_asyncrun.share import Task

Found = tuple[str, str] | None
"""The path and the text of a module."""

SECONDS_TO_CONNECT = 10

MOST_MODULES = 300
"""Sent along with a file before any is asked for."""

MOST_TIMES = 40
"""How often one file may go to a worker, each time with more modules."""


class ClusterError(Exception):
    """Why a cluster cannot be used, in one line."""


@dataclass(frozen=True)
class Question:
    """All that the rules need to know to be asked about a file."""

    path: str
    module: str
    text: str
    config: Config
    wanted: Mapping[str, Any]
    """What the project says of the versions it wants."""
    modules: Mapping[str, Found]


def asking(address: str) -> Callable[[list[Task]], list[Task]]:
    """Return what has the rules asked by the cluster at an address, such as tcp://host:8786.

    Raises ClusterError where there is no cluster, or one that would answer otherwise than we do.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        reason = "needs Dask: pip install 'flake8-asyncrun[dask]'"
        raise ClusterError(reason) from None
    try:
        client = distributed.Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"{address} cannot be reached: {_line(error)}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = client.run(makers, on_error="return")
    # A worker that has just died is none.
    there = {worker: one for worker, one in said.items() if not isinstance(one, OSError)}
    if not there:
        client.close()
        raise ClusterError(f"{address} has no workers")
    for worker, theirs in there.items():
        if isinstance(theirs, Exception):
            client.close()
            raise ClusterError(f"the worker {worker} cannot do it: {_line(theirs)}")
        different = [
            f"{name} {theirs.get(name)} (here {ours})"
            for name, ours in makers().items()
            if theirs.get(name) != ours
        ]
        if different:
            client.close()
            raise ClusterError(f"the worker {worker} has {', '.join(different)}")
    return lambda tasks: _close_after(client, tasks)


def _close_after(client: Any, tasks: list[Task]) -> list[Task]:
    try:
        return ask(client.get_executor(pure=False), tasks)
    finally:
        client.close()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def makers() -> dict[str, str]:
    """Return the versions of all that has a say in an answer."""
    from importlib import metadata

    return {
        "flake8-asyncrun": __version__,
        "LibCST": metadata.version("libcst"),
        "Python": platform.python_version(),
    }


def ask(executor: Any, tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks with what the workers of an executor said of them, where they did.

    Where a worker fails or dies, and nobody else does it in its place, nothing is told.
    """
    find = functools.cache(_finder)
    running: dict[Future[Any], tuple[Task, Question]] = {}
    told: dict[str, Heard] = {}
    times: dict[str, int] = {}
    for task in tasks:
        question = _question(task, find)
        if question is not None:
            running[executor.submit(answer, question)] = task, question
    while running:
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            task, question = running.pop(future)
            try:
                said = future.result()
            except Exception:  # noqa: BLE001 - whatever an executor raises
                continue
            if isinstance(said, Heard):
                told[task.path] = said
                continue
            times[task.path] = times.get(task.path, 0) + 1
            if times[task.path] < MOST_TIMES:
                finder = find(_search_path(task))
                more = replace(question, modules={**question.modules, **_closure(finder, said)})
                running[executor.submit(answer, more)] = task, more
    return [replace(task, told=told.get(task.path)) for task in tasks]


def answer(question: Question) -> Heard | frozenset[str]:
    """Return what the rules say, or the names of modules that it takes to tell.

    Runs on a worker.
    """
    missing: set[str] = set()

    def find_module(name: str) -> Found:
        if name not in question.modules:
            missing.add(name)
        return question.modules.get(name)

    config = question.config
    job = prepare(question.path, lambda _: config)
    if not isinstance(job, Job):
        raise ValueError(job.errors)
    wanted = Versions()
    wanted.__dict__["wanted"] = MappingProxyType(dict(question.wanted))
    names = Told(
        frozenset(config.loop_capturing),
        frozenset(config.coroutine_functions),
        frozenset(config.known_safe),
    )
    project = Project(find_module, config.target, Knowledge(names, wanted.choose))
    source = Source(question.path, question.text, question.module)
    told = tell(source, project, job.rules)
    return frozenset(missing) if missing else told


def _finder(folders: tuple[str, ...]) -> Finder:
    return files.module_finder(folders)


def _search_path(task: Task) -> tuple[str, ...]:
    return files.search_path(task.path, task.config.python)


def _question(task: Task, find: Callable[[tuple[str, ...]], Finder]) -> Question | None:
    """Return what is to be asked about a file, None where that shows when it is done here."""
    try:
        text = files.read(task.path).text
        finder = find(_search_path(task))
    except FileError:
        return None
    module = files.module_name(task.path, files.project_roots(task.path))
    imported = _imports(text, module, is_package=_is_package(task.path))
    modules = _closure(finder, [module, *imported])
    wanted = dict(versions(task.path).wanted)
    return Question(task.path, module, text, task.config, wanted, modules)


def _closure(finder: Finder, names: Iterable[str]) -> dict[str, Found]:
    """Return the modules of some names, and of those that they import in turn."""
    found: dict[str, Found] = {}
    waiting = list(dict.fromkeys(name for name in names if name))
    certain = len(waiting)
    for count, name in enumerate(waiting):  # which grows meanwhile
        if count >= max(MOST_MODULES, certain):
            break
        if name in found:
            continue
        found[name] = finder(name)
        if found[name] is not None:
            path, text = found[name] or ("", "")
            waiting += _imports(text, name, is_package=_is_package(path))
    return found


def _is_package(path: str) -> bool:
    return Path(path).stem == "__init__"


def _imports(text: str, module: str, *, is_package: bool) -> list[str]:
    """Return what a module may import, packages before their parts. A guess is enough."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            keep = len(parts) - node.level + (1 if is_package else 0)
            base = parts[: max(keep, 0)] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{start}.{alias.name}" if start else alias.name for alias in node.names]
    return [each for name in names for each in with_packages(name)]
