// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(util.func(mypipeline-fold-selections),mypipeline-fused-attention,canonicalize)' | filecheck %s
// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(mypipeline-fused-attention,canonicalize)' | filecheck %s --check-prefix=MASKED

// Keys are packed and everything else is one kernel, which reads queries and values where they are, [tokens, heads,
// width], and writes results there. A mask that masks nothing is folded first; otherwise the kernel reads it as numbers.

// CHECK-DAG: stream.executable private @pack_keys
// CHECK-DAG: stream.executable private @attention
// CHECK-LABEL: util.func public @attention
// CHECK-SAME: %[[Q:.*]]: tensor<1x40x2x32xf32>, %[[K:.*]]: tensor<1x50x2x32xf32>, %[[V:.*]]: tensor<1x50x2x32xf32>
// CHECK: %[[PACKED:.*]] = flow.dispatch @pack_keys::@pack_keys_kernel(%[[K]]) {{.*}} -> tensor<2x2x32x32xf32>
// CHECK: %[[RESULT:.*]] = flow.dispatch @attention{{.*}}(%[[Q]], %[[PACKED]], %[[V]]) {{.*}} -> tensor<1x40x2x32xf32>
// CHECK-NEXT: util.return %[[RESULT]]
// MASKED: arith.cmpf une
// MASKED-LABEL: util.func public @attention
// MASKED: flow.dispatch @attention{{.*}}, tensor<40x50xf32>) -> tensor<1x40x2x32xf32>
// MASKED-NEXT: util.return
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#all = affine_map<(a, b, c, d) -> (a, b, c, d)>
#row = affine_map<(a, b, c, d) -> (a, b, c)>
#kept = affine_map<(a, b, c, d) -> (a, b, c, 0)>
#mask = affine_map<(a, b, c, d) -> (c, d)>
#none = affine_map<(a, b, c, d) -> ()>
module {
  util.global private @device = #hal.device.target<"local", [#cpu]> : !hal.device
  util.func public @attention(%q: tensor<1x40x2x32xf32>, %k: tensor<1x50x2x32xf32>, %v: tensor<1x50x2x32xf32>) -> tensor<1x40x2x32xf32> {
    %zero = arith.constant 0.0 : f32
    %lowest = arith.constant 0xFF800000 : f32
    %mask = arith.constant dense<true> : tensor<40x50xi1>
    %0 = tensor.empty() : tensor<1x2x40x32xf32>
    %1 = tensor.empty() : tensor<1x2x32x50xf32>
    %2 = tensor.empty() : tensor<1x2x50x32xf32>
    %qt = linalg.transpose ins(%q : tensor<1x40x2x32xf32>) outs(%0 : tensor<1x2x40x32xf32>) permutation = [0, 2, 1, 3]
    %kt = linalg.transpose ins(%k : tensor<1x50x2x32xf32>) outs(%1 : tensor<1x2x32x50xf32>) permutation = [0, 2, 3, 1]
    %vt = linalg.transpose ins(%v : tensor<1x50x2x32xf32>) outs(%2 : tensor<1x2x50x32xf32>) permutation = [0, 2, 1, 3]
    %qc = tensor.collapse_shape %qt [[0, 1], [2], [3]] : tensor<1x2x40x32xf32> into tensor<2x40x32xf32>
    %kc = tensor.collapse_shape %kt [[0, 1], [2], [3]] : tensor<1x2x32x50xf32> into tensor<2x32x50xf32>
    %vc = tensor.collapse_shape %vt [[0, 1], [2], [3]] : tensor<1x2x50x32xf32> into tensor<2x50x32xf32>
    %3 = tensor.empty() : tensor<2x40x50xf32>
    %init = linalg.fill ins(%zero : f32) outs(%3 : tensor<2x40x50xf32>) -> tensor<2x40x50xf32>
    %product = linalg.batch_matmul ins(%qc, %kc : tensor<2x40x32xf32>, tensor<2x32x50xf32>) outs(%init : tensor<2x40x50xf32>) -> tensor<2x40x50xf32>
    %all = tensor.expand_shape %product [[0, 1], [2], [3]] output_shape [1, 2, 40, 50] : tensor<2x40x50xf32> into tensor<1x2x40x50xf32>
    %4 = tensor.empty() : tensor<1x2x40x50xf32>
    %scores = linalg.generic {indexing_maps = [#mask, #all, #none, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%mask, %all, %lowest : tensor<40x50xi1>, tensor<1x2x40x50xf32>, f32) outs(%4 : tensor<1x2x40x50xf32>) {
    ^bb0(%kept: i1, %in: f32, %other: f32, %out: f32):
      %9 = arith.select %kept, %in, %other : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40x50xf32>
    %5 = tensor.empty() : tensor<1x2x40xf32>
    %lows = linalg.fill ins(%lowest : f32) outs(%5 : tensor<1x2x40xf32>) -> tensor<1x2x40xf32>
    %most = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scores : tensor<1x2x40x50xf32>) outs(%lows : tensor<1x2x40xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = arith.maximumf %in, %out : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40xf32>
    %wide = tensor.expand_shape %most [[0], [1], [2, 3]] output_shape [1, 2, 40, 1] : tensor<1x2x40xf32> into tensor<1x2x40x1xf32>
    %shifted = linalg.generic {indexing_maps = [#all, #kept, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %wide : tensor<1x2x40x50xf32>, tensor<1x2x40x1xf32>) outs(%4 : tensor<1x2x40x50xf32>) {
    ^bb0(%in: f32, %top: f32, %out: f32):
      %9 = arith.subf %in, %top : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40x50xf32>
    %powers = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%shifted : tensor<1x2x40x50xf32>) outs(%4 : tensor<1x2x40x50xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = math.exp %in : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40x50xf32>
    %6 = tensor.empty() : tensor<1x2x40x1xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%6 : tensor<1x2x40x1xf32>) -> tensor<1x2x40x1xf32>
    %total = linalg.generic {indexing_maps = [#all, #kept], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%powers : tensor<1x2x40x50xf32>) outs(%zeros : tensor<1x2x40x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = arith.addf %in, %out : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40x1xf32>
    %weights = linalg.generic {indexing_maps = [#all, #kept, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%powers, %total : tensor<1x2x40x50xf32>, tensor<1x2x40x1xf32>) outs(%4 : tensor<1x2x40x50xf32>) {
    ^bb0(%in: f32, %sum: f32, %out: f32):
      %9 = arith.divf %in, %sum : f32
      linalg.yield %9 : f32
    } -> tensor<1x2x40x50xf32>
    %flat = tensor.collapse_shape %weights [[0, 1], [2], [3]] : tensor<1x2x40x50xf32> into tensor<2x40x50xf32>
    %7 = tensor.empty() : tensor<2x40x32xf32>
    %start = linalg.fill ins(%zero : f32) outs(%7 : tensor<2x40x32xf32>) -> tensor<2x40x32xf32>
    %mixed = linalg.batch_matmul ins(%flat, %vc : tensor<2x40x50xf32>, tensor<2x50x32xf32>) outs(%start : tensor<2x40x32xf32>) -> tensor<2x40x32xf32>
    %heads = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [1, 2, 40, 32] : tensor<2x40x32xf32> into tensor<1x2x40x32xf32>
    %8 = tensor.empty() : tensor<1x40x2x32xf32>
    %result = linalg.transpose ins(%heads : tensor<1x2x40x32xf32>) outs(%8 : tensor<1x40x2x32xf32>) permutation = [0, 2, 1, 3]
    util.return %result : tensor<1x40x2x32xf32>
  }
}
