"""Frameworks that call functions and methods they are given, and whether a loop runs meanwhile.

Of plain functions only: of a coroutine function it is plain. Every entry was executed in the
releases that it names, on CPython 3.11 and, but for FastMCP, Sanic and slack_sdk, on 3.14, with
`asyncio.get_running_loop()` and `asyncio.run()` in the function that is called; what was not is not
here. Each thing stands under
the names by which programs import it and under that by which its source knows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flake8_asyncrun.names.machine import State


@dataclass(frozen=True)
class Caller:
    """Members of a framework's classes or modules that have something to do with calling."""

    framework: str
    owners: tuple[str, ...]
    """Dotted names of the classes or modules."""
    names: tuple[str, ...]
    state: State
    """What holds where the function is called."""
    source: str
    """How it comes about, and in which releases it was measured."""

    @property
    def entries(self) -> dict[str, Caller]:
        """Itself by each dotted name that it speaks of."""
        return {f"{owner}.{name}": self for owner in self.owners for name in self.names}


def _table(*callers: Caller) -> dict[str, Caller]:
    return {name: caller for one in callers for name, caller in one.entries.items()}


_HTTP = ("delete", "get", "head", "options", "patch", "post", "put")

DECORATORS = _table(
    Caller(
        "FastAPI",
        (
            *("fastapi.FastAPI", "fastapi.applications.FastAPI"),
            *("fastapi.APIRouter", "fastapi.routing.APIRouter"),
        ),
        (*_HTTP, "trace"),
        State.THREAD,
        "run_in_threadpool() in fastapi/routing.py; 0.109.2, 0.165.0",
    ),
    Caller(
        "FastAPI",
        (
            *("fastapi.FastAPI", "fastapi.applications.FastAPI"),
            *("fastapi.APIRouter", "fastapi.routing.APIRouter"),
        ),
        ("on_event",),
        State.RUNNING,
        "handler() in a coroutine, Router.startup() of starlette/routing.py and since then of "
        "fastapi/routing.py; 0.109.2, 0.165.0",
    ),
    Caller(
        "FastMCP",
        ("mcp.server.fastmcp.FastMCP", "mcp.server.fastmcp.server.FastMCP"),
        ("prompt", "resource", "tool"),
        State.RUNNING,
        "return fn(…) in call_fn_with_arg_validation(), a coroutine function, of "
        "mcp/server/fastmcp/utilities/func_metadata.py; 1.2.0, 1.30.0; gone from 2.0, whose "
        "MCPServer calls in a thread",
    ),
    Caller(
        "aiohttp",
        ("aiohttp.web.RouteTableDef", "aiohttp.web_routedef.RouteTableDef"),
        (*_HTTP, "route"),
        State.RUNNING,
        "AbstractRoute of aiohttp/web_urldispatcher.py wraps it in a coroutine function; 3.8.6, "
        "3.14.5",
    ),
    Caller(
        "Sanic",
        ("sanic.Sanic", "sanic.app.Sanic", "sanic.mixins.routes.RouteMixin"),
        ("delete", "get", "head", "options", "patch", "post", "put", "route"),
        State.RUNNING,
        "response = handler(request, …) in handle_request() of sanic/app.py; 25.12.1",
    ),
    Caller(
        "slack_sdk's RTMClient",
        ("slack_sdk.rtm.RTMClient",),
        ("run_on",),
        State.RUNNING,
        "callback(**payload) in _dispatch_event() of slack_sdk/rtm/__init__.py, or an error where "
        "run_async is set; 3.47.0; slackclient up to 2.5 called in a thread",
    ),
)
"""Methods that are called and return a decorator of plain functions."""

TAKES = {
    **{
        name: (caller, place, keyword)
        for caller, place, keyword in (
            (
                Caller(
                    "aiohttp",
                    ("aiohttp.web", "aiohttp.web_routedef"),
                    _HTTP,
                    State.RUNNING,
                    "as of RouteTableDef; 3.8.6, 3.14.5",
                ),
                1,
                "handler",
            ),
            (
                Caller(
                    "tornado",
                    ("tornado.ioloop",),
                    ("PeriodicCallback",),
                    State.RUNNING,
                    "val = self.callback() in _run() of tornado/ioloop.py; 6.0.4, 6.6.1",
                ),
                0,
                "callback",
            ),
            (
                Caller(
                    "discord.py",
                    ("discord.ext.commands", "discord.ext.commands.core"),
                    ("check",),
                    State.RUNNING,
                    "async_all(predicate(ctx) …) in Command.can_run(); 2.7.1",
                ),
                0,
                "predicate",
            ),
        )
        for name in caller.entries
    }
}
"""Functions and classes that take one: where among the positional ones, and by which keyword."""

INHERITED = _table(
    Caller(
        "a thread",
        ("threading.Thread", "threading.Timer"),
        ("run",),
        State.THREAD,
        "self.run() in _bootstrap_inner(), in the thread, of threading.py; CPython 3.7 to 3.15",
    ),
    Caller(
        "asyncio",
        ("asyncio.Protocol",),
        ("connection_lost", "connection_made", "data_received"),
        State.RUNNING,
        "asyncio/selector_events.py calls them from its callbacks",
    ),
    Caller(
        "asyncio",
        ("asyncio.DatagramProtocol",),
        ("connection_made", "datagram_received"),
        State.RUNNING,
        "asyncio/selector_events.py calls them from its callbacks",
    ),
    Caller(
        "asyncio",
        ("asyncio.SubprocessProtocol",),
        ("pipe_connection_lost", "pipe_data_received", "process_exited"),
        State.RUNNING,
        "asyncio/base_subprocess.py calls them with call_soon()",
    ),
    Caller(
        "tornado",
        ("tornado.web.RequestHandler", "tornado.websocket.WebSocketHandler"),
        (*_HTTP, "initialize", "on_finish", "prepare", "set_default_headers"),
        State.RUNNING,
        "result = method(…) in the coroutine function _execute() of tornado/web.py; 6.0.4, 6.6.1",
    ),
    Caller(
        "tornado",
        ("tornado.websocket.WebSocketHandler",),
        ("on_close", "on_message", "open"),
        State.RUNNING,
        "WebSocketProtocol of tornado/websocket.py calls them in its coroutines; 6.0.4, 6.6.1",
    ),
    Caller(
        "Textual",
        ("textual.app.App", "textual.widget.Widget", "textual.widgets.Static"),
        ("compose", "on_button_pressed", "on_key", "on_mount", "on_ready", "render"),
        State.RUNNING,
        "invoke(), a coroutine function of textual/_callback.py; 0.89.1, 8.2.8",
    ),
)
"""Methods that a subclass defines."""

MAKERS = frozenset(name.rpartition(".")[0] for name in DECORATORS)
"""Classes whose methods are such decorators."""
