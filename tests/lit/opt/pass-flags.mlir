// RUN: ireekit opt %s --canonicalize | filecheck %s --check-prefix=NATIVE
// RUN: ireekit opt %s -canonicalize -symbol-dce | filecheck %s --check-prefix=NATIVE
// RUN: ireekit opt %s --canonicalize='top-down=false max-iterations=3' | filecheck %s --check-prefix=NATIVE
// RUN: ireekit opt %s --load %inputs/passes.py --test-show | filecheck %s --check-prefix=SHOW
// RUN: ireekit opt %s --load %inputs/passes.py --test-show='count=5 fast=true sizes=1,2' | filecheck %s --check-prefix=OPTIONS
// RUN: ireekit opt %s --load %inputs/passes.py --test-show={count=5} | filecheck %s --check-prefix=BRACES
// RUN: ireekit opt %s --load %inputs/passes.py --test-mark --canonicalize --test-show | filecheck %s --check-prefix=MIXED
// RUN: ireekit opt %s --gpu-async-region --dump-pass-pipeline 2>&1 | filecheck %s --check-prefix=NESTED
// RUN: not ireekit opt %s --canonicalise 2>&1 | filecheck %s --check-prefix=NEAR
// RUN: not ireekit opt %s --split-input-fil 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not ireekit opt %s --test-show 2>&1 | filecheck %s --check-prefix=UNLOADED
// RUN: not ireekit opt %s --load %inputs/passes.py --test-shoe 2>&1 | filecheck %s --check-prefix=PYTHON
// RUN: not ireekit opt %s --canonicalize=top-dwn=false 2>&1 | filecheck %s --check-prefix=BADOPT

// NATIVE: func.func @f(%arg0: i32) -> i32 {
// NATIVE-NEXT: return %arg0
// SHOW: attributes {options = "test-show"}
// OPTIONS: attributes {options = "test-show{count=5 fast=true sizes=1,2}"}
// BRACES: attributes {options = "test-show{count=5}"}
// MIXED: module attributes {test.marked}
// MIXED-NEXT: func.func @f(%arg0: i32) -> i32 attributes {options = "test-show"} {
// MIXED-NEXT: return
// NESTED: builtin.module(func.func(gpu-async-region))
// NEAR: error: --canonicalise is no option, and there is no such pass
// NEAR-NEXT: remedy: did you mean --canonicalize?
// OPTION: error: --split-input-fil is no option, and there is no such pass
// OPTION-NEXT: remedy: did you mean --split-input-file?
// UNLOADED: error: --test-show is no option, and there is no such pass
// PYTHON: remedy: did you mean --test-show?
// BADOPT: error: {{.*}}top-dwn
// BADOPT: remedy: did you mean 'top-down'?
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
