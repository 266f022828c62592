// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file --verify-diagnostics

func.func @literal(%a: f32) {
  // expected-error @+1 {{expected ',', found '%a'}}
  %0 = demo.add %a %a : f32
  return
}

// -----

func.func @operand(%a: f32) {
  // expected-error @+1 {{expected operand 'rhs', found ':'}}
  %0 = demo.add %a, : f32
  return
}

// -----

func.func @type(%a: f32) {
  // expected-error @+1 {{expected the type of 'lhs', found 'float'}}
  %0 = demo.add %a, %a : float
  return
}

// -----

func.func @enum(%t: tensor<4x4xf32>) {
  // expected-error @+1 {{expected attribute 'mode', one of 'fast', 'exact', found 'slow'}}
  %0 = demo.matmul %t, %t slow : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @twice(%a: f32) {
  // expected-error @+1 {{attribute 'x' is given twice}}
  %0 = demo.add %a, %a {x, x} : f32
  return
}

// -----

func.func @end(%a: f32) {
  // expected-error @+1 {{expected the end of the operation, found '{'}}
  %0 = demo.add %a, %a : f32 {x}
  return
}

// -----

func.func @count(%a: f32) {
  // expected-error @+1 {{'values' has 2 operands but 1 types}}
  demo.yield %a, %a : f32
}

// -----

func.func @inference(%a: f32) {
  // expected-error @+1 {{'demo.reduce': operand 'value': expected tensor}}
  %0 = demo.reduce %a : f32
  return
}

// -----

func.func @no_format(%a: f32) {
  // expected-error @+1 {{'demo.plain' has no assembly_format}}
  demo.plain %a
  return
}

// -----

// expected-error @+1 {{expected attribute 'rows', an integer}}
func.func private @parameter(!demo.tile<f32>)

// -----

// What the native parser finds is reported where the text has it.
func.func @undeclared(%a: f32) {
  %0 = demo.add %a,
    // expected-error @+1 {{use of undeclared SSA value name}}
    %b : f32
  return
}

// -----

func.func @results(%a: f32) {
  // expected-error @+1 {{operation defines 1 results but was provided 2 to bind}}
  %0, %1 = demo.add %a, %a : f32
  return
}
