"""Set up .venv with flake8-asyncrun and its tests' packages, and repair a bot that will not start.

Needs nothing but Python 3.10 or later and pip's index; run it with `python3 tests/try_it.py` in a
clone. The bot is tests/fixtures/demo/bot.py, and stays as it is: a copy of it is repaired.
"""

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")


def main() -> int:
    if sys.version_info < (3, 10):  # noqa: UP036 - this runs before anything is installed
        sys.exit(f"flake8-asyncrun runs on Python 3.10 and later; this is {sys.version.split()[0]}")
    print("Setting up .venv …", flush=True)
    venv.create(ROOT / ".venv", with_pip=True)
    pip = [str(BIN / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--editable", f"{ROOT}[tests]"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "fixtures" / "demo" / "bot.py", folder)
        _show(folder, "The bot does not start:", BIN / "python", "bot.py")
        _show(folder, "flake8 says why:", BIN / "flake8", "--select", "RUN", "bot.py")
        _show(folder, "What the repair would change:", BIN / "asyncrun-fix", "--diff", "bot.py")
        _show(folder, "Repair it:", BIN / "asyncrun-fix", "bot.py")
        return _show(folder, "Now it runs:", BIN / "python", "bot.py")


def _show(folder: str, title: str, *command: object) -> int:
    """Run a command, print it with what it prints, and return its exit code."""
    words = [str(word) for word in command]
    print(f"\n{title}\n$ {' '.join([Path(words[0]).stem, *words[1:]])}", flush=True)
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if any(line.startswith("Traceback") for line in lines):
        # The error is what matters here; where it was raised is inside asyncio.
        lines = [line for line in lines if line and not line.startswith((" ", "Traceback"))]
    print("\n".join(lines), flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
