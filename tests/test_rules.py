"""Every example of every rule: what is found, what becomes of it, what holds without asking."""

from __future__ import annotations

import inspect
import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Fixed
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.rules import ALL, CODES
from tests import analysis, snippets
from tests.analysis import any_fix, are_installed, lines_of, safe_fix
from tests.examples import (
    CORNER_CASES,
    MANUALS,
    WITH_EXAMPLES,
    Block,
    Example,
    all_examples,
    manual,
    marked,
    markers,
    replaced_markers,
    unmarked,
)
from tests.interpreters import RUNNING

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule


_Asked = tuple[tuple[int, ...], int, str]
_found: dict[_Asked, list[Finding]] = {}
_fixed: dict[tuple[_Asked, object], Fixed] = {}
_kept: dict[int, object] = {}
"""Whatever is asked about, by its identity, which nothing else may take over."""


def _asked(rules: Iterable[Rule], example: Example, code: str) -> _Asked:
    asked = tuple(rules)
    _kept.update((id(one), one) for one in (*asked, example))
    return tuple(map(id, asked)), id(example), code


def find(rules: Iterable[Rule], example: Example, code: str) -> list[Finding]:
    """Do as `analysis.find` does, once: many tests ask the same."""
    asked = _asked(rules, example, code)
    if asked not in _found:
        _found[asked] = analysis.find(rules, example, code)
    return _found[asked].copy()


def fix(
    rules: Iterable[Rule], example: Example, code: str, allowed: Callable[[Finding], bool]
) -> Fixed:
    """Do as `analysis.fix` does, once."""
    asked = _asked(rules, example, code), allowed
    if asked not in _fixed:
        _fixed[asked] = analysis.fix(rules, example, code, allowed, find)
    return _fixed[asked]


def examples_that(
    wanted: Callable[[Example], bool] = lambda example: True,
) -> pytest.MarkDecorator:
    """Run a test for each example, with its rule, that the running Python has the syntax for."""
    return pytest.mark.parametrize(
        ("rule", "example"),
        [
            pytest.param(rule, example, id=str(example))
            for rule in WITH_EXAMPLES
            for example in all_examples(rule)
            if wanted(example) and str(example.block.outcome_on(RUNNING)) != "invalid"
        ],
    )


def is_bad(example: Example) -> bool:
    return example.bad


def has_fixed(example: Example) -> bool:
    return example.fixed is not None


def asked_with(rule: Rule) -> list[Rule]:
    """Return all rules that are on where this one is selected by name."""
    return [one for one in ALL if one is rule or not one.optional]


def tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(code).readline)


def can_be_tabbed(code: str) -> bool:
    """Say whether code has blocks, all indented by fours, and no string over several lines."""
    try:
        found = list(tokens(code))
    except (tokenize.TokenError, SyntaxError):  # the syntax of a newer Python
        return False
    indents = [token.string for token in found if token.type == tokenize.INDENT]
    over_lines = "\n" in "".join(
        token.string for token in found if token.type not in (tokenize.NEWLINE, tokenize.NL)
    )
    by_fours = all(re.fullmatch("(?: {4})+", indent) for indent in indents)
    return bool(indents) and by_fours and not over_lines


