"""How often each rule found something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flake8_asyncrun.formats import objects
from flake8_asyncrun.formats.page import Page, Style

if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule


def statistics(form: str, pages: Iterable[Page], style: Style, rules: Iterable[Rule]) -> str:
    """Return the rules that found something, the most frequent first, as JSON or as a table."""
    found = [each for page in pages for each in page.findings]
    counts = Counter(each.finding.code for each in found)
    fixable = Counter(each.finding.code for each in found if each.is_fixable)
    names = {rule.code: rule.name for rule in rules}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows: list[objects.Object] = [
        {
            "code": code,
            "name": names.get(code),
            "count": count,
            "fixable": fixable[code] == count,
            "fixable_count": fixable[code],
        }
        for code, count in ranked
    ]
    if form == "json":
        return objects.as_list(rows)
    if form == "json-lines":
        return objects.as_lines(rows)
    width = len(str(ranked[0][1])) if ranked else 0
    return "".join(
        f"{number:>{width}}  {style.code(code)}  {_mark(fixable[code], number, style)} "
        f"{names.get(code, code)}\n"
        for code, number in ranked
    )


def _mark(fixable: int, count: int, style: Style) -> str:
    sign = "*" if fixable == count else "-" if fixable else " "
    return style.paint(f"[{sign}]", "cyan") if fixable else "[ ]"
