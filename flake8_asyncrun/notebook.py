"""A notebook's cells as one program, and what became of it put back. Reads and writes no file.

What stands around the lines that change is not written anew: an editor's way of writing JSON, its
escapes and outputs, stay as they are, byte for byte.
"""

from __future__ import annotations

import difflib
import io
import json
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import Any

from flake8_asyncrun.core.cells import (
    HIDDEN,
    cells,
    hide_line,
    hide_statement,
    opening,
    shown,
)
from flake8_asyncrun.names.syntax import Unreadable, parse_any_depth


class NotebookError(Exception):
    """A text that is no notebook, or cannot be put back; `str()` of it is the reason."""


@dataclass(frozen=True)
class _Cell:
    number: int
    """From 1, of all cells."""
    code: str
    start: int
    """Where its code stands in the notebook, as a string or a list of strings, in characters."""
    end: int


# No number is of interest, and `int` refuses those of thousands of digits.
_DECODER = JSONDecoder(parse_int=len)
_SPACE = re.compile(r"[ \t\r\n]*")


def program(text: str) -> str:
    """Return the cells of Python in a notebook as one program (see core/cells.py), in order.

    Nothing where it is of another language. Raises NotebookError.
    """
    parts: list[str] = []
    for cell in _code_cells(text):
        if HIDDEN in cell.code or "\r" in cell.code.replace("\r\n", ""):
            return ""  # cannot be told from our own marks, or line by line
        parts += [opening(cell.number), _as_program(cell.code)]
    found = "".join(parts)
    return "" if _AUTO_AWAIT.search(found) else found


_AUTO_AWAIT = re.compile(r"%autoawait\b")
"""What changes whether, and by whom, cells are awaited."""


def put_back(text: str, after: str) -> str:
    """Return a notebook with what became of its program; raise NotebookError where it cannot be."""
    new = {cell.number: cell.code for cell in cells(after)}
    pieces: list[str] = []
    last = 0
    for cell in _code_cells(text):
        if cell.number not in new or new[cell.number] == _as_program(cell.code):
            continue
        code = shown(new[cell.number])
        if not cell.code.endswith("\n"):
            code = code[: -len("\r\n")] if code.endswith("\r\n") else code.removesuffix("\n")
        pieces += [text[last : cell.start], _written(text, cell, code)]
        last = cell.end
    found = "".join([*pieces, text[last:]])
    if _by_cell(program(found)) != _by_cell(after):
        raise NotebookError("its cells do not come back as they are meant, a bug of ours")
    return found


def _by_cell(text: str) -> dict[int, str]:
    return {cell.number: cell.code.removesuffix("\n") for cell in cells(text)}


# ---------------------------------------------------------------------- cells in JSON


def _code_cells(text: str) -> Iterator[_Cell]:
    """Yield the cells of Python that a notebook has, in order. Raises NotebookError."""
    try:
        start = _skip(text, 0)
        whole, end = _DECODER.raw_decode(text, start)
        if _skip(text, end) != len(text):
            raise JSONDecodeError("Extra data", text, end)
    except JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise NotebookError(f"is not valid JSON: {reason}") from None
    except RecursionError:
        raise NotebookError("is nested too deeply") from None
    if not isinstance(whole, dict) or not (
        isinstance(whole.get("cells"), list) or isinstance(whole.get("worksheets"), list)
    ):
        raise NotebookError("is not a notebook: it has no cells")
    if not _is_python(whole.get("metadata")):
        return
    found = dict(_members(text, start))
    number = 0
    for holder in _lists_of_cells(text, found):
        for place in _items(text, holder):
            number += 1
            cell = _code_cell(text, place, number)
            if cell is not None:
                yield cell


def _is_python(metadata: object) -> bool:
    """Say whether a notebook is of Python, as it is where nothing is said."""
    if not isinstance(metadata, dict):
        return True
    named = [
        (about.get("name") if key == "language_info" else about.get("language"))
        for key in ("language_info", "kernelspec")
        if isinstance(about := metadata.get(key), dict)
    ]
    said = [name for name in named if isinstance(name, str)]
    return not said or said[0].lower() in _PYTHON


_PYTHON = ("python", "python3", "ipython")


def _lists_of_cells(text: str, members: Mapping[str, int]) -> Iterator[int]:
    """Yield where lists of cells begin: one in a notebook, or one a sheet up to nbformat 3."""
    if "cells" in members and text[members["cells"]] == "[":
        yield members["cells"]
    elif "worksheets" in members and text[members["worksheets"]] == "[":
        for sheet in _items(text, members["worksheets"]):
            if text[sheet] == "{":
                inner = dict(_members(text, sheet)).get("cells")
                if inner is not None and text[inner] == "[":
                    yield inner


