"""What arguments come to, and what a call gives and does."""

from __future__ import annotations

import textwrap

import pytest

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.values import Effect, Kind, Place, kind_of
from tests.snippets import (
    CAPTURES,
    COROUTINE,
    PATH,
    QUIET,
    answer_of_last,
    case,
    effects_of_last,
    facts_of,
    kind_of_last,
    last,
    value_of_last,
)

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


# ------------------------------------------------------------- checks that fail without a loop


ASKS = "import asyncio\nfrom asyncio import get_event_loop, get_running_loop\n"
"""The head of a library: what the programs below are prefixed with, two lines."""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        case("is_running", "if not get_event_loop().is_running(): raise RuntimeError", 1),
        case(
            "is_running, in two steps",
            "loop = get_event_loop()\nif not loop.is_running():\n    raise ValueError(loop)",
            3,
        ),
        case(
            "raised anew",
            "try: get_running_loop()\nexcept RuntimeError as e: raise KeyError from e",
            2,
        ),
        case("raised on", "try: get_running_loop()\nexcept RuntimeError: raise", 2),
        case(
            "a flag",
            "ok = True\ntry: get_running_loop()\nexcept RuntimeError: ok = False\n"
            "if not ok: raise TypeError",
            4,
        ),
        case(
            "suppressed",
            "loop = None\nwith suppress(RuntimeError): loop = get_running_loop()\n"
            "if loop is None: raise TypeError",
            3,
        ),
        case(
            "a helper that copes",
            "def running():\n    try: return get_running_loop()\n    except RuntimeError: return\n"
            "if running() is None: raise TypeError",
            4,
        ),
        case(
            "a helper that raises",
            "def running():\n    try: return get_running_loop()\n"
            "    except RuntimeError as e: raise KeyError from e\nrunning()",
            3,
        ),
        case(
            "after another helper asked",
            "def running():\n    try: get_running_loop()\n    except RuntimeError: return False\n"
            "    return True\nnobody()\nif not running(): raise TypeError",
            6,
        ),
    ],
)
@pytest.mark.parametrize("own", [True, False], ids=["own", "library"])
def test_a_check_that_fails_without_a_loop_needs_one(body: str, line: int, own: bool) -> None:
    head = f"{ASKS}from contextlib import suppress\ndef f():\n"
    definition = f"{head}{textwrap.indent(body, '    ')}\n    return coro()\n{COROUTINE}"
    answer = (
        answer_of_last(f"{definition}f()\n")
        if own
        else answer_of_last("from lib import f\nf()\n", {"lib.py": definition})
    )
    assert answer.effect is Effect.NEEDS_RUNNING
    assert answer.kind is Kind.COROUTINE
    step = answer.evidence[-1]
    assert step.place == Place(PATH if own else "lib.py", head.count("\n") + line)
    assert step.what in ("f()", "running()")


@pytest.mark.parametrize(
    "body",
    [
        case("a check of something else", "if x is None: raise ValueError"),
        case(
            "a check of something else, after the loop was asked for",
            "try: get_running_loop()\nexcept RuntimeError: pass\nif x is None: raise ValueError",
        ),
        case(
            "a caller that copes",
            "def g():\n    try: get_running_loop()\n    except RuntimeError: raise KeyError\n"
            "try: g()\nexcept KeyError: pass",
        ),
        case("is_closed", "if not loop.is_closed(): raise ValueError"),
        case("a loop of one's own", "if not new_event_loop().is_running(): raise ValueError"),
        case("a loop that was given", "if not x.is_running(): raise ValueError"),
    ],
)
def test_what_fails_with_a_loop_as_well_needs_none(body: str) -> None:
    library = (
        "from asyncio import get_running_loop, new_event_loop\nloop = new_event_loop()\n"
        f"def f(x=None):\n{textwrap.indent(body, '    ')}\n"
    )
    assert effects_of_last("from lib import f\nf()\n", {"lib.py": library}) == QUIET


