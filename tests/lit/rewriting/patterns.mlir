// RUN: ireekit opt %s --split-input-file --allow-unregistered-dialect --load %inputs/rewriting.py --pass-pipeline='builtin.module(func.func(t-patterns))' | filecheck %s

// CHECK-LABEL: func.func @pattern
// CHECK-SAME: (%[[A:.*]]: i32)
// CHECK-NEXT: "t.add"(%[[A]], %[[A]])
func.func @pattern(%a: i32) -> i32 {
  %0 = "t.twice"(%a) : (i32) -> i32
  return %0 : i32
}

// -----

// CHECK-LABEL: func.func @rule
// CHECK-SAME: (%[[A:.*]]: i32, %[[B:.*]]: i32)
// CHECK: "t.fma"(%[[A]], %[[B]], %[[A]]) {k = 4 : i32}
func.func @rule(%a: i32, %b: i32) -> i32 {
  %0 = "t.mul"(%a, %b) {k = 4 : i32} : (i32, i32) -> i32
  %1 = "t.add"(%0, %a) : (i32, i32) -> i32
  return %1 : i32
}

// -----

// The attribute is odd.
// CHECK-LABEL: func.func @condition
// CHECK: "t.add"
func.func @condition(%a: i32, %b: i32) -> i32 {
  %0 = "t.mul"(%a, %b) {k = 3 : i32} : (i32, i32) -> i32
  %1 = "t.add"(%0, %a) : (i32, i32) -> i32
  return %1 : i32
}

// -----

// The product is used twice.
// CHECK-LABEL: func.func @uses
// CHECK: "t.mul"
// CHECK: "t.add"
func.func @uses(%a: i32, %b: i32) -> (i32, i32) {
  %0 = "t.mul"(%a, %b) {k = 4 : i32} : (i32, i32) -> i32
  %1 = "t.add"(%0, %a) : (i32, i32) -> i32
  return %0, %1 : i32, i32
}
