"""What a text does by hand with asyncio's loops, counted by syntax and nothing else.

No rule is asked, and no value followed: a name stands for what an import of the file gives it, and
a function is a coroutine function where it says so. What is counted here and not found by a rule is
either right as it is, or missed.
"""

from __future__ import annotations

import ast  # noqa: TID251 - a second opinion, which shares nothing with the first
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

RUN = "`asyncio.run(x)`"
AT_ONCE = "`get_event_loop().run_until_complete(x)`"
ONE_RUN = "`loop = get_event_loop()`, one `run_until_complete`"
SEVERAL_RUNS = "`loop = get_event_loop()`, several `run_until_complete`"
TASKS_FIRST = "`loop = get_event_loop()`, tasks or handlers first, then `run_until_complete`"
FOREVER = "`loop = get_event_loop()` and `run_forever`"
NEW_ONE_RUN = "`loop = new_event_loop()`, one `run_until_complete`"
NEW_SEVERAL = "`loop = new_event_loop()`, several `run_until_complete`, or tasks first"
NEW_FOREVER = "`loop = new_event_loop()` and `run_forever`"
OTHER_RUN = "`run_until_complete` of a loop from elsewhere (`self.loop`, a parameter)"
OTHER_FOREVER = "`run_forever` of a loop from elsewhere"
KEPT = "`self.loop = get_event_loop()`"
FALLBACK = "`loop or get_event_loop()`, `if loop is None: loop = get_event_loop()`"
DEFAULT = "`def f(loop=get_event_loop())`"
IN_COROUTINE = "`get_event_loop()` in a coroutine function"
GUARDED = "`get_event_loop()` in a `try`"
OTHER_GET = "`get_event_loop()`, any other"
LOOP_PRIMITIVE = "`loop=` to a lock, an event, a queue of asyncio's"
LOOP_FUNCTION = "`loop=` to `sleep`, `wait`, `gather`, …"
LOOP_ENSURE = "`ensure_future(…, loop=…)`"
LOOP_STILL = "`loop=` to what takes it still (`Future`, `StreamReader`, …)"
LOOP_ELSEWHERE = "`loop=` to classes and functions that are not asyncio's"
DECORATOR = "`@asyncio.coroutine`"
ASYNC_KEYWORD = "`asyncio.async(…)`"
TASK_METHOD = "`Task.all_tasks`, `Task.current_task`"
POLICY = "policies: `set_event_loop_policy`, `get_event_loop_policy`"
POLICY_CLASS = "a policy's class is subclassed"
WATCHER = "child watchers"
IS_COROUTINE = "`asyncio.iscoroutinefunction`"
EARLY_PRIMITIVE = "a lock, an event or a queue in `__init__`, a class body or a module"
WAIT_BARE = "`asyncio.wait([f(), …])` with bare calls"

PRIMITIVES = (
    *("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore"),
    *("Queue", "LifoQueue", "PriorityQueue"),
)
FUNCTIONS = (
    *("sleep", "gather", "wait", "wait_for", "shield", "as_completed"),
    *("open_connection", "start_server", "open_unix_connection", "start_unix_server"),
    *("create_subprocess_exec", "create_subprocess_shell"),
)
WATCHERS = (
    *("get_child_watcher", "set_child_watcher", "AbstractChildWatcher", "SafeChildWatcher"),
    *("FastChildWatcher", "ThreadedChildWatcher", "MultiLoopChildWatcher", "PidfdChildWatcher"),
)
POLICIES = (
    *("AbstractEventLoopPolicy", "DefaultEventLoopPolicy"),
    *("WindowsSelectorEventLoopPolicy", "WindowsProactorEventLoopPolicy"),
)
STARTS = (
    *("create_task", "call_soon", "call_later", "call_at", "call_soon_threadsafe"),
    *("add_signal_handler", "add_reader", "add_writer", "set_exception_handler"),
    *("set_task_factory", "set_default_executor"),
)
_MODULES = (
    *("base_events", "coroutines", "events", "futures", "locks", "queues", "runners"),
    *("streams", "subprocess", "tasks", "unix_events", "windows_events"),
)

