"""What we find: one file, one rule."""

from importlib import import_module

from flake8_asyncrun.core.rule import Rule

# In the order of their codes.
_FILES = (
    "not_analysed",
    "unused_noqa",
    "future_in_run",
    "uncalled_in_run",
    "not_awaitable_in_run",
    "awaitable_in_run",
    "run_inside_loop",
    "coroutine_reused",
    "wrong_runner",
    "bare_coroutines_in_wait",
    "indirect_run",
    "client_captures_loop",
    "client_needs_loop",
    "primitive_captures_loop",
    "future_outside_loop",
    "loop_in_default",
    "constructor_captures_loop",
    "shared_between_runs",
    "removed_loop_argument",
    "removed_library_loop_argument",
    "needless_loop_argument",
    "no_current_loop",
    "get_event_loop_in_coroutine",
    "run_until_complete",
    "run_forever",
    "loop_policy",
    "child_watcher",
    "removed_api",
    "loop_after_run",
    "asyncio_iscoroutinefunction",
)

ALL: tuple[Rule, ...] = tuple(import_module(f"{__name__}.{file}").check for file in _FILES)
