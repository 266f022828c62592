// RUN: ireekit opt %s --split-input-file --mypipeline-isolate-gathers | filecheck %s

// Which gathers stay with what they are fused into.

// Rows of a static width that fills subgroups, through sums over a row, and what is computed with these.

// CHECK-LABEL: @rows
// CHECK-NOT: compute_barrier
// CHECK: util.return
util.func public @rows(%table: tensor<99x128xf32>, %ids: tensor<7xi64>) -> tensor<7x128xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<7x128xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<7xi64>) outs(%empty : tensor<7x128xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %value = tensor.extract %table[%row, %column] : tensor<99x128xf32>
    linalg.yield %value : f32
  } -> tensor<7x128xf32>
  %sums = tensor.empty() : tensor<7xf32>
  %init = linalg.fill ins(%zero : f32) outs(%sums : tensor<7xf32>) -> tensor<7xf32>
  %sum = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
    iterator_types = ["parallel", "reduction"]
  } ins(%gathered : tensor<7x128xf32>) outs(%init : tensor<7xf32>) {
  ^bb0(%value: f32, %all: f32):
    %next = arith.addf %all, %value : f32
    linalg.yield %next : f32
  } -> tensor<7xf32>
  %result = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%gathered, %sum : tensor<7x128xf32>, tensor<7xf32>) outs(%empty : tensor<7x128xf32>) {
  ^bb0(%value: f32, %all: f32, %unused: f32):
    %share = arith.divf %value, %all : f32
    linalg.yield %share : f32
  } -> tensor<7x128xf32>
  util.return %result : tensor<7x128xf32>
}

// -----

// A number for each index would have a vector of indices.

// CHECK-LABEL: @numbers
// CHECK: %[[GATHERED:.*]] = linalg.generic
// CHECK: %[[BARRIER:.*]] = iree_tensor_ext.compute_barrier.start %[[GATHERED]]
// CHECK: linalg.softmax dimension(1) ins(%[[BARRIER]]
util.func public @numbers(%table: tensor<99xf32>, %ids: tensor<7x128xi64>) -> tensor<7x128xf32> {
  %empty = tensor.empty() : tensor<7x128xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<7x128xi64>) outs(%empty : tensor<7x128xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %at = arith.index_cast %id : i64 to index
    %value = tensor.extract %table[%at] : tensor<99xf32>
    linalg.yield %value : f32
  } -> tensor<7x128xf32>
  %result = linalg.softmax dimension(1) ins(%gathered : tensor<7x128xf32>) outs(%empty : tensor<7x128xf32>) -> tensor<7x128xf32>
  util.return %result : tensor<7x128xf32>
}

// -----

// A sum of rows, not over one; and rows that go to memory as they are.

// CHECK-LABEL: @bag
// CHECK: %[[SUMMED:.*]] = linalg.generic
// CHECK: %[[BARRIER:.*]] = iree_tensor_ext.compute_barrier.start %[[SUMMED]]
// CHECK: linalg.generic {{.*}}"reduction", "parallel"{{.*}} ins(%[[BARRIER]]
// CHECK-LABEL: @joined
// CHECK-NOT: compute_barrier
util.func public @bag(%table: tensor<99x128xf32>, %ids: tensor<7xi64>) -> tensor<128xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<7x128xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<7xi64>) outs(%empty : tensor<7x128xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %value = tensor.extract %table[%row, %column] : tensor<99x128xf32>
    linalg.yield %value : f32
  } -> tensor<7x128xf32>
  %sums = tensor.empty() : tensor<128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%sums : tensor<128xf32>) -> tensor<128xf32>
  %sum = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
    iterator_types = ["reduction", "parallel"]
  } ins(%gathered : tensor<7x128xf32>) outs(%init : tensor<128xf32>) {
  ^bb0(%value: f32, %all: f32):
    %next = arith.addf %all, %value : f32
    linalg.yield %next : f32
  } -> tensor<128xf32>
  util.return %sum : tensor<128xf32>
}

util.func public @joined(%table: tensor<?xf32>, %ids: tensor<?x3xi64>, %n: index, %left: tensor<?x3xf32>) -> tensor<?x6xf32> {
  %empty = tensor.empty(%n) : tensor<?x3xf32>
  %gathered = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%ids : tensor<?x3xi64>) outs(%empty : tensor<?x3xf32>) {
  ^bb0(%id: i64, %unused: f32):
    %at = arith.index_cast %id : i64 to index
    %value = tensor.extract %table[%at] : tensor<?xf32>
    linalg.yield %value : f32
  } -> tensor<?x3xf32>
  %joined = tensor.concat dim(1) %left, %gathered : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x6xf32>
  util.return %joined : tensor<?x6xf32>
}
