"""What a compilation tells of its dispatches."""

from __future__ import annotations

from ireekit.profiling import DispatchFacts, Origin
from ireekit.profiling.facts import dispatch_facts

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


WRITTEN = """
module {{
  stream.executable private @k {attributes} {{
    stream.executable.export public @k_kernel
    builtin.module {{
      func.func @k_kernel(%a: !stream.binding) {{
        return
      }}
    }}
  }}
  util.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
    %y = flow.dispatch @k::@k_kernel(%x) : (tensor<4xf32>) -> tensor<4xf32> loc("attention"("model.py":5:1))
    util.return %y : tensor<4xf32>
  }}
}}
"""


def written(attributes: str) -> DispatchFacts:
    from iree.compiler import ir

    from ireekit.bindings import CompilerSession

    session = CompilerSession()
    session.context.load_all_available_dialects()
    with session.context:
        (facts,) = dispatch_facts(ir.Module.parse(WRITTEN.format(attributes=attributes)).operation)
    return facts


def test_written_kernels_state_their_work() -> None:
    facts = written("attributes {work = {bytes = 32 : i64, flops = 12 : i64}}")
    assert (facts.name, facts.flops, facts.bytes, facts.unknown) == ("k_kernel", 12, 32, "")
    assert facts.origins == (Origin("attention", "model.py:5:1"),)


def test_what_is_not_stated_is_said() -> None:
    facts = written("attributes {work = {bytes = 32 : i64}}")
    assert facts.flops is None
    assert "does not say" in facts.unknown
    assert written("").bytes is None
    assert written("").unknown == "a shape is dynamic"
