// RUN: ireekit opt %s --load %examples/npu --verify-roundtrip | filecheck %s

// Every operation and type in its own syntax; text and bytecode say the same.

// CHECK-LABEL: @f
// CHECK: npu.kernel ins(%arg0, %arg1 : tensor<32x32xf16>, tensor<16xf32>) outs(%arg2 : tensor<32x16xf32>) {
// CHECK-NEXT: ^bb0(%[[A:.+]]: !npu.buffer<32 x 32 x f16, dram, row>, %[[B:.+]]: !npu.buffer<1 x 16 x f32, dram, row>, %[[C:.+]]: !npu.buffer<32 x 16 x f32, dram, row>):
// CHECK: %[[ZERO:.+]] = arith.constant 0 : index
// CHECK: npu.loop 0 to 32 step 16 {
// CHECK-NEXT: ^bb0(%[[I:.+]]: index):
// CHECK: %[[ACC:.+]] = npu.alloc at 0 : !npu.buffer<16 x 16 x f32, acc, row>
// CHECK: %[[ROW:.+]] = npu.alloc : !npu.buffer<16 x 16 x f16, sram, row>
// CHECK: %[[BLOCKED:.+]] = npu.alloc : !npu.buffer<16 x 16 x f16, sram, blocked>
// CHECK: %[[TILE:.+]] = npu.alloc : !npu.buffer<16 x 16 x f32, sram, row>
// CHECK: npu.fill %[[ACC]] with 1.500000e+00 : !npu.buffer<16 x 16 x f32, acc, row>
// CHECK: %[[E0:.+]] = npu.load %[[A]][%[[I]], %[[ZERO]]] into %[[ROW]] : !npu.buffer<32 x 32 x f16, dram, row> into !npu.buffer<16 x 16 x f16, sram, row>
// CHECK: %[[E1:.+]] = npu.load %[[A]][%[[ZERO]], %[[I]]] into %[[BLOCKED]]
// CHECK: %[[E2:.+]] = npu.load repeat %[[B]][%[[ZERO]], %[[ZERO]]] into %[[TILE]]
// CHECK: npu.wait %[[E0]], %[[E1]], %[[E2]]
// CHECK: npu.matmul %[[ROW]], %[[BLOCKED]] into %[[ACC]]
// CHECK: npu.unary exp %[[TILE]] into %[[TILE]] : !npu.buffer<16 x 16 x f32, sram, row>
// CHECK: npu.binary max %[[TILE]], %[[TILE]] into %[[TILE]]
// CHECK: %[[E3:.+]] = npu.store %[[ACC]] into %[[C]][%[[I]], %[[ZERO]]]
// CHECK: npu.wait %[[E3]]
// CHECK: npu.yield
func.func @f(%a: tensor<32x32xf16>, %b: tensor<16xf32>, %c: tensor<32x16xf32>) -> tensor<32x16xf32> {
  %r = npu.kernel ins(%a, %b : tensor<32x32xf16>, tensor<16xf32>) outs(%c : tensor<32x16xf32>) {
  ^bb0(%x: !npu.buffer<32 x 32 x f16, dram, row>, %y: !npu.buffer<1 x 16 x f32, dram, row>, %z: !npu.buffer<32 x 16 x f32, dram, row>):
    %zero = arith.constant 0 : index
    npu.loop 0 to 32 step 16 {
    ^bb0(%i: index):
      %acc = npu.alloc at 0 : !npu.buffer<16 x 16 x f32, acc, row>
      %row = npu.alloc : !npu.buffer<16 x 16 x f16, sram, row>
      %blocked = npu.alloc : !npu.buffer<16 x 16 x f16, sram, blocked>
      %tile = npu.alloc : !npu.buffer<16 x 16 x f32, sram, row>
      npu.fill %acc with 1.5 : !npu.buffer<16 x 16 x f32, acc, row>
      %e0 = npu.load %x[%i, %zero] into %row : !npu.buffer<32 x 32 x f16, dram, row> into !npu.buffer<16 x 16 x f16, sram, row>
      %e1 = npu.load %x[%zero, %i] into %blocked : !npu.buffer<32 x 32 x f16, dram, row> into !npu.buffer<16 x 16 x f16, sram, blocked>
      %e2 = npu.load repeat %y[%zero, %zero] into %tile : !npu.buffer<1 x 16 x f32, dram, row> into !npu.buffer<16 x 16 x f32, sram, row>
      npu.wait %e0, %e1, %e2
      npu.matmul %row, %blocked into %acc : !npu.buffer<16 x 16 x f16, sram, row>, !npu.buffer<16 x 16 x f16, sram, blocked> into !npu.buffer<16 x 16 x f32, acc, row>
      npu.unary exp %tile into %tile : !npu.buffer<16 x 16 x f32, sram, row>
      npu.binary max %tile, %tile into %tile : !npu.buffer<16 x 16 x f32, sram, row>
      %e3 = npu.store %acc into %z[%i, %zero] : !npu.buffer<16 x 16 x f32, acc, row> into !npu.buffer<32 x 16 x f32, dram, row>
      npu.wait %e3
      npu.yield
    }
    npu.yield
  }
  return %r : tensor<32x16xf32>
}
