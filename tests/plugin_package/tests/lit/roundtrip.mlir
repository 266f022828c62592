// RUN: ireekit opt %s | ireekit opt - | filecheck %s
// RUN: ireekit opt %s --emit-bytecode | ireekit opt - | filecheck %s
// RUN: ireekit opt %s --mlir-print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK-LABEL: @main
// CHECK: gain.scale %arg0 by 2.500000e+00 : tensor<2x4xf32>
// GENERIC: "gain.scale"(%arg0) {factor = 2.500000e+00 : f32} : (tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = gain.scale %x by 2.5 : tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
