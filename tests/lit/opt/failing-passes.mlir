// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise 2>&1 | filecheck %s
// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise=kind=key 2>&1 | filecheck %s --check-prefix=KEY
// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise=kind=exit 2>&1 | filecheck %s --check-prefix=EXIT
// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise=kind=recursion 2>&1 | filecheck %s --check-prefix=RECURSION
// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise=kind=memory 2>&1 | filecheck %s --check-prefix=MEMORY
// RUN: not ireekit opt %s --load %inputs/passes.py --test-break 2>&1 | filecheck %s --check-prefix=BROKEN
// RUN: not ireekit opt %s --load %inputs/passes.py --test-break --mlir-print-op-on-diagnostic=0 2>&1 | filecheck %s --check-prefix=HIDDEN
// RUN: ireekit opt %s --load %inputs/passes.py --test-say 2>&1 | filecheck %s --check-prefix=SAID
// RUN: ireekit opt %s --load %inputs/passes.py --test-erase | filecheck %s --check-prefix=ERASED
// RUN: not ireekit opt %s --load %inputs/passes.py --test-mark --test-raise -o %t.never 2>&1
// RUN: not ls %t.never

// A pass that raises is an error at the operation it ran on, never a traceback.

// CHECK-NOT: Traceback
// CHECK: failing-passes.mlir:[[# @LINE + 17]]:1: error: pass test-raise: ValueError: the value is wrong
// CHECK-NEXT: func.func @f(
// CHECK-NEXT: {{^\^$}}
// CHECK-NOT: Traceback
// KEY: error: pass test-raise: KeyError: 'missing'
// EXIT: error: pass test-raise: SystemExit: 0
// RECURSION: error: pass test-raise: RecursionError: maximum recursion depth exceeded
// MEMORY: error: pass test-raise: MemoryError
// BROKEN: failing-passes.mlir:[[# @LINE + 9]]:1: error: 'func.func' op requires attribute 'function_type'
// BROKEN: note: see current operation:
// BROKEN: note: in pass test-break
// HIDDEN-NOT: see current operation
// SAID: failing-passes.mlir:[[# @LINE + 6]]:8: error: an addition
// SAID: func.func @f
// ERASED: module {
// ERASED-NEXT: }

func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
