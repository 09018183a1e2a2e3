"""By what a finding is known again when lines move: its code, the function it is in, and the text
of its statement without layout and comments. No line numbers."""

from __future__ import annotations

import hashlib
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source

# Every Python says the same of these, while they differ in the tokens of an f-string.
_LAYOUT = re.compile(r"[ \t\f\v\r\n]+|\\(?=\r|\n)|,(?=[ \t\f\r\n]*[)\]}])")


@dataclass(frozen=True, order=True)
class Fingerprint:
    """What stays of a finding whatever is written around it."""

    code: str
    scope: str
    """The functions and classes around its statement ("Client.start"), "" for none."""
    digest: str
    """Of the statement it begins in, or of the head of that, as `def f():`."""


@dataclass(frozen=True)
class _Statement:
    first: int
    """Its first line, from 1; to the next one's it has all lines, with comments and blank ones."""
    scope: str
    text: str


def fingerprints(source: Source, findings: Iterable[Finding]) -> list[Fingerprint]:
    """Return the fingerprint of each finding; equal statements in one scope have equal ones."""
    findings = list(findings)
    statements = list(_statements(source.lines)) if findings else []
    starts = [statement.first for statement in statements]
    found = []
    for finding in findings:
        line, _ = source.line_and_column(finding.span.start)
        index = bisect_right(starts, line) - 1
        # What is about the file as a whole must not depend on how the file begins.
        is_of_all = finding.span.start == 0 and finding.span.end in (0, len(source.data))
        if index < 0 or is_of_all:
            found.append(Fingerprint(finding.code, "", _digest("")))
        else:
            one = statements[index]
            found.append(Fingerprint(finding.code, one.scope, _digest(one.text)))
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _statements(lines: list[str]) -> Iterator[_Statement]:
    """Yield the statements of a text, or their heads, as far as it can be read."""
    feed = iter(lines)
    scopes: list[str] = []
    words: list[str] = []
    comments: list[tuple[int, int]] = []
    first, opened = 0, ""
    try:
        for token in tokenize.generate_tokens(lambda: next(feed, "")):
            if token.type == tokenize.INDENT:
                scopes.append(opened)
            elif token.type == tokenize.DEDENT:
                scopes.pop()
            elif token.type == tokenize.COMMENT:
                comments.append(token.start)
            elif token.type == tokenize.NEWLINE:
                text = _without_layout(lines, first, token.start[0], comments)
                yield _Statement(first, ".".join(filter(None, scopes)), text)
                opened = _name(words)
                words, comments, first = [], [], 0
            elif token.type not in (tokenize.NL, tokenize.ENDMARKER):
                first = first or token.start[0]
                words += [token.string] if len(words) < _LONGEST_HEAD else []
            if not first:
                comments = []  # on lines of their own
    except (tokenize.TokenError, SyntaxError):
        pass


_LONGEST_HEAD = 3


def _name(words: list[str]) -> str:
    """Return what a statement that begins with these words defines, "" for nothing."""
    words = words[1:] if words[:1] == ["async"] else words
    return words[1] if len(words) > 1 and words[0] in ("def", "class") else ""


def _without_layout(
    lines: list[str], first: int, last: int, comments: Iterable[tuple[int, int]]
) -> str:
    kept = {number: lines[number - 1] for number in range(first, last + 1)}
    for number, column in comments:
        kept[number] = kept[number][:column] + "\n"
    return _LAYOUT.sub("", _LAYOUT.sub("", "".join(kept.values())))
