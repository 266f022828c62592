// RUN: ireekit opt %s --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | filecheck %s


// CHECK: return loc("{{.*}}split-locations.mlir":[[# @LINE + 1]]:22)
func.func @first() { return }

// -----

// CHECK: return loc("{{.*}}split-locations.mlir":[[# @LINE + 1]]:23)
func.func @second() { return }
