"""What was found, as text, JSON or a diff. Nothing is printed here."""

from __future__ import annotations

import difflib
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from flake8_asyncrun.core.model import Finding, Fix, Note, Safety
from flake8_asyncrun.core.source import Source

NO_FIX = "no fix: "
"""How a note begins that gives the reason."""

MOST_REASONS = 5
"""How many reasons for refusing a fix are named after a repair."""


@dataclass(frozen=True)
class FileReport:
    """What a run has to say of one file."""

    path: str
    """As the user named it, or "-"."""
    before: str = ""
    after: str = ""
    """The text with its fixes; the same as `before` where there are none or none were wanted."""
    findings: tuple[Finding, ...] = ()
    """Those of `after`."""
    applied: tuple[Finding, ...] = ()
    """Those whose fixes made `after`."""
    errors: tuple[str, ...] = ()
    """What could not be done, one line each, the path included."""
    unsafe_fixes: bool = False
    """Whether unsafe fixes are wanted too."""
    silenced: int = 0
    """How many more findings there were until `after` got its `# noqa`."""

    @property
    def changed(self) -> bool:
        return self.after != self.before


def text(reports: Sequence[FileReport], *, color: bool = False, repaired: bool = False) -> str:
    """Return one line for each finding, its notes below it, and lines that count them.

    After a repair these lines also say what it refused to do, and why, and where it failed.
    """
    lines: list[str] = []
    for report in reports:
        source = Source(report.path, report.after)
        for finding in report.findings:
            lines += _told(finding, source, color, is_fixable=_is_fixable(finding, report))
    return "".join(f"{line}\n" for line in (*lines, *_closing(reports, repaired)))


def question(source: Source, finding: Finding, after: str, *, color: bool = False) -> str:
    """Return a finding with its notes, what its fix does, and the diff to the text `after` it."""
    told = _told(finding, source, color, is_fixable=True)
    fix = finding.fix
    unsafe = " (unsafe)" if fix is not None and fix.safety is Safety.UNSAFE else ""
    title = [f"    fix: {fix.title}{unsafe}"] if fix is not None else []
    changes = diff([FileReport(source.path, source.text, after)], color=color)
    return "".join(f"{line}\n" for line in (*told, *title)) + changes


def _told(finding: Finding, source: Source, color: bool, *, is_fixable: bool) -> Iterator[str]:
    line, column = source.line_and_column(finding.span.start)
    name = _styled(shown(source.path), color, bold=True)
    code = _styled(finding.code, color, "red", bold=True)
    mark = f"{_styled('[*]', color, 'cyan')} " if is_fixable else ""
    place = _styled(":", color, "cyan").join((name, str(line), str(column + 1), ""))
    yield f"{place} {code} {mark}{finding.message}"
    for note in finding.notes:
        yield f"    {_note(note)}"


