// RUN: ireekit opt %s --load %inputs/structure.py --split-input-file --verify-diagnostics -o /dev/null

// Successors of terminators.

func.func @f() {
  "s.branch"()[^bb1] : () -> ()
^bb1:
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'s.branch' op expected 1 successor, found 0}}
  "s.branch"() : () -> ()
}

// -----

func.func @f() {
  // expected-error@+1 {{'s.branch' op expected 1 successor, found 2}}
  "s.branch"()[^bb1, ^bb1] : () -> ()
^bb1:
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{operation with block successors must terminate its parent block}}
  "s.branch"()[^bb1] : () -> ()
  %0 = arith.constant 1 : i32
^bb1:
  return
}

// -----

func.func @f(%i: i32) {
  "s.switch"(%i)[^bb1] : (i32) -> ()
^bb1:
  return
}

// -----

func.func @f(%i: i32) {
  "s.switch"(%i)[^bb1, ^bb2, ^bb1] : (i32) -> ()
^bb1:
  return
^bb2:
  return
}

// -----

func.func @f(%i: i32) {
  // expected-error@+1 {{'s.switch' op expected at least 1 successor, found 0}}
  "s.switch"(%i) : (i32) -> ()
}

// -----

func.func @f() {
  // expected-error@+1 {{reference to an undefined block}}
  "s.branch"()[^bb3] : () -> ()
}
