"""What we were told of libraries: by tables that come with us, and by the user."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import pytest
from packaging.version import Version

from flake8_asyncrun.names import knowledge, libraries
from flake8_asyncrun.names.knowledge import Knowledge, Known, Told
from flake8_asyncrun.names.machine import position
from flake8_asyncrun.names.target import DEFAULT, Target
from flake8_asyncrun.names.values import Effect, Kind, Origin, loops_in
from tests.snippets import (
    CAPTURES,
    COROUTINE,
    NEEDS,
    NEW,
    QUIET,
    answer_of_last,
    case,
    effects_of_last,
    facts_of,
    last,
    last_expression,
)

HEAD = f"import asyncio\nfrom asyncio import get_event_loop, get_running_loop\n{COROUTINE}"

Ship = Callable[..., None]


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    """Put small tables in the place of those that come with us."""
    caches = (
        *(knowledge._written, knowledge._generated, knowledge._distributions_of_modules),
        knowledge._lost_loop,
    )

    def forget() -> None:
        for cache in caches:
            cache.cache_clear()

    def ship(
        written: Sequence[Mapping[str, Any]] = (),
        generated: Mapping[str, Any] | None = None,
        lost: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        forget()
        tables = {
            "written.json": written,
            "generated.json": generated or {},
            "lost_loop.json": lost,
        }
        monkeypatch.setattr(knowledge, "_read", tables.__getitem__)

    yield ship
    forget()


def released(*releases: str, module: str = "lib", **entries: Any) -> dict[str, Any]:
    """Return what a generated table says of one distribution: entries by the part after `lib.`."""
    return {
        "modules": [module],
        "releases": list(releases),
        "entries": {f"{module}.{name}": ranges for name, ranges in entries.items()},
    }


def told(**names: Sequence[str]) -> Knowledge:
    return Knowledge(Told(**{name: frozenset(given) for name, given in names.items()}))


# ------------------------------------------------------------- who counts


TAKES = {"name": "lib.Client", "effect": "captures"}
NEEDS_ONE = released("1.0", Client=[[0, 0, "other", "needs", "needs"]])


def test_what_the_user_says_counts_before_what_is_written_and_that_before_what_is_generated(
    ship: Ship,
) -> None:
    call = "import lib\nlib.Client()\n"
    ship([], {})
    assert effects_of_last(call) == QUIET
    ship([], {"lib": NEEDS_ONE})
    assert effects_of_last(call) == NEEDS
    ship([TAKES], {"lib": NEEDS_ONE})
    assert effects_of_last(call) == CAPTURES
    for names in ({"known_safe": ["lib.Client"]}, {"coroutine_functions": ["lib.Client"]}):
        assert effects_of_last(call, knowledge=told(**names)) == QUIET


def test_source_counts_before_all_but_what_the_user_says(ship: Ship) -> None:
    files = {"lib.py": "class Client: ...\n"}
    call = "import lib\nlib.Client()\n"
    ship([TAKES], {"lib": NEEDS_ONE})
    assert effects_of_last(call, files) == QUIET
    assert effects_of_last(call, files, knowledge=told(loop_capturing=["lib.Client"])) == CAPTURES
    ship([{**TAKES, "over source": True}])
    assert effects_of_last(call, files) == CAPTURES
    assert effects_of_last(call, files, knowledge=told(known_safe=["lib.Client"])) == QUIET


# ------------------------------------------------------------- what takes no loop any more


LOST = [
    {
        "distribution": "one",
        "last with": "1.0",
        "since": "1.5",
        "later": ["2.0"],
        "names": ["lib.Client"],
    }
]


@pytest.mark.parametrize(
    ("chosen", "lost"),
    [
        case("the first without it", {"one": ["1.5"]}, True),
        case("a later one", {"one": ["2.0"]}, True),
        case("any without it", {"one": ["1.5", "2.0"]}, True),
        case("the last with it", {"one": ["1.0"]}, False),
        case("a condition that lets one with it in", {"one": ["1.0", "1.5", "2.0"]}, False),
        case("no release", {"one": []}, False),
        case("not mentioned", {}, False),
        case("a fork beside it", {"one": ["2.0"], "fork": ["2.0"]}, False),
        case("the fork alone", {"fork": ["2.0"]}, False),
    ],
)
def test_a_loop_is_lost_where_no_release_that_may_be_there_takes_one(
    ship: Ship, chosen: Mapping[str, Sequence[str]], lost: bool
) -> None:
    ship([], {"one": released("1.0", "2.0"), "fork": released("1.0", "2.0")}, LOST)
    known = Knowledge(choose=lambda distribution, _releases: chosen.get(distribution))
    found = known.lost_loop("lib.Client")
    assert (found is not None) is lost
    assert found is None or (found.distribution, found.since) == ("one", "1.5")
    assert known.lost_loop("lib.Other") is None
    assert known.lost_loop("other.Client") is None


def test_what_lost_its_loop_is_well_formed() -> None:
    table = read("lost_loop.json")
    assert [one["distribution"] for one in table] == sorted({one["distribution"] for one in table})
    for one in table:
        assert set(one) == {"distribution", "last with", "since", "later", "names", "source"}
        modules = read("generated.json")[one["distribution"]]["modules"]
        assert all(name.partition(".")[0] in modules for name in one["names"]), one
        assert one["names"] == sorted(set(one["names"]))
        releases = [*map(Version, (one["last with"], one["since"], *one["later"]))]
        assert releases == sorted({*releases}), one
        assert len(one["source"]) > 10, one


# ------------------------------------------------------------- releases and distributions


TABLE = {
    "one": released(
        "1.0",
        "1.5",
        "2.0",
        Client=[[0, 1, "other", "captures", "captures"], [2, 2, "other", "needs", "needs"]],
        Late=[[2, 2, "other", "captures", "captures"]],
        make=[[0, 0, "future", "", ""], [1, 2, "coroutine", "", ""]],
    )
}
ALL = ["1.0", "1.5", "2.0"]


@pytest.mark.parametrize(
    ("chosen", "client", "late", "make"),
    [
        case("the first", ["1.0"], CAPTURES, QUIET, Kind.FUTURE),
        case("the last", ["2.0"], NEEDS, CAPTURES, Kind.COROUTINE),
        case("between two that agree", ["1.0", "1.5"], CAPTURES, QUIET, Kind.UNKNOWN),
        case("between two that do not", ["1.5", "2.0"], CAPTURES, QUIET, Kind.COROUTINE),
        case("any", ALL, CAPTURES, QUIET, Kind.UNKNOWN),
        case("none of them", [], QUIET, QUIET, Kind.UNKNOWN),
        case("not mentioned", None, CAPTURES, QUIET, Kind.UNKNOWN),
    ],
)
def test_the_release_that_the_project_has_speaks(
    ship: Ship,
    chosen: Sequence[str] | None,
    client: list[Effect],
    late: list[Effect],
    make: Kind,
) -> None:
    ship([], TABLE)
    asked: list[tuple[str, tuple[str, ...]]] = []

    def choose(distribution: str, releases: Sequence[str]) -> Sequence[str] | None:
        asked.append((distribution, tuple(releases)))
        return chosen

    known = Knowledge(choose=choose)
    assert effects_of_last("import lib\nlib.Client()\n", knowledge=known) == client
    assert effects_of_last("import lib\nlib.Late()\n", knowledge=known) == late
    assert answer_of_last("import lib\nlib.make()\n", knowledge=known).kind is make
    assert {name for name, _ in asked} == {"one"}
    assert {releases for _, releases in asked} <= {(), tuple(ALL)}


@pytest.mark.parametrize(
    ("mentioned", "client", "only"),
    [
        case("none", [], CAPTURES, QUIET),
        case("one", ["one"], CAPTURES, NEEDS),
        case("the other", ["other"], NEEDS, QUIET),
        case("both", ["one", "other"], CAPTURES, QUIET),
        case("a third", ["third"], CAPTURES, QUIET),
    ],
)
def test_the_distribution_that_the_project_mentions_speaks(
    ship: Ship, mentioned: Sequence[str], client: list[Effect], only: list[Effect]
) -> None:
    takes, needs = ["other", "captures", "captures"], ["other", "needs", "needs"]
    ship(
        [],
        {
            "one": released("1.0", Client=[[0, 0, *takes]], Only=[[0, 0, *needs]]),
            "other": released("3.0", Client=[[0, 0, *needs]]),
        },
    )
    known = Knowledge(choose=lambda name, releases: releases if name in mentioned else None)
    assert effects_of_last("import lib\nlib.Client()\n", knowledge=known) == client
    assert effects_of_last("import lib\nlib.Only()\n", knowledge=known) == only


def test_the_longest_name_tells_the_distribution(ship: Ship) -> None:
    takes = [[0, 0, "other", "captures", "captures"]]
    ship(
        [],
        {
            "whole": released("1", Client=takes),
            "part": released("1", module="lib.part", Client=takes),
        },
    )
    known = Knowledge(choose=lambda name, releases: [] if name == "whole" else None)
    assert effects_of_last("import lib.part\nlib.part.Client()\n", knowledge=known) == CAPTURES
    assert effects_of_last("import lib.part\nlib.Client()\n", knowledge=known) == QUIET


# ------------------------------------------------------------- when it holds


UNLESS = {"name": "lib.Client", "effect": "captures", "unless": ["loop/1", "transport"]}


@pytest.mark.parametrize(
    ("call", "effects"),
    [
        ("lib.Client()", CAPTURES),
        ("lib.Client('url')", CAPTURES),
        ("lib.Client('url', None)", CAPTURES),
        ("lib.Client('url', 1)", QUIET),
        ("lib.Client('url', nobody)", QUIET),
        ("lib.Client(loop=None)", CAPTURES),
        ("lib.Client(loop=1)", QUIET),
        ("lib.Client(loop=nobody)", QUIET),
        ("lib.Client(transport=1)", QUIET),
        ("lib.Client(timeout=1)", CAPTURES),
        ("lib.Client(*nobody)", QUIET),
        ("lib.Client(**nobody)", QUIET),
        ("lib.Client(*['url'])", CAPTURES),
        ("lib.Client(*['url', 1])", QUIET),
        ("lib.Client(**{'timeout': 1})", CAPTURES),
        ("lib.Client(**{'loop': 1})", QUIET),
        ("partial(lib.Client, 'url', 1)()", QUIET),
        ("partial(lib.Client, 'url')()", CAPTURES),
    ],
)
def test_arguments_may_change_the_effect(ship: Ship, call: str, effects: list[Effect]) -> None:
    ship([UNLESS])
    head = "from functools import partial\nimport lib\n"
    assert effects_of_last(f"{head}{call}\n") == effects
    generated = [0, 0, "other", "captures", "captures", "loop/1", "transport"]
    ship([], {"lib": released("1", Client=[generated])})
    assert effects_of_last(f"{head}{call}\n") == effects


def test_what_any_release_minds_counts(ship: Ship) -> None:
    takes = ["other", "captures", "captures"]
    ranges = [[0, 0, *takes, "loop/1"], [1, 1, *takes, "transport"]]
    ship([], {"lib": released("1", "2", Client=ranges)})
    for call, effects in (
        ("lib.Client()", CAPTURES),
        ("lib.Client(loop=1)", QUIET),
        ("lib.Client(transport=1)", QUIET),
    ):
        assert effects_of_last(f"import lib\n{call}\n") == effects


@pytest.mark.parametrize(
    ("entry", "before_314", "from_314"),
    [
        case("the same", {"effect": "needs"}, NEEDS, NEEDS),
        case("another", {"effect": "captures", "effect from 3.14": "needs"}, CAPTURES, NEEDS),
        case("none", {"effect": "captures", "effect from 3.14": ""}, CAPTURES, QUIET),
        case("only then", {"effect from 3.14": "captures"}, QUIET, CAPTURES),
    ],
)
def test_the_target_tells_which_effect(
    ship: Ship, entry: dict[str, str], before_314: list[Effect], from_314: list[Effect]
) -> None:
    ship([{"name": "lib.f", **entry}])
    assert effects_of_last("import lib\nlib.f()\n", target=DEFAULT) == before_314
    assert effects_of_last("import lib\nlib.f()\n", target=NEW) == from_314


def test_in_a_loop_nothing_is_taken_that_does_not_run(ship: Ship) -> None:
    ship([TAKES, {"name": "lib.f", "effect": "needs"}])
    code = "import lib\nasync def f():\n    lib.Client()\n    lib.f()\n"
    facts = facts_of(code)
    for at in ((3, 4, 3, 16), (4, 4, 4, 11)):
        seen = facts.seen(at)
        assert seen is not None
        assert seen.events == ()
    seen = facts.seen((3, 4, 3, 16))
    assert seen is not None
    assert [one.origin for one in loops_in(seen.value)] == [Origin.RUNNING]


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ({"effect": "captures"}, Origin.CURRENT),
        ({"effect": "captures", "kind": "future"}, Origin.CURRENT),
        ({"kind": "future"}, Origin.UNKNOWN),
        ({"effect": "captures", "unless": ["x"]}, Origin.UNKNOWN),
        ({}, None),
        ({"kind": "coroutine"}, None),
    ],
)
def test_what_is_made_holds_the_loop(
    ship: Ship, entry: dict[str, Any], origin: Origin | None
) -> None:
    ship([{"name": "lib.f", **entry}])
    seen = last("import lib\nlib.f(x=1)\n")
    assert seen is not None
    assert [one.origin for one in loops_in(seen.value)] == ([origin] if origin else [])


def test_a_loop_that_was_set_is_the_one_that_is_taken(ship: Ship) -> None:
    ship([TAKES])
    code = "import asyncio, lib\nasyncio.set_event_loop(asyncio.new_event_loop())\nlib.Client()\n"
    seen = last(code)
    assert seen is not None
    assert [one.origin for one in loops_in(seen.value)] == [Origin.NEW]
    assert [event.set for event in seen.events] == [True]


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_told(ship: Ship, kind: Kind) -> None:
    ship(
        [{"name": "lib.f", "kind": kind.value}],
        {"lib": released("1", g=[[0, 0, kind.value, "", ""]])},
    )
    for name in "fg":
        answer = answer_of_last(f"from lib import {name}\n{name}()\n")
        assert (answer.kind, answer.effect) == (kind, None)


def test_what_runs_a_loop_of_its_own_handles_one(ship: Ship) -> None:
    ship([{"name": "lib.run", "kind": "other", "runs": True}, {"name": "lib.quiet"}])
    for name, handles in (("run", True), ("quiet", False)):
        seen = last(f"import lib\nlib.{name}()\n")
        assert seen is not None
        assert seen.handles_loop is handles
        assert seen.events == ()
    seen = last("import lib\nlib.run()\n")
    assert seen is not None
    assert [event.what for event in seen.handling] == ["lib.run()"]


# ------------------------------------------------------------- members and subclasses


def test_methods_of_what_is_made_are_known(ship: Ship) -> None:
    ship(
        [
            {"name": "lib.Client.start", "kind": "coroutine"},
            {"name": "lib.Client.make", "kind": "other", "effect": "captures"},
            {"name": "lib.Client.make().task", "kind": "future"},
        ]
    )
    head = "import lib\nclient = lib.Client('x')\n"
    for call, kind, effect in (
        ("client.start()", Kind.COROUTINE, None),
        ("client.stop()", Kind.UNKNOWN, None),
        ("client.start", Kind.COROUTINE_FUNCTION, None),
        ("client.stop", Kind.UNKNOWN, None),
        ("lib.Client.make()", Kind.OTHER, Effect.CAPTURES),
        ("lib.Other().start()", Kind.UNKNOWN, None),
    ):
        answer = answer_of_last(f"{head}{call}\n")
        assert (answer.kind, answer.effect) == (kind, effect), call


BASE = "import lib\nclass Mine(lib.Client):\n"


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        case("none of its own", "    pass", CAPTURES),
        case("super", "    def __init__(self): super().__init__()", CAPTURES),
        case("super, with a loop", "    def __init__(self): super().__init__(loop=1)", QUIET),
        case("not called", "    def __init__(self): ...", QUIET),
        case("maybe", "    def __init__(self):\n        if nobody: super().__init__()", QUIET),
        case(
            "super of super",
            "    def __init__(self): super().__init__()\n"
            "class Mine(Mine):\n    def __init__(self): super().__init__()",
            CAPTURES,
        ),
    ],
)
def test_a_subclass_of_what_has_no_source_is_built_like_that(
    ship: Ship, body: str, effects: list[Effect]
) -> None:
    ship([{**TAKES, "unless": ["loop"]}])
    seen = last(f"{BASE}{body}\nMine()\n")
    assert seen is not None
    assert [event.effect for event in seen.events] == effects
    if effects:
        assert [one.origin for one in loops_in(seen.value)] == [Origin.CURRENT]


def test_a_method_that_is_inherited_from_what_has_no_source_is_known(ship: Ship) -> None:
    ship(
        [
            {"name": "lib.Client.run", "kind": "other", "runs": True},
            {"name": "lib.Client.start", "kind": "coroutine"},
        ]
    )
    head = f"{BASE}    def stop(self): self.run()\n    async def own(self): ...\nmine = Mine()\n"
    seen = last(f"{head}mine.run()\n")
    assert seen is not None
    assert seen.handles_loop
    for call, kind in (
        ("mine.start()", Kind.COROUTINE),
        ("mine.own()", Kind.COROUTINE),
        ("mine.nobody()", Kind.UNKNOWN),
    ):
        assert answer_of_last(f"{head}{call}\n").kind is kind
    seen = last(f"{head}mine.stop()\n")
    assert seen is not None
    assert seen.handles_loop


# ------------------------------------------------------------- what the user says


APP = {
    "app/__init__.py": "from .clients import Client, connect\n",
    "app/clients.py": (
        "import asyncio\nclass Base:\n    def __init__(self, loop=None): ...\n"
        "    def start(self): ...\n    async def go(self): ...\n"
        "class Client(Base): ...\n"
        "def connect(): return asyncio.get_event_loop()\n"
    ),
}


@pytest.mark.parametrize(
    "name",
    ["app.Client", "app.clients.Client"],
)
@pytest.mark.parametrize(
    "use", ["import app\napp.Client()", "from app.clients import Client\nClient()"]
)
def test_a_class_is_told_by_any_path_that_people_import_it_by(name: str, use: str) -> None:
    answer = answer_of_last(f"{use}\n", APP, knowledge=told(loop_capturing=[name]))
    assert (answer.kind, answer.effect) == (Kind.OTHER, Effect.CAPTURES)
    (step,) = answer.evidence
    assert step.what == f"{name}()"
    assert (
        answer_of_last(f"{use}\n", APP, knowledge=told(loop_capturing=["app.Other"])).effect is None
    )


def test_an_object_of_a_told_class_keeps_its_methods() -> None:
    known = told(loop_capturing=["app.Client"])
    code = "import app\nclient = app.Client()\n"
    assert answer_of_last(f"{code}client.go()\n", APP, knowledge=known).kind is Kind.COROUTINE
    seen = last(f"{code}client\n", APP, knowledge=known)
    assert seen is not None
    assert [one.origin for one in loops_in(seen.value)] == [Origin.CURRENT]


def test_what_is_known_to_be_safe_is_and_does_no_more_than_its_source_gives() -> None:
    call = "import app\napp.connect()\n"
    assert effects_of_last(call, APP) == CAPTURES
    for name in ("app.connect", "app.clients.connect"):
        seen = last(call, APP, knowledge=told(known_safe=[name]))
        assert seen is not None, name
        assert seen.events == (), name
        assert [one.origin for one in loops_in(seen.value)] == [Origin.CURRENT], name
    for name in ("app.conn", "app.Client", "clients"):
        assert effects_of_last(call, APP, knowledge=told(known_safe=[name])) == CAPTURES, name


def test_a_function_is_told_to_return_a_coroutine() -> None:
    known = told(coroutine_functions=["app.connect", "app.Client.start", "nobody.fetch"])
    for code, kind in (
        ("app.connect()", Kind.COROUTINE),
        ("app.Client().start()", Kind.COROUTINE),
        ("nobody.fetch()", Kind.COROUTINE),
        ("nobody.other()", Kind.UNKNOWN),
    ):
        answer = answer_of_last(f"import app, nobody\n{code}\n", APP, knowledge=known)
        assert (answer.kind, answer.effect) == (kind, None), code


def test_a_method_is_told_by_the_class_that_has_it_or_inherits_it() -> None:
    code = "import app\napp.Client().start()\n"
    for name in ("app.clients.Base.start", "app.clients.Client.start", "app.Client.start"):
        known = told(coroutine_functions=[name])
        assert answer_of_last(code, APP, knowledge=known).kind is Kind.COROUTINE, name
    known = told(loop_capturing=["app.Client.start"])
    assert effects_of_last(code, APP, knowledge=known) == CAPTURES


@pytest.mark.parametrize(
    ("names", "call", "kind", "effect"),
    [
        ({"loop_capturing": ["app.tools.Tool"]}, "Tool()", Kind.OTHER, Effect.CAPTURES),
        ({"loop_capturing": ["app.tools.use"]}, "use()", Kind.OTHER, Effect.CAPTURES),
        ({"coroutine_functions": ["app.tools.use"]}, "use()", Kind.COROUTINE, None),
        ({"coroutine_functions": ["app.tools.Tool.use"]}, "Tool().use()", Kind.COROUTINE, None),
        ({"known_safe": ["app.tools.take"]}, "take()", Kind.OTHER, None),
        ({"known_safe": ["app.other"]}, "take()", Kind.OTHER, Effect.CAPTURES),
    ],
)
def test_names_of_this_very_file_are_told(
    names: dict[str, Sequence[str]], call: str, kind: Kind, effect: Effect | None
) -> None:
    code = (
        "import asyncio\nclass Tool:\n    def use(self): ...\ndef use(): ...\n"
        f"def take(): asyncio.get_event_loop()\n{call}\n"
    )
    facts = facts_of(code, module="app.tools", knowledge=told(**names))
    answer = facts.answer(position(last_expression(code)))
    assert answer is not None
    assert (answer.kind, answer.effect) == (kind, effect)


def test_the_user_speaks_of_what_has_no_source_too() -> None:
    known = told(
        loop_capturing=["nobody.Client"],
        coroutine_functions=["nobody.Client.start"],
        known_safe=["nobody.safe"],
    )
    code = "import nobody\nclient = nobody.Client()\n"
    assert effects_of_last("import nobody\nnobody.Client()\n", knowledge=known) == CAPTURES
    assert answer_of_last(f"{code}client.start()\n", knowledge=known).kind is Kind.COROUTINE
    assert effects_of_last("import nobody\nnobody.safe.Client()\n", knowledge=known) == QUIET


def test_of_several_words_of_the_user_the_most_telling_counts() -> None:
    said = Told(frozenset({"a.f"}), frozenset({"a.f"}), frozenset({"a"}))
    assert said.of("a.f") == Known("a.f", Kind.COROUTINE)
    assert said.of("a.g") == Known("a.g", safe=True, over_source=True)
    assert said.of("b") is None
    assert said.names == {"a", "a.f"}


# ------------------------------------------------------------- over the source


def test_what_is_written_over_the_source_is_of_where_it_is_defined(ship: Ship) -> None:
    entry = {"effect": "captures", "kind": "other", "over source": True}
    for name, effects in (("app.clients.Client", CAPTURES), ("app.Client", QUIET)):
        ship([{"name": name, **entry}])
        assert effects_of_last("import app\napp.Client()\n", APP) == effects


def test_what_is_safe_over_the_source_is_safe(ship: Ship) -> None:
    ship([{"name": "app.clients.connect", "safe": True, "over source": True}])
    assert effects_of_last("import app\napp.connect()\n", APP) == QUIET
    ship([{"name": "app.clients.connect", "safe": True}])
    assert effects_of_last("import app\napp.connect()\n", APP) == CAPTURES


def test_what_is_told_of_may_change_what_it_is_given(ship: Ship) -> None:
    ship([{"name": "lib.setup"}, {"name": "app.clients.connect", "over source": True}])
    head = f"import app, lib\n{COROUTINE}class A: ...\na = A()\na.x = None\n"
    for call in ("lib.setup(a)", "app.connect(a)"):
        code = f"{head}{call}\na.x\n"
        assert answer_of_last(code, APP).kind is Kind.UNKNOWN, call


# ------------------------------------------------------------- the tables themselves


def read(name: str) -> Any:
    return json.loads(resources.files(libraries).joinpath(name).read_text("utf-8"))


KINDS = {kind.value for kind in Kind}
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(\(\)\.[A-Za-z_]\w*)?")
PARAMETER = re.compile(r"[A-Za-z_]\w*(/\d+)?")
WRITTEN_KEYS = {
    *("name", "distribution", "source", "kind", "effect", "effect from 3.14", "unless"),
    *("runs", "safe", "error", "error names", "over source"),
}


def test_what_is_written_is_well_formed() -> None:
    entries = read("written.json")
    assert len(entries) > 100
    for entry in entries:
        name = entry["name"]
        assert DOTTED.fullmatch(name), name
        assert set(entry) <= WRITTEN_KEYS, name
        assert entry["distribution"].strip(), name
        assert len(entry["source"]) > 10, name
        assert entry.get("kind", "other") in KINDS - {"not known"}, name
        assert entry.get("effect", "needs") in ("captures", "needs"), name
        assert entry.get("effect from 3.14", "") in ("", "captures", "needs"), name
        assert all(entry[key] is True for key in ("runs", "safe", "over source") if key in entry)
        assert all(PARAMETER.fullmatch(one) for one in entry.get("unless", ())), name
        assert not ("safe" in entry and {"effect", "effect from 3.14", "runs"} & set(entry)), name
        assert "effect" in entry or not {"unless", "effect from 3.14"} & set(entry), name
        assert "error" not in entry or entry["effect"] == "needs", name
        assert "error names" not in entry or "error" in entry, name


def test_what_is_written_is_sorted_and_said_once() -> None:
    names = [entry["name"] for entry in read("written.json")]
    assert names == sorted(set(names))


def test_what_is_written_is_found() -> None:
    known = Knowledge()
    for entry in read("written.json"):
        found = known.of(entry["name"])
        assert found is not None
        assert found.name == entry["name"]
        assert found.kind.value == entry.get("kind", "not known")
        assert found.runs is entry.get("runs", False)
        over = known.of_source(entry["name"])
        assert over == (found if entry.get("over source") else None)
        assert known.has_members(entry["name"].rpartition(".")[0])


def test_what_is_generated_is_well_formed() -> None:
    table = read("generated.json")
    assert list(table) == sorted(table)
    for distribution, one in table.items():
        assert set(one) == {"modules", "releases", "entries"}, distribution
        assert one["modules"], distribution
        assert all(re.fullmatch(r"\w+(\.\w+)*", module) for module in one["modules"])
        releases = one["releases"]
        assert releases, distribution
        assert [*map(Version, releases)] == sorted({*map(Version, releases)}), distribution
        assert list(one["entries"]) == sorted(one["entries"]), distribution
        for name, ranges in one["entries"].items():
            assert DOTTED.fullmatch(name), name
            assert not re.search(r"\._|^_", name), name
            before = -1
            for first, end, kind, *rest in ranges:
                assert before < first <= end < len(releases), name
                before = end
                if (kind, rest) == ("absent", []):
                    continue
                effect, from_314, *unless = rest
                assert kind in KINDS, name
                assert {effect, from_314} <= {"", "captures", "needs"}, name
                assert all(PARAMETER.fullmatch(parameter) for parameter in unless), name
                assert effect or kind in ("coroutine", "future", "awaitable"), name


def test_what_is_generated_is_found_where_the_project_has_the_release() -> None:
    for distribution, one in read("generated.json").items():
        newest = one["releases"][-1]
        known = Knowledge(
            choose=lambda name, releases, wanted=distribution, has=newest: (  # type: ignore[misc]
                [has][: len(releases)] if name == wanted else None
            )
        )
        for name, ranges in one["entries"].items():
            found = known._generated(name)
            *_, (_, end, kind, *_) = ranges
            if kind != "absent" and end == len(one["releases"]) - 1:
                assert found is not None, name
                assert found.kind.value == kind, name


def test_nothing_is_read_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(name: str) -> Any:
        raise AssertionError(name)

    caches = (
        *(knowledge._written, knowledge._generated, knowledge._distributions_of_modules),
        knowledge._lost_loop,
    )
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setattr(knowledge, "_read", never)
    Knowledge(Told(frozenset({"a.B"})))
    assert Knowledge(Told(frozenset({"a.B"}))).of("a.B") is not None


def test_what_is_said_of_no_release_is_not_known(ship: Ship) -> None:
    ship([], {"lib": released("1", Client=[])})
    assert Knowledge().of("lib.Client") is None
    assert Knowledge().of("lib") is None
    assert Knowledge().of("") is None
    assert effects_of_last("import lib\nlib.Client()\n", target=Target()) == QUIET


@pytest.mark.parametrize("name", ["lib", "lib.part"])
def test_a_whole_module_may_be_said_to_be_safe(name: str) -> None:
    files = {"lib/__init__.py": "", "lib/part.py": f"{HEAD}def f(): get_event_loop()\n"}
    known = Knowledge(Told(known_safe=frozenset({name})))
    assert effects_of_last("from lib.part import f\nf()\n", files, DEFAULT, known) == QUIET


@pytest.mark.parametrize(
    ("caught", "effects"),
    [
        case("by its name", "lib.NoLoop", QUIET),
        case("by its base", "RuntimeError", QUIET),
        case("another", "ValueError", NEEDS),
    ],
)
def test_code_may_catch_what_a_library_raises(
    ship: Ship, caught: str, effects: list[Effect]
) -> None:
    entry = {"name": "lib.get", "effect": "needs", "error": "NoLoop: no", "error names": ["NoLoop"]}
    ship([entry])
    files = {
        "a.py": f"import lib\ndef f():\n    try: lib.get()\n    except {caught}: return None\n"
    }
    assert effects_of_last("import a\na.f()\n", files) == effects
