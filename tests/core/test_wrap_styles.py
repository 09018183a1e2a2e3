"""Moving code into a coroutine: what becomes of names, comments, white space and line breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.test_wrap_positions import (
    GATHER,
    HEAD,
    POSITIONS,
    STATEMENTS,
    VALUES,
    check_holds,
    placed,
    prints,
)
from tests.snippets import CLIENT, case, fixed, safely_fixed

pytestmark = pytest.mark.thorough

WRITTEN = [
    case(
        "comments",
        """\
# one

# two
t = asyncio.gather(f(1))  # three
# four

# five
asyncio.run(t)  # six
# seven
""",
        """\
# one

# four


async def main():
    # two
    t = asyncio.gather(f(1))  # three
    await t


# five
asyncio.run(main())  # six
# seven
""",
    ),
    case(
        "comments inside",
        """\
asyncio.run(  # one
    # two
    asyncio.gather(  # three
        f(1),  # four
        # five
    ),  # six
    debug=True,  # seven
)
""",
        """\
async def main():
    await asyncio.gather(  # three
        f(1),  # four
        # five
    )


asyncio.run(  # one
    # two
    main(),  # six
    debug=True,  # seven
)
""",
    ),
    case(
        "first in a function",
        """\
def start():
    t = asyncio.gather(f(1))
    asyncio.run(t)


start()
""",
        """\
def start():
    async def main():
        t = asyncio.gather(f(1))
        await t

    asyncio.run(main())


start()
""",
    ),
    case(
        "names that are taken",
        """\
_main = 1


def start(main, main_1=2):
    return asyncio.run(asyncio.gather(f(main)))


print(start(_main))
""",
        """\
_main = 1


def start(main, main_1=2):
    async def main_2():
        return await asyncio.gather(f(main))

    return asyncio.run(main_2())


print(start(_main))
""",
    ),
    case(
        "name that is global",
        """\
n = 1


def start():
    global n
    n = asyncio.run(asyncio.gather(f(n)))


start()
print(n)
""",
        """\
n = 1


def start():
    global n

    async def main():
        return await asyncio.gather(f(n))

    n = asyncio.run(main())


start()
print(n)
""",
    ),
    case(
        "private names of a class",
        """\
class A:
    __n = 4

    def go(self):
        return asyncio.run(asyncio.gather(f(self.__n), f(__class__.__n)))


print(A().go())
""",
        """\
class A:
    __n = 4

    def go(self):
        async def main():
            return await asyncio.gather(f(self.__n), f(__class__.__n))

        return asyncio.run(main())


print(A().go())
""",
    ),
    case(
        "annotations",
        """\
def start(n: int) -> list:
    t: "asyncio.Future[list[int]]" = asyncio.gather(f(n))  # type: ignore
    r: list = asyncio.run(t)  # type: list
    return r


print(start(1))
""",
        """\
def start(n: int) -> list:
    async def main():
        t: "asyncio.Future[list[int]]" = asyncio.gather(f(n))  # type: ignore
        return await t

    r: list = asyncio.run(main())  # type: list
    return r


print(start(1))
""",
    ),
    case(
        "lines without brackets of their own",
        """\
print(asyncio.run((
    asyncio
    .gather(f(1))
)))
""",
        """\
async def main():
    return await (
        asyncio
        .gather(f(1))
    )


print(asyncio.run(main()))
""",
    ),
    case(
        "condition over lines",
        """\
x = asyncio.run(
    asyncio.gather(f(1))  # one
    if f
    else asyncio.gather(f(2))
)
""",
        """\
async def main():
    return await (
        asyncio.gather(f(1))  # one
        if f
        else asyncio.gather(f(2))
    )


x = asyncio.run(main())
""",
    ),
    case(
        "string over lines",
        """\
def start():
    t = asyncio.gather(f('''a
  b
'''), f(
        f'''c
{
    1
  }'''
    ))
    print(asyncio.run(t))


start()
""",
        """\
def start():
    async def main():
        t = asyncio.gather(f('''a
  b
'''), f(
            f'''c
{
    1
  }'''
        ))
        return await t

    print(asyncio.run(main()))


start()
""",
    ),
    case(
        "backslashes",
        """\
x = \\
    asyncio.run(asyncio.gather(f(1 + \\
  2)))
print(x)
""",
        """\
