"""The index by error message leads everywhere: from every text that we know, to every rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flake8_asyncrun.core import errors as texts
from flake8_asyncrun.names.target import KNOWN, Version, show
from flake8_asyncrun.rules import ALL
from tests.examples import WITH_EXAMPLES, Outcome, manual, read
from tests.generated import Error, errors

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

INDEX = tuple(errors())
KNOWN_TEXTS = {
    name: text
    for name, text in vars(texts).items()
    if re.fullmatch(r"[A-Z]\d+", name) and isinstance(text, str)
}


def is_told_of(kind: str, text: str) -> Iterator[Error]:
    """Yield the entries that stand for an exception or a warning whose message has a text."""
    for error in INDEX:
        of, colon, whole = error.text.partition(": ")
        if colon and of == kind and any(fits(text, part) for part in tails(whole)):
            yield error


def tails(text: str) -> Iterator[str]:
    """Yield a text, and what follows each of its …"""
    yield text
    while "…" in text:
        text = text.partition("…")[2]
        yield text


def fits(found: str, text: str) -> bool:
    """Say whether what was found is a piece of a text, or begins as it does, … being anything."""
    if found in text:
        return True
    return any(
        re.fullmatch(".*".join(map(re.escape, text[:end].split("…"))), found)
        for end in range(len(text) + 1)
        if text[:end].strip("…")
    )


def claims(rule: Rule) -> Iterator[tuple[Version, Outcome]]:
    """Yield what the bad examples of a rule's manual end in, on each Python."""
    for example in read(manual(rule)):
        for version in KNOWN if example.bad else ():
            outcome = example.block.outcome_on(version)
            if outcome is not None and outcome.kind in ("dies", "warns"):
                yield version, outcome


def test_there_are_texts() -> None:
    assert {"V1", "R2"} <= KNOWN_TEXTS.keys()


@pytest.mark.parametrize("text", KNOWN_TEXTS.values())
def test_every_text_of_a_message_is_there(text: str) -> None:
    kind, _, said = text.partition(": ")
    assert any(is_told_of(kind, said))


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.name)
def test_every_rule_is_found_by_what_its_manual_shows(rule: Rule) -> None:
    assert any(rule.code in error.rules for error in INDEX)
    for version, outcome in claims(rule):
        kind = outcome.name.rpartition(".")[2]
        assert any(
            rule.code in error.rules and error.pythons[0] <= version <= error.pythons[1]
            for error in is_told_of(kind, outcome.text)
        ), f"{outcome} on Python {show(version)}"


def test_no_text_stands_there_twice() -> None:
    assert len({error.text for error in INDEX}) == len(INDEX)


def test_every_entry_names_rules() -> None:
    for error in INDEX:
        assert error.rules
        assert all(re.fullmatch(r"RUN\d{3}", code) for code in error.rules)
        assert error.cause.endswith(".")


def test_rules_about_the_tool_itself_have_no_error() -> None:
    told = {code for error in INDEX for code in error.rules}
    assert {rule.code for rule in ALL} - told == {"RUN001", "RUN002"}
