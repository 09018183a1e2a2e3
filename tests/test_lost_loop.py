"""RUN302 where a library is not installed: what the project wants of it decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.locks import versions
from flake8_asyncrun.names.knowledge import Knowledge
from flake8_asyncrun.rules.removed_library_loop_argument import check
from tests.snippets import PATH, case, project_of

CODE = """\
import asyncio

import async_timeout
import discord
from discord.ext import tasks
from janus import Queue


class Mine(Queue):
    pass


async def main(loop):
    async with async_timeout.timeout(1, loop=loop):
        Queue(loop=loop)
        Mine(loop=loop)
        discord.Client(loop=loop)


@tasks.loop(seconds=1, loop=asyncio.new_event_loop())
async def often(): ...
"""


@pytest.mark.parametrize(
    ("requirements", "lines"),
    [
        case("nothing is said", "", []),
        case("any release", "async-timeout\njanus\n", []),
        case("a newer one", "async-timeout==4.0.2\n", [14]),
        case("the first one", "async-timeout==4.0.0\n", [14]),
        case("an older one", "async-timeout==3.0.1\njanus==0.3\n", []),
        case("newer ones", "async-timeout>=4\njanus>=0.5,<2\ndiscord.py~=2.0\n", [14, 15, 16, 20]),
        case("older ones, too", "async-timeout>=3\njanus<2\n", []),
        case("a fork", "discord.py>=2\npy-cord>=2\n", []),
    ],
)
def test_what_the_project_wants_decides(
    tmp_path: Path, requirements: str, lines: list[int]
) -> None:
    (tmp_path / "requirements.txt").write_text(requirements, "utf-8")
    (tmp_path / "setup.cfg").write_text("", "utf-8")
    known = Knowledge(choose=versions(str(tmp_path / PATH)).choose)
    source = Source(PATH, CODE)
    found = analyze(source, project_of(knowledge=known), [check])
    assert [source.line_and_column(one.span.start)[0] for one in found] == lines
    for one in found:
        assert "since" in one.message
        assert "TypeError: unexpected keyword argument 'loop'" in one.message
