"""What fixes promise, kept by programs that are put together from the examples of all rules.

What core/promises.py checks is checked here again, another way and over all rounds at once.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flake8_asyncrun.names.target import Target
from flake8_asyncrun.rules import ALL
from tests.analysis import any_fix, find, fix
from tests.core.programs import compiles
from tests.examples import WITH_EXAMPLES, Example, all_examples, unmarked

ON = [rule for rule in ALL if not rule.optional]
REPAIRED = [
    example
    for rule in WITH_EXAMPLES
    for example in all_examples(rule)
    if example.fixed and not (example.files or example.block.needs or example.block.libraries)
]
# `@` becomes a number: none is like another.
FILLERS = [
    "filler_@ = [@, (@,\n    'in brackets')]  # filler @",
    "# a comment @",
    "filler_@ = '''\n    @ # no comment\n'''",
    "if filler_@:\n    filler(@)\n    # at the end of the block @",
    "def filler_@(x=@):\n    '''Says @.'''\n    return f'{x}' \\\n        'continued'",
    "filler(@); filler('@')  # two @",
    "\n\n",
]


def top_level(code: str) -> list[str]:
    """Return the statements of a program, each with its lines and what follows."""
    lines = code.splitlines(keepends=True)
    starts = [
        min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        for node in ast.parse(code).body
    ]
    borders = [0, *(start - 1 for start in sorted({*starts})[1:]), len(lines)]
    return ["".join(lines[first:last]) for first, last in pairwise(borders)]


@st.composite
def programs(draw: st.DrawFn) -> tuple[Example, str]:
    """Draw programs of one example or two, with fillers in between."""
    drawn = draw(st.lists(st.sampled_from(REPAIRED), min_size=1, max_size=2))
    pieces: list[str] = []
    for one in drawn:
        for piece in top_level(unmarked(one.code)):
            if draw(st.integers(0, 4)) == 0:
                filler = draw(st.sampled_from(FILLERS)).replace("@", str(len(pieces)))
                pieces.append(f"{filler}\n")
            pieces.append(piece)
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    first = draw(st.sampled_from([(3, 8), (3, 10), (3, 14)]))
    block = replace(drawn[0].block, target=Target(first))
    return replace(drawn[0], block=block), "".join(pieces).replace("\n", newline)


def comments(code: str) -> Counter[str]:
    feed = io.StringIO(code, newline="").readline
    found = tokenize.generate_tokens(feed)
    return Counter(token.string for token in found if token.type == tokenize.COMMENT)


def fillers(code: str) -> Counter[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = ast.walk(ast.parse(code))
    dumped = (ast.dump(node) for node in nodes if isinstance(node, ast.stmt))
    return Counter(one for one in dumped if "id='filler" in one[:60] or "name='filler" in one[:60])


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_promises_are_kept(program: tuple[Example, str]) -> None:
    example, code = program
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assume(compiles(code))
    result = fix(ON, example, code, any_fix)
    assert result.problem is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert compiles(result.text)
    assert not comments(code) - comments(result.text)
    assert not fillers(code) - fillers(result.text)
    before = Counter(finding.code for finding in find(ON, example, code))
    appeared = Counter(finding.code for finding in result.left) - before
    assert set(appeared) <= {rule.code for rule in ON if rule.may_appear}
    assert fix(ON, example, result.text, any_fix).text == result.text
