// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-pointwise-convolutions)' | filecheck %s

// Weights that the second-level cache does not hold are packed in blocks of two vectors; the image keeps its shape.

// CHECK-LABEL: @large
// CHECK: arith.constant dense<5.000000e-01> : tensor<64x256x32xf32>
// CHECK: linalg.fill {{.*}} -> tensor<?x7x7x64x32xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
// CHECK: tensor.collapse_shape {{.*}} : tensor<?x7x7x64x32xf32> into tensor<?x7x7x2048xf32>
// CHECK-NOT: linalg.conv
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @large(%x: tensor<?x7x7x256xf32>, %n: index) -> tensor<?x7x7x2048xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<1x1x256x2048xf32>
    %0 = tensor.empty(%n) : tensor<?x7x7x2048xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<?x7x7x2048xf32>) -> tensor<?x7x7x2048xf32>
    %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %weights : tensor<?x7x7x256xf32>, tensor<1x1x256x2048xf32>) outs(%init : tensor<?x7x7x2048xf32>) -> tensor<?x7x7x2048xf32>
    util.return %y : tensor<?x7x7x2048xf32>
  }
}

// -----

// One pixel is a row, whatever the weights: a product that block-weights blocks.
// Small weights otherwise, those that fill no block, and few columns stay convolutions.

// CHECK-LABEL: @others
// CHECK: %[[MATRIX:[a-z0-9_]+]] = tensor.collapse_shape {{.*}} : tensor<1x1x256x2048xf32> into tensor<256x2048xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%{{[a-z0-9_]+}}, %[[MATRIX]] :
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} -> tensor<1x1x1x8xf32>
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} -> tensor<1x7x7x64xf32>
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} -> tensor<1x7x7x2056xf32>
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @others(%x: tensor<1x7x7x64xf32>, %y: tensor<1x1x1x256xf32>, %z: tensor<1x7x7x256xf32>, %a: tensor<1x7x7x64xf32>, %b: tensor<1x1x1x2048xf32>, %c: tensor<1x7x7x2056xf32>, %d: tensor<1x1x1x8xf32>) -> (tensor<1x7x7x64xf32>, tensor<1x1x1x2048xf32>, tensor<1x7x7x2056xf32>, tensor<1x1x1x8xf32>) {
    %few = arith.constant dense<0.5> : tensor<1x1x64x64xf32>
    %many = arith.constant dense<0.5> : tensor<1x1x256x2048xf32>
    %narrow = arith.constant dense<0.5> : tensor<1x1x256x8xf32>
    %ragged = arith.constant dense<0.5> : tensor<1x1x256x2056xf32>
    %1 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%y, %many : tensor<1x1x1x256xf32>, tensor<1x1x256x2048xf32>) outs(%b : tensor<1x1x1x2048xf32>) -> tensor<1x1x1x2048xf32>
    %3 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%y, %narrow : tensor<1x1x1x256xf32>, tensor<1x1x256x8xf32>) outs(%d : tensor<1x1x1x8xf32>) -> tensor<1x1x1x8xf32>
    %0 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %few : tensor<1x7x7x64xf32>, tensor<1x1x64x64xf32>) outs(%a : tensor<1x7x7x64xf32>) -> tensor<1x7x7x64xf32>
    %2 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%z, %ragged : tensor<1x7x7x256xf32>, tensor<1x1x256x2056xf32>) outs(%c : tensor<1x7x7x2056xf32>) -> tensor<1x7x7x2056xf32>
    util.return %0, %1, %2, %3 : tensor<1x7x7x64xf32>, tensor<1x1x1x2048xf32>, tensor<1x7x7x2056xf32>, tensor<1x1x1x8xf32>
  }
}
