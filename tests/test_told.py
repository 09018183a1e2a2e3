"""What the rules say of what has no source here, and of names that the user told of."""

from __future__ import annotations

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import fix_source
from flake8_asyncrun.core.model import Finding
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.knowledge import Knowledge, Told
from flake8_asyncrun.names.target import Target
from tests.snippets import ON, PATH, case, project_of

NOTHING = Knowledge()


def said(code: str, knowledge: Knowledge, **files: str) -> list[Finding]:
    project = project_of({f"{name}.py": text for name, text in files.items()}, knowledge=knowledge)
    return analyze(Source(PATH, f"import asyncio\n{code}\n"), project, ON)


@pytest.mark.parametrize(
    "call",
    [
        case("uvicorn", "import uvicorn\nasyncio.run(uvicorn.run('a:b'))"),
        case("aiohttp", "from aiohttp import web\nasyncio.run(web.run_app(web.Application()))"),
        case("Quart", "import quart\nasyncio.run(quart.Quart(__name__).run())"),
    ],
)
def test_what_runs_its_own_loop_is_not_to_be_run(call: str) -> None:
    (finding,) = said(call, NOTHING)
    assert finding.code == "RUN103"
    assert "returns no coroutine" in finding.message
    assert "call it without asyncio.run" in finding.message
    fixed = fix_source(
        Source(PATH, f"import asyncio\n{call}\n"),
        lambda source: analyze(source, project_of(), ON),
        lambda finding: finding.fix is not None,
    )
    assert "asyncio.run(" not in fixed.text
    assert fixed.problem is None


def test_an_object_is_no_coroutine() -> None:
    (finding,) = said("import slack\nasyncio.run(slack.RTMClient())", NOTHING)
    assert finding.code == "RUN103"
    assert "hand over a coroutine" in finding.message
    assert "There is no current event loop" in finding.message


PROPERTY = """
async def fetch(): ...
class Client:
    @property
    def token(self): return asyncio.run(fetch())
async def main():
    client = Client()
    print(client.token)
asyncio.run(main())
"""


def test_a_property_is_read_not_the_call_it_is_an_argument_of_made() -> None:
    (finding,) = said(PROPERTY, NOTHING)
    assert finding.notes[0].text == "`async def main` reads `client.token`"


CLIENT = """
class Client:
    def __init__(self): self.loop = asyncio.get_event_loop()
    async def work(self): {}
class Other:
    def __init__(self, loop): self.loop = loop
    async def work(self): await self.loop.run_in_executor(None, print)
if __name__ == "__main__":
    asyncio.run(Other(None).work())
    client = Client()
    asyncio.run(client.work())
"""


@pytest.mark.parametrize(
    ("use", "is_lost"),
    [
        case("scheduled", "self.loop.call_soon(print)", True),
        case("a task", "self.loop.create_task(asyncio.sleep(0))", True),
        case("awaited", "await self.loop.create_task(asyncio.sleep(0))", False),
        case("handed on", "Other(self.loop)", False),
    ],
)
def test_what_is_only_scheduled_is_lost(use: str, is_lost: bool) -> None:
    (finding,) = (one for one in said(CLIENT.format(use), NOTHING) if one.code == "RUN201")
    assert ("never runs, and no error says so" in finding.message) == is_lost
    assert ("attached to a different loop" in finding.message) != is_lost


REFUSED = "async def work(): ...\n{}\nif __name__ == '__main__': {}"


@pytest.mark.parametrize(
    ("defined", "called", "reason"),
    [
        case("given", "def run(x): asyncio.run(x)", "run(work)", "`x` is a parameter, and other"),
        case(
            "assigned",
            "class App:\n    def __init__(self): self.job = work",
            "asyncio.run(App().job)",
            "`App().job` is an attribute that may be assigned",
        ),
        case(
            "bound twice", "x = None\nx = work", "asyncio.run(x)", "`x` may be bound to something"
        ),
    ],
)
def test_why_nothing_is_called(defined: str, called: str, reason: str) -> None:
    (finding,) = said(REFUSED.format(defined, called), NOTHING)
    assert finding.code == "RUN102"
    assert finding.fix is None
    assert finding.notes[-1].text.startswith(f"no fix: {reason}")


PLAIN = "def start(): return nobody()\nclass Client:\n    def run(self): return nobody()\n"


