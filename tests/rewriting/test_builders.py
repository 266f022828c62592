"""Builders."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit.errors import PassError
from ireekit.passes import builders as build
from ireekit.passes.constants import constant_value
from ireekit.passes.walk import find


def made(parse, inputs, body, **options):
    module = parse("module {}")
    with build.at_end(module.body):
        build.function("f", inputs, body, **options)
    assert module.operation.verify()
    return module


def test_constants_of_every_kind(parse):
    cases = [
        (1, "i32", "1 : i32"), (-1, "i8", "-1 : i8"), (True, "i1", "true"), (3, "index", "3 : index"),
        (1.5, "f32", "1.500000e+00 : f32"), (2, "bf16", "2.000000e+00 : bf16"), (7, "tensor<2x3xi4>", "dense<7>"),
        (0.5, "vector<4xf16>", "dense<5.000000e-01>"), ([1, -2, 7], "tensor<3xi4>", "dense<[1, -2, 7]>"),
        (255, "i8", "-1 : i8"), (2**64 - 1, "i64", "-1 : i64"),
    ]  # fmt: skip
    for value, type_, text in cases:
        module = made(parse, [], lambda value=value, type_=type_: build.constant(value, type_))
        assert text in str(module), str(module)
    arrays = [np.arange(4, dtype=np.float32), np.array([[True], [False]]), np.array([1.5, 2], ml_dtypes.bfloat16),
              np.zeros((0, 3), np.int16), np.array([1, 2], ml_dtypes.float8_e4m3fn), np.float64(2)]  # fmt: skip
    for array in arrays:
        module = made(parse, [], lambda array=array: build.constant(array))
        [constant] = find(module.operation, "arith.constant")
        read = constant_value(constant.results[0])
        np.testing.assert_array_equal(read.broadcast().astype(np.float64), np.asarray(array).astype(np.float64))


@pytest.mark.parametrize(
    ("value", "type_", "message"),
    [(1, None, "several types"), ([1, 2], "tensor<3xi32>", "shape"), (1, "nope", "is no type"),
     (1, "tensor<?xi8>", "static"), (1, "complex<f32>", "cannot be written"),
     (1, "!t.q", "is no type|cannot be written")],
)  # fmt: skip
def test_wrong_constants(parse, value, type_, message):
    with pytest.raises(PassError, match=message):
        made(parse, [], lambda: build.constant(value, type_))


def test_elementwise_broadcasts_like_numpy(parse):
    def body(x, y, z):
        total = build.elementwise(lambda a, b: arith.addf(a, b), x, y)
        return build.elementwise(lambda a, b: arith.mulf(a, b), total, z)

    module = made(parse, ["tensor<?x4xf32>", "tensor<4xf32>", "tensor<1x1xf32>"], body)
    text = str(module)
    assert "affine_map<(d0, d1) -> (d1)>" in text
    assert "affine_map<(d0, d1) -> (0, 0)>" in text
    assert "-> tensor<?x4xf32>" in text
    assert "tensor.dim %arg0" in text


def test_elementwise_of_another_type_with_scalars_from_outside(parse):
    def body(x, s):
        return build.elementwise(lambda a: arith.cmpf(1, a, s), x, element="i1")

    assert "-> tensor<3xi1>" in str(made(parse, ["tensor<3xf32>", "f32"], body))


def test_shapes_that_do_not_fit(parse):
    with pytest.raises(PassError, match="sizes 3 and 4"):
        made(parse, ["tensor<3xf32>", "tensor<4xf32>"], lambda x, y: build.elementwise(arith.addf, x, y))
    with pytest.raises(PassError, match="the body returns"):
        made(parse, ["tensor<3xf32>"], lambda x: build.elementwise(lambda a: arith.cmpf(1, a, a), x))
    with pytest.raises(PassError, match="at least one"):
        build.elementwise(arith.addf)
    with pytest.raises(PassError, match="no dimension 2"):
        made(parse, ["tensor<3xf32>"], lambda x: build.dim(x, 2))


def test_tensors(parse):
    def body(x):
        return build.fill(build.constant(0, "i8"), build.empty_like(x, "i8")), build.full([2, 3], 1.0, "f32")

    module = made(parse, ["tensor<?x4xf32>"], body, op="util.func", private=True)
    assert "util.func private @f" in str(module)
    assert len(find(module.operation, "linalg.fill")) == 2


def test_insertion_points_bring_a_location(parse):
    module = parse('func.func @f(%a: i32) { "t.x"(%a) : (i32) -> () loc("model.py":5:6)\n return }')
    [x] = find(module.operation, "t.x")
    block = x.block
    for place in (
        build.before(x),
        build.after(x),
        build.at_start(block),
        build.at_end(block),
        build.after(x.operands[0]),
    ):
        with place:
            build.constant(1, "i32")
    order = [op.operation.name for op in block.operations]
    assert order == [
        "arith.constant",
        "arith.constant",
        "arith.constant",
        "t.x",
        "arith.constant",
        "arith.constant",
        "func.return",
    ]
    locations = [str(op.operation.location) for op in block.operations]
    assert sum('"model.py":5:6' in text for text in locations) == 3
    with build.before(x, ir.Location.name("mine")):
        assert 'loc("mine"' in str(build.constant(1, "i8").owner.location)
