// RUN: ireekit opt %s --split-input-file --verify-diagnostics --iree-stablehlo-to-iree-input -o /dev/null
// RUN: not ireekit opt %s --split-input-file --iree-stablehlo-to-iree-input 2>&1 | filecheck %s

// A pass of the compiler that fails.

// CHECK: native-failure.mlir:[[# @LINE + 5]]:8: error: failed to legalize operation 'stablehlo.custom_call'
// CHECK: note: see current operation: %0 = "stablehlo.custom_call"
// CHECK: note: in pass iree-stablehlo-to-iree-input
func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{failed to legalize operation 'stablehlo.custom_call'}}
  %0 = stablehlo.custom_call @x(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %0: tensor<4xf32>
}

// -----

func.func @g(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.add %a, %a : tensor<4xf32>
  return %0: tensor<4xf32>
}
