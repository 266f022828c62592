// RUN: not ireekit opt %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s
// RUN: not ireekit opt %s --split-input-file --verify-diagnostics=only-expected 2>&1 | filecheck %s --check-prefix=ONLY
// RUN: not ireekit opt %s --split-input-file --verify-diagnostics=some 2>&1 | filecheck %s --check-prefix=MODE

// What the comparison says where it fails, with lines of this file.

// MODE: error: --verify-diagnostics takes all or only-expected, not 'some'

// CHECK: fails.mlir:[[# @LINE + 4]]:3: error: unexpected error: 'func.return' op has 0 operands
// CHECK-NEXT: {{^}}  return
// CHECK-NEXT: {{^}}  ^
func.func @nobody_expected_it() -> i32 {
  return
}
// ONLY-NOT: nobody_expected_it

// -----

// CHECK: fails.mlir:[[# @LINE + 4]]:6: error: expected error "this is never said" was not produced
// ONLY: fails.mlir:[[# @LINE + 3]]:6: error: expected error "this is never said" was not produced
func.func @said_nothing() {
  return
  // expected-error@-1 {{this is never said}}
}

// -----

// CHECK: fails.mlir:[[# @LINE + 5]]:3: error: unexpected error: 'func.return' op has 0 operands
// CHECK: fails.mlir:[[# @LINE + 3]]:6: error: expected error "has 0 operands" was not produced
// ONLY: fails.mlir:[[# @LINE + 2]]:6: error: expected error "has 0 operands" was not produced
func.func @another_line() -> i32 {
  // expected-error@+2 {{has 0 operands}}
  return
}

// -----

// CHECK: error: 'error' diagnostic emitted when expecting a 'warning': 'func.return' op has 0 operands
// CHECK: error: expected warning "has 0 operands" was not produced
func.func @another_severity() -> i32 {
  // expected-warning@+1 {{has 0 operands}}
  return
}

// -----

// CHECK: error: unexpected note: prior use here
func.func @notes_count(%a: i32) {
  %0 = arith.addi %a, %a : i32
  // expected-error@+1 {{use of value '%0' expects different type}}
  %1 = arith.addi %0, %0 : i64
  return
}

// -----

// CHECK: error: expected error "use of undeclared" was not produced
// CHECK-NEXT: {{.*}}use of undeclared{{.*}}
func.func @one_message_meets_one_comment(%a: i32) -> i32 {
  // expected-error@+2 {{use of undeclared}}
  // expected-error@+1 {{use of undeclared}}
  %0 = arith.addi %a, %c : i32
  return %0 : i32
}

// -----

// CHECK: fails.mlir:[[# @LINE + 1]]:1: error: this comment has no closing }}
// expected-error {{and no end
func.func @no_end() { return }

// -----

// CHECK: fails.mlir:[[# @LINE + 1]]:1: error: not a regular expression: missing )
// expected-error-re@+1 {{ {{(}} }}
func.func @bad_pattern() { return }

// -----

func.func @no_line_below() { return }
// CHECK: fails.mlir:[[# @LINE + 1]]:1: error: no line follows this comment with @below
// expected-error@below {{x}}