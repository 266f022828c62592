"""ONNX frontend, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from iree.compiler import api

import mypipeline
from ireekit.errors import ModelImportError, UnsupportedOpsError
from ireekit.frontends import entry, import_model
from ireekit.frontends.registry import ImportOptions

onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

PIPELINE = mypipeline.pipeline
RNG = np.random.default_rng(0)
NAMES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


def rand(*shape: int) -> np.ndarray:
    return RNG.random(shape, np.float32)


def value(name: str, dtype: str, shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, NAMES[dtype], shape)


def model_of(nodes, inputs, outputs, initializers=(), *, opset=21, functions=(), domains=(), name="graph-1:x"):
    tensors = [numpy_helper.from_array(array, key) for key, array in dict(initializers).items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=10)


def expected(model, feeds):
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
    source = str(model) if isinstance(model, str | Path) else model.SerializeToString()
    session = runtime.InferenceSession(source, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def check(model, feeds, *, tolerance=1e-5, **keywords):
    want = expected(model, feeds)
    artifact = PIPELINE.compile(model, cache=False, **keywords)
    got = artifact(**feeds)
    for left, right in zip(got if isinstance(got, tuple) else (got,), want, strict=True):
        left = np.asarray(left)
        assert left.dtype == right.dtype
        assert left.shape == right.shape
        np.testing.assert_allclose(left, right, tolerance, tolerance)
    return artifact


def conv_model(opset=21) -> onnx.ModelProto:
    return model_of(
        [
            helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], name="first"),
            helper.make_node("Relu", ["c"], ["y"]),
        ],
        [value("x", "float32", ["batch", 8, "height", 16])],
        [value("y", "float32", ["batch", 16, None, 14])],
        {"w": rand(16, 8, 3, 3)},
        opset=opset,
    )


def test_names_and_symbolic_dimensions():
    artifact = check(conv_model(), {"x": rand(2, 8, 12, 16)})
    assert str(artifact.entry_points[0]) == ("main(x: float32[batch, 8, height, 16]) -> (y: float32[batch, 16, ?, 14])")


def test_every_form(tmp_path):
    model = conv_model()
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    x = rand(1, 8, 6, 16)
    (want,) = expected(model, {"x": x})
    for form in (model, model.SerializeToString(), path, str(path)):
        np.testing.assert_allclose(PIPELINE.compile(form, cache=False)(x), want, 1e-5, 1e-5)


def test_a_model_proto_is_not_changed():
    model = conv_model(opset=11)
    before = model.SerializeToString()
    import_model(model, (), context=api.Session().context)
    assert model.SerializeToString() == before


def test_old_opsets_are_upgraded():
    nodes = [
        helper.make_node("Squeeze", ["x"], ["s"], axes=[1]),
        helper.make_node("Softmax", ["s"], ["y"], axis=1),
        helper.make_node("Clip", ["y"], ["z"], min=0.1, max=0.3),
    ]
    model = model_of(
        [*nodes[:2], helper.make_node("Unsqueeze", ["y"], ["z"], axes=[0])],
        [value("x", "float32", [3, 1, 4])],
        [value("z", "float32", [1, 3, 4])],
        opset=11,
    )
    check(model, {"x": rand(3, 1, 4)})
    imported = import_model(model, (), context=api.Session().context)
    assert "opset_version = 21" in imported.to_text()


def test_external_data_and_archive(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(conv_model(), path, save_as_external_data=True, location="model.data", size_threshold=0)
    feeds = {"x": rand(2, 8, 5, 16)}
    check(path, feeds)
    archive = tmp_path / "weights.irpa"
    check(path, feeds, weights=archive)
    assert archive.stat().st_size > 16 * 8 * 9 * 4
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.data", "model.onnx", "weights.irpa"]
    (tmp_path / "model.data").unlink()
    assert "external data" in failure(path).cause


def test_external_data_stay_in_the_models_folder(tmp_path):
    (tmp_path / "model").mkdir()
    path = tmp_path / "model" / "model.onnx"
    onnx.save(conv_model(), path, save_as_external_data=True, location="model.data", size_threshold=0)
    model = onnx.load(path, load_external_data=False)
    assert "folder is not known" in failure(model).cause
    for entry_ in model.graph.initializer[0].external_data:
        if entry_.key == "location":
            entry_.value = "../outside.data"
    (tmp_path / "outside.data").write_bytes(b"\x00" * 5000)
    path.write_bytes(model.SerializeToString())
    assert "outside of the model's folder" in failure(path).cause


def test_truncated_external_data(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(conv_model(), path, save_as_external_data=True, location="model.data", size_threshold=0)
    data = (tmp_path / "model.data").read_bytes()
    (tmp_path / "model.data").write_bytes(data[:100])
    assert "which has 100" in failure(path).cause


def test_local_functions_are_inlined():
    function = helper.make_function(
        "acme",
        "Twice",
        ["a"],
        ["b"],
        [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 21)],
    )
    model = model_of(
        [helper.make_node("Twice", ["x"], ["y"], domain="acme")],
        [value("x", "float32", [3])],
        [value("y", "float32", [3])],
        functions=[function],
        domains=["acme"],
    )
    check(model, {"x": rand(3)})


def test_operators_without_a_conversion_are_expanded():
    model = model_of(
        [helper.make_node("RMSNormalization", ["x", "s"], ["y"], axis=-1)],
        [value("x", "float32", [2, 8])],
        [value("y", "float32", [2, 8])],
        {"s": rand(8)},
        opset=23,
    )
    x = rand(2, 8)
    scale = numpy_helper.to_array(model.graph.initializer[0])
    want = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * scale
    np.testing.assert_allclose(PIPELINE.compile(model, cache=False)(x), want, 1e-4)


def test_shape_computations_are_folded():
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"], start=1, end=2),
        helper.make_node("Div", ["shape", "two"], ["half"]),
        helper.make_node("Sub", ["shape", "half"], ["rest"]),
        helper.make_node("Concat", ["half", "rest"], ["sizes"], axis=0),
        helper.make_node("Split", ["x", "sizes"], ["a", "b"], axis=1),
        helper.make_node("Concat", ["b", "a"], ["y"], axis=1),
    ]
    model = model_of(nodes, [value("x", "float32", [2, 5])], [value("y", "float32", [2, 5])], {"two": np.array([2])})
    check(model, {"x": rand(2, 5)})
    assert "onnx.Shape" not in import_model(model, (), context=api.Session().context).to_text()


@pytest.mark.parametrize(
    ("dtype", "nodes", "result"),
    [
        ("uint8", [helper.make_node("Add", ["x", "x"], ["y"])], "uint8"),
        ("int8", [helper.make_node("Neg", ["x"], ["y"])], "int8"),
        ("float64", [helper.make_node("Mul", ["x", "x"], ["y"])], "float64"),
        ("float16", [helper.make_node("Exp", ["x"], ["y"])], "float16"),
        ("float32", [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.UINT8)], "uint8"),
        ("int64", [helper.make_node("Equal", ["x", "x"], ["y"])], "bool"),
        ("bool", [helper.make_node("Not", ["x"], ["y"])], "bool"),
    ],
)
def test_data_types(dtype, nodes, result):
    model = model_of(nodes, [value("x", dtype, [4])], [value("y", result, [4])])
    x = np.array([0, 1, 3, 100]).astype(dtype) if dtype != "float16" else np.array([0, 1, 2, 3], dtype)
    check(model, {"x": x}, tolerance=1e-3 if dtype == "float16" else 1e-12)


def test_doubles_keep_their_precision():
    model = model_of(
        [helper.make_node("Add", ["x", "c"], ["y"])],
        [value("x", "float64", [1])],
        [value("y", "float64", [1])],
        {"c": np.array([1e-12])},
    )
    assert PIPELINE.compile(model, cache=False)(np.array([1.0]))[0] == 1.0 + 1e-12


def test_initializers_given_in_typed_fields():
    half = helper.make_tensor("h", TensorProto.FLOAT16, [2], [1.5, -2.0])
    model = model_of(
        [helper.make_node("Mul", ["x", "h"], ["y"])],
        [value("x", "float16", [2])],
        [value("y", "float16", [2])],
    )
    model.graph.initializer.append(half)
    check(model, {"x": np.array([2, 3], np.float16)})


def test_several_models_are_one_program():
    double = model_of(
        [helper.make_node("Add", ["x", "x"], ["y"])], [value("x", "float32", [3])], [value("y", "float32", [3])]
    )
    program = PIPELINE.compile({"double": entry(double), "conv": entry(conv_model())}, cache=False).load()
    x = rand(3)
    np.testing.assert_array_equal(program["double"](x), 2 * x)
    assert program["conv"](rand(1, 8, 3, 16)).shape == (1, 16, 1, 14)


def test_nodes_and_layers_are_located():
    text = import_model(conv_model(), (), context=api.Session().context).to_text()
    assert 'loc("first")' in text
    assert 'loc("Relu_0")' in text


def failure(model, kind=ModelImportError, **settings):
    with pytest.raises(kind) as caught:
        import_model(model, (), context=api.Session().context, options=ImportOptions(settings=settings))
    assert len(str(caught.value).splitlines()) <= 20
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_all_unsupported_operators_are_listed():
    nodes = [
        helper.make_node("Abs", ["x"], ["a"]),
        helper.make_node("NonsenseOne", ["a"], ["b"], name="layer.one", domain="acme"),
        helper.make_node("NonsenseTwo", ["b"], ["y"], name="layer.two", domain="acme"),
    ]
    model = model_of(nodes, [value("x", "float32", [3])], [value("y", "float32", [3])], domains=["acme"])
    model.graph.value_info.append(value("b", "float32", [3]))
    error = failure(model, UnsupportedOpsError)
    assert error.unsupported == (("NonsenseOne", "layer.one", None), ("NonsenseTwo", "layer.two", None))


def test_operators_that_crash_the_compiler_are_refused():
    model = model_of(
        [helper.make_node("Reshape", ["x", "s"], ["y"], allowzero=1, name="reshape")],
        [value("x", "float32", [0, 3])],
        [value("y", "float32", [3, 0])],
        {"s": np.array([3, 0])},
    )
    assert failure(model, UnsupportedOpsError).unsupported[0][1] == "reshape"


def test_allowzero_without_zeros_is_harmless():
    model = model_of(
        [helper.make_node("Reshape", ["x", "s"], ["y"], allowzero=1)],
        [value("x", "float32", ["batch", 6])],
        [value("y", "float32", [None, 3])],
        {"s": np.array([-1, 3])},
    )
    check(model, {"x": rand(2, 6)})


@pytest.mark.parametrize(
    "data", [b"", b"\x08\x0a", b"\xff" * 100, b"no model at all, only text", b"\x08\x0a:\x02\x12\x00"]
)
def test_damaged_files_are_import_errors(data, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(data)
    failure(path)


def test_truncated_models_are_import_errors(tmp_path):
    data = conv_model().SerializeToString()
    path = tmp_path / "cut.onnx"
    for length in range(8, len(data), len(data) // 12):
        path.write_bytes(data[:length])
        failure(path)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (helper.make_tensor_value_info("x", TensorProto.STRING, [2]), "STRING"),
        (helper.make_tensor_value_info("x", TensorProto.FLOAT, None), "rank"),
        (helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [2]), "sequence"),
    ],
)
def test_inputs_programs_cannot_take(item, words):
    model = model_of([helper.make_node("Identity", ["x"], ["y"])], [item], [value("y", "float32", [2])])
    assert words in failure(model).cause


def test_contradicting_shapes_are_import_errors():
    model = model_of(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [value("x", "float32", [2, 3])],
        [value("y", "float32", [2, 2])],
        {"w": rand(4, 2)},
    )
    failure(model)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_gelu_with_tanh(dtype):
    """The compiler's own form takes 22/7 for pi."""
    node = helper.make_node("Gelu", ["x"], ["y"], approximate="tanh")
    x = np.linspace(-4, 4, 64, dtype=dtype)
    wide = x.astype(np.float64)
    want = 0.5 * wide * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3)))
    model = model_of([node], [value("x", dtype, [64])], [value("y", dtype, [64])])
    got = PIPELINE.compile(model, cache=False)(x)
    np.testing.assert_allclose(np.asarray(got).astype(np.float64), want, atol=1e-6 if dtype == "float32" else 2e-3)
