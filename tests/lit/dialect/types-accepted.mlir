// RUN: ireekit opt %s --load %inputs/constraints.py --mlir-print-local-scope | filecheck %s
// RUN: ireekit opt %s --load %inputs/constraints.py --emit-bytecode | ireekit opt - --load %inputs/constraints.py --mlir-print-local-scope | filecheck %s

// What each constraint of types accepts, one line a value.

// CHECK-LABEL: @any(
func.func @any(%0: i32, %1: tensor<*xf32>, %2: !t.plain) {
  // CHECK: "t.any"(%arg0) : (i32) -> ()
  "t.any"(%0) : (i32) -> ()
  // CHECK: "t.any"(%arg1) : (tensor<*xf32>) -> ()
  "t.any"(%1) : (tensor<*xf32>) -> ()
  // CHECK: "t.any"(%arg2) : (!t.plain) -> ()
  "t.any"(%2) : (!t.plain) -> ()
  return
}

// CHECK-LABEL: @i32(
func.func @i32(%0: i32) {
  // CHECK: "t.i32"(%arg0) : (i32) -> ()
  "t.i32"(%0) : (i32) -> ()
  return
}

// CHECK-LABEL: @i8_or_i16(
func.func @i8_or_i16(%0: i8, %1: i16) {
  // CHECK: "t.i8_or_i16"(%arg0) : (i8) -> ()
  "t.i8_or_i16"(%0) : (i8) -> ()
  // CHECK: "t.i8_or_i16"(%arg1) : (i16) -> ()
  "t.i8_or_i16"(%1) : (i16) -> ()
  return
}

// CHECK-LABEL: @si8(
func.func @si8(%0: si8) {
  // CHECK: "t.si8"(%arg0) : (si8) -> ()
  "t.si8"(%0) : (si8) -> ()
  return
}

// CHECK-LABEL: @ui16(
func.func @ui16(%0: ui16) {
  // CHECK: "t.ui16"(%arg0) : (ui16) -> ()
  "t.ui16"(%0) : (ui16) -> ()
  return
}

// CHECK-LABEL: @any_integer(
func.func @any_integer(%0: i1, %1: si7, %2: ui99) {
  // CHECK: "t.any_integer"(%arg0) : (i1) -> ()
  "t.any_integer"(%0) : (i1) -> ()
  // CHECK: "t.any_integer"(%arg1) : (si7) -> ()
  "t.any_integer"(%1) : (si7) -> ()
  // CHECK: "t.any_integer"(%arg2) : (ui99) -> ()
  "t.any_integer"(%2) : (ui99) -> ()
  return
}

// CHECK-LABEL: @signless(
func.func @signless(%0: i5) {
  // CHECK: "t.signless"(%arg0) : (i5) -> ()
  "t.signless"(%0) : (i5) -> ()
  return
}

// CHECK-LABEL: @any_float(
func.func @any_float(%0: f16, %1: bf16, %2: f64, %3: f8E5M2) {
  // CHECK: "t.any_float"(%arg0) : (f16) -> ()
  "t.any_float"(%0) : (f16) -> ()
  // CHECK: "t.any_float"(%arg1) : (bf16) -> ()
  "t.any_float"(%1) : (bf16) -> ()
  // CHECK: "t.any_float"(%arg2) : (f64) -> ()
  "t.any_float"(%2) : (f64) -> ()
  // CHECK: "t.any_float"(%arg3) : (f8E5M2) -> ()
  "t.any_float"(%3) : (f8E5M2) -> ()
  return
}

// CHECK-LABEL: @f32(
func.func @f32(%0: f32) {
  // CHECK: "t.f32"(%arg0) : (f32) -> ()
  "t.f32"(%0) : (f32) -> ()
  return
}

// CHECK-LABEL: @bf16(
func.func @bf16(%0: bf16) {
  // CHECK: "t.bf16"(%arg0) : (bf16) -> ()
  "t.bf16"(%0) : (bf16) -> ()
  return
}

// CHECK-LABEL: @f8(
func.func @f8(%0: f8E4M3FN) {
  // CHECK: "t.f8"(%arg0) : (f8E4M3FN) -> ()
  "t.f8"(%0) : (f8E4M3FN) -> ()
  return
}

// CHECK-LABEL: @index(
func.func @index(%0: index) {
  // CHECK: "t.index"(%arg0) : (index) -> ()
  "t.index"(%0) : (index) -> ()
  return
}

// CHECK-LABEL: @none(
func.func @none(%0: none) {
  // CHECK: "t.none"(%arg0) : (none) -> ()
  "t.none"(%0) : (none) -> ()
  return
}

// CHECK-LABEL: @function(
func.func @function(%0: (i32) -> f32) {
  // CHECK: "t.function"(%arg0) : ((i32) -> f32) -> ()
  "t.function"(%0) : ((i32) -> f32) -> ()
  return
}

