"""Small programs, asked what they mean: the questions that tests/core and tests/names share."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Fixed, fix_source
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from flake8_asyncrun.names.facts import Answer, Facts
from flake8_asyncrun.names.knowledge import Knowledge
from flake8_asyncrun.names.machine import Seen, position
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import DEFAULT, Target
from flake8_asyncrun.names.values import Effect, Kind, Value, kind_of
from flake8_asyncrun.rules import ALL

ON = tuple(rule for rule in ALL if not rule.optional)

NO_FILES: Mapping[str, str] = {}

CLIENT = """\
import asyncio


class Client:
    def __init__(self, token=None):
        self.loop = asyncio.get_event_loop()
        self.token = token

    async def go(self):
        await self.loop.run_in_executor(None, print, self.token)


"""
"""A class whose constructor takes the current loop."""

PATH = "example.py"
COROUTINE = "async def coro(): ...\n"

OLD, NEW = Target((3, 8), (3, 8)), Target((3, 14), (3, 15))
CAPTURES, NEEDS = [Effect.CAPTURES], [Effect.NEEDS_RUNNING]
QUIET: list[Effect] = []


def case(name: str, *values: object) -> object:
    """Return the values of one case of a parametrised test, called `name`."""
    return pytest.param(*values, id=name)


def project_of(
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    knowledge: Knowledge | None = None,
) -> Project:
    """Return a project of texts by path, as in {"app/__init__.py": ""}."""
    modules = {
        path.rpartition(".")[0].removesuffix("/__init__").replace("/", "."): (path, text)
        for path, text in files.items()
    }
    return Project(modules.get, target, knowledge)


def facts_of(
    code: str,
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    module: str = "",
    knowledge: Knowledge | None = None,
) -> Facts:
    """Return what evaluating `code`, a file called `module`, showed."""
    path = f"{module.replace('.', '/')}.py" if module else PATH
    return Facts(project_of(files, target, knowledge), path, code, module)


def last_expression(code: str) -> ast.expr:
    """Return the expression that is the last statement of `code`."""
    statement = ast.parse(code).body[-1]
    assert isinstance(statement, ast.Expr)
    return statement.value


def last(
    code: str,
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    knowledge: Knowledge | None = None,
) -> Seen | None:
    """Return what became of the expression that is the last statement of `code`."""
    facts = facts_of(code, files, target, knowledge=knowledge)
    return facts.seen(position(last_expression(code)))


def answer_of_last(
    code: str,
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    knowledge: Knowledge | None = None,
) -> Answer:
    """Return the answer for the expression that is the last statement of `code`."""
    facts = facts_of(code, files, target, knowledge=knowledge)
    answer = facts.answer(position(last_expression(code)))
    assert answer is not None, "never reached"
    return answer


def value_of_last(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> Value:
    """Return what the expression that is the last statement stands for."""
    seen = last(code, files, target)
    assert seen is not None, "never reached"
    return seen.value


def kind_of_last(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> Kind | None:
    """Return the kind of the expression that is the last statement; None: never reached."""
    seen = last(code, files, target)
    return None if seen is None else kind_of(seen.value)


def effects_of_last(
    code: str,
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    knowledge: Knowledge | None = None,
) -> list[Effect]:
    """Return what the expression that is the last statement certainly does to the loop."""
    seen = last(code, files, target, knowledge)
    assert seen is not None, "never reached"
    return [event.effect for event in seen.events]


def findings_in(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> list[Finding]:
    """Return what all rules find in `code`."""
    source = Source(PATH, code)
    return suppress(source, analyze(source, project_of(files, target), ON))


def codes_in(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> list[tuple[int, str]]:
    """Return the line and the code of each finding in `code`."""
    source = Source(PATH, code)
    found = findings_in(code, files, target)
    return [(source.line_and_column(one.span.start)[0], one.code) for one in found]


def fixed(
    code: str,
    files: Mapping[str, str] = NO_FILES,
    target: Target = DEFAULT,
    safeties: Iterable[Safety] = tuple(Safety),
) -> Fixed:
    """Return what the fixes that promise one of `safeties` make of `code`."""
    allowed = frozenset(safeties)
    return fix_source(
        Source(PATH, code),
        lambda source: findings_in(source.text, files, target),
        lambda finding: finding.fix is not None and finding.fix.safety in allowed,
        may_appear={rule.code for rule in ON if rule.may_appear},
        target=target,
    )


def safely_fixed(code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT) -> str:
    """Return what is made of `code` by default; its fixes must hold."""
    result = fixed(code, files, target, [Safety.SAFE])
    assert result.problem is None
    return result.text
