"""Migrate real packages, and run their own tests before and after.

    python -m benchmarks.packages CACHE [--page docs/packages.md] [--only NAME]...

The packages below are old releases, pinned by their source distributions, that were written for
the asyncio of their day. Their tests are run as they came, and again after `asyncrun-fix
--unsafe-fixes` has been over their sources and their tests, each on the oldest Python of its
target and on newer ones. Promised is that no test that passed fails afterwards, and that more pass
than before on the newer Pythons, all packages added up. Where that is not kept the exit code is 1.

CACHE is a folder for distributions, environments and outcomes: the first run needs pip's index, and
those Pythons. What was done once is not done again while it would be the same. Tests reach loopback
only, see pytest_watched.py. Delete its `outcomes` after a change to how tests are run.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import flake8_asyncrun
from benchmarks import pytest_watched
from flake8_asyncrun.names.target import Version, show
from tests.interpreters import interpreters

NEWER: tuple[Version, ...] = ((3, 11), (3, 14))
_TRIES = 3
_TEST_SECONDS = 20
_SUITE_SECONDS = 900

TOOLS = ("pytest==8.3.5", "pytest-timeout==2.3.1")
PYTEST_ASYNCIO = "pytest-asyncio==0.21.2"

# ---------------------------------------------------------------------- the packages


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha256: str
    tests: tuple[str, ...]
    """What pytest is given: files, folders, options."""
    requirements: tuple[str, ...] = ()
    tools: tuple[str, ...] = TOOLS
    target: Version = (3, 8)
    deselected: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Ids of tests that are not run, with the reason."""
    rest: str = field(default="", repr=False)
    """Why tests still fail on the newer Pythons."""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def pythons(self) -> tuple[Version, ...]:
        return (self.target, *NEWER)


_ASKS_FOR_LOOP = "its own mock of asyncio's function is asked for the `loop=` that goes"

PACKAGES = (
    Package(
        "aioftp",
        "0.13.0",
        "5711c03433b510c101e9337069033133cca19b508b5162b414bed24320de6c18",
        ("tests",),
        (PYTEST_ASYNCIO, "async_timeout==4.0.3", "trustme==1.1.0"),
        rest="`asyncio.wait()` is given a set of coroutines that is joined to another",
    ),
    Package(
        "aiorwlock",
        "1.0.0",
        "4f773e31d78037e3ec27056a22200af482768b43da66e2cc33dd64aa5ea6518a",
        ("tests",),
        (
            PYTEST_ASYNCIO,
            "uvloop==0.19.0; python_version < '3.9'",
            "uvloop==0.22.1; python_version >= '3.9'",
        ),
    ),
    Package(
        "aiosmtpd",
        "1.2",
        "b7ea7ee663f3b8514d3224d55c4e8827148277b124ea862a0bbfca1bc899aef5",
        ("aiosmtpd/tests",),
        ("atpublic==4.1.0", "setuptools==75.3.2"),
        rest="a certificate of its tests has expired; on 3.14 they take a current loop",
    ),
    Package(
        "async-timeout",
        "3.0.1",
        "0c3c816a028d47f659d6ff5c745cb2acf1f966da1fe5c19c77a70282b25f4c5f",
        ("tests",),
        (PYTEST_ASYNCIO,),
    ),
    Package(
        "janus",
        "0.4.0",
        "cfc221683160b91b35bae1917e2957b78dad10a2e634f4f8ed119ed72e2a88ef",
        ("tests",),
        target=(3, 10),
    ),
    Package(
        "mode",
        "4.3.2",
        "2df1a558dcaa42a7f9a983acb33438371a668076171be19b4c94bf0cdfd6e2eb",
        ("t/unit", "t/functional"),
        (PYTEST_ASYNCIO, "colorlog==6.9.0", "mypy_extensions==1.0.0", "freezegun==1.5.1"),
        deselected={
            "t/unit/test_services.py::test_Service::test__wait_stopped": _ASKS_FOR_LOOP,
            "t/unit/test_services.py::test_Service::test_wait_many": _ASKS_FOR_LOOP,
            "t/unit/test_worker.py::test_Worker::test__sentinel_task": _ASKS_FOR_LOOP,
        },
        rest="its mocks import `asyncio.coroutine`, and most of its tests its mocks",
    ),
)

# ---------------------------------------------------------------------- environments


def _call(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr or done.stdout}")


def environment(cache: Path, version: Version, requirements: Iterable[str]) -> Path:
    """Return the Python of an environment of `version` that holds the requirements."""
    wanted = sorted(requirements)
    name = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:10]
    folder = cache / "environments" / f"python{show(version)}-{name}"
    python, done = folder / "bin" / "python", folder / "requirements.txt"
    if not done.exists():
        paths = [one.path for one in interpreters() if one.version == version]
        if not paths:
            raise SystemExit(f"no Python {show(version)} on this machine")
        _call(paths[0], "-m", "venv", "--clear", folder)
        if wanted:
            _call(python, "-m", "pip", "--quiet", "install", *wanted)
        done.write_text("\n".join(wanted), "utf-8")
    return python


