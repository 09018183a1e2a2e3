"""What we find: one file, one rule."""

from flake8_asyncrun.core.rule import Rule
from flake8_asyncrun.rules import (
    asyncio_iscoroutinefunction,
    bare_coroutines_in_wait,
    child_watcher,
    client_captures_loop,
    client_needs_loop,
    future_in_run,
    get_event_loop_in_coroutine,
    indirect_run,
    loop_after_run,
    loop_in_default,
    needless_loop_argument,
    no_current_loop,
    not_analysed,
    not_awaitable_in_run,
    removed_loop_argument,
    run_until_complete,
    uncalled_in_run,
    wrong_runner,
)

ALL: tuple[Rule, ...] = (
    not_analysed.check,
    future_in_run.check,
    uncalled_in_run.check,
    not_awaitable_in_run.check,
    indirect_run.check,
    wrong_runner.check,
    bare_coroutines_in_wait.check,
    client_captures_loop.check,
    client_needs_loop.check,
    loop_in_default.check,
    removed_loop_argument.check,
    needless_loop_argument.check,
    no_current_loop.check,
    get_event_loop_in_coroutine.check,
    run_until_complete.check,
    loop_after_run.check,
    child_watcher.check,
    asyncio_iscoroutinefunction.check,
)
