"""What became unused by fixes goes, and nothing else does."""

from __future__ import annotations

import re
import textwrap

import pytest

from flake8_asyncrun.core.fix import Fixed, fix_source
from flake8_asyncrun.core.leftovers import leftovers
from flake8_asyncrun.core.model import Edit, Finding, Fix, Safety, Span
from flake8_asyncrun.core.rule import File
from flake8_asyncrun.core.source import Source
from tests.snippets import case, project_of


def cleared(text: str, path: str = "program.py", elsewhere: tuple[str, ...] = ()) -> Fixed:
    """Take each `USES(…)` away, as a fix would, and then what that leaves behind."""
    text = textwrap.dedent(text)
    project = project_of({})

    def find(source: Source) -> list[Finding]:
        return [
            Finding(
                "RUN901",
                "found",
                Span(*use.span()),
                Fix("Take it away", (Edit(Span(*use.span()), "pass"),), Safety.SAFE),
            )
            for use in re.finditer(r"USES\([^)]*\)", source.text)
        ]

    return fix_source(
        Source(path, text, path.removesuffix(".py").replace("/", ".")),
        find,
        lambda finding: finding.fix is not None,
        leftovers=lambda before, after: leftovers(
            before, after, lambda source: File(source, project), elsewhere.__contains__
        ),
    )


def is_left(line: str, fixed: Fixed) -> bool:
    assert fixed.problem is None
    return line in fixed.text


GET = "loop = asyncio.get_event_loop()"
RUNNING = "loop = asyncio.get_running_loop()"


@pytest.mark.parametrize(
    "line",
    [
        GET,
        RUNNING,
        "loop = loop or asyncio.get_event_loop()",
        "loop = asyncio.get_event_loop() if loop is None else loop",
        "loop: object = asyncio.get_event_loop()",
        "if loop is None:\n        loop = asyncio.get_event_loop()",
        "if not loop:\n        loop = asyncio.get_event_loop()",
    ],
)
def test_a_loop_that_nothing_uses_goes(line: str) -> None:
    text = (
        f"import asyncio\n\n\nasync def f(loop=None):\n    {line}\n    USES(loop)\n    print(1)\n"
    )
    assert cleared(text).text == "async def f(loop=None):\n    pass\n    print(1)\n"


@pytest.mark.parametrize(
    ("line", "use"),
    [
        case("it was unused before", GET, "USES()"),
        case("it is used still", GET, "USES(loop); print(loop)"),
        case("a class uses it", GET, "class A: loop = loop; USES(loop)"),
        case("a closure uses it", GET, "USES(loop); later = lambda: loop"),
        case("it goes by a text", GET, "USES(loop); print(locals())"),
        case("something else gets it too", f"{GET}; x.loop = loop", "USES(loop)"),
        case("two are bound", "loop = self.loop = asyncio.get_event_loop()", "USES(loop)"),
        case("its value does something", "loop = make_loop()", "USES(loop)"),
        case("a new loop", "loop = asyncio.new_event_loop()", "USES(loop)"),
        case("an attribute that may do something", "loop = self.peer", "USES(loop)"),
        case("a comment is beside it", f"{GET}  # ours", "USES(loop)"),
        case("a comment is above it", f"# ours\n    {GET}", "USES(loop)"),
        case("it is bound by a loop, too", f"{GET}\n    for loop in []: pass", "USES(loop)"),
        case("it is global", f"global loop\n    {GET}", "USES(loop)"),
        case("the block is empty then", f"if x:\n        {GET}\n        {GET}", "USES(loop)"),
        case("the test says more", f"if loop is None and x:\n        {GET}", "USES(loop)"),
        case(
            "nothing else is in the block",
            f"try:\n        {GET}\n    except E: loop = 1",
            "USES(loop)",
        ),
    ],
)
def test_a_loop_that_may_be_missed_stays(line: str, use: str) -> None:
    text = f"import asyncio\n\n\nasync def f(self, x):\n    {line}\n    {use}\n"
    fixed = cleared(text)
    assert is_left(line, fixed)
    assert is_left("import asyncio", fixed)