def _styled(part: str, color: bool, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(part, fg=fg, bold=bold) if color else part


def summary(reports: Sequence[FileReport]) -> str:
    """Return the line that goes with a diff: how much it fixes, and how much it leaves."""
    fixed = sum(len(report.applied) for report in reports)
    silenced = sum(report.silenced for report in reports)
    left = sum(len(report.findings) for report in reports)
    unsafe = _hidden(reports)
    more = f" ({unsafe} fixable with --unsafe-fixes)" if unsafe else ""
    quiet = f"silence {silenced}, " if silenced else ""
    return f"Would fix {_count(fixed)}, {quiet}{left} left{more}.\n"


def _note(note: Note) -> str:
    return f"{note.text}: {shown(note.place.path)}:{note.place.line}" if note.place else note.text


def _closing(reports: Sequence[FileReport], repaired: bool) -> Iterator[str]:
    fixed = sum(len(report.applied) for report in reports)
    silenced = sum(report.silenced for report in reports)
    left = sum(len(report.findings) for report in reports)
    if fixed or silenced:
        quiet = f"{silenced} silenced, " if silenced else ""
        yield f"Found {_count(left + fixed + silenced)} ({fixed} fixed, {quiet}{left} left)."
    elif left:
        yield f"Found {_count(left)}."
    elif not any(report.errors for report in reports):
        yield "Nothing found."
    if repaired:
        yield from _not_done(reports)
    fixable = sum(_is_fixable(finding, report) for report in reports for finding in report.findings)
    hidden = _hidden(reports)
    if fixable:
        more = f"; {hidden} more with --unsafe-fixes" if hidden else ""
        how = "" if repaired else " (run without --check)"
        yield f"[*] {fixable} fixable{how}{more}."
    elif hidden:
        yield f"{hidden} fixable with --unsafe-fixes."


def _not_done(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield the lines about what a repair refused to do, and where it failed."""
    findings = (finding for report in reports for finding in report.findings)
    reasons = Counter(reason for finding in findings for reason in _refused(finding))
    if reasons:
        ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        said = [f"{reason} ({number})" for reason, number in ranked[:MOST_REASONS]]
        if rest := ranked[MOST_REASONS:]:
            said.append(f"other reasons ({sum(number for _, number in rest)})")
        yield f"{reasons.total()} refused: {'; '.join(said)}."
    if failed := sum(bool(report.errors) for report in reports):
        yield f"{failed} file{'' if failed == 1 else 's'} failed."


def _refused(finding: Finding) -> Iterator[str]:
    """Yield why a finding has no fix, if that is known, without what differs between places."""
    for note in finding.notes:
        if note.text.startswith(NO_FIX):
            reason = re.sub(r"`[^`]*`", "`…`", note.text.removeprefix(NO_FIX))
            yield re.sub(r"\bline \d+", "line …", reason)
            return


def _is_fixable(finding: Finding, report: FileReport) -> bool:
    fix = finding.fix
    return fix is not None and (fix.safety is Safety.SAFE or report.unsafe_fixes)


def _hidden(reports: Iterable[FileReport]) -> int:
    return sum(
        finding.fix is not None and not _is_fixable(finding, report)
        for report in reports
        for finding in report.findings
    )


def _count(number: int) -> str:
    return f"{number} finding{'' if number == 1 else 's'}"


def as_json(reports: Iterable[FileReport]) -> str:
    """Return a list of objects shaped like Ruff's; rows and columns count characters from 1."""
    objects = [
        _finding(finding, Source(report.path, report.after), _full(report.path))
        for report in reports
        for finding in report.findings
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding, source: Source, filename: str) -> dict[str, object]:
    return {
        "filename": filename,
        "location": _location(source, finding.span.start),
        "end_location": _location(source, finding.span.end),
        "code": finding.code,
        "message": finding.message,
        "fix": _fix(finding.fix, source) if finding.fix else None,
        "notes": [_note_object(note) for note in finding.notes],
    }


def _fix(fix: Fix, source: Source) -> dict[str, object]:
    return {
        "applicability": fix.safety.value,
        "message": fix.title,
        "edits": [
            {
                "content": edit.text,
                "location": _location(source, edit.span.start),
                "end_location": _location(source, edit.span.end),
            }
            for edit in fix.edits
        ],
    }


def _note_object(note: Note) -> dict[str, object]:
    if note.place is None:
        return {"message": note.text, "filename": None, "row": None}
    return {"message": note.text, "filename": _full(note.place.path), "row": note.place.line}


def _location(source: Source, offset: int) -> dict[str, int]:
    row, column = source.line_and_column(offset)
    return {"row": row, "column": column + 1}


def diff(reports: Iterable[FileReport], *, color: bool = False) -> str:
    """Return what was changed as a unified diff that, without colour, `patch -p0` takes."""
    lines = (
        line
        for report in reports
        # As GNU diff does: without the tab `patch` takes a name to end at its first space.
        for name in (shown(report.path) + ("\t" if " " in shown(report.path) else ""),)
        for line in difflib.unified_diff(_lines(report.before), _lines(report.after), name, name)
    )
    return "".join(
        _painted(line, color)
        if line.endswith("\n")
        else f"{_painted(line, color)}\n\\ No newline at end of file\n"
        for line in lines
    )


def _painted(line: str, color: bool) -> str:
    """Return a line of a diff as a terminal shows it."""
    body = line.rstrip("\r\n")
    if line.startswith(("---", "+++")):
        return _styled(body, color, bold=True) + line[len(body) :]
    fg = {"@": "cyan", "-": "red", "+": "green"}.get(line[0])
    return line if fg is None else _styled(body, color, fg) + line[len(body) :]


def _lines(text: str) -> list[str]:
    # Not str.splitlines(): `patch` knows one line end, and the rest must come out as it went in.
    return list(io.StringIO(text, newline="\n"))


def shown(path: str) -> str:
    """Return a path as a reader wants it: relative where it is below the current folder."""
    here = Path.cwd()
    file = Path(path)
    return str(file.relative_to(here)) if file.is_relative_to(here) else path


def _full(path: str) -> str:
    return path if path == "-" else os.path.normpath(Path(path).absolute())
