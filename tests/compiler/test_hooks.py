"""Python passes around the compiler's own: what they see and change, and how they fail."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from iree.compiler import ir

import ireekit
from ireekit import NativePasses, Pipeline
from ireekit.bindings import actions
from ireekit.bindings.native import native_problem
from ireekit.errors import CapabilityError, CompileWarning, IreekitError, PassError, PipelineError

pytestmark = pytest.mark.skipif(native_problem() is not None, reason=str(native_problem()))

FORM = "iree-dispatch-creation-form-dispatch-regions"
STRATEGY = "iree-llvmcpu-select-lowering-strategy"
DISTRIBUTE = "iree-codegen-tile-and-distribute-to-workgroups-using-forall-op"

MATMUL = """
func.func @main(%a: tensor<32x16xf32>, %b: tensor<16x32xf32>) -> tensor<32x32xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<32x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<32x32xf32>) -> tensor<32x32xf32>
  %c = linalg.matmul ins(%a, %b : tensor<32x16xf32>, tensor<16x32xf32>)
                     outs(%init : tensor<32x32xf32>) -> tensor<32x32xf32>
  %s = math.tanh %c : tensor<32x32xf32>
  return %s : tensor<32x32xf32>
}
"""

A = np.random.default_rng(0).random((32, 16), np.float32) * 0.1
B = np.random.default_rng(1).random((16, 32), np.float32) * 0.1


def compile_(pipeline: Pipeline, model: str = MATMUL, **options):
    return pipeline.compile(model, **{"cache": False, **options})


def refused(pipeline: Pipeline, **options) -> IreekitError:
    with pytest.raises(IreekitError) as caught:
        compile_(pipeline, **options)
    assert len(str(caught.value).splitlines()) <= 20
    return caught.value


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", CompileWarning)
        yield


def boom(op) -> None:
    raise ValueError("boom")


def tanh_to_exp(op) -> None:
    for each in ireekit.find(op, "math.tanh"):
        with each.location, ir.InsertionPoint(each):
            made = ir.Operation.create("math.exp", [each.result.type], [each.operands[0]])
        each.result.replace_all_uses_with(made.result)
        each.erase()


class TestPlaces:
    def test_before_and_after_in_order(self, calls) -> None:
        seen: list[str] = []

        def note(text: str):
            return calls(lambda op: seen.append(f"{text} {op.name}"), "util.func")

        regions: list[int] = []
        count = calls(lambda op: regions.append(len(ireekit.find(op, "flow.dispatch.region"))), "util.func")
        artifact = compile_(
            Pipeline("p").after(FORM, note("c")).before(FORM, note("a"), note("b"), count).after(FORM, count, note("d"))
        )
        assert seen == ["a util.func", "b util.func", "c util.func", "d util.func"]
        assert regions == [0, 1]
        assert [text.partition(":")[0] for text in artifact.metadata.passes][:2] == [f"after {FORM}", f"before {FORM}"]

    def test_what_a_hook_changes_is_what_runs(self, calls) -> None:
        artifact = compile_(Pipeline("p").before(FORM, calls(tanh_to_exp, "util.func")))
        np.testing.assert_allclose(artifact(A, B), np.exp(A @ B), rtol=1e-5)

    def test_every_execution_of_a_pass(self, calls) -> None:
        anchors: list[str] = []
        compile_(Pipeline("p").before("canonicalize", calls(lambda op: anchors.append(op.name), "any")))
        assert {"util.func", "func.func", "vm.func"} <= set(anchors)

    def test_an_anchor_inside_of_the_operation(self, calls) -> None:
        names: list[str] = []
        compile_(
            Pipeline("p").after(
                "iree-flow-outline-dispatch-regions", calls(lambda op: names.append(op.name), "util.func")
            )
        )
        assert names == ["util.func"]

    def test_a_lowering_configuration_set_from_python(self, calls) -> None:
        steps: list[str] = []

        def retile(op) -> None:
            for each in ireekit.walk(op):
                text = str(each.attributes["lowering_config"]) if "lowering_config" in each.attributes else ""
                if "distribution" in text:
                    text = re.sub(r"distribution = \[[^]]*\]", "distribution = [4, 8, 0]", text)
                    each.attributes["lowering_config"] = ir.Attribute.parse(text, op.context)

        def look(op) -> None:
            steps.extend(re.search(r"step \((.*?)\)", str(each))[1] for each in ireekit.find(op, "scf.forall"))

        pipeline = Pipeline("p").after(STRATEGY, calls(retile, "func.func")).after(DISTRIBUTE, calls(look, "func.func"))
        artifact = compile_(pipeline)
        assert steps == ["4, 8"]
        np.testing.assert_allclose(artifact(A, B), np.tanh(A @ B), rtol=1e-5)

    def test_native_passes_around_a_pass(self, calls) -> None:
        left: list[int] = []
        twice = """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = math.exp %x : tensor<4xf32>
          %1 = math.exp %x : tensor<4xf32>
          %2 = arith.addf %0, %1 : tensor<4xf32>
          return %2 : tensor<4xf32>
        }"""

        def count(op) -> None:
            left.append(len(ireekit.find(op, "math.exp")))

        pipeline = Pipeline("p").before("iree-abi-wrap-entry-points", calls(count))
        pipeline.before("iree-abi-wrap-entry-points", NativePasses("tidy", "util.func(cse)"), calls(count))
        compile_(pipeline, twice)
        assert left == [2, 1]

    def test_native_passes_do_not_meet_their_own_hooks(self) -> None:
        compile_(
            Pipeline("p")
            .before("cse", NativePasses("again", "cse,canonicalize"))
            .after("cse", NativePasses("more", "cse"))
        )

    def test_programs_that_evaluate_constants_are_left_alone(self, calls) -> None:
        # Its sum is computed at compile time, by a program of its own.
        model = """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %k = arith.constant dense_resource<k> : tensor<4xf32>
          %e = arith.addf %k, %k : tensor<4xf32>
          %0 = arith.mulf %x, %e : tensor<4xf32>
          return %0 : tensor<4xf32>
        }
        {-# dialect_resources: { builtin: { k: "0x040000000000803f00000040000040400000803f" } } #-}"""
        entries: list[str] = []

        def note(op) -> None:
            entries.extend(str(each.attributes["sym_name"]) for each in ireekit.find(op, "util.func"))

        pipeline = Pipeline("p").before("iree-stream-conversion", calls(note))
        compile_(pipeline, model)
        assert entries.count('"main"') == 1
        assert not any("jit" in name for name in entries)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actions, "_OPAQUE_PASSES", ())
            compile_(pipeline, model)
        assert any("jit" in name for name in entries)

    def test_timings_and_the_digest(self, calls) -> None:
        pipeline = Pipeline("p").before(FORM, calls(lambda op: None, "util.func"))
        artifact = compile_(pipeline)
        assert artifact.phase_seconds["test-calls"] > 0
        assert artifact.phase_seconds["dispatch-creation"] > 0

    def test_hooks_of_other_targets_do_not_run(self, calls) -> None:
        compile_(Pipeline("p").before(FORM, calls(boom, "util.func"), targets=["cuda"]))

    def test_the_cache_knows_hooks(self, calls, tmp_path: Path) -> None:
        seen: list[object] = []
        hook = calls(seen.append, "util.func")
        for pipeline in (Pipeline("p"), Pipeline("p").before(FORM, hook), Pipeline("p").before(FORM, hook)):
            pipeline.compile(MATMUL, cache=tmp_path)
        assert len(seen) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("canonicalise", "canonicalize"),
            ("iree-dispatch-creation-frm-dispatch-regions", FORM),
            ("spirv-update-vc", "spirv-update-vce"),
        ],
    )
    def test_a_pass_the_compiler_does_not_have(self, name: str, near: str, calls) -> None:
        error = refused(Pipeline("p").before(name, calls(boom)))
        assert type(error) is PipelineError
        assert name in error.cause
        assert near in error.remedy

    def test_a_pass_that_does_not_run_is_warned_of(self, calls) -> None:
        pipeline = Pipeline("p").before("iree-llvmgpu-select-lowering-strategy", calls(boom))
        with pytest.warns(
            CompileWarning, match="never ran: the compiler did not run .*; near it: iree-llvmcpu-select"
        ) as told:
            artifact = compile_(pipeline)
        assert artifact.metadata.remarks == (str(told[0].message),)

    def test_an_anchor_that_is_not_there_is_warned_of(self, calls) -> None:
        with pytest.warns(CompileWarning, match=f"{FORM} runs on util.func, where there is no builtin.module"):
            compile_(Pipeline("p").before(FORM, calls(boom)))

    def test_a_pipeline_for_another_operation(self) -> None:
        error = refused(Pipeline("p").before(FORM, NativePasses("tidy", "builtin.module(cse)")))
        assert error.cause == "tidy is a pipeline for builtin.module, and runs here on util.func"

    def test_a_text_that_is_no_pipeline(self) -> None:
        assert "not a pass pipeline" in refused(Pipeline("p").before(FORM, NativePasses("tidy", "cse{"))).cause

    def test_without_the_native_library(self, calls, monkeypatch) -> None:
        monkeypatch.setattr(actions, "hooks_problem", lambda context: "hooks cannot be had here")
        assert type(refused(Pipeline("p").before(FORM, calls(boom, "util.func")))) is CapabilityError
        compile_(Pipeline("p").at("start", calls(lambda op: None)))


