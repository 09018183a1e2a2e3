"""A program for the interpreter of an environment: builds one object and says what that did.

Standard input is a module whose last statement is `obj = EXPRESSION`. It runs as at import: no loop
is running, and there is nothing to connect to. Standard output is one line of JSON:

    label   "captures": it asks for the current loop, and gets it; from Python 3.14 on there is
            none, so that it raises, or makes a loop to keep in its place. "needs running": it
            raises for want of a running loop. "own loop": it keeps one that it made without
            asking. "safe". "fails": it raises for a reason that is no loop, so that nothing was
            learnt
    kind    of the object: "coroutine", "future", "awaitable", "async generator", "coroutine
            function" or "other"; null where there is no object
    why     the error, or what went before the label
    access  what EXPRESSION asked asyncio for, in order: {call, path, line, outcome}, where path and
            line are those of the nearest caller outside the standard library
    held    where the object keeps a loop that EXPRESSION got: {at, loop: "current" or "own"}
    setup   as access, of the statements before

It needs the standard library alone, of Python 3.8 or later, and is never imported by what it runs.
"""

from __future__ import annotations

import ast
import asyncio
import asyncio.events
import functools
import inspect
import json
import os
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

_BRANCHES = 200  # of one object
_OBJECTS = 20_000
_DEPTH = 6
_STANDARD = str(Path(asyncio.__file__).parent.parent)
_INSTALLED = str(Path(_STANDARD, "site-packages"))
_PLAIN = (str, bytes, int, float, bool, type(None), type, types.ModuleType, types.CodeType)


class Recorder:
    """Stands before asyncio's ways to a loop and notes who goes them."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] | None = None  # where to; None: not now
        self.current: list[asyncio.AbstractEventLoop] = []  # what was given as that
        self.made: list[asyncio.AbstractEventLoop] = []  # otherwise
        self._inside = threading.local()  # asyncio itself goes these ways, too

    def stand(self) -> None:
        for name in ("get_running_loop", "new_event_loop"):
            noting = self._noting(name, getattr(asyncio, name))
            setattr(asyncio.events, name, noting)
            setattr(asyncio, name, noting)
        # Where get_event_loop() ends up, also when C code is what calls it.
        for name in ("BaseDefaultEventLoopPolicy", "_BaseDefaultEventLoopPolicy"):
            policy = vars(asyncio.events).get(name)
            if policy is not None:
                for method in ("get_event_loop", "new_event_loop"):
                    setattr(policy, method, self._noting(method, getattr(policy, method)))

    def _noting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def noting(*args: Any, **kwargs: Any) -> Any:
            if self.notes is None or getattr(self._inside, "now", False):
                return function(*args, **kwargs)
            path, line = _caller()
            note = {"call": name, "path": path, "line": line, "outcome": "a loop"}
            self.notes.append(note)
            self._inside.now = True
            try:
                loop = function(*args, **kwargs)
            except BaseException as error:
                note["outcome"] = f"{type(error).__name__}: {error}"
                raise
            finally:
                self._inside.now = False
            (self.current if name == "get_event_loop" else self.made).append(loop)
            return loop

        return noting


def _caller() -> tuple[str, int]:
    """Return the file and line of the nearest caller that is no part of Python, nor of this."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        path = frame.f_code.co_filename
        standard = path.startswith(_STANDARD) and not path.startswith(_INSTALLED)
        if not (standard or path == __file__ or path.startswith("<frozen")):
            break
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto") or (
        event == "socket.connect" and isinstance(args[1], tuple)
    ):
        raise ConnectionRefusedError("there is no network here")


def _branches(value: object) -> Iterator[tuple[str, object]]:
    """Yield what hangs on a value, by the words that lead there."""
    if isinstance(value, dict):
        for key, one in list(value.items())[:_BRANCHES]:
            yield f"[{key!r}]", one
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        for at, one in enumerate(list(value)[:_BRANCHES]):
            yield f"[{at}]", one
    elif isinstance(value, types.FunctionType):
        for at, cell in enumerate(value.__closure__ or ()):
            if cell != types.CellType():
                yield f".__closure__[{at}]", cell.cell_contents
    else:
        yield from _attributes(value)


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    """Yield what is kept in a value itself; none of its own code runs."""
    if isinstance(value, asyncio.Future):
        yield ".get_loop()", value.get_loop()
    names = ["__self__", "func", "args", "keywords"]  # of bound methods and partials
    names += list(_kept(value, "__dict__", {}))[:_BRANCHES]
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            private = slot.startswith("__") and not slot.endswith("__")
            names.append(f"_{base.__name__.lstrip('_')}{slot}" if private else slot)
    for name in names:
        yield f".{name}", _kept(value, name)