async def main():
    return await asyncio.gather(f(1 + \\
  2))


x = \\
    asyncio.run(main())
print(x)
""",
    ),
    case(
        "tabs",
        """\
if f:
\tprint(asyncio.run(
\t\tasyncio.gather(
\t\t\tf(1),
\t\t),
\t))
""",
        """\
if f:

\tasync def main():
\t\treturn await asyncio.gather(
\t\t\tf(1),
\t\t)

\tprint(asyncio.run(main()))
""",
    ),
    case(
        "loop that moves",
        """\
def start(n):
    tasks = []  # to be done
    # each of them
    for i in range(n):
        tasks.append(asyncio.ensure_future(f(i)))  # begun

    # all of them
    print(asyncio.run(asyncio.gather(*tasks)))


start(2)
""",
        """\
def start(n):
    async def main():
        tasks = []  # to be done
        # each of them
        for i in range(n):
            tasks.append(asyncio.ensure_future(f(i)))  # begun
        return await asyncio.gather(*tasks)

    # all of them
    print(asyncio.run(main()))


start(2)
""",
    ),
    case(
        "loops that count with the same name",
        """\
def start(n):
    for i in range(n):
        print("before", i)
    tasks = []
    for i in range(n):
        tasks.append(asyncio.ensure_future(f(i)))
    asyncio.run(asyncio.wait(tasks))
    for i in range(n):
        print("after", i)


start(2)
""",
        """\
def start(n):
    for i in range(n):
        print("before", i)

    async def main():
        tasks = []
        for i in range(n):
            tasks.append(asyncio.ensure_future(f(i)))
        await asyncio.wait(tasks)

    asyncio.run(main())
    for i in range(n):
        print("after", i)


start(2)
""",
    ),
    case(
        "indentation of its function alone",
        """\
def start(n):
  if n:
    print(asyncio.run(asyncio.gather(
      f(n),
    )))


start(1)
""",
        """\
def start(n):
  if n:

    async def main():
      return await asyncio.gather(
        f(n),
      )

    print(asyncio.run(main()))


start(1)
""",
    ),
    case(
        "long line",
        """\
def start(first, second):
    return asyncio.run(
        asyncio.gather(f("a rather long argument"), f(first), f(second), f("another one"))
    )


print(start(1, 2))
""",
        """\
def start(first, second):
    async def main():
        return await asyncio.gather(
            f("a rather long argument"), f(first), f(second), f("another one")
        )

    return asyncio.run(main())


print(start(1, 2))
""",
    ),
    case(
        "longer line",
        """\
def start(n):
    if n:
        return asyncio.run(
            asyncio.gather(f("a rather long argument"), f(n), *map(f, "another argument"))
        )


print(start(1))
""",
        """\
def start(n):
    if n:

        async def main():
            return await asyncio.gather(
                f("a rather long argument"), f(n), *map(f, "another argument")
            )

        return asyncio.run(main())


