"""Ask the engine about constructors whose effect on the loop was measured, and count.

    python benchmarks/loop_capture.py CONSTRUCTORS CACHE [--calls CALLS] [--since 3.11]...

CONSTRUCTORS is a file of JSON lines, one for each constructor of a library:

    {"library": "gql", "version": "4.4.0", "constructor": "gql.Client",
     "call_variant": null, "effect": "safe", "py311": "constructs, …", "py314": "constructs, …"}

`effect` is captures_current_loop, requires_running_loop, creates_own_loop, accepts_loop_kw or
safe, as seen before Python 3.14; `py314` says in words what happens from then on. CALLS
(loop_capture.json beside this file) has for each of them a module that ends in `obj = CALL`. CACHE
is a folder for an environment for each library and version; it is filled on the first run, which
needs `uv` and a package registry. Nothing that is installed is ever run.

For each target (3.11 and 3.14, and all later ones with each) it prints how many of the constructors
that capture or need a loop the engine finds, which it misses, where it says so of one that is safe,
and what a question costs when nothing was read before. Constructors that make a loop of their own
are counted apart. The exit code is 1 where less is found than MUST_FIND, where there are more false
alarms than MAY_ALARM, and where EXPLAINED lacks the reason of one of either, or has one too many.
"""

from __future__ import annotations

import argparse
import ast  # noqa: TID251 - to find the call that is asked about
import enum
import fnmatch
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flake8_asyncrun.files import module_finder
from flake8_asyncrun.names.facts import Answer, Facts
from flake8_asyncrun.names.machine import position
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Effect

MUST_FIND = 0.97  # of those that capture or need a loop
MAY_ALARM = 1 / 500  # of those that are safe

STANDARD = "asyncio (stdlib)"
AS_OF = "2026-11-23"  # what comes along with a library is as new as this
PYTHON = "3.11"

# Releases that cannot be installed for PYTHON.
PYTHONS = {("aiohttp", "3.7.4"): "3.8", ("aiokafka", "0.6.0"): "3.8"}

# What the calls need that the library does not bring along.
NEEDS = {
    "aioambient": "setuptools<80",
    "aiocache": "redis aiomcache",
    "aiohttp-sse-client": "setuptools<80",
    "aiokafka": "kafka-python==2.0.2",
    "aioxmpp": "pytz",
    "asyncio-mqtt": "paho-mqtt<2",
    "autobahn": "",
    "azure-core": "aiohttp azure-cosmos azure-eventhub azure-identity azure-servicebus "
    "azure-storage-blob",
    "clickhouse-connect": "aiohttp",
    "elasticsearch": "aiohttp",
    "google-cloud-firestore": "google-cloud-pubsub",
    "gql": "aiohttp websockets",
    "gremlinpython": "aiohttp",
    "grpclib": "protobuf",
    "nextcord": "setuptools<80",
    "opensearch-py": "aiohttp",
    "python-socketio": "aiohttp",
    "pyTelegramBotAPI": "aiohttp",
    "slack-bolt": "aiohttp websockets",
    "slack-sdk": "aiohttp websockets websocket-client",
    "slackclient": "aiohttp",
}

# Measurements that do not hold for the targets asked about.
NOT_COUNTED = {
    ("aioredis", "2.0.1"): "measured on 3.8; safe on 3.10 (measured), not importable since 3.11",
}

# Why the engine is wrong, by library, constructor and target ("*": any).
EXPLAINED = {
    ("google-cloud-firestore", "google.cloud.firestore.AsyncClient._firestore_api", "3.11"): (
        "base_client.py decides by a variable of the environment whether it talks to an emulator; "
        "both ways end in a channel, which captures."
    ),
    ("nest-asyncio", "nest_asyncio.apply", "3.11"): (
        "It gets a loop by a function that it put in the place of asyncio's, and keeps none: safe."
    ),
}


class Label(enum.Enum):
    POSITIVE = "captures or needs a loop"
    OWN_LOOP = "makes its own loop"
    NEGATIVE = "safe"


