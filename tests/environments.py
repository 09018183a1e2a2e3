"""Environments of the Pythons on this machine, with packages in them.

Environments stay in $ASYNCRUN_ENVIRONMENTS, else in pytest's cache folder beside the tests, and
serve again as long as interpreter and requirements are the same; `pytest --cache-clear` forgets
the latter. Packages come through pip as the machine has it configured.

What is missing skips a test with the reason. With ASYNCRUN_STRICT=1 it fails the test instead,
except for Pythons from 3.14 on, which a machine with a stable operating system seldom has.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from flake8_asyncrun.names.target import Target
from tests.interpreters import interpreters

if sys.platform != "win32":
    import fcntl

_SECONDS = 240  # one call of venv or pip; below the timeout of a test
_failed: dict[Path, str] = {}  # an install that failed is not tried for every test again


class Missing(Exception):
    """Something these tests need is not to be had on this machine; the text says what and why."""

    def __init__(self, reason: str, *, excused: bool = False) -> None:
        super().__init__(reason)
        self.excused = excused  # a reason to skip even where nothing may be missing


def environment(
    python: str = "3.11", requirements: Sequence[str] = ("slack_sdk", "aiohttp")
) -> Path:
    """The executable of an environment of that Python which has these requirements.

    Made when it is first asked for, also by several processes at once. Raises Missing where the
    Python is not found or the requirements cannot be installed.
    """
    base = _interpreter(python)
    identity = json.dumps([str(base.resolve()), sorted(requirements)])
    folder = _cache() / f"{python}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    if folder in _failed:
        raise Missing(_failed[folder])
    executable = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "complete.json"  # written last: what has none was interrupted
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent / f"{folder.name}.lock"):
        if not (stamp.exists() and executable.exists()):
            try:
                _make(folder, base, executable, requirements)
            except Missing as missing:
                _failed[folder] = str(missing)
                raise
            stamp.write_text(identity, encoding="utf-8")
    return executable


def environment_or_skip(
    python: str = "3.11", requirements: Sequence[str] = ("slack_sdk", "aiohttp")
) -> Path:
    """As environment(), but what is missing skips the test, or fails it unless excused."""
    try:
        return environment(python, requirements)
    except Missing as missing:
        if os.environ.get("ASYNCRUN_STRICT") == "1" and not missing.excused:
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def _interpreter(python: str) -> Path:
    version = Target.since(python).first
    for interpreter in interpreters():
        if interpreter.version == version:
            return Path(interpreter.path)
    raise Missing(f"no Python {python} on this machine", excused=version >= (3, 14))


def _cache() -> Path:
    chosen = os.environ.get("ASYNCRUN_ENVIRONMENTS")
    beside = Path(__file__).resolve().parent.parent / ".pytest_cache" / "d" / "environments"
    return Path(chosen) if chosen else beside


def _make(folder: Path, base: Path, executable: Path, requirements: Sequence[str]) -> None:
    _call([base, "-m", "venv", "--clear", folder], f"no environment from {base}")
    if requirements:
        pip = (executable, "-m", "pip", "install", "--quiet", "--no-input")
        _call([*pip, *requirements], f"pip could not install {' '.join(requirements)} for {base}")


def _call(command: Sequence[str | Path], complaint: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise Missing(f"{complaint}: not done in {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise Missing(f"{complaint}: {said.splitlines()[-1]}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock of a process that died is free. (Windows: no lock.)"""
    with path.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
