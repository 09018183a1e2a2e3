"""What the rules say of one text in its project, now or in an earlier run. Changes no file.

A fault of ours ends here, never at the user.
"""

from __future__ import annotations

import functools
import gc
import os
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_asyncrun import cache, files
from flake8_asyncrun.cache import Answer, Cache, Evidence, Ground
from flake8_asyncrun.config import Config, ConfigError, selected
from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.files import FileError
from flake8_asyncrun.locks import Versions, versions
from flake8_asyncrun.names.knowledge import Knowledge, Told
from flake8_asyncrun.names.project import FindModule, Project
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.rules import ALL, CODES

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule
    from flake8_asyncrun.names.target import Target

Configure = Callable[[str], Config]
"""The configuration of a path; may raise ConfigError."""


@dataclass(frozen=True)
class Found:
    """What the rules said of one text."""

    findings: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()
    """What went wrong, one line each, without the path."""


@dataclass(frozen=True)
class Heard:
    """What was said of a text elsewhere: it counts for this text alone."""

    text: str
    found: Found
    unreadable: tuple[str, int | None] | None
    """Why it cannot be analysed, and in which line."""
    names: frozenset[str]
    """The modules that it led to."""


@dataclass(frozen=True)
class Surroundings:
    """What answers about a file are made of, and where they are kept."""

    project: Project
    cache: Cache | None
    where: Callable[[str], Path | None]
    """From the name of a module to the path of its text."""


FindSurroundings = Callable[[str, Config], Surroundings]
"""What there is around the file at a path; may raise FileError."""


@dataclass(frozen=True)
class _Place:
    """What is the same for all files in a folder."""

    folders: tuple[str, ...]
    """Where imports are looked up."""
    wanted: Versions
    cache: Path | None


def asked(config: Config) -> tuple[Rule, ...]:
    """Return the rules to ask, as `asked_codes` does."""
    codes = asked_codes(config)
    return tuple(rule for rule in ALL if rule.code in codes)


def asked_codes(config: Config) -> frozenset[str]:
    """Return the codes of the rules to ask: what is selected, and off by default only if by its own
    code.

    Raises ConfigError for a prefix that begins no code.
    """
    chosen = selected(config, CODES)
    return frozenset(code for code in chosen if not CODES[code] or code in config.select)


def look(path: str, text: str, configure: Configure) -> tuple[Source, Found]:
    """Return what the selected rules say of one text, whatever is suppressed. Nothing is raised.

    The others are asked too, so that what is kept serves whatever is selected.
    """
    source = Source(path, text)
    try:
        config = configure(path)
        source = Source(path, text, files.module_name(path, files.project_roots(path, config.src)))
        codes = asked_codes(config)
        around = _around(path, config)
    except (ConfigError, FileError) as error:
        return source, Found(errors=(str(error),))
    try:
        wanted = [code for code, is_optional in CODES.items() if not is_optional or code in codes]
        found = _answer(source, around, wanted)
        chosen = tuple(finding for finding in found.findings if finding.code in codes)
        return source, replace(found, findings=chosen)
    except Unreadable as error:
        return source, Found(errors=(str(error),))


def answer(
    source: Source,
    around: Surroundings,
    rules: Sequence[Rule],
    rested_on: list[Evidence] | None = None,
    told: Heard | None = None,
) -> Found:
    """Return what rules say of a file, now or in an earlier run, as `_ask` does.

    What an answer that is kept rests on is added to `rested_on`. Where they were asked elsewhere,
    that is what was `told`.
    """
    return _answer(source, around, [rule.code for rule in rules], rules, rested_on, told)


def _answer(
    source: Source,
    around: Surroundings,
    codes: Collection[str],
    asking: Sequence[Rule] | None = None,
    rested_on: list[Evidence] | None = None,
    told: Heard | None = None,
) -> Found:
    """Do as `answer` does for rules of some codes, by default for those of ALL, which are imported
    only where they have to be asked."""
    rests = [] if rested_on is None else rested_on
    kept = around.cache

    def hear() -> Found:
        rules = [rule for rule in ALL if rule.code in codes] if asking is None else asking
        return _hear(source, around.project, rules, told)

    question = (
        kept.question(source.path, source.module, source.text, codes)
        if kept is not None and may_have_findings(source.text)
        else None
    )
    if kept is None or question is None:
        return hear()
    if (known := kept.recall(question)) is not None:
        rests += [known.evidence] if known.evidence is not None else []
        if known.unreadable is not None:
            raise Unreadable(*known.unreadable)
        if known.prints_back:
            # Else it would take a tree to say in which line a finding is.
            source.printed = source.text
        return Found(known.findings)
    with around.project.consulting() as names:
        try:
            found = hear()
        except Unreadable as error:
            rests.append(kept.keep(question, Answer(unreadable=(str(error), error.line)), names))
            raise
    if not found.errors:
        prints_back = bool(found.findings) and source.prints_back
        answered = Answer(found.findings, prints_back=prints_back)
        rests.append(kept.keep(question, answered, names))
    return found


