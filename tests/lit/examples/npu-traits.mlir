// REQUIRES: native
// RUN: ireekit opt %s --load %examples/npu --cse | filecheck %s

// Kernels are pure, whatever is in them: of equal ones one is left, and none that nothing uses.

// CHECK-LABEL: @f
// CHECK: %[[R:.+]] = npu.kernel
// CHECK-NOT: npu.kernel
// CHECK: return %[[R]], %[[R]]
func.func @f(%x: tensor<16x16xf32>) -> (tensor<16x16xf32>, tensor<16x16xf32>) {
  %a = npu.kernel ins() outs(%x : tensor<16x16xf32>) {
  ^bb0(%b: !npu.buffer<16 x 16 x f32, dram, row>):
    %t = npu.alloc : !npu.buffer<16 x 16 x f32, sram, row>
    npu.fill %t with 1.0 : !npu.buffer<16 x 16 x f32, sram, row>
    npu.yield
  }
  %c = npu.kernel ins() outs(%x : tensor<16x16xf32>) {
  ^bb0(%b: !npu.buffer<16 x 16 x f32, dram, row>):
    %t = npu.alloc : !npu.buffer<16 x 16 x f32, sram, row>
    npu.fill %t with 1.0 : !npu.buffer<16 x 16 x f32, sram, row>
    npu.yield
  }
  %unused = npu.kernel ins() outs(%x : tensor<16x16xf32>) {
  ^bb0(%b: !npu.buffer<16 x 16 x f32, dram, row>):
    npu.yield
  }
  return %a, %c : tensor<16x16xf32>, tensor<16x16xf32>
}
