"""Proof by execution: what the manuals claim happens, and what the fixes make of it runs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flake8_asyncrun.names.target import show
from tests.analysis import are_installed
from tests.environments import environment_or_skip
from tests.examples import WITH_EXAMPLES, Example, Outcome, all_examples
from tests.interpreters import RUNNING, Interpreter, interpreters
from tests.proof import prove

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

    from flake8_asyncrun.core.rule import Rule

# An environment is made for each of them, so a few stand for all.
WITH_LIBRARIES = {(3, 8), (3, 11), (3, 14), RUNNING}
ASKED_FOR = {(3, 8), (3, 11), RUNNING} if os.environ.get("ASYNCRUN_STRICT") == "1" else {RUNNING}


def pythons_for(example: Example) -> Iterator[Interpreter]:
    """Yield the Pythons that an example is executed on.

    A manual's is on all that are here. Of a corner case's, one claim after the other, the first and
    the last Python, and the one that runs the tests.
    """
    there = [one for one in interpreters() if example.is_executed_on(one.version)]
    for _, group in itertools.groupby(there, key=lambda one: str(claims_on(example, one))):
        alike = list(group)
        if example.block.document.is_manual:
            yield from alike
        else:
            yield from (one for one in alike if one in (alike[0], alike[-1]) or one.is_running)


def claims_on(example: Example, interpreter: Interpreter) -> tuple[Outcome | None, Outcome | None]:
    """Return what is claimed of an example, before and after its fix."""
    fixed = example.fixed
    after = None if fixed is None else fixed.outcome_on(interpreter.version)
    return example.block.outcome_on(interpreter.version), after


def cases() -> Iterator[tuple[Rule, Example, Interpreter]]:
    for rule in WITH_EXAMPLES:
        for example in all_examples(rule):
            for interpreter in pythons_for(example):
                libraries = (*example.block.needs, *example.block.libraries)
                without_it = libraries and interpreter.version not in WITH_LIBRARIES
                if not without_it:
                    yield rule, example, interpreter


CASES = list(cases())

# One environment for all of them is soon made.
LIBRARIES = sorted({one for _, example, _ in CASES for one in example.block.libraries})


def is_at_hand(example: Example, interpreter: Interpreter) -> bool:
    """Say whether the Python that runs the tests will do."""
    block = example.block
    return interpreter.is_running and not block.libraries and are_installed(block.needs)


def parameters(example: Example, interpreter: Interpreter) -> ParameterSet:
    return pytest.param(
        example,
        interpreter,
        id=f"{example}-py{show(interpreter.version)}",
        marks=[] if is_at_hand(example, interpreter) else [pytest.mark.slow],
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("example", "interpreter"),
    [parameters(example, interpreter) for _, example, interpreter in CASES],
)
def test_does_what_it_claims(example: Example, interpreter: Interpreter) -> None:
    wanted = LIBRARIES if example.block.libraries else example.block.needs
    if is_at_hand(example, interpreter) or not wanted:
        prove(example, interpreter)
    else:
        python = environment_or_skip(show(interpreter.version), wanted)
        prove(example, interpreter, str(python))


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.name)
def test_is_proven_on_every_python_asked_for(rule: Rule) -> None:
    proven = {interpreter.version for of, example, interpreter in CASES if of is rule}
    assert proven >= ASKED_FOR
