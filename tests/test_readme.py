"""What is generated from the manuals is current, and what README.md shows is Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_asyncrun.rules import ALL
from tests.examples import Document, fences
from tests.generated import DOCS, README, pages, strays, with_table

UPDATE = "`pytest --update` writes it"


def test_the_table_of_rules_is_current() -> None:
    readme = README.read_text("utf-8")
    assert readme == with_table(readme, ALL), UPDATE


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*item, id=str(item[0])) for item in pages(ALL).items()]
)
def test_the_pages_are_current(path: Path, text: str) -> None:
    written = DOCS / path
    assert written.exists(), UPDATE
    assert written.read_text("utf-8") == text, UPDATE


def test_no_page_outlives_its_rule() -> None:
    assert strays() == [], UPDATE


def test_a_readme_without_its_markers_is_told() -> None:
    with pytest.raises(ValueError, match=r"README\.md has no lines <!-- rules -->"):
        with_table("# A title\n", ALL)


def test_python_in_the_readme_compiles() -> None:
    blocks = [
        fence
        for fence in fences(Document(README, README.read_text("utf-8")))
        if fence.info.partition(" ")[0] == "python"
    ]
    assert blocks
    for block in blocks:
        compile(block.code, f"README.md:{block.line}", "exec")
