"""Compare what the engine says of calls into typed packages with what a type checker says.

    python benchmarks/return_kinds.py CACHE [--only PACKAGE]... [--show "engine silent"]...

CACHE is a folder for what is installed and asked: an environment for each package (pinned below)
and the checker's answers. It is filled on the first run, which needs `uv` and a package registry;
later runs only ask the engine. Each package gives a sample of its public functions, classes and
methods, drawn with a seed from its source as text. Each is called with required arguments alone,
in a function of its own:

    from aiohttp import ClientSession

    def probe(owner: ClientSession, a0):
        probed = owner.get(a0)

The engine and the checker (basedpyright) say what `probed` is. They agree, or one or both of them
do not know, or the engine names one of several kinds that the checker deems possible ("narrower"),
or they disagree. The exit code is 1 where they disagree and EXPLAINED has no reason, or has one
that nothing needs any more.
"""

from __future__ import annotations

import argparse
import ast  # noqa: TID251 - candidates are read out of source, never imported
import collections
import enum
import fnmatch
import hashlib
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flake8_asyncrun.files import module_finder
from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.machine import position
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Kind, Place

PYTHON = (3, 11)
CHECKER = "basedpyright==1.40.2"
AS_OF = "2026-11-20"  # what else comes along is as new as this

# What is imported, and what is installed for it: the package itself first. Each has a py.typed, but
# aiofiles, whose types are another's: the checker reads those, the engine the source.
PACKAGES = {
    "aio_pika": "aio-pika==10.2.1",
    "aiodns": "aiodns==4.0.4",
    "aiodocker": "aiodocker==0.27.0",
    "aiofiles": "aiofiles==25.1.0 types-aiofiles==25.1.0.20261107",
    "aioftp": "aioftp==0.28.3",
    "aiogram": "aiogram==3.31.0",
    "aiohttp": "aiohttp==3.14.5",
    "aiojobs": "aiojobs==1.4.0",
    "aiolimiter": "aiolimiter==1.3.0",
    "aiormq": "aiormq==7.2.4",
    "aiosmtplib": "aiosmtplib==5.1.3",
    "aiosqlite": "aiosqlite==0.22.1",
    "aiostream": "aiostream==0.8.1",
    "anthropic": "anthropic==2.10.0",
    "anyio": "anyio==4.16.0",
    "asgiref": "asgiref==3.13.0",
    "async_lru": "async-lru==2.4.0",
    "async_timeout": "async-timeout==5.0.1",
    "asyncssh": "asyncssh==2.24.1",
    "discord": "discord.py==2.7.1",
    "elasticsearch": "elasticsearch==9.5.1 aiohttp==3.14.5",
    "fastapi": "fastapi==0.163.2",
    "gql": "gql==4.4.0 aiohttp==3.14.5",
    "grpclib": "grpclib==0.4.9",
    "httpcore": "httpcore==1.0.9 anyio==4.16.0",
    "httpx": "httpx==0.28.1",
    "hypercorn": "hypercorn==0.18.0",
    "janus": "janus==2.0.0",
    "mcp": "mcp==2.3.0",
    "motor": "motor==3.7.1",
    "neo4j": "neo4j==6.4.1",
    "openai": "openai==3.51.0",
    "playwright": "playwright==1.65.2",
    "psycopg": "psycopg==3.3.9",
    "pymongo": "pymongo==4.20.0",
    "pytest_asyncio": "pytest-asyncio==1.5.0",
    "redis": "redis==8.1.0",
    "slack_bolt": "slack-bolt==1.30.0 aiohttp==3.14.5",
    "slack_sdk": "slack-sdk==3.47.0 aiohttp==3.14.5",
    "sqlalchemy": "sqlalchemy[asyncio]==2.1.9",
    "starlette": "starlette==1.10.0",
    "telegram": "python-telegram-bot==22.8",
    "tenacity": "tenacity==9.2.1",
    "tornado": "tornado==6.6.1",
    "uvicorn": "uvicorn==0.54.0",
    "websockets": "websockets==17.4",
    "zeroconf": "zeroconf==0.154.0",
}

