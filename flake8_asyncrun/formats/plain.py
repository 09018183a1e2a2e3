"""A line for each finding: to read, to search, and as GitHub and Pylint's readers take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_asyncrun.formats.page import ERROR, Located, Page, Style, printable

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

    Rules = Callable[[], Iterable[Rule]]


def concise(pages: Iterable[Page], style: Style, _rules: Rules) -> str:
    """Return `path:line:column: CODE message` for each finding."""
    return _joined(heading(page, located, style) for page in pages for located in page.findings)


def heading(page: Page, located: Located, style: Style) -> str:
    """Return a finding in one line."""
    name = style.paint(printable(page.name), bold=True)
    parts = (name, *str(located.start).split(":"), "")
    return f"{style.paint(':', 'cyan').join(parts)} {what(located, style)}"


def what(located: Located, style: Style) -> str:
    """Return a finding without its place."""
    mark = f"{style.paint('[*]', 'cyan')} " if located.is_fixable else ""
    finding = located.finding
    return f"{style.code(finding.code)} {mark}{printable(finding.message)}"


def grouped(pages: Iterable[Page], style: Style, _rules: Rules) -> str:
    """Return the findings below the names of their files."""
    return _joined(line for page in pages if page.findings for line in _group(page, style))


def _group(page: Page, style: Style) -> Iterator[str]:
    yield f"{style.paint(printable(page.name), bold=True)}:"
    places = [str(each.start).rpartition(":") for each in page.findings]
    lines, columns = (max(len(place[part]) for place in places) for part in (0, 2))
    for each, place in zip(page.findings, places, strict=True):
        line, column = f"{place[0]:>{lines}}", f"{place[2]:<{columns}}"
        yield f"  {line}{style.paint(':', 'cyan')}{column} {what(each, style)}"
    yield ""


def pylint(pages: Iterable[Page], _style: Style, _rules: Rules) -> str:
    """Return `path:line: [CODE] message` for each finding, with "error" for what went wrong."""
    return _joined(
        f"{printable(page.name)}:{line}: [{code}] {printable(message)}"
        for page in pages
        for line, code, message in (
            *(
                (each.start.in_file.line, each.finding.code, each.finding.message)
                for each in page.findings
            ),
            *((fault.line or 1, ERROR, fault.message) for fault in page.faults),
        )
    )


def github(pages: Iterable[Page], _style: Style, _rules: Rules) -> str:
    """Return commands to GitHub's runner, each of which annotates a line."""
    return _joined(line for page in pages for line in _annotations(page))


def _annotations(page: Page) -> Iterator[str]:
    for each in page.findings:
        start, end = each.start.in_file, each.end.in_file
        place = {"file": page.path, "line": start.line, "endLine": end.line}
        # GitHub shows columns of one line only.
        if start.line == end.line:
            place |= {"col": start.column, "endColumn": end.column}
        code = each.finding.code
        where = f"{page.name}:{each.start}"
        said = [f"{where}: {code} {each.finding.message}", *(f"  {note}" for note in each.notes)]
        yield _command({**place, "title": f"asyncrun-fix ({code})"}, "\n".join(said))
    for fault in page.faults:
        spot = {} if fault.is_elsewhere else {"file": page.path, "line": fault.line or 1}
        message = fault.message if fault.is_elsewhere else f"{page.name}: {fault.message}"
        yield _command({**spot, "title": f"asyncrun-fix ({ERROR})"}, message)


def _command(properties: dict[str, object], message: str) -> str:
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::error {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
