"""Conversions of a whole program's data types: signatures and numbers."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from ireekit import Pipeline
from ireekit.errors import TargetError

TEXT = """
func.func @main(%x: tensor<4x{0}>, %y: tensor<4x{0}>) -> tensor<4x{0}> {{
  %0 = {1} %x, %y : tensor<4x{0}>
  return %0 : tensor<4x{0}>
}}
"""


def compile_(element: str, op: str = "arith.mulf", **options):
    return Pipeline("test").compile(TEXT.format(element, op), cache=False, **options)


@pytest.mark.parametrize(
    ("element", "to", "dtype"),
    [
        ("f64", "f32", np.float32),
        ("f32", "f16", np.float16),
        ("bf16", "f32", np.float32),
        ("f16", "f32", np.float32),
        ("i64", "i32", np.int32),
    ],
)
def test_a_conversion_changes_signature_and_results(element: str, to: str, dtype: type) -> None:
    artifact = compile_(element, "arith.muli" if element == "i64" else "arith.mulf", data_types={element: to})
    (entry,) = artifact.entry_points
    assert {leaf.dtype for leaf in (*entry.inputs, *entry.results)} == {np.dtype(dtype).name}
    x, y = np.array([1, 2, 3, 4], dtype), np.array([3, 5, 7, 9], dtype)
    if dtype is not np.int32:
        x, y = x + dtype(0.1), y / dtype(7)
    result = artifact(x, y)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, x * y, rtol=2 * np.finfo(dtype).eps if dtype is not np.int32 else 0)
    assert artifact.metadata.options["data_types"] == {element: to}


@pytest.mark.parametrize(
    ("element", "dtype"),
    [("f64", np.float64), ("f32", np.float32), ("f16", np.float16), ("bf16", ml_dtypes.bfloat16), ("i64", np.int64)],
)
def test_without_one_the_types_stay(element: str, dtype: type) -> None:
    artifact = compile_(element, "arith.muli" if element == "i64" else "arith.mulf")
    x, y = np.array([1, 2, 3, 4], dtype), np.array([3, 5, 7, 9], dtype)
    result = artifact(x, y)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.astype(np.float64), (x * y).astype(np.float64))


def test_doubles_are_computed_as_doubles() -> None:
    x, y = np.full(4, 1 + 2.0**-40), np.full(4, 1 - 2.0**-40)
    np.testing.assert_array_equal(compile_("f64")(x, y), x * y)
    np.testing.assert_array_equal(compile_("f64", data_types={"f64": "f64"})(x, y), x * y)


def test_scalars_by_value_follow() -> None:
    text = """
    func.func @main(%x: tensor<4xi64>, %n: i64) -> (tensor<4xi64>, i64) {
      %e = tensor.empty() : tensor<4xi64>
      %s = linalg.fill ins(%n : i64) outs(%e : tensor<4xi64>) -> tensor<4xi64>
      %0 = arith.addi %x, %s : tensor<4xi64>
      %1 = arith.addi %n, %n : i64
      return %0, %1 : tensor<4xi64>, i64
    }"""
    artifact = Pipeline("test").compile(text, data_types={"i64": "i32"}, cache=False)
    (entry,) = artifact.entry_points
    assert [leaf.dtype for leaf in (*entry.inputs, *entry.results)] == ["int32", "i32", "int32", "i32"]
    sums, twice = artifact(np.arange(4, dtype=np.int32), 5)
    np.testing.assert_array_equal(sums, [5, 6, 7, 8])
    assert int(twice) == 10


def test_a_scalar_that_cannot_follow_is_refused() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>, %n: f32) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %s = linalg.fill ins(%n : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      %0 = arith.addf %x, %s : tensor<4xf32>
      return %0 : tensor<4xf32>
    }"""
    with pytest.raises(TargetError, match=r"'input1' of main is a scalar .* by value as f16") as caught:
        Pipeline("test").compile(text, data_types={"f32": "f16"}, cache=False)
    assert "rank 0" in caught.value.remedy


def test_one_conversion_after_the_other() -> None:
    artifact = compile_("f64", data_types={"f64": "f32", "f32": "f16"})
    (entry,) = artifact.entry_points
    assert {leaf.dtype for leaf in (*entry.inputs, *entry.results)} == {"float16"}
    x = np.array([1, 2, 3, 4], np.float16)
    np.testing.assert_array_equal(artifact(x, x), x * x)


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"f32": "f8"}, "no conversion of data type 'f32' to 'f8'"),
        ({"float32": "float16"}, "no conversion of data type 'float32' to 'float16'"),
        ("f16", "is no mapping"),
        (["f32", "f16"], "is no mapping"),
    ],
    ids=str,
)
def test_what_is_no_conversion(given, cause: str) -> None:
    with pytest.raises(TargetError) as caught:
        compile_("f32", data_types=given)
    assert cause in caught.value.cause
    assert caught.value.remedy


@pytest.mark.parametrize("level", ["O0", "O1", "O2", "O3"])
def test_optimization_levels_give_the_same_numbers(level: str) -> None:
    artifact = compile_("f32", optimize=level)
    x = np.linspace(-3, 3, 4, dtype=np.float32)
    np.testing.assert_array_equal(artifact(x, x), x * x)
    assert artifact.metadata.options["optimize"] == level
    assert f"--iree-opt-level={level}" in artifact.metadata.flags


def test_an_unknown_level() -> None:
    with pytest.raises(TargetError, match="unknown optimization level 'O4'"):
        compile_("f32", optimize="O4")
