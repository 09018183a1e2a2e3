"""Files come out as they went in, and imports lead where Python would go."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from importlib import machinery
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_asyncrun import files
from flake8_asyncrun.files import FileError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(name, raising=False)
    files.installed.cache_clear()


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


def test_a_package_in_a_namespace_package_has_its_full_name(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "src/company/app/__init__.py", "src/company/app/sub/a.py")
    src, company = str(tmp_path / "src"), str(tmp_path / "src" / "company")
    path = str(tmp_path / "src" / "company" / "app" / "store.py")
    assert files.project_roots(path) == (src, company, str(tmp_path))
    assert files.module_name(path, files.project_roots(path)) == "company.app.store"
    put(tmp_path, "src/__init__.py")
    put(tmp_path, "src/company/__init__.py")
    assert files.project_roots(path) == (str(tmp_path), src)
    assert files.module_name(path, files.project_roots(path)) == "src.company.app.store"


def test_what_lies_beside_a_module_deep_in_src_hides_nothing(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "src/company/bot.py", "src/company/redis.py", "src/start.py")
    packages = environment(tmp_path / ".venv", "redis/__init__.py")
    src, deep = str(tmp_path / "src"), str(tmp_path / "src" / "company")
    path = str(tmp_path / "src" / "company" / "bot.py")
    assert files.search_path(path) == (src, str(tmp_path), str(packages), deep)
    assert files.search_path(str(tmp_path / "src" / "start.py"))[0] == src
    put(tmp_path, "src/__init__.py")
    assert files.search_path(path)[0] == deep, "src is a package like others"


def test_a_module_called_setup_makes_no_project(tmp_path: Path) -> None:
    put(tmp_path, "setup.py", "app/__init__.py", "app/setup.py", "app/a.py")
    assert files.project_root(str(tmp_path / "app" / "a.py")) == tmp_path


def test_projects_of_a_monorepo_see_each_other_only_when_installed(tmp_path: Path) -> None:
    put(tmp_path, ".git", "pyproject.toml")
    for name in "ab":
        put(tmp_path / "packages" / name, "pyproject.toml", f"src/{name}/__init__.py")
    packages = environment(tmp_path / ".venv")
    path = str(tmp_path / "packages" / "a" / "src" / "a" / "__init__.py")

    def found(name: str) -> bool:
        files.installed.cache_clear()
        return files.module_finder(files.search_path(path))(name) is not None

    assert found("a")
    assert not found("b")
    (packages / "b.pth").write_text(str(tmp_path / "packages" / "b" / "src"))
    assert found("b")
    assert files.search_path(path)[:3] == (
        str(tmp_path / "packages" / "a" / "src"),
        str(tmp_path / "packages" / "a"),
        str(packages),
    )


def test_the_folders_of_a_project_end_at_the_repository(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "a" / "b"
    put(outer, "a/b/c/x.py")
    path = str(inner / "c" / "x.py")
    assert files.project_folders(path) == (inner / "c",), "nothing looks like a project"
    put(inner, "pyproject.toml")
    assert files.project_folders(path) == (inner / "c", inner)
    put(outer, "setup.cfg")
    assert files.project_folders(path) == (inner / "c", inner, inner.parent, outer)
    put(inner, ".git")
    assert files.project_folders(path) == (inner / "c", inner)


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


NAMES = ("a", "b", "a.a", "a.b", "b.a", "a.b.a", "a.a.b")
ENDINGS = (".py", ".py", "/__init__.py", "/x.txt", f"{machinery.EXTENSION_SUFFIXES[0]}", ".py/x")


def judge(name: str, roots: list[str]) -> str | None:
    """Return the source that Python itself would take for a module."""
    places: list[str] | None = roots
    origin: str | None = None
    for leaf in name.split("."):
        # By its last name only, since Python asks after the parents of a full one.
        spec = None if places is None else machinery.PathFinder.find_spec(leaf, places)
        if spec is None:
            return None
        inner = spec.submodule_search_locations
        places, origin = None if inner is None else list(inner), spec.origin
    if origin is None:
        return None
    source = Path(origin)
    if source.suffix != ".py":  # compiled, maybe from what lies beside it
        source = source.with_name(f"{source.name.partition('.')[0]}.py")
    return str(source) if source.is_file() else None


@given(
    trees=st.lists(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ENDINGS)), max_size=5),
        min_size=1,
        max_size=3,
    )
)
def test_python_is_the_judge(trees: list[list[tuple[str, str]]]) -> None:
    with tempfile.TemporaryDirectory() as top:
        roots = []
        for index, tree in enumerate(trees):
            root = Path(top) / str(index)
            root.mkdir()
            roots.append(str(root))
            for name, ending in tree:
                path = root / f"{name.replace('.', '/')}{ending}"
                with contextlib.suppress(OSError):  # a folder where a file is, or the reverse
                    put(path.parent, path.name)
        find = files.module_finder(roots)
        for name in NAMES:
            found = find(name)
            assert (found[0] if found else None) == judge(name, roots), (name, trees)


def finder_below(top: Path, *roots: str) -> Callable[[str], str | None]:
    """Return where a module is found, as a path below `top`."""
    find = files.module_finder([str(top / root) for root in roots])

    def where(name: str) -> str | None:
        found = find(name)
        return Path(found[0]).relative_to(top).as_posix() if found else None

    return where


def test_a_namespace_spreads_over_distributions_and_the_project(tmp_path: Path) -> None:
    put(tmp_path, "src/google/cloud/mine/__init__.py", "src/google/cloud/mine/a.py")
    put(tmp_path, "packages/google/cloud/storage/__init__.py", "packages/google/auth/__init__.py")
    put(tmp_path, "packages/google/cloud/mine/b.py")
    where = finder_below(tmp_path, "src", "packages")
    assert where("google.cloud") is None
    assert where("google.cloud.mine.a") == "src/google/cloud/mine/a.py"
    assert where("google.cloud.storage") == "packages/google/cloud/storage/__init__.py"
    assert where("google.auth") == "packages/google/auth/__init__.py"
    assert where("google.cloud.mine.b") is None, "a package is in one place"


@pytest.mark.parametrize(
    "text",
    [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
        "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
    ],
)
def test_a_namespace_of_the_old_kinds_spreads_too(tmp_path: Path, text: str) -> None:
    put(tmp_path, "one/azure/__init__.py", "two/azure/__init__.py", text=text)
    put(tmp_path, "one/azure/a.py", "two/azure/b.py", "three/azure/c.py")
    where = finder_below(tmp_path, "one", "two", "three")
    assert where("azure") == "one/azure/__init__.py"
    assert where("azure.a") == "one/azure/a.py"
    assert where("azure.b") == "two/azure/b.py"
    assert where("azure.c") == "three/azure/c.py"


def test_compiled_modules_hide_what_comes_later(tmp_path: Path) -> None:
    put(tmp_path, "one/fast.abi3.so", "one/windows.cp311-win_amd64.pyd", "one/old.pyc")
    put(tmp_path, "one/pkg/__init__.cpython-311-darwin.so", "one/pkg/a.py")
    put(tmp_path, "one/known.abi3.so", "one/known.pyi", "one/both.abi3.so", "one/both.py")
    for name in ("fast", "windows", "old", "pkg/__init__", "pkg/b", "known"):
        put(tmp_path, f"two/{name}.py")
    where = finder_below(tmp_path, "one", "two")
    assert [where(name) for name in ("fast", "windows", "old", "pkg", "pkg.b")] == [None] * 5
    assert where("pkg.a") == "one/pkg/a.py"
    assert where("known") == "one/known.pyi", "a stub beside it says what it is"
    assert where("both") == "one/both.py"


def test_a_stub_counts_only_without_source(tmp_path: Path) -> None:
    put(tmp_path, "one/early.pyi", "two/early.py", "one/pkg/__init__.pyi", "one/pkg/a.pyi")
    put(tmp_path, "two/real.py", "two/real-stubs/__init__.pyi", "two/fast.abi3.so")
    put(tmp_path, "two/fast-stubs/__init__.pyi", "two/fast-stubs/deep/x.pyi", "two/ghost/y.py")
    put(tmp_path, "two/ghost-stubs/__init__.pyi", "two/ghost-stubs/z.pyi", "two/-stubs/x.pyi")
    where = finder_below(tmp_path, "one", "two")
    assert where("early") == "two/early.py"
    assert where("pkg") == "one/pkg/__init__.pyi"
    assert where("pkg.a") == "one/pkg/a.pyi"
    assert where("real") == "two/real.py"
    assert where("fast") == "two/fast-stubs/__init__.pyi"
    assert where("fast.deep.x") == "two/fast-stubs/deep/x.pyi"
    assert where("ghost") == "two/ghost-stubs/__init__.pyi"
    assert where("ghost.y") == "two/ghost/y.py"
    assert where("ghost.z") == "two/ghost-stubs/z.pyi"
    assert where("real.missing") is None
    assert where("fast-stubs") is None, "no name"


def test_folders_named_like_modules_are_no_modules(tmp_path: Path) -> None:
    put(tmp_path, "one/app.py/x.py", "two/app.py", "one/pkg/__init__.py/x.py", "two/pkg/a.py")
    put(tmp_path, "one/bare", "one/pkg/b.py")
    where = finder_below(tmp_path, "one", "two")
    assert where("app") == "two/app.py"
    assert where("pkg") is None
    assert where("pkg.a") == "two/pkg/a.py", "a namespace, since neither is a package"
    assert where("pkg.b") == "one/pkg/b.py"
    assert where("bare") is None
    assert where("bare.a") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right")
def test_a_finder_does_not_go_round_in_circles(tmp_path: Path) -> None:
    put(tmp_path, "pkg/__init__.py")
    (tmp_path / "pkg" / "pkg").symlink_to(tmp_path / "pkg")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    where = finder_below(tmp_path, ".")
    assert where("pkg.pkg.pkg") == "pkg/pkg/pkg/__init__.py"
    assert where(".".join(["pkg"] * 101)) is None
    assert where("self") is None
    assert where("loop.a") is None


def test_a_finder_passes_folders_that_may_not_be_listed(unprivileged: Path) -> None:
    put(unprivileged, "one/app/__init__.py", "two/app/__init__.py", "one/b.py", "two/b.py")
    (unprivileged / "one" / "app").chmod(0)
    where = finder_below(unprivileged, "one", "two")
    assert where("app") == "two/app/__init__.py"
    assert where("b") == "one/b.py"
    (unprivileged / "one" / "app").chmod(0o755)


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


def conda(folder: Path) -> Path:
    put(folder, "conda-meta/history", "bin/python3.11")
    packages = folder / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    return packages


def test_a_conda_environment_counts_where_no_other_is_active(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "pyproject.toml")
    beside = environment(tmp_path / ".venv")
    active = environment(tmp_path / "active")
    packages = conda(tmp_path / "envs" / "bot")

    def found() -> tuple[str, ...]:
        files.installed.cache_clear()
        return files.search_path(str(tmp_path / "a.py"))[1:]

    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "envs" / "bot"))
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "bot")
    assert found() == (str(packages),)
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "base")
    assert found() == (str(beside),), "the base is always on"
    monkeypatch.delenv("CONDA_DEFAULT_ENV")
    assert found() == (str(packages),)
    put(tmp_path, "envs/bot/condabin/conda")
    assert found() == (str(beside),), "conda itself is only in the base"
    (tmp_path / "envs" / "bot" / "condabin" / "conda").unlink()
    (tmp_path / "envs" / "bot" / "condabin").rmdir()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert found() == (str(active),)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "active"))
    assert found() == (str(packages),), "a hook's environment is none"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "envs" / "bot"))
    monkeypatch.delenv("VIRTUAL_ENV")
    assert found() == (str(beside),)


def test_a_conda_environment_without_python_is_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "pyproject.toml", "env/conda-meta/history", "env/bin/node")
    beside = environment(tmp_path / ".venv")
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "env"))
    assert files.search_path(str(tmp_path / "a.py")) == (str(tmp_path), str(beside))


def test_the_nearest_environment_counts(tmp_path: Path) -> None:
    put(tmp_path, ".git", "services/bot/requirements.txt", "services/web/pyproject.toml")
    top = environment(tmp_path / "venv")
    bot = environment(tmp_path / "services" / "bot" / ".venv")
    for file, packages in [
        ("services/bot/app/a.py", bot),
        ("services/web/app/a.py", top),
        ("a.py", top),
    ]:
        assert files.search_path(str(tmp_path / file))[-1] == str(packages)


def test_an_environment_beside_a_lone_script_counts(tmp_path: Path) -> None:
    packages = environment(tmp_path / "bot" / ".venv")
    assert files.search_path(str(tmp_path / "bot" / "bot.py"))[-1] == str(packages)


@pytest.mark.parametrize(
    ("layout", "python"),
    [
        ("lib/python3.11/site-packages", "bin/python"),
        ("lib/python3.13t/site-packages", "bin/python3.13t"),
        ("lib/pypy3.10/site-packages", "bin/pypy3"),
        ("Lib/site-packages", "Scripts/python.exe"),
        ("Lib/site-packages", "python.exe"),
    ],
)
def test_layouts_of_environments(tmp_path: Path, layout: str, python: str) -> None:
    put(tmp_path, f"{layout}/a.py", python, "pyvenv.cfg")
    expected = (str(tmp_path / layout),)
    assert files.installed(str(tmp_path), ()) == expected
    assert files.installed(str(tmp_path / python), ()) == expected


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

    assert files.installed(str(tmp_path / "env" / "bin" / "python"), ()) == (str(packages),)
    assert files.installed(str(tmp_path / "python"), ()) == (str(right),), "a link from elsewhere"
    assert files.installed(str(base), ()) == (str(newer),), "of a folder the newest"
    monkeypatch.setenv("PATH", str(base / "bin"))
    assert files.installed("python3.11", ()) == (str(right),)
    windows = tmp_path / "windows"
    put(windows, "Scripts/python.exe", "Lib/site-packages/a.py")
    expected = (str(windows / "Lib" / "site-packages"),)
    assert files.installed(str(windows / "Scripts" / "python.exe"), ()) == expected
    put(windows, "python.exe")
    assert files.installed(str(windows / "python.exe"), ()) == expected


@pytest.mark.parametrize("python", ["no-such-python", "empty", "lone", "lo\0ne"])
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
    found = files.installed(str(tmp_path / "env"), ())
    assert found == (str(packages), str(system), str(debian))
    config.write_text(f"home = {tmp_path / 'usr' / 'bin'}\ninclude-system-site-packages = false\n")
    files.installed.cache_clear()
    assert files.installed(str(tmp_path / "env"), ()) == (str(packages),)


def test_an_open_environment_of_windows_sees_its_home(tmp_path: Path) -> None:
    put(tmp_path, "env/Lib/site-packages/a.py", "Python311/Lib/site-packages/b.py")
    put(
        tmp_path,
        "env/pyvenv.cfg",
        text=f"home = {tmp_path / 'Python311'}\ninclude-system-site-packages = true\n",
    )
    assert files.installed(str(tmp_path / "env"), ()) == (
        str(tmp_path / "env" / "Lib" / "site-packages"),
        str(tmp_path / "Python311" / "Lib" / "site-packages"),
    )


@pytest.mark.parametrize("home", ["env/bin", "env", "nowhere", "\0"])
def test_an_open_environment_with_an_odd_home_is_itself(tmp_path: Path, home: str) -> None:
    packages = environment(tmp_path / "env")
    put(
        tmp_path,
        "env/pyvenv.cfg",
        text=f"home = {tmp_path / home}\ninclude-system-site-packages = true\n",
    )
    assert files.installed(str(tmp_path / "env"), ()) == (str(packages),)


def test_packages_installed_in_place_are_found(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env")
    put(tmp_path, "elsewhere/thing.py")
    link = packages / "thing.pth"
    link.write_text(f"import os\n# a comment\n\n{tmp_path / 'elsewhere'}\n../nowhere\n")
    (packages / "broken.pth").write_bytes(b"\xff\n\0\n" + b"x" * 10_000)
    (packages / "folder.pth").mkdir()
    (packages / ".hidden.pth").write_text(str(tmp_path))
    (packages / "windows.pth").write_text("C:\\work\\src\r\n\\\\server\\share\r\n")
    found = files.installed(str(tmp_path / "env"), ())
    assert found == (str(packages), str(tmp_path / "elsewhere"))


def test_a_link_may_begin_with_a_mark_and_be_relative(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env")
    put(tmp_path, "env/src/thing.py")
    (packages / "thing.pth").write_bytes(b"\xef\xbb\xbf../../../src\r\n")
    (packages / "egg.pth").write_text("./thing-1.0-py3.11.egg\n")
    (packages / "thing-1.0-py3.11.egg").write_bytes(b"PK\3\4")
    found = files.installed(str(tmp_path / "env"), ())
    assert found == (str(packages), str(tmp_path / "env" / "src"))


def test_finders_of_setuptools_are_read(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env", "google/auth.py", "both.py")
    put(tmp_path, "work/src/app/__init__.py", "work/src/app/a.py", "work/lone.py", "work/both.py")
    put(tmp_path, "work/lib/mine.v1/__init__.py", "work/lib/mine.v1/b.py", "top/google/x.txt")
    put(tmp_path, "top/app/pyproject.toml")
    work = tmp_path / "work"
    mapping = {
        "app": str(work / "src" / "app"),
        "lone": str(work / "lone"),
        "both": str(work / "both"),
        "google.cloud.mine": str(work / "lib" / "mine.v1"),
        "gone": str(work / "gone"),
    }
    (packages / "__editable___thing_1_0_finder.py").write_text(
        "from __future__ import annotations\nimport sys\n"
        f"MAPPING: dict[str, str] = {mapping!r}\n"
        "NAMESPACES: dict[str, list[str]] = {'google.cloud': [], 'google': []}\n"
    )
    old = {"old": str(work / "lone")}
    (packages / "__editable___old_finder.py").write_text(f"MAPPING = {old!r}\n")
    (packages / "__editable___odd_finder.py").write_text(
        f"MAPPING = {{'a': 1, 2: 'b'}}\nMAPPING = {{exit()}}\nMAPPING = {{{'(' * 5000}}}\n"
    )
    where = finder_below(tmp_path, "top", str(packages))
    assert where("app") == "work/src/app/__init__.py", "not the project's folder of that name"
    assert where("app.a") == "work/src/app/a.py"
    assert where("lone") == "work/lone.py"
    assert where("old") == "work/lone.py"
    assert where("google.cloud.mine") == "work/lib/mine.v1/__init__.py"
    assert where("google.cloud.mine.b") == "work/lib/mine.v1/b.py"
    assert (
        where("google.auth") == (packages / "google" / "auth.py").relative_to(tmp_path).as_posix()
    )
    assert where("both") == (packages / "both.py").relative_to(tmp_path).as_posix(), "last resort"
    assert [where(name) for name in ("gone", "a", "google", "app.lone")] == [None] * 4


def test_finders_of_editables_are_read(tmp_path: Path) -> None:
    packages = environment(tmp_path / "env")
    put(tmp_path, "work/app/__init__.py", "work/app/a.py", "work/lone.py")
    lines = ["from editables.redirector import RedirectingFinder as F", "F.install()"]
    for name, path in (("app", "app/__init__.py"), ("lone", "lone.py")):
        lines.append(f"F.map_module({name!r}, {str(tmp_path / 'work' / path)!r})")
    (packages / "_editable_impl_thing.py").write_text("\n".join(lines))
    where = finder_below(tmp_path, str(packages))
    assert where("app") == "work/app/__init__.py"
    assert where("app.a") == "work/app/a.py"
    assert where("lone") == "work/lone.py"
