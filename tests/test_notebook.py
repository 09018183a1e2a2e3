"""Notebooks from outside: what is found in cells, what becomes of them, what stays as it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flake8_asyncrun import notebook, report, run
from flake8_asyncrun.config import Config
from flake8_asyncrun.core.cells import HIDDEN, cells
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.formats.page import Style
from flake8_asyncrun.formats.plain import heading
from flake8_asyncrun.notebook import NotebookError
from flake8_asyncrun.report import FileReport
from tests import cells as made
from tests.cells import code, prose, sources, written
from tests.command import call

MAIN = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(0)\n    return 'done'"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*texts: str | dict[str, Any], name: str = "book.ipynb") -> str:
    text = written(made.notebook(*texts))
    Path(name).write_bytes(text.encode())
    return text


def repair(unsafe: bool = False) -> FileReport:
    config = Config(unsafe_fixes=unsafe)
    [told] = run.run(["."], lambda path: config, fix=True, write=True, cached=False)
    return told


def repaired(*texts: str | dict[str, Any], unsafe: bool = False) -> list[str]:
    """Return the cells of code of a notebook that is repaired."""
    put(*texts)
    assert repair(unsafe).errors == ()
    return sources(Path("book.ipynb").read_text("utf-8"))


def told(*texts: str | dict[str, Any]) -> list[str]:
    """Return what is said of a notebook that is only looked at."""
    put(*texts)
    reports = run.run(["."], lambda path: Config(), fix=False, write=False, cached=False)
    lines = []
    for page in report.pages(reports):
        for located in page.findings:
            lines += [heading(page, located, Style()), *(f"    {note}" for note in located.notes)]
    return [*lines, *report.closing(reports).splitlines()]


def places(lines: list[str]) -> list[str]:
    """Return places and codes of findings."""
    return [line.split(" ", 3)[0] + " " + line.split()[1 + line.count("cell")] for line in lines]


# ---------------------------------------------------------------------- what is found, and cured


CURED = [
    pytest.param([MAIN, "x = asyncio.run(main())"], [MAIN, "x = await main()"], id="asyncio.run"),
    pytest.param(
        [MAIN, "x = asyncio.get_event_loop().run_until_complete(main())\nx"],
        [MAIN, "x = await main()\nx"],
        id="run_until_complete",
    ),
    pytest.param(
        [MAIN, "loop = asyncio.get_event_loop()", "x = loop.run_until_complete(main())"],
        [MAIN, "", "x = await main()"],
        id="a loop from another cell",
    ),
    pytest.param(
        [MAIN, "loop = asyncio.get_event_loop()\nx = loop.run_until_complete(main())"],
        [MAIN, "x = await main()"],
        id="a loop",
    ),
    pytest.param(
        [MAIN, "x = asyncio.run(asyncio.wait_for(main(), 3))"],
        [MAIN, "x = await asyncio.wait_for(main(), 3)"],
        id="a call of asyncio's",
    ),
    pytest.param(
        [MAIN, "x = asyncio.run(asyncio.gather(main(), main()))"],
        [MAIN, "x = await asyncio.gather(main(), main())"],
        id="a future",
    ),
    pytest.param(
        [MAIN, "x = [asyncio.run(main()) for _ in range(2)]\ny = len(asyncio.run(main()))"],
        [MAIN, "x = [await main() for _ in range(2)]\ny = len(await main())"],
        id="in expressions",
    ),
    pytest.param(
        [MAIN, "if __name__ == '__main__':\n    x = asyncio.run(main())"],
        [MAIN, "if __name__ == '__main__':\n    x = await main()"],
        id="under a main guard",
    ),
    pytest.param(
        [MAIN, "x = asyncio.run(\n    main(),  # the one\n)"],
        [MAIN, "x = asyncio.run(\n    main(),  # the one\n)"],
        id="a comment stays",
    ),
]


@pytest.mark.parametrize(("before", "after"), CURED)
def test_what_fails_in_a_cell_is_found_and_cured(before: list[str], after: list[str]) -> None:
    errors, _ = made.run(before)
    failing = [number for number, error in enumerate(errors, start=1) if error]
    assert {errors[number - 1].partition(":")[0] for number in failing} == {"RuntimeError"}
    found = [line for line in told(*before) if "RUN105" in line]
    assert {int(re.findall(r":cell (\d+):", line)[0]) for line in found} == set(failing)
    assert all(errors[number - 1].split(" ", 1)[1][:30] in "".join(found) for number in failing)
    assert repaired(*before) == after
    if after != before:
        errors, values = made.run(after)
        assert not any(errors)
        assert "done" in values[0]
        assert repaired(*after) == after


@pytest.mark.parametrize(("before", "after"), CURED)
def test_what_is_repaired_runs_in_ipython(before: list[str], after: list[str]) -> None:
    pytest.importorskip("IPython")
    shell = (
        "import asyncio, sys, json\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "async def go():\n"
        "    shell, well = InteractiveShell.instance(), []\n"
        "    for cell in json.loads(sys.argv[1]):\n"
        "        text = shell.transform_cell(cell)\n"
        "        done = await shell.run_cell_async(cell, transformed_cell=text)\n"
        "        well.append(done.success)\n"
        "    print(json.dumps([all(well), str(shell.user_ns['x'])]))\n"
        "asyncio.run(go())\n"
    )
    if after == before:
        return
    arguments = [sys.executable, "-W", "ignore", "-c", shell, json.dumps(after)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=100, check=True)
    went_well, value = json.loads(done.stdout.splitlines()[-1])
    assert went_well
    assert "done" in value


FINE = [
    pytest.param([MAIN, "x = await main()"], id="await"),
    pytest.param(
        [
            MAIN,
            "x = asyncio.create_task(main())\nlock = asyncio.Lock()\nqueue = asyncio.Queue()",
            "async with lock:\n    y = await x",
            "loop = asyncio.get_event_loop()\nf = loop.create_future()\nf.set_result(1)\nawait f",
        ],
        id="objects of the running loop",
    ),
    pytest.param(
        [MAIN, "try:\n    x = asyncio.run(main())\nexcept RuntimeError:\n    x = await main()"],
        id="tried",
    ),
    pytest.param(
        [
            MAIN,
            (
                "loop = asyncio.get_event_loop()\n"
                "if loop.is_running():\n    x = await main()\n"
                "else:\n    x = asyncio.run(main())"
            ),
        ],
        id="looked",
    ),
    pytest.param(
        [MAIN, "import threading\nt = threading.Thread(target=lambda: asyncio.run(main()))"],
        id="in a thread",
    ),
    pytest.param([MAIN, "def go():\n    return asyncio.run(main())"], id="a function for threads"),
    pytest.param(
        [MAIN, "x = await asyncio.to_thread(asyncio.run, main())"], id="run in another thread"
    ),
]


@pytest.mark.parametrize("texts", FINE)
def test_what_works_in_a_cell_is_silent(texts: list[str]) -> None:
    errors, _ = made.run(texts)
    assert not any(errors)
    assert told(*texts) == ["Nothing found."]
    assert repaired(*texts) == texts


def test_a_function_that_a_cell_calls_is_told_with_the_way_there() -> None:
    lines = told(MAIN, prose("# Now"), "def load():\n    return asyncio.run(main())", "x = load()")
    assert lines[0].startswith("book.ipynb:cell 3:2:12: RUN105 a loop runs where this is called")
    assert lines[1:3] == [
        "    the cell calls `load()`: book.ipynb:cell 4:1",
        "    no fix: its callers would change too",
    ]


def test_a_run_that_failed_for_another_reason_is_told_once_it_is_right() -> None:
    function = "def load():\n    return asyncio.run(main)"
    assert repaired(MAIN, function, "x = load()")[1] == function.replace("(main)", "(main())")
    assert "RUN105" in told(MAIN, function.replace("(main)", "(main())"), "x = load()")[0]


def test_lines_in_a_text_are_those_of_their_cells() -> None:
    lines = told(
        MAIN,
        "loop = asyncio.get_event_loop()",
        "x = loop.run_until_complete(main())",
        "print(1)\nloop.close()",
    )
    assert "    no fix: `loop` is closed or stopped in line 2 of cell 4" in lines


def test_a_cell_alone_may_await_and_a_file_may_not() -> None:
    text = f"{MAIN}\nasyncio.run(main())\n"
    put(text)
    Path("book.py").write_text(text)
    reports = run.run(["."], lambda path: Config(), fix=False, write=False, cached=False)
    assert [(one.path, len(one.findings)) for one in reports] == [("book.ipynb", 1), ("book.py", 0)]


def test_noqa_counts_in_cells() -> None:
    texts = [MAIN, "x = asyncio.run(main())  # noqa: RUN105\nasyncio.run(main())  # noqa"]
    assert told(*texts) == ["Nothing found."]


def test_noqa_is_written_into_cells() -> None:
    put(MAIN, "%%time\nasyncio.run(main())", "asyncio.run(main())")
    done = call("--add-noqa", "--unfixable", "ALL", "--isolated", "--no-cache", ".")
    assert b"2 silenced" in done.stdout
    assert sources(Path("book.ipynb").read_text("utf-8"))[1:] == [
        "%%time\nasyncio.run(main())  # noqa: RUN105",
        "asyncio.run(main())  # noqa: RUN105",
    ]


# ---------------------------------------------------------------------- nest_asyncio


NESTED = f"import nest_asyncio\nnest_asyncio.apply()\n{MAIN}"


def test_a_run_that_nest_asyncio_allows_is_awaited_on_request() -> None:
    texts = [NESTED, "x = asyncio.run(main())"]
    said = "book.ipynb:cell 2:1:5: RUN105 a loop runs in a notebook's cell, and only nest_asyncio"
    assert any(line.startswith(said) for line in told(*texts))
    assert repaired(*texts) == texts
    assert repaired(*texts, unsafe=True)[1] == "x = await main()"


def test_nest_asyncio_is_needless_where_all_is_awaited() -> None:
    texts = ["import nest_asyncio\nnest_asyncio.apply()", MAIN, "x = asyncio.run(main())"]
    [needless, why, run_, *_] = told(*texts)
    assert needless.startswith("book.ipynb:cell 1:2:1: RUN105 a loop runs in a notebook's cell")
    assert "`await` needs no nest_asyncio; remove it" in needless
    assert why == "    no fix: await first what it allows to run"
    assert "cell 3:1:5: RUN105" in run_
    assert repaired(*texts) == texts
    after = ["", MAIN, "x = await main()"]
    assert repaired(*texts, unsafe=True) == after
    assert made.run(after) == (["", "", ""], ["done", "None"])
    # What is left where it was repaired by hand.
    assert repaired(*texts[:2], after[2]) == after


@pytest.mark.parametrize(
    ("import_", "is_safe"), [("import json", True), ("import pandas as pd", False)]
)
def test_nest_asyncio_goes_safely_where_no_package_is_asked(import_: str, is_safe: bool) -> None:
    texts = [f"{import_}\nimport nest_asyncio\nnest_asyncio.apply()", MAIN, "x = await main()"]
    assert ("nest_asyncio" in repaired(*texts)[0]) is not is_safe
    assert "nest_asyncio" not in repaired(*texts, unsafe=True)[0]


@pytest.mark.parametrize(
    "other",
    [
        "import llama_index",
        "from . import own",
        "def go():\n    return asyncio.run(main())",
        "def go(client):\n    return client.run(main())",
        "loop = asyncio.new_event_loop()\nloop.run_until_complete(main())",
        "%run other.py",
        "%time asyncio.run(main())",
        "%%time\nasyncio.run(main())",
        "exec('asyncio.run(main())')",
        "from own import *",
    ],
)
def test_nest_asyncio_may_be_needed(other: str) -> None:
    texts = ["import nest_asyncio\nnest_asyncio.apply()", MAIN, "x = await main()", other]
    assert not any("nest_asyncio; remove it" in line for line in told(*texts))
    assert repaired(*texts, unsafe=True)[0] == texts[0]


# ---------------------------------------------------------------------- magics


MAGICS = [
    "%matplotlib inline\n",
    "!pip install \\\n  aiohttp\n",
    "files = !ls\n",
    "when = %time 1\n",
    "asyncio?\n",
    "?asyncio\n",
    "asyncio.run??\n",
    "if True:\n    %time 1\n    !ls\n",
]


@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize("first", [True, False])
def test_magics_stay_as_they_are(magic: str, first: bool) -> None:
    run_it = "x = asyncio.run(main())\n"
    before = magic + run_it if first else run_it + magic
    after = before.replace("asyncio.run(main())", "await main()")
    assert repaired(MAIN, before) == [MAIN, after]


@pytest.mark.parametrize(
    "text",
    [
        's = """\n%magic\n!ls\nwhat?\n"""\n',
        "s = (100\n%7)\n",
        "s = 100 \\\n%7\n",
        "s = 1  # what?\n",
        "s = 'what?'\n",
    ],
)
def test_what_only_looks_like_a_magic_is_python(text: str) -> None:
    program = notebook.program(written(made.notebook(f"import asyncio\n{text}")))
    assert HIDDEN not in program.split("\n", 1)[1]


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nasyncio.run(main())",
        "%%python\nimport asyncio\nasyncio.run(main())",
        "%%writefile a.py\nasyncio.run(main())",
        "%%unknown\nasyncio.run(main())",
        "asyncio.run(main()",
        "  asyncio.run(main())",
        ",asyncio.run main\nasyncio.run(main())",
        "print 'x'\nasyncio.run(main())",
    ],
)
def test_cells_that_are_not_read_are_left_alone(cell: str) -> None:
    assert told(MAIN, cell) == ["Nothing found."]
    assert repaired(MAIN, cell, "x = asyncio.run(main())") == [MAIN, cell, "x = await main()"]


@pytest.mark.parametrize("magic", ["%%time", "%%timeit", "%%capture out", "%%prun"])
def test_a_magic_over_python_takes_no_await(magic: str) -> None:
    cell = f"{magic}\nasyncio.run(main())"
    lines = told(MAIN, cell)
    assert lines[0].startswith("book.ipynb:cell 2:2:1: RUN105 a loop runs")
    assert lines[1] == "    no fix: a cell under a `%%` magic takes no `await`"
    assert repaired(MAIN, cell) == [MAIN, cell]


def test_what_magics_use_is_not_taken_away() -> None:
    texts = [MAIN, "loop = asyncio.get_event_loop()\nx = loop.run_until_complete(main())"]
    assert repaired(*texts)[1] == "x = await main()"
    for user in ("%time loop.is_running()", "!echo {loop}", "%%bash -s $loop\nls"):
        assert repaired(*texts, user)[1] == "loop = asyncio.get_event_loop()\nx = await main()"


@pytest.mark.parametrize("magic", ["%autoawait off", "%autoawait trio"])
def test_who_changes_what_awaits_is_left_alone(magic: str) -> None:
    assert told(magic, MAIN, "asyncio.run(main())") == ["Nothing found."]


# ---------------------------------------------------------------------- over several cells


def test_a_fix_stays_in_its_cell_but_for_imports() -> None:
    texts = [
        "from asyncio import run, Lock",
        "async def one():\n    return 1\n",
        (
            "lock = Lock()\nasync def main():\n    async with lock:\n        pass\n"
            "def go():\n    return run(main())"
        ),
    ]
    # Whatever becomes of the last, the cell between is what it was.
    assert repaired(*texts, unsafe=True)[1] == texts[1]


def test_an_import_goes_to_the_one_that_is_there() -> None:
    texts = [
        "from asyncio import iscoroutinefunction",
        "%pip list",
        "x = iscoroutinefunction(print)",
    ]
    put(*texts)
    config = Config(unsafe_fixes=True)
    run.run(["."], lambda path: config, fix=True, write=True, cached=False)
    after = sources(Path("book.ipynb").read_text("utf-8"))
    assert after[1] == texts[1]
    assert "iscoroutinefunction(print)" in after[2]
    assert not any(made.run([after[0], after[2]])[0])


# ---------------------------------------------------------------------- byte for byte


RUN_IT = "asyncio.run(main())"


def indented(notebook: dict[str, Any], indent: int | str | None) -> str:
    return json.dumps(notebook, indent=indent, ensure_ascii=False)


STYLES = {
    "Jupyter": lambda book: indented(book, 1) + "\n",
    "no newline": lambda book: indented(book, 1),
    "two newlines": lambda book: indented(book, 1) + "\n\n",
    "four": lambda book: indented(book, 4),
    "tabs": lambda book: indented(book, "\t"),
    "one line": lambda book: indented(book, None),
    "compact": lambda book: json.dumps(book, separators=(",", ":")),
    "ASCII": lambda book: json.dumps(book, indent=1),
    "Windows": lambda book: indented(book, 1).replace("\n", "\r\n"),
    "a mark": lambda book: "\ufeff" + indented(book, 1),
    "sorted": lambda book: json.dumps(book, indent=1, sort_keys=True, ensure_ascii=False),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("as_lines", [True, False])
def test_only_the_lines_that_change_are_written(style: str, as_lines: bool) -> None:
    cell = code(f"# é\tü '\"\\\nx = {RUN_IT}\nprint(x)")
    if not as_lines:
        cell["source"] = "".join(cell["source"])
    book = made.notebook(MAIN, prose(f"Say `{RUN_IT}`."), cell)
    before = STYLES[style](book).encode()
    Path("book.ipynb").write_bytes(before)
    assert repair().errors == ()
    start = before.rindex(b"# ")
    wanted = before[:start] + before[start:].replace(RUN_IT.encode(), b"await main()", 1)
    assert Path("book.ipynb").read_bytes() == wanted


@pytest.mark.parametrize("as_ascii", [True, False])
def test_new_lines_are_escaped_as_the_others_are(as_ascii: bool) -> None:
    text = "# é\nname = asyncio.run(main('ü'))"
    book = made.notebook("import asyncio\nasync def main(name): return name", text)
    Path("book.ipynb").write_text(json.dumps(book, indent=1, ensure_ascii=as_ascii), "utf-8")
    assert repair().errors == ()
    after = Path("book.ipynb").read_text("utf-8")
    assert sources(after)[1] == "# é\nname = await main('ü')"
    assert after.isascii() == as_ascii


def test_a_line_more_is_a_line_of_the_list() -> None:
    text = "import asyncio\nasyncio.get_event_loop_policy()\nx = asyncio.iscoroutinefunction(print)"
    put(text)
    assert repair(unsafe=True).errors == ()
    after = Path("book.ipynb").read_text("utf-8")
    assert after == written(json.loads(after))  # as Jupyter itself would write it
    assert "import inspect\n" in sources(after)[0]


def test_an_old_notebook_with_sheets() -> None:
    cells_ = [
        {"cell_type": "code", "collapsed": False, "input": MAIN, "language": "python"},
        {"cell_type": "heading", "level": 1, "source": ["Run"]},
        {"cell_type": "code", "input": [RUN_IT], "language": "python", "outputs": []},
        {"cell_type": "code", "input": [RUN_IT], "language": "ruby", "outputs": []},
    ]
    book = {"metadata": {"name": ""}, "nbformat": 3, "worksheets": [{"cells": cells_}]}
    before = json.dumps(book, indent=1)
    Path("book.ipynb").write_text(before)
    done = call("--check", "--isolated", "--no-cache", "--output-format=concise", ".")
    assert done.stdout.startswith(b"book.ipynb:cell 3:1:1: RUN105 [*] ")
    assert repair().errors == ()
    assert Path("book.ipynb").read_text() == before.replace(RUN_IT, "await main()", 1)


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"language": "julia", "name": "julia-1.9"}},
        {"language_info": {"name": "R"}, "kernelspec": {"language": "python"}},
        {"language_info": {"name": "sage"}},
    ],
)
def test_other_languages_are_passed_over(metadata: dict[str, object]) -> None:
    text = written(made.notebook(MAIN, RUN_IT, **metadata))
    Path("book.ipynb").write_text(text, "utf-8")
    assert repair() == FileReport("book.ipynb")
    assert Path("book.ipynb").read_text("utf-8") == text


def test_cells_of_another_language_are_passed_over() -> None:
    sql = code(RUN_IT, metadata={"vscode": {"languageId": "sql"}})
    raw = {"cell_type": "raw", "metadata": {}, "source": [RUN_IT]}
    assert told(MAIN, sql, raw) == ["Nothing found."]


def test_a_character_of_ours_in_a_cell_is_left_alone() -> None:
    assert told(f"{MAIN}  # {HIDDEN}", RUN_IT) == ["Nothing found."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("asyncio", "is not valid JSON: line 1, column 1: Expecting value"),
        ('{"asyncio": 1,\n "cells": [}', "is not valid JSON: line 2, column 12: Expecting value"),
        ('{"asyncio": 1} x', "is not valid JSON: line 1, column 15: Extra data"),
        ('["asyncio"]', "is not a notebook: it has no cells"),
        ('{"asyncio": []}', "is not a notebook: it has no cells"),
        ('{"asyncio": ' + "[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_notebook_is_an_error_and_the_others_are_done(text: str, reason: str) -> None:
    Path("bad.ipynb").write_text(text)
    put(MAIN, RUN_IT)
    done = call("--isolated", "--no-cache", ".")
    assert done.returncode == 2
    assert f"error: bad.ipynb: {reason}" in done.stderr.decode()
    assert Path("bad.ipynb").read_text() == text
    assert sources(Path("book.ipynb").read_text("utf-8")) == [MAIN, "await main()"]


def test_a_number_of_any_length_is_read() -> None:
    text = written(made.notebook(MAIN, RUN_IT))
    text = text.replace('"nbformat": 4', f'"nbformat": 4, "odd": {"9" * 10_000}')
    Path("book.ipynb").write_text(text, "utf-8")
    assert repair().errors == ()
    after = Path("book.ipynb").read_text("utf-8")
    assert after != text
    assert after.replace("await main()", RUN_IT) == text


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code", "source": None},
        {"cell_type": "code", "source": ["a", 1]},
        {"cell_type": "code"},
        {"source": ["asyncio.run(main())"]},
        "asyncio",
        {"cell_type": "code", "source": ["x = '\ud800'; asyncio.run(main())"]},
    ],
)
def test_odd_cells_are_left_alone(cell: object) -> None:
    book = made.notebook(MAIN, RUN_IT)
    book["cells"].insert(1, cell)
    before = json.dumps(book, indent=1)
    Path("book.ipynb").write_text(before)
    assert repair().errors == ()
    assert Path("book.ipynb").read_text() == before[::-1].replace(
        RUN_IT[::-1], "await main()"[::-1], 2
    )[::-1].replace("await main()\\n", RUN_IT + "\\n")


def test_the_last_of_two_keys_counts_as_for_all_readers() -> None:
    text = written(made.notebook(MAIN, RUN_IT))
    doubled = text.replace('"nbformat": 4', '"nbformat": 4,\n "cells": []')
    Path("book.ipynb").write_text(doubled, "utf-8")
    assert repair().findings == ()
    assert Path("book.ipynb").read_text("utf-8") == doubled


def test_what_does_not_come_back_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    before = put(MAIN, RUN_IT)
    monkeypatch.setattr(notebook, "shown", lambda code: f"{code}# lost\n")
    told = repair()
    assert told.errors == (
        (
            "book.ipynb: cannot be written: "
            "its cells do not come back as they are meant, a bug of ours"
        ),
    )
    assert Path("book.ipynb").read_text("utf-8") == before


def test_a_program_comes_back_as_it_went_in() -> None:
    text = written(made.notebook(MAIN, "", "%%bash\nls\n", "\n\n", "x?\r\ny = 1\r\n", prose("Hi")))
    program = notebook.program(text)
    assert notebook.put_back(text, program) == text
    assert [cell.number for cell in cells(program)] == [1, 2, 3, 4, 5]
    with pytest.raises(NotebookError):
        notebook.put_back(text, program.replace("pass  #", "pass #"))


def test_places_are_those_of_cells() -> None:
    text = notebook.program(written(made.notebook("é = 1\nü = 2", prose("x"), "a\nß = b")))
    source = Source("book.ipynb", text)
    at = text.encode().index(b"b\n")
    spot = source.spot(at)
    assert (spot.cell, spot.line, spot.column) == (3, 2, 5)


# ---------------------------------------------------------------------- the doors


def test_json_names_cells() -> None:
    put(prose("# Hi"), MAIN, f"x = 1\ny = {RUN_IT}")
    done = call("--check", "--output-format", "json", "--isolated", "--no-cache", ".")
    [finding] = json.loads(done.stdout)
    assert finding["cell"] == 3
    assert finding["location"] == {"row": 2, "column": 5}
    assert finding["end_location"] == {"row": 2, "column": 24}
    assert finding["fix"]["edits"] == [
        {
            "content": "await main()",
            "location": {"row": 2, "column": 5},
            "end_location": {"row": 2, "column": 24},
        }
    ]


def test_a_diff_is_shown_by_cell() -> None:
    before = put(MAIN, f"%time 1\nx = {RUN_IT}\nx?")
    done = call("--diff", "--isolated", "--no-cache", "book.ipynb")
    assert done.returncode == 1
    assert done.stdout.decode() == (
        "--- book.ipynb:cell 2\n+++ book.ipynb:cell 2\n@@ -1,3 +1,3 @@\n"
        f" %time 1\n-x = {RUN_IT}\n+x = await main()\n x?\n"
    )
    assert Path("book.ipynb").read_text("utf-8") == before


def test_standard_input_is_a_notebook_by_its_name() -> None:
    before = put(MAIN, f"x = {RUN_IT}\n\n")
    arguments = ["--isolated", "--no-cache", "--stdin-filename", "nb/book.ipynb", "-"]
    done = call(*arguments, stdin=before.encode())
    assert done.returncode == 1
    assert done.stdout.decode() == before.replace(f"x = {RUN_IT}\\n", "x = await main()\\n")
    again = call(*arguments, stdin=done.stdout)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    bad = call(*arguments, stdin=b'{"asyncio": ')
    assert (bad.returncode, bad.stdout) == (2, b'{"asyncio": ')


def test_fixes_in_cells_are_asked_about() -> None:
    put(MAIN, f"x = {RUN_IT}", f"y = {RUN_IT}")
    done = call("--interactive", "--isolated", "--no-cache", ".", stdin=b"n\ny\n")
    shown = done.stdout.decode()
    assert "book.ipynb:cell 2:1:5: RUN105 [*]" in shown
    assert f"+++ book.ipynb:cell 3\n@@ -1 +1 @@\n-y = {RUN_IT}\n+y = await main()\n" in shown
    assert sources(Path("book.ipynb").read_text("utf-8"))[1:] == [
        f"x = {RUN_IT}",
        "y = await main()",
    ]
    assert "no fix: you said no" in shown


def test_what_was_found_is_kept() -> None:
    put(MAIN, RUN_IT)
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    variables = {"ASYNCRUN_CACHE_DIR": str(Path("kept").absolute())}
    first, second = (
        call("--check", "--output-format", "concise", ".", variables=variables) for _ in range(2)
    )
    assert first.stdout == second.stdout
    assert b"cell 2:1:1: RUN105" in second.stdout
    assert any(one.is_file() for one in Path("kept").rglob("*"))


def test_a_notebook_may_use_what_a_file_has() -> None:
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    text = (
        "import asyncio\n\n\nasync def one(): ...\n\n\nasync def two():\n    asyncio.run(one())\n"
    )
    for cell, is_kept in (("print(1)", False), ("import app\napp.asyncio", True)):
        Path("app.py").write_text(text)
        put(cell)
        call("--isolated", "--no-cache", "app.py")
        assert ("import asyncio" in Path("app.py").read_text()) is is_kept
