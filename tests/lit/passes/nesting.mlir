// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(func.func(test-label{text=outer}))' | filecheck %s --check-prefix=OUTER
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(builtin.module(func.func(test-label{text=inner})))' | filecheck %s --check-prefix=INNER
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(test-label{text=all})' | filecheck %s --check-prefix=ALL
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='any(any(test-drop-unused))' | filecheck %s --check-prefix=ANY
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(cse,test-drop-unused,test-label{text=mixed},canonicalize),symbol-dce' | filecheck %s --check-prefix=MIXED
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-clone,func.func(cse,test-label{text=after})' | filecheck %s --check-prefix=CLONED

// Nesting goes one level a step, as in MLIR; a pass that is not at its anchor runs on the outermost ones within.

// OUTER: func.func @f({{.*}}test.outer = 1
// OUTER: func.func @g({{.*}}test.outer = 2
// OUTER-NOT: test.outer = 3
// INNER-NOT: test.inner = 2
// INNER: module @inner
// INNER-NEXT: func.func @h({{.*}}test.inner = 1
// ALL: func.func @f({{.*}}test.all = 1
// ALL: func.func @g({{.*}}test.all = 2
// ALL: module @inner
// ALL: func.func @h({{.*}}test.all = 3
// ANY: func.func @f
// ANY-NEXT: return
// ANY: func.func @g
// ANY: module @inner
// ANY-NEXT: func.func @h
// ANY-NEXT: return
// MIXED: func.func @f({{.*}}test.mixed = 1
// MIXED-NEXT: return
// MIXED: module @inner
// MIXED: arith.addi
// CLONED: func.func @f_copy({{.*}}test.after = 1
// CLONED: func.func @f({{.*}}test.after = 2
// CLONED: func.func @g_copy({{.*}}test.after = 3

func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
func.func @g(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  return %1 : i32
}
module @inner {
  func.func @h(%a: i32) -> i32 {
    %0 = arith.addi %a, %a : i32
    return %a : i32
  }
}
