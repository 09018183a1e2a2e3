"""What asyncio, loops, containers and builtins give, without their source."""

from __future__ import annotations

import textwrap

import pytest

from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Effect, Future, Kind, Loop, Origin
from tests.snippets import (
    CAPTURES,
    COROUTINE,
    NEEDS,
    NEW,
    OLD,
    QUIET,
    case,
    codes_in,
    effects_of_last,
    facts_of,
    kind_of_last,
    last,
    value_of_last,
)

HEAD = f"import asyncio\nfrom asyncio import get_event_loop, get_running_loop\n{COROUTINE}"


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


# ------------------------------------------------------------- asyncio by version


@pytest.mark.parametrize(
    ("call", "before_314", "from_314"),
    [
        ("as_completed([])", QUIET, CAPTURES),
        ("as_completed([], loop=new_event_loop())", QUIET, QUIET),
        ("tasks.as_completed([])", QUIET, CAPTURES),
        ("gather()", CAPTURES, CAPTURES),
        ("StreamReader()", CAPTURES, CAPTURES),
        ("StreamReader(loop=new_event_loop())", QUIET, QUIET),
        ("all_tasks()", NEEDS, NEEDS),
        ("all_tasks(None)", NEEDS, NEEDS),
        ("all_tasks(new_event_loop())", QUIET, QUIET),
        ("all_tasks(loop=new_event_loop())", QUIET, QUIET),
        ("all_tasks(loop=None)", NEEDS, NEEDS),
        ("all_tasks(nobody)", QUIET, QUIET),
        ("current_task()", NEEDS, NEEDS),
        ("current_task(new_event_loop())", QUIET, QUIET),
        ("create_task(nobody)", NEEDS, NEEDS),
        ("timeout(1)", NEEDS, NEEDS),
        ("sleep(1)", QUIET, QUIET),
        ("run_coroutine_threadsafe(nobody, nobody)", QUIET, QUIET),
    ],
)
def test_what_asyncio_s_functions_do(
    call: str, before_314: list[Effect], from_314: list[Effect]
) -> None:
    code = f"import asyncio\nfrom asyncio import *\nfrom asyncio import tasks\nasyncio.{call}\n"
    assert effects_of_last(code, target=Target((3, 11), (3, 13))) == before_314
    assert effects_of_last(code, target=NEW) == from_314


@pytest.mark.parametrize(
    ("before", "effects"),
    [
        case("none", "", CAPTURES),
        case("made", "runner = asyncio.Runner()", CAPTURES),
        case("asked for its loop", "runner = asyncio.Runner()\nrunner.get_loop()", QUIET),
        case("run", "runner = asyncio.Runner()\nrunner.run(nobody)", QUIET),
        case("entered", "with asyncio.Runner() as runner: pass", QUIET),
        case("entered, by its real place", "with asyncio.runners.Runner() as runner: pass", QUIET),
        case("another thing is entered", "with asyncio.Lock(): pass", CAPTURES),
        case("maybe another loop", "asyncio.set_event_loop(nobody)", QUIET),
        case("none from now on", "asyncio.set_event_loop(None)", QUIET),
    ],
)
def test_a_runner_makes_its_loop_current(before: str, effects: list[Effect]) -> None:
    code = f"import asyncio\n{before}\nasyncio.get_event_loop()\n"
    assert effects_of_last(code, target=Target((3, 11), (3, 15))) == effects


def test_inside_a_runner_its_loop_is_current() -> None:
    code = "import asyncio\nwith asyncio.Runner() as runner:\n    asyncio.get_event_loop()\n"
    seen = facts_of(code).seen((3, 4, 3, 28))
    assert seen is not None
    assert seen.events == ()


def test_a_runner_s_loop_may_be_the_one_that_runs() -> None:
    code = (
        "import asyncio\nasync def f(): ...\nwith asyncio.Runner() as r:\n    loop = r.get_loop()\n"
    )
    made = value_of_last(f"{code}loop.create_task(f())\n")
    assert isinstance(made, Future)
    assert made.origin is Origin.UNKNOWN


