"""What an evaluation may cost: everything ends."""

from __future__ import annotations

import textwrap

import pytest

from flake8_asyncrun.names import machine
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.values import Kind
from tests.snippets import facts_of, kind_of_last


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
    chain = "".join(f"def f{n}(): f{n + 1}(); f{n + 1}()\n" for n in range(40))
    facts = facts_of(f"async def g(): ...\ng()\n{chain}def f40(): ...\nf0()\ng()\n")
    assert facts.is_cut_short
    assert facts.seen((2, 0, 2, 3)) is not None
    assert facts.seen((45, 0, 45, 3)) is None


@pytest.mark.usefixtures("_poor")
def test_no_file_is_too_long() -> None:
    facts = facts_of("async def g(): ...\n" + "x = 1\n" * 30_000 + "g()\n")
    assert not facts.is_cut_short
    assert facts.seen((30_002, 0, 30_002, 3)) is not None


@pytest.mark.usefixtures("_poor")
def test_what_is_spent_outside_leaves_the_file_to_be_gone_through() -> None:
    files = {"a.py": "def f():\n" + "    x = 1 + 1\n" * 1_000 + "    return f\n"}
    facts = facts_of("from a import f\nasync def g(): ...\n" + "f()\n" * 100 + "g()\n", files)
    assert not facts.is_cut_short
    assert facts.seen((103, 0, 103, 3)) is not None


LONG, MEDIUM = "x = 1 + 1\n" * 500, "x = 1 + 1\n" * 50


@pytest.mark.parametrize(
    ("before", "way", "kind"),
    [
        pytest.param("f(True)", "", Kind.COROUTINE, id="a short way"),
        pytest.param("f(True)", MEDIUM, Kind.UNKNOWN, id="a longer one"),
        pytest.param("", MEDIUM, Kind.COROUTINE, id="the first call"),
        pytest.param("h(True)", MEDIUM, Kind.COROUTINE, id="another function"),
        pytest.param("f(None)", MEDIUM, Kind.COROUTINE, id="came to the loop"),
    ],
)
def test_who_took_too_long_is_followed_less_far_from_then_on(
    before: str, way: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CALL_BUDGET", 1_000)
    monkeypatch.setattr(machine, "AGAIN_BUDGET", 100)
    function = (
        "def {}(long):\n"
        "    if long is None:\n        get_event_loop()\n        long = True\n"
        f"    if long:\n{textwrap.indent(LONG, ' ' * 8)}"
        f"    else:\n        pass\n{textwrap.indent(way, ' ' * 8)}"
        "    return g()\n"
    )
    library = (
        "from asyncio import get_event_loop\nasync def g(): ...\n"
        f"{function.format('f')}{function.format('h')}"
    )
    code = f"from a import f, h\n{before}\nf(False)\n"
    assert kind_of_last(code, {"a.py": library}) is kind


@pytest.mark.usefixtures("_poor")
def test_who_asks_for_a_name_first_does_not_pay_for_it() -> None:
    # Else what is found of a file would depend on those that were checked before.
    long = "def long():\n" + "    x = 1 + 1\n" * 150
    files = {
        "a.py": f"{long}A = long()\nB = long()\nasync def g(): ...\n"
        "def f():\n    A, B\n    return g()\n"
    }
    assert kind_of_last("from a import f\nf()\n", files) is Kind.COROUTINE


@pytest.mark.usefixtures("_poor")
def test_a_name_ends_with_its_own_budget() -> None:
    long = "def long():\n" + "    x = 1 + 1\n" * 300
    files = {"a.py": f"{long}    return g()\nasync def g(): ...\nA = long()\nB = g()\n"}
    assert kind_of_last("from a import A\nA\n", files) is Kind.UNKNOWN
    assert kind_of_last("from a import A, B\nA\nB\n", files) is Kind.COROUTINE


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


@pytest.mark.parametrize("terms", [500, 900])
def test_a_deep_expression_is_told(terms: int) -> None:
    deep = "+".join(["1"] * terms)
    with pytest.raises(Unreadable, match="nested too deeply"):
        facts_of(f"x = {deep}\n")
