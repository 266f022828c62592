// RUN: rm -rf %t.dump
// RUN: ireekit compile %s --target cpu:x86-64-v4 --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*retile-convolutions.mlir | filecheck %s

// Widths and channels that tiles do not divide: equal tiles, the remainder in loops of its own.

// CHECK-DAG: vector_common_parallel = [1, 1, 9, 32, 0, 0, 0]
// CHECK-DAG: vector_common_parallel = [1, 1, {{[0-9]+}}, 8, 0, 0]
// CHECK-DAG: ConvTileAndDecomposeExpert>, {enable_loop_peeling}

// More weights than pixels: each share has the whole image, and 32 channels. The other image stays as it was.

// CHECK-DAG: distribution = [0, 7, 7, 32, 0, 0, 0]
// CHECK-DAG: distribution = [0, {{[0-9]+}}, 56, {{[0-9]+}}, 0, 0, 0]
func.func @small(%image: tensor<1x9x9x64xf32>, %filter: tensor<3x3x64x64xf32>) -> tensor<1x7x7x64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x7x7x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x7x7x64xf32>) -> tensor<1x7x7x64xf32>
  %result = linalg.conv_2d_nhwc_hwcf ins(%image, %filter : tensor<1x9x9x64xf32>, tensor<3x3x64x64xf32>)
    outs(%init : tensor<1x7x7x64xf32>) -> tensor<1x7x7x64xf32>
  return %result : tensor<1x7x7x64xf32>
}

func.func @large(%image: tensor<1x58x58x64xf32>, %filter: tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x56x56x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32>
  %result = linalg.conv_2d_nhwc_hwcf ins(%image, %filter : tensor<1x58x58x64xf32>, tensor<3x3x64x64xf32>)
    outs(%init : tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32>
  return %result : tensor<1x56x56x64xf32>
}

// A kernel without loops has no tiles.
func.func @scalar(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  %sum = arith.addf %a, %b : tensor<f32>
  return %sum : tensor<f32>
}

func.func @odd(%image: tensor<1x67x67x32xf32>, %filter: tensor<3x3x32x32xf32>) -> tensor<1x65x65x32xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x65x65x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x65x65x32xf32>) -> tensor<1x65x65x32xf32>
  %result = linalg.conv_2d_nhwc_hwcf {strides = dense<1> : tensor<2xi64>} ins(%image, %filter : tensor<1x67x67x32xf32>, tensor<3x3x32x32xf32>)
    outs(%init : tensor<1x65x65x32xf32>) -> tensor<1x65x65x32xf32>
  return %result : tensor<1x65x65x32xf32>
}

func.func @ragged(%image: tensor<1x32x32x8xf32>, %filter: tensor<5x5x8xf32>) -> tensor<1x28x28x8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x28x28x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x28x28x8xf32>) -> tensor<1x28x28x8xf32>
  %result = linalg.depthwise_conv_2d_nhwc_hwc ins(%image, %filter : tensor<1x32x32x8xf32>, tensor<5x5x8xf32>)
    outs(%init : tensor<1x28x28x8xf32>) -> tensor<1x28x28x8xf32>
  return %result : tensor<1x28x28x8xf32>
}
