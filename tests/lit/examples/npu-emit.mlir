// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg --npu-allocate | env PYTHONPATH=%examples %python -m npu.translate - | filecheck %s
// RUN: ireekit opt %s --load %examples/npu --npu-from-linalg | env PYTHONPATH=%examples not %python -m npu.translate - 2>&1 | filecheck %s --check-prefix=ERROR

// The command stream of each kernel, line for line.

// CHECK: // 16x32 f16, 32x16 f16, 16x16 f32; 2048 bytes of sram, 1024 of acc
// CHECK-NEXT: void kernel_0(npu_dram arg0, npu_dram arg1, npu_dram arg2) {
// CHECK-NEXT:   for (int i0 = 0; i0 < 16; i0 += 16) {
// CHECK-NEXT:     for (int i1 = 0; i1 < 16; i1 += 16) {
// CHECK-NEXT:       npu_fill(ACC(0x0000), NPU_F32, 256, 0.5f);
// CHECK-NEXT:       for (int i2 = 0; i2 < 32; i2 += 32) {
// CHECK-NEXT:         npu_load(SRAM(0x0000), NPU_F16, NPU_ROW, arg0, i0, i2, 16, 32, 0);
// CHECK-NEXT:         npu_load(SRAM(0x0400), NPU_F16, NPU_BLOCKED, arg1, i2, i1, 32, 16, 1);
// CHECK-NEXT:         npu_wait(0);
// CHECK-NEXT:         npu_wait(1);
// CHECK-NEXT:         npu_matmul(ACC(0x0000), SRAM(0x0000), SRAM(0x0400), NPU_F16, 16, 16, 32);
// CHECK-NEXT:       }
// CHECK-NEXT:       npu_store(arg2, i0, i1, ACC(0x0000), NPU_F32, 16, 16, 2);
// CHECK-NEXT:       npu_wait(2);
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }

// CHECK: void kernel_1(npu_dram arg0, npu_dram arg1, npu_dram arg2) {
// CHECK: npu_load(SRAM(0x0000), NPU_F32, NPU_ROW, arg0, i0, i1, 16, 16, 0);
// CHECK-NEXT: npu_load_row(SRAM(0x0400), NPU_F32, arg1, i1, 16, 16, 1);
// CHECK-NEXT: npu_wait(0);
// CHECK-NEXT: npu_wait(1);
// CHECK-NEXT: npu_binary(NPU_MUL, SRAM(0x0800), SRAM(0x0000), SRAM(0x0400), NPU_F32, 256);
// CHECK-NEXT: npu_unary(NPU_EXP, SRAM(0x0c00), SRAM(0x0800), NPU_F32, 256);
// CHECK-NEXT: npu_store(arg2, i0, i1, SRAM(0x0c00), NPU_F32, 16, 16, 2);
// CHECK-NEXT: npu_wait(2);

// ERROR: error: a buffer has no address
// ERROR: remedy: run npu-allocate first
func.func @f(%a: tensor<16x32xf16>, %b: tensor<32x16xf16>, %scale: tensor<16xf32>) -> tensor<16x16xf32> {
  %half = arith.constant 0.5 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %init = linalg.fill ins(%half : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %product = linalg.matmul ins(%a, %b : tensor<16x32xf16>, tensor<32x16xf16>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %r = linalg.generic {
    indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%product, %scale : tensor<16x16xf32>, tensor<16xf32>) outs(%empty : tensor<16x16xf32>) {
  ^bb0(%x: f32, %s: f32, %unused: f32):
    %scaled = arith.mulf %x, %s : f32
    %y = math.exp %scaled : f32
    linalg.yield %y : f32
  } -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}
