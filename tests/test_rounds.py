"""Repairs that take several files and rounds, through the whole run and the command line."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from flake8_asyncrun import run
from flake8_asyncrun.config import Config, parse
from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.report import FileReport

pytestmark = pytest.mark.thorough

OLD = parse({"target-version": "3.8", "unsafe-fixes": True})
NEW = parse({"target-version": "3.10"})

Texts = Mapping[str, str]

CHAIN: Texts = {
    "wires.py": """\
        import asyncio


        @asyncio.coroutine
        def pause(loop=None):
            loop = loop or asyncio.get_event_loop()
            yield from asyncio.sleep(0, loop=loop)


        @asyncio.coroutine
        def ping(left):
            yield from pause()
            return (yield from pong(left - 1)) if left else "ping"


        @asyncio.coroutine
        def pong(left):
            return (yield from ping(left - 1)) if left else "pong"
        """,
    "peers.py": """\
        from asyncio import coroutine, get_event_loop, Lock, wait_for

        import wires


        class Peer:
            def __init__(self):
                self.lock = Lock()

            @coroutine
            def ask(self):
                loop = get_event_loop()
                return (yield from wait_for(wires.ping(3), 5, loop=loop))


        class LockedPeer(Peer):
            @coroutine
            def ask(self):
                with (yield from self.lock):
                    answer = yield from super().ask()
                return answer.upper()
        """,
    "main.py": """\
        import asyncio
        import sys

        from peers import LockedPeer, Peer


        @asyncio.coroutine
        def main():
            peers = [Peer(), LockedPeer()]
            answers = yield from asyncio.gather(*[peer.ask() for peer in peers])
            print(answers, file=sys.stdout)


        loop = asyncio.get_event_loop()
        loop.run_until_complete(main())
        """,
}

CHAINED: Texts = {
    "wires.py": """\
        import asyncio


        async def pause(loop=None):
            await asyncio.sleep(0)


        async def ping(left):
            await pause()
            return (await pong(left - 1)) if left else "ping"


        async def pong(left):
            return (await ping(left - 1)) if left else "pong"
        """,
    "peers.py": """\
        from asyncio import Lock, wait_for

        import wires


        class Peer:
            def __init__(self):
                self.lock = Lock()

            async def ask(self):
                return await wait_for(wires.ping(3), 5)


        class LockedPeer(Peer):
            async def ask(self):
                async with self.lock:
                    answer = await super().ask()
                return answer.upper()
        """,
    "main.py": """\
        import asyncio
        import sys

        from peers import LockedPeer, Peer


        async def main():
            peers = [Peer(), LockedPeer()]
            answers = await asyncio.gather(*[peer.ask() for peer in peers])
            print(answers, file=sys.stdout)


        asyncio.run(main())
        """,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(texts: Texts) -> None:
    for path, text in texts.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(textwrap.dedent(text), "utf-8")


def there(texts: Texts) -> dict[str, str]:
    return {path: Path(path).read_text("utf-8") for path in texts}


def dedented(texts: Texts) -> dict[str, str]:
    return {path: textwrap.dedent(text) for path, text in texts.items()}


def repair(*paths: str, config: Config = OLD) -> list[FileReport]:
    reports = run.run(paths or (".",), lambda path: config, fix=True, write=True)
    assert [error for report in reports for error in report.errors] == []
    return reports


def notes(reports: list[FileReport]) -> list[str]:
    findings = [finding for report in reports for finding in report.findings]
    return [note.text for finding in findings for note in finding.notes]


def asyncrun(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "flake8_asyncrun", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("order", list(itertools.permutations(CHAIN)), ids="-".join)
def test_a_chain_through_files_settles_in_any_order(order: tuple[str, ...]) -> None:
    put(CHAIN)
    repair(*order)
    assert there(CHAIN) == dedented(CHAINED)
    assert [report.changed for report in repair(*order)] == [False] * len(order)


def test_one_file_after_the_other_comes_to_the_same() -> None:
    put(CHAIN)
    for path in CHAIN:
        repair(path)
    assert there(CHAIN) == dedented(CHAINED)


def test_what_is_left_unused_is_not_counted() -> None:
    put(CHAIN)
    options = ("--target-version=3.8", "--unsafe-fixes", ".")
    code, found = asyncrun("--check", *options)
    (closing,) = [line for line in found.splitlines() if line.startswith("Found ")]
    assert (code, closing) == (1, "Found 8 findings.")
    code, shown = asyncrun("--diff", *options)
    assert (code, shown.count("-    loop = loop or asyncio.get_event_loop()")) == (1, 1)
    assert shown.endswith("Would fix 8 findings, 0 left.\n")
    assert there(CHAIN) == dedented(CHAIN)
    code, told = asyncrun(*options)
    assert (code, told) == (1, "Found 8 findings (8 fixed, 0 left).\n")
    assert asyncrun(*options) == (0, "Nothing found.\n")


LOOPS: Texts = {
    "main.py": """\
        import asyncio


        async def main():
            loop = asyncio.get_running_loop()
            await asyncio.sleep(0, loop=loop)


        asyncio.run(main())
        """
}


def test_what_is_not_fixed_leaves_nothing_behind() -> None:
    put(LOOPS)
    assert asyncrun("--target-version=3.8", "--unfixable=RUN301", ".")[0] == 1
    assert there(LOOPS) == dedented(LOOPS)


def test_what_would_be_left_unused_is_asked_about() -> None:
    put(LOOPS)
    asked: list[str] = []

    def approve(source: Source, finding: Finding) -> bool:
        asked.append(f"{finding.code} {finding.message.partition(':')[0]}")
        return len(asked) == 1

    run.run_asking(["."], lambda path: NEW, approve)
    assert asked == [
        "RUN301 asyncio.sleep() takes no loop argument any more",
        "RUN301 nothing uses `loop` any more",
    ]
    text = Path("main.py").read_text("utf-8")
    assert "asyncio.sleep(0)" in text
    assert "loop = asyncio.get_running_loop()" in text


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ("from wires import asyncio\n", True),
        ("from wires import (\n    pause,\n    asyncio,\n)\n", True),
        ("from wires import *\nimport asyncio\n", True),
        ("import asyncio\nimport wires\n\nwires.asyncio.sleep\n", True),
        ("import asyncio\nfrom wires import pause\n", False),
    ],
)
def test_what_another_file_has_from_here_stays(other: str, stays: bool) -> None:
    wires = """\
        import asyncio


        @asyncio.coroutine
        def pause():
            print("pause")
        """
    put({"wires.py": wires, "other.py": other})
    repair()
    assert ("import asyncio" in Path("wires.py").read_text("utf-8")) is stays


PRIVATE = """\
    import asyncio


    async def _pause(loop=None):
        await asyncio.sleep(0, loop=loop)


    async def pause():
        await _pause(asyncio.get_running_loop())
    """


@pytest.mark.parametrize("asking", [False, True], ids=["all at once", "asking"])
@pytest.mark.parametrize("paths", [["."], ["wires.py"]], ids=["folder", "file"])
@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ("from wires import _pause\n", True),
        ("from wires import (  # (private)\n    _pause,\n)\n", True),
        ("from wires import \\\n    _pause\n", True),
        ("from .wires import _pause\n", True),
        ("import wires as w\n\nw._pause(loop=None)\n", True),
        ("from app import wires as w\n\nw._pause(loop=None)\n", True),
        ("import app\n\napp.wires._pause(loop=None)\n", True),
        ("import wires\n\ngetattr(wires, '_pause')(loop=None)\n", True),
        ("NAME = 'wires._pause'\n", True),
        ("print 'wires', _pause\n", True),
        ("import wires\n\nwires.pause()\n", False),
        ("def _pause(wires): ...\n", False),
    ],
)
def test_what_another_file_calls_keeps_its_parameter(
    other: str, paths: list[str], stays: bool, asking: bool
) -> None:
    put({"pyproject.toml": "", "wires.py": PRIVATE, "other.py": other})
    if asking:
        run.run_asking(paths, lambda path: NEW, lambda source, finding: True)
    else:
        run.run(paths, lambda path: NEW, fix=True, write=True)
    text = Path("wires.py").read_text("utf-8")
    assert "asyncio.sleep(0)" in text
    assert ("loop=None" in text) is stays


@pytest.mark.parametrize(("folder", "stays"), [(".", True), ("below", False)])
def test_without_a_project_the_folder_is_asked(folder: str, stays: bool) -> None:
    Path(folder).mkdir(exist_ok=True)
    put({"wires.py": PRIVATE, f"{folder}/other.py": "from wires import _pause\n"})
    Path("broken.py").write_bytes(b"\xff _pause")
    run.run(["wires.py"], lambda path: NEW, fix=True, write=True)
    assert ("loop=None" in Path("wires.py").read_text("utf-8")) is stays


def test_a_plain_generator_is_named_with_what_to_do() -> None:
    put(
        {
            "plain.py": """\
                def steps():
                    yield from []
                """,
            "main.py": """\
                import asyncio

                from plain import steps


                @asyncio.coroutine
                def main():
                    yield from steps()
                """,
        }
    )
    (note,) = notes(repair())
    assert note == (
        "no fix: `steps()` is a plain generator, which cannot be awaited; make it an `async def` "
        "by hand first"
    )
    assert "yield from steps()" in Path("main.py").read_text("utf-8")


POLICY = """\
    import asyncio

    import uvloop


    async def main():
        print("hello")


    if __name__ == "__main__":
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        asyncio.run(main())
    """


@pytest.mark.parametrize(
    ("wanted", "target", "call"),
    [
        ("uvloop==0.19.0", "3.8", "uvloop.run(main())"),
        ("uvloop>=0.18", "3.8", "uvloop.run(main())"),
        ("uvloop>=0.18", "3.12", "uvloop.run(main())"),
        ("uvloop", "3.12", "asyncio.run(main(), loop_factory=uvloop.new_event_loop)"),
        ("uvloop==0.17.0", "3.12", "asyncio.run(main(), loop_factory=uvloop.new_event_loop)"),
    ],
)
def test_a_policy_becomes_what_the_project_has(wanted: str, target: str, call: str) -> None:
    put({"main.py": POLICY, "requirements.txt": f"{wanted}\n"})
    repair(config=parse({"target-version": target, "unsafe-fixes": True}))
    text = Path("main.py").read_text("utf-8")
    assert f"    {call}\n" in text
    assert "policy" not in text
    assert ("import asyncio" in text) is ("asyncio." in call)


def test_a_policy_stays_where_nothing_has_its_place() -> None:
    put({"main.py": POLICY, "requirements.txt": "uvloop>=0.14\n"})
    (note,) = notes(repair())
    assert "uvloop.run() is there from uvloop 0.18.0 on" in note
    assert Path("main.py").read_text("utf-8") == textwrap.dedent(POLICY)


def test_a_policy_for_runs_elsewhere_stays() -> None:
    put(
        {
            "settings.py": """\
                import asyncio

                asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
                """,
            "main.py": """\
                import asyncio

                import settings


                async def main():
                    print(settings)


                asyncio.run(main())
                """,
        }
    )
    reports = repair()
    assert notes(reports) == ["no fix: the file has not one asyncio.run() that it serves"]
    assert [report.changed for report in reports] == [False, False]


def test_a_private_parameter_goes_through_rounds_and_a_public_one_stays() -> None:
    put(
        {
            "jobs.py": """\
                import asyncio


                async def _rest(seconds, loop):
                    await asyncio.sleep(seconds, loop=loop)


                async def _all(loop, many=2):
                    await asyncio.wait([_rest(0, loop) for _ in range(many)], loop=loop)


                async def run(loop=None):
                    loop = loop or asyncio.get_event_loop()
                    await _all(loop)
                    print("done")
                """,
            "main.py": """\
                import asyncio

                import jobs


                async def main():
                    await jobs.run(loop=asyncio.get_running_loop())


                asyncio.run(main())
                """,
        }
    )
    main = Path("main.py").read_text("utf-8")
    reports = repair(config=NEW)
    assert [len(report.applied) for report in reports] == [4, 0]
    assert Path("main.py").read_text("utf-8") == main
    assert Path("jobs.py").read_text("utf-8") == textwrap.dedent(
        """\
        import asyncio


        async def _rest(seconds):
            await asyncio.sleep(seconds)


        async def _all(many=2):
            await asyncio.wait([asyncio.create_task(_rest(0)) for _ in range(many)])


        async def run(loop=None):
            await _all()
            print("done")
        """
    )


WAITED_FOR: Texts = {
    "helpers.py": """\
        import asyncio


        class Case:
            @asyncio.coroutine
            def wait_for(self, coro):
                return (yield from asyncio.wait_for(coro, 1))

            @asyncio.coroutine
            def pause(self):
                yield from asyncio.sleep(0)


        @asyncio.coroutine
        def nap():
            yield from asyncio.sleep(0)
        """,
    "cases.py": """\
        from helpers import Case, nap


        class NapCase(Case):
            def test_nap(self):
                yield from self.wait_for(None)

            def test_twice(self):
                napping = nap()
                yield from napping
        """,
}


@pytest.mark.parametrize("order", list(itertools.permutations(WAITED_FOR)), ids="-".join)
def test_what_a_plain_generator_of_another_file_waits_for_stays(order: tuple[str, ...]) -> None:
    put(WAITED_FOR)
    reports = repair(*order)
    text = Path("helpers.py").read_text("utf-8")
    assert "    @asyncio.coroutine\n    def wait_for(" in text
    assert "    async def pause(" in text
    assert "@asyncio.coroutine\ndef nap(" in text
    assert [note for note in notes(reports) if "plain generator" in note] == [
        f"no fix: `{name}`, a plain generator of cases.py, waits for it; make that an `async def` "
        "by hand first"
        for name in ("test_nap", "test_twice")
    ]


def test_who_asks_sees_what_other_files_wait_for() -> None:
    put(WAITED_FOR)
    run.run_asking(["."], lambda path: OLD, lambda source, finding: True)
    text = Path("helpers.py").read_text("utf-8")
    assert "    @asyncio.coroutine\n    def wait_for(" in text
    assert "    async def pause(" in text


SERVED: Texts = {
    "served.py": """\
        import asyncio


        async def serve():
            print("served")


        def main():
            loop = asyncio.get_event_loop()
            loop.run_until_complete(serve())


        if __name__ == "__main__":
            main()
        """
}
IN_CLASS = """\
    import asyncio


    async def serve():
        print("served")


    class Server:
        def main(self):
            asyncio.get_event_loop().run_until_complete(serve())


    if __name__ == "__main__":
        Server().main()
    """
CHOOSES = """\
    import asyncio

    from served import main


    def test_main():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        main()
    """
SINCE_314 = parse({"target-version": "3.10", "unsafe-fixes": True})


def test_who_calls_it_may_have_chosen_the_loop() -> None:
    put({**SERVED, "pyproject.toml": "", "tests/test_served.py": CHOOSES})
    (report,) = repair("served.py", config=SINCE_314)
    assert [finding.code for finding in report.findings] == ["RUN403"]
    assert not report.applied
    (note,) = [each for each in notes([report]) if each.startswith("no fix")]
    where = Path("tests/test_served.py")
    assert note.startswith(f"no fix: `{where}` names `main` and has to do with loops itself")


@pytest.mark.parametrize("choice", ["new_event_loop()", "get_event_loop()", "set_event_loop(None)"])
def test_any_word_of_loops_may_choose_one(choice: str) -> None:
    other = f"import asyncio\nfrom served import main\nasyncio.{choice}\nmain()\n"
    put({**SERVED, "pyproject.toml": "", "other.py": other})
    (report,) = repair("served.py", config=SINCE_314)
    assert not report.applied


@pytest.mark.parametrize(
    "other",
    [
        "from served import main\nmain()\n",
        "import asyncio\nfrom served import serve\nasyncio.get_event_loop()\n",
        "import asyncio\nfrom elsewhere import main\nasyncio.set_event_loop(None)\nmain()\n",
    ],
)
def test_who_has_nothing_to_do_with_the_loop_may_call_it(other: str) -> None:
    put({**SERVED, "pyproject.toml": "", "tests/test_served.py": other})
    (report,) = repair("served.py", config=SINCE_314)
    assert [finding.code for finding in report.applied] == ["RUN403"]


def test_a_class_is_asked_for_where_a_method_runs_the_loop() -> None:
    put({"served.py": IN_CLASS, "other.py": CHOOSES})
    (report,) = repair("served.py", config=SINCE_314)
    assert [finding.code for finding in report.applied] == ["RUN403"]
    put({"served.py": IN_CLASS, "other.py": CHOOSES.replace("main", "Server")})
    (report,) = repair("served.py", config=SINCE_314)
    assert not report.applied
    assert "`Server` and" in notes([report])[-1]


RUNS = "    loop.run_until_complete(serve())\n"
STOPS = "    loop.call_later(0.01, loop.stop)\n    loop.run_forever()\n"
LOOKS = "    print(loop.is_running())\n"


@pytest.mark.parametrize(
    ("version", "body", "title"),
    [
        ("3.10", RUNS, "Run it with asyncio.run()"),
        ("3.10", RUNS + RUNS, "Run it all in one `async def _main()`"),
        ("3.11", RUNS + RUNS, "Run it with one asyncio.Runner()"),
        ("3.10", STOPS, "Wait for an event in `async def _main()`"),
        ("3.10", STOPS + STOPS, "Run it all in one `async def _main()`"),
        ("3.11", STOPS + LOOKS + STOPS, "Run it with one asyncio.Runner()"),
    ],
)
def test_no_form_takes_the_loop_from_who_chose_it(version: str, body: str, title: str) -> None:
    config = parse({"target-version": version, "unsafe-fixes": True})
    served = textwrap.dedent(SERVED["served.py"])
    put({"served.py": served.replace(RUNS, f"{body}    loop.close()\n"), "pyproject.toml": ""})
    (report,) = run.run(["served.py"], lambda _: config, fix=True, write=False, cached=False)
    assert [finding.fix and finding.fix.title for finding in report.applied] == [title]
    put({"tests/test_served.py": CHOOSES})
    (report,) = repair("served.py", config=config)
    assert not report.applied
    assert any("names `main` and has" in note for note in notes([report]))
