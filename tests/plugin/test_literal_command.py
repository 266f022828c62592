"""``iree-compile --iree-plugin=mypipeline in.mlir -o out.vmfb``, with nothing else said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import mypipeline

from .conftest import StockTools

MODEL = """
module @model {
  func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<1x4x6x6xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>)
                                  outs(%init : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
    return %0 : tensor<1x4x6x6xf32>
  }
}
"""


def _program(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("module.fb")


def test_it_gives_what_compile_gives(tools: StockTools, tmp_path: Path) -> None:
    file = tmp_path / "in.mlir"
    file.write_text(MODEL)
    done = tools.run("iree-compile", "--iree-plugin=mypipeline", file, "-o", tmp_path / "out.vmfb")
    assert (done.returncode, done.stderr) == (0, "")
    artifact = mypipeline.compile(file, cache=False)
    assert _program((tmp_path / "out.vmfb").read_bytes()) == _program(artifact.data)


def test_flags_in_files(tools: StockTools, tmp_path: Path) -> None:
    """As the compiler reads them: words with quotes, escapes, files in files and a byte order mark."""
    file = tmp_path / "the model's.mlir"
    file.write_text(MODEL)
    plain = tools.run("iree-compile", "--iree-plugin=mypipeline", file, "-o", tmp_path / "plain.vmfb")
    assert (plain.returncode, plain.stderr) == (0, "")
    (tmp_path / "plugin.txt").write_text("--iree-plugin mypi\\peline\r\n")
    (tmp_path / "flags.txt").write_text(f"\ufeff'@{tmp_path}/plugin.txt'\t-o\n \"{tmp_path}/o\"'ut.vmfb'", "utf-8")
    filed = tools.run("iree-compile", f"@{tmp_path}/flags.txt", "--", file)
    assert (filed.returncode, filed.stderr) == (0, "")
    assert (tmp_path / "out.vmfb").read_bytes() == (tmp_path / "plain.vmfb").read_bytes()


def test_a_target_in_a_file_stays(tools: StockTools, tmp_path: Path) -> None:
    (tmp_path / "target.txt").write_text("--iree-hal-target-device=vulkan\n--compile-to=abi\n")
    words = ["--iree-plugin=only-vulkan", "@target.txt", "-o", "out.mlir", "-"]
    done = tools.run("iree-compile", *words, input=MODEL)
    assert (done.returncode, done.stderr.splitlines()) == (0, ["[vulkan] builtin.module", "[all] builtin.module"])


def test_files_of_flags_that_cannot_be_read(tools: StockTools, tmp_path: Path) -> None:
    """They are the compiler's to complain of."""
    (tmp_path / "itself.txt").write_text("--iree-plugin=mypipeline @itself.txt")
    for name, said in (("itself.txt", "recursive expansion"), ("none.txt", "@none.txt")):
        stock, ours = (tools.run("iree-compile", f"@{name}", plugin=plugin, input="") for plugin in (False, True))
        assert (ours.returncode, ours.stderr) == (stock.returncode, stock.stderr)
        assert ours.returncode == 1
        assert said in ours.stderr


def test_a_target_that_is_given_stays(tools: StockTools) -> None:
    done = tools.compile(MODEL, "--iree-plugin=mypipeline")
    assert (done.returncode, done.stderr) == (0, "")
    flags = ["--iree-hal-target-device=vulkan", "--iree-plugin=only-vulkan", "--compile-to=abi", "-o", "out.mlir"]
    done = tools.run("iree-compile", "-", *flags, input=MODEL)
    assert (done.returncode, done.stderr.splitlines()) == (0, ["[vulkan] builtin.module", "[all] builtin.module"])


def test_steps_for_other_targets_do_not_run(tools: StockTools) -> None:
    done = tools.compile(MODEL, "--iree-plugin=only-vulkan", "--compile-to=abi")
    assert (done.returncode, done.stderr.splitlines()) == (0, ["[all] builtin.module"])


def test_two_pipelines_run_one_after_the_other(tools: StockTools) -> None:
    done = tools.compile(
        MODEL,
        "--iree-plugin=saying",
        "--iree-plugin=acme",
        environment={"ACME_PHASES": "start,preprocessing,flow"},
    )
    assert done.returncode == 0
    assert sorted(done.stderr.splitlines()) == [
        "[default] builtin.module",
        "[flow] builtin.module",
        "[preprocessing] builtin.module",
        "[start] builtin.module",
    ]
