// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-gated-products)' | filecheck %s

// A product cut in two parts, and what is computed from them, is one kernel; its weights are in the order of its reads.

// CHECK-LABEL: stream.executable private @gates_2x32x64 
// CHECK: vector.fma
// CHECK: math.tanh
// CHECK-LABEL: util.func public @step
// CHECK-SAME: (%[[X:.*]]: tensor<1x64xf32>)
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<1x64x2x32xf32>
// CHECK: %[[Y:.*]] = flow.dispatch @gates_2x32x64::@gates_2x32x64_kernel(%[[X]], %[[W]]) : (tensor<1x64xf32>, tensor<1x64x2x32xf32>) -> tensor<32xf32>
// CHECK: tensor.expand_shape %[[Y]]
// CHECK-NOT: linalg.matmul
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#row = affine_map<(i, j) -> (i, j)>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @step(%x: tensor<1x64xf32>) -> tensor<1x32xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<64x64xf32>
    %0 = tensor.empty() : tensor<1x64xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x64xf32>) -> tensor<1x64xf32>
    %y = linalg.matmul ins(%x, %weights : tensor<1x64xf32>, tensor<64x64xf32>) outs(%init : tensor<1x64xf32>) -> tensor<1x64xf32>
    %left = tensor.extract_slice %y[0, 0] [1, 32] [1, 1] : tensor<1x64xf32> to tensor<1x32xf32>
    %right = tensor.extract_slice %y[0, 32] [1, 32] [1, 1] : tensor<1x64xf32> to tensor<1x32xf32>
    %1 = tensor.empty() : tensor<1x32xf32>
    %gate = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel", "parallel"]}
      ins(%left, %right : tensor<1x32xf32>, tensor<1x32xf32>) outs(%1 : tensor<1x32xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %t = math.tanh %a : f32
      %m = arith.mulf %t, %b : f32
      linalg.yield %m : f32
    } -> tensor<1x32xf32>
    util.return %gate : tensor<1x32xf32>
  }
}

// -----

// What is computed from a part by way of another product is not elementwise behind this one, but behind that.

// CHECK-LABEL: util.func public @chain
// CHECK: %[[A:.*]] = flow.dispatch @gates_2x32x32::{{.*}} -> tensor<32xf32>
// CHECK: %[[B:.*]] = tensor.expand_shape %[[A]]
// CHECK: linalg.matmul ins(%[[B]]
// CHECK: linalg.generic
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#row = affine_map<(i, j) -> (i, j)>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @chain(%x: tensor<1x32xf32>) -> tensor<1x32xf32> {
    %zero = arith.constant 0.0 : f32
    %weights = arith.constant dense<0.5> : tensor<32x64xf32>
    %square = arith.constant dense<0.25> : tensor<32x32xf32>
    %0 = tensor.empty() : tensor<1x64xf32>
    %1 = tensor.empty() : tensor<1x32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x64xf32>) -> tensor<1x64xf32>
    %short = linalg.fill ins(%zero : f32) outs(%1 : tensor<1x32xf32>) -> tensor<1x32xf32>
    %y = linalg.matmul ins(%x, %weights : tensor<1x32xf32>, tensor<32x64xf32>) outs(%init : tensor<1x64xf32>) -> tensor<1x64xf32>
    %left = tensor.extract_slice %y[0, 0] [1, 32] [1, 1] : tensor<1x64xf32> to tensor<1x32xf32>
    %right = tensor.extract_slice %y[0, 32] [1, 32] [1, 1] : tensor<1x64xf32> to tensor<1x32xf32>
    %sum = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel", "parallel"]}
      ins(%left, %right : tensor<1x32xf32>, tensor<1x32xf32>) outs(%1 : tensor<1x32xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %m = arith.addf %a, %b : f32
      linalg.yield %m : f32
    } -> tensor<1x32xf32>
    %z = linalg.matmul ins(%sum, %square : tensor<1x32xf32>, tensor<32x32xf32>) outs(%short : tensor<1x32xf32>) -> tensor<1x32xf32>
    %both = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel", "parallel"]}
      ins(%z, %x : tensor<1x32xf32>, tensor<1x32xf32>) outs(%1 : tensor<1x32xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %m = arith.mulf %a, %b : f32
      linalg.yield %m : f32
    } -> tensor<1x32xf32>
    util.return %both : tensor<1x32xf32>
  }
}
