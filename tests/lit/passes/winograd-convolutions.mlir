// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-winograd-convolutions)' | filecheck %s
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-winograd-convolutions{outputs=2})' | filecheck %s --check-prefix=SMALL
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-winograd-convolutions{outputs=0})' | filecheck %s --check-prefix=NONE
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-winograd-convolutions{max-growth=0})' | filecheck %s --check-prefix=NONE

// 36 tiles of 4x4 results: 36 products of matrices. Padding is part of the first kernel, the activation of the last.

// CHECK-DAG: stream.executable private @winograd4_input_24x24x32 
// CHECK-DAG: stream.executable private @winograd4_output_24x24x32 
// CHECK-LABEL: @small
// CHECK: %[[TILES:.*]] = flow.dispatch @winograd4_input_24x24x32::@winograd4_input_24x24x32_kernel(%[[X:.*]]) : (tensor<1x24x24x32xf32>) -> tensor<36x36x32xf32>
// CHECK: arith.constant dense<{{.*}}> : tensor<36x1x32x32xf32>
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<36x36x1x32xf32>)
// CHECK: flow.dispatch @winograd4_output_24x24x32::{{.*}} : (tensor<36x36x32xf32>) -> tensor<1x24x24x32xf32>
// CHECK-NOT: linalg.conv
// SMALL-LABEL: @small
// SMALL: flow.dispatch @winograd2_input{{.*}} -> tensor<16x144x32xf32>
// NONE-LABEL: @small
// NONE: linalg.conv_2d_nhwc_hwcf
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#image = affine_map<(n, h, w, c) -> (n, h, w, c)>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @small(%x: tensor<1x24x24x32xf32>) -> tensor<1x24x24x32xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<3x3x32x32xf32>
    %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %zero : f32
    } : tensor<1x24x24x32xf32> to tensor<1x26x26x32xf32>
    %0 = tensor.empty() : tensor<1x24x24x32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x24x24x32xf32>) -> tensor<1x24x24x32xf32>
    %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%padded, %weights : tensor<1x26x26x32xf32>, tensor<3x3x32x32xf32>) outs(%init : tensor<1x24x24x32xf32>) -> tensor<1x24x24x32xf32>
    %relu = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y : tensor<1x24x24x32xf32>) outs(%0 : tensor<1x24x24x32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.maximumf %in, %zero : f32
      linalg.yield %m : f32
    } -> tensor<1x24x24x32xf32>
    util.return %relu : tensor<1x24x24x32xf32>
  }
}

// -----

// Transformed tiles that fill no cache are made and used in one kernel; its other results are scratch.

// CHECK: stream.executable private @winograd4_258x258x16x16 
// CHECK-LABEL: @large
// CHECK: %[[Y:.*]]:3 = flow.dispatch @winograd4_258x258x16x16::{{.*}} : (tensor<1x258x258x16xf32>, tensor<36x1x16x16xf32>) -> (tensor<1x256x256x16xf32>, {{.*}})
// CHECK: util.return %[[Y]]#0
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @large(%x: tensor<1x258x258x16xf32>) -> tensor<1x256x256x16xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<3x3x16x16xf32>
    %0 = tensor.empty() : tensor<1x256x256x16xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x256x256x16xf32>) -> tensor<1x256x256x16xf32>
    %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %weights : tensor<1x258x258x16xf32>, tensor<3x3x16x16xf32>) outs(%init : tensor<1x256x256x16xf32>) -> tensor<1x256x256x16xf32>
    util.return %y : tensor<1x256x256x16xf32>
  }
}

// -----

// Strides, channels that fill no vector and weights that are not constant are left alone.

// CHECK-LABEL: @others
// CHECK-COUNT-3: linalg.conv_2d_nhwc_hwcf
// CHECK-NOT: flow.dispatch
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @others(%x: tensor<1x57x57x64xf32>, %w: tensor<3x3x64x64xf32>, %s: tensor<1x57x57x24xf32>, %p: tensor<1x28x28x64xf32>, %q: tensor<1x55x55x64xf32>) -> (tensor<1x28x28x64xf32>, tensor<1x55x55x64xf32>, tensor<1x55x55x64xf32>) {
    %weights = arith.constant dense<0.5> : tensor<3x3x64x64xf32>
    %narrow = arith.constant dense<0.5> : tensor<3x3x24x64xf32>
    %0 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%x, %weights : tensor<1x57x57x64xf32>, tensor<3x3x64x64xf32>) outs(%p : tensor<1x28x28x64xf32>) -> tensor<1x28x28x64xf32>
    %1 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x57x57x64xf32>, tensor<3x3x64x64xf32>) outs(%q : tensor<1x55x55x64xf32>) -> tensor<1x55x55x64xf32>
    %2 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%s, %narrow : tensor<1x57x57x24xf32>, tensor<3x3x24x64xf32>) outs(%q : tensor<1x55x55x64xf32>) -> tensor<1x55x55x64xf32>
    util.return %0, %1, %2 : tensor<1x28x28x64xf32>, tensor<1x55x55x64xf32>, tensor<1x55x55x64xf32>
  }
}
