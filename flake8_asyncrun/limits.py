"""Which findings are wanted: those on changed lines, those that the baseline does not have.

The others are neither reported nor repaired.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flake8_asyncrun import baseline, files
from flake8_asyncrun.baseline import Baseline, Comparison
from flake8_asyncrun.core.fingerprint import Fingerprint, fingerprints
from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.report import FileReport

# What calls git is imported where it is wanted: the others need not pay for it.
if TYPE_CHECKING:
    from flake8_asyncrun.changed_lines import Since


@dataclass(frozen=True)
class Limits:
    """What limits the findings of a run."""

    since: Since | None = None
    baseline: Baseline | None = None

    def of(self, path: str) -> FileLimits:
        """Return what limits the findings of one file. Raises FileError where git cannot say."""
        before = None
        if self.since is not None:
            before = self.since.before(path)
            # The text at hand need not be that of the file: an editor's is not.
            before = files.read(path).text if before is None else before
        known = None if self.baseline is None else self.baseline.of(path)
        return FileLimits(before, known)

    def compared(self, report: FileReport) -> Comparison | None:
        """Return how a file compares with the baseline, None where that is not known."""
        if self.baseline is None or report.errors:
            return None
        if report.compared is not None:
            return report.compared
        # It was not even analysed, for there can be nothing.
        return Comparison((), self.baseline.of(report.path), Counter())


@dataclass(frozen=True)
class FileLimits:
    """What limits the findings of one file."""

    before: str | None = None
    """The text since which a line must have changed, None for whatever text."""
    known: Counter[Fingerprint] | None = None
    """What the baseline has, None where there is no baseline."""

    def wanted(self, source: Source, findings: Sequence[Finding]) -> list[bool]:
        """Say of each finding of a text, the file's or what fixes made of it, if it is wanted."""
        wanted = [True] * len(findings)
        if self.before is not None and findings:
            lines = _changed_lines(self.before, source.text)
            wanted = [not lines.isdisjoint(_lines(source, finding)) for finding in findings]
        if self.known:
            of_baseline = baseline.known(self.known, fingerprints(source, findings))
            wanted = [a and not b for a, b in zip(wanted, of_baseline, strict=True)]
        return wanted

    def applied(self, source: Source, report: FileReport, asked: Collection[str]) -> FileReport:
        """Return the report of a text without what is not wanted, and how it compares with the
        baseline; `asked` are the codes of the rules that were."""
        if self.before is None and self.known is None:
            return report
        is_wanted = self.wanted(source, report.findings)
        pairs = zip(report.findings, is_wanted, strict=True)
        compared = None
        if self.known is not None:
            found = fingerprints(source, report.findings)
            compared = baseline.compare(self.known, found, asked)
        findings = tuple(finding for finding, is_one in pairs if is_one)
        return replace(report, findings=findings, compared=compared)


EVERYTHING = FileLimits()


# Each round of fixes asks again about its text.
@functools.lru_cache(maxsize=4)
def _changed_lines(before: str, after: str) -> frozenset[int]:
    from flake8_asyncrun.changed_lines import changed_lines

    return changed_lines(before, after)


def _lines(source: Source, finding: Finding) -> range:
    first, _ = source.line_and_column(finding.span.start)
    last, _ = source.line_and_column(max(finding.span.start, finding.span.end - 1))
    return range(first, last + 1)
