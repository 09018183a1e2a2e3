"""Answers that are kept: the same as fresh ones, as long as what they rest on is the same."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_asyncrun import analysis, cache, files, repair, run
from flake8_asyncrun.cache import Answer, Cache, Ground
from flake8_asyncrun.config import Config
from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.model import Edit, Finding, Fix, Note, Place, Safety, Span
from flake8_asyncrun.core.rule import File, Hit, Rule
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.locks import Versions
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.rules import ALL
from tests.analysis import are_installed
from tests.examples import EXAMPLE, WITH_EXAMPLES, all_examples
from tests.snippets import ON

PROJECTS = Path(__file__).parent / "fixtures"

CAPTURING = """\
import asyncio


class Client:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def go(self):
        await self.loop.run_in_executor(None, print)
"""
SAME_SIZE = CAPTURING.replace("get_event_loop", "new_event_loop")
SAFE = CAPTURING.replace("asyncio.get_event_loop()", "None")
BOT = "import asyncio\nfrom lib.client import Client\nclient = Client()\nasyncio.run(client.go())\n"


@dataclass
class Desk:
    """Where files are put and asked about, and how often an answer had to be made."""

    folder: Path
    cache: Path
    config: Config = field(default_factory=Config)
    made: list[str] = field(default_factory=list)
    """Paths."""

    def put(self, name: str, text: str | bytes = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def ask(self, name: str = "bot.py", *, cached: bool = True) -> list[str]:
        """Return the findings of a file, as a process would that has seen nothing before."""
        found = self.found(name, cached=cached)
        return [finding.code for finding in found.findings]

    def found(self, name: str = "bot.py", *, cached: bool = True) -> analysis.Found:
        tick()
        around = analysis.surroundings({}, cached=cached)
        path = str(self.folder / name)
        text = files.read(path).text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(analysis, "_around", around)
            _, found = analysis.look(path, text, lambda path: self.config)
        return found

    def answers_anew(self, name: str = "bot.py") -> bool:
        """Say whether asking about a file takes an analysis; the answer is right in any case."""
        before = len(self.made)
        found = self.found(name)
        is_new = len(self.made) > before
        assert found == self.found(name, cached=False)
        return is_new

    def entries(self) -> list[Path]:
        found = self.cache.iterdir() if self.cache.is_dir() else ()
        return [path for path in found if cache._ENTRY.fullmatch(path.name)]

    def entry(self) -> Path:
        [path] = self.entries()
        return path


def tick() -> None:
    """Wait until a change leaves another time than one before."""
    time.sleep(0.02)


@pytest.fixture(autouse=True)
def maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever works on the package right now shall not turn the cache off."""
    monkeypatch.setattr(cache, "_maker", lambda: ("tests",))


