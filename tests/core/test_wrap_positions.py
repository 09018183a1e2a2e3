"""Moving code into a coroutine: where a run may stand, what it may be given, how files are written.

Each program is repaired and executed. What it should print is asked of the program itself, with an
`asyncio.run` that takes futures of the current loop, as many believe that it does.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import sys
import warnings

import pytest

from flake8_asyncrun.core.fix import Fixed
from tests.snippets import CLIENT, case, codes_in, fixed

pytestmark = pytest.mark.thorough

HEAD = """\
import asyncio
import contextlib


async def f(x=0):
    await asyncio.sleep(0)
    print("f", x)
    return x


def say(x):
    print("say", x)
    return x


"""
GATHER = "asyncio.gather(f(1), f(2))"
CLIENTS = CLIENT.partition("\n\n\n")[2]


def prints(code: str, as_believed: bool = False) -> str:
    """Return what a program prints; `as_believed`: were `asyncio.run` to take any future.

    A program that dies prints its error last.
    """
    out = io.StringIO()
    loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if as_believed:
            asyncio.set_event_loop(loop)
            patch.setattr(asyncio, "run", lambda main, **_: loop.run_until_complete(main))
        try:
            with contextlib.redirect_stdout(out):
                exec(
                    compile(code, "example.py", "exec", dont_inherit=True), {"__name__": "__main__"}
                )
        except (NameError, RuntimeError, SystemExit, TypeError, ValueError) as error:
            print(repr(error), file=out)
        finally:
            asyncio.set_event_loop(None)
            loop.close()
    return out.getvalue()


def check_holds(code: str, result: Fixed) -> None:
    """Check that a program that was repaired does what it was meant to."""
    assert result.problem is None
    ast.parse(result.text)
    assert prints(result.text) == prints(code, as_believed=True)
    again = fixed(result.text)
    assert (again.text, again.problem) == (result.text, None)


def reasons(result: Fixed) -> list[str]:
    """Return why what is left has no fix."""
    return [
        note.text
        for one in result.left
        if one.code != "RUN206"
        for note in one.notes
        if "no fix" in note.text
    ]


# ---------------------------------------------------------------------- where it stands

# `@` stands for the run.
STATEMENTS = {
    "module": "@\nprint('end')\n",
    "main guard": "if __name__ == '__main__':\n    @\n    print('end')\n",
    "function": "def start():\n    print('start')\n    @\n    print('end')\n\n\nstart()\n",
    "function's docstring before": "def start():\n    '''Start.'''\n    @\n\n\nstart()\n",
    "function called main": "def main():\n    @\n\n\nmain()\n",
    "nested function": (
        "def outer(n):\n    def inner(m):\n        @\n        print(n, m)\n\n    inner(2)\n\n\n"
        "outer(1)\n"
    ),
    "decorated function": (
        "def deco(g):\n    return g\n\n\n@deco\ndef start():\n    @\n\n\nstart()\n"
    ),
    "method": "class A:\n    def go(self):\n        @\n\n\nA().go()\n",
    "with": "with contextlib.nullcontext():\n    @\n    print('end')\n",
    "try": "try:\n    @\nexcept KeyError:\n    pass\nfinally:\n    print('end')\n",
    "except": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    @\n    print(e)\n",
    "else of try": "try:\n    pass\nexcept KeyError:\n    pass\nelse:\n    @\n",
    "finally": "try:\n    print('start')\nfinally:\n    @\n",
    "if": "if f:\n    @\nelse:\n    pass\n",
    "elif": "if not f:\n    pass\nelif f:\n    @\n",
    "else": "if not f:\n    pass\nelse:\n    @\n",
    "for": "for i in range(2):\n    print(i)\n    @\n",
    "while": "i = 0\nwhile i < 2:\n    @\n    i += 1\n",
    "else of for": "for i in range(2):\n    pass\nelse:\n    @\n",
    "match": "match 3:\n    case 3:\n        @\n",
}
VALUES = {
    "assigned": "x = @\nprint(x)\n",
    "assigned twice": "x = y = @\nprint(x, y)\n",
    "annotated": "x: list = @\nprint(x)\n",
    "augmented": "x = [0]\nx += [@]\nprint(x)\n",
    "item": "x = {}\nx['a'] = @\nprint(x)\n",
    "walrus": "if (x := @):\n    print(x)\n",
    "argument": "print(@)\n",
    "argument among others": "print('a', @, 'b', sep='-')\n",
    "keyword": "print(dict(a=@))\n",
    "f-string": "print(f'{@!r:>20}')\n",
    "returned": "def g():\n    return @\n\n\nprint(g())\n",
    "returned from try": (
        "def g():\n    try:\n        return @\n    finally:\n        print('end')\n\n\nprint(g())\n"
    ),
    "returned with more": "def g():\n    return @, 2\n\n\nprint(g())\n",
    "yielded": "def g():\n    x = 1\n    yield x\n    yield @\n\n\nprint(list(g()))\n",
    "asserted": "assert @\n",
    "condition": "if @:\n    print('yes')\n",
    "condition of elif": "if not f:\n    pass\nelif @:\n    print('yes')\n",
    "condition of while": "while not @:\n    pass\n",
    "iterated": "for x in [@]:\n    print(x)\n",
    "comprehension's iterable": "print([x for x in [@]])\n",
    "context": "with contextlib.nullcontext(@) as x:\n    print(x)\n",
    "raised": "raise SystemExit(@)\n",
    "raised from": "try:\n    raise KeyError(@) from None\nexcept KeyError as e:\n    print(e)\n",
    "deleted": "x = {}\nx[str(@)] = 1\ndel x[str(@)]\nprint(x)\n",
    "matched": "match @:\n    case x:\n        print(x)\n",
    "conditional": "x = @ if f else None\nprint(x)\n",
    "operand": "x = f and @\nprint(x)\n",
    "default": "def g(x=@):\n    print(x)\n\n\ng()\n",
    "decorator": (
        "def deco(x):\n    return lambda g: print(x)\n\n\n@deco(@)\n# above\ndef g():\n    pass\n"
    ),
    "static method": (
        "class A:\n    @staticmethod\n    def go():\n        return @\n\n\nprint(A().go())\n"
    ),
    "class method": (
        "class A:\n    @classmethod\n    def go(cls):\n        return @\n\n\nprint(A.go())\n"
    ),
    "property": "class A:\n    @property\n    def it(self):\n        return @\n\n\nprint(A().it)\n",
    "several on a line": "print('a'); x = @; print(x)\n",
}
POSITIONS = {**STATEMENTS, **VALUES}
# Where it is not known whether somebody asks for the loop later, it is not taken away.
NOT_KNOWN = {"nested function", "yielded", "deleted"}


def placed(template: str, run: str) -> str:
    """Return a program with a run in the place of each lone `@`, which decorators keep."""
    lines = []
    for line in template.splitlines(keepends=True):
        text = line.lstrip()
        first = 1 if text.startswith("@") and text[1:2].isalpha() else 0
        indentation = line[: len(line) - len(text)]
        lines.append(f"{indentation}{text[:first]}{text[first:].replace('@', run)}")
    return HEAD + "".join(lines)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_run_may_stand(position: str) -> None:
    code = placed(POSITIONS[position], f"asyncio.run({GATHER})")
    result = fixed(code)
    check_holds(code, result)
    assert (reasons(result), codes_in(result.text)) == ([], [])
    keyword = "" if position in STATEMENTS else "return "
    assert f"    {keyword}await {GATHER}\n" in result.text


@pytest.mark.parametrize("position", [one for one in POSITIONS if one not in NOT_KNOWN])
def test_a_loop_may_run(position: str) -> None:
    code = placed(POSITIONS[position], f"asyncio.get_event_loop().run_until_complete({GATHER})")
    result = fixed(code)
    check_holds(code, result)
    assert "get_event_loop" not in result.text


# ---------------------------------------------------------------------- what it is given

OWNER = """\
class Owner:
    def __init__(self, client):
        self.client = client

    def start(self):
        return asyncio.ensure_future(self.client.go())


