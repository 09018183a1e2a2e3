"""Where functions run that somebody else calls."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from flake8_asyncrun.names.knowledge import Knowledge, Told
from flake8_asyncrun.names.machine import State, position
from flake8_asyncrun.names.values import Loop, Origin
from tests.snippets import CAPTURES, QUIET, case, facts_of


def test_inside_a_coroutine_a_loop_runs() -> None:
    code = "import asyncio\nasync def f():\n    asyncio.get_running_loop()\n    g()\n"
    facts = facts_of(f"{code}def g():\n    return asyncio.get_event_loop()\nasyncio.run(f())\n")
    seen = facts.seen((3, 4, 3, 30))
    assert seen is not None
    assert (seen.state, seen.events) == (State.RUNNING, ())
    inner = facts.seen((6, 11, 6, 35))
    assert inner is not None
    assert (inner.state, inner.events) == (State.RUNNING, ())


CALLBACKS = """
import asyncio, concurrent.futures, threading
from concurrent.futures import ThreadPoolExecutor as Pool
from functools import partial
def callback(*arguments): asyncio.get_event_loop()
loop = asyncio.new_event_loop()
async def start(): {hands}
"""
AT = (5, 26, 5, 50)


@pytest.mark.parametrize(
    ("hands", "state"),
    [
        ("loop.call_soon(callback)", State.RUNNING),
        ("loop.call_soon(callback, 1)", State.RUNNING),
        ("loop.call_soon(callback=callback)", State.RUNNING),
        ("loop.call_soon_threadsafe(callback)", State.RUNNING),
        ("loop.call_later(1, callback)", State.RUNNING),
        ("loop.call_at(1, callback)", State.RUNNING),
        ("loop.call_later(callback, 1)", State.UNKNOWN),
        ("loop.add_reader(1, callback)", State.RUNNING),
        ("loop.add_signal_handler(1, callback)", State.RUNNING),
        ("loop.set_exception_handler(callback)", State.RUNNING),
        ("loop.create_server(callback)", State.RUNNING),
        ("asyncio.get_running_loop().call_soon(callback)", State.RUNNING),
        ("loop.call_soon(partial(callback, 1))", State.RUNNING),
        ("loop.call_soon(partial(partial(callback, 1), 2))", State.RUNNING),
        ("loop.create_task(nobody).add_done_callback(callback)", State.RUNNING),
        ("asyncio.ensure_future(nobody).add_done_callback(callback)", State.RUNNING),
        ("nobody.add_done_callback(callback)", State.UNKNOWN),
        ("asyncio.start_server(callback, 'localhost')", State.RUNNING),
        ("asyncio.streams.start_server(callback)", State.RUNNING),
        ("asyncio.start_unix_server(client_connected_cb=callback)", State.RUNNING),
        ("loop.run_in_executor(None, callback)", State.THREAD),
        ("loop.run_in_executor(executor=None, func=callback)", State.THREAD),
        ("asyncio.to_thread(callback)", State.THREAD),
        ("asyncio.to_thread(func=callback)", State.THREAD),
        ("threading.Thread(target=callback)", State.THREAD),
        ("threading.Thread(None, callback)", State.THREAD),
        ("threading.Thread(args=callback)", State.UNKNOWN),
        ("threading.Timer(1, callback)", State.THREAD),
        ("Pool().submit(callback)", State.THREAD),
        ("concurrent.futures.ThreadPoolExecutor().submit(callback)", State.THREAD),
        ("concurrent.futures.ProcessPoolExecutor().map(callback, [])", State.THREAD),
        ("Pool().shutdown(callback)", State.UNKNOWN),
        ("nobody(callback)", State.UNKNOWN),
        ("print(callback)", State.UNKNOWN),
        ("loop.call_soon(callback); asyncio.to_thread(callback)", State.UNKNOWN),
        ("loop.call_soon(callback); loop.call_later(1, callback)", State.RUNNING),
    ],
)
def test_where_a_function_runs_that_is_handed_on(hands: str, state: State) -> None:
    seen = facts_of(CALLBACKS.replace("{hands}", hands)).seen(AT)
    assert seen is not None
    assert seen.state is state


def state_of(call: str, code: str, **options: Any) -> State:
    """Return where the only `call` in `code` is evaluated."""
    (node,) = (
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and ast.unparse(node) == call
    )
    seen = facts_of(code, **options).seen(position(node))
    assert seen is not None, "never reached"
    return seen.state


@pytest.mark.parametrize(
    ("code", "state"),
    [
        case("module level", "probe()", State.NO_LOOP),
        case("class body", "class A: probe()", State.NO_LOOP),
        case("default", "def f(x=probe()): ...", State.NO_LOOP),
        case("decorator", "@probe()\ndef f(): ...", State.NO_LOOP),
        case("main guard", "if __name__ == '__main__': probe()", State.NO_LOOP),
        case("called from there", "def f(): probe()\nf()", State.NO_LOOP),
        case(
            "constructor called from there",
            "class A:\n  def __init__(self): probe()\nA()",
            State.NO_LOOP,
        ),
        case("beside a run", "def f():\n  probe()\n  asyncio.run(nobody)", State.NO_LOOP),
        case(
            "beside a run whose result is kept",
            "def f():\n  probe()\n  return asyncio.run(x)",
            State.NO_LOOP,
        ),
        case(
            "beside a run that may not come",
            "def f():\n  probe()\n  if x: asyncio.run(x)",
            State.UNKNOWN,
        ),
        case("beside another's run", "def f(asyncio):\n  probe()\n  asyncio.run(x)", State.UNKNOWN),
        case("coroutine", "async def f(): probe()", State.RUNNING),
        case("coroutine that is run", "async def f(): probe()\nasyncio.run(f())", State.RUNNING),
        case("method", "class A:\n  async def f(self): probe()", State.RUNNING),
        case("called from a coroutine", "def g(): probe()\nasync def f(): g()", State.RUNNING),
        case(
            "called from one, defined later", "async def f(): g()\ndef g(): probe()", State.RUNNING
        ),
        case(
            "called from one that is called from one",
            "def h(): probe()\ndef g(): h()\nasync def f(): g()",
            State.RUNNING,
        ),
        case(
            "method called from one",
            "class A:\n  def g(self): probe()\n  async def f(self): self.g()",
            State.RUNNING,
        ),
        case("lambda in one", "async def f(): (lambda: probe())()", State.RUNNING),
        case("called from both", "def g(): probe()\nasync def f(): g()\ng()", State.UNKNOWN),
        case("called from nobody", "def g(): probe()", State.UNKNOWN),
        case("called from nobody, twice", "def h(): probe()\ndef g(): h()", State.UNKNOWN),
        case(
            "called from a callback",
            "def f(): g()\ndef g(): probe()\nasync def h(): asyncio.get_event_loop().call_soon(f)",
            State.RUNNING,
        ),
        case(
            "called from a thread",
            "def f(): g()\ndef g(): probe()\nasync def h(): await asyncio.to_thread(f)",
            State.THREAD,
        ),
        case(
            "called from a thread and a coroutine",
            "def g(): probe()\ndef f(): g()\nasync def h():\n  g()\n  await asyncio.to_thread(f)",
            State.UNKNOWN,
        ),
        case(
            "a lambda that is handed on",
            "async def f(): asyncio.get_running_loop().call_soon(lambda: probe())",
            State.RUNNING,
        ),
        case(
            "a method that is handed on",
            "class A:\n  def g(self): probe()\n  async def f(self): asyncio.to_thread(self.g)",
            State.THREAD,
        ),
        case(
            "handed on by a plain method",
            "class A:\n  def f(self): asyncio.to_thread(g)\ndef g(): probe()",
            State.THREAD,
        ),
        case(
            "a coroutine function that is handed on",
            "async def g(): probe()\nasync def f(): await asyncio.start_server(g)",
            State.RUNNING,
        ),
    ],
)
def test_where_code_runs(code: str, state: State) -> None:
    assert state_of("probe()", f"import asyncio\n{code}\n") is state


@pytest.mark.parametrize(
    ("code", "loop"),
    [
        case("coroutine", "async def f(): taken()", Origin.RUNNING),
        case(
            "thread", "def g(): taken()\nasync def f(): await asyncio.to_thread(g)", Origin.UNKNOWN
        ),
        case("nobody", "def g(): taken()", Origin.UNKNOWN),
        case("module level", "taken()", Origin.CURRENT),
    ],
)
def test_which_loop_another_file_takes_there(code: str, loop: Origin) -> None:
    library = "def taken(): return deeper()\ndef deeper(): return get_event_loop()\n"
    library = f"from asyncio import get_event_loop\n{library}"
    text = f"import asyncio\nfrom lib import taken\n{code}\n"
    facts = facts_of(text, {"lib.py": library})
    (node,) = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node) == "taken()"
    )
    seen = facts.seen(position(node))
    assert seen is not None
    assert isinstance(seen.value, Loop)
    assert seen.value.origin is loop
    assert [event.effect for event in seen.events] == (
        CAPTURES if loop is Origin.CURRENT else QUIET
    )


def test_a_helper_of_another_file_that_is_handed_on_runs_there() -> None:
    # Its own code is another's to judge; what it is given is this file's.
    library = "def run_it(f): return f()\n"
    code = "from lib import run_it\ndef g(): probe()\nasync def f(): run_it(g)\n"
    assert state_of("probe()", code, files={"lib.py": library}) is State.RUNNING


# ------------------------------------------------------------- routes


FASTAPI = {
    "fastapi/__init__.py": "from .applications import FastAPI\nfrom .routing import APIRouter\n",
    "fastapi/applications.py": (
        "from . import routing\nclass FastAPI:\n"
        "    def __init__(self): self.router = routing.APIRouter()\n"
        "    def get(self, path): return self.router.get(path)\n"
        "    def post(self, path): return self.router.post(path)\n"
        "    def on_event(self, name): return lambda function: function\n"
    ),
    "fastapi/routing.py": (
        "class APIRouter:\n"
        "    def get(self, path): return lambda function: function\n"
        "    def post(self, path): return lambda function: function\n"
    ),
}


@pytest.mark.parametrize(
    ("decorator", "state"),
    [
        ("@app.get('/')", State.THREAD),
        ("@app.post('/')", State.THREAD),
        ("@router.get('/')", State.THREAD),
        ("@router.get('/')\n@app.get('/')", State.THREAD),
        ("@app.on_event('startup')", State.RUNNING),
        ("@app.on_event", State.UNKNOWN),
        ("@app.get", State.UNKNOWN),
        ("@nobody.get('/')", State.UNKNOWN),
    ],
)
def test_a_plain_route_runs_in_a_thread(decorator: str, state: State) -> None:
    code = (
        "from fastapi import APIRouter, FastAPI\napp = FastAPI()\nrouter = APIRouter()\n"
        f"{decorator}\ndef show(): probe()\n"
    )
    assert state_of("probe()", code, files=FASTAPI) is state
    # Where the library is not to be had, its name tells.
    told = Knowledge(Told(known_safe=frozenset({"fastapi.FastAPI.x", "fastapi.APIRouter.x"})))
    assert state_of("probe()", code, knowledge=told) is state


def test_a_route_that_is_a_coroutine_runs_in_the_loop() -> None:
    code = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def show(): probe()\n"
    )
    assert state_of("probe()", code, files=FASTAPI) is State.RUNNING


def test_what_only_routes_call_runs_in_their_thread() -> None:
    code = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef show(): load()\n"
        "def load(): probe()\n"
    )
    assert state_of("probe()", code, files=FASTAPI) is State.THREAD
    code += "@app.post('/')\nasync def save(): load()\n"
    assert state_of("probe()", code, files=FASTAPI) is State.UNKNOWN


def test_a_function_may_run_in_two_places() -> None:
    code = "import asyncio\ndef g(): probe()\nasync def f(): asyncio.to_thread(g)\ng()\n"
    assert state_of("probe()", code) is State.UNKNOWN


def test_a_route_is_told_by_the_table_where_there_is_no_source() -> None:
    code = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f(): probe()\n"
    assert state_of("probe()", code) is State.THREAD


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("class H(tornado.web.RequestHandler):\n    def get(self): probe()\n", State.RUNNING),
        ("class H(tornado.web.RequestHandler):\n    def load(self): probe()\n", State.UNKNOWN),
        (
            "class B(tornado.web.RequestHandler): ...\nclass H(B):\n    def get(self): probe()\n",
            State.RUNNING,
        ),
        (
            "class H(tornado.web.RequestHandler):\n    @nobody\n    def get(self): probe()\n",
            State.UNKNOWN,
        ),
        (
            "class H(tornado.web.RequestHandler):\n    @staticmethod\n    def get(): probe()\n",
            State.UNKNOWN,
        ),
        ("class P(asyncio.Protocol):\n    def data_received(self, d): probe()\n", State.RUNNING),
        ("class P(nobody.Protocol):\n    def data_received(self, d): probe()\n", State.UNKNOWN),
        (
            "class T(unittest.IsolatedAsyncioTestCase):\n    def setUp(self): probe()\n",
            State.UNKNOWN,
        ),
        ("def f(): probe()\ntornado.ioloop.PeriodicCallback(f, 10)\n", State.RUNNING),
        ("def f(): probe()\ntornado.ioloop.PeriodicCallback(callback=f)\n", State.RUNNING),
        ("def f(request): probe()\naiohttp.web.get('/', f)\n", State.RUNNING),
    ],
)
def test_what_frameworks_call(code: str, state: State) -> None:
    code = f"import aiohttp.web, asyncio, nobody, tornado.ioloop, tornado.web, unittest\n{code}"
    assert state_of("probe()", code) is state


def test_the_source_of_a_framework_knows_its_classes_by_other_names() -> None:
    code = "from textual.widgets import Static\nclass S(Static):\n    def render(self): probe()\n"
    files = {
        "textual/__init__.py": "",
        "textual/widgets.py": "from textual._static import Static\n",
        "textual/_static.py": "from textual.widget import Widget\nclass Static(Widget): ...\n",
        "textual/widget.py": "class Widget: ...\n",
    }
    assert state_of("probe()", code) is State.RUNNING
    assert state_of("probe()", code, files=files) is State.RUNNING


def test_a_coroutine_function_is_not_told_by_the_table() -> None:
    code = (
        "import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/')\nasync def show(): probe()\nasyncio.run(show())\n"
    )
    assert state_of("probe()", code, files=FASTAPI) is State.RUNNING
