"""What is known of one file, asked by place and by variable."""

from __future__ import annotations

import ast

import pytest

from flake8_asyncrun.names.facts import Answer, Step, narrow
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    UNKNOWN,
    Const,
    Effect,
    External,
    Function,
    Kind,
    Loop,
    Origin,
    Place,
    Value,
)
from flake8_asyncrun.names.variables import Variable
from tests.snippets import answer_of_last, case, codes_in, facts_of


def variable(code: str, name: str) -> tuple[Variable, Value | None]:
    facts = facts_of(code)
    found = next(one for one in facts.variables.all() if one.name == name and one.is_global)
    return found, facts.value_of(found)


def test_the_value_of_a_variable_is_what_its_assignments_have_in_common() -> None:
    assert variable("a = 1\n", "a")[1] == Const(1)
    assert variable("a = 1\na = 1\n", "a")[1] == Const(1)
    assert variable("a = 1\na = 2\n", "a")[1] is UNKNOWN
    assert variable("import asyncio\na = asyncio.new_event_loop()\n", "a")[1].__class__ is Loop


@pytest.mark.parametrize(
    "code", ["import a\n", "def a(): ...\n", "class a: ...\n", "print(a)\n", "a: int\n"]
)
def test_what_is_not_assigned_has_no_value(code: str) -> None:
    assert variable(code, "a")[1] is None


def test_a_name_is_told_by_all_it_is_ever_bound_to() -> None:
    facts = facts_of("import asyncio\na = 1\na = 2\nb = asyncio\n")
    assert facts.global_value("a") is UNKNOWN
    assert facts.global_value("b") == External("asyncio")
    assert facts.global_value("nobody") is None


def test_functions_are_reached_through_one_another() -> None:
    code = "def a(): b()\ndef b(): c\ndef c(): a()\ndef d(): c()\nclass E:\n    def f(self): d()\n"
    facts = facts_of(code)
    assert facts.reached_from({1}) == {1, 2, 3}
    assert facts.reached_from({6}) == {6, 4, 3, 1, 2}
    assert facts.reached_from(set()) == set()


def test_methods_are_reached_through_self() -> None:
    code = "class A:\n    def f(self): self.g()\n    def g(self): ...\n    def h(self): ...\n"
    assert facts_of(code).reached_from({2}) == {2, 3}


def test_a_function_of_another_file_is_none_of_this() -> None:
    facts = facts_of("from a import f\ndef g(): ...\n", {"a.py": "def f(): ...\n"})
    other, own = facts.global_value("f"), facts.global_value("g")
    assert isinstance(other, Function)
    assert own is not None
    assert facts.own_function(other) is None
    assert facts.own_function(own) is own


@pytest.mark.parametrize(
    ("code", "touches"),
    [
        ("import asyncio\n", False),
        ("import asyncio\nasyncio.sleep(1)\n", False),
        ("import asyncio\nasync def f(): asyncio.get_running_loop()\n", False),
        ("import asyncio\nasyncio.run(x)\n", True),
        ("import asyncio\nasync def f(): asyncio.get_event_loop()\n", True),
        ("import asyncio\nasync def f():\n    c = asyncio.sleep(1)\n    await c\n", True),
        ("import asyncio\nasync def f(c): await c\n", False),
        ("import asyncio\nasyncio.gather()\n", True),
        ("import asyncio\nasyncio.Lock(loop=None)\n", True),
        ("import asyncio\ndef f():\n    if x: asyncio.run(x)\n", True),
        ("import uvloop\nuvloop.run(x)\n", True),
        ("import asyncio\nwith asyncio.Runner() as r: r.run(x)\n", True),
    ],
)
def test_whether_a_loop_is_touched_at_all(code: str, touches: bool) -> None:
    assert facts_of(code).touches_loop is touches


def test_packages_that_change_how_loops_nest() -> None:
    assert facts_of("import nest_asyncio.x\n").loop_is_patched
    assert facts_of("def f():\n    from gevent import monkey\n").loop_is_patched
    assert not facts_of("import asyncio, geventy\nfrom . import gevent\n").loop_is_patched


