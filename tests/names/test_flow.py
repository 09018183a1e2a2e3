"""Which statements are surely reached, and what the errors of asyncio lead to."""

from __future__ import annotations

import textwrap

import pytest

from flake8_asyncrun.names.values import Effect, Kind, Loop, Origin
from tests.snippets import (
    CAPTURES,
    COROUTINE,
    NEEDS,
    NEW,
    OLD,
    QUIET,
    case,
    effects_of_last,
    facts_of,
    kind_of_last,
    last,
)


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


# ------------------------------------------------------------- a loop made because none is current


HEAD = (
    "from asyncio import get_event_loop, get_running_loop, new_event_loop, set_event_loop\n"
    "from contextlib import suppress\n"
)


@pytest.mark.parametrize(
    "body",
    [
        case(
            "in the handler",
            "try: return get_event_loop()\nexcept RuntimeError: return new_event_loop()",
        ),
        case(
            "after the handler",
            "loop = None\ntry: loop = get_event_loop()\nexcept RuntimeError: pass\n"
            "return loop or new_event_loop()",
        ),
        case(
            "suppressed",
            "with suppress(RuntimeError): return get_event_loop()\nreturn new_event_loop()",
        ),
        case(
            "after none was running, either",
            "try: return get_running_loop()\nexcept RuntimeError:\n"
            "    try: return get_event_loop()\n    except RuntimeError: return new_event_loop()",
        ),
        case(
            "made current",
            "try: loop = get_event_loop()\nexcept RuntimeError:\n    loop = new_event_loop()\n"
            "    set_event_loop(loop)\nreturn loop",
        ),
    ],
)
def test_a_loop_made_because_none_is_current_is_as_idle(body: str) -> None:
    code = f"{HEAD}def f():\n{textwrap.indent(body, '    ')}\nf()\n"
    assert effects_of_last(code, target=OLD) == CAPTURES
    seen = last(code, target=NEW)
    assert seen is not None
    assert [(event.effect, event.what) for event in seen.events] == [
        (Effect.CAPTURES, "asyncio.new_event_loop()")
    ]
    assert isinstance(seen.value, Loop)


@pytest.mark.parametrize(
    "body",
    [
        case("at once", "return new_event_loop()"),
        case("at once, made current", "loop = new_event_loop()\nset_event_loop(loop)\nreturn loop"),
        case(
            "because none runs",
            "try: return get_running_loop()\nexcept RuntimeError: return new_event_loop()",
        ),
        case(
            "because none runs, suppressed",
            "with suppress(RuntimeError): return get_running_loop()\nreturn new_event_loop()",
        ),
        case(
            "because something else failed",
            "try: nobody()\nexcept RuntimeError: pass\nreturn new_event_loop()",
        ),
        case(
            "in another function than the one that found none",
            "def found():\n    try: get_event_loop()\n    except RuntimeError: return False\n"
            "found()\nreturn new_event_loop()",
        ),
    ],
)
def test_a_loop_of_its_own_by_design_is_none_of_ours(body: str) -> None:
    code = f"{HEAD}def f():\n{textwrap.indent(body, '    ')}\nf()\n"
    seen = last(code, target=NEW)
    assert seen is not None
    assert seen.events == ()
    assert isinstance(seen.value, Loop)
    assert seen.value.origin is Origin.NEW