// CHECK-LABEL: @tuple(
func.func @tuple(%0: tuple<i32, f32>, %1: tuple<>) {
  // CHECK: "t.tuple"(%arg0) : (tuple<i32, f32>) -> ()
  "t.tuple"(%0) : (tuple<i32, f32>) -> ()
  // CHECK: "t.tuple"(%arg1) : (tuple<>) -> ()
  "t.tuple"(%1) : (tuple<>) -> ()
  return
}

// CHECK-LABEL: @complex(
func.func @complex(%0: complex<f32>, %1: complex<f16>) {
  // CHECK: "t.complex"(%arg0) : (complex<f32>) -> ()
  "t.complex"(%0) : (complex<f32>) -> ()
  // CHECK: "t.complex"(%arg1) : (complex<f16>) -> ()
  "t.complex"(%1) : (complex<f16>) -> ()
  return
}

// CHECK-LABEL: @complex_f64(
func.func @complex_f64(%0: complex<f64>) {
  // CHECK: "t.complex_f64"(%arg0) : (complex<f64>) -> ()
  "t.complex_f64"(%0) : (complex<f64>) -> ()
  return
}

// CHECK-LABEL: @any_tensor(
func.func @any_tensor(%0: tensor<4xf32>, %1: tensor<?x?xi1>, %2: tensor<*xf32>) {
  // CHECK: "t.any_tensor"(%arg0) : (tensor<4xf32>) -> ()
  "t.any_tensor"(%0) : (tensor<4xf32>) -> ()
  // CHECK: "t.any_tensor"(%arg1) : (tensor<?x?xi1>) -> ()
  "t.any_tensor"(%1) : (tensor<?x?xi1>) -> ()
  // CHECK: "t.any_tensor"(%arg2) : (tensor<*xf32>) -> ()
  "t.any_tensor"(%2) : (tensor<*xf32>) -> ()
  return
}

// CHECK-LABEL: @tensor_f32(
func.func @tensor_f32(%0: tensor<4xf32>, %1: tensor<f32>) {
  // CHECK: "t.tensor_f32"(%arg0) : (tensor<4xf32>) -> ()
  "t.tensor_f32"(%0) : (tensor<4xf32>) -> ()
  // CHECK: "t.tensor_f32"(%arg1) : (tensor<f32>) -> ()
  "t.tensor_f32"(%1) : (tensor<f32>) -> ()
  return
}

// CHECK-LABEL: @tensor_rank2(
func.func @tensor_rank2(%0: tensor<4x?xi8>) {
  // CHECK: "t.tensor_rank2"(%arg0) : (tensor<4x?xi8>) -> ()
  "t.tensor_rank2"(%0) : (tensor<4x?xi8>) -> ()
  return
}

// CHECK-LABEL: @tensor_shape(
func.func @tensor_shape(%0: tensor<4x?x8xf32>, %1: tensor<4x3x1xf32>) {
  // CHECK: "t.tensor_shape"(%arg0) : (tensor<4x?x8xf32>) -> ()
  "t.tensor_shape"(%0) : (tensor<4x?x8xf32>) -> ()
  // CHECK: "t.tensor_shape"(%arg1) : (tensor<4x3x1xf32>) -> ()
  "t.tensor_shape"(%1) : (tensor<4x3x1xf32>) -> ()
  return
}

// CHECK-LABEL: @tensor_square(
func.func @tensor_square(%0: tensor<3x3xf32>, %1: tensor<?x3xf32>) {
  // CHECK: "t.tensor_square"(%arg0) : (tensor<3x3xf32>) -> ()
  "t.tensor_square"(%0) : (tensor<3x3xf32>) -> ()
  // CHECK: "t.tensor_square"(%arg1) : (tensor<?x3xf32>) -> ()
  "t.tensor_square"(%1) : (tensor<?x3xf32>) -> ()
  return
}

// CHECK-LABEL: @tensor_static(
func.func @tensor_static(%0: tensor<3x3xf32>, %1: tensor<f32>) {
  // CHECK: "t.tensor_static"(%arg0) : (tensor<3x3xf32>) -> ()
  "t.tensor_static"(%0) : (tensor<3x3xf32>) -> ()
  // CHECK: "t.tensor_static"(%arg1) : (tensor<f32>) -> ()
  "t.tensor_static"(%1) : (tensor<f32>) -> ()
  return
}

// CHECK-LABEL: @tensor_scalar(
func.func @tensor_scalar(%0: tensor<f32>) {
  // CHECK: "t.tensor_scalar"(%arg0) : (tensor<f32>) -> ()
  "t.tensor_scalar"(%0) : (tensor<f32>) -> ()
  return
}

// CHECK-LABEL: @vector(
func.func @vector(%0: vector<4xf32>) {
  // CHECK: "t.vector"(%arg0) : (vector<4xf32>) -> ()
  "t.vector"(%0) : (vector<4xf32>) -> ()
  return
}

