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
from ireekit.codegen.tuned.forms import possible_forms, with_forms
from ireekit.errors import CompileWarning, PipelineError
from ireekit.passes import option
from ireekit.tuning import Form, Tuning

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
