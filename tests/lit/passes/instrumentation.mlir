// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-drop-unused,cse),test-label' --mlir-print-ir-after-change -o %t 2>&1 | filecheck %s --check-prefix=CHANGED
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-drop-unused,cse),test-label' --mlir-pass-statistics --mlir-timing -o %t 2>&1 | filecheck %s --check-prefix=REPORT
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-label{text=first},test-label{text=second})' --pass-bisect-limit=3 2>%t.log | filecheck %s --check-prefix=LIMIT
// RUN: filecheck %s --check-prefix=LOG --input-file=%t.log
// RUN: rm -rf %t.dir && ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(cse),test-label' --mlir-print-ir-after-all --mlir-print-ir-tree-dir=%t.dir -o %t
// RUN: ls -R %t.dir | filecheck %s --check-prefix=TREE

// CHANGED: IR Dump After test-drop-unused ('func.func' operation: @f)
// CHANGED-NEXT: func.func @f
// CHANGED-NEXT: return
// CHANGED-NOT: IR Dump After test-drop-unused ('func.func' operation: @g)
// CHANGED: IR Dump After cse ('func.func' operation: @g)
// CHANGED-NOT: IR Dump After cse
// CHANGED: IR Dump After test-label ('func.func' operation: @f)
// CHANGED: IR Dump After test-label ('func.func' operation: @g)

// REPORT: pass statistics:
// REPORT: test-drop-unused
// REPORT: 1 dropped: additions erased
// REPORT: test-label
// REPORT: 2 labelled: functions labelled
// REPORT: pass timing:
// REPORT: builtin.module
// REPORT: func.func
// REPORT: 2 {{.*}}test-drop-unused
// REPORT: 2 {{.*}}cse

// LIMIT: func.func @f({{.*}}test.first = 1{{.*}}test.second = 1
// LIMIT: func.func @g({{.*}}test.first = 2
// LIMIT-NOT: test.second = 2
// LOG: BISECT: running pass (1) test-label{text=first} on func.func @f
// LOG: BISECT: running pass (3) test-label{text=second} on func.func @f
// LOG: BISECT: NOT running pass (4) test-label{text=second} on func.func @g

// TREE: builtin.module/func.func_f:
// TREE-NEXT: 0001_cse.after.mlir
// TREE-NEXT: 0003_test-label.after.mlir
// TREE: builtin.module/func.func_g:
// TREE-NEXT: 0002_cse.after.mlir

func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
func.func @g(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}
