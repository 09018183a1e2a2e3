"""What a run has to say of its files, as pages to show, as a diff, and counted.

Nothing is printed here.
"""

from __future__ import annotations

import difflib
import functools
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from flake8_asyncrun.core import cells
from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Finding, Note, Safety
from flake8_asyncrun.formats.page import Fault, Located, Page, Position, Remark, Style
from flake8_asyncrun.formats.plain import heading
from flake8_asyncrun.names import forms

if TYPE_CHECKING:
    from flake8_asyncrun.baseline import Comparison
    from flake8_asyncrun.core.source import Source

NO_FIX = "no fix: "
"""How a note begins that gives the reason."""

MOST_REASONS = 5
"""How many reasons for refusing a fix are named after a repair."""


_ODD = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\udc80-\udcff]"
)
"""What breaks a line, steers a terminal, or stands for a byte that is no text."""

_ESCAPED = re.compile(f'{_ODD.pattern}|["\\\\]')


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
    printed: str | None = None
    """What the findings' spans count in, where LibCST has lost something of `after`."""
    compared: Comparison | None = None
    """How `after` compares with the baseline, where there is one."""

    @property
    def changed(self) -> bool:
        return self.after != self.before


def pages(reports: Iterable[FileReport]) -> Iterator[Page]:
    """Yield the files of which there is something to say, their findings in a fixed order.

    An error that stands in several reports, as of a configuration, is on the first page only.
    """
    said: set[str] = set()
    names = functools.cache(_names)
    for report in reports:
        errors = [error for error in dict.fromkeys(report.errors) if error not in said]
        said.update(errors)
        if report.findings or errors:
            yield _page(report, errors, names)


@dataclass(frozen=True)
class _Names:
    """What one path is called."""

    shown: str
    full: str
    in_project: str
    uri: str


def _names(path: str) -> _Names:
    if path == "-":
        return _Names(path, path, path, path)
    full = Path(os.path.normpath(Path(path).absolute()))
    here = Path.cwd()
    below = full.relative_to(here) if full.is_relative_to(here) else full
    uri = full.as_uri() if below is full else quote(_encoded(below.as_posix()))
    # GitLab wants paths from where it has cloned the project.
    root = os.environ.get("CI_PROJECT_DIR")
    in_project = full.relative_to(root) if root and full.is_relative_to(root) else below
    return _Names(shown(path), str(full), in_project.as_posix(), uri)


def _encoded(path: str) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:  # no file is called so here, but an editor's text may be
        return path.encode("utf-8", "surrogatepass")


def _page(report: FileReport, errors: Iterable[str], names: Callable[[str], _Names]) -> Page:
    text = report.after if report.printed is None else report.printed
    lines = Lines(text.encode("utf-8", "surrogatepass"))
    name = names(report.path)
    findings = sorted(report.findings, key=lambda each: (each.span, each.code, each.message))
    page = Page(
        name.shown,
        name.full,
        name.in_project,
        name.uri,
        lines,
        tuple(cells.cells(text)) if forms.is_notebook(report.path) else (),
        faults=tuple(_fault(error, report.path) for error in errors),
    )
    located = (_located(page, one, names, is_fixable=_is_fixable(one, report)) for one in findings)
    return replace(page, findings=tuple(located))


def _located(
    page: Page, finding: Finding, names: Callable[[str], _Names], *, is_fixable: bool
) -> Located:
    start, end = page.position(finding.span.start), page.position(finding.span.end)
    notes = tuple(_remark(note, names) for note in finding.notes)
    return Located(finding, start, end, notes, is_fixable)


def _remark(note: Note, names: Callable[[str], _Names]) -> Remark:
    if note.place is None:
        return Remark(note.text)
    name = names(note.place.path)
    return Remark(note.text, name.shown, name.full, name.uri, note.place.line, note.place.cell)


