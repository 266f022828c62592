// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-split-concatenations)' | filecheck %s
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-move-scales,mypipeline-split-concatenations)' | filecheck %s --check-prefix=SCALED

// Keys of a cache and of a token: two products, of which the scores are put together. The keys are scaled as the model
// says, or the query instead of them.

// CHECK-LABEL: @keys
// CHECK-SAME: %[[CACHE:.*]]: tensor<1x2x7x4xf32>, %[[OWN:.*]]: tensor<1x2x1x4xf32>,
// CHECK-NOT: tensor.concat
// CHECK: linalg.generic {{.*}} ins(%[[CACHE]] : tensor<1x2x7x4xf32>) outs({{.*}} : tensor<1x2x4x7xf32>)
// CHECK: arith.mulf
// CHECK: %[[FIRST:.*]] = linalg.generic {{.*}} outs({{.*}} : tensor<2x1x7xf32>)
// CHECK: %[[SECOND:.*]] = linalg.generic {{.*}} outs({{.*}} : tensor<2x1x1xf32>)
// CHECK: tensor.concat dim(2) %[[FIRST]], %[[SECOND]]
// SCALED-LABEL: @keys
// SCALED: arith.constant 2.500000e-01
// SCALED: ins(%{{.*}} : tensor<2x1x4xf32>) outs({{.*}} : tensor<2x1x4xf32>)
// SCALED-NEXT: bb0
// SCALED-NEXT: arith.mulf
util.func public @keys(%cache: tensor<1x2x7x4xf32>, %own: tensor<1x2x1x4xf32>, %q: tensor<2x1x4xf32>) -> tensor<2x1x8xf32> {
  %zero = arith.constant 0.0 : f32
  %quarter = arith.constant 0.25 : f32
  %k = tensor.concat dim(2) %cache, %own : (tensor<1x2x7x4xf32>, tensor<1x2x1x4xf32>) -> tensor<1x2x8x4xf32>
  %e = tensor.empty() : tensor<1x2x4x8xf32>
  %t = linalg.transpose ins(%k : tensor<1x2x8x4xf32>) outs(%e : tensor<1x2x4x8xf32>) permutation = [0, 1, 3, 2]
  %s = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%t : tensor<1x2x4x8xf32>) outs(%e : tensor<1x2x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %quarter : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x4x8xf32>
  %c = tensor.collapse_shape %s [[0, 1], [2], [3]] : tensor<1x2x4x8xf32> into tensor<2x4x8xf32>
  %1 = tensor.empty() : tensor<2x1x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%1 : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  %r = linalg.batch_matmul ins(%q, %c : tensor<2x1x4xf32>, tensor<2x4x8xf32>) outs(%init : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  util.return %r : tensor<2x1x8xf32>
}

// -----

// Values: the second product is added to the first.

// CHECK-LABEL: @values
// CHECK-NOT: tensor.concat
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0] [2, 1, 7] [1, 1, 1]
// CHECK: %[[FIRST:.*]] = linalg.generic
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 7] [2, 1, 1] [1, 1, 1]
// CHECK: linalg.generic {{.*}} outs(%[[FIRST]] : tensor<2x1x4xf32>)
util.func public @values(%cache: tensor<2x7x4xf32>, %own: tensor<2x1x4xf32>, %p: tensor<2x1x8xf32>) -> tensor<2x1x4xf32> {
  %zero = arith.constant 0.0 : f32
  %v = tensor.concat dim(1) %cache, %own : (tensor<2x7x4xf32>, tensor<2x1x4xf32>) -> tensor<2x8x4xf32>
  %1 = tensor.empty() : tensor<2x1x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%1 : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %r = linalg.batch_matmul ins(%p, %v : tensor<2x1x8xf32>, tensor<2x8x4xf32>) outs(%init : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  util.return %r : tensor<2x1x4xf32>
}

// -----

// A concatenation that is needed anyway is read as a whole.

// CHECK-LABEL: @needed
// CHECK: tensor.concat
// CHECK: linalg.batch_matmul
util.func public @needed(%cache: tensor<2x7x4xf32>, %own: tensor<2x1x4xf32>, %p: tensor<2x1x8xf32>) -> (tensor<2x1x4xf32>, tensor<2x8x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %v = tensor.concat dim(1) %cache, %own : (tensor<2x7x4xf32>, tensor<2x1x4xf32>) -> tensor<2x8x4xf32>
  %1 = tensor.empty() : tensor<2x1x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%1 : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %r = linalg.batch_matmul ins(%p, %v : tensor<2x1x8xf32>, tensor<2x8x4xf32>) outs(%init : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  util.return %r, %v : tensor<2x1x4xf32>, tensor<2x8x4xf32>
}
