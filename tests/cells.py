"""Notebooks made for tests, and their cells run as a kernel runs them: while a loop runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": "3.11.2"},
}
OUTPUT = {"name": "stdout", "output_type": "stream", "text": ["asyncio.run(main())\n", "日本\n"]}


def code(source: str, **more: object) -> dict[str, Any]:
    """Return a cell of code, its lines listed as Jupyter does."""
    lines = source.splitlines(keepends=True)
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [OUTPUT]}
    return {**cell, "source": lines, **more}


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def notebook(*cells: str | dict[str, Any], **metadata: object) -> dict[str, Any]:
    """Return a notebook of today; a text stands for a cell of code."""
    return {
        "cells": [code(cell) if isinstance(cell, str) else cell for cell in cells],
        "metadata": metadata or PYTHON,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def written(notebook: dict[str, Any]) -> str:
    """Return a notebook as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def sources(text: str) -> list[str]:
    """Return the texts of a notebook's cells of code."""
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


_RUN = """
import ast, asyncio, inspect, json, sys

async def main():
    names, said = {"__name__": "__main__"}, []
    for source in json.loads(sys.argv[1]):
        try:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            done = eval(compile(source, "cell", "exec", flags), names)
            if inspect.iscoroutine(done):
                await done
            said.append("")
        except Exception as error:
            said.append("%s: %s" % (type(error).__name__, error))
    print(json.dumps([said, [str(names.get(one)) for one in ("x", "y")]]))

asyncio.run(main())
"""


def run(cells: Sequence[str], python: str = sys.executable) -> tuple[list[str], list[str]]:
    """Run cells one after the other while a loop runs; return the error of each, "" where there is
    none, and what `x` and `y` are in the end."""
    arguments = [python, "-W", "ignore", "-c", _RUN, json.dumps(list(cells))]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    errors, values = json.loads(done.stdout.splitlines()[-1])
    return errors, values
