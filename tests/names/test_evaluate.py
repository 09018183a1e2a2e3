"""What code does to values and to the loop, at small scale.

Each program ends in an expression; the tests ask what it is, or what it surely does to the loop.
"""

from __future__ import annotations

import textwrap

import pytest

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.machine import State
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    UNKNOWN,
    Effect,
    Future,
    Kind,
    Loop,
    Origin,
    Value,
    kind_of,
)
from tests.snippets import effects_of_last, facts_of, kind_of_last, last

OLD, NEW = Target((3, 8), (3, 8)), Target((3, 14), (3, 15))
CAPTURES, NEEDS = [Effect.CAPTURES], [Effect.NEEDS_RUNNING]
QUIET: list[Effect] = []
COROUTINE = "async def coro(): ...\n"


def case(name: str, *values: object) -> object:
    return pytest.param(*values, id=name)


def value_of_last(code: str, **files: str) -> Value:
    seen = last(code, {f"{name}.py": text for name, text in files.items()})
    assert seen is not None
    return seen.value


# ------------------------------------------------------------- 1: arguments and defaults are real


CHAIN = """
from asyncio import get_event_loop
class Transport:
    def __init__(self, *, loop=None, **options):
        self.loop = loop or get_event_loop()
class Session:
    def __init__(self, *arguments, loop=None, **options):
        self.transport = Transport(loop=loop, **options)
class Client:
    def __init__(self, token, options=None, **more):
        self.session = Session(token, **(options or {}), **more)
"""


@pytest.mark.parametrize(
    ("call", "effects"),
    [
        case("no loop", "Client('t')", CAPTURES),
        case("loop=None", "Client('t', loop=None)", CAPTURES),
        case("loop in options", "Client('t', {'loop': object()})", QUIET),
        case("None in options", "Client('t', dict(loop=None))", CAPTURES),
        case("a loop", "Client('t', loop=object())", QUIET),
        case("a parameter of unknown value", "Client('t', loop=nobody)", QUIET),
        case("any keywords", "Client('t', **nobody)", QUIET),
        case("any arguments", "Client(*nobody)", QUIET),
        case("keywords without loop", "Client('t', **{'timeout': 3})", CAPTURES),
        case("keywords with loop", "Client('t', **{'loop': object()})", QUIET),
    ],
)
def test_a_loop_goes_through_three_constructors(call: str, effects: list[Effect]) -> None:
    assert effects_of_last(f"{CHAIN}{call}\n") == effects


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case("or", "return given or get_event_loop()", CAPTURES),
        case("or, given", "given = object; return given or get_event_loop()", QUIET),
        case("and", "return given and get_event_loop()", QUIET),
        case("if is None", "if given is None: given = get_event_loop()", CAPTURES),
        case("if is not None", "if given is not None: given = get_event_loop()", QUIET),
        case("if not", "if not given: get_event_loop()", CAPTURES),
        case("conditional expression", "return given if given else get_event_loop()", CAPTURES),
        case("unknown condition", "if nobody: get_event_loop()", QUIET),
        case("both branches", "if nobody: get_event_loop()\nelse: get_event_loop()", CAPTURES),
        case("unknown or", "return nobody() or get_event_loop()", QUIET),
        case("after an unknown return", "if nobody: return\nget_event_loop()", QUIET),
        case("after an unknown raise", "if nobody: raise ValueError\nget_event_loop()", CAPTURES),
        case("after a return", "return\nget_event_loop()", QUIET),
        case("loop that may not turn", "for x in nobody: get_event_loop()", QUIET),
        case("loop that turns", "for x in (1, 2): get_event_loop()", CAPTURES),
        case("while True", "while True:\n    get_event_loop()\n    break", CAPTURES),
        case("while False", "while False: get_event_loop()", QUIET),
        case("comprehension", "[get_event_loop() for x in nobody]", QUIET),
        case("lambda that is called", "return (lambda: get_event_loop())()", CAPTURES),
        case("lambda that is not", "return lambda: get_event_loop()", QUIET),
        case("inner function that is called", "def g(): get_event_loop()\ng()", CAPTURES),
        case("inner function that is not", "def g(): get_event_loop()", QUIET),
        case("coroutine", "async def g(): get_event_loop()\ng()", QUIET),
        case("generator", "def g(): yield get_event_loop()\ng()", QUIET),
        case("type checking", "if TYPE_CHECKING: get_event_loop()", QUIET),
        case("old Python", "if sys.version_info < (3, 8): get_event_loop()", QUIET),
        case("new Python", "if sys.version_info >= (3, 8): get_event_loop()", CAPTURES),
        case("some Pythons", "if sys.version_info >= (3, 12): get_event_loop()", QUIET),
        case("platform", "if sys.platform == 'win32': get_event_loop()", QUIET),
        case("finally", "try: nobody()\nfinally: get_event_loop()", CAPTURES),
        case("with", "with nobody(): get_event_loop()", CAPTURES),
        case("match", "match nobody:\n    case 1: get_event_loop()", QUIET),
        case("a name that exists nowhere", "nobody.get_event_loop()", QUIET),
        case("after a return in a loop", "for x in nobody: return x\nget_event_loop()", QUIET),
    ],
)
def test_only_what_surely_happens_is_told(body: str, effects: list[Effect]) -> None:
    body = textwrap.indent(body, "    ")
    code = f"import sys\nfrom asyncio import get_event_loop\ndef f(given=None):\n{body}\nf()\n"
    assert effects_of_last(code) == effects


