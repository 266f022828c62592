// RUN: ireekit opt %s --mypipeline-join-images | filecheck %s

// CHECK-LABEL: @read_by_convolution
// CHECK: tensor.insert_slice %arg0 into {{.*}}[0, 0, 0, 0] [1, 4, 5, 2] [1, 1, 1, 1]
// CHECK: tensor.insert_slice %arg1 into {{.*}}[0, 0, 0, 2] [1, 4, 5, 3] [1, 1, 1, 1]
// CHECK-NOT: tensor.concat
// CHECK: tensor.pad
util.func public @read_by_convolution(%a: tensor<1x4x5x2xf32>, %b: tensor<1x4x5x3xf32>, %w: tensor<3x3x5x8xf32>, %o: tensor<1x4x5x8xf32>) -> tensor<1x4x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %joined = tensor.concat dim(3) %a, %b : (tensor<1x4x5x2xf32>, tensor<1x4x5x3xf32>) -> tensor<1x4x5x5xf32>
  %padded = tensor.pad %joined low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x4x5x5xf32> to tensor<1x6x7x5xf32>
  %r = linalg.conv_2d_nhwc_hwcf ins(%padded, %w : tensor<1x6x7x5xf32>, tensor<3x3x5x8xf32>) outs(%o : tensor<1x4x5x8xf32>) -> tensor<1x4x5x8xf32>
  util.return %r : tensor<1x4x5x8xf32>
}

// No image, and along another axis.

// CHECK-LABEL: @others
// CHECK: tensor.concat
// CHECK: tensor.concat
util.func public @others(%a: tensor<1x4x5x2xf32>, %w: tensor<3x3x2x8xf32>, %o: tensor<1x6x3x8xf32>) -> (tensor<1x4x5x4xf32>, tensor<1x6x3x8xf32>) {
  %r = tensor.concat dim(3) %a, %a : (tensor<1x4x5x2xf32>, tensor<1x4x5x2xf32>) -> tensor<1x4x5x4xf32>
  %s = tensor.concat dim(1) %a, %a : (tensor<1x4x5x2xf32>, tensor<1x4x5x2xf32>) -> tensor<1x8x5x2xf32>
  %t = linalg.conv_2d_nhwc_hwcf ins(%s, %w : tensor<1x8x5x2xf32>, tensor<3x3x2x8xf32>) outs(%o : tensor<1x6x3x8xf32>) -> tensor<1x6x3x8xf32>
  util.return %r, %t : tensor<1x4x5x4xf32>, tensor<1x6x3x8xf32>
}