def test_a_main_guard_makes_a_program() -> None:
    assert facts_of("if __name__ == '__main__': ...\n").is_program
    assert facts_of('if "__main__" == __name__: ...\n').is_program
    assert not facts_of("if __name__ == 'x': ...\ndef f():\n    if __name__ == '__main__': ...\n"
                        ).is_program  # fmt: skip


@pytest.mark.parametrize(
    "test", ["sys.version_info >= (3, 12)", "(sys.version_info\n  )>= (\n3, 12)"]
)
def test_a_condition_is_read_from_its_text(test: str) -> None:
    assert ast.parse(f"({test})")
    assert narrow(test, Target((3, 9), (3, 15)), True) == Target((3, 12), (3, 15))


# ------------------------------------------------------------- answers


LIBRARY = """
import asyncio
def loop():
    return asyncio.get_event_loop()
class Client:
    def __init__(self, *, loop=None):
        self.loop = loop or current()
def current():
    return loop()
def both():
    asyncio.get_running_loop()
    return asyncio.gather()
def runs():
    asyncio.run(nobody)
def maybe():
    if nobody: asyncio.get_event_loop()
"""


def test_an_answer_tells_each_step_of_the_way() -> None:
    answer = answer_of_last("from lib import Client\n\nClient(\n)\n", {"lib.py": LIBRARY})
    assert (answer.kind, answer.origin, answer.effect) == (Kind.OTHER, None, Effect.CAPTURES)
    assert [(step.what, step.place.path, step.place.line) for step in answer.evidence] == [
        ("through this call", "example.py", 3),
        ("through this call", "lib.py", 7),
        ("through this call", "lib.py", 9),
        ("asyncio.get_event_loop()", "lib.py", 4),
    ]


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("lib.Client(loop=1)", Answer(Kind.OTHER, None, None)),
        ("lib.Client", Answer(Kind.UNKNOWN, None, None)),
        ("lib.maybe()", Answer(Kind.OTHER, None, None)),
        ("lib.runs()", Answer(Kind.OTHER, None, None)),
        ("lib.nobody()", Answer(Kind.UNKNOWN, None, None)),
        ("asyncio.sleep(1)", Answer(Kind.COROUTINE, None, None)),
        (
            "asyncio.new_event_loop().create_future()",
            Answer(Kind.FUTURE, Origin.NEW, None),
        ),
        (
            "asyncio.gather()",
            Answer(
                Kind.FUTURE,
                Origin.CURRENT,
                Effect.CAPTURES,
                (Step("asyncio.gather()", Place("example.py", 2)),),
            ),
        ),
    ],
)
def test_what_is_answered(call: str, answer: Answer) -> None:
    assert answer_of_last(f"import asyncio, lib\n{call}\n", {"lib.py": LIBRARY}) == answer


def test_of_two_effects_the_one_counts_that_shows_first() -> None:
    answer = answer_of_last("from lib import both\nboth()\n", {"lib.py": LIBRARY})
    assert (answer.kind, answer.effect) == (Kind.FUTURE, Effect.NEEDS_RUNNING)
    assert answer.evidence[-1] == Step("asyncio.get_running_loop()", Place("lib.py", 11))


def test_what_is_never_reached_has_no_answer() -> None:
    facts = facts_of("if False: print()\nprint()\n")
    assert facts.answer((1, 10, 1, 17)) is None
    assert facts.answer((2, 0, 2, 7)) is not None
    assert facts.answer((9, 0, 9, 7)) is None


# ------------------------------------------------------------- what imports did