@pytest.mark.parametrize(
    ("line", "safety"),
    [
        ("def f():\n    loop = asyncio.get_event_loop()", Safety.UNSAFE),
        ("def f():\n    loop = asyncio.get_running_loop()", Safety.UNSAFE),
        ("async def f():\n    loop = asyncio.get_event_loop()", Safety.SAFE),
        ("async def f(self):\n    loop = self.peer.loop", Safety.UNSAFE),
        ("async def f(self):\n    loop = self._loop or asyncio.get_event_loop()", Safety.UNSAFE),
        ("def f(other):\n    loop = other", Safety.SAFE),
    ],
)
def test_what_may_do_more_is_unsafe(line: str, safety: Safety) -> None:
    text = Source("a.py", f"import asyncio\n\n{line}\n    print(1)\n")
    before = Source("a.py", text.text.replace("print(1)", "print(loop)"))
    (found,) = leftovers(
        before, text, lambda source: File(source, project_of({})), lambda name: False
    )
    assert (found.name, found.fix.safety) == ("loop", safety)


@pytest.mark.parametrize(
    ("method", "safety"),
    [
        ("def run(self)", Safety.SAFE),
        ("def __getattr__(self, name)", Safety.UNSAFE),
        ("def __getattribute__(self, name)", Safety.UNSAFE),
    ],
)
def test_what_reading_an_attribute_may_do_is_asked_of_its_class(
    method: str, safety: Safety
) -> None:
    text = Source(
        "a.py",
        f"""\
class A:
    {method}: ...

    def __init__(self, loop):
        self.loop = loop

    async def f(self):
        loop = self.loop
        print(1)
""",
    )
    before = Source("a.py", text.text.replace("print(1)", "print(loop)"))
    (found,) = leftovers(
        before, text, lambda source: File(source, project_of({})), lambda name: False
    )
    assert (found.name, found.fix.safety) == ("loop", safety)


def test_where_something_else_takes_the_current_loop_it_stays() -> None:
    text = f"""\
    import asyncio

    def f():
        {GET}
        USES(loop)

    def g():
        return asyncio.Future()
    """
    assert is_left(GET, cleared(text))


def test_an_attribute_that_the_class_assigns_goes() -> None:
    text = """\
    class Crawler:
        def __init__(self, loop):
            self._loop = loop

        async def go(self):
            loop = self._loop
            USES(loop)
    """
    fixed = cleared(text)
    assert not is_left("loop = self._loop", fixed)
    assert is_left("self._loop = loop", fixed)


MODULE = "import asyncio\nimport sys\n\n{line}\nUSES({name})\nprint(sys.path)\n{run}"
RUN = "\n\nasync def main():\n    pass\n\n\nasyncio.run(main())\n"


@pytest.mark.parametrize(
    ("name", "path", "run", "goes"),
    [
        ("_loop", "library.py", "", True),
        ("loop", "library.py", "", False),
        ("loop", "program.py", RUN, True),
        ("loop", "app/program.py", RUN, False),
        ("loop", "program.py", f"{RUN}\nname = 1\n", False),
        ("loop", "__main__.py", "", True),
    ],
)
def test_a_global_goes_where_no_other_file_has_it(
    name: str, path: str, run: str, goes: bool
) -> None:
    line = f"{name} = asyncio.get_event_loop()"
    text = MODULE.format(line=line, name=name, run=run)
    assert is_left(line, cleared(text, path)) is not goes
    assert is_left(line, cleared(text, path, elsewhere=(name,)))


