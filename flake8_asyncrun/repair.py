"""One file checked, and repaired as far as that is wanted; what others need of it stays as it is.

Nothing is written.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import TYPE_CHECKING

from flake8_asyncrun import __version__, baseline, documents, files
from flake8_asyncrun.analysis import (
    Configure,
    FindSurroundings,
    Found,
    Heard,
    answer,
    asked,
    our_fault,
)
from flake8_asyncrun.cache import Evidence
from flake8_asyncrun.config import Config, ConfigError, fixable
from flake8_asyncrun.consent import Consent
from flake8_asyncrun.core import cells, unused
from flake8_asyncrun.core.fix import Problem, fix_source
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.generators import functions_that_plain_generators_wait_for
from flake8_asyncrun.core.leftovers import Leftover, leftovers
from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Safety
from flake8_asyncrun.core.readers import for_readers
from flake8_asyncrun.core.rule import File
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import silence, suppress
from flake8_asyncrun.documents import DocumentError
from flake8_asyncrun.files import FileError
from flake8_asyncrun.limits import EVERYTHING, FileLimits
from flake8_asyncrun.names import forms
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.syntax import Unreadable, names_global
from flake8_asyncrun.names.target import show
from flake8_asyncrun.report import FileReport, shown
from flake8_asyncrun.rules import ALL, not_analysed
from flake8_asyncrun.share import Others

if TYPE_CHECKING:
    from flake8_asyncrun.baseline import Comparison
    from flake8_asyncrun.core.rule import Rule


@dataclass(frozen=True)
class Job:
    path: str
    config: Config
    rules: tuple[Rule, ...]
    fixable: frozenset[str]
    """The codes whose findings may be repaired."""
    limits: FileLimits = EVERYTHING


@dataclass
class Traces:
    """What the findings in a file depend on, noted while it is checked."""

    rested_on: list[Evidence] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """The modules that were asked for."""
    depends_on_others: bool = False
    """Whether the other files were looked at."""


def prepare(path: str, configure: Configure, limits: FileLimits = EVERYTHING) -> Job | FileReport:
    """Return how a file is to be checked, or why it cannot be."""
    try:
        config = configure(path)
        rules, codes = _rules(config)
    except ConfigError as error:
        return FileReport(path, errors=(str(error),))
    return Job(path, config, rules, codes, limits)


@functools.cache
def _rules(config: Config) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Return the rules to ask, and the codes of those whose findings may be repaired."""
    return asked(config), fixable(config, (rule.code for rule in ALL))


def check(
    job: Job,
    report: FileReport,
    find_surroundings: FindSurroundings,
    *,
    fix: bool,
    consent: Consent | None = None,
    others: Others | None = None,
    traces: Traces | None = None,
    told: Heard | None = None,
) -> FileReport:
    """Check a file, and with `fix` repair it; `others` are the files that are, too.

    What the rules were asked elsewhere is what was `told`.
    """
    path = job.path
    ask = _Asking(
        find_surroundings,
        fix,
        consent,
        Others() if others is None else others,
        Traces() if traces is None else traces,
        told,
    )
    if forms.is_document(path):
        return _check_document(job, report, ask)
    module = files.module_name(path, files.project_roots(path, job.config.src))
    source = Source(path, report.after, module)
    if not source.is_notebook:
        return _check_source(job, source, report, ask)
    checked = _check_source(job, source, report, replace(ask, refusal=cells.refusal))
    after = source.with_text(checked.after)
    left = checked.findings if consent is None else map(consent.told, checked.findings)
    return replace(checked, findings=tuple(for_readers(one, after) for one in left))