"""
GIVEN = [
    case("gather", "", "asyncio.gather(f(1), f(say(2)))"),
    case("gather of a list", "coros = [f(i) for i in range(3)]", "asyncio.gather(*coros)"),
    case("gather of a generator", "", "asyncio.gather(*(f(i) for i in range(3)))"),
    case("gather in brackets", "", "(asyncio.gather(f(1)))"),
    case("ensure_future", "", "asyncio.ensure_future(f(1))"),
    case("shield", "", "asyncio.shield(f(1))"),
    case("wait_for", "", "asyncio.wait_for(asyncio.gather(f(1)), say(5))"),
    case("conditional", "", "asyncio.gather(f(1)) if f else asyncio.gather(f(2))"),
    case("task of the current loop", "", "asyncio.get_event_loop().create_task(f(1))"),
    case("executor", "", "asyncio.get_event_loop().run_in_executor(None, say, 1)"),
    case(
        "loop in a variable",
        "loop = asyncio.get_event_loop()\nloop.set_debug(False)",
        "loop.run_in_executor(None, say, 1)",
    ),
    case("future in a variable", "t = asyncio.gather(f(1), f(2))", "t"),
    case("annotated variable", "t: asyncio.Future = asyncio.gather(f(1))  # made", "t"),
    case("two names", "t = u = asyncio.gather(f(1))", "u"),
    case("unpacked", "t, u = asyncio.gather(f(1)), asyncio.gather(f(2))", "asyncio.gather(t, u)"),
    case("completed future", "t = asyncio.get_event_loop().create_future()\nt.set_result(1)", "t"),
    case(
        "callback",
        "t = asyncio.ensure_future(f(1))\nt.add_done_callback(lambda t: print(t.result()))",
        "t",
    ),
    case(
        "chain",
        "t = asyncio.ensure_future(f(1))\nn = 5\nu = asyncio.gather(t, f(2))",
        "asyncio.wait_for(u, n)",
    ),
    case(
        "list of tasks",
        "tasks = [asyncio.ensure_future(f(i)) for i in range(3)]",
        "asyncio.gather(*tasks)",
    ),
    case(
        "tasks appended",
        "tasks = []\ntasks.append(asyncio.ensure_future(f(1)))",
        "asyncio.gather(*tasks)",
    ),
    case(
        "tasks appended in a loop",
        "tasks = []\nfor i in range(3):\n    # one more\n    task = asyncio.ensure_future(f(i))\n"
        "    tasks.append(task)",
        "asyncio.gather(*tasks)",
    ),
    case(
        "tasks appended in branches",
        "tasks = []\nfor i in range(4):\n    if i == 1:\n        continue\n    elif i % 2:\n"
        "        tasks.append(asyncio.ensure_future(f(i)))\n    else:\n        print('even')",
        "asyncio.gather(*tasks)",
    ),
    case(
        "branch of a line",
        "tasks = [asyncio.ensure_future(f(1))]\nif f: tasks.append(asyncio.ensure_future(f(2)))",
        "asyncio.gather(*tasks)",
    ),
    case("client", "client = Client(1)", "asyncio.ensure_future(client.go())"),
    case(
        "client that is set up",
        "client = Client()\nclient.token = 'secret'",
        "asyncio.ensure_future(client.go())",
    ),
    case("client with its owner", "client = Client(1)\nowner = Owner(client)", "owner.start()"),
    case(
        "client set up in a loop",
        "client = Client([])\nfor i in range(2):\n    client.token.append(i)",
        "asyncio.ensure_future(client.go())",
    ),
]
SCOPES = {
    "module": "{0}x = {1}\nprint(x)\n",
    "main guard": "if __name__ == '__main__':\n    {0}print({1})\n",
    "function": "def start():\n    {0}return {1}\n\n\nprint(start())\n",
    "with": "with contextlib.nullcontext():\n    {0}print({1})\n",
}


def given_in(scope: str, before: str, run: str) -> str:
    """Return a program whose run comes after the lines `before`."""
    template = SCOPES[scope]
    indentation = template.partition("{0}")[0].rpartition("\n")[2]
    lines = [f"{line}\n{indentation}" for line in before.splitlines()]
    return f"{HEAD}{CLIENTS}{OWNER}{template.format(''.join(lines), run)}"


@pytest.mark.parametrize(("before", "argument"), GIVEN)
@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_given_moves_inside(scope: str, before: str, argument: str) -> None:
    code = given_in(scope, before, f"asyncio.run({argument})")
    result = fixed(code)
    check_holds(code, result)
    assert not reasons(result)
    # The client's constructor takes the current loop, for whoever calls it.
    assert {one.code for one in result.left} <= {"RUN206"}


@pytest.mark.parametrize(
    "header",
    [
        case("for", "for x in @:\n    print(x)\n"),
        case("if", "if @:\n    print('yes')\nelif f:\n    pass\n"),
        case("with", "with contextlib.nullcontext(@) as x:\n    print(x)\n"),
        case("match", "match @:\n    case x:\n        print(x)\n"),
        case("try", "try:\n    print(@)\nfinally:\n    print('end')\n"),
    ],
)
def test_what_it_is_given_moves_from_above_a_block(header: str) -> None:
    before = "loop = asyncio.get_event_loop()\nt = asyncio.gather(f(1), f(2))\n"
    code = f"{HEAD}{before}{header.replace('@', 'loop.run_until_complete(t)')}"
    result = fixed(code)
    check_holds(code, result)
    assert "get_event_loop" not in result.text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there is no Runner")
@pytest.mark.parametrize(
    ("before", "argument"),
    [
        case("gather", "", "asyncio.gather(f(1), f(say(2)))"),
        case("task", "t = asyncio.ensure_future(f(1))", "t"),
        case(
            "tasks",
            "tasks = []\nfor i in range(3):\n    tasks.append(asyncio.ensure_future(f(i)))",
            "asyncio.gather(*tasks)",
        ),
    ],
)
def test_a_runner_is_given_what_moves_inside(before: str, argument: str) -> None:
    lines = before.splitlines()
    body = "".join(f"    {line}\n" for line in [*lines, f"print(r.run({argument}))"])
    code = f"{HEAD}with asyncio.Runner() as r:\n{body}"
    result = fixed(code)
    assert (result.problem, reasons(result), codes_in(result.text)) == (None, [], [])
    expected = prints(f"{HEAD}{before}\nprint(asyncio.run({argument}))\n", as_believed=True)
    assert prints(result.text) == expected


# ---------------------------------------------------------------------- where it stays

T = "t = asyncio.gather(f(1))\n"
SEES_NO_CLASS = "a function in a class body does not see the class's names"
INSIDE = "it stands inside a lambda or a comprehension"
STAYS = [
    case("class body", "class A:\n    asyncio.run(asyncio.gather(f()))\n", SEES_NO_CLASS),
    case(
        "branch in a class",
        "class A:\n    n = 1\n    if n:\n        asyncio.run(asyncio.gather(f(n)))\n",
        SEES_NO_CLASS,
    ),
    case(
        "loop and try in a class",
        "class A:\n    for n in 1, 2:\n        try:\n"
        "            asyncio.run(asyncio.gather(f(n)))\n        finally:\n            pass\n",
        SEES_NO_CLASS,
    ),
    case(
        "default of a method",
        "class A:\n    n = 1\n\n    def go(self, x=asyncio.run(asyncio.gather(f(n)))):\n"
        "        pass\n",
        SEES_NO_CLASS,
    ),
    case("lambda", "g = lambda: asyncio.run(asyncio.gather(f(1)))\ng()\n", INSIDE),
    case("comprehension", "[asyncio.run(asyncio.gather(f(i))) for i in range(2)]\n", INSIDE),
    case("line of an if", "if f: asyncio.run(asyncio.gather(f(1)))\n", "on the same line as"),
    case(
        "line of a function",
        "def g(): return asyncio.run(asyncio.gather(f(1)))\n\n\ng()\n",
        "on the same line as",
    ),
    case(
        "line of a docstring",
        "def g():\n    'Go.'; asyncio.run(asyncio.gather(f(1)))\n\n\ng()\n",
        "the docstring in its line must come first",
    ),
    case(
        "below a type comment",
        "def g(x):\n    # type: (int) -> None\n    asyncio.run(asyncio.gather(f(x)))\n\n\ng(1)\n",
        "the function's type comment stands right above it",
    ),
    case(
        "type comment above what moves",
        "def g(x):\n    #type: (int) -> None\n    t = asyncio.gather(f(x))\n    asyncio.run(t)\n"
        "\n\ng(1)\n",
        "the function's type comment stands right above it",
    ),
    case("cell", f"# %%\nasyncio.run({GATHER})\n", "a loop is already running where cells are"),
    case("walrus", "asyncio.run(asyncio.gather(f(y := 1)))\n", "`y := 1` binds a name there"),
    case(
        "yield",
        "def g():\n    asyncio.run(asyncio.gather(f((yield))))\n\n\nlist(g())\n",
        "it awaits or yields",
    ),
    case(
        "super",
        "class A:\n    def go(self):\n        asyncio.run(asyncio.gather(f(super())))\n"
        "\n\nA().go()\n",
        "`super()` means another thing in a new function",
    ),
    case(
        "own locals",
        "def g():\n    asyncio.run(asyncio.gather(f(locals())))\n\n\ng()\n",
        "`locals()` means another thing in a new function",
    ),
    case(
        "locals of its function",
        "def g():\n    t = asyncio.gather(f(1))\n    asyncio.run(t)\n    print(sorted(locals()))\n"
        "\n\ng()\n",
        "`locals()` would show other names",
    ),
    case(
        "globals",
        f"asyncio.run({GATHER})\nprint(len(globals()))\n",
        "`globals()` would show other names",
    ),
    case("function in gather", "asyncio.run(asyncio.gather(f, f))\n", "`f` cannot be awaited"),
    case(
        "async generator in gather",
        "async def g():\n    yield 1\n\n\nt = asyncio.ensure_future(g())\nasyncio.run(t)\n",
        "`g()` cannot be awaited",
    ),
    case("bare future", "asyncio.run(asyncio.Future())\n", "nothing completes `asyncio.Future()`"),
    case(
        "bare future of the loop",
        "loop = asyncio.get_event_loop()\nt = loop.create_future()\nasyncio.run(t)\n",
        "nothing completes `loop.create_future()`",
    ),
    case(
        "bare future in gather",
        "asyncio.run(asyncio.gather(f(1), asyncio.shield(asyncio.Future())))\n",
        "nothing completes `asyncio.Future()`",
    ),
    case(
        "loop made for it",
        "loop = asyncio.new_event_loop()\nasyncio.run(loop.create_task(f(1)))\n",
        "it is bound to a loop that was made for it",
    ),
    case("used after", f"{T}asyncio.run(t)\nprint(t)\n", "`t` is used in line 18 too"),
    case(
        "used by a loop that returns",
        "def g():\n    t = []\n    for i in range(2):\n"
        "        t.append(asyncio.ensure_future(f(i)))\n"
        "        if i:\n            return\n    asyncio.run(asyncio.gather(*t))\n\n\ng()\n",
        "line 18 uses what would move, and cannot move with it",
    ),
    case(
        "name of a loop used in a function",
        "t = []\nfor i in range(2):\n    t.append(asyncio.ensure_future(f(i)))\n"
        "asyncio.run(asyncio.gather(*t))\n\n\ndef g():\n    return i\n",
        "`i` is used in line 23 too",
    ),
    case(
        "name of a loop used before, again",
        "for j in range(2):\n    if j:\n        print(i)\n    t = []\n    for i in range(2):\n"
        "        t.append(asyncio.ensure_future(f(i)))\n    asyncio.run(asyncio.gather(*t))\n",
        "`i` is used in line 18 too",
    ),
    case(
        "name of a loop used after",
        "t = []\nfor i in range(2):\n    t.append(asyncio.ensure_future(f(i)))\n"
        "asyncio.run(asyncio.gather(*t))\nprint(i)\n",
        "`i` is used in line 20 too",
    ),
    case("effect between", f"{T}say(1)\nasyncio.run(t)\n", "`say(1)` stands between"),
    case(
        "effect in its statement",
        "t = asyncio.gather(f(say(1)))\nprint(say(2), asyncio.run(t))\n",
        "`say(2)` stands between",
    ),
    case("operand", f"{T}x = f and asyncio.run(t)\n", "it may not be evaluated at all"),
    case("conditional", f"{T}x = asyncio.run(t) if f else 0\n", "it may not be evaluated at all"),
    case(
        "chain of comparisons",
        f"{T}x = 1 < len(T) < len(asyncio.run(t))\n",
        "it may not be evaluated at all",
    ),
    case(
        "bound in a branch",
        f"if f:\n    {T}asyncio.run(t)\n",
        "`t` is built in line 17, in another block than the run",
    ),
    case(
        "run in a branch",
        f"{T}if f:\n    asyncio.run(t)\n",
        "`t` is built in line 16, in another block than the run",
    ),
    case(
        "condition",
        f"{T}while asyncio.run(t):\n    break\n",
        "what it needs would have to cross into a compound statement",
    ),
    case(
        "bound anew",
        "n = 1\nt = asyncio.gather(f(n))\nn = 2\nasyncio.run(t)\n",
        "`n` is bound anew in between",
    ),
    case(
        "global",
        "def g():\n    global t\n    t = asyncio.gather(f(1))\n    asyncio.run(t)\n\n\ng()\n",
        "`t` is declared global or nonlocal",
    ),
    case("exported", f"__all__ = ['t']\n{T}asyncio.run(t)\n", "a string names `t`"),
    case(
        "other arguments first",
        "class Later:\n    def __init__(self, x):\n        print(x)\n\n    def __await__(self):\n"
        "        yield\n\n\nasyncio.run(Later(1), debug=bool(say(0)))\n",
        "its other arguments would be evaluated before it",
    ),
]


@pytest.mark.parametrize(("code", "reason"), STAYS)
def test_what_would_mean_another_thing_stays(code: str, reason: str) -> None:
    code = f"{HEAD}{code}"
    result = fixed(code)
    assert (result.text, result.problem) == (code, None)
    assert any(reason in one for one in reasons(result)), reasons(result)


def test_an_import_from_the_future_comes_first() -> None:
    code = f"from __future__ import annotations; import asyncio; asyncio.run({GATHER})\n"
    result = fixed(f"{code}async def f(x): ...\n")
    assert result.problem is None
    assert reasons(result) == ["no fix: the import from `__future__` in its line must come first"]


def test_what_is_done_before_the_loop_runs_is_done_before() -> None:
    code = (
        f"{HEAD}loop = asyncio.get_event_loop()\nt = asyncio.ensure_future(f(say(1)))\ntry:\n"
        "    say(2)\n    loop.run_until_complete(t)\nfinally:\n    loop.close()\n"
    )
    assert "get_event_loop" not in fixed(code).text
    assert prints(fixed(code).text) in (prints(code), prints(code, as_believed=True))


GOES = "async def go():\n    await client.go()\n    return 1\n\n\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        case(
            "argument of the coroutine",
            "client = Client(say(1))\n\n\nasync def go(x):\n    await client.go()\n\n\n"
            "asyncio.run(go(say(2)))\n",
            "`say(2)` would come before what moves",
        ),
        case(
            "argument of the run",
            f"client = Client(say(1))\n\n\n{GOES}asyncio.run(go(), debug=bool(say(2)))\n",
            "`bool(say(2))` would come before what moves",
        ),
        case(
            "argument beside the run",
            f"client = Client(say(1))\n\n\n{GOES}print(say(2), asyncio.run(go()))\n",
            "`say(2)` stands between, and would come before what moves",
        ),
        case(
            "operand",
            f"client = Client(say(1))\n\n\n{GOES}x = f and asyncio.run(go())\n",
            "it may not be evaluated at all, and what it needs is",
        ),
        case(
            "type comment",
            "client = Client(1)\n\n\nasync def go():\n    # type: () -> None\n"
            "    await client.go()\n\n\nasyncio.run(go())\n",
            "the function's type comment stands right above it",
        ),
        case(
            "locals of the coroutine",
            "client = Client(1)\n\n\nasync def go():\n    await client.go()\n"
            "    print(locals())\n\n\nasyncio.run(go())\n",
            "`locals()` would show other names",
        ),
        case(
            "locals where it was made",
            "def start():\n    client = Client(1)\n\n    async def go():\n"
            "        await client.go()\n\n    asyncio.run(go())\n    print(locals())\n\n\n"
            "start()\n",
            "`locals()` would show other names",
        ),
    ],
)
def test_a_client_stays_where_it_would_be_made_too_late(code: str, reason: str) -> None:
    code = f"{HEAD}{CLIENTS}{code}"
    result = fixed(code)
    assert (result.text, result.problem) == (code, None)
    assert any(reason in one for one in reasons(result)), reasons(result)