def _hear(source: Source, project: Project, rules: Sequence[Rule], told: Heard | None) -> Found:
    """Return what was told of this very text, else what rules say of it."""
    if told is None or told.text != source.text:
        return _ask(source, project, rules)
    with project.consulting() as names:
        names |= told.names
    if told.unreadable is not None:
        raise Unreadable(*told.unreadable)
    return told.found


def tell(source: Source, project: Project, rules: Sequence[Rule]) -> Heard:
    """Return what rules say of a file in a project, to be told elsewhere."""
    with project.consulting() as names:
        try:
            found, unreadable = _ask(source, project, rules), None
        except Unreadable as error:
            found, unreadable = Found(), (str(error), error.line)
    return Heard(source.text, found, unreadable, frozenset(names))


def _ask(source: Source, project: Project, rules: Sequence[Rule]) -> Found:
    """Ask rules about a file; one that raises loses its own findings only.

    Raises Unreadable, and nothing else.
    """
    try:
        with collecting_rarely():
            return Found(tuple(analyze(source, project, rules)))
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - the fence around the rules
        if len(rules) <= 1:
            return Found(errors=(our_fault(error),))
    each = [(rule.code, _ask(source, project, [rule])) for rule in rules]
    findings = (finding for _, found in each for finding in found.findings)
    faults: dict[str, list[str]] = {}
    for code, found in each:
        for fault in found.errors:
            faults.setdefault(fault, []).append(code)
    return Found(
        tuple(sorted(findings, key=lambda finding: (finding.span, finding.code))),
        tuple(f"{', '.join(codes)}: {fault}" for fault, codes in faults.items()),
    )


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage in rings less often: trees and values are many, and nearly all stay."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def our_fault(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    reason = " ".join(str(error).split())[:200]
    return f"a bug of ours{place}: {type(error).__name__}{': ' if reason else ''}{reason}"


def surroundings(
    changed: Mapping[str, str],
    *,
    cached: bool,
    folder: Path | None = None,
    held: list[int] | None = None,
) -> FindSurroundings:
    """Return what sees the `changed` texts instead of what is on disk.

    One project serves all files that look imports up in the same folders, and want the same.
    Answers are kept in `folder`, by default in that of the project. The lengths of the texts of
    modules that are read are added to `held`.
    """

    def overlaid(find_module: FindModule) -> FindModule:
        def find(name: str) -> tuple[str, str] | None:
            found = find_module(name)
            if found is not None and held is not None:
                held.append(len(found[1]))
            if found is None or not changed:
                return found
            path, text = found
            return path, changed.get(os.path.realpath(path), text)

        return find

    @functools.cache
    def project(
        folders: tuple[str, ...], target: Target, told: Told, wanted: Versions
    ) -> tuple[Project, Ground]:
        finder = files.module_finder(folders)
        find_module = overlaid(finder)
        ground = Ground(finder, find_module, changed, wanted)
        return Project(find_module, target, Knowledge(told, ground.choose)), ground

    places: dict[tuple[Path, str | None, tuple[str, ...]], _Place] = {}

    def find(path: str, config: Config) -> Surroundings:
        told = Told(
            frozenset(config.loop_capturing),
            frozenset(config.coroutine_functions),
            frozenset(config.known_safe),
        )
        key = Path(path).absolute().parent, config.python, config.src
        if key not in places:
            kept_in = (folder or cache.folder_of(path)) if cached else None
            places[key] = _Place(_search_path(path, config), versions(path), kept_in)
        place = places[key]
        found, ground = project(place.folders, config.target, told, place.wanted)
        if place.cache is None:
            return Surroundings(found, None, ground.finder.where)
        names = (told.loop_capturing, told.coroutine_functions, told.known_safe)
        settings = (place.folders, str(config.target), *map(sorted, names))
        return Surroundings(found, Cache(place.cache, settings, ground), ground.finder.where)

    return find


def _search_path(path: str, config: Config) -> tuple[str, ...]:
    """Return where imports lead. Raises FileError, with where an unusable `python` is said."""
    try:
        return files.search_path(path, config.python, config.src)
    except FileError as error:
        if not config.python_said_in:
            raise
        raise FileError(config.python_said_in, f"python: {error}") from None


_around = surroundings({}, cached=True)
"""For a process that asks about one file at a time, and whose files do not change meanwhile."""
