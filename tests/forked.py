"""Runs many short programs on some Python, a few milliseconds each."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.interpreters import Interpreter

SECONDS = 5
"""How long a program may take."""
CAN_FORK = hasattr(os, "fork")
_SERVER = Path(__file__).parent / "fork_server.py"


@dataclass(frozen=True)
class Ran:
    """What a program did."""

    code: int | None
    """Its exit code; None where it was killed."""
    stdout: str
    stderr: str
    death: str
    """What it died of, as Python says it: "ValueError: no"; "" where it did not."""


@dataclass(frozen=True)
class Server:
    """A process that runs programs, one at a time."""

    process: subprocess.Popen[str]

    def run(self, program: str) -> Ran:
        """Run a program as the main module."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(program)}\n")
        self.process.stdin.flush()
        return Ran(*json.loads(self.process.stdout.readline()))

    def stop(self) -> None:
        """End the process."""
        self.process.communicate()


def start(interpreter: Interpreter) -> Server:
    """Start a process that runs programs on this Python; somebody has to stop it."""
    outside = ("PYTHON", "COV_", "COVERAGE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(outside)}
    process = subprocess.Popen(
        [
            interpreter.path,
            "-S",
            "-W",
            "ignore",
            "-W",
            "always::RuntimeWarning",
            str(_SERVER),
            str(SECONDS),
        ],
        env={**kept, "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    return Server(process)