@dataclass(frozen=True)
class Row:
    """One constructor of the data, with the module that calls it."""

    distribution: str
    version: str
    constructor: str
    variant: str | None
    effect: str
    since_314: str
    code: str

    def __str__(self) -> str:
        variant = f" ({self.variant})" if self.variant else ""
        return f"{self.distribution} {self.version}: {self.constructor}{variant}"

    def label(self, since: str) -> Label | None:
        """Return what was measured for a target; None where nothing was."""
        if (self.distribution, self.version) in NOT_COUNTED:
            return None
        if Target.since(since).first < (3, 14):
            return _BY_EFFECT[self.effect]
        if "raises RuntimeError" in self.since_314:
            return Label.POSITIVE
        if not self.since_314 or self.since_314.startswith(("not installable", "import fails")):
            return None
        # A loop that is kept while none ran was made, even where it is the current one by now.
        keeps = "keeps" in self.since_314 and self.effect not in ("safe", "accepts_loop_kw")
        return Label.OWN_LOOP if keeps else Label.NEGATIVE


_BY_EFFECT = {
    "captures_current_loop": Label.POSITIVE,
    "requires_running_loop": Label.POSITIVE,
    "creates_own_loop": Label.OWN_LOOP,
    "accepts_loop_kw": Label.NEGATIVE,  # it is not given one
    "safe": Label.NEGATIVE,
}


def rows(constructors: Path, calls: Path) -> tuple[list[Row], list[str]]:
    """Return the constructors that have a call, and the names of those that have none."""
    code_of = {
        (one["library"], one["version"], one["constructor"], one.get("variant")): one["code"]
        for one in json.loads(calls.read_text("utf-8"))
    }
    found: list[Row] = []
    without: list[str] = []
    for line in constructors.read_text("utf-8").splitlines():
        one = json.loads(line)
        if one.get("kind") == "import":  # what importing a package does, not a constructor
            continue
        key = (one["library"], one["version"], one["constructor"], one.get("call_variant"))
        if key in code_of:
            found.append(Row(*key, one["effect"], one.get("py314") or "", code_of[key]))
        else:
            without.append(f"{key[0]} {key[1]}: {key[2]}")
    return found, without


