"""What is said of findings, as a whole, against the files in tests/fixtures/reports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from flake8_asyncrun import __version__, report
from flake8_asyncrun.core.model import Finding, Note, Span
from flake8_asyncrun.formats import FORMATS, render
from flake8_asyncrun.formats.page import Style
from flake8_asyncrun.formats.statistics import statistics
from flake8_asyncrun.report import FileReport
from tests.reports import BOT, REFUSED, RULES, SAFE, UNSAFE, reports

REPORTS = Path(__file__).parent / "fixtures" / "reports"
ENDINGS = {"json": "json", "gitlab": "json", "junit": "xml", "sarif": "sarif"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    return tmp_path


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


def compare(name: str, written: str, update: bool) -> None:
    path = REPORTS / name
    if update:
        path.write_bytes(written.encode())
    assert written == path.read_bytes().decode(), "`pytest --update` writes it"


def without_places(written: str, here: Path) -> str:
    """Return a report without what differs between machines and releases."""
    folder = json.dumps(str(here))[1:-1]
    placed = written.replace(folder, "HERE").replace(str(here), "HERE").replace("\\\\", "/")
    return placed.replace(f'"version": "{__version__}"', '"version": "VERSION"')


@pytest.mark.parametrize("form", FORMATS)
def test_each_form(form: str, here: Path, update: bool) -> None:
    written = render(form, report.pages(reports(here)), Style(), lambda: RULES)
    name = f"report-{form}.{ENDINGS.get(form, 'txt')}"
    compare(name, without_places(written, here), update)


@pytest.mark.parametrize("form", ["full", "concise", "grouped"])
def test_in_colour(form: str, here: Path, update: bool) -> None:
    style = Style(color=True, links=True)
    written = render(form, report.pages(reports(here)), style, lambda: RULES)
    compare(f"color-{form}.txt", written, update)


@pytest.mark.parametrize("form", ["full", "json", "json-lines"])
def test_statistics(form: str, here: Path, update: bool) -> None:
    counted = [*reports(here), *reports(here)[:1]]
    written = statistics(form, report.pages(counted), Style(), RULES)
    compare(f"statistics-{form}.{ENDINGS.get(form, 'txt')}", written, update)


@pytest.mark.parametrize(
    ("findings", "applied", "unsafe_fixes", "closing"),
    [
        ((), (), False, "Nothing found."),
        ((REFUSED,), (), False, "Found 1 finding."),
        ((SAFE,), (), False, "Found 1 finding.\n[*] 1 fixable (run without --check)."),
        ((UNSAFE,), (), False, "Found 1 finding.\n1 fixable with --unsafe-fixes."),
        ((UNSAFE,), (), True, "Found 1 finding.\n[*] 1 fixable (run without --check)."),
        (
            (SAFE, UNSAFE, UNSAFE),
            (),
            False,
            "Found 3 findings.\n[*] 1 fixable (run without --check); 2 more with --unsafe-fixes.",
        ),
        ((), (SAFE,), False, "Found 1 finding (1 fixed, 0 left)."),
        ((REFUSED,), (SAFE, SAFE), False, "Found 3 findings (2 fixed, 1 left)."),
    ],
)
def test_the_closing_lines_count(
    findings: tuple[Finding, ...], applied: tuple[Finding, ...], unsafe_fixes: bool, closing: str
) -> None:
    one = FileReport("a.py", BOT, BOT, findings, applied, unsafe_fixes=unsafe_fixes)
    assert report.closing([one]) == f"{closing}\n"
    [page] = report.pages([one]) if findings else [None]
    if page is not None:
        assert sum(each.is_fixable for each in page.findings) == closing.count("[*] 1")


def refusal(reason: str) -> Finding:
    return Finding("RUN201", "x", Span(0, 1), None, (Note("made here"), Note(f"no fix: {reason}")))


REFUSALS = (
    refusal("`a` is used in line 3 too"),
    refusal("it is built elsewhere"),
    refusal("`b` is used in line 14 too"),
)


@pytest.mark.parametrize(
    ("findings", "applied", "errors", "closing"),
    [
        ((), (), (), "Nothing found."),
        ((SAFE,), (), (), "Found 1 finding.\n[*] 1 fixable."),
        (
            REFUSALS,
            (SAFE,),
            (),
            """Found 4 findings (1 fixed, 3 left).
3 refused: `…` is used in line … too (2); it is built elsewhere (1).""",
        ),
        (
            (REFUSED, UNSAFE),
            (),
            ("a.py: one error", "a.py: another"),
            """Found 2 findings.
1 refused: `…` is used later (1).
1 file failed.
1 fixable with --unsafe-fixes.""",
        ),
        ((), (SAFE,), ("a.py: error",), "Found 1 finding (1 fixed, 0 left).\n1 file failed."),
        ((), (), ("a.py: error",), "1 file failed."),
        (
            tuple(refusal(f"why {n}") for n in "7765432110"),
            (),
            (),
            """Found 10 findings.
