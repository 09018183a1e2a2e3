"""Which calls touch the loop themselves, and which runs then use what they made."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.target import Target
from tests.snippets import CLIENT, case, codes_in, findings_in

START = CLIENT.count("\n")


def captured(code: str) -> list[int]:
    """Return the lines, of `code` alone, where a client captures the loop."""
    return [line - START for line, found in codes_in(f"{CLIENT}{code}") if found == "RUN201"]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        pytest.param("asyncio.run(Client().go())\n", [1], id="in the argument"),
        pytest.param("client = Client()\nasyncio.run(client.go())\n", [1], id="by name"),
        pytest.param("client: Client = Client()\nasyncio.run(client.go())\n", [1], id="annotated"),
        pytest.param(
            "client = Client()\nasync def f(): await client.go()\nasyncio.run(f())\n",
            [1],
            id="by a coroutine",
        ),
        pytest.param(
            "client = Client()\nasync def g(): await client.go()\nasync def f(): await g()\n"
            "asyncio.run(f())\n",
            [1],
            id="by a coroutine's coroutine",
        ),
        pytest.param(
            "class App:\n    def __init__(self, client): self.client = client\n"
            "    async def go(self): await self.client.go()\n"
            "client = Client()\napp = App(client)\nasyncio.run(app.go())\n",
            [4],
            id="by way of another object",
        ),
        pytest.param(
            "client = Client()\nasyncio.run(asyncio.sleep(0))\n", [], id="another coroutine"
        ),
        pytest.param("client = Client()\nprint(client)\n", [], id="no run"),
        pytest.param("asyncio.run(Client.go)\n", [], id="not made"),
        pytest.param("async def f(): await Client().go()\nasyncio.run(f())\n", [], id="inside"),
        pytest.param(
            (
                "try: client = Client()\nexcept RuntimeError: client = None\n"
                "asyncio.run(client.go())\n"
            ),
            [],
            id="expected",
        ),
        pytest.param(
            "import nest_asyncio\nclient = Client()\nasyncio.run(client.go())\n", [], id="patched"
        ),
        pytest.param(
            "def make(): return Client()\nclient = make()\nasyncio.run(client.go())\n",
            [2],
            id="made by a function",
        ),
        pytest.param(
            "def start():\n    client = Client()\n    asyncio.run(client.go())\n",
            [2],
            id="in a function that runs it",
        ),
        pytest.param(
            "def start():\n    client = Client()\n    return client\n", [], id="loop not known"
        ),
        pytest.param(
            "import sys\nif sys.version_info < (3, 10):\n"
            "    client = Client()\n    asyncio.run(client.go())\n",
            [],
            id="old Pythons only",
        ),
    ],
)
def test_what_captures_and_is_used(code: str, lines: list[int]) -> None:
    assert captured(code) == lines


def test_what_is_handed_to_another_object_captures_too() -> None:
    code = (
        "class App:\n    def __init__(self, client): self.client = client\n"
        "    async def go(self): await self.client.go()\n"
        "app = App(\n    Client()\n)\nasyncio.run(app.go())\n"
    )
    assert captured(code) == [5]


def test_options_that_may_hold_a_loop_are_no_capture() -> None:
    code = (
        "import asyncio\n\n\nclass Bot:\n    def __init__(self, options):\n"
        "        given = {'loop': None, **options}\n"
        "        self.loop = given['loop'] or asyncio.get_event_loop()\n\n"
        "    async def go(self): ...\n\n\nbot = Bot(options)\nasyncio.run(bot.go())\n"
    )
    assert codes_in(f"from settings import options\n{code}") == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        case("many", "clients = [Client() for _ in 'ab']\nasync def f():\n    for c in clients: "
             "await c.go()\nasyncio.run(f())\n", [1]),
        case("by name", "clients = {n: Client() for n in 'ab'}\nasyncio.run(clients['a'].go())\n",
             [1]),
        case("what a method returned", "client = Client()\ndata = client.data()\n"
             "async def f(): print(data)\nasyncio.run(f())\n", []),
        case("what was made of that", "client = Client()\nview = list(client.data())\n"
             "async def f(): print(view)\nasyncio.run(f())\n", []),
        case("replaced", "client = Client()\nclient = object()\nasyncio.run(client.go())\n", []),
        case("replaced maybe", "client = Client()\nif x: client = object()\n"
             "asyncio.run(client.go())\n", [1]),
        case("replaced in the coroutine", "client = Client()\nasync def f():\n    global client\n"
             "    client = 1\n    await client.go()\nasyncio.run(f())\n", []),
        case("printed", "client = Client()\nasync def f(): print(client, client.token)\n"
             "asyncio.run(f())\n", []),
        case("handed on", "client = Client()\nasync def f(): await nobody(client)\n"
             "asyncio.run(f())\n", [1]),
        case("as it is", "asyncio.run(Client())\n", []),
        case("on a loop of its own", "client = Client()\n"
             "asyncio.run(client.go(), loop_factory=asyncio.get_event_loop)\n", []),
        case("in a test", "def test(mocker):\n    client = Client()\n"
             "    asyncio.run(client.go())\n", []),
        case("in a thread", "import threading\ndef f():\n    client = Client()\n"
             "    asyncio.run(client.go())\nthreading.Thread(target=f).start()\n", []),
    ],
)  # fmt: skip
def test_which_objects_a_run_uses(code: str, lines: list[int]) -> None:
    assert captured(code) == lines


@pytest.mark.parametrize(
    "body",
    [
        case("method", "    def get(self): return self.loop.run_until_complete(self.go())\n"),
        case("by another", "    def get(self): return self.loop.run_until_complete(self.more())\n\n"
             "    async def more(self): await self.go()\n"),
        case("plain method", "    def get(self): return self.token\n"),
    ],
)  # fmt: skip
def test_a_method_that_minds_no_running_loop_is_no_use(body: str) -> None:
    head = CLIENT.rstrip().replace("    async def", f"{body}\n    async def")
    use = "client = Client()\nasync def f(): print(client.get())\nasyncio.run(f())\n"
    # That it runs a loop inside of another is another fault, and so is its constructor.
    others = ("RUN105", "RUN206")
    assert [code for _, code in codes_in(f"{head}\n\n{use}") if code not in others] == []
    assert codes_in(f"{head}\n\n{use.replace('client.get()', 'await client.go()')}") != []


@pytest.mark.parametrize(
    "start",
    [
        "threading.Thread(target=self.loop.run_forever).start()",
        "threading.Thread(None, self.run).start()",
    ],
)
def test_a_loop_that_a_thread_runs_never_stands_still(start: str) -> None:
    code = (
        "import asyncio, threading\nclass Bridge:\n    def __init__(self):\n"
        f"        self.loop = asyncio.get_event_loop()\n        {start}\n"
        "    def run(self): self.loop.run_forever()\n"
        "    def call(self, c): return asyncio.run_coroutine_threadsafe(c, self.loop)\n"
        "bridge = Bridge()\nasync def f(): nobody(bridge)\n"
        "asyncio.run(f())\n"
    )
    assert codes_in(code) == []
    assert codes_in(code.replace(start, "pass")) == [(8, "RUN201")]


def test_a_thread_with_a_loop_never_stands_still() -> None:
    code = (
        "import asyncio, threading\nclass Worker(threading.Thread):\n    def __init__(self):\n"
        "        super().__init__()\n        self.loop = asyncio.get_event_loop()\n"
        "worker = Worker()\nasync def f(): worker.loop.call_soon(print)\nasyncio.run(f())\n"
    )
    assert codes_in(code) == []
    assert codes_in(code.replace("threading.Thread", "object")) == [(6, "RUN201")]


@pytest.mark.parametrize("made", ["asyncio.Queue()", "asyncio.Lock()"])
def test_locks_and_queues_are_another_matter(made: str) -> None:
    code = (
        f"import asyncio\nclass A:\n    def __init__(self): self.x = {made}\n"
        "a = A()\nasync def f(): print(a.x, nobody(a))\nasyncio.run(f())\n"
    )
    assert codes_in(code, target=Target((3, 8), (3, 9))) == []


def test_a_fix_that_leaves_the_object_where_it_is_is_none() -> None:
    code = "client = Client()\ndata = nobody(client)\nasyncio.run(go(data))\n"
    (finding,) = findings_in(f"{CLIENT}{code}")
    assert finding.fix is None
    assert "would stay" in finding.notes[-1].text