def _check_document(job: Job, report: FileReport, asking: _Asking) -> FileReport:
    """Check the programs in a document, and repair them where that is wanted, each alone."""
    path, text = job.path, report.after
    consent = asking.consent
    limits = job.limits
    if limits.before is not None:
        before = "".join(part.text for part in documents.every_part(path, limits.before))
        job = replace(job, limits=replace(limits, before=before))
    parts = documents.parts(path, text)
    every = documents.every_part(path, text) if parts else []
    checked: list[FileReport] = []
    for number, part in enumerate(parts):
        own = None if consent is None else consent.of_part(number)
        others = "".join(one.text for one in every if one.first != part.first)
        ask = replace(asking, consent=own, refusal=part.refusal, elsewhere=others)
        source = Source(path, part.text, corner=part.corner)
        one = _check_source(job, source, FileReport(path, part.text, part.text), ask)
        if (text_left := documents.trimmed(part, one.after)) != one.after:
            # As it stands in the document, its findings are elsewhere.
            start = FileReport(path, text_left, text_left)
            again = _check_source(job, source.with_text(text_left), start, replace(ask, fix=False))
            compared = again.compared
            one = replace(one, after=text_left, findings=again.findings, compared=compared)
        told = one.findings if own is None else map(own.told, one.findings)
        checked.append(replace(one, findings=tuple(told)))
    errors = tuple(dict.fromkeys(error for one in checked for error in one.errors))
    report = replace(
        report,
        unsafe_fixes=job.config.unsafe_fixes,
        errors=errors,
        compared=_compared(job, [one.compared for one in checked]),
    )
    try:
        texts = [one.after for one in checked]
        after = documents.put_back(path, text, [*zip(parts, texts, strict=True)])
    except DocumentError as error:
        return replace(unchanged(report), errors=(*errors, f"{path}: cannot be written: {error}"))
    left = [one for one in checked if may_have_findings(one.after)]
    findings: list[Finding] = []
    for part, one in zip(documents.parts(path, after), left, strict=True):
        source = Source(path, part.text, corner=part.corner)
        place = documents.into_document(part, after)
        findings += (for_readers(place(finding), source) for finding in one.findings)
    applied = (*report.applied, *(finding for one in checked for finding in one.applied))
    return replace(report, after=after, findings=tuple(findings), applied=applied)


def _compared(job: Job, parts: Iterable[Comparison | None]) -> Comparison | None:
    """Return how a document compares with the baseline, as its parts do."""
    if job.limits.known is None:
        return None
    found = [one for part in parts if part is not None for one in part.found]
    return baseline.compare(job.limits.known, found, (rule.code for rule in job.rules))


@dataclass(frozen=True)
class _Asking:
    """What a program is checked with, beside its rules."""

    find_surroundings: FindSurroundings
    fix: bool
    consent: Consent | None
    others: Others
    traces: Traces
    told: Heard | None
    refusal: Callable[[str, Iterable[Edit]], str | None] | None = None
    """Says of a text and a fix's edits why it cannot be there; None for a whole file's."""
    elsewhere: str = ""
    """Where the names of a document's program may be used, too."""


