"""How often the other files of a project are read, and which of them count."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest

from flake8_asyncrun import files, share
from flake8_asyncrun.analysis import surroundings
from flake8_asyncrun.config import parse
from flake8_asyncrun.files import TextFile
from flake8_asyncrun.repair import Job, check, prepare
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.share import Others

MANY = 12
REPAIRED = """\
import asyncio
async def work(): ...
def start():
    loop = asyncio.get_event_loop()
    loop.run_until_complete(work())
start()
"""
"""Its repair gives a function a loop of its own, which other files may have chosen."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each file is read, by name."""
    count: Counter[str] = Counter()
    before = files.read

    def counted(path: str) -> TextFile:
        count[Path(path).name] += 1
        return before(path)

    monkeypatch.setattr(files, "read", counted)
    return count


def written(folder: Path, texts: dict[str, str]) -> list[str]:
    (folder / "pyproject.toml").write_text("[project]\nname = 'it'\n")
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in texts]


def test_each_file_is_read_once_whatever_is_asked(tmp_path: Path, read: Counter[str]) -> None:
    paths = written(tmp_path, {f"m{n}.py": f"import m{n + 1}\nyield_ = 1\n" for n in range(MANY)})
    others = Others(paths)
    named = [[Path(name).name for name, _ in others.naming(path)] for path in paths]
    assert named == [[], *([f"m{n}.py"] for n in range(MANY - 1))]
    assert others.waiting == ()
    assert {*read.values()} == {1}


def test_what_is_not_kept_is_read_again(
    tmp_path: Path, read: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = written(tmp_path, {"a.py": "import b\n", "b.py": "import a\n"})
    others = Others(paths)
    monkeypatch.setattr(others._kept, "left", 0)
    assert others.naming(paths[0]) == [(paths[1], "import a\n")]
    assert read == {"a.py": 1, "b.py": 2}


def test_repairs_read_the_project_no_more_often_the_more_there_are(
    tmp_path: Path, read: Counter[str]
) -> None:
    texts = {f"m{n}.py": REPAIRED for n in range(MANY)}
    paths = written(tmp_path, {**texts, "other.py": "from there import *\nx = 'start'\n"})
    config = parse({"target-version": "3.14", "unsafe-fixes": True})
    others, find = Others(paths), surroundings({}, cached=False)
    for path in paths[:MANY]:
        job = prepare(path, lambda _: config)
        assert isinstance(job, Job)
        text = texts[Path(path).name]
        after = check(job, FileReport(path, text, text), find, fix=True, others=others).after
        assert "loop" not in after, after
    assert {*read.values()} == {1}


@pytest.mark.parametrize(
    "text",
    [
        "from wires import ping",
        "from . import ping",
        "from .. \\\n import ping",
        "import pkg.wires",
        "x = 'pkg.wires'",
        "x = '\\nwires.ping'",
        "x.wires.ping",
        "import \uff57\uff49\uff52\uff45\uff53",
    ],
)
def test_a_file_counts_that_may_name_the_module(text: str, tmp_path: Path) -> None:
    own, other = written(tmp_path, {"wires.py": "", "other.py": text})
    assert Others([own, other]).naming(own) == [(other, text)]


def test_a_file_does_not_count_that_does_not_name_it(tmp_path: Path) -> None:
    own, _ = written(tmp_path, {"wires.py": "", "other.py": "from .wireless import ping"})
    assert Others([own]).naming(own) == []


def test_what_is_kept_stays_where_it_is(tmp_path: Path) -> None:
    [own] = written(tmp_path, {"wires.py": "x = 1\n"})
    others = Others([own], {"a.py": "y"})
    assert others.text(own) == "x = 1\n"
    again = pickle.loads(pickle.dumps(others))
    assert again == others
    assert "_kept" not in vars(again)
    assert share.MOST_KEPT > 0
