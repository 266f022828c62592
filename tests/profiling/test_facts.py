"""What a compilation tells of its dispatches."""

from __future__ import annotations

from ireekit.profiling import Origin

from .conftest import MATMUL_BYTES, MATMUL_FLOPS, Compiled


def test_work_and_origins(compiled: Compiled) -> None:
    matmuls = [each for each in compiled.facts if "matmul" in each.name]
    assert sum(len(each.origins) for each in matmuls) == 2
    assert {origin for each in matmuls for origin in each.origins} == {
        Origin("block.0.linear", "model.py:11:4"),
        Origin("block.1.linear", "model.py:12:4"),
    }
    assert {each.flops for each in matmuls} == {MATMUL_FLOPS}
    assert {each.bytes for each in matmuls} == {MATMUL_BYTES}


def test_the_layer_between_is_there(compiled: Compiled) -> None:
    origins = {origin.layer for each in compiled.facts for origin in each.origins}
    assert "block.largest" in origins


def test_the_pipeline_stays_as_it_was() -> None:
    from ireekit import Pipeline
    from ireekit.profiling.api import collecting

    pipeline = Pipeline("mine")
    other, _ = collecting(pipeline)
    assert not pipeline.steps
    assert [step.phase for step in other.steps] == ["flow"]
