// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-block-weights)' | filecheck %s
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-block-weights{min-columns=64})' | filecheck %s --check-prefix=WIDE

// The weights of a linear layer, transposed and repeated for the batch, become blocks of 32 columns.

// CHECK: #[[LHS:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d1, d3)>
// CHECK: #[[RHS:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
// CHECK: #[[OUT:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d2)>
// CHECK-LABEL: @linear
// CHECK: arith.constant dense<5.000000e-01> : tensor<2x8x32xf32>
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x5x8xf32> into tensor<5x8xf32>
// CHECK: linalg.fill {{.*}} -> tensor<5x2x32xf32>
// CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[OUT]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK: tensor.collapse_shape {{.*}} : tensor<5x2x32xf32> into tensor<5x64xf32>
// CHECK: tensor.expand_shape {{.*}} : tensor<5x64xf32> into tensor<1x5x64xf32>
// CHECK-NOT: linalg.batch_matmul
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @linear(%x: tensor<1x5x8xf32>) -> tensor<1x5x64xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<64x8xf32>
    %0 = tensor.empty() : tensor<8x64xf32>
    %t = linalg.transpose ins(%weights : tensor<64x8xf32>) outs(%0 : tensor<8x64xf32>) permutation = [1, 0]
    %1 = tensor.empty() : tensor<1x8x64xf32>
    %b = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%t : tensor<8x64xf32>) outs(%1 : tensor<1x8x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x8x64xf32>
    %2 = tensor.empty() : tensor<1x5x64xf32>
    %init = linalg.fill ins(%zero : f32) outs(%2 : tensor<1x5x64xf32>) -> tensor<1x5x64xf32>
    %r = linalg.batch_matmul ins(%x, %b : tensor<1x5x8xf32>, tensor<1x8x64xf32>) outs(%init : tensor<1x5x64xf32>) -> tensor<1x5x64xf32>
    util.return %r : tensor<1x5x64xf32>
  }
}

// -----

// Columns that fill no block are padded, for machines with vectors of 256 bits in blocks of 16; rows may be dynamic.

// CHECK-LABEL: @padded
// CHECK: tensor<2x8x16xf32>
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<?x2x16xf32>)
// CHECK: tensor.extract_slice {{.*}} : tensor<?x32xf32> to tensor<?x20xf32>
// WIDE-LABEL: @padded
// WIDE: linalg.matmul
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @padded(%x: tensor<?x8xf32>, %n: index) -> tensor<?x20xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<8x20xf32>
    %0 = tensor.empty(%n) : tensor<?x20xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<?x20xf32>) -> tensor<?x20xf32>
    %r = linalg.matmul ins(%x, %weights : tensor<?x8xf32>, tensor<8x20xf32>) outs(%init : tensor<?x20xf32>) -> tensor<?x20xf32>
    util.return %r : tensor<?x20xf32>
  }
}

// -----

// What is added to is blocked too; a product of two tensors that are not constant stays.

// CHECK-LABEL: @accumulates
// CHECK: tensor.expand_shape %{{.*}} : tensor<5x32xf32> into tensor<5x1x32xf32>
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<5x1x32xf32>)
// CHECK-LABEL: @both_vary
// CHECK: linalg.matmul
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @accumulates(%x: tensor<5x8xf32>, %to: tensor<5x32xf32>) -> tensor<5x32xf32> {
    %weights = arith.constant dense<0.5> : tensor<8x32xf32>
    %r = linalg.matmul ins(%x, %weights : tensor<5x8xf32>, tensor<8x32xf32>) outs(%to : tensor<5x32xf32>) -> tensor<5x32xf32>
    util.return %r : tensor<5x32xf32>
  }
  util.func public @both_vary(%x: tensor<5x8xf32>, %y: tensor<8x32xf32>, %to: tensor<5x32xf32>) -> tensor<5x32xf32> {
    %r = linalg.matmul ins(%x, %y : tensor<5x8xf32>, tensor<8x32xf32>) outs(%to : tensor<5x32xf32>) -> tensor<5x32xf32>
    util.return %r : tensor<5x32xf32>
  }
}

// -----

// As does one for no known machine.

// CHECK-LABEL: @no_machine
// CHECK: linalg.matmul
module {
  util.func public @no_machine(%x: tensor<5x8xf32>, %to: tensor<5x32xf32>) -> tensor<5x32xf32> {
    %weights = arith.constant dense<0.5> : tensor<8x32xf32>
    %r = linalg.matmul ins(%x, %weights : tensor<5x8xf32>, tensor<8x32xf32>) outs(%to : tensor<5x32xf32>) -> tensor<5x32xf32>
    util.return %r : tensor<5x32xf32>
  }
}

// -----

// One row, too, and blocks of four vectors where these divide the columns.

// CHECK-LABEL: @one_row
// CHECK: arith.constant dense<5.000000e-01> : tensor<2x8x64xf32>
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<1x2x64xf32>)
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @one_row(%x: tensor<1x8xf32>) -> tensor<1x128xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<8x128xf32>
    %0 = tensor.empty() : tensor<1x128xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x128xf32>) -> tensor<1x128xf32>
    %r = linalg.matmul ins(%x, %weights : tensor<1x8xf32>, tensor<8x128xf32>) outs(%init : tensor<1x128xf32>) -> tensor<1x128xf32>
    util.return %r : tensor<1x128xf32>
  }
}
