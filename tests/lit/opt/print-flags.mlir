// RUN: ireekit opt %s | filecheck %s
// RUN: ireekit opt %s --mlir-print-op-generic | filecheck %s --check-prefix=GENERIC
// RUN: ireekit opt %s --mlir-print-debuginfo | filecheck %s --check-prefix=DEBUG
// RUN: ireekit opt %s --mlir-pretty-debuginfo | filecheck %s --check-prefix=PRETTY
// RUN: ireekit opt %s --mlir-print-local-scope | filecheck %s --check-prefix=LOCAL
// RUN: ireekit opt %s --mlir-print-skip-regions | filecheck %s --check-prefix=SKIP
// RUN: ireekit opt %s --mlir-elide-elementsattrs-if-larger=3 | filecheck %s --check-prefix=ELIDED
// RUN: ireekit opt %s --mlir-elide-resource-strings-if-larger=8 | filecheck %s --check-prefix=RESOURCE

// CHECK: #[[MAP:map[0-9]*]] = affine_map<(d0) -> (d0 + 1)>
// LOCAL-NOT: {{^}}#map
// SKIP: module {...}

// CHECK: func.func @f(%arg0: i32) -> i32 attributes {map = #[[MAP]]}
// GENERIC: "func.func"() <{function_type = (i32) -> i32, sym_name = "f"}> ({
// LOCAL: attributes {map = affine_map<(d0) -> (d0 + 1)>}
func.func @f(%a: i32) -> i32 attributes {map = affine_map<(d0) -> (d0 + 1)>} {
  // CHECK: %[[CST:.*]] = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  // GENERIC: "arith.constant"() <{value = dense<[1, 2, 3, 4]> : tensor<4xi32>}>
  // ELIDED: dense_resource<__elided__> : tensor<4xi32>
  %0 = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  // ELIDED: dense<[1, 2]> : tensor<2xi32>
  %1 = arith.constant dense<[1, 2]> : tensor<2xi32>
  %2 = arith.constant dense_resource<weights> : tensor<2xi32>
  // DEBUG: return %arg0 : i32 loc(#loc
  // DEBUG: #loc{{[0-9]+}} = loc({{.*}}:[[# @LINE + 2]]:3)
  // PRETTY: return %arg0 : i32 {{.*}}:[[# @LINE + 1]]:3
  return %a : i32
}
// CHECK: weights: "0x
// RESOURCE-NOT: weights: "0x
{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000100000002000000"
    }
  }
#-}
