"""Loading: sources, parameters, wrong devices, closing, memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ireekit.errors import ArtifactError, DeviceError, IreekitError
from ireekit.runtime import Program, devices, parameter_names, to_device
from ireekit.signature import EntryPoint, Leaf

Files = Callable[[str], Path]
F4 = np.arange(4, dtype=np.float32)


def short(error: IreekitError) -> str:
    assert "\n" not in error.cause
    assert len(error.cause) < 300
    assert "runtime/src" not in error.cause
    assert error.remedy
    return error.cause


def test_files_and_bytes_load_alike(program_file: Files) -> None:
    path = program_file("add")
    content = path.read_bytes()
    aligned = np.zeros(len(content) + 64, np.uint8)
    start = -aligned.ctypes.data % 64
    aligned[start : start + len(content)] = np.frombuffer(content, np.uint8)
    for source in (
        path,
        str(path),
        content,
        bytearray(content),
        memoryview(aligned[start : start + len(content)]),
    ):
        with Program.load(source) as program:
            assert program(F4, F4).tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is empty"),
        (b"x", "is no compiled program"),
        (b"PK\x03\x04" + b"x" * 500, "is no compiled program"),
        (b"\0" * 4096, "is no compiled program"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "model.vmfb"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=cause) as caught:
        Program.load(path)
    assert "model.vmfb" in short(caught.value)
    with pytest.raises(ArtifactError) as caught:
        Program.load(content)
    short(caught.value)


def test_cut_and_missing_files_are_refused(program_file: Files, tmp_path: Path) -> None:
    content = program_file("add").read_bytes()
    with pytest.raises(ArtifactError) as caught:
        Program.load(content[: len(content) // 10])
    short(caught.value)
    with pytest.raises(ArtifactError, match=r"absent\.vmfb cannot be read: No such file"):
        Program.load(tmp_path / "absent.vmfb")
    with pytest.raises(ArtifactError, match="cannot be read: Is a directory"):
        Program.load(tmp_path)


def test_a_program_for_another_device_says_so_in_one_line(program_file: Files) -> None:
    with pytest.raises(DeviceError) as caught:
        Program.load(program_file("vulkan"), device="cpu")
    assert short(caught.value) == "the program was compiled for vulkan (llvmpipe), the device is local-task"
    with pytest.raises(DeviceError, match="no device for 'tpu'"):
        Program.load(program_file("add"), device="tpu")


def test_entry_points_must_match_the_module(program_file: Files) -> None:
    leaf = Leaf("a", "float32", (4,))
    program = Program.load(program_file("add"), entry_points=[EntryPoint.flat("other", [leaf], [leaf])])
    with pytest.raises(ArtifactError, match="the program has no entry point 'other'") as caught:
        program(F4)
    assert caught.value.remedy == "it has main"
    program = Program.load(program_file("add"), entry_points=[EntryPoint.flat("main", [leaf], [leaf])])
    with pytest.raises(ArtifactError, match="described with 1 arguments, but was compiled with 2"):
        program(F4)


@pytest.fixture
def weights(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str = "model.irpa", **arrays: Any) -> Path:
        path = tmp_path / name
        if path.suffix == ".safetensors":
            numpy_io = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
            numpy_io.save_file(arrays, path)
        else:
            import iree.runtime as rt

            rt.save_archive_file(arrays, path)
        return path

    return write


@pytest.mark.parametrize("name", ["model.irpa", "model.safetensors"])
def test_parameters_come_from_archives(program_file: Files, weights: Callable[..., Path], name: str) -> None:
    path = weights(name, w=F4, b=np.ones(4, np.float32))
    assert sorted(parameter_names(path)) == ["b", "w"]
    with Program.load(program_file("parameters"), parameters={"model": path}) as program:
        assert program(F4).tolist() == [1, 2, 5, 10]
        program.reset()
        assert program(F4).tolist() == [1, 2, 5, 10]


def test_wrong_parameters_are_named(
    program_file: Files, weights: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program, good = program_file("parameters"), {"w": F4, "b": F4}
    junk = tmp_path / "junk.irpa"
    junk.write_bytes(b"junk")
    cases: list[tuple[dict[str, Path] | None, str]] = [
        (None, "keeps its weights in a file of their own, and none was given"),
        ({"model": weights("a.irpa", w=F4)}, "have no parameter 'b', which the program needs"),
        (
            {"model": weights("b.irpa", w=F4[:2].copy(), b=F4)},
            "parameter 'w' has 8 bytes, the program needs 16",
        ),
        ({"other": weights("c.irpa", **good)}, "needs parameters of scope 'model', and none were given"),
        ({"model": tmp_path / "absent.irpa"}, "there is no parameter file"),
        ({"model": program}, "is no parameter file"),
        ({"model": junk}, "parameter file junk.irpa cannot be read"),
    ]
    for parameters, cause in cases:
        with pytest.raises(ArtifactError) as caught:
            Program.load(program, parameters=parameters)
        assert cause in short(caught.value)
    assert capfd.readouterr().err == ""


def test_a_failing_assertion_is_one_line(program_file: Files) -> None:
    with Program.load(program_file("many")) as program:
        assert program["positive"](F4, True).tolist() == F4.tolist()
        with pytest.raises(DeviceError, match="positive failed on local-task: the flag must be set") as caught:
            program["positive"](F4, False)
        short(caught.value)
        assert program["positive"](F4, True).tolist() == F4.tolist()


def test_closed_programs_say_so(program_file: Files) -> None:
    program = Program.load(program_file("many"))
    add, count = program["add"], program["count"]
    add(F4, F4)
    program.close()
    program.close()
    for call in (lambda: add(F4, F4), lambda: count(1), lambda: program["add"](F4, F4), program.reset):
        with pytest.raises(DeviceError, match="the program is closed"):
            call()
    assert isinstance(add.submit(F4, F4).exception(), DeviceError)
    tensor = to_device(F4)
    tensor.close()
    with pytest.raises(DeviceError, match="this device tensor is closed"):
        tensor.numpy()


def test_importing_the_package_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, ireekit.runtime; print(*{'torch', 'jax', 'numpy', 'iree.runtime'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == []


def test_vulkan_runs_and_reads_back(program_file: Files, vulkan_device: str) -> None:
    with Program.load(program_file("vulkan"), device=vulkan_device) as program:
        assert program(F4, F4).tolist() == [0, 2, 4, 6]
        tensor = program(to_device(F4, vulkan_device), to_device(F4, vulkan_device))
        assert tensor.device is program.device
        assert program(tensor, tensor).numpy().tolist() == [0, 4, 8, 12]
        assert program(tensor, F4).tolist() == [0, 3, 6, 9]
        assert program.submit(F4, F4).result(10).tolist() == [0, 2, 4, 6]
        assert program.memory()["live"] > 0
    with pytest.raises(DeviceError, match=r"compiled for cpu \(.*\), the device is vulkan:0"):
        Program.load(program_file("add"), device=vulkan_device)
    with pytest.raises(DeviceError, match="vulkan has 1 device here"):
        Program.load(program_file("vulkan"), device=f"vulkan:{len(devices())}")
