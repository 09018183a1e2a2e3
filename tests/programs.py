"""Programs built from pieces, to be run before and after fixes.

A program gets its loops, clients, tasks and locks in every way there is, runs something with them
in every position, and looks at what is left. It prints what it does, is deterministic and soon
done. Not every one works: who runs it asks on which Python it does.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from flake8_asyncrun.names.target import Target, Version

Draw = Callable[[st.SearchStrategy[str]], str]
"""What hypothesis hands to a composite, for texts."""

LAST: Version = (3, 15)


@dataclass(frozen=True)
class Program:
    """A program in the plainest layout: four spaces, single quotes, newlines as on Unix."""

    text: str
    target: Target

    def __repr__(self) -> str:
        first = ".".join(map(str, self.target.first))
        return f"Program for Python {first} and later\n{self.text}"


@dataclass(frozen=True)
class Layout:
    """How a text is written, which no fix may mind."""

    indentation: str = "    "
    newline: str = "\n"
    quote: str = "'"
    ends: bool = True
    """Whether a newline stands at the end."""

    def of(self, text: str) -> str:
        """Return a text of the plainest layout in this one."""
        lines = [self._indented(line) for line in text.split("\n")]
        written = self.newline.join(lines).replace("'", self.quote)
        return written if self.ends else written.rstrip()

    def _indented(self, line: str) -> str:
        stripped = line.lstrip(" ")
        depth, rest = divmod(len(line) - len(stripped), 4)
        return self.indentation * depth + " " * rest + stripped


layouts = st.builds(
    Layout,
    st.sampled_from(["    ", "\t", "  "]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["'", '"']),
    st.booleans(),
)

# In all pieces `$` stands for asyncio, by whatever name the program has it.
_IMPORTS = [
    "import asyncio",
    "import asyncio as aio",
    "from asyncio import {names}",
    "import asyncio\nfrom asyncio import {names}",
    "from asyncio import *",
]

# What the pieces below mention is defined before it, once, in one of several ways.
_DEFINITIONS: dict[str, Sequence[str]] = {
    "atexit": ["import atexit"],
    "contextlib": ["import contextlib"],
    "functools": ["import functools"],
    "threading": ["import threading"],
    "inner": [
        "async def inner(n):\n    print('work', n)\n    await $sleep(0)\n    return n",
        "async def inner(n):\n    print('work', n)\n    await $sleep(0.001)\n    return n",
    ],
    "work": [
        *["async def work(n=1):\n    print('work', n)\n    await $sleep(0)\n    return n"] * 12,
        "async def work(n=1):\n    '''Do it.'''\n    await $sleep(0)  # a nap\n    return [n]",
        "async def work(n=1):\n    # the loop's\n    await $sleep(0, loop=None)\n    return n",
        (
            "async def work(n=1):\n    loop = $get_event_loop()\n    print(loop.is_running())\n"
            "    await $sleep(0, loop=loop)\n    return n"
        ),
        (
            "async def work(n=1):\n    print(len($Task.all_tasks()), n)\n"
            "    print($Task.current_task() is None)\n    return n"
        ),
        "@$coroutine\ndef work(n=1):\n    print('work', n)\n    yield from $sleep(0)\n    return n",
        (
            "@$coroutine\ndef work(n=1):\n    x = yield from inner(n)\n"
            "    return x + (yield from inner(n))"
        ),
        "def work(n=1):\n    print('made', n)\n    return inner(n)",
        "def work(n=1):\n    return $ensure_future(inner(n))",
        "def work(n=1):\n    return $get_event_loop().create_task(inner(n))",
        (
            "class Work:\n    def __init__(self, n=1):\n        self.n = n\n\n"
            "    def __await__(self):\n        return inner(self.n).__await__()\n\n\n"
            "def work(n=1):\n    return Work(n)"
        ),
        (
            "async def work(n=1):\n    async with turn:\n        print('work', n)\n"
            "        await $sleep(0)\n    return n"
        ),
        (
            "async def work(n=1):\n    try:\n        await $wait_for(inner(n), 5, loop=None)\n"
            "    finally:\n        print('end', n)\n    return n"
        ),
        (
            "async def work(n=1):\n    print(await $gather(inner(n), inner(n + 1)))\n"
            "    later()\n    return n"
        ),
    ],
    "turn": ["turn = $Lock()", "turn = $Semaphore(1)", "turn = $Lock(loop=$get_event_loop())"],
    "Client": [
        (
            "class Client:\n    def __init__(self, loop=None):\n        print('client')\n"
            "        self.loop = loop or $get_event_loop()\n\n"
            "    async def go(self, n=0):\n"
            "        await self.loop.run_in_executor(None, print, 'go', n)\n        return n\n\n"
            "    def start(self):\n"
            "        return $ensure_future(self.go(5), loop=self.loop)\n\n"
            "    def close(self):\n        print('closed')"
        ),
        (
            "class Client:\n    def __init__(self, loop=None):\n        self.loop = loop\n"
            "        self.lock = $Lock()\n\n"
            "    async def go(self, n=0):\n        async with self.lock:\n"
            "            print('go', n)\n            await $sleep(0)\n        return n\n\n"
            "    def start(self):\n        print('start')\n        return self.go(5)\n\n"
            "    def close(self):\n        print('closed', self.lock.locked())"
        ),
        (
            "class Client:\n    def __init__(self, loop=None):\n        if loop is None:\n"
            "            loop = $get_event_loop()\n"
            "        self.ready = loop.create_future()\n        self.loop = loop\n\n"
            "    async def go(self, n=0):\n"
            "        if not self.ready.done():\n            self.ready.set_result(n)\n"
            "        return await self.ready\n\n"
            "    def start(self):\n        return self.loop.create_task(self.go(5))\n\n"
            "    def close(self):\n        print('closed', self.loop.is_closed())"
        ),
        (
            "class Client:\n    loop = None\n\n    def __init__(self, loop=None):\n"
            "        print('client', loop is None)\n\n"
            "    async def go(self, n=0):\n        self.loop = $get_event_loop()\n"
            "        await $sleep(0)\n        return n\n\n"
            "    def start(self):\n        return $gather(self.go(5), self.go(6))\n\n"
            "    def close(self):\n        self.loop = None"
        ),
        (
            "class Client:\n    def __init__(self, loop=None):\n        self.queue = $Queue()\n"
            "        self.queue.put_nowait(1)\n\n"
            "    async def go(self, n=0):\n        self.queue.put_nowait(n)\n"
            "        print('go', await self.queue.get())\n        return n\n\n"
            "    def start(self):\n        return $get_event_loop().create_task(self.go(5))\n\n"
            "    def close(self):\n        print('left', self.queue.qsize())"
        ),
    ],
    "make": [
        "def make():\n    return Client()",
        "def make(loop=None):\n    print('make')\n    return Client(loop)",
        "make = Client",
        "make = functools.partial(Client)",
    ],
    "main": [
        *["async def main():\n    return await work(7)"] * 3,
        "async def main():\n    print(await $gather(work(7), work(8)))",
        "async def main():\n    own = Client()\n    return await own.go(9)",
        (
            "async def main():\n    tasks = [$ensure_future(work(i)) for i in range(2)]\n"
            "    await $wait(tasks, loop=None)\n    print([task.result() for task in tasks])"
        ),
        (
            "async def main():\n    loop = $get_event_loop()\n"
            "    print(await loop.create_task(work(7)))"
        ),
    ],
    "use": [
        "async def use(client):\n    print(await client.go(3))",
        "async def use(client):\n    await $gather(client.go(3), client.go(4))",
        "def use(client):\n    print('use')\n    return client.go(3)",
    ],
    "hold": [
        "async def hold(lock):\n    async with lock:\n        print('held', lock.locked())",
        (
            "async def hold(lock):\n    async def one(n):\n        async with lock:\n"
            "            print('held', n)\n            await $sleep(0)\n\n"
            "    await $gather(one(1), one(2))"
        ),
    ],
    "tick": [
        "async def tick():\n    for i in range(2):\n        print(i)\n        await $sleep(0)",
        "async def tick():\n    await $sleep(0)\n    await $sleep(0)\n    print('tick')",
    ],
    "stopper": [
        "async def stopper():\n    await $sleep(0.02)\n    $get_event_loop().stop()",
        "async def stopper():\n    print('stop')\n    loop.stop()",
    ],
    "numbers": [
        "async def numbers():\n    for i in range(2):\n        await $sleep(0)\n        yield i"
    ],
    "count": ["async def count():\n    return [i async for i in numbers()]"],
    "fail": [
        "async def fail():\n    await $sleep(0)\n    raise ValueError('no')",
        "async def fail():\n    raise RuntimeError('no')",
    ],
    "later": [
        "def later():\n    print('later', $get_event_loop().is_closed())",
        "def later():\n    print('later')",
        (
            "def later():\n    try:\n        print('later', $get_event_loop().is_running())\n"
            "    except RuntimeError:\n        print('no loop')"
        ),
        "def later():\n    $get_event_loop().run_until_complete(inner(6))",
        "def later():\n    print('later', type(Client()).__name__)",
    ],
    "handler": ["def handler(loop, context):\n    print('handled')"],
    "report": [
        "def report():\n    print('closed', loop.is_closed())",
        "def report():\n    global loop\n    loop = None",
        "def report():\n    print('loop' in globals())",
    ],
    "describe": ["def describe():\n    print(type(client).__name__)"],
    "quiet": ["quiet = contextlib.suppress(KeyError)"],
    "lone": ["lone = $new_event_loop()"],
}


@dataclass(frozen=True)
class Piece:
    """Statements, which may need names to be bound, and bind some.

    In a piece `<coroutine>`, `<future>`, `<value>` … stand for one of several expressions."""

    text: str
    binds: str = ""
    module_only: bool = False

    @property
    def needs(self) -> set[str]:
        return {name for name in _VARIABLES if _mentions(self.text, name)} - {self.binds}


_VARIABLES = ("client", "coro", "items", "lock", "loop", "result", "task", "tasks")
_MENTIONED = {
    name: re.compile(rf"(?<![.\w]){name}(?!\w|=[^=])") for name in (*_VARIABLES, *_DEFINITIONS)
}


def _mentions(text: str, name: str) -> bool:
    return _MENTIONED[name].search(text) is not None


_EXPRESSIONS: dict[str, Sequence[str]] = {
    "coroutine": [
        *["work()", "work(2)", "main()", "client.go()"] * 3,
        "use(client)",
        "hold(lock)",
        "coro",
        "count()",
        "make().go()",
        "use(Client())",
        "use(client=make())",
        "$sleep(0, 'slept')",
        "$sleep(0, loop=None)",
        "$sleep(0, loop=loop)",
        "$wait_for(work(), 5)",
        "$wait_for(task, 5)",
        "$wait_for(work(), timeout=5, loop=loop)",
        "work(n=len(items))",
    ],
    "future": [
        "$gather(work(1), work(2))",
        "$gather(*[work(i) for i in range(2)])",
        "$gather(*tasks)",
        "$gather(task, work(4))",
        "$gather(\n    work(1),  # one\n    work(2),\n)",
        "$gather(work(), client.go(), loop=loop)",
        "$ensure_future(work())",
        "$ensure_future(work(), loop=loop)",
        "$shield(work())",
        "loop.create_task(work())",
        "loop.run_in_executor(None, len, 'abc')",
        "$get_event_loop().create_task(main())",
        "client.start()",
        "make().start()",
        "Client().start()",
        "task",
        "$Task(work())",
    ],
    "wrong": ["work", "client.go", "functools.partial(work, 3)", "[work(1), work(2)]", "print(1)"],
    "run": [
        "$run(<awaitable>)",
        *["$run(<coroutine>)"] * 3,
        "$run(<coroutine>, debug=True)",
        "$get_event_loop().run_until_complete(<awaitable>)",
        *["loop.run_until_complete(<awaitable>)"] * 2,
        *["loop.run_until_complete(<coroutine>)"] * 4,
        "$new_event_loop().run_until_complete(<coroutine>)",
        "lone.run_until_complete(<coroutine>)",
    ],
    "get": [
        *["$get_event_loop()"] * 4,
        "$new_event_loop()",
        "$get_event_loop_policy().get_event_loop()",
    ],
    "client": ["Client()", "make()", "Client(loop)", "Client(loop=loop)", "make(loop)"],
    "lock": [
        *["$Lock()"] * 4,
        "$Lock(loop=loop)",
        "$Semaphore(1)",
        "$Lock(loop=$get_event_loop())",
    ],
}
_AWAITABLE = [*["coroutine"] * 8, *["future"] * 8, "wrong"]

_PLAIN = [
    Piece("print('between')"),
    Piece("# a comment of its own"),
    Piece(""),
    Piece("x = 1  # one"),
    Piece("items = []", "items"),
    Piece("pass"),
    Piece("print('''a\n    b''')"),
]
_SETUP = [
    Piece("client = <client>", "client"),
    Piece("# the client\nclient = <client>  # of ours", "client"),
    Piece("client: object = (\n    <client>  # made\n)", "client"),
    Piece("lock = <lock>", "lock"),
    Piece("task = <future>", "task"),
    Piece("task = <future>  # a task", "task"),
    Piece("task = loop.create_task(tick())", "task"),
    Piece("tasks = [$ensure_future(work(i)) for i in range(2)]", "tasks"),
    Piece("tasks = [loop.create_task(work(i)) for i in range(2)]", "tasks"),
    Piece("tasks = []\nfor i in range(2):\n    tasks.append($ensure_future(work(i)))", "tasks"),
    Piece("tasks = [work(3), client.go(4)]", "tasks"),
    Piece("coro = <coroutine>", "coro"),
    Piece("loop.set_debug(True)"),
    Piece("loop.set_debug(False)"),
    Piece("loop.slow_callback_duration = 2"),
    Piece("loop.set_exception_handler(handler)"),
    Piece("loop.call_soon(print, 'soon')"),
    Piece("loop.call_later(0, print, 'soon')"),
    Piece("loop.create_task(tick())"),
    Piece("$ensure_future(tick())"),
    Piece("$set_event_loop(loop)"),
    Piece("$set_event_loop(lone)"),
    Piece("$set_event_loop(None)"),
    Piece("$set_event_loop_policy(None)"),
    Piece("$get_event_loop().set_debug(True)"),
    Piece("atexit.register(later)"),
    Piece("atexit.register(report)", module_only=True),
    Piece("if client:\n    client.close()"),
]
_GET = [
    Piece("loop = <get>", "loop"),
    Piece("loop = <get>  # got", "loop"),
    Piece("loop = $new_event_loop()\n$set_event_loop(loop)", "loop"),
    Piece(
        "try:\n    loop = $get_event_loop()\nexcept RuntimeError:\n"
        "    loop = $new_event_loop()\n    $set_event_loop(loop)",
        "loop",
    ),
    Piece("loop = lone", "loop"),
]
_RUNS = [
    Piece("<run>"),
    Piece("<run>  # go"),
    Piece("result = <run>", "result"),
    Piece("print(<run>)"),
    Piece("print('got', <run>, sep=': ')"),
    Piece("if <run>:\n    print('yes')"),
    Piece("for i in range(2):\n    <run>"),
    Piece("with quiet:\n    <run>"),
    Piece("try:\n    <run>\nexcept ValueError as error:\n    print('failed')"),
    Piece("try:\n    # inside\n    <run>\nexcept Exception:\n    print('failed')"),
    Piece("try:\n    <run>\nfinally:\n    print('finally')"),
    Piece("try:\n    result = <run>\nfinally:\n    loop.close()", "result"),
    Piece("try:\n    <run>\nexcept KeyboardInterrupt:\n    pass\nfinally:\n    loop.close()"),
    Piece(
        "try:\n    loop.run_until_complete(<awaitable>)\nfinally:\n"
        "    loop.run_until_complete(loop.shutdown_asyncgens())\n    loop.close()"
    ),
    Piece("try:\n    loop.run_until_complete(fail())\nexcept ValueError:\n    print('failed')"),
    Piece("loop.run_until_complete(<coroutine>)\nloop.close()"),
    Piece("loop.run_until_complete(<future>)\nloop.close()"),
    Piece("loop.run_until_complete(<coroutine>)\nprint('between')\n<run>"),
    Piece("loop.call_soon(loop.stop)\nloop.run_forever()"),
    Piece("loop.create_task(stopper())\nloop.run_forever()\nloop.close()"),
    Piece(
        "loop.call_later(0.02, loop.stop)\n$ensure_future(tick())\ntry:\n    loop.run_forever()\n"
        "finally:\n    loop.close()"
    ),
    Piece("with $Runner() as runner:\n    print(runner.run(<coroutine>))"),
    Piece("with $Runner() as runner:\n    runner.run(<awaitable>)\n    runner.run(<coroutine>)"),
    Piece("thread = threading.Thread(target=$run, args=(work(),))\nthread.start()\nthread.join()"),
]
_AFTER = [
    Piece("loop.close()"),
    Piece("print(result)"),
    Piece("print('closed', loop.is_closed())"),
    Piece("print(task.done())"),
    Piece("print(len(tasks))"),
    Piece("print(lock.locked())"),
    Piece("client.close()"),
    Piece("later()"),
    Piece("report()", module_only=True),
    Piece("describe()", module_only=True),
    Piece("$run(inner(8))"),
    Piece("print($get_event_loop().is_closed())"),
    Piece("$set_event_loop(None)"),
    Piece("$get_event_loop().run_until_complete(inner(8))"),
    Piece("$get_event_loop().close()"),
    Piece("del loop"),
]
_FRAMES = [
    "<block>",
    "if __name__ == '__main__':\n    <block>",
    "def start():\n    <block>\n\n\nstart()",
    "def start():\n    '''Start.'''\n    <block>\n\n\nif __name__ == '__main__':\n    start()",
    "def start():\n    <block>\n    return 1\n\n\nprint(start())",
    "class App:\n    def run(self):\n        # go\n        <block>\n\n\nApp().run()",
    "class App:\n    @staticmethod\n    def run(x=1):\n        <block>\n\n\nApp.run()",
    "def start():\n    <block>\n\n\nstart()\nstart()",
    "with quiet:\n    <block>",
    "try:\n    <block>\nfinally:\n    print('finally')",
    "try:\n    <block>\nexcept Exception:\n    print('failed')",
    "if 1:\n    <block>\nelse:\n    print('never')",
    "for i in range(1):\n    <block>",
    "async def outer():\n    <block>\n\n\n$run(outer())",
    (
        "def start():\n    <block>\n\n\nthread = threading.Thread(target=start)\nthread.start()\n"
        "thread.join()"
    ),
]


def _filled(draw: Draw, text: str, bound: set[str]) -> str | None:
    """Replace the expressions that are left open; None where nothing bound will do."""
    while (hole := re.search(r"<(\w+)>", text)) is not None:
        kind = hole[1]
        if kind == "awaitable":
            kind = draw(st.sampled_from(_AWAITABLE))
        possible = [one for one in _EXPRESSIONS[kind] if _needed(one) <= bound]
        if not possible:
            return None
        indentation = " " * _indentation(text, hole.start())
        chosen = draw(st.sampled_from(possible)).replace("\n", f"\n{indentation}")
        text = f"{text[: hole.start()]}{chosen}{text[hole.end() :]}"
    return text


def _needed(text: str) -> set[str]:
    return {name for name in _VARIABLES if _mentions(text, name)}


def _indentation(text: str, at: int) -> int:
    line = text[text.rfind("\n", 0, at) + 1 :]
    return len(line) - len(line.lstrip(" "))


def _drawn(draw: Draw, pieces: Sequence[Piece], bound: set[str], in_module: bool) -> Iterator[str]:
    """Yield the text of one of the pieces that can stand here, if there is one."""
    possible = [one for one in pieces if one.needs <= bound and (in_module or not one.module_only)]
    if not possible:
        return
    at = draw(st.sampled_from([str(index) for index in range(len(possible))]))
    piece = possible[int(at)]
    text = _filled(draw, piece.text, bound)
    if text is not None:
        bound.update({piece.binds} - {""})
        yield text


_IDIOM = [
    *[Piece("loop = $get_event_loop()", "loop")] * 4,
    Piece("loop = $get_event_loop()  # got", "loop"),
    Piece("loop = $new_event_loop()", "loop"),
    Piece("loop = $new_event_loop()\n$set_event_loop(loop)", "loop"),
]
_IDIOM_RUNS = [
    Piece("loop.run_until_complete(<coroutine>)"),
    Piece("loop.run_until_complete(<future>)"),
    Piece("result = loop.run_until_complete(<coroutine>)", "result"),
    Piece("print(loop.run_until_complete(<future>))"),
    Piece("$get_event_loop().run_until_complete(<coroutine>)"),
    Piece("try:\n    loop.run_until_complete(<coroutine>)\nfinally:\n    loop.close()"),
    Piece(
        "try:\n    result = loop.run_until_complete(<future>)\nfinally:\n    loop.close()", "result"
    ),
    Piece(
        "loop.run_until_complete(<coroutine>)\nloop.run_until_complete(<coroutine>)\nloop.close()"
    ),
    Piece("loop.create_task(stopper())\nloop.run_forever()\nloop.close()"),
]


def _block(draw: Draw, bound: set[str], in_module: bool) -> list[str]:
    """Return statements that lead to one run, or more, and look at what is left."""
    texts: list[str] = []

    def add(pieces: Sequence[Piece], lengths: str) -> None:
        for _ in range(int(draw(st.sampled_from(list(lengths))))):
            texts.extend(_drawn(draw, pieces, bound, in_module))

    if draw(st.sampled_from("yyn")) == "y":
        add(_SETUP + _PLAIN, "0001")
        add(_IDIOM, "1")
        add(_SETUP + _PLAIN, "0011")
        add(_IDIOM_RUNS, "1")
        add([Piece("loop.close()")], "01")
        add(_AFTER + _PLAIN, "0001")
        return texts
    add(_SETUP + _PLAIN, "00123")
    add(_GET, "0111")
    add(_SETUP + _PLAIN, "00123")
    add(_RUNS, "1112")
    add(_AFTER + _PLAIN, "00123")
    return texts


def _joined(draw: Draw, texts: Sequence[str]) -> str:
    """Return statements as a block, now and then two of them on one line."""
    lines: list[str] = []
    simple = re.compile(r"[^\s#:][^\n#:]*(?<!pass)")
    for text in texts:
        on_one = lines and simple.fullmatch(lines[-1]) and simple.fullmatch(text)
        if on_one and draw(st.sampled_from("nnnnnnny")) == "y":
            lines[-1] += f"; {text}"
        else:
            lines.append(text)
    return "\n".join(lines)


def _framed(frame: str, block: str) -> str:
    indentation = re.search(r"^( *)<block>", frame, re.MULTILINE)
    assert indentation is not None
    if indentation[1]:
        block = textwrap.indent(f"{block}\npass" if _is_empty(block) else block, indentation[1])
        return frame.replace(f"{indentation[1]}<block>", block)
    return frame.replace("<block>", block)


def _is_empty(block: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in block.split("\n"))


def _defined(draw: Draw, body: str) -> str:
    """Return what a text mentions, defined, in an order in which it can be evaluated."""
    found: dict[str, str] = {}

    def visit(text: str) -> None:
        for name, variants in _DEFINITIONS.items():
            if name not in found and _mentions(text, name):
                found[name] = ""
                variant = draw(st.sampled_from(variants))
                visit(variant)
                del found[name]
                found[name] = variant

    visit(body)
    imports = [text for text in found.values() if text.startswith("import ")]
    rest = [text for text in found.values() if not text.startswith("import ")]
    return "".join(f"{text}\n" for text in imports) + "".join(f"\n\n{text}\n" for text in rest)


_HEADS = ["", "'''A program.'''\n\n", "#!/usr/bin/env python3\n", "# The licence.\n\n"]
_FIRST: list[Version] = [(3, 8), (3, 7), (3, 9), (3, 10), (3, 11), (3, 12), (3, 14)]


@st.composite
def programs(draw: Draw) -> Program:
    """Build a program."""
    bound: set[str] = set()
    before: list[str] = []
    if draw(st.sampled_from("nnny")) == "y":
        for pieces in (_GET, _SETUP):
            before += _drawn(draw, pieces, bound, in_module=True)
    frame = draw(st.sampled_from([*_FRAMES[:6] * 3, *_FRAMES]))
    in_module = not re.search(r"^ +def|^def|^async", frame, re.MULTILINE)
    inner = bound if in_module else set(bound)
    block = _joined(draw, _block(draw, inner, in_module)) or "pass"
    after: list[str] = []
    for _ in range(int(draw(st.sampled_from("0012")))):
        after += _drawn(draw, _AFTER + _PLAIN + _RUNS, bound, in_module=True)
    main = [_joined(draw, before), _framed(frame, block), _joined(draw, after)]
    body = "\n".join(filter(None, main))
    text = f"{_defined(draw, body)}\n\n{body}\n"
    head = draw(st.sampled_from(_HEADS))
    first = _FIRST[int(draw(st.sampled_from("0000123456")))]
    return Program(f"{head}{_imported(draw, text)}", Target(first, LAST))


def _imported(draw: Draw, text: str) -> str:
    """Return a text after an import of asyncio, by the name that it is imported by."""
    names = sorted(set(re.findall(r"\$(\w+)", text)))
    statement = draw(st.sampled_from(_IMPORTS)) if names else _IMPORTS[0]
    imported = set(names)
    if statement.startswith("import asyncio\n"):
        imported = {draw(st.sampled_from(names))}
    if "{names}" not in statement and "*" not in statement:
        imported = set()
    module = "aio." if " as aio" in statement else "asyncio."
    text = re.sub(
        r"\$(\w+)", lambda name: name[1] if name[1] in imported else module + name[1], text
    )
    return f"{statement.format(names=', '.join(sorted(imported)))}\n{text}"
