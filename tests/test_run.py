"""A run, with made-up rules: what goes wrong ends here, and fixes in one file reach others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from flake8_asyncrun import __version__, analysis, cache, files, run, walk
from flake8_asyncrun import repair as repair_module
from flake8_asyncrun.config import Config, ConfigError
from flake8_asyncrun.consent import Approve
from flake8_asyncrun.core.model import Edit, Finding, Fix, Safety, Span
from flake8_asyncrun.core.rule import Check, File, Hit, Rule
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.report import FileReport
from flake8_asyncrun.rules import ALL, not_analysed

USE = "import asyncio\n"  # what the gate wants to see


def rule(
    code: str, check: Check, on: type[cst.CSTNode] = cst.Name, fix: Safety | None = Safety.SAFE
) -> Rule:
    return Rule(code, code.lower(), "Made up.", (on,), check, fix)


def renaming(old: str, new: str, safety: Safety = Safety.SAFE) -> Check:
    def check(name: cst.Name, file: File) -> Iterator[Hit]:
        if name.value == old:
            fix = Fix(f"Say {new}", (Edit(file.span(name), new),), safety)
            yield Hit(name, f"{old} is not {new}", fix)

    return check


def raising(error: BaseException, on: str = "bad") -> Check:
    def check(name: cst.Name, file: File) -> Iterator[Hit]:
        if name.value == on:
            raise error
        yield from ()

    return check


MadeUp = Callable[..., None]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[MadeUp]:
    # Made-up rules ask for texts behind the project's back, so no answer of theirs may be kept.
    monkeypatch.setattr(cache, "folder_of", lambda path: None)

    def use(*rules: Rule) -> None:
        monkeypatch.setattr(analysis, "ALL", rules)
        monkeypatch.setattr(analysis, "CODES", {rule.code: rule.optional for rule in rules})
        monkeypatch.setattr(repair_module, "ALL", rules)
        repair_module._rules.cache_clear()

    yield use
    repair_module._rules.cache_clear()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.py").write_text(text, "utf-8")


def plain(path: str) -> Config:
    return Config()


def check(*paths: str) -> run.Reports:
    return run.run(paths or (".",), plain, fix=False, write=False)


def repair(*paths: str, config: Config | None = None) -> list[FileReport]:
    return run.run(paths or (".",), lambda path: config or Config(), fix=True, write=True)


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_reports_come_in_order(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(b=f"{USE}old\n", a=f"{USE}old\n", c="old\n", d=USE)
    reports = check("c.py", ".")
    assert [report.path for report in reports] == ["a.py", "b.py", "d.py"]
    assert reports.names == ["c.py", "a.py", "b.py", "d.py"]
    assert [codes(report) for report in reports] == [["RUN901"], ["RUN901"], []]
    assert not any(report.changed or report.errors for report in reports)


def test_only_safe_fixes_are_applied(made_up: MadeUp) -> None:
    made_up(
        rule("RUN901", renaming("old", "new")),
        rule("RUN902", renaming("risky", "safe", Safety.UNSAFE)),
    )
    put(a=f"{USE}old\nrisky\n")
    [report] = repair()
    assert Path("a.py").read_text() == report.after == f"{USE}new\nrisky\n"
    assert [finding.code for finding in report.applied] == ["RUN901"]
    assert codes(report) == ["RUN902"]
    [report] = repair(config=Config(unsafe_fixes=True))
    assert Path("a.py").read_text() == f"{USE}new\nsafe\n"
    assert codes(report) == []
    assert report.unsafe_fixes


def test_only_selected_rules_are_asked(made_up: MadeUp) -> None:
    made_up(
        rule("RUN901", renaming("old", "new")),
        rule("RUN902", raising(ZeroDivisionError(), on="old")),
    )
    put(a=f"{USE}old\n")
    [report] = repair(config=Config(ignore=("RUN902",)))
    assert (report.after, report.errors) == (f"{USE}new\n", ())


@pytest.mark.parametrize(
    ("select", "codes"),
    [(("ALL",), []), (("RUN1",), []), (("RUN109",), ["RUN109"]), (("ALL", "RUN109"), ["RUN109"])],
)
def test_rules_that_are_off_are_selected_by_name(
    select: tuple[str, ...], codes: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.py"
    path.write_text("import asyncio, missing\nasyncio.run(missing.main())\n")
    (report,) = run.run([str(path)], lambda _: Config(select=select), fix=False, write=False)
    assert [finding.code for finding in report.findings] == codes


def test_suppressed_findings_are_neither_reported_nor_fixed(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=f"{USE}old  # noqa: RUN901\n")
    assert codes(check()[0]) == []
    [report] = repair()
    assert (report.changed, report.findings) == (False, ())


@pytest.mark.parametrize("error", [ZeroDivisionError("a\nb"), MemoryError(), KeyError("x")])
def test_a_rule_that_raises_loses_only_its_own(made_up: MadeUp, error: Exception) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", raising(error)))
    put(a=f"{USE}old\nbad\n", b=f"{USE}old\n")
    first, second = check()
    assert codes(first) == codes(second) == ["RUN901"]
    [line] = first.errors
    assert line.startswith("a.py: RUN902: a bug of ours at test_run.py:")
    assert type(error).__name__ in line
    assert "\n" not in line
    assert second.errors == ()
    first, second = repair()
    assert Path("a.py").read_text() == f"{USE}new\nbad\n"
    assert len(first.errors) == 1


def test_when_many_rules_raise_it_is_said_once(made_up: MadeUp) -> None:
    made_up(*(rule(f"RUN90{n}", raising(OSError("no"))) for n in range(3)))
    put(a=f"{USE}bad\n")
    [line] = check()[0].errors
    assert line.startswith("a.py: RUN900, RUN901, RUN902: a bug of ours at test_run.py:")
    assert line.endswith(": OSError: no")


def test_findings_beside_a_rule_that_raises_are_in_order(made_up: MadeUp) -> None:
    made_up(
        rule("RUN901", renaming("late", "x")),
        rule("RUN902", raising(ValueError())),
        rule("RUN903", renaming("early", "x")),
    )
    put(a=f"{USE}early\nlate\nbad\n")
    assert codes(check()[0]) == ["RUN903", "RUN901"]


def test_what_is_nested_too_deeply_is_an_error_of_that_file(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=f"{USE}{'-' * 3000}x\n", b=f"{USE}old\n", c=f"{USE}x = {' and '.join('a' * 20_000)}\n")
    first, second, third = repair()
    assert first.errors == ("a.py: cannot be analysed: nested too deeply",)
    assert third.errors == ("c.py: cannot be analysed: nested too deeply",)
    assert second.after == f"{USE}new\n"


def test_what_does_not_parse_is_an_error_of_that_file(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=f"{USE}\n\ndef (\n", b=f"{USE}old\n")
    first, second = repair()
    [line] = first.errors
    assert line.startswith("a.py:4: cannot be analysed: syntax error: ")
    assert second.changed


def test_a_fix_that_breaks_the_file_is_taken_back(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "def (")))
    put(a=f"{USE}old\n")
    [report] = repair()
    assert Path("a.py").read_text() == report.after == f"{USE}old\n"
    assert codes(report) == ["RUN901"]
    [line] = report.errors
    assert line.startswith(
        "a.py: RUN901: was not repaired, which is a bug of ours: the text no longer parses ("
    )
    command = "asyncrun-fix --diff --select=RUN901 --target-version=3.10 a.py"
    assert f"; `{command}` shows it (flake8-asyncrun {__version__}, Python 3." in line


def test_how_to_see_it_again_names_what_was_asked_for(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "def (", Safety.UNSAFE)))
    Path("it is.py").write_text(f"{USE}old\n", "utf-8")
    [report] = repair(config=Config(unsafe_fixes=True, target=Target((3, 8))))
    [line] = report.errors
    options = "--select=RUN901 --target-version=3.8 --unsafe-fixes"
    assert f"`asyncrun-fix --diff {options} 'it is.py'`" in line


def test_a_fix_that_does_not_hold_keeps_nothing_else_back(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", renaming("bad", "def (")))
    put(a=f"{USE}old\nbad\n", b=f"{USE}old\n")
    first, second = repair()
    assert Path("a.py").read_text() == f"{USE}new\nbad\n"
    assert Path("b.py").read_text() == f"{USE}new\n"
    assert codes(first) == ["RUN902"]
    assert [line.split(": ")[1] for line in first.errors] == ["RUN902"]
    assert second.errors == ()


def test_a_fix_brings_to_light_only_what_may_appear(made_up: MadeUp) -> None:
    silent = rule("RUN902", renaming("new", "newer"), fix=None)
    put(a=f"{USE}old\n")
    made_up(rule("RUN901", renaming("old", "new")), silent)
    [report] = repair()
    assert "RUN901: was not repaired" in report.errors[0]
    assert "RUN902 is found afterwards" in report.errors[0]
    made_up(rule("RUN901", renaming("old", "new")), replace(silent, may_appear=True))
    [report] = repair()
    assert (report.after, report.errors) == (f"{USE}newer\n", ())


def test_the_oldest_python_of_the_target_can_read_what_fixes_write(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "f((a := 1))")))
    put(a=f"{USE}old\n")
    [report] = repair(config=Config(target=Target((3, 7))))
    assert not report.changed
    assert "no longer parses on Python 3.7" in report.errors[0]
    assert repair()[0].errors == ()


def test_a_fix_that_cannot_be_applied_is_an_error_of_that_file(made_up: MadeUp) -> None:
    def split(name: cst.Name, file: File) -> Iterator[Hit]:
        if name.value == "é":
            start = file.span(name).start
            yield Hit(name, "", Fix("", (Edit(Span(start, start + 1), ""),), Safety.SAFE))

    made_up(rule("RUN901", split))
    put(a=f"{USE}é\n", b=f"{USE}x\n")
    first, second = repair()
    assert (first.changed, second.errors) == (False, ())
    assert len(first.errors) == 1
    assert "a bug of ours" in first.errors[0]
    assert Path("a.py").read_text("utf-8") == f"{USE}é\n"


def other(file: File) -> str:
    name = "b" if Path(file.source.path).name == "a.py" else "a"
    assert file.project.module(name) is not None
    found = file.project.find_module(name)
    assert found is not None
    return found[1]


def following(name: cst.Name, file: File) -> Iterator[Hit]:
    """Say new where the other file says so, as a call follows a function that became async."""
    if name.value == "mine" and "new" in other(file):
        yield Hit(name, "new", Fix("Follow", (Edit(file.span(name), "yours"),), Safety.SAFE))


def test_a_fix_reaches_other_files_in_the_same_run(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", following))
    put(a=f"{USE}mine\n", b=f"{USE}old\n")
    first, second = repair()
    assert Path("a.py").read_text() == f"{USE}yours\n"
    assert Path("b.py").read_text() == f"{USE}new\n"
    assert [finding.code for finding in first.applied] == ["RUN902"]
    assert [finding.code for finding in second.applied] == ["RUN901"]
    assert not any(report.changed for report in repair()), "a second run has nothing to do"


def test_without_writing_nothing_is_written(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", following))
    put(a=f"{USE}mine\n", b=f"{USE}old\n")
    first, second = run.run(["."], plain, fix=True, write=False)
    assert (first.after, second.after) == (f"{USE}yours\n", f"{USE}new\n")
    assert Path("a.py").read_text() == f"{USE}mine\n"


def test_files_that_never_come_to_rest_are_left(made_up: MadeUp) -> None:
    def outdo(number: cst.Integer, file: File) -> Iterator[Hit]:
        wanted = str(int(other(file).split()[-1]) + 1)
        if number.value != wanted:
            yield Hit(number, "", Fix("", (Edit(file.span(number), wanted),), Safety.SAFE))

    made_up(rule("RUN901", outdo, on=cst.Integer))
    put(a=f"{USE}1\n", b=f"{USE}1\n", c=f"{USE}x\n")
    first, second, third = repair()
    assert first.errors == ("a.py: its fixes do not come to rest",)
    assert second.errors == ("b.py: its fixes do not come to rest",)
    assert third.errors == ()
    assert Path("a.py").read_text() == f"{USE}1\n"


Said = dict[str, bool | None]


def asking(said: Said, asked: list[str]) -> Approve:
    """Answer by the title of a fix, and note what was asked."""

    def approve(source: Source, finding: Finding) -> bool | None:
        assert finding.fix is not None
        line, _ = source.line_and_column(finding.span.start)
        asked.append(f"{source.path}:{line} {finding.fix.title}")
        return said.get(finding.fix.title, True)

    return approve


def repair_asking(said: Said, config: Config | None = None) -> tuple[list[FileReport], list[str]]:
    asked: list[str] = []
    approve = asking(said, asked)
    return run.run_asking(["."], lambda path: config or Config(), approve), asked


def test_only_what_is_approved_is_repaired(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", renaming("was", "is_")))
    put(a=f"{USE}was\nold\nwas\n", b=f"{USE}x\n", c=f"{USE}old\n")
    reports, asked = repair_asking({"Say is_": False})
    assert asked == ["a.py:2 Say is_", "a.py:3 Say new", "a.py:4 Say is_", "c.py:2 Say new"]
    assert Path("a.py").read_text() == reports[0].after == f"{USE}was\nnew\nwas\n"
    assert Path("c.py").read_text() == f"{USE}new\n"
    assert [(len(report.applied), codes(report)) for report in reports] == [
        (1, ["RUN902", "RUN902"]),
        (0, []),
        (1, []),
    ]
    for finding in reports[0].findings:
        assert (finding.fix, finding.notes[-1].text) == (None, "no fix: you said no")


def test_unsafe_and_unfixable_ones_are_not_asked_about(made_up: MadeUp) -> None:
    made_up(
        rule("RUN901", renaming("old", "new")),
        rule("RUN902", renaming("risky", "safe", Safety.UNSAFE)),
    )
    put(a=f"{USE}old\nrisky\n")
    assert repair_asking({}, Config(unfixable=("RUN901",)))[1] == []
    config = Config(unfixable=("RUN901",), unsafe_fixes=True)
    assert repair_asking({}, config)[1] == ["a.py:3 Say safe"]
    assert Path("a.py").read_text() == f"{USE}old\nsafe\n"


def test_a_fix_that_was_refused_is_not_asked_about_again(made_up: MadeUp) -> None:
    def insert(name: cst.Name, file: File) -> Iterator[Hit]:
        if name.value == "long":
            edit = Edit(file.span(name), "short\n\nlonger")
            yield Hit(name, "long", Fix("Say more", (edit,), Safety.SAFE))

    def wrap(name: cst.Name, file: File) -> Iterator[Hit]:
        """Move all of the file into a function, as a fix of ours would."""
        text = file.source.text
        if name.value == "wrap":
            body = text.replace(USE, "").replace("wrap", "pass").replace("\n", "\n    ").rstrip()
            whole = Edit(Span(len(USE), len(text.encode())), f"def main():\n    {body}\n")
            yield Hit(name, "wrap", Fix("Wrap it", (whole,), Safety.SAFE))

    made_up(
        rule("RUN901", insert),
        rule("RUN902", renaming("old", "new")),
        rule("RUN903", renaming("shorter", "é")),
        rule("RUN904", wrap),
    )
    put(a=f"{USE}old\nlong\nold; shorter; old\nwrap\n", b=f"{USE}é\n")
    reports, asked = repair_asking({"Say new": False})
    assert asked == [
        "a.py:2 Say new",
        "a.py:3 Say more",
        "a.py:4 Say new",
        "a.py:4 Say é",
        "a.py:4 Say new",
        "a.py:7 Wrap it",
    ]
    after = "def main():\n    old\n    short\n    \n    longer\n    old; é; old\n    pass\n"
    assert Path("a.py").read_text("utf-8") == f"{USE}{after}"
    assert codes(reports[0]) == ["RUN902"] * 3
    assert all(finding.notes for finding in reports[0].findings)


def test_findings_with_the_same_fix_are_one_question(made_up: MadeUp) -> None:
    def both(name: cst.Name, file: File) -> Iterator[Hit]:
        if name.value == "old":
            start = file.source.text.index("old")
            edits = tuple(Edit(Span(at, at + 3), "new") for at in (start, start + 4))
            yield Hit(name, "old", Fix("Say new", edits, Safety.SAFE))

    made_up(rule("RUN901", both), rule("RUN902", renaming("was", "is_")))
    put(a=f"{USE}old\nold\nwas\n")
    reports, asked = repair_asking({"Say new": False})
    assert asked == ["a.py:2 Say new", "a.py:4 Say is_"]
    assert len(reports[0].findings) == 2
    reports, asked = repair_asking({})
    assert asked == ["a.py:2 Say new"]
    assert (len(reports[0].applied), reports[0].findings) == (2, ())


def test_fixes_in_other_files_make_new_questions(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", following))
    text = f"{USE}mine\nold\n"
    put(a=text, b=f"{USE}old\n")
    reports, asked = repair_asking({"Follow": True})
    assert asked == ["a.py:3 Say new", "b.py:2 Say new", "a.py:2 Follow"]
    assert Path("a.py").read_text() == f"{USE}yours\nnew\n"
    assert [finding.code for finding in reports[0].applied] == ["RUN901", "RUN902"]
    assert reports[0].before == text


def test_an_end_of_asking_keeps_what_was_approved(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", renaming("was", "is_")))
    put(a=f"{USE}old\nwas\nold\n", b=f"{USE}old\n")
    reports, asked = repair_asking({"Say is_": None})
    assert asked == ["a.py:2 Say new", "a.py:3 Say is_"]
    assert Path("a.py").read_text() == f"{USE}new\nwas\nold\n"
    assert Path("b.py").read_text() == f"{USE}old\n"
    [report] = reports
    assert [(each.code, each.fix is None) for each in report.findings] == [
        ("RUN902", False),
        ("RUN901", False),
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2)])
def test_an_interrupt_leaves_the_file_as_it_was(made_up: MadeUp, error: BaseException) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", renaming("was", "is_")))
    put(a=f"{USE}old\n", b=f"{USE}old\nwas\n")

    def approve(source: Source, finding: Finding) -> bool:
        if finding.code == "RUN902":
            raise error
        return True

    with pytest.raises(type(error)):
        run.run_asking(["."], plain, approve)
    assert Path("a.py").read_text() == f"{USE}new\n"
    assert Path("b.py").read_text() == f"{USE}old\nwas\n"
    assert sorted(path.name for path in Path().iterdir()) == ["a.py", "b.py"]


def test_a_file_that_failed_is_not_asked_about_again(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "def (")), rule("RUN902", renaming("was", "is_")))
    put(a=f"{USE}old\n", b=f"{USE}was\n", c=f"{USE}def (\n")
    reports, asked = repair_asking({})
    assert asked == ["a.py:2 Say def (", "b.py:2 Say is_"]
    assert [len(report.errors) for report in reports] == [1, 0, 1]
    assert Path("a.py").read_text() == f"{USE}old\n"


def test_a_file_that_changed_while_it_was_asked_about_is_left(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=f"{USE}old\n")

    def approve(source: Source, finding: Finding) -> bool:
        put(a=f"{USE}old  # mine\n")
        return True

    [report] = run.run_asking(["."], plain, approve)
    [line] = report.errors
    assert "was changed meanwhile" in line
    assert Path("a.py").read_text() == f"{USE}old  # mine\n"


def test_what_cannot_be_read_or_listed_is_an_error(
    made_up: MadeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=f"{USE}old\n")
    Path("b.py").write_bytes(b"\xff\n")
    listed = walk.python_files
    unlisted = files.FileError("sub", "cannot be read: permission denied")
    monkeypatch.setattr(
        walk, "python_files", lambda *given, **more: (listed(*given, **more)[0], [unlisted])
    )
    reports = repair(".", "missing.py")
    assert Path("a.py").read_text() == f"{USE}new\n"
    assert [report.errors for report in reports] == [
        (),
        ("b.py: cannot be decoded: invalid or missing encoding declaration",),
        ("missing.py: cannot be read: no such file or directory",),
        ("sub: cannot be read: permission denied",),
    ]


def test_what_cannot_be_written_is_an_error(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "é"), fix=None))
    Path("a.py").write_bytes(b"# coding: ascii\nimport asyncio\nold\n")
    [report] = repair()
    assert not report.changed
    [line] = report.errors
    assert line.startswith("a.py: cannot be written: 'ascii' codec can't encode")
    assert Path("a.py").read_bytes() == b"# coding: ascii\nimport asyncio\nold\n"


def test_settings_that_cannot_be_used_are_errors(made_up: MadeUp) -> None:
    def configure(path: str) -> Config:
        if path == "a.py":
            raise ConfigError("pyproject.toml: no")
        if path == "b.py":
            return Config(python="no-such-python", python_said_in="pyproject.toml")
        return Config(select=("RUN8",))

    no_packages = "is neither an interpreter nor an environment with packages"
    made_up(rule("RUN901", renaming("old", "new")))
    put(a=USE, b=USE, c="x\n")
    assert [report.errors for report in run.run(["."], configure, fix=True, write=True)] == [
        ("pyproject.toml: no",),
        (f"pyproject.toml: python: no-such-python: {no_packages}",),
        ("select: no rule's code begins with RUN8",),
    ]


def test_a_text_without_a_file_is_repaired(made_up: MadeUp) -> None:
    made_up(rule("RUN901", renaming("old", "new")), rule("RUN902", following))
    put(b=f"{USE}new\n")
    file = files.decode("a.py", f"{USE}old\nmine\n".encode())
    assert run.run_text(file, plain, fix=True).after == f"{USE}new\nyours\n"
    assert codes(run.run_text(file, plain, fix=False)) == ["RUN901", "RUN902"]
    assert not Path("a.py").exists()


def test_a_look_tells_all_there_is(made_up: MadeUp) -> None:
    made_up(
        rule("RUN901", renaming("old", "new")),
        rule("RUN902", raising(ValueError("no"))),
    )
    text = f"{USE}old  # noqa\nbad\n"
    source, found = analysis.look("a.py", text, plain)
    assert (source.text, source.module) == (text, "a")
    assert [finding.code for finding in found.findings] == ["RUN901"]
    [reason] = found.errors
    assert reason.startswith("RUN902: a bug of ours")


@pytest.mark.parametrize(
    ("text", "config", "reason"),
    [
        (f"{USE}def (\n", Config(), "syntax error: "),
        (USE, Config(python="no-such-python"), "no-such-python: is neither"),
    ],
)
def test_a_look_never_raises(made_up: MadeUp, text: str, config: Config, reason: str) -> None:
    made_up(rule("RUN901", renaming("old", "new")))
    _, found = analysis.look("a.py", text, lambda path: config)
    assert found.findings == ()
    assert found.errors[0].startswith(reason)


def test_the_rule_for_what_cannot_be_analysed_is_a_rule() -> None:
    finding: Any = not_analysed.finding("nested too deeply")
    assert finding.code == "RUN001"
    assert "nested too deeply" in finding.message
    assert finding.code in {each.code for each in ALL}
