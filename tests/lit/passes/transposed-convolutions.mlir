// RUN: ireekit opt %s --mypipeline-transposed-convolutions | filecheck %s

// A kernel of the size of the stride: one convolution with four times the channels, put in order behind a barrier.

// CHECK-LABEL: @alike
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}ins(%arg0, {{.*}} : tensor<1x3x4x8xf32>, tensor<1x1x8x24xf32>) {{.*}} -> tensor<1x3x4x24xf32>
// CHECK: iree_tensor_ext.compute_barrier.start
// CHECK: linalg.transpose {{.*}} permutation = [0, 1, 3, 2, 4, 5]
// CHECK: tensor.collapse_shape {{.*}} into tensor<1x6x8x6xf32>
util.func public @alike(%x: tensor<1x3x4x8xf32>, %w: tensor<2x2x8x6xf32>) -> tensor<1x6x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x7x9x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x7x9x8xf32>) -> tensor<1x7x9x8xf32>
  %i = tensor.insert_slice %x into %f[0, 1, 1, 0] [1, 3, 4, 8] [1, 2, 2, 1] : tensor<1x3x4x8xf32> into tensor<1x7x9x8xf32>
  %o = tensor.empty() : tensor<1x6x8x6xf32>
  %init = linalg.fill ins(%zero : f32) outs(%o : tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32>
  %r = linalg.conv_2d_nhwc_hwcf ins(%i, %w : tensor<1x7x9x8xf32>, tensor<2x2x8x6xf32>) outs(%init : tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32>
  util.return %r : tensor<1x6x8x6xf32>
}

// Three elements, two and one of them for the phases: four convolutions of parts of the image with a margin.

// CHECK-LABEL: @phases
// CHECK: tensor.pad %arg0 low[0, 0, 0, 0] high[0, 1, 1, 0]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}tensor<1x1x8x6xf32>
// CHECK: tensor.insert_slice {{.*}}[0, 0, 0, 0] [1, 3, 4, 6] [1, 2, 2, 1]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}tensor<1x2x8x6xf32>
// CHECK: tensor.insert_slice {{.*}}[0, 0, 1, 0] [1, 3, 4, 6] [1, 2, 2, 1]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}tensor<2x1x8x6xf32>
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}tensor<2x2x8x6xf32>
// CHECK: tensor.insert_slice {{.*}}[0, 1, 1, 0] [1, 3, 4, 6] [1, 2, 2, 1]
// CHECK: arith.addf
util.func public @phases(%x: tensor<1x3x4x8xf32>, %w: tensor<3x3x8x6xf32>, %bias: tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8x10x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8x10x8xf32>) -> tensor<1x8x10x8xf32>
  %i = tensor.insert_slice %x into %f[0, 1, 1, 0] [1, 3, 4, 8] [1, 2, 2, 1] : tensor<1x3x4x8xf32> into tensor<1x8x10x8xf32>
  %r = linalg.conv_2d_nhwc_hwcf ins(%i, %w : tensor<1x8x10x8xf32>, tensor<3x3x8x6xf32>) outs(%bias : tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32>
  util.return %r : tensor<1x6x8x6xf32>
}

// Something other than zeros between the pixels.

// CHECK-LABEL: @ones
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}tensor<1x7x9x8xf32>
util.func public @ones(%x: tensor<1x3x4x8xf32>, %w: tensor<2x2x8x6xf32>, %o: tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32> {
  %one = arith.constant dense<1.0> : tensor<1x7x9x8xf32>
  %i = tensor.insert_slice %x into %one[0, 1, 1, 0] [1, 3, 4, 8] [1, 2, 2, 1] : tensor<1x3x4x8xf32> into tensor<1x7x9x8xf32>
  %r = linalg.conv_2d_nhwc_hwcf ins(%i, %w : tensor<1x7x9x8xf32>, tensor<2x2x8x6xf32>) outs(%o : tensor<1x6x8x6xf32>) -> tensor<1x6x8x6xf32>
  util.return %r : tensor<1x6x8x6xf32>
}