# ------------------------------------------------------------- ways of which one is taken


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case(
            "all of three",
            "if nobody: get_event_loop()\nelif nobody(): get_event_loop()\nelse: get_event_loop()",
            CAPTURES,
        ),
        case(
            "two of three",
            "if nobody: get_event_loop()\nelif nobody(): get_event_loop()\nelse: nobody()",
            QUIET,
        ),
        case(
            "all, one further in",
            "if nobody:\n    if nobody(): get_event_loop()\n    else: get_event_loop()\n"
            "else: get_event_loop()",
            CAPTURES,
        ),
        case(
            "one of them maybe",
            "if nobody:\n    if nobody(): get_event_loop()\nelse: get_event_loop()",
            QUIET,
        ),
        case(
            "one of them maybe, then surely",
            "if nobody:\n    if nobody(): get_event_loop()\n    get_event_loop()\n"
            "else: get_event_loop()",
            CAPTURES,
        ),
        case("different effects", "if nobody: get_event_loop()\nelse: get_running_loop()", QUIET),
        case(
            "the same effect of two things",
            "if nobody: create_task(nobody)\nelse: get_running_loop()",
            NEEDS,
        ),
        case(
            "all but one that raises", "if nobody: raise KeyError\nelse: get_event_loop()", CAPTURES
        ),
        case(
            "no match",
            "match nobody:\n    case 1: get_event_loop()\n    case 2: get_event_loop()",
            QUIET,
        ),
        case("a match's subject", "match get_event_loop():\n    case 1: pass", CAPTURES),
        case("a match's guard", "match nobody:\n    case 1 if get_event_loop(): pass", QUIET),
        case(
            "in a loop that turns",
            "for x in (1, 2):\n    if nobody: continue\n    get_event_loop()",
            QUIET,
        ),
        case(
            "after a loop that skips turns",
            "for x in (1, 2):\n    if nobody: continue\nget_event_loop()",
            CAPTURES,
        ),
        case("while not known", "while nobody: get_event_loop()", QUIET),
        case("after while True", "while True:\n    if nobody: break\nget_event_loop()", CAPTURES),
        case("after an endless loop", "while True: nobody()\nget_event_loop()", QUIET),
        case("else of a loop", "for x in nobody: pass\nelse: get_event_loop()", CAPTURES),
        case(
            "else of a loop that never turns", "while False: pass\nelse: get_event_loop()", CAPTURES
        ),
        case(
            "else of a try",
            "try: nobody()\nexcept KeyError: pass\nelse: get_event_loop()",
            CAPTURES,
        ),
        case(
            "after a return in finally",
            "try: get_event_loop()\nfinally: return\nget_running_loop()",
            CAPTURES,
        ),
        case("of two operands", "return nobody and get_event_loop()", QUIET),
        case("of two operands, the first", "return get_event_loop() and nobody", CAPTURES),
        case("of two expressions", "return get_event_loop() if nobody else None", QUIET),
        case("the condition", "return 1 if get_event_loop() else 2", CAPTURES),
        case("a comprehension over what is known", "[get_event_loop() for x in (1,)]", CAPTURES),
        case("one over nothing", "[get_event_loop() for x in ()]", QUIET),
        case("one that leaves all out", "[get_event_loop() for x in (1,) if x == 2]", QUIET),
        case("one that may leave all out", "[get_event_loop() for x in (1,) if nobody]", QUIET),
        case("what one is over", "[x for x in get_event_loop()]", CAPTURES),
        case("a generator expression", "(get_event_loop() for x in (1,))", QUIET),
    ],
)
def test_what_happens_on_all_ways_happens(body: str, effects: list[Effect]) -> None:
    head = "from asyncio import create_task, get_event_loop, get_running_loop\n"
    code = f"{head}def f():\n{textwrap.indent(body, '    ')}\nf()\n"
    assert effects_of_last(code) == effects


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case("turn by turn", "for x in (None, f):\n    if x: get_event_loop()", CAPTURES),
        case("none of them", "for x in (None, 0):\n    if x: get_event_loop()", QUIET),
        case("left early", "for x in (1, 2):\n    if x == 1: return\n    get_event_loop()", QUIET),
        case(
            "left late", "for x in (1, 2):\n    if x == 2: return\n    get_event_loop()", CAPTURES
        ),
        case("skipped", "for x in (1,):\n    if x == 1: continue\n    get_event_loop()", QUIET),
        case("over nothing", "for x in (): get_event_loop()", QUIET),
        case("over nothing, else", "for x in (): pass\nelse: get_event_loop()", CAPTURES),
        case(
            "what an earlier turn left",
            "found = None\nfor x in (1, 2):\n    if found: get_event_loop()\n    found = x",
            CAPTURES,
        ),
        case("too many", f"for x in {(0,) * 39 + (1,)}:\n    if x: get_event_loop()", QUIET),
    ],
)
def test_in_a_library_loops_over_what_is_known_turn_one_by_one(
    body: str, effects: list[Effect]
) -> None:
    body = textwrap.indent(body, "    ")
    library = f"from asyncio import get_event_loop\ndef f():\n{body}\n"
    assert effects_of_last("from lib import f\nf()\n", {"lib.py": library}) == effects