@pytest.mark.parametrize("source", [case("without", ""), case("with source", PLAIN)])
@pytest.mark.parametrize(
    ("argument", "code"),
    [
        case("a function", "mypkg.start", "RUN102"),
        case("a method", "mypkg.Client().run", "RUN102"),
        case("called", "mypkg.start()", ""),
    ],
)
def test_a_coroutine_function_that_is_not_called(source: str, argument: str, code: str) -> None:
    told = Told(coroutine_functions=frozenset({"mypkg.start", "mypkg.Client.run"}))
    files = {"mypkg": source} if source else {}
    found = said(f"import mypkg\nasyncio.run({argument})", Knowledge(told), **files)
    assert [one.code for one in found] == ([code] if code else [])


@pytest.mark.parametrize("attribute", ["start", "config.value"])
def test_what_is_not_called_and_not_known_is_not_awaited(attribute: str) -> None:
    code = (
        f"import slack\nclient = slack.RTMClient(run_async=True)\nasyncio.run(client.{attribute})"
    )
    (finding,) = said(code, NOTHING)
    assert (finding.code, finding.fix) == ("RUN201", None)
    assert finding.notes[-1].text.endswith(f"whether `client.{attribute}` can be awaited")


@pytest.mark.parametrize("version", [None, "2.5.0", "2.9.4"])
def test_a_client_is_moved_whether_its_version_is_known_or_not(version: str | None) -> None:
    def choose(name: str, releases: object) -> list[str] | None:
        return None if name != "slackclient" or version is None else [version]

    code = "import slack\nclient = slack.RTMClient(run_async=True)\nasyncio.run(client.start())"
    found = said(code, Knowledge(choose=choose))
    assert {one.code for one in found} in ({"RUN201"}, {"RUN101", "RUN201"})
    assert all(one.fix is not None for one in found)


CAPTURING = (
    "import asyncio\nclass Client:\n    def __init__(self): self.loop = asyncio.get_event_loop()\n"
    "    async def go(self): ...\n"
)
USE = "from cap import Client\nclass Sub(Client): ...\nc = Sub()\nasyncio.run(c.go())"


@pytest.mark.parametrize("name", ["cap", "cap.Client", "cap.Client.__init__"])
def test_a_constructor_that_is_inherited_is_as_safe(name: str) -> None:
    assert said(USE, Knowledge(Told(known_safe=frozenset({name}))), cap=CAPTURING) == []
    assert [one.code for one in said(USE, NOTHING, cap=CAPTURING)] == ["RUN201"]


def test_a_constructor_that_is_inherited_captures_as_much() -> None:
    told = Knowledge(Told(loop_capturing=frozenset({"cap.Client"})))
    plain = CAPTURING.replace("self.loop = asyncio.get_event_loop()", "...")
    assert [one.code for one in said(USE, told, cap=plain)] == ["RUN201"]
    assert said(USE, NOTHING, cap=plain) == []


@pytest.mark.parametrize(
    ("code", "note"),
    [
        case(
            "no decorator",
            "wrapped = asyncio.coroutine(print)",
            "it is no decorator here; call types.coroutine() for a generator, write an `async def` "
            "around a plain function",
        ),
        case(
            "returned",
            "@asyncio.coroutine\ndef echo(request): return request",
            "asyncio.coroutine waits for what is returned where it can be awaited, and it is not "
            "known whether `request` can; by hand, `return await …` if it can",
        ),
        case(
            "policy",
            "loop = asyncio.get_event_loop_policy().new_event_loop()",
            "call asyncio.new_event_loop(), which asks the same policy",
        ),
    ],
)
def test_a_note_says_what_to_do(code: str, note: str) -> None:
    notes = [one.text for finding in said(code, NOTHING) for one in finding.notes]
    assert f"no fix: {note}" in notes


def test_a_note_says_which_loop_is_left_for_older_pythons() -> None:
    code = (
        "import asyncio\nclass Store:\n    def __init__(self, loop):\n"
        "        self.lock = asyncio.Lock(loop=loop)\n        self.none = asyncio.Lock(loop=None)\n"
        "async def nap(loop): await asyncio.sleep(1, loop=loop)\n"
    )
    told = [
        [
            note.text
            for finding in analyze(Source(PATH, code), project, ON)
            for note in finding.notes
        ]
        for project in (project_of(target=Target((3, 8))), project_of(target=Target((3, 10))))
    ]
    bound = "up to Python 3.9 it is then bound to the current loop, not to `loop`"
    assert told == [[bound], []]