# Where the engine contradicts the checker, by package and calls: who is right, and why.
EXPLAINED = {
    ("aioftp", "aioftp.*PathIO*.list"): (
        "Both: declared as AsyncIterable, but the object made is a lister with an __await__, too."
    ),
    ("aiogram", "aiogram.filters.*_f"): (
        "The engine, as inspect.isawaitable() sees it: Filter has an __await__, whose result "
        "(its own __call__) is none that the checker lets pass."
    ),
}

# Parts of module names; what protoc generates ends in _pb2, and says nothing as source.
NOT_PUBLIC = ("_", "conftest", "migrations", "test", "vendored")
GENERATED = "_pb2"
PROTOCOLS = ("Protocol", "typing.Protocol", "t.Protocol", "typing_extensions.Protocol")

# Decorators that leave nothing to call.
PROPERTIES = ("property", "setter", "getter", "deleter", "reify", "flag_value", "fixture")


# ---------------------------------------------------------------------- what is asked about


@dataclass(frozen=True)
class Probe:
    """One call to ask about: what it is called in reports, the file that makes it."""

    call: str
    text: str
    place: Place
    """Of the definition that is called."""


Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class Library:
    """The modules of one package, read as text."""

    def __init__(self, site: Path, package: str) -> None:
        self.site = site
        self.paths = {
            _dotted(path.relative_to(site)): path
            for suffix in ("py", "pyi")  # where there is a stub, the checker reads that
            for path in sorted((site / package).rglob(f"*.{suffix}"))
        }
        self._bodies: dict[str, list[ast.stmt]] = {}

    def body(self, module: str) -> list[ast.stmt]:
        if module not in self._bodies:
            try:
                tree = ast.parse(self.paths[module].read_text("utf-8"))
            except (SyntaxError, UnicodeError):
                tree = ast.Module([], [])
            self._bodies[module] = list(_unconditional(tree.body))
        return self._bodies[module]

    def place(self, module: str, node: Definition) -> Place:
        return Place(self.paths[module].relative_to(self.site).as_posix(), node.lineno)

    def members(
        self, module: str, node: ast.ClassDef, depth: int = 0
    ) -> dict[str, tuple[str, Function]]:
        """Return the methods of a class, those of its bases in this package included, by name,
        with the module that each is defined in. Where a base is from elsewhere, some may miss."""
        found: dict[str, tuple[str, Function]] = {}
        for base in reversed(node.bases):
            name = ast.unparse(base).partition("[")[0]
            origin = self.resolve(module, name) if depth < 8 else None
            if origin is not None and isinstance(origin[1], ast.ClassDef):
                found.update(self.members(origin[0], origin[1], depth + 1))
        for inner in node.body:
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[inner.name] = (module, inner)
        return found

    def is_package(self, module: str) -> bool:
        return self.paths[module].stem == "__init__"

    def public(self) -> Iterator[tuple[str, str, Definition]]:
        """Yield each public class and function once: where to import it from, and from where it
        comes. Of several ways to it, the shortest."""
        found: dict[tuple[str, str], tuple[str, str, Definition]] = {}
        modules = [
            name
            for name in self.paths
            if not any(part.startswith(NOT_PUBLIC) for part in name.split("."))
            and not name.endswith(GENERATED)
        ]
        for module in sorted(modules, key=lambda name: (name.count("."), name)):
            for name in self.offered(module):
                origin = self.resolve(module, name)
                if origin is not None:
                    home, node = origin
                    found.setdefault((home, node.name), (f"{module}:{name}", home, node))
        yield from found.values()

    def offered(self, module: str, depth: int = 0) -> list[str]:
        """Return the names that a module offers to others."""
        names: list[str] = []
        listed: list[str] | None = None
        for statement in self.body(module):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    names.append(statement.name)
                case ast.ImportFrom(names=[ast.alias(name="*")]):
                    base = self.absolute(module, statement)
                    if base in self.paths and depth < 5:
                        names += self.offered(base, depth + 1)
                case ast.ImportFrom() if self.is_package(module):
                    names += [alias.asname or alias.name for alias in statement.names]
                case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                    try:
                        listed = [str(name) for name in ast.literal_eval(value)]
                    except (TypeError, ValueError):
                        listed = None
        names = names if listed is None else listed
        return [name for name in dict.fromkeys(names) if not name.startswith("_")]

    def absolute(self, module: str, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        parts = module.split(".")
        keep = len(parts) - statement.level + self.is_package(module)
        return ".".join([*parts[:keep], *([statement.module] if statement.module else [])])

    def resolve(self, module: str, name: str, depth: int = 0) -> tuple[str, Definition] | None:
        """Return the module and the definition that a name comes from, None if from elsewhere."""
        if module not in self.paths or depth > 8:
            return None
        for statement in reversed(self.body(module)):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    if statement.name == name:
                        return module, statement
                case ast.ImportFrom():
                    base = self.absolute(module, statement)
                    for alias in statement.names:
                        if (alias.asname or alias.name) == name:
                            return self.resolve(base, alias.name, depth + 1)
                        if alias.name == "*":
                            found = self.resolve(base, name, depth + 1)
                            if found is not None:
                                return found
        return None


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _unconditional(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.Try):
            yield from _unconditional([*statement.body, *statement.orelse])
        else:
            yield statement


def sample(site: Path, package: str, size: int, seed: int) -> list[Probe]:
    """Return up to `size` probes, in turn of each sort of callable."""
    library = Library(site, package)
    chance = random.Random(f"{seed} {package}")
    sorts: dict[str, list[Probe]] = collections.defaultdict(list)
    for way, home, node in library.public():
        if not isinstance(node, ast.ClassDef):
            if not _is_property(node):
                sorts[_sort(node)].append(_probe(way, library.place(home, node), node))
            continue
        members = library.members(home, node)
        protocol = any(ast.unparse(base).startswith(PROTOCOLS) for base in node.bases)
        abstract = protocol or any(_is_abstract(member) for _, member in members.values())
        _, made = members.get("__init__") or members.get("__new__") or (home, None)
        if not abstract:
            sorts["class"].append(_probe(way, library.place(home, node), made, bound=True))
        for name, (origin, method) in members.items():
            if not name.startswith("_") and not _is_property(method):
                sort = _sort(method).replace("function", "method")
                new = chance.random() < 0.5 and not abstract
                place = library.place(origin, method)
                sorts[sort].append(_method_probe(way, place, method, made, new))
    queues = [sorts[name] for name in sorted(sorts)]
    for queue in queues:
        queue.sort(key=lambda probe: probe.call)
        chance.shuffle(queue)
    taken: dict[str, Probe] = {}
    while len(taken) < size and any(queues):
        for queue in queues:
            if queue and len(taken) < size:
                probe = queue.pop()
                taken[probe.call] = probe
    return sorted(taken.values(), key=lambda probe: probe.call)


def _sort(node: Function) -> str:
    if isinstance(node, ast.AsyncFunctionDef):
        return "async def"
    returns = ast.unparse(node.returns) if node.returns else ""
    plain = {"staticmethod", "classmethod", "abstractmethod", "overload"}
    decorated = {_last_name(decorator) for decorator in node.decorator_list} - plain
    if decorated or re.search("Await|Async|Corout|Context|Future|Generator|Iterat|Task", returns):
        return "marked"
    return "function"


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).partition("(")[0].rpartition(".")[2]


