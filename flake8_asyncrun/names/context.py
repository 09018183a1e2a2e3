"""Where functions run that are handed to somebody else: in a loop, or in a thread that has none."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.shapes import DRIVES, drives_loop
from flake8_asyncrun.names.values import (
    Arguments,
    External,
    Function,
    Future,
    Loop,
    Made,
    Method,
    Partial,
    Value,
)

# By method of a loop: which argument it calls back while it runs (or, for a factory of protocols,
# while it connects).
_CALLED_BY_LOOP = {
    "add_reader": 1,
    "add_signal_handler": 1,
    "add_writer": 1,
    "call_at": 1,
    "call_later": 1,
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "connect_accepted_socket": 0,
    "connect_read_pipe": 0,
    "connect_write_pipe": 0,
    "create_connection": 0,
    "create_datagram_endpoint": 0,
    "create_server": 0,
    "create_unix_connection": 0,
    "create_unix_server": 0,
    "set_exception_handler": 0,
    "set_task_factory": 0,
    "subprocess_exec": 0,
    "subprocess_shell": 0,
}
_CALLED_IN_LOOP = {
    "asyncio.start_server": 0,
    "asyncio.start_unix_server": 0,
}
_CALLED_IN_THREAD: dict[str, tuple[int, str]] = {
    "_thread.start_new_thread": (0, "function"),
    "asyncio.to_thread": (0, "func"),
    "threading.Thread": (1, "target"),
    "threading.Timer": (1, "function"),
}
_EXECUTORS = {
    "concurrent.futures.ProcessPoolExecutor()",
    "concurrent.futures.ThreadPoolExecutor()",
    "concurrent.futures.process.ProcessPoolExecutor()",
    "concurrent.futures.thread.ThreadPoolExecutor()",
}

# Decorators of frameworks, by where they are defined, with where the plain functions run that they
# take: read in the sources of the newest releases on 2026-11-23. Coroutine functions need none.
_DECORATORS = {
    # starlette/routing.py: run_in_threadpool
    **{
        f"{module}.{cls}.{method}": State.THREAD
        for module, cls in (("fastapi.applications", "FastAPI"), ("fastapi.routing", "APIRouter"))
        for method in ("delete", "get", "head", "options", "patch", "post", "put", "trace")
    },
    **{
        f"fastapi.{cls}.{method}": State.THREAD
        for cls in ("FastAPI", "APIRouter")
        for method in ("delete", "get", "head", "options", "patch", "post", "put", "trace")
    },
}


FRAMEWORKS = {name.rpartition(".")[0] for name in _DECORATORS}
"""Classes whose methods are such decorators."""


def handed_on(callee: Value, arguments: Arguments) -> Iterator[tuple[Function, State]]:
    """Yield the functions that a call hands to somebody who calls them, with where that is."""
    found = _position(callee)
    if found is None:
        return
    (place, keyword), state = found
    given = arguments.keywords.get(keyword)
    if given is None and place < len(arguments.positional):
        given = arguments.positional[place]
    while isinstance(given, Partial):
        given = given.function
    if isinstance(given, Function):
        yield given, state


def hands_on_loop(callee: Value, arguments: Arguments) -> bool:
    """Say whether a call has another thread run a loop: then it never stands still."""
    if not (isinstance(callee, External) and callee.name in _CALLED_IN_THREAD):
        return False
    place, keyword = _CALLED_IN_THREAD[callee.name]
    given = arguments.keywords.get(keyword)
    if given is None and place < len(arguments.positional):
        given = arguments.positional[place]
    if isinstance(given, Method) and isinstance(given.owner, Loop):
        return given.name in DRIVES
    return isinstance(given, Function) and drives_loop(given.node)


def decorated(decorator: Value) -> State | None:
    """Say where a framework runs the plain function that one of its decorators is given."""
    if isinstance(decorator, Method) and isinstance(decorator.owner, Made):
        return _DECORATORS.get(f"{decorator.owner.name}.{decorator.name}")
    return _DECORATORS.get(decorator.qualified) if isinstance(decorator, Function) else None


def _position(callee: Value) -> tuple[tuple[int, str], State] | None:
    match callee:
        case Method(owner=Loop(), name="run_in_executor"):
            return (1, "func"), State.THREAD
        case Method(owner=Loop(), name=name) if name in _CALLED_BY_LOOP:
            return (_CALLED_BY_LOOP[name], "callback"), State.RUNNING
        case Method(owner=Future(), name="add_done_callback"):
            return (0, "callback"), State.RUNNING
        case Method(owner=Made(name=owner), name="submit" | "map") if owner in _EXECUTORS:
            return (0, "fn"), State.THREAD
        case External(known=True):
            name = asyncio_table.canonical(callee.name)
            if name in _CALLED_IN_LOOP:
                return (_CALLED_IN_LOOP[name], "client_connected_cb"), State.RUNNING
            if name in _CALLED_IN_THREAD:
                return _CALLED_IN_THREAD[name], State.THREAD
    return None
