"""Whole programs that run on old Pythons only, or warn: what repairing makes of them.

Each folder in tests/migrations is one:

- `migration.toml`: `says`, in one line what it shows; `target`, the oldest Python it is repaired
  for; `unsafe = true` where unsafe fixes are wanted; `select`, as in the configuration, for a rule
  that is off by default; `left`, the codes that are reported afterwards; and `[before]`, what
  before/main.py does, by Python, in the notation of tests/examples.py;
- `before/` and `after/`: main.py and what lies beside it;
- `output.txt`: what after/main.py prints on every Python of the target, and before/main.py wherever
  it ends well.

They are executed on the first Python of their target and on those of RUN_ON.

`pytest --update` writes `after/` and `output.txt`.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flake8_asyncrun.config import Config, ConfigError, parse
from flake8_asyncrun.names.target import KNOWN, Version, show
from flake8_asyncrun.rules import ALL
from flake8_asyncrun.run import run
from tests.examples import OK, Claim, Outcome, read_outcome, read_range
from tests.interpreters import Interpreter, interpreters
from tests.proof import Run, difference, run_program
from tests.snippets import case

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

pytestmark = pytest.mark.thorough

MIGRATIONS = Path(__file__).parent / "migrations"
MAIN = "main.py"
BEFORE, AFTER, OUTPUT, TOLD = "before", "after", "output.txt", "migration.toml"

RUN_ON: tuple[Version, ...] = ((3, 8), (3, 11), (3, 14), (3, 15))
"""Besides the first Python of its target: an old one, what most have, the newest."""

_OF_ASYNCIO = re.compile(
    r"^.*(?:\basyncio\b.*: DeprecationWarning: |: DeprecationWarning: .*\basyncio\b).*$",
    re.MULTILINE,
)


class MigrationError(Exception):
    """A migration is not written down as it should be; the text names the file and the fault."""


@dataclass(frozen=True)
class Migration:
    """A program before and after, with what is said of it."""

    folder: Path
    config: Config
    left: tuple[str, ...]
    claims: tuple[Claim, ...]

    def __str__(self) -> str:
        return self.folder.name

    @property
    def output(self) -> str:
        return (self.folder / OUTPUT).read_text("utf-8")

    def outcome_on(self, version: Version) -> Outcome | None:
        """Return what before/main.py does on a Python, None where nothing is said of it."""
        return next((claim.outcome for claim in self.claims if claim.covers(version)), None)

    def is_for(self, version: Version) -> bool:
        """Say whether after/main.py is to run on a Python."""
        return version >= self.config.target.first


@dataclass(frozen=True)
class Migrated:
    """What became of the files in `before`."""

    files: dict[str, bytes]
    applied: frozenset[str]
    """The codes whose fixes made it."""
    left: tuple[str, ...]
    errors: tuple[str, ...]


def read(folder: Path) -> Migration:
    """Return the migration in a folder; raise MigrationError for what its migration.toml lacks."""
    path = folder / TOLD
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        if unknown := sorted(set(told) - {"says", "target", "unsafe", "select", "left", BEFORE}):
            raise ValueError(f"unknown: {', '.join(unknown)}")
        if missing := sorted({"says", "target", BEFORE} - set(told)):
            raise ValueError(f"missing: {', '.join(missing)}")
        if not isinstance(told["says"], str) or len(told["says"].strip().splitlines()) != 1:
            raise ValueError("says is one line")
        settings = {
            "target-version": told["target"],
            "unsafe-fixes": told.get("unsafe", False),
            "select": told.get("select", ["ALL"]),
        }
        return Migration(folder, parse(settings), _left(told), tuple(_claims(told[BEFORE])))
    except (OSError, ValueError, ConfigError) as error:
        raise MigrationError(f"{path}: {error}") from None


def _left(told: dict[str, object]) -> tuple[str, ...]:
    left = told.get("left", [])
    known = {rule.code for rule in ALL}
    if not isinstance(left, list) or left != sorted(known.intersection(left)):
        raise ValueError("left is a list of codes, in their order, each once")
    return tuple(left)


def _claims(before: object) -> Iterator[Claim]:
    if not isinstance(before, dict) or not before:
        raise ValueError("before says for one Python at least what happens")
    claims = [Claim(*read_range(key), read_outcome(text)) for key, text in before.items()]
    for version in KNOWN:
        if sum(claim.covers(version) for claim in claims) > 1:
            raise ValueError(f"before says two things of Python {show(version)}")
    yield from claims


def missing_files(folder: Path) -> list[str]:
    """Return what a migration's folder has too few or too many of, by path in it."""
    there = {path.name for path in folder.iterdir()}
    parts = there ^ {BEFORE, AFTER, OUTPUT, TOLD}
    files = set(content(folder / BEFORE)) ^ set(content(folder / AFTER))
    mains = [f"{BEFORE}/{MAIN}"] if not (folder / BEFORE / MAIN).is_file() else []
    return sorted([*parts, *files, *mains])


def content(folder: Path) -> dict[str, bytes]:
    """Return the content of each file below a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@cache
def migrated(migration: Migration) -> Migrated:
    """Return what repairing makes of `before`; the folder itself is left alone."""
    return repaired(migration, content(migration.folder / BEFORE))


def repaired(migration: Migration, files: dict[str, bytes]) -> Migrated:
    """Return what repairing makes of files, with the settings of a migration."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        reports = run([folder], lambda _: migration.config, fix=True, write=True)
        return Migrated(
            content(Path(folder)),
            frozenset(one.code for report in reports for one in report.applied),
            tuple(sorted({one.code for report in reports for one in report.findings})),
            tuple(error for report in reports for error in report.errors),
        )


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files, by path, into a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)


