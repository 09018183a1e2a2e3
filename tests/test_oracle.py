"""The engine against what really happens: a recorder in the interpreters of environments.

Each library of tests/oracle/constructors.toml is installed, each constructor is built for real
there while tests/oracle/recorder.py notes what it does to the loop, and the engine, which reads the
same packages as text, has to say the same. Where it does not, constructors.toml says why.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from flake8_asyncrun.names.target import show
from tests.environments import environment_or_skip
from tests.interpreters import RUNNING
from tests.oracle.agreement import Outcome, ask, ask_both, disagreements, environment_of, record
from tests.oracle.sample import Constructor, Sample, samples

_WORK = "async def work():\n    return 1\n\n\n"
_LINES = "async def lines():\n    yield 1\n\n\n"
_GETS_ONE = RUNNING < (3, 14)  # whether get_event_loop() makes a loop where there is none


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sample", "python"),
    [
        pytest.param(sample, python, id=f"{sample.name}-py{python}")
        for sample in samples()
        for python in sample.pythons
    ],
)
def test_says_what_the_recorder_saw(sample: Sample, python: str, tmp_path: Path) -> None:
    executable = environment_or_skip(python, sample.requirements)
    environment = environment_of(python, executable)
    outcomes = list(ask_both(environment, sample.constructors, tmp_path))
    failed = [
        f"{outcome.constructor}: {outcome.said['why']}"
        for outcome in outcomes
        if outcome.said["label"] == "fails"
    ]
    assert not failed, "not recorded:\n" + "\n".join(failed)

    found = {one for outcome in outcomes for one in disagreements(python, outcome)}
    known = sample.known_on(python)
    new = [str(one) for one in sorted(found - known)]
    gone = [f"no longer so: {one}" for one in sorted(known - found)]
    assert not new + gone, "\n".join(new + gone)


def test_the_samples_can_be_told_apart() -> None:
    for sample in samples():
        expressions = Counter(str(constructor) for constructor in sample.constructors)
        assert set(expressions.values()) == {1}, expressions.most_common(3)
        assert {one.expression for one in sample.known} <= set(expressions)
        assert all(sample.known.values())


@pytest.mark.parametrize(
    ("before", "expression", "label", "kind"),
    [
        ("", "asyncio.Lock()", "safe", "other"),
        (_WORK, "work", "safe", "coroutine function"),
        ("", "asyncio.get_event_loop()", "captures", "other"),
        ("", "asyncio.Future()", "captures", "future"),
        ("", "asyncio.StreamReader()", "captures", "other"),
        (_WORK, "asyncio.gather(work())", "captures", "future"),
        (_WORK, "work()", "safe", "coroutine"),
        (_LINES, "lines()", "safe", "async generator"),
        ("", "asyncio.get_running_loop()", "needs running", None),
        (_WORK, "asyncio.create_task(work())", "needs running", None),
        ("", "asyncio.new_event_loop()", "own loop", "other"),
        ("loop = asyncio.new_event_loop()\n", "asyncio.Future(loop=loop)", "safe", "future"),
        ("asyncio.set_event_loop(asyncio.new_event_loop())\n", "[]", "safe", "other"),
    ],
)
def test_recorder_and_engine_agree_on_asyncio(
    before: str, expression: str, label: str, kind: str | None, tmp_path: Path
) -> None:
    constructor = Constructor(f"import asyncio\n\n\n{before}obj = {expression}\n")
    said = record(sys.executable, constructor.code, tmp_path)
    raises = label == "captures" and not _GETS_ONE
    assert (said["label"], said["kind"]) == (label, None if raises else kind), said

    python = show(RUNNING)
    outcome = Outcome(constructor, said, ask(None, python, constructor))
    assert list(disagreements(python, outcome)) == []


def test_a_recording_shows_who_asked_and_where_the_loop_is_kept(tmp_path: Path) -> None:
    code = (
        "import asyncio\n\n\n"
        "class Keeper:\n    def __init__(self):\n        self.loop = asyncio.new_event_loop()\n\n\n"
        "class Box:\n    __slots__ = ('keepers',)\n\n"
        "    def __init__(self):\n        self.keepers = {'first': [Keeper()]}\n\n\n"
        "obj = Box()\n"
    )
    said = record(sys.executable, code, tmp_path)
    assert said["access"] == [
        {"call": "new_event_loop", "path": "example.py", "line": 6, "outcome": "a loop"}
    ]
    assert said["held"] == [{"at": "obj.keepers['first'][0].loop", "loop": "own"}]
    assert said["setup"] == []


def test_a_recording_of_what_fails_says_so(tmp_path: Path) -> None:
    assert record(sys.executable, "obj = 1 / 0\n", tmp_path)["label"] == "fails"
    said = record(sys.executable, "import nowhere_at_all\nobj = 1\n", tmp_path)
    assert said["label"] == "fails"
    assert said["why"].startswith("set-up: ModuleNotFoundError")


def test_a_recording_keeps_off_the_network(tmp_path: Path) -> None:
    code = "import socket\n\nobj = socket.create_connection(('127.0.0.1', 9))\n"
    said = record(sys.executable, code, tmp_path)
    assert (said["label"], said["why"]) == (
        "fails",
        "ConnectionRefusedError: there is no network here",
    )


def test_a_difference_is_told() -> None:
    constructor = Constructor("import asyncio\n\nobj = asyncio.Future()\n")
    answer = ask(None, "3.11", constructor)
    place = {"path": "example.py", "line": 3, "call": "get_event_loop", "outcome": "a loop"}
    agreed = {"label": "captures", "kind": "future", "access": [place]}
    assert list(disagreements("3.11", Outcome(constructor, agreed, answer))) == []
    for change, told in (
        ({"label": "safe"}, "effect is 'safe', and the engine says 'captures'"),
        ({"kind": "awaitable"}, "kind is 'awaitable', and the engine says 'future'"),
        ({"access": [{**place, "line": 2}]}, "place is 'example.py:2', and the engine says"),
    ):
        (one,) = disagreements("3.11", Outcome(constructor, {**agreed, **change}, answer))
        assert told in str(one)
    (one,) = disagreements("3.11", Outcome(constructor, agreed, None))
    assert one.engine == "not reached"
