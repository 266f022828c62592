// RUN: ireekit opt %s --load %examples/hello.py | filecheck %s --check-prefix=ROUND
// RUN: ireekit opt %s --load %examples/hello.py --hello-lower | filecheck %s

// The operation keeps its own syntax, and is lowered to three of the compiler's.

// ROUND-LABEL: @f
// ROUND: %[[Y:[0-9]+]] = hello.softsign %arg0 : tensor<4xf32>
// ROUND: return %[[Y]]

// CHECK-LABEL: @f
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[ONE:.+]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[ABS:.+]] = math.absf %[[X]] : tensor<4xf32>
// CHECK: %[[SUM:.+]] = arith.addf %[[ABS]], %[[ONE]]
// CHECK: %[[Y:.+]] = arith.divf %[[X]], %[[SUM]]
// CHECK: return %[[Y]]
// CHECK-NOT: hello.
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = hello.softsign %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
