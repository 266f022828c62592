// RUN: ireekit opt %s --mypipeline-one-dimensional | filecheck %s

// Two convolutions and what is between them: reshapes only where values enter and leave.

// CHECK-LABEL: @two
// CHECK: tensor.expand_shape %arg0 {{.*}} : tensor<1x4x10xf32> into tensor<1x4x1x10xf32>
// CHECK: tensor.pad {{.*}} low[0, 0, 0, 1] high[0, 0, 0, 1]
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} -> tensor<1x6x1x10xf32>
// CHECK-NOT: tensor.collapse_shape
// CHECK: math.tanh
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}strides = dense<[1, 2]>{{.*}} -> tensor<1x8x1x4xf32>
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x8x1x4xf32> into tensor<1x8x4xf32>
// CHECK-NOT: conv_1d
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
util.func public @two(%x: tensor<1x4x10xf32>, %v: tensor<6x4x3xf32>, %w: tensor<8x6x3xf32>) -> tensor<1x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[0, 0, 1] high[0, 0, 1] {
  ^bb0(%a: index, %b: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<1x4x10xf32> to tensor<1x4x12xf32>
  %e = tensor.empty() : tensor<1x6x10xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x6x10xf32>) -> tensor<1x6x10xf32>
  %r = linalg.conv_1d_ncw_fcw {dilations = dense<1> : tensor<1xi64>, strides = dense<1> : tensor<1xi64>}
    ins(%padded, %v : tensor<1x4x12xf32>, tensor<6x4x3xf32>) outs(%f : tensor<1x6x10xf32>) -> tensor<1x6x10xf32>
  %t = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%r : tensor<1x6x10xf32>) outs(%e : tensor<1x6x10xf32>) {
  ^bb0(%in: f32, %out: f32):
    %y = math.tanh %in : f32
    linalg.yield %y : f32
  } -> tensor<1x6x10xf32>
  %g = tensor.empty() : tensor<1x8x4xf32>
  %h = linalg.fill ins(%zero : f32) outs(%g : tensor<1x8x4xf32>) -> tensor<1x8x4xf32>
  %s = linalg.conv_1d_ncw_fcw {dilations = dense<1> : tensor<1xi64>, strides = dense<2> : tensor<1xi64>}
    ins(%t, %w : tensor<1x6x10xf32>, tensor<8x6x3xf32>) outs(%h : tensor<1x8x4xf32>) -> tensor<1x8x4xf32>
  util.return %s : tensor<1x8x4xf32>
}

// CHECK-LABEL: @pooled
// CHECK: linalg.pooling_nchw_max {{.*}}strides = dense<[1, 2]>
util.func public @pooled(%x: tensor<1x4x9xf32>, %init: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  %window = tensor.empty() : tensor<3xf32>
  %r = linalg.pooling_ncw_max {dilations = dense<1> : vector<1xi64>, strides = dense<2> : vector<1xi64>}
    ins(%x, %window : tensor<1x4x9xf32>, tensor<3xf32>) outs(%init : tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  util.return %r : tensor<1x4x4xf32>
}
