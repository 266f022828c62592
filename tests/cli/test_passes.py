"""``ireekit passes``, and the options of ``compile`` that look at passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ireekit.bindings import PHASES
from ireekit.bindings.actions import UNREGISTERED_PASSES
from ireekit.bindings.native import native_problem
from ireekit.bindings.native_passes import is_native_pass

pytestmark = pytest.mark.skipif(native_problem() is not None, reason=str(native_problem()))

MODEL = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.mlir"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize(
    ("target", "passes"),
    [
        ("cpu", {"iree-llvmcpu-select-lowering-strategy", "iree-dispatch-creation-form-dispatch-regions"}),
        ("vulkan:ampere", {"iree-spirv-select-lowering-strategy-pass", "iree-dispatch-creation-form-dispatch-regions"}),
        ("cuda", {"iree-llvmgpu-select-lowering-strategy", "inline"}),
    ],
)
def test_the_sequence_of_a_target(target: str, passes: set[str], ireekit) -> None:
    done = ireekit("passes", "--of", target, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)["passes"]
    names = {row["pass"] for row in rows}
    assert passes <= names
    assert len(rows) > 300
    phases = list(dict.fromkeys(row["phase"] for row in rows))
    assert phases == [phase for phase in PHASES if phase in phases]
    assert all(row["runs"] > 0 and row["milliseconds"] >= 0 for row in rows)
    # Each of these is what a hook may name.
    assert [name for name in names if name not in UNREGISTERED_PASSES and not is_native_pass(name)] == []


def test_the_table_names_phases_and_anchors(ireekit) -> None:
    done = ireekit("passes", "--of", "cpu", "--phase", "flow")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["PHASE", "PASS", "ON", "RUNS", "MS"]
    assert ["flow", "iree-flow-outline-dispatch-regions", "builtin.module", "1"] in [line[:4] for line in lines]
    assert {line[0] for line in lines[1:-1]} == {"flow"}
    assert done.out.splitlines()[-1].endswith("different passes")


def test_names_once_each(ireekit) -> None:
    rows = json.loads(ireekit("passes", "--of", "cpu", "--names", "--json").out)["passes"]
    names = [row["pass"] for row in rows]
    assert len(names) == len(set(names))
    (cse,) = (row for row in rows if row["pass"] == "cse")
    assert cse["runs"] > 5
    assert "util.func" in cse["anchors"]
    assert {"flow", "stream"} <= set(cse["phases"])


def test_of_a_model_with_flags(model: Path, ireekit) -> None:
    words = ("passes", str(model), "--of", "cpu", "--phase", "preprocessing", "--json")
    plain = json.loads(ireekit(*words).out)["passes"]
    flag = (
        "--iree-preprocessing-pass-pipeline=builtin.module(util.func(iree-preprocessing-convert-conv-to-channels-last))"
    )
    more = json.loads(ireekit(*words, f"--flag={flag}").out)["passes"]
    assert {row["pass"] for row in more} - {row["pass"] for row in plain} == {
        "iree-preprocessing-convert-conv-to-channels-last"
    }


def test_what_packages_offer(ireekit) -> None:
    done = ireekit("passes")
    assert done.code == 0
    assert any(line.startswith("mypipeline-channels-last") for line in done.out.splitlines())
    rows = json.loads(ireekit("passes", "--native", "--json").out)["passes"]
    assert {"cse", "mypipeline-channels-last"} <= {row["name"] for row in rows}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--of", "cpuu"), "unknown target 'cpuu'"),
        (("--of", "cpu", "--phase", "flo"), "did you mean 'flow'?"),
        (("--of", "cpu", "missing.mlir"), "missing.mlir"),
    ],
)
def test_refusals(words: tuple[str, ...], message: str, ireekit) -> None:
    done = ireekit("passes", *words)
    assert done.code == 1
    assert message in done.err


@pytest.mark.parametrize("words", [("--names",), ("--phase", "flow"), ("m.mlir",), ("--native", "--of", "cpu")])
def test_wrong_usage(words: tuple[str, ...], ireekit) -> None:
    assert ireekit("passes", *words).code == 2


class TestCompile:
    def test_ir_around_a_pass_of_the_compiler(self, model: Path, tmp_path: Path, ireekit) -> None:
        name = "iree-flow-outline-dispatch-regions"
        words = ("--print-ir-before", name, "--print-ir-after", name, "-q", "-o", str(tmp_path / "o.vmfb"))
        done = ireekit("compile", str(model), *words)
        assert done.code == 0, done.err
        before, after = done.err.split(f"IR Dump After {name}")
        assert f"IR Dump Before {name}" in before
        assert "flow.executable private" not in before
        assert "flow.executable private" in after

    def test_timing(self, model: Path, tmp_path: Path, ireekit) -> None:
        done = ireekit("compile", str(model), "--timing", "-q", "-o", str(tmp_path / "o.vmfb"))
        lines = [line.split() for line in done.out.splitlines()]
        assert lines[0] == ["PASS", "OF", "THE", "COMPILER", "RUNS", "MS", "SHARE"]
        assert lines[-1][0] == "total"
        assert lines[-1][-1] == "100.0%"
        assert len(lines) < 40

    def test_a_pass_there_is_not(self, model: Path, tmp_path: Path, ireekit) -> None:
        done = ireekit("compile", str(model), "--print-ir-after", "csee", "-o", str(tmp_path / "o.vmfb"))
        assert done.code == 1
        assert "did you mean 'cse'?" in done.err
        assert not (tmp_path / "o.vmfb").exists()

    def test_the_same_program(self, model: Path, tmp_path: Path, ireekit) -> None:
        outputs = []
        for name, words in (("a", ()), ("b", ("--timing", "--print-ir-after", "cse"))):
            ireekit("compile", str(model), "-q", "--no-cache", "-o", str(tmp_path / name), *words)
            from ireekit import Artifact

            outputs.append(Artifact.open(tmp_path / name).size)
        assert abs(outputs[0] - outputs[1]) < 500, "only the times in the metadata differ"
