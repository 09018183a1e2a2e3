"""What the user says to the fixes of one file. What was refused is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flake8_asyncrun.core.model import Edit, Finding, Note
from flake8_asyncrun.core.readers import for_readers
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.report import NO_FIX

Approve = Callable[[Source, Finding], "bool | None"]
"""Asks whether a finding's fix is to be applied to a text; None ends all asking."""


@dataclass(frozen=True)
class _Refusal:
    code: str
    title: str
    message: str
    start: int

    def is_like(self, other: _Refusal) -> bool:
        return replace(self, start=0) == replace(other, start=0)


class Consent:
    """The answers about one file, over all rounds of its repair."""

    def __init__(self, approve: Approve) -> None:
        self._approve = approve
        self._source = Source("", "")
        self._accepted: list[Edit] = []
        self._declined: set[tuple[Edit, ...]] = set()
        self._refused: list[_Refusal] = []
        self._is_over = False
        self._parts: dict[int, Consent] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be asked, of this file or another."""
        return self._is_over or any(one.is_over for one in self._parts.values())

    def of_part(self, number: int) -> Consent:
        """Return the answers about one of several programs that the file holds."""
        part = self._parts.setdefault(number, Consent(self._approve))
        part._is_over = self.is_over
        return part

    def see(self, source: Source, findings: Sequence[Finding]) -> None:
        """Begin a round: these are the findings of the text as it is now."""
        if source.text != self._source.text:
            self._refused = [
                replace(each, start=_moved(each.start, self._accepted)) for each in self._refused
            ]
        self._source, self._accepted, self._declined = source, [], set()
        there = [_refusal(finding) for finding in findings if finding.fix]
        at_place = [each for each in self._refused if each in there]
        # What stands elsewhere, as in a new function, is known by what is said of it.
        others = [each for each in there if each not in at_place]
        for number, refused in enumerate(self._refused):
            like = [each for each in others if refused.is_like(each)]
            if refused not in at_place and like:
                others.remove(like[0])
                self._refused[number] = like[0]

    def allows(self, finding: Finding) -> bool:
        """Return the user's answer to a fix of this round's text, which may be known already."""
        if self.is_over or finding.fix is None or self._is_refused(finding):
            return False
        if all(edit in self._accepted for edit in finding.fix.edits):
            return True  # another finding has the same fix
        if finding.fix.edits in self._declined:
            self._refused.append(_refusal(finding))
            return False
        answer = self._approve(self._source, for_readers(finding, self._source))
        if answer is None:
            self._is_over = True
        elif answer:
            self._accepted += finding.fix.edits
        else:
            self._declined.add(finding.fix.edits)
            self._refused.append(_refusal(finding))
        return bool(answer)

    def told(self, finding: Finding) -> Finding:
        """Return a finding of this round's text as it is reported: a refused fix is none."""
        if not self._is_refused(finding):
            return finding
        return replace(finding, fix=None, notes=(*finding.notes, Note(f"{NO_FIX}you said no")))

    def _is_refused(self, finding: Finding) -> bool:
        return finding.fix is not None and _refusal(finding) in self._refused


def _refusal(finding: Finding) -> _Refusal:
    title = finding.fix.title if finding.fix else ""
    return _Refusal(finding.code, title, finding.message, finding.span.start)


def _moved(offset: int, edits: Sequence[Edit]) -> int:
    """Return where in the edited text that is which was at an offset."""
    return offset + sum(
        len(edit.text.encode("utf-8", "surrogatepass")) - (edit.span.end - edit.span.start)
        for edit in set(edits)
        if edit.span.end <= offset
    )