@pytest.fixture
def desk(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A bot and a library, in a project and an environment."""
    # A file that is some hundredths of a second old counts as settled: `ask` waits for that.
    monkeypatch.setattr(cache, "_RACY", 0)
    environment = tmp_path / "env"
    desk = Desk(tmp_path / "bot", cache_folder, Config(python=str(environment)))
    desk.put("pyproject.toml")
    desk.put("bot.py", BOT)
    packages = "../env/lib/python3.11/site-packages"
    desk.put(f"{packages}/lib/__init__.py")
    desk.put(f"{packages}/lib/client.py", CAPTURING)

    def counting(source: Source, *rest: object) -> list[Finding]:
        desk.made.append(source.path)
        return analyze(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "analyze", counting)
    return desk


LIBRARY = "../env/lib/python3.11/site-packages/lib"

# ------------------------------------------------------------------ equality


def test_a_second_question_takes_no_analysis(desk: Desk) -> None:
    assert desk.ask() == ["RUN201"]
    assert desk.made
    desk.made.clear()
    assert desk.ask() == desk.ask() == ["RUN201"]
    assert desk.made == []


def test_an_answer_comes_back_with_all_that_is_in_it(desk: Desk) -> None:
    fresh = desk.found(cached=False)
    [finding] = fresh.findings
    assert finding.fix is not None
    assert finding.notes
    assert desk.found() == fresh
    assert desk.found() == fresh


@pytest.mark.thorough
@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.name)
def test_all_examples_are_answered_alike(rule: Rule, desk: Desk) -> None:
    examples = [example for example in all_examples(rule) if are_installed(example.block.needs)]
    for number, example in enumerate(examples):
        desk.put(f"../{number}/pyproject.toml")
        for path, text in {**example.files, EXAMPLE: example.code}.items():
            desk.put(f"../{number}/{path}", text)
    tick()
    kept = 0
    for number, example in enumerate(examples):
        desk.config = Config(target=example.block.target)
        kept += is_answered_alike(desk, f"../{number}/{EXAMPLE}", example.code)
    assert kept


@pytest.mark.thorough
def test_all_fixtures_are_answered_alike(desk: Desk) -> None:
    copied = desk.folder.parent / "fixtures"
    shutil.copytree(PROJECTS, copied)
    names = [str(path) for path in sorted(copied.rglob("*.py"))]
    desk.config = Config()
    tick()
    assert names
    for name in names:
        is_answered_alike(desk, name, files.read(name).text)


def is_answered_alike(desk: Desk, name: str, text: str) -> bool:
    """Say whether the answer about a settled file is kept; it is the same in any case."""
    desk.made.clear()
    first = ask_with_lines(desk, name, cached=True)
    fresh = ask_with_lines(desk, name, cached=False)
    assert len(desk.made) == 2
    assert first == fresh == ask_with_lines(desk, name, cached=True)
    is_kept = may_have_findings(text)
    assert len(desk.made) == (2 if is_kept else 3)
    return is_kept


def ask_with_lines(desk: Desk, name: str, *, cached: bool) -> tuple[object, ...]:
    """Return what is said of a settled file, and where the findings are."""
    path = desk.folder / name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "_around", analysis.surroundings({}, cached=cached))
        text = files.read(str(path)).text
        source, found = analysis.look(str(path), text, lambda path: desk.config)
    places = [source.line_and_column(finding.span.start) for finding in found.findings]
    return found, places


@pytest.mark.parametrize("text", [f"{BOT}def (\n", f"import asyncio\nx = {'-' * 3000}1\n"])
def test_why_a_text_cannot_be_analysed_is_kept(desk: Desk, text: str) -> None:
    path = str(desk.put("bot.py", text))
    reports = [run_on(path, cached=cached) for cached in (False, True, True)]
    assert reports[0].errors
    assert reports[0] == reports[1] == reports[2]
    assert len(desk.made) == 2


def run_on(path: str, *, cached: bool, fix: bool = False) -> FileReport:
    tick()
    reports = run.run([path], lambda path: Config(), fix=fix, write=False, cached=cached)
    return reports[0] if reports else FileReport(path)


def test_what_a_tree_does_not_give_back_is_placed_all_the_same(desk: Desk) -> None:
    desk.put("bot.py", f"\f{BOT}")
    tick()
    assert ask_with_lines(desk, "bot.py", cached=True) == ask_with_lines(
        desk, "bot.py", cached=True
    )
    assert ask_with_lines(desk, "bot.py", cached=True) == ask_with_lines(
        desk, "bot.py", cached=False
    )


def test_a_kept_answer_needs_no_tree_to_be_placed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick()
    fresh = ask_with_lines(desk, "bot.py", cached=True)
    monkeypatch.delattr(cst, "parse_module")
    assert ask_with_lines(desk, "bot.py", cached=True) == fresh


@given(
    st.builds(
        Answer,
        st.lists(
            st.builds(
                Finding,
                st.text(),
                st.text(),
                st.builds(Span, st.integers(), st.integers()),
                st.none()
                | st.builds(
                    Fix,
                    st.text(),
                    st.lists(
                        st.builds(Edit, st.builds(Span, st.integers(), st.integers()), st.text())
                    ).map(tuple),
                    st.sampled_from(Safety),
                    st.lists(st.text()).map(tuple),
                ),
                st.lists(
                    st.builds(
                        Note, st.text(), st.none() | st.builds(Place, st.text(), st.integers())
                    )
                ).map(tuple),
            )
        ).map(tuple),
        st.none() | st.tuples(st.text(), st.none() | st.integers()),
        st.booleans(),
    )
)
def test_any_answer_comes_back(answer: Answer) -> None:
    evidence = cache.Evidence(("/a",), [[1, 2]], {"a": (0, "d"), "b": (None, None)}, (), {"x": ()})
    data = cache._encoded("question", answer, evidence)
    assert cache._decoded("question", data) == (answer, evidence)


def test_a_lone_surrogate_of_an_editor_is_kept(desk: Desk) -> None:
    config = Config()
    for cached in (True, True, False):
        tick()
        around = analysis.surroundings({}, cached=cached)
        source = Source(str(desk.folder / "bot.py"), f"{BOT}'\ud800'\n", "bot")
        with contextlib.suppress(Unreadable):
            analysis.answer(source, around(source.path, config), ON)
    assert len(desk.made) == 2


# ------------------------------------------------------------------ what answers rest on

Change = Callable[[Desk], None]


def changing(name: str, text: str) -> Change:
    return lambda desk: void(desk.put(name, text))


def void(_: object) -> None:
    """Make a statement of an expression."""


def deleting(name: str) -> Change:
    return lambda desk: (desk.folder / name).unlink()


def configuring(**changes: object) -> Change:
    def change(desk: Desk) -> None:
        desk.config = replace(desk.config, **changes)  # type: ignore[arg-type]

    return change


def in_another_environment(desk: Desk) -> None:
    shutil.copytree(desk.folder / "../env", desk.folder / "../other")
    desk.put("../other/lib/python3.11/site-packages/lib/client.py", SAFE)
    desk.config = replace(desk.config, python=str(desk.folder.parent / "other"))


def packaging_before(desk: Desk) -> None:
    desk.put("lib/__init__.py")
    desk.put("lib/client.py", SAFE)


CHANGES = {
    "its own text": (changing("bot.py", BOT.replace("client = Client()", "client = None")), []),
    "a module of the library": (changing(f"{LIBRARY}/client.py", SAFE), []),
    "a module deleted": (deleting(f"{LIBRARY}/client.py"), []),
    "a package before it": (packaging_before, []),
    "a package of the same name": (changing(f"{LIBRARY}/client/__init__.py", SAFE), []),
    "a compiled module": (changing(f"{LIBRARY}/client/__init__.cpython-311.so", ""), []),
    "the target": (configuring(target=Target.since("3.14")), ["RUN201"]),
    "what is told to be safe": (configuring(known_safe=("lib.client.Client",)), []),
    "what is told to capture": (configuring(loop_capturing=("lib.client.Client",)), ["RUN201"]),
    "what is told to be a coroutine function": (
        configuring(coroutine_functions=("lib.client.Client.go",)),
        ["RUN201"],
    ),
    "another environment": (in_another_environment, []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_it_rested_on_has_changed(desk: Desk, name: str) -> None:
    change, after = CHANGES[name]
    assert desk.ask() == ["RUN201"]
    assert not desk.answers_anew()
    tick()
    change(desk)
    assert desk.answers_anew()
    assert desk.ask() == after


def test_a_module_that_was_not_there_is_found_once_it_is(desk: Desk) -> None:
    text = "import asyncio\nfrom mine.deep import Client\nclient = Client()\n"
    desk.put("bot.py", f"{text}asyncio.run(client.go())\n")
    (desk.folder / "mine").mkdir()
    assert desk.ask() == []
    assert not desk.answers_anew()
    tick()
    desk.put("mine/deep.py", CAPTURING)
    assert desk.answers_anew()
    assert desk.ask() == ["RUN201"]
    tick()
    (desk.folder / "mine/deep.py").unlink()
    assert desk.ask() == []


def test_a_stub_counts_once_it_is_there(desk: Desk) -> None:
    desk.put("bot.py", "import asyncio\nimport things\nasyncio.run(things.go())\n")
    assert desk.ask() == []
    assert not desk.answers_anew()
    tick()
    desk.put(
        f"{LIBRARY}/../things-stubs/__init__.pyi",
        "from asyncio import Future\ndef go() -> Future: ...\n",
    )
    assert desk.answers_anew()
    assert desk.ask() == ["RUN101"]


def test_a_package_in_place_moves(desk: Desk) -> None:
    shutil.rmtree(desk.folder / LIBRARY)
    desk.put("../one/lib/client.py", CAPTURING)
    desk.put("../two/lib/client.py", SAFE)
    for name in ("one", "two"):
        desk.put(f"../{name}/lib/__init__.py")
    finder = f"{LIBRARY}/../__editable___lib_1_0_finder.py"
    mapping = "MAPPING: dict[str, str] = {{'lib': {!r}}}\n"
    desk.put(finder, mapping.format(str(desk.folder.parent / "one" / "lib")))
    assert desk.ask() == ["RUN201"]
    assert not desk.answers_anew()
    tick()
    desk.put(finder, mapping.format(str(desk.folder.parent / "two" / "lib")))
    assert desk.answers_anew()
    assert desk.ask() == []


def test_a_namespace_package_is_spread_further(desk: Desk) -> None:
    desk.put(f"{LIBRARY}/__init__.py", "__import__('pkg_resources').declare_namespace(__name__)\n")
    (desk.folder / LIBRARY / "client.py").unlink()
    desk.put("lib/__init__.py", (desk.folder / LIBRARY / "__init__.py").read_text())
    assert desk.ask() == []
    assert not desk.answers_anew()
    tick()
    desk.put(f"{LIBRARY}/client.py", CAPTURING)
    assert desk.answers_anew()
    assert desk.ask() == ["RUN201"]
    tick()
    desk.put("lib/__init__.py")
    assert desk.answers_anew()
    assert desk.ask() == []


def test_a_link_leads_elsewhere(desk: Desk) -> None:
    one, two = desk.put("../one.py", CAPTURING), desk.put("../two.py", SAFE)
    link = desk.folder / LIBRARY / "client.py"
    link.unlink()
    symlink(link, one)
    assert desk.ask() == ["RUN201"]
    assert not desk.answers_anew()
    tick()
    desk.put("../one.py", SAFE)
    assert desk.answers_anew()
    assert desk.ask() == []
    tick()
    one.unlink()
    assert desk.answers_anew()
    tick()
    desk.put("../one.py", CAPTURING)
    assert desk.answers_anew(), "a broken link is none any more"
    assert desk.ask() == ["RUN201"]
    tick()
    link.unlink()
    symlink(link, two)
    assert desk.ask() == []


def symlink(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target)
    except OSError as error:
        pytest.skip(f"no links here: {error}")


def test_the_rules_that_are_asked_count(desk: Desk) -> None:
    path = str(desk.folder / "bot.py")
    around = analysis.surroundings({}, cached=True)(path, desk.config)
    source = Source(path, BOT, "bot")
    by_code = {rule.code: rule for rule in ALL}
    for codes, found in [(["RUN101"], []), (["RUN201"], ["RUN201"]), (["RUN101"], [])]:
        rules = [by_code[code] for code in codes]
        answer = analysis.answer(source, around, rules)
        assert [finding.code for finding in answer.findings] == found
    assert len(desk.made) == 2


def test_the_place_of_a_text_counts(desk: Desk) -> None:
    for name in ("my-bot.py", "my-other-bot.py"):  # no names to import
        desk.put(name, f"{CAPTURING}\n\nclient = Client()\nasyncio.run(client.go())\n")
        assert desk.answers_anew(name)
        [finding] = desk.found(name).findings
        assert {note.place.path for note in finding.notes if note.place} == {
            str(desk.folder / name)
        }


def test_what_makes_the_answers_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    monkeypatch.setattr(cache, "_maker", lambda: ("others",))
    assert desk.answers_anew()
    monkeypatch.setattr(cache, "_maker", lambda: None)
    assert desk.answers_anew(), "nobody knows who makes them"
    assert len(desk.entries()) == 2


def asking_for_releases(found: list[object]) -> Rule:
    def check(_: cst.Module, file: File) -> Iterator[Hit]:
        found.append(file.project.knowledge.choose("aiohttp", ("3.8", "3.9", "4.0")))
        yield from ()

    return Rule("RUN901", "made-up", "Made up.", (cst.Module,), check, None)


def test_versions_count_where_they_were_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = '[[package]]\nname = "{}"\nversion = "{}"\n'.format
    found: list[object] = []
    monkeypatch.setattr(analysis, "ALL", (asking_for_releases(found),))
    monkeypatch.setattr(analysis, "CODES", {"RUN901": False})

    def ask() -> object:
        found.clear()
        desk.found()
        return found and found[0]

    assert ask() is None
    assert ask() == []
    tick()
    desk.put("uv.lock", lock("yarl", "1.0"))
    assert ask() == [], "nothing that was asked for"
    tick()
    desk.put("uv.lock", lock("aiohttp", "3.8"))
    assert ask() == ["3.8"]
    assert ask() == []
    tick()
    desk.put("uv.lock", lock("aiohttp", "3.9"))
    assert ask() == ["3.9"]
    tick()
    desk.put("uv.lock", lock("yarl", "1.0") + lock("aiohttp", "3.9"))
    assert ask() == []
    tick()
    (desk.folder / "uv.lock").unlink()
    desk.put("requirements.txt", "aiohttp==3.9\n")
    assert ask() == []
    tick()
    desk.put("requirements.txt", "-r more.txt\n")
    desk.put("more.txt", "aiohttp==4\n")
    assert ask() == ["4.0"]
    assert ask() == []
    tick()
    desk.put("more.txt", "aiohttp>=3.9\n")
    assert ask() == ["3.9", "4.0"]


def test_a_lock_file_of_the_workspace_may_come_late(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No import leads to its folder."""
    desk.put("../.git/HEAD")
    found: list[object] = []
    monkeypatch.setattr(analysis, "ALL", (asking_for_releases(found),))
    monkeypatch.setattr(analysis, "CODES", {"RUN901": False})
    desk.found()
    desk.found()
    assert found == [None]
    tick()
    desk.put(
        "../uv.lock",
        '[[package]]\nname = "bot"\nsource = { virtual = "bot" }\n'
        '[[package]]\nname = "aiohttp"\nversion = "3.8"\n',
    )
    desk.found()
    assert found == [None, ["3.8"]]


def test_versions_do_not_count_where_nobody_asked(desk: Desk) -> None:
    desk.ask()
    tick()
    desk.put("uv.lock", '[[package]]\nname = "lib"\nversion = "1"\n')
    assert not desk.answers_anew()


def test_what_was_asked_for_one_file_counts_for_all_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of a module may rest on it, and is not asked for again."""
    found: list[object] = []
    rule = asking_for_releases(found)

    def check(tree: cst.Module, file: File) -> Iterator[Hit]:
        if file.source.path.endswith("a.py"):
            yield from rule.check(tree, file)

    rules = (replace(rule, check=check),)
    monkeypatch.setattr(repair, "_rules", lambda config: (rules, {"RUN901", "RUN902"}))
    desk.put("a.py", BOT)
    desk.put("b.py", BOT)

    def both() -> list[str]:
        tick()
        desk.made.clear()
        paths = [str(desk.folder / name) for name in ("a.py", "b.py")]
        run.run(paths, lambda path: desk.config, fix=False, write=False)
        return [Path(path).name for path in desk.made]

    assert both() == ["a.py", "b.py"]
    assert both() == []
    desk.put("uv.lock", '[[package]]\nname = "aiohttp"\nversion = "3.8"\n')
    assert both() == ["a.py", "b.py"]


# ------------------------------------------------------------------ what they do not rest on


def touch_everything(desk: Desk) -> None:
    for path in [*desk.folder.rglob("*"), *(desk.folder / LIBRARY).rglob("*")]:
        os.utime(path)


def rewrite_everything(desk: Desk) -> None:
    for path in (desk.folder / LIBRARY).rglob("*.py"):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        touch_everything,
        rewrite_everything,
        changing("unrelated.py", "import asyncio\n"),
        changing(f"{LIBRARY}/unrelated.py", "import asyncio\n"),
        changing(f"{LIBRARY}/client.pyi", "class Client: ...\n"),
        changing("lib", "no folder"),
        changing("lib/client.py", SAFE),  # behind, since it is in no package
        changing(f"{LIBRARY}/client.cpython-311-darwin.txt", ""),
        configuring(select=("RUN1",), unsafe_fixes=True),
    ],
)
def test_other_changes_take_no_analysis(
    desk: Desk, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    tick()
    change(desk)
    assert not desk.answers_anew()
    # And once that was found out it is quick again.
    monkeypatch.setattr(Ground, "bears", nobody)
    assert not desk.answers_anew()


def nobody(*_: object) -> bool:
    raise AssertionError("asked in vain")


def test_untouched_files_are_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    path = desk.folder / "bot.py"
    tick()
    around = analysis.surroundings({}, cached=True)(str(path), desk.config)
    for module, name in [(files, "read"), (os, "scandir")]:
        monkeypatch.setattr(module, name, nobody)
    found = analysis.answer(Source(str(path), BOT, "bot"), around, ON)
    assert [finding.code for finding in found.findings] == ["RUN201"]


def test_a_file_that_asks_nothing_touches_no_cache(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("bot.py", "import lib\n")
    monkeypatch.setattr(Cache, "question", nobody)
    assert desk.ask() == []
    assert not desk.cache.exists()


def test_faults_of_ours_are_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Finding]:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(analysis, "analyze", broken)
        assert desk.found().errors
    assert desk.entries() == []
    assert desk.found().errors == ()


# ------------------------------------------------------------------ races and clocks


def test_what_was_just_written_is_compared_by_content(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time may be that of a later change, too."""
    monkeypatch.setattr(cache, "_RACY", 2_000_000_000)
    path = desk.folder / LIBRARY / "client.py"
    desk.ask()
    assert not desk.answers_anew()
    before = path.stat()
    path.write_text(SAME_SIZE)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert desk.answers_anew()


def longer(path: Path) -> None:
    path.write_text(f"{SAFE}\n")


def another_of_the_same_size(path: Path) -> None:
    draft = path.with_name("draft")
    draft.write_text(SAME_SIZE)
    draft.replace(path)


@pytest.mark.parametrize("change", [longer, another_of_the_same_size])
def test_a_time_that_was_set_back_hides_nothing(desk: Desk, change: Callable[[Path], None]) -> None:
    path = desk.folder / LIBRARY / "client.py"
    before = path.stat()
    desk.ask()
    assert not desk.answers_anew()
    tick()
    change(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert desk.answers_anew()


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="everything is readable to this user"
)
def test_a_module_that_may_be_read_again_counts(desk: Desk) -> None:
    path = desk.folder / LIBRARY / "client.py"
    path.chmod(0)
    assert desk.ask() == []
    assert not desk.answers_anew()
    path.chmod(0o600)
    assert desk.ask() == ["RUN201"]


def test_what_changes_while_it_is_read_is_compared_by_content(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text in the answer may be another than the one on disk when the answer is kept."""
    path = desk.folder / LIBRARY / "client.py"

    def late(*arguments: object) -> list[Finding]:
        findings = analyze(*arguments)  # type: ignore[arg-type]
        tick()
        path.write_text(SAFE)
        return findings

    with monkeypatch.context() as patch:
        patch.setattr(analysis, "analyze", late)
        assert desk.found().findings
    assert desk.ask() == []


@pytest.mark.parametrize(
    ("written", "now", "is_settled"),
    [
        (-3, 1, True),
        (-1, 1, False),
        (0, 1, False),
        (2, 1, False),
        (4, 1, True),  # by a clock that was wrong
        (-3, -1, False),  # a clock that went back: nobody knows when that was
    ],
)
def test_what_is_settled(written: int, now: int, is_settled: bool) -> None:
    """Seconds since the run began; the last change of what is in a file, or of its place."""
    ground = ground_of([])
    old, at = ground.began - 10**15, ground.began + written * 10**9
    for status in (
        SimpleNamespace(st_mtime_ns=at, st_ctime_ns=old),
        SimpleNamespace(st_mtime_ns=old, st_ctime_ns=at),
    ):
        given: Any = status
        found = cache.is_settled(given, ground.began, ground.began + now * 10**9)
        assert found is is_settled


def test_files_from_the_future_take_no_analysis_either(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 1_000_000
    for path in [*desk.folder.rglob("*"), *(desk.folder / LIBRARY).rglob("*")]:
        os.utime(path, (later, later))
    desk.ask()
    monkeypatch.setattr(Ground, "bears", nobody)
    assert not desk.answers_anew()


@pytest.mark.parametrize("age", [2 * cache.DAY, -2 * cache.DAY])
def test_an_entry_that_is_used_is_young_again(desk: Desk, age: float) -> None:
    desk.ask()
    entry = desk.entry()
    then = time.time() - age
    os.utime(entry, (then, then))
    desk.ask()
    assert abs(entry.stat().st_mtime - time.time()) < cache.DAY
    hours_ago = time.time() - cache.DAY / 2
    os.utime(entry, (hours_ago, hours_ago))
    desk.ask()
    assert entry.stat().st_mtime == pytest.approx(hours_ago), "once a day is enough"


def test_an_entry_may_be_used_that_cannot_be_made_young(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    os.utime(desk.entry(), (1, 1))
    monkeypatch.setattr(os, "utime", refuse)
    assert not desk.answers_anew()


# ------------------------------------------------------------------ broken entries


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "no")


def mutations(entry: bytes) -> Iterator[bytes]:
    yield b""
    yield b"\n"
    yield b"\xff\xfe\x00binary\x00"
    yield entry[: len(entry) // 2]
    yield entry[:-2]
    yield entry * 2
    yield entry.replace(b"RUN201", b"RUN202", 1)
    yield b"0" * 32 + entry[32:]
    yield b"[" * 100_000
    yield b'{"findings": []}'


def test_a_broken_entry_is_made_anew(desk: Desk) -> None:
    desk.ask()
    whole = desk.entry().read_bytes()
    for broken in mutations(whole):
        assert broken != whole
        desk.entry().write_bytes(broken)
        assert desk.answers_anew()
        assert not desk.answers_anew(), "what was broken was replaced"


def test_an_entry_of_another_question_answers_nothing(desk: Desk) -> None:
    desk.put("other.py", "import asyncio\n")
    desk.ask("other.py")
    other = desk.entry()
    desk.ask("bot.py")
    [entry] = set(desk.entries()) - {other}
    shutil.copy(other, entry)
    assert desk.answers_anew()


def test_a_giant_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    monkeypatch.setattr(cache, "LARGEST", desk.entry().stat().st_size)
    assert not desk.answers_anew()
    monkeypatch.setattr(cache, "LARGEST", desk.entry().stat().st_size - 1)
    assert desk.answers_anew()


def test_what_is_no_file_is_no_entry(desk: Desk) -> None:
    desk.ask()
    entry = desk.entry()
    entry.unlink()
    entry.mkdir()
    assert desk.answers_anew()
    assert desk.answers_anew()
    assert not drafts(desk)
    entry.rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(entry)
        assert desk.answers_anew(), "nobody waits for somebody to write"
        assert not desk.answers_anew()


def drafts(desk: Desk) -> list[Path]:
    return list(desk.cache.glob(".draft-*"))


def test_an_entry_of_any_other_shape_does_no_harm(desk: Desk) -> None:
    """Whoever writes into the folder can make answers wrong, but nothing fall over."""
    lock = '[[package]]\nname = "lib"\nversion = "1"\n'
    desk.put("uv.lock", lock)
    desk.ask()
    entry = desk.entry()
    question = entry.name
    plain = json.loads(entry.read_text().partition("\n")[2])
    plain["said"] = {"lib": ["1"], "x": None}
    plain["locks"] = [str(desk.folder / "uv.lock"), str(desk.folder / "pyproject.toml")]
    plain["unreadable"] = ["no", 1]
    path = str(desk.folder / "bot.py")
    tick()
    count = refused = 0
    for shaped in reshaped(plain):
        body = json.dumps(shaped)
        entry.write_text(f"{cache._digest(question + body)}\n{body}\n")
        around = analysis.surroundings({}, cached=True)(path, desk.config)
        assert around.cache is not None
        answer = around.cache.recall(question)
        assert answer is None or json.dumps(json.loads(body)) != json.dumps(plain)
        if answer is not None:
            data = cache._encoded(question, answer, cache.Evidence((), [], {}, (), {}))
            assert cache._decoded(question, data)[0] == answer
        count += 1
        refused += answer is None
    assert refused > count / 2 > 100


def reshaped(value: object) -> Iterator[object]:
    """Yield JSON with one part of it replaced by something else, or gone, for each part."""
    others: tuple[object, ...] = (None, True, -1, 10**30, 1.5, "", "x", [], [[]], {}, {"x": 1})
    yield from (other for other in others if other != value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {each: one for each, one in value.items() if each != key}
            for other in reshaped(inner):
                yield {**value, key: other}
    elif isinstance(value, list):
        for index, inner in enumerate(value[:6]):
            yield value[:index] + value[index + 1 :]
            for other in reshaped(inner):
                yield [*value[:index], other, *value[index + 1 :]]


# ------------------------------------------------------------------ the folder


def test_the_folder_is_in_the_project(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(desk.folder / "deep" / "bot.py")
    assert cache.folder_of(path) == desk.cache
    monkeypatch.setenv("ASYNCRUN_CACHE_DIR", "")
    assert cache.folder_of(path) == desk.folder / ".asyncrun_cache"
    (desk.folder / "pyproject.toml").unlink()
    assert cache.folder_of(path) is None
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("ASYNCRUN_CACHE_DIR", "here")
    assert cache.folder_of(path) == desk.folder / "here"


def test_where_there_is_no_project_nothing_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASYNCRUN_CACHE_DIR")
    (desk.folder / "pyproject.toml").unlink()
    before = sorted(desk.folder.parent.rglob("*"))
    assert desk.ask() == ["RUN201"]
    assert desk.answers_anew()
    assert sorted(desk.folder.parent.rglob("*")) == before


def test_the_folder_says_what_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASYNCRUN_CACHE_DIR")
    desk.ask()
    folder = desk.folder / ".asyncrun_cache"
    assert (folder / ".gitignore").read_text().splitlines()[-1] == "*"
    tag = (folder / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert not desk.answers_anew()


def test_an_emptied_folder_says_what_it_is_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASYNCRUN_CACHE_DIR")
    folder = desk.folder / ".asyncrun_cache"
    folder.mkdir()
    desk.ask()
    assert {".gitignore", "CACHEDIR.TAG"} <= {path.name for path in folder.iterdir()}


def test_a_folder_that_was_there_is_left_as_it_was(desk: Desk) -> None:
    desk.cache.mkdir(parents=True)
    (desk.cache / "mine.txt").write_text("mine")
    desk.ask()
    names = {path.name for path in desk.cache.iterdir()} - {desk.entry().name}
    assert names == {"mine.txt", "swept"}


def test_the_folder_may_be_a_link(desk: Desk) -> None:
    real = desk.folder.parent / "elsewhere"
    real.mkdir()
    symlink(desk.cache, real)
    desk.ask()
    assert not desk.answers_anew()
    assert len(list(real.iterdir())) == 2


def test_a_file_in_place_of_the_folder_is_left_alone(desk: Desk) -> None:
    desk.cache.parent.mkdir(parents=True, exist_ok=True)
    desk.cache.write_text("mine")
    assert desk.ask() == ["RUN201"]
    assert desk.answers_anew()
    assert desk.cache.read_text() == "mine"


@pytest.mark.parametrize("variable", ["no\0such", "x" * 300])
def test_a_folder_that_cannot_be_is_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "ASYNCRUN_CACHE_DIR": variable})
    assert desk.ask() == ["RUN201"]
    assert desk.answers_anew()


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")


@pytest.mark.parametrize(
    ("owner", "name", "failure"),
    [
        (tempfile, "mkstemp", refuse),
        (os, "fdopen", no_space),
        (Path, "replace", refuse),
        (Path, "mkdir", refuse),
        (Path, "write_text", no_space),
    ],
)
def test_what_cannot_be_written_is_not_kept(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    failure: Callable[..., None],
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failure)
        assert desk.ask() == ["RUN201"]
        assert desk.entries() == drafts(desk) == []
    assert desk.answers_anew()
    assert not desk.answers_anew()


def test_what_was_kept_may_be_read_where_nothing_can_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    for owner, name in [(tempfile, "mkstemp"), (os, "utime"), (Path, "mkdir"), (Path, "touch")]:
        monkeypatch.setattr(owner, name, refuse)
    os_utime_free = desk.folder / "unrelated.py"
    os_utime_free.write_bytes(b"")
    assert not desk.answers_anew()


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only to this user"
)
def test_a_read_only_folder_does_no_harm(desk: Desk) -> None:
    desk.ask()
    desk.cache.chmod(0o500)
    try:
        assert not desk.answers_anew()
        desk.put("other.py", BOT)
        assert desk.ask("other.py") == ["RUN201"]
        assert len(desk.entries()) == 1
    finally:
        desk.cache.chmod(0o700)


def test_an_interrupt_leaves_no_draft(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        desk.ask()
    assert desk.cache.is_dir()
    assert drafts(desk) == []


def test_the_folder_may_go_in_the_middle_of_a_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(desk.put(f"bot{number}.py", BOT)) for number in range(4)]

    def removing(source: Source, *rest: object) -> list[Finding]:
        if source.path == paths[2]:
            shutil.rmtree(desk.cache)
        return analyze(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "analyze", removing)
    reports = run.run(paths, lambda path: desk.config, fix=False, write=False)
    assert [len(report.findings) for report in reports] == [1, 1, 1, 1]
    assert len(desk.entries()) == 2
    monkeypatch.setattr(cache, "make", lambda folder: shutil.rmtree(folder))
    assert desk.ask() == ["RUN201"], "gone between two steps"


HAMMER = """\
import sys, time
from flake8_asyncrun import cache, cache_index, run
from flake8_asyncrun.config import Config
cache_index.maker = lambda: None  # so that each run needs the entries
cache._maker = lambda: ("hammer",)
cache._RACY = 0
path, rounds = sys.argv[1], int(sys.argv[2])
said = set()
for _ in range(rounds):
    [report] = run.run([path], lambda path: Config(), fix=False, write=False)
    said.add((tuple(finding.code for finding in report.findings), report.errors))
print(said)
"""


def test_several_processes_share_the_folder(desk: Desk) -> None:
    shutil.copytree(desk.folder / LIBRARY, desk.folder / "lib")
    path = str(desk.put("bot.py", BOT))
    tick()
    hammers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, path, "150"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    seen = 0
    while any(hammer.poll() is None for hammer in hammers):
        for entry in desk.entries():
            with contextlib.suppress(OSError):
                data = entry.read_bytes()
                cache._decoded(entry.name, data)  # raises ValueError for what is half written
                seen += 1
                entry.unlink()
        with contextlib.suppress(OSError):
            if seen % 10 == 1:
                shutil.rmtree(desk.cache)
    for hammer in hammers:
        output, errors = hammer.communicate()
        assert (output, errors) == ("{(('RUN201',), ())}\n", "")
    assert seen > 3
    assert drafts(desk) == []


# ------------------------------------------------------------------ how much is kept


def test_what_is_not_used_goes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.cache.mkdir(parents=True)
    now = time.time()
    ages = {
        "0" * 32: 1,
        "1" * 32: 29,
        "2" * 32: 31,
        "3" * 32: -40,
        ".draft-young": 0.5,
        ".draft-old": 2,
        "mine.txt": 100,
        "4" * 31: 100,
    }
    for name, age in ages.items():
        (desk.cache / name).write_text("")
        os.utime(desk.cache / name, (now - age * cache.DAY,) * 2)
    (desk.cache / ("5" * 32)).mkdir()
    os.utime(desk.cache / ("5" * 32), (1, 1))
    desk.ask()
    left = {path.name for path in desk.cache.iterdir()}
    assert left & ages.keys() == {"0" * 32, "1" * 32, ".draft-young", "mine.txt", "4" * 31}
    assert "5" * 32 in left, "a folder is not ours"


def test_only_so_many_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.cache.mkdir(parents=True)
    monkeypatch.setattr(cache, "MOST_ENTRIES", 3)
    for age in range(10):
        path = desk.cache / (str(age) * 32)
        path.write_text("")
        os.utime(path, (time.time() - age * 100 - 100,) * 2)
    desk.ask()
    assert len(desk.entries()) == 3
    assert {"0" * 32, "1" * 32} < {path.name for path in desk.entries()}
    assert not desk.answers_anew(), "the newest stayed"


@pytest.mark.parametrize(("age", "is_due"), [(0.5, False), (2, True), (-0.5, False), (-2, True)])
def test_once_a_day_is_enough(desk: Desk, age: float, is_due: bool) -> None:
    desk.ask()
    mark = desk.cache / "swept"
    old = desk.cache / ("0" * 32)
    old.write_text("")
    os.utime(old, (1, 1))
    os.utime(mark, (time.time() - age * cache.DAY,) * 2)
    desk.put("other.py", BOT)
    desk.ask("other.py")
    assert old.exists() is not is_due
    assert (abs(time.time() - mark.stat().st_mtime) < 1000) is is_due


# ------------------------------------------------------------------ who makes the answers

make = cache._maker.__wrapped__
"""Not the one that remembers."""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "package"
    (folder / "names").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    for name in ("cache.py", "names/data.json"):
        (folder / name).write_text(name)
        os.utime(folder / name, (1, 1))
    monkeypatch.setattr(cache, "__file__", str(folder / "cache.py"))
    return folder


def test_whoever_makes_the_answers_is_known_by_the_files(package: Path) -> None:
    first = make()
    assert first is not None
    assert first == make()
    with pytest.MonkeyPatch.context() as patch:
        (package.parent / "libcst").mkdir()
        (package.parent / "libcst" / "__init__.py").write_text("")
        patch.syspath_prepend(package.parent)
        patch.delitem(sys.modules, "libcst")
        assert make() != first, "another LibCST"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "version", "4.0")
        assert make() != first
    (package / "__pycache__" / "cache.pyc").write_text("")
    assert make() == first
    (package / "names" / "data.json").write_text("longer than it was")
    os.utime(package / "names" / "data.json", (1, 1))
    second = make()
    assert second != first
    os.utime(package / "names" / "data.json", (2, 2))
    assert make() not in (first, second)
    (package / "names" / "data.json").rename(package / "data.json")
    assert make() not in (first, second)


def test_what_was_just_written_may_not_be_what_runs(package: Path) -> None:
    (package / "cache.py").write_text("new")
    assert make() is None
    os.utime(package / "cache.py", (time.time() + 1000,) * 2)
    assert make() is not None, "written by a clock that was wrong, but not just now"


def test_nobody_makes_answers_that_can_be_kept(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cache, "status_of", lambda path: None)
        assert make() is None
    with monkeypatch.context() as patch:
        patch.setattr(cache, "__file__", str(package / "archive.zip" / "cache.py"))
        assert make() is None


def test_reading_the_module_imports_no_libcst() -> None:
    code = "import sys, flake8_asyncrun.cache; sys.exit('libcst' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------------------------------------------ texts that are not on disk


def following(name: cst.Name, file: File) -> Iterator[Hit]:
    """Say "yours" where the module b says "new"."""
    module = file.project.module("b")
    is_new = module is not None and "new" in module.bindings.names
    if name.value == "mine" and is_new and file.source.path.endswith("a.py"):
        yield Hit(name, "", Fix("", (Edit(file.span(name), "yours"),), Safety.SAFE))


def renewing(name: cst.Name, file: File) -> Iterator[Hit]:
    if name.value == "old":
        yield Hit(name, "", Fix("", (Edit(file.span(name), "new"),), Safety.SAFE))


def test_rounds_of_fixes_see_the_texts_that_they_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tuple(
        Rule(code, code, "Made up.", (cst.Name,), check, Safety.SAFE)
        for code, check in [("RUN901", following), ("RUN902", renewing)]
    )
    monkeypatch.setattr(repair, "ALL", rules)
    monkeypatch.setattr(repair, "_rules", lambda config: (rules, {"RUN901", "RUN902"}))
    one = str(desk.put("a.py", "import asyncio\nmine\n"))
    two = str(desk.put("b.py", "import asyncio\nold = 1\n"))
    three = str(desk.put("c.py", "import asyncio\nmine\n"))
    paths = [one, two, three]

    def texts(*, write: bool, cached: bool = True) -> list[str]:
        tick()
        reports = run.run(paths, lambda path: Config(), fix=True, write=write, cached=cached)
        said = [report.after or Path(report.path).read_text() for report in reports]
        return [text.split("\n")[1] for text in said]

    fixed = ["yours", "new = 1", "mine"]
    run.run(paths, lambda path: Config(), fix=False, write=False)
    assert texts(write=False) == fixed
    assert texts(write=False) == fixed, "what was answered of texts in memory is not on disk"
    assert Path(one).read_text() == "import asyncio\nmine\n"
    assert run_on(one, cached=True).findings == ()
    assert texts(write=True) == fixed == texts(write=True, cached=False)
    desk.made.clear()
    assert texts(write=True) == fixed
    assert desk.made == [], "the answers of the last round are those of the files written"


def test_without_the_cache_nothing_is_used_or_kept(desk: Desk) -> None:
    path = str(desk.folder / "bot.py")
    assert run_on(path, cached=False) == run_on(path, cached=False)
    assert len(desk.made) == 2
    assert not desk.cache.exists()
    text = files.read(path)
    run.run_text(text, lambda path: Config(), fix=False, cached=False)
    assert not desk.cache.exists()
    run.run_text(text, lambda path: Config(), fix=False)
    assert desk.entries()


# ------------------------------------------------------------------ the doors


def test_both_doors_share_the_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASYNCRUN_CACHE_DIR")
    monkeypatch.chdir(desk.folder)
    folder = Path(".asyncrun_cache")
    desk.put("pyproject.toml", "[tool.asyncrun]\npython = '../env'\n")
    desk.put("quiet.py", "import lib.client\n")
    command = ("flake8_asyncrun", "--check", ".", "--output-format=concise")
    plugin = ("flake8", "--isolated", "--select=RUN", "bot.py", "quiet.py")
    fresh = call(*command, "--no-cache")
    assert "bot.py:3:10: RUN201" in fresh
    assert call(*command[:2], "--no-cache", "-", stdin=BOT)
    assert not folder.exists()
    said = call(*plugin)
    assert "RUN201" in said
    assert folder.is_dir()
    for number, arguments in enumerate([command, command, plugin, plugin], start=1):
        assert call(*arguments) == (said if arguments is plugin else fresh)
        kept = [path for path in folder.iterdir() if cache._ENTRY.fullmatch(path.name)]
        assert len(kept) == 1, f"call {number}: what is kept for one door serves the other"


def call(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], input=stdin, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


# ------------------------------------------------------------------ nothing is overlooked

LEAVES = ("a", "b")
PLACES = tuple(
    f"{root}/{path}"
    for root in ("one", "two")
    for path in (
        *(f"{leaf}{end}" for leaf in LEAVES for end in (".py", ".pyi", ".so", "")),
        *(
            f"{leaf}/{name}"
            for leaf in LEAVES
            for name in ("__init__.py", "__init__.pyi", "__init__.so", "b.py", "b.so", "b")
        ),
        "a-stubs/__init__.pyi",
        "a-stubs/b.pyi",
        "__editable___a_1_finder.py",
    )
)
NAMES = ("a", "b", "a.b", "b.b", "a.b.b", "no name")
TEXTS = (
    "",
    "x = 1\n",
    "__import__('pkg_resources').declare_namespace(__name__)\n",
    "\udcff",
    "MAPPING = {'a': '../two/b', 'b': '../one/a'}\n",
)

steps = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from([*TEXTS, "folder", "gone", "link", "broken link", "closed"]),
    ),
    max_size=6,
)


def take(folder: Path, step: tuple[str, str]) -> None:
    place, what = step
    path = folder / place
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif what not in TEXTS:
            path.unlink(missing_ok=True)
        match what:
            case "folder":
                path.mkdir()
            case "link":
                path.symlink_to(folder / "target.py")
            case "broken link":
                path.symlink_to(folder / "two" / "a.py")
            case "closed":
                path.write_text("x = 2\n")
                path.chmod(0)
            case "gone":
                pass
            case _:
                path.write_text(what.replace("..", str(folder)), errors="surrogateescape")


def ground_of(roots: list[str], changed: Mapping[str, str] | None = None) -> Ground:
    finder = files.module_finder(roots)
    return Ground(finder, finder, changed or {}, Versions())


def leads(ground: Ground) -> list[object]:
    return [(ground.finder.where(name), ground.find(name)) for name in NAMES]


@pytest.mark.thorough
@given(steps, steps)
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_change_is_overlooked(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, str]],
    after: list[tuple[str, str]],
) -> None:
    """Whatever is built and changed: evidence holds just where all names lead to the same."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
    (folder / "target.py").write_text("x = 3\n")
    for name in ("one", "two"):
        (folder / name).mkdir()
    roots = [str(folder / name) for name in ("one", "two", "missing")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "_RACY", 0)
        for step in before:
            take(folder, step)
        tick()
        ground = ground_of(roots)
        before_it = leads(ground)
        evidence = ground.evidence(NAMES, ())
        assert None not in evidence.states
        assert ground_of(roots).is_untouched(evidence)
        assert ground_of(roots).bears(evidence)
        tick()
        for step in after:
            take(folder, step)
        is_same = leads(ground_of(roots)) == before_it
        assert ground_of(roots).bears(evidence) is is_same
        assert is_same or not ground_of(roots).is_untouched(evidence)
    shutil.rmtree(folder)
