// RUN: ireekit opt %s --mypipeline-trim-windows | filecheck %s

// Five rows of six and seven columns of nine are read.

// CHECK-LABEL: @cut
// CHECK: tensor.extract_slice %arg0[0, 0, 0, 0] [%{{[a-z0-9_]+}}, 4, 5, 7] [1, 1, 1, 1]
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}tensor<?x4x5x7xf32>
util.func public @cut(%x: tensor<?x4x6x9xf32>, %w: tensor<8x4x3x7xf32>, %o: tensor<?x8x1x1xf32>) -> tensor<?x8x1x1xf32> {
  %r = linalg.conv_2d_nchw_fchw {dilations = dense<[2, 1]> : vector<2xi64>, strides = dense<3> : vector<2xi64>}
    ins(%x, %w : tensor<?x4x6x9xf32>, tensor<8x4x3x7xf32>) outs(%o : tensor<?x8x1x1xf32>) -> tensor<?x8x1x1xf32>
  util.return %r : tensor<?x8x1x1xf32>
}

// Windows that cover the image, and several of them.

// CHECK-LABEL: @others
// CHECK-NOT: tensor.extract_slice
util.func public @others(%x: tensor<1x7x5x4xf32>, %o: tensor<1x3x1x4xf32>) -> tensor<1x3x1x4xf32> {
  %window = tensor.empty() : tensor<2x5xf32>
  %r = linalg.pooling_nhwc_sum {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
    ins(%x, %window : tensor<1x7x5x4xf32>, tensor<2x5xf32>) outs(%o : tensor<1x3x1x4xf32>) -> tensor<1x3x1x4xf32>
  util.return %r : tensor<1x3x1x4xf32>
}
