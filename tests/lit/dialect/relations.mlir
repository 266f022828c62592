// RUN: ireekit opt %s --load %inputs/structure.py --split-input-file --verify-diagnostics -o /dev/null

// What must hold between fields.

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x2xf32>) {
  %0 = "s.matmul"(%a, %b) : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4x?xf32>, %b: tensor<8x?xf32>) {
  %0 = "s.matmul"(%a, %b) : (tensor<4x?xf32>, tensor<8x?xf32>) -> tensor<?x?xf32>
  return
}

// -----

func.func @f(%a: tensor<4x7xf32>, %b: tensor<8x2xf32>) {
  // expected-error@+1 {{'s.matmul' op expected lhs[1] == rhs[0], found lhs: tensor<4x7xf32>, rhs: tensor<8x2xf32>}}
  %0 = "s.matmul"(%a, %b) : (tensor<4x7xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x2xf32>) {
  // expected-error@+1 {{'s.matmul' op expected out[0] == lhs[0] and out[1] == rhs[1], found out: tensor<2x4xf32>, lhs: tensor<4x8xf32>, rhs: tensor<8x2xf32>}}
  %0 = "s.matmul"(%a, %b) : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x2xf16>) {
  // expected-error@+1 {{'s.matmul' op lhs, rhs and out have the same element type: lhs has tensor<4x8xf32>, rhs has tensor<8x2xf16>}}
  %0 = "s.matmul"(%a, %b) : (tensor<4x8xf32>, tensor<8x2xf16>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<8x2xf32>) {
  // expected-error@+1 {{'s.matmul' op operand 'lhs': expected rank-2 tensor, found rank 1: tensor<4xf32>}}
  %0 = "s.matmul"(%a, %b) : (tensor<4xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  %0 = "s.concat"(%a, %a) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  %0 = "s.concat"(%a, %a) {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error@+1 {{'s.concat' op expected axis < rank(out), found out: tensor<4x8xf32>}}
  %0 = "s.concat"(%a) {axis = 2 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>) {
  // expected-error@+1 {{'s.concat' op expected len(parts) >= 1, found }}
  %0 = "s.concat"() : () -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'s.concat' op parts and out have the same rank: parts[0] has tensor<4x8xf32>, parts[1] has tensor<4xf32>}}
  %0 = "s.concat"(%a, %b) : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @f(%a: i32, %x: tensor<4x?xf32>, %y: tensor<?x8xi8>) {
  "s.same"(%a, %a, %x, %y) : (i32, i32, tensor<4x?xf32>, tensor<?x8xi8>) -> ()
  return
}

// -----

func.func @f(%a: i32, %b: i64, %x: tensor<4xf32>) {
  // expected-error@+1 {{'s.same' op a and b have the same type: a has i32, b has i64}}
  "s.same"(%a, %b, %x, %x) : (i32, i64, tensor<4xf32>, tensor<4xf32>) -> ()
  return
}

// -----

func.func @f(%a: i32, %x: tensor<4xf32>, %y: tensor<5xf32>) {
  // expected-error@+1 {{'s.same' op x and y have the same shape: x has tensor<4xf32>, y has tensor<5xf32>}}
  "s.same"(%a, %a, %x, %y) : (i32, i32, tensor<4xf32>, tensor<5xf32>) -> ()
  return
}

// -----

func.func @f(%a: i32, %x: tensor<4xf32>, %y: tensor<*xf32>) {
  "s.same"(%a, %a, %x, %y) : (i32, i32, tensor<4xf32>, tensor<*xf32>) -> ()
  return
}

// -----

"s.checked"() {low = 1 : i64, high = 2 : i64} : () -> ()

// -----

// expected-error@+1 {{'s.checked' op low 3 is above high 2}}
"s.checked"() {low = 3 : i64, high = 2 : i64} : () -> ()

// -----

// expected-error@+1 {{'s.raises' op verify: the check itself failed: KeyError: 'oops'}}
"s.raises"() : () -> ()

// -----

func.func @f(%a: i32) {
  "s.predicated"(%a, %a) : (i32, i32) -> ()
  return
}

// -----

func.func @f(%a: i32) {
  // expected-error@+1 {{'s.predicated' op expected an even number of operands}}
  "s.predicated"(%a) : (i32) -> ()
  return
}

// -----

// expected-error@+1 {{'s.checked' op low 3 is above high 2}}
"s.checked"() {low = 3 : i64, high = 2 : i64} : () -> ()
// expected-error@+1 {{'s.checked' op low 4 is above high 2}}
"s.checked"() {low = 4 : i64, high = 2 : i64} : () -> ()
"s.checked"() {low = 2 : i64, high = 2 : i64} : () -> ()
