"""From a source to its findings: one walk, each rule asked about its nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flake8_asyncrun.core.gate import may_have_findings
from flake8_asyncrun.core.model import Finding, Note
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names import forms
from flake8_asyncrun.names.project import Project
from flake8_asyncrun.names.syntax import Unreadable

# What takes LibCST is imported where there is something to ask: who knows all answers needs none.
if TYPE_CHECKING:
    import libcst as cst

    from flake8_asyncrun.core.rule import File, Hit, Rule

_NOT_PRINTED_BACK = Note("no fix: LibCST does not give this file's text back as it is")


def analyze(
    source: Source, project: Project, rules: Iterable[Rule], *, anyway: bool = False
) -> list[Finding]:
    """Return what the rules find in a source, in order of place and code.

    Raises Unreadable where the text cannot be parsed. Knows nothing of `# noqa`. In stubs,
    which nobody executes, nothing is found. No rule is asked of a file in which it says that it
    cannot find anything; `anyway`: it is, which takes longer and finds the same.
    """
    if forms.is_stub(source.path) or not may_have_findings(source.text):
        return []
    from flake8_asyncrun.core.rule import File

    file = File(source, project)
    touches_loop = file.glance.facts.touches_loop
    asked = [
        rule
        for rule in rules
        if (touches_loop or not rule.needs_loop) and (anyway or rule.possible(file.glance))
    ]
    if not asked:
        return []
    rules_on: dict[type[cst.CSTNode], list[Rule]] = defaultdict(list)
    for rule in asked:
        for node_type in rule.on:
            rules_on[node_type].append(rule)
    try:
        findings = [
            _finding(rule, hit, file)
            for node in source.nodes
            for rule in rules_on.get(type(node), ())
            for hit in rule.check(node, file)
        ]
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    return sorted(set(findings), key=lambda finding: (finding.span, finding.code))


def _finding(rule: Rule, hit: Hit, file: File) -> Finding:
    fix, notes = hit.fix, hit.notes
    if fix is not None and not file.source.prints_back:
        fix, notes = None, (*notes, _NOT_PRINTED_BACK)
    return Finding(rule.code, hit.message, file.span(hit.node), fix, notes)
