"""Which calls touch the loop themselves, and which runs then use what they made."""

from __future__ import annotations

import pytest

from tests.snippets import CLIENT, codes_in

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