@pytest.mark.parametrize(
    ("line", "name", "then"),
    [
        ("import asyncio", "asyncio", ""),
        ("import asyncio as aio", "aio", ""),
        ("import os, asyncio, sys", "asyncio", "import os, sys"),
        ("import os, asyncio", "asyncio", "import os"),
        ("from asyncio import get_event_loop", "get_event_loop", ""),
        ("from asyncio import get_event_loop as get, sleep", "get", "from asyncio import sleep"),
        (
            "from asyncio import (\n    sleep,\n    gather,\n)",
            "gather",
            "from asyncio import (\n    sleep,\n)",
        ),
        ("from uvloop import EventLoopPolicy", "EventLoopPolicy", ""),
        ("import uvloop", "uvloop", ""),
    ],
)
def test_an_import_that_nothing_uses_goes(line: str, name: str, then: str) -> None:
    fixed = cleared(f"import re\n{line}\nUSES({name})\n")
    assert fixed.problem is None
    assert fixed.text == "\n".join(part for part in ("import re", then, "pass\n") if part)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        case("unused before", "import asyncio", "sys"),
        case("exported by its form", "import asyncio as asyncio", "asyncio"),
        case("exported by name", "import asyncio\n__all__ = ['asyncio']", "asyncio"),
        case("for flake8", "import asyncio  # noqa: F401", "asyncio"),
        case("with a comment above", "import re\n# for the others\nimport asyncio", "asyncio"),
        case("of a module that may do something", "import plugins", "plugins"),
        case("for types", "if TYPE_CHECKING:\n    import asyncio\n    import os", "asyncio"),
        case(
            "where there may be none",
            "try:\n    import uvloop\n    import os\nexcept E:\n    pass",
            "uvloop",
        ),
        case("bound twice", "import asyncio\nimport trollius as asyncio", "asyncio"),
        case("with another on its line", "import asyncio; import os", "asyncio"),
        case(
            "read where a class binds it",
            "import asyncio\nclass A:\n    asyncio = asyncio",
            "asyncio",
        ),
        case("named by an annotation", "import asyncio\nx: 'asyncio.Queue'", "asyncio"),
        case("named by a type comment", "import asyncio\nx = 1  # type: asyncio.Queue", "asyncio"),
    ],
)
def test_an_import_that_somebody_may_use_stays(line: str, name: str) -> None:
    fixed = cleared(f"{line}\nUSES({name})\n")
    assert is_left(line, fixed)


def test_the_imports_of_a_package_stay() -> None:
    text = "import asyncio\nUSES(asyncio)\n"
    assert is_left("import asyncio", cleared(text, "app/__init__.py"))
    assert is_left("import asyncio", cleared(text, elsewhere=("asyncio",)))


def test_a_chain_goes_to_its_end() -> None:
    text = """\
    from asyncio import get_event_loop


    async def f(loop=None):
        loop = loop or get_event_loop()
        inner = loop
        USES(inner)
    """
    fixed = cleared(text)
    assert fixed.text == "async def f(loop=None):\n    pass\n"
    assert [finding.code for finding in fixed.applied] == ["RUN901"]


def test_the_parameter_of_a_private_function_goes_with_its_arguments() -> None:
    text = """\
    import asyncio


    async def _pause(seconds, loop=None, *, name):
        loop = loop or asyncio.get_running_loop()
        USES(loop)
        print(seconds, name)


    async def _twice(loop, seconds):
        await _pause(seconds, loop, name="one")
        await _pause(
            seconds,
            name="two",
            loop=loop,
        )
        await _pause(0, name="three")


    class _Worker:
        async def _step(self, loop=None):
            print(self)
            USES(loop)

        async def work(self, loop=None):
            await self._step(loop)
            await _twice(loop, 1)


    async def main():
        loop = asyncio.get_running_loop()
        worker = _Worker()
        await worker._step(loop)
        await worker.work(loop=loop)
    """
    fixed = cleared(text)
    assert fixed.problem is None
    assert fixed.text == textwrap.dedent(
        """\
        import asyncio


        async def _pause(seconds, *, name):
            pass
            print(seconds, name)


        async def _twice(seconds):
            await _pause(seconds, name="one")
            await _pause(
                seconds,
                name="two",
            )
            await _pause(0, name="three")


        class _Worker:
            async def _step(self):
                print(self)
                pass

            async def work(self, loop=None):
                await self._step()
                await _twice(1)


        async def main():
            loop = asyncio.get_running_loop()
            worker = _Worker()
            await worker._step()
            await worker.work(loop=loop)
        """
    )


