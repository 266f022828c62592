// RUN: ireekit compile %s --load %inputs/hooked.py -p times -t cpu:host --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*-start.mlir | filecheck %s --check-prefix=START
// RUN: cat %t.dump/*-litp-lower.mlir | filecheck %s --check-prefix=LOWERED
// RUN: ireekit run %t.vmfb --input '4xf32=1 2 3 4' | filecheck %s --check-prefix=CALL
// RUN: not ireekit compile %s --load %inputs/hooked.py -p leaves -t cpu:host -o %t.vmfb 2>&1 | filecheck %s --check-prefix=LEFT
// RUN: sed -e 's/times 3/times -3/' %s > %t.negative.mlir
// RUN: not ireekit compile %t.negative.mlir --load %inputs/hooked.py -p times -t cpu:host -o %t.vmfb 2>&1 | filecheck %s --check-prefix=NEGATIVE

// A model in the assembly of the pipeline's dialect; dumps are in it as well.

// START-LABEL: func.func @main
// START: litp.times %{{.*}} times 3 : tensor<4xf32>

// LOWERED-LABEL: util.func public @main
// LOWERED-COUNT-2: arith.addf
// LOWERED-NOT: litp.times

// CALL: [ 3.{{ +}}6.{{ +}}9. 12.]

// LEFT:      error: nothing lowered 'litp.times': no pass rewrote it and the compiler does not know it
// LEFT-NEXT: op: litp.times
// LEFT-NEXT: at: {{.*}}dialects.mlir:[[#]]:
// LEFT-NEXT: in: after phase preprocessing

// NEGATIVE:      error: counts to -3
// NEGATIVE-NEXT: op: litp.times
// NEGATIVE-NEXT: at: {{.*}}negative.mlir:
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = litp.times %x times 3 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
