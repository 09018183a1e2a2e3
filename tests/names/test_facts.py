"""What is known of one file, asked by place and by variable."""

from __future__ import annotations

import ast

import pytest

from flake8_asyncrun.names.facts import narrow
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import UNKNOWN, Const, External, Function, Loop, Value
from flake8_asyncrun.names.variables import Variable
from tests.snippets import facts_of


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