@pytest.mark.parametrize(
    "body",
    [
        "for x in nobody: break\nelse: get_event_loop()",
        "for x in (1, 2):\n    if nobody: break\nelse: get_event_loop()",
        "for x in (1, 2): break\nelse: get_event_loop()",
        "while True: break\nelse: get_event_loop()",
        "while nobody: break\nelse: get_event_loop()",
    ],
)
def test_a_loop_that_may_be_left_may_skip_its_else(body: str) -> None:
    code = f"{HEAD}def f():\n{textwrap.indent(body, '    ')}\nf()\n"
    assert effects_of_last(code) == QUIET


def test_a_callee_that_raises_as_far_as_we_know_may_return() -> None:
    code = (
        f"{HEAD}def check(x):\n    if x is None: raise ValueError\n"
        "def f():\n    if nobody: check(None)\n    else: get_event_loop()\n"
    )
    assert effects_of_last("from lib import f\nf()\n", {"lib.py": code}) == QUIET


def test_an_object_is_entered_by_any_with() -> None:
    code = (
        f"{HEAD}class A:\n    def __enter__(self): self.x = get_event_loop()\n"
        "def f():\n    with A(): pass\nf()\n"
    )
    assert effects_of_last(code) == CAPTURES


def test_a_match_that_ends_in_any_case_leaves_no_other_way() -> None:
    body = "match nobody:\n        case 1: get_event_loop()\n        case _: get_event_loop()"
    assert effects_of_last(f"{HEAD}def f():\n    {body}\nf()\n") == CAPTURES
    body = "match nobody:\n        case 1: return coro()\n        case _: return coro()"
    assert kind_of_last(f"{HEAD}{COROUTINE}def f():\n    {body}\nf()\n") is Kind.COROUTINE


@pytest.mark.parametrize("ends", ["sys.exit()", "os._exit(1)", "exit()", "usage()"])
def test_what_comes_after_the_end_is_never_reached(ends: str) -> None:
    head = "import os, sys\ndef usage(): sys.exit(2)\ndef f():\n"
    for statement, reached in ((ends, False), (f"if nobody: {ends}", True)):
        facts = facts_of(f"{head}    {statement}\n    print()\nf()\n")
        assert (facts.seen((5, 4, 5, 11)) is not None) is reached


def test_an_error_that_was_caught_before_another_loop_was_made_is_caught() -> None:
    code = "def f():\n    try: get_event_loop()\n    except RuntimeError: new_event_loop()\nf()\n"
    seen = last(f"{HEAD}{code}", target=NEW)
    assert seen is not None
    assert [event.caught for event in seen.events] == [True]


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        case("set before", "asyncio.set_event_loop(nobody)", "", QUIET),
        case("set after", "", "asyncio.set_event_loop(nobody)", CAPTURES),
        case("perhaps", "if nobody: asyncio.set_event_loop(nobody)", "", QUIET),
        case("raises", "asyncio.set_event_loop(nobody)\n    raise ValueError", "", QUIET),
        case("through itself", "with a(): pass", "", CAPTURES),
        case("a Runner's", "asyncio.Runner().get_loop()", "", QUIET),
    ],
)
@pytest.mark.parametrize("entered", ["with a(): pass", "nobody(a())", "s = a()\nwith s: pass"])
def test_entering_a_generator_may_set_the_loop(
    before: str, after: str, effects: list[Effect], entered: str
) -> None:
    body = f"{before or 'pass'}\n    try: yield\n    finally: {after or 'pass'}"
    head = "import asyncio, contextlib\n@contextlib.contextmanager\n"
    code = f"{head}def a():\n    {body}\n{entered}\nasyncio.get_event_loop()\n"
    assert effects_of_last(code) == effects
