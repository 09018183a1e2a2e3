"""asyncio itself: what calling each of its functions does to the loop, and what comes out.

Every entry was executed on CPython 3.7 to 3.15; `finding` names the fact it rests on, by its number
or table in the record of those runs.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from flake8_asyncrun.names.target import Version


class Does(enum.Enum):
    """What a call does."""

    GETS_LOOP = "returns the current loop, making one where it may"
    GETS_RUNNING_LOOP = "returns the running loop, or raises"
    MAKES_LOOP = "returns a new loop"
    SETS_LOOP = "makes its argument the current loop"
    RUNS = "runs its argument on a loop of its own"
    BINDS = "returns a future bound to the current loop"
    BINDS_OBJECT = "returns an object that keeps the current loop"
    BINDS_FROM_314 = "returns an object that asks for a loop when made from 3.14 on, else later"
    NEEDS_RUNNING = "returns a future of the running loop, or raises"
    NEEDS_RUNNING_OBJECT = "returns an object that needs the running loop, or raises"
    KEEPS_LOOP_UP_TO_39 = "returns an object that keeps the current loop on 3.7 to 3.9"
    COROUTINE = "returns a coroutine"
    OTHER = "returns something that cannot be awaited"


@dataclass(frozen=True)
class Entry:
    does: Does
    finding: str
    since: Version = (3, 7)


PRIMITIVES = (
    "Lock",
    "Event",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
    "Queue",
    "LifoQueue",
    "PriorityQueue",
)
_COROUTINES = (
    "sleep",
    "wait",
    "wait_for",
    "open_connection",
    "start_server",
    "open_unix_connection",
    "start_unix_server",
    "create_subprocess_exec",
    "create_subprocess_shell",
)

ASYNCIO: dict[str, Entry] = {
    "get_event_loop": Entry(Does.GETS_LOOP, "23, table 4a"),
    "get_running_loop": Entry(Does.GETS_RUNNING_LOOP, "table 4a"),
    "new_event_loop": Entry(Does.MAKES_LOOP, "25, table 4a"),
    "SelectorEventLoop": Entry(Does.MAKES_LOOP, "table 5"),
    "ProactorEventLoop": Entry(Does.MAKES_LOOP, "table 5"),
    "EventLoop": Entry(Does.MAKES_LOOP, "table 5", since=(3, 13)),
    "set_event_loop": Entry(Does.SETS_LOOP, "25, table 4a"),
    "run": Entry(Does.RUNS, "1, 15"),
    "gather": Entry(Does.BINDS, "2, 12"),
    "ensure_future": Entry(Does.BINDS, "2, 12"),
    "shield": Entry(Does.BINDS, "2, 12"),
    "wrap_future": Entry(Does.BINDS, "2, 12"),
    "Future": Entry(Does.BINDS, "2, 12"),
    "Task": Entry(Does.BINDS, "2, 12"),
    "StreamReader": Entry(Does.BINDS_OBJECT, "12"),
    "StreamReaderProtocol": Entry(Does.BINDS_OBJECT, "12"),
    "as_completed": Entry(Does.BINDS_FROM_314, "12, table 3a"),
    "create_task": Entry(Does.NEEDS_RUNNING, "4, table 4a"),
    "timeout": Entry(Does.NEEDS_RUNNING_OBJECT, "4, table 4a", since=(3, 11)),
    "current_task": Entry(Does.NEEDS_RUNNING_OBJECT, "table 4a"),
    "all_tasks": Entry(Does.NEEDS_RUNNING_OBJECT, "table 4a"),
    "run_coroutine_threadsafe": Entry(Does.OTHER, "5"),
    "to_thread": Entry(Does.COROUTINE, "table 1a", since=(3, 9)),
    **{name: Entry(Does.COROUTINE, "5, table 1a") for name in _COROUTINES},
    **{name: Entry(Does.KEEPS_LOOP_UP_TO_39, "11, table 3a") for name in PRIMITIVES},
}

# The modules that asyncio's names really live in, under which they may be imported too.
_INSIDE = {
    "base_events",
    "coroutines",
    "events",
    "futures",
    "locks",
    "queues",
    "runners",
    "streams",
    "subprocess",
    "tasks",
    "timeouts",
    "unix_events",
}

TAKES_AWAITABLES = {"wait", "wait_for", "gather", "shield", "ensure_future", "as_completed"}

LOOP_COROUTINES = {
    "shutdown_asyncgens",
    "shutdown_default_executor",
    "create_connection",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "create_datagram_endpoint",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "getaddrinfo",
    "getnameinfo",
    "sendfile",
    "start_tls",
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_sendall",
    "subprocess_exec",
    "subprocess_shell",
}
"""Methods of a loop that return a coroutine (table 1a)."""

LOOP_FUTURES = {"create_task", "create_future", "run_in_executor"}
"""Methods of a loop that return a future bound to it (findings 2, 14)."""

AWAITABLE_METHODS = {
    "asyncio.Lock": {"acquire"},
    "asyncio.Semaphore": {"acquire"},
    "asyncio.BoundedSemaphore": {"acquire"},
    "asyncio.Event": {"wait"},
    "asyncio.Condition": {"acquire", "wait", "wait_for"},
    "asyncio.Queue": {"get", "put", "join"},
    "asyncio.LifoQueue": {"get", "put", "join"},
    "asyncio.PriorityQueue": {"get", "put", "join"},
    "asyncio.StreamReader": {"read", "readline", "readexactly", "readuntil"},
    "asyncio.StreamWriter": {"drain", "wait_closed"},
    "asyncio.Server": {"serve_forever", "start_serving", "wait_closed"},
}
"""Methods of asyncio's objects that return a coroutine (finding 5)."""

