// RUN: ireekit opt %s --split-input-file --mypipeline-fold-constants | filecheck %s
// RUN: ireekit opt %s --split-input-file --mypipeline-fold-constants='max-bytes=4' | filecheck %s --check-prefix=SMALL

// What batch normalisation computes from its constants: an assertion that holds does not hinder it.

// CHECK-LABEL: @scale
// CHECK-NOT: math.sqrt
// CHECK: arith.constant dense<{{\[}}{{\[}}[5.000000e-01]], {{\[}}[2.500000e-01]]]> : tensor<2x1x1xf32>
// SMALL-LABEL: @scale
// SMALL: math.sqrt
util.func public @scale() -> tensor<2x1x1xf32> {
  %variance = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2xf32>
  %inverse = linalg.generic {
    indexing_maps = [affine_map<(c) -> (c)>, affine_map<(c) -> (c)>], iterator_types = ["parallel"]
  } ins(%variance : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%v: f32, %unused: f32):
    %root = math.sqrt %v : f32
    %differs = arith.cmpf one, %root, %zero : f32
    cf.assert %differs, "division by zero"
    %result = arith.divf %one, %root : f32
    linalg.yield %result : f32
  } -> tensor<2xf32>
  %expanded = tensor.expand_shape %inverse [[0, 1, 2]] output_shape [2, 1, 1] : tensor<2xf32> into tensor<2x1x1xf32>
  util.return %expanded : tensor<2x1x1xf32>
}

// -----

// A fill is cheaper than a constant that is read from memory.

// CHECK-LABEL: @fill
// CHECK: %[[FILL:[a-z0-9_]+]] = linalg.fill
// CHECK: util.return %[[FILL]]
util.func public @fill() -> tensor<8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x8xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x8xf32>) -> tensor<8x8xf32>
  util.return %filled : tensor<8x8xf32>
}

// -----

// An assertion that does not hold stays.

// CHECK-LABEL: @asserts
// CHECK: cf.assert
util.func public @asserts() -> tensor<2xf32> {
  %values = arith.constant dense<[4.0, 0.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2xf32>
  %same = linalg.generic {
    indexing_maps = [affine_map<(c) -> (c)>, affine_map<(c) -> (c)>], iterator_types = ["parallel"]
  } ins(%values : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%v: f32, %unused: f32):
    %differs = arith.cmpf one, %v, %zero : f32
    cf.assert %differs, "is zero"
    linalg.yield %v : f32
  } -> tensor<2xf32>
  util.return %same : tensor<2xf32>
}
