"""`# noqa` comments whose codes silence nothing, and what is left of them without those codes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from flake8_asyncrun.core.gate import may_silence
from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Safety, Span
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import INLINE, LineSpan, line_spans

CODE = "RUN002"

_WORD = re.compile(r"([^,\s]+)([,\s]*)")
_OURS = re.compile(r"RUN\d+")

# What would begin to mean something if it began the comment.
_DIRECTIVE = re.compile(r"[\w-]+\s*[:=]|nosec\b|pragma\b|-\*-|!|%%|\+|In\[")


def with_unused(
    source: Source, findings: Sequence[Finding], unasked: Collection[str]
) -> list[Finding]:
    """Return the findings of a text before `# noqa`, and one for each comment with codes of ours
    that silence none of them; `unasked` are the codes of rules that might have said more."""
    if not may_silence(source.text):
        return list(findings)
    unused = _unused(source, findings, unasked)
    return sorted([*findings, *unused], key=lambda finding: (finding.span, finding.code))


def _unused(
    source: Source, findings: Iterable[Finding], unasked: Collection[str]
) -> Iterator[Finding]:
    silenced: dict[int, set[str]] = {}
    for finding in findings:
        line, _ = source.line_and_column(finding.span.start)
        silenced.setdefault(line, set()).add(finding.code)
    lines = source.lines
    for span in line_spans(lines):
        there = {code for at in range(span.first, span.last + 1) for code in silenced.get(at, ())}
        match = _in_comment(lines, span)
        if match is None:
            continue
        words = list(_WORD.finditer(match["codes"]))
        needless = [word for word in words if _is_needless(word[1].upper(), there, unasked)]
        if needless:
            yield _finding(source, span, match, words, needless)


def _in_comment(lines: Sequence[str], span: LineSpan) -> re.Match[str] | None:
    """Return what flake8 takes for the `# noqa` of a span, matched in its last line; None where
    that has no codes, or is no comment."""
    before = "".join(lines[span.first - 1 : span.last - 1])
    line = lines[span.last - 1]
    match = INLINE.search(before + line)
    if match is None or not match["codes"] or span.comment is None:
        return None
    if match.start() < len(before) + span.comment:
        return None
    return INLINE.search(line, match.start() - len(before))


def _is_needless(code: str, there: Iterable[str], unasked: Iterable[str]) -> bool:
    """Say whether a code is ours, and could silence only what was asked, and does not."""
    return (
        _OURS.fullmatch(code) is not None
        and not CODE.startswith(code)
        and not any(one.startswith(code) for one in (*there, *unasked))
    )


def _finding(
    source: Source,
    span: LineSpan,
    match: re.Match[str],
    words: Sequence[re.Match[str]],
    needless: Sequence[re.Match[str]],
) -> Finding:
    line, start = match.string, source.offset(span.last, 0)

    def place(first: int, last: int) -> Span:
        """Return where columns of the line are."""
        ends = (len(line[:column].encode("utf-8", "surrogatepass")) for column in (first, last))
        return Span(*(start + end for end in ends))

    codes = match.start("codes")
    said = place(codes + needless[0].start(), codes + needless[-1].end(1))
    many = len(needless) > 1
    message = (
        f"`# noqa: {', '.join(word[1] for word in needless)}` silences nothing here; remove "
        f"{'the codes' if many else 'the code'}"
    )
    changed = _without(line, span, match, words, needless)
    if not source.prints_back:
        return Finding(CODE, message, said, None, (Note("no fix: the text does not print back"),))
    if changed is None:
        reason = "no fix: what stands behind it might be taken for an instruction then"
        return Finding(CODE, message, said, None, (Note(reason),))
    first, last, text = changed
    fix = Fix("Remove it", (Edit(place(first, last), text),), Safety.SAFE, comments=(span.text,))
    return Finding(CODE, message, said, fix)


def _without(
    line: str,
    span: LineSpan,
    match: re.Match[str],
    words: Sequence[re.Match[str]],
    needless: Sequence[re.Match[str]],
) -> tuple[int, int, str] | None:
    """Return the columns of a line to replace, and by what; None where that is not certain."""
    kept = [word for word in words if word not in needless]
    if kept:
        separators = [*(word[2] for word in kept[:-1]), words[-1][2]]
        pairs = zip(kept, separators, strict=True)
        return match.start("codes"), match.end("codes"), "".join(a[1] + b for a, b in pairs)
    assert span.comment is not None
    body = line.rstrip("\r\n")
    first, last = match.start(), min(match.end(), len(body))
    rest = body[last:].strip()
    if rest:
        behind = len(body) - len(body[last:].lstrip())
        if INLINE.search(body, behind) or _DIRECTIVE.match(rest):
            return None
        return (first, behind, "" if rest.startswith("#") else "# ")
    if first > span.comment:
        return len(line[:first].rstrip()), len(body), ""
    code = line[: span.comment].rstrip()
    if code or span.first < span.last:
        return len(code), len(body), ""
    return 0, len(line), ""
