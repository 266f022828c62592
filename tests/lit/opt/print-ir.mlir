// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --cse --mlir-print-ir-after-all -o /dev/null 2>&1 | filecheck %s --check-prefix=AFTER
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --cse --mlir-print-ir-before-all -o /dev/null 2>&1 | filecheck %s --check-prefix=BEFORE
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --cse --mlir-print-ir-after=cse,test-mark -o /dev/null 2>&1 | filecheck %s --check-prefix=SOME
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --cse --mlir-print-ir-before=cse --mlir-print-ir-before=canonicalize -o /dev/null 2>&1 | filecheck %s --check-prefix=TWO
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --cse --mlir-print-ir-after-change -o /dev/null 2>&1 | filecheck %s --check-prefix=CHANGE
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-show)' --mlir-print-ir-after-all -o /dev/null 2>&1 | filecheck %s --check-prefix=LOCAL
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-show)' --mlir-print-ir-after-all --mlir-print-ir-module-scope -o /dev/null 2>&1 | filecheck %s --check-prefix=SCOPE
// RUN: not ireekit opt %s --load %inputs/passes.py --test-mark --test-break --mlir-print-ir-after-failure -o /dev/null 2>&1 | filecheck %s --check-prefix=FAILURE
// RUN: rm -rf %t.tree
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark,func.func(cse)' --mlir-print-ir-after-all --mlir-print-ir-tree-dir=%t.tree -o /dev/null
// RUN: find %t.tree -type f | filecheck %s --check-prefix=TREE
// RUN: not ireekit opt %s --cse --mlir-print-ir-after-all --mlir-print-ir-tree-dir=/dev/null/x -o /dev/null 2>&1 | filecheck %s --check-prefix=NOTREE

// AFTER: IR Dump After test-mark ('builtin.module' operation)
// AFTER-NEXT: module attributes {test.marked}
// AFTER: IR Dump After canonicalize ('builtin.module' operation)
// AFTER-NOT: arith.addi
// AFTER: IR Dump After cse ('builtin.module' operation)
// BEFORE: IR Dump Before test-mark
// BEFORE-NEXT: module {
// BEFORE: IR Dump Before canonicalize
// BEFORE: arith.addi
// BEFORE: IR Dump Before cse
// BEFORE-NOT: arith.addi
// SOME-NOT: canonicalize
// SOME: IR Dump After test-mark
// SOME-NOT: canonicalize
// SOME: IR Dump After cse
// TWO-NOT: test-mark
// TWO: IR Dump Before canonicalize
// TWO: IR Dump Before cse
// CHANGE: IR Dump After test-mark
// CHANGE: IR Dump After canonicalize
// CHANGE-NOT: IR Dump After cse
// LOCAL: IR Dump After test-show ('func.func' operation: @f)
// LOCAL-NEXT: {{^}}func.func @f(
// LOCAL: IR Dump After test-show ('func.func' operation: @g)
// LOCAL-NEXT: {{^}}func.func private @g(
// SCOPE: IR Dump After test-show ('func.func' operation: @f)
// SCOPE-NEXT: {{^}}module {
// FAILURE-NOT: IR Dump After test-mark
// FAILURE: IR Dump After Failed test-break
// FAILURE-NEXT: "func.func"() <{sym_name = "f"}>
// TREE-DAG: builtin.module{{.*}}test-mark
// TREE-DAG: func.func{{.*}}f{{.*}}cse
// NOTREE: error: {{.*}}cannot be printed
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
func.func private @g(i32)
