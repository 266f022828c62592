// RUN: ireekit opt %s --mypipeline-strided-pointwise | filecheck %s

// The pixels that are read, then the convolution without its stride.

// CHECK-LABEL: @shortcut
// CHECK: %[[SEEN:[a-z0-9_]+]] = tensor.extract_slice %arg0[0, 0, 0, 0] [%{{[a-z0-9_]+}}, 8, 4, 3] [1, 1, 2, 3] : tensor<?x8x7x9xf32> to tensor<?x8x4x3xf32>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}strides = dense<1> {{.*}} ins(%[[SEEN]]
util.func public @shortcut(%image: tensor<?x8x7x9xf32>, %filter: tensor<16x8x1x1xf32>, %bias: tensor<?x16x4x3xf32>) -> tensor<?x16x4x3xf32> {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<[2, 3]> : tensor<2xi64>}
    ins(%image, %filter : tensor<?x8x7x9xf32>, tensor<16x8x1x1xf32>) outs(%bias : tensor<?x16x4x3xf32>) -> tensor<?x16x4x3xf32>
  util.return %r : tensor<?x16x4x3xf32>
}

// Larger kernels stay, and those without a stride.

// CHECK-LABEL: @others
// CHECK-NOT: tensor.extract_slice
util.func public @others(%image: tensor<1x7x9x8xf32>, %filter: tensor<3x3x8x4xf32>, %point: tensor<1x1x8x4xf32>, %a: tensor<1x3x4x4xf32>, %b: tensor<1x7x9x4xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x7x9x4xf32>) {
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x7x9x8xf32>, tensor<3x3x8x4xf32>) outs(%a : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %s = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%image, %point : tensor<1x7x9x8xf32>, tensor<1x1x8x4xf32>) outs(%b : tensor<1x7x9x4xf32>) -> tensor<1x7x9x4xf32>
  util.return %r, %s : tensor<1x3x4x4xf32>, tensor<1x7x9x4xf32>
}
