"""Findings as SARIF 2.1.0, the Static Analysis Results Interchange Format.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_asyncrun import __version__
from flake8_asyncrun.formats import MANUALS, manual
from flake8_asyncrun.formats.page import Fault, Located, Page, Position, Style, fingerprints

if TYPE_CHECKING:
    from flake8_asyncrun.core.model import Edit, Fix
    from flake8_asyncrun.core.rule import Rule

Object = dict[str, object]

_ROOT = "%SRCROOT%"


def sarif(pages: Iterable[Page], _style: Style, rules: Callable[[], Iterable[Rule]]) -> str:
    """Return a log with one run, and the manuals of the rules that found something in it."""
    pages = tuple(pages)
    found = {each.finding.code for page in pages for each in page.findings}
    described = [rule for rule in rules() if rule.code in found]
    index = {rule.code: number for number, rule in enumerate(described)}
    notifications = [_notification(fault, page) for page in pages for fault in page.faults]
    invocation: Object = {"executionSuccessful": not notifications}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    run: Object = {
        "tool": {
            "driver": {
                "name": "flake8-asyncrun",
                "version": __version__,
                "informationUri": MANUALS.partition("/blob/")[0],
                "rules": [_rule(rule) for rule in described],
            }
        },
        "invocations": [invocation],
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The folder that asyncrun-fix was called in."}}
        },
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\r", "\n"],
        "results": [result for page in pages for result in _results(page, index)],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> Object:
    doc = rule.doc.strip()
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": doc, "markdown": doc},
        "helpUri": manual(rule.code),
        "defaultConfiguration": {"level": "error"},
    }


def _results(page: Page, index: dict[str, int]) -> Iterator[Object]:
    for located, name in zip(page.findings, fingerprints(page), strict=False):
        yield _result(located, page, index, name)


def _result(located: Located, page: Page, index: dict[str, int], name: str) -> Object:
    finding = located.finding
    own = [note.text for note in located.notes if note.uri is None]
    where = f"{located.start}: " if page.cells else ""
    result: Object = {
        "ruleId": finding.code,
        "ruleIndex": index.get(finding.code, -1),
        "level": "error",
        "message": {"text": "\n".join((f"{where}{finding.message}", *own))},
        "locations": [
            _location(page.uri, _region(located.start.in_file, located.end.in_file)),
        ],
        "partialFingerprints": {"asyncrunFinding/v1": name},
        "suppressions": [],
    }
    elsewhere = [
        {
            **_location(note.uri, {"startLine": note.line if note.cell is None else 1}),
            "message": {"text": note.text},
        }
        for note in located.notes
        if note.uri is not None
    ]
    if elsewhere:
        result["relatedLocations"] = elsewhere
    # A notebook's text is another one than its cells', in which a fix is said.
    if finding.fix is not None and not page.cells:
        result["fixes"] = [_fix(finding.fix, page)]
    return result


def _fix(fix: Fix, page: Page) -> Object:
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(page.uri),
                "replacements": [_replacement(edit, page) for edit in fix.edits],
            }
        ],
        "properties": {"applicability": fix.safety.value},
    }


def _replacement(edit: Edit, page: Page) -> Object:
    start, end = page.position(edit.span.start), page.position(edit.span.end)
    return {"deletedRegion": _region(start, end), "insertedContent": {"text": edit.text}}


def _region(start: Position, end: Position) -> Object:
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _notification(fault: Fault, page: Page) -> Object:
    notification: Object = {"level": "error", "message": {"text": fault.message}}
    if not fault.is_elsewhere:
        region = {} if fault.line is None else {"region": {"startLine": fault.line}}
        place = {"artifactLocation": _artifact(page.uri), **region}
        notification["locations"] = [{"physicalLocation": place}]
    return notification


def _location(uri: str, region: Object) -> Object:
    return {"physicalLocation": {"artifactLocation": _artifact(uri), "region": region}}


def _artifact(uri: str) -> Object:
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}
