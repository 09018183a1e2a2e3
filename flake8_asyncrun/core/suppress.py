"""`# noqa`, read as flake8 reads it, and written where flake8 looks for it."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names import syntax

# flake8's own expressions, whose names are not part of what it promises to keep.
INLINE = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_WHOLE_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)


def suppress(source: Source, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no `# noqa` silences.

    A comment speaks for its line, or for all lines of the string it ends; a line that is
    `# flake8: noqa` speaks for the file.
    """
    kept = list(findings)
    if not kept or "noqa" not in source.text.lower():
        return kept
    lines = source.lines
    if any(_WHOLE_FILE.match(line) for line in lines):
        return []
    joined = _join_strings(lines)
    return [finding for finding in kept if not _is_silenced(finding, source, joined)]


def _is_silenced(finding: Finding, source: Source, lines: dict[int, str]) -> bool:
    line, _ = source.line_and_column(finding.span.start)
    match = INLINE.search(lines.get(line, ""))
    if match is None:
        return False
    codes = re.split(r"[,\s]+", match["codes"] or "")
    return match["codes"] is None or finding.code.startswith(tuple(filter(None, codes)))


def silence(source: Source, findings: Iterable[Finding]) -> str:
    """Return the text with a `# noqa` for each of the findings, where there can be one.

    The codes join a list that is there. There can be none where another text on the line looks like
    the comment to flake8, which reads the first only; and none in a text that LibCST does not give
    back as it is. Nothing but comments changes.
    """
    if not source.prints_back:
        return source.text
    wanted: dict[int, set[str]] = {}
    for finding in findings:
        line, _ = source.line_and_column(finding.span.start)
        wanted.setdefault(line, set()).add(finding.code)
    lines = source.lines
    changed = list(lines)
    for span in line_spans(lines):
        codes = {code for line in range(span.first, span.last + 1) for code in wanted.get(line, ())}
        if codes:
            changed[span.last - 1] = _with_codes(lines, span, ", ".join(sorted(codes)))
    text = "".join(changed)
    return text if syntax.means_the_same(source.text, text) else source.text


@dataclass(frozen=True)
class LineSpan:
    """Lines, from 1, for which one comment counts: mostly one, more where a string or a backslash
    goes on. The comment, where there is one, ends the last of them."""

    first: int
    last: int
    comment: int | None
    """The column in which it begins."""
    text: str = ""
    """The comment."""


def _with_codes(lines: list[str], span: LineSpan, codes: str) -> str:
    """Return the last line with a comment for `codes`, as it is where there can be none."""
    line = lines[span.last - 1]
    body = line.rstrip("\r\n")
    before = "".join(lines[span.first - 1 : span.last - 1])
    match = INLINE.search(before + line)
    if match is None:
        return f"{body.rstrip()}  # noqa: {codes}{line[len(body) :]}"
    if span.comment is None or match.start() < len(before) + span.comment or not match["codes"]:
        return line
    there = match["codes"].rstrip(", \t\f\r\n")
    end = match.start("codes") + len(there) - len(before)
    return f"{line[:end]}, {codes}{line[end:]}"


def _join_strings(lines: list[str]) -> dict[int, str]:
    """Return for each line the text in which a comment counts for it."""
    joined = dict(enumerate(lines, start=1))
    for span in line_spans(lines):
        text = "".join(lines[span.first - 1 : span.last])
        joined.update(dict.fromkeys(range(span.first, span.last + 1), text))
    return joined


def line_spans(lines: list[str]) -> Iterator[LineSpan]:
    """Yield which lines belong together, as far as the text can be read."""
    feed = iter(lines)
    first, last = len(lines) + 2, -1
    comment: int | None = None
    text = ""
    try:
        for token in tokenize.generate_tokens(lambda: next(feed, "")):
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first, last = min(first, token.start[0]), max(last, token.end[0])
            if token.type == tokenize.COMMENT:
                comment, text = token.start[1], token.string
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                yield LineSpan(first, last, comment, text)
                first, last, comment, text = len(lines) + 2, -1, None, ""
    except (tokenize.TokenError, SyntaxError):
        pass
