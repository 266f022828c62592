// RUN: ireekit opt %s --load %examples/npu --npu-launch | filecheck %s

// A kernel becomes a call of the driver, its command stream a constant of the program.

// CHECK: util.func private @npu.launch0({{.*}}!hal.buffer_view, {{.*}}!hal.buffer_view) -> !hal.buffer_view
// CHECK-NEXT: util.func private @npu.launch1({{.*}}!hal.buffer_view, {{.*}}!hal.buffer_view, {{.*}}!hal.buffer_view) -> !hal.buffer_view
// CHECK-LABEL: @f
// CHECK-NOT: npu.kernel
// CHECK: %[[TEXT:.+]] = arith.constant dense<{{.+}}> : tensor<{{[0-9]+}}xi8>
// CHECK: %[[STREAM:.+]] = hal.tensor.export %[[TEXT]]
// CHECK: %[[INPUT:.+]] = hal.tensor.export %arg0 : tensor<16xf32> -> !hal.buffer_view
// CHECK: %[[INIT:.+]] = hal.tensor.export %arg1 : tensor<16x16xf32> -> !hal.buffer_view
// CHECK: %[[CALL:.+]] = util.call @npu.launch1(%[[STREAM]], %[[INPUT]], %[[INIT]])
// CHECK: %[[FIRST:.+]] = hal.tensor.import %[[CALL]] : !hal.buffer_view -> tensor<16x16xf32>
// CHECK: %[[INIT:.+]] = hal.tensor.export %[[FIRST]]
// CHECK: util.call @npu.launch0(%{{.+}}, %[[INIT]])
func.func @f(%x: tensor<16xf32>, %init: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %first = npu.kernel ins(%x : tensor<16xf32>) outs(%init : tensor<16x16xf32>) {
  ^bb0(%a: !npu.buffer<1 x 16 x f32, dram, row>, %b: !npu.buffer<16 x 16 x f32, dram, row>):
    npu.yield
  }
  %second = npu.kernel ins() outs(%first : tensor<16x16xf32>) {
  ^bb0(%b: !npu.buffer<16 x 16 x f32, dram, row>):
    npu.yield
  }
  return %second : tensor<16x16xf32>
}
