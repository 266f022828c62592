// RUN: ireekit opt %s --load %inputs/passes.py --split-input-file --verify-diagnostics --pass-pipeline='func.func(test-say,test-raise)' -o /dev/null
// RUN: not ireekit opt %s --load %inputs/passes.py --split-input-file --verify-diagnostics --pass-pipeline='func.func(test-say)' 2>&1 | filecheck %s

// Messages of passes are compared as those of the parser are; an exception is a message at what the pass ran on.

// CHECK: error: expected error "pass test-raise: ValueError: the value is wrong" was not produced
// expected-error@+1 {{pass test-raise: ValueError: the value is wrong}}
func.func @raises() {
  return
}

// -----

// expected-error@+1 {{test-raise}}
func.func @says_and_raises(%a: i32) -> i32 {
  // expected-error@+1 {{an addition}}
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}

// -----

// Nothing for it to run on.
util.func @other() {
  util.return
}

// -----

// The second is never reached.
// expected-error@+1 {{test-raise}}
func.func @first() {
  return
}
func.func @second() {
  return
}
