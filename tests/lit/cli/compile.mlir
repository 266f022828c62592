// RUN: ireekit compile %s -o %t.vmfb --no-cache --report size --report passes -p mypipeline | filecheck %s
// RUN: ireekit inspect %t.vmfb | filecheck %s --check-prefix=INSPECT
// RUN: ireekit run %t.vmfb --input '2x2xf32=[[1 2][3 4]]' --input input1=2x2xf32=10 -o %t.npz | filecheck %s --check-prefix=CALL
// RUN: ireekit run %t.vmfb --input '2x2xf32=1 2 3 4' --input 2x2xf32=10 --expected %t.npz | filecheck %s --check-prefix=SAME
// RUN: not ireekit run %t.vmfb --input 2x2xf32=0 --input 2x2xf32=0 --expected %t.npz 2>&1 | filecheck %s --check-prefix=DIFFER

// CHECK:      compile.mlir.tmp.vmfb: {{[0-9.]+}} KiB, cpu:host, entry points: main, {{[0-9.]+}} s
// CHECK-NEXT: PART{{ +}}BYTES{{ +}}SHARE
// CHECK:      executables{{ +}}{{[0-9,]+}}
// CHECK:      total{{ +}}{{[0-9,]+}}{{ +}}100.0%
// CHECK:      LARGEST{{ +}}KIND{{ +}}BYTES
// CHECK:      module.fb{{ +}}program

// INSPECT:      targets:     cpu:host
// INSPECT:      made by:     ireekit {{.*}}, pipeline mypipeline
// INSPECT:      entry point main
// INSPECT-NEXT:   in   input0: float32[2, 2]
// INSPECT-NEXT:   in   input1: float32[2, 2]
// INSPECT-NEXT:   out  output0: float32[2, 2]
// INSPECT:      PHASE OR PASS

// CALL:      output0: float32[2, 2]
// CALL-NEXT: {{\[\[}}11. 12.]
// CALL-NEXT: [13. 14.]]

// SAME: results are as in {{.*}}.npz

// DIFFER: results differ from those expected:
// DIFFER-NEXT: output0: 4 of 4 values differ, by 14 at most; first at [0, 0]: 0.0, expected 11.0

func.func @main(%x: tensor<2x2xf32>, %y: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = arith.addf %x, %y : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
