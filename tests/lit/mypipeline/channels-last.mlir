// RUN: ireekit compile %s --target vulkan:ampere --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*channels-last.mlir | filecheck %s

// A convolution in channels-first form computes in channels-last form, between two transposes.

// CHECK-LABEL: @main
// CHECK: linalg.transpose
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK-NOT: conv_2d_nchw_fchw
func.func @main(%image: tensor<1x16x18x18xf32>, %filter: tensor<32x16x3x3xf32>) -> tensor<1x32x16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x32x16x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x32x16x16xf32>) -> tensor<1x32x16x16xf32>
  %result = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x16x18x18xf32>, tensor<32x16x3x3xf32>)
    outs(%init : tensor<1x32x16x16xf32>) -> tensor<1x32x16x16xf32>
  return %result : tensor<1x32x16x16xf32>
}