def _code_cell(text: str, place: int, number: int) -> _Cell | None:
    """Return the cell that begins at a place, None where it is none of Python."""
    cell, _ = _DECODER.raw_decode(text, place)
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    if str(cell.get("language", "python")).lower() not in _PYTHON or _is_foreign(cell):
        return None
    start = dict(_members(text, place)).get("source" if "source" in cell else "input")
    if start is None:
        return None
    source, end = _DECODER.raw_decode(text, start)
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or re.search("[\ud800-\udfff]", source):
        return None
    return _Cell(number, source, start, end)


def _is_foreign(cell: Mapping[str, Any]) -> bool:
    """Say whether an editor notes that a cell is of another language."""
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = editor.get("languageId") if isinstance(editor, dict) else None
    return isinstance(language, str) and language.lower() not in _PYTHON


def _members(text: str, place: int) -> Iterator[tuple[str, int]]:
    """Yield the keys of the object that begins at a place, with where their values begin.

    The text is valid JSON. Of keys that come twice the last one counts, as it does to all readers.
    """
    place = _skip(text, place + 1)
    while text[place] != "}":
        key, place = _DECODER.raw_decode(text, place)
        place = _skip(text, _skip(text, place) + 1)
        yield key, place
        place = _after(text, place)


def _items(text: str, place: int) -> Iterator[int]:
    """Yield where the items of the list begin that begins at a place."""
    place = _skip(text, place + 1)
    while text[place] != "]":
        yield place
        place = _after(text, place)


def _after(text: str, place: int) -> int:
    """Return where what comes next begins, or the bracket that closes."""
    _, end = _DECODER.raw_decode(text, place)
    place = _skip(text, end)
    return _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return place if match is None else match.end()


# ---------------------------------------------------------------------- writing


def _written(text: str, cell: _Cell, code: str) -> str:
    """Return the JSON of a cell's new code, written the way its old one is."""
    # Whoever writes other characters as they are does so everywhere.
    as_ascii = text.isascii() and re.search(r"\\u(?!00[0-7])[0-9a-fA-F]{4}", text) is not None
    lines = _lines(code)
    if text[cell.start] == '"':
        return json.dumps(code, ensure_ascii=as_ascii)
    if not lines:
        return "[]"
    items = list(_items(text, cell.start))
    raw = [text[item : _DECODER.raw_decode(text, item)[1]] for item in items]
    old = [json.loads(one) for one in raw]
    written: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, lines, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            written += raw[first:last]
        else:
            new = lines[new_first:new_last]
            written += [json.dumps(line, ensure_ascii=as_ascii) for line in new]
    before = text[cell.start + 1 : items[0]]
    after = text[items[-1] + len(raw[-1]) : cell.end]
    between = "," + (before or (" " if '": ' in text else ""))
    if len(items) > 1:
        between = text[items[0] + len(raw[0]) : items[1]]
    return f"[{before}{between.join(written)}{after}"


def _lines(code: str) -> list[str]:
    return list(io.StringIO(code, newline="\n"))


# ---------------------------------------------------------------------- what is no Python


def _as_program(code: str) -> str:
    """Return a cell's code as it stands in the program: all of it hidden where it is no Python."""
    ended = code if code.endswith("\n") else f"{code}\n"
    found = _without_magics(_lines(ended))
    if found is not None:
        try:
            parse_any_depth(found)
        except Unreadable:
            pass
        else:
            return found
    return "".join(map(hide_line, _lines(ended)))


# Those that run the cell's own Python, in the same process.
_OVER_PYTHON = re.compile(r"%%(?:time|timeit|capture|prun)\b")

_ESCAPED = re.compile(r"[ \t]*(?=[%!?])")
_ASSIGNED = re.compile(r"[ \t]*[A-Za-z_][\w.,* \t\[\]'\"]*=[ \t]*(?=[%!])")
_HELP = re.compile(r"[ \t]*(?=[\w.*\[\]'\"() ,=%]+\?{1,2}[ \t]*;?[ \t]*\r?$)")


def _without_magics(lines: list[str]) -> str | None:
    """Return lines with what IPython alone understands hidden; None where all of it is its own."""
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    found: list[str] = []
    for number, line in enumerate(lines):
        if number == first and line.startswith("%%"):
            if not _OVER_PYTHON.match(line):
                return None
            found.append(hide_statement(line, 0))
        elif found and HIDDEN in found[-1] and lines[number - 1].rstrip("\r\n").endswith("\\"):
            found.append(hide_line(line))
        else:
            body = line.rstrip("\r\n")
            match = _ESCAPED.match(body) or _ASSIGNED.match(body) or _HELP.match(body)
            if match is not None and _is_at_start("".join(found)):
                found.append(hide_statement(line, match.end()))
            else:
                found.append(line)
    return "".join(found)


def _is_at_start(before: str) -> bool:
    """Say whether a statement begins behind these lines, and no string or bracket is open."""
    if before.rstrip("\r\n").endswith("\\"):
        return False
    try:
        for _ in tokenize.generate_tokens(io.StringIO(before).readline):
            pass
    except (tokenize.TokenError, SyntaxError):
        return False
    return True
