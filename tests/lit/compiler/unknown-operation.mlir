// RUN: not ireekit compile %s --no-cache -o %t.vmfb 2>&1 | filecheck %s
// RUN: not ireekit compile %s --no-cache -o %t.vmfb -t cpu --flag=--iree-llvmcpu-target-cpu=z80 2>&1 | filecheck %s --check-prefix=CHIP

// An operation of no dialect is named, with its line; the stock compiler dies of it.

// CHECK:      error: no loaded dialect defines the operation acme.twice
// CHECK-NEXT:   op: acme.twice
// CHECK-NEXT:   at: {{.*}}unknown-operation.mlir:{{[0-9]+}}:8
// CHECK-NEXT:   remedy:

// CHIP: error: the compiler cannot generate code with --iree-llvmcpu-target-cpu=z80: Unknown CPU

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "acme.twice"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