def unpacked(cache: Path, package: Package) -> Path:
    """Return the folder of a package as it came."""
    folder = cache / "before" / str(package)
    if not folder.exists():
        files = cache / "files"
        files.mkdir(parents=True, exist_ok=True)
        wanted = files / f"{package}.txt"
        pinned = f"{package.name}=={package.version} --hash=sha256:{package.sha256}"
        wanted.write_text(pinned, "utf-8")
        # Before it hands a distribution out pip builds its metadata, with tools of its time.
        python = environment(cache, (3, 8), ("setuptools==57.5.0", "wheel==0.45.1"))
        options: list[str | Path] = ["--no-deps", "--no-build-isolation", "--dest", files]
        options += ["--no-binary", package.name]
        _call(python, "-m", "pip", "--quiet", "download", *options, "-r", wanted)
        with tarfile.open(files / f"{package}.tar.gz") as members:
            members.extractall(cache / "before", filter="data")
    return folder


# ---------------------------------------------------------------------- migrating


def migrated(cache: Path, package: Package) -> tuple[Path, str]:
    """Return the folder of a package after asyncrun-fix, and the lines that count what it did."""
    sources = sorted(Path(flake8_asyncrun.__file__).parent.rglob("*.py"))
    state = _digest(repr(package), *(path.read_text("utf-8") for path in sources))
    folder, told = cache / "after" / str(package), cache / "after" / f"{package}.json"
    if not (told.exists() and json.loads(told.read_text("utf-8"))["state"] == state):
        print(f"{package}: asyncrun-fix", file=sys.stderr)
        told.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(unpacked(cache, package), folder)
        python = environment(cache, package.target, (*package.tools, *package.requirements))
        command = [sys.executable, "-m", "flake8_asyncrun", "--isolated", "--no-cache"]
        options = ["--target-version", show(package.target), "--unsafe-fixes"]
        options.append("--output-format=concise")
        done = subprocess.run(
            [*command, *options, "--python", python, "."],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise SystemExit(f"{package}: {done.stderr or done.stdout}")
        said = {"state": state, "said": done.stdout + done.stderr}
        told.write_text(json.dumps(said), "utf-8")
    return folder, json.loads(told.read_text("utf-8"))["said"]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:20]


# ---------------------------------------------------------------------- running tests

Outcomes = dict[str, bool]
"""Whether a test passed, by its id."""


def outcomes(lines: Iterable[str]) -> Outcomes:
    """Return what pytest_watched has written: a test passed whose phases, its call among them,
    did."""
    called: set[str] = set()
    failed: set[str] = set()
    seen: dict[str, None] = {}
    for line in lines:
        name, when, outcome = json.loads(line)
        seen[name] = None
        if when == "call":
            called.add(name)
        if outcome != "passed":
            failed.add(name)
    return {name: name in called and name not in failed for name in seen}


