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
- **A fault of ours.** The reason then names the exception; please report it with the file.

There is nothing to repair in the file, so there is no fix. `asyncrun-fix` reports such a file as an
error instead, does all the others and ends with exit code 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.core.rule import File, Hit, rule


@rule("RUN001", on=())
def check(node: object, file: File) -> Iterator[Hit]:
    """Find nothing: where this rule applies there is no tree to look at."""
    return iter(())


def finding(reason: str) -> Finding:
    """Return the finding that says why a file was not analysed."""
    return Finding(check.code, f"not analysed: {reason}", Span(0, 0))
