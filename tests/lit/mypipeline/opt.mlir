// RUN: ireekit opt %s --mypipeline-isolate-gathers | filecheck %s
// RUN: ireekit opt %s --pass-pipeline='builtin.module(util.func(mypipeline-isolate-gathers,mypipeline-channels-last))' | filecheck %s
// RUN: ireekit opt %s --pipeline=mypipeline --phase=preprocessing --target=vulkan --dump-pass-pipeline 2>&1 >/dev/null | filecheck %s --check-prefix=PHASE
// RUN: ireekit opt %s --mypipeline-channels-last | filecheck %s --check-prefix=ALONE
// RUN: ireekit opt %s --mypipeline-isolate-gathers --mlir-print-ir-after-change -o /dev/null 2>&1 | filecheck %s --check-prefix=DUMP
// RUN: not ireekit opt %s --mypipeline-isolate-gather 2>&1 | filecheck %s --check-prefix=NEAR

// The passes of mypipeline one by one, by their names.

// PHASE: Pass Manager with {{[0-9]+}} passes:
// NEAR: remedy: did you mean --mypipeline-isolate-gathers?
// DUMP: IR Dump After mypipeline-isolate-gathers ('util.func' operation: @main)

// CHECK-LABEL: @main
// CHECK: %[[ROWS:.*]] = linalg.generic
// CHECK: tensor.extract
// CHECK: %[[BARRIER:.*]] = iree_tensor_ext.compute_barrier.start %[[ROWS]]
// CHECK: linalg.generic {{.*}} ins(%[[BARRIER]]
// ALONE-LABEL: @main
// ALONE-NOT: compute_barrier
util.func public @main(%table: tensor<99x32xf32>, %ids: tensor<7xi64>) -> tensor<7xf32> {
  %zero = arith.constant 0.0 : f32
  %rows = tensor.empty() : tensor<7x32xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<7xi64>) outs(%rows : tensor<7x32xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %value = tensor.extract %table[%row, %column] : tensor<99x32xf32>
    linalg.yield %value : f32
  } -> tensor<7x32xf32>
  %sums = tensor.empty() : tensor<7xf32>
  %init = linalg.fill ins(%zero : f32) outs(%sums : tensor<7xf32>) -> tensor<7xf32>
  %result = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
    iterator_types = ["parallel", "reduction"]
  } ins(%gathered : tensor<7x32xf32>) outs(%init : tensor<7xf32>) {
  ^bb0(%value: f32, %sum: f32):
    %next = arith.addf %sum, %value : f32
    linalg.yield %next : f32
  } -> tensor<7xf32>
  util.return %result : tensor<7xf32>
}