@pytest.mark.parametrize(
    ("statement", "files", "effects"),
    [
        ("from a import x", {"a.py": "x = get_event_loop()"}, [Effect.CAPTURES]),
        ("from a import x", {"a.py": "x = get_running_loop()"}, [Effect.NEEDS_RUNNING]),
        ("from a import y as x", {"a.py": "y = get_event_loop()"}, [Effect.CAPTURES]),
        ("from a import x", {"a.py": "x = [f(get_event_loop())]"}, [Effect.CAPTURES]),
        (
            "from a import x",
            {"a.py": "class A:\n    def __init__(self): get_event_loop()\nx = A()"},
            [Effect.CAPTURES],
        ),
        ("from a import x", {"a.py": "x = new_event_loop()"}, []),
        ("from a import x", {"a.py": "x = get_event_loop() if nobody else None"}, []),
        ("from a import x", {"a.py": "def x(): get_event_loop()"}, []),
        ("from a import x", {"a.py": "async def x(): get_event_loop()"}, []),
        ("from a import x", {"a.py": "y = get_event_loop()\nx = 1"}, []),
        (
            "from a import x",
            {"a.py": "try: x = get_running_loop()\nexcept RuntimeError: x = 1"},
            [],
        ),
        ("from a import x", {"a.py": ""}, []),
        ("from nobody import x", {}, []),
        ("import a as x", {"a.py": "y = get_event_loop()"}, []),
        (
            "from a import x",
            {"a.py": "from b import y as x", "b.py": "y = get_event_loop()"},
            [Effect.CAPTURES],
        ),
        (
            "from a import x",
            {
                "a/__init__.py": "from .b import x",
                "a/b.py": "from .c import x",
                "a/c.py": "x = get_event_loop()",
            },
            [Effect.CAPTURES],
        ),
        (
            "from a import x",
            {"a.py": "from b import y, z\nx = z", "b.py": "y = get_event_loop()\nz = 1"},
            [],
        ),
    ],
)
def test_what_the_import_of_a_name_did(
    statement: str, files: dict[str, str], effects: list[Effect]
) -> None:
    head = "from asyncio import get_event_loop, get_running_loop, new_event_loop\n"
    facts = facts_of(f"{statement}\nx\n", {path: f"{head}{text}\n" for path, text in files.items()})
    assert [event.effect for event in facts.done_by_import("x")] == effects


def test_what_was_imported_twice_did_the_same_both_times() -> None:
    files = {
        "a.py": "from c import x\n",
        "b.py": "from c import x\n",
        "c.py": "import asyncio\nx = asyncio.get_event_loop()\n",
    }
    facts = facts_of("from a import x\nfrom b import x as y\n", files)
    for name in ("x", "y"):
        (event,) = facts.done_by_import(name)
        assert event.place == Place("c.py", 2)
    assert facts.done_by_import("z") == ()


def test_what_a_function_imports_is_no_global() -> None:
    files = {"a.py": "import asyncio\nx = asyncio.get_event_loop()\n"}
    assert facts_of("def f():\n    from a import x\nf()\n", files).done_by_import("x") == ()


def test_what_the_module_itself_takes_is_told_with_what_is_not_certain() -> None:
    code = (
        "import asyncio\nif nobody: loop = asyncio.get_event_loop()\nasyncio.gather()\n"
        "asyncio.get_running_loop()\nasync def f(): asyncio.get_event_loop()\n"
        "def g(): asyncio.get_event_loop()\n"
    )
    assert [event.place.line for event in facts_of(code).at_import] == [2, 3]


@pytest.mark.parametrize(
    ("name", "elsewhere"),
    [
        ("f", True),
        ("A", True),
        ("nobody", True),
        ("nobody.x", True),
        ("g", False),
        ("B", False),
        ("asyncio.run", False),
        ("print", False),
        ("A()", False),
        ("unheard_of", False),
    ],
)
def test_what_is_from_elsewhere(name: str, elsewhere: bool) -> None:
    code = "import asyncio\nimport nobody\nfrom lib import *\ndef g(): ...\nclass B: ...\n"
    facts = facts_of(f"{code}x = {name}\n", {"lib.py": "def f(): ...\nclass A: ...\n"})
    value = facts.global_value("x")
    assert value is not None
    assert facts.is_elsewhere(value) is elsewhere