KEEPERS = frozenset(
    f"asyncio.{name}" for name, one in ASYNCIO.items() if one.does is Does.KEEPS_LOOP_UP_TO_39
)
"""Objects that keep the loop that is current when they are built, up to Python 3.9."""

AT_REST = frozenset({"get_debug", "is_closed", "is_running", "set_debug", "time"})
"""Methods of a loop that work whether it runs or not, and change nothing that runs."""

EXPORTED = {
    *("coroutine", "iscoroutinefunction", "get_event_loop_policy", "set_event_loop_policy"),
    *("get_child_watcher", "set_child_watcher", "AbstractChildWatcher", "SafeChildWatcher"),
    *("FastChildWatcher", "MultiLoopChildWatcher", "ThreadedChildWatcher", "PidfdChildWatcher"),
}
"""What `asyncio.__all__` holds, on some Python, beside what the table has."""

POLICIES = {
    "asyncio.get_event_loop_policy",
    "asyncio.DefaultEventLoopPolicy",
    "asyncio.WindowsProactorEventLoopPolicy",
    "asyncio.WindowsSelectorEventLoopPolicy",
}
"""What returns a policy (table 5)."""

POLICY_METHODS = {
    "get_event_loop": Does.GETS_LOOP,
    "new_event_loop": Does.MAKES_LOOP,
    "set_event_loop": Does.SETS_LOOP,
}
"""What the methods of a policy do, which the functions of these names call (table 4a)."""

LOST_LOOP = {
    *("sleep", "gather", "wait", "wait_for", "shield", "as_completed"),
    *("open_connection", "start_server", "open_unix_connection", "start_unix_server"),
    *("create_subprocess_exec", "create_subprocess_shell"),
    *PRIMITIVES,
}
"""The twenty callables that lost their `loop` argument in 3.10 (finding 17)."""

LOST_LOOP_IN: Version = (3, 10)

WAIT_TAKES_TASKS_IN: Version = (3, 11)
"""Since when `wait` refuses coroutines (finding 7)."""


def canonical(name: str) -> str:
    """Return a dotted name as asyncio documents it: "asyncio.tasks.gather" is "asyncio.gather"."""
    parts = name.split(".")
    if parts[0] == "asyncio" and len(parts) > 2 and parts[1] in _INSIDE:
        return ".".join(["asyncio", *parts[2:]])
    return name


def entry(name: str) -> Entry | None:
    """Return what is known of a canonical name, None for what is not asyncio's."""
    if name in ("uvloop.run", "uvloop.new_event_loop"):
        return ASYNCIO[name.removeprefix("uvloop.")]
    package, _, attribute = name.partition(".")
    return ASYNCIO.get(attribute) if package == "asyncio" else None