def test_a_default_is_evaluated_where_it_is_written() -> None:
    code = (
        "import asyncio\nloop = None\ndef f(given=loop): return given or asyncio.get_event_loop()"
    )
    assert effects_of_last(f"{code}\nf()\n") == CAPTURES
    assert effects_of_last(f"{code}\nf(1)\n") == QUIET


def test_positional_keyword_and_keyword_only_parameters() -> None:
    code = "def f(a, b=2, /, c=3, *rest, d, e=5, **more): return [a, b, c, rest, d, e, more]\n"
    value = value_of_last(f"{code}f(1, 22, 33, 44, d=4, x=6)\n")
    items = getattr(value, "items", [])
    assert [getattr(one, "value", None) for one in items] == [1, 22, 33, None, 4, 5, None]
    assert [one.value for one in items[3].items] == [44]
    assert {key: one.value for key, one in items[6].items.items()} == {"x": 6}


# ------------------------------------------------------------- 2: exceptions are control flow


FALLBACK = """
import asyncio
def loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.{}()
loop()
"""


def test_the_running_loop_s_absence_leads_into_the_handler() -> None:
    assert effects_of_last(FALLBACK.format("get_event_loop")) == CAPTURES
    assert effects_of_last(FALLBACK.format("new_event_loop")) == QUIET


OWN_LOOP = """
import asyncio
def loop():
    try:
        return asyncio.get_event_loop()
    except RuntimeError:
        return asyncio.new_event_loop()
loop()
"""


def test_from_3_14_on_a_loop_made_instead_of_the_current_one_is_as_idle() -> None:
    old, new = last(OWN_LOOP, target=OLD), last(OWN_LOOP, target=NEW)
    assert old is not None
    assert new is not None
    assert [event.caught for event in old.events] == [True]
    assert [(event.effect, event.what) for event in new.events] == [
        (Effect.CAPTURES, "asyncio.new_event_loop()")
    ]
    assert isinstance(new.value, Loop)
    assert new.value.origin is Origin.CURRENT


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case("bare except", "try: get_running_loop()\nexcept: pass", QUIET),
        case("Exception", "try: get_running_loop()\nexcept Exception: pass", QUIET),
        case(
            "among others", "try: get_running_loop()\nexcept (KeyError, RuntimeError): ...", QUIET
        ),
        case("another", "try: get_running_loop()\nexcept KeyError: ...", NEEDS),
        case("suppress", "with suppress(RuntimeError): get_running_loop()", QUIET),
        case("suppress another", "with suppress(KeyError): get_running_loop()", NEEDS),
        case(
            "else is not reached",
            "try: get_running_loop()\nexcept RuntimeError: pass\nelse: get_event_loop()",
            QUIET,
        ),
        case(
            "nothing after it in the block",
            "try:\n    get_running_loop()\n    get_event_loop()\nexcept RuntimeError: pass",
            QUIET,
        ),
        case(
            "finally",
            "try: get_running_loop()\nexcept RuntimeError: pass\nfinally: get_event_loop()",
            CAPTURES,
        ),
        case(
            "raised again as another",
            "try:\n"
            "    try: get_running_loop()\n"
            "    except RuntimeError: raise KeyError\n"
            "except KeyError: get_event_loop()",
            CAPTURES,
        ),
        case(
            "raised again as it is",
            "try:\n"
            "    try: get_running_loop()\n"
            "    except RuntimeError: raise\n"
            "except RuntimeError: get_event_loop()",
            CAPTURES,
        ),
        case(
            "two functions further down",
            "def g(): return get_running_loop()\n"
            "def h(): return g()\n"
            "try: h()\n"
            "except RuntimeError: get_event_loop()",
            CAPTURES,
        ),
        case("not in the handler itself", "try: f\nexcept RuntimeError: get_running_loop()", QUIET),
    ],
)
def test_errors_about_the_loop_are_followed(body: str, effects: list[Effect]) -> None:
    body = textwrap.indent(body, "    ")
    head = "from asyncio import get_event_loop, get_running_loop\nfrom contextlib import suppress\n"
    assert effects_of_last(f"{head}def f():\n{body}\nf()\n") == effects


