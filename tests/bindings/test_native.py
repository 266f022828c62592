"""The native library: it is there where it can be built, fits the compiler, and its lack is one sentence."""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ireekit.bindings import build_info
from ireekit.bindings.native import NAME, native_library, native_library_path, native_problem, require_native
from ireekit.bindings.symbol_cache import store_symbols, stored_symbols
from ireekit.bindings.symbols import addresses, find_cached, find_symbols

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "python" / "ireekit" / "plugin" / "native"
ANCHOR = "ireeCompilerGetAPIVersion"
HIDDEN = "_ZN4mlir4irdl12loadDialectsENS_8ModuleOpE"


def python(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def build(compiler: str, folder: Path, *warnings: str) -> Path:
    """The library as CMakeLists.txt has it, not optimised, with more warnings as errors."""
    for tool in (compiler, "cmake"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here (Debian: g++, clang, g++-aarch64-linux-gnu, cmake)")
    flags = " ".join(["-O0", *warnings])
    configure = ["cmake", "-S", ROOT, "-B", folder, f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_CXX_FLAGS={flags}"]
    for command in (configure, ["cmake", "--build", folder]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return folder / NAME


class TestLibrary:
    def test_it_is_there_where_a_compiler_is(self) -> None:
        """A failure to build must not pass for a machine without a compiler."""
        if shutil.which("c++") is None and shutil.which("g++") is None and shutil.which("clang++") is None:
            pytest.skip("no C++ compiler here")
        assert native_problem() is None
        path = native_library_path()
        assert path is not None
        assert path.name == NAME
        assert require_native() is native_library()

    def test_every_symbol_it_wants_is_in_a_verified_build(self) -> None:
        if build_info().verified is None or native_library() is None:
            pytest.skip(native_problem() or f"compiler build {build_info().build_id} is not one that was verified")
        native = require_native()
        names: list[str] = []
        while (name := native.ireekit_symbol_name(len(names))) is not None:
            names.append(name.decode())
        assert len(names) > 20
        assert set(names) == set(addresses(names))
        native.ireekit_bind(len(names), None)

    @pytest.mark.parametrize("setting", ["", "/nowhere/libireekit.so", str(Path(__file__).parent)])
    def test_without_it(self, setting: str) -> None:
        script = """
from ireekit.bindings.native import *
from ireekit.errors import CapabilityError
assert native_library() is None and native_library_path() is None
try:
    require_native()
except CapabilityError as error:
    assert error.cause == native_problem()
    print(error)
"""
        lines = python(script, IREEKIT_NATIVE_LIBRARY=setting).splitlines()
        assert lines[0] == "ireekit was installed without its native library libireekit.so"
        assert len(lines) == 2
        assert "remedy" in lines[1]

    def test_a_file_that_is_no_library(self, tmp_path: Path) -> None:
        (tmp_path / NAME).write_bytes(b"\x7fELF and no more")
        said = python(
            "from ireekit.bindings.native import *; print(native_problem())",
            IREEKIT_NATIVE_LIBRARY=str(tmp_path / NAME),
        )
        assert "cannot be loaded" in said

    def test_a_library_of_something_else(self) -> None:
        said = python(
            "from ireekit.bindings.native import *; print(native_problem())",
            IREEKIT_NATIVE_LIBRARY=ctypes.util.find_library("m") or str(build_info().path),
        )
        assert "cannot be loaded" in said or "without its native library" in said

    def test_one_of_another_version(self) -> None:
        script = "from ireekit.bindings import native; native._ABI_VERSION = {}; print(native.native_problem())"
        library = native_library_path()
        if library is None:
            pytest.skip(f"{native_problem()}")
        assert python(script.format("native._ABI_VERSION"), IREEKIT_NATIVE_LIBRARY=str(library)) == "None"
        said = python(script.format("999"), IREEKIT_NATIVE_LIBRARY=str(library))
        assert "another version of ireekit" in said

    @pytest.mark.slow
    def test_it_compiles_with_clang_and_without_a_warning(self, tmp_path: Path) -> None:
        """With more warnings than the build asks for. With g++ and as many: tests/plugin/test_sanitizers.py."""
        library = build("clang++", tmp_path, "-Wshadow", "-Wnon-virtual-dtor")
        script = "from ireekit.bindings.native import native_problem; print(native_problem())"
        assert python(script, IREEKIT_NATIVE_LIBRARY=str(library)) == "None"

    @pytest.mark.slow
    def test_it_compiles_for_aarch64(self, tmp_path: Path) -> None:
        """With what the build asks for: everything is linked that it needs beside libc."""
        library = build("aarch64-linux-gnu-g++", tmp_path)
        machine = int.from_bytes(library.read_bytes()[18:20], "little")
        assert machine == 183  # EM_AARCH64

    def test_it_needs_no_headers_but_its_own_and_the_standard_ones(self) -> None:
        own = {path.name for path in SOURCES.iterdir()}
        for path in SOURCES.iterdir():
            for line in path.read_text().splitlines():
                if not line.startswith("#include"):
                    continue
                header = line.split()[1].strip('<">')
                # Of the operating system: sys/stat.h, mach-o/dyld.h.
                standard = "/" not in header or header.startswith(("sys/", "mach-o/"))
                assert header in own if '"' in line else standard, (path.name, line)


class TestSymbols:
    @pytest.fixture(autouse=True)
    def _elf(self) -> None:
        if not find_symbols(build_info().path, [ANCHOR]):
            pytest.skip("the compiler's library has no symbol table here")

    def test_exported_and_hidden_ones_have_addresses(self) -> None:
        found = addresses([ANCHOR, HIDDEN, "no such function"])
        assert set(found) == {ANCHOR, HIDDEN}
        values = find_symbols(build_info().path, [ANCHOR, HIDDEN])
        assert found[ANCHOR] - values[ANCHOR] == found[HIDDEN] - values[HIDDEN]
        assert (found[ANCHOR] - values[ANCHOR]) % 4096 == 0

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("IREEKIT_CACHE_DIR", str(tmp_path / "cache"))
        return tmp_path / "cache"

    def test_what_was_found_is_kept(self, folder: Path) -> None:
        assert stored_symbols(build_info()) == {}
        store_symbols(build_info(), {"f": 16, "g": None})
        assert stored_symbols(build_info()) == {"f": 16, "g": None}
        assert len(list(folder.iterdir())) == 1

    @pytest.mark.parametrize(
        "damage",
        [
            b"",
            b"{",
            b"[]",
            b'"x"',
            b"\xff\xfe",
            b'{"library": 1, "symbols": {}}',
            b'{"symbols": {"f": 1}}',
            "symbols",
            "values",
            "library",
        ],
    )
    def test_what_does_not_fit_is_not_used(self, folder: Path, damage: bytes | str) -> None:
        store_symbols(build_info(), {"f": 16})
        (file,) = folder.iterdir()
        content = json.loads(file.read_bytes())
        if damage == "symbols":
            content["symbols"] = [1]
        elif damage == "values":
            content["symbols"]["f"] = "16"
        elif damage == "library":
            content["library"][2] += 1
        file.write_bytes(damage if isinstance(damage, bytes) else json.dumps(content).encode())
        assert stored_symbols(build_info()) == {}

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("IREEKIT_CACHE_DIR", str(tmp_path / "file" / "cache"))
        store_symbols(build_info(), {"f": 16})
        assert stored_symbols(build_info()) == {}

    def test_a_second_process_does_not_read_the_table(self, folder: Path) -> None:
        script = f"""
from ireekit.bindings import symbols
print(symbols.addresses([{HIDDEN!r}, "none"]).keys() == {{{HIDDEN!r}}})
symbols.find_symbols = None
print(symbols.addresses([{HIDDEN!r}, "none"]).keys() == {{{HIDDEN!r}}})
"""
        assert python(script).split() == ["True", "True"]
        first, second = script.strip().rsplit("symbols.find_symbols = None\n", 1)
        only_second = "from ireekit.bindings import symbols\nsymbols.find_symbols = None\n" + second
        assert python(only_second) == "True"
        assert first
        assert folder.exists()

    @pytest.mark.parametrize("damage", ["nothing", "not JSON", "values", "empty"])
    def test_kinds_of_passes_are_asked_for_once(self, folder: Path, damage: str) -> None:
        """Whether a name is a pass or a pipeline: the next process starts no tool, but where the file is damaged."""
        script = """
from ireekit.bindings import native_passes
asked = []
usual = native_passes.native_passes
native_passes.native_passes = lambda: asked.append(1) or usual()
names = ("cse", "iree-abi-transformation-pipeline", "no-such", "no-such-pipeline")
print(*map(native_passes.is_native_pipeline, names), len(asked))
"""
        kinds = "False True False True"
        assert python(script) == f"{kinds} 1"
        (file,) = folder.glob("pipelines-*.json")
        content = json.loads(file.read_bytes())
        if damage == "values":
            content["pipelines"]["cse"] = "True"
        elif damage == "empty":
            content["pipelines"] = {}
        file.write_text("{" if damage == "not JSON" else json.dumps(content))
        assert python(script) == f"{kinds} {0 if damage == 'nothing' else 1}"

    def test_found_once_a_process(self) -> None:
        assert find_cached([HIDDEN]) == find_cached([HIDDEN, HIDDEN])
