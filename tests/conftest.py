"""The option `--update`, which writes what is generated before the tests look at it; a cache that
no test shares with another, nor with the user; and a folder where rights count."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite the fixed blocks of examples, the README's table and docs/; review: git diff",
    )


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist
    if config.getoption("--update") and not is_worker:
        # In a process of its own: here, modules whose manuals change must not be imported yet.
        update = [sys.executable, "-m", "tests.generated"]
        subprocess.run(update, cwd=Path(__file__).parent.parent, check=True)


@pytest.fixture(scope="session")
def cache_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each test, of which there is none yet: most tests keep nothing."""
    above = tmp_path_factory.mktemp("caches")
    return (above / f"{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
def cache_folder(cache_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test and what it calls keep answers; there is no such folder yet."""
    folder = next(cache_folders)
    monkeypatch.setenv("ASYNCRUN_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """An open folder, and for the length of the test no right that any user has not."""
    if sys.platform == "win32":
        pytest.skip("modes are not what protects files here")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)
