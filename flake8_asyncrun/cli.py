"""The door for people and pre-commit: arguments in, exit code out."""

from __future__ import annotations

import functools
import io
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flake8_asyncrun import __version__
from flake8_asyncrun.formats import FOR_READERS, FORMATS, WITH_STATISTICS
from flake8_asyncrun.interrupts import orderly_end

# What reads files or rules is imported where it is used: --help must not pay for LibCST.
if TYPE_CHECKING:
    from flake8_asyncrun.analysis import Configure
    from flake8_asyncrun.baseline import Comparison
    from flake8_asyncrun.consent import Approve
    from flake8_asyncrun.core.model import Finding
    from flake8_asyncrun.core.rule import Rule
    from flake8_asyncrun.core.source import Source
    from flake8_asyncrun.limits import Limits
    from flake8_asyncrun.output import Output
    from flake8_asyncrun.report import FileReport
    from flake8_asyncrun.run import Ask, Reports

NOTHING, SOMETHING, FAILED = 0, 1, 2
INTERRUPTED = 130
"""Exit codes: nothing to say, something found or changed, could not do the job."""


def _ends_well(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command end with FAILED and one line where its output cannot be written."""

    @functools.wraps(command)
    def run(**arguments: object) -> None:
        try:
            with orderly_end():
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
@click.option(
    "--extend-select", multiple=True, metavar="CODES", help="These beside what is selected."
)
@click.option(
    "--per-file-ignores",
    multiple=True,
    metavar="PATTERN:CODES",
    help='Not these in those files, as in "tests/*:RUN2".',
)
@click.option("--fixable", multiple=True, metavar="CODES", help="Repair only these.")
@click.option("--unfixable", multiple=True, metavar="CODES", help="Repair all but these.")
@click.option(
    "--output-format",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How findings are shown.",
)
@click.option("--output-file", metavar="PATH", help="Write them to a file.")
@click.option("--statistics", is_flag=True, help="Only count the findings of each rule.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings and errors, nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Also print settings, files and time.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether to use colours; auto: on a terminal.",
)
@click.option(
    "--target-version", metavar="VERSION", help="The oldest Python the code supports, as in 3.10."
)
@click.option(
    "--python", metavar="PATH", help="An interpreter or environment whose packages are imported."
)
@click.option("--add-noqa", is_flag=True, help="Silence what is left with # noqa comments.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that FILE records.")
@click.option(
    "--update-baseline", is_flag=True, help="Record all findings in the baseline; change no code."
)
@click.option(
    "--diff-only", metavar="REV", help="Only lines that changed since a git revision, as in main."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where something was found.")
@click.option(
    "--exit-non-zero-on-fix/--exit-zero-on-fix",
    default=None,
    help="Exit with 1 if files were changed, even where nothing is left (that is so unless "
    "--exit-zero is given), or do not.",
)
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; change nothing.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERNS",
    help="Leave out these files and folders, instead of what is by default.",
)
@click.option(
    "--extend-exclude", multiple=True, metavar="PATTERNS", help="Leave out these beside those."
)
@click.option(
    "--force-exclude/--no-force-exclude",
    default=None,
    help="Leave out what is excluded even where it is named.",
)
@click.option(
    "--respect-gitignore/--no-respect-gitignore",
    default=None,
    help="Leave out what git ignores.  [default: yes]",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="FILE|SETTING",
    help="A configuration file for all files, or a setting, as in 'select = [\"RUN1\"]'.",
)
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--show-settings", is_flag=True, help="Print what counts for a file, and why.")
@click.option("--show-files", is_flag=True, help="Print which files would be done.")
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="How many processes to use, at most."
)
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler whose workers ask the rules.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what earlier runs found out.")
@click.option("--docs", is_flag=True, help="Also Python blocks in .md, .markdown, .rst and .txt.")
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="PATH",
    help="Where to keep what was found out, instead of a folder in each project.",
)
@click.option("--stdin-filename", metavar="PATH", help="Read standard input, and call it so.")
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
    extend_select: tuple[str, ...],
    per_file_ignores: tuple[str, ...],
    fixable: tuple[str, ...],
    unfixable: tuple[str, ...],
    output_format: str,
    output_file: str | None,
    statistics: bool,
    quiet: bool,
    verbose: bool,
    color: str,
    target_version: str | None,
    python: str | None,
    add_noqa: bool,
    baseline: str | None,
    update_baseline: bool,
    diff_only: str | None,
    exit_zero: bool,
    exit_non_zero_on_fix: bool | None,
    watch: bool,
    exclude: tuple[str, ...],
    extend_exclude: tuple[str, ...],
    force_exclude: bool | None,
    respect_gitignore: bool | None,
    configs: tuple[str, ...],
    isolated: bool,
    show_settings: bool,
    show_files: bool,
    jobs: int | None,
    cluster: str | None,
    no_cache: bool,
    docs: bool,
    cache_dir: Path | None,
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
    begun = time.perf_counter()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a name is no failure
            stream.reconfigure(errors="backslashreplace")
    if list_rules or explain is not None:
        sys.exit(_print_rules() if explain is None else _print_manual(explain))
    if diff and output_format not in FOR_READERS:
        raise click.UsageError(f"--diff cannot be combined with --output-format {output_format}")
    if diff and statistics:
        raise click.UsageError("--diff cannot be combined with --statistics")
    if statistics and output_format not in WITH_STATISTICS:
        forms = ", ".join(WITH_STATISTICS)
        raise click.UsageError(f"--statistics can be shown as {forms}, not as {output_format}")
    if quiet and verbose:
        raise click.UsageError("--quiet cannot be combined with --verbose")
    if show_settings and show_files:
        raise click.UsageError("--show-settings cannot be combined with --show-files")
    if check and add_noqa:
        raise click.UsageError("--add-noqa cannot be combined with --check")
    if stdin_filename is not None and "-" not in paths:
        if paths:
            raise click.UsageError("--stdin-filename is what - is called, and no other path")
        paths = ("-",)
    if interactive:
        others = {
            "--check": check,
            "--diff": diff,
            "--add-noqa": add_noqa,
            "--cluster": cluster is not None,
            f"--output-format {output_format}": output_format not in FOR_READERS,
            "-": "-" in paths,
        }
        _refuse("--interactive", others)
        if sys.stdin is None:
            sys.exit(_fail(["--interactive: there is no standard input to take answers from"]))
        if isinstance(sys.stdin, io.TextIOWrapper):  # what cannot be decoded is no answer
            sys.stdin.reconfigure(errors="replace")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("- cannot be combined with other paths")
    if update_baseline:
        if baseline is None:
            raise click.UsageError("--update-baseline needs --baseline, which names the file")
        others = {"--diff": diff, "--interactive": interactive, "--add-noqa": add_noqa}
        others |= {"--diff-only": diff_only is not None, "-": "-" in paths}
        _refuse("--update-baseline", others)
    if watch:
        others = {"--diff": diff, "--interactive": interactive, "--add-noqa": add_noqa}
        _refuse("--watch", {**others, "--update-baseline": update_baseline, "-": "-" in paths})
    from flake8_asyncrun.config import ConfigError
    from flake8_asyncrun.settings import by_pattern, configuring

    settings: dict[str, object] = {
        "target-version": target_version,
        "python": python,
        "unsafe-fixes": unsafe_fixes,
        "select": _split(select),
        "ignore": _split(ignore),
        "fixable": _split(fixable),
        "unfixable": _split(unfixable),
        "extend-select": _split(extend_select),
        "exclude": _patterns(exclude),
        "extend-exclude": _patterns(extend_exclude),
        "force-exclude": force_exclude,
        "respect-gitignore": respect_gitignore,
    }
    try:
        settings["per-file-ignores"] = by_pattern(_split(per_file_ignores) or ()) or None
        given = {key: value for key, value in settings.items() if value is not None}
        configure = configuring(given, configs, isolated=isolated)
    except ConfigError as error:
        sys.exit(_fail([str(error)]))
    if watch:
        from flake8_asyncrun.walk import by_real_path
        from flake8_asyncrun.watch import WatchError
        from flake8_asyncrun.watch import watch as check_on_change

        def listed() -> Mapping[str, str] | None:
            try:
                # Anew, for the settings may have changed.
                read = configuring(given, configs, isolated=isolated)
            except ConfigError:
                return None
            return by_real_path(paths or (".",), read, docs=docs)[0]

        try:
            check_on_change(
                paths or (".",),
                sys.argv[1:],
                listed,
                settings=[file for file in configs if Path(file).is_file()],
                written=output_file,
            )
        except WatchError as error:
            sys.exit(_fail([f"--watch: {error}"]))
    if show_settings or show_files:
        names = (stdin_filename or "-",) if paths == ("-",) else paths or (".",)
        show = _show_settings if show_settings else _show_files
        sys.exit(show(names, configure, docs=docs))

    from flake8_asyncrun.output import Output, is_terminal
    from flake8_asyncrun.pool import available_cpus
    from flake8_asyncrun.progress import bar
    from flake8_asyncrun.run import run, run_asking

    try:
        limits = _limits(
            baseline,
            diff_only,
            (stdin_filename or ".",) if "-" in paths else paths or (".",),
            may_be_missing=update_baseline,
        )
    except _UnusableError as error:
        sys.exit(_fail([str(error)]))
    # What a diff shows is not done, so it counts as what is found.
    by_default = diff or exit_non_zero_on_fix is None
    counted = Counted(not exit_zero, not exit_zero if by_default else bool(exit_non_zero_on_fix))
    fix, cached = (diff or not check) and not update_baseline, not no_cache
    kept_in = cache_dir.absolute() if cache_dir is not None else None
    output = Output(output_format, output_file, statistics, quiet, color)
    ask: Ask | None = None
    if cluster is not None:
        from flake8_asyncrun.cluster import ClusterError, asking

        try:
            ask = asking(cluster)
        except ClusterError as error:
            sys.exit(_fail([f"--cluster: {error}"]))
    if paths == ("-",):
        reports = _standard_input(
            stdin_filename,
            configure,
            fix=fix,
            add_noqa=add_noqa,
            diff=diff,
            cached=cached,
            kept_in=kept_in,
            limits=limits,
        )
    elif interactive:
        reports = run_asking(
            paths or (".",),
            configure,
            _asker(output),
            cached=cached,
            kept_in=kept_in,
            limits=limits,
            docs=docs,
        )
    else:
        has_bar = is_terminal(sys.stderr) and not quiet
        colored = output.has_color(sys.stderr)
        with bar(color=colored) if has_bar else nullcontext() as progress:
            reports = run(
                paths or (".",),
                configure,
                fix=fix,
                write=fix and not diff,
                add_noqa=add_noqa,
                cached=cached,
                kept_in=kept_in,
                limits=limits,
                jobs=jobs or available_cpus(),
                ask=ask,
                docs=docs,
                progress=progress,
            )
    is_text = paths == ("-",)
    if is_text and not reports:  # left out by force
        sys.exit(NOTHING)
    if not (reports or reports.names or quiet):
        click.echo("warning: no Python files there", err=True)
    if limits is not None and update_baseline:
        sys.exit(_record(limits, reports))
    code = _print(
        reports,
        output,
        counted,
        diff=diff,
        repaired=fix and not is_text,
        err=is_text and fix and not diff,
    )
    if limits is not None and diff_only is None and not is_text:
        _tell_what_is_gone(limits, reports)
    if verbose:
        _print_work(reports, configure, time.perf_counter() - begun)
    sys.exit(code)


def _refuse(option: str, others: Mapping[str, bool]) -> None:
    for other, is_given in others.items():
        if is_given:
            raise click.UsageError(f"{option} cannot be combined with {other}")


class _UnusableError(Exception):
    """What an option names cannot be used; `str()` of it is one line."""


def _limits(
    baseline: str | None, revision: str | None, paths: Iterable[str], *, may_be_missing: bool
) -> Limits | None:
    """Return what options limit the findings to, None for nothing. Raises _UnusableError."""
    if baseline is None and revision is None:
        return None
    from flake8_asyncrun.limits import Limits

    limits = Limits()
    if baseline is not None:
        from flake8_asyncrun.baseline import Baseline, load
        from flake8_asyncrun.files import FileError

        is_first = may_be_missing and not os.path.lexists(baseline)
        try:
            limits = replace(limits, baseline=Baseline(baseline) if is_first else load(baseline))
        except FileError as error:
            raise _UnusableError(f"--baseline: {error}") from None
    if revision is not None:
        from flake8_asyncrun.changed_lines import RevisionError, since

        try:
            limits = replace(limits, since=since(revision, paths))
        except RevisionError as error:
            raise _UnusableError(f"--diff-only: {error}") from None
    return limits


def _compared(limits: Limits, reports: Reports) -> list[tuple[str, Comparison]]:
    from flake8_asyncrun.report import FileReport

    told = {report.path: report for report in reports}
    pairs = ((name, limits.compared(told.get(name) or FileReport(name))) for name in reports.names)
    return [(path, comparison) for path, comparison in pairs if comparison is not None]


def _record(limits: Limits, reports: Reports) -> int:
    """Write all findings into the baseline, say so, and return the exit code."""
    from flake8_asyncrun import baseline as baselines
    from flake8_asyncrun.files import FileError
    from flake8_asyncrun.report import quoted

    assert limits.baseline is not None
    compared = _compared(limits, reports)
    new = baselines.updated(limits.baseline, compared)
    errors = [error for report in reports for error in report.errors]
    try:
        baselines.save(new)
    except FileError as error:
        return _fail([*errors, f"--baseline: {error}"])
    number, gone = baselines.size(new), baselines.gone(limits.baseline, compared)
    added = number - baselines.size(limits.baseline) + gone
    click.echo(f"{quoted(new.path)}: {number} recorded ({added} new, {gone} gone).")
    return _fail(errors) if errors else NOTHING


def _tell_what_is_gone(limits: Limits, reports: Reports) -> None:
    from flake8_asyncrun import baseline as baselines

    if limits.baseline is None:
        return
    number = baselines.gone(limits.baseline, _compared(limits, reports))
    if number:
        are = "is" if number == 1 else "are"
        click.echo(
            f"{number} in the baseline {are} gone; --update-baseline removes what is gone", err=True
        )


def _split(values: Iterable[str]) -> list[str] | None:
    """Return the parts of what an option says, empty ones too; None where it is not given."""
    return [part.strip() for value in values for part in value.split(",")] or None


def _patterns(values: Iterable[str]) -> list[str] | None:
    """Return the patterns that an option says, an empty one being none; None if it is not given."""
    parts = _split(values)
    return None if parts is None else [part for part in parts if part]


def _show_files(paths: Iterable[str], configure: Configure, *, docs: bool) -> int:
    from flake8_asyncrun.report import quoted
    from flake8_asyncrun.walk import python_files

    names, unlisted = python_files(paths, configure, docs=docs)
    errors = [str(error) for error in unlisted]
    for name in names:
        broken = _broken_settings(name, configure)
        if broken is None:
            click.echo(quoted(name))
        else:  # nothing says whether it is left out
            errors.append(broken)
    return _fail(errors) if errors else NOTHING


def _broken_settings(path: str, configure: Configure) -> str | None:
    from flake8_asyncrun.config import ConfigError

    try:
        configure(path)
    except ConfigError as error:
        return str(error)
    return None


def _show_settings(paths: Iterable[str], configure: Configure, *, docs: bool) -> int:
    from flake8_asyncrun.analysis import asked
    from flake8_asyncrun.config import ConfigError, fixable
    from flake8_asyncrun.files import FileError
    from flake8_asyncrun.rules import CODES
    from flake8_asyncrun.settings import shown
    from flake8_asyncrun.walk import python_files

    names, unlisted = python_files(paths, configure, docs=docs)
    try:
        for name in names[:1]:
            config = configure(name)
            rules = asked(config)
            may_be = fixable(config, CODES)
            repaired = [rule.code for rule in rules if rule.fix and rule.code in may_be]
            codes = [rule.code for rule in rules]
            click.echo(shown(name, config, codes, repaired), nl=False)
    except (ConfigError, FileError) as error:
        return _fail([str(error), *map(str, unlisted)])
    if not names:
        click.echo("warning: no Python files there", err=True)
    return _fail(map(str, unlisted)) if unlisted else NOTHING


def _asker(output: Output) -> Approve:
    """Return what shows a fix and asks the user about it."""
    from flake8_asyncrun.core.fix import apply
    from flake8_asyncrun.report import question, quoted, shown

    approved: set[str] = set()
    is_colored = replace(output, path=None).has_color(sys.stdout)

    def approve(source: Source, finding: Finding) -> bool | None:
        if finding.code in approved:
            return True
        after = apply(source.text, [finding])
        asked = question(source, finding, after, color=is_colored)
        click.echo(asked, nl=False, color=True)
        choices = f"y(es), n(o), a(ll of {finding.code}), q(uit)"
        try:
            answer = click.prompt(
                f"Apply this fix? {choices}", value_proc=_answer, prompt_suffix=": "
            )
        except click.Abort as abort:
            click.echo()
            where = f"{quoted(shown(source.path))} is left as it was"
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
    cached: bool,
    kept_in: Path | None,
    limits: Limits | None,
) -> Reports:
    """Do what is to be done with standard input; a repaired text is printed."""
    from flake8_asyncrun import files
    from flake8_asyncrun.report import FileReport
    from flake8_asyncrun.run import Reports, run_text
    from flake8_asyncrun.walk import is_forced_out

    if sys.stdin is None:
        sys.exit(_fail(["-: there is no standard input"]))
    data = sys.stdin.buffer.read()
    if name is not None and is_forced_out(name, configure):
        if fix and not diff:
            click.echo(data, nl=False)
        return Reports([], [name])
    try:
        file = files.decode(name or "-", data)
        result = run_text(
            file,
            configure,
            fix=fix,
            add_noqa=add_noqa,
            cached=cached,
            kept_in=kept_in,
            limits=limits,
        )
        written = files.encode(file, result.after) if result.changed else data
    except files.FileError as error:
        result = FileReport(error.path, errors=(str(error),))
        written = data
    if fix and not diff:
        # An editor puts this in place of what it has, so there must be something whatever happens.
        click.echo(written, nl=False)
    return Reports([result], [result.path])


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
    output: Output,
    counted: Counted,
    *,
    diff: bool,
    repaired: bool,
    err: bool,
) -> int:
    """Print the reports as they are wanted, and the errors; return the exit code."""
    from flake8_asyncrun import report
    from flake8_asyncrun.files import FileError
    from flake8_asyncrun.formats import render
    from flake8_asyncrun.formats.page import Style
    from flake8_asyncrun.formats.statistics import statistics

    stream = sys.stderr if err else sys.stdout
    color = output.has_color(stream)
    style = Style(color, output.has_links(stream))
    errors = [error for each in reports for error in each.errors]
    code = _exit_code(reports, counted)
    try:
        if diff:
            output.put(report.diff(reports, color=color), err=err)
            if not output.quiet:
                click.echo(report.summary(reports), nl=False, err=True)
        else:
            pages = report.pages(reports)
            text = (
                statistics(output.form, pages, style, _rules())
                if output.statistics
                else render(output.form, pages, style, _rules)
            )
            if output.form not in FOR_READERS:
                output.put_exactly(text, err=err)
            else:
                closing = "" if output.quiet else report.closing(reports, repaired=repaired)
                output.put(text + closing, err=err)
    except FileError as error:
        errors.append(f"--output-file: {error}")
        code = FAILED
    _fail(errors)
    return code


def _print_work(reports: Reports, configure: Configure, seconds: float) -> None:
    """Print on standard error what was done, and by which settings."""
    from pathlib import PurePath

    from flake8_asyncrun.config import ConfigError
    from flake8_asyncrun.report import quoted, shown

    kinds: Counter[str] = Counter()
    settings: Counter[str] = Counter()
    for name in reports.names:
        kinds[PurePath(name).suffix or "other"] += 1
        try:
            settings[configure(name).said_in] += 1
        except ConfigError:
            settings["unusable"] += 1
    for path, number in sorted(settings.items()):
        name = quoted(shown(path)) if path else "defaults"
        click.echo(f"settings: {name} ({number} file{'' if number == 1 else 's'})", err=True)
    said = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    click.echo(f"files: {len(reports.names)}{f' ({said})' if said else ''}", err=True)
    changed = sum(each.changed for each in reports)
    failed = sum(bool(each.errors) for each in reports)
    click.echo(f"changed: {changed}, failed: {failed}", err=True)
    click.echo(f"time: {seconds:.2f} s", err=True)


def _rules() -> Iterable[Rule]:
    from flake8_asyncrun.rules import ALL

    return ALL


@dataclass(frozen=True)
class Counted:
    """What the exit code is to tell."""

    findings: bool
    changes: bool


def _exit_code(reports: Iterable[FileReport], counted: Counted) -> int:
    reports = list(reports)
    if any(each.errors for each in reports):
        return FAILED
    is_something = any(
        (counted.changes and each.changed) or (counted.findings and each.findings)
        for each in reports
    )
    return SOMETHING if is_something else NOTHING


def _fail(errors: Iterable[str]) -> int:
    from flake8_asyncrun.formats.page import printable

    for error in dict.fromkeys(errors):
        click.echo(f"error: {printable(' '.join(error.splitlines()))}", err=True)
    return FAILED
