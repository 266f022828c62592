"""What the native verifier refuses is told in the words of the definitions: field, expected, found."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest

from ireekit.dialect import (
    AttrDef,
    Dialect,
    Op,
    Operand,
    Region,
    Result,
    TypeDef,
    attribute,
    operand,
    optional_operand,
    parameter,
    parse_module,
    region,
    result,
)
from ireekit.dialect.assembly import AssemblyError
from ireekit.dialect.constraints import F32, I32, I64, AnyType, IntegerAttr
from ireekit.errors import ModelImportError, PassError
from ireekit.frontends.mlir.source import read_module
from ireekit.passes import Pass, PassPipeline


class Box(TypeDef):
    name = "said.box"
    element: Any = parameter(F32)
    size: int = parameter(IntegerAttr())


class Span(AttrDef):
    name = "said.span"
    first: int = parameter(IntegerAttr())


class Add(Op):
    name = "said.add"
    lhs: Operand = operand(F32)
    rhs: Operand | None = optional_operand(F32)
    out: Result = result(F32)
    assembly_format = "$lhs (`,` $rhs^)? attr-dict `:` functional-type(operands, results)"


class Keep(Op):
    name = "said.keep"
    x: Operand = operand(F32)
    axis: int = attribute(I64)
    out: Result = result(F32)


class Loop(Op):
    name = "said.loop"
    body: Region = region(blocks=1, arguments=(I32,))


class Any_(Op):
    name = "said.any"
    x: Operand = operand(AnyType)


said = Dialect("said", ops=(Add, Keep, Loop, Any_), types=(Box,), attributes=(Span,))

CASES = {
    "operand": ('"said.add"(%f, %i) : (f32, i32) -> f32', "'said.add' op operand 'rhs': expected f32, found i32"),
    "result": ('"said.add"(%f) : (f32) -> i32', "'said.add' op result 'out': expected f32, found i32"),
    "count": ('"said.add"() : () -> f32', "'said.add' op expected at least 1 operand, found 0"),
    "attribute": (
        '"said.keep"(%f) {axis = @one} : (f32) -> f32',
        "'said.keep' op attribute 'axis': expected i64 attribute, found @one",
    ),
    "missing": (
        '"said.keep"(%f) : (f32) -> f32',
        "'said.keep' op attribute 'axis': expected i64 attribute, found none",
    ),
    "custom": ("said.add %f, %i : (f32, i32) -> f32", "'said.add' op operand 'rhs': expected f32, found i32"),
}


def function(body: str, name: str = "f") -> str:
    return f"func.func @{name}(%f: f32, %i: i32) {{\n  %0 = {body}\n  return\n}}\n"


KEPT = function('"said.keep"(%f) {axis = 1 : i64} : (f32) -> f32')


def refused(text: str | bytes, context: Any, filename: str = "-") -> AssemblyError:
    with pytest.raises(AssemblyError) as caught:
        parse_module(text, context, (said,), filename=filename)
    return caught.value


def told(error: AssemblyError) -> list[str]:
    return [each.message for each in error.diagnostics]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("filename", ["-", "model.mlir"])
@pytest.mark.parametrize("case", CASES)
def test_parsing(context: Any, case: str, filename: str, wrapped: bool) -> None:
    body, message = CASES[case]
    text = function(body)
    error = refused(f"module {{ {text} }}" if wrapped else text, context, filename)
    assert told(error) == [message]
    assert error.location == f"{filename}:2:8"


def test_builds_without_the_parser_of_named_texts_keep_the_native_message(
    context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ireekit.bindings.parsing.can_name_sources", lambda: False)
    assert told(refused(function(CASES["operand"][0]), context)) == ["expected 'f32' but got 'i32'"]


def test_a_region_is_named_where_it_is(context: Any) -> None:
    error = refused('"said.loop"() ({\n^bb0(%a: i32, %b: i32):\n}) : () -> ()', context)
    assert told(error) == ["'said.loop' op region 'body': expected 1 entry block arguments, found 2"]
    assert error.location is not None
    assert error.location.startswith("-:2:")


def test_every_function_has_its_own(context: Any) -> None:
    bodies = [CASES["operand"][0], CASES["result"][0], CASES["count"][0]]
    error = refused("".join(function(body, f"f{index}") for index, body in enumerate(bodies)), context)
    wanted = {CASES[case][1] for case in ("operand", "result", "count")}
    # The native verifier may stop at the first.
    assert told(error)
    assert set(told(error)) <= wanted


def test_what_the_definition_knows_nothing_of_stays(context: Any) -> None:
    assert told(refused(function("arith.addf %f, %i : f32"), context))[0].startswith("use of value '%i'")
    unknown = '"arith.addf"(%f, %i) : (f32, i32) -> f32'
    assert "'arith.addf' op" in told(refused(function(unknown), context))[0]
    early = "func.func @f() {\n  said.any %0 : i32\n  %0 = arith.constant 1 : i32\n  return\n}"
    early = early.replace("said.any %0 : i32", '"said.any"(%0) : (i32) -> ()')
    assert told(refused(early, context)) == ["operand #0 does not dominate this use"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!said.box<i32, 4 : i64>", "!said.box<i32, 4 : i64>: parameter 'element': expected f32, found i32"),
        ("!said.box<f32, i64>", "!said.box<f32, i64>: parameter 'size': expected integer, found i64"),
        ("tensor<2x!said.box<f32>>", "!said.box<f32>: expected 2 parameters, found 1"),
        (
            "tuple<!said.box<f32, 1 : i64>, !said.box<f64, 1>>",
            "!said.box<f64, 1>: parameter 'element': expected f32, found f64",
        ),
    ],
)
@pytest.mark.parametrize("filename", ["-", "model.mlir"])
def test_parameters_of_types(context: Any, text: str, message: str, filename: str) -> None:
    assert told(refused(f"func.func private @f({text})", context, filename)) == [message]


@pytest.mark.parametrize("text", ["<, 4>", "<i32, // nothing\n>", "<// nothing\n, 4>", "<'4, f32>", "<f32, 4", "<"])
def test_parameters_that_are_none(context: Any, text: str) -> None:
    assert told(refused(f"func.func private @f(!said.box{text})", context))


def test_parameters_of_attributes(context: Any) -> None:
    error = refused('module attributes {x = #said.span<"->">} {}', context)
    assert told(error) == ['#said.span<"->">: parameter \'first\': expected integer, found "->"']


def invalid(context: Any) -> Any:
    """A valid module, made invalid in place."""
    from iree.compiler import ir

    module = parse_module(KEPT, context, (said,), filename="m.mlir")
    break_axis(module.operation, ir)
    return module


def break_axis(op: Any, ir: Any) -> None:
    function_op = next(iter(op.regions[0].blocks[0].operations)).operation
    keep = next(iter(function_op.regions[0].blocks[0].operations)).operation
    keep.attributes["axis"] = ir.StringAttr.get("x", context=op.context)


AXIS = "attribute 'axis': expected i64 attribute, found \"x\""


def test_live_modules(context: Any) -> None:
    module = invalid(context)
    with pytest.raises(ModelImportError) as caught:
        read_module(module, context, (said,))
    assert caught.value.cause == f"'said.keep' op {AXIS}"


def test_bytecode(context: Any) -> None:
    from iree.compiler import ir

    buffer = io.BytesIO()
    invalid(context).operation.write_bytecode(buffer)
    other = ir.Context()
    assert told(refused(buffer.getvalue(), other)) == [f"'said.keep' op {AXIS}"]
    with pytest.raises(ModelImportError, match="attribute 'axis': expected i64 attribute"):
        read_module(buffer.getvalue(), other, (said,))


class Break(Pass):
    name = "said-break"

    def run(self, op: Any) -> None:
        from iree.compiler import ir

        break_axis(op, ir)


@pytest.mark.parametrize("sunk", [False, True])
def test_passes(context: Any, sunk: bool) -> None:
    module = parse_module(KEPT, context, (said,), filename="m.mlir")
    messages: list[Any] = []

    def sink(message: Any) -> bool:
        messages.append(message)
        return True

    pipeline = PassPipeline("builtin.module", [Break()])
    dialects: Sequence[Dialect] = (said,)
    with pytest.raises(PassError) as caught:
        pipeline.run(module, dialects=dialects, diagnostics=sink if sunk else None)
    assert caught.value.cause == f"left invalid IR behind: 'said.keep' op {AXIS}"
    assert caught.value.op == "said.keep"
    assert caught.value.location == "m.mlir:2:8"
    assert [each.text for each in messages] == [f"'said.keep' op {AXIS}"] * sunk
