// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark{label=one},test-mark{label=two},test-mark{label=three}' --pass-bisect-limit=0 2>%t.0 | filecheck %s --check-prefix=ZERO
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark{label=one},test-mark{label=two},test-mark{label=three}' --pass-bisect-limit=2 2>%t.2 | filecheck %s --check-prefix=TWO
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark{label=one},test-mark{label=two},test-mark{label=three}' --pass-bisect-limit=9 2>%t.9 | filecheck %s --check-prefix=ALL
// RUN: filecheck %s --check-prefix=SAID < %t.2
// RUN: ireekit opt %s --pass-pipeline='func.func(canonicalize)' --pass-bisect-limit=1 2>/dev/null | filecheck %s --check-prefix=NATIVE

// ZERO: module {
// TWO: module attributes {test.one, test.two}
// ALL: module attributes {test.one, test.three, test.two}
// SAID: BISECT: running pass (1) test-mark{label=one} on builtin.module
// SAID-NEXT: BISECT: running pass (2) test-mark{label=two} on builtin.module
// SAID-NEXT: BISECT: NOT running pass (3) test-mark{label=three} on builtin.module
// NATIVE-LABEL: @f
// NATIVE-NEXT: return
// NATIVE-LABEL: @g
// NATIVE-NEXT: arith.addi
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
func.func @g(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