def test_in_a_loop_a_check_for_one_holds() -> None:
    check = f"{ASKS}def f():\n    if not get_event_loop().is_running(): raise RuntimeError\n"
    facts = facts_of("from lib import f\nasync def g():\n    f()\n", {"lib.py": check})
    seen = facts.seen((3, 4, 3, 7))
    assert seen is not None
    assert (seen.events, kind_of(seen.value)) == ((), Kind.OTHER)


VALIDATION = "def check(x):\n    if x is None: raise ValueError\n    return coro()\n" + COROUTINE
USE = "def f(x=None):\n    check(x)\n    get_event_loop()\n    return coro()\n"


def test_a_library_s_own_checks_are_taken_to_hold() -> None:
    code = f"from asyncio import get_event_loop\nfrom lib import check\n{COROUTINE}{USE}f()\n"
    answer = answer_of_last(code, {"lib.py": VALIDATION})
    assert (answer.kind, answer.effect) == (Kind.COROUTINE, Effect.CAPTURES)


def test_one_s_own_checks_fail() -> None:
    head = f"from asyncio import get_event_loop\n{VALIDATION}"
    assert last(f"{head}{USE}f()\n") is None
    caught = "def f(x=None):\n    try: check(x)\n    except ValueError: get_event_loop()\n"
    assert effects_of_last(f"{head}{caught}f()\n") == CAPTURES
    # The program itself gets past them.
    assert effects_of_last(f"{head}check(None)\nget_event_loop()\n") == CAPTURES


def test_a_library_s_checks_that_it_expects_to_fail_do() -> None:
    library = (
        f"from asyncio import get_event_loop\n{VALIDATION}"
        "def f():\n    try: check(None)\n    except ValueError: get_event_loop()\n"
    )
    assert effects_of_last("from lib import f\nf()\n", {"lib.py": library}) == CAPTURES


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        case("in an expression", "return check(None) if nobody else coro()", Kind.UNKNOWN),
        case("in a branch", "if nobody: return check(None)\nreturn coro()", Kind.UNKNOWN),
        case("an error of its own", "if nobody: raise KeyError\nreturn coro()", Kind.COROUTINE),
        case(
            "an error on each way",
            "if nobody: raise KeyError\nelse: raise ValueError\nreturn coro()",
            Kind.COROUTINE,
        ),
    ],
)
def test_what_a_failing_check_leaves_of_the_other_ways(body: str, kind: Kind) -> None:
    library = f"{VALIDATION}def f():\n{textwrap.indent(body, '    ')}\n"
    assert kind_of_last("from lib import f\nf()\n", {"lib.py": library}) is kind


LONG = "y = 1 + 1\n" * 600
"""More than what a call may cost in the tests below."""


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case("before an error", "get_event_loop()\nif x is None: raise ValueError", CAPTURES),
        case("after it", "if x is None: raise ValueError\nget_event_loop()", QUIET),
        case("maybe before it", "if nobody: get_event_loop()\nraise ValueError", QUIET),
        case("before the budget ends", f"get_event_loop()\n{LONG}", CAPTURES),
        case("after it ended", f"{LONG}get_event_loop()", QUIET),
        case("maybe before it ended", f"if nobody: get_event_loop()\n{LONG}", QUIET),
    ],
)
def test_what_certainly_came_about_stays(
    body: str, effects: list[Effect], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CALL_BUDGET", 1_000)
    library = f"{ASKS}def f(x=None):\n{textwrap.indent(body, '    ')}\n"
    assert effects_of_last("from lib import f\nf()\n", {"lib.py": library}) == effects


def test_an_object_is_known_by_its_class_where_the_budget_of_its_constructor_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "CALL_BUDGET", 1_000)
    long = textwrap.indent(LONG, " " * 8)
    library = (
        f"{ASKS}class A:\n    def __init__(self):\n        self.x = coro\n{long}"
        f"    async def go(self): ...\nclass B:\n    def __new__(cls):\n{long}"
        f"    async def go(self): ...\n{COROUTINE}"
    )
    files = {"lib.py": library}
    assert kind_of_last("from lib import A\nA().go()\n", files) is Kind.COROUTINE
    assert kind_of_last("from lib import A\nA().x\n", files) is Kind.UNKNOWN
    assert kind_of_last("from lib import B\nB().go()\n", files) is Kind.UNKNOWN
