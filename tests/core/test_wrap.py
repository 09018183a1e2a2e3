"""Moving code into a coroutine: what holds for any program, and what is known not to."""

from __future__ import annotations

import io
import tokenize
import warnings
from collections import Counter

import pytest
from hypothesis import HealthCheck, assume, given, settings

from flake8_asyncrun.core.model import Safety
from flake8_asyncrun.rules import ALL
from tests.core.programs import Program, compiles, programs
from tests.snippets import CLIENT, codes_in, findings_in, fixed, safely_fixed

MAY_APPEAR = {rule.code for rule in ALL if rule.may_appear}

_SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def comments(text: str) -> Counter[str]:
    return Counter(
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline)
        if token.type == tokenize.COMMENT
    )


def is_program(program: Program) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compiles(program.text)


@pytest.mark.thorough
@_SLOW
@given(programs)
def test_all_fixes_hold(program: Program) -> None:
    assume(is_program(program))
    before = findings_in(program.text)
    result = fixed(program.text)
    assert result.problem is None
    assert compiles(result.text)
    # A run that works may bring to light what fails after it; of nothing else there is more.
    codes = [Counter(one.code for one in found) for found in (result.left, before)]
    assert (codes[0] - codes[1]).keys() <= MAY_APPEAR
    again = fixed(result.text)
    assert (again.text, again.problem) == (result.text, None)
    ends = {line[len(line.rstrip("\r\n")) :] for line in result.text.splitlines(keepends=True)}
    assert ends <= {program.newline, ""}


@pytest.mark.thorough
@_SLOW
@given(programs)
def test_safe_fixes_keep_every_comment(program: Program) -> None:
    assume(is_program(program))
    result = fixed(program.text, safeties=[Safety.SAFE])
    assert result.problem is None
    assert compiles(result.text)
    assert not comments(program.text) - comments(result.text)
    left = [one for one in result.left if one.fix and one.fix.safety is Safety.SAFE]
    assert left == []


FUTURES = "import asyncio\n\n\nasync def f(x=0):\n    return [x]\n\n\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("class A:\n    x = 1\n    asyncio.run(asyncio.gather(f(x)))\n", id="class"),
        pytest.param("g = lambda: asyncio.run(asyncio.gather(f()))\n", id="lambda"),
        pytest.param("if x: asyncio.run(asyncio.gather(f()))\n", id="one line"),
        pytest.param("[asyncio.run(asyncio.gather(f(y))) for y in z]\n", id="comprehension"),
        pytest.param("asyncio.run(asyncio.gather(f(y := 1)))\n", id="walrus"),
        pytest.param("def g():\n    asyncio.run(asyncio.gather(f((yield))))\n", id="yield"),
        pytest.param("def g():\n    asyncio.run(asyncio.gather(f(locals())))\n", id="locals"),
        pytest.param("t = asyncio.gather(f())\nasyncio.run(t)\nprint(t)\n", id="used after"),
        pytest.param("t = asyncio.gather(f())\ndef g(): t\nasyncio.run(t)\n", id="used in between"),
        pytest.param("t = asyncio.gather(f())\nprint(1)\nasyncio.run(t)\n", id="effect between"),
        pytest.param("if x:\n    t = asyncio.gather(f())\nasyncio.run(t)\n", id="other block"),
        pytest.param("t = asyncio.gather(f())\n__all__ = ['t']\nasyncio.run(t)\n", id="exported"),
        pytest.param("a, t = 1, asyncio.gather(f())\nasyncio.run(t)\nprint(a)\n", id="two names"),
        pytest.param(
            "[y for y in z if asyncio.run(asyncio.gather(f(y)))]\n", id="comprehension's condition"
        ),
        pytest.param(
            "[x for y in z for x in asyncio.run(asyncio.gather(f(y)))]\n",
            id="comprehension's second loop",
        ),
        pytest.param(
            "t = asyncio.gather(f())\nasyncio.run(asyncio.wait_for(t, 1))\nasyncio.run(t)\n",
            id="another run of the same",
        ),
    ],
)
def test_where_nothing_can_move_nothing_is_offered(code: str) -> None:
    assert fixed(f"{FUTURES}{code}").text == f"{FUTURES}{code}"


