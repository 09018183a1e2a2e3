"""Classes, instances and their attributes."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.values import Effect, Kind, kind_of
from tests.snippets import (
    CAPTURES,
    COROUTINE,
    QUIET,
    answer_of_last,
    case,
    effects_of_last,
    facts_of,
    kind_of_last,
)

HEAD = f"import asyncio\nfrom asyncio import get_event_loop, get_running_loop\n{COROUTINE}"


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


# ------------------------------------------------------------- classes that make themselves


CONFIGURABLE = """
from asyncio import get_event_loop
class Configurable:
    __chosen = None
    def __new__(cls, *arguments):
        return super().__new__(cls.chosen())
    @classmethod
    def chosen(cls):
        if cls.__dict__.get("_Configurable__chosen") is None:
            cls.__chosen = cls.default()
        return cls.__chosen
class Front(Configurable):
    @classmethod
    def default(cls): return Impl
class Impl(Front):
    def __init__(self, loop=None): self.loop = loop or get_event_loop()
    async def go(self): ...
class Quiet(Front):
    @classmethod
    def default(cls): return Still
class Still(Quiet): ...
"""
"""How tornado's classes choose the one of which an instance is made."""


@pytest.mark.parametrize(
    ("call", "effects"),
    [
        ("Front()", CAPTURES),
        ("Front(object())", QUIET),
        ("Quiet()", QUIET),
    ],
)
def test_a_library_s_class_chooses_which_it_makes(call: str, effects: list[Effect]) -> None:
    files = {"lib.py": CONFIGURABLE}
    code = f"from lib import Front, Quiet\n{call}"
    assert effects_of_last(f"{code}\n", files) == effects
    kind = Kind.UNKNOWN if "Quiet" in call else Kind.COROUTINE
    assert kind_of_last(f"{code}.go()\n", files) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("set while it runs", "def f():\n    A.x = coro()\n    return A().x", Kind.COROUTINE),
        case(
            "read from a subclass", "def f():\n    A.x = coro()\n    return B().x", Kind.COROUTINE
        ),
        case("set on the subclass", "def f():\n    B.x = coro()\n    return A().x", Kind.OTHER),
        case(
            "set on some ways",
            "def f():\n    if nobody: A.x = coro()\n    return A().x",
            Kind.UNKNOWN,
        ),
        case(
            "set on some ways, to what it was",
            "def f():\n    A.x = coro()\n    if nobody: A.x = coro()\n    return A().x",
            Kind.COROUTINE,
        ),
    ],
)
def test_what_a_library_sets_on_its_classes_stays(code: str, kind: Kind) -> None:
    library = f"class A:\n    x = None\nclass B(A): ...\n{COROUTINE}{code}\n"
    assert kind_of_last("from lib import f\nf()\n", {"lib.py": library}) is kind


def test_what_this_file_sets_on_a_library_s_class_is_not_known() -> None:
    library = f"class A:\n    x = None\n    def f(self): return self.x\n{COROUTINE}"
    code = "from lib import A, coro\nA.x = coro()\nA().f()\n"
    assert kind_of_last(code, {"lib.py": library}) is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case(
            "mangled",
            "class A:\n    __x = 1\nA.__dict__.get('_A__x', coro())",
            Kind.UNKNOWN,
        ),
        case(
            "not so called", "class A:\n    __x = 1\nA.__dict__.get('__x', coro())", Kind.COROUTINE
        ),
        case("of _A", "class _A:\n    __x = 1\n_A.__dict__.get('_A__x', coro())", Kind.UNKNOWN),
        case("dunder", "class A:\n    __x__ = 1\nA.__dict__.get('__x__', coro())", Kind.UNKNOWN),
        case(
            "not inherited",
            "class A:\n    x = 1\nclass B(A): ...\nB.__dict__.get('x', coro())",
            Kind.COROUTINE,
        ),
        case(
            "of a class that is not known",
            "class A(nobody.B): ...\nA.__dict__.get('x', coro())",
            Kind.UNKNOWN,
        ),
    ],
)
def test_what_a_class_s_own_dict_holds(code: str, kind: Kind) -> None:
    assert kind_of_last(f"{COROUTINE}{code}\n") is kind