class TestFailures:
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize(
        ("name", "anchor"),
        [
            ("iree-abi-wrap-entry-points", "builtin.module"),
            (FORM, "util.func"),
            (STRATEGY, "func.func"),
            (DISTRIBUTE, "func.func"),
            ("iree-hal-translate-target-executable-variants", "hal.executable.variant"),
            ("iree-vm-conversion", "builtin.module"),
        ],
    )
    def test_an_exception(self, when: str, name: str, anchor: str, calls) -> None:
        error = refused(getattr(Pipeline("p"), when)(name, calls(boom, anchor)))
        assert type(error) is PassError
        assert error.cause == "ValueError: boom"
        assert error.phase == "pass test-calls"
        assert f"which runs {when} {name}" in error.notes
        assert "conftest.py" in error.location  # the line of the pass

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize(
        ("name", "anchor"), [(FORM, "util.func"), (STRATEGY, "func.func"), ("canonicalize", "vm.func")]
    )
    def test_invalid_ir(self, when: str, name: str, anchor: str, calls) -> None:
        def damage(op) -> None:
            list(op.regions[0].blocks[0].operations)[-1].operation.erase()

        error = refused(getattr(Pipeline("p"), when)(name, calls(damage, anchor)))
        assert type(error) is PassError
        assert error.cause.startswith("left invalid IR behind: block with no terminator")

    def test_emptied_and_raised(self, calls) -> None:
        def empty(op) -> None:
            for each in reversed(list(op.regions[0].blocks[0].operations)):
                each.operation.erase()
            raise ValueError("and gone")

        assert refused(Pipeline("p").after(STRATEGY, calls(empty, "func.func"))).cause == "ValueError: and gone"

    def test_no_later_hook_runs(self, calls) -> None:
        seen: list[object] = []
        pipeline = Pipeline("p").before(FORM, calls(boom, "util.func"), calls(seen.append, "util.func"))
        refused(
            pipeline.after(FORM, calls(seen.append, "util.func")).after(
                "iree-stream-conversion", calls(seen.append, "any")
            )
        )
        assert seen == []

    def test_interrupts_get_through(self, calls) -> None:
        def interrupt(op) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compile_(Pipeline("p").before(FORM, calls(interrupt, "util.func")))

    def test_a_failure_is_not_tried_again_at_another_level(self, calls) -> None:
        tries: list[object] = []

        def fail(op) -> None:
            tries.append(op)
            raise ValueError("no")

        refused(Pipeline("p").after(STRATEGY, calls(fail, "func.func")), optimize="O2")
        assert len(tries) == 1


