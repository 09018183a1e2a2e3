"""Who may ask for the current loop once a run has ended and there is none."""

from __future__ import annotations

import bisect
import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from flake8_asyncrun.core.model import Edit, Span
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.core.source import descend
from flake8_asyncrun.names.machine import Event
from flake8_asyncrun.names.shapes import DRIVES
from flake8_asyncrun.names.values import UNKNOWN, Effect

_BUILDING = {"__init__", "__new__", "__post_init__"}
_CALLED_BY_NAME = {"classmethod", "property", "staticmethod"}
_OF_CURRENT = {"asyncio.Task.all_tasks", "asyncio.Task.current_task"}
"""Up to Python 3.8."""
_ONLY_ASKING = {"isinstance", "issubclass"}
_AT_THE_END = {"callback", "finalize", "push", "register"}
"""Methods that are given what is to be called in the end: of `atexit`, `weakref`, `ExitStack`."""


def check_no_other(call: cst.Call, changes: Sequence[Edit], file: File) -> None:
    """Refuse where something that stays takes the current loop: after `asyncio.run` none is."""
    function = file.enclosing_function(call)
    taking = _taking_current(file)
    going = {other for one in changes for other in taking.within(one.span, file)}
    gone = {event for other in going for event in taking.events[other]}
    own = () if function is None else taking.of.get(function, ())
    for other in heapq.merge(taking.of.get(None, ()), own, key=taking.places.__getitem__):
        if other not in going and any(event not in gone for event in taking.events[other]):
            line = file.place(other).line
            raise Refused(f"line {line} takes the current loop too, and after the run it is gone")
    for event in file.facts.at_import:
        if event not in gone:
            line = event.place.line if not event.via else event.via[0].line
            raise Refused(f"line {line} takes the current loop too, and after the run it is gone")
    for other in _asking_for_tasks(file):
        span = file.span(other)
        if not any(one.span.start <= span.start and span.end <= one.span.end for one in changes):
            line = file.place(other).line
            raise Refused(f"line {line} asks for tasks of the current loop, which a run takes away")
    if (later := taken_later(call, changes, file)) is not None:
        line = file.place(later).line
        raise Refused(f"line {line} may take the current loop after the run, when it is gone")


_Function = cst.FunctionDef | cst.Lambda | None


@dataclass(frozen=True)
class _Taking:
    """The calls of a file that take the current loop."""

    events: dict[cst.Call, tuple[Event, ...]]
    """How each does that, in order."""
    places: dict[cst.Call, int]
    """Their numbers in that order."""
    of: dict[_Function, list[cst.Call]]
    """Those in each function."""
    calls: list[cst.Call]
    starts: list[int]
    """Where each of them begins."""

    def within(self, span: Span, file: File) -> Iterator[cst.Call]:
        """Yield those that stand in a span."""
        first = bisect.bisect_left(self.starts, span.start)
        for call in self.calls[first : bisect.bisect_right(self.starts, span.end)]:
            if file.span(call).end <= span.end:
                yield call


@per_file
def _taking_current(file: File) -> _Taking:
    """Return the calls that take the current loop, each with how it does that."""
    events: dict[cst.Call, tuple[Event, ...]] = {}
    of: dict[_Function, list[cst.Call]] = defaultdict(list)
    for call in file.calls():
        seen = file.seen(call)
        every = () if seen is None else seen.events
        taking = tuple(event for event in every if event.effect is Effect.CAPTURES)
        if taking:
            events[call] = taking
            of[file.enclosing_function(call)].append(call)
    calls = sorted(events, key=lambda one: file.span(one).start)
    starts = [file.span(one).start for one in calls]
    return _Taking(events, {one: at for at, one in enumerate(events)}, of, calls, starts)


@per_file
def _asking_for_tasks(file: File) -> tuple[cst.Call, ...]:
    """Return the calls outside of coroutines that ask for tasks of the current loop."""
    return tuple(
        call
        for call in file.calls()
        if not call.args and file.callee(call) in _OF_CURRENT and not file.in_coroutine(call)
    )


@per_file
def _asking_in_functions(file: File) -> tuple[cst.Call, ...]:
    """Return the calls in plain functions that may take the current loop."""
    taking = _taking_current(file).events
    return tuple(
        call
        for call in file.calls()
        if file.enclosing_function(call) is not None
        and not file.in_coroutine(call)
        and (call in taking or file.callee(call) == "asyncio.get_event_loop")
    )


def taken_later(get: cst.Call, changes: Sequence[Edit], file: File) -> cst.Call | None:
    """Return a call in another function than that of `get` which takes the current loop, and is not
    surely made only by what `changes` take away or move, or while a loop runs.

    What takes it beside `get`, or at the top level, is not looked for; nor is a function that the
    file does not name.
    """
    search = _Search(file.enclosing_function(get), changes, file)
    for call in _asking_in_functions(file):
        function = file.enclosing_function(call)
        if function is None or function is search.own or search.goes(call):
            continue
        if not _takes(call, search, file):
            continue
        if not search.is_in_time(function):
            return call
    return None