print(start(1))
""",
    ),
]


@pytest.mark.parametrize(("code", "expected"), WRITTEN)
def test_it_is_written_as_before(code: str, expected: str) -> None:
    result = fixed(f"{HEAD}{code}")
    assert result.text == f"{HEAD}{expected}"
    check_holds(f"{HEAD}{code}", result)


@pytest.mark.parametrize(
    ("indentation", "newline", "end"),
    [
        case("tabs", "\t", "\n", "\n"),
        case("two spaces", "  ", "\n", "\n"),
        case("CRLF", "    ", "\r\n", "\r\n"),
        case("no newline at the end", "    ", "\n", ""),
        case("form feed", "    ", "\n", "\n\f\n"),
    ],
)
@pytest.mark.parametrize("position", ["module", "main guard", "function", "try", "returned"])
def test_white_space_is_the_files_own(
    position: str, indentation: str, newline: str, end: str
) -> None:
    def written(text: str) -> str:
        text = text.rstrip("\n").replace("    ", indentation).replace("\n", newline)
        return f"{text}{end}"

    code = placed(POSITIONS[position], f"asyncio.run({GATHER})")
    result = fixed(written(code))
    assert result.text == written(fixed(code).text)
    check_holds(written(code), result)


IMPORTS = [
    case("name", "from asyncio import gather, run\n", "run(gather(f(1)))"),
    case("other name", "import asyncio as aio\n", "aio.run(aio.gather(f(1)))"),
    case("other names", "from asyncio import gather as g, run as r\n", "r(g(f(1)))"),
    case("all names", "from asyncio import *\n", "run(gather(f(1)))"),
    case("variable", "run = asyncio.run\n", "run(asyncio.gather(f(1)))"),
    case("keyword", "", "asyncio.run(main=asyncio.gather(f(1)), debug=False)"),
    case("debug", "", "asyncio.run(asyncio.gather(f(1)), debug=True)"),
    case("many", "many = {'debug': False}\n", "asyncio.run(asyncio.gather(f(1)), **many)"),
]


@pytest.mark.parametrize(("before", "run"), IMPORTS)
def test_the_run_stays_as_it_is(before: str, run: str) -> None:
    start = run.index("(", run.index("main=") if "main=" in run else 0)
    code = f"{HEAD}{before}\nprint({run})\n"
    result = fixed(code)
    check_holds(code, result)
    assert f"print({run[: start + 1].replace('asyncio.gather(', 'main(')}" in result.text
    assert run.partition("))),")[2] in result.text


# Formatters take a line with several statements, and brackets that are not needed, apart.
NOT_FORMATTED = {"several on a line", "walrus"}
LINES = """\
asyncio.gather(
    f("an argument that is rather long, so that the line is, too"),
    f("another argument that is rather long"),
)"""


@pytest.mark.parametrize(
    ("before", "argument"),
    [
        case("line", "", GATHER),
        case("lines", "", LINES),
        case("moves", f"t = {GATHER}\n", "t"),
        case(
            "loop moves",
            "t = []\nfor j in range(3):\n    t.append(asyncio.ensure_future(f(j)))\n",
            "asyncio.gather(*t)",
        ),
    ],
)
def test_what_was_formatted_is_formatted(before: str, argument: str, tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    for name, template in STATEMENTS.items():
        line = next(line for line in template.splitlines() if line.strip() == "@")
        indentation = line.partition("@")[0]
        lines = "".join(f"{indentation}{one}\n" for one in before.splitlines())
        (tmp_path / f"in {name}.py").write_text(
            HEAD + template.replace(line, f"{lines}{indentation}asyncio.run({argument})"), "utf-8"
        )
    for name in () if before or argument == LINES else VALUES:
        code = placed(POSITIONS[name], f"asyncio.run({argument})")
        (tmp_path / f"in {name}.py").write_text(code, "utf-8")
    _ruff(tmp_path)
    for path in tmp_path.glob("*.py"):
        result = fixed(path.read_text("utf-8"))
        assert result.applied
        assert not result.problem
        path.write_text(result.text, "utf-8")
    assert _ruff(tmp_path, "--diff") == ""


def _ruff(folder: Path, *options: str) -> str:
    """Format what is in a folder, or return how it is not formatted."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout


OF_CLIENTS = [
    case(
        "blank lines",
        """\
client = Client([])
for i in range(3):
    # each
    client.token.append(i)


async def go():
    'Go.'
    await client.go()


asyncio.run(go())
""",
        """\
async def go():
    'Go.'
    client = Client([])
    for i in range(3):
        # each
        client.token.append(i)
    await client.go()


asyncio.run(go())
""",
    ),
    case(
        "blank lines behind the coroutine",
        """\
async def go():
    async def inside():
        await client.go()

    await inside()


# ours
client: Client = Client(1)  # made
client.token = 2

asyncio.run(go())
""",
        """\
async def go():
    # ours
    client: Client = Client(1)  # made
    client.token = 2

    async def inside():
        await client.go()

    await inside()


asyncio.run(go())
""",
    ),
    case(
        "tabs",
        """\
client = Client(
    1,  # one
)


async def go():
\tawait client.go()


asyncio.run(go())
""",
        """\
async def go():
\tclient = Client(
\t    1,  # one
\t)
\tawait client.go()


asyncio.run(go())
""",
    ),
]


@pytest.mark.parametrize(("code", "expected"), OF_CLIENTS)
def test_a_client_is_written_as_before(code: str, expected: str) -> None:
    assert safely_fixed(f"{CLIENT}{code}") == f"{CLIENT}{expected}"
    assert prints(f"{CLIENT}{expected}") == prints(f"{CLIENT}{code}", as_believed=True)
