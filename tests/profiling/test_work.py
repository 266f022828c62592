"""Arithmetic and traffic of operations, against numbers worked out by hand."""

from __future__ import annotations

import pytest
from iree.compiler import ir

from ireekit.passes import walk
from ireekit.profiling.work import LOAD, byte_size, flops, flops_by_name, traffic

CASES = {
    "matmul": (
        """func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>, %c: tensor<4x16xf32>) -> tensor<4x16xf32> {
          %0 = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%c : tensor<4x16xf32>)
            -> tensor<4x16xf32>
          return %0 : tensor<4x16xf32> }""",
        2 * 4 * 8 * 16,
    ),
    "strided convolution": (
        """func.func @f(%a: tensor<1x9x9x3xf32>, %b: tensor<3x3x3x8xf32>, %c: tensor<1x4x4x8xf32>)
              -> tensor<1x4x4x8xf32> {
          %0 = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : vector<2xi64>}
            ins(%a, %b : tensor<1x9x9x3xf32>, tensor<3x3x3x8xf32>) outs(%c : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
          return %0 : tensor<1x4x4x8xf32> }""",
        2 * 4 * 4 * 8 * 3 * 3 * 3,
    ),
    "pooling": (
        """func.func @f(%a: tensor<1x4x4x8xf32>, %w: tensor<2x2xf32>, %c: tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32> {
          %0 = linalg.pooling_nhwc_max {strides = dense<2> : vector<2xi64>}
            ins(%a, %w : tensor<1x4x4x8xf32>, tensor<2x2xf32>) outs(%c : tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32>
          return %0 : tensor<1x2x2x8xf32> }""",
        2 * 2 * 8 * 2 * 2,
    ),
    "int8 product": (
        """func.func @f(%a: tensor<4x8xi8>, %b: tensor<8x16xi8>, %c: tensor<4x16xi32>) -> tensor<4x16xi32> {
          %0 = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x16xi8>) outs(%c : tensor<4x16xi32>)
            -> tensor<4x16xi32>
          return %0 : tensor<4x16xi32> }""",
        2 * 4 * 8 * 16,
    ),
    "transpose": (
        """func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x4xf32>) -> tensor<8x4xf32> {
          %0 = linalg.transpose ins(%a : tensor<4x8xf32>) outs(%b : tensor<8x4xf32>) permutation = [1, 0]
          return %0 : tensor<8x4xf32> }""",
        0,
    ),
    "softmax": (
        """func.func @f(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>) -> tensor<4x8xf32> {
          %0 = linalg.softmax dimension(1) ins(%a : tensor<4x8xf32>) outs(%b : tensor<4x8xf32>) -> tensor<4x8xf32>
          return %0 : tensor<4x8xf32> }""",
        5 * 4 * 8,
    ),
    "attention": (
        """#q = affine_map<(b, m, n, k, l) -> (b, m, k)>
        #k = affine_map<(b, m, n, k, l) -> (b, l, k)>
        #v = affine_map<(b, m, n, k, l) -> (b, l, n)>
        #s = affine_map<(b, m, n, k, l) -> ()>
        #o = affine_map<(b, m, n, k, l) -> (b, m, n)>
        func.func @f(%q: tensor<2x16x8xf32>, %k: tensor<2x32x8xf32>, %v: tensor<2x32x4xf32>, %s: f32,
                     %o: tensor<2x16x4xf32>) -> tensor<2x16x4xf32> {
          %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o)
            <{indexing_maps = [#q, #k, #v, #s, #o], operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 1>}> ({
            ^bb0(%x: f32):
              iree_linalg_ext.yield %x : f32
          }) : (tensor<2x16x8xf32>, tensor<2x32x8xf32>, tensor<2x32x4xf32>, f32, tensor<2x16x4xf32>)
            -> tensor<2x16x4xf32>
          return %0 : tensor<2x16x4xf32> }""",
        2 * (2 * 16 * 32 * 8) + 2 * (2 * 16 * 32 * 4),
    ),
    "dynamic": (
        """func.func @f(%a: tensor<?x8xf32>, %b: tensor<8x16xf32>, %c: tensor<?x16xf32>) -> tensor<?x16xf32> {
          %0 = linalg.matmul ins(%a, %b : tensor<?x8xf32>, tensor<8x16xf32>) outs(%c : tensor<?x16xf32>)
            -> tensor<?x16xf32>
          return %0 : tensor<?x16xf32> }""",
        None,
    ),
}

LOADS = """
!table = !iree_tensor_ext.dispatch.tensor<readonly:tensor<1000x64xf32>>
!rows = !iree_tensor_ext.dispatch.tensor<readonly:tensor<10xi64>>
!result = !iree_tensor_ext.dispatch.tensor<writeonly:tensor<10x64xf32>>
func.func @f(%t: !table, %r: !rows, %o: !result) {
  %table = iree_tensor_ext.dispatch.tensor.load %t, offsets = [0, 0], sizes = [1000, 64], strides = [1, 1]
    : !table -> tensor<1000x64xf32>
  %rows = iree_tensor_ext.dispatch.tensor.load %r, offsets = [0], sizes = [10], strides = [1] : !rows -> tensor<10xi64>
  %empty = tensor.empty() : tensor<10x64xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
    ins(%rows : tensor<10xi64>) outs(%empty : tensor<10x64xf32>) {
    ^bb0(%row: i64, %out: f32):
      %i = arith.index_cast %row : i64 to index
      %j = linalg.index 1 : index
      %x = tensor.extract %table[%i, %j] : tensor<1000x64xf32>
      linalg.yield %x : f32
  } -> tensor<10x64xf32>
  iree_tensor_ext.dispatch.tensor.store %0, %o, offsets = [0, 0], sizes = [10, 64], strides = [1, 1]
    : tensor<10x64xf32> -> !result
  return
}
"""


def parsed(text: str) -> ir.Module:
    from ireekit.bindings import CompilerSession

    with CompilerSession().context:
        return ir.Module.parse(text)


@pytest.mark.parametrize("name", CASES)
def test_flops(name: str) -> None:
    text, expected = CASES[name]
    module = parsed(text)
    counts = [flops(op) for op in walk(module.operation)]
    assert (None if None in counts else sum(filter(None, counts))) == expected


def test_a_table_counts_what_is_looked_up() -> None:
    module = parsed(LOADS)
    ops = list(walk(module.operation))
    assert len([op for op in ops if op.name == LOAD]) == 2
    assert traffic(ops) == 10 * 64 * 4 + 10 * 8 + 10 * 64 * 4


def test_sizes() -> None:
    with ir.Context():
        assert byte_size(ir.Type.parse("tensor<3x5xf16>")) == 30
        assert byte_size(ir.Type.parse("tensor<9xi4>")) == 5
        assert byte_size(ir.Type.parse("f32")) == 0
        assert byte_size(ir.Type.parse("tensor<?xf32>")) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("main$async_dispatch_1_conv_112x112x64x7x7x3_f32", 2 * 112 * 112 * 64 * 7 * 7 * 3),
        ("main$async_dispatch_9_matmul_like_128x3072x768_f32", 2 * 128 * 3072 * 768),
        ("main$async_dispatch_3_batch_matmul_12x128x128x64_f32xf32xf32", 2 * 12 * 128 * 128 * 64),
        ("main$async_dispatch_0_elementwise_512_f32", None),
        ("main$async_dispatch_4_slow_memcpy", None),
    ],
)
def test_flops_by_name(name: str, expected: int | None) -> None:
    assert flops_by_name(name) == expected
