"""What a rule may ask of a file: what uses what, and what a run may meet on another loop."""

from __future__ import annotations

import libcst as cst
import pytest

from flake8_asyncrun.core.model import Safety
from flake8_asyncrun.core.rule import File
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.target import Target
from tests.snippets import CLIENT, findings_in, project_of, safely_fixed


def file_of(code: str, target: Target | None = None) -> File:
    return File(Source("example.py", code), project_of(target=target or Target()))


def used(code: str) -> set[str]:
    """Return the variables that the first run's argument uses."""
    file = file_of(code)
    return {variable.name for variable in file.used_by(file.runs[0].argument)}


RUN = "import asyncio\na = b = 1\nclass C:\n    async def m(self): a\n"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("async def f(): a\nasyncio.run(f())", {"a"}),
        ("async def f(a): a\nasyncio.run(f(b))", set()),
        ("def g(): b\nasync def f(): a; g()\nasyncio.run(f())", {"a", "b", "g"}),
        ("async def f():\n    def g(): b\n    a\nasyncio.run(f())", {"a", "b"}),
        ("async def f():\n    b = 1\n    b\nasyncio.run(f())", set()),
        ("async def f(): a\nasyncio.run(asyncio.gather(f(), f()))", {"a"}),
        ("asyncio.run(C().m())", {"a"}),
    ],
)
def test_what_a_coroutine_uses_from_outside(code: str, names: set[str]) -> None:
    assert used(f"{RUN}{code}\n") == names


@pytest.mark.parametrize(
    ("code", "callee"),
    [
        ("import asyncio\nasyncio.run(x)", "asyncio.run"),
        ("import asyncio as a\na.run(x)", "asyncio.run"),
        ("from asyncio import run as r\nr(x)", "asyncio.run"),
        ("from asyncio.runners import run\nrun(x)", "asyncio.run"),
        ("import asyncio\nr = asyncio.run\nr(x)", "asyncio.run"),
        ("import asyncio\nwith asyncio.Runner() as r: r.run(x)", None),
        ("import asyncio\ndef run(x): ...\nrun(x)", None),
        ("import asyncio\nasyncio = x\nasyncio.run(x)", None),
        ("import trio\ntrio.run(x)", None),
        ("import signal\nsignal.signal(x)", "signal.signal"),
    ],
)
def test_what_is_called(code: str, callee: str | None) -> None:
    file = file_of(f"{code}\n")
    assert file.callee(next(iter(file.calls()))) in (callee, "asyncio.Runner")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("try: f()\nexcept ValueError: ...", True),
        ("try: f()\nexcept (KeyError, a.ValueError): ...", True),
        ("try: f()\nexcept KeyError: ...", False),
        ("try: ...\nexcept ValueError: f()", False),
        ("try: ...\nexcept ValueError: ...\nelse: f()", False),
        ("with pytest.raises(KeyError): f()", True),
        ("with pytest.raises(asyncio.TimeoutError): f()", False),
        ("with pytest.raises((TimeoutError, ValueError)): f()", True),
        ("with self.assertRaises(CancelledError), x: f()", False),
        ("with a, contextlib.suppress(x): f()", True),
        ("with a: f()", False),
        ("try:\n    def g(): f()\nexcept ValueError: ...", False),
        ("try:\n    if x: f()\nexcept ValueError: ...", True),
    ],
)
def test_whether_an_error_is_expected(code: str, expected: bool) -> None:
    file = file_of(f"{code}\n")
    call = next(call for call in file.calls() if file.source.text_of(call) == "f()")
    assert file.expects_error(call, "ValueError") is expected


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("if sys.version_info >= (3, 12): f()", Target((3, 12), (3, 15))),
        ("if sys.version_info >= (3, 12): ...\nelse: f()", Target((3, 10), (3, 11))),
        ("if sys.version_info < (3, 9): f()", None),
        ("x = f() if sys.version_info < (3, 12) else 1", Target((3, 10), (3, 11))),
        ("if (  # now\n    sys.version_info\n    >= (3, 12)): f()", Target((3, 12), (3, 15))),
        ("if x:\n    if sys.version_info >= (3, 14):\n        f()", Target((3, 14), (3, 15))),
        ("if TYPE_CHECKING: f()", None),
        ("if f(): ...", Target()),
        ("if sys.version_info >= (3, 12): exit()\nf()", Target((3, 10), (3, 11))),
        ("if x: ...\nelif sys.version_info < (3, 12): exit()\nf()", Target()),
        ("if sys.version_info < (3, 12): exit()\nelse: exit()\nf()", None),
        ("assert sys.version_info >= (3, 12)\nf()", Target((3, 12), (3, 15))),
        ("sys.version_info >= (3, 12) and f()", Target((3, 12), (3, 15))),
        ("sys.version_info >= (3, 12) or f()", Target((3, 10), (3, 11))),
        ("NEW = sys.version_info >= (3, 12)\nif NEW: f()", Target((3, 12), (3, 15))),
        ("NEW = sys.version_info >= (3, 12)\nOLD = not NEW\nif OLD: f()", Target((3, 10), (3, 11))),
        ("NEW = sys.version_info >= (3, 12)\nif NEW: exit()\nf()", Target((3, 10), (3, 11))),
        ("NEW = sys.version_info >= (3, 12)\nNEW = x\nif NEW: f()", None),
        ("NEW = ask(sys.version_info)\nif NEW: f()", None),
        ("if PY312: exit()\nf()", None),
        ("if not compat.IS_PY3_12: ...\nelse: f()", None),
        ("if PY312 or sys.version_info >= (3, 14): f()", None),
        ("if copy2: f()", Target()),
        ("if happy_3 or pyramid2 or args.version: exit()\nf()", Target()),
    ],
)
def test_guards_narrow_the_target(code: str, left: Target | None) -> None:
    file = file_of(f"import sys\n{code}\n")
    call = next(call for call in file.calls() if file.source.text_of(call) == "f()")
    assert file.target_at(call) == left