10 refused: why 1 (2); why 7 (2); why 0 (1); why 2 (1); why 3 (1); other reasons (3).""",
        ),
    ],
)
def test_after_a_repair_they_say_what_was_not_done(
    findings: tuple[Finding, ...],
    applied: tuple[Finding, ...],
    errors: tuple[str, ...],
    closing: str,
) -> None:
    one = FileReport("a.py", BOT, BOT, findings, applied, errors)
    assert report.closing([one], repaired=True) == f"{closing}\n"
    if not errors:
        assert "refused" not in report.closing([one])


def test_what_was_silenced_is_counted() -> None:
    one = FileReport("a.py", BOT, BOT, (), (SAFE,), silenced=2)
    two = FileReport("b.py", BOT, BOT, (REFUSED,), silenced=1)
    assert report.closing([one, two]) == ("Found 5 findings (1 fixed, 3 silenced, 1 left).\n")
    assert report.closing([two]) == ("Found 2 findings (0 fixed, 1 silenced, 1 left).\n")
    assert report.summary([one, two]) == "Would fix 1 finding, silence 3, 1 left.\n"


def test_files_that_failed_are_counted() -> None:
    failed = FileReport("a.py", errors=("a.py: error",))
    assert (
        report.closing([failed, FileReport("b.py"), failed], repaired=True) == "2 files failed.\n"
    )


def test_nothing_found_is_not_said_where_something_failed() -> None:
    assert report.closing([FileReport("a.py", errors=("a.py: syntax error",))]) == ""


@pytest.mark.parametrize(
    ("findings", "line"),
    [
        ((), "Would fix 1 finding, 0 left.\n"),
        ((REFUSED, UNSAFE), "Would fix 1 finding, 2 left (1 fixable with --unsafe-fixes).\n"),
    ],
)
def test_the_summary_of_a_diff_counts(findings: tuple[Finding, ...], line: str) -> None:
    assert report.summary([FileReport("a.py", BOT, BOT, findings, (SAFE,))]) == line


BEFORE = "a = 1\r\nb = 2\nc = '\x0c \x85 \u2028'\rd = 4\n" + "x\n" * 10 + "last"
AFTER = BEFORE.replace("b = 2", "b = '日本'").replace("last", "first")


def test_diff(update: bool) -> None:
    changes = [
        FileReport("a b.py", BEFORE, AFTER),
        FileReport("same.py", "x\n", "x\n"),
        FileReport("end.py", "x\n", "x"),
    ]
    compare("changes.diff", report.diff(changes), update)


def test_a_diff_in_colour_is_the_same_diff() -> None:
    changes = [FileReport("a b.py", BEFORE, AFTER), FileReport("end.py", "\tx\r\n", "\tx")]
    colored = report.diff(changes, color=True)
    assert click.unstyle(colored) == report.diff(changes)
    for part, fg in (("@@ -1,5 +1,5 @@", "cyan"), ("-b = 2", "red"), ("+b = '日本'", "green")):
        assert f"\n{click.style(part, fg=fg)}\n" in colored
    assert colored.startswith(click.style("--- a b.py\t", bold=True))
    assert f"{click.style('-' + chr(9) + 'x', fg='red')}\r\n" in colored, "before the line ends"


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
@pytest.mark.parametrize(
    ("before", "after"),
    [(BEFORE, AFTER), ("x\n", "x"), ("x", "x\n"), ("\ty\r\n", "\tz\r\n"), ("", "x\n")],
)
def test_a_diff_can_be_applied(here: Path, before: str, after: str) -> None:
    file = here / "a.py"
    file.write_bytes(before.encode())
    changes = report.diff([FileReport(str(file), before, after)])
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply", "-p0", "-"], input=changes.encode(), check=True)
    assert file.read_bytes() == after.encode()


@pytest.mark.skipif(sys.platform == "win32", reason="a name cannot have these characters there")
@pytest.mark.parametrize(
    "name", ["a\nb c.py", "\x1b[31m.py", '"a".py', "a\tb\\ü.py", "\u202eyp.py"]
)
def test_a_diff_of_a_file_with_an_odd_name_can_be_applied(here: Path, name: str) -> None:
    Path(name).write_text("a = 1\n", encoding="utf-8")
    changes = report.diff([FileReport(name, "a = 1\n", "a = 2\n")])
    assert changes.count("\n") == 5
    assert "\x1b" not in changes
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply", "-p0", "-"], input=changes.encode(), check=True)
    assert Path(name).read_text(encoding="utf-8") == "a = 2\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a name is to be UTF-8 elsewhere")
def test_a_diff_of_a_file_whose_name_is_no_text_can_be_applied(here: Path) -> None:
    name = os.fsdecode(b"s\xff.py")
    Path(name).write_text("a = 1\n", encoding="utf-8")
    changes = report.diff([FileReport(name, "a = 1\n", "a = 2\n")])
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply", "-p0", "-"], input=changes.encode(), check=True)
    assert Path(name).read_text(encoding="utf-8") == "a = 2\n"


def test_paths_below_are_shown_short(here: Path) -> None:
    assert report.shown(str(here / "a" / "b.py")) == str(Path("a", "b.py"))
    assert report.shown("a.py") == "a.py"
    assert report.shown(str(here.parent / "b.py")) == str(here.parent / "b.py")
