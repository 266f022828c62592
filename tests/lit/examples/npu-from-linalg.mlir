// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg --canonicalize --split-input-file | filecheck %s
// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg=tile=128 --split-input-file | filecheck %s --check-prefix=LARGE
// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg --mlir-pass-statistics --split-input-file 2>&1 | filecheck %s --check-prefix=COUNT

// A product: loops over tiles, an accumulator filled instead of loaded, both factors loaded before they are used.

// CHECK-LABEL: @matmul
// CHECK-NOT: linalg.
// CHECK: npu.kernel ins(%arg0, %arg1 : tensor<64x128xf16>, tensor<128x96xf16>) outs(%{{.*}} : tensor<64x96xf32>) {
// CHECK-NEXT: ^bb0(%[[A:.+]]: !npu.buffer<64 x 128 x f16, dram, row>, %[[B:.+]]: !npu.buffer<128 x 96 x f16, dram, row>, %[[C:.+]]: !npu.buffer<64 x 96 x f32, dram, row>):
// CHECK: npu.loop 0 to 64 step 32 {
// CHECK-NEXT: ^bb0(%[[I:.+]]: index):
// CHECK: npu.loop 0 to 96 step 32 {
// CHECK-NEXT: ^bb0(%[[J:.+]]: index):
// CHECK: %[[ACC:.+]] = npu.alloc : !npu.buffer<32 x 32 x f32, acc, row>
// CHECK: npu.fill %[[ACC]] with 0.000000e+00
// CHECK: npu.loop 0 to 128 step 32 {
// CHECK-NEXT: ^bb0(%[[P:.+]]: index):
// CHECK: %[[LEFT:.+]] = npu.alloc : !npu.buffer<32 x 32 x f16, sram, row>
// CHECK: %[[RIGHT:.+]] = npu.alloc : !npu.buffer<32 x 32 x f16, sram, blocked>
// CHECK: %[[E0:.+]] = npu.load %[[A]][%[[I]], %[[P]]] into %[[LEFT]]
// CHECK: %[[E1:.+]] = npu.load %[[B]][%[[P]], %[[J]]] into %[[RIGHT]]
// CHECK: npu.wait %[[E0]], %[[E1]]
// CHECK: npu.matmul %[[LEFT]], %[[RIGHT]] into %[[ACC]]
// CHECK: npu.yield
// CHECK: %[[E2:.+]] = npu.store %[[ACC]] into %[[C]][%[[I]], %[[J]]]
// CHECK: npu.wait %[[E2]]

// Tiles as large as the memories allow.

// LARGE-LABEL: @matmul
// LARGE: npu.loop 0 to 64 step 64
// LARGE: npu.loop 0 to 96 step 48
// LARGE: npu.loop 0 to 128 step 64

// COUNT: 1 kernels
func.func @matmul(%a: tensor<64x128xf16>, %b: tensor<128x96xf16>) -> tensor<64x96xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x96xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x96xf32>) -> tensor<64x96xf32>
  %r = linalg.matmul ins(%a, %b : tensor<64x128xf16>, tensor<128x96xf16>) outs(%init : tensor<64x96xf32>) -> tensor<64x96xf32>
  return %r : tensor<64x96xf32>
}

// -----

// What is added to is loaded into the accumulator.

// CHECK-LABEL: @accumulate
// CHECK: npu.kernel ins(%arg0, %arg0 : {{.*}}) outs(%arg1 : tensor<16x16xf32>)
// CHECK: ^bb0(%{{.+}}, %{{.+}}, %[[C:.+]]: !npu.buffer<16 x 16 x f32, dram, row>):
// CHECK: %[[ACC:.+]] = npu.alloc : !npu.buffer<16 x 16 x f32, acc, row>
// CHECK: %[[EVENT:.+]] = npu.load %[[C]][{{.*}}] into %[[ACC]]
// CHECK: npu.wait %[[EVENT]]
// CHECK-NOT: npu.fill
// LARGE-LABEL: @accumulate
// LARGE: npu.loop 0 to 16 step 16
func.func @accumulate(%a: tensor<16x16xf32>, %c: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %r = linalg.matmul ins(%a, %a : tensor<16x16xf32>, tensor<16x16xf32>) outs(%c : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}

// -----

// Bias and ReLU in one kernel: the bias is one row that is repeated, `cmpf` and `select` are a maximum.

// CHECK-LABEL: @bias_relu
// CHECK: npu.kernel ins(%arg0, %arg1 : tensor<48x64xf32>, tensor<64xf32>)
// CHECK: ^bb0(%[[X:.+]]: !npu.buffer<48 x 64 x f32, dram, row>, %[[BIAS:.+]]: !npu.buffer<1 x 64 x f32, dram, row>, %[[OUT:.+]]: !npu.buffer<48 x 64 x f32, dram, row>):
// CHECK: npu.loop 0 to 48 step 16 {
// CHECK-NEXT: ^bb0(%[[I:.+]]: index):
// CHECK: npu.loop 0 to 64 step 32 {
// CHECK-NEXT: ^bb0(%[[J:.+]]: index):
// CHECK: npu.load %[[X]][%[[I]], %[[J]]] into %[[T0:.+]] :
// CHECK: npu.load repeat %[[BIAS]][%{{.+}}, %[[J]]] into %[[T1:.+]] :
// CHECK: npu.wait
// CHECK: npu.binary add %[[T0]], %[[T1]] into %[[T2:.+]] :
// CHECK: npu.fill %[[T3:.+]] with 0.000000e+00
// CHECK: npu.binary max %[[T2]], %[[T3]] into %[[T4:.+]] :
// CHECK: npu.store %[[T4]] into %[[OUT]][%[[I]], %[[J]]]
func.func @bias_relu(%x: tensor<48x64xf32>, %bias: tensor<64xf32>) -> tensor<48x64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<48x64xf32>
  %r = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%x, %bias : tensor<48x64xf32>, tensor<64xf32>) outs(%empty : tensor<48x64xf32>) {
  ^bb0(%a: f32, %b: f32, %unused: f32):
    %sum = arith.addf %a, %b : f32
    %positive = arith.cmpf ugt, %sum, %zero : f32
    %relu = arith.select %positive, %sum, %zero : f32
    linalg.yield %relu : f32
  } -> tensor<48x64xf32>
  return %r : tensor<48x64xf32>
}