@pytest.mark.parametrize(
    ("code", "handles"),
    [
        ("asyncio.run(f())", True),
        ("asyncio.Runner().run(f())", True),
        ("loop.run_until_complete(f())", True),
        ("loop.run_forever()", True),
        ("loop.close()", True),
        ("loop.is_running()", True),
        ("loop.create_task(f())", False),
        ("loop.time()", False),
        ("asyncio.gather()", False),
        ("(asyncio.run(f()) if nobody else None)", False),
    ],
)
def test_what_handles_a_loop(code: str, handles: bool) -> None:
    seen = last(f"import asyncio\nasync def f(): ...\nloop = asyncio.new_event_loop()\n{code}\n")
    assert seen is not None
    assert seen.handles_loop is handles


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("loop.create_task(f())", Kind.FUTURE),
        ("loop.create_future()", Kind.FUTURE),
        ("loop.run_in_executor(None, print)", Kind.FUTURE),
        ("loop.create_server(print)", Kind.COROUTINE),
        ("loop.getaddrinfo('', 0)", Kind.COROUTINE),
        ("loop.call_soon(print)", Kind.UNKNOWN),
        ("asyncio.Lock().acquire()", Kind.COROUTINE),
        ("asyncio.Lock().release()", Kind.UNKNOWN),
        ("asyncio.Lock().locked", Kind.UNKNOWN),
        ("asyncio.Queue[int]().get()", Kind.COROUTINE),
        ("asyncio.ensure_future(loop.create_future())", Kind.FUTURE),
        ("asyncio.run_coroutine_threadsafe(f(), loop)", Kind.OTHER),
        ("asyncio.iscoroutine(f())", Kind.OTHER),
        ("asyncio.to_thread(print)", Kind.COROUTINE),
    ],
)
def test_what_asyncio_s_objects_give(code: str, kind: Kind) -> None:
    head = "import asyncio\nasync def f(): ...\nloop = asyncio.new_event_loop()\n"
    assert kind_of_last(f"{head}{code}\n") is kind


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("inspect.iscoroutinefunction(coro)", True),
        ("inspect.iscoroutinefunction(print_it)", False),
        ("asyncio.iscoroutine(coro())", True),
        ("inspect.isawaitable(asyncio.gather())", True),
        ("inspect.isawaitable(1)", False),
        ("inspect.isawaitable(nobody)", None),
        ("callable(coro)", True),
        ("isinstance(None, str)", False),
        ("isinstance('x', str)", True),
        ("isinstance('x', (int, str))", True),
        ("isinstance(1, (bytes, str))", False),
        ("isinstance(1, (bytes, nobody))", None),
        ("isinstance(A(), A)", True),
        ("isinstance(B(), A)", True),
        ("isinstance(A(), B)", None),
        ("isinstance(None, A)", False),
        ("isinstance(None, type(None))", True),
        ("hasattr(A(), 'x')", True),
        ("hasattr(A(), 'y')", None),
        ("bool([1])", True),
        ("A() is None", False),
        ("A() is not None", True),
        ("nobody is None", None),
        ("int is int", True),
        ("int is str", False),
        ("'a' in {'a': 1}", True),
        ("'b' not in {'a': 1}", True),
        ("'a' in nobody", None),
        ("not None", True),
    ],
)
def test_questions_that_have_an_answer(test: str, holds: bool | None) -> None:
    head = (
        f"import asyncio, inspect\n{COROUTINE}def print_it(): ...\n"
        "class A:\n    x = 1\nclass B(A): ...\n"
    )
    assert value_of_last(f"{head}{test}\n").truth is holds


