"""An orderly end where a signal asks for one, and steps that no signal tears apart."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

# The terminal went away, or somebody wants the process to end: Windows knows neither or only one.
_ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """Inside of the block, signals that would kill the process raise SystemExit instead.

    So whatever is to be cleaned up on the way out is, as with Ctrl-C. The exit code is that which a
    shell names a killed process by, 128 and the signal's number. A signal that is ignored (`nohup`)
    stays so.
    """
    replaced: list[int] = []
    if threading.current_thread() is threading.main_thread():
        replaced = [one for one in _ENDINGS if signal.getsignal(one) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that would raise something inside of the block wait until it has ended."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    kept: dict[int, Callable[..., Any]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_ENDINGS):
            handler = signal.getsignal(number)
            if callable(handler):
                kept[number] = handler
                signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
