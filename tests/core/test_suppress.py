r"""`# noqa`, with flake8 itself as the judge: both read the same files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import silence, suppress
from tests.snippets import codes_in, findings_in

HEAD = "import asyncio\n\n\nasync def f():\n    pass\n\n\n"
RUN = "asyncio.run(f)"
OVER_LINES = f"{HEAD}asyncio.run(  {{0}}\n    f,  {{1}}\n)  {{2}}\n"
COMMENTS = [
    "",
    "# noqa",
    "#noqa",
    "# NoQA",
    "#  noqa",
    "# noqa : RUN102",
    "# noqa:RUN102",
    "# noqa: RUN102",
    "# noqa:  RUN102",
    "# noqa: run102",
    "# noqa: Run102",
    "# noqa: RUN1",
    "# noqa: R",
    "# noqa: RUN",
    "# noqa: RUN2",
    "# noqa: RUN1022",
    "# noqa: E501",
    "# noqa: E501,RUN102",
    "# noqa: E501, RUN102",
    "# noqa: E501 RUN102",
    "# noqa: E501,,RUN102",
    "# noqa: E501RUN102",
    "# noqa: E501;RUN102",
    "# noqa: never-awaited",
    "# noqa: RUN102 as it should be",
    "# noqa:E501 # noqa:RUN102",
    "# why # noqa",
    "# type: ignore # noqa: RUN102",
    "# noqaRUN102",
    "# noqa-RUN102",
    "; x = '# noqa'",
    "; x = '# noqa: E501'  # noqa: RUN102",
]
TEXTS = {
    **{f"comment {comment}": f"{HEAD}{RUN}  {comment}\n" for comment in COMMENTS},
    "first line of a call": OVER_LINES.format("# noqa", "", ""),
    "second line of a call": OVER_LINES.format("", "# noqa", ""),
    "last line of a call": OVER_LINES.format("", "", "# noqa: RUN102"),
    "two comments": OVER_LINES.format("# noqa: E501", "", "# noqa: RUN102"),
    "line before": f"{HEAD}# noqa\n{RUN}\n",
    "line after": f"{HEAD}{RUN}\n# noqa\n",
    "continuation": f"{HEAD}x = 1 + \\\n    {RUN}  # noqa\n",
    "before a continuation": f"{HEAD}x = 1 + \\\n    {RUN} + \\\n    1  # noqa: RUN102\n",
    "string over lines": f'{HEAD}{RUN}, """\n"""  # noqa\n',
    "inside of a string": f'{HEAD}{RUN}, """\n# noqa\n"""\n',
    "in an f-string": f'{HEAD}f"""\n{{{RUN}}}\n"""  # noqa\n',
    "after a form feed": f"{HEAD}\x0c\n{RUN}  # noqa\n\x0c\nx = 1\n{RUN}\n",
    "after other separators": f"{HEAD}'\x1c'\n'\u2028'\n{RUN}  # noqa\nx = 1\n{RUN}\n",
    "windows": f"{HEAD}{RUN}  # noqa\n{RUN}\n".replace("\n", "\r\n"),
    "tabs": f"{HEAD}if f:\n\t{RUN}\t# noqa\n\t{RUN}\n",
    "no last newline": f"{HEAD}{RUN}  # noqa",
    "last line without": f"{HEAD}{RUN}",
    "whole file": f"# flake8: noqa\n{HEAD}{RUN}\n",
    "whole file, at the end": f"{HEAD}{RUN}\n    # FLAKE8:NOQA because",
    "whole file, equals": f"# flake8=noqa\n{HEAD}{RUN}\n",
    "whole file, codes": f"# flake8: noqa: E501\n{HEAD}{RUN}\n",
    "whole file, own code": f"# flake8: noqa: RUN102\n{HEAD}{RUN}\n",
    "whole file, behind code": f"x = 1  # flake8: noqa\n{HEAD}{RUN}\n",
    "whole file, in a string": f'"""\n# flake8: noqa\n"""\n{HEAD}{RUN}\n',
    "whole file, misspelt": f"# flake8 noqa\n{HEAD}{RUN}\n",
    "class body": f"{HEAD}class A:\n    {RUN}  # noqa\n\n    {RUN}\n",
}


def flake8(folder: Path, texts: dict[str, str]) -> dict[str, list[int]]:
    """Return the lines that flake8 reports, by name of the text."""
    for index, text in enumerate(texts.values()):
        Path(folder, f"t{index}.py").write_bytes(text.encode())
    output = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select=RUN102", "-j1", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found: dict[str, list[int]] = {name: [] for name in texts}
    names = list(texts)
    for index, line in re.findall(r"^\./t(\d+)\.py:(\d+):", output, flags=re.MULTILINE):
        found[names[int(index)]].append(int(line))
    return found


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    found = flake8(tmp_path_factory.mktemp("noqa"), TEXTS)
    assert found["comment "] == [8], "flake8 does not know the plugin"
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_silences_what_flake8_silences(name: str, judged: dict[str, list[int]]) -> None:
    lines = [line for line, code in codes_in(TEXTS[name]) if code == "RUN102"]
    assert lines == judged[name]


