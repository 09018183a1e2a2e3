"""Findings as JSON: shaped like Ruff's, by the line, and as GitLab's Code Quality wants them."""

from __future__ import annotations

import json as to_json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_asyncrun.formats import manual
from flake8_asyncrun.formats.page import (
    ERROR,
    Fault,
    Located,
    Page,
    Position,
    Remark,
    Style,
    fingerprints,
)

if TYPE_CHECKING:
    from flake8_asyncrun.core.model import Fix
    from flake8_asyncrun.core.rule import Rule

    Rules = Callable[[], Iterable[Rule]]

Object = dict[str, object]


def json(pages: Iterable[Page], _style: Style, _rules: Rules) -> str:
    """Return a list of objects; rows and columns count characters from 1."""
    return as_list(_objects(pages))


def json_lines(pages: Iterable[Page], _style: Style, _rules: Rules) -> str:
    """Return the same objects, one a line."""
    return as_lines(_objects(pages))


def gitlab(pages: Iterable[Page], _style: Style, _rules: Rules) -> str:
    """Return a report of Code Quality."""
    return as_list(entry for page in pages for entry in _entries(page))


def as_list(objects: Iterable[Object]) -> str:
    return to_json.dumps(list(objects), indent=2, ensure_ascii=False) + "\n"


def as_lines(objects: Iterable[Object]) -> str:
    return "".join(to_json.dumps(each, ensure_ascii=False) + "\n" for each in objects)


def _objects(pages: Iterable[Page]) -> Iterator[Object]:
    for page in pages:
        yield from (_finding(located, page) for located in page.findings)
        yield from (_fault(fault, page) for fault in page.faults)


def _finding(located: Located, page: Page) -> Object:
    finding = located.finding
    return {
        "filename": page.path,
        "cell": located.start.cell,
        "location": _place(located.start),
        "end_location": _place(located.end),
        "code": finding.code,
        "message": finding.message,
        "fix": _fix(finding.fix, page) if finding.fix else None,
        "notes": [_note(note) for note in located.notes],
        "url": manual(finding.code),
    }


def _fault(fault: Fault, page: Page) -> Object:
    """Return what went wrong, as Ruff has syntax errors: with a code that is null."""
    place = _place(Position(fault.line or 1, 1))
    return {
        "filename": page.path,
        "cell": None,
        "location": place,
        "end_location": place,
        "code": None,
        "message": fault.message,
        "fix": None,
        "notes": [],
        "url": None,
    }


def _fix(fix: Fix, page: Page) -> Object:
    return {
        "applicability": fix.safety.value,
        "message": fix.title,
        "edits": [
            {
                "content": edit.text,
                "location": _place(page.position(edit.span.start)),
                "end_location": _place(page.position(edit.span.end)),
            }
            for edit in fix.edits
        ],
    }


def _note(note: Remark) -> Object:
    return {"message": note.text, "filename": note.path, "cell": note.cell, "row": note.line}


def _place(position: Position) -> Object:
    return {"row": position.line, "column": position.column}


def _entries(page: Page) -> Iterator[Object]:
    names = fingerprints(page)
    for located in page.findings:
        code = located.finding.code
        said = f"{code}: {located.finding.message}"
        yield _entry(
            page, next(names), code, said, "major", located.start.in_file, located.end.in_file
        )
    for fault in page.faults:
        place = Position(fault.line or 1, 1)
        said = f"asyncrun-fix: {fault.message}"
        yield _entry(page, next(names), ERROR, said, "critical", place, place)


def _entry(
    page: Page,
    fingerprint: str,
    name: str,
    description: str,
    severity: str,
    start: Position,
    end: Position,
) -> Object:
    return {
        "check_name": name,
        "description": description,
        "severity": severity,
        "fingerprint": fingerprint,
        "location": {
            "path": page.in_project,
            "positions": {
                "begin": {"line": start.line, "column": start.column},
                "end": {"line": end.line, "column": end.column},
            },
        },
    }
