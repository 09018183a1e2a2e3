"""A whole run: files in, a report for each out. A fault of ours ends here, never at the user."""

from __future__ import annotations

import functools
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import __version__, cache, files
from flake8_asyncrun.cache import Answer, Cache, Ground
from flake8_asyncrun.config import Config, ConfigError, fixable, selected
from flake8_asyncrun.consent import Approve, Consent
from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Problem, fix_source
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.generators import functions_that_plain_generators_wait_for
from flake8_asyncrun.core.leftovers import Leftover, leftovers
from flake8_asyncrun.core.model import Finding, Note, Safety
from flake8_asyncrun.core.rule import File
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import silence, suppress
from flake8_asyncrun.files import FileError, TextFile
from flake8_asyncrun.locks import Versions, versions
from flake8_asyncrun.names.knowledge import Knowledge, Told
from flake8_asyncrun.names.project import FindModule, Project
from flake8_asyncrun.names.syntax import Unreadable, names_global
from flake8_asyncrun.names.target import show
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.rules import ALL

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule
    from flake8_asyncrun.names.target import Target

ROUNDS = 10
"""How often the files may be gone through before their fixes must have come to rest."""

Configure = Callable[[str], Config]
"""The configuration of a path; may raise ConfigError."""


@dataclass(frozen=True)
class Found:
    """What the rules said of one text."""

    findings: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()
    """What went wrong, one line each, without the path."""


@dataclass(frozen=True)
class _Surroundings:
    """What answers about a file are made of, and where they are kept."""

    project: Project
    cache: Cache | None


_FindSurroundings = Callable[[str, Config], _Surroundings]
"""What there is around the file at a path; may raise FileError."""


@dataclass(frozen=True)
class _Place:
    """What is the same for all files in a folder."""

    folders: tuple[str, ...]
    """Where imports are looked up."""
    wanted: Versions
    cache: Path | None


def run(
    paths: Iterable[str],
    configure: Configure,
    *,
    fix: bool,
    write: bool,
    add_noqa: bool = False,
    cached: bool = True,
) -> list[FileReport]:
    """Check all Python files that `paths` name, and return a report for each, in a fixed order.

    With `fix` the reports hold the text with its fixes, and with `add_noqa` a `# noqa` for what is
    left then; with `write` the files do, too. Unless they may be `cached`, no answers of earlier
    runs are used or kept. Nothing is raised: what could not be done is in the reports' `errors`.
    """
    names, unlisted = files.python_files(paths)
    jobs = [_prepare(name, functools.partial(files.read, name), configure) for name in names]
    reports = _settle(jobs, fix=fix, cached=cached)
    if add_noqa:
        reports = _silence(jobs, reports, cached=cached)
    if write:
        reports = [
            _write(job.file, report) if isinstance(job, _Job) and report.changed else report
            for job, report in zip(jobs, reports, strict=True)
        ]
    return [*reports, *(FileReport(error.path, errors=(str(error),)) for error in unlisted)]


def run_asking(
    paths: Iterable[str], configure: Configure, approve: Approve, *, cached: bool = True
) -> list[FileReport]:
    """Repair the Python files that `paths` name, one after the other, as far as the user approves.

    A file is written once all is asked that it gives reason to ask; `approve` may raise, and leaves
    the file as it was. When it ends the asking, the files that were not looked at have no report.
    """
    names, unlisted = files.python_files(paths)
    consents = {name: Consent(approve) for name in names}
    reports: dict[str, FileReport] = {}
    find_surroundings = _surroundings({}, cached=cached)

    def repair(name: str) -> FileReport:
        # Read when it is its turn: asking takes its time, and the file may have changed meanwhile.
        job = _prepare(name, functools.partial(files.read, name), configure)
        if isinstance(job, FileReport):
            return job
        consent = consents[name]
        start = FileReport(name, job.file.text, job.file.text)
        others = [_as_it_is(other) for other in names]
        report = _check(job, start, find_surroundings, fix=True, consent=consent, others=others)
        told = replace(report, findings=tuple(map(consent.told, report.findings)))
        return _write(job.file, told) if told.changed else told

    def _as_it_is(other: str) -> FileReport:
        try:
            text = files.read(other).text
        except FileError:
            return FileReport(other)
        return FileReport(other, text, text)

    for _ in range(ROUNDS):
        has_changed = False
        for name in names:
            earlier = reports.get(name)
            if earlier is not None and earlier.errors:
                continue
            report = repair(name)
            if report.changed:
                has_changed = True
                find_surroundings = _surroundings({}, cached=cached)
            reports[name] = (
                replace(report, before=earlier.before, applied=(*earlier.applied, *report.applied))
                if earlier is not None
                else report
            )
            if consents[name].is_over:
                has_changed = False
                break
        if not has_changed:
            break
    return [
        *reports.values(),
        *(FileReport(error.path, errors=(str(error),)) for error in unlisted),
    ]


