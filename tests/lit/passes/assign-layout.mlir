// RUN: ireekit opt %s --split-input-file --mypipeline-assign-layout --canonicalize | filecheck %s

// Padding, convolution and what follows change their layout together; the image is transposed once on either side, and
// barriers keep the transpositions out of the convolution.

// CHECK-LABEL: @network
// CHECK-SAME: %[[IMAGE:[a-z0-9]+]]: tensor<?x2x6x6xf32>
// CHECK-DAG: arith.constant dense<5.000000e-01> : tensor<3x3x2x4xf32>
// CHECK-DAG: arith.constant dense<2.500000e-01> : tensor<3x3x4xf32>
// CHECK: iree_tensor_ext.compute_barrier.start %[[IMAGE]]
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[IN:[a-z0-9_]+]] = iree_tensor_ext.compute_barrier.start {{.*}} : tensor<?x6x6x2xf32>
// CHECK: tensor.pad %[[IN]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<?x4x4x4xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: iree_tensor_ext.compute_barrier.start {{.*}} : tensor<?x4x4x4xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 1, 2]
// CHECK-NOT: nchw
#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>
util.func public @network(%x: tensor<?x2x6x6xf32>) -> tensor<?x4x4x4xf32> {
  %filter = arith.constant dense<0.5> : tensor<4x2x3x3xf32>
  %window = arith.constant dense<0.25> : tensor<4x3x3xf32>
  %bias = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x2x6x6xf32>
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<?x2x6x6xf32> to tensor<?x2x8x8xf32>
  %0 = tensor.empty(%n) : tensor<?x4x6x6xf32>
  %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
  %2 = linalg.conv_2d_nchw_fchw ins(%padded, %filter : tensor<?x2x8x8xf32>, tensor<4x2x3x3xf32>) outs(%1 : tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
  %m = tensor.dim %2, %c0 : tensor<?x4x6x6xf32>
  %3 = tensor.empty(%m) : tensor<?x4x4x4xf32>
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
  %5 = linalg.depthwise_conv_2d_nchw_chw ins(%2, %window : tensor<?x4x6x6xf32>, tensor<4x3x3xf32>) outs(%4 : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
  %6 = linalg.generic {indexing_maps = [#image, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%5, %bias : tensor<?x4x4x4xf32>, tensor<4xf32>) outs(%3 : tensor<?x4x4x4xf32>) {
  ^bb0(%v: f32, %b: f32, %unused: f32):
    %s = arith.addf %v, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x4x4x4xf32>
  util.return %6 : tensor<?x4x4x4xf32>
}

// -----

// A filter is transposed at compile time; slices, concatenation and pixels as a list follow, transposing the list costs
// nothing.

// CHECK-LABEL: @follow
// CHECK: arith.constant dense<{{\[}}{{\[}}{{\[}}[1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]]]> : tensor<1x1x2x2xf32>
// CHECK: %[[CONV:[a-z0-9_]+]] = linalg.conv_2d_nhwc_hwcf
// CHECK: %[[SLICE:[a-z0-9_]+]] = tensor.extract_slice %[[CONV]][0, 1, 0, 0] [1, 3, 4, 2] [1, 1, 1, 1]
// CHECK: %[[BOTH:[a-z0-9_]+]] = tensor.concat dim(3) %[[SLICE]], %[[SLICE]]
// CHECK: %[[LIST:[a-z0-9_]+]] = tensor.collapse_shape %[[BOTH]] {{\[}}[0], [1, 2], [3]]
// CHECK: util.return %[[LIST]] : tensor<1x12x4xf32>
util.func public @follow(%x: tensor<1x2x4x4xf32>) -> tensor<1x12x4xf32> {
  %filter = arith.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %filter : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%init : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %slice = tensor.extract_slice %conv[0, 0, 1, 0] [1, 2, 3, 4] [1, 1, 1, 1] : tensor<1x2x4x4xf32> to tensor<1x2x3x4xf32>
  %both = tensor.concat dim(1) %slice, %slice : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x4x3x4xf32>
  %pixels = tensor.collapse_shape %both [[0], [1], [2, 3]] : tensor<1x4x3x4xf32> into tensor<1x4x12xf32>
  %target = tensor.empty() : tensor<1x12x4xf32>
  %list = linalg.transpose ins(%pixels : tensor<1x4x12xf32>) outs(%target : tensor<1x12x4xf32>) permutation = [0, 2, 1]
  util.return %list : tensor<1x12x4xf32>
}

// -----

// An image of one pixel is transposed by a reshape; one that comes with channels last is not transposed at all.

// CHECK-LABEL: @free
// CHECK-NOT: linalg.transpose
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK-NOT: linalg.transpose
util.func public @free(%pixel: tensor<1x2x1x1xf32>, %last: tensor<1x4x4x2xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x4x4x2xf32>) {
  %filter = arith.constant dense<1.0> : tensor<2x2x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %0 = tensor.empty() : tensor<1x2x1x1xf32>
  %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %2 = linalg.conv_2d_nchw_fchw ins(%pixel, %filter : tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) outs(%1 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %3 = tensor.empty() : tensor<1x2x4x4xf32>
  %first = linalg.transpose ins(%last : tensor<1x4x4x2xf32>) outs(%3 : tensor<1x2x4x4xf32>) permutation = [0, 3, 1, 2]
  %4 = linalg.fill ins(%zero : f32) outs(%3 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %5 = linalg.conv_2d_nchw_fchw ins(%first, %filter : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%4 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %6 = tensor.empty() : tensor<1x4x4x2xf32>
  %7 = linalg.transpose ins(%5 : tensor<1x2x4x4xf32>) outs(%6 : tensor<1x4x4x2xf32>) permutation = [0, 2, 3, 1]
  util.return %2, %7 : tensor<1x2x1x1xf32>, tensor<1x4x4x2xf32>
}

// -----

// Without convolutions nothing changes.

// CHECK-LABEL: @none
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x2x3x4xf32>
// CHECK-NOT: compute_barrier
// CHECK: linalg.transpose ins(%[[X]]
util.func public @none(%x: tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32> {
  %0 = tensor.empty() : tensor<1x3x4x2xf32>
  %1 = linalg.transpose ins(%x : tensor<1x2x3x4xf32>) outs(%0 : tensor<1x3x4x2xf32>) permutation = [0, 2, 3, 1]
  util.return %1 : tensor<1x3x4x2xf32>
}
