"""Fixes keep their promises for programs built from pieces, which are run before and after.

The same programs each time, as many as fit into the main pass; `ASYNCRUN_EXAMPLES=5000` looks at so
many others in each test (with `--timeout 0`, for that takes its time).
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
from hypothesis import HealthCheck, assume, example, given, settings

from flake8_asyncrun.core.fix import Fixed
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.names.target import Target, Version
from flake8_asyncrun.rules import ALL
from tests.core.programs import compiles
from tests.core.test_wrap import comments
from tests.forked import CAN_FORK, Ran, Server, start
from tests.interpreters import Interpreter, interpreters
from tests.programs import LAST, Layout, Program, layouts, programs
from tests.proof import TROUBLE, run
from tests.snippets import findings_in, fixed

_EXAMPLES = int(os.environ.get("ASYNCRUN_EXAMPLES", "0"))
_CHANCES = 3
"""How often programs may differ, alone in a process, before it counts: some race with a timer."""

PYTHONS: Mapping[Version, Interpreter] = {
    one.version: one for one in interpreters() if one.version in {(3, 8), (3, 11), (3, 14)}
}
MAY_DIFFER = {"RUN403", "RUN404"}
"""Whose unsafe fixes may change what is printed: when a run ends, what is left is cancelled, and
there is no current loop."""
MAY_APPEAR = {rule.code for rule in ALL if rule.may_appear}

runs_programs = pytest.mark.skipif(not CAN_FORK or not PYTHONS, reason="no Python can fork")


def looking_at(count: int) -> settings:
    """Return the settings of a test that looks at so many programs."""
    return settings(
        max_examples=_EXAMPLES or count,
        derandomize=not _EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@pytest.fixture(scope="module")
def servers() -> Iterator[Mapping[Version, Server]]:
    started = {version: start(python) for version, python in PYTHONS.items()}
    yield started
    for server in started.values():
        server.stop()


def safely(text: str, target: Target) -> Fixed:
    return fixed(text, target=target, safeties=[Safety.SAFE])


def by_all(text: str, target: Target) -> Fixed:
    return fixed(text, target=target)


def is_program(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compiles(text)


def works(ran: Ran) -> bool:
    """Say whether a program did what it is for. What fails and is caught by a handler for anything,
    which prints "failed", is not what anybody wanted."""
    return ran.code == 0 and not TROUBLE.search(ran.stderr) and "failed" not in ran.stdout


def alone(python: Interpreter, program: str) -> Ran:
    """Run a program as its user would."""
    done = run(python.path, program, {})
    death = ": ".join(done.death[0]) if done.death else ""
    return Ran(done.code, done.stdout, done.stderr, death.removeprefix("builtins."))


def compare(
    program: Program,
    after: str,
    servers: Mapping[Version, Server],
    differ: Callable[[Ran, Ran], bool],
) -> None:
    """Run a program that works before and after fixes, on every Python it is for, and raise
    AssertionError where what it did is said to differ."""
    if after == program.text:
        return
    for version, server in servers.items():
        if version < program.target.first or not works(before := server.run(program.text)):
            continue
        now = server.run(after)
        if not differ(before, now):
            continue
        python = PYTHONS[version]
        assert not all(
            differ(alone(python, program.text), alone(python, after)) for _ in range(_CHANCES)
        ), f"on {python}: it printed\n{before.stdout}but now\n{now.stdout}{now.stderr}"


def prints_another_thing(before: Ran, now: Ran) -> bool:
    return (before.code, before.stdout) != (now.code, now.stdout)


def dies(before: Ran, now: Ran) -> bool:
    return before.death != now.death


@pytest.mark.slow
@runs_programs
@looking_at(60)
@given(program=programs())
def test_safe_fixes_never_change_what_a_working_program_prints(
    program: Program, servers: Mapping[Version, Server]
) -> None:
    assume(is_program(program.text))
    compare(program, safely(program.text, program.target).text, servers, prints_another_thing)


@pytest.mark.slow
@runs_programs
@looking_at(60)
@given(program=programs())
def test_unsafe_fixes_change_only_what_their_manuals_say(
    program: Program, servers: Mapping[Version, Server]
) -> None:
    assume(is_program(program.text))
    result = by_all(program.text, program.target)
    unsafe = {one.code for one in result.applied if one.fix and one.fix.safety is Safety.UNSAFE}
    if "RUN301" in unsafe:
        return  # without `loop=` a future is bound to the current loop, and there may be none
    may_differ = unsafe & MAY_DIFFER or "all_tasks" in program.text
    compare(program, result.text, servers, dies if may_differ else prints_another_thing)


GENERATOR_NOT_CALLED = """\
import asyncio

@asyncio.coroutine
def work():
    yield from asyncio.sleep(0)

asyncio.run(work)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("fix", [safely, by_all])
@looking_at(50)
@example(program=Program(GENERATOR_NOT_CALLED, Target((3, 8), LAST)))
@given(program=programs())
def test_promises_are_kept(fix: Callable[[str, Target], Fixed], program: Program) -> None:
    assume(is_program(program.text))
    result = fix(program.text, program.target)
    assert result.problem is None
    assert compiles(result.text)
    assert not comments(program.text) - comments(result.text)
    again = fix(result.text, program.target)
    assert (again.text, again.problem) == (result.text, None)
    appeared = codes(result.left) - codes(findings_in(program.text, target=program.target))
    assert appeared.keys() <= MAY_APPEAR


@pytest.mark.thorough
@looking_at(50)
@given(program=programs(), layout=layouts)
def test_the_layout_makes_no_difference(program: Program, layout: Layout) -> None:
    assume(is_program(program.text))
    written = by_all(layout.of(program.text), program.target)
    assert written.text == layout.of(by_all(program.text, program.target).text)


def codes(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)
