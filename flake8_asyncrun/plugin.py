"""The door to flake8: its lines in, its tuples out. It selects, and reads `# noqa`; no fixes."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from flake8_asyncrun import __version__
from flake8_asyncrun.core.gate import may_have_findings

if TYPE_CHECKING:
    from flake8_asyncrun.config import Config, Read


class Plugin:
    """What flake8 makes for each file."""

    name = "flake8-asyncrun"
    version = __version__
    # flake8 sets options once for each process, before it makes the first plugin.
    settings: ClassVar[dict[str, object]] = {}
    chosen: ClassVar[tuple[str, ...]] = ()
    """Codes and prefixes of them that flake8's own options select."""
    configured: ClassVar[list[Read]] = []

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, parser: Any) -> None:  # flake8 has no type information
        parser.add_option(
            "--asyncrun-target-version",
            metavar="VERSION",
            parse_from_config=True,
            type=_version,
            help="The oldest Python that the code supports, as in 3.10.",
        )
        parser.add_option(
            "--asyncrun-python",
            metavar="PATH",
            parse_from_config=True,
            normalize_paths=True,
            help="An interpreter or environment whose packages the code imports.",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        given = {
            "target-version": options.asyncrun_target_version,
            "python": options.asyncrun_python,
        }
        cls.settings = {key: value for key, value in given.items() if value is not None}
        cls.chosen = (*(options.select or ()), *(options.extend_select or ()))
        cls.configured = []

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Yield a line, from 1, a column, from 0 in characters, and the code with its message."""
        text = "".join(self.lines)
        if not may_have_findings(text):
            return
        # Only now: most files of most projects never get here. What an earlier run has found out
        # takes no rule and no LibCST, which need half a second to be imported.
        from flake8_asyncrun.analysis import look

        source, found = look(self.filename, text, self.configure)
        for reason in found.errors:
            from flake8_asyncrun.rules import not_analysed  # it takes LibCST

            finding = not_analysed.finding(reason)
            yield 1, 0, f"{finding.code} {finding.message}", type(self)
        for finding in found.findings:
            line, column = source.line_and_column(finding.span.start)
            yield line, column, f"{finding.code} {finding.message}", type(self)

    def configure(self, path: str) -> Config:
        if not self.configured:
            self.configured.append(self._configure())
        return self.configured[0](path)

    def _configure(self) -> Read:
        from flake8_asyncrun import config
        from flake8_asyncrun.rules import CODES

        # A prefix that is none of ours is another plugin's.
        prefixes = [
            "RUN" if "RUN".startswith(prefix) else prefix
            for prefix in self.chosen
            if any(code.startswith(prefix) for code in CODES)
        ]
        return config.over(config.reader(), {**self.settings, "extend-select": prefixes})


def _version(text: str) -> str:
    from flake8_asyncrun.names.target import Target

    try:
        Target.since(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