def test_inside_a_coroutine_a_loop_runs() -> None:
    code = "import asyncio\nasync def f():\n    asyncio.get_running_loop()\n    g()\n"
    facts = facts_of(f"{code}def g():\n    return asyncio.get_event_loop()\nasyncio.run(f())\n")
    seen = facts.seen((3, 4, 3, 30))
    assert seen is not None
    assert (seen.state, seen.events) == (State.RUNNING, ())
    inner = facts.seen((6, 11, 6, 35))
    assert inner is not None
    assert (inner.state, inner.events) == (State.RUNNING, ())


# ------------------------------------------------------------- 3: names


AWAITED = f"{COROUTINE}def plain(): ...\n"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("function", "coro()", Kind.COROUTINE),
        case("not called", "coro", Kind.COROUTINE_FUNCTION),
        case("plain function", "plain()", Kind.OTHER),
        case("returned", "def f(): return coro()\nf()", Kind.COROUTINE),
        case("returned on one way", "def f(x):\n  if x: return coro()\nf(nobody)", Kind.UNKNOWN),
        case(
            "returned on both",
            "def f(x):\n  if x: return coro()\n  return coro()\nf(nobody)",
            Kind.COROUTINE,
        ),
        case("other name", "a = b = coro\nb()", Kind.COROUTINE),
        case("unpacked", "a, b = plain, coro\nb()", Kind.COROUTINE),
        case("walrus", "print(a := coro)\na()", Kind.COROUTINE),
        case("bound anew", "a = coro\na = plain\na()", Kind.OTHER),
        case("bound on one way", "a = coro\nif nobody: a = plain\na()", Kind.UNKNOWN),
        case("defined twice", "def coro(): ...\ncoro()", Kind.OTHER),
        case("deleted", "a = coro\ndel a\na()", Kind.UNKNOWN),
        case("lambda", "(lambda: coro())()", Kind.COROUTINE),
        case("lambda's parameter", "(lambda f: f())(coro)", Kind.COROUTINE),
        case("in a list", "[plain, coro][1]()", Kind.COROUTINE),
        case("in a dict", "{'a': coro}['a']()", Kind.COROUTINE),
        case("in a dict's get", "{'a': coro}.get('a')()", Kind.COROUTINE),
        case("behind an unknown key", "{'a': coro}[nobody]()", Kind.UNKNOWN),
        case("conditional", "(coro if nobody else coro)()", Kind.COROUTINE),
        case("partial", "import functools\nfunctools.partial(coro)()", Kind.COROUTINE),
        case(
            "partial, itself", "import functools\nfunctools.partial(coro)", Kind.COROUTINE_FUNCTION
        ),
        case(
            "partial of a partial",
            "from functools import partial as p\ndef f(g, h): return h()\np(p(f, 1), coro)()",
            Kind.COROUTINE,
        ),
        case("closure", "def f(g):\n  def h(): return g()\n  return h\nf(coro)()", Kind.COROUTINE),
        case(
            "nonlocal",
            (
                "def f():\n  g = plain\n  def h():\n    nonlocal g\n    g = coro\n  h()\n"
                "  return g()\nf()"
            ),
            Kind.COROUTINE,
        ),
        case("global", "a = plain\ndef f():\n  global a\n  a = coro\nf()\na()", Kind.COROUTINE),
        case("loop over both", "for a in (plain, coro): x = a()\nx", Kind.UNKNOWN),
        case("loop over one", "for a in [coro]: x = a()\nx", Kind.COROUTINE),
        case("earlier turn", "a = plain\nfor x in (1, 2):\n  b = a()\n  a = coro\nb", Kind.UNKNOWN),
        case("async generator", "async def g(): yield\ng()", Kind.ASYNC_GENERATOR),
        case("inner yield is not its own", "async def g():\n  def h(): yield\ng()", Kind.COROUTINE),
        case("old style", "import types\n@types.coroutine\ndef f(): yield\nf()", Kind.UNKNOWN),
        case(
            "transparent decorator",
            "import functools\n@functools.cache\ndef f(): return coro()\nf()",
            Kind.COROUTINE,
        ),
        case(
            "unknown decorator",
            "import nobody\n@nobody.click\nasync def f(): ...\nf()",
            Kind.UNKNOWN,
        ),
        case(
            "one's own decorator",
            "def deco(f):\n  def g(*a, **k): return plain()\n  return g\n"
            "@deco\nasync def f(): ...\nf()",
            Kind.OTHER,
        ),
        case(
            "one's own decorator, wrapping",
            "import functools\ndef deco(f):\n  @functools.wraps(f)\n"
            "  async def g(*a, **k): ...\n  return g\n@deco\ndef f(): ...\nf()",
            Kind.COROUTINE,
        ),
        case(
            "decorator with arguments",
            (
                "def deco(x):\n  def outer(f): return f\n  return outer\n@deco(1)\n"
                "async def f(): ...\nf()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "contextmanager",
            "import contextlib\n@contextlib.contextmanager\ndef f(): yield\nf()",
            Kind.OTHER,
        ),
        case(
            "overload", "import typing\n@typing.overload\ndef coro(): ...\ncoro()", Kind.COROUTINE
        ),
        case("sleep", "import asyncio\nasyncio.sleep(1)", Kind.COROUTINE),
        case("gather", "import asyncio as a\na.gather()", Kind.FUTURE),
        case("by its real place", "from asyncio.tasks import gather\ngather()", Kind.FUTURE),
        case("star import", "from asyncio import *\ngather()", Kind.FUTURE),
        case(
            "ensure_future of a future",
            "from asyncio import *\nensure_future(gather())",
            Kind.FUTURE,
        ),
        case("anext", "async def g(): yield\nanext(g())", Kind.COROUTINE),
        case("cast", "import typing\ntyping.cast('x', coro())", Kind.COROUTINE),
        case("None", "print()", Kind.OTHER),
        case("builtin", "len('')", Kind.OTHER),
        case("shadowed builtin", "def print(*x): return coro()\nprint()", Kind.COROUTINE),
        case("nobody knows", "nobody()", Kind.UNKNOWN),
        case(
            "import error",
            "try: from nobody import f\nexcept ImportError: f = coro\nf()",
            Kind.UNKNOWN,
        ),
        case("self-recursion", "def f(n): return f(n - 1)\nf(3)", Kind.UNKNOWN),
        case("mutual recursion", "def f(): return g()\ndef g(): return f()\nf()", Kind.UNKNOWN),
        case(
            "recursion that ends",
            "def f(n=None): return coro() if n else f(1)\nf()",
            Kind.COROUTINE,
        ),
        case("recursive lambda", "(lambda f: f(f))(lambda f: f(f))", Kind.UNKNOWN),
        case("recursive list", "a = []\na.append(a)\na[0]", Kind.OTHER),
        case("augmented", "a = None\na += coro()\na", Kind.UNKNOWN),
        case(
            "1 == 1.0", "A = 1.0\ndef f(): return coro() if A == 1 else None\nf()", Kind.COROUTINE
        ),
        case(
            "emptied list",
            "a = [1]\na.clear()\ndef f(): return None if a else coro()\nf()",
            Kind.UNKNOWN,
        ),
        case(
            "emptied dict",
            "a = {'b': 1}\na.clear()\ndef f(): return None if a else coro()\nf()",
            Kind.UNKNOWN,
        ),
        case("overridden in a dict", "a = {'b': None, **nobody}\na['b']", Kind.UNKNOWN),
        case("updated dict", "a = {'b': None}\na.update(nobody)\na['b']", Kind.UNKNOWN),
        case(
            "item set in a branch",
            "a = {'b': coro()}\nif nobody: a['b'] = None\na['b']",
            Kind.UNKNOWN,
        ),
        case(
            "item popped in a branch",
            "a = {'b': coro()}\nif nobody: a.pop('b')\na.get('b')",
            Kind.UNKNOWN,
        ),
        case(
            "nonlocal set by a callback",
            "def f():\n  a = None\n  def g():\n    nonlocal a\n    a = coro()\n"
            "  nobody(g)\n  return a\nf()",
            Kind.UNKNOWN,
        ),
    ],
)
def test_what_an_expression_is(code: str, kind: Kind) -> None:
    assert kind_of_last(f"{AWAITED}{code}\n") is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("method", "class A:\n  async def f(self): ...\nA().f()", Kind.COROUTINE),
        case("class's own", "class A:\n  async def f(self): ...\nA.f(1)", Kind.COROUTINE),
        case(
            "inherited",
            "class A:\n  async def f(self): ...\nclass B(A): ...\nB().f()",
            Kind.COROUTINE,
        ),
        case(
            "diamond",
            "class A:\n  def f(self): ...\nclass B(A): ...\nclass C(A):\n  async def f(self): ...\n"
            "class D(B, C): ...\nD().f()",
            Kind.COROUTINE,
        ),
        case(
            "super in a diamond",
            "class A:\n  def f(self): ...\nclass B(A):\n  def f(self): return super().f()\n"
            "class C(A):\n  async def f(self): ...\nclass D(B, C): ...\nD().f()",
            Kind.COROUTINE,
        ),
        case(
            "super without one",
            "class A:\n  def f(self): return super().f()\nA().f()",
            Kind.UNKNOWN,
        ),
        case(
            "property", "class A:\n  @property\n  def f(self): return coro()\nA().f", Kind.COROUTINE
        ),
        case(
            "property's setter",
            (
                "class A:\n  @property\n  def f(self): return coro()\n  @f.setter\n"
                "  def f(self, x): ...\nA().f"
            ),
            Kind.COROUTINE,
        ),
        case(
            "cached property",
            (
                "import functools\nclass A:\n  @functools.cached_property\n"
                "  def f(self): return coro()\nA().f"
            ),
            Kind.COROUTINE,
        ),
        case(
            "staticmethod",
            "class A:\n  @staticmethod\n  def f(x): return x()\nA().f(coro)",
            Kind.COROUTINE,
        ),
        case(
            "classmethod",
            (
                "class A:\n  @classmethod\n  def make(cls): return cls()\n"
                "  async def f(self): ...\nA.make().f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "classmethod of a subclass",
            (
                "class A:\n  @classmethod\n  def make(cls): return cls()\nclass B(A):\n"
                "  async def f(self): ...\nB.make().f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "attribute",
            "class A:\n  def __init__(self, f): self.f = f\nA(coro).f()",
            Kind.COROUTINE,
        ),
        case("attribute set outside", "class A: ...\na = A()\na.f = coro\na.f()", Kind.COROUTINE),
        case(
            "attribute set on one way",
            (
                "class A:\n  f = None\n  def __init__(self): self.f = coro\na = A()\n"
                "if nobody: a.f = print\na.f()"
            ),
            Kind.UNKNOWN,
        ),
        case("setattr", "class A: ...\na = A()\nsetattr(a, 'f', coro)\na.f()", Kind.COROUTINE),
        case("getattr", "class A:\n  async def f(self): ...\ngetattr(A(), 'f')()", Kind.COROUTINE),
        case(
            "getattr of any name",
            "class A:\n  async def f(self): ...\ngetattr(A(), nobody)()",
            Kind.UNKNOWN,
        ),
        case("__getattr__", "class A:\n  def __getattr__(self, n): ...\nA().f()", Kind.UNKNOWN),
        case("__call__", "class A:\n  async def __call__(self): ...\nA()()", Kind.COROUTINE),
        case("__await__", "class A:\n  def __await__(self): ...\nA()", Kind.AWAITABLE),
        case("neither", "class A: ...\nA()", Kind.OTHER),
        case(
            "__new__",
            (
                "class A: ...\nclass B:\n  def __new__(cls): return A()\n"
                "  def __await__(self): ...\nB()"
            ),
            Kind.OTHER,
        ),
        case(
            "__new__ of object",
            (
                "class A:\n  def __new__(cls): return object.__new__(cls)\n"
                "  def __await__(self): ...\nA()"
            ),
            Kind.AWAITABLE,
        ),
        case(
            "dataclass",
            (
                "from dataclasses import dataclass\n@dataclass\nclass A:\n  a: int\n"
                "  f: object = None\nA(1, coro).f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "dataclass's default",
            (
                "from dataclasses import dataclass\n@dataclass\nclass A:\n"
                "  f: object = coro\nA().f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "dataclass's factory",
            (
                "from dataclasses import dataclass, field\n@dataclass\nclass A:\n"
                "  f: object = field(default_factory=lambda: coro())\nA().f"
            ),
            Kind.COROUTINE,
        ),
        case(
            "dataclass, inherited",
            (
                "from dataclasses import dataclass\n@dataclass\nclass A:\n  a: int\n"
                "@dataclass\nclass B(A):\n  f: object\nB(1, coro).f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "class variable",
            (
                "from dataclasses import dataclass\nfrom typing import ClassVar\n"
                "@dataclass\nclass A:\n  a: ClassVar[int] = 0\n  f: object = None\n"
                "A(coro).f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "post init",
            (
                "from dataclasses import dataclass\n@dataclass\nclass A:\n  a: int\n"
                "  def __post_init__(self): self.f = coro\nA(1).f()"
            ),
            Kind.COROUTINE,
        ),
        case("unknown base", "import nobody\nclass A(nobody.B): ...\nA()", Kind.UNKNOWN),
        case(
            "unknown metaclass", "import nobody\nclass A(metaclass=nobody.M): ...\nA", Kind.UNKNOWN
        ),
        case("unknown decorator", "import nobody\n@nobody.d\nclass A: ...\nA()", Kind.UNKNOWN),
        case(
            "subclass of a task",
            "import asyncio\nclass A(asyncio.Task): ...\nA(coro())",
            Kind.FUTURE,
        ),
        case(
            "generic future", "import asyncio\nclass A(asyncio.Future[int]): ...\nA()", Kind.FUTURE
        ),
        case("enum", "import enum\nclass A(enum.Enum):\n  a = 1\nA(1)", Kind.OTHER),
        case(
            "generic",
            (
                "import typing\nT = typing.TypeVar('T')\nclass A(typing.Generic[T]):\n"
                "  async def f(self): ...\nA[int]().f()"
            ),
            Kind.COROUTINE,
        ),
        case(
            "a class's names are not its methods'",
            "x = print\nclass A:\n  x = coro\n  def f(self): return x()\nA().f()",
            Kind.OTHER,
        ),
        case(
            "recursive constructor", "class A:\n  def __init__(self): self.a = A()\nA()", Kind.OTHER
        ),
        case("its own base", "class A(A): ...\nA()", Kind.UNKNOWN),
        case(
            "unknown metaclass's instance",
            "import nobody\nclass A(metaclass=nobody.M): ...\nA()",
            Kind.UNKNOWN,
        ),
        case(
            "attribute of the class set outside",
            "class A:\n  def f(self): ...\nA.f = lambda self: coro()\nA().f()",
            Kind.UNKNOWN,
        ),
        case(
            "attribute set by unknown code",
            "class A:\n  def __init__(self): self.f = None\na = A()\nnobody(a)\na.f",
            Kind.UNKNOWN,
        ),
    ],
)
def test_what_objects_are(code: str, kind: Kind) -> None:
    assert kind_of_last(f"{COROUTINE}{code}\n") is kind


@pytest.mark.parametrize(
    ("code", "files", "kind"),
    [
        case("module", "import a\na.f()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case("name", "from a import f\nf()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case(
            "submodule",
            "import a.b\na.b.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "submodule under a name",
            "import a.b as c\nc.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "submodule as a name",
            "from a import b\nb.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "namespace package",
            "from a import b\nb.f()",
            {"a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "re-export",
            "from a import g\ng()",
            {"a/__init__.py": "from .b import f as g", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "re-exported module",
            "import a\na.c.f()",
            {"a/__init__.py": "from a import b as c", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case("star", "from a import *\nf()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case(
            "star over star",
            "from a import *\nf()",
            {"a.py": "from b import *", "b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "star does not take private names",
            "from a import *\n_f()",
            {"a.py": "async def _f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "star of what is missing hides builtins",
            "from nobody import *\nprint()",
            {},
            Kind.UNKNOWN,
        ),
        case(
            "relative, two up",
            "import a.b.c\na.b.c.g()",
            {
                "a/__init__.py": "",
                "a/d.py": "async def f(): ...",
                "a/b/__init__.py": "",
                "a/b/c.py": "from ..d import f as g",
            },
            Kind.COROUTINE,
        ),
        case(
            "cycle",
            "import a\na.f()",
            {"a.py": "import b\nasync def f(): ...", "b.py": "import a\ng = a.f"},
            Kind.COROUTINE,
        ),
        case(
            "cycle through it",
            "import b\nb.g()",
            {"a.py": "import b\nasync def f(): ...", "b.py": "from a import f as g"},
            Kind.COROUTINE,
        ),
        case(
            "cycle of one name",
            "from a import f\nf()",
            {"a.py": "from b import f", "b.py": "from a import f"},
            Kind.UNKNOWN,
        ),
        case(
            "star cycle",
            "from a import *\nf()",
            {"a.py": "from b import *", "b.py": "from a import *"},
            Kind.UNKNOWN,
        ),
        case("itself", "from a import f\nf()", {"a.py": "from a import f"}, Kind.UNKNOWN),
        case(
            "fallback",
            "from a import f\nf()",
            {"a.py": "try:\n  from nobody import f\nexcept ImportError:\n  async def f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "first choice",
            "from a import f\nf()",
            {
                "a.py": "try:\n  from b import f\nexcept ImportError:\n  def f(): ...",
                "b.py": "async def f(): ...",
            },
            Kind.COROUTINE,
        ),
        case("lazy module", "import a\na.f()", {"a.py": "def __getattr__(n): ..."}, Kind.UNKNOWN),
        case(
            "lazy module that tells type checkers",
            "from a import f\nf()",
            {
                "a.py": (
                    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from b import f\n"
                    "def __getattr__(n): ..."
                ),
                "b.py": "async def f(): ...",
            },
            Kind.COROUTINE,
        ),
        case(
            "version guard",
            "from a import f\nf()",
            {
                "a.py": (
                    "import sys\nif sys.version_info >= (3, 8):\n  async def f(): ...\nelse:\n"
                    "  def f(): ..."
                )
            },
            Kind.COROUTINE,
        ),
        case(
            "unknown guard",
            "from a import f\nf()",
            {"a.py": "import os\nif os.name:\n  async def f(): ...\nelse:\n  def f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "bound twice",
            "from a import f\nf()",
            {"a.py": "def f(): ...\nasync def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "rebound by a function",
            "from a import f\nf",
            {"a.py": "f = None\ndef g():\n  global f\n  f = 1"},
            Kind.UNKNOWN,
        ),
        case("missing name", "from a import f\nf()", {"a.py": ""}, Kind.UNKNOWN),
        case(
            "class from there",
            "from a import A\nA().f()",
            {
                "a.py": "from b import B\nclass A(B): ...",
                "b.py": "class B:\n  async def f(self): ...",
            },
            Kind.COROUTINE,
        ),
        case(
            "class in a cycle of members",
            "from a import A\nA.x",
            {"a.py": "class A:\n  x = y\n  y = x"},
            Kind.UNKNOWN,
        ),
        case(
            "attribute of a module set outside",
            "import a\na.f = 1\nasync def g(): ...\na.f = g()\na.f",
            {"a.py": "f = None"},
            Kind.UNKNOWN,
        ),
    ],
)
def test_names_from_other_files(code: str, files: dict[str, str], kind: Kind) -> None:
    assert kind_of_last(f"{code}\n", files) is kind


def test_what_happens_at_import_elsewhere_is_not_the_importer_s_doing() -> None:
    files = {"a.py": "import asyncio\nloop = asyncio.get_event_loop()\ndef f(): return loop\n"}
    assert effects_of_last("from a import f\nf()\n", files) == QUIET


def test_the_main_guard_is_true_in_the_file_and_false_elsewhere() -> None:
    guard = "import asyncio\nclass A: ...\nif __name__ == '__main__':\n    class A:\n"
    guard += "        def __await__(self): ...\n"
    assert kind_of_last(f"{guard}A()\n") is Kind.AWAITABLE
    assert kind_of_last("from a import A\nA()\n", {"a.py": guard}) is not Kind.AWAITABLE


# ------------------------------------------------------------- loops and what is bound to them


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("asyncio.get_event_loop()", Origin.CURRENT),
        ("asyncio.new_event_loop()", Origin.NEW),
        ("asyncio.gather()", Origin.CURRENT),
        ("asyncio.get_event_loop().create_task(f())", Origin.CURRENT),
        ("asyncio.new_event_loop().create_task(f())", Origin.NEW),
        ("asyncio.ensure_future(f(), loop=asyncio.new_event_loop())", Origin.NEW),
        ("asyncio.ensure_future(f(), loop=nobody)", Origin.UNKNOWN),
        ("asyncio.gather(asyncio.new_event_loop().create_task(f()))", Origin.NEW),
        ("asyncio.gather(**nobody)", Origin.UNKNOWN),
    ],
)
def test_which_loop_it_is(code: str, origin: Origin) -> None:
    value = value_of_last(f"import asyncio\nasync def f(): ...\n{code}\n")
    assert isinstance(value, (Loop, Future))
    assert value.origin is origin


def test_a_loop_that_was_set_is_the_current_one() -> None:
    code = "import asyncio\nasyncio.set_event_loop(asyncio.new_event_loop())\n"
    seen = last(f"{code}asyncio.get_event_loop()\n")
    assert seen is not None
    assert isinstance(seen.value, Loop)
    assert seen.value.origin is Origin.NEW
    assert [event.set for event in seen.events] == [True]


def test_a_loop_that_may_have_been_set_is_not_known() -> None:
    code = "import asyncio\nif nobody: asyncio.set_event_loop(nobody)\nasyncio.get_event_loop()\n"
    assert effects_of_last(code) == QUIET


def test_locks_kept_the_loop_up_to_3_9() -> None:
    code = "import asyncio\nasyncio.Lock()\n"
    assert effects_of_last(code, target=OLD) == CAPTURES
    assert effects_of_last(code) == QUIET


def test_an_event_tells_the_way_that_led_to_it() -> None:
    files = {"a.py": "import asyncio\ndef f():\n    return asyncio.get_event_loop()\n"}
    seen = last("from a import f\ndef g():\n    return f()\ng()\n", files)
    assert seen is not None
    (event,) = seen.events
    assert (event.place.path, event.place.line, event.what) == (
        "a.py",
        3,
        "asyncio.get_event_loop()",
    )
    assert [(place.path, place.line) for place in event.via] == [
        ("example.py", 4),
        ("example.py", 3),
    ]


# ------------------------------------------------------------- code that is called from outside


def test_a_parameter_is_anything() -> None:
    code = "import asyncio\ndef f(x=None):\n    asyncio.run(x)\n"
    seen = facts_of(code).seen((3, 16, 3, 17))
    assert seen is not None
    assert seen.value is UNKNOWN


@pytest.mark.parametrize(
    ("code", "at"),
    [
        case(
            "bound later at top level",
            "x = None\ndef f(): x\nx = object()\n",
            (2, 9, 2, 10),
        ),
        case(
            "bound by an earlier function",
            "x = None\ndef g():\n    global x\n    x = object()\ndef f(): x\n",
            (5, 9, 5, 10),
        ),
        case(
            "bound by a later function",
            "x = None\ndef f(): x\ndef g():\n    global x\n    x = object()\n",
            (2, 9, 2, 10),
        ),
        case(
            "parameter of a lambda in a method",
            "class A:\n    def __await__(self): ...\n    def f(self): return lambda x: x\n",
            (3, 34, 3, 35),
        ),
    ],
)
def test_code_that_runs_at_any_time_sees_whatever_may_be(
    code: str, at: tuple[int, int, int, int]
) -> None:
    seen = facts_of(code).seen(at)
    assert seen is not None
    assert kind_of(seen.value) is Kind.UNKNOWN


# ------------------------------------------------------------- the end of the budget


@pytest.fixture
def _poor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CALL_BUDGET", 1_000)
    monkeypatch.setattr(machine, "FILE_BUDGET", 20_000)


@pytest.mark.usefixtures("_poor")
def test_a_call_into_another_file_ends_with_its_budget() -> None:
    files = {"a.py": "def f():\n" + "    x = 1 + 1\n" * 1_000 + "    return f\n"}
    code = "from a import f\nasync def g(): ...\nf()\n"
    assert kind_of_last(code, files) is Kind.UNKNOWN
    assert kind_of_last(f"{code}g()\n", files) is Kind.COROUTINE


@pytest.mark.usefixtures("_poor")
def test_a_file_ends_with_its_budget() -> None:
    # What was reached before stands, what comes after was never seen.
    facts = facts_of("async def g(): ...\ng()\n" + "x = 1\n" * 10_000 + "g()\n")
    assert facts.seen((2, 0, 2, 3)) is not None
    assert facts.seen((10_003, 0, 10_003, 3)) is None


@pytest.mark.usefixtures("_poor")
def test_exponential_calls_end() -> None:
    chain = "".join(f"def f{n}(): f{n + 1}(); f{n + 1}()\n" for n in range(40))
    assert kind_of_last(f"{chain}def f40(): ...\nf0()\n") is None
    files = {"a.py": f"{chain}def f40(): ...\n"}
    assert kind_of_last("from a import f0\nf0()\n", files) is Kind.UNKNOWN


def test_endless_imports_end() -> None:
    def find_module(name: str) -> tuple[str, str]:
        return f"{name}.py", f"from {name}x import f\n"

    facts = Facts(Project(find_module), "m.py", "from a import f\nf()\n", "m")
    seen = facts.seen((2, 0, 2, 3))
    assert seen is None or not seen.events


def test_a_deep_expression_is_no_crash() -> None:
    deep = "+".join(["1"] * 600)
    assert kind_of_last(f"async def g(): ...\nx = {deep}\ng()\n") in (None, Kind.COROUTINE)
