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
  // expected-error@+1 {{'s.two' op expected 2 operands, found 1}}
  %0 = "s.two"(%a) : (tensor<2xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{'s.two' op expected 2 operands, found 3}}
  %0 = "s.two"(%a, %a, %a) : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{'s.two' op expected 1 result, found 0}}
  "s.two"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> ()
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{'s.two' op expected 1 result, found 2}}
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
  // expected-error@+1 {{'s.maybe_one' op operand 'y': expected f32, found i32}}
  "s.maybe_one"(%i, %i) : (i32, i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.maybe_one' op operand 'y' is optional but has 2 values}}
  "s.maybe_one"(%i, %f, %f) : (i32, f32, f32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.maybe_one' op expected at least 1 operand, found 0}}
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
  // expected-error@+1 {{'s.many' op operand 'parts'[1]: expected f32, found i32}}
  "s.many"(%i, %f, %i, %x) : (i32, f32, i32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.many' op expected at least 2 operands, found 1}}
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
  // expected-error@+1 {{'s.groups' op the attribute 'operandSegmentSizes' is missing}}
  "s.groups"(%i, %f, %x) : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op the attribute 'operandSegmentSizes' needs 3 elements, one a field, and has 2}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op 'operandSegmentSizes' counts 4 operands, there are 3}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1, 2>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op operand 'more' is variadic but has -1 values}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 1, -1>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op operand 'maybe' is optional but has 2 values}}
  "s.groups"(%i, %i) {operandSegmentSizes = array<i32: 2, 0, 0>} : (i32, i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op operand 'more'[0]: expected index, found f32}}
  "s.groups"(%i, %f, %x) {operandSegmentSizes = array<i32: 1, 0, 2>} : (i32, f32, index) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op the attribute 'operandSegmentSizes' is no array<i32: ...> but array<i64: 1, 0, 0>}}
  "s.groups"(%i) {operandSegmentSizes = array<i64: 1, 0, 0>} : (i32) -> ()
  return
}

// -----

func.func @f(%i: i32, %f: f32, %x: index) {
  // expected-error@+1 {{'s.groups' op the attribute 'operandSegmentSizes' is no array<i32: ...> but "wrong"}}
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
  // expected-error@+1 {{'s.result_groups' op result 'maybe': expected i32, found f32}}
  %0:2 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 1, 0>} : () -> (i1, f32)
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'s.result_groups' op 'resultSegmentSizes' counts 3 results, there are 2}}
  %0:2 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 0, 2>} : () -> (i1, f32)
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'s.result_groups' op the attribute 'resultSegmentSizes' is missing}}
  %0:2 = "s.result_groups"() : () -> (i1, i32)
  return
}