MODULE = "module level"
GUARD = "main guard"
CALLED = "function that is called here"
LIBRARY = "function nobody here calls"
COROUTINE = "coroutine function"
TESTS = "tests"
PLACES = (MODULE, GUARD, CALLED, LIBRARY, COROUTINE, TESTS)


@dataclass(frozen=True)
class Idiom:
    """One occurrence: the lines (from 1) of all calls that it is made of, and its text."""

    kind: str
    place: str
    lines: frozenset[int]
    text: str


def idioms(path: str, text: str) -> list[Idiom]:
    """Return what a file holds, in no order; raise SyntaxError or ValueError for what is no Python.

    `path` says what is a test.
    """
    module = ast.parse(text)
    file = _File(module, _imports(module), _is_test(path))
    return [idiom for scope in file.scopes() for idiom in scope.idioms()]


def _is_test(path: str) -> bool:
    parts = PurePath(path).parts
    names = {"test", "tests", "testing", "conftest.py"}
    return bool(names.intersection(parts)) or parts[-1].startswith("test_")


def _imports(module: ast.Module) -> dict[str, str]:
    """Return what names stand for: dotted names of asyncio and its like."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _File:
    module: ast.Module
    imports: Mapping[str, str]
    is_test: bool
    called: set[str] = field(default_factory=set)
    """The last names of all that is called."""

    def __post_init__(self) -> None:
        for node in ast.walk(self.module):
            if isinstance(node, ast.Call):
                self.called.add(_last(node.func))

    def asyncio(self, node: ast.AST) -> str | None:
        """Return what an expression names of asyncio's, as "run" or "Task.all_tasks"."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imports:
            return None
        root, *rest = self.imports[node.id].split(".")
        if root != "asyncio":
            return None
        names = [*rest, *reversed(parts)]
        return ".".join(names[1:] if names and names[0] in _MODULES else names)

    def calls(self, node: ast.AST, *names: str) -> bool:
        return isinstance(node, ast.Call) and self.asyncio(node.func) in names

    def scopes(self) -> Iterator[_Scope]:
        yield _Scope(self, self.module, MODULE, self.module.body)
        for node in ast.walk(self.module):
            if isinstance(node, _Function):
                yield _Scope(self, node, self._place(node), node.body)

    def _place(self, node: _Function) -> str:
        is_marked = any(self.asyncio(one) == "coroutine" for one in node.decorator_list)
        if isinstance(node, ast.AsyncFunctionDef) or is_marked:
            return COROUTINE
        return CALLED if node.name in self.called else LIBRARY


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@dataclass
class _Scope:
    """A module with its class bodies, or a function without those in it."""

    file: _File
    node: ast.AST
    own_place: str
    body: list[ast.stmt]
    guarded: set[ast.AST] = field(default_factory=set)
    tried: set[ast.AST] = field(default_factory=set)
    nodes: list[ast.AST] = field(default_factory=list)

    def __post_init__(self) -> None:
        stack: list[tuple[ast.AST, bool, bool]] = [(one, False, False) for one in self.body[::-1]]
        while stack:
            node, is_guarded, is_tried = stack.pop()
            self.nodes.append(node)
            if is_guarded:
                self.guarded.add(node)
            if is_tried:
                self.tried.add(node)
            if isinstance(node, _Function):
                # Its defaults and decorators are evaluated here; its body is a scope of its own.
                inner: list[ast.AST] = [*node.args.defaults, *node.decorator_list]
                inner += [one for one in node.args.kw_defaults if one is not None]
            else:
                inner = list(ast.iter_child_nodes(node))
            for child in reversed(inner):
                guarded = is_guarded or (isinstance(node, ast.If) and _is_main_guard(node))
                tries = isinstance(node, ast.Try) and bool(node.handlers) and child in node.body
                stack.append((child, guarded, is_tried or tries))

    def idioms(self) -> Iterator[Idiom]:
        taken: set[ast.AST] = set()
        yield from self._loops(taken)
        yield from self._fallbacks(taken)
        for node in self.nodes:
            if isinstance(node, ast.Assign) and self.file.calls(node.value, "get_event_loop"):
                if isinstance(node.targets[0], ast.Attribute) and node.value not in taken:
                    taken.add(node.value)
                    yield self._idiom(KEPT, node.value)
            elif isinstance(node, _Function):
                defaults = [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
                for one in defaults:
                    if self.file.calls(one, "get_event_loop"):
                        taken.add(one)
                        yield self._idiom(DEFAULT, one)
                for one in node.decorator_list:
                    if self.file.asyncio(one) == "coroutine":
                        yield self._idiom(DECORATOR, one, text=f"@coroutine def {node.name}")
            elif isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if self.file.asyncio(base) in POLICIES:
                        taken.add(base)
                        yield self._idiom(POLICY_CLASS, base)
        for node in self.nodes:
            if node not in taken:
                yield from self._simple(node)

    def _simple(self, node: ast.AST) -> Iterator[Idiom]:
        name = self.file.asyncio(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
        if name in ("Task.all_tasks", "Task.current_task"):
            yield self._idiom(TASK_METHOD, node)
        elif name in WATCHERS:
            yield self._idiom(WATCHER, node)
        elif name in ("set_event_loop_policy", "get_event_loop_policy"):
            yield self._idiom(POLICY, node)
        elif name == "iscoroutinefunction":
            yield self._idiom(IS_COROUTINE, node)
        if not isinstance(node, ast.Call):
            return
        name = self.file.asyncio(node.func)
        if name == "run":
            yield self._idiom(RUN, node)
        elif name == "async":
            yield self._idiom(ASYNC_KEYWORD, node)
        elif name == "get_event_loop":
            yield self._idiom(self._kind_of_get(node), node)
        elif name == "wait" and node.args and isinstance(node.args[0], (ast.List, ast.ListComp)):
            parts = (
                [node.args[0].elt] if isinstance(node.args[0], ast.ListComp) else node.args[0].elts
            )
            if any(isinstance(one, ast.Call) and self._is_bare(one) for one in parts):
                yield self._idiom(WAIT_BARE, node)
        elif name in PRIMITIVES and self._is_early():
            yield self._idiom(EARLY_PRIMITIVE, node)
        if any(keyword.arg == "loop" for keyword in node.keywords):
            yield self._idiom(_kind_of_argument(name), node)
        if isinstance(node.func, ast.Attribute) and not self._is_known_loop(node.func.value):
            if node.func.attr == "run_until_complete":
                yield self._idiom(OTHER_RUN, node)
            elif node.func.attr == "run_forever":
                yield self._idiom(OTHER_FOREVER, node)

    def _is_bare(self, node: ast.Call) -> bool:
        return _last(node.func) not in ("create_task", "ensure_future", "async")

    def _is_early(self) -> bool:
        is_init = isinstance(self.node, _Function) and self.node.name == "__init__"
        return is_init or isinstance(self.node, ast.Module)

    def _is_known_loop(self, node: ast.AST) -> bool:
        is_variable = isinstance(node, ast.Name) and node.id in self._variables()
        return is_variable or self._is_made(node)

    def _kind_of_get(self, node: ast.Call) -> str:
        if self.own_place == COROUTINE:
            return IN_COROUTINE
        return GUARDED if node in self.tried else OTHER_GET

    def _variables(self) -> dict[str, list[ast.expr]]:
        """Return the loops that are got or made here, by the names of their variables."""
        found: dict[str, list[ast.expr]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Assign) and self._is_made(node.value):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(node.value)
        return found

    def _is_made(self, node: ast.AST) -> bool:
        return self.file.calls(node, "get_event_loop", "new_event_loop")

    def _loops(self, taken: set[ast.AST]) -> Iterator[Idiom]:
        """Yield the idioms of a loop that is got, and run, in one scope."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and _last(node.func) == "run_until_complete":
                got = node.func.value if isinstance(node.func, ast.Attribute) else node
                if self.file.calls(got, "get_event_loop"):
                    taken |= {node, got}
                    yield self._idiom(AT_ONCE, node)
        for name, made in self._variables().items():
            uses = [one for one in self.nodes if isinstance(one, ast.Call) and _is_on(one, name)]
            runs = [one for one in uses if _last(one.func) == "run_until_complete"]
            forever = [one for one in uses if _last(one.func) == "run_forever"]
            if not runs and not forever:
                continue
            first = min((*runs, *forever), key=lambda one: (one.lineno, one.col_offset))
            starts = [
                one
                for one in self.nodes
                if isinstance(one, ast.Call)
                and (_last(one.func) in STARTS or self.file.calls(one, "ensure_future"))
                and (one.lineno, one.col_offset) < (first.lineno, first.col_offset)
            ]
            is_new = all(self.file.calls(one, "new_event_loop") for one in made)
            if forever:
                kind = NEW_FOREVER if is_new else FOREVER
            elif is_new:
                kind = NEW_SEVERAL if len(runs) > 1 or starts else NEW_ONE_RUN
            elif len(runs) > 1:
                kind = SEVERAL_RUNS
            else:
                kind = TASKS_FIRST if starts else ONE_RUN
            taken |= {*made, *runs, *forever}
            yield self._idiom(kind, *runs, *forever, *made)

    def _fallbacks(self, taken: set[ast.AST]) -> Iterator[Idiom]:
        for node in self.nodes:
            got: list[ast.AST] = []
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
                got = [one for one in node.values[1:] if self.file.calls(one, "get_event_loop")]
            elif isinstance(node, ast.IfExp):
                both = (node.body, node.orelse)
                got = [one for one in both if self.file.calls(one, "get_event_loop")]
            elif isinstance(node, ast.If) and "loop" in ast.unparse(node.test):
                values = [one.value for one in node.body if isinstance(one, ast.Assign)]
                got = [one for one in values if self.file.calls(one, "get_event_loop")]
            for one in got:
                if one not in taken:
                    taken.add(one)
                    yield self._idiom(FALLBACK, one)

    def _idiom(self, kind: str, node: ast.AST, *others: ast.AST, text: str = "") -> Idiom:
        place = TESTS if self.file.is_test else self.own_place
        if place == MODULE and node in self.guarded:
            place = GUARD
        lines = frozenset(
            line for one in (node, *others) if isinstance(one, ast.expr) for line in _lines(one)
        )
        # Not what it is called with, where something else may be repaired.
        named = node.func if isinstance(node, ast.Call) else node
        return Idiom(kind, place, lines, text or ast.unparse(named))


def _lines(node: ast.expr) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_on(node: ast.Call, name: str) -> bool:
    func = node.func
    return isinstance(func, ast.Attribute) and _last(func.value) == name


def _is_main_guard(node: ast.If) -> bool:
    names = {one.id for one in ast.walk(node.test) if isinstance(one, ast.Name)}
    return "__name__" in names


def _kind_of_argument(name: str | None) -> str:
    if name is None:
        return LOOP_ELSEWHERE
    if name in PRIMITIVES:
        return LOOP_PRIMITIVE
    if name in FUNCTIONS:
        return LOOP_FUNCTION
    return LOOP_ENSURE if name == "ensure_future" else LOOP_STILL


def survivors(before: Iterable[Idiom], after: Iterable[Idiom]) -> list[bool]:
    """Say of each idiom whether it is still there; those of one kind and text count as alike."""
    left: dict[tuple[str, str], int] = {}
    for one in after:
        key = (one.kind, one.text)
        left[key] = left.get(key, 0) + 1
    found = []
    for one in before:
        key = (one.kind, one.text)
        found.append(left.get(key, 0) > 0)
        left[key] = left.get(key, 0) - 1
    return found