def _check_source(job: Job, source: Source, report: FileReport, asking: _Asking) -> FileReport:
    """Check a program, and repair it where that is wanted."""
    path = job.path
    consent, others, traces = asking.consent, asking.others, asking.traces
    errors: dict[str, None] = {}

    def ask(source: Source) -> list[Finding]:
        with around.project.consulting() as asked:
            try:
                found = answer(source, around, job.rules, traces.rested_on, asking.told)
            finally:
                traces.names |= asked
        errors.update(dict.fromkeys(f"{path}: {error}" for error in found.errors))
        said = suppress(source, with_unused(source, found))
        findings = [
            spared(source, finding)
            if is_wanted and finding.code in job.fixable
            else replace(finding, fix=None)
            for finding, is_wanted in zip(said, job.limits.wanted(source, said), strict=True)
        ]
        if consent is not None:
            consent.see(source, findings)
        return findings

    def with_unused(source: Source, found: Found) -> Sequence[Finding]:
        is_whole = not found.errors and not_analysed.check.code not in {
            finding.code for finding in found.findings
        }
        if unused.CODE not in codes or not is_whole:
            return found.findings
        unasked = {rule.code for rule in ALL} - codes
        try:
            return unused.with_unused(source, found.findings, unasked)
        except Unreadable:
            if may_have_findings(source.text):
                raise
            return found.findings  # its syntax errors are for others to tell

    def spared(source: Source, finding: Finding) -> Finding:
        if finding.fix is None:
            return finding
        note = _cannot_be(source, finding.fix, asking)
        if note is None and (finding.fix.coroutines or finding.fix.own_loop_in):
            traces.depends_on_others = True
            note = _waited_for(path, finding.fix.coroutines, others, waits)
        if note is None and finding.fix.own_loop_in:
            note = _set_for(own, finding.fix.own_loop_in, texts())
        if note is None:
            return finding
        return replace(finding, fix=None, notes=(*finding.notes, note))

    def allowed(finding: Finding) -> bool:
        return (
            finding.fix is not None
            and (finding.fix.safety is Safety.SAFE or job.config.unsafe_fixes)
            and (consent is None or consent.allows(finding))
        )

    @functools.cache
    def waits(other: str, text: str) -> Mapping[tuple[str, str], str]:
        return _waits_in(other, text, around.project, job.config.src)

    own = files.last_name(path)
    texts = functools.cache(lambda: others.naming(path))

    def is_named_elsewhere(source: Source, name: str) -> bool:
        if not source.is_whole:
            return _is_used_unseen(source, [name], asking)
        return any(names_global(text, own, name) for _, text in texts())

    def left_behind(before: Source, after: Source) -> list[Leftover]:
        found = leftovers(
            before,
            after,
            lambda source: File(source, around.project),
            functools.partial(is_named_elsewhere, after),
        )
        return [one for one in found if _cannot_be(after, one.fix, asking) is None]

    report = replace(report, unsafe_fixes=job.config.unsafe_fixes)
    codes = {rule.code for rule in job.rules}
    try:
        around = asking.find_surroundings(path, job.config)
        if not asking.fix:
            report = replace(report, findings=tuple(ask(source)), errors=tuple(errors))
            limited = job.limits.applied(source, report, codes)
            return replace(limited, printed=_printed(source) if limited.findings else None)
        may_appear = {rule.code for rule in job.rules if rule.may_appear}
        if source.is_notebook:
            # A run that is well called at last is one that a cell cannot make.
            may_appear.add("RUN105")
        fixed = fix_source(
            source,
            ask,
            allowed,
            may_appear=may_appear,
            target=job.config.target,
            leftovers=left_behind,
        )
        # Where spans count in something else, nothing is repaired.
        printed = _printed(source) if fixed.left and fixed.text == source.text else None
    except FileError as error:
        return replace(unchanged(report), errors=(str(error),))
    except Unreadable as error:
        if source.corner is not None:
            return unchanged(report)  # a fragment, as far as we can tell
        spot = source.spot_of(error.line or 1)
        cell = "" if spot.cell is None else f"cell {spot.cell}:"
        place = path if error.line is None else f"{path}:{cell}{spot.line}"
        return replace(unchanged(report), errors=(f"{place}: cannot be analysed: {error}",))
    except Exception as error:  # noqa: BLE001 - the fence around the whole tool
        return replace(unchanged(report), errors=(f"{path}: {our_fault(error)}",))
    for problem in fixed.problems:
        errors[f"{path}: {_not_repaired(job, problem)}"] = None
    report = replace(
        report,
        after=fixed.text,
        findings=tuple(fixed.left),
        applied=(*report.applied, *fixed.applied),
        errors=tuple(errors),
        printed=printed,
    )
    return job.limits.applied(source.with_text(fixed.text), report, codes)


def _cannot_be(source: Source, fix: Fix, asking: _Asking) -> Note | None:
    """Return why a fix cannot be made in what a notebook or a document holds, None where it can."""
    if asking.refusal is None:
        return None
    names = [title.rpartition(".")[2] for title in fix.coroutines]
    if _is_used_unseen(source, names, asking):
        return Note("no fix: it may be called where that is not seen")
    reason = asking.refusal(source.text, fix.edits)
    return None if reason is None else Note(f"no fix: {reason}")


