"""Which files can have a finding at all: the gate may let too many through, never too few."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.source import Source
from tests.snippets import codes_in, project_of


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\nasync def f(): ...\nasyncio.run(f)\n",
        "from asyncio.runners import run\nasync def f(): ...\nrun(f)\n",
        "from uvloop import run\nasync def f(): ...\nrun(f)\n",
    ],
)
def test_what_has_a_finding_passes(code: str) -> None:
    assert may_have_findings(code)
    assert [found for _, found in codes_in(code)] == ["RUN102"]


@pytest.mark.parametrize("library", ["anyio", "trio"])
def test_what_runs_in_the_place_of_asyncio_passes(library: str) -> None:
    code = f"from {library} import run\nasync def f(): ...\nrun(f())\n"
    assert may_have_findings(code)
    assert [found for _, found in codes_in(code)] == ["RUN107"]


def test_what_does_not_pass_is_not_parsed() -> None:
    assert not may_have_findings("async def main(): ...\n")
    assert not may_have_findings("patriotic = True\n")
    assert analyze(Source("m.py", "this is (no Python"), project_of(), []) == []


def test_asking_costs_no_import() -> None:
    program = (
        "import sys; before = set(sys.modules); import flake8_asyncrun.core.gate\n"
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert {name.partition(".")[0] for name in output.split()} == {"flake8_asyncrun"}
    assert "libcst" not in output
