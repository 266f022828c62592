// RUN: rm -f %t.mlir
// RUN: not ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark,func.func(cse,test-raise{kind=key})' --mlir-pass-pipeline-crash-reproducer=%t.mlir 2>&1 | filecheck %s --check-prefix=FAILED
// RUN: filecheck %s --check-prefix=FILE < %t.mlir
// RUN: not ireekit opt %t.mlir --run-reproducer 2>&1 | filecheck %s --check-prefix=AGAIN
// RUN: not ireekit opt %t.mlir --run-reproducer --load %inputs/passes.py 2>&1 | filecheck %s --check-prefix=AGAIN
// RUN: not ireekit opt %s --run-reproducer 2>&1 | filecheck %s --check-prefix=NONE
// RUN: rm -f %t.died
// RUN: not ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark,func.func(test-die)' --mlir-pass-pipeline-crash-reproducer=%t.died
// RUN: filecheck %s --check-prefix=DIED < %t.died
// RUN: rm -f %t.none
// RUN: ireekit opt %s --cse --mlir-pass-pipeline-crash-reproducer=%t.none -o /dev/null
// RUN: not ls %t.none
// RUN: not ireekit opt %s --load %inputs/passes.py --test-raise --mlir-pass-pipeline-crash-reproducer=%t.no/folder/file 2>&1 | filecheck %s --check-prefix=FAILED

// FAILED: error: pass test-raise: {{KeyError|ValueError}}
// FILE: // pass test-raise{kind=key} on func.func @f: KeyError: 'missing'
// FILE: // load: {{.*}}passes.py
// FILE: module attributes {test.marked}
// FILE: mlir_reproducer
// FILE: pipeline: "builtin.module(func.func(test-raise{kind=key}))"
// DIED: // pass test-die on func.func @f: the process died
// DIED: module attributes {test.marked}
// DIED: pipeline: "builtin.module(func.func(test-die))"
// AGAIN: error: pass test-raise: KeyError: 'missing'
// NONE: error: the file holds no reproducer
func.func @f(%a: i32) -> i32 {
  return %a : i32
}
