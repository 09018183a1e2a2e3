"""Documents from outside: which programs are found in them, and that the rest stays as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flake8_asyncrun import documents, run
from flake8_asyncrun.config import Config
from flake8_asyncrun.documents import DocumentError, parts, put_back
from flake8_asyncrun.report import FileReport
from tests.command import call

pytestmark = pytest.mark.thorough

FIXTURES = Path(__file__).parent / "fixtures" / "documents"
PLAIN = ("--output-format=concise", "--isolated", "--no-cache")

BAD = "import asyncio\nasync def main(): ...\nasyncio.run(main)\n"
FIXED = BAD.replace("run(main)", "run(main())")
FENCED = f"Run it:\n\n```python\n{BAD}```\n"
NESTED = "import asyncio\nasync def one(): ...\nasync def two():\n    asyncio.run(one())\n"
AWAITED = NESTED.replace("asyncio.run(one())", "await one()").removeprefix("import asyncio\n")
OLD = (
    "import asyncio\nasync def main(): ...\n"
    "loop = asyncio.get_event_loop()\nx = loop.run_until_complete(main())\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def repaired(text: str, name: str = "README.md") -> str:
    """Return what becomes of a document that is named, byte for byte."""
    Path(name).write_bytes(text.encode())
    reports = run.run([name], lambda path: Config(), fix=True, write=True, cached=False)
    assert [one.errors for one in reports] == [()]
    return Path(name).read_bytes().decode()


def indented(text: str, by: str = "    ") -> str:
    empty = by.strip() and by.rstrip()
    return re.sub("(?m)^(?=\n)", empty, re.sub("(?m)^(?=.)", by, text))


# ---------------------------------------------------------------------- whole documents


@pytest.mark.parametrize("name", ["guide.md", "guide.rst"])
def test_whole_documents(name: str, here: Path, request: pytest.FixtureRequest) -> None:
    kind = name.rpartition(".")[2]
    (here / name).write_bytes((FIXTURES / name).read_bytes())
    found = call("--check", "--isolated", "--no-cache", name).stdout
    assert call(*PLAIN, name).returncode == 1
    results = {f"found.{kind}.txt": found, f"fixed.{kind}": (here / name).read_bytes()}
    for expected, written in results.items():
        if request.config.getoption("--update"):
            (FIXTURES / expected).write_bytes(written)
        assert (FIXTURES / expected).read_bytes() == written, "`pytest --update` writes it"


@pytest.mark.parametrize("name", ["guide.md", "guide.rst"])
def test_lines_and_columns_are_the_documents(name: str) -> None:
    lines = (FIXTURES / name).read_text("utf-8").splitlines()
    said = (FIXTURES / f"found.{name.rpartition('.')[2]}.txt").read_text("utf-8")
    places = re.findall(rf"(?m)^ *--> {re.escape(name)}:(\d+):(\d+)$", said)
    assert len(places) >= 10
    for line, column in places:
        assert lines[int(line) - 1][int(column) - 1 :].startswith(("asyncio.", "main", "loop=None"))


# ---------------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    "info",
    [
        "python",
        "py",
        "Python3",
        " python ",
        "python title='x'",
        "python,ignore",
        "python {linenos=true}",
        "{.python}",
        "{ .py .x }",
        "{python}",
        "{code-block} python",
        "{code} py",
        "{sourcecode} python",
        "{testcode}",
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_fences_of_python(info: str, fence: str) -> None:
    before = f"# T\n\n{fence}{info}\n{BAD}{fence}\n"
    assert repaired(before) == before.replace(BAD, FIXED)


@pytest.mark.parametrize(
    "info", ["", "text", "console", "pythonx", "json", "{code-cell} ipython3", "{eval-rst}", "rust"]
)
def test_other_fences_are_left_alone(info: str) -> None:
    before = f"```{info}\n{BAD}```\n"
    assert repaired(before) == before


@pytest.mark.parametrize(
    ("before", "prefix"),
    [
        ("- item\n\n", "  "),
        ("1. item\n\n   1. deeper\n\n", "      "),
        ("> quote\n>\n", "> "),
        ("> - quote\n>\n", ">   "),
        ("", "   "),
        ("-\titem\n\n", "\t"),
    ],
)
def test_fences_in_other_blocks(before: str, prefix: str) -> None:
    spaced = OLD.replace("loop =", "\n\nloop =")
    text = before + indented(f"```python\n{spaced}```\n", prefix) + "\nEnd.\n"
    wanted = text.replace(prefix + "loop = asyncio.get_event_loop()\n", "")
    wanted = wanted.replace("loop.run_until_complete", "asyncio.run")
    assert repaired(text) == wanted


def test_what_stands_oddly_is_left_alone() -> None:
    # A lazy line, which belongs to the block without what stands before the others.
    for before in (f"- item\n\n  ```python\n{indented(BAD, '   ')}  ```\n",):
        assert repaired(before).count("\n") == before.count("\n")
    mixed = f"> ```python\n> import asyncio\n>asyncio.run(print)\n> {BAD}```\n"
    assert repaired(mixed) == mixed


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks_stay(newline: str, mark: str) -> None:
    before = mark + f"# é\n\n```python\n{OLD}```\n\nEnd.  \n".replace("\n", newline)
    wanted = before.replace(f"loop = asyncio.get_event_loop(){newline}", "")
    assert repaired(before) == wanted.replace("loop.run_until_complete", "asyncio.run")


def test_a_first_line_about_encodings_is_prose() -> None:
    before = f"# Encoding: what is that\n\n{FENCED}"
    assert repaired(before) == before.replace(BAD, FIXED)


def test_what_moves_is_indented_as_the_block_is() -> None:
    code = (
        "import asyncio\n\n\nasync def one(): ...\n\n\nasyncio.run(asyncio.gather(one(), one()))\n"
    )
    before = f"1. Do:\n\n{indented(f'```python{chr(10)}{code}```{chr(10)}', '   ')}\n2. Done.\n"
    after = repaired(before)
    assert "\n   async def main():\n       await asyncio.gather(one(), one())\n" in after
    assert "\n   asyncio.run(main())\n   ```\n\n2. Done.\n" in after
    assert before.split("one(): ...")[0] == after.split("one(): ...")[0]


def test_an_import_goes_where_no_block_uses_it() -> None:
    alone = f"```python\n{NESTED}```\n"
    assert repaired(alone) == f"```python\n{AWAITED}```\n"
    beside = f"{alone}\nThen:\n\n```python\nawait asyncio.sleep(1)\n```\n"
    assert repaired(beside) == beside.replace("asyncio.run(one())", "await one()")


def test_each_block_is_a_program_of_its_own() -> None:
    made, used = "import asyncio\nasync def main(): ...\n", "asyncio.run(main)\n"
    before = f"```python\n{made}```\n\n```python\n{used}```\n"
    assert repaired(before) == before


# ---------------------------------------------------------------------- reStructuredText


@pytest.mark.parametrize("name", ["README.rst", "README.txt"])
@pytest.mark.parametrize(
    "opening",
    [
        ".. code-block:: python\n\n",
        ".. code-block:: python\n   :linenos:\n   :caption: x\n\n",
        ".. code:: py\n\n",
        ".. sourcecode:: Python\n\n",
        ".. testcode::\n\n",
        "Like this::\n\n",
        "::\n\n\n",
        ".. note::\n\n",
    ],
)
def test_blocks_of_python(opening: str, name: str) -> None:
    deeper = "      " if "note" in opening else "   "
    if opening == ".. note::\n\n":
        opening += "   .. code-block:: python\n\n"
    before = f"T\n=\n\n{opening}{indented(BAD, deeper)}\nEnd.\n"
    assert repaired(before, name) == before.replace("run(main)", "run(main())")


@pytest.mark.parametrize(
    "opening",
    [
        ".. code-block:: console\n\n",
        ".. code-block:: rst\n\n   T::\n\n",
        ".. A comment::\n\n",
        "..\n   A comment\n\n",
        ".. raw:: html\n\n",
        "Quoted\n\n",
        "Follows at once::\n",
    ],
)
def test_other_blocks_are_left_alone(opening: str) -> None:
    before = f"{opening}{indented(BAD, '      ')}\nEnd.\n"
    assert repaired(before, "README.rst") == before


def test_a_block_ends_where_its_indentation_does() -> None:
    before = f"- Like this::\n\n{indented(BAD)}\n  asyncio.run(x)\n"
    assert repaired(before, "a.rst") == before.replace("run(main)", "run(main())")


def test_tabs_are_left_alone() -> None:
    before = f"Like this::\n\n{indented(BAD, chr(9))}"
    assert repaired(before, "a.rst") == before


# ---------------------------------------------------------------------- sessions


SESSION = """\
>>> import asyncio
>>> async def main():
...     return 1
...
>>> loop = asyncio.get_event_loop()
>>> x = loop.run_until_complete(main())
"""


@pytest.mark.parametrize("name", ["a.md", "a.rst"])
def test_sessions_keep_their_prompts(name: str) -> None:
    before = f"```pycon\n{SESSION}```\n" if name == "a.md" else f"Text\n\n{SESSION}\nText\n"
    after = before.replace(">>> loop = asyncio.get_event_loop()\n", "")
    after = after.replace("loop.run_until_complete", "asyncio.run")
    assert repaired(before, name) == after


def test_what_a_session_prints_stays_where_it_is() -> None:
    printed = f"{SESSION}1\n\n  2\n>>> async def f():\n...     asyncio.run(main())\n"
    before = f"```pycon\n{printed}```\n"
    after = before.replace("    asyncio.run(main())", "    await main()")
    assert repaired(before, "a.md") == after


def test_a_new_line_of_a_session_gets_a_prompt() -> None:
    before = (
        "```pycon\n>>> import asyncio\n>>> async def one(): ...\n"
        ">>> asyncio.run(asyncio.gather(one(), one()))\n```\n"
    )
    after = repaired(before, "a.md")
    assert ">>> async def main():\n...     await asyncio.gather(one(), one())\n" in after
    assert ">>> asyncio.run(main())\n```\n" in after


@pytest.mark.parametrize(
    "line", [">>>import os", "Traceback (most recent call last):\n  ...\nValueError: a coroutine"]
)
def test_odd_sessions_and_those_that_show_an_error_are_left_alone(line: str) -> None:
    before = f"```pycon\n{SESSION}{line}\n```\n"
    assert repaired(before, "a.md") == before


# ---------------------------------------------------------------------- safe at all cost


def test_nothing_but_parts_can_change() -> None:
    text = f"{FENCED}\n{FENCED}"
    [first, second] = parts("a.md", text)
    assert put_back("a.md", text, [(first, first.text), (second, FIXED)]) == f"{FENCED}\n" + (
        FENCED.replace(BAD, FIXED)
    )
    # What would end the block is no program any more.
    with pytest.raises(DocumentError):
        put_back("a.md", text, [(first, f"{BAD}'''\n```\n'''\n"), (second, second.text)])


def test_what_does_not_come_back_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.md").write_text(FENCED)

    def lost(part: documents.Part, text: str) -> list[str]:
        return ["lost\n"]

    monkeypatch.setattr(documents.Part, "written", lost)
    [told] = run.run(["a.md"], lambda path: Config(), fix=True, write=True, cached=False)
    assert told.errors == (
        "a.md: cannot be written: its blocks do not come back as they are meant, a bug of ours",
    )
    assert Path("a.md").read_text() == FENCED


def test_a_document_that_says_nothing_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "every_part", None)
    Path("a.md").write_text("```python\nprint(1)\n```\n")
    assert run.run(["a.md"], lambda path: Config(), fix=True, write=True, cached=False) == []


# ---------------------------------------------------------------------- the doors


def test_documents_below_folders_are_looked_into_on_request() -> None:
    for name in ("a.md", "b.markdown", "c.rst", "d.txt"):
        text = FENCED if "m" in name else f"Like this::\n\n{indented(BAD)}"
        Path(name).write_text(text)
    Path("e.html").write_text(FENCED)
    done = call("--check", *PLAIN, ".")
    assert (done.returncode, done.stdout) == (0, b"Nothing found.\n")
    done = call("--check", "--docs", *PLAIN, ".")
    assert re.findall(r"(?m)^(\S+):\d+:\d+: RUN102", done.stdout.decode()) == [
        "a.md",
        "b.markdown",
        "c.rst",
        "d.txt",
    ]


def test_a_document_that_is_named_is_looked_into() -> None:
    Path("a.md").write_text(FENCED)
    done = call("--check", *PLAIN, "a.md")
    assert done.stdout.startswith(b"a.md:6:1: RUN102 [*]")


def test_a_diff_is_the_documents() -> None:
    Path("a.md").write_text(FENCED)
    done = call("--diff", "--docs", *PLAIN, ".")
    assert done.stdout.decode() == (
        "--- a.md\n+++ a.md\n@@ -3,5 +3,5 @@\n ```python\n import asyncio\n"
        " async def main(): ...\n-asyncio.run(main)\n+asyncio.run(main())\n ```\n"
    )
    assert Path("a.md").read_text() == FENCED


def test_json_has_the_edits_of_the_document() -> None:
    quoted = indented(f"```python\n{OLD}```\n", "> ")
    Path("a.md").write_text(f"é\n\n{quoted}")
    [finding] = json.loads(call("--check", *PLAIN, "--output-format", "json", "a.md").stdout)
    assert finding["cell"] is None
    assert finding["location"] == {"row": 6, "column": 10}
    lines = Path("a.md").read_text().splitlines(keepends=True)
    for edit in reversed(finding["fix"]["edits"]):
        start, end = edit["location"], edit["end_location"]
        before = "".join(lines[: start["row"] - 1]) + lines[start["row"] - 1][: start["column"] - 1]
        after = lines[end["row"] - 1][end["column"] - 1 :] + "".join(lines[end["row"] :])
        lines = (before + edit["content"] + after).splitlines(keepends=True)
    assert "".join(lines) == repaired(f"é\n\n{quoted}", "a.md")


def test_standard_input_is_a_document_by_its_name() -> None:
    done = call(*PLAIN, "--stdin-filename", "docs/a.md", "-", stdin=FENCED.encode())
    assert (done.returncode, done.stdout.decode()) == (1, FENCED.replace(BAD, FIXED))


def test_noqa_counts_and_is_written_in_blocks() -> None:
    silent = FENCED.replace("run(main)", "run(main)  # noqa: RUN102")
    assert repaired(silent) == silent
    Path("a.md").write_text(f"{FENCED}\n> {FENCED.replace(chr(10), chr(10) + '> ')}\n")
    done = call("--add-noqa", "--unfixable", "ALL", *PLAIN, "a.md")
    assert b"2 silenced" in done.stdout
    assert Path("a.md").read_text().count("asyncio.run(main)  # noqa: RUN102\n") == 2


def test_fixes_in_blocks_are_asked_about() -> None:
    Path("a.md").write_text(f"{FENCED}\n{FENCED}")
    done = call("--interactive", "--isolated", "--no-cache", "a.md", stdin=b"n\ny\n")
    shown = done.stdout.decode()
    assert shown.count("Apply this fix?") == 2
    assert "a.md:14:1: RUN102 [*]" in shown
    assert "it is defined here: a.md:13\n" in shown
    assert "no fix: you said no" in shown
    assert Path("a.md").read_text() == f"{FENCED}\n{FENCED.replace(BAD, FIXED)}"


def test_what_one_block_gives_rise_to_does_not_stop_the_others() -> None:
    deep = "x = " + "(" * 3000 + "1" + ")" * 3000
    before = f"```python\nimport asyncio\n{deep}\n```\n\n{FENCED}"
    assert repaired(before) == before.replace(BAD, FIXED)


def test_stubs_are_silent(here: Path) -> None:
    # A stub tells types: nothing in it is executed.
    text = (
        "import asyncio\nloop = asyncio.get_event_loop()\nx: int = asyncio.run(1)\n"
        "def f(loop=asyncio.get_event_loop()): ...\nasync def main() -> int: ...\n"
        "asyncio.run(main)\nasyncio.run(asyncio.gather(main()))\nlock = asyncio.Lock(loop=loop)\n"
    )
    Path("a.pyi").write_text(text)
    Path("a.py").write_text(text)
    found = run.run(["."], lambda path: Config(), fix=False, write=False, cached=False)
    counts = {one.path: len(one.findings) for one in found}
    assert counts["a.pyi"] == 0
    assert counts["a.py"] > 3
    assert found[1] == FileReport("a.pyi")


def test_what_libcst_cannot_read_is_a_fragment() -> None:
    chain = " and ".join(["x"] * 1100)
    before = f"```python\nimport asyncio\nasyncio.run({chain})\n```\n\n{FENCED}"
    assert repaired(before) == before.replace(BAD, FIXED)
