"""What we were told of libraries: by data that comes with us, and by the user.

`libraries/generated.json` was made by this folder's own interpreter over named releases,
`libraries/written.json` and `libraries/lost_loop.json` by hand, each entry with its source. None is
read before a name is asked for that has no source here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from flake8_asyncrun.names.values import Effect, Kind

Choose = Callable[[str, Sequence[str]], Sequence[str] | None]
"""From a distribution and the releases of it that are known, oldest first, to those that speak for
what the project may have; None where the project does not mention it."""


@dataclass(frozen=True)
class Known:
    """What calling one function or class of a library does."""

    name: str
    kind: Kind = Kind.UNKNOWN
    effect: Effect | None = None
    """Up to Python 3.13."""
    effect_from_314: Effect | None = None
    unless: tuple[tuple[str, int | None], ...] = ()
    """Parameters that change the effect, each with its position, None where it has none."""
    runs: bool = False
    """Whether it runs a loop of its own before it returns."""
    safe: bool = False
    """Whether it certainly does nothing to the loop."""
    error: str = ""
    """What it raises for want of a running loop; "": what asyncio does."""
    error_names: tuple[str, ...] = ()
    """Classes of that error, all of them a RuntimeError, by which code may catch it."""
    over_source: bool = False
    """Whether this counts more than what its source seems to say."""


@dataclass(frozen=True)
class LostLoop:
    """Functions and classes of a distribution that take no `loop` any more."""

    distribution: str
    since: str
    """The first release without it."""
    releases: tuple[str, ...]
    """The last one with it, then those from `since` on that are known, oldest first."""


@dataclass(frozen=True)
class Told:
    """What the user says of names, over all that we know."""

    loop_capturing: frozenset[str] = frozenset()
    coroutine_functions: frozenset[str] = frozenset()
    known_safe: frozenset[str] = frozenset()
    """Names of functions, classes or whole modules."""

    @property
    def names(self) -> frozenset[str]:
        return self.loop_capturing | self.coroutine_functions | self.known_safe

    def of(self, name: str) -> Known | None:
        """Return what the user says of a dotted name, None where that is nothing."""
        if name in self.coroutine_functions:
            return Known(name, Kind.COROUTINE)
        if name in self.loop_capturing:
            return Known(name, Kind.OTHER, Effect.CAPTURES, Effect.CAPTURES)
        parts = name.split(".")
        if any(".".join(parts[:end]) in self.known_safe for end in range(1, len(parts) + 1)):
            return Known(name, safe=True, over_source=True)
        return None


@dataclass(frozen=True)
class Knowledge:
    """Answers by name; `choose` says which releases of a distribution count."""

    told: Told = field(default_factory=Told)
    choose: Choose = lambda _distribution, _releases: None

    @functools.cached_property
    def last_names(self) -> frozenset[str]:
        """The last parts of all names for which `of_source` may have an answer."""
        names = [*self.told.names, *(name for name, one in _written().items() if one.over_source)]
        return frozenset(name.rpartition(".")[2] for name in names)

    def of(self, name: str) -> Known | None:
        """Return what is known of calling a dotted name that has no source, None for nothing."""
        if (known := self.told.of(name)) is not None:
            return known
        return _written().get(name) or self._generated(name)

    def has_members(self, name: str) -> bool:
        """Say whether something is known of a member of what a dotted name stands for."""
        return name in self._owners

    @functools.cached_property
    def _owners(self) -> frozenset[str]:
        names = [*self.told.names, *_written()]
        names += (name for table in _generated().values() for name in table.entries)
        return frozenset(name.rpartition(".")[0] for name in names)

    def of_source(self, name: str) -> Known | None:
        """Return what counts more than the source at hand for a name, None where nothing does."""
        if (known := self.told.of(name)) is not None:
            return known
        written = _written().get(name)
        return written if written is not None and written.over_source else None

    def lost_loop(self, name: str) -> LostLoop | None:
        """Return since when a dotted name takes no `loop`.

        None unless it surely takes none in whatever release the project may have.
        """
        lost = [_lost_loop().get((one, name)) for one in self._mentioned(_distributions(name))]
        if not lost or not all(one is not None and self._is_behind(one) for one in lost):
            return None
        return lost[0]

    def _is_behind(self, lost: LostLoop) -> bool:
        """Say whether the project certainly has a release without the parameter."""
        chosen = self.choose(lost.distribution, lost.releases)
        return bool(chosen) and lost.releases[0] not in (chosen or ())

    def is_since(self, distribution: str, before: str, since: str) -> bool:
        """Say whether the project certainly has the release `since`, or a later one, and not
        `before`, the last one before it."""
        chosen = self.choose(distribution, (before, since))
        return bool(chosen) and before not in (chosen or ())

    def _mentioned(self, distributions: Sequence[str]) -> list[str]:
        return [one for one in distributions if self.choose(one, ()) is not None]

    def _generated(self, name: str) -> Known | None:
        distributions = _distributions(name)
        # Several distributions share the import name: the project says which it has, or all count.
        answers: list[Known | None] = []
        for distribution in self._mentioned(distributions) or distributions:
            table = _generated()[distribution]
            chosen = self.choose(distribution, table.releases)
            releases = table.releases if chosen is None else chosen
            if not releases:
                return None
            answers += (table.of(name, release) for release in releases if table.has(name, release))
        return _common(answers)


@dataclass(frozen=True)
class _Table:
    """What is known of one distribution."""

    releases: tuple[str, ...]
    entries: Mapping[str, Sequence[Any]]
    """By name: the first and the last release, by number, and what is so in them."""

    def has(self, name: str, release: str) -> bool:
        """Say whether a release has a name; where it has not, no program uses it there."""
        return self._entry(name, release)[:1] != ["absent"]

    def of(self, name: str, release: str) -> Known | None:
        entry = self._entry(name, release)
        if not entry:
            return None
        kind, effect, from_314, *unless = entry
        return Known(
            name,
            _KINDS[kind],
            _EFFECTS[effect],
            _EFFECTS[from_314],
            tuple(_parameter(one) for one in unless),
        )

    def _entry(self, name: str, release: str) -> Sequence[str]:
        index = self.releases.index(release)
        ranges = self.entries.get(name, ())
        return next((entry for first, last, *entry in ranges if first <= index <= last), ())


_KINDS = {kind.value: kind for kind in Kind}
_EFFECTS: dict[str, Effect | None] = {
    "": None,
    "captures": Effect.CAPTURES,
    "needs": Effect.NEEDS_RUNNING,
}


def _parameter(text: str) -> tuple[str, int | None]:
    name, _, place = text.partition("/")
    return name, int(place) if place else None


def _common(answers: Sequence[Known | None]) -> Known | None:
    """Return what all answers say; of two effects the lesser, for both are a fault in one place."""
    known = [answer for answer in answers if answer is not None]
    if not known or len(known) < len(answers):
        return None
    first = known[0]
    return replace(
        first,
        kind=first.kind if all(one.kind is first.kind for one in known) else Kind.UNKNOWN,
        effect=_lesser([one.effect for one in known]),
        effect_from_314=_lesser([one.effect_from_314 for one in known]),
        unless=tuple(dict.fromkeys(each for one in known for each in one.unless)),
    )


def _lesser(effects: Sequence[Effect | None]) -> Effect | None:
    if None in effects:
        return None
    return effects[0] if len(set(effects)) == 1 else Effect.CAPTURES


@functools.cache
def _generated() -> Mapping[str, _Table]:
    return {
        distribution: _Table(tuple(table["releases"]), table["entries"])
        for distribution, table in _read("generated.json").items()
    }


@functools.cache
def _distributions_of_modules() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for distribution, table in _read("generated.json").items():
        for module in table["modules"]:
            found.setdefault(module, []).append(distribution)
    return found


def _distributions(name: str) -> Sequence[str]:
    """Return the distributions that may hold a dotted name."""
    modules = _distributions_of_modules()
    parts = name.split(".")
    candidates = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((modules[one] for one in candidates if one in modules), ())


@functools.cache
def _written() -> Mapping[str, Known]:
    return {
        entry["name"]: Known(
            entry["name"],
            _KINDS[entry.get("kind", "not known")],
            _EFFECTS[entry.get("effect", "")],
            _EFFECTS[entry.get("effect from 3.14", entry.get("effect", ""))],
            tuple(_parameter(one) for one in entry.get("unless", ())),
            entry.get("runs", False),
            entry.get("safe", False),
            entry.get("error", ""),
            tuple(entry.get("error names", ())),
            entry.get("over source", False),
        )
        for entry in _read("written.json")
    }


@functools.cache
def _lost_loop() -> Mapping[tuple[str, str], LostLoop]:
    """Return what takes no loop any more, by distribution and dotted name."""
    found: dict[tuple[str, str], LostLoop] = {}
    for entry in _read("lost_loop.json"):
        distribution = entry["distribution"]
        releases = (entry["last with"], entry["since"], *entry.get("later", ()))
        lost = LostLoop(distribution, entry["since"], releases)
        found |= {(distribution, name): lost for name in entry["names"]}
    return found


@functools.cache
def _read(name: str) -> Any:
    text = resources.files(f"{__package__}.libraries").joinpath(name).read_text("utf-8")
    return json.loads(text)
