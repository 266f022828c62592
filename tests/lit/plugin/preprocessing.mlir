// REQUIRES: native
// RUN: iree-compile %s --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx --iree-preprocessing-pass-pipeline='builtin.module(ireekit-fold-constants)' --compile-to=preprocessing -o - | filecheck %s
// RUN: not iree-compile %s --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx --iree-preprocessing-pass-pipeline='builtin.module(util.func(mypipeline-isolate-gathers{none}))' -o %t.vmfb 2>&1 | filecheck %s --check-prefix=WRONG

// The compiler's own flag takes passes of ours, with no pipeline asked for.

// CHECK-LABEL: @main
// CHECK-NOT: arith.mulf
// WRONG: error: {{.*}}none
func.func @main() -> tensor<4xf32> {
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %four = arith.mulf %two, %two : tensor<4xf32>
  return %four : tensor<4xf32>
}