def tested(
    cache: Path, package: Package, folder: Path, version: Version, tests: Sequence[str]
) -> Outcomes:
    """Run tests of a package that is in a folder."""
    python = environment(cache, version, (*package.tools, *package.requirements))
    plugin = cache / "plugin" / "pytest_watched.py"
    plugin.parent.mkdir(exist_ok=True)
    shutil.copy(pytest_watched.__file__, plugin)
    written = cache / f"outcomes-{os.getpid()}.jsonl"
    written.write_text("", "utf-8")
    command: list[str | Path] = [python, "-m", "pytest", "-q", "-p", "pytest_watched"]
    command += ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    command += ["-o", "filterwarnings=", "--tb", "native", "--continue-on-collection-errors"]
    command += ["--timeout", str(_TEST_SECONDS), "--timeout-method", "signal"]
    for name in package.deselected:
        command += ["--deselect", name]
    around = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    around |= {
        "PYTHONPATH": os.pathsep.join(map(str, (folder, folder / "src", plugin.parent))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "WATCHED_OUTCOMES": str(written),
    }
    with (cache / f"last-{os.getpid()}.txt").open("w", encoding="utf-8") as said:
        running = subprocess.Popen(
            [*command, *tests],
            cwd=folder,
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            running.wait(_SUITE_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{package}: {_SUITE_SECONDS} seconds are over", file=sys.stderr)
        finally:
            # What its tests have started goes with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    return outcomes(written.read_text("utf-8").splitlines())


def asked(cache: Path, package: Package, folder: Path, version: Version) -> Outcomes:
    """Run the tests of a package, or return what they came to before."""
    texts = [path.read_bytes().hex() for path in sorted(folder.rglob("*.py"))]
    plugin = Path(pytest_watched.__file__).read_text("utf-8")
    state = _digest(repr(package), show(version), str(folder), plugin, *texts)
    kept = cache / "outcomes" / f"{state}.json"
    if not kept.exists():
        print(f"{package}: {folder.parent.name}, Python {show(version)}", file=sys.stderr)
        found = tested(cache, package, folder, version, package.tests)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found), "utf-8")
        shutil.move(cache / f"last-{os.getpid()}.txt", kept.with_suffix(".txt"))
    return dict(json.loads(kept.read_text("utf-8")))


# ---------------------------------------------------------------------- comparing


@dataclass(frozen=True)
class Compared:
    before: int
    after: int
    lost: tuple[str, ...]
    """What passed before and does not afterwards, however often it is tried."""


def compared(cache: Path, package: Package, version: Version) -> Compared:
    before = asked(cache, package, unpacked(cache, package), version)
    folder, _ = migrated(cache, package)
    after = asked(cache, package, folder, version)
    lost = lost_in(before, after)
    for _ in range(_TRIES - 1):
        if lost:
            # A test that is not steady is no proof.
            again = tested(cache, package, folder, version, lost)
            after |= {name: True for name in lost if again.get(name)}
            lost = lost_in(before, after)
    return Compared(sum(before.values()), sum(after.values()), tuple(lost))


def lost_in(before: Outcomes, after: Outcomes) -> list[str]:
    return [name for name, passed in before.items() if passed and not after.get(name)]


# ---------------------------------------------------------------------- the page

PAGE = """\
<!-- Written by `python -m benchmarks.packages CACHE --page docs/packages.md`. -->

# What it does to real packages

Old releases from PyPI, written for the asyncio of their day, whose source distributions carry their
tests: migrated with `asyncrun-fix --unsafe-fixes`, their sources and their tests alike, and
nothing done by hand. Their tests were run before and after, on {date}, each with what it needs at
pinned versions, reaching loopback only.

{table}

Each figure is how many tests passed before, and after. The first Python is the oldest of the
target. What still fails on the newer Pythons:

{rest}

What `asyncrun-fix` found and has left:

{left}

{lost}

## Not run

{deselected}

A package for Python 3.10 and later gives locks or queues a loop of its own, outside of a coroutine;
for Python 3.8 and 3.9 that says which loop they belong to, and only who drops those can do without
(see [RUN301](rules/RUN301.md)).
"""


def page(found: Mapping[Package, Mapping[Version, Compared]], said: Mapping[Package, str]) -> str:
    """Return docs/packages.md."""
    rows = [["Package", "Oldest Python", *(f"Python {show(one)}" for one in NEWER), "Findings"]]
    for package, by_version in found.items():
        oldest, *newer = (_figures(one) for one in by_version.values())
        counted = re.search(r"Found (.*)\.", said[package])
        oldest = f"{show(package.target)}: {oldest}"
        rows.append([str(package), oldest, *newer, counted[1] if counted else "none"])
    totals = []
    for version in NEWER:
        all_of_it = [by_version[version] for by_version in found.values()]
        before, after = sum(one.before for one in all_of_it), sum(one.after for one in all_of_it)
        totals.append(f"**{before} → {after}**")
    rows.append(["all", "", *totals, ""])
    head, *others = rows
    lines = [head, ["---", *(["--:"] * (len(head) - 1))], *others]
    lost = [
        f"- {package}, Python {show(version)}: `{name}`"
        for package, by_version in found.items()
        for version, one in by_version.items()
        for name in one.lost
    ]
    deselected = [
        f"- {package}: `{name}`: {why}"
        for package in found
        for name, why in package.deselected.items()
    ]
    return PAGE.format(
        date=datetime.datetime.now(datetime.timezone.utc).date(),
        table="\n".join(f"| {' | '.join(line)} |" for line in lines),
        rest="\n".join(f"- {one}: {one.rest}" for one in found if one.rest),
        left="\n".join(_left(said)),
        lost="\n".join(["Lost:", "", *lost]) if lost else "No test that passed before fails after.",
        deselected="\n".join(deselected) or "Everything was.",
    )


def _figures(one: Compared) -> str:
    return f"{one.before} → {one.after}"


def _left(said: Mapping[Package, str]) -> Iterator[str]:
    """Yield, for each package, how often each code is left."""
    for package, text in said.items():
        codes: dict[str, int] = {}
        for code in re.findall(r"^\S+:\d+:\d+: (RUN\d+) ", text, re.MULTILINE):
            codes[code] = codes.get(code, 0) + 1
        if codes:
            counted = (f"{code} {count}" for code, count in sorted(codes.items()))
            yield f"- {package}: {', '.join(counted)}"


def broken(found: Mapping[Package, Mapping[Version, Compared]]) -> Iterator[str]:
    """Yield the promises that are not kept."""
    for package, by_version in found.items():
        for version, one in by_version.items():
            if one.lost:
                yield f"{package}: {len(one.lost)} tests are lost on Python {show(version)}"
    for version in NEWER:
        if not any(one[version].after > one[version].before for one in found.values()):
            yield f"no more tests than before pass on Python {show(version)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    cache = options.cache.resolve()
    chosen = [one for one in PACKAGES if not options.only or one.name in options.only]
    said = {package: migrated(cache, package)[1] for package in chosen}
    found = {
        package: {version: compared(cache, package, version) for version in package.pythons}
        for package in chosen
    }
    text = page(found, said)
    print(text)
    if options.page:
        options.page.write_text(text, "utf-8")
    if unkept := list(broken(found)):
        raise SystemExit("\n".join(unkept))


if __name__ == "__main__":
    main()
