// REQUIRES: native
// RUN: ireekit opt %s --load %inputs/traits.py --split-input-file --canonicalize --mlir-print-op-generic | filecheck %s --check-prefixes=CHECK,CANON
// RUN: ireekit opt %s --load %inputs/traits.py --split-input-file --cse --mlir-print-op-generic | filecheck %s --check-prefixes=CHECK,CSE
// RUN: ireekit opt %s --load %inputs/traits.py --split-input-file --symbol-dce --mlir-print-op-generic | filecheck %s --check-prefix=SYMBOL
// RUN: ireekit opt %s --load %inputs/traits.py --split-input-file --loop-invariant-code-motion --mlir-print-op-generic | filecheck %s --check-prefix=MOTION

// What stock passes do because of traits, dead and equal operations first.

// CHECK-LABEL: sym_name = "dead"
// CANON-NOT: r.pure
// CSE-NOT: r.pure
// CHECK: r.impure
// CANON-NOT: r.no_effect
// CSE-NOT: r.no_effect
// CHECK: func.return
func.func @dead(%a: i32) {
  %0 = "r.pure"(%a) : (i32) -> i32
  %1 = "r.impure"(%a) : (i32) -> i32
  %2 = "r.no_effect"(%a) : (i32) -> i32
  return
}

// -----

// CHECK-LABEL: sym_name = "equal"
// CANON: r.pure
// CANON: r.pure
// CSE: %[[ONE:.*]] = "r.pure"
// CSE-NOT: r.pure
// CSE: "func.return"(%[[ONE]], %[[ONE]])
func.func @equal(%a: i32) -> (i32, i32) {
  %0 = "r.pure"(%a) : (i32) -> i32
  %1 = "r.pure"(%a) : (i32) -> i32
  return %0, %1 : i32, i32
}

// -----

// CHECK-LABEL: sym_name = "equal_with_effects"
// CHECK: r.impure
// CHECK: r.impure
func.func @equal_with_effects(%a: i32) -> (i32, i32) {
  %0 = "r.impure"(%a) : (i32) -> i32
  %1 = "r.impure"(%a) : (i32) -> i32
  return %0, %1 : i32, i32
}

// -----

// CHECK-LABEL: sym_name = "involution"
// CANON-NOT: r.involution
// CANON: "func.return"(%arg0)
// CSE: r.involution
// CSE: r.involution
func.func @involution(%a: i32) -> i32 {
  %0 = "r.involution"(%a) : (i32) -> i32
  %1 = "r.involution"(%0) : (i32) -> i32
  return %1 : i32
}

// -----

// CHECK-LABEL: sym_name = "idempotent"
// CANON: %[[ONE:.*]] = "r.idempotent"(%arg0)
// CANON-NEXT: "func.return"(%[[ONE]])
func.func @idempotent(%a: i32) -> i32 {
  %0 = "r.idempotent"(%a) : (i32) -> i32
  %1 = "r.idempotent"(%0) : (i32) -> i32
  return %1 : i32
}

// -----

// CHECK-LABEL: sym_name = "commutative"
// CANON: %[[C:.*]] = "r.constant"
// CANON: "r.commutative"(%arg0, %[[C]])
// CSE: "r.commutative"(%{{[0-9]+}}, %arg0)
func.func @commutative(%a: i32) -> i32 {
  %0 = "r.constant"() {value = 7 : i32} : () -> i32
  %1 = "r.commutative"(%0, %a) : (i32, i32) -> i32
  return %1 : i32
}

// -----

// CHECK-LABEL: sym_name = "constants"
// CANON: "arith.constant"() <{value = 5 : i32}>
// CANON-NOT: arith.addi
func.func @constants() -> i32 {
  %0 = "r.constant"() {value = 2 : i32} : () -> i32
  %1 = "r.constant"() {value = 3 : i32} : () -> i32
  %2 = arith.addi %0, %1 : i32
  return %2 : i32
}

// -----

// CHECK-LABEL: sym_name = "memory"
// CANON-NOT: r.read
// CHECK: r.write
func.func @memory(%m: memref<4xf32>, %v: f32) {
  %0 = "r.read"(%m) : (memref<4xf32>) -> f32
  "r.write"(%v, %m) : (f32, memref<4xf32>) -> ()
  return
}

// -----

// Reads of one memory with nothing written between them are one read.
// CHECK-LABEL: sym_name = "reads"
// CSE: r.read
// CSE-NOT: r.read
// CSE: func.return
func.func @reads(%m: memref<4xf32>) -> (f32, f32) {
  %0 = "r.read"(%m) : (memref<4xf32>) -> f32
  %1 = "r.read"(%m) : (memref<4xf32>) -> f32
  return %0, %1 : f32, f32
}

// -----

// CHECK-LABEL: sym_name = "written_between"
// CSE: r.read
// CSE: r.write
// CSE: r.read
func.func @written_between(%m: memref<4xf32>) -> (f32, f32) {
  %0 = "r.read"(%m) : (memref<4xf32>) -> f32
  "r.write"(%0, %m) : (f32, memref<4xf32>) -> ()
  %1 = "r.read"(%m) : (memref<4xf32>) -> f32
  return %0, %1 : f32, f32
}

// -----

// What a region holds decides whether the operation around it is dead.
// CHECK-LABEL: sym_name = "recursive"
// CHECK: r.recursive
// CHECK: r.impure
// CANON-NOT: r.recursive
func.func @recursive(%a: i32) {
  "r.recursive"() ({
    %0 = "r.pure"(%a) : (i32) -> i32
  }) : () -> ()
  "r.recursive"() ({
    %0 = "r.impure"(%a) : (i32) -> i32
  }) : () -> ()
  return
}

// -----

// SYMBOL: sym_name = "used"
// SYMBOL-NOT: sym_name = "unused"
// SYMBOL: sym_name = "public"
"r.define"() {sym_name = "used", sym_visibility = "private"} : () -> ()
"r.define"() {sym_name = "unused", sym_visibility = "private"} : () -> ()
"r.define"() {sym_name = "public"} : () -> ()
func.func @user() attributes {uses = @used} { return }

// -----

// MOTION: sym_name = "motion"
// MOTION: r.pure
// MOTION: scf.for
// MOTION: r.impure
func.func @motion(%a: i32, %n: index, %s: index) {
  scf.for %i = %s to %n step %s {
    %0 = "r.pure"(%a) : (i32) -> i32
    %1 = "r.impure"(%0) : (i32) -> i32
  }
  return
}
