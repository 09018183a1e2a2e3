"""Findings as JUnit's XML, where each is a test that failed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from flake8_asyncrun.formats.page import ERROR, Page, Style

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

# What XML 1.0 cannot hold, not even escaped.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = "asyncrun-fix"


def junit(pages: Iterable[Page], _style: Style, _rules: Callable[[], Iterable[Rule]]) -> str:
    """Return a suite for each file that has findings; where none has, a test that passed, since
    CI systems take a report without tests for a fault."""
    root = Element("testsuites")
    suites = [_suite(root, page) for page in pages]
    if not suites:
        suites = [(SubElement(root, "testsuite", {"name": _NAME}), 0, 0)]
        SubElement(suites[0][0], "testcase", {"name": "nothing found", "classname": _NAME})
    for suite, failures, errors in suites:
        _count(suite, len(suite), failures, errors)
    root.set("name", _NAME)
    _count(
        root,
        sum(len(suite) for suite, _, _ in suites),
        sum(failures for _, failures, _ in suites),
        sum(errors for _, _, errors in suites),
    )
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, "unicode")}\n'


def _suite(root: Element, page: Page) -> tuple[Element, int, int]:
    """Add a file to the report; return it with how many failures and errors it has."""
    path = _speakable(page.in_project)
    suite = SubElement(root, "testsuite", {"name": path})
    seen: Counter[str] = Counter()
    for each in page.findings:
        name = _once(f"{each.finding.code} at {each.start}", seen)
        case = _case(suite, path, name, each.start.in_file.line)
        message = _speakable(each.finding.message)
        failure = SubElement(case, "failure", {"message": message, "type": each.finding.code})
        notes = "".join(f"\n{note}" for note in each.notes)
        failure.text = f"{path}:{each.start}: {message}{_speakable(notes)}"
    for fault in page.faults:
        case = _case(suite, path, _once(ERROR, seen), fault.line or 1)
        message = _speakable(fault.message)
        SubElement(case, "error", {"message": message, "type": ERROR}).text = message
    return suite, len(page.findings), len(page.faults)


def _once(name: str, seen: Counter[str]) -> str:
    """Return a name that was not given yet: CI systems take tests of one name for one test."""
    seen[name] += 1
    return name if seen[name] == 1 else f"{name} ({seen[name]})"


def _case(suite: Element, path: str, name: str, line: int) -> Element:
    place = {"classname": path.removesuffix(".py"), "file": path, "line": str(line)}
    return SubElement(suite, "testcase", {"name": name, **place})


def _count(element: Element, tests: int, failures: int, errors: int) -> None:
    element.set("tests", str(tests))
    element.set("failures", str(failures))
    element.set("errors", str(errors))
    element.set("skipped", "0")


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
