"""The harness itself: what it reads, what it refuses, and that a false claim does not pass."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from flake8_asyncrun.core.model import Edit, Fix, Note, Safety
from flake8_asyncrun.core.rule import Hit, Rule
from flake8_asyncrun.names.target import DEFAULT, KNOWN, Target, Version
from tests import examples, proof, test_rules
from tests.examples import (
    Document,
    Example,
    NotationError,
    Outcome,
    fences,
    manual,
    marked,
    markers,
    read,
    replaced_markers,
    unmarked,
)
from tests.generated import label, rewritten
from tests.interpreters import RUNNING, Interpreter, choose, interpreters
from tests.proof import prove, run

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import File

HERE = Interpreter(RUNNING, sys.executable)
ALL_OK = dict.fromkeys(KNOWN, Outcome("ok"))


def document(text: str, is_manual: bool = False) -> Document:
    """Return Markdown, its fences written with quotes, that stands from line 11 of a file on."""
    return Document(Path("some.md"), text.replace("'''", "```"), 11, is_manual)


def only(text: str, is_manual: bool = False) -> Example:
    [example] = read(document(text, is_manual))
    return example


def claimed(example: Example) -> dict[Version, Outcome]:
    """Return what is claimed of an example's first block, by Python."""
    outcomes = {version: example.block.outcome_on(version) for version in KNOWN}
    return {version: outcome for version, outcome in outcomes.items() if outcome}


SECTIONS = """\
'''python good
a = 1
'''

# A `name` from next door

'''python file=app/store.py
async def save() -> None: ...
'''

'''python bad target=3.8 needs="aiohttp, slack_sdk>=3" 3.8="ok"
b = 1  # RUN101
'''

Between.

'''console
$ python example.py
'''

'''python file=app/__init__.py
'''

'''python fixed unsafe
b = 2
'''

## Deeper

````python good
c = '''
'''
````
"""


def test_reads_examples_by_section() -> None:
    first, second, third = read(document(SECTIONS))
    assert [first.bad, second.bad, third.bad] == [False, True, False]
    assert [first.code, second.code, third.code] == [
        "a = 1\n",
        "b = 1  # RUN101\n",
        "c = ```\n```\n",
    ]
    assert [str(first), str(second), str(third)] == [
        "some.md:12",
        "some.md:22 A `name` from next door",
        "some.md:41 Deeper",
    ]
    assert [first.files, third.files] == [{}, {}]
    assert second.files == {
        "app/store.py": "async def save() -> None: ...\n",
        "app/__init__.py": "",
    }
    assert [first.fixed, third.fixed] == [None, None]
    assert first.block.target == DEFAULT


def test_reads_what_a_block_says_of_itself() -> None:
    _, example, _ = read(document(SECTIONS))
    assert example.fixed is not None
    assert example.fixed.code == "b = 2\n"
    assert example.fixed.promise == "unsafe"
    for block in (example.block, example.fixed):
        assert block.target == Target.since("3.8")
        assert block.needs == ("aiohttp", "slack_sdk>=3")
        assert block.outcome_on((3, 8)) == Outcome("ok")
        assert block.outcome_on((3, 9)) is None


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("ok", Outcome("ok")),
        ("hangs", Outcome("hangs")),
        ("invalid", Outcome("invalid")),
        ("silent: saved", Outcome("silent", text="saved")),
        ("warns DeprecationWarning: There is", Outcome("warns", "DeprecationWarning", "There is")),
        ("ValueError: a: b", Outcome("dies", "ValueError", "a: b")),
        ("asyncio.TimeoutError", Outcome("dies", "asyncio.TimeoutError")),
    ],
)
def test_reads_outcomes(text: str, outcome: Outcome) -> None:
    example = only(
        f"'''python bad 3.8=\"{text}\"\npass  # RUN101\n'''\n'''python fixed\npass\n'''\n"
    )
    assert claimed(example) == {(3, 8): outcome}
    assert str(outcome) == text


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("3.8", (3, 8), (3, 8)),
        ("3.8-3.11", (3, 8), (3, 11)),
        ("3.14-", (3, 14), KNOWN[-1]),
        ("-3.9", KNOWN[0], (3, 9)),
    ],
)
def test_reads_ranges(written: str, first: Version, last: Version) -> None:
    example = only(f"'''python good {written}=ok\npass\n'''\n")
    assert list(claimed(example)) == [version for version in KNOWN if first <= version <= last]