def _is_used_unseen(source: Source, names: Iterable[str], asking: _Asking) -> bool:
    """Say whether one of these names of a program may be used by what is no Python in it, or by
    another program of the document."""
    words = set(re.findall(r"\w+", cells.hidden(source.text) + asking.elsewhere))
    return not words.isdisjoint(names)


def _printed(source: Source) -> str | None:
    """Return what spans count in, where that is not the text; such a text gets no fixes."""
    return None if source.prints_back else source.printed


_BY_HAND = re.compile(r"\b(?:[gs]et|new)_event_loop\b")


def _set_for(own: str, name: str, others: Iterable[tuple[str, str]]) -> Note | None:
    """Return why code of the module `own`, in this global of it, cannot get a loop of its own:
    another file may call it on a loop that it chose. None where none is seen to."""
    for path, text in others:
        if _BY_HAND.search(text) and names_global(text, own, name):
            return Note(
                f"no fix: `{shown(path)}` names `{name}` and has to do with loops itself, so "
                "which one is to run may be chosen there"
            )
    return None


def _waited_for(
    path: str,
    titles: Collection[str],
    others: Others,
    waits: Callable[[str, str], Mapping[tuple[str, str], str]],
) -> Note | None:
    """Return why functions of the file at a path cannot become coroutines: a plain generator of
    another file waits for one. None where none is seen to; `waits` is asked as `_waits_in` is."""
    names = [title.rpartition(".")[2] for title in titles]
    for other in others.waiting:
        text = "" if other == path else others.text(other) or ""
        if "yield from" not in text or not any(name in text for name in names):
            continue
        for (place, title), holder in waits(other, text).items():
            if title in titles and os.path.realpath(place) == os.path.realpath(path):
                return Note(
                    f"no fix: `{holder}`, a plain generator of {other}, waits for it; make "
                    "that an `async def` by hand first"
                )
    return None


def _waits_in(
    path: str, text: str, project: Project, src: tuple[str, ...]
) -> Mapping[tuple[str, str], str]:
    """Return which functions, by file and title, plain generators of the file at a path wait for,
    with the generators' names; nothing where it cannot be read."""
    module = files.module_name(path, files.project_roots(path, src))
    try:
        return functions_that_plain_generators_wait_for(File(Source(path, text, module), project))
    except (Unreadable, RecursionError):
        return {}


def _not_repaired(job: Job, problem: Problem) -> str:
    """Return what fixes did, and how to see them do so again."""
    options = ["--diff", f"--select={','.join(problem.codes)}"]
    options.append(f"--target-version={show(job.config.target.first)}")
    if job.config.unsafe_fixes:
        options.append("--unsafe-fixes")
    command = shlex.join(["asyncrun-fix", *options, job.path])
    python = ".".join(map(str, sys.version_info[:3]))
    versions = f"{__version__}, Python {python}, LibCST {metadata.version('libcst')}"
    return (
        f"{', '.join(problem.codes)}: was not repaired, which is a bug of ours: {problem.reason}; "
        f"`{command}` shows it (flake8-asyncrun {versions})"
    )


def with_noqa(report: FileReport) -> str:
    """Return the text of a report with a `# noqa` for each finding, as far as there can be one."""
    path, text = report.path, report.after
    # A comment to silence what is said of comments would be one more.
    findings = [finding for finding in report.findings if finding.code != unused.CODE]
    if not forms.is_document(path):
        return silence(Source(path, text), findings)
    try:
        return documents.with_noqa(path, text, findings)
    except DocumentError:
        return text


def unchanged(report: FileReport) -> FileReport:
    return replace(report, after=report.before, findings=(), applied=())


def changed(reports: Iterable[FileReport]) -> dict[str, str]:
    """Return the texts that are not on disk yet, by the real paths of their files."""
    return {os.path.realpath(report.path): report.after for report in reports if report.changed}