AB = "class A: ...\nclass B(A):\n    async def f(self): ...\n    def __await__(self): ...\n"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case(
            "by super",
            "class C(A):\n  def __new__(cls): return super().__new__(B)\nC()",
            Kind.AWAITABLE,
        ),
        case(
            "by its argument",
            "class C:\n  def __new__(cls, which): return object.__new__(which)\nC(B)",
            Kind.AWAITABLE,
        ),
        case(
            "one of two",
            "class C:\n  def __new__(cls):\n    if nobody: return object.__new__(A)\n"
            "    return object.__new__(B)\nC()",
            Kind.UNKNOWN,
        ),
        case("by a call", "class C:\n  def __new__(cls): return B()\nC()", Kind.AWAITABLE),
        case("none", "class C:\n  def __new__(cls): return nobody()\nC()", Kind.UNKNOWN),
        case(
            "a subclass, by the class that is called",
            "class C:\n  def __new__(cls): return super().__new__(cls)\n"
            "class D(C):\n  def __await__(self): ...\nD()",
            Kind.AWAITABLE,
        ),
    ],
)
def test_new_chooses_the_class(code: str, kind: Kind) -> None:
    assert kind_of_last(f"{AB}{code}\n") is kind


def test_new_and_init_take_the_same_arguments() -> None:
    code = (
        "class A:\n  def __new__(cls, f, *, g): return super().__new__(cls)\n"
        "  def __init__(self, f, *, g): self.f, self.g = f, g\n"
    )
    assert kind_of_last(f"{COROUTINE}{code}A(coro, g=1).f()\n") is Kind.COROUTINE
    assert kind_of_last(f"{COROUTINE}{code}A(1, g=coro).g()\n") is Kind.COROUTINE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case(
            "kept by a property",
            "class A:\n  _x = None\n  @property\n  def x(self):\n"
            "    if self._x is None: self._x = coro\n    return self._x\na = A()\na.x()",
            Kind.COROUTINE,
        ),
        case(
            "a property of the class itself",
            "class A:\n  @property\n  def x(self): return coro()\nA.x",
            Kind.UNKNOWN,
        ),
        case(
            "a property goes before the attribute",
            "class A:\n  @property\n  def x(self): return coro()\na = A()\na.x = 1\na.x",
            Kind.COROUTINE,
        ),
        case(
            "a property of the parent",
            "class A:\n  @property\n  def x(self): return coro()\n"
            "class B(A):\n  @property\n  def x(self): return super().x\nB().x",
            Kind.COROUTINE,
        ),
        case(
            "a property that is overridden",
            "class A:\n  @property\n  def x(self): return coro()\nclass B(A):\n  x = None\nB().x",
            Kind.OTHER,
        ),
        case(
            "static, through an instance",
            "class A:\n  @staticmethod\n  def f(g): return g()\nA().f(coro)",
            Kind.COROUTINE,
        ),
        case(
            "classmethod of super",
            "class A:\n  @classmethod\n  def make(cls): return cls()\n"
            "class B(A):\n  @classmethod\n  def make(cls): return super().make()\n"
            "  def __await__(self): ...\nB.make()",
            Kind.AWAITABLE,
        ),
        case(
            "context manager of the class",
            "from contextlib import asynccontextmanager\nclass A:\n  @classmethod\n"
            "  @asynccontextmanager\n  async def f(cls): yield\nA.f()",
            Kind.OTHER,
        ),
        case(
            "the other way round",
            "from contextlib import asynccontextmanager\nclass A:\n  @asynccontextmanager\n"
            "  @classmethod\n  async def f(cls): yield\nA.f()",
            Kind.OTHER,
        ),
        case(
            "coroutine function of the class",
            "class A:\n  @classmethod\n  async def f(cls): ...\nA.f()",
            Kind.COROUTINE,
        ),
        case(
            "what a protocol describes",
            "from typing import Protocol\nclass A(Protocol):\n  def f(self): ...\n"
            "def g(a: A): ...\nclass B:\n  def f(self): return coro()\nB().f()",
            Kind.COROUTINE,
        ),
        case(
            "made as in a with",
            "class A:\n  def __enter__(self): return coro()\nwith A() as a: ...\na",
            Kind.COROUTINE,
        ),
        case(
            "a with of another kind",
            "class A:\n  def __enter__(self): return 1\nwith nobody(A()) as a: ...\na",
            Kind.UNKNOWN,
        ),
        case(
            "its class",
            "class A:\n  def __await__(self): ...\n  def f(self): return self.__class__()\nA().f()",
            Kind.AWAITABLE,
        ),
        case(
            "its type",
            "class A:\n  def __await__(self): ...\n  def f(self): return type(self)()\nA().f()",
            Kind.AWAITABLE,
        ),
    ],
)
def test_what_members_give(code: str, kind: Kind) -> None:
    assert kind_of_last(f"{COROUTINE}{code}\n") is kind


