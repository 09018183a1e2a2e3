r"""`# noqa`, with flake8 itself as the judge: both read the same files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_asyncrun.core.model import Finding, Span
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.core.suppress import suppress
from tests.snippets import codes_in

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


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Return the lines that flake8 reports, by name of the text."""
    folder = tmp_path_factory.mktemp("noqa")
    for index, text in enumerate(TEXTS.values()):
        Path(folder, f"t{index}.py").write_bytes(text.encode())
    output = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select=RUN102", "-j1", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found: dict[str, list[int]] = {name: [] for name in TEXTS}
    names = list(TEXTS)
    for index, line in re.findall(r"^\./t(\d+)\.py:(\d+):", output, flags=re.MULTILINE):
        found[names[int(index)]].append(int(line))
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
