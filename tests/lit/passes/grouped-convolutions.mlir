// RUN: ireekit opt %s --mypipeline-grouped-convolutions | filecheck %s

// Groups of many channels, each by itself.

// CHECK-LABEL: @wide
// CHECK: tensor.extract_slice %arg0[0, 0, 0, 0] [1, 2, 5, 6]
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}strides = dense<2>{{.*}}tensor<16x2x3x3xf32>
// CHECK: tensor.extract_slice %arg0[0, 2, 0, 0] [1, 2, 5, 6]
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: tensor.concat dim(1) {{.*}} -> tensor<1x32x2x2xf32>
// CHECK-NOT: ngchw
util.func public @wide(%x: tensor<1x4x5x6xf32>) -> tensor<1x32x2x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x16x2x3x3xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2x16x2x2xf32>
  %e = tensor.expand_shape %x [[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 5, 6] : tensor<1x4x5x6xf32> into tensor<1x2x2x5x6xf32>
  %r = linalg.conv_2d_ngchw_gfchw {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
    ins(%e, %w : tensor<1x2x2x5x6xf32>, tensor<2x16x2x3x3xf32>) outs(%zero : tensor<1x2x16x2x2xf32>) -> tensor<1x2x16x2x2xf32>
  %c = tensor.collapse_shape %r [[0], [1, 2], [3], [4]] : tensor<1x2x16x2x2xf32> into tensor<1x32x2x2xf32>
  util.return %c : tensor<1x32x2x2xf32>
}

// Two of four groups are joined, with what the convolution is added to; all eight would have to be in the other.

// CHECK-LABEL: @narrow
// CHECK-COUNT-2: linalg.conv_2d_nchw_fchw {{.*}}tensor<16x4x1x1xf32>
// CHECK: tensor.concat
// CHECK: arith.addf
// CHECK: linalg.conv_2d_ngchw_gfchw
util.func public @narrow(%x: tensor<1x8x5x6xf32>, %i: tensor<1x4x8x5x6xf32>, %y: tensor<1x16x5x6xf32>, %j: tensor<1x8x2x5x6xf32>) -> (tensor<1x32x5x6xf32>, tensor<1x16x5x6xf32>) {
  %w = arith.constant dense<1.0> : tensor<4x8x2x1x1xf32>
  %v = arith.constant dense<1.0> : tensor<8x2x2x1x1xf32>
  %e = tensor.expand_shape %x [[0], [1, 2], [3], [4]] output_shape [1, 4, 2, 5, 6] : tensor<1x8x5x6xf32> into tensor<1x4x2x5x6xf32>
  %r = linalg.conv_2d_ngchw_gfchw ins(%e, %w : tensor<1x4x2x5x6xf32>, tensor<4x8x2x1x1xf32>) outs(%i : tensor<1x4x8x5x6xf32>) -> tensor<1x4x8x5x6xf32>
  %c = tensor.collapse_shape %r [[0], [1, 2], [3], [4]] : tensor<1x4x8x5x6xf32> into tensor<1x32x5x6xf32>
  %f = tensor.expand_shape %y [[0], [1, 2], [3], [4]] output_shape [1, 8, 2, 5, 6] : tensor<1x16x5x6xf32> into tensor<1x8x2x5x6xf32>
  %s = linalg.conv_2d_ngchw_gfchw ins(%f, %v : tensor<1x8x2x5x6xf32>, tensor<8x2x2x1x1xf32>) outs(%j : tensor<1x8x2x5x6xf32>) -> tensor<1x8x2x5x6xf32>
  %d = tensor.collapse_shape %s [[0], [1, 2], [3], [4]] : tensor<1x8x2x5x6xf32> into tensor<1x16x5x6xf32>
  util.return %c, %d : tensor<1x32x5x6xf32>, tensor<1x16x5x6xf32>
}
