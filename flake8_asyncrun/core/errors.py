"""What Python says when it happens: the text that a user will search for, by Python version."""

from __future__ import annotations

from flake8_asyncrun.names.target import Target, Version, show

# The codes are those of the record of executed cells that the tables rest on.
V1 = "ValueError: a coroutine was expected"
V2 = "ValueError: loop argument must agree with Future"
V3 = "ValueError: The future belongs to a different loop"
T1 = "TypeError: An asyncio.Future, a coroutine or an awaitable is required"
T2 = "TypeError: unexpected keyword argument 'loop'"
T3 = "TypeError: As of 3.10, the *loop* parameter was removed"
T4 = "TypeError: Passing coroutines is forbidden, use tasks explicitly"
T10 = "TypeError: got multiple values for argument 'loop'"
T16 = "TypeError: object can't be used in 'await' expression"
T17 = "TypeError: object can't be awaited"
R2 = "RuntimeError: There is no current event loop"
R3 = "RuntimeError: no running event loop"
R4 = "RuntimeError: attached to a different loop"
R5 = "RuntimeError: is bound to a different event loop"
R6 = "RuntimeError: cannot reuse already awaited coroutine"
W1 = "DeprecationWarning: 'asyncio.iscoroutinefunction' is deprecated"
W2 = "DeprecationWarning: slated for removal in Python 3.16"
R1 = "RuntimeError: asyncio.run() cannot be called from a running event loop"
R8 = "RuntimeError: Runner.run() cannot be called from a running event loop"
R9 = "RuntimeError: Cannot run the event loop while another loop is running"
R11 = "RuntimeError: This event loop is already running"
R12 = "RuntimeError: Event loop is closed"
ANYIO_RUNS = "RuntimeError: Already running asyncio in this thread"
"""Of anyio's own, which is not in the record."""

HANGS = "it waits for ever, and nothing says so"
LOST = "what it schedules there never runs, and no error says so"


def refusal(runner: str) -> tuple[tuple[Version, str], ...]:
    """Return the eras of what a run says of something that cannot be awaited.

    `runner` is the documented name of what runs it. `uvloop.run` awaits whatever it is given in a
    coroutine of its own from Python 3.11 on (executed with uvloop 0.23.0 on 3.8, 3.11 and 3.14).
    """
    if runner == "uvloop.run":
        return ((3, 7), V1), (AWAITED_BY_UVLOOP, T16), ((3, 14), T17)
    return ((3, 7), V1), ((3, 14), T1)


AWAITED_BY_UVLOOP: Version = (3, 11)
"""Since when `uvloop.run` takes whatever can be awaited."""


def by_version(target: Target, *eras: tuple[Version, str]) -> str:
    """Return what happens on the Pythons of a target.

    Each era begins with its version and ends before the next one's. One that the target begins in
    is told plainly, later ones as "from Python 3.14 on: …".
    """
    told: list[str] = []
    for index, (since, text) in enumerate(eras):
        ends = eras[index + 1][0] if index + 1 < len(eras) else None
        if target.last < since or (ends is not None and ends <= target.first):
            continue
        told.append(f"from Python {show(since)} on: {text}" if since > target.first else text)
    first, *later = told
    return f"{first} ({'; '.join(later)})" if later else first
