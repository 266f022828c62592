// RUN: ireekit opt %s --load %inputs/building.py --allow-unregistered-dialect --split-input-file --pass-pipeline='func.func(test-build)' --mlir-print-op-generic | filecheck %s
// RUN: ireekit opt %s --load %inputs/building.py --allow-unregistered-dialect --split-input-file --pass-pipeline='func.func(test-build,test-view)' --mlir-print-op-generic | filecheck %s --check-prefix=VIEW

// Builders with keywords: groups, defaults, discardable attributes; views of what they made.

// CHECK-LABEL: sym_name = "two"
// CHECK: "s.two"(%arg0, %arg1) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
func.func @two(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  "test.build"(%a, %b) {what = "two"} : (tensor<2xf32>, tensor<3xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: sym_name = "groups"
// CHECK: "s.groups"(%arg0, %arg1, %arg1) {operandSegmentSizes = array<i32: 1, 2, 0>} : (i32, f32, f32) -> ()
// CHECK: "s.groups"() {operandSegmentSizes = array<i32: 0, 0, 0>} : () -> ()
// VIEW: seen = "maybe=True some=2 more=0"
// VIEW: seen = "maybe=False some=0 more=0"
func.func @groups(%i: i32, %f: f32) {
  "test.build"(%i, %f) {what = "groups"} : (i32, f32) -> ()
  return
}

// -----

// CHECK-LABEL: sym_name = "results"
// CHECK: %0:3 = "s.result_groups"() {resultSegmentSizes = array<i32: 1, 0, 2>} : () -> (i1, f32, f32)
func.func @results() {
  "test.build"() {what = "results"} : () -> ()
  return
}

// -----

// CHECK-LABEL: sym_name = "default"
// CHECK: "s.concat"(%arg0, %arg0) {axis = 0 : i64}
// CHECK: "s.concat"(%arg0) {axis = 1 : i64}
// VIEW: axis_seen = "0"
// VIEW: axis_seen = "1"
// VIEW: axis_seen = "0"
func.func @default(%a: tensor<4x4xf32>) {
  "test.build"(%a) {what = "default"} : (tensor<4x4xf32>) -> ()
  %0 = "s.concat"(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}
