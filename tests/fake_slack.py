"""A Slack of our own on the loopback interface: one user who says "Hello", and what a bot answers.

It knows as much of the Web API and of RTM as a bot needs to connect, to be greeted and to answer.
Nothing leaves 127.0.0.1; it serves a bounded number of requests for a bounded time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

# Run before a bot, with the module of its RTMClient and the bot's path as arguments: the bot's text
# stays as its user wrote it, while the client's defaults lead to this Slack, and to it once only.
BOOT = """
import importlib, os, runpy, sys

client, program = sys.argv[1:]
defaults = importlib.import_module(client).RTMClient.__init__.__kwdefaults__
defaults["base_url"] = os.environ["FAKE_SLACK"]
defaults["auto_reconnect"] = False
sys.argv = [program]
runpy.run_path(program, run_name="__main__")
"""

_REQUESTS = 50
_SECONDS = 60.0
_PATIENCE = 15.0  # seconds for a connected bot to answer


@dataclass
class FakeSlack:
    """What a test sees of it: where the Web API is, which methods were called, what was posted."""

    base_url: str
    called: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    """A Slack that is there for the length of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    slack = FakeSlack(f"http://127.0.0.1:{listener.getsockname()[1]}/api/")
    ready = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        over = asyncio.Event()
        stop.append((asyncio.get_running_loop(), over))
        runner = web.AppRunner(_application(slack), shutdown_timeout=0.5)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        ready.set()
        await asyncio.wait([asyncio.ensure_future(over.wait())], timeout=_SECONDS)
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fake Slack")
    thread.start()
    try:
        assert ready.wait(10), "the fake Slack did not start"
        yield slack
    finally:
        for loop, over in stop:
            if not loop.is_closed():
                loop.call_soon_threadsafe(over.set)
        thread.join(10)
        listener.close()


def _application(slack: FakeSlack) -> web.Application:
    answered = asyncio.Event()

    async def method(request: web.Request) -> web.Response:
        name = request.match_info["method"]
        slack.called.append(name)
        if len(slack.called) > _REQUESTS:
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429)
        if request.content_type == "application/json":
            said = await request.json()
        else:
            said = dict(await request.post())
        answer: dict[str, object] = {"ok": True}
        if name == "rtm.connect":
            answer["url"] = slack.base_url.replace("http", "ws", 1).replace("/api/", "/rtm")
            answer["self"] = {"id": "U0", "name": "bot"}
            answer["team"] = {"id": "T1", "name": "team", "domain": "team"}
        elif name == "auth.test":
            answer.update(user="bot", user_id="U0", bot_id="B0", team="team", team_id="T1")
        elif name == "chat.postMessage":
            slack.posted.append(str(said["text"]))
            answer.update(channel=said["channel"], ts="1.000002", message={"text": said["text"]})
            # Later: the bot reads this answer before its connection ends.
            asyncio.get_running_loop().call_later(0.1, answered.set)
        return web.json_response(answer)

    async def rtm(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        await connection.send_json({"type": "hello"})
        await connection.send_json(
            {"type": "message", "channel": "C1", "user": "U1", "text": "Hello", "ts": "1.000001"}
        )
        await asyncio.wait([asyncio.ensure_future(answered.wait())], timeout=_PATIENCE)
        await connection.close()
        return connection

    application = web.Application()
    application.router.add_route("*", "/api/{method}", method)
    application.router.add_get("/rtm", rtm)
    return application
