"""What holds for every form."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flake8_asyncrun import report
from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Place, Safety, Span
from flake8_asyncrun.formats import FORMATS, render
from flake8_asyncrun.formats.page import Style
from flake8_asyncrun.report import FileReport
from tests.reports import RULES, reports

pytestmark = pytest.mark.thorough

MANY = 10_000


def rendered(form: str, *reports: FileReport) -> str:
    return render(form, report.pages(reports), Style(), lambda: RULES)


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_is_that_of_the_text(form: str, tmp_path: Path) -> None:
    once = rendered(form, *reports(tmp_path))
    for seed in range(5):
        shuffled = [
            FileReport(
                each.path,
                each.before,
                each.after,
                tuple(random.Random(seed).sample(each.findings, len(each.findings))),
                errors=each.errors,
                unsafe_fixes=each.unsafe_fixes,
            )
            for each in reports(tmp_path)
        ]
        assert rendered(form, *shuffled) == once


def seconds(form: str, line: str, number: int) -> float:
    """Return the processor time that it takes to show so many findings of one file."""
    size = len(line.encode())
    text = line * number
    note = Note("it is made here", Place("lib/client.py", 3))
    findings = tuple(
        Finding(
            "RUN101",
            "`run` is wrong",
            Span(start, start + 3),
            Fix("Await it", (Edit(Span(start, start), "await "),), Safety.SAFE),
            (note,),
        )
        for start in range(0, number * size, size)
    )
    begun = time.process_time()
    written = rendered(form, FileReport("a.py", text, text, findings))
    taken = time.process_time() - begun
    assert written.count("RUN101") >= number
    return taken


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("end", ["\n", "; "], ids=["lines", "one line"])
@pytest.mark.parametrize("name", ["name", "näme"])
def test_ten_times_the_findings_take_ten_times_the_time(form: str, end: str, name: str) -> None:
    line = f"run({name}){end}"
    few = max(0.01, *(min(seconds(form, line, MANY // 10) for _ in range(3)) for _ in range(2)))
    # What grows with the square takes a hundred times as long; short times are noise, and another
    # program may take the processor's caches away, though not each time.
    assert any(seconds(form, line, MANY) < 50 * few for _ in range(3))


FORMS_OF_LINES = ["concise", "github", "json-lines", "pylint"]


TEXTS = st.text(st.characters(exclude_categories=()))


@given(TEXTS, TEXTS)
@example("", "\ud800")
def test_whatever_is_said_stays_well_formed(message: str, note: str) -> None:
    found = (Finding("RUN101", message, Span(0, 1), None, (Note(note),)),)
    one = FileReport(f"{note}.py".replace("\0", ""), "x\n", "x\n", found, errors=(message,))
    for form in FORMS_OF_LINES:
        lines = rendered(form, one).removesuffix("\n").split("\n")
        assert len(lines) == (1 if form == "concise" else 2)
        assert "\r" not in "".join(lines)
    for form in ("json", "gitlab", "sarif"):
        json.loads(rendered(form, one))
    written = rendered("junit", one).encode()
    root = ElementTree.fromstring(written)
    assert root.attrib["failures"] == root.attrib["errors"] == "1"


def test_junit_has_a_test_that_passed_where_nothing_was_found() -> None:
    root = ElementTree.fromstring(rendered("junit", FileReport("a.py")))
    assert (root.attrib["tests"], root.attrib["failures"]) == ("1", "0")
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["nothing found"]
