"""Where functions run that are handed to somebody else: in a loop, or in a thread that has none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.frameworks import DECORATORS, INHERITED, TAKES
from flake8_asyncrun.names.machine import Handed, State
from flake8_asyncrun.names.shapes import DRIVES, drives_loop
from flake8_asyncrun.names.values import (
    Arguments,
    Class,
    External,
    Function,
    Future,
    Loop,
    Made,
    Method,
    Partial,
    Value,
    dotted_name,
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
_LOOP = "asyncio"
_EXECUTOR = "an executor"
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
_POOLS = {"multiprocessing.dummy.Pool()", "multiprocessing.pool.ThreadPool()"}
"""Pools of threads, with the methods of a pool of processes."""
_OF_A_POOL = {
    *("apply", "apply_async", "imap", "imap_unordered"),
    *("map", "map_async", "starmap", "starmap_async"),
}


def handed_on(callee: Value, arguments: Arguments) -> Iterator[Handed]:
    """Yield the functions that a call hands to somebody who calls them."""
    found = _position(callee)
    if found is None:
        return
    (place, keyword), state, by = found
    given = arguments.keywords.get(keyword)
    if given is None and place < len(arguments.positional):
        given = arguments.positional[place]
    while isinstance(given, Partial):
        given = given.function
    if isinstance(given, Function):
        yield Handed(given, state, by)


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


def decorated(decorator: Value, function: Function) -> Handed | None:
    """Say who calls the plain function that a framework's decorator is given."""
    caller = DECORATORS.get(dotted_name(decorator))
    if caller is None or isinstance(function.node, ast.AsyncFunctionDef):
        return None
    return Handed(function, caller.state, caller.framework)


def inherited(cls: Class) -> Iterator[Handed]:
    """Yield the plain methods of a class that a framework calls, because of a base it has."""
    bases = [asyncio_table.canonical(base.name) for base in cls.outside]
    bases += [base.qualified for base in cls.order[1:]]
    for name, member in cls.members.items():
        # What a decorator made of one, nobody knows.
        if not isinstance(member, Function) or member.role or member.node not in cls.node.body:
            continue
        for base in bases:
            caller = INHERITED.get(f"{base}.{name}")
            if caller is not None:
                yield Handed(member, caller.state, caller.framework)


def _position(callee: Value) -> tuple[tuple[int, str], State, str] | None:
    """Return which argument is called, under which circumstances, and by whom."""
    if (taken := TAKES.get(dotted_name(callee))) is not None:
        caller, place, keyword = taken
        return (place, keyword), caller.state, caller.framework
    match callee:
        case Method(owner=Loop(), name="run_in_executor"):
            return (1, "func"), State.THREAD, _EXECUTOR
        case Method(owner=Loop(), name=name) if name in _CALLED_BY_LOOP:
            return (_CALLED_BY_LOOP[name], "callback"), State.RUNNING, _LOOP
        case Method(owner=Future(), name="add_done_callback"):
            return (0, "callback"), State.RUNNING, _LOOP
        case Method(owner=Made(name=owner), name="submit" | "map") if owner in _EXECUTORS:
            return (0, "fn"), State.THREAD, _EXECUTOR
        case Method(owner=Made(name=owner), name=name) if owner in _POOLS and name in _OF_A_POOL:
            return (0, "func"), State.THREAD, "a pool of threads"
        case External(known=True):
            name = asyncio_table.canonical(callee.name)
            if name in _CALLED_IN_LOOP:
                return (_CALLED_IN_LOOP[name], "client_connected_cb"), State.RUNNING, _LOOP
            if name in _CALLED_IN_THREAD:
                return _CALLED_IN_THREAD[name], State.THREAD, "a thread"
    return None