def test_both_answers_occur(judged: dict[str, list[int]]) -> None:
    silent = [name for name, lines in judged.items() if not lines]
    assert 15 < len(silent) < len(TEXTS) - 15


def test_a_finding_for_a_file_that_cannot_be_read_stays() -> None:
    finding = Finding("RUN001", "cannot be read", Span(0, 0))
    assert suppress(Source("m.py", "x = 1\n"), [finding]) == [finding]


COMPLETED = [
    (f"{RUN}\n", f"{RUN}  # noqa: RUN102\n"),
    (RUN, f"{RUN}  # noqa: RUN102"),
    (f"{RUN} \t\r\n", f"{RUN}  # noqa: RUN102\r\n"),
    (f"{RUN}  # why not\n", f"{RUN}  # why not  # noqa: RUN102\n"),
    (f"{RUN}  # noqa: E501\n", f"{RUN}  # noqa: E501, RUN102\n"),
    (f"{RUN}  # NOQA:E501,W291 because\n", f"{RUN}  # NOQA:E501,W291, RUN102 because\n"),
    (f"{RUN}  # noqa: E501,\n", f"{RUN}  # noqa: E501, RUN102,\n"),
    (f"asyncio.run(\n    f,\n){' ' * 2}\n", "asyncio.run(  # noqa: RUN102\n    f,\n)  \n"),
    (
        f"x = 1 + \\\n    {RUN} + \\\n    1\n",
        f"x = 1 + \\\n    {RUN} + \\\n    1  # noqa: RUN102\n",
    ),
    (f'{RUN}, """\n  # noqa, E5\n"""\n', None),
    (f'{RUN}, """\n  # no\n"""\n', f'{RUN}, """\n  # no\n"""  # noqa: RUN102\n'),
    (f'x = """\n""", {RUN}, """ \\\n"""\n', f'x = """\n""", {RUN}, """ \\\n"""  # noqa: RUN102\n'),
    (f'f"""\n{{{RUN}}}\n"""\n', f'f"""\n{{{RUN}}}\n"""  # noqa: RUN102\n'),
    (f"{RUN}; {RUN}\n", f"{RUN}; {RUN}  # noqa: RUN102\n"),
    (f"if f:\n\t{RUN}  # é # noqa: X1\n", f"if f:\n\t{RUN}  # é # noqa: X1, RUN102\n"),
    (f"{RUN}; x = '# noqa: E501'\n", f"{RUN}; x = '# noqa: E501'\n"),
    (f"{RUN}; x = '# noqa: E501'  # noqa: E501\n", f"{RUN}; x = '# noqa: E501'  # noqa: E501\n"),
]


@pytest.mark.parametrize(("before", "after"), COMPLETED)
def test_a_comment_is_added_where_it_counts(before: str, after: str | None) -> None:
    source = Source("m.py", HEAD + before)
    found = suppress(source, findings_in(source.text))
    assert (found == []) == (after is None)
    assert silence(source, found) == HEAD + (after or before)


def test_what_was_silenced_flake8_does_not_say(tmp_path: Path) -> None:
    texts = {
        name: HEAD + before
        for name, (before, _) in zip(map(repr, COMPLETED), COMPLETED, strict=True)
    } | TEXTS
    silenced = {
        name: silence(source, suppress(source, findings_in(text)))
        for name, text in texts.items()
        for source in (Source("m.py", text),)
    }
    said = flake8(tmp_path, silenced)
    cannot = {name for name, text in texts.items() if "'# noqa: E501'" in text}
    assert {name for name, lines in said.items() if lines} == cannot


def test_codes_of_one_line_share_a_comment() -> None:
    text = "import asyncio\n\nx = 'é'; y = (\n    1\n)\n"
    source = Source("m.py", text)
    start = source.data.index(b"y = ")
    found = [Finding(code, "", Span(start, start)) for code in ("RUN9", "RUN1", "RUN9")]
    assert silence(source, found) == text.replace("(\n", "(  # noqa: RUN1, RUN9\n")


def test_a_text_that_does_not_print_back_gets_no_comment() -> None:
    source = Source("m.py", "\x0cx = 1\n")
    assert not source.prints_back
    assert silence(source, [Finding("RUN1", "", Span(0, 1))]) == source.text