def run_text(
    file: TextFile,
    configure: Configure,
    *,
    fix: bool,
    add_noqa: bool = False,
    cached: bool = True,
) -> FileReport:
    """Check one text that was not read from its path, as `run` does. No file is changed."""
    jobs = [_prepare(file.path, lambda: file, configure)]
    reports = _settle(jobs, fix=fix, cached=cached)
    return (_silence(jobs, reports, cached=cached) if add_noqa else reports)[0]


def look(
    path: str, text: str, configure: Configure, chosen: Collection[str] = ()
) -> tuple[Source, Found]:
    """Ask all rules about one text, whatever is selected or suppressed. Nothing is raised.

    Those that are off by default are asked where their codes are `chosen`.
    """
    source = Source(path, text, files.module_name(path, files.project_roots(path)))
    try:
        around = _around(path, configure(path))
    except (ConfigError, FileError) as error:
        return source, Found(errors=(str(error),))
    try:
        rules = [rule for rule in ALL if not rule.optional or rule.code in chosen]
        return source, _answer(source, around, rules)
    except Unreadable as error:
        return source, Found(errors=(str(error),))


@dataclass(frozen=True)
class _Job:
    file: TextFile
    config: Config
    rules: tuple[Rule, ...]
    fixable: frozenset[str]
    """The codes whose findings may be repaired."""


def _prepare(path: str, read: Callable[[], TextFile], configure: Configure) -> _Job | FileReport:
    """Return what is to be done with a file, or what there is to say of it already."""
    try:
        file = read()
        config = configure(path)
        rules, codes = _rules(config)
    except (FileError, ConfigError) as error:
        return FileReport(path, errors=(str(error),))
    if not may_have_findings(file.text):
        return FileReport(path, file.text, file.text)
    return _Job(file, config, rules, codes)


@functools.cache
def _rules(config: Config) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Return the rules to ask, and the codes of those whose findings may be repaired."""
    codes = selected(config, (rule.code for rule in ALL))
    rules = tuple(
        rule
        for rule in ALL
        if rule.code in codes and (not rule.optional or rule.code in config.select)
    )
    return rules, fixable(config, (rule.code for rule in ALL))


def _settle(jobs: Sequence[_Job | FileReport], *, fix: bool, cached: bool) -> list[FileReport]:
    """Check the jobs, and with `fix` again until no file's fix makes a finding in another."""
    reports = [
        FileReport(job.file.path, job.file.text, job.file.text) if isinstance(job, _Job) else job
        for job in jobs
    ]
    for _ in range(ROUNDS):
        find_surroundings = _surroundings(_changed(reports), cached=cached)
        earlier = reports
        reports = [
            _check(job, report, find_surroundings, fix=fix, others=earlier)
            if isinstance(job, _Job)
            else report
            for job, report in zip(jobs, earlier, strict=True)
        ]
        moved = [new.after != old.after for new, old in zip(reports, earlier, strict=True)]
        if not any(moved):
            return reports
    return [
        replace(_unchanged(report), errors=(f"{report.path}: its fixes do not come to rest",))
        if is_moving
        else report
        for report, is_moving in zip(reports, moved, strict=True)
    ]


def _changed(reports: Iterable[FileReport]) -> dict[str, str]:
    """Return the texts that are not on disk yet, by the real paths of their files."""
    return {os.path.realpath(report.path): report.after for report in reports if report.changed}


def _silence(
    jobs: Sequence[_Job | FileReport], reports: Sequence[FileReport], *, cached: bool
) -> list[FileReport]:
    """Return the reports with a `# noqa` for each finding, as far as there can be one."""
    find_surroundings = _surroundings(_changed(reports), cached=cached)

    def silenced(job: _Job, report: FileReport) -> FileReport:
        text = silence(Source(report.path, report.after), report.findings)
        if text == report.after:
            return report
        checked = _check(job, replace(report, after=text), find_surroundings, fix=False)
        if checked.after != text:
            return report
        errors = tuple(dict.fromkeys((*report.errors, *checked.errors)))
        number = len(report.findings) - len(checked.findings)
        return replace(checked, silenced=number, errors=errors)

    return [
        silenced(job, report) if isinstance(job, _Job) and report.findings else report
        for job, report in zip(jobs, reports, strict=True)
    ]


