"""MLIR frontend: every form of input, signatures, detection and errors."""

from __future__ import annotations

import io

import numpy as np
import pytest
from iree.compiler import api, ir

import mypipeline
from ireekit.errors import ModelImportError
from ireekit.frontends import entry, import_model
from ireekit.frontends.registry import ImportOptions

PIPELINE = mypipeline.pipeline
ADD = """func.func @add(
    %a: tensor<?x4xf32> loc("left"), %b: tensor<4xf32> {iree.abi.name = "right"}) -> tensor<?x4xf32> {
  %r = arith.addf %a, %a : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
"""
IDENTITY = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }"


@pytest.fixture
def context():
    return api.Session().context


def bytecode(module: ir.Module) -> bytes:
    buffer = io.BytesIO()
    module.operation.write_bytecode(buffer)
    return buffer.getvalue()


def forms(tmp_path):
    with api.Session().context as other:
        live = ir.Module.parse(ADD, context=other)
    data = bytecode(live)
    (tmp_path / "add.mlir").write_text(ADD)
    (tmp_path / "add.mlirbc").write_bytes(data)
    return {
        "text": ADD,
        "bytes": ADD.encode(),
        "bytecode": data,
        "path": tmp_path / "add.mlir",
        "bytecode path": str(tmp_path / "add.mlirbc"),
        "live module": live,
        "live operation": live.operation,
    }


@pytest.mark.parametrize(
    "form", ["text", "bytes", "bytecode", "path", "bytecode path", "live module", "live operation"]
)
def test_every_form_gives_the_same_module(form, tmp_path, context):
    imported = import_model(forms(tmp_path)[form], (), context=context)
    assert imported.module.context is context
    assert imported.input_type == "none"
    (only,) = imported.entry_points
    assert str(only) == "add(left: float32[?, 4], right: float32[4]) -> (output0: float32[?, 4])"


def test_a_module_of_the_same_context_is_taken_as_it_is(context):
    module = ir.Module.parse(IDENTITY, context=context)
    assert import_model(module, (), context=context).module is module


def test_an_operation_of_the_same_context_is_copied(context):
    module = ir.Module.parse(IDENTITY, context=context)
    imported = import_model(module.body.operations[0], (), context=context)
    assert imported.module is not module
    assert imported.entry_points[0].name == "main"


def test_foreign_bindings_cross_by_bytecode_or_text(context):
    class Foreign:
        def __init__(self, binary: bool) -> None:
            self.operation = self
            self._module = ir.Module.parse(IDENTITY, context=api.Session().context)
            self._binary = binary

        def write_bytecode(self, file) -> None:
            file.write(bytecode(self._module) if self._binary else b"ML\xefR of a version nobody reads")

        def get_asm(self, **options) -> str:
            return self._module.operation.get_asm(**options)

    Foreign.__module__ = "torch_mlir.ir"
    for binary in (True, False):
        imported = import_model(Foreign(binary), (), context=context)
        assert imported.entry_points[0].inputs[0].shape == (2,)


@pytest.mark.parametrize(
    ("body", "family"),
    [
        (IDENTITY, "none"),
        (
            "func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> "
            "{ %0 = stablehlo.sine %a : tensor<2xf32> return %0 : tensor<2xf32> }",
            "stablehlo",
        ),
        (
            "func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> "
            "{ %0 = chlo.erf %a : tensor<2xf32> -> tensor<2xf32> return %0 : tensor<2xf32> }",
            "stablehlo",
        ),
        (
            "func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> "
            "{ %0 = tosa.abs %a : (tensor<2xf32>) -> tensor<2xf32> return %0 : tensor<2xf32> }",
            "tosa",
        ),
        ("func.func @f(%a: !torch.vtensor<[2,?],si64>) { return }", "torch"),
        (
            "func.func @f(%a: !torch.vtensor<[2],f32>) -> !torch.vtensor<[2],f32> { "
            '%0 = torch.operator "onnx.Abs"(%a) : (!torch.vtensor<[2],f32>) -> !torch.vtensor<[2],f32> '
            "return %0 : !torch.vtensor<[2],f32> }",
            "onnx",
        ),
    ],
)
def test_the_dialect_family_is_detected(body, family, context):
    assert import_model(body, (), context=context).input_type == family


def test_all_public_functions_are_entry_points(context):
    text = """
    util.func public @u(%a: tensor<4xbf16>) -> tensor<4xbf16> { util.return %a : tensor<4xbf16> }
    func.func private @helper(%a: tensor<2xi1>) -> tensor<2xi1> { return %a : tensor<2xi1> }
    func.func private @external(tensor<2xi1>)
    func.func @f(%a: tensor<ui8>, %b: tensor<2xi1>, %n: index, %s: f64) -> (tensor<ui8>, tensor<2xi1>) {
      %0 = call @helper(%b) : (tensor<2xi1>) -> tensor<2xi1>
      return %a, %0 : tensor<ui8>, tensor<2xi1>
    }
    func.func @t(%a: !torch.vtensor<[4,?],si64>) -> !torch.vtensor<[4,?],si64> {
      return %a : !torch.vtensor<[4,?],si64>
    }
    """
    imported = import_model(text, (), context=context)
    assert [str(each) for each in imported.entry_points] == [
        "u(input0: bfloat16[4]) -> (output0: bfloat16[4])",
        "f(input0: uint8[], input1: bool[2], input2: i64, input3: f64) -> (output0: uint8[], output1: bool[2])",
        "t(input0: int64[4, ?]) -> (output0: int64[4, ?])",
    ]
    assert imported.compiler_flags == ("--iree-input-demote-f64-to-f32=false",)