# ------------------------------------------------------------- containers


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("keys", "[k for k in {'a': 1}.keys()][0]", Kind.OTHER),
        case("values", "[v() for v in {'a': coro}.values()][0]", Kind.COROUTINE),
        case("items", "[v() for k, v in {'a': coro}.items()][0]", Kind.COROUTINE),
        case("dict's items", "{k: v for k, v in {'a': coro}.items()}['a']()", Kind.COROUTINE),
        case("filtered", "{k: v for k, v in D.items() if v is not None}['f']()", Kind.COROUTINE),
        case("filtered out", "{k: v for k, v in D.items() if v is None}.get('f', 1)", Kind.OTHER),
        case("filtered by name", "{k: v for k, v in D.items() if k != 'f'}.get('f')", Kind.OTHER),
        case(
            "maybe filtered out", "{k: v for k, v in D.items() if nobody}.get('f', 1)", Kind.UNKNOWN
        ),
        case(
            "maybe filtered out, yet there",
            "{k: v for k, v in D.items() if nobody}['f']()",
            Kind.COROUTINE,
        ),
        case("other names", "{nobody(k): v for k, v in D.items()}['f']", Kind.UNKNOWN),
        case("over what is not known", "{k: v for k, v in nobody}['f']", Kind.UNKNOWN),
        case("over an open one", "[v for v in [coro(), *nobody]][0]", Kind.UNKNOWN),
        case("over two", "[v for v in [1] for w in [coro()]][0]", Kind.UNKNOWN),
        case("set", "{coro() for x in (1,)}", Kind.OTHER),
        case("all alike", "for v in {'a': coro, 'b': coro}.values(): x = v()\nx", Kind.COROUTINE),
        case("not all alike", "for v in D.values(): x = v\nx", Kind.UNKNOWN),
        case("updated", "a = {'f': 1}\na.update({'f': coro()})\na['f']", Kind.COROUTINE),
        case("updated by name", "a = {}\na.update({}, f=coro())\na['f']", Kind.COROUTINE),
        case(
            "updated maybe",
            "a = {'f': coro()}\nif nobody: a.update({'f': 1})\na['f']",
            Kind.UNKNOWN,
        ),
        case("updated elsewhere", "a = {'f': coro()}\na.update({'g': 1})\na['f']", Kind.COROUTINE),
        case("popped", "a = {'f': coro()}\na.pop('f')", Kind.COROUTINE),
        case("popped before", "a = {'f': coro()}\na.pop('f')\na.get('f', 1)", Kind.OTHER),
        case("popped, not there", "{}.pop('f', coro())", Kind.COROUTINE),
        case(
            "popped maybe", "a = {'f': coro()}\nif nobody: a.pop('f')\na.get('f', 1)", Kind.UNKNOWN
        ),
        case("setdefault", "a = {}\na.setdefault('f', coro())\na['f']", Kind.COROUTINE),
        case("setdefault, there", "a = {'f': 1}\na.setdefault('f', coro())", Kind.OTHER),
        case(
            "setdefault maybe",
            "a = {}\nif nobody: a.setdefault('f', coro())\na.get('f', 1)",
            Kind.UNKNOWN,
        ),
        case(
            "setdefault maybe, yet there",
            "a = {}\nif nobody: a.setdefault('f', coro())\na['f']",
            Kind.COROUTINE,
        ),
        case(
            "setdefault of an open one",
            "a = dict(**nobody)\na.setdefault('f', coro())",
            Kind.UNKNOWN,
        ),
        case("copied", "a = {'f': coro()}\nb = a.copy()\na.clear()\nb['f']", Kind.COROUTINE),
        case(
            "one of two", "a = {'f': coro()} if nobody else {'f': coro()}\na['f']", Kind.COROUTINE
        ),
        case("one of two, once", "a = {'f': coro()} if nobody else {}\na['f']", Kind.UNKNOWN),
        case(
            "one of two, or more",
            "a = {'f': 1} if nobody else dict(**nobody)\na['g']",
            Kind.UNKNOWN,
        ),
        case("spread", "{**{'f': coro()}}['f']", Kind.COROUTINE),
        case("spread over", "{'f': 1, **{'f': coro()}}['f']", Kind.COROUTINE),
        case("spread of what is not known", "{'f': coro(), **nobody}['f']", Kind.UNKNOWN),
        case("then set", "{**nobody, 'f': coro()}['f']", Kind.COROUTINE),
        case("item set", "a = {}\na['f'] = coro()\na['f']", Kind.COROUTINE),
        case("any item set", "a = {'f': coro()}\na[nobody] = 1\na['f']", Kind.UNKNOWN),
        case("dict()", "dict(f=coro())['f']", Kind.COROUTINE),
        case("list()", "list((coro(),))[0]", Kind.COROUTINE),
        case("appended", "a = []\na.append(coro())\na[0]", Kind.COROUTINE),
        case("appended maybe", "a = [coro()]\nif nobody: a.append(1)\na[0]", Kind.UNKNOWN),
        case("inserted", "a = [coro()]\na.insert(0, 1)\na[0]", Kind.UNKNOWN),
        case("outside", "[coro()][3]", Kind.UNKNOWN),
        case("counted", "a = [coro()]\na.count(1)\na[0]", Kind.COROUTINE),
        case("starred", "[*[1, coro()]][1]", Kind.COROUTINE),
    ],
)
def test_what_containers_hold(code: str, kind: Kind) -> None:
    head = f"{COROUTINE}D = {{'f': coro, 'g': None}}\n"
    assert kind_of_last(f"{head}{code}\n") is kind


