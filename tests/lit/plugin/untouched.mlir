// REQUIRES: native
// RUN: iree-compile %s --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx -o %t.with.vmfb
// RUN: env IREEKIT_NO_PLUGIN=1 iree-compile %s --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx -o %t.without.vmfb
// RUN: diff %t.with.vmfb %t.without.vmfb
// RUN: not env IREEKIT_NO_PLUGIN=1 iree-compile %s --iree-plugin=mypipeline -o %t.vmfb 2>&1 | filecheck %s
// RUN: not iree-compile %s --iree-plugin=nobodys -o %t.vmfb 2>&1 | filecheck %s --check-prefix=UNKNOWN

// Who asks for no pipeline gets the same bytes as without ireekit, which can be left out by a variable.

// CHECK: could not activate requested IREE plugin 'mypipeline' because it is not registered
// UNKNOWN: could not activate requested IREE plugin 'nobodys'
// UNKNOWN-SAME: mypipeline
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
