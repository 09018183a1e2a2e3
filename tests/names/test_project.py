"""Modules on demand: what is asked for, how often, and under which name."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from flake8_asyncrun.names.conditions import judge
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.project import Project, collect
from flake8_asyncrun.names.target import Target
from tests.snippets import facts_of, project_of


def test_each_module_is_looked_for_once() -> None:
    asked: Counter[str] = Counter()

    def find_module(name: str) -> tuple[str, str] | None:
        asked[name] += 1
        return ("here.py", "x = 1\n") if name == "here" else None

    project = Project(find_module)
    for _ in range(3):
        assert project.module("here") is project.module("here")
        assert project.module("nowhere") is None
    assert asked == {"here": 1, "nowhere": 1}


def test_only_what_a_question_leads_to_is_read() -> None:
    asked: list[str] = []

    def find_module(name: str) -> tuple[str, str] | None:
        asked.append(name)
        files = {"used": "from deeper import y\ndef f(): return y\n", "unused": "import more\n"}
        return (f"{name}.py", files[name]) if name in files else None

    code = "import asyncio\nimport unused\nfrom used import f\nasyncio.run(f)\n"
    project = Project(find_module)
    Facts(project, "m.py", code, "m")
    assert "more" not in asked
    assert "asyncio" not in asked


@pytest.mark.parametrize("text", ["x = (", "\x00", "(" * 5_000 + ")" * 5_000])
def test_a_module_that_cannot_be_read_is_as_if_not_there(text: str) -> None:
    assert project_of({"broken.py": text}).module("broken") is None
    assert facts_of("import broken\nbroken.x()\n", {"broken.py": text}).global_value("broken")


@pytest.mark.parametrize(
    ("name", "path", "module", "level", "expected"),
    [
        ("a.b.c", "a/b/c.py", "d", 1, "a.b.d"),
        ("a.b.c", "a/b/c.py", None, 1, "a.b"),
        ("a.b.c", "a/b/c.py", "d", 2, "a.d"),
        ("a.b", "a/b/__init__.py", "d", 1, "a.b.d"),
        ("a.b", "a/b/__init__.pyi", "d", 1, "a.b.d"),
        ("a.b", "a\\b\\__init__.py", "d", 2, "a.d"),
        ("a", "a.py", "d", 1, "d"),
        ("a", "a.py", "d", 5, "d"),
        ("a.b", "a/b.py", "x.y", 0, "x.y"),
        ("a.b", "a/my__init__.py", "d", 1, "a.d"),
    ],
)
def test_relative_imports_count_from_the_package(
    name: str, path: str, module: str | None, level: int, expected: str
) -> None:
    loaded = project_of().load(name, path, "")
    assert loaded.absolute(module, level) == expected


def bound(code: str, target: Target | None = None) -> dict[str, list[tuple[int, bool, bool]]]:
    """Return where names are bound: line, whether certain, whether as a fallback."""
    found = collect(ast.parse(code).body, lambda test: judge(test, target or Target()))
    return {
        name: [(one.statement.lineno, one.certain, one.fallback) for one in bindings]
        for name, bindings in found.names.items()
    }


def test_guards_choose_what_binds() -> None:
    code = (
        "import sys\n"
        "if sys.version_info >= (3, 10):\n    a = 1\nelse:\n    a = 2\n"
        "if DEBUG:\n    b = 1\nelse:\n    b = 2\n"
    )
    names = bound(code)
    assert names["a"] == [(3, True, False)]
    assert names["b"] == [(7, False, False), (9, False, False)]
    old = bound(code, Target((3, 7), (3, 9)))
    assert old["a"] == [(5, True, False)]


def test_handlers_are_fallbacks() -> None:
    names = bound("try:\n    import a\nexcept ImportError:\n    a = None\nfinally:\n    b = 1\n")
    assert names == {"a": [(2, True, False), (4, False, True)], "b": [(6, True, False)]}


def test_every_way_to_bind_is_seen() -> None:
    names = bound(
        "import a.b, c as d\nfrom e import f, g as h\n(i, [j, k]), l = x\nm: int = 1\nn: int\n"
        "o += 1\np = q = 1\ndef r(): ...\nasync def s(): ...\nclass t: ...\n"
        "with y:\n    u = 1\nfor v in z:\n    w = 1\n"
    )
    assert set("adfhlmopqrstuw") <= set(names)
    assert "n" not in names
    assert [one[1] for one in names["w"]] == [False]


def test_names_that_functions_rebind_are_told() -> None:
    loaded = project_of().load("m", "m.py", "x = 1\ndef f():\n    global x, y\n    x = 2\n")
    assert loaded.rebound == {"x", "y"}
