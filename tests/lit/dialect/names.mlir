// RUN: ireekit opt %s --load %inputs/names.py --split-input-file --verify-diagnostics | filecheck %s

// An operation and a type of one name.

// CHECK-LABEL: @fine
// CHECK: "n.tile"(%arg0) : (f32) -> !n.tile<4 : i64>
func.func @fine(%x: f32) -> !n.tile<4 : i64> {
  %0 = "n.tile"(%x) : (f32) -> !n.tile<4 : i64>
  return %0 : !n.tile<4 : i64>
}

// -----

func.func @operand(%x: f64) {
  // expected-error@+1 {{'n.tile' op operand 'value': expected f32, found f64}}
  %0 = "n.tile"(%x) : (f64) -> !n.tile<4 : i64>
  return
}

// -----

func.func @result(%x: f32) {
  // expected-error@+1 {{'n.tile' op result 'out': expected !n.tile, found i32}}
  %0 = "n.tile"(%x) : (f32) -> i32
  return
}

// -----

func.func @count(%x: f32) {
  // expected-error@+1 {{'n.tile' op}}
  %0 = "n.tile"(%x, %x) : (f32, f32) -> !n.tile<4 : i64>
  return
}
