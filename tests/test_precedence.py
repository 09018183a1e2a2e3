"""One finding for one fault: tests/fixtures/precedence.md says which of two rules reports it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flake8_asyncrun.rules import ALL
from tests.examples import Document, fences, markers, unmarked
from tests.snippets import codes_in

pytestmark = pytest.mark.thorough

TABLE = Path(__file__).parent / "fixtures" / "precedence.md"
_TITLE = re.compile(r"(RUN\d{3}) over (RUN\d{3})(?:: \S.*)?")


@dataclass(frozen=True)
class Case:
    """A program that two rules could report."""

    line: int
    """Of the program, in the table."""
    winner: str
    loser: str
    code: str

    def __str__(self) -> str:
        return f"{self.winner}-{self.loser}-{self.line}"


def cases() -> Iterator[Case]:
    for fence in fences(Document(TABLE, TABLE.read_text("utf-8"))):
        title = _TITLE.fullmatch(fence.heading)
        assert title is not None, f"{TABLE}:{fence.line}: under no title `RUN… over RUN…: why`"
        yield Case(fence.line, title[1], title[2], fence.code)


CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_rule_reports(case: Case) -> None:
    assert [{*codes} for codes in markers(case.code).values()] == [{case.winner}]
    assert codes_in(case.code) == [(line, case.winner) for line in markers(case.code)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_program_is_one(case: Case) -> None:
    compile(unmarked(case.code), f"{TABLE}:{case.line}", "exec")


def test_all_of_them_are_rules() -> None:
    named = {code for case in CASES for code in (case.winner, case.loser)}
    assert named <= {rule.code for rule in ALL}
