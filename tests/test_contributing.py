"""CONTRIBUTING.md shows how a rule is added: here that is done, to a copy of the package.

It also names each package that is depended on.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

import flake8_asyncrun
from tests.analysis import any_fix, find, fix, lines_of
from tests.examples import Document, Fence, fences, marked, read, unmarked
from tests.generated import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

PAGE = Document(ROOT / "CONTRIBUTING.md", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
FILE = "rules/asyncio_iscoroutinefunction.py"


def shown(language: str) -> Fence:
    """Return the block of a language under "Adding a rule"."""
    (found,) = (
        fence
        for fence in fences(PAGE)
        if fence.heading == "Adding a rule" and fence.info == language
    )
    return found


def told_of_project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def dependencies() -> list[str]:
    project = told_of_project()["project"]
    extras = project["optional-dependencies"].values()
    wanted = {Requirement(one).name for each in (project["dependencies"], *extras) for one in each}
    return sorted(wanted - {project["name"]})


@pytest.mark.parametrize("name", dependencies())
def test_what_is_depended_on_has_its_reason(name: str) -> None:
    section = PAGE.text.partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    short = re.escape(name.removeprefix("pytest") or name)
    assert re.search(rf"(?<![\w-]){short}(?![\w-])", section, re.IGNORECASE)


def test_all_that_tests_need_goes_into_the_source_release() -> None:
    included = told_of_project()["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    own = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    made = {"build", "dist", "__pycache__"} | {name for name in own if name.endswith(".egg-info")}
    always = {"pyproject.toml", "PKG-INFO"}
    assert own - made - always <= set(included)
    assert ".pre-commit-hooks.yaml" in included


@pytest.fixture
def rule(tmp_path: Path) -> Rule:
    """The rule that is shown, from a file of its own."""
    path = tmp_path / Path(FILE).name
    path.write_text(shown("python").code, "utf-8")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # where `rule` looks for the manual
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    made: Rule = module.check
    return made


def test_the_rule_does_what_its_manual_shows(rule: Rule) -> None:
    assert (rule.code, rule.name) == ("RUN409", "asyncio-iscoroutinefunction")
    examples = read(Document(PAGE.path, rule.doc, is_manual=True))
    assert [example.bad for example in examples] == [True, False]
    for example in examples:
        findings = find([rule], example, example.code)
        assert set(lines_of(example.code, findings)) == marked(example.code, rule.code)
        wanted = example.fixed.code if example.fixed else example.code
        assert fix([rule], example, unmarked(example.code), any_fix).text == wanted


def test_a_file_and_a_line_are_all_it_takes(tmp_path: Path) -> None:
    package = tmp_path / "flake8_asyncrun"
    shutil.copytree(Path(flake8_asyncrun.__file__).parent, package)
    before, line, after = shown("diff").code.splitlines()
    assert line.startswith("+")
    registry = package / "rules" / "__init__.py"
    listed = registry.read_text("utf-8")
    with_it = f"{before[1:]}\n{line[1:]}\n{after[1:]}\n"
    assert with_it in listed, "the diff is not what stands there"
    (package / FILE).unlink()
    registry.write_text(listed.replace(with_it, f"{before[1:]}\n{after[1:]}\n"), "utf-8")
    assert "RUN409" not in told(tmp_path, "--list-rules")

    (package / FILE).write_text(shown("python").code, "utf-8")
    registry.write_text(listed, "utf-8")
    assert "RUN409" in told(tmp_path, "--list-rules")
    (tmp_path / "bot.py").write_text("import asyncio\n\nasyncio.iscoroutinefunction(print)\n")
    assert "bot.py:3:1: RUN409 it is gone in Python 3.16;" in told(
        tmp_path, "--check", "--isolated", "--no-cache", "--output-format=concise", "bot.py"
    )


def told(folder: Path, *arguments: str) -> str:
    """Return what the command says that a copy of the package in a folder is."""
    done = subprocess.run(
        [sys.executable, "-m", "flake8_asyncrun", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout
