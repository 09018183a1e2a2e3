"""The door for people and pre-commit: arguments in, exit code out."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

import click

from flake8_asyncrun import __version__

# What reads files or rules is imported where it is used: --help must not pay for LibCST.
if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Configure
    from flake8_asyncrun.config import Config
    from flake8_asyncrun.consent import Approve
    from flake8_asyncrun.core.model import Finding
    from flake8_asyncrun.core.source import Source
    from flake8_asyncrun.report import FileReport

NOTHING, SOMETHING, FAILED = 0, 1, 2
INTERRUPTED = 130
"""Exit codes: nothing to say, something found or changed, could not do the job."""


def _ends_well(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command end with FAILED and one line where its output cannot be written."""

    @functools.wraps(command)
    def run(**arguments: object) -> None:
        try:
            command(**arguments)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as error:
            # What is left in the buffer would fail again while Python ends.
            sys.stdout = None
            sys.exit(_fail([f"cannot write: {error.strerror}"]))

    return run


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Only report; change nothing.")
@click.option("--diff", is_flag=True, help="Show what would change; change nothing.")
@click.option("--interactive", is_flag=True, help="Show each fix, and ask whether to apply it.")
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=None,
    help="Also apply fixes that may change what the program does.",
)
@click.option("--select", multiple=True, metavar="CODES", help='Only these, as in "RUN1,RUN201".')
@click.option("--ignore", multiple=True, metavar="CODES", help="All but these.")
@click.option("--fixable", multiple=True, metavar="CODES", help="Repair only these.")
@click.option("--unfixable", multiple=True, metavar="CODES", help="Repair all but these.")
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--target-version", metavar="VERSION", help="The oldest Python the code supports, as in 3.10."
)
@click.option(
    "--python", metavar="PATH", help="An interpreter or environment whose packages are imported."
)
@click.option("--add-noqa", is_flag=True, help="Silence what is left with # noqa comments.")
@click.option("--isolated", is_flag=True, help="Read no pyproject.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what earlier runs found out.")
@click.option("--stdin-filename", metavar="PATH", help="What PATH - is called.")
@click.option("--explain", metavar="CODE", help="Print a rule's manual.")
@click.option("--list-rules", is_flag=True, help="Print all rules, one a line.")
@click.version_option(__version__, prog_name="asyncrun-fix", message="%(prog)s %(version)s")
@_ends_well
def main(
    paths: tuple[str, ...],
    check: bool,
    diff: bool,
    interactive: bool,
    unsafe_fixes: bool | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fixable: tuple[str, ...],
    unfixable: tuple[str, ...],
    output_format: str,
    target_version: str | None,
    python: str | None,
    add_noqa: bool,
    isolated: bool,
    no_cache: bool,
    stdin_filename: str | None,
    explain: str | None,
    list_rules: bool,
) -> None:
    """Find asyncio code that is handed to the wrong loop, and repair it.

    PATH is a file, a folder (by default the current one), or - for standard input, whose repaired
    text goes to standard output.

    Exits with 0 if there was nothing to say, 1 if something was found or changed, and 2 if the job
    could not be done.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a name is no failure
            stream.reconfigure(errors="backslashreplace")
    if list_rules or explain is not None:
        sys.exit(_print_rules() if explain is None else _print_manual(explain))
    if diff and output_format == "json":
        raise click.UsageError("--diff has no JSON form")
    if check and add_noqa:
        raise click.UsageError("--add-noqa cannot be combined with --check")
    if interactive:
        others = {
            "--check": check,
            "--diff": diff,
            "--add-noqa": add_noqa,
            "--output-format json": output_format == "json",
            "-": "-" in paths,
        }
        for other, is_given in others.items():
            if is_given:
                raise click.UsageError(f"--interactive cannot be combined with {other}")
        if sys.stdin is None:
            sys.exit(_fail(["--interactive: there is no standard input to take answers from"]))
        if isinstance(sys.stdin, io.TextIOWrapper):  # what cannot be decoded is no answer
            sys.stdin.reconfigure(errors="replace")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("- cannot be combined with other paths")

    from flake8_asyncrun.config import ConfigError, parse

    settings: dict[str, object] = {
        "target-version": target_version,
        "python": python,
        "unsafe-fixes": unsafe_fixes,
        "select": _split(select) or None,
        "ignore": _split(ignore) or None,
        "fixable": _split(fixable) or None,
        "unfixable": _split(unfixable) or None,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    try:
        parse(given)
    except ConfigError as error:
        sys.exit(_fail([f"--{error}"]))
    configure = functools.partial(_configure, given, isolated)

    from flake8_asyncrun.run import run, run_asking

    fix, cached = diff or not check, not no_cache
    if paths == ("-",):
        form = output_format
        sys.exit(
            _standard_input(
                stdin_filename,
                configure,
                fix=fix,
                add_noqa=add_noqa,
                diff=diff,
                form=form,
                cached=cached,
            )
        )
    if interactive:
        reports = run_asking(paths or (".",), configure, _asker(), cached=cached)
    else:
        reports = run(
            paths or (".",),
            configure,
            fix=fix,
            write=fix and not diff,
            add_noqa=add_noqa,
            cached=cached,
        )
    if not reports:
        click.echo("warning: no Python files there", err=True)
    _print(reports, diff=diff, form=output_format, repaired=fix)
    sys.exit(_exit_code(reports))


def _split(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _configure(given: dict[str, object], isolated: bool, path: str) -> Config:
    from flake8_asyncrun.config import Config, load, parse

    base = Config() if isolated else load(path)
    config = parse(given, base)
    # --select replaces the file's choice, while --ignore alone adds to it; likewise --fixable.
    return replace(
        config,
        ignore=(
            *(() if "select" in given else base.ignore),
            *(config.ignore if "ignore" in given else ()),
        ),
        unfixable=(
            *(() if "fixable" in given else base.unfixable),
            *(config.unfixable if "unfixable" in given else ()),
        ),
    )


def _asker() -> Approve:
    """Return what shows a fix and asks the user about it."""
    from flake8_asyncrun.core.fix import apply
    from flake8_asyncrun.report import question, shown

    approved: set[str] = set()

    def approve(source: Source, finding: Finding) -> bool | None:
        if finding.code in approved:
            return True
        after = apply(source.text, [finding])
        click.echo(question(source, finding, after, color=_has_color(sys.stdout)), nl=False)
        choices = f"y(es), n(o), a(ll of {finding.code}), q(uit)"
        try:
            answer = click.prompt(
                f"Apply this fix? {choices}", value_proc=_answer, prompt_suffix=": "
            )
        except click.Abort as abort:
            click.echo()
            where = f"{shown(source.path)} is left as it was"
            if not isinstance(abort.__context__, EOFError):
                click.echo(f"interrupted; {where}", err=True)
                raise KeyboardInterrupt from None
            sys.exit(_fail([f"--interactive: standard input has ended; {where}"]))
        except BrokenPipeError:
            raise
        except OSError as error:
            sys.exit(_fail([f"--interactive: no answers can be read: {error.strerror}"]))
        click.echo()
        if answer == "all":
            approved.add(finding.code)
        return None if answer == "quit" else answer != "no"

    return approve


def _answer(text: str) -> str:
    """Return the word that an answer means."""
    given = text.strip().lower()
    for word in ("yes", "no", "all", "quit"):
        if given in (word, word[0]):
            return word
    raise click.UsageError(f"expected y, n, a or q, not {text.strip()!r}")


def _standard_input(
    name: str | None,
    configure: Configure,
    *,
    fix: bool,
    add_noqa: bool,
    diff: bool,
    form: str,
    cached: bool,
) -> int:
    from flake8_asyncrun import files
    from flake8_asyncrun.report import FileReport
    from flake8_asyncrun.run import run_text

    if sys.stdin is None:
        return _fail(["-: there is no standard input"])
    data = sys.stdin.buffer.read()
    try:
        file = files.decode(name or "-", data)
        result = run_text(file, configure, fix=fix, add_noqa=add_noqa, cached=cached)
        written = files.encode(file, result.after) if result.changed else data
    except files.FileError as error:
        result = FileReport(error.path, errors=(str(error),))
        written = data
    if fix and not diff:
        # An editor puts this in place of what it has, so there must be something whatever happens.
        click.echo(written, nl=False)
    _print([result], diff=diff, form=form, err=fix and not diff)
    return _exit_code([result])


def _print_rules() -> int:
    from flake8_asyncrun.rules import ALL

    width = max(len(rule.name) for rule in ALL)
    for rule in ALL:
        mark = "fix" if rule.fix else "-"
        off = " (Off, unless selected by this code.)" if rule.optional else ""
        click.echo(f"{rule.code}  {rule.name:{width}}  {mark:3}  {rule.summary}{off}")
    return NOTHING


def _print_manual(wanted: str) -> int:
    from flake8_asyncrun.rules import ALL

    for rule in ALL:
        if wanted.lower() in (rule.code.lower(), rule.name):
            click.echo(f"# {rule.code} {rule.name}\n\n{rule.doc.strip()}")
            return NOTHING
    return _fail([f"--explain: no rule is called {wanted}; --list-rules names them"])


def _print(
    reports: list[FileReport],
    *,
    diff: bool,
    form: str,
    repaired: bool = False,
    err: bool = False,
) -> None:
    from flake8_asyncrun import report

    if form == "json":
        click.echo(report.as_json(reports), nl=False, err=err)
    elif diff:
        click.echo(report.diff(reports, color=_has_color(sys.stdout)), nl=False)
        click.echo(report.summary(reports), nl=False, err=True)
    else:
        color = _has_color(sys.stderr if err else sys.stdout)
        click.echo(report.text(reports, color=color, repaired=repaired), nl=False, err=err)
    _fail(error for each in reports for error in each.errors)


def _has_color(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def _exit_code(reports: Iterable[FileReport]) -> int:
    if any(each.errors for each in reports):
        return FAILED
    return SOMETHING if any(each.changed or each.findings for each in reports) else NOTHING


def _fail(errors: Iterable[str]) -> int:
    for error in dict.fromkeys(errors):
        click.echo(f"error: {' '.join(error.splitlines())}", err=True)
    return FAILED
