"""What has to hold after every round of fixes, whatever a rule had in mind.

Nothing here knows a rule. A promise that is not kept raises Broken, and the fixes that broke it are
never written.
"""

from __future__ import annotations

import re
import tokenize
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

from flake8_asyncrun.core import cells
from flake8_asyncrun.core.model import Edit, Finding
from flake8_asyncrun.names import syntax
from flake8_asyncrun.names.syntax import Unreadable
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.untouched import Change, first_difference

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Broken(Exception):
    """A promise that fixes did not keep; `str()` of it says which, in one line."""


def check_text(
    before: str,
    after: str,
    edits: Iterable[Edit],
    target: Target,
    comments: Iterable[str] = (),
    *,
    is_whole: bool = True,
) -> None:
    """Compare a text with what edits made of it; raise Broken where they did more than they say.

    Of the comments only those in `comments` may have changed. Where it is not a whole file, its
    statements may await, and some of its lines are not Python's.
    """
    if after == before:
        raise Broken("the fix changes nothing")
    try:
        syntax.parse(after)
    except Unreadable as error:
        raise Broken(f"the text no longer parses ({error})") from None
    if syntax.compiles(before, not is_whole) and not syntax.compiles(after, not is_whole):
        raise Broken("the text no longer compiles")
    fault = syntax.fault_on(after, target.first)
    if fault is not None and syntax.fault_on(before, target.first) is None:
        major, minor = target.first
        raise Broken(f"the text no longer parses on Python {major}.{minor} ({fault})")
    changes = (
        Change(edit.span.start, edit.span.end, edit.text.encode("utf-8", "surrogatepass"))
        for edit in edits
    )
    line = first_difference(before, after, changes)
    if line is not None:
        raise Broken(f"line {line}, which no edit touches, is something else afterwards")
    if not is_whole and cells.frame(before) != cells.frame(after):
        raise Broken("something between the lines of Python is something else afterwards")
    lost = _comments(before) - _comments(after) - Counter(comments)
    if lost:
        raise Broken(f"a comment is lost ({min(lost)})")


def check_findings(
    before: Iterable[Finding],
    after: Iterable[Finding],
    fixed: Iterable[Finding],
    may_appear: Collection[str],
) -> None:
    """Compare what is found before and after fixes; raise Broken where what was fixed is still
    there, or where something appeared whose code is not among those that `may_appear`."""
    gone = Counter(finding.code for finding in fixed)
    had = Counter(finding.code for finding in before)
    for code, count in sorted(Counter(finding.code for finding in after).items()):
        if count > had[code] - gone[code] and code not in may_appear:
            raise Broken(f"{code} is still found" if gone[code] else f"{code} is found afterwards")


# What came of one round is what the next begins with.
@lru_cache(maxsize=2)
def _comments(text: str) -> Counter[str]:
    """Count the comments of a text that parses."""
    if "#" not in text:
        return Counter()
    feed = iter(_LINE.findall(text))
    tokens = tokenize.generate_tokens(lambda: next(feed, ""))
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
