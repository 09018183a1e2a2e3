"""Rules applied to examples, with the files beside them; as at the doors, `# noqa` counts."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Fixed, fix_source
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from flake8_asyncrun.names.knowledge import Knowledge
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.rules import ALL
from tests.examples import EXAMPLE, Block, Example

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule

MAY_APPEAR = {rule.code for rule in ALL if rule.may_appear}


def source_of(code: str) -> Source:
    """Return `code` as the file it is in its project."""
    return Source(EXAMPLE, code, EXAMPLE.removesuffix(".py"))


def project_of(example: Example, code: str) -> Project:
    """Return the example's files as a project, beside what is installed here if it needs that."""
    modules: dict[str, tuple[str, str]] = {}
    for path, text in sorted({**example.files, EXAMPLE: code}.items()):  # app.py before app.pyi
        name = path.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
        modules.setdefault(name, (path, text))

    def find_module(name: str) -> tuple[str, str] | None:
        return modules.get(name) or (_installed(name) if example.block.needs else None)

    return Project(find_module, example.block.target, knowledge_of(example.block))


def knowledge_of(block: Block) -> Knowledge:
    """Return what is known of libraries in a project that wants those of a block."""
    wanted = {
        canonicalize_name(requirement.name): requirement.specifier
        for requirement in map(Requirement, block.libraries)
    }

    def choose(distribution: str, releases: Sequence[str]) -> Sequence[str] | None:
        specifier = wanted.get(canonicalize_name(distribution))
        return None if specifier is None else [*specifier.filter(releases)]

    return Knowledge(choose=choose)


def _installed(name: str) -> tuple[str, str] | None:
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        module = Path(folder, *name.split("."))
        for path in (module / "__init__.py", module.with_name(f"{module.name}.py")):
            if path.is_file():
                return str(path), path.read_text("utf-8")
    return None


def are_installed(requirements: Iterable[str]) -> bool:
    """Say whether the Python that runs the tests has these distributions."""
    return all(_is_installed(Requirement(requirement)) for requirement in requirements)


def _is_installed(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(metadata.version(requirement.name))
    except metadata.PackageNotFoundError:
        return False


def find(rules: Iterable[Rule], example: Example, code: str) -> list[Finding]:
    """Return what the rules find in `code`, where it stands in the place of the example."""
    source = source_of(code)
    return suppress(source, analyze(source, project_of(example, code), rules))


def lines_of(code: str, findings: Iterable[Finding]) -> list[int]:
    """Return the line of each finding, from 1."""
    source = source_of(code)
    return [source.line_and_column(finding.span.start)[0] for finding in findings]


def any_fix(finding: Finding) -> bool:
    """Allow whatever fix there is."""
    return finding.fix is not None


def safe_fix(finding: Finding) -> bool:
    """Allow what is applied by default."""
    return finding.fix is not None and finding.fix.safety is Safety.SAFE


def fix(
    rules: Iterable[Rule],
    example: Example,
    code: str,
    allowed: Callable[[Finding], bool],
    ask: Callable[[Iterable[Rule], Example, str], list[Finding]] = find,
) -> Fixed:
    """Return what the rules make of `code`, where it stands in the place of the example.

    `ask` is what asks them.
    """
    rules = tuple(rules)

    def found(source: Source) -> list[Finding]:
        return ask(rules, example, source.text)

    return fix_source(
        source_of(code), found, allowed, may_appear=MAY_APPEAR, target=example.block.target
    )
