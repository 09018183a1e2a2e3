"""The state of an evaluation: which loop runs, what was seen, what it may still cost."""

from __future__ import annotations

import abc
import ast
import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from flake8_asyncrun.names import forms
from flake8_asyncrun.names.knowledge import Known
from flake8_asyncrun.names.project import Module, Project, with_packages
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import catches
from flake8_asyncrun.names.syntax import awaits_itself
from flake8_asyncrun.names.values import (
    Arguments,
    Class,
    Effect,
    External,
    Function,
    FunctionNode,
    Method,
    Place,
    Value,
    join,
)


class State(enum.Enum):
    """Whether a loop runs while code is evaluated."""

    NO_LOOP = "no loop runs"
    RUNNING = "a loop runs"
    THREAD = "another thread, in which no loop runs and none is current"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Event:
    """One thing done to the loop. `what` did it at `place`, reached through the calls `via`."""

    effect: Effect
    what: str
    place: Place
    via: tuple[Place, ...]
    depth: int
    """How many undecided branches led here."""
    caught: bool
    """Whether a handler around it expects the RuntimeError that it may raise."""
    set: bool
    """Whether a loop was made current before, so that `get_event_loop()` raises on no Python."""
    error: str = ""
    """What is raised for want of a running loop, where it is not asyncio that raises."""
    through: tuple[str, ...] = ()
    """The names of the functions that the calls `via` are of."""


@dataclass(frozen=True)
class Seen:
    """What became of one expression of the file, over all the times it was evaluated."""

    value: Value
    events: tuple[Event, ...] = ()
    """What evaluating it certainly does to the loop."""
    state: State = State.UNKNOWN
    handling: tuple[Event, ...] = ()
    """Where evaluating it may run a loop, close it, or look whether it runs."""
    surely: tuple[Event, ...] = ()
    """Those of `handling` that certainly come about."""

    @property
    def handles_loop(self) -> bool:
        return bool(self.handling)


@dataclass(frozen=True)
class Handed:
    """A function that somebody calls who was given it, or finds it in a class."""

    function: Function
    state: State
    """What holds where it is called."""
    by: str
    """Who calls it."""


def _outermost(module: Module) -> State:
    """Say whether a loop runs while the statements of a module itself are evaluated."""
    if forms.is_notebook(module.path):
        return State.RUNNING
    # In a document that may be typed into a REPL that runs a loop, or be what a coroutine does.
    awaits = forms.is_document(module.path) and awaits_itself(module.tree)
    return State.UNKNOWN if awaits else State.NO_LOOP


Position = tuple[int, int, int, int]
"""Of an `ast` node: line and byte column of its start and of its end."""


class Left(enum.Enum):
    """How the flow went out of a block."""

    NOT = 0
    RETURN = 1
    RAISE = 2
    LOOP = 3


BY_THREAD = "another thread"
"""What has a loop run, in an event, where a constructor starts a thread for it."""


class Raised(Exception):
    """The evaluated code raises an exception of this name.

    By its own `raise` at `place`, else because asyncio does: `no_current` if no loop is current.
    """

    def __init__(
        self, name: str, place: Place | None = None, *, text: str = "", no_current: bool = False
    ) -> None:
        super().__init__(name)
        self.text = text
        self.name = name
        self.place = place
        self.no_current = no_current


class Yielded(Exception):
    """A generator that is entered has come to its `yield`, with this loop current."""

    def __init__(self, current: Value | None) -> None:
        super().__init__()
        self.current = current


class OutOfBudget(Exception):
    """A call took more steps than it is worth."""


@dataclass
class Frame:
    """One call in progress."""

    returned: list[Value] = field(default_factory=list)
    may_have_left: bool = False
    """Whether a `return` on an undecided way may have ended it already."""


def position(node: ast.expr) -> Position:
    return (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)


# Nodes evaluated on behalf of one call into another module, and of all code outside for a whole
# file: enough for every constructor measured that comes to the loop. One call of twenty takes more,
# and took most of the time when it might; who took more once is given less from then on. As many as
# abroad may be evaluated of the file itself, not counting the first time of each. A long file has
# more to spend, for each of its calls and its nodes.
CALL_BUDGET = 5_000
AGAIN_BUDGET = 500
FILE_BUDGET = 200_000
FOR_EACH_CALL = 2_000
FOR_EACH_NODE = 10
DEEPEST_CALL = 24


