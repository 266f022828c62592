// RUN: ireekit opt %s --load %examples/npu --pass-pipeline="builtin.module(func.func(npu.kernel(npu-allocate)))" | filecheck %s

// Tiles of a block follow those around it; loops one after the other use the same memory.

// CHECK-LABEL: @f
// CHECK: npu.alloc at 0 : !npu.buffer<16 x 16 x f32, sram, row>
// CHECK: npu.alloc at 0 : !npu.buffer<16 x 16 x f32, acc, row>
// CHECK: npu.loop
// CHECK: npu.alloc at 1024 : !npu.buffer<16 x 32 x f16, sram, row>
// CHECK: npu.loop
// CHECK: npu.alloc at 2048 : !npu.buffer<16 x 16 x f32, sram, blocked>
// CHECK: npu.alloc at 1024 : !npu.buffer<16 x 16 x f32, acc, row>
// CHECK: npu.loop
// CHECK: npu.alloc at 1024 : !npu.buffer<32 x 32 x f32, sram, row>
func.func @f(%a: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %r = npu.kernel ins() outs(%a : tensor<32x32xf32>) {
  ^bb0(%x: !npu.buffer<32 x 32 x f32, dram, row>):
    %t0 = npu.alloc : !npu.buffer<16 x 16 x f32, sram, row>
    %a0 = npu.alloc : !npu.buffer<16 x 16 x f32, acc, row>
    npu.loop 0 to 32 step 16 {
    ^bb0(%i: index):
      %t1 = npu.alloc : !npu.buffer<16 x 32 x f16, sram, row>
      npu.loop 0 to 32 step 16 {
      ^bb0(%j: index):
        %t2 = npu.alloc : !npu.buffer<16 x 16 x f32, sram, blocked>
        %a2 = npu.alloc : !npu.buffer<16 x 16 x f32, acc, row>
        npu.yield
      }
      npu.yield
    }
    npu.loop 0 to 32 step 16 {
    ^bb0(%i: index):
      %t3 = npu.alloc : !npu.buffer<32 x 32 x f32, sram, row>
      npu.yield
    }
    npu.yield
  }
  return %r : tensor<32x32xf32>
}
