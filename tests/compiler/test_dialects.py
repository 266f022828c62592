"""Pipelines with dialects of their own: parsing, verification at every step, lowering, what is left over."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from iree.compiler import ir

import ireekit
from ireekit import Pass, Pipeline
from ireekit.bindings.capabilities import capabilities
from ireekit.bindings.native import native_problem
from ireekit.dialect import Dialect, Op, Operand, Result, VerificationError, attribute, operand, result
from ireekit.dialect.constraints import I64, AnyFloat, Tensor, Var
from ireekit.dialect.traits import Pure
from ireekit.errors import CompileError, ModelImportError, PassError

needs_native = pytest.mark.skipif(native_problem() is not None, reason=str(native_problem()))

ELEMENTWISE = "convert-elementwise-to-linalg"


class Scale(Op):
    """A tensor times a whole number."""

    name = "hosted.scale"
    value: Operand = operand(Tensor(element=AnyFloat) & Var("T"))
    by: int = attribute(I64)
    out: Result = result(Var("T"))
    traits = (Pure,)
    assembly_format = "$value `by` $by attr-dict `:` type($value)"

    def verify(self) -> None:
        if self.by == 0:
            self.error("scales by nothing")


HOSTED = Dialect("hosted", ops=(Scale,))

MODEL = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = hosted.scale %x by 3 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
GENERIC = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "hosted.scale"(%x) {by = 3 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
ZERO = MODEL.replace("by 3", "by 0")


class LowerScale(Pass):
    """Scaling as a multiplication."""

    name: ClassVar[str] = "hosted-lower-scale"
    anchor: ClassVar[str] = "any"

    def run(self, op: ir.Operation) -> None:
        for each in ireekit.find(op, "hosted.scale"):
            kind = ir.RankedTensorType(each.result.type)
            with each.location, ir.InsertionPoint(each):
                factor = ir.DenseElementsAttr.get_splat(
                    kind, ir.FloatAttr.get(kind.element_type, ir.IntegerAttr(each.attributes["by"]).value)
                )
                constant = ir.Operation.create("arith.constant", [kind], attributes={"value": factor})
                made = ir.Operation.create("arith.mulf", [kind], [each.operands[0], constant.result])
            each.result.replace_all_uses_with(made.result)
            each.erase()


class Forget(Pass):
    """Sets the factor to what the verifier of the operation refuses, and the native one does not."""

    name: ClassVar[str] = "hosted-forget"
    anchor: ClassVar[str] = "any"

    def run(self, op: ir.Operation) -> None:
        for each in ireekit.find(op, "hosted.scale"):
            each.attributes["by"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64, op.context), 0)


class Spoil(Pass):
    """Sets the factor to what the native verifier refuses as well."""

    name: ClassVar[str] = "hosted-spoil"
    anchor: ClassVar[str] = "any"

    def run(self, op: ir.Operation) -> None:
        for each in ireekit.find(op, "hosted.scale"):
            each.attributes["by"] = ir.StringAttr.get("twice", op.context)


def pipeline() -> Pipeline:
    return Pipeline("hosted", dialects=[HOSTED])


def compile_(made: Pipeline, model=MODEL, **options):
    return made.compile(model, **{"cache": False, **options})


X = np.arange(4, dtype=np.float32)


@pytest.mark.parametrize("phase", ["start", "input", "abi", "preprocessing"])
def test_lowered_at_a_phase(phase: str) -> None:
    np.testing.assert_array_equal(compile_(pipeline().at(phase, LowerScale()))(X), 3 * X)


@needs_native
def test_lowered_before_a_pass() -> None:
    if not capabilities()["irdl"]:
        pytest.skip("this build of the compiler registers no dialects")
    np.testing.assert_array_equal(compile_(pipeline().before(ELEMENTWISE, LowerScale()))(X), 3 * X)


@pytest.mark.parametrize("model", [MODEL, GENERIC], ids=["assembly", "generic"])
def test_models_as_text_file_and_module(model: str, tmp_path: Path) -> None:
    made = pipeline().at("start", LowerScale())
    file = tmp_path / "model.mlir"
    file.write_text(model)
    for each in (model, file, made.import_model(model)):
        np.testing.assert_array_equal(compile_(made, each)(X), 3 * X)


def test_several_entry_points_in_assembly() -> None:
    request = {"a": ireekit.entry(MODEL), "b": ireekit.entry(MODEL.replace("by 3", "by 5"))}
    program = compile_(pipeline().at("start", LowerScale()), request)
    np.testing.assert_array_equal(program["a"](X), 3 * X)
    np.testing.assert_array_equal(program["b"](X), 5 * X)


@needs_native
def test_pure_operations_without_uses_go_by_themselves() -> None:
    model = MODEL.replace("return %0", "return %x")
    np.testing.assert_array_equal(
        compile_(pipeline().at("abi", ireekit.NativePasses("tidy", "util.func(canonicalize)")), model)(X), X
    )


@pytest.mark.parametrize("phase", [None, "start", "abi"])
def test_what_is_left_over_is_refused(phase: str | None) -> None:
    made = pipeline()
    if phase is not None:
        made.at(phase, ireekit.NativePasses("nothing", "cse"))
    with pytest.raises(CompileError) as caught:
        compile_(made)
    assert caught.value.op == "hosted.scale"
    assert "nothing lowered 'hosted.scale'" in caught.value.cause
    assert caught.value.location.endswith(":3:8")


def test_what_a_later_step_leaves_over_ends_in_an_error() -> None:
    with pytest.raises(CompileError) as caught:
        compile_(pipeline().at("flow", ireekit.NativePasses("nothing", "cse")))
    assert caught.value.op == "hosted.scale"


class TestVerification:
    def test_of_the_model(self) -> None:
        with pytest.raises(VerificationError) as caught:
            compile_(pipeline().at("start", LowerScale()), ZERO)
        assert caught.value.cause == "scales by nothing"
        assert caught.value.op == "hosted.scale"
        assert caught.value.location.endswith(":3:8")

    def test_after_a_pass(self) -> None:
        with pytest.raises(PassError) as caught:
            compile_(pipeline().at("start", Forget(), LowerScale()))
        assert caught.value.cause == "left invalid IR behind: scales by nothing"
        assert caught.value.phase == "pass hosted-forget"
        assert caught.value.location.endswith(":3:8")

    @needs_native
    @pytest.mark.parametrize("hooked", [False, True])
    def test_names_the_field_where_the_native_verifier_refuses_too(self, hooked: bool) -> None:
        made = pipeline().at("preprocessing", LowerScale())
        made = made.before("iree-abi-wrap-entry-points", Spoil()) if hooked else made.at("start", Spoil())
        with pytest.raises(PassError) as caught:
            compile_(made)
        message = "attribute 'by': expected i64 attribute, found \"twice\""
        assert caught.value.cause == f"left invalid IR behind: 'hosted.scale' op {message}"
        assert caught.value.phase == "pass hosted-spoil"
        assert caught.value.location.endswith(":3:8")

    @needs_native
    def test_after_a_hook(self) -> None:
        made = pipeline().before("iree-abi-wrap-entry-points", Forget()).at("preprocessing", LowerScale())
        with pytest.raises(PassError) as caught:
            compile_(made)
        assert caught.value.cause == "left invalid IR behind: scales by nothing"
        assert caught.value.phase == "pass hosted-forget"

    def test_assembly_that_does_not_parse(self) -> None:
        with pytest.raises(ModelImportError) as caught:
            compile_(pipeline(), MODEL.replace("by 3", "bye 3"))
        assert caught.value.location.startswith("<text>:3:")


def test_dumps_show_the_dialects_own_assembly(tmp_path: Path) -> None:
    compile_(pipeline().at("abi", LowerScale()), dump=tmp_path)
    texts = {path.name.partition("-")[2]: path.read_text() for path in tmp_path.glob("*.mlir")}
    assert "hosted.scale %arg0 by 3 : tensor<4xf32>" in texts["start.mlir"]
    assert "hosted.scale" not in texts["hosted-lower-scale.mlir"]


def test_a_model_of_another_dialect_is_still_unknown() -> None:
    with pytest.raises(ModelImportError) as caught:
        compile_(pipeline(), GENERIC.replace("hosted", "foreign"))
    assert caught.value.op == "foreign.scale"


class TestWithoutRegistration:
    """Where the compiler cannot register dialects, their operations are unregistered, and verified by us."""

    @pytest.fixture(autouse=True)
    def unregistered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from ireekit.dialect import load

        monkeypatch.setattr(load._Iree, "problem", lambda self, lenient: "dialects cannot be registered here")

    @pytest.mark.parametrize("model", [MODEL, GENERIC], ids=["assembly", "generic"])
    def test_lowered_at_a_phase(self, model: str) -> None:
        np.testing.assert_array_equal(compile_(pipeline().at("abi", LowerScale()), model)(X), 3 * X)

    def test_what_is_left_over_is_refused(self) -> None:
        with pytest.raises(CompileError) as caught:
            compile_(pipeline())
        assert caught.value.op == "hosted.scale"
        assert caught.value.location.endswith(":3:8")

    def test_verified_all_the_same(self) -> None:
        with pytest.raises(VerificationError) as caught:
            compile_(pipeline().at("start", LowerScale()), ZERO)
        assert caught.value.cause == "scales by nothing"


@needs_native
def test_instrumentation_is_told_of_steps_at_phases_and_passes() -> None:
    from ireekit.passes.instrumentation import Instrumentation

    class Told(Instrumentation):
        def __init__(self) -> None:
            super().__init__()
            self.heard: list[str] = []

        def before_pass(self, execution) -> None:
            self.heard.append(f"before {execution}")

        def after_pass(self, execution) -> None:
            self.heard.append(f"after {execution}")

    told = Told()
    made = pipeline().at("start", ireekit.NativePasses("tidy", "cse")).before(ELEMENTWISE, LowerScale())
    artifact = compile_(made, instrumentation=told, observe=[ELEMENTWISE])
    # The entry point calls what the model computes.
    steps = ["tidy on builtin.module"]
    for function in ("@main", "@_main"):
        steps += [f"{name} on util.func {function}" for name in ("hosted-lower-scale", ELEMENTWISE)]
    assert told.heard == [f"{when} ({i}) {step}" for i, step in enumerate(steps, 1) for when in ("before", "after")]
    np.testing.assert_array_equal(artifact(X), 3 * X)


@needs_native
def test_a_limit_on_passes_stops_steps_around_passes_too() -> None:
    from ireekit.passes.instrumentation import PassLimit

    made = pipeline().at("start", ireekit.NativePasses("tidy", "cse")).before(ELEMENTWISE, LowerScale())
    compile_(made, instrumentation=PassLimit(3))
    with pytest.raises(CompileError):
        compile_(made, instrumentation=PassLimit(2))


@needs_native
def test_every_pass_of_the_compiler_is_given_to_who_watches() -> None:
    seen: list[object] = []
    compile_(pipeline().at("start", LowerScale()), watch_passes=seen.extend)
    assert len(seen) > 300
