"""What is found out of a library's public names."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.knowledge import Known
from flake8_asyncrun.names.survey import survey
from flake8_asyncrun.names.values import Effect, Kind
from tests.snippets import case, project_of

TAKES, NEEDS = Effect.CAPTURES, Effect.NEEDS_RUNNING

LIBRARY = {
    "lib/__init__.py": (
        "from . import clients\nfrom ._inner import hidden\n"
        "from .clients import Client, Quiet, connect\n"
    ),
    "lib/clients.py": """
import asyncio
from os import getcwd
from lib._inner import Base
class Client(Base):
    def __init__(self, url, timeout=3, loop=None, *, transport=None, name):
        self.loop = transport or loop or asyncio.get_event_loop()
    def start(self) -> asyncio.Task: return self.loop.create_task(self.go())
    def stop(self): return self.go()
    async def go(self): ...
    def plain(self): return 1
    def _hidden(self): return asyncio.gather()
class Quiet:
    def __init__(self, url): ...
class Strict:
    def __init__(self): asyncio.get_running_loop()
class _Hidden:
    def __init__(self): asyncio.get_event_loop()
def connect(url, /, *, loop=None): return asyncio.gather(url, loop=loop)
def deferred(): return asyncio.sleep(1)
def plain(): return 1
async def go(): asyncio.get_event_loop()
def maybe(wanted=False):
    if wanted: asyncio.get_event_loop()
def lately(): return asyncio.as_completed([])
alias = connect
instance = Quiet('')
""",
    "lib/_inner.py": """
import asyncio
class Base:
    def soon(self): return asyncio.ensure_future(self.go())
def hidden(): asyncio.get_event_loop()
""",
}

CLIENT = Known("", Kind.OTHER, TAKES, TAKES, (("loop", 2), ("transport", None)))
CONNECT = Known("", Kind.FUTURE, TAKES, TAKES, (("loop", None),))
FUTURE = Known("", Kind.FUTURE)
SOON = Known("", Kind.FUTURE, TAKES, TAKES)


def test_what_is_worth_knowing_is_told_by_each_public_path() -> None:
    modules = ["lib", "lib.clients", "lib.nobody"]
    assert survey(project_of(LIBRARY).find_module, modules).known == {
        "lib.Client": CLIENT,
        "lib.Client.start": FUTURE,
        "lib.Client.soon": SOON,
        "lib.connect": CONNECT,
        "lib.hidden": Known("", Kind.OTHER, TAKES, TAKES),
        "lib.clients.Client": CLIENT,
        "lib.clients.Client.start": FUTURE,
        "lib.clients.Client.soon": SOON,
        "lib.clients.Strict": Known("", Kind.OTHER, NEEDS, NEEDS),
        "lib.clients.connect": CONNECT,
        "lib.clients.alias": CONNECT,
        "lib.clients.deferred": Known("", Kind.COROUTINE),
    }


@pytest.mark.parametrize(
    ("library", "known"),
    [
        case("none", "def f(x): get_event_loop()", Known("", Kind.OTHER, TAKES, TAKES)),
        case("only from 3.14 on", "def f(): return as_completed([])", None),
        case(
            "its own from 3.14 on",
            "def f():\n    try: return get_event_loop()\n    except RuntimeError: return 1",
            Known("", Kind.OTHER, TAKES, None),
        ),
        case(
            "a loop of its own",
            "def f():\n    try: return get_event_loop()\n"
            "    except RuntimeError: return new_event_loop()",
            Known("", Kind.OTHER, TAKES, TAKES),
        ),
        case(
            "an argument that matters",
            "def f(x=None, loop=None): loop = loop or get_event_loop()",
            Known("", Kind.OTHER, TAKES, TAKES, (("loop", 1),)),
        ),
        case(
            "an argument that adds another",
            "def f(now=None):\n    get_event_loop()\n    if now: get_running_loop()",
            Known("", Kind.OTHER, TAKES, TAKES),
        ),
        case(
            "a kind of its own for each argument",
            "def f(x=1): return gather() if x else sleep(1)",
            Known("", Kind.UNKNOWN, TAKES, TAKES, (("x", 0),)),
        ),
        case("two kinds, no effect", "def f(x=1): return sleep(1) if x else 1", None),
        case("coroutine", "async def f(): ...", None),
        case("context manager", "@contextmanager\ndef f(): yield get_event_loop()", None),
        case("generator", "def f(): yield get_event_loop()", None),
        case("a value", "f = get_event_loop()", None),
        case("a class that is awaitable", "class f:\n    def __await__(self): ...", None),
        case("a class of nothing", "class f: ...", None),
        case(
            "made by new",
            "class f:\n    def __new__(cls, x, loop=None): return object.__new__(cls)",
            None,
        ),
    ],
)
def test_what_is_worth_knowing_of_one_name(library: str, known: Known | None) -> None:
    head = "from asyncio import *\nfrom contextlib import contextmanager\n"
    found = survey(project_of({"lib.py": f"{head}{library}\n"}).find_module, ["lib"]).known
    assert found == ({} if known is None else {"lib.f": known})


@pytest.mark.parametrize(
    ("module", "names"),
    [
        case("defined", "from b import f\ndef g(): get_event_loop()", ["g"]),
        case("renamed", "from b import f\ng = f", ["g"]),
        case("listed", "from b import f\n__all__ = ['f']\ndef g(): get_event_loop()", ["f"]),
        case("listed, but private", "from b import f as _f\n__all__ = ['_f']", []),
        case(
            "not understood", "from b import f\n__all__ = nobody\ndef g(): get_event_loop()", ["g"]
        ),
    ],
)
def test_which_names_are_a_module_s_own(module: str, names: list[str]) -> None:
    files = {
        "a.py": f"from asyncio import get_event_loop\n{module}\n",
        "b.py": "from asyncio import get_event_loop\ndef f(): get_event_loop()\n",
    }
    assert list(survey(project_of(files).find_module, ["a"]).known) == [
        f"a.{name}" for name in names
    ]


def test_a_name_that_costs_too_much_does_not_keep_it_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "CALL_BUDGET", 1_000)
    monkeypatch.setattr(machine, "FILE_BUDGET", 2_000)
    long = "x = [" + "g(1), " * 3_000 + "]\n"
    library = (
        f"from asyncio import get_event_loop\ndef g(x): ...\ndef a(): get_event_loop()\n{long}"
        "def z(): get_event_loop()\n"
    )
    files = {"lib.py": library, "more.py": library}
    found = survey(project_of(files).find_module, ["lib", "more"]).known
    assert set(found) == {"lib.a", "lib.z", "more.a", "more.z"}


def test_what_cannot_be_read_tells_nothing() -> None:
    assert survey(project_of({"lib.py": "def f(:\n"}).find_module, ["lib", "lib.x"]).known == {}


def test_a_kind_holds_whatever_is_given() -> None:
    library = (
        "from asyncio import get_event_loop\n"
        "def f(make=None): return make() if make else get_event_loop()\n"
    )
    found = survey(project_of({"lib.py": library}).find_module, ["lib"])
    assert found.known["lib.f"].kind is Kind.UNKNOWN
