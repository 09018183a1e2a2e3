"""The lines of a text, and where in them an offset is. No tree, so that telling costs no parse."""

from __future__ import annotations

import bisect
import itertools
import re
from functools import cached_property

# Where CPython's tokenizer ends a line; str.splitlines() knows more ends than that.
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CONTINUATION = bytes(range(0x80, 0xC0))
_STEP = 1024


class Lines:
    """A text as UTF-8, by lines. Offsets count its bytes, lines from 1."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._texts: dict[int, str] = {}

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        ends = (match.end() for match in _LINE_END.finditer(self.data))
        return list(itertools.chain((0,), ends))

    def number(self, offset: int) -> int:
        """Return the line that holds `offset`."""
        return bisect.bisect_right(self.starts, offset)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return the line, from 1, and the column, from 0 in characters, of a byte offset."""
        line = self.number(offset)
        return line, self._characters(offset) - self._characters(self.starts[line - 1])

    def end(self, line: int) -> int:
        """Return where a line ends, its line break included."""
        return self.starts[line] if line < len(self.starts) else len(self.data)

    def text(self, line: int) -> str:
        """Return a line without its line break."""
        if line not in self._texts:
            data = self.data[self.starts[line - 1] : self.end(line)]
            self._texts[line] = data.decode("utf-8", "surrogatepass").rstrip("\r\n")
        return self._texts[line]

    def _characters(self, offset: int) -> int:
        """Return how many characters begin before `offset`."""
        if self._is_ascii:
            return offset
        step = min(offset, len(self.data)) // _STEP
        return self._counts[step] + _count(self.data[step * _STEP : offset])

    @cached_property
    def _is_ascii(self) -> bool:
        return self.data.isascii()

    @cached_property
    def _counts(self) -> list[int]:
        # A line may be as long as the file, with a finding in every word of it.
        steps = range(0, len(self.data), _STEP)
        parts = (_count(self.data[start : start + _STEP]) for start in steps)
        return list(itertools.accumulate(parts, initial=0))


def _count(data: bytes) -> int:
    return len(data.translate(None, _CONTINUATION))
