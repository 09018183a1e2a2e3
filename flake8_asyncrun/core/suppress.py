"""`# noqa`, read as flake8 reads it."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable

from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source

# flake8's own expressions, whose names are not part of what it promises to keep.
_INLINE = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
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
    match = _INLINE.search(lines.get(line, ""))
    if match is None:
        return False
    codes = re.split(r"[,\s]+", match["codes"] or "")
    return match["codes"] is None or finding.code.startswith(tuple(filter(None, codes)))


def _join_strings(lines: list[str]) -> dict[int, str]:
    """Return for each line the text in which a comment counts for it."""
    joined = dict(enumerate(lines, start=1))
    feed = iter(lines)
    first, last = len(lines) + 2, -1
    try:
        for token in tokenize.generate_tokens(lambda: next(feed, "")):
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first, last = min(first, token.start[0]), max(last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                text = "".join(lines[first - 1 : last])
                joined.update(dict.fromkeys(range(first, last + 1), text))
                first, last = len(lines) + 2, -1
    except (tokenize.TokenError, SyntaxError):
        pass
    return joined
