"""All of a fix or none, again and again until nothing is left. The rules here are made up."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun.core.fix import ROUNDS, Fixed, fix_source
from flake8_asyncrun.core.model import Edit, Finding, Fix, Safety, Span
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.target import DEFAULT, Target
from tests.snippets import case

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


def fix_with(text: str, analyze: Analyze, *may_appear: str, target: Target = DEFAULT) -> Fixed:
    return fix_source(
        Source("m.py", text),
        analyze,
        lambda one: one.fix is not None,
        may_appear=may_appear,
        target=target,
    )


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

    result = fix_with("a = 1\n", analyze, "X1")
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

    result = fix_with("a = 1\n", analyze, "X1")
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem


def test_a_fix_that_changes_nothing_is_held_back() -> None:
    result = fix_with("a = b\n", replacing("a", "a"))
    assert (result.text, result.applied) == ("a = b\n", ())
    assert result.problem == "fixing X1: the fix changes nothing"


def test_a_fix_that_never_settles_is_held_back() -> None:
    for old, new in (("a", "aa"), ("a|b", "ab"), ("^a", "aa")):
        result = fix_with("a = 1\n", replacing(old, new), "X1")
        assert (result.text, result.applied) == ("a = 1\n", ())
        assert result.problem
        assert "does not settle" in result.problem


def undoing(source: Source) -> list[Finding]:
    is_a = source.text.startswith("a")
    return [finding("X1", (0, 1, "b")) if is_a else finding("X2", (0, 1, "a"))]


def test_a_fix_that_another_undoes_is_held_back() -> None:
    result = fix_with("a = 1\n", undoing)
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem == "fixing X1: X2 is found afterwards"


def test_two_fixes_that_take_turns_for_ever_are_held_back() -> None:
    result = fix_with("a = 1\n", undoing, "X1", "X2")
    assert result.problem == f"fixing X2: the text does not settle in {ROUNDS} rounds"
    assert result.text == "b = 1\n"


def problem_of(text: str, *edits: tuple[str, str], target: Target = DEFAULT) -> str | None:
    """Return what is wrong with putting one text in another's place, each time where it stands
    first; a text that begins with "+" comes behind."""
    made = []
    for old, new in edits:
        start = len(text[: text.index(old)].encode())
        end = start + len(old.encode())
        made.append((end, end, new[1:]) if new.startswith("+") else (start, end, new))
    result = fix_with(text, at_once(finding("X1", *made)), target=target)
    assert (result.text == text) == (result.problem is not None)
    return result.problem


NEWER = Target((3, 8), (3, 15))


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        case("match", "go(x)\n", "go(x)", "match x:\n    case 1:\n        pass"),
        case(
            "an await in an inner comprehension",
            "async def f():\n    return [[y for y in x] for x in z]\n",
            "[y for",
            "[await y for",
        ),
    ],
)
def test_syntax_that_the_oldest_python_does_not_know_is_held_back(
    text: str, old: str, new: str
) -> None:
    reason = problem_of(text, (old, new), target=NEWER)
    assert reason is not None
    assert reason.startswith(
        # An older Python finds out by itself.
        (
            "fixing X1: the text no longer parses on Python 3.8 (",
            "fixing X1: the text no longer compiles",
        )
    )
    if sys.version_info >= (3, 11):
        assert problem_of(text, (old, new), target=Target((3, 11), (3, 15))) is None


def test_what_was_too_new_before_is_not_the_fault_of_a_fix() -> None:
    text = "match x:\n    case 1:\n        a = 1\n"
    assert problem_of(text, ("a =", "b ="), target=NEWER) is None


@pytest.mark.parametrize(
    ("text", "line", "edits"),
    [
        case("a block takes in the next line", "a\nb\n", 2, [("a\n", "if a:\\\n")]),
        case("a block opens", "a\n    \nb\n", 3, [("a\n    \n", "if a: \\\n")]),
        case("a backslash", "a = 1\n-b\n", 2, [("1", "1 \\")]),
        case("brackets", "a = 1\nb, 2\nd()\n", 2, [("1", "("), ("d", ")")]),
        case("quotes", "a = 1\nb = 2\nc = 3\n", 2, [("1", "'''"), ("3", "'''")]),
        case("only the middle", "f(1, g(2), 3)\n", 1, [("1", "'"), ("3", "'")]),
        case("a comment", "f(1, g(2),\n  3)\n", 1, [("1", "1, #")]),
        case("an else is another's", "if a:\n    b\nelse:\n    c\n", 4, [("else", "elif d")]),
        case(
            "another function's",
            "def f():\n    a\n    b\n",
            3,
            [("    a\n", "    a\ndef g():\n")],
        ),
        case("a docstring", "def f():\n    'Doc.'\n    b\n", 2, [(":\n", "+    a\n")]),
        case("precedence", "x = a * b\n", 1, [("b", "c + d")]),
        case("what is called", "x = f(1)\n", 1, [("f", "a or b")]),
        case("whose item it is", "x = f[1]\n", 1, [("f", "not f")]),
        case("a decorator", "a = 1\ndef f():\n    b\n", 2, [("1\n", "1\n@a\n")]),
    ],
)
def test_what_changes_the_meaning_of_the_rest_is_held_back(
    text: str, line: int, edits: list[tuple[str, str]]
) -> None:
    reason = problem_of(text, *edits)
    assert reason == f"fixing X1: line {line}, which no edit touches, is something else afterwards"


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        case("a header", "def f():\n    a\n    b\n", [("def", "async def")]),
        case("lines between", "a\nb\n", [("a\n", "+if c:\n    d\n")]),
        case("lines that go", "def f():\n    '''D.'''\n    a\n    b\n", [("    a\n", "")]),
        case("an operand", "x = a * b\n", [("b", "(c + d)")]),
        case("an operand that binds tightly", "x = a * b\n", [("b", "c[0](1)")]),
        case("an argument", "f(x, y)\n", [("x", "*x, 1")]),
        case("a decorator", "@a\n@b\ndef f():\n    'Doc.'\n    c\n", [("@a\n", "")]),
        case("branches", "try:\n    a\nexcept B:\n    c\nelse:\n    d\n", [("B", "E")]),
        case(
            "cases", "match a:\n    case 1 if b:\n        c\n    case _:\n        d\n", [("b", "e")]
        ),
        case("f-strings", "x = f'{a}{b} {c!r:>{d}}', 1\n", [("1", "2")]),
        case("on one line", "if a: b; c\n", [("b", "d")]),
        case("not only ASCII", "x = 'é', y\né = (x,\n 'ü')\n", [("y", "zß")]),
    ],
)
def test_what_edits_touch_may_change(text: str, edits: list[tuple[str, str]]) -> None:
    assert problem_of(text, *edits) is None
    if "\\" not in text:
        windows = [(old.replace("\n", "\r\n"), new.replace("\n", "\r\n")) for old, new in edits]
        assert problem_of(text.replace("\n", "\r\n"), *windows) is None


def test_a_long_chain_of_elif_is_compared() -> None:
    chain = "".join(f"elif x == {n}:\n    y = {n}\n" for n in range(700))
    text = f"if a:\n    b\n{chain}else:\n    c\n    d\n"
    assert problem_of(text, ("    c\n", "    e\n")) is None


@pytest.mark.parametrize("old", ["  # why", "(1  # why\n)"])
def test_a_fix_that_loses_a_comment_is_held_back(old: str) -> None:
    text = f"a = 1 + {old.strip()}\n" if old.startswith("(") else f"a = 1{old}\n"
    assert problem_of(text, (old, "(1)" if "(" in old else "")) == (
        "fixing X1: a comment is lost (# why)"
    )


def test_a_fix_after_which_the_text_does_not_compile_is_held_back() -> None:
    text = "def f():\n    a = 1\n    b = 2\n"
    assert problem_of(text, ("    a = 1\n", "+    global a\n")) == (
        "fixing X1: the text no longer compiles"
    )


def test_what_one_of_the_trees_cannot_read_is_held_back() -> None:
    def analyze(source: Source) -> list[Finding]:
        if source.text.startswith("b"):
            raise Unreadable("nested too deeply")
        return [finding("X1", (0, 1, "b"))]

    result = fix_with("a = 1\n", analyze)
    assert result.text == "a = 1\n"
    assert result.problem == "fixing X1: the text no longer parses (nested too deeply)"


def test_a_comment_may_move() -> None:
    assert problem_of("a = 1  # why\n", ("a = 1  # why\n", "# why\na = 1\n")) is None


def test_a_comment_that_becomes_a_string_is_lost() -> None:
    text = "a = 1\n# why\nb = 2\n"
    assert problem_of(text, ("1\n# why\nb = 2", "'''\n# why\nb = 2'''")) == (
        "fixing X1: a comment is lost (# why)"
    )


def test_a_fix_after_which_the_finding_is_still_there_is_held_back() -> None:
    result = fix_with("a = 1\n", replacing("a|b", "b"))
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem == "fixing X1: X1 is still found"


def test_it_is_still_there_where_another_goes() -> None:
    def analyze(source: Source) -> list[Finding]:
        at = source.text.find("b")
        found = [finding("X1", (at, at + 1, "c"))] if at > 0 else []
        return [finding("X1", (0, 1, "a")), *found]

    assert fix_with("a = b\n", analyze).problem == "fixing X1: X1 is still found"


def test_a_fix_with_which_something_else_appears_is_held_back() -> None:
    def analyze(source: Source) -> list[Finding]:
        found = [finding("X1", (0, 1, "b"))] if source.text[0] == "a" else []
        return found or [Finding("X2", "found", Span(0, 1))]

    result = fix_with("a = 1\n", analyze)
    assert (result.text, result.applied) == ("a = 1\n", ())
    assert result.problem == "fixing X1: X2 is found afterwards"
    allowed = fix_with("a = 1\n", analyze, "X2")
    assert (allowed.text, allowed.problem) == ("b = 1\n", None)
    assert [one.code for one in allowed.left] == ["X2"]


def test_a_fix_that_does_not_hold_does_not_keep_the_others_back() -> None:
    both = [*replacing("a", "(")(Source("", "a = 1; c = 2\n")), finding("X2", (7, 8, "d"))]

    def analyze(source: Source) -> list[Finding]:
        return [one for one, old in zip(both, "ac", strict=True) if old in source.text]

    result = fix_with("a = 1; c = 2\n", analyze)
    assert (result.text, result.applied, result.left) == ("a = 1; d = 2\n", (both[1],), (both[0],))
    assert [problem.codes for problem in result.problems] == [("X1",)]


def test_fixes_that_do_not_hold_together_are_all_held_back() -> None:
    both = finding("X1", (0, 1, "(a")), finding("X2", (4, 5, "b)"))
    together = at_once(*both)
    assert fix_with("a = b\n", together).problem is not None
    opening, closing = finding("X1", (4, 5, "c")), finding("X2", (10, 11, "c"))

    def analyze(source: Source) -> list[Finding]:
        found = [one for one, at in ((opening, 4), (closing, 10)) if source.text[at] != "c"]
        return found or [Finding("X3", "found", Span(0, 1))]

    result = fix_with("a = 1\nb = 2\n", analyze)
    assert result.text == "a = 1\nb = 2\n"
    assert result.problem == "fixing X1, X2: X3 is found afterwards"


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
        broken = {code for problem in result.problems for code in problem.codes}
        assert not broken & {one.code for one in result.applied}
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
