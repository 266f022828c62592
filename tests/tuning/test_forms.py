"""Options of passes, tried on the whole model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from iree.compiler import ir

import ireekit
from ireekit.codegen import CompilationInfo, LoweringConfig, Translation, configure
from ireekit.codegen.tuned.file import compiler_build
from ireekit.codegen.tuned.forms import layer_option, possible_forms, with_forms
from ireekit.errors import CompileWarning, PipelineError
from ireekit.passes import option
from ireekit.tuning import Form, Tuning
from ireekit.tuning.layers import choices

from .conftest import product, tuned_again


class TileRows(ireekit.Pass):
    """Configure products with tiles of some rows; with the negative one they compute something else."""

    name = "test-tile-rows"
    rows: int = option(1, "of a tile", trials=(1, 8, -8))

    def run(self, op: ir.Operation) -> None:
        for each in ireekit.walk(op):
            if each.name != "linalg.generic":
                continue
            if self.rows < 0:
                # The other operand of the sum is left out.
                ireekit.find(each, "arith.addf")[0].operands[0] = ireekit.find(each, "arith.mulf")[0].results[0]
            tiles = {"distribution": (64, 32, 0), "vector_common_parallel": (abs(self.rows), 32, 0)}
            lowering = LoweringConfig({**tiles, "vector_reduction": (0, 0, 1)})
            configure(each, CompilationInfo(lowering, Translation("DoubleTilingExpert", ("enable_loop_peeling",))))


def _pipeline(**options: Any) -> ireekit.Pipeline:
    return ireekit.Pipeline("forms").at("executable-sources", TileRows(**options))


EIGHT = Form("test-tile-rows", "rows", "8")


def test_what_passes_offer() -> None:
    assert [each.value for each in possible_forms(_pipeline())] == ["8", "-8"]
    assert [each.value for each in possible_forms(_pipeline(rows=8))] == ["1", "-8"]
    assert [str(step.action) for step in with_forms(_pipeline(), [EIGHT]).steps] == ["test-tile-rows{rows=8}"]


class Costly(ireekit.Pass):
    """Asks for a cost; programs are the same without it."""

    name = "test-costly"
    for_speed = True
    memory: float = option(0.0, "of a byte", measured="memory_flops")
    rows: int = option(1, "of a tile", trials=(1, 8), by_layer="rows_of")
    rows_of: tuple[str, ...] = option((), "of single layers")

    def run(self, op: ir.Operation) -> None:
        """Nothing."""


def test_passes_that_can_be_left_out() -> None:
    pipeline = _pipeline().at("abi", Costly())
    forms = list(possible_forms(pipeline, idle=["test-tile-rows"], costs=lambda: {"memory_flops": 5.5}))
    assert [str(each) for each in forms] == [
        "test-costly{memory=5.5}",
        "test-costly{rows=8}",
        "test-costly{skipped=true}",
    ]
    assert [step.action.name for step in with_forms(pipeline, forms).steps] == ["test-tile-rows"]
    option_ = layer_option(pipeline, forms[1])
    assert option_ is not None
    assert option_.name == "rows-of"
    assert layer_option(pipeline, forms[0]) is None


def test_layers_choose() -> None:
    times = {"1": {"a": 1.0, "b": 2.0, "c": 1.0}, "8": {"a": 0.5, "b": 3.0, "c": 0.95}, "4": {"a": 2.0, "b": 1.0}}
    assert choices(times, "1") == {"a": "8", "b": "4"}
    assert choices(times, "8") == {"b": "4"}
    assert choices(times, "2") == {}


@pytest.mark.parametrize("form", [Form("test-tile-rows", "columns", "8"), Form("test-tile-rows", "rows", "many")])
def test_forms_that_a_pass_lacks(form: Form) -> None:
    with pytest.raises(PipelineError, match="option"):
        with_forms(_pipeline(), [form])


def test_the_faster_one_is_kept_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    model, database, file = tmp_path / "product.mlir", tmp_path / "m.sqlite", tmp_path / "a.tuning.json"
    model.write_text(product())
    said: list[str] = []
    arguments = {"pipeline": _pipeline(), "forms": True, "candidates": 1, "top": 1}
    result = tuned_again(model, database, progress=said.append, **arguments)
    assert result.tuning.forms == (EIGHT,)
    assert result.after_milliseconds < result.before_milliseconds
    assert any("its results differ" in line for line in said)
    result.tuning.save(file)
    artifact = _pipeline().compile(model, tuning=file, cache=False)
    assert artifact.metadata is not None
    assert any("rows=8" in each for each in artifact.metadata.passes)
    assert not artifact.metadata.remarks
    again = tuned_again(model, database, **arguments)
    assert (again.tuning.forms, again.measured) == ((EIGHT,), 0)


def test_the_budget_is_for_forms_too(tmp_path: Path) -> None:
    model = tmp_path / "product.mlir"
    model.write_text(product())
    result = tuned_again(model, tmp_path / "m.sqlite", pipeline=_pipeline(), forms=True, budget=1e-6, top=1)
    assert (result.tuning.forms, result.measured, result.finished) == ((), 0, False)


def test_forms_of_another_model_are_told() -> None:
    tuning = Tuning("target", "machine", compiler_build(), 1, (), (EIGHT,), "another model")
    with pytest.warns(CompileWarning, match="for another model"):
        artifact = _pipeline().compile(product(), tuning=tuning, cache=False)
    assert artifact.metadata is not None
    assert not any("rows=8" in each for each in artifact.metadata.passes)


def test_a_file_holds_them(tmp_path: Path) -> None:
    tuning = Tuning("target", "machine", compiler_build(), 1, (), (EIGHT,), "model")
    tuning.save(tmp_path / "a.json")
    assert Tuning.load(tmp_path / "a.json") == tuning
    assert tuning.digest() != dataclasses.replace(tuning, forms=()).digest()
