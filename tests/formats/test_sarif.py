"""SARIF, against the schema that OASIS has published for version 2.1.0 (as of its rtm.5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flake8_asyncrun import report
from flake8_asyncrun.core.model import Finding, Note, Place, Span
from flake8_asyncrun.formats import manual, render
from flake8_asyncrun.formats.page import Style
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.rules import ALL
from tests.command import call
from tests.reports import BOT, SAFE, reports
from tests.test_cli import BAD, UNSAFE, put

SCHEMA = Path(__file__).parent.parent / "fixtures" / "reports" / "sarif-schema-2.1.0.json"
VALIDATOR = jsonschema.Draft4Validator(
    json.loads(SCHEMA.read_text("utf-8")),
    format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER,
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_of(written: str) -> Any:
    """Return the only run of a log, which is as the schema wants it."""
    log = json.loads(written)
    VALIDATOR.validate(log)
    [run] = log["runs"]
    return run


def sarif(*reports: FileReport) -> Any:
    return run_of(render("sarif", report.pages(reports), Style(), lambda: ALL))


def test_the_schema_is_one_that_can_fail() -> None:
    jsonschema.Draft4Validator.check_schema(VALIDATOR.schema)
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "rule": []}}}]}
    with pytest.raises(jsonschema.ValidationError, match="'rule' was unexpected"):
        VALIDATOR.validate(log)


def test_all_kinds_of_reports_are_as_the_schema_wants(here: Path) -> None:
    run = sarif(*reports(here))
    assert len(run["results"]) == 7
    assert run["columnKind"] == "unicodeCodePoints"
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    said = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert said == [
        "cannot be analysed: syntax error",
        "cannot be read: permission denied",
        "pyproject.toml: selct: unknown key",
    ]


def test_nothing_found_is_a_log_too() -> None:
    run = sarif(FileReport("a.py"))
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_every_manual_is_as_the_schema_wants() -> None:
    found = tuple(Finding(rule.code, "x", Span(0, 1)) for rule in ALL)
    run = sarif(FileReport("a.py", BOT, BOT, found))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in ALL]
    assert [rule["help"]["markdown"] for rule in rules] == [rule.doc.strip() for rule in ALL]
    assert all(rule["helpUri"] == manual(rule["id"]) for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["suppressions"] == []


def test_places_are_uris() -> None:
    note = Note("here", Place("/else where/é.py", 3))
    found = (Finding("RUN101", "x", Span(0, 1), None, (note,)),)
    run = sarif(*(FileReport(path, BOT, BOT, found) for path in ("a b:%é.py", "../x.py")))
    locations = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    inside, outside = (location["artifactLocation"] for location in locations)
    assert inside == {"uri": "a%20b%3A%25%C3%A9.py", "uriBaseId": "%SRCROOT%"}
    assert outside == {"uri": (Path.cwd().parent / "x.py").as_uri()}
    [related] = run["results"][0]["relatedLocations"]
    assert related["physicalLocation"]["region"] == {"startLine": 3}
    if Path("/").drive == "":
        uri = related["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == "file:///else%20where/%C3%A9.py"


def test_a_fix_is_what_it_replaces() -> None:
    [result] = sarif(FileReport("a.py", BOT, BOT, (SAFE,)))["results"]
    [change] = result["fixes"][0]["artifactChanges"]
    lines = BOT.splitlines(keepends=True)
    text = BOT
    for each in reversed(change["replacements"]):
        region = each["deletedRegion"]
        ends = (
            sum(map(len, lines[: region[f"{end}Line"] - 1])) + region[f"{end}Column"] - 1
            for end in ("start", "end")
        )
        start, end = ends
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    assert text == BOT.replace("start()", "main()").replace("if x", "async def main():\nif x")


def test_the_command_writes_it() -> None:
    put(a=BAD, b=UNSAFE, c="import asyncio\ndef (\n")
    done = call("--check", "--output-format=sarif")
    assert done.returncode == 2
    run = run_of(done.stdout.decode())
    assert [result["ruleId"] for result in run["results"]] == ["RUN402", "RUN102", "RUN103"]
    [fault] = run["invocations"][0]["toolExecutionNotifications"]
    assert fault["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}
