// RUN: ireekit opt %s --split-input-file --pass-pipeline='builtin.module(func.func(ireekit-fold-constants))' | filecheck %s

// CHECK-LABEL: func.func @elementwise
// CHECK-NEXT: arith.constant dense<[1, 4, 9]> : tensor<3xi32>
// CHECK-NEXT: return
func.func @elementwise() -> tensor<3xi32> {
  %a = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %0 = arith.muli %a, %a : tensor<3xi32>
  return %0 : tensor<3xi32>
}

// -----

// Integers wrap around.
// CHECK-LABEL: func.func @wraps
// CHECK-NEXT: arith.constant -128 : i8
func.func @wraps() -> i8 {
  %a = arith.constant 127 : i8
  %b = arith.constant 1 : i8
  %0 = arith.addi %a, %b : i8
  return %0 : i8
}

// -----

// A division by zero stays.
// CHECK-LABEL: func.func @undefined
// CHECK: arith.divsi
func.func @undefined() -> i32 {
  %a = arith.constant 1 : i32
  %b = arith.constant 0 : i32
  %0 = arith.divsi %a, %b : i32
  return %0 : i32
}

// -----

// So does a shift by as many bits as there are.
// CHECK-LABEL: func.func @poison
// CHECK: arith.shli
func.func @poison() -> i8 {
  %a = arith.constant 1 : i8
  %b = arith.constant 8 : i8
  %0 = arith.shli %a, %b : i8
  return %0 : i8
}

// -----

// CHECK-LABEL: func.func @splat
// CHECK-NEXT: arith.constant dense<3.000000e+00> : tensor<4096x4096xf32>
// CHECK-NEXT: return
func.func @splat() -> tensor<4096x4096xf32> {
  %a = arith.constant dense<1.5> : tensor<4096x4096xf32>
  %0 = arith.addf %a, %a : tensor<4096x4096xf32>
  return %0 : tensor<4096x4096xf32>
}

// -----

// CHECK-LABEL: func.func @bf16
// CHECK-NEXT: arith.constant dense<[1.000000e+00, 2.560000e+02]> : tensor<2xbf16>
func.func @bf16() -> tensor<2xbf16> {
  %a = arith.constant dense<[1.001, 256.5]> : tensor<2xf32>
  %0 = arith.truncf %a : tensor<2xf32> to tensor<2xbf16>
  return %0 : tensor<2xbf16>
}

// -----

// CHECK-LABEL: func.func @chain
// CHECK: arith.constant dense<{{\[\[}}0, 3], [1, 4], [2, 5]]> : tensor<3x2xi32>
// CHECK-NEXT: return
func.func @chain() -> tensor<3x2xi32> {
  %a = arith.constant dense<[0, 1, 2, 3, 4, 5]> : tensor<6xi32>
  %0 = tensor.expand_shape %a [[0, 1]] output_shape [2, 3] : tensor<6xi32> into tensor<2x3xi32>
  %e = tensor.empty() : tensor<3x2xi32>
  %1 = linalg.transpose ins(%0 : tensor<2x3xi32>) outs(%e : tensor<3x2xi32>) permutation = [1, 0]
  return %1 : tensor<3x2xi32>
}
