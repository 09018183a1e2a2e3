"""A plugin of pytest's for packages.py: outcomes by test, and no network but loopback.

It runs on the Pythons of the packages, down to 3.8. $WATCHED_OUTCOMES names the file that gets one
line for each phase of a test; a run that dies leaves those of the tests before.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

LOOPBACK = {"", "0.0.0.0", "127.0.0.1", "::", "::1", "localhost", "localhost.localdomain"}


def _is_near(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host is None or host in LOOPBACK or str(host).startswith("127.")


def _kept_near(method: str) -> None:
    ask = getattr(socket.socket, method)

    def near(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if isinstance(address, tuple) and not _is_near(address[0]):
            raise OSError(f"no network here but loopback: {address[0]}")
        return ask(self, *arguments)

    setattr(socket.socket, method, near)


def pytest_configure() -> None:
    for method in ("connect", "connect_ex", "sendto"):
        _kept_near(method)
    resolve = socket.getaddrinfo

    def near(host: Any, *arguments: Any, **keywords: Any) -> Any:
        if not _is_near(host):
            raise socket.gaierror(socket.EAI_NONAME, f"no network here but loopback: {host}")
        return resolve(host, *arguments, **keywords)

    socket.getaddrinfo = near


def pytest_runtest_logreport(report: Any) -> None:
    with Path(os.environ["WATCHED_OUTCOMES"]).open("a", encoding="utf-8") as outcomes:
        json.dump([report.nodeid, report.when, report.outcome], outcomes)
        outcomes.write("\n")
