// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(test-mark,func.func(canonicalize,test-show{count=7}),cse)' | filecheck %s
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline=' builtin.module ( test-mark , func.func( canonicalize , test-show { count=7 } ) , cse ) ' | filecheck %s
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='test-mark,test-show{count=7},canonicalize' | filecheck %s
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(any(test-mark-any))' | filecheck %s --check-prefix=ANY
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='any(test-mark-any)' | filecheck %s --check-prefix=ROOT
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='func.func(test-mark-any)' | filecheck %s --check-prefix=ANY
// RUN: ireekit opt %s --pass-pipeline='builtin.module()' | filecheck %s --check-prefix=NOTHING
// RUN: ireekit opt %s --load %inputs/passes.py --dump-pass-pipeline --pass-pipeline='test-mark{label=x},func.func(cse)' 2>&1 >/dev/null | filecheck %s --check-prefix=DUMP
// RUN: ireekit opt %s --dump-pass-pipeline --cse --canonicalize 2>&1 >/dev/null | filecheck %s --check-prefix=DUMP-FLAGS
// RUN: ireekit opt %s --load %inputs/passes.py --pass-pipeline='builtin.module(util.func(test-show),test-mark)' | filecheck %s --check-prefix=ELSEWHERE

// CHECK: module attributes {test.marked}
// CHECK-NEXT: func.func @f(%arg0: i32) -> i32 attributes {options = "test-show{count=7}"}
// CHECK-NEXT: return
// ANY: module {
// ANY: func.func @f(%arg0: i32) -> i32 attributes {test.any}
// ROOT: module attributes {test.any}
// ROOT-NOT: func.func {{.*}}test.any
// NOTHING: arith.addi
// DUMP: Pass Manager with 2 passes:
// DUMP-NEXT: builtin.module(test-mark{label=x},func.func(cse))
// DUMP-FLAGS: Pass Manager with 2 passes:
// DUMP-FLAGS-NEXT: builtin.module(cse,canonicalize)
// ELSEWHERE: module attributes {test.marked}
// ELSEWHERE-NEXT: func.func @f(%arg0: i32) -> i32 {
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
