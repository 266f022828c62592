// RUN: ireekit opt %s --pass-pipeline='builtin.module(gain-lower)' | filecheck %s
// RUN: ireekit opt %s --gain-lower=keep-units=true | filecheck %s --check-prefix=UNITS
// RUN: ireekit opt %s --gain-lower --mlir-pass-statistics 2>&1 >/dev/null | filecheck %s --check-prefix=STATISTICS

// CHECK-LABEL: @scaled
// UNITS-LABEL: @scaled
func.func @scaled(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[FACTOR:.*]] = arith.constant dense<2.500000e+00> : tensor<2xf32>
  // CHECK: arith.mulf %{{.*}}, %[[FACTOR]] : tensor<2xf32>
  // CHECK-NOT: gain.scale
  %0 = gain.scale %x by 2.5 : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @unit
// UNITS-LABEL: @unit
func.func @unit(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: return %arg0
  // UNITS: arith.mulf
  %0 = gain.scale %x by 1.0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// STATISTICS: gain-lower
// STATISTICS: 2  lowered: operations lowered
