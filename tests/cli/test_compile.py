"""``ireekit compile``."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import ireekit as api


def test_summary_and_default_output(ireekit, models: Path, tmp_path: Path) -> None:
    model = tmp_path / "net.mlir"
    model.write_text((models / "add.mlir").read_text())
    done = ireekit("compile", model)
    assert done.code == 0
    path = re.escape(str(tmp_path / "net.vmfb"))
    assert re.fullmatch(rf"{path}: [\d.]+ KiB, cpu:host, entry points: main, [\d.]+ s(, from the cache)?\n", done.out)
    x = np.arange(4, dtype=np.float32)
    np.testing.assert_array_equal(api.load(tmp_path / "net.vmfb")(x, x), 2 * x)


def test_the_cache_is_told_and_can_be_left_out(ireekit, models: Path, tmp_path: Path) -> None:
    words = ["compile", models / "add.mlir", "-o", tmp_path / "a.vmfb"]
    assert "from the cache" not in ireekit(*words, "--cache", tmp_path / "c").out
    assert "from the cache" in ireekit(*words, "--cache", tmp_path / "c").out
    assert "from the cache" not in ireekit(*words, "--no-cache").out


def test_options_reach_the_compiler(ireekit, models: Path, tmp_path: Path) -> None:
    flag = "--iree-llvmcpu-stack-allocation-limit=65536"
    late = "--iree-llvmcpu-target-vector-width-in-bytes=32"
    done = ireekit(
        "compile",
        models / "add.mlir",
        "-o",
        tmp_path / "a.vmfb",
        "-t",
        "vmvx",
        "-O3",
        "--data-types",
        "f32=f16",
        f"--flag={flag}",
        "--",
        late,
    )
    assert done.code == 0, done.err
    metadata = api.load(tmp_path / "a.vmfb").metadata
    assert metadata.targets == ("vmvx:any",)
    assert metadata.options == {"optimize": "O3", "data_types": {"f32": "f16"}}
    assert metadata.entry_points[0].inputs[0].dtype == "float16"
    assert metadata.flags[-2:] == (flag, late)


def test_several_targets_in_one_artifact(ireekit, models: Path, tmp_path: Path) -> None:
    target = ["-t", "cpu,vulkan:rdna3", "-t", "cuda:sm_80"]
    done = ireekit("compile", models / "add.mlir", *target, "-o", tmp_path / "a.vmfb")
    assert done.code == 0, done.err
    assert "cpu:host,vulkan:rdna3,cuda:sm_80" in done.out


def test_a_targets_note_is_told(ireekit, models: Path, tmp_path: Path) -> None:
    done = ireekit("compile", models / "add.mlir", "-t", "cuda:sm_90", "-o", tmp_path / "a.vmfb")
    assert done.code == 0
    assert done.err.startswith("note: cuda:sm_90: ")


def test_quiet_says_nothing(process, models: Path, tmp_path: Path) -> None:
    done = process("compile", models / "add.mlir", "-q", "-o", tmp_path / "a.vmfb")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_reports(ireekit, models: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.vmfb"
    words = ["--report", "size", "--report", "time", "--report", "passes"]
    done = ireekit("compile", models / "add.mlir", "-o", output, "--no-cache", *words)
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    total = next(line for line in lines if line[0] == "total")
    assert int(total[1].replace(",", "")) == output.stat().st_size
    seconds = {line[0]: float(line[1]) for line in lines if len(line) == 3 and re.fullmatch(r"\d+\.\d{3}", line[1])}
    assert {"import", "input", "flow", "hal", "vm", "total"} <= set(seconds)
    parts = sum(value for name, value in seconds.items() if name != "total")
    assert parts == pytest.approx(seconds["total"], abs=0.02)
    for step in api.load(output).metadata.passes:
        assert re.search(rf"^{step.split(': ')[0]} .*{re.escape(step.split(': ')[1])}", done.out, re.MULTILINE)


def test_dump(ireekit, models: Path, tmp_path: Path) -> None:
    done = ireekit("compile", models / "add.mlir", "-o", tmp_path / "a.vmfb", "--dump", tmp_path / "ir")
    assert done.code == 0
    names = sorted(path.name for path in (tmp_path / "ir").iterdir())
    assert names[0] == "00-start.mlir"
    assert "arith.addf" in (tmp_path / "ir" / names[0]).read_text()


def test_static_library(ireekit, models: Path, tmp_path: Path) -> None:
    words = ["--static-library", tmp_path / "fw", "--name", "add", "-t", "cpu:cortex-m7", "--report", "size"]
    done = ireekit("compile", models / "add.mlir", *words)
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "fw").iterdir()) == ["add.c", "add.h", "add.o"]
    assert "cpu:cortex-m7, entry points: main" in done.out
    sizes = {name: int(size.replace(",", "")) for size, name in map(str.split, done.out.splitlines()[1:])}
    assert sizes["add.o"] == (tmp_path / "fw" / "add.o").stat().st_size
    assert 0 < sizes["text"] < sizes["add.o"]


def test_onnx(ireekit, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the onnx package is not installed")
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4]) for name in ("pixels", "scores")]
    node = onnx.helper.make_node("Relu", ["pixels"], ["scores"])
    graph = onnx.helper.make_graph([node], "relu", ends[:1], ends[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset), tmp_path / "relu.onnx")
    assert ireekit("compile", tmp_path / "relu.onnx").code == 0
    done = ireekit("run", tmp_path / "relu.vmfb", "--input", "pixels=1x4xf32=-1 2 -3 4")
    assert done.out == "scores: float32[1, 4]\n[[0. 2. 0. 4.]]\n"


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (["nope.mlir"], ["no such file: nope.mlir"]),
        (["model.xyz"], ["no frontend reads files named *.xyz", "known: "]),
        (["refused.mlir"], ["tensor.splat", "at: refused.mlir:3", "in: phase", "details: "]),
        (["broken.mlir"], ["at: broken.mlir:1"]),
        (["add.mlir", "-p", "mypipelin"], ["no installed package offers", "did you mean 'mypipeline'?"]),
        (["add.mlir", "-t", "vulkn"], ["unknown target 'vulkn'", "did you mean vulkan"]),
        (["add.mlir", "-t", "cuda:sm_79"], ["unknown architecture 'sm_79'", "did you mean sm_"]),
        (["add.mlir", "-t", ","], ["no target given"]),
        (["add.mlir", "--data-types", "f32=f17"], ["no conversion of data type 'f32' to 'f17'"]),
        (["add.mlir", "--", "--iree-no-such-flag"], ["iree-no-such-flag"]),
        (
            ["add.mlir", "-o", "no/such/folder/a.vmfb"],
            ["the folder of the output", "mkdir -p no/such/folder"],
        ),
        (["add.mlir", "-o", "."], ["the output . is a folder"]),
        (["add.mlir", "-o", "add.mlir"], ["is the model itself"]),
        (["add.mlir", "--static-library", "fw", "-t", "vulkan:rdna3"], ["no static library can be made"]),
        (["add.mlir", "-o", "model.xyz/a.vmfb"], ["model.xyz is a file, not a folder"]),
        (["add.mlir", "--static-library", "fw", "--name", "../x"], ["'../x' cannot be the name of files"]),
        (["add.mlir", "--static-library", "add.mlir"], ["cannot write into add.mlir"]),
    ],
)
def test_refusals(
    *,
    ireekit,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    messages: list[str],
) -> None:
    for name in ("add", "refused"):
        (tmp_path / f"{name}.mlir").write_text((models / f"{name}.mlir").read_text())
    (tmp_path / "broken.mlir").write_text("func.func @main(")
    (tmp_path / "model.xyz").touch()
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    done = ireekit("compile", *words)
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) <= 20
    for message in messages:
        assert message in done.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "fw") == before
    assert (tmp_path / "add.mlir").read_text() == (models / "add.mlir").read_text()


def test_a_failed_compilation_leaves_the_old_output(ireekit, models: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.vmfb"
    output.write_bytes(b"old")
    assert ireekit("compile", models / "refused.mlir", "-o", output).code == 1
    assert output.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [output]
