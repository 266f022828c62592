"""Static libraries for bare metal."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from ireekit import Pipeline
from ireekit.errors import ArtifactError, CompileError, TargetError

# Machine in the ELF header -> target.
MACHINES = {"cpu:host": None, "cpu:aarch64": 183, "cpu:cortex-m7": 40, "cpu:cortex-m4": 40, "cpu:riscv32": 243}


@pytest.mark.parametrize("target", MACHINES)
def test_object_header_and_source(target: str, modules, tmp_path: Path) -> None:
    made = Pipeline("test").compile_static_library(
        modules["matmul"], folder=tmp_path / "out", target=target, name="net"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["net.c", "net.h", "net.o"]
    assert (made.object_file, made.header, made.c_source) == tuple(tmp_path / "out" / f"net.{end}" for end in "ohc")
    data = made.object_file.read_bytes()
    assert data[:4] == b"\x7fELF"
    if MACHINES[target]:
        assert int.from_bytes(data[18:20], "little") == MACHINES[target]
    query = re.search(r"(\w+_library_query)\(", made.header.read_text())
    assert query
    assert query[1].encode() in data
    source = made.c_source.read_text()
    assert "main" in source
    assert re.search(r"iree_vm_\w+", source)
    assert [entry.name for entry in made.entry_points] == ["main"]
    assert made.sizes["net.o"] == len(data)
    assert made.sizes["net.c"] > 0
    assert made.sizes["net.h"] > 0
    assert made.sizes["text"] > 0
    assert re.search(rf"{made.sizes['text']:,} +text", str(made))


def test_several_entry_points(modules, tmp_path: Path) -> None:
    made = Pipeline("test").compile_static_library(modules["two entry points"], folder=tmp_path, target="cpu")
    assert [entry.name for entry in made.entry_points] == ["main", "other"]
    assert "other" in made.c_source.read_text()


def test_passes_run(modules, calls, tmp_path: Path) -> None:
    seen: list[str] = []
    pipeline = Pipeline("test").at("abi", calls(lambda op: seen.append(op.name)))
    pipeline.compile_static_library(modules["add"], folder=tmp_path, target="cpu")
    assert seen == ["builtin.module"]


def test_wasm_needs_no_linker(modules, tmp_path: Path) -> None:
    made = Pipeline("test").compile_static_library(modules["add"], folder=tmp_path, target="cpu:wasm32")
    assert made.object_file.read_bytes()[:4] == b"\0asm"


@pytest.mark.parametrize("target", ["cuda", "vulkan:rdna3", "vmvx", "cpu,cuda"])
def test_only_one_cpu(target: str, modules, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no static library can be made"):
        Pipeline("test").compile_static_library(modules["add"], folder=tmp_path / "out", target=target)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be(modules, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot write into"):
        Pipeline("test").compile_static_library(modules["add"], folder=tmp_path / "file", target="cpu")


def test_a_failure_leaves_what_was_there(modules, calls, tmp_path: Path) -> None:
    made = Pipeline("test").compile_static_library(modules["add"], folder=tmp_path, target="cpu")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(op) -> None:
        raise ValueError("no")

    with pytest.raises(CompileError):
        Pipeline("test").at("hal", calls(fail)).compile_static_library(modules["matmul"], folder=tmp_path, target="cpu")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert made.object_file.exists()


def test_the_process_compiles_on_as_before(modules, tmp_path: Path) -> None:
    """Writing C needs options of the whole process, which must not leak into later programs."""
    before = Pipeline("test").compile(modules["add"], cache=False)
    Pipeline("test").compile_static_library(modules["add"], folder=tmp_path, target="cpu:cortex-m7")
    after = Pipeline("test").compile(modules["add"], cache=False)
    assert before.metadata.flags == after.metadata.flags
    end = before.data.index(b"ireekit.json")
    assert before.data[: end - 30] == after.data[: end - 30]


def test_compilations_afterwards_give_the_same_program(modules, tmp_path: Path) -> None:
    before = _program(modules["matmul"])
    Pipeline("test").compile_static_library(modules["matmul"], folder=tmp_path, target="cpu:host")
    assert _program(modules["matmul"]) == before


def _program(module: str) -> dict[str, bytes]:
    """The program's parts, without the metadata: those tell how long compiling took."""
    data = Pipeline("test").compile(module, cache=False).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "ireekit.json"}
