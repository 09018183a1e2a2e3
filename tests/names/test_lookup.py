"""What names stand for: in other files, through imports, in modules that are lazy or cyclic."""

from __future__ import annotations

import pytest

from flake8_asyncrun.names.facts import Facts
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import Kind, kind_of
from tests.snippets import CAPTURES, COROUTINE, QUIET, case, effects_of_last, facts_of, kind_of_last


@pytest.mark.parametrize(
    ("code", "files", "kind"),
    [
        case("module", "import a\na.f()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case("name", "from a import f\nf()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case(
            "submodule",
            "import a.b\na.b.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "submodule under a name",
            "import a.b as c\nc.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "submodule as a name",
            "from a import b\nb.f()",
            {"a/__init__.py": "", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "namespace package",
            "from a import b\nb.f()",
            {"a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "re-export",
            "from a import g\ng()",
            {"a/__init__.py": "from .b import f as g", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "re-exported module",
            "import a\na.c.f()",
            {"a/__init__.py": "from a import b as c", "a/b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case("star", "from a import *\nf()", {"a.py": "async def f(): ..."}, Kind.COROUTINE),
        case(
            "star over star",
            "from a import *\nf()",
            {"a.py": "from b import *", "b.py": "async def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "star does not take private names",
            "from a import *\n_f()",
            {"a.py": "async def _f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "star of what is missing hides builtins",
            "from nobody import *\nprint()",
            {},
            Kind.UNKNOWN,
        ),
        case(
            "relative, two up",
            "import a.b.c\na.b.c.g()",
            {
                "a/__init__.py": "",
                "a/d.py": "async def f(): ...",
                "a/b/__init__.py": "",
                "a/b/c.py": "from ..d import f as g",
            },
            Kind.COROUTINE,
        ),
        case(
            "cycle",
            "import a\na.f()",
            {"a.py": "import b\nasync def f(): ...", "b.py": "import a\ng = a.f"},
            Kind.COROUTINE,
        ),
        case(
            "cycle through it",
            "import b\nb.g()",
            {"a.py": "import b\nasync def f(): ...", "b.py": "from a import f as g"},
            Kind.COROUTINE,
        ),
        case(
            "cycle of one name",
            "from a import f\nf()",
            {"a.py": "from b import f", "b.py": "from a import f"},
            Kind.UNKNOWN,
        ),
        case(
            "star cycle",
            "from a import *\nf()",
            {"a.py": "from b import *", "b.py": "from a import *"},
            Kind.UNKNOWN,
        ),
        case("itself", "from a import f\nf()", {"a.py": "from a import f"}, Kind.UNKNOWN),
        case(
            "fallback",
            "from a import f\nf()",
            {"a.py": "try:\n  from nobody import f\nexcept ImportError:\n  async def f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "first choice",
            "from a import f\nf()",
            {
                "a.py": "try:\n  from b import f\nexcept ImportError:\n  def f(): ...",
                "b.py": "async def f(): ...",
            },
            Kind.COROUTINE,
        ),
        case("lazy module", "import a\na.f()", {"a.py": "def __getattr__(n): ..."}, Kind.UNKNOWN),
        case(
            "lazy module that tells type checkers",
            "from a import f\nf()",
            {
                "a.py": (
                    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from b import f\n"
                    "def __getattr__(n): ..."
                ),
                "b.py": "async def f(): ...",
            },
            Kind.COROUTINE,
        ),
        case(
            "version guard",
            "from a import f\nf()",
            {
                "a.py": (
                    "import sys\nif sys.version_info >= (3, 8):\n  async def f(): ...\nelse:\n"
                    "  def f(): ..."
                )
            },
            Kind.COROUTINE,
        ),
        case(
            "unknown guard",
            "from a import f\nf()",
            {"a.py": "import os\nif os.name:\n  async def f(): ...\nelse:\n  def f(): ..."},
            Kind.UNKNOWN,
        ),
        case(
            "bound twice",
            "from a import f\nf()",
            {"a.py": "def f(): ...\nasync def f(): ..."},
            Kind.COROUTINE,
        ),
        case(
            "rebound by a function",
            "from a import f\nf",
            {"a.py": "f = None\ndef g():\n  global f\n  f = 1"},
            Kind.UNKNOWN,
        ),
        case("missing name", "from a import f\nf()", {"a.py": ""}, Kind.UNKNOWN),
        case(
            "class from there",
            "from a import A\nA().f()",
            {
                "a.py": "from b import B\nclass A(B): ...",
                "b.py": "class B:\n  async def f(self): ...",
            },
            Kind.COROUTINE,
        ),
        case(
            "class in a cycle of members",
            "from a import A\nA.x",
            {"a.py": "class A:\n  x = y\n  y = x"},
            Kind.UNKNOWN,
        ),
        case(
            "attribute of a module set outside",
            "import a\na.f = 1\nasync def g(): ...\na.f = g()\na.f",
            {"a.py": "f = None"},
            Kind.UNKNOWN,
        ),
    ],
)
def test_names_from_other_files(code: str, files: dict[str, str], kind: Kind) -> None:
    assert kind_of_last(f"{code}\n", files) is kind


def test_what_happens_at_import_elsewhere_is_not_the_importer_s_doing() -> None:
    files = {"a.py": "import asyncio\nloop = asyncio.get_event_loop()\ndef f(): return loop\n"}
    assert effects_of_last("from a import f\nf()\n", files) == QUIET


def test_the_main_guard_is_true_in_the_file_and_false_elsewhere() -> None:
    guard = "import asyncio\nclass A: ...\nif __name__ == '__main__':\n    class A:\n"
    guard += "        def __await__(self): ...\n"
    assert kind_of_last(f"{guard}A()\n") is Kind.AWAITABLE
    assert kind_of_last("from a import A\nA()\n", {"a.py": guard}) is not Kind.AWAITABLE


F, PLAIN = "async def f(): ...\n", "def f(): ...\n"


@pytest.mark.parametrize(
    ("code", "files", "kind"),
    [
        case(
            "a part that its package imports",
            "import pkg\npkg.part.f()",
            {"pkg/__init__.py": "from . import part", "pkg/part.py": F},
            Kind.COROUTINE,
        ),
        case(
            "from the package",
            "from pkg import part\npart.f()",
            {"pkg/__init__.py": "from . import part", "pkg/part.py": F},
            Kind.COROUTINE,
        ),
        case(
            "by the package's full name",
            "from pkg import part\npart.f()",
            {"pkg/__init__.py": "from pkg import part", "pkg/part.py": F},
            Kind.COROUTINE,
        ),
        case(
            "under another name",
            "from pkg import it\nit.f()",
            {"pkg/__init__.py": "from . import part as it", "pkg/part.py": F},
            Kind.COROUTINE,
        ),
        case(
            "a part that imports another of its package",
            "from pkg import part\npart.g()",
            {
                "pkg/__init__.py": "from . import part",
                "pkg/part.py": "from . import other\ng = other.f",
                "pkg/other.py": F,
            },
            Kind.COROUTINE,
        ),
        case(
            "a part that is not there",
            "from pkg import part\npart.f()",
            {"pkg/__init__.py": "from . import part"},
            Kind.UNKNOWN,
        ),
        case(
            "a name of the package goes before its part",
            "from pkg import part\npart()",
            {"pkg/__init__.py": "async def part(): ...", "pkg/part.py": PLAIN},
            Kind.COROUTINE,
        ),
        case(
            "a part behind an import that leads nowhere",
            "import pkg\npkg.part.f()",
            {"pkg/__init__.py": "from nobody import part", "pkg/part.py": F},
            Kind.COROUTINE,
        ),
    ],
)
def test_parts_of_packages(code: str, files: dict[str, str], kind: Kind) -> None:
    assert kind_of_last(f"{code}\n", files) is kind


@pytest.mark.parametrize(
    ("listed", "public", "private"),
    [
        case("none", "", Kind.COROUTINE, Kind.UNKNOWN),
        case("list", "__all__ = ['f', '_f']", Kind.COROUTINE, Kind.COROUTINE),
        case("tuple", "__all__ = ('_f',)", Kind.UNKNOWN, Kind.COROUTINE),
        case("empty", "__all__ = []", Kind.UNKNOWN, Kind.UNKNOWN),
        case("annotated", "__all__: list[str] = ['f']", Kind.COROUTINE, Kind.UNKNOWN),
        case("longer", "__all__ = ['_f']\n__all__ += ['f']", Kind.COROUTINE, Kind.COROUTINE),
        case("computed", "__all__ = ['_f'] + nobody.__all__", Kind.COROUTINE, Kind.UNKNOWN),
        case("partly computed", "__all__ = ['_f', *nobody]", Kind.COROUTINE, Kind.UNKNOWN),
        case("no list", "__all__ = None", Kind.COROUTINE, Kind.UNKNOWN),
        case("imported", "from nobody import __all__", Kind.COROUTINE, Kind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("through", ["a", "b"], ids=["directly", "through another"])
def test_what_a_star_takes(listed: str, public: Kind, private: Kind, through: str) -> None:
    files = {"a.py": f"{listed}\n{F}async def _f(): ...\n", "b.py": "from a import *\n"}
    assert kind_of_last(f"from {through} import *\nf()\n", files) is public
    if through == "a":
        assert kind_of_last("from a import *\n_f()\n", files) is private
    else:
        assert kind_of_last("import b\nb._f()\n", files) is private


@pytest.mark.parametrize(
    ("stars", "kind"),
    [
        case("the last one wins", "from a import *\nfrom b import *", Kind.COROUTINE),
        case("the last that has it", "from b import *\nfrom empty import *", Kind.COROUTINE),
        case("the last that gives it", "from b import *\nfrom hides import *", Kind.COROUTINE),
        case("one that is not there", "from b import *\nfrom nobody import *", Kind.UNKNOWN),
        case(
            "one that is not there, before", "from nobody import *\nfrom b import *", Kind.COROUTINE
        ),
        case("the standard library", "from b import *\nfrom os.path import *", Kind.COROUTINE),
        case("asyncio has none such", "from b import *\nfrom asyncio import *", Kind.COROUTINE),
        case("a definition after it", f"from a import *\n{F}", Kind.COROUTINE),
    ],
)
@pytest.mark.parametrize("own", [True, False], ids=["own", "library"])
def test_of_several_stars(stars: str, kind: Kind, own: bool) -> None:
    files = {"a.py": PLAIN, "b.py": F, "empty.py": "", "hides.py": f"__all__ = []\n{PLAIN}"}
    if own:
        assert kind_of_last(f"{stars}\nf()\n", files) is kind
    else:
        assert kind_of_last("from lib import f\nf()\n", {**files, "lib.py": stars}) is kind


@pytest.mark.parametrize(
    ("lazy", "kind"),
    [
        case(
            "__getattr__",
            "if TYPE_CHECKING:\n    from .part import f\ndef __getattr__(name): ...",
            Kind.COROUTINE,
        ),
        case(
            "lazy_import",
            "if typing.TYPE_CHECKING:\n    from .part import f\n"
            "else:\n    lazy_import(globals(), aliases={'f': '.part'})",
            Kind.COROUTINE,
        ),
        case(
            "another name",
            "if TYPE_CHECKING:\n    from .part import g as f\ndef __getattr__(name): ...",
            Kind.OTHER,
        ),
        case(
            "really bound",
            "if TYPE_CHECKING:\n    from .part import g as f\nelse:\n    from .part import f",
            Kind.COROUTINE,
        ),
        case(
            "not for checkers alone",
            "if nobody:\n    from .part import f\ndef __getattr__(name): ...",
            Kind.COROUTINE,
        ),
        case("nothing said", "def __getattr__(name): ...", Kind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("use", ["import pkg\npkg.f()", "from pkg import f\nf()"])
def test_a_lazy_module_gives_what_it_tells_type_checkers(lazy: str, kind: Kind, use: str) -> None:
    files = {"pkg/__init__.py": lazy, "pkg/part.py": f"{F}def g(): ...\n"}
    assert kind_of_last(f"{use}\n", files) is kind


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        case("ImportError", "ImportError", Kind.COROUTINE),
        case("ModuleNotFoundError", "ModuleNotFoundError", Kind.COROUTINE),
        case("any", "Exception", Kind.COROUTINE),
        case("another", "ValueError", Kind.UNKNOWN),
    ],
)
@pytest.mark.parametrize(
    "statement", ["import nobody", "from nobody import x", "import a.b.c as x"]
)
def test_a_library_does_without_what_is_not_installed(
    handler: str, kind: Kind, statement: str
) -> None:
    tries = (
        f"def g():\n    try: {statement}\n    except {handler}: return f()\n    return nobody()\n"
    )
    assert kind_of_last("from lib import g\ng()\n", {"lib.py": f"{tries}{F}"}) is kind
    # Of one's own file nobody knows what it is run with.
    assert kind_of_last(f"{tries}{F}g()\n") is Kind.UNKNOWN


def test_a_library_takes_what_is_installed() -> None:
    tries = (
        "def g():\n    try: import there\n    except ImportError: return\n    return there.f()\n"
    )
    assert (
        kind_of_last("from lib import g\ng()\n", {"lib.py": tries, "there.py": F}) is Kind.COROUTINE
    )


def test_outside_a_try_what_is_missing_is_not_known() -> None:
    files = {"lib.py": f"def g():\n    import nobody\n    nobody.x\n    return f()\n{F}"}
    assert kind_of_last("from lib import g\ng()\n", files) is Kind.COROUTINE


@pytest.mark.parametrize(
    ("code", "files", "kind"),
    [
        case(
            "a cycle of packages",
            "import a\na.f()",
            {
                "a/__init__.py": "from a.part import f",
                "a/part.py": "import b\nfrom a import other\nf = other.f",
                "a/other.py": f"import a\n{F}",
                "b.py": "from a import *",
            },
            Kind.COROUTINE,
        ),
        case(
            "through a class of the other",
            "from a import A\nA().f()",
            {
                "a.py": "from b import B\nclass A(B): ...",
                "b.py": "import a\nclass B:\n  async def f(self): return a.A",
            },
            Kind.COROUTINE,
        ),
        case(
            "of base classes",
            "from a import A\nA()",
            {
                "a.py": "from b import B\nclass A(B):\n  x = B.y",
                "b.py": "import a\nclass B(a.A):\n  y = a.A.x",
            },
            Kind.UNKNOWN,
        ),
        case(
            "of a module with itself",
            "import a\na.a.a.f()",
            {"a.py": f"import a\n{F}"},
            Kind.COROUTINE,
        ),
        case(
            "of this file",
            "import example\nexample.f()",
            {"example.py": f"import example\n{F}"},
            Kind.COROUTINE,
        ),
    ],
)
def test_imports_in_a_ring(code: str, files: dict[str, str], kind: Kind) -> None:
    assert kind_of_last(f"{code}\n", files) is kind


@pytest.mark.parametrize(
    ("rebound", "kind"),
    [
        case("a value", "made = f()\ndef g():\n    global made\n    made = None", Kind.UNKNOWN),
        case("a value, by nobody", "made = f()", Kind.COROUTINE),
        case("a value, in a comment", "made = f()  # global made", Kind.COROUTINE),
        case(
            "another value", "made = f()\ndef g():\n    global other\n    other = 1", Kind.COROUTINE
        ),
        case("a local one", "made = f()\ndef g():\n    made = None", Kind.COROUTINE),
        case("None, at first", "made = None", Kind.UNKNOWN),
    ],
)
def test_a_global_that_its_module_rebinds_is_not_known(rebound: str, kind: Kind) -> None:
    assert kind_of_last("import a\na.made\n", {"a.py": f"{F}{rebound}\n"}) is kind


def test_a_function_stays_though_its_module_rebinds_it() -> None:
    files = {"a.py": f"{F}def g():\n    global f\n    f = None\n"}
    assert kind_of_last("import a\na.f()\n", files) is Kind.COROUTINE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        case("a placeholder", "made = None\ndef g():\n    return made\ng", Kind.UNKNOWN),
        case(
            "a switch",
            "on = False\ndef g():\n    if on: return None\n    return f()\ng",
            Kind.UNKNOWN,
        ),
        case(
            "a number",
            "on = 0\ndef g():\n    if on: return None\n    return f()\ng",
            Kind.COROUTINE,
        ),
    ],
)
def test_what_a_function_finds_that_runs_later(code: str, kind: Kind) -> None:
    body = f"{F}{code.removesuffix('g')}def h():\n    return g()\n"
    line = body.count("\n")
    seen = facts_of(body).seen((line, 11, line, 14))
    assert seen is not None
    assert kind_of(seen.value) is kind


@pytest.mark.parametrize("own", [True, False])
def test_a_star_binds_anew_what_was_defined_before(own: bool) -> None:
    code = "def f(): ...\nfrom a import *\n"
    files = {"a.py": "async def f(): ...\n", "lib.py": code}
    kind = kind_of_last(f"{code}f()\n" if own else "from lib import f\nf()\n", files)
    assert kind is not Kind.OTHER


def test_what_follows_a_missing_import_is_not_reached() -> None:
    library = (
        "try:\n    import nobody\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
        f"{COROUTINE}def f():\n    if HAS: return 1\n    return coro()\n"
    )
    assert kind_of_last("from lib import f\nf()\n", {"lib.py": library}) is not Kind.OTHER


@pytest.mark.parametrize("how", ["a.FLAG = True", "setattr(a, 'FLAG', True)"])
def test_what_is_set_in_another_module_is_not_known_there_either(how: str) -> None:
    library = "import asyncio\nFLAG = False\ndef f():\n    if not FLAG: asyncio.get_event_loop()\n"
    assert effects_of_last(f"import a\n{how}\na.f()\n", {"a.py": library}) == QUIET


@pytest.mark.parametrize("installed", [True, False])
def test_a_version_guard_is_judged_for_the_oldest_in_what_is_installed(installed: bool) -> None:
    library = (
        "import asyncio, sys\ndef f():\n"
        "    if sys.version_info < (3, 10): asyncio.get_event_loop()\n"
    )
    path = "site-packages/a.py" if installed else "a.py"
    project = Project({"a": (path, library)}.get, Target((3, 8), (3, 12)))
    facts = Facts(project, "m.py", "import a\na.f()\n", "m")
    seen = facts.seen((2, 0, 2, 5))
    assert seen is not None
    assert [event.effect for event in seen.events] == (CAPTURES if installed else QUIET)
