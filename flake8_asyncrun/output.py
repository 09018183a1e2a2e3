"""Where a report goes, and in which colours."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click

from flake8_asyncrun.files import FileError


@dataclass(frozen=True)
class Output:
    """What was wanted of the output."""

    form: str = "full"
    path: str | None = None
    """The file that is written instead of standard output."""
    statistics: bool = False
    quiet: bool = False
    color: str = "auto"
    """Or "always", or "never"."""

    def has_color(self, stream: TextIO | None) -> bool:
        """Return whether what goes to a stream, or to the file, is to be coloured.

        That is what https://no-color.org and https://force-color.org say, the former first.
        """
        if self.color != "auto":
            return self.color == "always"
        if self.path is not None or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)

    def has_links(self, stream: TextIO | None) -> bool:
        """Return whether a reader can click on a part of what goes to a stream."""
        return self.path is None and self.has_color(stream) and is_terminal(stream)

    def put(self, text: str, *, err: bool = False) -> None:
        """Write a text that people read; raise FileError where the file cannot be written."""
        if self.path is not None:
            write(self.path, text)
        else:
            # Coloured or not: click is to take nothing away, for a diff may be of escape sequences.
            click.echo(text, nl=False, err=err, color=True)

    def put_exactly(self, text: str, *, err: bool = False) -> None:
        """Write a text that programs read: as UTF-8 everywhere. Raises as `put` does."""
        if self.path is not None:
            write(self.path, text)
        else:
            click.echo(_encoded(text), nl=False, err=err)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream ends where text can be moved, coloured and clicked on."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def write(path: str, text: str) -> None:
    """Give the file at a path a new text, in one step; its folder is made where there is none.

    Raises FileError where that cannot be done, and leaves what was there.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():  # a pipe, a terminal
            Path(path).write_bytes(_encoded(text))
            return
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            with target.open("r+b"):
                pass  # else a read-only file would be replaced where the folder may be written
            mode = target.stat().st_mode & 0o7777
        else:
            mode = 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=".asyncrun-", suffix=".tmp", dir=target.parent)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(_encoded(text))
                stream.flush()
                os.fsync(stream.fileno())
            draft.chmod(mode)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FileError(path, f"cannot be written: {reason.lower()}") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _encoded(text: str) -> bytes:
    # A name that is no text, as the system may have, and text of an editor with half a character.
    return text.encode("utf-8", "backslashreplace")
