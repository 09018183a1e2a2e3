"""How far a long run is, on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before there is anything to see."""
_PAUSE = 0.1
"""Seconds before it is drawn again."""


@contextmanager
def bar(*, color: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield what draws on standard error, once the run has lasted a while, how many of how many
    files are done. In the end nothing of it is left to see."""
    drawn = _Bar(color)
    try:
        yield drawn.told
    finally:
        drawn.end()


class _Bar:
    """No thread draws it: a process that has one cannot be forked."""

    def __init__(self, color: bool) -> None:
        self._color = color
        self._next = time.monotonic() + PATIENCE
        self._shown: tuple[Progress, TaskID] | None = None

    def told(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PAUSE
        progress, task = self._shown = self._shown or self._begun(total)
        progress.update(task, completed=done, total=total, refresh=True)

    def end(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()

    def _begun(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        console = Console(file=sys.stderr, no_color=not self._color, highlight=False)
        columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), Remaining())
        progress = Progress(
            *columns,
            console=console,
            transient=True,
            auto_refresh=False,
            # What is printed meanwhile goes where it belongs.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        progress.start()
        console.show_cursor(True)  # whoever is killed cannot bring it back
        return progress, progress.add_task("", total=total)