def _check(
    job: _Job,
    report: FileReport,
    find_surroundings: _FindSurroundings,
    *,
    fix: bool,
    consent: Consent | None = None,
    others: Sequence[FileReport] = (),
) -> FileReport:
    """Check a file, and with `fix` repair it; `others` are the files that are, too."""
    path = job.file.path
    module = files.module_name(path, files.project_roots(path))
    source = Source(path, report.after, module)
    errors: dict[str, None] = {}

    def ask(source: Source) -> list[Finding]:
        found = _answer(source, around, job.rules)
        errors.update(dict.fromkeys(f"{path}: {error}" for error in found.errors))
        findings = [
            spared(finding) if finding.code in job.fixable else replace(finding, fix=None)
            for finding in suppress(source, found.findings)
        ]
        if consent is not None:
            consent.see(source, findings)
        return findings

    def spared(finding: Finding) -> Finding:
        titles = () if finding.fix is None else finding.fix.coroutines
        note = _waited_for(path, titles, others, waits)
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
        return _waits_in(other, text, around.project)

    own = files.last_name(path)
    texts = functools.cache(lambda: _others(path, others))

    def left_behind(before: Source, after: Source) -> list[Leftover]:
        return leftovers(
            before,
            after,
            lambda source: File(source, around.project),
            lambda name: any(names_global(text, own, name) for text in texts()),
        )

    report = replace(report, unsafe_fixes=job.config.unsafe_fixes)
    try:
        around = find_surroundings(path, job.config)
        if not fix:
            return replace(report, findings=tuple(ask(source)), errors=tuple(errors))
        may_appear = {rule.code for rule in job.rules if rule.may_appear}
        fixed = fix_source(
            source,
            ask,
            allowed,
            may_appear=may_appear,
            target=job.config.target,
            leftovers=left_behind,
        )
    except FileError as error:
        return replace(_unchanged(report), errors=(str(error),))
    except Unreadable as error:
        place = path if error.line is None else f"{path}:{error.line}"
        return replace(_unchanged(report), errors=(f"{place}: cannot be analysed: {error}",))
    except Exception as error:  # noqa: BLE001 - the fence around the whole tool
        return replace(_unchanged(report), errors=(f"{path}: {_our_fault(error)}",))
    for problem in fixed.problems:
        errors[f"{path}: {_not_repaired(job, problem)}"] = None
    return replace(
        report,
        after=fixed.text,
        findings=tuple(fixed.left),
        applied=(*report.applied, *fixed.applied),
        errors=tuple(errors),
    )


def _others(path: str, reports: Sequence[FileReport]) -> list[str]:
    """Return the texts of the files that may import the one at `path`, as they are by now."""
    there = {os.path.realpath(one): one for one in files.files_beside(path)}
    there |= {os.path.realpath(one.path): one.path for one in reports}
    changed = _changed(reports)
    texts: list[str] = []
    for real, name in there.items():
        try:
            text = changed[real] if real in changed else files.read(name).text
        except FileError:
            continue  # nor can Python
        if real != os.path.realpath(path):
            texts.append(text)
    return texts


def _waited_for(
    path: str,
    titles: Collection[str],
    others: Iterable[FileReport],
    waits: Callable[[str, str], Mapping[tuple[str, str], str]],
) -> Note | None:
    """Return why functions of the file at a path cannot become coroutines: a plain generator of
    another file waits for one. None where none is seen to; `waits` is asked as `_waits_in` is."""
    names = [title.rpartition(".")[2] for title in titles]
    for other in others:
        text = other.after
        if other.path == path or not names or "yield from" not in text:
            continue
        if not any(name in text for name in names):
            continue
        for (place, title), holder in waits(other.path, text).items():
            if title in titles and os.path.realpath(place) == os.path.realpath(path):
                return Note(
                    f"no fix: `{holder}`, a plain generator of {other.path}, waits for it; make "
                    "that an `async def` by hand first"
                )
    return None


def _waits_in(path: str, text: str, project: Project) -> Mapping[tuple[str, str], str]:
    """Return which functions, by file and title, plain generators of the file at a path wait for,
    with the generators' names; nothing where it cannot be read."""
    module = files.module_name(path, files.project_roots(path))
    try:
        return functions_that_plain_generators_wait_for(File(Source(path, text, module), project))
    except (Unreadable, RecursionError):
        return {}


def _answer(source: Source, around: _Surroundings, rules: Sequence[Rule]) -> Found:
    """Return what rules say of a file, now or in an earlier run, as `_ask` does."""
    kept = around.cache
    codes = (rule.code for rule in rules)
    question = (
        kept.question(source.path, source.module, source.text, codes)
        if kept is not None and may_have_findings(source.text)
        else None
    )
    if kept is None or question is None:
        return _ask(source, around.project, rules)
    if (known := kept.recall(question)) is not None:
        if known.unreadable is not None:
            raise Unreadable(*known.unreadable)
        if known.prints_back:
            # Else it would take a tree to say in which line a finding is.
            source.printed = source.text
        return Found(known.findings)
    with around.project.consulting() as names:
        try:
            found = _ask(source, around.project, rules)
        except Unreadable as error:
            kept.keep(question, Answer(unreadable=(str(error), error.line)), names)
            raise
    if not found.errors:
        prints_back = bool(found.findings) and source.prints_back
        kept.keep(question, Answer(found.findings, prints_back=prints_back), names)
    return found


