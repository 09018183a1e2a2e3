"""What Python says when it happens, by the versions of the target."""

from __future__ import annotations

import pytest

from flake8_asyncrun.core.errors import by_version
from flake8_asyncrun.names.target import Target, Version

ERAS: tuple[tuple[Version, str], ...] = (((3, 7), "old"), ((3, 10), "middle"), ((3, 14), "new"))


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ((3, 7), (3, 9), "old"),
        ((3, 7), (3, 10), "old (from Python 3.10 on: middle)"),
        ((3, 7), (3, 15), "old (from Python 3.10 on: middle; from Python 3.14 on: new)"),
        ((3, 10), (3, 13), "middle"),
        ((3, 11), (3, 14), "middle (from Python 3.14 on: new)"),
        ((3, 14), (3, 15), "new"),
        ((3, 15), (3, 15), "new"),
    ],
)
def test_only_the_eras_of_the_target_are_told(first: Version, last: Version, told: str) -> None:
    assert by_version(Target(first, last), *ERAS) == told


def test_what_begins_inside_the_target_is_told_with_its_version() -> None:
    assert by_version(Target((3, 8), (3, 15)), ((3, 14), "new")) == "from Python 3.14 on: new"
    assert by_version(Target((3, 14), (3, 15)), ((3, 14), "new")) == "new"
