"""All of a fix or none, again and again until nothing is left. The rules here are made up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.core.fix import ROUNDS, Fixed, fix_source
from flake8_asyncrun.core.model import Edit, Finding, Fix, Safety, Span
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.syntax import Unreadable

Analyze = Callable[[Source], list[Finding]]


def finding(code: str, *edits: tuple[int, int, str], claims: tuple[str, ...] = ()) -> Finding:
    made = tuple(Edit(Span(start, end), text) for start, end, text in edits)
    fix = Fix("Fix it", made, Safety.SAFE, claims)
    return Finding(code, "found", Span(made[0].span.start, made[0].span.end), fix)


def at_once(*findings: Finding) -> Analyze:
    """Find these in the first text that is looked at, and nothing afterwards."""
    looked: list[str] = []

    def analyze(source: Source) -> list[Finding]:
        looked.append(source.text)
        return list(findings) if len(looked) == 1 else []

    return analyze


def fix_with(text: str, analyze: Analyze) -> Fixed:
    return fix_source(Source("m.py", text), analyze, lambda one: one.fix is not None)


def replacing(old: str, new: str) -> Analyze:
    """Find each `old`, and offer `new` instead."""

    def analyze(source: Source) -> list[Finding]:
        return [
            finding("X1", (one.start(), one.end(), new)) for one in re.finditer(old, source.text)
        ]

    return analyze


def test_nothing_found_changes_nothing() -> None:
    assert fix_with("a\n", at_once()) == Fixed("a\n", (), ())


def test_fixes_far_from_each_other_are_applied_together() -> None:
    two = finding("X1", (0, 1, "long")), finding("X2", (4, 5, "short"))
    result = fix_with("a = b\n", at_once(*two))
    assert (result.text, result.applied) == ("long = short\n", two)


def test_a_fix_is_applied_with_all_its_edits() -> None:
    one = finding("X1", (0, 1, "x"), (4, 5, "y"))
    assert fix_with("a = b\n", at_once(one)).text == "x = y\n"


def test_insertions_come_before_what_is_replaced_behind_them() -> None:
    one = finding("X1", (4, 4, "f("), (4, 5, "x"), (5, 5, ")"))
    assert fix_with("a = b\n", at_once(one)).text == "a = f(x)\n"


def test_fixes_that_overlap_wait_for_each_other() -> None:
    first, second = finding("X1", (0, 5, "x")), finding("X2", (4, 9, "y"))
    result = fix_with("a + b + c\n", at_once(first, second))
    assert (result.text, result.applied) == ("x + c\n", (first,))


def test_fixes_that_touch_wait_for_each_other() -> None:
    first, second = finding("X1", (0, 1, "x")), finding("X2", (1, 3, " ="))
    result = fix_with("a = b\n", at_once(first, second))
    assert (result.text, result.applied) == ("x = b\n", (first,))


def test_none_of_a_fix_is_applied_where_a_part_is_in_the_way() -> None:
    first, second = finding("X1", (0, 1, "x")), finding("X2", (0, 1, "y"), (4, 5, "z"))
    assert fix_with("a = b\n", at_once(first, second)).text == "x = b\n"


def test_the_same_edit_twice_is_made_once() -> None:
    shared = (0, 0, "import z\n")
    first, second = finding("X1", shared), finding("X2", shared)
    result = fix_with("a\n", at_once(first, second))
    assert (result.text, result.applied) == ("import z\na\n", (first, second))


def test_fixes_that_claim_one_name_take_turns() -> None:
    def analyze(source: Source) -> list[Finding]:
        return [
            finding("X1", (one.start(), one.end(), "b"), claims=("main",))
            for one in re.finditer("a", source.text)
        ]

    looked: list[str] = []

    def watched(source: Source) -> list[Finding]:
        looked.append(source.text)
        return analyze(source)

    assert fix_with("a, 1, a, 2, a\n", watched).text == "b, 1, b, 2, b\n"
    assert looked == [
        "a, 1, a, 2, a\n",
        "b, 1, a, 2, a\n",
        "b, 1, b, 2, a\n",
        "b, 1, b, 2, b\n",
    ]


def test_turns_may_be_more_than_the_rounds() -> None:
    many = ", 1, ".join("a" * (3 * ROUNDS)) + "\n"

    def analyze(source: Source) -> list[Finding]:
        return [
            finding("X1", (one.start(), one.end(), "b"), claims=("main",))
            for one in re.finditer("a", source.text)
        ]

    assert fix_with(many, analyze).text == many.replace("a", "b")


def test_what_appears_with_a_fix_is_fixed_too() -> None:
    def analyze(source: Source) -> list[Finding]:
        chain = {"a": "b", "b": "c"}
        start = source.text[0]
        return [finding("X1", (0, 1, chain[start]))] if start in chain else []

    result = fix_with("a = 1\n", analyze)
    assert result.text == "c = 1\n"
    assert len(result.applied) == 2


def test_only_what_is_allowed_is_applied_and_the_rest_is_left() -> None:
    both = finding("X1", (0, 1, "x")), finding("X2", (4, 5, "y"))

    def analyze(source: Source) -> list[Finding]:
        return [one for one, old in zip(both, "ab", strict=True) if old in source.text]

    source = Source("m.py", "a = b\n")
    result = fix_source(source, analyze, lambda one: one.code == "X1")
    assert (result.text, result.applied, result.left) == ("x = b\n", both[:1], both[1:])


def test_a_finding_without_a_fix_is_left() -> None:
    bare = Finding("X1", "found", Span(0, 1))
    assert fix_source(Source("m.py", "a\n"), lambda source: [bare], lambda one: True) == Fixed(
        "a\n", (), (bare,)
    )


def test_a_fix_that_breaks_the_syntax_is_held_back() -> None:
    broken = finding("X1", (0, 1, "("))
    result = fix_with("a = b\n", at_once(broken))
    assert (result.text, result.applied, result.left) == ("a = b\n", (), (broken,))
    assert result.problem is not None
    assert result.problem.startswith("fixing X1: the text no longer parses (syntax error")


def test_a_fix_that_breaks_a_later_round_takes_the_earlier_ones_along() -> None:
    def analyze(source: Source) -> list[Finding]:
        return [finding("X1", (0, 1, "b" if source.text[0] == "a" else "("))]

    result = fix_with("a = 1\n", analyze)
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem


def test_a_fix_that_changes_nothing_is_held_back() -> None:
    result = fix_with("a = b\n", replacing("a", "a"))
    assert (result.text, result.applied) == ("a = b\n", ())
    assert result.problem == "fixing X1: the fix changes nothing"


def test_a_fix_that_never_settles_is_held_back() -> None:
    for old, new in (("a", "aa"), ("a|b", "ab"), ("^a", "aa")):
        result = fix_with("a = 1\n", replacing(old, new))
        assert (result.text, result.applied) == ("a = 1\n", ())
        assert result.problem
        assert "does not settle" in result.problem


def test_two_fixes_that_undo_each_other_are_held_back() -> None:
    def analyze(source: Source) -> list[Finding]:
        is_a = source.text.startswith("a")
        return [finding("X1", (0, 1, "b")) if is_a else finding("X2", (0, 1, "a"))]

    result = fix_with("a = 1\n", analyze)
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem


def test_a_text_that_cannot_be_read_is_not_our_problem() -> None:
    def analyze(source: Source) -> list[Finding]:
        raise Unreadable("syntax error")

    with pytest.raises(Unreadable, match="syntax error"):
        fix_with("(\n", analyze)


def test_offsets_count_bytes() -> None:
    one = finding("X1", (len("ä = '€'; ".encode()), len("ä = '€'; a".encode()), "ö"))
    assert fix_with("ä = '€'; a = 1\n", at_once(one)).text == "ä = '€'; ö = 1\n"


edits = st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from(["", "1", "22"]))
fixes = st.lists(st.lists(edits, min_size=1, max_size=3), max_size=5)


@given(fixes, st.booleans())
def test_what_is_applied_keeps_clear_of_the_rest(
    drawn: list[list[tuple[int, int, str]]], share: bool
) -> None:
    text = "0123456789abcdef"
    findings = [
        finding(f"X{index}", *((start, start + size, new) for start, size, new in parts))
        for index, parts in enumerate(drawn)
    ]
    if share and findings:
        findings.append(findings[0])
    result = fix_with(f"'{text}'\n", at_once(*findings))
    if result.problem:
        assert result.text == f"'{text}'\n"
        return
    claimed: list[Edit] = []
    for one in result.applied:
        assert one.fix is not None
        if all(edit in claimed for edit in one.fix.edits):
            continue
        for edit in one.fix.edits:
            for other in claimed:
                assert edit.span.end < other.span.start or other.span.end < edit.span.start
        claimed += one.fix.edits
    if findings:
        assert findings[0] in result.applied
