"""What is generated from the manuals is current, and what README.md shows is Python."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from flake8_asyncrun.cli import main
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


def shown_options() -> list[str]:
    """Return the options that --help shows, in all their spellings."""
    text = CliRunner().invoke(main, ["--help"]).output
    heads = re.findall(r"^  (-.*?)(?:  |$)", text, re.MULTILINE)
    return [each for head in heads for each in re.findall(r"(?<![\w-])--?[a-z][\w-]*", head)]


@functools.cache
def said_in_tests() -> frozenset[str]:
    """Return the options that tests, other than those here, hand to somebody."""
    texts = (
        node.value
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        if path != Path(__file__)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return frozenset(
        word.partition("=")[0] for text in texts if text.startswith("-") for word in text.split()
    )


def test_the_help_is_understood() -> None:
    known = {name for option in main.params for name in (*option.opts, *option.secondary_opts)}
    assert {*shown_options()} == {name for name in known if name.startswith("-")} | {"-h", "--help"}


@pytest.mark.parametrize("option", shown_options())
def test_each_option_has_a_test_and_a_line_here(option: str) -> None:
    rows = re.findall(r"^\| (`-.*?) \| [\w`]", README.read_text("utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(--?[\w-]+)", row)]
    assert named.count(option) == 1
    assert option in said_in_tests()


def test_python_in_the_readme_compiles() -> None:
    blocks = [
        fence
        for fence in fences(Document(README, README.read_text("utf-8")))
        if fence.info.partition(" ")[0] == "python"
    ]
    assert blocks
    for block in blocks:
        compile(block.code, f"README.md:{block.line}", "exec")
