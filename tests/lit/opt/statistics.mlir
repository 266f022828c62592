// RUN: ireekit opt %s --load %inputs/passes.py --test-count --mlir-pass-statistics -o /dev/null 2>&1 | filecheck %s
// RUN: ireekit opt %s --load %inputs/passes.py --test-count --canonicalize --test-count --mlir-pass-statistics -o /dev/null 2>&1 | filecheck %s --check-prefix=TWICE
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --mlir-pass-statistics -o /dev/null 2>&1 | filecheck %s --check-prefix=NONE
// RUN: ireekit opt %s --load %inputs/passes.py --test-count --cse --mlir-timing -o /dev/null 2>&1 | filecheck %s --check-prefix=TIMING
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-count,cse)' --mlir-timing --mlir-pass-statistics -o /dev/null 2>&1 | filecheck %s --check-prefixes=CHECK,NESTED

// CHECK: pass statistics:
// CHECK-NEXT: test-count
// CHECK-NEXT: {{ +}}2  functions: functions seen
// CHECK-NEXT: {{ +}}3  adds: additions seen
// TWICE: {{ +}}2  functions: functions seen
// TWICE-NEXT: {{ +}}3  adds: additions seen
// TWICE: {{ +}}2  functions: functions seen
// TWICE-NEXT: {{ +}}0  adds: additions seen
// NONE: pass statistics: no pass has any
// TIMING: pass timing: {{[0-9.]+}} s
// TIMING: seconds{{ +}}share{{ +}}runs{{ +}}pass
// TIMING-DAG: 2{{ +}}test-count
// TIMING-DAG: 1{{ +}}cse
// NESTED: pass timing: {{[0-9.]+}} s
// NESTED: func.func
// NESTED: 2{{ +}}cse
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %0, %a : i32
  return %a : i32
}
func.func @g(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