def _takes(call: cst.Call, search: _Search, file: File) -> bool:
    """Say whether a call takes the current loop, otherwise than in lines of which a call goes."""
    captures = _taking_current(file).events.get(call, ())
    if captures and all(any(map(search.goes, file.calls_at(one.place))) for one in captures):
        return False
    if captures:
        return not all(event.set or event.caught for event in captures)
    if file.callee(call) != "asyncio.get_event_loop":
        return False
    return _runs_at_once(call, file) or not file.expects_error(
        call, "RuntimeError", "Exception", "BaseException"
    )


def _runs_at_once(call: cst.Call, file: File) -> bool:
    """Say whether work is done on the loop that a call gets, which an `except` would lose."""
    attribute = file.source.parent(call)
    return isinstance(attribute, cst.Attribute) and attribute.attr.value in DRIVES


@dataclass(frozen=True)
class _Search:
    """Asks when the functions of a file are called."""

    own: cst.FunctionDef | cst.Lambda | None
    """The function that has the loop run."""
    changes: Sequence[Edit]
    file: File
    asked: set[cst.CSTNode] = field(default_factory=set)
    """The functions and classes that it was asked about."""

    def goes(self, node: cst.CSTNode) -> bool:
        """Say whether a node stands where something changes."""
        span = self.file.span(node)
        return any(
            one.span.start <= span.start and span.end <= one.span.end for one in self.changes
        )

    def is_in_time(self, function: cst.FunctionDef | cst.Lambda) -> bool:
        """Say whether a function is called only by what goes, and while a loop runs.

        One that is asked about already is no reason to say no.
        """
        if function in self.asked:
            return True
        self.asked.add(function)
        handed = self.file.facts.called_in_loop_by(*self.file.line_and_byte(function)) is not None
        if isinstance(function, cst.Lambda) or _yields(function):
            return handed
        decorators = [self.file.text_of(one.decorator) for one in function.decorators]
        if any(one not in _CALLED_BY_NAME for one in decorators):
            return False
        name = function.name.value
        if self.file.facts.variables.is_quoted(name):
            return False
        kinds = (cst.ClassDef, cst.FunctionDef)
        owner = next((one for one in self.file.parents(function) if isinstance(one, kinds)), None)
        if not isinstance(owner, cst.ClassDef):
            return all(self._is_called_in_time(one, handed) for one in self._names_of(function))
        if name in _BUILDING:
            return self._is_built_in_time(owner)
        if name.startswith("__") and name.endswith("__"):
            return name == "__await__"
        by_name = "property" in decorators
        named: list[cst.Name | cst.Attribute] = [*self._attributes_of(function, by_name)]
        named += self._names_of(function)
        if not named:
            # A base may call it, and `contextlib.closing()` what it is named for.
            minded = bool(owner.bases) or name == "close"
            return not minded or not any(True for _ in self._names_of(owner))
        return all(self._is_called_in_time(one, handed, by_name=by_name) for one in named)

    def _is_built_in_time(self, owner: cst.ClassDef) -> bool:
        if owner in self.asked:
            return True
        self.asked.add(owner)
        if owner.decorators and self.file.text_of(owner.decorators[0].decorator) != "dataclass":
            return False
        return all(map(self._is_called_in_time, self._names_of(owner)))

    def _names_of(self, definition: cst.FunctionDef | cst.ClassDef) -> Iterator[cst.Name]:
        variable = self.file.variable(definition.name)
        names = () if variable is None else self.file.names_of(variable)
        return (name for name in names if name is not definition.name)

    def _attributes_of(self, method: cst.FunctionDef, by_name: bool) -> Iterator[cst.Attribute]:
        """Yield the attributes that are a method, or may be; a property's are known `by_name`."""
        for attribute in self.file.attributes_called(method.name.value):
            value = self.file.value(attribute)
            function = self.file.facts.own_function(value)
            if function is None:
                if by_name or value is UNKNOWN:
                    yield attribute
            elif function.node.lineno == self.file.place(method).line:
                yield attribute

    def _is_called_in_time(
        self, name: cst.Name | cst.Attribute, handed: bool = False, by_name: bool = False
    ) -> bool:
        """Say so of a call by a name; where a function is `handed` to a loop, of any argument."""
        holders = list(self.file.parents(name))
        if self.goes(name) or any(isinstance(one, cst.Annotation) for one in holders):
            return True
        outer = holders[0]
        if isinstance(outer, cst.Arg):
            if isinstance(holders[1], cst.ClassDef):
                return self._is_built_in_time(holders[1])
            called = holders[1].func if isinstance(holders[1], cst.Call) else outer
            text = self.file.text_of(called).rpartition(".")[2]
            return text in _ONLY_ASKING or (handed and text not in _AT_THE_END)
        if not by_name and not (isinstance(outer, cst.Call) and outer.func is name):
            return False
        function = self.file.enclosing_function(name)
        if function is None or function is self.own:
            return False
        return self.file.in_coroutine(name) or self.is_in_time(function)


def _yields(function: cst.FunctionDef) -> bool:
    return any(isinstance(one, cst.Yield) for one in descend(function.body))
