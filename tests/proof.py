"""Runs examples in fresh processes, and compares what happens with what they claim."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.examples import EXAMPLE, Block, Example, Outcome

if TYPE_CHECKING:
    from tests.interpreters import Interpreter

SECONDS = 10.0
"""How long a process may take."""
SECONDS_TO_HANG = 3.0
"""After how long one that is said to hang is believed."""

# Python finds this at start-up. stderr alone does not say which of its tracebacks was the end: the
# loop's logger and dying objects print theirs as well.
_SITECUSTOMIZE = """
import sys

def _died(kind, error, traceback, original=sys.excepthook):
    import json, os

    def told(error):
        kind = type(error)
        yield ["%s.%s" % (kind.__module__, kind.__qualname__), str(error)]
        for member in getattr(error, "exceptions", ()):
            yield from told(member)

    with open(os.environ["ASYNCRUN_DEATH"], "w", encoding="utf-8") as file:
        json.dump(list(told(error)), file)
    original(kind, error, traceback)

sys.excepthook = _died
"""
_SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")
TROUBLE = re.compile(
    r"^Traceback \(most recent call last\)|was never awaited|exception was never retrieved"
    r"|Task was destroyed but it is pending",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Run:
    """What a process did."""

    code: int | None
    """None where it had to be killed."""
    stdout: str
    stderr: str
    death: tuple[tuple[str, str], ...] = ()
    """Type, in full, and message of the exception it died of, and of those it groups."""

    def __str__(self) -> str:
        how = "it was still running" if self.code is None else f"exit code {self.code}"
        return f"{how}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}---"


def run(python: str, code: str, files: Mapping[str, str], seconds: float = SECONDS) -> Run:
    """Run `code` as example.py, beside `files`, in an empty folder; kill it after `seconds`."""
    texts = {EXAMPLE: code, **files}
    return run_program(
        python, {path: text.encode() for path, text in texts.items()}, EXAMPLE, seconds
    )


def run_program(
    python: str, files: Mapping[str, bytes], main: str, seconds: float = SECONDS
) -> Run:
    """Run the one of `files` that is called `main` in a folder of its own, as `run` does."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        project, outside = Path(folder, "project"), Path(folder, "outside")
        for path, content in files.items():
            written = project / path
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(content)
        outside.mkdir()
        (outside / "sitecustomize.py").write_text(_SITECUSTOMIZE, "utf-8")
        death = outside / "death.json"
        process = subprocess.Popen(
            [python, "-W", "always", main],
            cwd=project,
            env={
                **{key: value for key, value in os.environ.items() if not _steers_python(key)},
                "ASYNCRUN_DEATH": str(death),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONIOENCODING": "utf-8",
                "PYTHONPATH": str(outside),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=seconds)
            code_of_exit: int | None = process.returncode
        except subprocess.TimeoutExpired:
            _kill(process)
            stdout, stderr = process.communicate()
            code_of_exit = None
        told = json.loads(death.read_text("utf-8")) if death.exists() else []
    return Run(code_of_exit, stdout, stderr, tuple((kind, message) for kind, message in told))


def _steers_python(variable: str) -> bool:
    return variable.startswith(("PYTHON", "COV_", "COVERAGE_")) or variable == "VIRTUAL_ENV"


def _kill(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def prove(example: Example, interpreter: Interpreter, python: str | None = None) -> None:
    """Run the blocks of an example; raise AssertionError for the first that does not as it claims.

    `python` is the executable to run, where it is not the interpreter's own: an environment.
    """
    proof = _Proof(example, interpreter, python or interpreter.path)
    before = proof.of(example.block)
    after = proof.of(example.fixed) if example.fixed else None
    if before is None:
        return
    if before.outcome.kind == "silent":
        assert example.cure is not None
        proof.that_cured(before.outcome.text, example.cure)
    if after is not None and before.went_well and after.went_well:
        assert before.run.stdout == after.run.stdout, (
            f"{example.block.place} on {interpreter}: it worked, and printed\n{before.run.stdout}"
            f"but once fixed it prints\n{after.run.stdout}"
        )


@dataclass(frozen=True)
class _Proven:
    outcome: Outcome
    run: Run

    @property
    def went_well(self) -> bool:
        return self.outcome.kind in ("ok", "warns")


@dataclass(frozen=True)
class _Proof:
    example: Example
    interpreter: Interpreter
    python: str

    def of(self, block: Block) -> _Proven | None:
        """Run one block, if it is to be run on this Python, and compare."""
        outcome = block.outcome_on(self.interpreter.version)
        if outcome is None:
            return None
        seconds = SECONDS_TO_HANG if outcome.kind == "hangs" else SECONDS
        done = self.run(block, seconds)
        problem = difference(outcome, done, [EXAMPLE, *self.example.files])
        if not problem and block.prints and outcome.kind in ("ok", "warns"):
            problem = "" if block.prints in done.stdout else f"it does not print {block.prints!r}"
        assert not problem, (
            f"{block.place} on {self.interpreter}: claims `{outcome}`, but {problem}\n{done}"
        )
        return _Proven(outcome, done)

    def that_cured(self, text: str, cure: Block) -> None:
        """Run what should print the text that a silent block did not."""
        done = self.run(cure, SECONDS)
        assert text in done.stdout, (
            f"{cure.place} on {self.interpreter}: it cures {self.example.block.place}, "
            f"but does not print {text!r}\n{done}"
        )

    def run(self, block: Block, seconds: float) -> Run:
        return run(self.python, block.code, self.example.files, seconds)


def difference(outcome: Outcome, done: Run, own_files: list[str]) -> str:
    """Say how a run is not as claimed, "" where it is.

    `own_files` are the example's, by whose names its own warnings are told from those of others.
    """
    if done.code is None:
        return "" if outcome.kind == "hangs" else "it is still running"
    match outcome.kind:
        case "hangs":
            return "it ended"
        case "dies":
            return "" if any(_same(outcome, *told) for told in done.death) else _how(done)
        case "invalid":
            invalid = any(_last(kind) in _SYNTAX_ERRORS for kind, _ in done.death)
            return "" if invalid else _how(done)
    if done.code != 0:
        return _how(done)
    match outcome.kind:
        case "silent":
            return f"it prints {outcome.text!r}" if outcome.text in done.stdout else ""
        case "warns":
            shown = rf"\b{re.escape(outcome.name)}: .*{re.escape(outcome.text)}"
            return "" if re.search(shown, done.stderr) else "there is no such warning"
        case _:
            return _trouble(done, own_files)


def _same(outcome: Outcome, kind: str, message: str) -> bool:
    if outcome.name not in (kind, kind.removeprefix("builtins."), _last(kind)):
        return False
    return outcome.text in message if outcome.text else not message


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _how(done: Run) -> str:
    if done.death:
        kind, message = done.death[0]
        return f"it dies of {kind.removeprefix('builtins.')}: {message}"
    return "it ends well" if done.code == 0 else f"it ends with exit code {done.code}"


def _trouble(done: Run, own_files: list[str]) -> str:
    names = "|".join(re.escape(name) for name in own_files)
    own = re.search(rf"^(?:.*[/\\])?(?:{names}):\d+: (\w+: .*)", done.stderr, re.MULTILINE)
    if own is not None:
        return f"it warns: {own[1]}"
    trouble = TROUBLE.search(done.stderr)
    return f"it says: {trouble[0]}" if trouble is not None else ""
