// RUN: not ireekit compile %s -o %t.vmfb --no-cache 2>&1 | filecheck %s
// RUN: not ireekit inspect %t.vmfb 2>&1 | filecheck %s --check-prefix=NOTHING

// CHECK:      error: failed to legalize operation 'tensor.splat'
// CHECK-NEXT:   op: tensor.splat
// CHECK-NEXT:   at: {{.*}}refused.mlir:{{[0-9]+}}:8
// CHECK-NEXT:   in: phase {{[a-z]+}}
// CHECK-NEXT:   details: {{.*}}.mlir
// CHECK-NOT:  {{.}}

// NOTHING: error: cannot read {{.*}}.vmfb: No such file or directory

func.func @main(%n: i32) -> tensor<2x3xi32> {
  %0 = tensor.splat %n : tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}
