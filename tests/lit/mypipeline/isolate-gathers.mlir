// RUN: ireekit compile %s --target vulkan:ampere --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*isolate-gathers.mlir | filecheck %s
// RUN: ireekit compile %s --target cpu:x86-64-v3 --no-cache -o %t.cpu.vmfb --report passes | filecheck %s --check-prefix=CPU

// The gathered rows pass a barrier before the sums, with their dynamic extent.

// CHECK-LABEL: @main
// CHECK: %[[GATHER:[0-9]+]] = linalg.generic
// CHECK: tensor.extract
// CHECK: %[[EXTENT:[a-z0-9_]+]] = tensor.dim %[[GATHER]]
// CHECK: %[[BARRIER:[0-9]+]] = iree_tensor_ext.compute_barrier.start %[[GATHER]]
// CHECK: linalg.generic {{.*}}reduction{{.*}} ins(%[[BARRIER]]

// CPU-NOT: mypipeline-isolate-gathers
func.func @main(%table: tensor<99x32xf32>, %ids: tensor<?xi64>) -> tensor<?xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %ids, %c0 : tensor<?xi64>
  %rows = tensor.empty(%n) : tensor<?x32xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<?xi64>) outs(%rows : tensor<?x32xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %value = tensor.extract %table[%row, %column] : tensor<99x32xf32>
    linalg.yield %value : f32
  } -> tensor<?x32xf32>
  %sums = tensor.empty(%n) : tensor<?xf32>
  %init = linalg.fill ins(%zero : f32) outs(%sums : tensor<?xf32>) -> tensor<?xf32>
  %result = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
    iterator_types = ["parallel", "reduction"]
  } ins(%gathered : tensor<?x32xf32>) outs(%init : tensor<?xf32>) {
  ^bb0(%value: f32, %sum: f32):
    %next = arith.addf %sum, %value : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  return %result : tensor<?xf32>
}
