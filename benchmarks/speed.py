"""Show what a run costs, beside what others cost on the same files, and how that grows.

    python -m benchmarks.speed CORPUS [--page docs/speed.md] [--quick] [--work FOLDER]

CORPUS is a folder of Python code; where there is none it is fetched (see benchmarks/corpus.py). The
work folder, by default CORPUS-speed beside it, gets an environment with the programs that are
compared, and links to the corpus. `--quick` takes 2,000 files, and repeats less.

Everything is measured from the outside, as whole processes; what is compared takes turns, so that
a busy machine hits all alike. The page says what was measured, and how.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus, timed
from benchmarks.peers import table
from tests.interpreters import interpreters

HERE = Path(__file__).parent.parent
SEED = 20261124
US = "asyncrun-fix"

READING = """\
import os, sys
for root in sys.argv[1:]:
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith((".py", ".pyi")):
                with open(os.path.join(folder, name), "rb") as file:
                    file.read()
"""

IMPORTING = """\
import sys
import flake8_asyncrun.plugin
ours = [name for name in sys.modules if name.startswith("flake8_asyncrun")]
print(len(ours), "libcst" in sys.modules)
"""

# ---------------------------------------------------------------------- what is measured


Command = list[str | Path]


@dataclass(frozen=True)
class Cost:
    """What a whole process took, with all that it started."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds."""
    peak: float
    """Bytes, of the process that had most."""


@dataclass(frozen=True)
class Case:
    """A command, and how it is made ready."""

    command: Command
    environment: Mapping[str, str | Path]
    folder: Path
    prepare: Callable[[], None] = lambda: None
    most: int = 1_000
    """How often it is measured at most: some take long."""


Costs = Mapping[str, Sequence[Cost]]
"""By the name of what was measured, one for each round."""