def tabbed(code: str) -> str:
    """Return code with every four leading spaces as a tab."""
    return re.sub("^(?: {4})+", lambda match: "\t" * (len(match[0]) // 4), code, flags=re.MULTILINE)


def each_rule() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.name)


@pytest.fixture(autouse=True)
def _libraries(request: pytest.FixtureRequest) -> None:
    """What a library does is read from its source, so it has to be here."""
    if "example" not in request.fixturenames:
        return
    needs = request.getfixturevalue("example").block.needs
    if not are_installed(needs):
        missing = pytest.fail if os.environ.get("ASYNCRUN_STRICT") == "1" else pytest.skip
        missing(f"not installed: {', '.join(needs)}")


@pytest.mark.thorough
@examples_that()
def test_reports_exactly_the_marked_lines(rule: Rule, example: Example) -> None:
    findings = find([rule], example, example.code)
    assert set(lines_of(example.code, findings)) == marked(example.code, rule.code)
    assert bool(findings) == example.bad
    assert {finding.code for finding in findings} <= {rule.code}


@pytest.mark.thorough
@examples_that()
def test_all_rules_report_what_is_marked(rule: Rule, example: Example) -> None:
    blocks = [example.block, *([example.fixed] if example.fixed else [])]
    for block in blocks:
        findings = find(asked_with(rule), example, block.code)
        lines = lines_of(block.code, findings)
        found = {(line, finding.code) for line, finding in zip(lines, findings, strict=True)}
        told = {(line, code) for line, codes in markers(block.code).items() for code in codes}
        assert told <= found, f"{block.place}: marked, but not found"
        if block.document.is_manual:
            assert found <= told, f"{block.place}: found, but not marked"


@examples_that()
def test_fixes_to_what_is_shown(rule: Rule, example: Example) -> None:
    # A marker is a comment: it would stay where its statement goes.
    fixed = fix([rule], example, unmarked(example.code), any_fix)
    assert fixed.problem is None
    shown = example.code if example.fixed is None else example.fixed.code
    assert fixed.text == unmarked(shown)
    if example.fixed is None:
        assert not any(finding.fix for finding in find([rule], example, example.code))


@pytest.mark.thorough
@examples_that(has_fixed)
def test_fixed_code_is_quiet_and_at_rest(rule: Rule, example: Example) -> None:
    fixed = fix([rule], example, example.code, any_fix)
    again = fix([rule], example, fixed.text, any_fix)
    assert again.text == fixed.text
    assert not again.applied
    assert example.fixed is not None
    left = find([rule], example, example.fixed.code)
    assert set(lines_of(example.fixed.code, left)) == marked(example.fixed.code, rule.code)
    assert not any(finding.fix for finding in left)


@pytest.mark.thorough
@examples_that(lambda example: example.fixed is not None and example.fixed.promise != "")
def test_the_fix_is_as_safe_as_shown(rule: Rule, example: Example) -> None:
    assert example.fixed is not None
    by_default = fix([rule], example, unmarked(example.code), safe_fix).text
    is_safe = by_default == unmarked(example.fixed.code)
    assert is_safe == (example.fixed.promise == "safe")


@pytest.mark.thorough
@examples_that(has_fixed)
def test_windows_newlines_come_out_as_they_went_in(rule: Rule, example: Example) -> None:
    fixed = fix([rule], example, example.code, any_fix).text
    windows = fix([rule], example, example.code.replace("\n", "\r\n"), any_fix)
    assert windows.problem is None
    assert windows.text == fixed.replace("\n", "\r\n")


@pytest.mark.thorough
@examples_that(lambda example: has_fixed(example) and can_be_tabbed(example.code))
def test_tabs_come_out_as_they_went_in(rule: Rule, example: Example) -> None:
    fixed = fix([rule], example, example.code, any_fix).text
    with_tabs = fix([rule], example, tabbed(example.code), any_fix)
    assert with_tabs.problem is None
    assert with_tabs.text == tabbed(fixed)


@pytest.mark.thorough
@examples_that(is_bad)
@pytest.mark.parametrize("comment", ["# noqa", "# noqa: {}"], ids=["bare", "code"])
def test_noqa_silences(rule: Rule, example: Example, comment: str) -> None:
    silenced = replaced_markers(example.code, comment.format(rule.code))
    assert find([rule], example, silenced) == []
    assert fix([rule], example, silenced, any_fix).text == silenced


@pytest.mark.thorough
@examples_that(has_fixed)
def test_a_safe_fix_keeps_every_comment(rule: Rule, example: Example) -> None:
    by_default = fix([rule], example, example.code, safe_fix)
    assert by_default.problem is None
    assert comments(example.code) - comments(by_default.text) == Counter()


def comments(code: str) -> Counter[str]:
    return Counter(token.string for token in tokens(code) if token.type == tokenize.COMMENT)


@pytest.mark.thorough
@examples_that(is_bad)
def test_findings_are_well_formed(rule: Rule, example: Example) -> None:
    text = example.code.encode()
    for finding in find([rule], example, example.code):
        assert_one_line(finding.message)
        assert not re.search(r"\bRUN\d", finding.message), "the code is said by whoever shows it"
        assert 0 <= finding.span.start < finding.span.end <= len(text)
        text[finding.span.start : finding.span.end].decode()  # on the borders of characters
        for note in finding.notes:
            assert_one_line(note.text)
        if finding.fix is None and rule.fix is not None:
            assert any(note.place is None for note in finding.notes), "no fix, and no word why"
        assert_promise_kept(rule, finding)


def assert_one_line(text: str) -> None:
    assert isinstance(text, str)
    assert text
    assert text.splitlines() == [text.strip()]


def assert_promise_kept(rule: Rule, finding: Finding) -> None:
    """No fix promises less than the rule declares, which is what the tables say."""
    if finding.fix is None:
        return
    assert rule.fix is not None, "a fix, though the rule declares none"
    assert rule.fix is Safety.UNSAFE or finding.fix.safety is Safety.SAFE
    assert_one_line(finding.fix.title)
    edits = sorted(edit.span for edit in finding.fix.edits)
    assert edits
    assert all(before.end <= after.start for before, after in pairwise(edits))


@pytest.mark.thorough
@examples_that()
def test_all_rules_together_come_to_rest(rule: Rule, example: Example) -> None:
    rules = asked_with(rule)
    fixed = fix(rules, example, example.code, any_fix)
    assert fixed.problem is None
    assert_compiles(example.block, fixed.text)
    assert fix(rules, example, fixed.text, any_fix).text == fixed.text


@each_rule()
def test_every_block_compiles(rule: Rule) -> None:
    for example in all_examples(rule):
        for block in filter(None, (example.block, example.fixed)):
            assert_compiles(block, block.code)
        for path, code in example.files.items():
            compile(code, path, "exec")


def assert_compiles(block: Block, code: str) -> None:
    claimed = block.outcome_on(RUNNING)
    if claimed is not None and claimed.kind == "invalid":
        with pytest.raises(SyntaxError):
            compile(code, block.place, "exec")
    else:
        compile(code, block.place, "exec")


@each_rule()
def test_the_manual_shows_what_the_rule_does(rule: Rule) -> None:
    examples = [example for example in all_examples(rule) if example.block.document.is_manual]
    assert any(example.bad for example in examples)
    assert any(not example.bad for example in examples)
    assert any(example.fixed for example in examples) == (rule.fix is not None)


@each_rule()
def test_the_rule_declares_the_least_that_its_fixes_promise(rule: Rule) -> None:
    fixes = [
        finding.fix.safety
        for example in all_examples(rule)
        if are_installed(example.block.needs)
        for finding in find([rule], example, example.code)
        if finding.fix
    ]
    least = Safety.UNSAFE if Safety.UNSAFE in fixes else Safety.SAFE if fixes else None
    assert rule.fix is least


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_is_named_and_explained(rule: Rule) -> None:
    assert re.fullmatch(r"RUN\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.doc == inspect.cleandoc(manual(rule).text)
    assert rule.summary == rule.doc.splitlines()[0]
    assert rule.summary.endswith(".")
    assert "\n\n" in rule.doc


def test_every_rule_is_listed_in_order_of_code() -> None:
    files = {path.stem for path in MANUALS.glob("*.py")} - {"__init__"}
    assert {rule.name.replace("-", "_") for rule in ALL} == files
    codes = [rule.code for rule in ALL]
    assert codes == sorted(set(codes))


def test_what_is_known_of_a_rule_without_importing_it_is_so() -> None:
    assert {rule.code: rule.optional for rule in ALL} == dict(CODES)


def test_every_document_of_corner_cases_has_its_rule() -> None:
    names = {rule.name.replace("-", "_") for rule in WITH_EXAMPLES}
    assert {path.stem for path in CORNER_CASES.iterdir()} <= names


@pytest.mark.parametrize(
    ("path", "safety"),
    [
        ("bot.py", Safety.SAFE),
        ("examples/bot.py", Safety.SAFE),
        ("app/__main__.py", Safety.SAFE),
        ("app/bot.py", Safety.UNSAFE),
        ("app/__init__.py", Safety.UNSAFE),
    ],
)
def test_a_global_goes_from_a_package_only_unsafely(path: str, safety: Safety) -> None:
    code = (
        "import asyncio\nasync def main(): ...\n"
        "loop = asyncio.get_event_loop()\nloop.run_until_complete(main())\n"
    )
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    project = snippets.project_of({"app/__init__.py": "", path: code})
    finding = next(iter(analyze(Source(path, code, module), project, ALL)))
    assert finding.code == "RUN403"
    assert finding.fix is not None
    assert finding.fix.safety is safety