@pytest.mark.parametrize(
    ("fields", "call", "kind"),
    [
        case("keyword", "f: object", "A(f=coro).f()", Kind.COROUTINE),
        case("not given", "f: object", "A().f", Kind.UNKNOWN),
        case("any", "f: object = None", "A(*nobody).f", Kind.UNKNOWN),
        case(
            "any, but not of this one",
            "f: object = field(init=False, default=coro)",
            "A(*nobody).f()",
            Kind.COROUTINE,
        ),
        case(
            "one that is not asked for",
            "g: int = field(init=False)\n  f: object = None",
            "A(coro).f()",
            Kind.COROUTINE,
        ),
        case("default of a field", "f: object = field(default=coro)", "A().f()", Kind.COROUTINE),
        case(
            "factory of a field", "f: object = field(default_factory=coro)", "A().f", Kind.COROUTINE
        ),
        case(
            "given over the factory",
            "f: object = field(default_factory=coro)",
            "A(1).f",
            Kind.OTHER,
        ),
        case("no field", "f = coro", "A(1).f()", Kind.COROUTINE),
    ],
)
def test_fields_of_dataclasses(fields: str, call: str, kind: Kind) -> None:
    code = f"from dataclasses import dataclass, field\n@dataclass\nclass A:\n  {fields}\n{call}\n"
    assert kind_of_last(f"{COROUTINE}{code}") is kind


@pytest.mark.parametrize(
    ("fields", "call", "kind"),
    [
        case("attrs", "@attr.s\nclass A:\n  f = attr.ib()", "A(coro).f()", Kind.COROUTINE),
        case(
            "attrs, factory",
            "@attr.s\nclass A:\n  f = attr.ib(factory=coro)",
            "A().f",
            Kind.COROUTINE,
        ),
        case(
            "define",
            "@attr.define\nclass A:\n  f: object = attr.field()",
            "A(coro).f()",
            Kind.COROUTINE,
        ),
        case(
            "post init",
            "@attr.define\nclass A:\n  f: object = None\n"
            "  def __attrs_post_init__(self): self.f = coro",
            "A().f()",
            Kind.COROUTINE,
        ),
    ],
)
def test_fields_of_attrs_classes(fields: str, call: str, kind: Kind) -> None:
    assert kind_of_last(f"import attr\n{COROUTINE}{fields}\n{call}\n") is kind


# ------------------------------------------------------------- annotations


TYPES = """
import asyncio, collections.abc, typing
from typing import Any, AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Optional, Protocol
from typing import Union
class Plain: ...
class Told:
    def __await__(self): ...
    async def go(self): ...
class Described(Protocol):
    def __await__(self): ...
"""


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("asyncio.Future", Kind.FUTURE),
        ("asyncio.Future[int]", Kind.FUTURE),
        ("'asyncio.Future[int]'", Kind.FUTURE),
        ("asyncio.Future['Plain']", Kind.FUTURE),
        ("asyncio.futures.Future", Kind.FUTURE),
        ("asyncio.Task[int]", Kind.FUTURE),
        ("typing.Coroutine[Any, Any, int]", Kind.COROUTINE),
        ("collections.abc.Coroutine", Kind.COROUTINE),
        ("'Coroutine'", Kind.COROUTINE),
        ("AsyncGenerator[int, None]", Kind.ASYNC_GENERATOR),
        ("int", Kind.OTHER),
        ("'list[int]'", Kind.OTHER),
        ("dict", Kind.OTHER),
        ("None", Kind.OTHER),
        ("'None'", Kind.OTHER),
        ("Told", Kind.AWAITABLE),
        ("'Told'", Kind.AWAITABLE),
        ("Plain", Kind.UNKNOWN),  # It may be of a subclass.
        ("Described", Kind.UNKNOWN),
        ("Optional[asyncio.Future]", Kind.UNKNOWN),
        ("asyncio.Future | None", Kind.UNKNOWN),
        ("'asyncio.Future | None'", Kind.UNKNOWN),
        ("Union[int, asyncio.Future]", Kind.UNKNOWN),
        ("Awaitable[int]", Kind.UNKNOWN),
        ("AsyncIterator[int]", Kind.UNKNOWN),
        ("Any", Kind.UNKNOWN),
        ("T", Kind.UNKNOWN),
        ("nobody.Future", Kind.UNKNOWN),
        ("'not an expression'", Kind.UNKNOWN),
        ("''", Kind.UNKNOWN),
        ("nobody().Future", Kind.UNKNOWN),
    ],
)
def test_an_annotation_tells_what_the_body_does_not(annotation: str, kind: Kind) -> None:
    returned = f"{TYPES}def f() -> {annotation}: return nobody()\nf()\n"
    assert kind_of_last(returned) is kind
    given = f"{TYPES}def f(x: {annotation}):\n    return x\n"
    line = given.count("\n")
    seen = facts_of(given).seen((line, 11, line, 12))
    assert seen is not None
    assert kind_of(seen.value) is kind
    stub = {"lib.pyi": f"{TYPES}def f() -> {annotation}: ...\n"}
    assert kind_of_last("import lib\nlib.f()\n", stub) is kind


