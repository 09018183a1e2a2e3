"""From findings to a new text: all of a fix or none, again and again until nothing is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flake8_asyncrun.core.model import Edit, Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names import syntax
from flake8_asyncrun.names.syntax import Unreadable

ROUNDS = 10


@dataclass(frozen=True)
class Fixed:
    """What became of a text.

    `left` are the findings of the new `text`. Where `problem` is set the fixes did not hold, which
    is a fault of ours: `text` is then as it came.
    """

    text: str
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]
    problem: str | None = None


def fix_source(
    source: Source,
    analyze: Callable[[Source], list[Finding]],
    allowed: Callable[[Finding], bool],
) -> Fixed:
    """Apply the fixes of the findings that are `allowed`, in rounds, until there are none.

    `allowed` is asked in order, once a round, about findings of the text last analyzed. Raises
    Unreadable where `source` cannot be parsed.
    """
    first = analyze(source)
    text, findings = source.text, first
    applied: list[Finding] = []
    fewest = len(first)
    rounds = 0
    while rounds < ROUNDS:
        chosen = _chosen(findings, allowed)
        if not chosen:
            return Fixed(text, tuple(applied), tuple(findings))
        changed = apply(text, chosen)
        try:
            syntax.parse(changed)
            current = Source(source.path, changed, source.module)
            findings = analyze(current)
        except Unreadable as error:
            return _held_back(source, first, chosen, f"the text no longer parses ({error})")
        if syntax.compiles(text) and not syntax.compiles(changed):
            return _held_back(source, first, chosen, "the text no longer compiles")
        if changed == text:
            return _held_back(source, first, chosen, "the fix changes nothing")
        text = changed
        applied += chosen
        # Fixes that take turns need a round each; what counts is whether findings get fewer.
        rounds = 0 if len(findings) < fewest else rounds + 1
        fewest = min(fewest, len(findings))
    return _held_back(source, first, chosen, f"the text does not settle in {ROUNDS} rounds")


def _held_back(
    source: Source, findings: list[Finding], chosen: list[Finding], reason: str
) -> Fixed:
    codes = ", ".join(sorted({finding.code for finding in chosen}))
    return Fixed(source.text, (), tuple(findings), f"fixing {codes}: {reason}")


def _chosen(findings: Iterable[Finding], allowed: Callable[[Finding], bool]) -> list[Finding]:
    """Return allowed findings whose fixes keep clear of each other, first come first served.

    `allowed` may ask a user, so it is asked only about what would be chosen.
    Fixes that overlap or touch wait for the next round: one may remove what another appends to.
    Fixes that are the same, edit for edit, are one.
    """
    chosen: list[Finding] = []
    taken: list[Edit] = []
    claimed: set[str] = set()
    for finding in findings:
        if finding.fix is None:
            continue
        edits = finding.fix.edits
        in_the_way = claimed.intersection(finding.fix.claims) or any(
            edit.span.start <= other.span.end and other.span.start <= edit.span.end
            for edit in edits
            for other in taken
        )
        if (not in_the_way or all(edit in taken for edit in edits)) and allowed(finding):
            taken += edits
            claimed.update(finding.fix.claims)
            chosen.append(finding)
    return chosen


def apply(text: str, findings: Iterable[Finding]) -> str:
    """Return the text with the fixes of findings that keep clear of each other."""
    data = text.encode("utf-8", "surrogatepass")
    edits = {edit for finding in findings if finding.fix for edit in finding.fix.edits}
    # From the end on, so that earlier offsets stay; an insertion comes before what is replaced
    # behind it.
    for edit in sorted(edits, reverse=True):
        new = edit.text.encode("utf-8", "surrogatepass")
        data = data[: edit.span.start] + new + data[edit.span.end :]
    return data.decode("utf-8", "surrogatepass")
