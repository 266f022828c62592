// RUN: ireekit opt %s --mypipeline-row-convolutions | filecheck %s

// What each result sees side by side, in a kernel of its own; then a product.

// CHECK-LABEL: @row
// CHECK: tensor.extract_slice %arg0[0, 0, 0, 0] [1, 4, 3, 2] [1, 1, 2, 1]
// CHECK: tensor.insert_slice {{.*}}[0, 0, 0, 0] [1, 4, 3, 2]
// CHECK: tensor.extract_slice %arg0[0, 0, 3, 0] [1, 4, 3, 2] [1, 1, 2, 1]
// CHECK: tensor.insert_slice {{.*}}[0, 0, 0, 2] [1, 4, 3, 2]
// CHECK: iree_tensor_ext.compute_barrier.start {{.*}}tensor<1x4x3x4xf32>
// CHECK: linalg.matmul {{.*}}tensor<12x4xf32>, tensor<4x8xf32>
// CHECK: arith.addf
util.func public @row(%x: tensor<1x4x8x2xf32>, %w: tensor<1x2x2x8xf32>, %bias: tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32> {
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<3> : tensor<2xi64>, strides = dense<[1, 2]> : tensor<2xi64>}
    ins(%x, %w : tensor<1x4x8x2xf32>, tensor<1x2x2x8xf32>) outs(%bias : tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32>
  util.return %r : tensor<1x4x3x8xf32>
}

// CHECK-LABEL: @others
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK: linalg.conv_2d_nhwc_hwcf
util.func public @others(%x: tensor<1x4x8x2xf32>, %point: tensor<1x1x2x8xf32>, %w: tensor<2x2x2x8xf32>, %a: tensor<1x4x8x8xf32>, %b: tensor<1x3x7x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x3x7x8xf32>) {
  %r = linalg.conv_2d_nhwc_hwcf ins(%x, %point : tensor<1x4x8x2xf32>, tensor<1x1x2x8xf32>) outs(%a : tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %s = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x8x2xf32>, tensor<2x2x2x8xf32>) outs(%b : tensor<1x3x7x8xf32>) -> tensor<1x3x7x8xf32>
  util.return %r, %s : tensor<1x4x8x8xf32>, tensor<1x3x7x8xf32>
}
