"""What the edits of a fix change, by lines, without looking at the rest of the file."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_asyncrun.core.lines import Lines
from flake8_asyncrun.core.model import Edit

_CONTEXT = 1
"""How many lines are shown around those that change."""
_MOST = 20
"""How many lines that go, or come, are shown in one place."""
_TAIL = 4
"""How many of them are the last ones, where there are more."""
_LARGEST = 200
"""How many lines are compared with each other; of more, all are shown as changed."""
_LONGEST = 10_000
"""How many bytes a line may have that is shown."""


@dataclass(frozen=True)
class Row:
    """A line as it was ("-"), as it becomes ("+"), or as it stays (" "), or what is left out ("…").

    `number` counts the lines of the new text; what is no line there has none.
    """

    sign: str
    number: int | None
    text: str
    same: int = 0
    """How many characters at its beginning stay as they are, where it has one counterpart."""


@dataclass
class _Part:
    """Edits that touch the same lines, or lines that adjoin."""

    first: int
    last: int
    edits: list[Edit]


def rows(lines: Lines, edits: Iterable[Edit], most: int) -> list[Row]:
    """Return what edits change, with the lines around it, cut after `most` rows."""
    found = list(itertools.islice(_collapsed(_rows(lines, _parts(lines, edits))), most + 1))
    return found if len(found) <= most else [*found[:most], Row("…", None, "… (--diff shows all)")]


def _collapsed(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows without those that are far from every change, and those amid a long one."""
    groups = [(sign, list(group)) for sign, group in itertools.groupby(rows, lambda row: row.sign)]
    signs = ["…", *(sign for sign, _ in groups), "…"]
    for (sign, group), before, after in zip(groups, signs, signs[2:], strict=False):
        if sign in "-+" and len(group) > _MOST:
            yield from group[: _MOST - _TAIL]
            yield Row("…", None, f"… {len(group) - _MOST} more lines")
            yield from group[-_TAIL:]
        elif sign != " ":
            yield from group
        elif "…" in (before, after):
            yield from group[-_CONTEXT:] if before == "…" else group[:_CONTEXT]
        elif len(group) <= 2 * _CONTEXT + 1:
            yield from group
        else:
            yield from group[:_CONTEXT]
            yield Row("…", None, "…")
            yield from group[-_CONTEXT:]


def _parts(lines: Lines, edits: Iterable[Edit]) -> list[_Part]:
    parts: list[_Part] = []
    for edit in sorted(set(edits)):
        first, last = lines.number(edit.span.start), lines.number(edit.span.end)
        if parts and first <= parts[-1].last + 1:
            parts[-1].last = max(parts[-1].last, last)
            parts[-1].edits.append(edit)
        else:
            parts.append(_Part(first, last, [edit]))
    return parts


def _rows(lines: Lines, parts: list[_Part]) -> Iterator[Row]:
    total = len(lines.starts) - (lines.starts[-1] == len(lines.data))
    moved = 0
    shown = 0  # up to this old line
    for number, part in enumerate(parts):
        changed = list(_changed(lines, part))
        if not changed:
            continue
        start = max(shown + 1, part.first - _CONTEXT)
        if shown and start > shown + 1:
            yield Row("…", None, "…")
        for line in range(start, part.first):
            yield Row(" ", line + moved, lines.text(line))
        at = part.first + moved
        for sign, text, same in changed:
            yield Row(sign, None if sign == "-" else at, text, same)
            at += sign != "-"
        moved = at - (part.last + 1)
        following = parts[number + 1].first if number + 1 < len(parts) else total + 1
        shown = min(part.last + _CONTEXT, following - 1, total)
        for line in range(part.last + 1, shown + 1):
            yield Row(" ", line + moved, lines.text(line))


def _changed(lines: Lines, part: _Part) -> Iterator[tuple[str, str, int]]:
    """Yield the lines of a part, those that stay too: sign, text, and how much of it stays."""
    start, end = lines.starts[part.first - 1], lines.end(part.last)
    if end - start > _LONGEST * (part.last - part.first + 1):
        return
    pieces: list[bytes] = []
    at = start
    for edit in part.edits:
        pieces += lines.data[at : edit.span.start], edit.text.encode("utf-8", "surrogatepass")
        at = max(at, edit.span.end)
    pieces.append(lines.data[at:end])
    old, new = _split(lines.data[start:end]), _split(b"".join(pieces))
    if max(len(old), len(new)) > _LARGEST:
        yield from (("-", line, 0) for line in old)
        yield from (("+", line, 0) for line in new)
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        gone, come = old[low:high], new[new_low:new_high]
        if tag == "equal":
            yield from ((" ", line, 0) for line in gone)
        else:
            same = _same(gone[0], come[0]) if len(gone) == len(come) == 1 else 0
            yield from (("-", line, same) for line in gone)
            yield from (("+", line, same) for line in come)


def _same(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next(
        (at for at, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(one), len(other))
    )


def _split(data: bytes) -> list[str]:
    lines = Lines(data)
    count = len(lines.starts) - (lines.starts[-1] == len(data))
    return [lines.text(number) for number in range(1, count + 1)]