class Machine(abc.ABC):
    """What every part of the interpreter shares."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self.seen: dict[Position, Seen] = {}
        self.touched = False
        self.at_import: tuple[Event, ...] = ()
        """Where the module's own flow takes the current loop, surely or not."""
        self.root = Scope(module)
        self._outermost = _outermost(module)
        self._state = self._outermost
        self._current: Value | None = None  # the loop made current, None while none was
        self._later = False
        self._recording = True
        self._maybe = 0
        self._events: list[Event] = []
        self._via: list[Place] = []
        self._through: list[str] = []
        self._running: list[FunctionNode] = []
        self._catching: list[tuple[str, ...]] = []
        self._catching_outside = 0  # how many of these stand around the call in progress
        nodes = module.nodes
        calls = sum(isinstance(node, ast.Call) for node in nodes)
        self._left = FILE_BUDGET + FOR_EACH_CALL * calls
        self._own_left = FILE_BUDGET + FOR_EACH_NODE * len(nodes)
        self._met: set[ast.AST] = set()
        """The nodes of the file that were evaluated once, or are being."""
        self.is_cut_short = False
        """Whether the file's own code went on for longer than it may."""
        self._abroad: int | None = None
        self._too_long: set[ast.AST] = set()
        """Functions and classes elsewhere of which a call took more than it may and did not come to
        the loop, as most others of the same one do: those cost half of all time."""
        self._abroad_depth = 0
        self._least = 0  # what has to be left of the budget when a name is found out
        self._no_current = False  # whether the call in progress found that no loop is current
        self._asked = False  # whether something was told that no loop runs, which it may mind
        self._pending: list[Function] = []
        self._handed: dict[int, Handed] = {}
        """The functions that were handed to somebody, by their nodes."""
        self._evaluated: set[int] = set()
        self._drained: set[int] = set()
        """Generator expressions, by their nodes, that are evaluated where they stand."""
        self._classes: dict[int, Class] = {}
        self._attributes: dict[int, dict[str, Value]] = {}
        self._patched: set[tuple[str, str]] = set()
        self._told: dict[int, Known] | None = None
        self._told_names = project.knowledge.last_names
        self._stops_at_yield = False  # whether a generator is entered
        self._is_imported = False  # rather than run as a program
        self._imports: list[str] = [*with_packages(module.name)][:-1]
        """The modules that the flow has imported by now, its own packages among them."""
        self._finding_out = module  # whose names are being found out
        self._set_on_class: dict[tuple[int, str], Value] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        """Names of the file that are another module's: of which, and how called there."""
        self._stars: list[ast.ImportFrom] = []
        self._sets_loop = any(
            isinstance(node, (ast.Name, ast.Attribute))
            and (node.id if isinstance(node, ast.Name) else node.attr) == "set_event_loop"
            for node in nodes
        )

    @contextmanager
    def _in(self, state: State, current: Value | None) -> Iterator[None]:
        before = self._state, self._current, self._catching, self._catching_outside
        self._state, self._current, self._catching, self._catching_outside = state, current, [], 0
        try:
            yield
        finally:
            self._state, self._current, self._catching, self._catching_outside = before

    @contextmanager
    def _as(self, state: State) -> Iterator[None]:
        """Evaluate under another assumption about the loop; what is expected stays."""
        before, self._state = self._state, state
        try:
            yield
        finally:
            self._state = before

    @contextmanager
    def _importing(self, module: Module) -> Iterator[None]:
        """Evaluate what another module does while it is imported; record nothing, keep nothing."""
        before = self._finding_out
        self._finding_out = before if module is self.module else module
        try:
            with self._quiet(), self._in(State.NO_LOOP, None):
                yield
        finally:
            self._finding_out = before

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Evaluate for the value alone: nothing is recorded, no event stays."""
        before = self._recording, self._events, self._maybe, self._current
        self._recording, self._events = False, []
        try:
            yield
        finally:
            self._recording, self._events, self._maybe, self._current = before

    def _step(self, node: ast.AST, scope: Scope) -> None:
        if scope.module is self.module and node not in self._met:
            self._met.add(node)
        elif scope.module is self.module and self._abroad is None:
            self._own_left -= 1
            if self._own_left < 0:
                self.is_cut_short = True
                raise OutOfBudget
        else:
            self._left -= 1
            if self._left < (self._abroad or self._least):
                raise OutOfBudget

    def _record(
        self,
        node: ast.expr,
        value: Value,
        events: tuple[Event, ...],
        handling: tuple[Event, ...] = (),
        surely: tuple[Event, ...] = (),
    ) -> None:
        key = position(node)
        seen = Seen(value, events, self._state, handling, surely)
        before = self.seen.get(key)
        if before is not None:
            same = [event.effect for event in before.events] == [event.effect for event in events]
            seen = Seen(
                join(before.value, value),
                events if same else (),
                self._state if before.state is self._state else State.UNKNOWN,
                before.handling or handling,
                before.surely or surely,
            )
        self.seen[key] = seen

    def _place(self, node: ast.AST, module: Module) -> Place:
        return Place(module.path, getattr(node, "lineno", 1))

    def _here(self, node: ast.AST, scope: Scope | None) -> Place:
        return self._place(node, self.module if scope is None else scope.module)

    def _expects(self, name: str) -> bool:
        return any(catches(names, name) for names in self._catching)

    def _hand(self, handed: Handed) -> None:
        """Note who calls a function; of two who call it in different places, nothing is known."""
        before = self._handed.setdefault(id(handed.function.node), handed)
        if before.state is not handed.state:
            unknown = replace(handed, state=State.UNKNOWN)
            self._handed[id(handed.function.node)] = unknown

    def _handles(self, what: str, place: Place) -> None:
        via, through = tuple(self._via), tuple(self._through)
        # Whoever catches everything around a run of its own may well have another way.
        own = self._catching[self._catching_outside :]
        caught = any("RuntimeError" in names for names in self._catching) or any(
            catches(names, "RuntimeError") for names in own
        )
        self._events.append(
            Event(Effect.HANDLES, what, place, via, self._maybe, caught, False, through=through)
        )

    def _event(
        self,
        effect: Effect,
        what: str,
        place: Place,
        error: str = "",
        *,
        names: tuple[str, ...] = (),
        caught: bool = False,
    ) -> None:
        """Note that the loop is touched; raise where a handler around this expects it.

        `names` are those that the RuntimeError may have, too. `caught`: an error was expected that
        came before.
        """
        self.touched = True
        expected = next((one for one in ("RuntimeError", *names) if self._expects(one)), None)
        is_late, caught = caught, caught or expected is not None
        is_set = self._current is not None
        self._events.append(
            Event(effect, what, place, tuple(self._via), self._maybe, caught, is_set, error)
        )
        raises = effect is Effect.NEEDS_RUNNING or (
            self.project.target.first >= (3, 14) and not is_set
        )
        if expected is not None and raises and not is_late:
            # A handler takes over: what was tried does not count.
            self._events.pop()
            self._asked = True
            raise Raised(expected, no_current=effect is Effect.CAPTURES)

    @contextmanager
    def _at_most(self, budget: int) -> Iterator[None]:
        """Evaluate what nothing of the file calls; raises OutOfBudget where that takes too long."""
        before, self._least = self._least, max(self._left - budget, self._least)
        try:
            yield
        finally:
            self._least = before

    @property
    def _may_go_on(self) -> bool:
        """Whether what ran out of budget was a part of the file's."""
        return self._abroad is None and self._left >= self._least and not self.is_cut_short

    @contextmanager
    def _undecided(self) -> Iterator[None]:
        self._maybe += 1
        try:
            yield
        finally:
            self._maybe -= 1

    # What the layers above give to those below.

    @abc.abstractmethod
    def _is_set_by_import(self) -> bool: ...

    @abc.abstractmethod
    def _evaluate(self, node: ast.expr, scope: Scope) -> Value: ...

    @abc.abstractmethod
    def _block(self, body: list[ast.stmt], scope: Scope, frame: Frame) -> Left: ...

    @abc.abstractmethod
    def _make_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
    ) -> Value | None: ...

    @abc.abstractmethod
    def _make_class(self, node: ast.ClassDef, scope: Scope) -> Value: ...

    @abc.abstractmethod
    def _call(
        self, function: Value, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value: ...

    @abc.abstractmethod
    def _call_function(
        self, function: Function, arguments: Arguments, node: ast.AST, scope: Scope | None = None
    ) -> Value: ...

    @abc.abstractmethod
    def _call_external(
        self, function: External, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value: ...

    @abc.abstractmethod
    def _call_known(
        self, known: Known, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value: ...

    @abc.abstractmethod
    def _call_method(
        self, method: Method, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value: ...