def install(library: tuple[str, str], cache: Path) -> str | None:
    """Make an environment with a library where it is missing; return why that cannot be."""
    name, version = library
    folder = _folder(cache, name, version)
    requirements = [f"{name}=={version}", *NEEDS.get(name, "").split()]
    done = folder / "requirements.txt"
    if name == STANDARD or (done.exists() and done.read_text("utf-8").split() == requirements):
        return None
    uv = [sys.executable, "-m", "uv", "--quiet"]
    python = PYTHONS.get(library, PYTHON)
    options = ["--python", str(folder), "--exclude-newer", AS_OF]
    for command in (
        [*uv, "venv", "--clear", "--python", python, str(folder)],
        [*uv, "pip", "install", *options, *requirements],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            return (run.stderr.strip().splitlines() or ["no reason given"])[-1].strip()
    done.write_text("\n".join(requirements), "utf-8")
    return None


def _folder(cache: Path, name: str, version: str) -> Path:
    return cache / f"{name.lower()}-{version}"


@dataclass(frozen=True)
class Outcome:
    row: Row
    label: Label
    answer: Answer | None
    """None where the engine never came to the call."""
    seconds: float
    """Of processor time, from nothing read to the answer."""

    @property
    def is_reported(self) -> bool:
        return self.answer is not None and self.answer.effect in _REPORTED

    def __str__(self) -> str:
        if self.answer is None:
            return f"{self.row}: not reached"
        if not self.is_reported:
            return f"{self.row}: nothing; what it makes is: {self.answer.kind.value}"
        last = self.answer.evidence[-1]
        return f"{self.row}: {last.what} at {Path(last.place.path).name}:{last.place.line}"


_REPORTED = (Effect.CAPTURES, Effect.NEEDS_RUNNING)


def ask(row: Row, since: str, cache: Path) -> Outcome | None:
    """Ask the engine about one call; return None where nothing was measured."""
    label = row.label(since)
    if label is None:
        return None
    library = _folder(cache, row.distribution, row.version) / "lib"
    roots = [str(path) for path in library.glob("python3.*/site-packages")]
    assignment = ast.parse(row.code).body[-1]
    assert isinstance(assignment, ast.Assign)
    start = time.process_time()
    project = Project(module_finder(roots), Target.since(since))
    facts = Facts(project, "example.py", row.code, "example")
    answer = facts.answer(position(assignment.value))
    return Outcome(row, label, answer, time.process_time() - start)


def report(since: str, outcomes: Sequence[Outcome]) -> bool:
    """Print the figures for one target; return whether they are as they must be."""
    count = Counter(outcome.label for outcome in outcomes)
    said = Counter(outcome.label for outcome in outcomes if outcome.is_reported)
    missed = [one for one in outcomes if one.label is Label.POSITIVE and not one.is_reported]
    alarms = [one for one in outcomes if one.label is Label.NEGATIVE and one.is_reported]
    print(f"since {since}:")
    for label in Label:
        print(f"  {label.value}: {said[label]} of {count[label]} reported")
    explained = _list("missed", since, missed) & _list("false alarms", since, alarms)
    for key in EXPLAINED:
        about = [outcome for outcome in outcomes if _is_about(key, since, outcome)]
        if about and not {*about} & {*missed, *alarms}:
            print(f"  {key[0]}: {key[1]} is explained, but right")
            explained = False
    seconds = sorted(outcome.seconds for outcome in outcomes)
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    for name, part in (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("all", 1.0)):
        value = seconds[min(len(seconds) - 1, int(part * len(seconds)))]
        print(f"  {name} within {value * 1000:.0f} ms")
    print(f"  slowest: {slowest.row}\n")
    enough = said[Label.POSITIVE] >= MUST_FIND * count[Label.POSITIVE]
    return explained and enough and len(alarms) <= MAY_ALARM * count[Label.NEGATIVE]


def _list(title: str, since: str, outcomes: Sequence[Outcome]) -> bool:
    print(f"  {title}: {len(outcomes)}")
    explained = True
    for outcome in outcomes:
        reason = next((EXPLAINED[key] for key in EXPLAINED if _is_about(key, since, outcome)), None)
        explained &= reason is not None
        print(f"    {outcome}\n      {reason or 'NOT EXPLAINED'}")
    return explained


def _is_about(key: tuple[str, str, str], since: str, outcome: Outcome) -> bool:
    about = (outcome.row.distribution, outcome.row.constructor, since)
    return all(map(fnmatch.fnmatchcase, about, key))


def _installed(cache: Path, libraries: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Install each; say which cannot be, and return the others."""
    wanted = sorted(libraries)
    with ThreadPoolExecutor(3) as pool:
        reasons = dict(zip(wanted, pool.map(partial(install, cache=cache), wanted), strict=True))
    for (name, version), reason in reasons.items():
        if reason is not None:
            print(f"not installed: {name} {version}: {reason}")
    return {library for library, reason in reasons.items() if reason is None}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("constructors", type=Path, help="JSON lines, as described above")
    parser.add_argument("cache", type=Path, help="a folder for the environments")
    parser.add_argument("--calls", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--since", action="append", metavar="3.N", help="target (3.11 and 3.14)")
    parser.add_argument("--only", default="", metavar="TEXT", help="constructors with this in them")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    cache = options.cache.resolve()
    found, without = rows(options.constructors, options.calls)
    wanted = [row for row in found if options.only in str(row)]
    libraries = _installed(cache, {(row.distribution, row.version) for row in wanted})
    asked = [row for row in wanted if (row.distribution, row.version) in libraries]
    for name in without:
        print(f"no call: {name}")
    right = len(asked) == len(wanted) and not without
    with ProcessPoolExecutor(options.jobs) as pool:
        for since in options.since or ["3.11", "3.14"]:
            outcomes = list(pool.map(partial(ask, since=since, cache=cache), asked))
            right &= report(since, [outcome for outcome in outcomes if outcome is not None])
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
