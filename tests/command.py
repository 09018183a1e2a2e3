"""asyncrun-fix from outside: a process of its own for each call, forked where the system can."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

SECONDS = 120
"""How long a call may take."""

_SERVER = Path(__file__).parent / "command_server.py"
# Whatever stands beside the server is none of its modules.
_START = "import runpy, sys; del sys.argv[0], sys.path[0]; runpy.run_path(sys.argv[0])"
_UNWANTED = {"VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR"}
_PYTHON = {"PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}


def call(
    *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run asyncrun-fix in the current folder, with some environment variables of its own.

    Where these are for Python itself, or coverage is measured, it is a new Python.
    """
    environment = {name: text for name, text in os.environ.items() if name not in _UNWANTED}
    environment |= {**_PYTHON, **(variables or {})}
    is_for_python = any(name.startswith("PYTHON") for name in variables or {})
    is_measured = any(name.startswith(("COV_", "COVERAGE_")) for name in environment)
    if is_for_python or is_measured or not hasattr(os, "fork"):
        return call_anew(arguments, stdin, environment)
    return _forked(arguments, stdin, environment)


def call_anew(
    arguments: tuple[str, ...], stdin: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run asyncrun-fix in a new Python."""
    return subprocess.run(
        [sys.executable, "-m", "flake8_asyncrun", *arguments],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=SECONDS,
    )


def _forked(
    arguments: tuple[str, ...], stdin: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    calls, results = _server()
    with tempfile.TemporaryDirectory() as name:
        streams = [Path(name) / stream for stream in ("in", "out", "err")]
        for path in streams:
            path.write_bytes(stdin if path.name == "in" else b"")
        what = {
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(Path.cwd()),
            "streams": list(map(str, streams)),
        }
        os.write(calls, f"{json.dumps(what)}\n".encode())
        code = int(results.readline())
        _, out, err = (path.read_bytes() for path in streams)
    return subprocess.CompletedProcess(arguments, code, out, err)


@functools.cache
def _server() -> tuple[int, TextIO]:
    """Return where a server takes calls, and where it answers; it ends with this process."""
    taken, calls = os.pipe()
    results, given = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(_SERVER), str(taken), str(given), str(SECONDS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **_PYTHON},
        pass_fds=(taken, given),
    )
    os.close(taken)
    os.close(given)
    answers = open(results, encoding="utf-8")  # noqa: PTH123, SIM115 - of a descriptor

    def end() -> None:
        os.close(calls)
        answers.close()
        process.wait()

    atexit.register(end)
    return calls, answers
