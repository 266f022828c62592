"""Constant attributes as numpy arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iree.compiler import ir

from ireekit.bindings.elements import dense_from_bytes
from ireekit.passes.constants import constant_attribute, element_type, read_constant

INTEGERS = ["i1", "i2", "i3", "i4", "i7", "i8", "i16", "i31", "i32", "i33", "i64", "index", "ui8", "ui64"]
FLOATS = [
    "f16", "bf16", "f32", "f64", "f8E4M3FN", "f8E5M2", "f8E4M3FNUZ", "f8E5M2FNUZ", "f8E4M3B11FNUZ", "f8E4M3", "f8E3M4",
]  # fmt: skip


@pytest.mark.parametrize("text", [*INTEGERS, *FLOATS])
def test_every_element_type_round_trips_as_the_compiler_prints_it(context, text):
    values = "[0, 1, 1, 0]" if text == "i1" else "[0, 1, 2, 3]" if text[0] in "iu" else "[0.0, 1.0, -2.0, 0.5]"
    if text == "i2":
        values = "[0, 1, -2, -1]"
    for kind in ("tensor", "vector"):
        attribute = ir.Attribute.parse(f"dense<{values}> : {kind}<4x{text}>")
        constant = read_constant(attribute)
        assert constant_attribute(constant.array, constant.type) == attribute
        assert not constant.is_splat
    one = "1" if text[0] in "iu" else "1.0"
    splat = read_constant(ir.Attribute.parse(f"dense<{one}> : tensor<1000x1000x{text}>"))
    assert splat.is_splat
    assert splat.array.size == 1
    assert splat.broadcast().shape == (1000, 1000)
    assert constant_attribute(splat.array, splat.type) == ir.Attribute.parse(f"dense<{one}> : tensor<1000x1000x{text}>")
    if True:
        scalar = ir.Attribute.parse(f"{one} : {text}" if text != "i1" else "true")
        assert int(read_constant(scalar).array) == 1
        assert constant_attribute(1, element_of(text)) == scalar


def element_of(text):
    return ir.Type.parse(text)


@given(
    st.sampled_from(["i1", "i4", "i8", "i12", "i32", "i64"]),
    st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_integers_are_kept_modulo_their_width(text, values):
    bits = int(text[1:])
    with ir.Context():
        type_ = ir.Type.parse(f"tensor<{len(values)}x{text}>")
        wrapped = [((value + (1 << (bits - 1))) % (1 << bits)) - (1 << (bits - 1)) for value in values]
        if bits == 1:
            wrapped = [value % 2 for value in values]
        attribute = constant_attribute(np.array(wrapped, np.int64), type_)
        assert read_constant(attribute).broadcast().tolist() == wrapped
        if bits > 1:
            assert attribute == ir.Attribute.parse(f"dense<{wrapped}> : {type_}")


def test_resources(context):
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    type_ = ir.Type.parse("tensor<3x4xf32>")
    attribute = ir.DenseResourceElementsAttr.get_from_buffer(data, "weights", type_)
    np.testing.assert_array_equal(read_constant(attribute).array, data)
    assert read_constant(ir.Attribute.parse("dense_resource<nowhere> : tensor<2xf32>")) is None


def test_what_is_no_constant_we_compute_with(context):
    for text in ('"text"', "[1, 2]", "unit", "1 : i100", "dense<1> : tensor<2xi65>"):
        assert read_constant(ir.Attribute.parse(text)) is None
    assert element_type(ir.Type.parse("complex<f32>")) is None
    assert element_type(ir.Type.parse("tensor<2xcomplex<f32>>")) is None


def test_bytes_that_do_not_fit(context):
    with pytest.raises(ValueError, match="3 bytes are no"):
        dense_from_bytes(b"abc", ir.Type.parse("tensor<2xf32>"))
    with pytest.raises(ValueError, match="shape"):
        constant_attribute(np.zeros((2, 2)), ir.Type.parse("tensor<4xf32>"))


def test_empty_tensors(context):
    attribute = ir.Attribute.parse("dense<> : tensor<0x3xf32>")
    constant = read_constant(attribute)
    assert constant.broadcast().shape == (0, 3)
    assert constant_attribute(constant.array, constant.type) == attribute
