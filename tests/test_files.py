"""Files come out as they went in, and imports lead where Python would go."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_asyncrun import files
from flake8_asyncrun.files import FileError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    files.installed.cache_clear()


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """An open folder, and for the length of the test no right that any user has not."""
    if sys.platform == "win32":
        pytest.skip("modes are not what protects files here")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or f"# {name}\n", "utf-8")


def environment(folder: Path, *names: str, minor: int = 11) -> Path:
    put(folder, "pyvenv.cfg", text="home = /nowhere\n")
    packages = folder / "lib" / f"python3.{minor}" / "site-packages"
    packages.mkdir(parents=True)
    put(packages, *names)
    return packages


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        pytest.param(
            b"a\r\nb\nc\rd", "a\r\nb\nc\rd", "utf-8", id="mixed newlines, none at the end"
        ),
        pytest.param(b"\tx = 1\r\n", "\tx = 1\r\n", "utf-8", id="tabs and CRLF"),
        pytest.param(b"\xef\xbb\xbfx\n", "x\n", "utf-8", id="BOM"),
        pytest.param(
            b"\xef\xbb\xbf# coding: utf-8\n\xc3\xa9\n",
            "# coding: utf-8\né\n",
            "utf-8",
            id="BOM, cookie",
        ),
        pytest.param(
            b"# -*- coding: latin-1 -*-\n# \xe9\n",
            "# -*- coding: latin-1 -*-\n# é\n",
            "iso-8859-1",
            id="latin-1",
        ),
        pytest.param(
            b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n# \x80\n",
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n# €\n",
            "cp1252",
            id="cookie on the second line",
        ),
        pytest.param(
            "# coding: shift_jis\n# 日本\r\n".encode("shift_jis"),
            "# coding: shift_jis\n# 日本\r\n",
            "shift_jis",
            id="shift_jis",
        ),
        pytest.param(b"", "", "utf-8", id="empty"),
        pytest.param(b"\x0cx = 1\x1a\n", "\x0cx = 1\x1a\n", "utf-8", id="form feed, control Z"),
    ],
)
def test_a_change_keeps_everything_else(
    tmp_path: Path, data: bytes, text: str, encoding: str
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    file = files.read(str(path))
    assert (file.text, file.encoding) == (text, encoding)
    assert files.write(file, f"{text}# more\n")
    assert path.read_bytes() == data + b"# more\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"# coding: no-such\n", "unknown encoding: no-such"),
        (b"# coding: hex\n", "'hex' is not a text encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem: utf-8"),
        (b"\xff\n", "invalid or missing encoding declaration"),
        (b"x\ny\nz = '\xff'\n", "can't decode byte 0xff"),
        (b"# coding: undefined\nx\n", "undefined encoding"),
    ],
)
def test_bytes_that_are_no_text_are_named(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        files.read(str(path))
    assert str(caught.value).startswith(f"{path}: cannot be decoded: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: no such file"):
        files.read(str(tmp_path / "missing.py"))
    with pytest.raises(FileError, match="is a directory"):
        files.read(str(tmp_path))
    with pytest.raises(FileError, match="null"):
        files.read("a\0b")


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(FileError, match="is not a regular file"):
        files.read(str(tmp_path / "pipe.py"))


def test_a_file_that_may_not_be_read_is_named(unprivileged: Path) -> None:
    path = unprivileged / "a.py"
    path.touch()
    path.chmod(0)
    with pytest.raises(FileError, match=r"a\.py: cannot be read: permission denied"):
        files.read(str(path))


def test_a_read_only_file_stays(unprivileged: Path) -> None:
    path = unprivileged / "a.py"
    path.write_text("x\n")
    path.chmod(0o444)
    with pytest.raises(FileError, match=r"a\.py: cannot be written: permission denied"):
        files.write(files.read(str(path)), "y\n")
    assert path.read_text() == "x\n"


def test_a_read_only_folder_stays(unprivileged: Path) -> None:
    path = unprivileged / "sub" / "a.py"
    path.parent.mkdir()
    path.write_text("x\n")
    path.parent.chmod(0o555)
    with pytest.raises(FileError, match=r"a\.py: cannot be written: permission denied"):
        files.write(files.read(str(path)), "y\n")
    assert path.read_text() == "x\n"


def test_an_unchanged_text_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x\n")
    before = path.stat()
    assert not files.write(files.read(str(path)), "x\n")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
def test_mode_and_links_stay(tmp_path: Path) -> None:
    path = tmp_path / "real" / "a.py"
    path.parent.mkdir()
    path.write_text("x\n")
    path.chmod(0o751)
    link = tmp_path / "link.py"
    link.symlink_to(path)
    files.write(files.read(str(link)), "y\n")
    assert link.is_symlink()
    assert path.read_text() == "y\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(path.parent) == ["a.py"]  # noqa: PTH208 - and no draft is left


def test_a_file_changed_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x\n")
    file = files.read(str(path))
    path.write_text("z\n")
    with pytest.raises(FileError, match="was changed meanwhile"):
        files.write(file, "y\n")
    assert path.read_text() == "z\n"


def test_a_file_changed_while_being_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x\n")
    sync = os.fsync

    def sync_late(descriptor: int) -> None:
        sync(descriptor)
        path.write_text("z\n")

    monkeypatch.setattr(os, "fsync", sync_late)
    with pytest.raises(FileError, match="was changed meanwhile"):
        files.write(files.read(str(path)), "y\n")
    assert path.read_text() == "z\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


def test_a_file_gone_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x\n")
    file = files.read(str(path))
    path.unlink()
    with pytest.raises(FileError, match="cannot be written: no such file"):
        files.write(file, "y\n")
    assert not path.exists()


def test_text_that_the_encoding_cannot_say_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: latin-1\n")
    with pytest.raises(FileError, match=r"cannot be written: .*can.t encode"):
        files.write(files.read(str(path)), "# coding: latin-1\n# €\n")
    assert path.read_bytes() == b"# coding: latin-1\n"


def test_an_encoding_with_two_spellings_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    data = b"# coding: utf-7\n# +AGE-\n"  # "a", which would come back as itself
    path.write_bytes(data)
    with pytest.raises(FileError, match="does not come back"):
        files.write(files.read(str(path)), "x\n")
    assert path.read_bytes() == data


def test_folders_are_walked_in_order_without_what_is_not_ours(tmp_path: Path) -> None:
    put(tmp_path, "b.py", "a.pyi", "c.txt", "pkg/z.py", "pkg/a/b.py", "build/x.py", "B.PY")
    put(tmp_path, ".hidden/x.py", "__pycache__/x.py", "node_modules/x.py", "venv/x.py")
    put(tmp_path, "dist/x.py", "_build/x.py", "site-packages/x.py", "my env/pyvenv.cfg")
    put(tmp_path, "my env/x.py", "conda/x.py", "conda/conda-meta/history")
    (tmp_path / "folder.py").mkdir()
    put(tmp_path, "folder.py/x.py")
    found, errors = files.python_files([str(tmp_path)])
    names = [Path(name).relative_to(tmp_path).as_posix() for name in found]
    assert names == ["a.pyi", "b.py", "build/x.py", "folder.py/x.py", "pkg/a/b.py", "pkg/z.py"]
    assert errors == []


def test_what_is_named_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "a.py", "script", "venv/x.py", ".hidden/y.py")
    paths = ["script", "venv", ".hidden/y.py", "a.py", ".", "./a.py", "missing.py"]
    expected = ["script", str(Path("venv/x.py")), ".hidden/y.py", "a.py", "missing.py"]
    assert files.python_files(paths) == (expected, [])
    assert files.python_files(["."])[0] == ["a.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right")
def test_links_do_not_lead_round_in_circles(tmp_path: Path) -> None:
    put(tmp_path, "pkg/a.py")
    (tmp_path / "pkg" / "again").symlink_to(tmp_path)
    (tmp_path / "pkg" / "b.py").symlink_to(tmp_path / "pkg" / "a.py")
    (tmp_path / "pkg" / "loop.py").symlink_to(tmp_path / "pkg" / "loop.py")
    found, errors = files.python_files([str(tmp_path)])
    assert [Path(name).name for name in found] == ["a.py", "loop.py"]
    assert errors == []
    with pytest.raises(FileError, match="cannot be read"):
        files.read(found[1])


def test_a_folder_that_may_not_be_listed_is_named(unprivileged: Path) -> None:
    put(unprivileged, "a.py", "sub/b.py")
    (unprivileged / "sub").chmod(0)
    found, errors = files.python_files([str(unprivileged)])
    assert [Path(name).name for name in found] == ["a.py"]
    assert [str(error) for error in errors] == [
        f"{unprivileged / 'sub'}: cannot be read: permission denied"
    ]
    assert files.project_root(str(unprivileged / "sub" / "b.py")) != unprivileged / "sub"
    (unprivileged / "sub").chmod(0o755)


def test_roots_of_a_script(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "src/app/__init__.py", "tools/run.py", "run.py")
    src, tools = str(tmp_path / "src"), str(tmp_path / "tools")
    assert files.project_roots(str(tmp_path / "tools" / "run.py")) == (src, str(tmp_path), tools)
    assert files.project_roots(str(tmp_path / "run.py")) == (src, str(tmp_path))
    assert files.search_path(str(tmp_path / "tools" / "run.py"))[:3] == (tools, src, str(tmp_path))


def test_roots_of_a_package(tmp_path: Path) -> None:
    put(tmp_path, ".git", "services/bot/app/__init__.py", "services/bot/app/sub/__init__.py")
    bot = tmp_path / "services" / "bot"
    path = str(bot / "app" / "sub" / "a.py")
    assert files.project_roots(path) == (str(bot), str(tmp_path))
    assert files.module_name(path, files.project_roots(path)) == "app.sub.a"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/app/__init__.py", "app"),
        ("src/app/store.py", "app.store"),
        ("src/script.py", "script"),
        ("tools/run.py", "tools.run"),
        ("my-tools/run.py", "run"),
        ("my-tools/run-it.py", ""),
        ("stubs/a.pyi", "stubs.a"),
        ("__init__.py", ""),
    ],
)
def test_module_names(tmp_path: Path, path: str, name: str) -> None:
    put(tmp_path, "setup.cfg", "src/app/__init__.py")
    full = str(tmp_path / path)
    assert files.module_name(full, files.project_roots(full)) == name


def test_a_finder_does_as_python(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    put(
        one,
        "app.py",
        "app/__init__.py",
        "app/store.py",
        "app/space/deep.py",
        "lone.py",
        "lone/x.py",
    )
    put(two, "app/other.py", "spread/b.py", "stub.pyi", "both.py", "both.pyi", "typed/__init__.pyi")
    put(one, "spread/a.py", "late.py")
    put(two, "late/__init__.py")
    find = files.module_finder([str(one), str(two)])

    def where(name: str) -> str | None:
        found = find(name)
        return Path(found[0]).relative_to(tmp_path).as_posix() if found else None

    assert where("app") == "one/app/__init__.py", "a package before a module"
    assert where("app.store") == "one/app/store.py"
    assert where("app.space") is None
    assert where("app.space.deep") == "one/app/space/deep.py"
    assert where("app.other") is None, "the first package hides the second"
    assert where("lone") == "one/lone.py", "a module before a folder"
    assert where("lone.x") is None
    assert where("spread") is None
    assert where("spread.a") == "one/spread/a.py"
    assert where("spread.b") == "two/spread/b.py", "a namespace spreads over the roots"
    assert where("late") == "one/late.py", "the first root wins"
    assert where("stub") == "two/stub.pyi"
    assert where("both") == "two/both.py"
    assert where("typed") == "two/typed/__init__.pyi"
    assert find("app.store") == (str(one / "app" / "store.py"), "# app/store.py\n")


@pytest.mark.parametrize(
    "name", ["", ".", "a.", ".a", "a..b", "../a", "a/b", "a\0b", "App", ".".join("a" * 5000)]
)
def test_a_finder_never_raises(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a/b.py", "app.py")
    assert files.module_finder([str(tmp_path), str(tmp_path / "missing")])(name) is None


def test_a_finder_leaves_what_it_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.py").write_bytes(b"# coding: no-such\n")
    (tmp_path / "large.py").write_text("# " + "x" * 100)
    (tmp_path / "folder.py").mkdir()
    monkeypatch.setattr(files, "LARGEST_MODULE", 50)
    find = files.module_finder([str(tmp_path)])
    assert [find(name) for name in ("odd", "large", "folder")] == [None, None, None]


def test_a_finder_reads_once(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    find = files.module_finder([str(tmp_path)])
    first = find("a")
    (tmp_path / "a.py").write_text("changed\n")
    assert first is not None
    assert find("a") is first


def test_a_named_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "pyproject.toml")
    named = environment(tmp_path / "named")
    active = environment(tmp_path / "active")
    beside = environment(tmp_path / ".venv")
    path = str(tmp_path / "a.py")
    assert files.search_path(path) == (str(tmp_path), str(beside))
    files.installed.cache_clear()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert files.search_path(path) == (str(tmp_path), str(active))
    assert files.search_path(path, str(tmp_path / "named")) == (str(tmp_path), str(named))


def test_our_own_environment_says_nothing_about_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "pyproject.toml")
    beside = environment(tmp_path / "venv")
    own = tmp_path / "hook"
    environment(own)
    monkeypatch.setattr(sys, "prefix", str(own))
    monkeypatch.setenv("VIRTUAL_ENV", str(own))
    assert files.search_path(str(tmp_path / "a.py")) == (str(tmp_path), str(beside))


def test_without_an_environment_our_own_packages_count(tmp_path: Path) -> None:
    import libcst

    assert libcst.__file__ is not None
    find = files.module_finder(files.search_path(str(tmp_path / "a.py")))
    found = find("libcst")
    assert found is not None
    assert Path(found[0]).samefile(libcst.__file__)
    assert find("json") is None, "the standard library is not searched"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right")
def test_an_interpreter_stands_for_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base"
    put(base, "bin/python3.11")
    old = base / "lib" / "python3.8" / "site-packages"
    right = base / "lib" / "python3.11" / "site-packages"
    newer = base / "lib" / "python3.12" / "site-packages"
    for folder in (old, right, newer):
        folder.mkdir(parents=True)
    packages = environment(tmp_path / "env")
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "env" / "bin" / "python").symlink_to(base / "bin" / "python3.11")
    (tmp_path / "python").symlink_to(base / "bin" / "python3.11")
    (base / "bin" / "python3.11").chmod(0o755)

    assert files.installed(str(tmp_path / "env" / "bin" / "python"), None) == (str(packages),)
    assert files.installed(str(tmp_path / "python"), None) == (str(right),), "a link from elsewhere"
    assert files.installed(str(base), None) == (str(newer),), "of a folder the newest"
    monkeypatch.setenv("PATH", str(base / "bin"))
    assert files.installed("python3.11", None) == (str(right),)
    windows = tmp_path / "windows"
    put(windows, "Scripts/python.exe", "Lib/site-packages/a.py")
    expected = (str(windows / "Lib" / "site-packages"),)
    assert files.installed(str(windows / "Scripts" / "python.exe"), None) == expected
    put(windows, "python.exe")
    assert files.installed(str(windows / "python.exe"), None) == expected


@pytest.mark.parametrize("python", ["no-such-python", "empty", "lone"])
def test_a_python_without_packages_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    put(tmp_path, "lone")
    with pytest.raises(FileError, match=f"{python}: is neither an interpreter nor"):
        files.search_path("a.py", python)


def test_an_open_environment_sees_its_home(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env")
    system = tmp_path / "usr" / "lib" / "python3.11" / "site-packages"
    system.mkdir(parents=True)
    debian = tmp_path / "usr" / "lib" / "python3" / "dist-packages"
    debian.mkdir(parents=True)
    config = tmp_path / "env" / "pyvenv.cfg"
    config.write_text(f"home = {tmp_path / 'usr' / 'bin'}\ninclude-system-site-packages = true\n")
    found = files.installed(str(tmp_path / "env"), None)
    assert found == (str(packages), str(system), str(debian))
    config.write_text(f"home = {tmp_path / 'usr' / 'bin'}\ninclude-system-site-packages = false\n")
    files.installed.cache_clear()
    assert files.installed(str(tmp_path / "env"), None) == (str(packages),)


def test_packages_installed_in_place_are_found(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env")
    put(tmp_path, "elsewhere/thing.py")
    link = packages / "thing.pth"
    link.write_text(f"import os\n# a comment\n\n{tmp_path / 'elsewhere'}\n../nowhere\n")
    (packages / "broken.pth").write_bytes(b"\xff")
    found = files.installed(str(tmp_path / "env"), None)
    assert found == (str(packages), str(tmp_path / "elsewhere"))
