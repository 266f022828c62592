// RUN: ireekit opt %s --mypipeline-patch-convolutions | filecheck %s

// A patch embedding: patches, one a row, in a kernel of their own; then a product with the filters.

// CHECK-LABEL: @patches
// CHECK: tensor.expand_shape {{.*}} : tensor<1x3x8x12xf32> into tensor<1x3x2x4x3x4xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 4, 1, 3, 5]
// CHECK: tensor.collapse_shape {{.*}} into tensor<6x48xf32>
// CHECK: iree_tensor_ext.compute_barrier.start
// CHECK: linalg.matmul {{.*}} -> tensor<6x16xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 1, 2]
// CHECK: arith.addf
// CHECK-NOT: linalg.conv
util.func public @patches(%image: tensor<1x3x8x12xf32>, %filter: tensor<16x3x4x4xf32>, %bias: tensor<1x16x2x3xf32>) -> tensor<1x16x2x3xf32> {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<4> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x3x8x12xf32>, tensor<16x3x4x4xf32>) outs(%bias : tensor<1x16x2x3xf32>) -> tensor<1x16x2x3xf32>
  util.return %r : tensor<1x16x2x3xf32>
}

// Channels last, and nothing to add to.

// CHECK-LABEL: @channels_last
// CHECK: linalg.transpose {{.*}} permutation = [0, 1, 3, 2, 4, 5]
// CHECK: linalg.matmul {{.*}} -> tensor<6x16xf32>
// CHECK-NOT: arith.addf
util.func public @channels_last(%image: tensor<1x4x6x3xf32>, %filter: tensor<2x2x3x16xf32>) -> tensor<1x2x3x16xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x2x3x16xf32>
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x4x6x3xf32>, tensor<2x2x3x16xf32>) outs(%zero : tensor<1x2x3x16xf32>) -> tensor<1x2x3x16xf32>
  util.return %r : tensor<1x2x3x16xf32>
}

// Patches that overlap, and images that patches do not divide, stay convolutions.

// CHECK-LABEL: @others
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: linalg.conv_2d_nchw_fchw
util.func public @others(%image: tensor<1x3x9x9xf32>, %filter: tensor<16x3x3x3xf32>, %wide: tensor<16x3x4x4xf32>, %a: tensor<1x16x4x4xf32>, %b: tensor<1x16x2x2xf32>) -> (tensor<1x16x4x4xf32>, tensor<1x16x2x2xf32>) {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x3x9x9xf32>, tensor<16x3x3x3xf32>) outs(%a : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %s = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<4> : tensor<2xi64>}
    ins(%image, %wide : tensor<1x3x9x9xf32>, tensor<16x3x4x4xf32>) outs(%b : tensor<1x16x2x2xf32>) -> tensor<1x16x2x2xf32>
  util.return %r, %s : tensor<1x16x4x4xf32>, tensor<1x16x2x2xf32>
}
