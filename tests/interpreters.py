"""The Pythons that examples are run on.

$ASYNCRUN_PYTHONS lists them (paths, separated as in $PATH); where it is not set they are every
`python3.N` on $PATH and in pyenv's versions, for the Pythons we know. The one that runs the tests
is always among them, and of several of one version the first counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flake8_asyncrun.names.target import KNOWN, Version, show

RUNNING: Version = sys.version_info[:2]
_SECONDS = 20
_PROBE = "import sys; print(sys.implementation.name, *sys.version_info[:2])"


@dataclass(frozen=True)
class Interpreter:
    """A CPython that was seen to start."""

    version: Version
    path: str

    def __str__(self) -> str:
        return f"Python {show(self.version)}"

    @property
    def is_running(self) -> bool:
        """Whether it is the one that runs the tests."""
        return self.version == RUNNING


@cache
def interpreters() -> tuple[Interpreter, ...]:
    """Return what was found, by version; raise RuntimeError for one that was listed in vain."""
    listed = [path for path in os.environ.get("ASYNCRUN_PYTHONS", "").split(os.pathsep) if path]
    return choose(listed or _candidates(), required=bool(listed))


def choose(paths: Iterable[str], required: bool) -> tuple[Interpreter, ...]:
    """Return the first Python of each version among `paths`, the running one before them all.

    A path that is no CPython we know is passed over or, where `required`, a RuntimeError.
    """
    found = {RUNNING: Interpreter(RUNNING, sys.executable)}
    for path, version in _versions(paths).items():
        if version in KNOWN:
            found.setdefault(version, Interpreter(version, path))
        elif required:
            said = f"is Python {show(version)}" if version else "is no CPython that starts"
            raise RuntimeError(f"$ASYNCRUN_PYTHONS: {path} {said}")
    return tuple(found[version] for version in sorted(found))


def _versions(paths: Iterable[str]) -> dict[str, Version | None]:
    """Ask all of them at once: collection waits for this."""
    asked = {path: _ask(path) for path in paths}
    return {path: _answer(process) for path, process in asked.items()}


def _ask(path: str) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(
            [path, "-S", "-E", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return None


def _answer(process: subprocess.Popen[str] | None) -> Version | None:
    if process is None:
        return None
    try:
        answer = process.communicate(timeout=_SECONDS)[0].split()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    if len(answer) == 3 and answer[0] == "cpython":
        return int(answer[1]), int(answer[2])
    return None


def _candidates() -> Iterator[str]:
    """Yield paths that may be Pythons we know, each file once."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders = [
        # A shim is slow to say that its Python is not the chosen one; all versions come below.
        *(folder for folder in on_path if folder != pyenv / "shims"),
        *sorted(pyenv.glob("versions/*/bin"), reverse=True),
    ]
    seen: set[Path] = set()
    for folder in folders:
        for version in KNOWN:
            for path in (folder / f"python{show(version)}", folder / f"python{show(version)}.exe"):
                if path.is_file() and path.resolve() not in seen:
                    seen.add(path.resolve())
                    yield str(path)
