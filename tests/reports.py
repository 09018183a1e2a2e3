"""Reports to show: of files with tabs, wide characters, long findings, and of some that failed."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Place, Safety, Span
from flake8_asyncrun.core.rule import Rule
from flake8_asyncrun.report import FileReport

BOT = "import asyncio\nif x:\n\tasyncio.run(start())\nname = '日本é'; run(x)\r\n"


def span(part: str, text: str = BOT) -> Span:
    """Return where a part stands in a text."""
    start = text.encode().index(part.encode())
    return Span(start, start + len(part.encode()))


UNSAFE = Finding(
    "RUN103",
    "`x` is not awaitable",
    Span(len(BOT.encode()) - 4, len(BOT.encode()) - 3),
    Fix("Unwrap it", (Edit(Span(0, 0), "é\n"),), Safety.UNSAFE),
)
SAFE = Finding(
    "RUN101",
    "`start()` returns a future",
    span("start()"),
    Fix(
        "Move it into `async def main()`",
        (Edit(Span(15, 15), "async def main():\n"), Edit(span("start()"), "main()")),
        Safety.SAFE,
    ),
    (Note("declared here", Place("lib/client.py", 7)),),
)
REFUSED = Finding(
    "RUN201",
    "`run` captures the loop",
    span("run(x)"),
    None,
    (Note("captured here", Place("/elsewhere/slack.py", 12)), Note("no fix: `x` is used later")),
)

BLOCKS = """\
def main():
    # one
    start(
        1,

        2,
    )
    pass
call(start(
    *range(10),
    *range(11),
    *range(12),
    *range(13),
    *range(14),
    *range(15),
    *range(16),
    *range(17),
    *range(18),
)) and "\x1b[31m"
x = 1
"""
_CALL = span("start(\n        1,\n\n        2,\n    )", BLOCKS)
_LONG = Span(span("start(\n    *", BLOCKS).start, span("))", BLOCKS).end)
_TITLE = "Await\x1b it"
_ONE = Fix(_TITLE, (Edit(Span(_CALL.start, _CALL.start), "await "),), Safety.SAFE)

RULES = tuple(
    Rule(
        code,
        name,
        f"`{name}` is *wrong*.\n\nSo it is.",
        (cst.Call,),
        lambda node, file: iter(()),
        None,
    )
    for code, name in (
        ("RUN101", "future-in-run"),
        ("RUN102", "uncalled-in-run"),
        ("RUN103", "not-awaitable-in-run"),
        ("RUN104", "never-found"),
        ("RUN201", "client-captures-loop"),
    )
)


def reports(here: Path) -> list[FileReport]:
    """Return the reports of a run in a folder."""
    blocks = (
        Finding("RUN102", "not <called> & \x00lost", _CALL, _ONE),
        Finding("RUN102", "not <called>, in line 3: 100%", _CALL, _ONE),
        Finding("RUN101", "too long", _LONG),
    )
    return [
        FileReport(str(here / "app" / "bot.py"), BOT, BOT, (REFUSED, SAFE, UNSAFE)),
        FileReport("quiet.py"),
        FileReport("-", "run()\n", "run()\n", (Finding("RUN102", "not called", Span(0, 3)),)),
        FileReport("a b,ü:%.py", BLOCKS, BLOCKS, blocks, unsafe_fixes=True),
        FileReport("broken.py", errors=("broken.py:7: cannot be analysed: syntax error",)),
        FileReport("secret.py", errors=("secret.py: cannot be read: permission denied",)),
        FileReport("c.py", errors=("pyproject.toml: selct: unknown key",)),
        FileReport("d.py", errors=("pyproject.toml: selct: unknown key",)),
    ]
