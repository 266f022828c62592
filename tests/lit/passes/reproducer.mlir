// RUN: not ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(cse,test-refuse)' --mlir-pass-pipeline-crash-reproducer=%t.mlir 2>&1 | filecheck %s --check-prefix=FAILED
// RUN: filecheck %s --input-file=%t.mlir
// RUN: not ireekit opt %t.mlir --run-reproducer 2>&1 | filecheck %s --check-prefix=AGAIN
// RUN: rm %t.mlir && ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(cse)' --mlir-pass-pipeline-crash-reproducer=%t.mlir | filecheck %s --check-prefix=FINE
// RUN: not ls %t.mlir
// RUN: not ireekit opt %s --run-reproducer 2>&1 | filecheck %s --check-prefix=NONE

// The file holds what the failing pass was given, that pass, and the file that defines it.

// FAILED: reproducer.mlir:[[# @LINE + 17]]:1: error: pass test-refuse: ValueError: this function is refused
// CHECK: // pass test-refuse on func.func @g: ValueError: this function is refused
// CHECK: // replay: ireekit opt {{.*}} --run-reproducer
// CHECK: // load: {{.*}}passes.py
// CHECK: func.func @g
// CHECK-NEXT: arith.addi
// CHECK-NEXT: arith.muli
// CHECK: pipeline: "builtin.module(func.func(test-refuse))"
// AGAIN: error: pass test-refuse: ValueError: this function is refused
// FINE: func.func @g
// FINE-NEXT: arith.addi
// FINE-NEXT: arith.muli
// NONE: error: the file holds no reproducer

func.func @f(%a: i32) -> i32 {
  return %a : i32
}
func.func @g(%a: i32) -> i32 attributes { refuse } {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}
