"""Where names live while a file is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flake8_asyncrun.names.values import UNKNOWN, Class, Value, join

if TYPE_CHECKING:
    from flake8_asyncrun.names.project import Module


@dataclass(eq=False)
class Scope:
    """A module, class or function body being evaluated.

    `values` is what names stand for at this point of the flow, `ever` what is common to all that
    they were bound to: the answer for code that runs at a time we do not know.
    """

    module: Module
    parent: Scope | None = None
    values: dict[str, Value] = field(default_factory=dict)
    ever: dict[str, Value] = field(default_factory=dict)
    is_class: bool = False
    owner: Class | None = None
    """The class whose method this is, for `super()`."""
    instance: Value | None = None
    """What its first parameter stands for, for `super()`."""
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """Names declared `global` or `nonlocal` here, with where they live."""

    def bind(self, name: str, value: Value) -> None:
        scope = self.elsewhere.get(name, self)
        scope.values[name] = value
        scope.ever[name] = join(scope.ever[name], value) if name in scope.ever else value

    def find(self, name: str, *, later: bool) -> Value | None:
        """Return what `name` stands for, None if no scope up to the module's binds it.

        `later`: this body runs at an unknown time, so what is outside may have been bound anew.
        """
        if name in self.elsewhere:
            outer = self.elsewhere[name]
            return (outer.ever if later else outer.values).get(name)
        if name in self.values:
            return self.values[name]
        scope = self.parent
        while scope is not None:
            names = scope.ever if later else scope.values
            if name in names and not scope.is_class:
                return names[name]
            scope = scope.parent
        return None

    def outermost(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def snapshot(self) -> dict[str, Value]:
        return dict(self.values)

    def merge(self, left: dict[str, Value], right: dict[str, Value]) -> None:
        """Make `values` what is common to two ways here; a name bound on one way only is that."""
        self.values = {
            name: join(left[name], right[name])
            if name in left and name in right
            else left.get(name, right.get(name, UNKNOWN))
            for name in left.keys() | right.keys()
        }
