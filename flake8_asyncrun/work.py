"""What is done with a share of a run's files, in this process or in another one.

A share of the work is plain data, and so is what comes of it: whoever does it reads the files.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flake8_asyncrun import files
from flake8_asyncrun.analysis import FindSurroundings, collecting_rarely, surroundings
from flake8_asyncrun.files import FileError
from flake8_asyncrun.limits import EVERYTHING
from flake8_asyncrun.repair import Job, Traces, check, prepare
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.share import Done, Round, Task

MOST_HELD = 2_000_000
"""Characters of other modules' texts after which all that is known of them is let go: their trees
take some thirty times as much memory. Twice of that saves a fifth of the time in a large package,
where a process then takes 170 MB in place of 130."""


@dataclass
class _Held:
    """What one round has in common, between two shares of it."""

    number: str
    round: Round
    find: FindSurroundings
    lengths: list[int]
    """Of the texts of the modules that it knows, in characters."""


_held: _Held | None = None


def work(round_: Round, tasks: Sequence[Task]) -> list[Done]:
    """Check the files of some tasks, and repair them where that is wanted. Nothing is raised."""
    # For all of them: a collection after each would look at what all have in common.
    with files.remembering(), collecting_rarely():
        return [_done(task, round_) for task in tasks]


def _around(round_: Round) -> _Held:
    """Return what is known of the round, unless that is too much to be kept."""
    global _held
    earlier = _held if _held is not None and _held.number == round_.number else None
    if earlier is not None and not _is_too_much(earlier.lengths):
        return earlier
    # The round of an earlier share may know more of the other files by now.
    known = round_ if earlier is None else earlier.round
    lengths: list[int] = []
    find = surroundings(
        known.others.changed, cached=round_.cached, folder=round_.kept_in, held=lengths
    )
    had_one, earlier = _held is not None, None
    _held = _Held(round_.number, known, find, lengths)
    if had_one:
        gc.collect()  # trees and what they mean hold each other
    return _held


def _is_too_much(lengths: Sequence[int]) -> bool:
    # Else a single very large module would have to be read again for each file that imports it.
    return sum(lengths) > MOST_HELD + max(lengths, default=0)


def _done(task: Task, round_: Round) -> Done:
    around = _around(round_)
    report = task.report
    if report is None:
        try:
            text = files.read(task.path).text
        except FileError as error:
            return Done(FileReport(task.path, errors=(str(error),)))
        report = FileReport(task.path, text, text)
    job = prepare(task.path, lambda _: task.config, task.limits or EVERYTHING)
    if not isinstance(job, Job):
        return Done(job)
    traces = Traces()
    report = check(
        job,
        report,
        around.find,
        fix=round_.fix,
        others=around.round.others,
        traces=traces,
        told=task.told,
    )
    evidence = traces.rested_on[0] if len(traces.rested_on) == 1 else None
    names = traces.names.union(*(each.modules for each in traces.rested_on))
    try:
        where = around.find(task.path, task.config).where
    except FileError:
        return Done(report)
    found = (path for name in names if (path := where(name)) is not None)
    if task.report is None and not (report.findings or report.changed or report.applied):
        report = replace(report, before="", after="")  # what nobody asks for takes no room
    return Done(
        report,
        evidence=None if traces.depends_on_others or report.changed else evidence,
        led_to=frozenset(os.path.realpath(path) for path in found) if round_.fix else frozenset(),
    )
