// RUN: ireekit opt %s --split-input-file=//==== | filecheck %s

// CHECK: @first
// CHECK: // -----
// CHECK: @second
// CHECK-NOT: // -----
func.func @first() { return }
//====
// -----
func.func @second() { return }
