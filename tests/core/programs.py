"""Programs built from pieces: clients, futures, runs, loops, guards, comments, odd white space."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from hypothesis import strategies as st

HEAD = """\
# The licence.
{imports}


class Client:
    def __init__(self, loop=None):
        self.loop = loop or {a}get_event_loop()

    async def go(self):
        await {a}sleep(0)  # a nap

    def start(self):
        # to be awaited
        return {a}ensure_future(self.go(), loop=self.loop)


async def work(client=None):
    '''Do it.'''
    await {a}sleep(0)
    return 1


"""
IMPORTS = [
    ("import asyncio", "asyncio."),
    ("import asyncio as aio  # short", "aio."),
    (
        (
            "from asyncio import (\n    ensure_future,  # made\n    gather,\n    get_event_loop,\n"
            "    run,\n    sleep,\n    Lock,\n)"
        ),
        "",
    ),
    ("from asyncio import *", ""),
]
# Pieces that stand alone at the top level or in a block; `@` stands for asyncio.
STEPS = [
    "client = Client()",
    "# the client\nclient = Client()  # of ours",
    "client: Client = Client(\n    # no loop\n    loop=None,\n)",
    "task = @gather(work(), client.go())",
    "task = client.start()  # a task",
    "@run(task)",
    "@run(client.start())  # go",
    "@run(client.go())",
    "@run(work(client))",
    "@run(@gather(work(), work()))",
    "@run(\n    @gather(\n        work(),  # one\n        work(),\n    )\n)",
    "@run(  # here\n    @gather(work()),\n    debug=True,\n)",
    "x = @run(@gather(*(work() for _ in range(2))))",
    "print(@run(@gather(work(), client.go())))",
    "@run(work)",
    "@run(lambda: work())",
    "@run([work(), work()])",
    "@run(print('''a\n    b'''))",
    "x = '''\n# no comment\n''' ; @run(@gather(work(), f()))",
    "text = f'''\n  {1}\n'''",
    "lock = @Lock(loop=None)",
    "@run(@sleep(0, loop=None))",
    "loop = @get_event_loop()\nloop.run_until_complete(work())\nloop.close()",
    "loop = @get_event_loop()\n# carefully\nloop.set_debug(True)\nloop.run_until_complete(work())",
    (
        "loop = @get_event_loop()\ntry:\n    # inside\n"
        "    loop.run_until_complete(client.start())\nfinally:\n    loop.close()"
    ),
    (
        "loop = @get_event_loop()  # got\ntry:\n    loop.run_until_complete(work())\n"
        "except KeyboardInterrupt:\n    pass\nfinally:\n    loop.close()"
    ),
    "@get_event_loop().run_until_complete(client.start())",
    "main = 1",
    "_main = None",
    "print('between')",
    "import sys",
    "",
    "\n",
    "# a lonely comment",
    "pass",
]
BLOCKS = [
    "if __name__ == '__main__':\n{}",
    "def start():\n{}",
    "def start(client):\n    # first\n{}",
    "async def later():\n    loop = @get_event_loop()\n{}",
    "async def run_all():\n    '''All.'''\n    await client.go()\n\n\n@run(run_all())\nif x:\n{}",
    "class Runner:\n{}",
    "try:\n{}\nexcept Exception:\n    pass",
    "for i in range(3):\n{}",
    "with open('x') as client:\n{}",
    "async def use():\n    await client.go()  # now\n{}\n\n\n@run(use())",
    "if x:  # maybe\n{}\nelse:\n    pass",
]


@dataclass(frozen=True)
class Program:
    text: str
    newline: str

    def __repr__(self) -> str:
        return f"{self.text!r}\n{self.text}"


steps = st.sampled_from(STEPS)
bodies = st.lists(steps, min_size=1, max_size=4).map("\n".join)


def _block(frame: str, body: str) -> str:
    inner = textwrap.indent(f"{body}\npass", "    ")
    return frame.replace("{}", inner)


blocks = st.builds(_block, st.sampled_from(BLOCKS), bodies)
parts = st.lists(st.one_of(steps, blocks), min_size=1, max_size=6)


def _program(
    imports: tuple[str, str], pieces: list[str], newline: str, tabs: bool, ends: bool
) -> Program:
    statement, prefix = imports
    text = HEAD.format(imports=statement, a=prefix)
    text += "\n".join(piece.replace("@", prefix) for piece in pieces) + "\n"
    if tabs:
        lines = text.split("\n")
        text = "\n".join(
            "\t" * ((len(line) - len(line.lstrip(" "))) // 4) + line.lstrip(" ") for line in lines
        )
    if not ends:
        text = text.rstrip()
    return Program(text.replace("\n", newline), newline)


programs = st.builds(
    _program,
    st.sampled_from(IMPORTS),
    parts,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)


def compiles(text: str) -> bool:
    try:
        compile(text, "<program>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