@pytest.mark.parametrize(
    ("definition", "then"),
    [
        case("public", "def f(loop): USES(loop)", "f(1)"),
        case("special", "def __f(loop): USES(loop)", "__f(1)"),
        case("never called", "def _f(loop): USES(loop)", ""),
        case("handed on", "def _f(loop): USES(loop)", "_f(1); run = _f"),
        case("decorated", "@command\ndef _f(loop): USES(loop)", "_f(1)"),
        case("bound twice", "def _f(loop): USES(loop)\ndef _f(loop): USES(loop)", "_f(1)"),
        case("another's name", "def _f(loop): USES(loop)", "_f(1)\ndef g(_f): _f(2)"),
        case("a text", "def _f(loop): USES(loop)", "_f(1); getattr(x, '_f')"),
        case("given much", "def _f(loop): USES(loop)", "_f(*x)"),
        case("given more", "def _f(loop): USES(loop)", "_f(**x)"),
        case("given something that does more", "def _f(loop): USES(loop)", "_f(make())"),
        case("a comment", "def _f(loop): USES(loop)", "_f(\n    # ours\n    loop=x,\n)"),
        case("a default that does more", "def _f(loop=x()): USES(loop)", "_f()"),
        case("by position alone", "def _f(loop, /): USES(loop)", "_f(x)"),
        case("alone by name", "def _f(*, loop): USES(loop)", "_f(loop=x)"),
        case("many", "def _f(*loop): USES(loop)", "_f(x)"),
        case("no loop", "def _f(name): USES(name)", "_f(x)"),
        case("in a public class", "class A:\n    def _f(self, loop): USES(loop)", "A()._f(x)"),
        case(
            "in a derived class", "class _A(B):\n    def _f(self, loop): USES(loop)", "_A()._f(x)"
        ),
        case(
            "in a base",
            "class _A:\n    def _f(self, loop): USES(loop)\nclass B(_A): ...",
            "_A()._f(x)",
        ),
        case(
            "of who knows what",
            "class _A:\n    def _f(self, loop): USES(loop)",
            "_A()._f(x); make()._f(x)",
        ),
        case(
            "like another's",
            "class _A:\n    def _f(self, loop): USES(loop)\nclass B:\n    def _f(self, loop): ...",
            "_A()._f(x)",
        ),
    ],
)
def test_a_parameter_that_others_may_give_stays(definition: str, then: str) -> None:
    text = f"x = 1\n{definition}\n{then}\n"
    fixed = cleared(text)
    assert fixed.problem is None
    assert fixed.text == text.replace("USES(loop)", "pass").replace("USES(name)", "pass")


def test_a_private_function_of_which_another_file_knows_stays() -> None:
    text = "x = 1\ndef _f(loop): USES(loop)\n_f(x)\n"
    assert is_left("_f(loop)", cleared(text, elsewhere=("_f",)))
    assert not is_left("_f(loop)", cleared(text))


def test_what_moved_into_a_function_is_what_it_was() -> None:
    before = Source("a.py", f"import asyncio\n{GET}\nprint(loop)\nprint(loop)\n")
    after = Source(
        "a.py", f"import asyncio\nasync def main():\n    {GET}\n    print(2)\nasyncio.run(main())\n"
    )
    found = leftovers(
        before, after, lambda source: File(source, project_of({})), lambda name: False
    )
    assert [(one.name, one.fix.safety) for one in found] == [("loop", Safety.SAFE)]


def test_what_cannot_go_keeps_no_fix_back() -> None:
    text = f"import asyncio\n\nasync def f():\n    {GET}\n    USES(loop)\n"
    project = project_of({})

    def find(source: Source) -> list[Finding]:
        start = source.text.find("USES(loop)")
        appeared = [Finding("RUN902", "found", Span(0, 1))] if GET not in source.text else []
        fix = Fix("Take it away", (Edit(Span(start, start + 10), "pass"),), Safety.SAFE)
        return [Finding("RUN901", "found", Span(start, start), fix)] if start > 0 else appeared

    fixed = fix_source(
        Source("a.py", text),
        find,
        lambda finding: finding.fix is not None,
        leftovers=lambda before, after: leftovers(
            before, after, lambda source: File(source, project), lambda name: False
        ),
    )
    assert fixed.text == text.replace("USES(loop)", "pass")
    assert "what it leaves behind cannot go: RUN902 is found afterwards" in (fixed.problem or "")
