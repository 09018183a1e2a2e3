"""What a file shows before its tree is made: enough to tell which rules it cannot concern.

Most files that name asyncio have no finding, and LibCST's tree with its spans costs as much as the
rest of the analysis. So each rule says what must be there (see Rule.possible): it may say yes to
any file, but no only where it certainly finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property

from flake8_asyncrun.names.asyncio_table import canonical
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.machine import Event, Seen
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.values import External, Loop, Made, Method, Value, dotted_name


class Glance:
    """A file as its evaluation shows it: what its expressions stand for, wherever they are."""

    def __init__(self, facts: Facts, project: Project) -> None:
        self.facts = facts
        self.project = project

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """What became of each expression that the flow reaches."""
        return tuple(self.facts.all_seen())

    @cached_property
    def named(self) -> frozenset[str]:
        """The documented names of what the expressions stand for, as `File.callee` gives them."""
        found: set[str] = set()
        for value in self._values:
            if isinstance(value, External) and value.known:
                found.add(canonical(value.name))
            elif isinstance(value, Method) and isinstance(value.owner, Made):
                found.add(f"{value.owner.name}.{value.name}")
        return frozenset(found)

    @cached_property
    def dotted(self) -> frozenset[str]:
        """The dotted names of all functions, classes and methods that expressions stand for."""
        return frozenset(map(dotted_name, self._values))

    @cached_property
    def of_loops(self) -> frozenset[str]:
        """The methods of loops that expressions stand for: "run_until_complete"."""
        methods = (one for one in self._values if isinstance(one, Method))
        return frozenset(one.name for one in methods if isinstance(one.owner, Loop))

    @cached_property
    def events(self) -> frozenset[Event]:
        """What evaluating the expressions certainly does to the loop."""
        return frozenset(event for one in self.seen for event in one.events)

    @cached_property
    def surely_handled(self) -> frozenset[str]:
        """What certainly runs a loop, closes it, or looks whether it runs, here or elsewhere."""
        return frozenset(event.what for one in self.seen for event in one.surely)

    @cached_property
    def handles_loop(self) -> bool:
        """Whether an expression may run a loop, close it, or look whether it runs."""
        return any(one.handling for one in self.seen)

    @cached_property
    def _values(self) -> Collection[Value]:
        return {id(one.value): one.value for one in self.seen}.values()


Possible = Callable[[Glance], bool]
"""Says whether there can be anything to find in a file."""


def always(_: Glance) -> bool:
    return True


def where_reached(*wanted: str) -> Possible:
    """Have it said of files in which an expression stands for one of these, by documented name."""
    return lambda glance: not glance.named.isdisjoint(wanted)


def where_named(*wanted: str) -> Possible:
    """Have it said of files that name one of these functions of asyncio's, used or not.

    An import alone counts by the last part of the name, whatever module that is taken from.
    """
    last = frozenset(name.rpartition(".")[2] for name in wanted)

    def possible(glance: Glance) -> bool:
        return not (glance.named.isdisjoint(wanted) and glance.facts.taken.isdisjoint(last))

    return possible
