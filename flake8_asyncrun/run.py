"""A whole run: files in, a report for each out."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import files, walk
from flake8_asyncrun.files import FileError, TextFile
from flake8_asyncrun.pool import Pool, Progress
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.share import Done, Others, Round, Task
from flake8_asyncrun.sift import Sieve

# What takes LibCST and the rules is imported where it is used: most runs have little to check.
if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Configure
    from flake8_asyncrun.consent import Approve
    from flake8_asyncrun.limits import Limits

ROUNDS = 10
"""How often the files may be gone through before their fixes must have come to rest."""


Ask = Callable[[list[Task]], list[Task]]
"""Returns the same tasks, with what was told of them elsewhere."""


class Reports(list[FileReport]):
    """The reports of a run, in a fixed order, of all files that were checked or that failed.

    `names` are all files that were asked about: of those without a report there is nothing to say.
    """

    def __init__(self, reports: Iterable[FileReport], names: Sequence[str]) -> None:
        super().__init__(reports)
        self.names = names


def run(
    paths: Iterable[str],
    configure: Configure,
    *,
    fix: bool,
    write: bool,
    add_noqa: bool = False,
    cached: bool = True,
    kept_in: Path | None = None,
    limits: Limits | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    ask: Ask | None = None,
    docs: bool = False,
    progress: Progress | None = None,
) -> Reports:
    """Check all Python files that `paths` name, and return the reports, in a fixed order.

    Below folders documents are looked into with `docs`.

    With `fix` the reports hold the text with its fixes, and with `add_noqa` a `# noqa` for what is
    left then; with `write` the files do, too. What the `limits` leave out is neither reported nor
    repaired. Unless they may be `cached`, no answers of earlier runs are used or kept; `kept_in` is
    the folder for them, by default one in each project. The work is done by `executor`, else by up
    to `jobs` processes, after `ask` had the rules asked elsewhere; that may raise. Nothing else is
    raised: what could not be done is in the reports' `errors`.
    """
    names, unlisted = walk.python_files(paths, configure, docs=docs)
    sieve = Sieve(configure, fix=fix, cached=cached, kept_in=kept_in, limits=limits)
    sieve.put(names)
    if ask is not None:
        sieve.tasks = ask(sieve.tasks)
    with Pool(jobs, executor, progress) as pool:
        start = Round("", fix, cached, kept_in, Others(names))
        done = _settle(sieve.tasks, start, pool, sieve.known)
    sieve.keep((task, done[task.path]) for task in sieve.tasks)
    found = {name: each.report for name, each in done.items()}
    if add_noqa:
        tasks = [*sieve.tasks, *(task for task, _ in sieve.known)]
        found = _silence(tasks, found, start)
    if write:
        found = {
            name: _write(report) if report.changed else report for name, report in found.items()
        }
    told = {**sieve.reports, **found}
    reports = [told[name] for name in names if name in told]
    failed = (FileReport(error.path, errors=(str(error),)) for error in unlisted)
    return Reports([*reports, *failed], names)


def run_asking(
    paths: Iterable[str],
    configure: Configure,
    approve: Approve,
    *,
    cached: bool = True,
    kept_in: Path | None = None,
    limits: Limits | None = None,
    docs: bool = False,
) -> Reports:
    """Repair the Python files that `paths` name, one after the other, as far as the user approves.

    A file is written once all is asked that it gives reason to ask; `approve` may raise, and leaves
    the file as it was. When it ends the asking, the files that were not looked at have no report.
    """
    from flake8_asyncrun.analysis import surroundings
    from flake8_asyncrun.consent import Consent
    from flake8_asyncrun.limits import EVERYTHING
    from flake8_asyncrun.repair import Job, check, prepare

    names, unlisted = walk.python_files(paths, configure, docs=docs)
    consents = {name: Consent(approve) for name in names}
    reports: dict[str, FileReport] = {}
    find_surroundings = surroundings({}, cached=cached, folder=kept_in)

    def repair(name: str) -> FileReport:
        # Read when it is its turn: asking takes its time, and the file may have changed meanwhile.
        try:
            text = files.read(name).text
            limited = EVERYTHING if limits is None else limits.of(name)
        except FileError as error:
            return FileReport(name, errors=(str(error),))
        if limited.before == text:
            return FileReport(name, text, text)
        job = prepare(name, configure, limited)
        if not isinstance(job, Job):
            return job
        consent = consents[name]
        start = FileReport(name, text, text)
        others = Others(names)
        report = check(job, start, find_surroundings, fix=True, consent=consent, others=others)
        told = replace(report, findings=tuple(map(consent.told, report.findings)))
        return _write(told) if told.changed else told

    for _ in range(ROUNDS):
        has_changed = False
        for name in names:
            earlier = reports.get(name)
            if earlier is not None and earlier.errors:
                continue
            report = repair(name)
            if report.changed:
                has_changed = True
                find_surroundings = surroundings({}, cached=cached, folder=kept_in)
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
    failed = (FileReport(error.path, errors=(str(error),)) for error in unlisted)
    return Reports([*reports.values(), *failed], names)


def run_text(
    file: TextFile,
    configure: Configure,
    *,
    fix: bool,
    add_noqa: bool = False,
    cached: bool = True,
    kept_in: Path | None = None,
    limits: Limits | None = None,
) -> FileReport:
    """Check one text that was not read from its path, as `run` does. No file is changed."""
    from flake8_asyncrun.limits import EVERYTHING
    from flake8_asyncrun.repair import Job, prepare

    try:
        limited = EVERYTHING if limits is None else limits.of(file.path)
    except FileError as error:
        return FileReport(file.path, errors=(str(error),))
    job = prepare(file.path, configure)
    if not isinstance(job, Job):
        return job
    report = FileReport(file.path, file.text, file.text)
    if limited.before == file.text:
        return report
    start = Round("", fix, cached, kept_in, Others())
    task = Task(file.path, job.config, len(file.data), report, limits=limited)
    done = _settle([task], start, Pool(1))
    found = {name: each.report for name, each in done.items()}
    return (_silence([task], found, start) if add_noqa else found)[file.path]


def _settle(
    tasks: Sequence[Task], start: Round, pool: Pool, known: Sequence[tuple[Task, Done]] = ()
) -> dict[str, Done]:
    """Return what comes of the tasks, by path: after one round, or after as many as it takes until
    no file's fix makes a finding in another, those included of which all is `known` so far."""
    latest = {task.path: done for task, done in known}
    asked = list(tasks)
    tasks = [*tasks, *(task for task, _ in known)]
    moved: set[str] = set()
    for _ in range(ROUNDS):
        others = replace(start.others, changed=_changed(latest))
        done = pool.do(replace(start, number=uuid.uuid4().hex, others=others), asked)
        moved = {
            task.path for task, each in zip(asked, done, strict=True) if _has_moved(task, each)
        }
        latest |= {task.path: each for task, each in zip(asked, done, strict=True)}
        if not start.fix or not moved:
            return latest
        real = {os.path.realpath(path) for path in moved}
        asked = [
            replace(task, report=_with_text(latest[task.path].report))
            for task in tasks
            if task.path in moved or _is_affected(latest[task.path], real)
        ]
    reason = "its fixes do not come to rest"
    for path in moved:
        last = latest[path].report
        errors = (f"{path}: {reason}",)
        report = replace(last, after=last.before, findings=(), applied=(), errors=errors)
        latest[path] = Done(report)
    return latest


