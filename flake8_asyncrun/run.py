"""A whole run: files in, a report for each out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from flake8_asyncrun import files, walk
from flake8_asyncrun.analysis import Configure, surroundings
from flake8_asyncrun.consent import Approve, Consent
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import silence
from flake8_asyncrun.files import FileError, TextFile
from flake8_asyncrun.repair import Job, changed, check, prepare, unchanged
from flake8_asyncrun.report import FileReport

Progress = Callable[[int, int], None]
"""Is told how many of how many files are done; that begins anew where they are done again."""

ROUNDS = 10
"""How often the files may be gone through before their fixes must have come to rest."""


def run(
    paths: Iterable[str],
    configure: Configure,
    *,
    fix: bool,
    write: bool,
    add_noqa: bool = False,
    cached: bool = True,
    progress: Progress | None = None,
) -> list[FileReport]:
    """Check all Python files that `paths` name, and return a report for each, in a fixed order.

    With `fix` the reports hold the text with its fixes, and with `add_noqa` a `# noqa` for what is
    left then; with `write` the files do, too. Unless they may be `cached`, no answers of earlier
    runs are used or kept. Nothing is raised: what could not be done is in the reports' `errors`.
    """
    names, unlisted = walk.python_files(paths, configure)
    jobs = [prepare(name, functools.partial(files.read, name), configure) for name in names]
    reports = _settle(jobs, fix=fix, cached=cached, progress=progress)
    if add_noqa:
        reports = _silence(jobs, reports, cached=cached)
    if write:
        reports = [
            _write(job.file, report) if isinstance(job, Job) and report.changed else report
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
    names, unlisted = walk.python_files(paths, configure)
    consents = {name: Consent(approve) for name in names}
    reports: dict[str, FileReport] = {}
    find_surroundings = surroundings({}, cached=cached)

    def repair(name: str) -> FileReport:
        # Read when it is its turn: asking takes its time, and the file may have changed meanwhile.
        job = prepare(name, functools.partial(files.read, name), configure)
        if isinstance(job, FileReport):
            return job
        consent = consents[name]
        start = FileReport(name, job.file.text, job.file.text)
        others = [_as_it_is(other) for other in names]
        report = check(job, start, find_surroundings, fix=True, consent=consent, others=others)
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
                find_surroundings = surroundings({}, cached=cached)
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
    jobs = [prepare(file.path, lambda: file, configure)]
    reports = _settle(jobs, fix=fix, cached=cached)
    return (_silence(jobs, reports, cached=cached) if add_noqa else reports)[0]


def _settle(
    jobs: Sequence[Job | FileReport],
    *,
    fix: bool,
    cached: bool,
    progress: Progress | None = None,
) -> list[FileReport]:
    """Check the jobs, and with `fix` again until no file's fix makes a finding in another."""
    reports = [
        FileReport(job.file.path, job.file.text, job.file.text) if isinstance(job, Job) else job
        for job in jobs
    ]
    for _ in range(ROUNDS):
        find_surroundings = surroundings(changed(reports), cached=cached)
        earlier = reports
        reports = [
            check(job, report, find_surroundings, fix=fix, others=earlier)
            if isinstance(job, Job)
            else report
            for job, report in _counted(list(zip(jobs, earlier, strict=True)), progress)
        ]
        moved = [new.after != old.after for new, old in zip(reports, earlier, strict=True)]
        if not any(moved):
            return reports
    return [
        replace(unchanged(report), errors=(f"{report.path}: its fixes do not come to rest",))
        if is_moving
        else report
        for report, is_moving in zip(reports, moved, strict=True)
    ]


def _counted(
    pairs: Sequence[tuple[Job | FileReport, FileReport]], progress: Progress | None
) -> Iterator[tuple[Job | FileReport, FileReport]]:
    """Yield the pairs, and tell how many were dealt with."""
    for done, pair in enumerate(pairs, 1):
        yield pair
        if progress is not None:
            progress(done, len(pairs))


def _silence(
    jobs: Sequence[Job | FileReport], reports: Sequence[FileReport], *, cached: bool
) -> list[FileReport]:
    """Return the reports with a `# noqa` for each finding, as far as there can be one."""
    find_surroundings = surroundings(changed(reports), cached=cached)

    def silenced(job: Job, report: FileReport) -> FileReport:
        text = silence(Source(report.path, report.after), report.findings)
        if text == report.after:
            return report
        checked = check(job, replace(report, after=text), find_surroundings, fix=False)
        if checked.after != text:
            return report
        errors = tuple(dict.fromkeys((*report.errors, *checked.errors)))
        number = len(report.findings) - len(checked.findings)
        return replace(checked, silenced=number, errors=errors)

    return [
        silenced(job, report) if isinstance(job, Job) and report.findings else report
        for job, report in zip(jobs, reports, strict=True)
    ]


def _write(file: TextFile, report: FileReport) -> FileReport:
    try:
        files.write(file, report.after)
    except FileError as error:
        return replace(unchanged(report), errors=(*report.errors, str(error)))
    return report
