// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg --split-input-file | filecheck %s

// What the accelerator cannot take stays in linalg.

// Extents that are no whole blocks.
// CHECK-LABEL: @unaligned
// CHECK-NOT: npu.
// CHECK: linalg.matmul
func.func @unaligned(%a: tensor<16x16xf32>, %b: tensor<16x10xf32>, %c: tensor<16x10xf32>) -> tensor<16x10xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<16x16xf32>, tensor<16x10xf32>) outs(%c : tensor<16x10xf32>) -> tensor<16x10xf32>
  return %r : tensor<16x10xf32>
}

// -----

// CHECK-LABEL: @dynamic
// CHECK-NOT: npu.
// CHECK: linalg.matmul
func.func @dynamic(%a: tensor<?x16xf32>, %b: tensor<16x16xf32>, %c: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<?x16xf32>, tensor<16x16xf32>) outs(%c : tensor<?x16xf32>) -> tensor<?x16xf32>
  return %r : tensor<?x16xf32>
}

// -----

// Sums in half precision.
// CHECK-LABEL: @narrow_sum
// CHECK-NOT: npu.
// CHECK: linalg.matmul
func.func @narrow_sum(%a: tensor<16x16xf16>, %c: tensor<16x16xf16>) -> tensor<16x16xf16> {
  %r = linalg.matmul ins(%a, %a : tensor<16x16xf16>, tensor<16x16xf16>) outs(%c : tensor<16x16xf16>) -> tensor<16x16xf16>
  return %r : tensor<16x16xf16>
}

// -----

// CHECK-LABEL: @integers
// CHECK-NOT: npu.
// CHECK: linalg.matmul
func.func @integers(%a: tensor<16x16xi8>, %c: tensor<16x16xi32>) -> tensor<16x16xi32> {
  %r = linalg.matmul ins(%a, %a : tensor<16x16xi8>, tensor<16x16xi8>) outs(%c : tensor<16x16xi32>) -> tensor<16x16xi32>
  return %r : tensor<16x16xi32>
}

// -----

// CHECK-LABEL: @transposed
// CHECK-NOT: npu.
// CHECK: linalg.matmul
func.func @transposed(%a: tensor<16x32xf32>, %c: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %r = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%a, %a : tensor<16x32xf32>, tensor<16x32xf32>) outs(%c : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}

// -----

// An operation that is no instruction of the vector engine; the other one is taken.
// CHECK-LABEL: @tanh
// CHECK: linalg.generic
// CHECK: math.tanh
// CHECK: npu.kernel
// CHECK: npu.unary neg
func.func @tanh(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %empty = tensor.empty() : tensor<16x16xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<16x16xf32>) outs(%empty : tensor<16x16xf32>) {
  ^bb0(%a: f32, %unused: f32):
    %y = math.tanh %a : f32
    linalg.yield %y : f32
  } -> tensor<16x16xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%t : tensor<16x16xf32>) outs(%empty : tensor<16x16xf32>) {
  ^bb0(%a: f32, %unused: f32):
    %y = arith.negf %a : f32
    linalg.yield %y : f32
  } -> tensor<16x16xf32>
  return %n : tensor<16x16xf32>
}

// -----

// A NaN is greater than zero for `ogt` never, and the engine's maximum keeps it.
// CHECK-LABEL: @ordered
// CHECK-NOT: npu.
// CHECK: arith.cmpf ogt
func.func @ordered(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<16x16xf32>) outs(%empty : tensor<16x16xf32>) {
  ^bb0(%a: f32, %unused: f32):
    %p = arith.cmpf ogt, %a, %zero : f32
    %y = arith.select %p, %a, %zero : f32
    linalg.yield %y : f32
  } -> tensor<16x16xf32>
  return %t : tensor<16x16xf32>
}

// -----

// A sum over rows.
// CHECK-LABEL: @reduction
// CHECK-NOT: npu.
// CHECK: linalg.generic
func.func @reduction(%x: tensor<16x16xf32>, %c: tensor<16xf32>) -> tensor<16xf32> {
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<16x16xf32>) outs(%c : tensor<16xf32>) {
  ^bb0(%a: f32, %s: f32):
    %y = arith.addf %a, %s : f32
    linalg.yield %y : f32
  } -> tensor<16xf32>
  return %t : tensor<16xf32>
}