def test_two_threads_with_hooks_of_their_own(calls) -> None:
    many = "\n".join(
        f"func.func @f{i}(%x: tensor<{i + 4}xf32>) -> tensor<{i + 4}xf32> {{\n"
        f"  %0 = math.tanh %x : tensor<{i + 4}xf32>\n  return %0 : tensor<{i + 4}xf32>\n}}"
        for i in range(6)
    )

    def compiled(number: int) -> tuple[set[int], int]:
        threads: set[int] = set()

        def note(op) -> None:
            op.verify()
            threads.add(threading.get_ident())

        def to_exp(op) -> None:
            note(op)
            if number:
                tanh_to_exp(op)

        pipeline = (
            Pipeline(f"p{number}").before(FORM, calls(to_exp, "util.func")).after("canonicalize", calls(note, "any"))
        )
        artifact = compile_(pipeline, many)
        x = np.full(4, 0.5, np.float32)
        np.testing.assert_allclose(artifact["f0"](x), np.exp(x) if number else np.tanh(x), rtol=1e-5)
        return threads, len(artifact.entry_points)

    with ThreadPoolExecutor(2) as pool:
        (first, _), (second, _) = pool.map(compiled, range(2))
    # Each compilation has threads of its own.
    assert first.isdisjoint(second)
    assert len(first) + len(second) > 2
