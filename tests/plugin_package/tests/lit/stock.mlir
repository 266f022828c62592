// REQUIRES: native
// RUN: iree-compile --iree-plugin=gain %s --compile-to=input -o - | filecheck %s
// RUN: iree-opt %s --pass-pipeline='builtin.module(gain-lower)' | filecheck %s
// RUN: iree-opt %s --pass-pipeline='builtin.module(func.func(canonicalize,cse))' | filecheck %s --check-prefix=CLEAN
// RUN: not iree-opt %s --pass-pipeline='builtin.module(gain-lower{keep-unit})' 2>&1 | filecheck %s --check-prefix=OPTION

// The stock tools know the pipeline, its pass and its dialect: what is pure and not used goes away.

// CHECK-LABEL: @main
// CHECK: arith.constant dense<2.500000e+00>
// CHECK: arith.mulf
// CHECK-NOT: gain.scale

// CLEAN: gain.scale
// CLEAN-NOT: gain.scale

// OPTION: error: {{.*}}keep-unit
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "gain.scale"(%x) {factor = 2.5 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "gain.scale"(%x) {factor = 3.5 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
