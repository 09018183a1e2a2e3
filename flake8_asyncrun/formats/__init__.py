"""What was found, in the forms that people and other programs read. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

# The command names its forms in --help: what makes them is imported where it is used.
if TYPE_CHECKING:
    from flake8_asyncrun.core.rule import Rule
    from flake8_asyncrun.formats.page import Page, Style

_MODULES = {
    "full": "full",
    "concise": "plain",
    "grouped": "plain",
    "json": "objects",
    "json-lines": "objects",
    "github": "plain",
    "gitlab": "objects",
    "junit": "junit",
    "pylint": "plain",
    "sarif": "sarif",
}

FORMATS = tuple(_MODULES)
FOR_READERS = frozenset({"full", "concise", "grouped"})
"""Those that may have colours, and lines below that count."""
WITH_STATISTICS = (*sorted(FOR_READERS), "json", "json-lines")

MANUALS = "https://github.com/flake8-asyncrun/flake8-asyncrun/blob/main/docs/rules"
"""Where the manuals of the rules are, a page for each."""


def render(
    form: str, pages: Iterable[Page], style: Style, rules: Callable[[], Iterable[Rule]]
) -> str:
    """Return all that is on the pages in one of FORMATS; `rules` are asked for their manuals."""
    module = import_module(f"{__name__}.{_MODULES[form]}")
    made: str = getattr(module, form.replace("-", "_"))(pages, style, rules)
    return made


def manual(code: str) -> str:
    """Return the address of a rule's manual."""
    return f"{MANUALS}/{code}.md"
