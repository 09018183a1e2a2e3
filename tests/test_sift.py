"""What a run leaves unread or unchecked: never a file that has a finding, or a fault to tell."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_asyncrun import cache, cache_index, run, sift
from flake8_asyncrun.config import Config, ConfigError
from flake8_asyncrun.core import engine
from flake8_asyncrun.core.gate import may_be_dropped
from flake8_asyncrun.core.rule import Rule
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.rules import ALL
from tests.analysis import project_of
from tests.examples import EXAMPLE, WITH_EXAMPLES, all_examples
from tests.snippets import project_of as project_of_files

FINDING = "import asyncio\n\n\nasync def main(): ...\n\n\nasyncio.run(main)\n"
CLEAN = FINDING.replace("(main)\n", "(main())\n")
DROPPED = "print('Hi')\n"


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.code)
def test_nothing_is_dropped_in_which_rules_find_something(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "may_have_findings", lambda text: True)
    for example in all_examples(rule):
        texts = {EXAMPLE: example.code, **example.files}
        for path, text in texts.items():
            if not path.endswith(".py") or not may_be_dropped(text.encode()):
                continue
            module = path.removesuffix(".py").replace("/", ".")
            try:
                found = engine.analyze(
                    Source(path, text, module), project_of(example, example.code), ALL
                )
            except Unreadable:
                continue
            assert not found, (path, text)


@pytest.mark.parametrize(
    "text",
    [
        FINDING,
        "from anyio import run\nasync def f(): ...\nrun(f())\n",
        "from  trio import run\nasync def f(): ...\nrun(f())\n",
        "import os, trio\nasync def f(): ...\ntrio.run(f())\n",
        "import a\u017fyncio\nasync def f(): ...\na\u017fyncio.run(f)\n",
        "import \uff41syncio as a\nasync def f(): ...\na.run(f)\n",
        "import \U0001d41esyncio, \U0001d42drio\nasync def f(): ...\ntrio.run(f())\n",
    ],
)
def test_no_spelling_hides_a_word(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not may_be_dropped(text.encode())
    assert engine.analyze(Source("m.py", text), project_of_files(), ALL)


# In those of the second list what is written in Python's own words is other bytes.
ENCODINGS = ["utf-8", "utf-8-sig", "latin-1", "cp1252", "shift_jis", "koi8-r", "mac-roman"]
HIDING = ["utf-7", "unicode_escape", "raw_unicode_escape"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("where", ["# coding: {}\n", "#!/usr/bin/python\n# -*- coding={} -*-\n"])
def test_no_encoding_hides_a_word(encoding: str, where: str) -> None:
    said = where.format(encoding.removesuffix("-sig"))
    assert not may_be_dropped((said + FINDING).encode(encoding))


@pytest.mark.parametrize("where", ["# coding: {}\n", "\n# vim: set fileencoding={} :\r\n"])
@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-7", b"+AGE-syncio"),
        ("unicode_escape", rb"\x61syncio"),
        ("raw_unicode_escape", rb"\u0061syncio"),
    ],
)
def test_no_cookie_hides_a_word(
    encoding: str, word: bytes, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = where.format(encoding).encode() + FINDING.encode().replace(b"asyncio", word)
    assert word.decode(encoding) == "asyncio"
    assert not may_be_dropped(data)
    Path("a.py").write_bytes(data)
    [report] = run.run(["."], plain, fix=False, write=False)
    assert [finding.code for finding in report.findings] == ["RUN102"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"print('Hi')",
        b"# coding: utf-8\nprint('Hi')\n",
        b"# -*- coding: UTF_8 -*-\nprint('Hi')\n",
        b"patriotic = True\n",
        "é = 'caf\u00e9 \u2026'\n".encode(),
        b"\xef\xbb\xbfprint('Hi')\n",
        b"1\n2\n# coding: utf-7\n",
    ],
)
def test_what_can_have_no_finding_is_dropped(data: bytes) -> None:
    assert may_be_dropped(data)


@pytest.mark.parametrize("data", [b"x = '\xe9'\n", "print()\n".encode("utf-16")])
def test_what_cannot_be_decoded_is_told(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_bytes(data)
    [report] = run.run(["."], plain, fix=False, write=False)
    assert "cannot be decoded" in report.errors[0]


def plain(path: str) -> Config:
    return Config()


def test_a_fault_of_the_configuration_is_told_without_a_file_to_check(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.py", "inner/b.py"):
        (tmp_path / name).write_text(DROPPED)

    def configure(path: str) -> Config:
        raise ConfigError("broken")

    reports = run.run([str(tmp_path)], configure, fix=False, write=False)
    assert [report.errors for report in reports] == [("broken",), ("broken",)]
    reports = run.run([str(tmp_path)], unknown_rule, fix=False, write=False)
    assert [report.errors for report in reports] == [
        ("select: no rule's code begins with RUN9",)
    ] * 2


def unknown_rule(path: str) -> Config:
    return Config(select=("RUN9",))


# -- the index --


def tick() -> None:
    """Let what was written be older than what two writes can have in common."""
    time.sleep(0.02)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "_RACY", 0)
    monkeypatch.setattr(cache, "_maker", lambda: ("tests",))
    monkeypatch.setattr(cache_index, "maker", lambda: ("tests",))
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "pyproject.toml": "",
        "finding.py": FINDING,
        "clean.py": CLEAN.replace("import asyncio\n", "import asyncio\nimport helper\n"),
        "dropped.py": DROPPED,
        "helper.py": "",
        "broken.py": "import asyncio\n(",
    }.items():
        (tmp_path / name).write_text(text)
    # Its coming changes the folder, so what rests on that is not relied on in the same run.
    (tmp_path / cache.FOLDER).mkdir()
    tick()
    return tmp_path


def said() -> list[tuple[str, list[str], tuple[str, ...], str]]:
    reports = run.run(["."], plain, fix=False, write=False)
    return [
        (report.path, [each.code for each in report.findings], report.errors, report.after)
        for report in reports
        if report.findings or report.errors
    ]


def left() -> list[str]:
    """Return the names of the files that a run would check."""
    sieve = sift.Sieve(plain, fix=False, cached=True)
    sieve.put(sorted(path.name for path in Path().glob("*.py")))
    return [task.path for task in sieve.tasks]


def test_what_is_known_is_neither_checked_nor_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said()
    assert [(path, codes) for path, codes, _, _ in before] == [
        ("broken.py", []),
        ("finding.py", ["RUN102"]),
    ]
    assert left() == []
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", None)
        patch.setattr(sift, "may_be_dropped", None)
        assert left() == []
    assert said() == before


@pytest.mark.parametrize(
    ("changed", "checked"),
    [
        ("clean.py", ["clean.py"]),
        ("finding.py", ["finding.py"]),
        ("helper.py", ["clean.py"]),
        ("dropped.py", []),
    ],
)
def test_what_has_changed_is_checked(project: Path, changed: str, checked: list[str]) -> None:
    said()
    path = project / changed
    path.write_text(f"{path.read_text()}\n")
    assert left() == checked
    path.write_text(FINDING)
    assert left() == sorted({*checked, changed})


def test_what_comes_or_goes_beside_a_file_counts(project: Path) -> None:
    said()
    (project / "helper.py").unlink()
    assert "clean.py" in left()
    said()
    tick()
    assert left() == []
    (project / "asyncio").mkdir()
    (project / "asyncio" / "__init__.py").write_text("")
    assert "finding.py" in left()


def test_settings_count(project: Path) -> None:
    said()
    sieve = sift.Sieve(lambda path: Config(ignore=("RUN102",)), fix=False, cached=True)
    sieve.put(["clean.py", "dropped.py", "finding.py"])
    assert [task.path for task in sieve.tasks] == ["clean.py", "finding.py"]


def test_what_was_written_just_now_is_not_relied_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_RACY", 2_000_000_000)
    said()
    monkeypatch.setattr(sift, "may_be_dropped", lambda data: True)
    sieve = sift.Sieve(plain, fix=False, cached=True)
    assert sieve._index("dropped.py").entries(str(project)) == {}  # type: ignore[union-attr]


@pytest.mark.parametrize("data", [b"", b"{}", b"x\n{}\n", b"\xff", b"[" * 10**6])
def test_a_broken_index_costs_time_only(project: Path, data: bytes) -> None:
    before = said()
    index = project / cache.FOLDER / cache_index.NAME
    whole = index.read_bytes()
    for broken in (data, whole[:-10], whole.replace(b"RUN102", b"RUN103")):
        index.write_bytes(broken)
        assert said() == before
    assert said() == before


def test_an_index_that_cannot_be_written_costs_time_only(project: Path) -> None:
    (project / cache.FOLDER).rmdir()
    (project / cache.FOLDER).write_text("no folder")
    before = said()
    assert said() == before
    assert [path for path, *_ in before] == ["broken.py", "finding.py"]


def test_a_run_over_a_part_keeps_what_is_known_of_the_rest(project: Path) -> None:
    said()
    (project / "new.py").write_text(DROPPED)
    (project / "dropped.py").unlink()
    tick()
    run.run(["new.py"], plain, fix=False, write=False)
    index = (project / cache.FOLDER / cache_index.NAME).read_text()
    assert "new.py" in index
    assert "finding.py" in index
    assert "dropped.py" not in index, "what is gone takes no room"


def test_a_repair_asks_again_what_its_own_fixes_concern(project: Path) -> None:
    """A file that is known to be clean has a finding once another one is repaired."""
    (project / "helper.py").write_text(
        "import asyncio\n\n\n@asyncio.coroutine\ndef go():\n    yield from asyncio.sleep(0)\n"
    )
    (project / "clean.py").write_text("import asyncio\nimport helper\n\nx = helper.go\n")
    tick()
    said()
    assert left() == ["helper.py"], "whether that may be repaired rests on all others"
    sieve = sift.Sieve(plain, fix=True, cached=True)
    sieve.put(["clean.py"])
    [(task, done)] = sieve.known
    assert task.path == "clean.py"
    assert os.path.realpath("helper.py") in done.led_to


def test_a_run_that_knows_all_imports_neither_libcst_nor_rules(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text(CLEAN)
    (tmp_path / "dropped.py").write_text(DROPPED)
    kept = tmp_path.with_name(f"{tmp_path.name}-kept")
    tick()
    program = (
        "import sys, time\n"
        "from flake8_asyncrun import cache, cache_index\n"
        "cache._RACY, cache._LOADED, cache._maker = 0, 0, lambda: ('tests',)\n"
        "cache_index.maker = lambda: ('tests',)\n"
        "from flake8_asyncrun.cli import main\n"
        "try:\n    main(['--check', '--cache-dir', sys.argv[1], '.'], 'asyncrun-fix')\n"
        "except SystemExit as end:\n    print(end.code, end='; ')\n"
        "print(*(name for name in ('libcst', 'flake8_asyncrun.rules') if name in sys.modules))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, str(kept)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\n")
        for _ in range(2)
    ]
    assert outputs[0][:2] == ["Nothing found.", "0; libcst flake8_asyncrun.rules"]
    assert outputs[1][:2] == ["Nothing found.", "0; "]