def _is_property(node: Function) -> bool:
    return any(_last_name(one).endswith(PROPERTIES) for one in node.decorator_list)


def _is_abstract(node: Function) -> bool:
    return any(_last_name(one) == "abstractmethod" for one in node.decorator_list)


def _is_static(node: Function) -> bool:
    return any(_last_name(one) == "staticmethod" for one in node.decorator_list)


# In the order in which `_ASKING` takes them away.
KINDS = (Kind.COROUTINE, Kind.FUTURE, Kind.AWAITABLE, Kind.ASYNC_GENERATOR)

_PROBE = """\
from {module} import {name}


def probe({parameters}):
    probed = {call}
"""

# What is left of a type when the instances of a class are taken away tells whether it was one.
_ASKING = """\
    import asyncio
    import collections.abc

    one = two = three = four = five = probed
    reveal_type(probed)
    if not isinstance(one, collections.abc.Coroutine):
        reveal_type(one)
    if not isinstance(two, asyncio.Future):
        reveal_type(two)
    if not isinstance(three, collections.abc.Awaitable):
        reveal_type(three)
    if not isinstance(four, collections.abc.AsyncGenerator):
        reveal_type(four)
    if not callable(five):
        reveal_type(five)
"""


def _probe(way: str, place: Place, function: Function | None, bound: bool = False) -> Probe:
    """Return the probe that calls what is imported; None: with any arguments."""
    module, _, name = way.partition(":")
    arguments, names = _required(function, "a", bound=bound)
    text = _PROBE.format(
        module=module,
        name=name,
        parameters=", ".join(names),
        call=f"{name}({', '.join(arguments)})",
    )
    return Probe(f"{module}.{name}", text, place)


