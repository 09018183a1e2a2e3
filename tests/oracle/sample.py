"""What the recorder and the engine are both asked about: constructors.toml as values."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Constructor:
    """A module that ends in `obj = EXPRESSION`."""

    code: str

    @property
    def expression(self) -> ast.expr:
        last = ast.parse(self.code).body[-1]
        assert isinstance(last, ast.Assign)
        assert ast.unparse(last.targets[0]) == "obj"
        return last.value

    def __str__(self) -> str:
        return ast.get_source_segment(self.code, self.expression) or ""


@dataclass(frozen=True, order=True)
class Disagreement:
    """The recorder saw one thing and the engine says another."""

    python: str
    expression: str
    about: str
    """effect, place or kind."""
    recorder: str
    engine: str

    def __str__(self) -> str:
        return (
            f"{self.expression} on {self.python}: {self.about} is {self.recorder!r}, "
            f"and the engine says {self.engine!r}"
        )


@dataclass(frozen=True)
class Sample:
    """Constructors that share an environment."""

    name: str
    pythons: tuple[str, ...]
    requirements: tuple[str, ...]
    constructors: tuple[Constructor, ...]
    known: dict[Disagreement, str]
    """With the reason of each."""

    def known_on(self, python: str) -> set[Disagreement]:
        return {one for one in self.known if one.python == python}


@cache
def samples() -> tuple[Sample, ...]:
    """Return the samples of constructors.toml."""
    data = tomllib.loads(Path(__file__).with_name("constructors.toml").read_text("utf-8"))
    return tuple(
        Sample(
            name=one["name"],
            pythons=tuple(one["pythons"]),
            requirements=tuple(one["requirements"]),
            constructors=tuple(Constructor(code) for code in one["constructors"]),
            known={
                Disagreement(
                    python, row["expression"], row["about"], row["recorder"], row["engine"]
                ): row["because"]
                for row in one.get("disagreements", ())
                for python in row.get("pythons", one["pythons"])
            },
        )
        for one in data["sample"]
    )