@pytest.mark.parametrize(
    ("info", "is_manual", "expected"),
    [
        ("good", True, ALL_OK),
        ('good -3.10="AttributeError: x"', True, {(3, 11): Outcome("ok")}),
        ("good", False, {}),
        ("good prints=x", False, ALL_OK),
        ("good prints=x 3.8=ok", False, {(3, 8): Outcome("ok")}),
    ],
)
def test_good_blocks_run_everywhere_in_a_manual_and_on_request_elsewhere(
    info: str, is_manual: bool, expected: dict[Version, Outcome]
) -> None:
    found = claimed(only(f"'''python {info}\npass\n'''\n", is_manual))
    assert expected.items() <= found.items()
    assert len(found) == (len(KNOWN) if is_manual else len(expected))


def test_a_fixed_block_runs_where_its_bad_block_does() -> None:
    bad, fixed = (
        "'''python bad 3.8-3.9=hangs\npass\n'''\n",
        "'''python fixed 3.9=invalid\npass\n'''\n",
    )
    example = only(bad + fixed)
    assert example.fixed is not None
    assert example.fixed.outcome_on((3, 8)) == Outcome("ok")
    assert example.fixed.outcome_on((3, 9)) == Outcome("invalid")
    assert example.fixed.outcome_on((3, 10)) is None
    not_run = only(bad + "'''python fixed norun='it serves for ever'\npass\n'''\n")
    assert not_run.fixed is not None
    assert not_run.fixed.outcome_on((3, 8)) is None
    assert not_run.is_executed_on((3, 8))
    assert not not_run.is_executed_on((3, 10))


def test_with_a_library_a_block_runs_where_it_says() -> None:
    bad = "'''python bad with='one==1, two' 3.11-3.13=ok\npass\n'''\n"
    example = only(bad + FIXED, is_manual=True)
    assert example.fixed is not None
    for block in (example.block, example.fixed):
        assert block.libraries == ("one==1", "two")
        assert block.needs == ()
        assert [version for version in KNOWN if block.outcome_on(version)] == [
            (3, 11),
            (3, 12),
            (3, 13),
        ]


def test_the_next_good_block_cures_what_is_silent_and_has_no_fix() -> None:
    bad, good = read(
        document("'''python bad 3.8='silent: x'\npass\n'''\n'''python good\nprint('x')\n'''\n")
    )
    assert bad.cure == good.block
    assert good.cure is None


