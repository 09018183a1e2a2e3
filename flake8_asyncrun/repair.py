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

from flake8_asyncrun import __version__, files, walk
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
from flake8_asyncrun.core import unused
from flake8_asyncrun.core.fix import Problem, fix_source
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.generators import functions_that_plain_generators_wait_for
from flake8_asyncrun.core.leftovers import Leftover, leftovers
from flake8_asyncrun.core.model import Finding, Note, Safety
from flake8_asyncrun.core.rule import File
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from flake8_asyncrun.files import FileError
from flake8_asyncrun.limits import EVERYTHING, FileLimits
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.syntax import Unreadable, names_global
from flake8_asyncrun.names.target import show
from flake8_asyncrun.report import FileReport, shown
from flake8_asyncrun.rules import ALL, not_analysed
from flake8_asyncrun.share import Others

if TYPE_CHECKING:
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
    others = Others() if others is None else others
    traces = Traces() if traces is None else traces
    module = files.module_name(path, files.project_roots(path, job.config.src))
    source = Source(path, report.after, module)
    errors: dict[str, None] = {}

    def ask(source: Source) -> list[Finding]:
        with around.project.consulting() as asked:
            try:
                found = answer(source, around, job.rules, traces.rested_on, told)
            finally:
                traces.names |= asked
        errors.update(dict.fromkeys(f"{path}: {error}" for error in found.errors))
        said = suppress(source, with_unused(source, found))
        findings = [
            spared(finding)
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

    def spared(finding: Finding) -> Finding:
        if finding.fix is None or not (finding.fix.coroutines or finding.fix.own_loop_in):
            return finding
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
    texts = functools.cache(lambda: _others(path, others))

    def left_behind(before: Source, after: Source) -> list[Leftover]:
        return leftovers(
            before,
            after,
            lambda source: File(source, around.project),
            lambda name: any(names_global(text, own, name) for _, text in texts()),
        )

    report = replace(report, unsafe_fixes=job.config.unsafe_fixes)
    codes = {rule.code for rule in job.rules}
    try:
        around = find_surroundings(path, job.config)
        if not fix:
            report = replace(report, findings=tuple(ask(source)), errors=tuple(errors))
            limited = job.limits.applied(source, report, codes)
            return replace(limited, printed=_printed(source) if limited.findings else None)
        may_appear = {rule.code for rule in job.rules if rule.may_appear}
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
        place = path if error.line is None else f"{path}:{error.line}"
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
    return job.limits.applied(Source(path, fixed.text, module), report, codes)


def _printed(source: Source) -> str | None:
    """Return what spans count in, where that is not the text; such a text gets no fixes."""
    return None if source.prints_back else source.printed


def _others(path: str, others: Others) -> list[tuple[str, str]]:
    """Return the files that may import the one at `path`, and their texts as they are by now."""
    there = {os.path.realpath(one): one for one in (*walk.files_beside(path), *others.names)}
    there.pop(os.path.realpath(path), None)
    texts = ((name, others.text(name)) for name in there.values())
    return [(name, text) for name, text in texts if text is not None]


_BY_HAND = re.compile(r"\b(?:[gs]et|new)_event_loop\b")


def _set_for(own: str, names: Iterable[str], others: Iterable[tuple[str, str]]) -> Note | None:
    """Return why code of the module `own`, in these globals of it, cannot get a loop of its own:
    another file may call it on a loop that it chose. None where none is seen to."""
    for name in names:
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


def unchanged(report: FileReport) -> FileReport:
    return replace(report, after=report.before, findings=(), applied=())


def changed(reports: Iterable[FileReport]) -> dict[str, str]:
    """Return the texts that are not on disk yet, by the real paths of their files."""
    return {os.path.realpath(report.path): report.after for report in reports if report.changed}
