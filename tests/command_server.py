"""Runs asyncrun-fix again and again, each time in a child of its own: all is imported only once.

Started by tests/command.py. A line of JSON on one pipe is a call, and a line on another one is what
it came to. A child ends as any Python does, with all that is done at exit.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import sys
from pathlib import Path

from flake8_asyncrun import baseline, changed_lines, cli, formats, limits, pool, settings, work
from flake8_asyncrun.rules import ALL

LOADED = (baseline, changed_lines, cli, formats, limits, pool, settings, work, *ALL)


def serve(calls: int, results: int, seconds: int) -> list[str] | None:
    """Answer until there are no more calls; return the arguments where a child is to run one."""
    with open(calls, encoding="utf-8") as lines:
        for line in lines:
            child = os.fork()
            if child:
                status = os.waitpid(child, 0)[1]
                os.write(results, f"{os.waitstatus_to_exitcode(status)}\n".encode())
                continue
            os.close(results)
            call = json.loads(line)
            signal.alarm(seconds)
            for stream, name in enumerate(call["streams"]):
                descriptor = os.open(name, os.O_RDWR)
                os.dup2(descriptor, stream)
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(call["environment"])
            os.chdir(call["folder"])
            return list(call["arguments"])
    return None


gc.freeze()  # what all have in common no child has to look at
arguments = serve(*map(int, sys.argv[1:]))
if arguments is not None:
    sys.argv = ["", *arguments]
    sys.path.insert(0, str(Path.cwd()))  # as for -m
    runpy.run_module("flake8_asyncrun", run_name="__main__", alter_sys=True)