def _ask(source: Source, project: Project, rules: Sequence[Rule]) -> Found:
    """Ask rules about a file; one that raises loses its own findings only.

    Raises Unreadable, and nothing else.
    """
    try:
        return Found(tuple(analyze(source, project, rules)))
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - the fence around the rules
        if len(rules) <= 1:
            return Found(errors=(_our_fault(error),))
    each = [(rule.code, _ask(source, project, [rule])) for rule in rules]
    findings = (finding for _, found in each for finding in found.findings)
    faults: dict[str, list[str]] = {}
    for code, found in each:
        for fault in found.errors:
            faults.setdefault(fault, []).append(code)
    return Found(
        tuple(sorted(findings, key=lambda finding: (finding.span, finding.code))),
        tuple(f"{', '.join(codes)}: {fault}" for fault, codes in faults.items()),
    )


def _our_fault(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    reason = " ".join(str(error).split())[:200]
    return f"a bug of ours{place}: {type(error).__name__}{': ' if reason else ''}{reason}"


def _not_repaired(job: _Job, problem: Problem) -> str:
    """Return what fixes did, and how to see them do so again."""
    options = ["--diff", f"--select={','.join(problem.codes)}"]
    options.append(f"--target-version={show(job.config.target.first)}")
    if job.config.unsafe_fixes:
        options.append("--unsafe-fixes")
    command = shlex.join(["asyncrun-fix", *options, job.file.path])
    python = ".".join(map(str, sys.version_info[:3]))
    versions = f"{__version__}, Python {python}, LibCST {metadata.version('libcst')}"
    return (
        f"{', '.join(problem.codes)}: was not repaired, which is a bug of ours: {problem.reason}; "
        f"`{command}` shows it (flake8-asyncrun {versions})"
    )


def _unchanged(report: FileReport) -> FileReport:
    return replace(report, after=report.before, findings=(), applied=())


def _write(file: TextFile, report: FileReport) -> FileReport:
    try:
        files.write(file, report.after)
    except FileError as error:
        return replace(_unchanged(report), errors=(*report.errors, str(error)))
    return report


def _surroundings(changed: Mapping[str, str], *, cached: bool) -> _FindSurroundings:
    """Return what sees the `changed` texts instead of what is on disk.

    One project serves all files that look imports up in the same folders, and want the same.
    """

    def overlaid(find_module: FindModule) -> FindModule:
        def find(name: str) -> tuple[str, str] | None:
            found = find_module(name)
            if found is None or not changed:
                return found
            path, text = found
            return path, changed.get(os.path.realpath(path), text)

        return find

    @functools.cache
    def project(
        folders: tuple[str, ...], target: Target, told: Told, wanted: Versions
    ) -> tuple[Project, Ground]:
        finder = files.module_finder(folders)
        find_module = overlaid(finder)
        ground = Ground(finder, find_module, changed, wanted)
        return Project(find_module, target, Knowledge(told, ground.choose)), ground

    places: dict[tuple[Path, str | None], _Place] = {}

    def find(path: str, config: Config) -> _Surroundings:
        told = Told(
            frozenset(config.loop_capturing),
            frozenset(config.coroutine_functions),
            frozenset(config.known_safe),
        )
        key = Path(path).absolute().parent, config.python
        if key not in places:
            folder = cache.folder_of(path) if cached else None
            places[key] = _Place(_search_path(path, config), versions(path), folder)
        place = places[key]
        found, ground = project(place.folders, config.target, told, place.wanted)
        if place.cache is None:
            return _Surroundings(found, None)
        names = (told.loop_capturing, told.coroutine_functions, told.known_safe)
        settings = (place.folders, str(config.target), *map(sorted, names))
        return _Surroundings(found, Cache(place.cache, settings, ground))

    return find


def _search_path(path: str, config: Config) -> tuple[str, ...]:
    """Return where imports lead. Raises FileError, with where an unusable `python` is said."""
    try:
        return files.search_path(path, config.python)
    except FileError as error:
        if not config.python_said_in:
            raise
        raise FileError(config.python_said_in, f"python: {error}") from None


_around = _surroundings({}, cached=True)
"""For a process that asks about one file at a time, and whose files do not change meanwhile."""