def _fault(error: str, path: str) -> Fault:
    """Return an error, which begins with the path of the file that is to be looked at."""
    if not error.startswith(f"{path}:"):
        return Fault(error, None, is_elsewhere=True)
    rest = error.removeprefix(f"{path}:")
    line = re.match(r"(\d+): ", rest)
    message = rest[line.end() :] if line else rest.lstrip()
    return Fault(message, int(line[1]) if line else None, is_elsewhere=False)


def question(source: Source, finding: Finding, after: str, *, color: bool = False) -> str:
    """Return a finding with its notes, what its fix does, and the diff to the text `after` it."""
    [page] = pages([FileReport(source.path, source.text, source.text, (finding,))])
    [located] = page.findings
    if source.corner is not None:
        spot = source.spot(finding.span.start)
        located = replace(located, start=Position(spot.line, spot.column))
    located = replace(located, is_fixable=True)
    told = [heading(page, located, Style(color)), *(f"    {note}" for note in located.notes)]
    fix = finding.fix
    unsafe = " (unsafe)" if fix is not None and fix.safety is Safety.UNSAFE else ""
    title = [f"    fix: {fix.title}{unsafe}"] if fix is not None else []
    changes = diff([FileReport(source.path, source.text, after)], color=color)
    if source.corner is not None:
        changes = _HUNK.sub(functools.partial(_moved, source.corner.lines), changes)
    return "".join(f"{line}\n" for line in (*told, *title)) + changes


_HUNK = re.compile(r"(?<=@@ -)(\d+)(,\d+)? \+(\d+)(?=[, ])", re.MULTILINE)


def _moved(lines: int, hunk: re.Match[str]) -> str:
    """Return the places of a hunk so many lines further down."""
    return f"{int(hunk[1]) + lines}{hunk[2] or ''} +{int(hunk[3]) + lines}"


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


def closing(reports: Sequence[FileReport], *, repaired: bool = False) -> str:
    """Return the lines that count findings.

    After a repair they also say what it refused to do, and why, and where it failed.
    """
    return "".join(f"{line}\n" for line in _closing(reports, repaired))


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


def diff(reports: Iterable[FileReport], *, color: bool = False) -> str:
    """Return what was changed as a unified diff that, without colour, `patch -p0` takes."""
    lines = (
        line
        for report in reports
        for name, before, after in _texts(report)
        for line in difflib.unified_diff(_lines(before), _lines(after), name, name)
    )
    return "".join(
        _painted(line, color)
        if line.endswith("\n")
        else f"{_painted(line, color)}\n\\ No newline at end of file\n"
        for line in lines
    )


def _texts(report: FileReport) -> Iterator[tuple[str, str, str]]:
    """Yield what is compared: a name with what was and what is; of a notebook, cell by cell."""
    name = shown(report.path)
    if not forms.is_notebook(report.path):
        yield _headed(name), report.before, report.after
        return
    after = {cell.number: cell.code for cell in cells.cells(report.after)}
    for cell in cells.cells(report.before):
        new = cells.shown(after[cell.number])
        yield quoted(f"{name}:cell {cell.number}"), cells.shown(cell.code), new


def _headed(name: str) -> str:
    """Return a file's name as `patch` and `git apply` read it in a diff."""
    safe = quoted(name)
    # As GNU diff does: without the tab `patch` takes a name to end at its first space.
    return f"{name}\t" if safe == name and " " in name else safe


def quoted(name: str) -> str:
    """Return a name as git writes it: in quotes where it would not stand in a line as it is, or
    would do something to a terminal."""
    if not name.startswith('"') and _ODD.search(name) is None:
        return name

    def escaped(match: re.Match[str]) -> str:
        if match[0] in '"\\':
            return f"\\{match[0]}"
        return "".join(f"\\{byte:03o}" for byte in match[0].encode("utf-8", "surrogateescape"))

    return f'"{_ESCAPED.sub(escaped, name)}"'


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
