// RUN: ireekit opt %s --load %inputs/constraints.py --split-input-file --verify-diagnostics -o /dev/null

// Types and attributes with parameters, wherever they stand.

func.func @fine(%a: !t.box<f32, 4 : i64>, %b: tensor<4x!t.plain>, %c: tuple<!t.even<2 : i64>>) attributes {x = #a.span<1 : i64, 2 : i64>} {
  return
}

// -----

// expected-error@+1 {{!t.box<i32, 4 : i64>: parameter 'element': expected f32 or f16, found i32}}
func.func @parameter(%a: !t.box<i32, 4 : i64>) {
  return
}

// -----

// expected-error@+1 {{!t.box<f32>: expected 2 parameters, found 1}}
func.func @too_few(%a: !t.box<f32>) {
  return
}

// -----

// expected-error@+1 {{!t.box<f32, 4 : i64, 5 : i64>: expected 2 parameters, found 3}}
func.func @too_many(%a: !t.box<f32, 4 : i64, 5 : i64>) {
  return
}

// -----

// expected-error@+1 {{parameter 'size': expected integer of at least 1, found 0 : i64}}
func.func @range(%a: !t.box<f32, 0 : i64>) {
  return
}

// -----

// expected-error@+1 {{!t.even<3 : i64>: the size is odd}}
func.func @verifier(%a: !t.even<3 : i64>) {
  return
}

// -----

// expected-error@+1 {{!t.even<5 : i64>: the size is odd}}
func.func @nested(%a: tuple<i32, !t.even<5 : i64>>) {
  return
}

// -----

// expected-error@+1 {{expected dynamic type}}
func.func @unknown(%a: !t.missing) {
  return
}

// -----

// expected-error@+1 {{#a.span<2 : i64, 1 : i64>: first 2 is behind last 1}}
"a.any_span"() {x = #a.span<2 : i64, 1 : i64>} : () -> ()

// -----

// expected-error@+1 {{expected 2 type arguments, but had 0}}
func.func @syntax(%a: !t.box) {
  return
}