// CHECK-LABEL: @memref(
func.func @memref(%0: memref<16xi8>, %1: memref<?xi8, strided<[2]>>) {
  // CHECK: "t.memref"(%arg0) : (memref<16xi8>) -> ()
  "t.memref"(%0) : (memref<16xi8>) -> ()
  // CHECK: "t.memref"(%arg1) : (memref<?xi8, strided<[2]>>) -> ()
  "t.memref"(%1) : (memref<?xi8, strided<[2]>>) -> ()
  return
}

// CHECK-LABEL: @memref_space(
func.func @memref_space(%0: memref<4xf32, 3>) {
  // CHECK: "t.memref_space"(%arg0) : (memref<4xf32, 3>) -> ()
  "t.memref_space"(%0) : (memref<4xf32, 3>) -> ()
  return
}

// CHECK-LABEL: @unranked_tensor(
func.func @unranked_tensor(%0: tensor<*xf32>) {
  // CHECK: "t.unranked_tensor"(%arg0) : (tensor<*xf32>) -> ()
  "t.unranked_tensor"(%0) : (tensor<*xf32>) -> ()
  return
}

// CHECK-LABEL: @unranked_memref(
func.func @unranked_memref(%0: memref<*xf32>) {
  // CHECK: "t.unranked_memref"(%arg0) : (memref<*xf32>) -> ()
  "t.unranked_memref"(%0) : (memref<*xf32>) -> ()
  return
}

// CHECK-LABEL: @is(
func.func @is(%0: tensor<4xf32>) {
  // CHECK: "t.is"(%arg0) : (tensor<4xf32>) -> ()
  "t.is"(%0) : (tensor<4xf32>) -> ()
  return
}

// CHECK-LABEL: @any_of(
func.func @any_of(%0: f32, %1: index, %2: tensor<3xi8>) {
  // CHECK: "t.any_of"(%arg0) : (f32) -> ()
  "t.any_of"(%0) : (f32) -> ()
  // CHECK: "t.any_of"(%arg1) : (index) -> ()
  "t.any_of"(%1) : (index) -> ()
  // CHECK: "t.any_of"(%arg2) : (tensor<3xi8>) -> ()
  "t.any_of"(%2) : (tensor<3xi8>) -> ()
  return
}

// CHECK-LABEL: @all_of(
func.func @all_of(%0: tensor<2x2xf16>) {
  // CHECK: "t.all_of"(%arg0) : (tensor<2x2xf16>) -> ()
  "t.all_of"(%0) : (tensor<2x2xf16>) -> ()
  return
}

// CHECK-LABEL: @union(
func.func @union(%0: f32, %1: f64) {
  // CHECK: "t.union"(%arg0) : (f32) -> ()
  "t.union"(%0) : (f32) -> ()
  // CHECK: "t.union"(%arg1) : (f64) -> ()
  "t.union"(%1) : (f64) -> ()
  return
}

// CHECK-LABEL: @any_box(
func.func @any_box(%0: !t.box<f32, 4 : i64>, %1: !t.box<f16, 1 : i64>) {
  // CHECK: "t.any_box"(%arg0) : (!t.box<f32, 4 : i64>) -> ()
  "t.any_box"(%0) : (!t.box<f32, 4 : i64>) -> ()
  // CHECK: "t.any_box"(%arg1) : (!t.box<f16, 1 : i64>) -> ()
  "t.any_box"(%1) : (!t.box<f16, 1 : i64>) -> ()
  return
}

// CHECK-LABEL: @box_f32(
func.func @box_f32(%0: !t.box<f32, 4 : i64>) {
  // CHECK: "t.box_f32"(%arg0) : (!t.box<f32, 4 : i64>) -> ()
  "t.box_f32"(%0) : (!t.box<f32, 4 : i64>) -> ()
  return
}

// CHECK-LABEL: @any_even(
func.func @any_even(%0: !t.even<2 : i64>) {
  // CHECK: "t.any_even"(%arg0) : (!t.even<2 : i64>) -> ()
  "t.any_even"(%0) : (!t.even<2 : i64>) -> ()
  return
}

// CHECK-LABEL: @any_plain(
func.func @any_plain(%0: !t.plain) {
  // CHECK: "t.any_plain"(%arg0) : (!t.plain) -> ()
  "t.any_plain"(%0) : (!t.plain) -> ()
  return
}

// CHECK-LABEL: @named(
func.func @named(%0: !hal.buffer_view) {
  // CHECK: "t.named"(%arg0) : (!hal.buffer_view) -> ()
  "t.named"(%0) : (!hal.buffer_view) -> ()
  return
}

// CHECK-LABEL: @predicate(
func.func @predicate(%0: i8, %1: i64) {
  // CHECK: "t.predicate"(%arg0) : (i8) -> ()
  "t.predicate"(%0) : (i8) -> ()
  // CHECK: "t.predicate"(%arg1) : (i64) -> ()
  "t.predicate"(%1) : (i64) -> ()
  return
}
