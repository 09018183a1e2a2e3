"""Make flake8_asyncrun/names/libraries/generated.json from named releases of libraries.

    python tools/learn.py CACHE [--jobs N] [--only DISTRIBUTION ...]

Each release that `tools/libraries.toml` names is installed with what it needs into a folder below
CACHE (some gigabytes in all; it is kept, so that the next time is short), its source is read by the
same interpreter that reads a user's, and never run. What is found out of one release lies beside
it, and is used again as long as the interpreter is the same. Needs uv or pip, and the network once.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypedDict, cast

import flake8_asyncrun.names
from flake8_asyncrun.files import module_finder
from flake8_asyncrun.names.shapes import is_public
from flake8_asyncrun.names.survey import survey
from flake8_asyncrun.names.values import Effect

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
NAMES = Path(flake8_asyncrun.names.__file__).parent
OUTPUT = NAMES / "libraries" / "generated.json"
NOT_THEIR_OWN = {"test", "tests", "testing", "examples", "example", "docs", "benchmarks", "vendor"}

Entry = list[object]


class Release(TypedDict):
    entries: dict[str, list[str]]
    """By dotted name: kind, effect, effect from 3.14 on, and what it depends on."""
    names: list[str]
    """All that there is."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cache", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    libraries = tomllib.loads((HERE / "libraries.toml").read_text("utf-8"))
    chosen = {
        name: one for name, one in libraries.items() if not options.only or name in options.only
    }
    known = json.loads(OUTPUT.read_text("utf-8")) if options.only else {}
    todo = [
        (name, release, one["modules"], one.get("with", []), options.cache)
        for name, one in chosen.items()
        for release in one["releases"]
    ]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        answers = list(pool.map(_learn, *zip(*todo, strict=True)))
    for name, one in chosen.items():
        learnt = {
            release: answer
            for (distribution, release, *_), answer in zip(todo, answers, strict=True)
            if distribution == name and answer is not None
        }
        if learnt:
            known[name] = {
                "modules": one["modules"],
                "releases": list(learnt),
                "entries": dict(_merged(list(learnt.values()))),
            }
    OUTPUT.write_text(_written(known), "utf-8")
    print(f"{len(known)} libraries, {sum(len(one['entries']) for one in known.values())} names")
    return 0


def _learn(
    name: str, release: str, own: Sequence[str], also: Sequence[str], cache: Path
) -> Release | None:
    """Return what a release tells of its `own` modules, None where it cannot be installed."""
    folder = cache / f"{name}-{release}"
    remembered = cache / f"{name}-{release}.{_digest()}.json"
    if remembered.exists():
        return cast("Release", json.loads(remembered.read_text("utf-8")))
    if not folder.exists() and not _install(f"{name}=={release}", also, folder):
        print(f"{name} {release}: cannot be installed", file=sys.stderr)
        return None
    modules = sorted(
        module
        for module in _modules(folder, name)
        if any(f"{module}.".startswith(f"{each}.") for each in own)
    )
    surveyed = survey(module_finder([str(folder)]), modules)
    entries = {
        dotted: [
            one.kind.value,
            _short(one.effect),
            _short(one.effect_from_314),
            *(each if place is None else f"{each}/{place}" for each, place in one.unless),
        ]
        for dotted, one in surveyed.known.items()
    }
    found: Release = {"entries": entries, "names": sorted(surveyed.names)}
    remembered.write_text(json.dumps(found), "utf-8")
    print(f"{name} {release}: {len(modules)} modules, {len(entries)} names", file=sys.stderr)
    return found


def _install(requirement: str, also: Sequence[str], folder: Path) -> bool:
    draft = folder.with_name(f"{folder.name}.draft")
    pip = ["uv", "pip"] if shutil.which("uv") else [sys.executable, "-m", "pip"]
    command = [*pip, "install", "--quiet", "--target", str(draft)]
    for needs in ([*also], ["--no-deps"]):
        done = subprocess.run([*command, requirement, *needs], capture_output=True, check=False)
        if done.returncode == 0:
            draft.rename(folder)
            return True
    return False


def _modules(folder: Path, name: str) -> Iterator[str]:
    """Yield the public modules of a distribution, told by what it installed."""
    wanted = name.lower().replace("-", "_").replace(".", "_")
    for record in folder.glob("*.dist-info/RECORD"):
        installed = record.parent.name.rpartition(".")[0].partition("-")[0]
        if installed.lower().replace("-", "_").replace(".", "_") != wanted:
            continue
        for line in record.read_text("utf-8").splitlines():
            path = Path(line.partition(",")[0])
            if path.suffix != ".py":
                continue
            parts = [*path.parent.parts, *([] if path.stem == "__init__" else [path.stem])]
            dotted = ".".join(parts)
            if parts and is_public(dotted) and not NOT_THEIR_OWN & set(parts) and "-" not in dotted:
                yield dotted


def _merged(releases: Sequence[Release]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each name with what it is over which of the releases, by their numbers.

    Where a release has no such name it does not count, for nobody can use it there.
    """
    there = [set(release["names"]) for release in releases]
    for name in sorted({name for release in releases for name in release["entries"]}):
        owner = name.rpartition(".")[0]
        entries = [
            release["entries"].get(name)
            or (None if name in names or owner in names else ["absent"])
            for release, names in zip(releases, there, strict=True)
        ]
        ranges: list[Entry] = []
        for entry, group in groupby(range(len(releases)), key=lambda index: entries[index]):
            numbers = list(group)
            if entry is not None:
                ranges.append([numbers[0], numbers[-1], *entry])
        yield name, ranges


def _short(effect: Effect | None) -> str:
    return {None: "", Effect.CAPTURES: "captures", Effect.NEEDS_RUNNING: "needs"}[effect]


def _written(known: Mapping[str, Mapping[str, object]]) -> str:
    """Return the data with a line for each name, so that a change can be read."""
    lines = ["{"]
    for position, (name, one) in enumerate(sorted(known.items())):
        entries = one["entries"]
        assert isinstance(entries, dict)
        lines.append(f' {json.dumps(name)}: {{"modules": {json.dumps(one["modules"])},')
        lines.append(f'  "releases": {json.dumps(one["releases"])},')
        lines.append('  "entries": {')
        lines += [
            f"   {json.dumps(dotted)}: {json.dumps(ranges)}{',' if index < len(entries) else ''}"
            for index, (dotted, ranges) in enumerate(entries.items(), 1)
        ]
        lines.append("  }}" + ("," if position + 1 < len(known) else ""))
    return "\n".join([*lines, "}"]) + "\n"


def _digest() -> str:
    """Return what tells one state of the interpreter from another."""
    sources = sorted(NAMES.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


if __name__ == "__main__":
    raise SystemExit(main())
