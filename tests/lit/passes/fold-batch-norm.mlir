// RUN: ireekit opt %s --split-input-file --mypipeline-fold-batch-norm | filecheck %s

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c, 0, 0)>

// (x - mean) * scale + offset: the scale goes into the filter, and one addition of a vector remains.

// CHECK-LABEL: @normalised
// CHECK: %[[FILTER:[a-z0-9_]+]] = arith.constant dense<{{\[}}{{\[}}{{\[}}[2.000000e+00]]], {{\[}}{{\[}}[1.200000e+01]]]]> : tensor<2x1x1x1xf32>
// CHECK: %[[CONV:[a-z0-9_]+]] = linalg.conv_2d_nchw_fchw {{.*}}%[[FILTER]]
// CHECK: %[[SHIFT:[a-z0-9_]+]] = arith.constant dense<[4.900000e+01, 9.100000e+01]> : tensor<2xf32>
// CHECK: %[[SUM:[a-z0-9_]+]] = linalg.generic {{.*}} ins(%[[CONV]], %[[SHIFT]]
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: util.return %[[SUM]]
util.func public @normalised(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %filter = arith.constant dense<[[[[1.0]]], [[[4.0]]]]> : tensor<2x1x1x1xf32>
  %mean = arith.constant dense<[[[0.5]], [[3.0]]]> : tensor<2x1x1xf32>
  %scale = arith.constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %offset = arith.constant dense<[[[50.0]], [[100.0]]]> : tensor<2x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %filter : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>) outs(%init : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %centred = linalg.generic {indexing_maps = [#image, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%conv, %mean : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) outs(%empty : tensor<1x2x4x4xf32>) {
  ^bb0(%v: f32, %m: f32, %unused: f32):
    %0 = arith.subf %v, %m : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x4x4xf32>
  %result = linalg.generic {indexing_maps = [#image, #channel, #channel, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%centred, %scale, %offset : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32>) outs(%empty : tensor<1x2x4x4xf32>) {
  ^bb0(%v: f32, %s: f32, %o: f32, %unused: f32):
    %0 = arith.mulf %v, %s : f32
    %1 = arith.addf %0, %o : f32
    linalg.yield %1 : f32
  } -> tensor<1x2x4x4xf32>
  util.return %result : tensor<1x2x4x4xf32>
}

// -----

// A bias that the convolution starts from is added after it; dynamic batches are no hindrance.

// CHECK-LABEL: @bias
// CHECK: %[[BIAS:[a-z0-9_]+]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[ZERO:[a-z0-9_]+]] = linalg.fill
// CHECK: %[[CONV:[a-z0-9_]+]] = linalg.conv_2d_nchw_fchw {{.*}} outs(%[[ZERO]]
// CHECK: linalg.generic {{.*}} ins(%[[CONV]], %{{.*}} : tensor<?x2x4x4xf32>, tensor<2xf32>)
util.func public @bias(%x: tensor<?x1x4x4xf32>, %n: index) -> tensor<?x2x4x4xf32> {
  %filter = arith.constant dense<[[[[1.0]]], [[[4.0]]]]> : tensor<2x1x1x1xf32>
  %bias = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %empty = tensor.empty(%n) : tensor<?x2x4x4xf32>
  %init = linalg.broadcast ins(%bias : tensor<2xf32>) outs(%empty : tensor<?x2x4x4xf32>) dimensions = [0, 2, 3]
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %filter : tensor<?x1x4x4xf32>, tensor<2x1x1x1xf32>) outs(%init : tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  util.return %conv : tensor<?x2x4x4xf32>
}

// -----

#image = affine_map<(n, c, h, w) -> (n, c, h, w)>
#row = affine_map<(n, c, h, w) -> (h)>

// What differs along an image is no normalisation; neither is what something else reads, too.

// CHECK-LABEL: @neither
// CHECK: arith.mulf
// CHECK: arith.mulf
util.func public @neither(%x: tensor<1x1x2x2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %filter = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  %rows = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %two = arith.constant 2.0 : f32
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %filter : tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %other = linalg.conv_2d_nchw_fchw ins(%x, %filter : tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %by_rows = linalg.generic {indexing_maps = [#image, #row, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%conv, %rows : tensor<1x2x2x2xf32>, tensor<2xf32>) outs(%empty : tensor<1x2x2x2xf32>) {
  ^bb0(%v: f32, %r: f32, %unused: f32):
    %0 = arith.mulf %v, %r : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x2x2xf32>
  %doubled = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%other : tensor<1x2x2x2xf32>) outs(%empty : tensor<1x2x2x2xf32>) {
  ^bb0(%v: f32, %unused: f32):
    %0 = arith.mulf %v, %two : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x2x2xf32>
  util.return %by_rows, %doubled, %other : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}
