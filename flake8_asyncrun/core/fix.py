"""From findings to a new text: all of a fix or none, again and again until nothing is left."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from flake8_asyncrun.core.edits import put_in
from flake8_asyncrun.core.leftovers import Leftover
from flake8_asyncrun.core.model import Edit, Finding, Span
from flake8_asyncrun.core.promises import Broken, check_findings, check_text
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.target import DEFAULT, Target

ROUNDS = 10


@dataclass(frozen=True)
class Problem:
    """Fixes that did not hold, by the codes of their rules, which is a fault of ours."""

    codes: tuple[str, ...]
    reason: str
    is_clearing: bool = False
    """Whether the fixes held, and only what they left behind could not be taken away."""

    def __str__(self) -> str:
        return f"fixing {', '.join(self.codes)}: {self.reason}"


@dataclass(frozen=True)
class Fixed:
    """What became of a text.

    `left` are the findings of the new `text`. No fix of the codes in `problems` was applied.
    """

    text: str
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def problem(self) -> str | None:
        """What did not hold, in one line; None: everything did."""
        return "; ".join(map(str, self.problems)) or None


def fix_source(
    source: Source,
    analyze: Callable[[Source], list[Finding]],
    allowed: Callable[[Finding], bool],
    *,
    may_appear: Collection[str] = (),
    target: Target = DEFAULT,
    leftovers: Callable[[Source, Source], list[Leftover]] = lambda before, after: [],
) -> Fixed:
    """Apply the fixes of the findings that are `allowed`, in rounds, until there are none.

    Then what they left behind goes, which `leftovers` tells of the text as it was and as it is: as
    findings of the code that caused it, which are `allowed` or not, and are not counted as applied.

    What core/promises.py asks of a round holds after each; where it does not, all begins again
    without the codes that are to blame. Findings of the codes that `may_appear` may come with the
    fixes of others. `allowed` is asked in order, once a round, about findings of the text last
    analyzed. Raises Unreadable where `source` cannot be parsed.
    """
    fixing = _Fixing(analyze, allowed, may_appear, target, leftovers)
    first = analyze(source)
    problems: list[Problem] = []
    excluded: set[str] = set()
    while isinstance(fixed := fixing.in_rounds(source, first, excluded), Problem):
        problems.append(fixed)
        if fixed.is_clearing:
            fixing = replace(fixing, leftovers=lambda before, after: [])
        else:
            excluded.update(fixed.codes)
    return replace(fixed, problems=tuple(problems))


@dataclass(frozen=True)
class _Fixing:
    analyze: Callable[[Source], list[Finding]]
    allowed: Callable[[Finding], bool]
    may_appear: Collection[str]
    target: Target
    leftovers: Callable[[Source, Source], list[Leftover]]

    def in_rounds(
        self, source: Source, findings: list[Finding], excluded: Collection[str]
    ) -> Fixed | Problem:
        """Apply fixes until there are none but those of the codes that are `excluded`."""
        begun = source
        applied: list[Finding] = []
        causes: dict[str, str] = {}
        fewest = len(findings)
        rounds = 0
        while rounds < ROUNDS:
            # A variable goes at once, an import last: later fixes may want it.
            left = self.left_behind(begun, source, causes, imports=False)
            kept = () if left else (one for one in findings if one.code not in excluded)
            chosen = _chosen(kept, self.allowed)
            if not chosen and not left:
                left = self.left_behind(begun, source, causes, imports=True)
            if not chosen and not left:
                return Fixed(source.text, tuple(applied), tuple(findings))
            if left:
                causes.update(_named(source, left))
                try:
                    source, findings = self.round(source, findings, left, is_clearing=True)
                except Broken as broken:
                    reason = f"what it leaves behind cannot go: {broken}"
                    return Problem(_codes(left), reason, is_clearing=True)
                continue
            causes.update(_named(source, chosen))
            try:
                source, findings = self.round(source, findings, chosen)
            except Broken as broken:
                return self.problem(source, findings, chosen, broken)
            applied += chosen
            # Fixes that take turns need a round each; what counts is whether findings get fewer.
            rounds = 0 if len(findings) < fewest else rounds + 1
            fewest = min(fewest, len(findings))
        return Problem(_codes(chosen), f"the text does not settle in {ROUNDS} rounds")

    def left_behind(
        self, begun: Source, source: Source, causes: dict[str, str], *, imports: bool
    ) -> list[Finding]:
        """Return what fixes left behind that may go, as findings of the codes that caused it."""
        left = self.leftovers(begun, source) if causes else ()
        found = (
            Finding(causes[one.name], f"nothing uses `{one.name}` any more", one.span, one.fix)
            for one in left
            if one.name in causes and one.is_import is imports
        )
        return _chosen(found, self.allowed)

    def round(
        self,
        source: Source,
        findings: list[Finding],
        chosen: list[Finding],
        *,
        is_clearing: bool = False,
    ) -> tuple[Source, list[Finding]]:
        """Return what fixes make of a text and what is found then; raise Broken.

        Where it `is_clearing` no finding is what is fixed."""
        edits = _edits(chosen)
        changed = put_in(source.text, edits)
        comments = [one for each in chosen if each.fix for one in each.fix.comments]
        is_whole = source.is_whole
        check_text(source.text, changed, edits, self.target, comments, is_whole=is_whole)
        after = source.with_text(changed)
        try:
            found = self.analyze(after)
        except Unreadable as error:
            raise Broken(f"the text no longer parses ({error})") from None
        check_findings(findings, found, () if is_clearing else chosen, self.may_appear)
        return after, found

    def problem(
        self, source: Source, findings: list[Finding], chosen: list[Finding], broken: Broken
    ) -> Problem:
        """Put it down to the first of the chosen codes that fails alone, to all if none does."""
        codes = _codes(chosen)
        if len(codes) > 1:
            for code in codes:
                alone = [finding for finding in chosen if finding.code == code]
                if (reason := self.reason(source, findings, alone)) is not None:
                    return Problem((code,), reason)
        return Problem(codes, str(broken))

    def reason(self, source: Source, findings: list[Finding], chosen: list[Finding]) -> str | None:
        """Return why fixes do not hold, None if they do."""
        try:
            self.round(source, findings, chosen)
        except Broken as broken:
            return str(broken)
        return None


def _named(source: Source, findings: Iterable[Finding]) -> dict[str, str]:
    """Return the words that fixes take from a text, with the codes of their findings."""
    data = source.text.encode("utf-8", "surrogatepass")
    return {
        word: finding.code
        for finding in findings
        for edit in (finding.fix.edits if finding.fix else ())
        for word in re.findall(
            r"\w+", data[edit.span.start : edit.span.end].decode("utf-8", "replace")
        )
    }


def _codes(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.code for finding in findings}))


def _chosen(findings: Iterable[Finding], allowed: Callable[[Finding], bool]) -> list[Finding]:
    """Return allowed findings whose fixes keep clear of each other, first come first served.

    `allowed` may ask a user, so it is asked only about what would be chosen.
    Fixes that overlap or touch wait for the next round: one may remove what another appends to.
    Fixes that are the same, edit for edit, are one.
    """
    chosen: list[Finding] = []
    taken: set[Edit] = set()
    spans = _Spans()
    claimed: set[str] = set()
    for finding in findings:
        if finding.fix is None:
            continue
        edits = finding.fix.edits
        in_the_way = claimed.intersection(finding.fix.claims) or any(
            spans.meet(edit.span) for edit in edits
        )
        if (not in_the_way or taken.issuperset(edits)) and allowed(finding):
            for edit in edits:
                spans.add(edit.span)
            taken.update(edits)
            claimed.update(finding.fix.claims)
            chosen.append(finding)
    return chosen


class _Spans:
    """Spans, of which those that touch are one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def meet(self, span: Span) -> bool:
        """Say whether a span overlaps or touches one of these."""
        at = bisect.bisect_left(self._ends, span.start)
        return at < len(self._ends) and self._starts[at] <= span.end

    def add(self, span: Span) -> None:
        first = bisect.bisect_left(self._ends, span.start)
        behind = bisect.bisect_right(self._starts, span.end)
        start, end = span.start, span.end
        if first < behind:
            start = min(start, self._starts[first])
            end = max(end, self._ends[behind - 1])
        self._starts[first:behind] = [start]
        self._ends[first:behind] = [end]


def apply(text: str, findings: Iterable[Finding]) -> str:
    """Return the text with the fixes of findings that keep clear of each other."""
    return put_in(text, _edits(findings))


def _edits(findings: Iterable[Finding]) -> set[Edit]:
    return {edit for finding in findings if finding.fix for edit in finding.fix.edits}
