"""From a source to its findings: order, doubles, what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import pytest

from flake8_asyncrun.core.edits import insert
from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.model import Fix, Safety, Span
from flake8_asyncrun.core.rule import File, Hit, Rule
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.syntax import Unreadable
from tests.snippets import project_of

TEXT = "import asyncio\nf(g())\nh()\n"


def rule_of(code: str, *on: type[cst.CSTNode], times: int = 1) -> Rule:
    def check(node: cst.CSTNode, file: File) -> Iterator[Hit]:
        for _ in range(times):
            fix = Fix("Mark it", (insert(file.span(node).start, "x"),), Safety.SAFE)
            yield Hit(node, f"{type(node).__name__} found", fix)

    return Rule(code, code.lower(), "", on, check, Safety.SAFE)


def found(text: str, *rules: Rule) -> list[tuple[str, str, Span]]:
    findings = analyze(Source("m.py", text), project_of(), rules)
    return [(one.code, one.message, one.span) for one in findings]


def test_each_rule_is_asked_about_its_nodes_alone() -> None:
    assert found(TEXT, rule_of("X1", cst.Call), rule_of("X2", cst.ImportAlias)) == [
        ("X2", "ImportAlias found", Span(7, 14)),
        ("X1", "Call found", Span(15, 21)),
        ("X1", "Call found", Span(17, 20)),
        ("X1", "Call found", Span(22, 25)),
    ]


def test_findings_of_one_place_come_by_code() -> None:
    assert [one[0] for one in found("asyncio()\n", rule_of("X2", cst.Call), rule_of("X1", cst.Call))
            ] == ["X1", "X2"]  # fmt: skip


def test_the_same_twice_is_said_once() -> None:
    assert len(found("asyncio()\n", rule_of("X1", cst.Call, times=3))) == 1


def test_no_fix_where_the_text_does_not_come_back() -> None:
    findings = analyze(Source("m.py", f"\x0c{TEXT}"), project_of(), [rule_of("X1", cst.Call)])
    assert len(findings) == 3
    assert {one.fix for one in findings} == {None}
    assert all("LibCST" in one.notes[-1].text for one in findings)


def test_what_cannot_be_read_is_told() -> None:
    with pytest.raises(Unreadable):
        analyze(Source("m.py", "asyncio(\n"), project_of(), [rule_of("X1", cst.Call)])


def test_a_rule_that_fails_is_not_silenced() -> None:
    def check(node: cst.CSTNode, file: File) -> Iterator[Hit]:
        raise ZeroDivisionError
        yield

    rule = Rule("X1", "x1", "", (cst.Call,), check, None)
    with pytest.raises(ZeroDivisionError):
        found(TEXT, rule)


def test_rules_that_need_a_loop_are_not_asked_where_none_is_touched() -> None:
    plain = rule_of("X1", cst.Call)
    needy = Rule("X2", "x2", "", (cst.Call,), plain.check, Safety.SAFE, needs_loop=True)
    assert {one[0] for one in found(TEXT, plain, needy)} == {"X1"}
    assert {one[0] for one in found(f"{TEXT}asyncio.run(x)\n", plain, needy)} == {"X1", "X2"}
