// REQUIRES: native
// RUN: ireekit opt %s --load %inputs/traits.py --split-input-file --verify-diagnostics -o /dev/null

// What each trait demands.

func.func @f(%a: i32, %b: i32) {
  %0 = "r.same_type_operands"(%a, %b) : (i32, i32) -> f32
  return
}

// -----

func.func @f(%a: i32, %b: i64) {
  // expected-error@+1 {{'r.same_type_operands' op requires all operands to have the same type}}
  %0 = "r.same_type_operands"(%a, %b) : (i32, i64) -> f32
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<8xf32>) {
  %0 = "r.same_element_operands"(%a, %b) : (tensor<4xf32>, tensor<8xf32>) -> i1
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error@+1 {{'r.same_element_operands' op requires the same element type for all operands}}
  %0 = "r.same_element_operands"(%a, %b) : (tensor<4xf32>, tensor<4xf64>) -> i1
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xi8>) {
  %0 = "r.same_shape_operands"(%a, %b) : (tensor<4xf32>, tensor<4xi8>) -> i1
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<?xi8>) {
  %0 = "r.same_shape_operands"(%a, %b) : (tensor<4xf32>, tensor<?xi8>) -> i1
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'r.same_shape_operands' op requires the same shape for all operands}}
  %0 = "r.same_shape_operands"(%a, %b) : (tensor<4xf32>, tensor<5xf32>) -> i1
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  %0 = "r.same_type"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'r.same_type' op requires the same type for all operands and results}}
  %0 = "r.same_type"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf64>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<?xf32>) {
  %0 = "r.same_type"(%a, %b) : (tensor<4xf32>, tensor<?xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<8xf32>) {
  %0 = "r.same_element"(%a, %b) : (tensor<4xf32>, tensor<8xf32>) -> tensor<f32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<8xf32>) {
  // expected-error@+1 {{'r.same_element' op requires the same element type for all operands and results}}
  %0 = "r.same_element"(%a, %b) : (tensor<4xf32>, tensor<8xf32>) -> tensor<f64>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xi8>) {
  %0 = "r.same_shape"(%a, %b) : (tensor<4xf32>, tensor<4xi8>) -> tensor<4xi1>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4xi8>) {
  // expected-error@+1 {{'r.same_shape' op requires the same shape for all operands and results}}
  %0 = "r.same_shape"(%a, %b) : (tensor<4xf32>, tensor<4xi8>) -> tensor<5xi1>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<9xi8>) {
  %0 = "r.same_rank"(%a, %b) : (tensor<4xf32>, tensor<9xi8>) -> tensor<?xi1>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<9x9xi8>) {
  // expected-error@+1 {{'r.same_rank' op operands don't have matching ranks}}
  %0 = "r.same_rank"(%a, %b) : (tensor<4xf32>, tensor<9x9xi8>) -> tensor<?xi1>
  return
}

// -----

func.func @f(%a: i32) {
  // expected-note@+1 {{required by region isolation constraints}}
  "r.isolated"() ({
    // expected-error@+1 {{'r.pure' op using value defined outside the region}}
    %0 = "r.pure"(%a) : (i32) -> i32
  }) : () -> ()
  return
}

// -----

func.func @f(%a: i32) {
  "r.no_terminator"() ({
    %0 = "r.pure"(%a) : (i32) -> i32
  }) : () -> ()
  return
}

// -----

// expected-error@+1 {{'r.single' op expects region #0 to have 0 or 1 blocks}}
"r.single"() ({
^bb0:
  "r.terminator"() : () -> ()
^bb1:
  "r.terminator"() : () -> ()
}) : () -> ()

// -----

"r.single"() ({
^bb0:
}) : () -> ()

// -----

"r.block"() ({
^bb0:
  // expected-error@+1 {{block with no terminator, has %0 = "arith.constant"() <{value = 1 : i32}> : () -> i32}}
  %0 = arith.constant 1 : i32
}) : () -> ()

// -----

"r.block"() ({
^bb0:
  "r.end"() : () -> ()
}) : () -> ()

// -----

// expected-error@+1 {{'r.no_arguments' op region should have no arguments}}
"r.no_arguments"() ({
^bb0(%a: i32):
}) : () -> ()

// -----

"r.no_arguments"() ({
^bb0:
}) : () -> ()

// -----

"r.table"() ({
  "r.define"() {sym_name = "a"} : () -> ()
  "r.define"() {sym_name = "b"} : () -> ()
}) : () -> ()

// -----

"r.table"() ({
  // expected-note@+1 {{see existing symbol definition here}}
  "r.define"() {sym_name = "a"} : () -> ()
  // expected-error@+1 {{redefinition of symbol named 'a'}}
  "r.define"() {sym_name = "a"} : () -> ()
}) : () -> ()

// -----

"r.table"() ({
  // expected-error@+1 {{'r.define' op attribute 'sym_name': expected string, found 3 : i32}}
  "r.define"() {sym_name = 3 : i32} : () -> ()
}) : () -> ()

// -----

"r.table"() ({
  // expected-error@+1 {{'r.define' op attribute 'sym_name': expected string, found none}}
  "r.define"() : () -> ()
}) : () -> ()

// -----

// expected-note@+1 {{see existing symbol definition here}}
"r.define"() {sym_name = "a"} : () -> ()
// expected-error@+1 {{redefinition of symbol named 'a'}}
"r.define"() {sym_name = "a"} : () -> ()

// -----

// expected-error@+1 {{'r.only_inside' op trait HasParent(r.no_terminator, r.table): expected to stand directly in r.no_terminator or r.table, found builtin.module}}
"r.only_inside"() : () -> ()

// -----

"r.no_terminator"() ({
  "r.only_inside"() : () -> ()
}) : () -> ()

// -----

"r.table"() ({
  "r.only_inside"() : () -> ()
}) : () -> ()

// -----

"r.single"() ({
  // expected-error@+1 {{'r.only_inside' op trait HasParent(r.no_terminator, r.table): expected to stand directly in r.no_terminator or r.table, found r.single}}
  "r.only_inside"() : () -> ()
}) : () -> ()

// -----

func.func @f() {
  // expected-error@+1 {{'r.terminator' op must be the last operation in the parent block}}
  "r.terminator"() : () -> ()
  return
}

// -----

func.func @f() {
  "r.terminator"() : () -> ()
}

// -----

"r.no_terminator"() ({
  %0 = "r.constant"() {value = 3 : i32} : () -> i32
  "r.end"(%0) : (i32) -> ()
}) : () -> ()

// -----

// expected-error@+1 {{'r.constant' op attribute 'value': type of 3 : i64: expected i32, found i64}}
%0 = "r.constant"() {value = 3 : i64} : () -> i32

// -----

// expected-error@+1 {{'r.constant' op attribute 'value': expected i32 attribute, found none}}
%0 = "r.constant"() : () -> i32

// -----

// expected-error@+1 {{'r.constant' op result 'out': expected i32, found i64}}
%0 = "r.constant"() {value = 3 : i32} : () -> i64

// -----

func.func @f(%a: i32) {
  // expected-error@+1 {{'r.involution' op is an Involution and needs operands of its result's type}}
  %0 = "r.involution"(%a) : (i32) -> i64
  return
}

// -----

func.func @f(%a: i32) {
  // expected-error@+1 {{'r.idempotent' op is Idempotent and needs operands of its result's type}}
  %0 = "r.idempotent"(%a) : (i32) -> i64
  return
}

// -----

func.func @f(%a: tensor<4xi32>) {
  %0 = "r.elementwise"(%a) : (tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<4xi32>) {
  // expected-error@+1 {{'r.elementwise' op all non-scalar operands/results must have the same shape and base type}}
  %0 = "r.elementwise"(%a) : (tensor<4xi32>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%a: tensor<4xi32>) {
  // expected-error@+1 {{'r.elementwise' op if an operand is non-scalar, then there must be at least one non-scalar result}}
  %0 = "r.elementwise"(%a) : (tensor<4xi32>) -> f32
  return
}