@cache
def update(migration: Migration) -> None:
    """Write `after/`, and what it prints on the newest Python that is here."""
    after = migrated(migration).files
    shutil.rmtree(migration.folder / AFTER, ignore_errors=True)
    write(migration.folder / AFTER, after)
    done = run_program(interpreters()[-1].path, after, MAIN)
    (migration.folder / OUTPUT).write_text(done.stdout, "utf-8")


ALL_OF_THEM = tuple(read(folder) for folder in sorted(MIGRATIONS.iterdir()))

each_one = pytest.mark.parametrize("migration", ALL_OF_THEM, ids=str, indirect=True)


def on_each_python() -> Iterator[ParameterSet]:
    for migration in ALL_OF_THEM:
        for interpreter in interpreters():
            version = interpreter.version
            if version not in (*RUN_ON, migration.config.target.first):
                continue
            if migration.outcome_on(version) or migration.is_for(version):
                yield pytest.param(
                    migration,
                    interpreter,
                    id=f"{migration}-py{show(version)}",
                    marks=[] if interpreter.is_running else [pytest.mark.slow],
                )


@pytest.fixture
def migration(request: pytest.FixtureRequest) -> Migration:
    """One of them, brought up to date first where that is wanted."""
    wanted: Migration = request.param
    if request.config.getoption("--update"):
        update(wanted)
    return wanted


@each_one
def test_is_written_down_in_full(migration: Migration) -> None:
    assert missing_files(migration.folder) == []


@each_one
def test_becomes_what_is_written_down(migration: Migration) -> None:
    done = migrated(migration)
    assert done.errors == ()
    assert done.files == content(migration.folder / AFTER), "`pytest --update` writes it"
    assert done.left == migration.left
    assert done.applied or done.left


@each_one
def test_is_repaired_once_and_for_all(migration: Migration) -> None:
    after = content(migration.folder / AFTER)
    again = repaired(migration, after)
    assert (again.files, again.applied, again.errors) == (after, frozenset(), ())


@pytest.mark.parametrize(("migration", "python"), [*on_each_python()], indirect=["migration"])
def test_runs_as_it_says(migration: Migration, python: Interpreter) -> None:
    claim = migration.outcome_on(python.version)
    if claim is not None:
        prove(migration, BEFORE, python, claim)
    if migration.is_for(python.version):
        done = prove(migration, AFTER, python, OK)
        warning = _OF_ASYNCIO.search(done.stderr) if python.version >= (3, 14) else None
        assert warning is None, f"on {python}: {done}"


def prove(migration: Migration, part: str, python: Interpreter, claim: Outcome) -> Run:
    """Run a part's main.py, and return what it did; raise AssertionError where that is not so."""
    files = content(migration.folder / part)
    done = run_program(python.path, files, MAIN)
    problem = difference(claim, done, list(files))
    if claim.kind in ("ok", "warns") and not problem and done.stdout != migration.output:
        problem = f"it does not print\n{migration.output}"
    assert not problem, f"{part}/{MAIN} on {python}: claims `{claim}`, but {problem}\n{done}"
    return done


def test_each_fix_has_its_part_in_one() -> None:
    applied = {code for migration in ALL_OF_THEM for code in migrated(migration).applied}
    expected = {rule.code for rule in ALL if rule.fix is not None}
    # Two are about libraries, which not every Python here has; one is about comments.
    assert expected - applied <= {"RUN107", "RUN302", "RUN002"}


def test_there_are_enough() -> None:
    assert len(ALL_OF_THEM) >= 40


GOOD = """\
says = "one gather"
target = "3.8"
[before]
"3.8" = "ok"
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        case("not TOML", "says", "migration.toml: "),
        case("unknown key", f"unsave = true\n{GOOD}", "unknown: unsave"),
        case("nothing said", GOOD.replace("says", "# says"), "missing: says"),
        case("two lines", GOOD.replace("one ", "one\\n"), "says is one line"),
        case("no Python", GOOD.replace("3.8", "3.6", 1), "target-version: "),
        case("not a boolean", f"unsafe = 1\n{GOOD}", "unsafe-fixes: "),
        case("no code", f'left = ["RUN999"]\n{GOOD}', "left is a list of codes"),
        case("no claim", GOOD.replace('"3.8" = "ok"', ""), "before says for one Python"),
        case("two claims", f'{GOOD}"3.7-3.9" = "ok"\n', "two things of Python 3.8"),
        case("no range", GOOD.replace('"3.8" =', '"3" ='), "'3' is no range"),
        case("no outcome", GOOD.replace('"ok"', '"fine"'), "'fine' is no outcome"),
    ],
)
def test_a_fault_in_what_is_told(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / TOLD).write_text(text, "utf-8")
    with pytest.raises(MigrationError, match=re.escape(fault)):
        read(tmp_path)


def test_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=re.escape(TOLD)):
        read(tmp_path)


def test_what_is_missing_and_what_is_too_much(tmp_path: Path) -> None:
    files = [TOLD, "notes.txt", f"{BEFORE}/app.py", f"{AFTER}/app.py", f"{AFTER}/{MAIN}"]
    write(tmp_path, dict.fromkeys(files, b""))
    assert missing_files(tmp_path) == ["before/main.py", "main.py", "notes.txt", OUTPUT]
