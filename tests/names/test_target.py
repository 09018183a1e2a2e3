"""The range of Pythons that the checked code supports."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.target import DEFAULT, KNOWN, Target


def test_every_known_version_can_be_the_first() -> None:
    for version in KNOWN:
        target = Target.since(f"{version[0]}.{version[1]}")
        assert (target.first, target.last) == (version, KNOWN[-1])


def test_white_space_around_a_version_is_nothing() -> None:
    assert Target.since(" 3.10\n") == DEFAULT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3.",
        ".10",
        "3.x",
        "py310",
        ">=3.10",
        "3.10.1",
        "-3.1",
        "3.010",
        "\u0663.\u0661\u0660",
    ],
)
def test_what_is_no_version_is_told_as_such(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a Python version such as 3\.10"):
        Target.since(text)


@pytest.mark.parametrize("text", ["2.7", "3.6", "3.16", "4.0"])
def test_a_version_we_do_not_know_is_told_with_the_range(text: str) -> None:
    with pytest.raises(ValueError, match=rf"Python {text} is not one of 3\.7 to 3\.15"):
        Target.since(text)


def test_a_range_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="comes after"):
        Target((3, 12), (3, 11))


def test_is_shown_as_a_range_of_versions_not_of_numbers() -> None:
    assert str(Target((3, 9), (3, 10))) == "3.9-3.10"


def test_the_two_parts_around_a_version_make_the_whole() -> None:
    target = Target((3, 9), (3, 12))
    assert target.before_version((3, 11)) == Target((3, 9), (3, 10))
    assert target.since_version((3, 11)) == Target((3, 11), (3, 12))


def test_a_part_may_be_empty_or_everything() -> None:
    target = Target((3, 9), (3, 12))
    assert target.before_version((3, 9)) is None
    assert target.since_version((3, 13)) is None
    assert target.before_version((3, 15)) == target == target.since_version((3, 7))
