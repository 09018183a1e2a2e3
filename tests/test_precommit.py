"""pre-commit with our hooks, from this checkout: a bad commit is stopped, repaired, and made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BAD = """\
import asyncio


async def main():
    print("Hi")


asyncio.run(main)
"""
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: asyncrun
      - id: asyncrun-fix
        stages: [manual]
"""
ENVIRONMENT = {
    **{name: text for name, text in os.environ.items() if not name.startswith(("GIT_", "PRE_"))},
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PRE_COMMIT_COLOR": "never",
}


def call(
    *command: str, folder: Path, cache: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, **({"PRE_COMMIT_HOME": str(cache)} if cache else {})}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=240,
    )


def done(*command: str, folder: Path, cache: Path | None = None) -> str:
    result = call(*command, folder=folder, cache=cache)
    assert result.returncode == 0, result.stdout
    return result.stdout


def lacking(reason: str) -> None:
    """Skip, or fail where nothing may be missing."""
    if os.environ.get("ASYNCRUN_STRICT") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The checkout as it stands, committed or not, as a repository of its own."""
    if shutil.which("git") is None:
        lacking("no git on this machine")
    listed = call("git", "ls-files", "-co", "--exclude-standard", "-z", folder=ROOT)
    if listed.returncode:
        lacking("these tests are not in a git checkout")
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    fetched = call(*fetch, "--dest", str(tmp_path / "wheels"), "hatchling", folder=tmp_path)
    if fetched.returncode:
        lacking(f"pip reaches no registry: {fetched.stdout.strip().splitlines()[-1]}")
    folder = tmp_path / "flake8-asyncrun"
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    done("git", "init", "-q", folder=folder)
    done("git", "add", "--all", folder=folder)
    done("git", "commit", "-q", "-m", "The checkout", folder=folder)
    return folder


def test_the_hooks_are_as_pre_commit_wants_them() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib")
    manifest = clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in manifest] == ["asyncrun", "asyncrun-fix"]
    for hook in manifest:
        assert hook["require_serial"] is True
        # What "types_or" and the tag of notebooks ask for.
        assert hook["minimum_pre_commit_version"] == "2.9.2"


def test_what_the_hooks_call_does_what_they_are_for(tmp_path: Path) -> None:
    """Without pre-commit, so that it is asked everywhere: its files, in pieces, after the entry."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    entries = re.findall(r"^  entry: (.*)$", text, re.MULTILINE)
    assert [entry.split()[0] for entry in entries] == ["asyncrun-fix", "asyncrun-fix"]
    report, repair = ([sys.executable, "-m", "flake8_asyncrun", *e.split()[1:]] for e in entries)
    (tmp_path / "generated").mkdir()
    (tmp_path / "asyncrun.toml").write_text('extend-exclude = ["generated"]\n', "utf-8")
    # Python by its first line, as pre-commit tells it, whatever its name.
    (tmp_path / "start").write_text(f"#!/usr/bin/env python3\n{BAD}", "utf-8")
    for name in ("bot.py", "generated/bot.py"):
        (tmp_path / name).write_text(BAD, "utf-8")

    names = ("bot.py", "generated/bot.py", "start")
    found = call(*report, "--output-format=concise", *names, folder=tmp_path)
    assert found.returncode == 1
    assert re.findall("^(.*?): RUN102", found.stdout, re.MULTILINE) == ["bot.py:8:1", "start:9:1"]
    assert (tmp_path / "bot.py").read_text("utf-8") == BAD
    repaired = call(*repair, *names, folder=tmp_path)
    assert (repaired.returncode, "2 fixed" in repaired.stdout) == (1, True)
    assert (tmp_path / "generated" / "bot.py").read_text("utf-8") == BAD
    assert "run(main())" in (tmp_path / "start").read_text("utf-8")
    assert call(*report, *names, folder=tmp_path).returncode == 0
    assert call(*repair, *names, folder=tmp_path).returncode == 0


@pytest.mark.slow
def test_a_bad_commit_is_stopped_then_repaired_then_made(repository: Path, tmp_path: Path) -> None:
    revision = done("git", "rev-parse", "HEAD", folder=repository).strip()
    project, cache = tmp_path / "project", tmp_path / "cache"
    project.mkdir()
    done("git", "init", "-q", folder=project)
    config = CONFIG.format(repository=repository.as_posix(), revision=revision)
    (project / ".pre-commit-config.yaml").write_text(config, "utf-8")
    (project / "bot.py").write_text(BAD, "utf-8")
    (project / "notes.txt").write_text("asyncio.run(main)\n", "utf-8")
    (project / "generated").mkdir()
    (project / "generated" / "bot.py").write_text(BAD, "utf-8")
    (project / "asyncrun.toml").write_text('extend-exclude = ["generated"]\n', "utf-8")
    precommit = (sys.executable, "-m", "pre_commit")
    done(*precommit, "install", "--install-hooks", folder=project, cache=cache)
    done("git", "add", "--all", folder=project)

    stopped = call("git", "commit", "-m", "A bot", folder=project, cache=cache)
    assert stopped.returncode == 1
    assert "generated" not in stopped.stdout, "excluded, though pre-commit names it"
    assert "\nRUN102 [*] " in stopped.stdout, stopped.stdout
    assert "\n --> bot.py:8:1\n" in stopped.stdout, stopped.stdout
    assert (project / "bot.py").read_text("utf-8") == BAD
    assert call("git", "rev-parse", "--verify", "HEAD", folder=project).returncode != 0

    repair = (*precommit, "run", "asyncrun-fix", "--hook-stage", "manual")
    repaired = call(*repair, folder=project, cache=cache)
    assert repaired.returncode == 1
    assert "files were modified by this hook" in repaired.stdout, repaired.stdout
    fixed = BAD.replace("run(main)", "run(main())")
    assert (project / "bot.py").read_text("utf-8") == fixed

    done("git", "add", "--all", folder=project)
    done(*repair, folder=project, cache=cache)
    done("git", "commit", "-m", "A bot", folder=project, cache=cache)
    assert done("git", "show", "HEAD:bot.py", folder=project) == fixed
