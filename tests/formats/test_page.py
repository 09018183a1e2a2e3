"""What names a finding over time, what a terminal is spared, and where the manuals are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun import report
from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.formats import MANUALS
from flake8_asyncrun.formats.page import cells, fingerprints, printable
from flake8_asyncrun.report import FileReport

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = "import asyncio\nrun(a)\nrun(b)\nrun(a)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    return tmp_path


def names(text: str, *, path: str = "a.py", message: str = "x", code: str = "RUN101") -> list[str]:
    """Return the fingerprints of what stands at each `run(`."""
    starts = [at for at in range(len(text)) if text.startswith("run(", at)]
    found = tuple(Finding(code, message, Span(start, start + 3)) for start in starts)
    [page] = report.pages([FileReport(path, text, text, found, errors=("a.py: x", "a.py: y"))])
    return list(fingerprints(page))


def test_fingerprints_are_unique_and_do_not_move() -> None:
    before = names(TEXT)
    assert len(set(before)) == len(before) == 5
    assert names("# new\n\n" + TEXT.replace("run(b)", "    run(b)")) == before
    assert names(TEXT, message="used in line 3") == names(TEXT, message="used in line 5")


@pytest.mark.parametrize("other", [{"path": "b.py"}, {"message": "y"}, {"code": "RUN102"}])
def test_fingerprints_tell_apart(other: dict[str, str]) -> None:
    assert not set(names(TEXT)[:3]) & set(names(TEXT, **other))


def test_gitlab_has_paths_from_the_clone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    monkeypatch.setenv("CI_PROJECT_DIR", str(here))
    [page] = report.pages([FileReport("a.py", errors=("a.py: x",))])
    assert (page.name, page.in_project, page.uri) == ("a.py", "sub/a.py", "a.py")


@given(st.text())
def test_printable_text_moves_no_cursor(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not set(shown) & {"\x1b", "\n", "\r", "\x07", "\x9b", "\u202e", "\t"}
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本é", 5), ("e\u0301x", 2), ("", 0)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


def test_the_manuals_are_where_the_project_says() -> None:
    text = (Path(__file__).parent.parent.parent / "pyproject.toml").read_text("utf-8")
    urls = tomllib.loads(text)["project"]["urls"]
    assert urls["Documentation"].replace("README.md", "rules") == MANUALS
    assert MANUALS.startswith(f"{urls['Repository']}/")
    assert f"repo: {urls['Repository']}\n" in (
        Path(__file__).parent.parent.parent / "README.md"
    ).read_text("utf-8")
