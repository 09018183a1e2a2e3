"""A `# noqa: RUN…` silences nothing, and would hide what comes there one day.

The code was repaired, or the rule says no more of it than it must; the comment stayed:

```python
import asyncio


async def main():
    print("Hi")


asyncio.run(main())  # noqa: RUN101
asyncio.run(main)  # noqa: E501, RUN102, RUN402 until the next release
```

The first comment silences nothing, and of the second's codes only `RUN102` does. That becomes

```python
import asyncio


async def main():
    print("Hi")


asyncio.run(main())
asyncio.run(main)  # noqa: E501, RUN102 until the next release
```

It is off by default, as Ruff's RUF100 is: `select = ["ALL", "RUN002"]` asks it. It speaks of a code
only where every rule was asked that the code may stand for, and the file was analysed to its end. Of
codes of other tools it says nothing and takes none away; `# noqa` without codes, and `# flake8: noqa`,
which is for all tools and the whole file whatever stands behind it, are not its business.

Under flake8 it is silent: flake8 reads `# noqa` when its plugins have long answered, so that none of
them can know what a comment silences. `asyncrun-fix` reports it.

**The fix is safe:** it takes our codes from the comment, and the comment where nothing else is in it.
What you wrote beside the codes stays. Where that would be an instruction to a tool without what stands
before it (`# noqa: RUN101 type: ignore`), there is no fix.

See [what flake8 says of `# noqa`](https://flake8.pycqa.org/en/latest/user/violations.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.model import Safety
from flake8_asyncrun.core.rule import File, Hit, rule
from flake8_asyncrun.core.unused import CODE


@rule(CODE, on=(), fix=Safety.SAFE, optional=True, may_appear=True)
def check(node: cst.CSTNode, file: File) -> Iterator[Hit]:
    """Find nothing: no node says what comments silence. core/unused.py asks when all is found."""
    yield from ()