def measure(case: Case) -> Cost:
    """Return what a command took. Raises SystemExit where it could not do its work."""
    case.prepare()
    result = case.folder.parent / f"result-{os.getpid()}.json"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-S", timed.__file__, result, *case.command],
        cwd=case.folder,
        env={**kept, **case.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode or not result.exists():
        raise SystemExit(f"{' '.join(map(str, case.command))[:500]}: {done.stderr[-2000:]}")
    found = json.loads(result.read_text("utf-8"))
    result.unlink()
    if not is_well(Path(case.command[0]).name, found["code"], done.stderr):
        raise SystemExit(f"{' '.join(map(str, case.command))[:500]}: {done.stderr[-2000:]}")
    return Cost(found["wall"], found["cpu"], found["peak"])


def is_well(program: str, code: int, errors: str) -> bool:
    """Say whether a program has done its work: found something or not, and maybe files that it
    cannot read, as there are some in old code."""
    if "Traceback (most recent call last)" in errors:
        return False
    codes = {"pylint": range(32), US: range(3)}  # pylint adds up what it found
    return code in codes.get(program, range(2))


def in_turns(cases: Mapping[str, Case], rounds: int) -> dict[str, list[Cost]]:
    """Return what the cases took in each round, in which each has its turn, as often as it may."""
    found: dict[str, list[Cost]] = {name: [] for name in cases}
    for number in range(rounds):
        for name, case in cases.items():
            if number < case.most:
                found[name].append(measure(case))
                last = found[name][-1]
                print(f"{name}: {last.wall:.2f} s, {last.cpu:.2f} s of CPU", file=sys.stderr)
    return found


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of what several rounds took."""
    walls, cpus = [one.wall for one in costs], [one.cpu for one in costs]
    peaks = [one.peak for one in costs]
    return Cost(statistics.median(walls), statistics.median(cpus), statistics.median(peaks))


def ratio(costs: Sequence[Cost], base: Sequence[Cost]) -> tuple[float, float]:
    """Return how many times as much wall time and CPU some rounds took as those of a base, which
    had their turns beside them: the medians of what each pair says."""
    pairs = list(zip(costs, base, strict=False))
    walls = [one.wall / other.wall for one, other in pairs]
    cpus = [one.cpu / max(other.cpu, 0.001) for one, other in pairs]
    return statistics.median(walls), statistics.median(cpus)


# ---------------------------------------------------------------------- the programs

PROGRAMS = ("ruff==0.17.6", "flake8==7.5.0", "pylint==4.1.4", "pyright==1.1.414")
FLAKE8_ASYNC = "flake8-async==26.8.1"


@dataclass(frozen=True)
class Programs:
    """What is compared, in an environment of its own; plugins of flake8 each beside it."""

    folder: Path
    missing: Mapping[str, str]
    """What could not be installed, and why."""

    def has(self, name: str) -> bool:
        return name not in self.missing

    def path(self, name: str) -> Path:
        return self.folder / "programs" / "bin" / name

    @property
    def us(self) -> Path:
        return self.folder / "ours" / "bin" / US

    @property
    def ours(self) -> dict[str, str | Path]:
        return {"PYTHONPATH": self.folder / "ours"}

    @property
    def theirs(self) -> dict[str, str | Path]:
        return {"PYTHONPATH": self.folder / "async"}


def install(folder: Path) -> Programs:
    """Install what is compared, where it is not there yet, and us, as we are now."""
    missing: dict[str, str] = {}
    python = folder / "programs" / "bin" / "python"
    if not python.exists():
        # One that can read all of the corpus, where there is one.
        able = (one.path for one in interpreters() if one.version == (3, 13))
        subprocess.run([next(able, sys.executable), "-m", "venv", folder / "programs"], check=True)

    def pip(name: str, *arguments: str | Path) -> None:
        command: Command = [
            python,
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "install",
        ]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            missing[name] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]

    for requirement in PROGRAMS:
        pip(requirement.partition("==")[0], requirement)
    if not (folder / "async").exists():
        pip("flake8-async", "--target", folder / "async", FLAKE8_ASYNC)
    shutil.rmtree(folder / "ours", ignore_errors=True)
    pip(US, "--target", folder / "ours", HERE)
    if needed := missing.keys() & {US, "ruff", "flake8"}:
        raise SystemExit("\n".join(f"{name}: {missing[name]}" for name in sorted(needed)))
    if "pyright" not in missing:
        # It is a program in Node.js, which it may have to fetch.
        done = subprocess.run(
            [folder / "programs" / "bin" / "pyright", "--version"], capture_output=True, check=False
        )
        if done.returncode:
            missing["pyright"] = "it does not start"
    return Programs(folder, missing)


# ---------------------------------------------------------------------- the files


def files_of(root: Path) -> list[Path]:
    """Return the Python files of a corpus, by their names in it, in a fixed order."""
    found = (path for path in root.rglob("*.py") if not path.is_symlink() and path.is_file())
    return sorted(path.relative_to(root) for path in found)


def shuffled(paths: Sequence[Path]) -> list[Path]:
    """Return the paths in a random order that is the same each time."""
    mixed = list(paths)
    random.Random(SEED).shuffle(mixed)
    return mixed


def links(root: Path, paths: Sequence[Path], to: Path) -> None:
    """Make a folder anew with hard links to files, or copies where there can be none."""
    shutil.rmtree(to, ignore_errors=True)
    for path in paths:
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            (to / path).hardlink_to(root / path)
        except OSError:
            shutil.copy2(root / path, to / path)


def rows_of(root: Path, mixed: Sequence[Path], count: int, to: Path) -> list[Path]:
    """Make folders of a thousand files each, `count` in all, and return them.

    Where the corpus has fewer, its files come again.
    """
    shutil.rmtree(to, ignore_errors=True)
    found = []
    for number in range(count // 1_000):
        places = range(number * 1_000, (number + 1) * 1_000)
        folder = to / f"part{number:02}"
        by_turn: dict[int, list[Path]] = {}
        for place in places:
            by_turn.setdefault(place // len(mixed), []).append(mixed[place % len(mixed)])
        for turn, paths in by_turn.items():
            links(root, paths, folder / f"turn{turn}")
        found.append(folder)
    return found


def repositories(root: Path, mixed: Sequence[Path], folder: Path, size: int) -> tuple[Path, Path]:
    """Make two repositories of `size` files: one where 3 % of them name asyncio, and one where all
    do."""
    naming: list[Path] = []
    others: list[Path] = []
    for path in mixed:
        if len(naming) >= size and len(others) >= size:
            break
        (naming if b"asyncio" in (root / path).read_bytes() else others).append(path)
    few = round(size * 0.03)
    chosen = {"few": [*naming[:few], *others[: size - few]], "all": naming[:size]}
    for name, paths in chosen.items():
        links(root, paths, folder / name)
        (folder / name / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    return folder / "few", folder / "all"


PIECE = '''
class Service{number}:
    """One of many: it is asked for pages, and keeps some."""

    def __init__(self, hosts, limit=10):
        self.hosts = list(hosts)
        self.limit = asyncio.Semaphore(limit)
        self.pages = {{}}

    async def fetch(self, host, path="/"):
        async with self.limit:
            reader, writer = await asyncio.open_connection(host, 80)
            writer.write(f"GET {{path}} HTTP/1.0\\r\\nHost: {{host}}\\r\\n\\r\\n".encode())
            try:
                page = await asyncio.wait_for(reader.read(), timeout=10)
            except asyncio.TimeoutError:
                log.warning("no answer from %s", host)
                return None
            finally:
                writer.close()
        self.pages[host, path] = page
        return page

    async def fetch_all(self):
        tasks = [asyncio.create_task(self.fetch(host)) for host in self.hosts]
        for done in asyncio.as_completed(tasks):
            if (page := await done) is not None:
                log.info("%d bytes", len(page))
        return await asyncio.gather(*tasks, return_exceptions=True)

    def run(self):
        if not self.hosts:
            raise ValueError("no hosts")
        return asyncio.run(self.fetch_all())


def main{number}(hosts):
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(Service{number}(hosts).fetch_all())
'''


def program(size: int) -> str:
    """Return a program of about `size` bytes that uses asyncio all over."""
    head = "import asyncio\nimport logging\n\nlog = logging.getLogger(__name__)\n\n"
    parts, length = [head], len(head)
    while not parts[1:] or length + len(parts[-1]) / 2 < size:
        parts.append(PIECE.format(number=len(parts)))
        length += len(parts[-1])
    return "".join(parts)


# ---------------------------------------------------------------------- the questions

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
COUNTS = (1_000, 2_000, 5_000, 10_000, 20_000, 40_000)
LONG = 10_000
"""Files from which on once is enough."""
QUICK_SIZES = SIZES[:4]
QUICK_COUNTS = COUNTS[:2]


def _emptying(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def whole(programs: Programs, root: Path) -> dict[str, Case]:
    """Return what is asked about all files of a folder; "ruff, cold" is the base."""
    caches = programs.folder / "caches"
    ruff: Command = [programs.path("ruff"), "check", "--isolated", "--select", "ASYNC,RUF006"]
    ruff_cache: Command = ["--cache-dir", caches / "ruff"]
    reading: Command = [programs.path("python"), "-S", "-c", READING, root]
    cases = {
        "reading all files": Case(reading, {}, root),
        "ruff, cold": Case([*ruff, "--no-cache", root], {}, root),
        # Unlike the one above this is not shown: it fills the cache for the next.
        "ruff, cache made": Case([*ruff, *ruff_cache, root], {}, root, _emptying(caches / "ruff")),
        "ruff, warm": Case([*ruff, *ruff_cache, root], {}, root),
    }
    for jobs in (1, 2):
        kept = caches / f"ours{jobs}"
        options: Command = ["--check", "--isolated", "--jobs", str(jobs), "--cache-dir", kept]
        command: Command = [programs.us, *options, root]
        name = f"{US}, {jobs} job{'s' if jobs > 1 else ''}"
        cases[f"{name}, cold"] = Case(command, programs.ours, root, _emptying(kept), most=1)
        cases[f"{name}, warm"] = Case(command, programs.ours, root)
    return cases


def plugins(programs: Programs, root: Path, *, slow: int) -> dict[str, Case]:
    """Return what is asked of flake8 about a repository; "flake8" is the base.

    Where all is slow, it is measured `slow` times.
    """
    flake8: Command = [programs.path("flake8"), "--isolated", root]
    kept = programs.folder / "caches" / f"plugin-{root.name}"
    ours = {**programs.ours, "ASYNCRUN_CACHE_DIR": kept}
    cases = {
        "flake8": Case(flake8, {}, root),
        "flake8 with us, cold": Case(flake8, ours, root, _emptying(kept)),
        "flake8 with us, warm": Case(flake8, ours, root),
    }
    if programs.has("flake8-async"):
        cases["flake8 with flake8-async"] = Case(flake8, programs.theirs, root, most=slow)
    return cases


def slow_ones(programs: Programs, root: Path, *, slow: int) -> dict[str, Case]:
    """Return what is asked of type checkers and the like about a sample; flake8 is the base."""
    paths = [root / path for path in files_of(root)]
    commands: dict[str, Command] = {"flake8": [programs.path("flake8"), "--isolated", root]}
    if programs.has("pylint"):
        commands["pylint"] = [programs.path("pylint"), "--rcfile=/dev/null", "--jobs=2", *paths]
    if programs.has("pyright"):
        python = programs.path("python")
        commands["pyright"] = [programs.path("pyright"), "--pythonpath", python, *paths]
    return {name: Case(command, {}, root, most=slow) for name, command in commands.items()}


def growing(programs: Programs, parts: Sequence[Path], counts: Sequence[int]) -> dict[str, Case]:
    """Return the same question about more and more files."""
    options = ["--check", "--isolated", "--no-cache", "--jobs", "2"]
    return {
        f"{count:,}": Case(
            [programs.us, *options, *parts[: count // 1_000]],
            programs.ours,
            parts[0].parent,
            most=3 if count < LONG else 1,
        )
        for count in counts
    }


def single(programs: Programs, folder: Path, sizes: Sequence[int]) -> dict[str, Case]:
    """Return the same question about a larger and larger file; their sizes are near those."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cases = {}
    for size in sizes:
        path = folder / f"of_{size}.py"
        path.write_text(program(size), "utf-8")
        options = ["--check", "--isolated", "--no-cache", "--jobs", "1"]
        cases[f"{path.stat().st_size:,}"] = Case(
            [programs.us, *options, path], programs.ours, folder
        )
    return cases


def starting(programs: Programs, folder: Path) -> dict[str, Case]:
    """Return what costs nothing but to start."""
    return {
        "python -c pass": Case([programs.path("python"), "-c", "pass"], {}, folder),
        f"{US} --version": Case([programs.us, "--version"], programs.ours, folder),
        f"{US} --help": Case([programs.us, "--help"], programs.ours, folder),
        "ruff --version": Case([programs.path("ruff"), "--version"], {}, folder),
    }


# ---------------------------------------------------------------------- the page


def compared(costs: Costs, base: str) -> str:
    """Return what was measured as a table, each beside the base."""
    rows: list[list[object]] = [
        ["", "wall s", "CPU s", "peak MB", f"wall ÷ {base}", f"CPU ÷ {base}", "rounds"]
    ]
    for name, rounds in costs.items():
        cost = median(rounds)
        wall, cpu = ratio(rounds, costs[base])
        shown = [f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak / 1e6:.0f}"]
        rows.append([name, *shown, f"{wall:.3f}", f"{cpu:.3f}", len(rounds)])
    return table(rows)


def grown(costs: Costs, what: str, unit: int, per: str) -> str:
    """Return how costs grow with what they are named by, a number; `unit` of it is one `per`.

    What it takes to start is in it, so that little looks dear.
    """
    rows: list[list[object]] = [
        [what, "wall s", "CPU s", "peak MB", f"CPU ms per {per}", "÷ largest"]
    ]
    each = {name: median(rounds) for name, rounds in costs.items()}
    per_unit = {name: cost.cpu / (_number(name) / unit) for name, cost in each.items()}
    last = per_unit[max(each, key=_number)]
    for name, cost in each.items():
        shown = [f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak / 1e6:.0f}"]
        rows.append([name, *shown, f"{per_unit[name] * 1000:.2f}", f"{per_unit[name] / last:.2f}"])
    return table(rows)


def _number(name: str) -> int:
    return int(name.replace(",", ""))


def started(costs: Costs) -> str:
    rows: list[list[object]] = [["", "CPU ms, best", "CPU ms, median", "wall ms, median"]]
    for name, rounds in costs.items():
        best = min(one.cpu for one in rounds)
        cost = median(rounds)
        rows.append([f"`{name}`", *(f"{one * 1000:.0f}" for one in (best, cost.cpu, cost.wall))])
    return table(rows)


PAGE = """\
<!-- Written by `python -m benchmarks.speed CORPUS --page docs/speed.md`. -->

# What a run costs

Measured on {date}: {machine}, CPython {python}; {versions}.{quick}

Whole processes, with all that they start: wall time, CPU time, and the memory of the largest
process. What stands in one table took turns; shown are medians, and the ratios are medians of what
each round says. The files had been read before, so they came from memory. Seconds are this
machine's; what carries over is the ratios. ruff takes all cores; it is asked for its rules about
async code (`--select ASYNC,RUF006`), which are other rules than ours.

## All files

{files}

{whole}

Cold is without a cache (ruff), or with an empty one that is filled (`asyncrun-fix`). Warm is the
same once more, with nothing changed. It does not show what a run costs after a change.

## The flake8 plugin

{repositories}

A repository where few files use asyncio, 3 % of them:

{few}

One where all do:

{all}

Warm is how it is lived with: what was said of a file that has not changed, nor what it imports, is
kept. Below 0.97, or where the ratios of wall and CPU differ much, the machine was too busy to tell.

## Slower ones

{slow}

What these look for is more, and something else: this says only what it takes to have them beside.

## More files

`asyncrun-fix --check --no-cache --jobs 2`, on random files of the same mix, so that each thousand
is like any other; most of their imports lead nowhere, which is cheaper than in a repository.

{growth}

## A larger file

The same with one job, on one file of ordinary classes that use asyncio, with one finding in each.

{single}

## Starting

{starting}

{importing}
"""


def importing(programs: Programs) -> str:
    """Say what importing the plugin imports."""
    done = subprocess.run(
        [programs.path("python"), "-c", IMPORTING],
        env={"PYTHONPATH": str(programs.folder / "ours")},
        cwd=programs.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    count, has_libcst = done.stdout.split()
    libcst = "LibCST among them" if has_libcst == "True" else "and not LibCST"
    return f"`import flake8_asyncrun.plugin` imports {count} modules of ours, {libcst}."


def python_version(programs: Programs) -> str:
    command: Command = [programs.path("python"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("Python ")


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores ({model}), {platform.system()}"


def page(programs: Programs, root: Path, *, quick: bool) -> Iterator[tuple[str, str]]:
    """Measure everything, and yield the parts of the page by their names as they are known."""
    work = programs.folder
    names = files_of(root)
    mixed = shuffled(names)
    if quick:
        links(root, mixed[:2_000], work / "some")
    chosen = work / "some" if quick else root
    # 3 % of 400 files, and ten times as slow a plugin on as many that all need it.
    few, everywhere = repositories(root, mixed, work / "repositories", 100 if quick else 400)
    sample = work / "sample"
    links(everywhere, files_of(everywhere)[:: 5 if quick else 4], sample)
    counts, sizes = (QUICK_COUNTS, QUICK_SIZES) if quick else (COUNTS, SIZES)
    parts = rows_of(root, mixed, counts[-1], work / "parts")
    time.sleep(3)  # what was made just now is not relied on by a cache

    found = (
        [root / path for path in names] if not quick else [chosen / one for one in mixed[:2_000]]
    )
    texts = [path.read_bytes() for path in found]
    naming = sum(b"asyncio" in text for text in texts)
    size = sum(map(len, texts)) / 1e6
    told = f"{len(texts):,} files of the corpus (see benchmarks/corpus.py), {size:.0f} MB"
    yield "files", f"{told}, of which {naming:,} name asyncio."
    del texts
    costs = in_turns(whole(programs, chosen), 3)
    del costs["ruff, cache made"]
    yield "whole", compared(costs, "ruff, cold")

    yield (
        "repositories",
        f"{len(files_of(few))} files of the corpus each, and flake8 with no options.",
    )
    rounds = 3
    for name, folder in (("few", few), ("all", everywhere)):
        shown = compared(in_turns(plugins(programs, folder, slow=1), rounds), "flake8")
        yield name, shown + _said("flake8-async", programs)
    slow = compared(in_turns(slow_ones(programs, sample, slow=1), 1), "flake8")
    slow = f"On {len(files_of(sample))} files of that repository:\n\n{slow}"
    yield "slow", slow + _said("pylint", programs) + _said("pyright", programs)

    costs = in_turns(growing(programs, parts, counts), 2 if quick else 3)
    yield "growth", grown(costs, "files", 1, "file")
    costs = in_turns(single(programs, work / "single", sizes), 2 if quick else 3)
    yield "single", grown(costs, "bytes", 1_000, "kB")
    yield "starting", started(in_turns(starting(programs, few), 5 if quick else 20))
    yield "importing", importing(programs)


def _said(name: str, programs: Programs) -> str:
    """Return a line about what could not be installed, if it could not."""
    reason = programs.missing.get(name)
    return f"\n\n{name} could not be installed: {reason}." if reason else ""


def versions(programs: Programs) -> str:
    """Return the releases that were compared."""
    wanted = (one for one in (*PROGRAMS, FLAKE8_ASYNC) if programs.has(one.partition("==")[0]))
    return ", ".join(one.replace("==", " ") for one in wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    root = options.corpus.resolve()
    if not corpus.is_complete(root) and not corpus.fetch(root):
        sys.exit("the corpus is incomplete; the next call fetches the rest")
    work = (options.work or root.with_name(f"{root.name}-speed")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    programs = install(work)
    quick = (
        "\n\n**A quick run**, of 2,000 files and with few rounds: rough." if options.quick else ""
    )
    parts = {
        "date": str(datetime.datetime.now(datetime.timezone.utc).date()),
        "machine": machine(),
        "python": python_version(programs),
        "versions": versions(programs),
        "quick": quick,
    }
    for name, text in page(programs, root, quick=options.quick):
        print(f"{name}\n\n{text}\n", flush=True)
        parts[name] = text
    if options.page:
        options.page.write_text(PAGE.format(**parts), "utf-8")


if __name__ == "__main__":
    main()
