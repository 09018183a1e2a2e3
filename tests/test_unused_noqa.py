"""`# noqa` comments that silence nothing: found, and taken away as far as they are ours."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from flake8_asyncrun.core.engine import analyze
from flake8_asyncrun.core.fix import Fixed, fix_source
from flake8_asyncrun.core.model import Finding, Safety
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from flake8_asyncrun.core.unused import with_unused
from flake8_asyncrun.rules import unused_noqa
from tests.examples import Document, fences
from tests.snippets import ON, project_of

HEAD = "import asyncio\n\n\nasync def f():\n    pass\n\n\n"
RUN = "asyncio.run(f)"  # RUN102
GOOD = "asyncio.run(f())"
UNASKED = ("RUN109", "RUN303")


def found(text: str, unasked: Collection[str] = UNASKED) -> list[Finding]:
    source = Source("example.py", text, "example")
    findings = analyze(source, project_of(), ON)
    return suppress(source, with_unused(source, findings, unasked))


def fixed(text: str) -> Fixed:
    return fix_source(
        Source("example.py", text, "example"),
        lambda source: found(source.text),
        lambda finding: finding.fix is not None and finding.code == "RUN002",
        may_appear=("RUN002",),
    )


REPAIRED = [
    (f"{GOOD}  # noqa: RUN102\n", f"{GOOD}\n"),
    (f"{GOOD}  # noqa: RUN102", GOOD),
    (f"{GOOD}\t#noqa\t# noqa:RUN102 \r\n", f"{GOOD}\t#noqa\r\n"),
    (f"{GOOD}  # noqa: run102\n", f"{GOOD}\n"),
    (f"{GOOD}  # noqa: RUN102,RUN402\n", f"{GOOD}\n"),
    (f"{GOOD}  # noqa: E501, RUN102\n", f"{GOOD}  # noqa: E501\n"),
    (f"{GOOD}  # noqa: RUN102, E501\n", f"{GOOD}  # noqa: E501\n"),
    (f"{GOOD}  # noqa: W1 RUN102,E501, as ever\n", f"{GOOD}  # noqa: W1 E501, as ever\n"),
    (f"{RUN}  # noqa: RUN102, RUN402\n", f"{RUN}  # noqa: RUN102\n"),
    (f"{RUN}  # noqa: RUN4,RUN102\n", f"{RUN}  # noqa: RUN102\n"),
    (f"{GOOD}  # why  # noqa: RUN102\n", f"{GOOD}  # why\n"),
    (f"{GOOD}  # noqa: RUN102 because\n", f"{GOOD}  # because\n"),
    (f"{GOOD}  # noqa: RUN102 # because\n", f"{GOOD}  # because\n"),
    (f"{GOOD}  # äöü  # noqa: RUN102  # ß\n", f"{GOOD}  # äöü  # ß\n"),
    (f"# noqa: RUN102\n{GOOD}\n", f"{GOOD}\n"),
    (f"if f:\n    # noqa: RUN102\r\n    {GOOD}\n", f"if f:\n    {GOOD}\n"),
    (f'{GOOD}, """\n"""  # noqa: RUN102\n', f'{GOOD}, """\n"""\n'),
    (f"{GOOD}  # noqa: RUN999\n", f"{GOOD}\n"),
]


@pytest.mark.parametrize(("line", "repaired"), REPAIRED)
def test_what_silences_nothing_goes(line: str, repaired: str) -> None:
    (one,) = found(HEAD + line)[-1:]
    assert one.code == "RUN002"
    assert one.fix is not None
    assert one.fix.safety is Safety.SAFE
    result = fixed(HEAD + line)
    assert (result.text, result.problem) == (HEAD + repaired, None)


SILENT = [
    f"{RUN}  # noqa: RUN102\n",
    f"{RUN}  # noqa: RUN1\n",
    f"{RUN}  # noqa: RUN10, RUN102\n",
    f"{RUN}  # noqa\n",
    f"{GOOD}  # noqa\n",
    f"{GOOD}  # noqa: E501\n",
    f"{GOOD}  # noqa: R102\n",
    f"{GOOD}  # noqa: E501RUN102\n",
    f"{GOOD}  # noqa: RUN109\n",  # not asked
    f"{GOOD}  # noqa: RUN30\n",  # RUN303 is not asked
    f"{GOOD}  # noqa: RUN002\n",
    f"{GOOD}  # noqa: RUN0, RUN001\n",
    f"{GOOD}  # noqa: RUN102, RUN002\n",  # silenced itself
    f"{GOOD}, '# noqa: RUN102'\n",
    f'{GOOD}, """\n# noqa: RUN102\n"""\n',
    f"{RUN}, '''\n'''  # noqa: RUN102\n",
    f"{GOOD}  # noqa: RUN102\n# flake8: noqa\n",
    f"# flake8: noqa: RUN402\n{RUN}\n",
    f"{GOOD}  # ruff: noqa: RUN102x\n",
]


@pytest.mark.parametrize("line", SILENT)
def test_what_may_be_of_use_stays(line: str) -> None:
    assert [one for one in found(HEAD + line) if one.code == "RUN002"] == []


@pytest.mark.parametrize(
    "rest", ["type: ignore", "nosec", "pragma: no cover", "# noqa", "fmt: off"]
)
def test_a_comment_is_not_made_an_instruction(rest: str) -> None:
    (one,) = found(f"{HEAD}{GOOD}  # noqa: RUN102 {rest}\n")
    assert (one.code, one.fix) == ("RUN002", None)
    assert one.notes[0].text.startswith("no fix: ")


def test_what_a_text_loses_on_the_way_is_not_repaired() -> None:
    (one,) = found(f"\x0c{HEAD}{GOOD}  # noqa: RUN102\n")
    assert (one.code, one.fix) == ("RUN002", None)


def test_the_place_is_that_of_the_codes() -> None:
    text = f"{HEAD}{GOOD}  # ä noqa # noqa: E501, RUN1, RUN102, RUN402, W1\n"
    (one,) = found(text, unasked=())
    said = text.encode()[one.span.start : one.span.end].decode()
    assert said == "RUN1, RUN102, RUN402"
    assert "`# noqa: RUN1, RUN102, RUN402` silences nothing" in one.message


def test_the_manual_shows_what_becomes_of_it() -> None:
    page = Document(__file__, unused_noqa.__doc__ or "")  # type: ignore[arg-type]
    before, after = (fence.code for fence in fences(page) if fence.info == "python")
    assert fixed(before).text == after
    assert [one.code for one in found(after)] == []
