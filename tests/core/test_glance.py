"""No rule misses a finding by what it says must stand in a file (see Rule.possible)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.rule import File, Rule
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.rules import ALL
from tests.analysis import project_of
from tests.examples import EXAMPLE, WITH_EXAMPLES, all_examples
from tests.programs import Program, programs
from tests.snippets import project_of as project_of_files


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.code)
def test_what_is_passed_over_has_nothing_to_find(rule: Rule) -> None:
    for example in all_examples(rule):
        texts = {EXAMPLE: example.code, **example.files}
        if example.fixed is not None:
            texts["fixed.py"] = example.fixed.code
        for path, text in texts.items():
            if not path.endswith(".py"):
                continue
            source = Source(path, text, path.removesuffix(".py").replace("/", "."))
            finds_the_same(source, project_of(example, example.code))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(program=programs())
def test_nor_has_it_in_programs_built_from_pieces(program: Program) -> None:
    finds_the_same(Source("m.py", program.text), project_of_files(target=program.target))


def test_most_rules_are_not_asked_of_most_files() -> None:
    text = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n"
    glance = File(Source("m.py", text), project_of_files()).glance
    assert not [rule.code for rule in ALL if rule.on and rule.possible(glance)]


def finds_the_same(source: Source, project: Project) -> None:
    try:
        found = analyze(source, project, ALL, anyway=True)
    except Unreadable:
        return
    assert analyze(source, project, ALL) == found, (source.path, source.text)
