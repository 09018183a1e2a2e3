"""benchmarks/speed.py: what is measured, on which files, and how it is shown."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from benchmarks import corpus, speed, timed
from benchmarks.speed import Case, Cost

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")

BURN = "import time\nwhile time.process_time() < {}: pass\n"


def test_what_a_command_takes_is_measured(tmp_path: Path) -> None:
    big = "x = b'x' * 100_000_000\n" + BURN.format(0.3)
    (tmp_path / "a").mkdir()
    cost = speed.measure(Case([sys.executable, "-S", "-c", big], {}, tmp_path / "a"))
    assert 0.3 <= cost.cpu < 2
    assert cost.wall >= 0.3
    assert 100e6 < cost.peak < 200e6
    small = speed.measure(Case([sys.executable, "-S", "-c", "pass"], {}, tmp_path / "a"))
    assert small.peak < 50e6, "nothing of the process that measures is in it"


@pytest.mark.skipif(sys.platform != "linux", reason="only there orphans can be adopted")
def test_what_a_command_leaves_behind_counts(tmp_path: Path) -> None:
    left = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(0.4)!r}])"
    command = [sys.executable, "-c", left]
    result = tmp_path / "result.json"
    subprocess.run([sys.executable, "-S", timed.__file__, result, *command], check=True)
    found = json.loads(result.read_text())
    assert found["cpu"] >= 0.4
    assert found["wall"] < found["cpu"]


def test_a_program_that_fails_is_no_figure(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        speed.measure(Case([sys.executable, "-c", "1 / 0"], {}, tmp_path / "a"))


@pytest.mark.parametrize(
    ("program", "code", "errors", "is_well"),
    [
        ("ruff", 0, "", True),
        ("flake8", 1, "", True),
        ("ruff", 2, "error: no such option", False),
        ("pylint", 30, "", True),
        ("pylint", 32, "", False),
        (speed.US, 2, "error: a.py:1: cannot be analysed", True),
        (speed.US, 1, "Traceback (most recent call last):", False),
        ("ruff", -9, "", False),
    ],
)
def test_which_ends_count(program: str, code: int, errors: str, is_well: bool) -> None:
    assert speed.is_well(program, code, errors) is is_well


def test_a_ratio_is_of_pairs() -> None:
    # The machine was busy in the second round, for both.
    base = [Cost(1, 1, 0), Cost(10, 10, 0), Cost(1, 1, 0)]
    costs = [Cost(2, 3, 0), Cost(20, 30, 0), Cost(2, 3, 0)]
    assert speed.ratio(costs, base) == (2, 3)
    assert speed.ratio(costs[:1], base) == (2, 3), "what is slow had one round"
    assert speed.median(costs) == Cost(2, 3, 0)


def test_tables() -> None:
    costs = {"ruff": [Cost(1, 2, 5e6)], "us": [Cost(0.5, 0.5, 1e7)]}
    rows = speed.compared(costs, "ruff").splitlines()
    assert rows[2:] == [
        "| ruff | 1.00 | 2.00 | 5 | 1.000 | 1.000 | 1 |",
        "| us | 0.50 | 0.50 | 10 | 0.500 | 0.250 | 1 |",
    ]
    sizes = {"1,000": [Cost(1, 1, 1e6)], "2,000": [Cost(1, 4, 1e6)]}
    rows = speed.grown(sizes, "bytes", 1_000, "kB").splitlines()
    assert rows[2:] == [
        "| 1,000 | 1.00 | 1.00 | 1 | 1000.00 | 0.50 |",
        "| 2,000 | 1.00 | 4.00 | 1 | 2000.00 | 1.00 |",
    ]
    rows = speed.started({"a": [Cost(0.02, 0.01, 0), Cost(0.04, 0.03, 0)]}).splitlines()
    assert rows[2:] == ["| `a` | 10 | 20 | 30 |"]


@pytest.mark.parametrize("size", speed.SIZES[:3])
def test_a_program_has_the_size_that_is_wanted(size: int) -> None:
    text = speed.program(size)
    assert abs(len(text) - size) < len(speed.PIECE)
    ast.parse(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(40):
        path = tmp_path / "corpus" / f"p{number % 4}" / f"m{number:02}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import asyncio\n" if number % 2 else "x = 1\n")
    return tmp_path / "corpus"


def test_files_are_mixed_the_same_way_each_time(root: Path) -> None:
    names = speed.files_of(root)
    assert len(names) == 40
    assert speed.shuffled(names) == speed.shuffled(names) != names
    assert sorted(speed.shuffled(names)) == names


def test_repositories_have_their_part_of_asyncio(root: Path, tmp_path: Path) -> None:
    mixed = speed.shuffled(speed.files_of(root))
    few, everywhere = speed.repositories(root, mixed, tmp_path / "made", 20)
    for folder, count in ((few, 1), (everywhere, 20)):
        texts = [(folder / path).read_text() for path in speed.files_of(folder)]
        assert len(texts) == 20
        assert sum("asyncio" in text for text in texts) == count


def test_a_corpus_that_is_too_small_comes_again(root: Path, tmp_path: Path) -> None:
    parts = speed.rows_of(root, speed.files_of(root), 2_000, tmp_path / "parts")
    assert [part.name for part in parts] == ["part00", "part01"]
    assert sum(len(speed.files_of(part)) for part in parts) == 2_000


def test_a_corpus_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pip, out of a folder in place of an index."""
    index, folder = tmp_path / "index", tmp_path / "corpus"
    index.mkdir()
    releases = "a==1\n b_c==2 3.7"
    for name in ("a-1", "b_c-2"):
        with zipfile.ZipFile(index / f"{name}-py3-none-any.whl", "w") as wheel:
            project, _, version = name.partition("-")
            told = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
            wheel.writestr(f"{name}.dist-info/METADATA", told)
            wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{project}/m.py", f"{project} = 1\n")
    monkeypatch.setattr(corpus, "GROUPS", {"new": releases, "old": "gone==1\n a==1"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))

    assert corpus.fetch(folder, ["new"], ["A"])
    assert {*speed.files_of(folder)} == {Path("new/a-1/a/m.py")}
    assert corpus.is_complete(folder)
    assert not corpus.fetch(folder, ["new", "old"]), "one of them is not to be had"
    found = {Path("new/a-1/a/m.py"), Path("new/b_c-2/b_c/m.py"), Path("old/a-1/a/m.py")}
    assert {*speed.files_of(folder)} == found
    assert not corpus.is_complete(folder)
    monkeypatch.setattr(subprocess, "run", None)
    assert corpus.fetch(folder, ["new"]), "nothing is fetched twice"
    assert not corpus.is_complete(folder), "the other group is not there yet"
    monkeypatch.setattr(corpus, "GROUPS", {"new": releases})
    assert corpus.fetch(folder)
    assert corpus.is_complete(folder)


def test_only_python_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1.whl", "w") as wheel:
        for name in ("a/b.py", "a/c.pyi", "a/d.so", "../e.py", "/f.py"):
            wheel.writestr(name, name)
    corpus.unpack(tmp_path / "a-1.whl", tmp_path / "to" / "a-1")
    unpacked = (path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".whl")
    assert {path.relative_to(tmp_path).as_posix() for path in unpacked} == {
        "to/a-1/a/b.py",
        "to/a-1/a/c.pyi",
    }
