"""Checks again and again, each time in a process of its own, until the user interrupts it."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click

from flake8_asyncrun import files
from flake8_asyncrun.config import EXCLUDED, FILES
from flake8_asyncrun.interrupts import undisturbed

PAUSE = 200
"""Milliseconds between two looks at files that are named one by one, and at configuration."""

_RUN = "import sys; sys.path[:] = {path!r}; from flake8_asyncrun.cli import main; main()"


class WatchError(Exception):
    """Why nothing can be watched; `str()` of it is one line."""


def watch(paths: Sequence[str], arguments: Sequence[str]) -> NoReturn:
    """Check `paths` now and after every change of a file or a setting; end by an interrupt only.

    `arguments` are those of the command line. The check changes nothing, so nothing that is watched
    changes by it. Raises WatchError.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise WatchError(f"{missing[0]}: no such file or directory")
    folders = [path for path in paths if Path(path).is_dir()]
    named = [path for path in paths if path not in folders]
    named += [str(file) for path in paths for file in _configuration(path)]
    command = _command(arguments)
    changes = _changes(folders)
    _next(changes)  # from here on nothing is missed
    states = _states(named)
    while True:
        click.clear()  # a terminal only
        subprocess.run(command, check=False)
        click.echo("Watching for changes; Ctrl-C ends it.", err=True)
        while not _next(changes) and states == _states(named):
            pass
        states = _states(named)


def _next(changes: Iterator[bool]) -> bool:
    with undisturbed():  # watchfiles takes whatever a signal raises for Ctrl-C
        return next(changes)


def _command(arguments: Sequence[str]) -> list[str]:
    # Not `-m`, which would import from the current folder first.
    run = _RUN.format(path=sys.path)
    wanted = [one for one in arguments if one not in ("--watch", "--check")]
    return [sys.executable, "-c", run, "--check", *wanted]


def _changes(folders: Sequence[str]) -> Iterator[bool]:
    """Yield, every PAUSE or earlier, whether a Python file or a setting in folders has changed."""
    if not folders:
        while True:
            time.sleep(PAUSE / 1000)
            yield False
    try:
        import watchfiles
    except ImportError:
        raise WatchError(
            "needs the watchfiles library; pip install 'flake8-asyncrun[watch]' brings it"
        ) from None
    is_of_interest = functools.partial(_is_of_interest, [Path(one).absolute() for one in folders])
    try:
        for changed in watchfiles.watch(
            *folders,
            watch_filter=lambda _, path: is_of_interest(path),
            rust_timeout=PAUSE,
            yield_on_timeout=True,
        ):
            yield bool(changed)
    except (OSError, RuntimeError) as error:  # as where the system watches no more files
        raise WatchError(f"the folders cannot be watched: {error}") from None


def _is_of_interest(folders: Sequence[Path], path: str) -> bool:
    if not path.endswith(files.SUFFIXES) and Path(path).name not in FILES:
        return False
    return any(
        not any(_is_left_out(part) for part in Path(path).relative_to(folder).parts[:-1])
        for folder in folders
        if Path(path).is_relative_to(folder)
    )


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder in EXCLUDED


def _configuration(path: str) -> Iterator[Path]:
    """Yield where settings for a file or folder may stand."""
    for folder in files.project_folders(str(Path(path) / "any.py")):
        for name in FILES:
            yield folder / name


def _states(paths: Sequence[str]) -> list[tuple[int, int, int] | None]:
    return [_state(path) for path in paths]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
