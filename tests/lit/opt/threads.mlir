// RUN: ireekit opt %s --load %inputs/passes.py --mlir-disable-threading=0 --pass-pipeline='func.func(cse,test-show,canonicalize),test-mark,func.func(test-count,cse)' | filecheck %s
// RUN: not ireekit opt %s --load %inputs/passes.py --mlir-disable-threading=0 --pass-pipeline='func.func(cse,test-raise)' 2>&1 | filecheck %s --check-prefix=RAISED
// RUN: ireekit opt %s --load %inputs/passes.py --mlir-disable-threading=0 --pass-pipeline='func.func(test-say,cse)' 2>&1 | filecheck %s --check-prefix=SAID

// Native passes on several threads and Python passes between them: neither waits for the other for ever.

// CHECK: module attributes {test.marked}
// CHECK-COUNT-4: attributes {options = "test-show"}
// RAISED: error: pass test-raise: ValueError: the value is wrong
// SAID-COUNT-4: error: an addition
func.func @a(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}
func.func @b(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}
func.func @c(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}
func.func @d(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}
