"""By what a finding is known again: the same on every Python, whatever stands around it."""

from __future__ import annotations

import pytest

from flake8_asyncrun.core.fingerprint import Fingerprint, fingerprints
from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.core.source import Source

TEXT = '''\
import asyncio
x = f"{{a}} {1!r:>{10}}"  # why
y = f"""
{asyncio.run(x)} # no comment
"""
\x0c
class A:
    @d
    async def f(self):
        z = 1; asyncio.run(z)

        def g(
            a,  # it
            b,
        ):
            return asyncio.run(g, a)
    # no end
    asyncio.run(
        A
    )
if x: \\
    asyncio.run(y)
'''


def at(text: str, part: str, code: str = "RUN101") -> Fingerprint:
    """Return the fingerprint of what a part of a text is."""
    start = len(text[: text.index(part)].encode())
    finding = Finding(code, "Hi", Span(start, start + len(part.encode())))
    (found,) = fingerprints(Source("a.py", text), [finding])
    return found


@pytest.mark.parametrize(
    ("part", "scope", "digest"),
    [
        ("10}", "", "f72d97854f149b45"),
        ("run(x)", "", "2d074e09421c4ec5"),
        ("@d", "A", "465d2682181501e3"),
        ("async def", "A", "a635b28f24f6f29c"),
        ("run(z)", "A.f", "880712f38ef28067"),
        ("b,", "A.f", "084f260cb278d39f"),
        ("run(g", "A.f.g", "bd9ba957eb92b955"),
        ("run(\n", "A", "a63fb9d057671cf3"),
        ("run(y)", "", "32f7cc0910cc8cf6"),
    ],
)
def test_it_is_known_by_its_scope_and_its_statement(part: str, scope: str, digest: str) -> None:
    assert at(TEXT, part) == Fingerprint("RUN101", scope, digest)


SAME = [
    ("asyncio.run( main )", "asyncio.run(main)"),
    ("asyncio.run(\n    main,\n)", "asyncio.run(main)"),
    ("asyncio.run(\n    main,  # it\n\n)", "asyncio.run(main)"),
    ("asyncio.run(main)  # why", "asyncio.run(main)"),
    ("x = \\\n    asyncio.run(main)", "x = asyncio.run(main)"),
    ("x = \\\r\n    asyncio.run(main)", "x = asyncio.run(main)"),
    ("'''a'''\nasyncio.run(main)", "asyncio.run(main)"),
    ("if 1:\n\tasyncio.run(main)", "asyncio.run(main)"),
]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_layout_and_comments_do_not_count(text: str, other: str) -> None:
    assert at(text, "asyncio") == at(other, "asyncio")


DIFFERENT = [
    ("asyncio.run(main)", "asyncio.run(other)"),
    ("asyncio.run(a, b)", "asyncio.run(b, a)"),
    ("x = asyncio.run(main)", "asyncio.run(main)"),
    ("asyncio.run((main,))", "asyncio.run([main])"),
    ("def f(): asyncio.run(main)", "asyncio.run(main)"),
]


@pytest.mark.parametrize(("text", "other"), DIFFERENT)
def test_another_statement_is_another(text: str, other: str) -> None:
    assert at(text, "asyncio").digest != at(other, "asyncio").digest


def test_what_is_about_the_file_does_not_depend_on_its_text() -> None:
    texts = ["import asyncio\nx = 1\n", "# new\nimport asyncio\n"]
    found = [at(text, text, "RUN001") for text in texts]
    found += [
        fingerprints(Source("a.py", text), [Finding("RUN001", "Hi", Span(0, 0))])[0]
        for text in texts
    ]
    assert len(set(found)) == 1


def test_a_text_that_cannot_be_read_to_its_end_is_read_so_far() -> None:
    text = "asyncio.run(main)\nx = (\n"
    source = Source("a.py", text)
    source.printed = text  # as where an answer is remembered
    assert fingerprints(source, [Finding("RUN101", "Hi", Span(0, 5))])[0].scope == ""
