"""Fetch real Python code to measure with: releases from PyPI at pinned versions.

    python -m benchmarks.corpus DEST [--group current|legacy] [--only NAME ...]

Nothing is installed: a wheel, or a source distribution, is only unpacked, and of it only what is
Python. What is there already is left alone, so that a second call does nothing, and one after an
interrupt does the rest.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

GROUPS = {
    # Today's releases.
    "current": """
    homeassistant==2025.12.5
    salt==3008.5 sdist
    ansible-core==2.19.5
    celery==5.5.3
    dask==2025.9.1
    distributed==2025.9.1
    django==5.2.8
    matrix-synapse==1.140.0
    mitmproxy==12.2.0
    prefect==3.4.20
    pymongo==4.15.3
    scrapy==2.13.3
    semantic-kernel==1.37.0
    sqlalchemy==2.0.44
    sympy==1.14.0
    temporalio==1.18.2
    textual==6.4.0
    aiogram==3.22.0
    aiohttp==3.13.1
    anyio==4.11.0
    discord.py==2.6.4
    disnake==2.11.0
    hypercorn==0.18.0
    ipykernel==7.1.0
    ipython==9.6.0
    jupyter-server==2.17.0
    python-telegram-bot==22.5
    redis==7.0.0
    sanic==25.3.0
    telethon==1.41.2
    tornado==6.5.2
    trio==0.31.0
    websockets==15.0.1
    """,
    # Releases from 2018 to 2021, full of what we look for.
    "legacy": """
    homeassistant==0.89.2
    aiobotocore==1.0.7
    aiogram==2.25.1
    aiohttp==3.6.3 3.7
    aiokafka==0.7.2 3.7
    aiomysql==0.0.22
    aiopg==1.0.0
    aioredis==1.3.1
    autobahn==20.12.3
    azure-core==1.30.2
    discord-py-slash-command==3.0.3
    discord.py==1.7.3
    distributed==1.28.1
    faust==1.10.4
    gidgethub==4.2.0
    ipykernel==5.5.6
    motor==2.5.1
    pyppeteer==0.2.6
    python-telegram-bot==13.15
    quart==0.10.0
    ray==1.13.0 3.9
    sanic==19.12.5
    slackclient==2.9.4
    Telethon==1.10.10
    web3==5.31.4
    websockets==8.1 3.7
    """,
}
"""A release a line, maybe with the Python whose wheel is taken, or `sdist`."""

DEFAULT_PYTHON = "3.13"
PLATFORMS = [
    "any",
    "manylinux_2_28_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
]
SUFFIXES = {".py", ".pyi"}


MARK = ".incomplete"
"""The file in a corpus of which something is not there yet."""


def is_complete(folder: Path) -> bool:
    """Say whether there is Python in a folder, and no fetching of it was left in the middle."""
    has_code = folder.is_dir() and next(folder.rglob("*.py"), None) is not None
    return has_code and not (folder / MARK).exists()


def fetch(folder: Path, groups: Iterable[str] | None = None, only: Iterable[str] = ()) -> bool:
    """Have releases in a folder: GROUP/NAME-VERSION/. Say whether they are all there.

    They are those of some groups, by default of all, and of some names where there are any. What
    cannot be fetched is told on standard error, and does not keep the others from it.
    """
    wanted, names = set(GROUPS if groups is None else groups), {name.lower() for name in only}
    failed = []
    folder.mkdir(parents=True, exist_ok=True)
    was_complete = not (folder / MARK).exists()
    (folder / MARK).touch()
    for group in sorted(wanted):
        for line in GROUPS[group].strip().splitlines():
            requirement, _, kind = line.strip().partition(" ")
            target = folder / group / requirement.replace("==", "-")
            if target.is_dir() or (names and requirement.partition("==")[0].lower() not in names):
                continue
            print(f"fetching {requirement}", file=sys.stderr)
            try:
                with tempfile.TemporaryDirectory() as name:
                    unpack(_download(requirement, kind or DEFAULT_PYTHON, Path(name)), target)
            except subprocess.CalledProcessError:  # pip has said why
                failed.append(requirement)
    if failed:
        print(f"not fetched: {', '.join(failed)}", file=sys.stderr)
    elif was_complete or (wanted == set(GROUPS) and not names):
        (folder / MARK).unlink()
    return not failed


def _download(requirement: str, kind: str, to: Path) -> Path:
    command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--ignore-requires-python"]
    if kind == "sdist":
        command += ["--no-binary", ":all:"]
    else:
        command += ["--only-binary", ":all:", "--python-version", kind]
        for platform in PLATFORMS:
            command += ["--platform", platform]
    subprocess.run([*command, "--dest", to, requirement], check=True)
    [archive] = to.iterdir()
    return archive


def unpack(archive: Path, to: Path) -> None:
    """Write what is Python in an archive below `to`: all of it or nothing."""
    part = to.with_name(f"{to.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, data in _members(archive):
        path = PurePosixPath(name)
        if path.suffix in SUFFIXES and not path.is_absolute() and ".." not in path.parts:
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(data)
    part.rename(to)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if not info.is_dir():
                    yield info.filename, wheel.read(info)
        return
    with tarfile.open(archive) as source:
        for member in source:
            stream = source.extractfile(member) if member.isreg() else None
            if stream is not None:
                yield member.name, stream.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dest", type=Path)
    parser.add_argument("--group", action="append", choices=sorted(GROUPS))
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    options = parser.parse_args()
    sys.exit(0 if fetch(options.dest, options.group, options.only) else 1)


if __name__ == "__main__":
    main()