USES = "async def run():\n    await client.go()\n\n\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            f"client = Client()\n{USES}while client: ...\nasyncio.run(run())\n", id="used"
        ),
        pytest.param(f"client = Client()\nprint(1)\n{USES}asyncio.run(run())\n", id="effect"),
        pytest.param(f"client = Client()\n{USES}asyncio.run(run())\nrun\n", id="used twice"),
        pytest.param(
            f"def x(f): return f\nclient = Client()\n@x\n{USES}asyncio.run(run())\n", id="decorated"
        ),
        pytest.param(f"if x:\n    client = Client()\n{USES}asyncio.run(run())\n", id="alone"),
        pytest.param(
            f"{USES}token = 1\nclient = Client(token)\ntoken = 2\nasyncio.run(run())\n",
            id="bound anew",
        ),
        pytest.param(
            "client = Client()\nasync def run():\n    Client = 1\n    await client.go()\n"
            "asyncio.run(run())\n",
            id="another thing inside",
        ),
        pytest.param(
            f"{USES}client = Client()\nfor i in range(3):\n    asyncio.run(run())\n", id="in a loop"
        ),
        pytest.param(
            "client = Client()\nasync def run():\n    global client\n    await client.go()\n\n\n"
            "asyncio.run(run())\n",
            id="global",
        ),
        pytest.param(
            f"{USES}with open('x') as file:\n    print('read')\n    client = Client(file.read())\n"
            "asyncio.run(run())\n",
            id="out of a with",
        ),
        pytest.param(
            f"{USES}if x:\n    print('x')\n    client = Client()\nasyncio.run(run())\n",
            id="out of an if",
        ),
        pytest.param(
            f"{USES}try:\n    print('x')\n    client = Client(int(x))\nexcept ValueError:\n"
            "    raise SystemExit\nasyncio.run(run())\n",
            id="out of a try",
        ),
        pytest.param(
            f"{USES}if True:\n    token = '1'\n    client = Client(token)\nprint(token := '2')\n"
            "asyncio.run(run())\n",
            id="effect outside the block",
        ),
        pytest.param(
            f"token = 1\nclient = Client(token)\n{USES}def start():\n    asyncio.run(run())\n"
            "token = 2\nstart()\n",
            id="bound anew after the function",
        ),
        pytest.param(
            f"client = Client()\n{USES}def start():\n    asyncio.run(run())\nprint('first')\n"
            "start()\n",
            id="effect after the function",
        ),
        pytest.param(
            f"{USES}config = {{'a': 1}}\nclient = Client(config['a'])\nconfig['a'] = 2\n"
            "asyncio.run(run())\n",
            id="item set in between",
        ),
        pytest.param(
            f"{USES}import config\nclient = Client(config.a)\nconfig.a = 2\nasyncio.run(run())\n",
            id="attribute set in between",
        ),
    ],
)
def test_a_client_stays_where_moving_it_means_another_thing(code: str) -> None:
    code = f"{CLIENT}{code}"
    assert "RUN201" in [found for _, found in codes_in(code)], "nothing is tried"
    assert fixed(code).text == code


def test_no_run_moves_into_a_coroutine() -> None:
    code = (
        f"{CLIENT}client = Client()\nasyncio.run(client.go())\n"
        "asyncio.run(asyncio.gather(client.go()))\n"
    )
    assert "\n    asyncio.run(" not in safely_fixed(code)


def test_what_follows_a_backslash_begins_its_line_anew() -> None:
    fixed_text = safely_fixed(f"{FUTURES}asyncio.run(\\\nasyncio.gather(f()))\n")
    assert "\n    await asyncio.gather(f())\n" in fixed_text