def test_a_variable_is_told_by_any_of_its_names() -> None:
    file = file_of(
        "import a.b as c\ndef c(): ...\nclass c: ...\ntry: ...\nexcept E as c: c\nc.c(c=c)\n"
    )
    names = [
        node
        for node in file.source.nodes
        if isinstance(node, cst.Name) and node.value == "c" and file.variable(node) is not None
    ]
    assert len({id(file.variable(node)) for node in names}) == 1
    assert len(names) == 7


RUNS = """
loop = asyncio.get_event_loop()
loop.run_until_complete(main({}))
"""
ON_THE_OLD_LOOP = {
    "attribute of a class": (
        "class Bot:\n    client = Client()\nasync def main():\n    await Bot.client.go()\n",
        "",
        {},
    ),
    "default": ("async def main(client=Client()):\n    await client.go()\n", "", {}),
    "closure": (
        (
            "def make(client):\n    async def main():\n        await client.go()\n    return main\n"
            "main = make(Client())\n"
        ),
        "",
        {},
    ),
    "in a list": ("clients = [Client()]\nasync def main():\n    await clients[0].go()\n", "", {}),
    "a task": (
        (
            "async def tick(): ...\nasyncio.ensure_future(tick())\n"
            "async def main():\n    await asyncio.sleep(1)\n"
        ),
        "",
        {},
    ),
    "a task by a function": (
        (
            "async def tick(): ...\ndef schedule():\n"
            "    asyncio.get_event_loop().create_task(tick())\nschedule()\n"
            "async def main():\n    await asyncio.sleep(1)\n"
        ),
        "",
        {},
    ),
    "imported": (
        "from app import client\nasync def main():\n    await client.go()\n",
        "",
        {"app.py": f"{CLIENT}client = Client()\n"},
    ),
    "attribute of a module": (
        "import app\nasync def main():\n    await app.client.go()\n",
        "",
        {"app.py": f"{CLIENT}client = Client()\n"},
    ),
    "unknown argument": (
        (
            "import nobody\nclient = nobody.Client()\nasync def main(client):\n"
            "    await client.go()\n"
        ),
        "client",
        {},
    ),
    "unknown argument, direct": (
        "import nobody\nasync def main(client):\n    await client.go()\n",
        "nobody.Client()",
        {},
    ),
    "unknown attribute": (
        (
            "import nobody\nclass App:\n    def __init__(self):\n"
            "        self.client = nobody.Client()\n    async def go(self):\n"
            "        await self.client.go()\napp = App()\n"
            "async def main():\n    await app.go()\n"
        ),
        "",
        {},
    ),
    "unknown in a list": (
        (
            "import nobody\nclients = [nobody.Client()]\nasync def main():\n"
            "    await clients[0].go()\n"
        ),
        "",
        {},
    ),
    "unknown import": (
        "from nobody import client\nasync def main():\n    await client.go()\n",
        "",
        {},
    ),
}


@pytest.mark.parametrize("name", ON_THE_OLD_LOOP)
def test_what_is_or_may_be_on_the_old_loop_is_not_safely_run_on_another(name: str) -> None:
    body, arguments, files = ON_THE_OLD_LOOP[name]
    head = CLIENT if "Client()" in body.replace(".Client()", "") else "import asyncio\n"
    code = f"{head}{body}{RUNS.format(arguments)}"
    found = findings_in(code, files)
    assert [one.code for one in found if one.code == "RUN403"], "nothing is tried"
    safe = {one.code for one in found if one.fix and one.fix.safety is Safety.SAFE}
    assert "RUN403" not in safe
    assert "run_until_complete" in safely_fixed(code, files)


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("TOKEN = 'x'\nasync def main(token):\n    print(TOKEN, token)\n", "TOKEN"),
        ("import json\nasync def main():\n    json.dumps({})\n", ""),
        ("async def main(*names):\n    print(names)\n", "'a', 'b'"),
    ],
)
def test_what_is_on_no_loop_is_safely_run(body: str, arguments: str) -> None:
    code = f"import asyncio\n{body}{RUNS.format(arguments)}"
    assert f"asyncio.run(main({arguments}))" in safely_fixed(code)


def test_a_coroutine_is_followed_through_a_variable() -> None:
    file = file_of(
        "import asyncio\nasync def inner(): ...\nasync def work():\n    await inner()\n"
        "todo = work()\nasyncio.run(todo)\n"
    )
    [run] = file.runs
    assert file.reached_by(run.argument) == {2, 3}
