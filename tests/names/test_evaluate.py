"""What expressions are, at small scale; and code that is called from outside."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.values import UNKNOWN, Kind, kind_of
from tests.snippets import COROUTINE, case, facts_of, kind_of_last

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
