"""flake8 with us in it, called as its users call it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_asyncrun import __version__
from flake8_asyncrun.plugin import Plugin

BAD = """\
import asyncio


async def main():
    return asyncio.get_event_loop()


asyncio.run(main)
"""
FORMAT = "--format=%(path)s:%(row)d:%(col)d %(code)s %(text)s"
HITS = ["5:12 RUN402", "8:1 RUN102"]


def flake8(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [sys.executable, "-m", "flake8", FORMAT, *arguments],
        input=stdin,
        capture_output=True,
        env={**environment, "PYTHONUTF8": "1"},
        timeout=120,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def hits(*arguments: str, stdin: bytes | None = None, path: str = "") -> list[str]:
    """Return what flake8 says of `path`, else of all, as "row:column code"."""
    done = flake8(*arguments, stdin=stdin)
    assert done.stderr == ""
    split = (line.split(":", 1) for line in done.stdout.splitlines())
    return [
        " ".join(text.split(" ")[:2])
        for name, text in split
        if not path or Path(name) == Path(path)
    ]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("setup.cfg").write_text("[flake8]\n")
    return tmp_path


def put(name: str, text: str | bytes) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def configure(text: str) -> None:
    Path("setup.cfg").write_text(f"[flake8]\n{text}\n")


def test_flake8_lists_us() -> None:
    said = " ".join(flake8("--version").stdout.split())
    assert f"flake8-asyncrun: {__version__}" in said
    assert "--asyncrun-target-version VERSION" in flake8("--help").stdout


def test_findings_are_on_by_default() -> None:
    put("a.py", BAD)
    done = flake8()
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f".{os.sep}a.py:5:12 RUN402 ")
    assert second.startswith(f".{os.sep}a.py:8:1 RUN102 ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--select=RUN",), HITS),
        (("--select=RUN1",), HITS[1:]),
        (("--select=E,W",), []),
        (("--select=E", "--extend-select=RUN402"), HITS[:1]),
        (("--ignore=RUN",), []),
        (("--ignore=RUN102",), HITS[:1]),
        (("--extend-ignore=RUN4",), HITS[1:]),
        (("--per-file-ignores=a.py:RUN402",), HITS[1:]),
        (("--per-file-ignores=b.py:RUN402",), HITS),
    ],
)
def test_flake8_selects(arguments: tuple[str, ...], expected: list[str]) -> None:
    put("a.py", BAD)
    assert hits(*arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), []),
        (("--select=RUN",), []),
        (("--extend-select=RUN109",), ["RUN109"]),
        (("--select=RUN1,RUN109",), ["RUN109"]),
        (("--extend-select=RUN109", "--ignore=RUN109"), []),
    ],
)
def test_rules_that_are_off_are_selected_by_name(
    arguments: tuple[str, ...], expected: list[str]
) -> None:
    put("a.py", "import asyncio, missing\n\nasyncio.run(missing.main())\n")
    assert [one.split()[1] for one in hits(*arguments) if "RUN" in one] == expected


def test_flake8_selects_by_its_configuration() -> None:
    put("a.py", BAD)
    configure("extend-ignore = RUN4\nper-file-ignores =\n    b.py: RUN1")
    put("b.py", BAD)
    assert hits(path="./a.py") == HITS[1:]
    assert hits(path="./b.py") == []


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa", []),
        ("# noqa: RUN102", []),
        ("# noqa: RUN1", []),
        ("# NOQA:E501,RUN102", []),
        ("# noqa: RUN402", HITS[1:]),
        ("# no qa", HITS[1:]),
    ],
)
def test_flake8_suppresses(comment: str, expected: list[str]) -> None:
    put("a.py", BAD.replace("run(main)", f"run(main)  {comment}"))
    assert hits("--extend-ignore=RUN402") == expected
    assert hits("--extend-ignore=RUN402", "--disable-noqa") == HITS[1:]


def test_flake8_suppresses_whole_files() -> None:
    put("a.py", f"# flake8: noqa\n{BAD}")
    assert hits() == []
    assert hits("--disable-noqa") == ["6:12 RUN402", "9:1 RUN102"]


COMMENTED = [
    "asyncio.run(main)  # noqa",
    "asyncio.run(main)  #noqa",
    "asyncio.run(main)  # noqa:RUN102",
    "asyncio.run(main)  # noqa: RUN",
    "asyncio.run(main)  # noqa: RUN4",
    "asyncio.run(main)  # noqa RUN402",
    "asyncio.run(main)  # noqa: E501 RUN102",
    "asyncio.run(main)  # noqa: RUN102, because",
    "asyncio.run(main)  # because # noqa",
    "asyncio.run(\n    main\n)  # noqa",
    "asyncio.run(  # noqa: RUN102\n    main\n)",
    "if 1:\n    asyncio.run(main)\n    # noqa",
    "x = '''\n# noqa\n'''; asyncio.run(main)",
    "asyncio.run(main)\n# flake8: noqa",
    "asyncio.run(main)  # flake8: noqa",
    "asyncio.run(main)\n#flake8: noqa",
]


def test_both_doors_read_the_same_comments() -> None:
    for number, text in enumerate(COMMENTED):
        put(f"a{number:02}.py", f"import asyncio\n\n\nasync def main(): ...\n\n\n{text}\n")
    command = [sys.executable, "-m", "flake8_asyncrun", "--check", "--output-format=concise", "."]
    ours = subprocess.run(command, capture_output=True).stdout.decode()
    reported = {line.split(":")[0] for line in ours.splitlines() if " RUN102 " in line}
    theirs = flake8("--select=RUN").stdout
    assert {Path(line.split(":")[0]).name for line in theirs.splitlines()} == reported
    assert 0 < len(reported) < len(COMMENTED)


@pytest.mark.parametrize(
    ("settings", "arguments", "expected"),
    [
        ('select = ["RUN2"]', (), []),
        ('select = ["RUN1"]', (), HITS[1:]),
        ('ignore = ["RUN102"]', (), HITS[:1]),
        ('per-file-ignores = {"a.py" = ["RUN4"]}', (), HITS[1:]),
        ('per-file-ignores = {"sub/*" = ["RUN4"]}', (), HITS),
        ('exclude = ["a.py"]\nforce-exclude = true', (), HITS),
        ('ignore = ["RUN102"]', ("--select=RUN",), HITS[:1]),
        ('ignore = ["RUN102"]', ("--select=E",), []),
        ('ignore = ["RUN102"]', ("--extend-select=RUN102",), HITS),
        ('ignore = ["RUN1"]', ("--select=RUN102",), HITS[1:]),
        ('ignore = ["RUN1"]', ("--ignore=RUN4",), []),
        ('select = ["RUN2"]', ("--extend-select=RUN4",), HITS[:1]),
        ('select = ["RUN2"]', ("--select=R",), HITS),
        ('select = ["RUN2"]', ("--extend-select=X,RUN9",), []),
        ('per-file-ignores = {"a.py" = ["RUN4"]}', ("--select=RUN402",), []),
    ],
)
@pytest.mark.parametrize("file", ["pyproject.toml", "asyncrun.toml"])
def test_flake8s_options_are_on_top_of_our_settings(
    file: str, settings: str, arguments: tuple[str, ...], expected: list[str]
) -> None:
    put("a.py", BAD)
    put(file, f"[tool.asyncrun]\n{settings}\n" if file == "pyproject.toml" else settings)
    assert hits(*arguments) == expected


def test_our_own_settings_select_by_name_too() -> None:
    put("a.py", "import asyncio, missing\n\nasyncio.run(missing.main())\n")
    put("pyproject.toml", '[tool.asyncrun]\nselect = ["RUN109"]\n')
    assert [one.split()[1] for one in hits("--select=RUN")] == ["RUN109"]


def test_settings_are_those_of_the_nearest_folder() -> None:
    put("a.py", BAD)
    put("sub/b.py", BAD)
    put("sub/asyncrun.toml", 'extend = "../base.toml"\nignore = ["RUN4"]\n')
    put("base.toml", 'ignore = ["RUN1"]\n')
    for jobs in ("-j1", "-j2"):
        assert hits(jobs, path="./a.py") == HITS
        assert hits(jobs, path="./sub/b.py") == []


def test_settings_say_where_imports_begin() -> None:
    put("lib/app/store.py", "async def save(): ...\n")
    put("a.py", "import asyncio\nfrom app.store import save\n\nasyncio.run(save)\n")
    assert hits("--select=RUN", "a.py") == []
    put("asyncrun.toml", 'src = ["lib"]\n')
    assert hits("--select=RUN", "a.py") == ["4:1 RUN102"]


def test_several_jobs() -> None:
    for number in range(6):
        put(f"a{number}.py", BAD)
    assert hits("-j2") == HITS * 6


def test_columns_count_characters() -> None:
    put(
        "a.py", "import asyncio\nif 1:\n\tasync def main(): x = '日本é'; asyncio.get_event_loop()\n"
    )
    assert hits("--select=RUN") == ["3:31 RUN402"]
    put("a.py", "\ufeffimport asyncio\nasync def f(): asyncio.get_event_loop()\n")
    assert hits("--select=RUN") == ["2:16 RUN402"]
    put("a.py", "# coding: latin-1\nimport asyncio\nasync def f(): 'é'; asyncio.get_event_loop()\n"
        .encode("latin-1"))  # fmt: skip
    assert hits("--select=RUN") == ["3:21 RUN402"]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_lines_end_as_they_like(newline: str) -> None:
    put("a.py", BAD.replace("\n", newline))
    assert hits("--select=RUN") == HITS
    if newline == "\r\n":
        assert hits("--select=RUN", "-", stdin=Path("a.py").read_bytes()) == HITS


def test_standard_input() -> None:
    done = flake8("-", stdin=BAD.encode())
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["stdin:5:12", "stdin:8:1"]


def test_standard_input_has_neighbours() -> None:
    put("app/store.py", "async def save(): ...\n")
    code = b"import asyncio\nfrom store import save\n\nasyncio.run(save)\n"
    assert hits("-", stdin=code) == []
    named = ("--stdin-display-name", "app/main.py", "-")
    assert hits(*named, stdin=code, path="app/main.py") == ["4:1 RUN102"]


def test_names_lead_to_other_files() -> None:
    put("pyproject.toml", "")
    put("src/app/__init__.py", "from .store import save\n")
    put("src/app/store.py", "async def save(): ...\n")
    put("tools/run.py", "import asyncio\nimport app\n\nasyncio.run(app.save)\n")
    assert hits("--select=RUN") == ["4:1 RUN102"]


def test_the_named_python_has_the_packages(here: Path) -> None:
    packages = here / "env" / "lib" / "python3.11" / "site-packages"
    put(str(packages / "fromelsewhere.py"), "async def main(): ...\n")
    put("env/pyvenv.cfg", "")
    put("a.py", "import asyncio\nimport fromelsewhere\n\nasyncio.run(fromelsewhere.main)\n")
    assert hits("a.py") == []
    assert hits("--asyncrun-python=env", "a.py") == ["4:1 RUN102"]
    put("pyproject.toml", '[tool.asyncrun]\npython = "env"\n')
    assert hits("a.py") == ["4:1 RUN102"]
    put("pyproject.toml", "")
    configure("asyncrun-python = ./env")
    put("b.py", Path("a.py").read_text())
    assert hits("-j2", "a.py", "b.py") == ["4:1 RUN102"] * 2
    assert hits("--asyncrun-python=gone", "a.py") == ["1:1 RUN001"]


def test_the_target_comes_from_the_options_or_the_project() -> None:
    put(
        "a.py",
        "import asyncio\nimport sys\n\n\nasync def main(): ...\n\n"
        "if sys.version_info < (3, 9):\n    asyncio.run(main)\n",
    )
    run = "--select=RUN"
    assert hits(run) == [], "a Python before 3.9 is not among the targets"
    assert hits(run, "--asyncrun-target-version=3.8") == ["8:5 RUN102"]
    put("pyproject.toml", '[project]\nrequires-python = ">=3.8"\n')
    assert hits(run) == ["8:5 RUN102"]
    assert hits(run, "--asyncrun-target-version=3.9") == []
    configure("asyncrun-target-version = 3.9")
    assert hits(run, "-j2") == []


def test_a_wrong_target_is_refused() -> None:
    put("a.py", BAD)
    done = flake8("--asyncrun-target-version=2.7")
    assert done.returncode == 2
    assert "argument --asyncrun-target-version: Python 2.7 is not one of 3.7" in done.stderr


def test_broken_settings_are_a_finding_on_line_one() -> None:
    put("a.py", BAD)
    put("b.py", "x = 1\n")
    put("pyproject.toml", "[tool.asyncrun]\nselekt = 1\n")
    done = flake8()
    [line] = done.stdout.splitlines()
    assert line.startswith(f".{os.sep}a.py:1:1 RUN001 ")
    assert "selekt: unknown key" in line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('select = ["RUN9"]', "select: no rule's code begins with RUN9"),
        ('per-file-ignores = {"x.py" = ["RUN9"]}', "per-file-ignores: no rule's code begins"),
        ('extend = "missing.toml"', "extend: there is no file "),
        ("select = [", "asyncrun.toml: is not TOML: "),
    ],
)
def test_settings_that_cannot_be_used_are_a_finding(text: str, reason: str) -> None:
    put("a.py", BAD)
    put("asyncrun.toml", text)
    [line] = flake8().stdout.splitlines()
    assert line.startswith(f".{os.sep}a.py:1:1 RUN001 ")
    assert reason in line


def test_a_syntax_error_is_for_flake8() -> None:
    put("a.py", "import asyncio\ndef (\n")
    assert [hit.split(" ")[1] for hit in hits("--select=RUN,E9")] == ["E999"]


def test_null_bytes_are_for_flake8() -> None:
    skip_where_flake8_stops("x = 1\0")
    put("a.py", b"import asyncio\nx = 1\0\n")
    assert [hit.split(" ")[1] for hit in hits("--select=RUN,E9")] == ["E999"]


def test_a_missing_file_is_for_flake8() -> None:
    assert [hit.split(" ")[1] for hit in hits("missing.py")] == ["E902"]


@pytest.mark.parametrize(
    "deep",
    [
        "-" * 3000 + "x",
        f"x = {' and '.join('a' * 20_000)}",
        "(" * 150 + ")" * 150,
        "x" + ".x" * 3000,
    ],
)
def test_absurd_nesting_does_not_break_flake8(here: Path, deep: str) -> None:
    skip_where_flake8_stops(deep)
    put("a.py", f"import asyncio\n{deep}\n")
    put("b.py", BAD)
    done = flake8("--select=RUN", "-j1")
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines[-2:]] == [
        f".{os.sep}b.py:5:12",
        f".{os.sep}b.py:8:1",
    ]
    for line in lines[:-2]:
        assert line.startswith(f".{os.sep}a.py:1:1 RUN001 "), line
        assert line.endswith("nested too deeply")


def skip_where_flake8_stops(text: str) -> None:
    """Skip where flake8 cannot do without us what it is to do with us: we see no asyncio here."""
    put("bare.py", f"{text}\n")
    bare = flake8("--select=RUN", "bare.py")
    Path("bare.py").unlink()
    if bare.returncode and "E999" not in bare.stdout:
        last = (bare.stdout + bare.stderr).strip().splitlines()[-1]
        pytest.skip(f"flake8 itself stops here: {last}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-" * 3000 + "x", "nested too deeply"),
        (f"x = {' and '.join('a' * 20_000)}", "nested too deeply"),
        ("x = 1\0", "null byte"),
        ("def (", "syntax error"),
    ],
)
def test_what_cannot_be_analysed_is_one_finding(text: str, reason: str) -> None:
    import ast

    [(line, column, said, kind)] = Plugin(ast.parse(""), "a.py", ["import asyncio\n", text]).run()
    assert (line, column, kind) == (1, 0, Plugin)
    assert said.startswith("RUN001 ")
    assert reason in said


def test_a_rule_that_raises_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    from flake8_asyncrun import analysis

    def broken(*_: object) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(analysis, "analyze", broken)
    [(line, _, said, _)] = Plugin(ast.parse(""), "a.py", ["import asyncio\n"]).run()
    assert line == 1
    assert said.startswith("RUN001 ")
    assert said.endswith("ZeroDivisionError: no")


def test_a_file_without_our_words_costs_nothing() -> None:
    code = (
        "import sys, ast\nbefore = set(sys.modules)\n"
        "from flake8_asyncrun.plugin import Plugin\n"
        "assert list(Plugin(ast.parse(''), 'a.py', ['import os\\n']).run()) == []\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    ours = {"flake8_asyncrun", "flake8_asyncrun.core", "flake8_asyncrun.core.gate"}
    loaded = set(done.stdout.decode().split())
    assert {name for name in loaded if name.startswith("flake8_asyncrun")} == {
        *ours,
        "flake8_asyncrun.plugin",
    }
    assert not any(name.startswith(("libcst", "yaml", "tomllib", "packaging")) for name in loaded)


def test_an_answer_that_is_known_takes_no_rule_and_no_libcst() -> None:
    put("pyproject.toml", "[project]\nrequires-python = '>=3.10'\n")
    put("a.py", BAD)
    code = (
        "import sys\n"
        "from flake8_asyncrun import cache\n"
        "from flake8_asyncrun.plugin import Plugin\n"
        "cache._RACY, cache._maker = 0, lambda: ('tests',)\n"
        "found = Plugin(None, 'a.py', open('a.py').readlines()).run()\n"
        "print(*(f'{line}:{text[:6]}' for line, _, text, _ in found))\n"
        "heavy = ('libcst', 'flake8_asyncrun.core.rule', 'flake8_asyncrun.rules.run_forever')\n"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    outputs = []
    for _ in range(3):
        time.sleep(0.05)  # a file that was written just now is not relied on
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        outputs.append(done.stdout.decode().splitlines())
    assert [output[0] for output in outputs] == ["5:RUN402 8:RUN102"] * 3
    assert outputs[0][1] != "", "it was to be found out once"
    assert outputs[2][1] == ""
