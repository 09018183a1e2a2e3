"""The baseline: a file with the findings that a project lives with, known by their content."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flake8_asyncrun import files
from flake8_asyncrun.core.fingerprint import Fingerprint
from flake8_asyncrun.files import FileError

VERSION = 1

_KEYS = {"path": str, "code": str, "scope": str, "digest": str, "count": int}


@dataclass(frozen=True)
class Baseline:
    """What a baseline file holds: how often there is what, by path relative to its folder."""

    path: str
    entries: Mapping[str, Counter[Fingerprint]] = field(default_factory=dict)

    def of(self, file: str) -> Counter[Fingerprint]:
        """Return what is known of the file at a path."""
        return self.entries.get(self.name(file), Counter())

    def name(self, file: str) -> str:
        """Return how the file at a path is called here."""
        # Its folder may be reached by a link; the file itself may be one.
        path = Path(os.path.realpath(Path(file).parent)) / Path(file).name
        try:
            return Path(os.path.relpath(path, self._folder)).as_posix()
        except ValueError:  # on another drive
            return path.as_posix()

    def is_there(self, name: str) -> bool:
        """Say whether the file of that name, as `name` makes them, exists, or may exist."""
        try:
            os.lstat(self._folder / name)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return False
        except OSError:
            pass  # its folder may not be searched
        return True

    @property
    def _folder(self) -> Path:
        return Path(os.path.realpath(self.path)).parent


@dataclass(frozen=True)
class Comparison:
    """One file held against the baseline."""

    found: tuple[Fingerprint, ...]
    """All that is there now."""
    gone: Counter[Fingerprint]
    """What is in the baseline, and was asked, and is not there."""
    unasked: Counter[Fingerprint]
    """What is in the baseline and was not asked."""


def known(entries: Counter[Fingerprint], found: Sequence[Fingerprint]) -> list[bool]:
    """Say of each finding whether the baseline has it, and has it often enough.

    A statement that moved into another function, or whose function was renamed, is the same one.
    """
    left = Counter(entries)
    is_known = [_take(left, one) for one in found]
    anywhere = Counter[tuple[str, str]]()
    for entry, count in left.items():
        anywhere[entry.code, entry.digest] += count
    return [
        taken or _take(anywhere, (one.code, one.digest))
        for taken, one in zip(is_known, found, strict=True)
    ]


def compare(
    entries: Counter[Fingerprint], found: Sequence[Fingerprint], asked: Iterable[str]
) -> Comparison:
    """Hold what is found of a file by the rules with the codes `asked` against its entries."""
    codes = frozenset(asked)
    unasked = Counter({entry: n for entry, n in entries.items() if entry.code not in codes})
    gone = entries - unasked - Counter(found)
    anywhere = Counter((one.code, one.digest) for one in (Counter(found) - entries).elements())
    for entry in sorted(gone):
        moved = min(gone[entry], anywhere[entry.code, entry.digest])
        gone[entry] -= moved
        anywhere[entry.code, entry.digest] -= moved
    return Comparison(tuple(found), +gone, unasked)


def _take(left: Counter[Fingerprint] | Counter[tuple[str, str]], one: object) -> bool:
    counts: Counter[object] = left  # type: ignore[assignment]
    if not counts[one]:
        return False
    counts[one] -= 1
    return True


def load(path: str) -> Baseline:
    """Return what a baseline file holds; raise FileError where there is none, or a broken one."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        reason = "there is no such baseline; --update-baseline makes it"
        raise FileError(path, reason) from None
    except (OSError, ValueError) as error:
        raise FileError(path, f"the baseline cannot be read: {_reason(error)}") from None
    try:
        return Baseline(path, _entries(json.loads(data)))
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"is no baseline: {error}") from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _entries(document: object) -> dict[str, Counter[Fingerprint]]:
    """Return the entries of a document, or raise ValueError with what was expected."""
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        raise ValueError('expected an object with a "version"')
    version = document["version"]
    if version != VERSION:
        raise ValueError(f"its version is {version}, and this release reads version {VERSION}")
    listed = document.get("findings")
    if not isinstance(listed, list):
        raise ValueError('expected a list of "findings"')
    entries: dict[str, Counter[Fingerprint]] = {}
    for number, one in enumerate(listed, 1):
        for key, kind in _KEYS.items():
            there = one.get(key) if isinstance(one, dict) else None
            if not isinstance(there, kind) or isinstance(there, bool):
                raise ValueError(f'finding {number}: expected "{key}" to be {_KINDS[kind]}')
        if one["count"] < 1:
            raise ValueError(f'finding {number}: expected "count" to be 1 or more')
        entry = Fingerprint(one["code"], one["scope"], one["digest"])
        entries.setdefault(one["path"], Counter())[entry] += one["count"]
    return entries


_KINDS = {str: "a text", int: "a number"}


def updated(baseline: Baseline, compared: Iterable[tuple[str, Comparison]]) -> Baseline:
    """Return a baseline with what there is now in the files that were `compared`, by path.

    The others keep what is known of them, unless they are not there any more.
    """
    entries = {name: each for name, each in baseline.entries.items() if baseline.is_there(name)}
    for path, comparison in compared:
        entries[baseline.name(path)] = Counter(comparison.found) + comparison.unasked
    return Baseline(baseline.path, entries)


def gone(baseline: Baseline, compared: Iterable[tuple[str, Comparison]]) -> int:
    """Return how many findings a baseline has that are not there any more, as far as is known."""
    of_missing = (
        each.total() for name, each in baseline.entries.items() if not baseline.is_there(name)
    )
    return sum(of_missing) + sum(
        comparison.gone.total()
        for path, comparison in compared
        if baseline.is_there(baseline.name(path))
    )


def size(baseline: Baseline) -> int:
    """Return how many findings a baseline holds."""
    return sum(each.total() for each in baseline.entries.values())


def save(baseline: Baseline) -> None:
    """Write a baseline in one step, unless the file holds it already; raise FileError."""
    lines = ",\n".join(f"    {line}" for line in _lines(baseline))
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    data = f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'.encode()
    try:
        is_there = Path(baseline.path).read_bytes() == data
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        files.put(baseline.path, data)


def _lines(baseline: Baseline) -> Iterator[str]:
    """Yield the entries in order, each as one line, so that two changes of the file rarely meet."""
    for name, counts in sorted(baseline.entries.items()):
        for entry, count in sorted(counts.items()):
            values = (name, entry.code, entry.scope, entry.digest, count)
            # ASCII only: a name may hold what is no text.
            yield json.dumps(dict(zip(_KEYS, values, strict=True)))
