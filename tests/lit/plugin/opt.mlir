// REQUIRES: native
// RUN: iree-opt %s --pass-pipeline='builtin.module(ireekit-fold-constants)' | filecheck %s
// RUN: iree-opt %s --pass-pipeline='builtin.module(ireekit-fold-constants{max-bytes=1})' | filecheck %s --check-prefix=LIMITED
// RUN: iree-opt %s --pass-pipeline='builtin.module(cse,ireekit-fold-constants,canonicalize)' | filecheck %s
// RUN: iree-opt --help | filecheck %s --check-prefix=HELP
// RUN: not iree-opt %s --pass-pipeline='builtin.module(ireekit-fold-constants{max-bites=1})' 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not iree-opt %s --pass-pipeline='builtin.module(ireekit-fold-constant)' 2>&1 | filecheck %s --check-prefix=NAME

// Passes of installed packages by their names, with options, among those of the compiler.

// CHECK-LABEL: @main
// CHECK: arith.constant dense<[3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00]>
// CHECK-NOT: arith.addf

// LIMITED: arith.addf

// HELP: --ireekit-fold-constants
// HELP-SAME: Computes, with numpy

// OPTION: error: {{.*}}max-bites
// NAME: 'ireekit-fold-constant' does not refer to a registered pass
func.func @main() -> tensor<4xf32> {
  %one = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %sum = arith.addf %one, %two : tensor<4xf32>
  return %sum : tensor<4xf32>
}
