"""Runs one program after the other, each in a child of its own: asyncio is imported only once.

Started by tests/forked.py, on any Python from 3.7 on. A line of JSON on stdin is a program, and one
on stdout says what it did. A child ends as any Python does, with all that is done at exit.
"""

from __future__ import annotations

import asyncio  # noqa: F401
import json
import os
import signal
import sys
import tempfile
import types

OUT, ERR, DEATH = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115


def serve(seconds: int) -> str | None:
    """Answer until there are no more programs; return one where a child is to run it, else None."""
    for line in sys.stdin:
        for file in (OUT, ERR, DEATH):
            file.seek(0)
            file.truncate()
        child = os.fork()
        if child == 0:
            signal.alarm(seconds)
            os.dup2(OUT.fileno(), 1)
            os.dup2(ERR.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            return str(json.loads(line))
        status = os.waitpid(child, 0)[1]
        texts = []
        for file in (OUT, ERR, DEATH):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        print(json.dumps([code, *texts]), flush=True)
    return None


def died(
    kind: type[BaseException], error: BaseException, traceback: types.TracebackType | None
) -> None:
    """Write down what the program died of."""
    os.write(DEATH.fileno(), f"{kind.__name__}: {error}".encode())
    sys.__excepthook__(kind, error, traceback)


program = serve(int(sys.argv[1]))
if program is not None:
    sys.excepthook = died
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = "example.py"
    exec(compile(program, "example.py", "exec"), main.__dict__)
