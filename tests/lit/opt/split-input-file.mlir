// RUN: ireekit opt %s --split-input-file | filecheck %s
// RUN: ireekit opt %s --split-input-file --output-split-marker='// ====' | filecheck %s --check-prefix=MARKER
// RUN: not ireekit opt %s 2>&1 | filecheck %s --check-prefix=WHOLE
// RUN: not ireekit opt %s --split-input-file --emit-bytecode 2>&1 | filecheck %s --check-prefix=BYTECODE

// Each part is a program of its own: symbols of one do not meet those of the next.

// CHECK: func.func @same() -> i32
// CHECK: {{^}}// -----
// MARKER: func.func @same() -> i32
// MARKER: {{^}}// ====
// MARKER-NOT: {{^}}// -----
func.func @same() -> i32 {
  %0 = arith.constant 1 : i32
  return %0 : i32
}

// -----

// CHECK: func.func @same() -> i64
// CHECK-NOT: // -----
// WHOLE: split-input-file.mlir:[[# @LINE + 1]]:1: error: redefinition of symbol named 'same'
func.func @same() -> i64 {
  %0 = arith.constant 1 : i64
  return %0 : i64
}
// BYTECODE: error: bytecode holds one module
