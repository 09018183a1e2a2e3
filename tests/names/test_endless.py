"""Programs that were written to hang or crash whoever evaluates them."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.machine import position
from flake8_asyncrun.names.values import Effect
from tests.snippets import CAPTURES, case, facts_of, last, last_expression

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.thorough,
]

IMPORT = "import asyncio\n"
CALL = "asyncio.get_event_loop()\n"


def lines(pattern: str, *numbers: int) -> str:
    """Return `pattern` once for each number {n} in the range; {m} is the one before."""
    return "".join(pattern.format(n=n, m=n - 1) + "\n" for n in range(*numbers))


def nested(levels: int, opening: str, inner: str, indent: str = "") -> str:
    """Return blocks in blocks; {n} in `opening` is the level."""
    heads = [indent + "    " * n + opening.format(n=n) + "\n" for n in range(levels)]
    return f"{''.join(heads)}{indent}{'    ' * levels}{inner}\n"


def handlers(levels: int) -> str:
    closing = ("    " * n + "except E: g()\n" for n in reversed(range(levels)))
    return nested(levels, "try:", "f()") + "".join(closing)


BASES = ", ".join(f"C{n}" for n in range(200))


@pytest.mark.parametrize(
    "program",
    [
        case("assignments", lines("x{n} = f{n}(a, b={n})", 10_000)),
        case("functions", lines("def f{n}(a): return f{m}(a)", 5_000)),
        case("branches", lines("if a{n}: x{n} = 1\nelse: x{n} = 2", 3_000)),
        case("loops in loops", nested(8, "for a{n} in (1, 2, 3):", "pass")),
        case("loops after loops", "while a:\n    x = b()\n" * 3_000),
        case("recursion", "def f(n): return f(n - 1) or g(n)\ndef g(n): return f(n)\nf(3)\n"),
        case("bases", f"class C0: ...\n{lines('class C{n}(C{m}): ...', 1, 1_000)}C999()\n"),
        case("many bases", f"{lines('class C{n}: ...', 200)}class D({BASES}): ...\nD()\n"),
        case("a large dict", f"D = {{{lines('{n}: {n},', 20_000)}}}\nfor k in D: k\n"),
        case("growing lists", "x = [1]\n" + "x = x + x\n" * 100 + "for a in x: a\n"),
        case("a list in itself", "x = []\nx.append(x)\nfor a in x: x.append(a)\n"),
        case("a class of its own base", "class A(A): ...\nA()\n"),
        case("lambdas", f"f = {'lambda: ' * 50}1\nf{'()' * 50}\n"),
        case("handlers in handlers", handlers(15)),
    ],
)
def test_what_follows_is_reached(program: str) -> None:
    seen = last(f"{IMPORT}{program}{CALL}")
    assert seen is not None
    assert [event.effect for event in seen.events] == CAPTURES


THRICE = lines("def f{n}(): f{m}(); f{m}(); f{m}()", 1, 30)
CHAIN = lines("def f{n}(a): return f{m}(a) if a else f{m}(1)", 1, 3_000)
ATTRIBUTES = lines("        self.a{n} = {{}} if x else []", 500)


@pytest.mark.parametrize(
    "program",
    [
        case("calls in calls", f"def f0(): ...\n{THRICE}f29()\n"),
        case("loops in loops", nested(12, "for a{n} in (1, 2, 3, 4):", "f()")),
        case("comprehensions", f"x = {'[' * 20}1{' for a in (1, 2)]' * 20}\n"),
        case("a chain of calls", f"def f0(a): ...\n{CHAIN}f2999(1)\n"),
        case(
            "objects that differ",
            f"class A:\n    def __init__(self):\n{ATTRIBUTES}{lines('b{n} = A()', 100)}",
        ),
    ],
)
def test_what_costs_too_much_ends(program: str) -> None:
    code = f"{IMPORT}{program}{CALL}"
    seen = facts_of(code).seen(position(last_expression(code)))
    assert seen is None or {event.effect for event in seen.events} <= {Effect.CAPTURES}


RINGS = {
    f"m{n}.py": f"from m{(n + 1) % 50} import *\nfrom m{(n + 7) % 50} import *\n" for n in range(50)
}


@pytest.mark.parametrize(
    "files",
    [
        case("a ring", {"a.py": "from b import f", "b.py": "from a import *\nfrom a import f"}),
        case("many rings", {"a.py": "from m0 import *", **RINGS}),
        case(
            "classes of each other",
            {
                "a.py": "from b import B\nclass A(B): x = B.y\nf = A",
                "b.py": "import a\nclass B(a.A): y = a.A.x",
            },
        ),
        case("itself", {"a.py": "import a\nfrom a import f\nf = a.f"}),
        case("a deep expression", {"a.py": f"f = {' + '.join(['1'] * 20_000)}"}),
        case("parentheses", {"a.py": f"f = {'(' * 150}1{')' * 150}"}),
        case("too many parentheses", {"a.py": f"f = {'(' * 5_000}1{')' * 5_000}"}),
        case(
            "conditions",
            {"a.py": "def f(a=1):\n    if a == 0: ...\n" + lines("    elif a == {n}: ...", 900)},
        ),
        case("blocks", {"a.py": f"def f():\n{nested(90, 'if x:', 'pass', '    ')}"}),
        case("a NUL", {"a.py": "f = 1\0"}),
        case("a lone surrogate", {"a.py": "f = '\udc80'"}),
    ],
)
def test_no_module_elsewhere_does_harm(files: dict[str, str]) -> None:
    seen = last(f"{IMPORT}from a import f\nf()\n{CALL}", files)
    assert seen is not None
    assert [event.effect for event in seen.events] == CAPTURES


def test_a_module_of_60_000_lines_is_read() -> None:
    many = lines("def f{n}(a, b=1):\n    return [a,\n        b]", 20_000)
    files = {"a.py": f"{many}{IMPORT}def f(): return asyncio.get_event_loop()\n"}
    seen = last("from a import f\nf()\n", files)
    assert seen is not None
    assert [event.effect for event in seen.events] == CAPTURES
