// REQUIRES: native
// RUN: ireekit opt %s --load %inputs/structure.py --split-input-file --verify-diagnostics -o /dev/null

// Operands and results: single, optional, variadic, and several groups at once.

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  %0 = "s.two"(%a, %b) : (tensor<2xf32>, tensor<3xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf64>) {
  // expected-error@+1 {{'s.two' op operand 'rhs': element type of tensor<3xf64>: expected f32 (the same T everywhere), found f64}}
  %0 = "s.two"(%a, %b) : (tensor<2xf32>, tensor<3xf64>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{'s.two' op result 'out': element type of tensor<?xf64>: expected f32 (the same T everywhere), found f64}}
  %0 = "s.two"(%a, %b) : (tensor<2xf32>, tensor<3xf32>) -> tensor<?xf64>
  return
}

// -----

func.func @f(%a: tensor<2xi32>, %b: tensor<3xi32>) {
  // expected-error@+1 {{'s.two' op operand 'lhs': element type of tensor<2xi32>: expected floating-point type, found i32}}
  %0 = "s.two"(%a, %b) : (tensor<2xi32>, tensor<3xi32>) -> tensor<?xi32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{op expects exactly 2 operands, but got 1}}
  %0 = "s.two"(%a) : (tensor<2xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{op expects exactly 2 operands, but got 3}}
  %0 = "s.two"(%a, %a, %a) : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{op expects exactly 1 results, but got 0}}
  "s.two"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> ()
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{op expects exactly 1 results, but got 2}}
  %0:2 = "s.two"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.maybe_one"(%i) : (i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.maybe_one"(%i, %f) : (i32, f32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{expected 'f32' but got 'i32'}}
  "s.maybe_one"(%i, %i) : (i32, i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{op expects at most 2 operands, but got 3}}
  "s.maybe_one"(%i, %f, %f) : (i32, f32, f32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{op expects at least 1 operands, but got 0}}
  "s.maybe_one"() : () -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.many"(%i, %x) : (i32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.many"(%i, %f, %f, %f, %x) : (i32, f32, f32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{expected 'f32' but got 'i32'}}
  "s.many"(%i, %f, %i, %x) : (i32, f32, i32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{op expects at least 2 operands, but got 1}}
  "s.many"(%i) : (i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.groups"(%i, %f, %f, %x) {operandSegmentSizes = array<i32: 1, 2, 1>} : (i32, f32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.groups"() {operandSegmentSizes = array<i32: 0, 0, 0>} : () -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  "s.groups"(%x) {operandSegmentSizes = array<i32: 0, 0, 1>} : (index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'operandSegmentSizes' attribute is expected but not provided}}
  "s.groups"(%i, %f, %x) : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'operandSegmentSizes' attribute for specifying operand segments must have 3 elements, but got 2}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{sum of elements in 'operandSegmentSizes' attribute must be equal to the number of operands}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1, 2>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'operandSegmentSizes' attribute for specifying operand segments must have non-negative values}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1, -1>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{element 0 in 'operandSegmentSizes' attribute must be equal to 0 or 1}}
  "s.groups"(%i, %i) {operandSegmentSizes = array<i32: 2, 0, 0>} : (i32, i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{expected 'index' but got 'f32'}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 0, 2>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'operandSegmentSizes' attribute is expected to be a dense i32 array}}
  "s.groups"(%i) {operandSegmentSizes = array<i64: 1, 0, 0>} : (i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'operandSegmentSizes' attribute is expected to be a dense i32 array}}
  "s.groups"(%i) {operandSegmentSizes = "wrong"} : (i32) -> ()
  return
}

// -----

func.func @f() {
  %0:4 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 1, 2>} : () -> (i1, i32, f32, f32)
  return
}

// -----

func.func @f() {
  %0 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 0, 0>} : () -> i1
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{expected 'i32' but got 'f32'}}
  %0:2 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 1, 0>} : () -> (i1, f32)
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{sum of elements in 'resultSegmentSizes' attribute must be equal to the number of results}}
  %0:2 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 0, 2>} : () -> (i1, f32)
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'resultSegmentSizes' attribute is expected but not provided}}
  %0:2 = "s.result_groups"() : () -> (i1, i32)
  return
}