def _method_probe(
    way: str, place: Place, method: Function, made: Function | None, new: bool
) -> Probe:
    """Return the probe that calls a method on a parameter, or on a new instance."""
    module, _, name = way.partition(":")
    arguments, names = _required(method, "a", bound=not _is_static(method))
    if new:
        given, more = _required(made, "b", bound=True)
        owner, parameters = f"{name}({', '.join(given)})", [*names, *more]
    else:
        owner, parameters = "owner", [f"owner: {name}", *names]
    text = _PROBE.format(
        module=module,
        name=name,
        parameters=", ".join(parameters),
        call=f"{owner}.{method.name}({', '.join(arguments)})",
    )
    shown = f"{name}(…)" if new else name
    return Probe(f"{module}.{shown}.{method.name}", text, place)


def _required(
    node: Function | None, prefix: str, *, bound: bool = False
) -> tuple[list[str], list[str]]:
    """Return the arguments of a call with what is required alone, and the names in them."""
    if node is None:
        rest = [f"*{prefix}", f"**{prefix}k"]
        return rest, rest
    positional = [*node.args.posonlyargs, *node.args.args][1 if bound else 0 :]
    names = [f"{prefix}{index}" for index in range(len(positional) - len(node.args.defaults))]
    keywords = [
        argument.arg
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None
    ]
    named = [f"{prefix}k{index}" for index in range(len(keywords))]
    given = [f"{key}={name}" for key, name in zip(keywords, named, strict=True)]
    return [*names, *given], [*names, *named]


# ---------------------------------------------------------------------- what the checker says


@dataclass(frozen=True)
class Believed:
    """A type as the checker shows it, and the kinds that its values can have."""

    type: str
    kinds: frozenset[Kind]
    callable: bool = False