def test_modules_of_one_function_are_linked_under_their_keys(context):
    inner = (
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { "
        "%0 = call @scale(%x) : (tensor<2xf32>) -> tensor<2xf32> return %0 : tensor<2xf32> } "
        "func.func private @scale(%x: tensor<2xf32>) -> tensor<2xf32> { "
        "%c = arith.constant dense<FACTOR> : tensor<2xf32> %0 = arith.mulf %x, %c : tensor<2xf32> "
        "return %0 : tensor<2xf32> }"
    )
    model = {"double": entry(inner.replace("FACTOR", "2.0")), "scale": entry(inner.replace("FACTOR", "3.0"))}
    artifact = PIPELINE.compile(model, cache=False)
    x = np.array([1, 2], np.float32)
    program = artifact.load()
    np.testing.assert_array_equal(program["double"](x), 2 * x)
    np.testing.assert_array_equal(program["scale"](x), 3 * x)


def test_a_double_stays_a_double():
    text = (
        "func.func @main(%x: tensor<2xf64>) -> tensor<2xf64> "
        "{ %0 = arith.addf %x, %x : tensor<2xf64> return %0 : tensor<2xf64> }"
    )
    x = np.array([1 / 3, 1e-300])
    result = PIPELINE.compile(text, cache=False)(x)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, 2 * x)


def failure(model, context, **settings) -> ModelImportError:
    with pytest.raises(ModelImportError) as caught:
        import_model(model, (), context=context, options=ImportOptions(settings=settings))
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_parse_errors_carry_position_cause_and_source_line(context, tmp_path, capfd):
    text = "func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {\n  return %b : tensor<4xf32>\n}"
    error = failure(text, context)
    assert error.cause == "use of undeclared SSA value name"
    assert error.location == "<text>:2:10"
    assert error.notes == ("| return %b : tensor<4xf32>",)
    path = tmp_path / "broken.mlir"
    path.write_text(text)
    assert failure(path, context).location == f"{path}:2:10"
    assert capfd.readouterr().err == ""


def test_verification_errors_are_import_errors(context):
    error = failure("func.func @f(%a: tensor<4xf32>) -> tensor<5xf32> {\n  return %a : tensor<4xf32>\n}", context)
    assert "doesn't match function result type" in error.cause
    assert error.location == "<text>:2:3"


@pytest.mark.parametrize("data", [b"ML\xefR", b"ML\xefR\x18garbage", b"\x00\x01\x02func.func", b"func.func @\xff"])
def test_damaged_bytes_are_import_errors(data, context):
    failure(data, context)


def test_a_module_without_public_functions_is_refused(context):
    error = failure("func.func private @f(%a: tensor<4xf32>) { return }", context)
    assert "no public function" in error.cause
    assert error.remedy


@pytest.mark.parametrize("kind", ["memref<4xf32>", "!hal.buffer_view", "tensor<*xf32>", "vector<4xf32>"])
def test_types_programs_cannot_take_are_refused(kind, context):
    error = failure(f"func.func @f(%a: {kind}) {{ return }}", context)
    assert kind in error.cause
    assert error.op == "@f"


def test_unknown_dialects_are_refused_unless_owned(context):
    text = 'func.func @f() {\n  "acme.one"() : () -> ()\n  "other.two"() : () -> ()\n  return\n}'
    error = failure(text, context)
    assert error.op == "acme.one"
    assert error.location == "<text>:2:3"
    assert error.notes == ("also unknown: other.two at <text>:3:3",)
    assert failure(text, context, dialects={"acme"}).op == "other.two"
    owned = ImportOptions(settings={"dialects": {"acme", "other"}})
    assert import_model(text, (), context=context, options=owned).entry_points[0].name == "f"
    anything = ImportOptions(settings={"allow_unregistered": True})
    assert import_model(text, (), context=context, options=anything).entry_points[0].name == "f"


def test_locations_keep_file_line_and_column(context, tmp_path):
    path = tmp_path / "located.mlir"
    path.write_text(ADD)
    assert f'"{path}":3:' in import_model(path, (), context=context).to_text()


@pytest.mark.parametrize(
    "body",
    [
        "func.func @main(%a: f32) -> f32 {\n  %0 = func.call @main(%a) : (f32) -> f32\n  return %0 : f32\n}",
        "func.func @main(%a: f32) -> f32 {\n  %0 = func.call @other(%a) : (f32) -> f32\n  return %0 : f32\n}\n"
        "func.func private @other(%a: f32) -> f32 {\n  %0 = func.call @main(%a) : (f32) -> f32\n  return %0 : f32\n}",
    ],
    ids=["itself", "through another"],
)
def test_recursion_is_refused(body, context):
    error = failure(body, context)
    assert error.cause == "the function @main is recursive, and programs have no call stack"
    assert error.location == "<text>:2:8"