def _with_text(report: FileReport) -> FileReport | None:
    """Return a report if it holds the text of its file."""
    return report if report.before or report.after else None


def _has_moved(task: Task, done: Done) -> bool:
    """Say whether a file has another text than before it was gone through."""
    earlier = task.report
    return done.report.after != (done.report.before if earlier is None else earlier.after)


def _is_affected(done: Done, moved: Collection[str]) -> bool:
    """Say whether another text of the files at some real paths may make another report."""
    report = done.report
    return bool(report.findings or report.errors) or not done.led_to.isdisjoint(moved)


def _changed(done: Mapping[str, Done]) -> dict[str, str]:
    """Return the texts that are not on disk yet, by the real paths of their files."""
    reports = (each.report for each in done.values())
    return {os.path.realpath(report.path): report.after for report in reports if report.changed}


def _silence(
    tasks: Sequence[Task], reports: Mapping[str, FileReport], start: Round
) -> dict[str, FileReport]:
    """Return the reports with a `# noqa` for each finding, as far as there can be one."""
    from flake8_asyncrun.analysis import surroundings
    from flake8_asyncrun.limits import EVERYTHING
    from flake8_asyncrun.repair import Job, changed, check, prepare, with_noqa

    overlaid = changed(reports.values())
    find_surroundings = surroundings(overlaid, cached=start.cached, folder=start.kept_in)

    def silenced(job: Job, report: FileReport) -> FileReport:
        text = with_noqa(report)
        if text == report.after:
            return report
        checked = check(job, replace(report, after=text), find_surroundings, fix=False)
        if checked.after != text:
            return report
        errors = tuple(dict.fromkeys((*report.errors, *checked.errors)))
        number = len(report.findings) - len(checked.findings)
        return replace(checked, silenced=number, errors=errors)

    def prepared(task: Task) -> Job | FileReport:
        return prepare(task.path, lambda _: task.config, task.limits or EVERYTHING)

    jobs = {task.path: prepared(task) for task in tasks if reports[task.path].findings}
    return {
        path: silenced(job, report) if isinstance(job := jobs.get(path), Job) else report
        for path, report in reports.items()
    }


def _write(report: FileReport) -> FileReport:
    try:
        file = files.read(report.path)
        if file.text != report.before:
            raise FileError(report.path, "was changed meanwhile, so it is left alone")
        files.write(file, report.after)
    except FileError as error:
        errors = (*report.errors, str(error))
        return replace(report, after=report.before, findings=(), applied=(), errors=errors)
    return report
