"""Asks the recorder and the engine about one constructor, and tells where they disagree."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flake8_asyncrun.files import module_finder
from flake8_asyncrun.names.facts import Answer, Facts
from flake8_asyncrun.names.machine import position
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Effect, Kind
from tests.oracle.sample import Constructor, Disagreement

_RECORDER = Path(__file__).with_name("recorder.py")
_SECONDS = 60
_AT_ONCE = 2

_EFFECTS = {
    None: "nothing",
    Effect.HANDLES: "nothing",
    Effect.CAPTURES: "captures",
    Effect.NEEDS_RUNNING: "needs running",
}
# What a recording asks for in an answer. Objects that keep a loop of their own do so by design, and
# no rule reports them.
_LABELS = {
    "safe": "nothing",
    "own loop": "nothing",
    "captures": "captures",
    "needs running": "needs running",
}


@dataclass(frozen=True)
class Environment:
    python: str
    executable: Path
    packages: str
    """Its folder of installed packages."""


def environment_of(python: str, executable: Path) -> Environment:
    """Ask an interpreter where its packages are."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([executable, "-c", code], capture_output=True, text=True, check=True)
    return Environment(python, executable, done.stdout.strip())


def record(executable: str | Path, code: str, folder: Path) -> dict[str, Any]:
    """Return what the recorder prints of a module that runs in `folder`."""
    done = subprocess.run(
        [executable, "-W", "ignore", _RECORDER],
        input=code,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=folder,
    )
    assert done.stdout, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@dataclass(frozen=True)
class Outcome:
    constructor: Constructor
    said: dict[str, Any]
    """By the recorder."""
    answer: Answer | None
    """The engine's; None where it never came to the expression."""


def ask_both(
    environment: Environment, constructors: Iterable[Constructor], folder: Path
) -> Iterator[Outcome]:
    """Yield what the recorder and the engine say of each; modules run in `folder`."""
    constructors = list(constructors)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        recorder = partial(record, environment.executable, folder=folder)
        recordings = pool.map(recorder, [one.code for one in constructors])  # they begin now
        for constructor in constructors:
            answer = ask(environment.packages, environment.python, constructor)
            yield Outcome(constructor, next(recordings), answer)


def ask(packages: str | None, python: str, constructor: Constructor) -> Answer | None:
    """Return what the engine says of a constructor's expression on one Python alone."""
    version = Target.since(python).first
    project = Project(module_finder([packages] if packages else []), Target(version, version))
    facts = Facts(project, "example.py", constructor.code, "example")
    return facts.answer(position(constructor.expression))


def disagreements(python: str, outcome: Outcome) -> Iterator[Disagreement]:
    """Yield where a recording and an answer differ.

    The place of an effect is compared where both have the same, and the kind where an object came
    to be. An engine that does not know the kind of what has none is right enough.
    """
    said, answer = outcome.said, outcome.answer
    differ = partial(Disagreement, python, str(outcome.constructor))
    if answer is None:
        yield differ("effect", said["label"], "not reached")
        return
    seen, told = _LABELS[said["label"]], _EFFECTS[answer.effect]
    if seen != told:
        yield differ("effect", said["label"], told)
    elif told != "nothing" and not _is_among(said["access"], answer):
        place = answer.evidence[-1].place
        yield differ("place", _places(said["access"]), f"{Path(place.path).name}:{place.line}")
    kind = answer.kind.value
    if said["kind"] not in (None, kind) and (said["kind"], answer.kind) != ("other", Kind.UNKNOWN):
        yield differ("kind", said["kind"], kind)


def _is_among(access: list[dict[str, Any]], answer: Answer) -> bool:
    place = answer.evidence[-1].place
    return any(
        Path(note["path"]) == Path(place.path) and note["line"] == place.line for note in access
    )


def _places(access: list[dict[str, Any]]) -> str:
    return " ".join(f"{Path(note['path']).name}:{note['line']}" for note in access)
