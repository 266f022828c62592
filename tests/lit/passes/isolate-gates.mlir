// RUN: ireekit opt %s --mypipeline-isolate-gates | filecheck %s

#image = affine_map<(n, h, w, c) -> (n, h, w, c)>
#gate = affine_map<(n, h, w, c) -> (n, 0, 0, c)>

// The sigmoid of a gate is computed for each channel, not for each pixel.

// CHECK-LABEL: @gate
// CHECK: math.exp
// CHECK: %[[GATE:[a-z0-9_]+]] = iree_tensor_ext.compute_barrier.start %{{.*}} : tensor<1x1x1x32xf32>
// CHECK: linalg.generic {{.*}} ins(%{{[a-z0-9_]+}}, %[[GATE]] :
util.func @gate(%image: tensor<1x8x8x32xf32>, %mean: tensor<1x1x1x8xf32>, %filter: tensor<1x1x8x32xf32>) -> tensor<1x8x8x32xf32> {
  %one = arith.constant 1.0 : f32
  %small = tensor.empty() : tensor<1x1x1x32xf32>
  %large = tensor.empty() : tensor<1x8x8x32xf32>
  %product = linalg.conv_2d_nhwc_hwcf ins(%mean, %filter : tensor<1x1x1x8xf32>, tensor<1x1x8x32xf32>) outs(%small : tensor<1x1x1x32xf32>) -> tensor<1x1x1x32xf32>
  %gate = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%product : tensor<1x1x1x32xf32>) outs(%small : tensor<1x1x1x32xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %one, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<1x1x1x32xf32>
  %scaled = linalg.generic {indexing_maps = [#image, #gate, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%image, %gate : tensor<1x8x8x32xf32>, tensor<1x1x1x32xf32>) outs(%large : tensor<1x8x8x32xf32>) {
  ^bb0(%in: f32, %by: f32, %out: f32):
    %0 = arith.mulf %in, %by : f32
    linalg.yield %0 : f32
  } -> tensor<1x8x8x32xf32>
  util.return %scaled : tensor<1x8x8x32xf32>
}

// What costs as much as to read it, and what is used for few pixels, stays with its use.

// CHECK-LABEL: @cheap
// CHECK-NOT: compute_barrier
util.func @cheap(%image: tensor<1x8x8x32xf32>, %mean: tensor<1x1x1x8xf32>, %filter: tensor<1x1x8x32xf32>) -> tensor<1x8x8x32xf32> {
  %one = arith.constant 1.0 : f32
  %small = tensor.empty() : tensor<1x1x1x32xf32>
  %large = tensor.empty() : tensor<1x8x8x32xf32>
  %product = linalg.conv_2d_nhwc_hwcf ins(%mean, %filter : tensor<1x1x1x8xf32>, tensor<1x1x8x32xf32>) outs(%small : tensor<1x1x1x32xf32>) -> tensor<1x1x1x32xf32>
  %gate = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%product : tensor<1x1x1x32xf32>) outs(%small : tensor<1x1x1x32xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %one : f32
    linalg.yield %0 : f32
  } -> tensor<1x1x1x32xf32>
  %scaled = linalg.generic {indexing_maps = [#image, #gate, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%image, %gate : tensor<1x8x8x32xf32>, tensor<1x1x1x32xf32>) outs(%large : tensor<1x8x8x32xf32>) {
  ^bb0(%in: f32, %by: f32, %out: f32):
    %0 = arith.mulf %in, %by : f32
    linalg.yield %0 : f32
  } -> tensor<1x8x8x32xf32>
  util.return %scaled : tensor<1x8x8x32xf32>
}

// CHECK-LABEL: @few
// CHECK-NOT: compute_barrier
util.func @few(%image: tensor<1x3x5x32xf32>, %mean: tensor<1x1x1x8xf32>, %filter: tensor<1x1x8x32xf32>) -> tensor<1x3x5x32xf32> {
  %small = tensor.empty() : tensor<1x1x1x32xf32>
  %large = tensor.empty() : tensor<1x3x5x32xf32>
  %product = linalg.conv_2d_nhwc_hwcf ins(%mean, %filter : tensor<1x1x1x8xf32>, tensor<1x1x8x32xf32>) outs(%small : tensor<1x1x1x32xf32>) -> tensor<1x1x1x32xf32>
  %gate = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%product : tensor<1x1x1x32xf32>) outs(%small : tensor<1x1x1x32xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.tanh %in : f32
    linalg.yield %0 : f32
  } -> tensor<1x1x1x32xf32>
  %scaled = linalg.generic {indexing_maps = [#image, #gate, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%image, %gate : tensor<1x3x5x32xf32>, tensor<1x1x1x32xf32>) outs(%large : tensor<1x3x5x32xf32>) {
  ^bb0(%in: f32, %by: f32, %out: f32):
    %0 = arith.mulf %in, %by : f32
    linalg.yield %0 : f32
  } -> tensor<1x3x5x32xf32>
  util.return %scaled : tensor<1x3x5x32xf32>
}