OPTIONS = """
import asyncio
class Client:
    def __init__(self, **options):
        kept = {key: value for key, value in options.items() if value is not None}
        kept.pop("timeout", None)
        self.connect(**kept)
    def connect(self, *, loop=None, **rest):
        self.loop = loop or asyncio.get_event_loop()
"""


@pytest.mark.parametrize(
    ("call", "effects"),
    [
        ("Client()", CAPTURES),
        ("Client(loop=None)", CAPTURES),
        ("Client(timeout=3)", CAPTURES),
        ("Client(loop=object())", QUIET),
        ("Client(loop=nobody)", QUIET),
        ("Client(**nobody)", QUIET),
        ("Client(**{'timeout': 3})", CAPTURES),
        ("Client(**dict(loop=nobody))", QUIET),
    ],
)
def test_keywords_go_through_filters(call: str, effects: list[Effect]) -> None:
    assert effects_of_last(f"{OPTIONS}{call}\n") == effects
    assert effects_of_last(f"from lib import Client\n{call}\n", {"lib.py": OPTIONS}) == effects


# ------------------------------------------------------------- what unknown code may change


@pytest.mark.parametrize(
    "escaped",
    [
        case("as it is", "nobody(a)"),
        case("by name", "nobody(x=a)"),
        case("to a method", "nobody.setup(a)"),
        case("to an unknown module", "import nobody_at_all\nnobody_at_all.setup(a)"),
        case("a bound method", "nobody(a.plain)"),
        case("a partial", "nobody(partial(print, a))"),
        case("a partial of a bound method", "nobody(partial(a.plain, 1))"),
        case("a generator", "nobody(a.each())"),
        case("a coroutine", "nobody(a.go())"),
        case("a coroutine's argument", "nobody(work(a))"),
    ],
)
def test_what_unknown_code_gets_hold_of_may_change(escaped: str) -> None:
    head = (
        "from functools import partial\nclass A:\n    def __init__(self): self.x = None\n"
        "    def plain(self): ...\n    def each(self): yield\n    async def go(self): ...\n"
        "async def work(a): ...\na = A()\n"
    )
    assert kind_of_last(f"{head}a.x\n") is Kind.OTHER
    assert kind_of_last(f"{head}{escaped}\na.x\n") is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("a dict", "d = {'a': None}\nnobody(d)\nd['a']", Kind.UNKNOWN),
        case("a list", "d = [coro()]\nnobody(d)\nd[0]", Kind.UNKNOWN),
        case("an object's future stays", "a = A()\nnobody(a)\na.f", Kind.FUTURE),
        case("what is not set on it", "a = A()\nnobody(a)\na.y", Kind.UNKNOWN),
        case("its methods stay", "a = A()\nnobody(a)\na.go()", Kind.COROUTINE),
        case("known code changes nothing", "a = A()\nprint(a)\na.x", Kind.OTHER),
        case("nor a call of its own", "a = A()\na.plain()\na.x", Kind.OTHER),
        case("another object", "a, b = A(), A()\nnobody(b)\na.x", Kind.OTHER),
    ],
)
def test_what_unknown_code_leaves(code: str, kind: Kind) -> None:
    head = (
        f"import asyncio\n{COROUTINE}class A:\n"
        "    def __init__(self): self.x, self.f = None, asyncio.gather()\n"
        "    def plain(self): ...\n    async def go(self): ...\n"
    )
    assert kind_of_last(f"{head}{code}\n") is kind


