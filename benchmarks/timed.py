"""Run a command, and write down what it took: `python -S benchmarks/timed.py RESULT COMMAND...`.

A process of its own, and a small one: the peak memory of a child includes that of the process that
started it. What a command leaves behind (a server of processes that nobody waits for) is waited for
here, and counts. Imports little, on purpose; Linux and other Unixes only.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: who loses its parent becomes a child of ours."""


def main() -> None:
    result, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    begun = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    wall, code, cpu, peak = 0.0, 0, 0.0, 0
    while True:
        try:
            ended, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        if ended == pid:
            wall, code = time.perf_counter() - begun, os.waitstatus_to_exitcode(status)
        cpu += used.ru_utime + used.ru_stime
        peak = max(peak, used.ru_maxrss)
    size = peak * (1 if sys.platform == "darwin" else 1024)
    with open(result, "w", encoding="utf-8") as stream:  # noqa: PTH123 - pathlib takes memory
        json.dump({"wall": wall, "cpu": cpu, "peak": size, "code": code}, stream)


if __name__ == "__main__":
    main()