def test_a_promised_object_has_its_class_s_methods() -> None:
    assert kind_of_last(f"{TYPES}def f() -> Told: return nobody()\nf().go()\n") is Kind.COROUTINE


@pytest.mark.parametrize(
    ("annotation", "body", "kind"),
    [
        case("a body that says more", "object", "return coro()", Kind.COROUTINE),
        case("a body that says another thing", "asyncio.Future", "return coro()", Kind.COROUTINE),
        case("a body that returns nothing", "asyncio.Future", "pass", Kind.OTHER),
        case("a body that does not end", "asyncio.Future", "return f()", Kind.FUTURE),
    ],
)
def test_a_body_counts_before_its_annotation(annotation: str, body: str, kind: Kind) -> None:
    code = f"{TYPES}{COROUTINE}def f() -> {annotation}: {body}\nf()\n"
    assert kind_of_last(code) is kind


def test_a_generator_and_a_context_manager_are_none_of_what_they_promise() -> None:
    assert kind_of_last(f"{TYPES}def f() -> asyncio.Future: yield\nf()\n") is Kind.UNKNOWN
    code = "import contextlib\n@contextlib.contextmanager\ndef f() -> asyncio.Future: yield\nf()\n"
    assert kind_of_last(f"{TYPES}{code}") is Kind.OTHER


STUB = """
import asyncio
from typing import overload
class Client:
    def __init__(self, loop: asyncio.AbstractEventLoop = asyncio.get_event_loop()) -> None: ...
    def start(self) -> asyncio.Task[None]: ...
    async def stop(self) -> None: ...
    @property
    def task(self) -> asyncio.Future[None]: ...
    @classmethod
    def make(cls) -> Client: ...
    def stream(self): ...
@overload
def pick(x: int) -> asyncio.Future[int]: ...
@overload
def pick(x: str) -> int: ...
running: asyncio.Task[int]
"""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Client()", Kind.OTHER),
        ("Client().start()", Kind.FUTURE),
        ("Client().stop()", Kind.COROUTINE),
        ("Client().task", Kind.FUTURE),
        ("Client.make().stop()", Kind.COROUTINE),
        ("Client().stream()", Kind.UNKNOWN),
        ("pick(1)", Kind.UNKNOWN),
        ("running", Kind.UNKNOWN),
    ],
)
def test_a_stub_tells_kinds_and_no_effects(code: str, kind: Kind) -> None:
    answer = answer_of_last(f"from lib import *\n{code}\n", {"lib.pyi": STUB})
    assert (answer.kind, answer.effect) == (kind, None)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        case("Awaitable", "def f(self) -> Awaitable[int]: return 1", Kind.UNKNOWN),
        case("Any", "def f(self) -> Any: return 1", Kind.UNKNOWN),
        case("a string", "def f(self) -> 'Coroutine | None': return 1", Kind.UNKNOWN),
        case("plain", "def f(self) -> int: return 1", Kind.OTHER),
        case("nothing", "def f(self): return 1", Kind.OTHER),
        case(
            "Awaitable that is one", "def f(self) -> Awaitable[int]: return coro()", Kind.COROUTINE
        ),
        case("to be overridden", "def f(self): ...", Kind.UNKNOWN),
        case("to be overridden, with a promise", "def f(self) -> asyncio.Future: ...", Kind.FUTURE),
        case("to be overridden, raises", "def f(self): raise NotImplementedError", Kind.UNKNOWN),
        case(
            "to be overridden, abstract",
            "@abc.abstractmethod\n  def f(self): return 1",
            Kind.UNKNOWN,
        ),
        case("to be overridden, a coroutine", "async def f(self): ...", Kind.COROUTINE),
    ],
)
def test_a_method_that_a_subclass_may_override(method: str, kind: Kind) -> None:
    cls = f"import abc\nclass A:\n  {method}\n  def g(self):\n    return self.f()\n"
    code = f"{TYPES}{COROUTINE}{cls}"
    line = code.count("\n")
    seen = facts_of(code).seen((line, 11, line, 19))
    assert seen is not None
    assert kind_of(seen.value) is kind