def module_of(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the module of the made-up rule where modules of rules are looked for."""
    path = folder / "made_up.py"
    path.write_text(text.replace("'''", "```"), "utf-8")
    monkeypatch.setattr(examples, "MANUALS", folder)
    return path


def test_a_manual_is_read_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# coding: utf-8\n\nr\"\"\"A \\ line.\n\n'''python good\npass\n'''\n\"\"\"\n"
    path = module_of(tmp_path, text, monkeypatch)
    found = manual(WELL_MADE)
    assert (found.path, found.first_line, found.is_manual) == (path, 3, True)
    assert [example.block.line for example in read(found)] == [6]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"""A line.\n\nA \\x41.\n"""\n', r":1: a manual with a backslash is written raw"),
        ("import asyncio\n", ":1: a rule's module begins with its manual"),
    ],
)
def test_a_manual_that_cannot_be_placed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fault: str
) -> None:
    module_of(tmp_path, text, monkeypatch)
    with pytest.raises(NotationError, match=fault):
        manual(WELL_MADE)


def test_an_update_rewrites_fixed_blocks_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "made_up.md"
    stale = (
        "# One\n\n'''python bad\nasyncio.start(a)  # RUN998\nasyncio.start(b)  # RUN998\n'''\n\n"
        "'''python fixed safe\nasyncio.start(a())\n'''\n\nText.\n\n"
    )
    other = SHOWN.replace("fixed safe", "fixed").replace("a())", "old)")
    path.write_text((stale + other).replace("'''", "```"), "utf-8")
    updated = rewritten(Document(path, path.read_text("utf-8")), WELL_MADE)
    assert updated == (
        stale.replace("asyncio.start(a())\n", "asyncio.start(a())\nasyncio.start(b())\n")
        + SHOWN.replace("fixed safe", "fixed")
    ).replace("'''", "```")
    path.write_text(updated, "utf-8")
    assert rewritten(Document(path, updated), WELL_MADE) == updated


def test_an_update_marks_what_is_still_reported(tmp_path: Path) -> None:
    path = tmp_path / "made_up.md"
    bad = "asyncio.start(a)  # RUN998\nasyncio.start(b)  # RUN998"
    shown = f"'''python bad\n{bad}\n'''\n\n'''python fixed safe\nold\n'''\n"
    path.write_text(shown.replace("'''", "```"), "utf-8")
    half = starting(lambda name: "asyncio.start(a())" if name == "a" else "", unfixed="b")
    assert "asyncio.start(a())\nasyncio.start(b)  # RUN998\n```" in rewritten(
        Document(path, path.read_text("utf-8")), half
    )


BAD = "'''python bad\npass  # RUN101\n'''\n"
FIXED = "'''python fixed\npass\n'''\n"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("", 11, "not one example"),
        ("# A heading\n\n'''console\n$ ls\n'''\n", 11, "not one example"),
        ("\n'''python\npass\n'''\n", 12, "says bad, fixed, good or file="),
        ("'''python better\npass\n'''\n", 11, "says bad, fixed, good or file="),
        ("'''python3 good\npass\n'''\n", 11, "say python instead of python3"),
        ("'''Python good\npass\n'''\n", 11, "say python instead of Python"),
        ("'''python good colour=red\npass\n'''\n", 11, "a good block has no 'colour'"),
        ("'''python good bad\npass\n'''\n", 11, "a good block has no 'bad'"),
        ("'''python good safe\npass\n'''\n", 11, "a good block has no 'safe'"),
        ("'''python bad prints=x\npass\n'''\n", 11, "a bad block has no 'prints'"),
        (BAD + "'''python fixed needs=x\npass\n'''\n", 14, "a fixed block has no 'needs'"),
        ("'''python good with=x\npass\n'''\n", 11, "with a library, and no claim"),
        (BAD + "'''python fixed safe unsafe\npass\n'''\n", 14, "a fixed block has no 'unsafe'"),
        ("'''python good prints=\npass\n'''\n", 11, "prints is empty"),
        ("'''python good prints=a prints=b\npass\n'''\n", 11, "prints is said twice"),
        ("'''python good 3.8=\"ok\npass\n'''\n", 11, "No closing quotation"),
        ("'''python good\npass\n", 11, "the block has no end"),
        ("  '''python good\n  pass\n  '''\n", 11, "no block"),
        ("~~~python good\npass\n~~~\n", 11, "no block"),
        (FIXED, 11, "no bad block before this fixed one"),
        ("'''python good\npass\n'''\n" + FIXED, 14, "no bad block before this fixed one"),
        (BAD + FIXED + FIXED, 17, "no bad block before this fixed one"),
        (BAD + "# Next\n" + FIXED, 15, "no bad block before this fixed one"),
        ("'''python bad 3.8=okay\npass\n'''\n", 11, "'okay' is no outcome"),
        ("'''python bad 3.8='silent: '\npass\n'''\n", 11, "'silent: ' is no outcome"),
        ("'''python bad 3.8='warns me'\npass\n'''\n", 11, "'warns me' is no outcome"),
        ("'''python bad 3.8='silent: x'\npass\n'''\n", 11, "silent, but no block after it"),
        ("'''python good 3.8='silent: x'\npass\n'''\n", 11, "only a bad block is silent"),
        ("'''python bad 3.6=ok\npass\n'''\n", 11, "Python 3.6 is not one of 3.7 to 3.15"),
        ("'''python bad 3.9-3.8=ok\npass\n'''\n", 11, "'3.9-3.8' ends before it begins"),
        ("'''python bad 3.8-3.9-=ok\npass\n'''\n", 11, "'3.8-3.9-' is no range"),
        ("'''python bad -=ok\npass\n'''\n", 11, "'-' is no range"),
        ("'''python bad 3.8-3.9=ok 3.9-=ok\npass\n'''\n", 11, "two claims for Python 3.9"),
        ("'''python good target=4.2\npass\n'''\n", 11, "Python 4.2 is not one of 3.7 to 3.15"),
        ("'''python good norun=''\npass\n'''\n", 11, "norun is empty"),
        ("'''python good norun=x 3.8=ok\npass\n'''\n", 11, "norun, and yet"),
        ("'''python good norun=x prints=x\npass\n'''\n", 11, "norun, and yet"),
        ("'''python file=a.py prints=x\npass\n'''\n", 11, "a path and nothing else"),
        ("'''python file=/etc/a.py\npass\n'''\n", 11, "'/etc/a.py' is not the path of a module"),
        ("'''python file=../a.py\npass\n'''\n", 11, "'../a.py' is not the path of a module"),
        ("'''python file=example.py\npass\n'''\n", 11, "example.py is there already"),
        ("'''python file=a.py\n'''\n'''python file=a.py\n'''\n", 13, "a.py is there already"),
        ("'''python file=a.py\npass  # RUN101\n'''\n", 11, "never looked at"),
    ],
)
def test_refuses_and_names_file_and_line(text: str, line: int, fault: str) -> None:
    with pytest.raises(NotationError, match=rf"^some\.md:{line}: .*{re.escape(fault)}"):
        read(document(text))


@pytest.mark.parametrize(
    ("info", "fault"),
    [
        ("bad", "no claim for Python 3.7, 3.8"),
        ("bad 3.7-3.11=ok 3.13-=ok", "no claim for Python 3.12"),
        ("bad 3.7-3.11=ok 3.11-=ok", "two claims for Python 3.11"),
        ("good norun='takes long'", "a manual is executed"),
    ],
)
def test_refuses_in_a_manual_what_would_leave_it_unproven(info: str, fault: str) -> None:
    with pytest.raises(NotationError, match=rf"^some\.md:11: .*{re.escape(fault)}"):
        read(document(f"'''python {info}\npass\n'''\n", is_manual=True))


def test_finds_blocks_of_any_language_with_their_line() -> None:
    found = [
        (fence.info, fence.line) for fence in fences(document("'''toml\na = 1\n'''\n'''\n'''\n"))
    ]
    assert found == [("toml", 12), ("", 15)]


MARKED = """\
first()  # RUN101
second()  # kept  # RUN101 RUN201
    # RUN101
third()  # RUN101 for a reason
"# RUN101"
fourth()  # noqa: RUN101
"""


def test_markers_stand_at_the_end_of_a_line() -> None:
    assert markers(MARKED) == {1: {"RUN101"}, 2: {"RUN101", "RUN201"}, 3: {"RUN101"}}
    assert marked(MARKED, "RUN201") == {2}
    assert markers(MARKED.replace("\n", "\r\n")) == markers(MARKED)
    assert unmarked(MARKED).splitlines()[:3] == [
        "first()",
        "second()  # kept",
        "third()  # RUN101 for a reason",
    ]
    assert unmarked(MARKED.replace("\n", "\r\n")) == unmarked(MARKED).replace("\n", "\r\n")
    assert replaced_markers("x()  # RUN101\n", "# noqa") == "x()  # noqa\n"


LOGS_IT = """\
import logging
try:
    1 / 0
except Exception:
    logging.exception("caught")
raise SystemExit(1)"""
LOSES_IT = """\
import asyncio

async def f():
    1 / 0

async def main():
    task = asyncio.ensure_future(f())
    await asyncio.sleep(0.01)

asyncio.run(main())"""

TRUE = {
    "dies": ("bad", 'raise ValueError("a good reason")', "ValueError: a good"),
    "dies of what is not a builtin": (
        "bad",
        "import json; json.loads('{')",
        "json.decoder.JSONDecodeError: Expecting property name",
    ),
    "dies without a word": ("bad", "raise KeyError", "KeyError"),
    "ends well": ("good", "print(1)", "ok"),
    "warns": (
        "bad",
        "import warnings; warnings.warn('soon gone', DeprecationWarning)",
        "warns DeprecationWarning: soon",
    ),
    "hangs": ("bad", "import time; time.sleep(60)", "hangs"),
    "is invalid": ("bad", "async = 1", "invalid"),
    "a library's warning is not the example's": (
        "good",
        "import warnings; warnings.warn_explicit('soon gone', DeprecationWarning, 'lib.py', 1)",
        "ok",
    ),
}
FALSE = {
    "another text": ("bad", 'raise ValueError("a good reason")', "ValueError: a bad", "dies of"),
    "another type": ("bad", 'raise ValueError("a reason")', "TypeError: a", "dies of ValueError"),
    "a text where none is claimed": ("bad", 'raise ValueError("x")', "ValueError", "dies of"),
    "it works": ("bad", "pass", "ValueError: x", "it ends well"),
    "it only logs the exception": (
        "bad",
        LOGS_IT,
        "ZeroDivisionError: division by zero",
        "exit code 1",
    ),
    "it ends badly": ("good", "raise SystemExit(3)", "ok", "exit code 3"),
    "it dies": ("good", 'raise ValueError("x")', "ok", "dies of ValueError: x"),
    "it warns": ("good", "import warnings; warnings.warn('x')", "ok", "it warns: UserWarning: x"),
    "its neighbour warns": ("good", "import neighbour", "ok", "it warns: UserWarning: next door"),
    "a coroutine is lost": (
        "good",
        "async def f(): pass\nf()",
        "ok",
        "it warns: RuntimeWarning: coroutine 'f' was never awaited",
    ),
    "a task's exception is lost": (
        "good",
        LOSES_IT,
        "ok",
        "exception was never retrieved",
    ),
    "it does not warn": ("bad", "pass", "warns UserWarning: x", "no such warning"),
    "it warns of another thing": (
        "bad",
        "import warnings; warnings.warn('x')",
        "warns UserWarning: y",
        "no such warning",
    ),
    "it ends": ("bad", "pass", "hangs", "it ended"),
    "it hangs": ("good", "import time; time.sleep(60)", "ok", "it is still running"),
    "it is valid": ("bad", "raise ValueError('x')", "invalid", "dies of ValueError: x"),
}
NEIGHBOUR = "'''python file=neighbour.py\nimport warnings; warnings.warn('next door')\n'''\n"


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "SECONDS", 2.0)
    monkeypatch.setattr(proof, "SECONDS_TO_HANG", 1.0)


def claiming(kind: str, code: str, outcome: str) -> Example:
    info = f'{kind} 3.7-="{outcome}"'
    return only(f"{NEIGHBOUR}\n'''python {info}\n{code}\n'''\n")


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(("kind", "code", "outcome"), TRUE.values(), ids=list(TRUE))
def test_a_true_claim_passes(kind: str, code: str, outcome: str) -> None:
    prove(claiming(kind, code, outcome), HERE)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(("kind", "code", "outcome", "told"), FALSE.values(), ids=list(FALSE))
def test_a_false_claim_does_not(kind: str, code: str, outcome: str, told: str) -> None:
    claim = re.escape(f"claims `{outcome}`, but ")
    with pytest.raises(
        AssertionError, match=rf"some\.md:16 on Python .*{claim}.*{re.escape(told)}"
    ):
        prove(claiming(kind, code, outcome), HERE)


PRINTS = "'''python {}\nprint({!r})\n'''\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PRINTS.format("good prints=saved", "lost"), "it does not print 'saved'"),
        (
            PRINTS.format("bad 3.7-=ok", "one") + PRINTS.format("fixed", "two"),
            "but once fixed it prints\ntwo",
        ),
        (
            PRINTS.format("bad 3.7-='silent: saved'", "saved") + PRINTS.format("fixed", "saved"),
            "it prints 'saved'",
        ),
        (
            PRINTS.format("bad 3.7-='silent: saved'", "") + PRINTS.format("fixed", ""),
            "but does not print 'saved'",
        ),
        (
            PRINTS.format("bad 3.7-=ok", "x") + "'''python fixed\n1 / 0\n'''\n",
            "dies of ZeroDivisionError",
        ),
    ],
)
def test_what_is_printed_has_to_be_true_as_well(text: str, told: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(told)):
        prove(only(text), HERE)


def test_a_cured_silence_passes() -> None:
    bad, fixed = PRINTS.format("bad 3.7-='silent: saved'", ""), PRINTS.format("fixed", "saved")
    prove(only(bad + fixed), HERE)


@pytest.mark.skipif(RUNNING < (3, 11), reason="exception groups came with Python 3.11")
def test_a_member_of_a_group_is_what_it_died_of() -> None:
    code = (
        "raise ExceptionGroup('several', [ExceptionGroup('inner', [ValueError('in the group')])])"
    )
    for outcome in ("ValueError: in the group", "ExceptionGroup: several (1 sub-exception)"):
        prove(claiming("bad", code, outcome), HERE)
    with pytest.raises(AssertionError, match="dies of ExceptionGroup: several"):
        prove(claiming("bad", code, "TypeError: in the group"), HERE)


def test_a_run_is_alone_with_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    code = (
        "import os, sys, warnings\n"
        "import app.store\n"
        "warnings.warn('shown')\n"
        "print(sorted(os.listdir()), __name__, sys.argv, sys.path[0] == os.getcwd())\n"
        "print(os.environ.get('PYTHONASYNCIODEBUG'), 'ä')\n"
    )
    done = run(sys.executable, code, {"app/store.py": "x = 1\n"})
    assert done.code == 0, done
    assert done.stdout == "['app', 'example.py'] __main__ ['example.py'] True\nNone ä\n"
    assert "UserWarning: shown" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups there")
def test_what_hangs_is_ended_with_all_it_started() -> None:
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    assert run(sys.executable, code, {}, seconds=1.5).code is None
    assert time.monotonic() - started < 20  # a child that lives on would keep stdout open


# -- rules: this one is well made, and the faults planted in it are found -------------------------


def starting(
    start: Callable[[str], str] = lambda argument: f"asyncio.start({argument}())",
    safety: Safety = Safety.SAFE,
    declared: Safety | None = Safety.SAFE,
    message: str = "this is a function: call it",
    notes: tuple[Note, ...] = (),
    unfixed: str = "",
) -> Rule:
    """Return a rule that finds `asyncio.start(name)`, and writes what `start` makes of the name.

    For the name `unfixed` it has no fix.
    """

    def check(call: cst.Call, file: File) -> Iterator[Hit]:
        found = re.fullmatch(r"asyncio\.start\(\s*(\w+)\s*(# why)?\s*\)", file.text_of(call))
        if found is not None:
            edit = Edit(file.source.span(call), start(found[1]))
            fix = Fix("Call it", (edit,), safety) if found[1] != unfixed else None
            yield Hit(call, message, fix, notes)

    return Rule("RUN998", "made-up", "Made up.", (cst.Call,), check, declared)


WELL_MADE = starting()
SHOWN = """\
'''python bad
if True:
    asyncio.start(a)  # RUN998
'''

'''python fixed safe
if True:
    asyncio.start(a())
'''
"""
LIKE_SHOWN = {
    "reports": test_rules.test_reports_exactly_the_marked_lines,
    "fixes": test_rules.test_fixes_to_what_is_shown,
    "rests": test_rules.test_fixed_code_is_quiet_and_at_rest,
    "safety": test_rules.test_the_fix_is_as_safe_as_shown,
    "newlines": test_rules.test_windows_newlines_come_out_as_they_went_in,
    "tabs": test_rules.test_tabs_come_out_as_they_went_in,
    "comments": test_rules.test_a_safe_fix_keeps_every_comment,
    "form": test_rules.test_findings_are_well_formed,
}
FAULTS = {
    "a line is not marked": ("reports", WELL_MADE, SHOWN.replace("  # RUN998", "")),
    "a line is marked in vain": ("reports", WELL_MADE, SHOWN.replace("True:", "True:  # RUN998")),
    "a good block is reported": (
        "reports",
        WELL_MADE,
        "'''python good\nasyncio.start(a)  # RUN998\n'''\n",
    ),
    "a bad block is not": ("reports", WELL_MADE, "'''python bad\nasyncio.stop(a)\n'''\n"),
    "it becomes something else": ("fixes", WELL_MADE, SHOWN.replace("a()", "b()")),
    "it is fixed and not shown": ("fixes", WELL_MADE, SHOWN.partition("\n\n")[0] + "\n"),
    "it is shown and not fixed": ("fixes", starting(lambda name: f"asyncio.start({name})"), SHOWN),
    "the fix never rests": ("fixes", starting(lambda name: f"asyncio.start({name}a)"), SHOWN),
    "the fix does not parse": ("fixes", starting(lambda name: f"asyncio.start({name}(("), SHOWN),
    "what is shown is still reported": ("rests", WELL_MADE, SHOWN.replace("a())", "a)")),
    "it is less safe than shown": ("safety", starting(safety=Safety.UNSAFE), SHOWN),
    "it is safer than shown": ("safety", WELL_MADE, SHOWN.replace("fixed safe", "fixed unsafe")),
    "newlines are its own": (
        "newlines",
        starting(lambda name: f"asyncio.start(\n{name}())"),
        SHOWN,
    ),
    "indents are its own": (
        "tabs",
        starting(lambda name: f"if {name}:\n        asyncio.start({name}())"),
        SHOWN.replace("    asyncio.start(a)", "    pass\nasyncio.start(a)"),
    ),
    "a comment is lost": (
        "comments",
        WELL_MADE,
        SHOWN.replace("start(a)", "start(\n        a  # why\n    )"),
    ),
    "its message names the code": ("form", starting(message="RUN998 call it"), SHOWN),
    "its message has two lines": ("form", starting(message="call it\nplease"), SHOWN),
    "it has no message": ("form", starting(message=""), SHOWN),
    "its note is empty": ("form", starting(notes=(Note(""),)), SHOWN),
    "it does not say why there is no fix": (
        "form",
        starting(unfixed="a"),
        SHOWN.partition("\n\n")[0] + "\n",
    ),
    "it declares no fix": ("form", starting(declared=None), SHOWN),
    "it declares a safer fix": ("form", starting(safety=Safety.UNSAFE), SHOWN),
}


@pytest.mark.parametrize("check", LIKE_SHOWN)
def test_a_rule_that_does_as_shown_passes(check: str) -> None:
    LIKE_SHOWN[check](WELL_MADE, only(SHOWN))


@pytest.mark.parametrize(("check", "rule", "text"), FAULTS.values(), ids=list(FAULTS))
def test_a_rule_that_does_not_fails(check: str, rule: Rule, text: str) -> None:
    with pytest.raises(AssertionError):
        LIKE_SHOWN[check](rule, only(text))


# -- the interpreters, and what is written of the claims ------------------------------------------


def test_the_running_python_is_always_among_the_interpreters() -> None:
    assert HERE in interpreters()
    assert choose([], required=False) == (HERE,)


def test_a_python_asked_for_in_vain_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "python3.8"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    missing = str(tmp_path / "python3.9")
    assert choose([str(broken), missing], required=False) == (HERE,)
    for path in (str(broken), missing):
        with pytest.raises(RuntimeError, match=rf"{re.escape(path)} is no CPython that starts"):
            choose([path], required=True)


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (
            'bad 3.7-3.13="ValueError: a" 3.14-="hangs"',
            "**Reported**. Python 3.7 to 3.13: `ValueError: a`; Python 3.14 and later: hangs",
        ),
        (
            "bad 3.7-=invalid needs=aiohttp",
            "**Reported** (with `aiohttp`). Every Python: `SyntaxError`",
        ),
        (
            "bad 3.11-=hangs with='one==1, two'",
            "**Reported** (with `one==1`, `two`). Python 3.11 and later: hangs",
        ),
        (
            "bad 3.7='warns UserWarning: x' 3.8-=ok",
            (
                "**Reported**. Python 3.7: works, but warns `UserWarning: x`; "
                "Python 3.8 and later: works"
            ),
        ),
        ("good", "**Fine**."),
        (
            'good -3.10="AttributeError: Runner"',
            "**Fine**. Python 3.7 to 3.10: `AttributeError: Runner`",
        ),
    ],
)
def test_claims_in_words(info: str, said: str) -> None:
    assert label(only(f"'''python {info}\npass\n'''\n", is_manual=True).block) == said
