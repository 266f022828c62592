"""The stock tool with a pipeline as its plugin does what the pipeline's ``compile`` does."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ireekit.bindings import PHASES

from .conftest import StockTools

MODEL = """
module @model {
func.func @main(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>) -> tensor<8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x4xf32>)
                     outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  %s = math.tanh %c : tensor<8x4xf32>
  return %s : tensor<8x4xf32>
}
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.mulf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
}
"""

# What the compiler does at the very end of preprocessing, and at the very beginning of dispatch creation, function by
# function together with passes of the phases next to it.
SHARING = """
module @model {
  util.func private @inner(%x: tensor<8x4xf32>) -> tensor<8x4xf32>
      attributes {inlining_policy = #util.inline.never,
                  preprocessing_pipeline = #util.preprocessing_pipeline<"convert-elementwise-to-linalg">} {
    %0 = math.tanh %x : tensor<8x4xf32>
    util.return %0 : tensor<8x4xf32>
  }
  util.func public @main(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>) -> tensor<8x4xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<8x4xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
    %c = linalg.matmul {iree.tensor.trace = "product"} ins(%a, %b : tensor<8x16xf32>, tensor<16x4xf32>)
                       outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
    %s = util.call @inner(%c) : (tensor<8x4xf32>) -> tensor<8x4xf32>
    util.return %s : tensor<8x4xf32>
  }
}
"""
PATTERNS = """
pdl.pattern @exponentials : benefit(1) {
  %type = pdl.type
  %x = pdl.operand
  %tanh = pdl.operation "math.tanh"(%x : !pdl.value) -> (%type : !pdl.type)
  pdl.rewrite %tanh {
    %exp = pdl.operation "math.exp"(%x : !pdl.value) -> (%type : !pdl.type)
    pdl.replace %tanh with %exp
  }
}
"""


@pytest.fixture
def dumping(monkeypatch: pytest.MonkeyPatch, installed: tuple[Path, Path], tmp_path: Path) -> Any:
    for folder in installed:
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("ACME_DUMP", str(tmp_path / "api"))
    (tmp_path / "api").mkdir()
    (tmp_path / "tool").mkdir()
    from ireekit.pipeline import load_pipeline

    return load_pipeline("dumping")


@pytest.mark.parametrize("target", ["cpu:generic", "vulkan:ampere"])
def test_every_phase_ends_with_the_same_program(dumping: Any, tools: StockTools, target: str, tmp_path: Path) -> None:
    _compare(dumping, tools, MODEL, target)


def test_where_phases_share_passes(dumping: Any, tools: StockTools, tmp_path: Path) -> None:
    (tmp_path / "patterns.mlir").write_text(PATTERNS)
    _compare(dumping, tools, SHARING, "cpu:generic", f"--iree-preprocessing-pdl-spec-filename={tmp_path}/patterns.mlir")
    texts = {phase: (tmp_path / "tool" / f"{phase}.mlir").read_text() for phase in PHASES}
    assert "math.exp" in texts["preprocessing"]
    assert ("linalg.generic" in texts["abi"], "linalg.generic" in texts["preprocessing"]) == (False, True)
    assert "preprocessing_pipeline =" in texts["dispatch-creation"]
    assert "iree.tensor.trace" in texts["global-optimization"]
    assert "flow.tensor.trace" not in texts["global-optimization"]
    assert "flow.tensor.trace" in texts["dispatch-creation"]


def _compare(dumping: Any, tools: StockTools, text: str, target: str, *flags: str) -> None:
    """Compile in both ways, and compare what is there after each phase."""
    folder = tools.folder
    file = folder / "model.mlir"
    file.write_text(text)
    artifact = dumping.compile(file, target=target, cache=False, flags=["--iree-opt-level=O1", *flags])
    done = tools.run(
        "iree-compile",
        file,
        "--iree-plugin=dumping",
        *artifact.metadata.flags,
        "-o",
        folder / "tool.vmfb",
        environment={"ACME_DUMP": str(folder / "tool")},
    )
    assert (done.returncode, done.stderr) == (0, "")
    for phase in PHASES:
        texts = [(folder / way / f"{phase}.mlir").read_text() for way in ("api", "tool")]
        assert _digest(texts[0]) == _digest(texts[1]), phase
    # The artifact has metadata, with a time, behind the program.
    program = (folder / "tool.vmfb").read_bytes()
    assert _members(program).items() <= _members(artifact.data).items()


@pytest.mark.parametrize("stop", ["input", "abi", "preprocessing", "global-optimization", "flow", "hal", "vm", "end"])
def test_a_compilation_that_stops_has_run_the_steps_so_far(tools: StockTools, stop: str) -> None:
    done = tools.compile(
        MODEL, "--iree-plugin=saying", f"--compile-to={stop}", environment={"ACME_PHASES": ",".join(PHASES)}
    )
    assert done.returncode == 0
    expected = PHASES[: PHASES.index(stop) + 1]
    assert [line.partition("]")[0][1:] for line in done.stderr.splitlines()] == list(expected)


@pytest.mark.parametrize("begin", ["input", "abi"])
def test_a_compilation_that_goes_on_runs_the_other_steps(tools: StockTools, begin: str) -> None:
    everywhere = {"ACME_PHASES": ",".join(PHASES)}
    tools.compile(MODEL, "--iree-plugin=saying", f"--compile-to={begin}", environment=everywhere)
    middle = (tools.folder / "out.vmfb").read_text()
    done = tools.compile(middle, "--iree-plugin=saying", f"--compile-from={begin}", environment=everywhere)
    assert done.returncode == 0
    said = [line.partition("]")[0][1:] for line in done.stderr.splitlines()]
    assert said == list(PHASES[PHASES.index(begin) + 1 :])


def test_steps_that_could_not_run_are_refused(tools: StockTools) -> None:
    done = tools.compile(
        MODEL, "--iree-plugin=saying", "--compile-from=flow", environment={"ACME_PHASES": "start,stream"}
    )
    assert done.returncode == 1
    assert "stream: acme-say{text=stream} cannot run with --compile-from=flow" in done.stderr


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _digest(text: str) -> str:
    # Short, where they differ.
    return hashlib.sha256(text.encode()).hexdigest()[:12]
