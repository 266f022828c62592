// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-direct-convolutions)' | filecheck %s
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-direct-convolutions{inputs=0})' | filecheck %s --check-prefix=DEPTHWISE

// Neither padding nor the activation are left; the kernel has no branches but loops, and an even number of workgroups.

// CHECK-LABEL: stream.executable private @depthwise_28x28x32x3x3 
// CHECK-NOT: scf.if
// CHECK: vector.fma
// CHECK: arith.maximumf
// CHECK-LABEL: util.func public @depthwise(
// CHECK: flow.dispatch @depthwise_28x28x32x3x3::@depthwise_28x28x32x3x3_kernel(%{{.*}}, %{{.*}}) : (tensor<1x28x28x32xf32>, tensor<3x3x32xf32>) -> tensor<1x28x28x32xf32>
// CHECK-NOT: linalg.depthwise
// CHECK-NOT: linalg.generic
// DEPTHWISE: flow.dispatch @depthwise_28x28x32x3x3
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#image = affine_map<(n, h, w, c) -> (n, h, w, c)>
#one = affine_map<(n, h, w, c) -> ()>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @depthwise(%x: tensor<1x28x28x32xf32>) -> tensor<1x28x28x32xf32> {
    %zero = arith.constant 0.0 : f32
    %least = arith.constant dense<0.0> : tensor<f32>
    %weights = arith.constant dense<0.5> : tensor<3x3x32xf32>
    %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %zero : f32
    } : tensor<1x28x28x32xf32> to tensor<1x30x30x32xf32>
    %0 = tensor.empty() : tensor<1x28x28x32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x28x28x32xf32>) -> tensor<1x28x28x32xf32>
    %y = linalg.depthwise_conv_2d_nhwc_hwc {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%padded, %weights : tensor<1x30x30x32xf32>, tensor<3x3x32xf32>) outs(%init : tensor<1x28x28x32xf32>) -> tensor<1x28x28x32xf32>
    %relu = linalg.generic {indexing_maps = [#image, #one, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y, %least : tensor<1x28x28x32xf32>, tensor<f32>) outs(%0 : tensor<1x28x28x32xf32>) {
    ^bb0(%in: f32, %bound: f32, %out: f32):
      %m = arith.maximumf %in, %bound : f32
      linalg.yield %m : f32
    } -> tensor<1x28x28x32xf32>
    util.return %relu : tensor<1x28x28x32xf32>
  }
}

// -----

// The first convolution of a network reads the image with channels first, where its source is.

// CHECK-LABEL: util.func public @colours
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x32x32xf32>)
// CHECK: flow.dispatch @direct_16x16x16x3x3x3::@direct_16x16x16x3x3x3_kernel(%[[X]], %{{.*}}) : (tensor<1x3x32x32xf32>, tensor<3x3x3x16xf32>) -> tensor<1x16x16x16xf32>
// DEPTHWISE-LABEL: @colours
// DEPTHWISE: linalg.conv_2d_nhwc_hwcf
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @colours(%x: tensor<1x3x32x32xf32>) -> tensor<1x16x16x16xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<3x3x3x16xf32>
    %e = tensor.empty() : tensor<1x32x32x3xf32>
    %last = linalg.transpose ins(%x : tensor<1x3x32x32xf32>) outs(%e : tensor<1x32x32x3xf32>) permutation = [0, 2, 3, 1]
    %padded = tensor.pad %last low[0, 1, 1, 0] high[0, 1, 1, 0] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %zero : f32
    } : tensor<1x32x32x3xf32> to tensor<1x34x34x3xf32>
    %0 = tensor.empty() : tensor<1x16x16x16xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
    %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%padded, %weights : tensor<1x34x34x3xf32>, tensor<3x3x3x16xf32>) outs(%init : tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
    util.return %y : tensor<1x16x16x16xf32>
  }
}

// -----

// Twelve channels fill no vector.

// CHECK-LABEL: util.func public @narrow
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @narrow(%x: tensor<1x8x8x12xf32>) -> tensor<1x6x6x12xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<3x3x12xf32>
    %0 = tensor.empty() : tensor<1x6x6x12xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x6x6x12xf32>) -> tensor<1x6x6x12xf32>
    %y = linalg.depthwise_conv_2d_nhwc_hwc {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %weights : tensor<1x8x8x12xf32>, tensor<3x3x12xf32>) outs(%init : tensor<1x6x6x12xf32>) -> tensor<1x6x6x12xf32>
    util.return %y : tensor<1x6x6x12xf32>
  }
}