def test_a_method_of_an_object_made_here_is_none_that_is_overridden() -> None:
    code = f"{TYPES}class A:\n  def f(self) -> Awaitable[int]: return 1\nA().f()\n"
    assert kind_of_last(code) is Kind.OTHER


@pytest.mark.parametrize(
    "body",
    [
        case("__dict__", "self.__dict__.update(options)"),
        case("__dict__ item", "self.__dict__['loop'] = options['loop']"),
        case("vars", "vars(self).update(options)"),
        case("object.__setattr__", "object.__setattr__(self, 'loop', options['loop'])"),
        case("super().__setattr__", "super().__setattr__('loop', options['loop'])"),
    ],
)
def test_what_is_set_behind_the_back_counts(body: str) -> None:
    code = (
        f"{HEAD}class Client:\n    loop = None\n    def __init__(self, **options):\n"
        f"        {body}\n        self.loop = self.loop or get_event_loop()\n"
    )
    assert effects_of_last(f"{code}Client(loop=object())\n") == QUIET


@pytest.mark.parametrize(
    "given", ["[a]", "{'a': a}", "(a,)", "B(a)", "x=[a]", "partial(print, [a])"]
)
def test_unknown_code_gets_hold_of_what_is_held(given: str) -> None:
    code = (
        "from functools import partial\nclass A:\n    def __init__(self): self.x = None\n"
        f"class B:\n    def __init__(self, a): self.a = a\na = A()\nnobody({given})\na.x\n"
    )
    assert kind_of_last(code) is Kind.UNKNOWN


def test_where_new_makes_another_class_init_is_not_called() -> None:
    code = (
        f"{HEAD}class A:\n    def __init__(self): get_event_loop()\n"
        "class B:\n    def __new__(cls): return object.__new__(A)\nB()\n"
    )
    assert effects_of_last(code) == QUIET


def test_what_new_made_whole_is_left_as_it_is() -> None:
    code = (
        "class A:\n    def __init__(self, x=None): self.x = x\n"
        "class B:\n    def __new__(cls): return A(coro())\n"
    )
    assert kind_of_last(f"{COROUTINE}{code}B().x\n") is Kind.COROUTINE


LAZY = "def lazy(cls): return lambda *a: Proxy(cls, *a)\n"


@pytest.mark.parametrize(
    "code",
    [
        case("decorator", f"{LAZY}@lazy\nclass A:\n    def __init__(self): get_event_loop()\nA()"),
        case(
            "metaclass",
            "class M(type):\n    def __call__(cls): return nobody()\n"
            "class A(metaclass=M):\n    def __init__(self): get_event_loop()\nA()",
        ),
        case(
            "dataclass that does not call it",
            "class A:\n    def __init__(self): get_event_loop()\n"
            "from dataclasses import dataclass\n@dataclass\nclass B(A):\n    x: int = 1\nB()",
        ),
        case(
            "dataclass without a constructor",
            "from dataclasses import dataclass, field\n@dataclass(init=False)\nclass B:\n"
            "    x: object = field(default_factory=get_event_loop)\nB()",
        ),
    ],
)
def test_a_constructor_that_is_not_called_does_nothing(code: str) -> None:
    assert effects_of_last(f"{HEAD}{code}\n") == QUIET


@pytest.mark.parametrize(
    "code",
    [
        case("decorator", "@nobody\nclass A:\n    async def f(self): ..."),
        case(
            "metaclass",
            "class M(type):\n    def __new__(cls, *a): return wrapped(*a)\n"
            "class A(metaclass=M):\n    async def f(self): ...",
        ),
        case(
            "__init_subclass__",
            "class B:\n    def __init_subclass__(cls): cls.f = nobody\n"
            "class A(B):\n    async def f(self): ...",
        ),
        case(
            "__getattribute__",
            "class A:\n    def __getattribute__(self, name): ...\n    async def f(self): ...",
        ),
        case("setattr", "class A:\n    async def f(self): ...\nsetattr(A, 'f', nobody)"),
        case("any setattr", "class A:\n    async def f(self): ...\nsetattr(A, nobody, nobody)"),
    ],
)
def test_a_method_that_may_be_another_is_not_known(code: str) -> None:
    assert kind_of_last(f"{HEAD}{code}\nA().f()\n") is Kind.UNKNOWN


def test_a_dataclass_s_constructor_comes_before_an_inherited_one() -> None:
    code = (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: object\n"
        "class B(A): ...\nB(coro()).x\n"
    )
    assert kind_of_last(f"{HEAD}{code}") is Kind.COROUTINE
