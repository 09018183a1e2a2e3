"""The table of asyncio against asyncio, on every Python that is here."""

from __future__ import annotations

import json
import subprocess
import textwrap
from typing import Any

import pytest

from flake8_asyncrun.names.asyncio_table import (
    ASYNCIO,
    AWAITABLE_METHODS,
    LOOP_COROUTINES,
    LOST_LOOP,
    LOST_LOOP_IN,
    TAKES_AWAITABLES,
    Does,
    canonical,
    entry,
)
from tests.interpreters import Interpreter, interpreters

_PROGRAM = textwrap.dedent(
    '''
    import asyncio, inspect, json, sys, warnings
    warnings.simplefilter("ignore")
    names, lost, methods, loop_coroutines, primitives = json.load(sys.stdin)
    async def coroutine():
        pass
    ARGUMENTS = {
        "sleep": [0], "wait": [[]], "wait_for": [None, 0], "start_server": [None],
        "start_unix_server": [None], "create_subprocess_exec": ["x"], "open_unix_connection": [],
        "create_subprocess_shell": ["x"], "to_thread": [print], "shield": [None],
        "as_completed": [[]], "run": [None], "create_task": [None], "timeout": [1],
        "timeout_at": [1], "set_event_loop": [None],
    }
    # These hand further keywords on, and complain when they are awaited.
    ON_AWAIT = """
        open_connection start_server open_unix_connection start_unix_server
        create_subprocess_exec create_subprocess_shell
    """.split() if sys.version_info >= (3, 10) else []
    def outcome(name, *keywords):
        function = getattr(asyncio, name, None)
        if function is None:
            return "missing"
        arguments = ARGUMENTS.get(name, [])
        if name == "create_task":
            arguments = [coroutine()]
        try:
            made = function(*arguments, **dict.fromkeys(keywords))
        except Exception as error:
            return type(error).__name__ + ": " + str(error)
        finally:
            if name == "create_task":
                arguments[0].close()
        if inspect.iscoroutine(made):
            if keywords and name in ON_AWAIT:
                try:
                    asyncio.run(made)
                except Exception as error:
                    return type(error).__name__ + ": " + str(error)
                finally:
                    asyncio.set_event_loop(asyncio.new_event_loop())
            made.close()
            return "coroutine"
        return "made"
    asyncio.set_event_loop(asyncio.new_event_loop())
    answers = {"with loop": {name: outcome(name, "loop") for name in lost}}
    made_by_others = {
        "Server": asyncio.base_events.Server, "StreamWriter": asyncio.StreamWriter
    }
    objects = {
        owner: made_by_others.get(owner) or getattr(asyncio, owner)() for owner in methods
    }
    answers["methods"] = [
        [owner, name]
        for owner, names in methods.items()
        for name in names
        if not inspect.iscoroutinefunction(getattr(objects[owner], name))
    ]
    asyncio.set_event_loop(None)
    answers["exists"] = [name for name in names if hasattr(asyncio, name)]
    answers["called"] = {name: outcome(name) for name in primitives}
    answers["loop"] = {
        name: inspect.iscoroutinefunction(getattr(asyncio.SelectorEventLoop, name))
        for name in loop_coroutines
        if hasattr(asyncio.SelectorEventLoop, name)
    }
    print(json.dumps(answers))
    '''
)
_NEED = {Does.NEEDS_RUNNING, Does.NEEDS_RUNNING_OBJECT, Does.GETS_RUNNING_LOOP}
_CALLED = {Does.COROUTINE, *_NEED}
_ONLY_ON_WINDOWS = {"ProactorEventLoop"}


@pytest.fixture(scope="module")
def answers() -> dict[Interpreter, dict[str, Any]]:
    """Ask each Python once."""
    called = sorted(name for name, one in ASYNCIO.items() if one.does in _CALLED)
    methods = {
        owner.removeprefix("asyncio."): sorted(names) for owner, names in AWAITABLE_METHODS.items()
    }
    asked = json.dumps(
        [sorted(ASYNCIO), sorted(LOST_LOOP), methods, sorted(LOOP_COROUTINES), called]
    )
    found = {}
    for interpreter in interpreters():
        command = [interpreter.path, "-I", "-c", _PROGRAM]
        answer = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0, f"{interpreter}: {answer.stderr}"
        found[interpreter] = json.loads(answer.stdout)
    return found


Answers = dict[Interpreter, dict[str, Any]]


@pytest.mark.slow
def test_every_name_exists_since_its_version(answers: Answers) -> None:
    for interpreter, answer in answers.items():
        since = {name for name, one in ASYNCIO.items() if one.since <= interpreter.version}
        assert set(answer["exists"]) | _ONLY_ON_WINDOWS == since | _ONLY_ON_WINDOWS, interpreter


@pytest.mark.slow
def test_coroutine_functions_return_coroutines(answers: Answers) -> None:
    for interpreter, answer in answers.items():
        for name, one in ASYNCIO.items():
            if one.does is Does.COROUTINE and one.since <= interpreter.version:
                assert answer["called"][name] == "coroutine", (interpreter, name)


@pytest.mark.slow
def test_what_needs_a_running_loop_says_so_without_one(answers: Answers) -> None:
    needing = {name: one for name, one in ASYNCIO.items() if one.does in _NEED}
    for interpreter, answer in answers.items():
        for name, one in needing.items():
            if one.since <= interpreter.version and name != "timeout_at":
                said = answer["called"][name]
                assert said == "RuntimeError: no running event loop", (interpreter, name)


@pytest.mark.slow
def test_the_loop_argument_is_lost_from_its_version_on(answers: Answers) -> None:
    for interpreter, answer in answers.items():
        for name in LOST_LOOP:
            said = answer["with loop"][name]
            lost = said.startswith("TypeError") and "loop" in said
            is_lost = interpreter.version >= LOST_LOOP_IN
            assert lost is is_lost, (interpreter, name, said)


@pytest.mark.slow
def test_methods_return_coroutines(answers: Answers) -> None:
    for interpreter, answer in answers.items():
        assert answer["methods"] == [], interpreter
        wrong = [name for name, is_coroutine in answer["loop"].items() if not is_coroutine]
        assert wrong == [], interpreter
    named = {name for answer in answers.values() for name in answer["loop"]}
    assert named == LOOP_COROUTINES


def test_the_rules_facts_hang_together() -> None:
    assert len(LOST_LOOP) == 20
    assert set(ASYNCIO) | {"as_completed"} >= LOST_LOOP | TAKES_AWAITABLES
    owners = {owner.removeprefix("asyncio.") for owner in AWAITABLE_METHODS}
    assert owners - set(ASYNCIO) == {"Server", "StreamWriter"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asyncio.gather", "asyncio.gather"),
        ("asyncio.tasks.gather", "asyncio.gather"),
        ("asyncio.runners.Runner.run", "asyncio.Runner.run"),
        ("asyncio.tasks", "asyncio.tasks"),
        ("asyncio.Runner.run", "asyncio.Runner.run"),
        ("other.tasks.gather", "other.tasks.gather"),
    ],
)
def test_names_are_those_of_the_documentation(name: str, expected: str) -> None:
    assert canonical(name) == expected


def test_only_asyncio_s_names_have_an_entry() -> None:
    assert entry("asyncio.gather") is ASYNCIO["gather"]
    assert entry("uvloop.run") is ASYNCIO["run"]
    assert entry("gather") is None
    assert entry("trio.run") is None
    assert entry("uvloop.gather") is None