@pytest.mark.parametrize(
    "body",
    [
        case("comprehension", "if [x for x in nobody]: get_event_loop()"),
        case("loop over one", "for x in [y for y in nobody]: get_event_loop()"),
        case("filtered", "if [x for x in (1, 2) if nobody(x)]: get_event_loop()"),
        case("appended maybe", "a = []\nif nobody: a.append(1)\nif a: get_event_loop()"),
        case("set maybe", "a = {}\nif nobody: a['x'] = 1\nif a: get_event_loop()"),
        case("set maybe, in", "a = {}\nif nobody: a['x'] = 1\nif 'x' in a: get_event_loop()"),
        case("popped maybe", "a = {'x': 1}\nif nobody: a.pop('x')\nif 'x' in a: get_event_loop()"),
        case("updated maybe", "a = {}\nif nobody: a.update({'x': 1})\nif a: get_event_loop()"),
        case("joined", "a = {} if nobody else {'x': 1}\nif a: get_event_loop()"),
        case("joined, in", "a = {} if nobody else {'x': 1}\nif 'x' in a: get_event_loop()"),
        case("dict comprehension", "a = {k: 1 for k in ('x',) if nobody}\nif a: get_event_loop()"),
        case("deleted item", "a = [1]\ndel a[0]\nif a: get_event_loop()"),
        case("deleted key", "a = {'x': 1}\ndel a['x']\nif 'x' in a: get_event_loop()"),
        case("given away", "a = [1]\nnobody(a)\nif a: get_event_loop()"),
    ],
)
def test_a_container_that_may_be_empty_is_not_surely_true(body: str) -> None:
    code = f"{HEAD}def f():\n{textwrap.indent(body, '    ')}\nf()\n"
    assert effects_of_last(code) == QUIET


@pytest.mark.parametrize(
    "code",
    [
        case("display", "{'a': coro(), nobody: None}['a']"),
        case("comprehension", "{x: y for x, y in (('a', coro()), (nobody, None))}['a']"),
        case("update(**)", "a = {'a': coro()}\na.update({}, **nobody)\na['a']"),
    ],
)
def test_a_key_that_is_not_known_may_be_any(code: str) -> None:
    assert kind_of_last(f"{HEAD}{code}\n") is Kind.UNKNOWN


def test_that_something_is_an_object_says_nothing() -> None:
    assert kind_of_last("def f() -> object: return nobody()\nf()\n") is Kind.UNKNOWN
    seen = facts_of("def f(x: object):\n    return x\n").seen((2, 11, 2, 12))
    assert seen is not None
    assert codes_in("import asyncio\ndef f(x: object):\n    asyncio.run(x)\n") == []


def test_a_runner_is_entered_by_any_with() -> None:
    code = "import asyncio\nrunner = asyncio.Runner()\nwith runner:\n    asyncio.get_event_loop()\n"
    seen = facts_of(code, target=Target((3, 11), (3, 15))).seen((4, 4, 4, 28))
    assert seen is not None
    assert seen.events == ()


@pytest.mark.parametrize(
    "held", ["a = {}\na['a'] = a", "a = []\na.append(a)", "a = A()\na.a = a", "a = partial(A, A)"]
)
def test_what_holds_itself_escapes_once(held: str) -> None:
    code = f"from functools import partial\nclass A: ...\n{held}\nnobody(a)\ncoro()\n"
    assert kind_of_last(f"{COROUTINE}{code}") is Kind.COROUTINE