def ask_checker(cache: Path, package: str, python: Path, probes: Sequence[Probe]) -> list[Believed]:
    """Return the checker's answers in order; from the cache where the same was asked before."""
    asked = json.dumps(
        [CHECKER, PYTHON, AS_OF, PACKAGES[package], _ASKING, [probe.text for probe in probes]]
    )
    key = hashlib.sha256(asked.encode()).hexdigest()[:16]
    folder = cache / f"{package}.asked"
    answers = folder / f"{key}.json"
    if not answers.exists():
        files = folder / key
        files.mkdir(parents=True, exist_ok=True)
        for index, probe in enumerate(probes):
            (files / f"probe_{index}.py").write_text(probe.text + _ASKING, "utf-8")
        version = ".".join(map(str, PYTHON))
        settings = {
            "typeCheckingMode": "off",
            "pythonVersion": version,
            "pythonPlatform": "Linux",
        }
        (files / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
        checker = _environment(cache, "checker", CHECKER).with_name("basedpyright")
        done = subprocess.run(
            [checker, "-p", files, "--pythonpath", python, "--outputjson"],
            capture_output=True,
            text=True,
            check=False,
        )
        answers.write_text(json.dumps(_revealed(done.stdout, len(probes))), "utf-8")
    return [_believed(revealed) for revealed in json.loads(answers.read_text("utf-8"))]


def _revealed(output: str, count: int) -> list[dict[str, str]]:
    """Return what is revealed of each variable, by probe."""
    revealed: list[dict[str, str]] = [{} for _ in range(count)]
    for one in json.loads(output)["generalDiagnostics"]:
        match = re.match(r'Type of "(\w+)" is "(.*)"$', one["message"], re.DOTALL)
        index = re.search(r"probe_(\d+)\.py$", one["file"])
        if match and index:
            revealed[int(index[1])][match[1]] = match[2]
        elif one["severity"] == "error" and index:
            revealed[int(index[1])].setdefault("error", one["message"].splitlines()[0])
    return revealed


# "float" stands for both until it is looked at.
PROMOTED = {"complex", "float", "int"}


def _believed(revealed: dict[str, str]) -> Believed:
    shown = revealed.get("probed", "nothing")
    parts = _parts_of_union(shown)
    if {"nothing", "Never", "NoReturn", "Any", "Unknown", "object"} & set(parts):
        reason = f" ({revealed['error']})" if "error" in revealed else ""
        return Believed(shown + reason, frozenset({Kind.UNKNOWN}))
    some: set[Kind] = set()
    for kind, name in zip(KINDS, ("one", "two", "three", "four"), strict=True):
        # Where nothing is left of a type, the code is not reached, and nothing is revealed.
        left = revealed.get(name, "Never")
        if left == "Never":
            return Believed(shown, frozenset({kind}))
        if {*_parts_of_union(left)} - PROMOTED != {*parts} - PROMOTED:
            some.add(kind)
    if some:
        return Believed(shown, frozenset({*some, Kind.OTHER}))
    return Believed(shown, frozenset({Kind.OTHER}), revealed.get("five", "Never") == "Never")


def _parts_of_union(shown: str) -> list[str]:
    """Split "int | list[str | None]" at the bars that stand in no bracket."""
    parts, depth = [""], 0
    for character in shown:
        depth += (character in "([{") - (character in ")]}")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


# ---------------------------------------------------------------------- what the engine says


def ask_engine(site: Path, probes: Iterable[Probe]) -> Iterator[tuple[Kind, float]]:
    """Yield the engine's answer to each probe, and how many seconds it took."""
    project = Project(module_finder([str(site)]), Target(PYTHON, PYTHON))
    for index, probe in enumerate(probes):
        call = _call_in(probe.text)
        start = time.perf_counter()
        facts = Facts(project, f"probe_{index}.py", probe.text, f"probe_{index}")
        answer = facts.answer(position(call))
        yield Kind.UNKNOWN if answer is None else answer.kind, time.perf_counter() - start


def _call_in(text: str) -> ast.expr:
    function = ast.parse(text).body[-1]
    assert isinstance(function, ast.FunctionDef)
    assignment = function.body[0]
    assert isinstance(assignment, ast.Assign)
    return assignment.value


# ---------------------------------------------------------------------- the comparison


class Verdict(enum.Enum):
    AGREE = "agree"
    ENGINE_SILENT = "engine silent"
    CHECKER_SILENT = "checker silent"
    BOTH_SILENT = "both silent"
    NARROWER = "narrower"
    DISAGREE = "disagree"


@dataclass(frozen=True)
class Outcome:
    package: str
    probe: Probe
    ours: Kind
    believed: Believed
    seconds: float

    @property
    def verdict(self) -> Verdict:
        kinds = self.believed.kinds
        decided = len(kinds) == 1 and Kind.UNKNOWN not in kinds
        if self.ours is Kind.UNKNOWN:
            return Verdict.ENGINE_SILENT if decided else Verdict.BOTH_SILENT
        if Kind.UNKNOWN in kinds:
            return Verdict.CHECKER_SILENT
        if not any(_is_one(self.ours, kind, self.believed) for kind in kinds):
            return Verdict.DISAGREE
        return Verdict.AGREE if decided else Verdict.NARROWER

    def __str__(self) -> str:
        return (
            f"{self.package}: {self.probe.call}: engine: {self.ours.value}; "
            f"checker: {self.believed.type}\n    {self.probe.place.path}:{self.probe.place.line}"
        )


def _is_one(ours: Kind, kind: Kind, believed: Believed) -> bool:
    """Say whether a value of our kind is one of a kind that the checker sees."""
    match kind:
        case Kind.AWAITABLE:
            return ours in (Kind.AWAITABLE, Kind.COROUTINE, Kind.FUTURE)
        case Kind.OTHER if ours is Kind.ASYNC_GENERATOR:
            return believed.type.startswith(("AsyncIterator", "AsyncIterable"))
        case Kind.OTHER if ours is Kind.COROUTINE_FUNCTION:
            return believed.callable
    return ours is kind


def compare(package: str, cache: Path, size: int, seed: int) -> list[Outcome]:
    python = _environment(cache, package, PACKAGES[package])
    site = next((python.parent.parent / "lib").glob("python3.*")) / "site-packages"
    probes = sample(site, package, size, seed)
    believed = ask_checker(cache, package, python, probes)
    return [
        Outcome(package, probe, kind, belief, seconds)
        for probe, belief, (kind, seconds) in zip(
            probes, believed, ask_engine(site, probes), strict=True
        )
    ]


def _environment(cache: Path, name: str, requirements: str) -> Path:
    """Return the interpreter of an environment that holds these; make it where it is missing."""
    folder = cache / name
    python = folder / "bin" / "python"
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text("utf-8") != requirements:
        uv: list[str | Path] = [sys.executable, "-m", "uv", "--quiet"]
        version = ".".join(map(str, PYTHON))
        subprocess.run([*uv, "venv", "--clear", "--python", version, folder], check=True)
        install: list[str | Path] = ["pip", "install", "--python", python, "--exclude-newer", AS_OF]
        subprocess.run([*uv, *install, *requirements.split()], check=True)
        done.write_text(requirements, "utf-8")
    return python


# ---------------------------------------------------------------------- the report


def report(outcomes: Sequence[Outcome], shown: Sequence[Verdict]) -> bool:
    """Print the figures; return whether all contradictions are explained, and no more than they."""
    by_package = collections.defaultdict(list)
    by_kind = collections.defaultdict(list)
    for outcome in outcomes:
        by_package[outcome.package].append(outcome)
        by_kind[
            "several"
            if len(outcome.believed.kinds) > 1
            else next(iter(outcome.believed.kinds)).value
        ].append(outcome)
    _table("package", by_package)
    _table("kind, by the checker", by_kind)
    slow = sorted(outcomes, key=lambda outcome: outcome.seconds)
    median, slowest = slow[len(slow) // 2], slow[-1]
    print("one question, with the modules that those before it in the package have read:")
    print(
        f"median {median.seconds * 1000:.1f} ms, slowest {slowest.seconds * 1000:.0f} ms", end=" "
    )
    print(f"({slowest.package}: {slowest.probe.call})\n")
    for verdict in shown:
        print(f"{verdict.value}:")
        for outcome in outcomes:
            if outcome.verdict is verdict:
                print(outcome)
    print("disagree:")
    needed: dict[tuple[str, str], bool] = {}
    unexplained = False
    for outcome in outcomes:
        key = next((key for key in EXPLAINED if _is_about(key, outcome)), None)
        disagree = outcome.verdict is Verdict.DISAGREE
        if key is not None:
            needed[key] = needed.get(key, False) or disagree
        if disagree:
            print(f"{outcome}\n    {EXPLAINED[key] if key else 'NOT EXPLAINED'}")
            unexplained |= key is None
    for key in sorted(key for key in needed if not needed[key]):
        print(f"{key[0]}: {key[1]}: is explained, but there is no disagreement")
    return not unexplained and all(needed.values())


def _is_about(key: tuple[str, str], outcome: Outcome) -> bool:
    package, calls = key
    return outcome.package == package and fnmatch.fnmatchcase(outcome.probe.call, calls)


def _table(title: str, groups: Mapping[str, Sequence[Outcome]]) -> None:
    every = [outcome for group in groups.values() for outcome in group]
    print(f"{title:22}{'asked':>8}" + "".join(f"{one.value:>16}" for one in Verdict))
    for name, group in [*sorted(groups.items()), ("all", every)]:
        counts = collections.Counter(outcome.verdict for outcome in group)
        print(f"{name:22}{len(group):8}" + "".join(f"{counts[one]:16}" for one in Verdict))
    print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--only", action="append", choices=PACKAGES, metavar="PACKAGE")
    verdicts = [verdict.value for verdict in Verdict]
    parser.add_argument("--show", action="append", choices=verdicts, default=[])
    parser.add_argument("--size", type=int, default=40, help="probes of each package (40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    cache = options.cache.resolve()
    _environment(cache, "checker", CHECKER)
    ask = partial(compare, cache=cache, size=options.size, seed=options.seed)
    with ProcessPoolExecutor(options.jobs) as pool:
        outcomes = [
            outcome for found in pool.map(ask, options.only or PACKAGES) for outcome in found
        ]
    return 0 if report(outcomes, [Verdict(one) for one in options.show]) else 1


if __name__ == "__main__":
    sys.exit(main())
