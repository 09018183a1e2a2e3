"""What we find: one file, one rule. What they are called is known without importing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, overload

# Rules take LibCST: who only recalls what they said once must not pay for that.
if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

# In the order of their codes.
_FILES = {
    "RUN001": "not_analysed",
    "RUN002": "unused_noqa",
    "RUN101": "future_in_run",
    "RUN102": "uncalled_in_run",
    "RUN103": "not_awaitable_in_run",
    "RUN104": "awaitable_in_run",
    "RUN105": "run_inside_loop",
    "RUN106": "coroutine_reused",
    "RUN107": "wrong_runner",
    "RUN108": "bare_coroutines_in_wait",
    "RUN109": "indirect_run",
    "RUN201": "client_captures_loop",
    "RUN202": "client_needs_loop",
    "RUN203": "primitive_captures_loop",
    "RUN204": "future_outside_loop",
    "RUN205": "loop_in_default",
    "RUN206": "constructor_captures_loop",
    "RUN207": "shared_between_runs",
    "RUN301": "removed_loop_argument",
    "RUN302": "removed_library_loop_argument",
    "RUN303": "needless_loop_argument",
    "RUN401": "no_current_loop",
    "RUN402": "get_event_loop_in_coroutine",
    "RUN403": "run_until_complete",
    "RUN404": "run_forever",
    "RUN405": "loop_policy",
    "RUN406": "child_watcher",
    "RUN407": "removed_api",
    "RUN408": "loop_after_run",
    "RUN409": "asyncio_iscoroutinefunction",
}

_OPTIONAL = frozenset({"RUN002", "RUN109", "RUN303"})

CODES: Mapping[str, bool] = {code: code in _OPTIONAL for code in _FILES}
"""The codes of all rules in order, and whether they are asked only where that is selected."""


class _Rules(Sequence["Rule"]):
    """All rules, imported when they are looked at first."""

    @cached_property
    def _all(self) -> tuple[Rule, ...]:
        return tuple(import_module(f"{__name__}.{file}").check for file in _FILES.values())

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Rule, ...]: ...
    def __getitem__(self, index: int | slice) -> Rule | tuple[Rule, ...]:
        return self._all[index]

    def __len__(self) -> int:
        return len(_FILES)


ALL: Sequence[Rule] = _Rules()
