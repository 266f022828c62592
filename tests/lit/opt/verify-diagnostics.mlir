// RUN: ireekit opt %s --split-input-file --verify-diagnostics -o /dev/null
// RUN: ireekit opt %s --split-input-file --verify-diagnostics=only-expected -o /dev/null
// RUN: ireekit opt -verify-diagnostics -split-input-file < %s

// Where a message is expected: on the line of the comment, around it, or at the line that a designator means.

func.func @same_line() -> i32 {
  "func.return"() : () -> () // expected-error {{has 0 operands, but enclosing function (@same_line) returns 1}}
}

// -----

func.func @next_line() -> i32 {
  // expected-error@+1 {{has 0 operands}}
  return
}

// -----

func.func @some_lines_down() -> i32 {
  // expected-error@+3 {{has 0 operands}}

  // Only lines count, not what is on them.
  return
}

// -----

func.func @line_above() -> i32 {
  return
  // expected-error@-1 {{has 0 operands}}
}

// -----

func.func @space_before_the_line_number() -> i32 {
  // expected-error @+1 {{has 0 operands}}
  return
}

// -----

func.func @designator_above() -> i32 {
  return
  // expected-error@above {{has 0 operands}}
}

// -----

func.func @designator_below() -> i32 {
  // expected-error@below {{has 0 operands}}
  return
}

// -----

func.func @several_with_one_line_below(%a: i32) -> i32 {
  // expected-error@below {{use of undeclared SSA value name}}
  // expected-error@below {{use of undeclared}}
  %0 = arith.addi %b, %c : i32
  return %0 : i32
}

// -----

func.func @several_on_one_line(%a: i32) -> i32 {
  %0 = arith.addi %b, %c : i32 // expected-error {{use of undeclared SSA value name}} // expected-error {{SSA value}}
  return %0 : i32
}

// -----

func.func @regular_expression() -> i32 {
  // expected-error-re@below {{has {{[0-9]+}} operands, but enclosing function (@{{[a-z_]+}}) returns {{1|2}}}}
  return
}

// -----

// The text of a comment without -re is no pattern.
func.func @no_pattern() -> i32 {
  // expected-error@below {{enclosing function (@no_pattern)}}
  return
}

// -----

func.func @notes_belong_to_it(%a: i32) {
  // expected-note@+1 {{prior use here}}
  %0 = arith.addi %a, %a : i32
  // expected-error@+1 {{use of value '%0' expects different type than prior uses: 'i64' vs 'i32'}}
  %1 = arith.addi %0, %0 : i64
  return
}

// -----

// No comment, no message.
func.func @nothing_is_said(%a: i32) -> i32 {
  return %a : i32
}

// -----

func.func @syntax() {
  // expected-error@+1 {{expected attribute value}}
  %0 = arith.constant : i32
}

// -----

// expected-error@+1 {{custom op 'func.fun' is unknown}}
func.fun @misspelt() {
}

// -----

func.func @types(%a: f32) -> f32 {
  // expected-error@+1 {{'arith.addi' op operand #0 must be signless-non-zero-bitwidth-integer-like, but got 'f32'}}
  %0 = "arith.addi"(%a, %a) : (f32, f32) -> f32
  return %0 : f32
}

// -----

func.func @missing_terminator() {
^bb0:
  // expected-error@+1 {{block with no terminator}}
  %0 = arith.constant 1 : i32
}

// -----

func.func @dominance() {
  // expected-error@+1 {{operand #0 does not dominate this use}}
  %0 = arith.addi %1, %1 : i32
  // expected-note@+1 {{operand defined here (op in the same block)}}
  %1 = arith.constant 1 : i32
  return
}

// -----

// expected-note@+1 {{see existing symbol definition here}}
func.func @twice() { return }
// expected-error@+1 {{redefinition of symbol named 'twice'}}
func.func @twice() { return }
