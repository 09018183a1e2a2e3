"""What kind of text a path names: a program, a notebook, or a document with programs in it."""

from __future__ import annotations

STUB = ".pyi"
NOTEBOOK = ".ipynb"
MARKDOWN = (".md", ".markdown")
RESTRUCTURED = (".rst", ".txt")
DOCUMENTS = (*MARKDOWN, *RESTRUCTURED)


def is_stub(path: str) -> bool:
    """Say whether a path is of types alone, of which nothing is ever executed."""
    return path.lower().endswith(STUB)


def is_notebook(path: str) -> bool:
    """Say whether the text of a path is of cells, whose code a running loop evaluates."""
    return path.lower().endswith(NOTEBOOK)


def is_document(path: str) -> bool:
    """Say whether a path is of prose, in which pieces of programs stand."""
    return path.lower().endswith(DOCUMENTS)
