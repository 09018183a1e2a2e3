"""Small programs, asked what they mean: the questions that tests/core and tests/names share."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Fixed, fix_source
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.machine import Seen, position
from flake8_asyncrun.names.values import Effect
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import DEFAULT, Target
from flake8_asyncrun.names.values import Kind, kind_of
from flake8_asyncrun.rules import ALL

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


def project_of(files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT) -> Project:
    """Return a project of texts by path, as in {"app/__init__.py": ""}."""
    modules = {
        path.rpartition(".")[0].removesuffix("/__init__").replace("/", "."): (path, text)
        for path, text in files.items()
    }
    return Project(modules.get, target)


def facts_of(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT, module: str = ""
) -> Facts:
    """Return what evaluating `code`, a file called `module`, showed."""
    path = f"{module.replace('.', '/')}.py" if module else PATH
    return Facts(project_of(files, target), path, code, module)


def last(code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT) -> Seen | None:
    """Return what became of the expression that is the last statement of `code`."""
    statement = ast.parse(code).body[-1]
    assert isinstance(statement, ast.Expr)
    return facts_of(code, files, target).seen(position(statement.value))


def kind_of_last(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> Kind | None:
    """Return the kind of the expression that is the last statement; None: never reached."""
    seen = last(code, files, target)
    return None if seen is None else kind_of(seen.value)


def effects_of_last(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> list[Effect]:
    """Return what the expression that is the last statement certainly does to the loop."""
    seen = last(code, files, target)
    assert seen is not None, "never reached"
    return [event.effect for event in seen.events]


def findings_in(
    code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT
) -> list[Finding]:
    """Return what all rules find in `code`."""
    source = Source(PATH, code)
    return suppress(source, analyze(source, project_of(files, target), ALL))


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
    )


def safely_fixed(code: str, files: Mapping[str, str] = NO_FILES, target: Target = DEFAULT) -> str:
    """Return what is made of `code` by default; its fixes must hold."""
    result = fixed(code, files, target, [Safety.SAFE])
    assert result.problem is None
    return result.text
