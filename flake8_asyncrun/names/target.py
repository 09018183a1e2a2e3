"""The range of Pythons that the checked code supports."""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, int]

KNOWN: tuple[Version, ...] = tuple((3, minor) for minor in range(7, 16))


@dataclass(frozen=True)
class Target:
    """All known Pythons from `first` to `last`, both included."""

    first: Version = (3, 10)
    last: Version = KNOWN[-1]

    def __post_init__(self) -> None:
        for version in (self.first, self.last):
            if version not in KNOWN:
                raise ValueError(f"Python {show(version)} is not one of {_known_range()}")
        if self.first > self.last:
            raise ValueError(f"Python {show(self.first)} comes after {show(self.last)}")

    @classmethod
    def since(cls, text: str) -> Target:
        """Return the target that begins at `text`, as in "3.10".

        Raises ValueError where `text` is not a Python we know, with the range we do.
        """
        if not re.fullmatch(r"[1-9][0-9]*\.(0|[1-9][0-9]*)", text.strip()):
            raise ValueError(f"{text!r} is not a Python version such as 3.10")
        major, _, minor = text.strip().partition(".")
        return cls((int(major), int(minor)))

    def __str__(self) -> str:
        return f"{show(self.first)}-{show(self.last)}"

    def since_version(self, version: Version) -> Target | None:
        """Return the part from `version` on, None if there is none."""
        return None if self.last < version else Target(max(self.first, version), self.last)

    def before_version(self, version: Version) -> Target | None:
        """Return the part before `version`, None if there is none."""
        earlier = [known for known in KNOWN if self.first <= known < version]
        return Target(self.first, min(self.last, earlier[-1])) if earlier else None


DEFAULT = Target()


def show(version: Version) -> str:
    """Return a version as it is written: "3.10"."""
    return f"{version[0]}.{version[1]}"


def _known_range() -> str:
    return f"{show(KNOWN[0])} to {show(KNOWN[-1])}"
