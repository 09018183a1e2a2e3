"""Checks again and again, each time in a process of its own, until the user interrupts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click

from flake8_asyncrun import files
from flake8_asyncrun.config import FILES
from flake8_asyncrun.interrupts import undisturbed
from flake8_asyncrun.names import forms

PAUSE = 200
"""Milliseconds between two looks at files that are named one by one, and at configuration."""

_SUFFIXES = (*files.SUFFIXES, *forms.DOCUMENTS)
_RULING = (*FILES, ".gitignore")
"""Files that have a say in which others are checked, and how."""

_RUN = "import sys; sys.path[:] = {path!r}; from flake8_asyncrun.cli import main; main()"


class WatchError(Exception):
    """Why nothing can be watched; `str()` of it is one line."""


Listed = Callable[[], Mapping[str, str] | None]
"""Returns the files to be checked as they are shown, each by where it really is; None where broken
settings leave open which these are."""


def watch(
    paths: Sequence[str],
    arguments: Sequence[str],
    listed: Listed,
    *,
    settings: Iterable[str] = (),
    written: str | None = None,
) -> NoReturn:
    """Check `paths` now and after every change of a file or a setting; end by an interrupt only.

    `arguments` are those of the command line, `settings` the files among them. The check changes
    nothing but the file that is `written`, so that nothing else that is watched changes by it.
    Raises WatchError.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise WatchError(f"{missing[0]}: no such file or directory")
    folders = [path for path in paths if Path(path).is_dir()]
    named = [path for path in paths if path not in folders]
    around = [*settings, *(str(file) for path in paths for file in _configuration(path))]
    own = set() if written is None else {os.path.realpath(written)}
    command = _command(arguments)
    changes = _changes(folders)
    _next(changes)  # from here on nothing is missed
    states, said = _states(named), _states(around)
    wanted = _wanted(listed(), own)
    while True:
        click.clear()  # a terminal only
        subprocess.run(command, check=False)
        click.echo("Watching for changes; Ctrl-C ends it.", err=True)
        is_due = False
        while not is_due:
            changed = _next(changes)
            before, states = states, _states(named)
            said_before, said = said, _states(around)
            changed |= {
                str(Path(path).absolute())
                for path, old, new in zip(named, before, states, strict=True)
                if old != new
            }
            if changed or said != said_before:
                wanted_before, wanted = wanted, _wanted(listed(), own)
                is_due = (
                    said != said_before
                    or wanted is None
                    or wanted != wanted_before
                    or any(_concerns(path, wanted) for path in changed)
                )


def _next(changes: Iterator[set[str]]) -> set[str]:
    with undisturbed():  # watchfiles takes whatever a signal raises for Ctrl-C
        return next(changes)


def _wanted(listed: Mapping[str, str] | None, own: Collection[str]) -> frozenset[str] | None:
    """Return where the files to be checked are, both really and by links."""
    if listed is None:
        return None
    return frozenset(
        path
        for real, shown in listed.items()
        if real not in own
        for path in (real, str(Path(shown).absolute()))
    )


def _concerns(path: str, wanted: Collection[str]) -> bool:
    """Say whether what has changed at an absolute path can make another check."""
    if path in wanted or os.path.realpath(path) in wanted:
        return True
    file = Path(path)
    if file.name not in _RULING:
        return False
    below = tuple(f"{folder}{os.sep}" for folder in {file.parent, file.parent.resolve()})
    return any(one.startswith(below) for one in wanted)


def _command(arguments: Sequence[str]) -> list[str]:
    # Not `-m`, which would import from the current folder first.
    run = _RUN.format(path=sys.path)
    wanted = [one for one in arguments if one not in ("--watch", "--check")]
    return [sys.executable, "-c", run, "--check", *wanted]


def _changes(folders: Sequence[str]) -> Iterator[set[str]]:
    """Yield, every PAUSE or earlier, what has changed in folders and may be of interest."""
    if not folders:
        while True:
            time.sleep(PAUSE / 1000)
            yield set()
    try:
        import watchfiles
    except ImportError:
        raise WatchError(
            "needs the watchfiles library; pip install 'flake8-asyncrun[watch]' brings it"
        ) from None
    try:
        for changed in watchfiles.watch(
            *folders,
            watch_filter=lambda _, path: _may_be_of_interest(path),
            rust_timeout=PAUSE,
            yield_on_timeout=True,
        ):
            yield {path for _, path in changed}
    except (OSError, RuntimeError) as error:  # as where the system watches no more files
        raise WatchError(f"the folders cannot be watched: {error}") from None


def _may_be_of_interest(path: str) -> bool:
    # What has no dot in its name may be a folder that was moved, with all that is in it.
    name = Path(path).name
    return name.endswith(_SUFFIXES) or name in _RULING or "." not in name


def _configuration(path: str) -> Iterator[Path]:
    """Yield where settings for a file or folder may stand."""
    for folder in files.project_folders(str(Path(path) / "any.py")):
        for name in _RULING:
            yield folder / name


def _states(paths: Sequence[str]) -> list[tuple[int, int, int] | None]:
    return [_state(path) for path in paths]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
