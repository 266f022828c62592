"""The text form of inputs."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ireekit.cli.input_spec import InputSpec, TensorType, make_array, parse_input
from ireekit.cli.input_values import bind_inputs
from ireekit.errors import InputError
from ireekit.runtime.dtypes import ABI_DTYPES, numpy_dtype
from ireekit.signature import EntryPoint, Leaf

SCALAR = TensorType((), "float32")

shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,12}", fullmatch=True)
integers = st.sampled_from([(iree, name) for iree, name in ABI_DTYPES.items() if "int" in name])


def array_of(text: str, wanted: TensorType = SCALAR) -> np.ndarray:
    return make_array(parse_input(text), wanted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2x2xi32=1 2 3 4", np.array([[1, 2], [3, 4]], np.int32)),
        ("2x2xi32=[[1 2][3 4]]", np.array([[1, 2], [3, 4]], np.int32)),
        ("2x2xi32=[[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]], np.int32)),
        ("3xf32=0.5", np.full(3, 0.5, np.float32)),
        ("3xfloat32=0.5", np.full(3, 0.5, np.float32)),
        ("f32=2", np.array(2, np.float32)),
        ("2xi8", np.zeros(2, np.int8)),
        ("2xui8=255 0xff", np.array([255, 255], np.uint8)),
        ("4xi1=true false 1 0", np.array([True, False, True, False])),
        ("2xf32=nan -inf", np.array([np.nan, -np.inf], np.float32)),
        ("2xbf16=1.5 -2", np.array([1.5, -2], ml_dtypes.bfloat16)),
        ("2xf8E4M3FN=1", np.array([1, 1], ml_dtypes.float8_e4m3fn)),
        ("1xcomplex<f32>=1+2j", np.array([1 + 2j], np.complex64)),
        ("0x3xf32=1", np.zeros((0, 3), np.float32)),
        ("0xf32=", np.zeros(0, np.float32)),
        ("3", np.array(3, np.float32)),
    ],
)
def test_values(text: str, expected: np.ndarray) -> None:
    got = array_of(text)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("@x.npy", InputSpec("@x.npy", "file", "x.npy")),
        ("dir/x.NPZ", InputSpec("dir/x.NPZ", "file", "dir/x.NPZ")),
        ("@odd=name.npy", InputSpec("@odd=name.npy", "file", "odd=name.npy")),
        ("4xf32=@raw", InputSpec("4xf32=@raw", "file", "raw", TensorType((4,), "float32"))),
        ("x=@x.npy", InputSpec("x=@x.npy", "file", "x.npy", None, "x")),
        ("x=4xf32=1", InputSpec("x=4xf32=1", "numbers", "1", TensorType((4,), "float32"), "x")),
        ("past.0.key=random:7", InputSpec("past.0.key=random:7", "random", "7", None, "past.0.key")),
        ("random", InputSpec("random", "random", "")),
    ],
)
def test_forms(text: str, spec: InputSpec) -> None:
    assert parse_input(text) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4xf33=1", "'f33' is no data type"),
        ("4x=1", "'' is no data type"),
        ("?x3xf32=1", "a given array has no dynamic dimensions"),
        ("=3", "the name before = is empty"),
        ("a=b=3", "'b' is neither a value nor a type"),
        ("2xf32=1 2 3", "takes 2 values, or one for all; 3 are given"),
        ("2xf32=", "0 are given"),
        ("2xf32=[1 2", "brackets do not match"),
        ("2xf32=1 x", "'x' is no value of type float32"),
        ("1xi8=200", "200 does not fit int8"),
        ("1xui8=-1", "-1 does not fit uint8"),
        ("1xi32=1.5", "'1.5' is no value of type int32"),
        ("2xi1=2", "'2' is no value of type bool"),
        ("random:x", "'random:x' is no value of type float32"),
        ("@", "the name of the file after @ is missing"),
        ("9999999999x9999999999xf32=0", "cannot be made"),
    ],
)
def test_refused_values(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        array_of(text)
    assert caught.value.remedy


@given(shapes, integers, st.data())
def test_integers_round_trip(shape: tuple[int, ...], names_of_type: tuple[str, str], data: st.DataObject) -> None:
    limits = np.iinfo(names_of_type[1])
    count = int(np.prod(shape, dtype=int))
    values = data.draw(st.lists(st.integers(int(limits.min), int(limits.max)), min_size=count, max_size=count))
    expected = np.array(values, names_of_type[1]).reshape(shape)
    kind = "x".join([*map(str, shape), data.draw(st.sampled_from(names_of_type))])
    # numpy's own text of the array, with its brackets and line breaks.
    text = np.array2string(expected, threshold=10**6, separator=data.draw(st.sampled_from([" ", ", "])))
    got = array_of(f"{kind}={text}")
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@given(shapes, st.floats(width=32))
def test_one_float_fills_the_shape(shape: tuple[int, ...], value: float) -> None:
    got = array_of("x".join([*map(str, shape), f"f32={value!r}"]))
    np.testing.assert_array_equal(got, np.full(shape, value, np.float32))


@given(names, shapes, st.sampled_from(sorted(ABI_DTYPES)), st.integers(0, 2**32))
def test_random_values_follow_their_seed(name: str, shape: tuple[int, ...], dtype: str, seed: int) -> None:
    text = "x".join([*map(str, shape), f"{dtype}=random:{seed}"])
    got = array_of(text)
    assert (got.shape, got.dtype) == (shape, numpy_dtype(ABI_DTYPES[dtype]))
    assert got.tobytes() == array_of(text).tobytes()
    assert np.isfinite(got.astype(np.complex128)).all()
    if name not in ABI_DTYPES and name not in ABI_DTYPES.values():
        named = parse_input(f"{name}={text}")
        assert (named.name, named.type, named.content) == (name, parse_input(text).type, str(seed))


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        spec = parse_input(text)
        if spec.kind != "file" and (spec.type is None or spec.type.count < 1000):
            make_array(spec, SCALAR)
    except InputError as error:
        assert error.cause.startswith("--input ")  # noqa: PT017, most texts are no inputs


@given(st.permutations(["a", "b.0", "n"]))
def test_named_inputs_come_in_any_order(order: list[str]) -> None:
    leaves = [Leaf("a", "float32", (2,)), Leaf("b.0", "int64", ("batch", 2)), Leaf("n", "i32", None)]
    texts = {"a": "a=1 2", "b.0": "b.0=1x2xi64=3", "n": "n=4"}
    values = bind_inputs([parse_input(texts[name]) for name in order], EntryPoint.flat("main", leaves, []))
    np.testing.assert_array_equal(values[0], np.array([1, 2], np.float32))
    np.testing.assert_array_equal(values[1], np.array([[3, 3]]))
    assert values[2] == 4


def test_random_inputs_without_a_seed_differ_from_each_other() -> None:
    leaves = [Leaf(name, "float32", (8,)) for name in ("a", "b")]
    a, b = bind_inputs([parse_input("random")] * 2, EntryPoint.flat("main", leaves, []))
    assert not np.array_equal(a, b)