def _kept(value: object, name: str, default: Any = None) -> Any:
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return default


def _loops_in(value: object) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """Yield every loop within reach of a value, by the way there."""
    seen: set[int] = set()
    pending = deque([("obj", value, 0)])
    while pending and len(seen) < _OBJECTS:
        way, one, depth = pending.popleft()
        if id(one) in seen or isinstance(one, _PLAIN):
            continue
        seen.add(id(one))
        if isinstance(one, asyncio.AbstractEventLoop):
            yield way, one
        elif depth < _DEPTH:
            pending.extend((way + step, branch, depth + 1) for step, branch in _branches(one))


def _kind(value: object) -> str:
    if isinstance(value, Coroutine):  # what asyncio.run() takes on every Python
        return "coroutine"
    if inspect.isasyncgen(value):
        return "async generator"
    if asyncio.isfuture(value):
        return "future"
    if inspect.isawaitable(value):
        return "awaitable"
    return "coroutine function" if inspect.iscoroutinefunction(value) else "other"


def _label_of_failure(access: list[dict[str, Any]]) -> str:
    asked = [note for note in access if note["call"] != "new_event_loop"]
    if not asked:
        return "fails"
    in_vain = asked[-1]["call"] == "get_event_loop" and asked[-1]["outcome"] != "a loop"
    return "captures" if in_vain else "needs running"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def record(text: str) -> dict[str, Any]:
    """Run a module as described above, and return what is to be printed."""
    tree = ast.parse(text)
    last = tree.body.pop()
    assert isinstance(last, ast.Assign)
    names = {"__name__": "example"}
    recorder = Recorder()
    recorder.stand()
    sys.addaudithook(_refuse_network)

    setup: list[dict[str, Any]] = []
    recorder.notes = setup
    try:
        exec(compile(tree, "example.py", "exec"), names)
    except BaseException as error:  # noqa: BLE001 - it may raise anything
        return {"label": "fails", "kind": None, "why": f"set-up: {_said(error)}", "setup": setup}
    known = {id(loop) for loop in (*recorder.made, *recorder.current)}

    access: list[dict[str, Any]] = []
    recorder.notes = access
    said: dict[str, Any] = {"access": access, "setup": setup, "held": []}
    try:
        built = eval(compile(ast.Expression(last.value), "example.py", "eval"), names)
    except BaseException as error:  # noqa: BLE001
        return {**said, "label": _label_of_failure(access), "kind": None, "why": _said(error)}
    recorder.notes = None
    said["kind"] = _kind(built)
    for way, loop in _loops_in(built):
        if any(loop is one for one in recorder.current):
            said["held"].append({"at": way, "loop": "current"})
        elif id(loop) not in known:
            said["held"].append({"at": way, "loop": "own"})
    if any((note["call"], note["outcome"]) == ("get_event_loop", "a loop") for note in access):
        return {**said, "label": "captures", "why": "got the current loop"}
    if any(held["loop"] == "own" for held in said["held"]):
        calls = [note["call"] for note in access if note["call"] != "get_running_loop"]
        if calls[:1] == ["get_event_loop"]:
            return {**said, "label": "captures", "why": "made a loop, as there is no current one"}
        return {**said, "label": "own loop", "why": "keeps a loop that it made"}
    return {**said, "label": "safe", "why": "copes without a loop" if access else "asks for none"}


def main() -> None:
    output = os.dup(1)
    os.dup2(2, 1)  # what is built may print
    os.write(output, json.dumps(record(sys.stdin.read())).encode() + b"\n")
    os._exit(0)  # and may have started threads


if __name__ == "__main__":
    main()
