"""The file could not be analysed, so nothing is said of it.

A linter that stays silent about a file it could not read says that the file is fine. This one says
why it could not, in one line, and goes on with the other files:

```
bot.py:1:1: RUN001 not analysed: nested too deeply
```

The reasons are:

- **Syntax that this Python does not know.** The file is read with the grammar of the Python that
  runs the linter: run it on the newest Python that your code is written for. Where flake8 reports
  the syntax error itself, as E999, it does not ask its plugins at all.
- **Syntax that LibCST does not know yet.** LibCST follows new Python syntax by some months.
- **Null bytes, or text that is not in the encoding it declares.** flake8 says E902 of some of these.
- **Absurd nesting.** Thousands of brackets, of `-` or of `and` in one expression would overflow the
  parser's stack and end the process.
- **A program that calls itself up too often.** A file's own code is followed once whatever its
  length, but functions that call functions that call functions have to be gone through for each
  call. Where that takes too long, the rest of the file is not analysed, and what was found until
  then is reported beside this.
- **A fault of ours.** The reason then names the exception; please report it with the file.

There is nothing to repair in the file, so there is no fix. `asyncrun-fix` reports a file that it could
not read as an error instead, does all the others and ends with exit code 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.core.rule import File, Hit, rule


@rule("RUN001", on=cst.Module, possible=lambda glance: glance.facts.is_cut_short)
def check(node: cst.Module, file: File) -> Iterator[Hit]:
    """Find where the analysis ended before the file did; for the rest there is no tree to look at."""
    if file.facts.is_cut_short:
        yield Hit(node, "not analysed: too large to be followed, the rest of the file was left out")


def finding(reason: str) -> Finding:
    """Return the finding that says why a file was not analysed."""
    return Finding(check.code, f"not analysed: {reason}", Span(0, 0))