@pytest.mark.parametrize(
    ("library", "holder"),
    [
        ("x = asyncio.get_event_loop()\n", "x"),
        ("x = 1\ny = [asyncio.gather()]\n", "y"),
        ("class C:\n    def __init__(self): self.loop = asyncio.new_event_loop()\nx = C()\n", "x"),
        ("x = 1\n", ""),
        ("def g(): x = asyncio.get_event_loop()\n", ""),
        ("x = asyncio.Lock()\n", ""),
    ],
)
def test_which_global_of_another_module_holds_a_loop(library: str, holder: str) -> None:
    files = {"lib.py": f"import asyncio\ndef f(): ...\nclass A: ...\n{library}"}
    facts = facts_of("import lib, nobody\nfrom lib import f, A\ndef own(): ...\n", files)
    for name in ("lib", "f", "A"):
        value = facts.global_value(name)
        assert value is not None
        assert facts.loop_held_outside(value) == holder
    own, missing = facts.global_value("own"), facts.global_value("nobody")
    assert own is not None
    assert missing is not None
    assert facts.loop_held_outside(own) == ""
    assert facts.loop_held_outside(missing) is None


def test_attributes_are_told_with_what_they_stand_for() -> None:
    code = "class A:\n    x = 1\nasync def f():\n    return A.x, A\n"
    assert dict(facts_of(code).attributes_in({3})) == {"x": Const(1)}


@pytest.mark.parametrize(
    "library",
    [
        case("try", "try:\n    x = asyncio.get_running_loop()\nexcept RuntimeError:\n    x = None"),
        case("suppress", "with suppress(RuntimeError):\n    x = asyncio.get_running_loop()"),
        case("if", "if os.environ.get('A'):\n    x = asyncio.get_running_loop()\nelse:\n    x = 1"),
        case("for", "for one in os.environ:\n    x = asyncio.get_event_loop()"),
    ],
)
def test_what_an_import_perhaps_does_is_not_told(library: str) -> None:
    head = "import asyncio, os\nfrom contextlib import suppress\n"
    facts = facts_of("from lib import x\n", {"lib.py": f"{head}{library}\n"})
    assert facts.done_by_import("x") == ()
    code = "import asyncio\nfrom lib import x\nasync def f(): print(x)\nasyncio.run(f())\n"
    assert codes_in(code, {"lib.py": f"{head}{library}\n"}) == []


@pytest.mark.parametrize(
    ("files", "taker"),
    [
        case("none", {"a.py": "import asyncio\nasync def f(): asyncio.get_event_loop()"}, None),
        case(
            "class body", {"a.py": "import asyncio\nclass f: loop = asyncio.get_event_loop()"}, "a"
        ),
        case("default", {"a.py": "import asyncio\ndef f(x=asyncio.get_event_loop()): ..."}, "a"),
        case(
            "further on",
            {"a.py": "from b import f", "b.py": "from asyncio import *\nf = get_event_loop()"},
            "b",
        ),
        case(
            "package",
            {"a/__init__.py": "from .c import f", "a/c.py": "from asyncio import *\nf = gather()"},
            "a.c",
        ),
        case("a ring", {"a.py": "from b import f", "b.py": "from a import f"}, None),
        case(
            "when called",
            {"a.py": "def f(): import b", "b.py": "from asyncio import *\ngather()"},
            None,
        ),
    ],
)
def test_which_module_takes_the_loop_while_it_is_imported(
    files: dict[str, str], taker: str | None
) -> None:
    assert facts_of("from a import f\n", files).taken_elsewhere == taker


@pytest.mark.parametrize(
    ("code", "replaces"),
    [
        case("none", "asyncio.run(f())", False),
        case("assigned", "asyncio.run = f", True),
        case("set", "setattr(asyncio, 'run', f)", True),
        case("another's", "loop.run = f", False),
        case("mock", "mock.patch('asyncio.run')", True),
    ],
)
def test_whether_names_are_replaced(code: str, replaces: bool) -> None:
    assert facts_of(f"import asyncio\n{code}\n").replaces_names is replaces
