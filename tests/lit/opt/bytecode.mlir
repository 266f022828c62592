// RUN: ireekit opt %s --emit-bytecode -o %t.mlirbc
// RUN: ireekit opt %t.mlirbc | filecheck %s
// RUN: ireekit opt < %t.mlirbc | filecheck %s
// RUN: ireekit opt %s --emit-bytecode | ireekit opt - --split-input-file --canonicalize | filecheck %s --check-prefix=PASSES
// RUN: iree-opt %t.mlirbc | filecheck %s
// RUN: %python -c "import sys; data = open(sys.argv[1], 'rb').read(); sys.stdout.buffer.write(data[:len(data) // 2])" %t.mlirbc | not ireekit opt 2>&1 | filecheck %s --check-prefix=HALF
// RUN: %python -c "import sys; data = bytearray(open(sys.argv[1], 'rb').read()); data[4] = 99; sys.stdout.buffer.write(data)" %t.mlirbc | not ireekit opt 2>&1 | filecheck %s --check-prefix=VERSION

// CHECK-LABEL: func.func @f(
// CHECK-NEXT: arith.addi
// PASSES-LABEL: func.func @f(
// PASSES-NEXT: return
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
// HALF: error:
// HALF-NOT: Traceback
// VERSION: error: {{.*}}version
