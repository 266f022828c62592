// RUN: ireekit opt %s --load %inputs/constraints.py --split-input-file --verify-diagnostics -o /dev/null

// What each constraint of types refuses.

func.func @i32_0(%x: i64) {
  // expected-error@+1 {{'t.i32' op operand 'x': expected i32, found i64}}
  "t.i32"(%x) : (i64) -> ()
  return
}

// -----

func.func @i32_1(%x: si32) {
  // expected-error@+1 {{'t.i32' op operand 'x': expected i32, found si32}}
  "t.i32"(%x) : (si32) -> ()
  return
}

// -----

func.func @i32_2(%x: f32) {
  // expected-error@+1 {{'t.i32' op operand 'x': expected i32, found f32}}
  "t.i32"(%x) : (f32) -> ()
  return
}

// -----

func.func @i32_3(%x: index) {
  // expected-error@+1 {{'t.i32' op operand 'x': expected i32, found index}}
  "t.i32"(%x) : (index) -> ()
  return
}

// -----

func.func @i8_or_i16_0(%x: i32) {
  // expected-error@+1 {{'t.i8_or_i16' op operand 'x': expected i8 or i16, found i32}}
  "t.i8_or_i16"(%x) : (i32) -> ()
  return
}

// -----

func.func @i8_or_i16_1(%x: si8) {
  // expected-error@+1 {{'t.i8_or_i16' op operand 'x': expected i8 or i16, found si8}}
  "t.i8_or_i16"(%x) : (si8) -> ()
  return
}

// -----

func.func @si8_0(%x: i8) {
  // expected-error@+1 {{'t.si8' op operand 'x': expected si8, found i8}}
  "t.si8"(%x) : (i8) -> ()
  return
}

// -----

func.func @si8_1(%x: ui8) {
  // expected-error@+1 {{'t.si8' op operand 'x': expected si8, found ui8}}
  "t.si8"(%x) : (ui8) -> ()
  return
}

// -----

func.func @ui16_0(%x: i16) {
  // expected-error@+1 {{'t.ui16' op operand 'x': expected ui16, found i16}}
  "t.ui16"(%x) : (i16) -> ()
  return
}

// -----

func.func @ui16_1(%x: si16) {
  // expected-error@+1 {{'t.ui16' op operand 'x': expected ui16, found si16}}
  "t.ui16"(%x) : (si16) -> ()
  return
}

// -----

func.func @any_integer_0(%x: f32) {
  // expected-error@+1 {{'t.any_integer' op operand 'x': expected integer type, found f32}}
  "t.any_integer"(%x) : (f32) -> ()
  return
}

// -----

func.func @any_integer_1(%x: index) {
  // expected-error@+1 {{'t.any_integer' op operand 'x': expected integer type, found index}}
  "t.any_integer"(%x) : (index) -> ()
  return
}

// -----

func.func @signless_0(%x: si5) {
  // expected-error@+1 {{'t.signless' op operand 'x': expected signless integer type, found si5}}
  "t.signless"(%x) : (si5) -> ()
  return
}

// -----

func.func @signless_1(%x: ui5) {
  // expected-error@+1 {{'t.signless' op operand 'x': expected signless integer type, found ui5}}
  "t.signless"(%x) : (ui5) -> ()
  return
}

// -----

func.func @any_float_0(%x: i32) {
  // expected-error@+1 {{'t.any_float' op operand 'x': expected floating-point type, found i32}}
  "t.any_float"(%x) : (i32) -> ()
  return
}

// -----

func.func @any_float_1(%x: tensor<f32>) {
  // expected-error@+1 {{'t.any_float' op operand 'x': expected floating-point type, found tensor<f32>}}
  "t.any_float"(%x) : (tensor<f32>) -> ()
  return
}

// -----

func.func @f32_0(%x: f64) {
  // expected-error@+1 {{'t.f32' op operand 'x': expected f32, found f64}}
  "t.f32"(%x) : (f64) -> ()
  return
}

// -----

func.func @f32_1(%x: tf32) {
  // expected-error@+1 {{'t.f32' op operand 'x': expected f32, found tf32}}
  "t.f32"(%x) : (tf32) -> ()
  return
}

// -----

func.func @bf16_0(%x: f16) {
  // expected-error@+1 {{'t.bf16' op operand 'x': expected bf16, found f16}}
  "t.bf16"(%x) : (f16) -> ()
  return
}

// -----

func.func @f8_0(%x: f8E5M2) {
  // expected-error@+1 {{'t.f8' op operand 'x': expected f8E4M3FN, found f8E5M2}}
  "t.f8"(%x) : (f8E5M2) -> ()
  return
}

// -----

func.func @index_0(%x: i64) {
  // expected-error@+1 {{'t.index' op operand 'x': expected index, found i64}}
  "t.index"(%x) : (i64) -> ()
  return
}

// -----

func.func @none_0(%x: i1) {
  // expected-error@+1 {{'t.none' op operand 'x': expected none type, found i1}}
  "t.none"(%x) : (i1) -> ()
  return
}

// -----

func.func @function_0(%x: i32) {
  // expected-error@+1 {{'t.function' op operand 'x': expected function type, found i32}}
  "t.function"(%x) : (i32) -> ()
  return
}

// -----

func.func @tuple_0(%x: i32) {
  // expected-error@+1 {{'t.tuple' op operand 'x': expected tuple type, found i32}}
  "t.tuple"(%x) : (i32) -> ()
  return
}

// -----

func.func @complex_0(%x: f32) {
  // expected-error@+1 {{'t.complex' op operand 'x': expected complex of floating-point type, found f32}}
  "t.complex"(%x) : (f32) -> ()
  return
}

// -----

func.func @complex_1(%x: complex<i32>) {
  // expected-error@+1 {{'t.complex' op operand 'x': element type of complex<i32>: expected floating-point type, found i32}}
  "t.complex"(%x) : (complex<i32>) -> ()
  return
}

// -----

func.func @complex_f64_0(%x: complex<f32>) {
  // expected-error@+1 {{'t.complex_f64' op operand 'x': element type of complex<f32>: expected f64, found f32}}
  "t.complex_f64"(%x) : (complex<f32>) -> ()
  return
}

// -----

func.func @any_tensor_0(%x: vector<4xf32>) {
  // expected-error@+1 {{'t.any_tensor' op operand 'x': expected tensor or unranked tensor, found vector<4xf32>}}
  "t.any_tensor"(%x) : (vector<4xf32>) -> ()
  return
}

// -----

func.func @any_tensor_1(%x: f32) {
  // expected-error@+1 {{'t.any_tensor' op operand 'x': expected tensor or unranked tensor, found f32}}
  "t.any_tensor"(%x) : (f32) -> ()
  return
}

// -----

func.func @tensor_f32_0(%x: tensor<4xf64>) {
  // expected-error@+1 {{'t.tensor_f32' op operand 'x': element type of tensor<4xf64>: expected f32, found f64}}
  "t.tensor_f32"(%x) : (tensor<4xf64>) -> ()
  return
}

// -----

func.func @tensor_f32_1(%x: tensor<*xf32>) {
  // expected-error@+1 {{'t.tensor_f32' op operand 'x': expected tensor of f32, found tensor<*xf32>}}
  "t.tensor_f32"(%x) : (tensor<*xf32>) -> ()
  return
}

// -----

func.func @tensor_f32_2(%x: memref<4xf32>) {
  // expected-error@+1 {{'t.tensor_f32' op operand 'x': expected tensor of f32, found memref<4xf32>}}
  "t.tensor_f32"(%x) : (memref<4xf32>) -> ()
  return
}

// -----

func.func @tensor_rank2_0(%x: tensor<4xi8>) {
  // expected-error@+1 {{'t.tensor_rank2' op operand 'x': expected rank-2 tensor, found rank 1: tensor<4xi8>}}
  "t.tensor_rank2"(%x) : (tensor<4xi8>) -> ()
  return
}

// -----

func.func @tensor_rank2_1(%x: tensor<1x2x3xi8>) {
  // expected-error@+1 {{'t.tensor_rank2' op operand 'x': expected rank-2 tensor, found rank 3: tensor<1x2x3xi8>}}
  "t.tensor_rank2"(%x) : (tensor<1x2x3xi8>) -> ()
  return
}

// -----

func.func @tensor_shape_0(%x: tensor<5x?x8xf32>) {
  // expected-error@+1 {{'t.tensor_shape' op operand 'x': expected 4x?x: tensor, found tensor<5x?x8xf32>}}
  "t.tensor_shape"(%x) : (tensor<5x?x8xf32>) -> ()
  return
}

// -----

func.func @tensor_shape_1(%x: tensor<4x3x?xf32>) {
  // expected-error@+1 {{'t.tensor_shape' op operand 'x': expected 4x?x: tensor, found tensor<4x3x?xf32>}}
  "t.tensor_shape"(%x) : (tensor<4x3x?xf32>) -> ()
  return
}

// -----

func.func @tensor_shape_2(%x: tensor<?x3x8xf32>) {
  // expected-error@+1 {{'t.tensor_shape' op operand 'x': expected 4x?x: tensor, found tensor<?x3x8xf32>}}
  "t.tensor_shape"(%x) : (tensor<?x3x8xf32>) -> ()
  return
}

// -----

func.func @tensor_square_0(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{'t.tensor_square' op operand 'x': expected nxn tensor, found tensor<3x4xf32>}}
  "t.tensor_square"(%x) : (tensor<3x4xf32>) -> ()
  return
}

// -----

func.func @tensor_static_0(%x: tensor<3x?xf32>) {
  // expected-error@+1 {{'t.tensor_static' op operand 'x': expected static tensor, found a dynamic extent: tensor<3x?xf32>}}
  "t.tensor_static"(%x) : (tensor<3x?xf32>) -> ()
  return
}

// -----

func.func @tensor_scalar_0(%x: tensor<1xf32>) {
  // expected-error@+1 {{'t.tensor_scalar' op operand 'x': expected rank-0 tensor, found rank 1: tensor<1xf32>}}
  "t.tensor_scalar"(%x) : (tensor<1xf32>) -> ()
  return
}

// -----

func.func @vector_0(%x: vector<4xi32>) {
  // expected-error@+1 {{'t.vector' op operand 'x': element type of vector<4xi32>: expected floating-point type, found i32}}
  "t.vector"(%x) : (vector<4xi32>) -> ()
  return
}

// -----

func.func @vector_1(%x: vector<4x4xf32>) {
  // expected-error@+1 {{'t.vector' op operand 'x': expected rank-1 vector of floating-point type, found rank 2: vector<4x4xf32>}}
  "t.vector"(%x) : (vector<4x4xf32>) -> ()
  return
}

// -----

func.func @vector_2(%x: tensor<4xf32>) {
  // expected-error@+1 {{'t.vector' op operand 'x': expected rank-1 vector of floating-point type, found tensor<4xf32>}}
  "t.vector"(%x) : (tensor<4xf32>) -> ()
  return
}

// -----

func.func @memref_0(%x: memref<16xi16>) {
  // expected-error@+1 {{'t.memref' op operand 'x': element type of memref<16xi16>: expected i8, found i16}}
  "t.memref"(%x) : (memref<16xi16>) -> ()
  return
}

// -----

func.func @memref_1(%x: memref<4x4xi8>) {
  // expected-error@+1 {{'t.memref' op operand 'x': expected rank-1 memref of i8, found rank 2: memref<4x4xi8>}}
  "t.memref"(%x) : (memref<4x4xi8>) -> ()
  return
}

// -----

func.func @memref_space_0(%x: memref<4xf32>) {
  // expected-error@+1 {{'t.memref_space' op operand 'x': expected memory space 3 : i64, found none: memref<4xf32>}}
  "t.memref_space"(%x) : (memref<4xf32>) -> ()
  return
}

// -----

func.func @memref_space_1(%x: memref<4xf32, 4>) {
  // expected-error@+1 {{'t.memref_space' op operand 'x': memory space of memref<4xf32, 4>: expected 3 : i64, found 4 : i64}}
  "t.memref_space"(%x) : (memref<4xf32, 4>) -> ()
  return
}

// -----

func.func @unranked_tensor_0(%x: tensor<*xf64>) {
  // expected-error@+1 {{'t.unranked_tensor' op operand 'x': element type of tensor<*xf64>: expected f32, found f64}}
  "t.unranked_tensor"(%x) : (tensor<*xf64>) -> ()
  return
}

// -----

func.func @unranked_tensor_1(%x: tensor<4xf32>) {
  // expected-error@+1 {{'t.unranked_tensor' op operand 'x': expected unranked tensor of f32, found tensor<4xf32>}}
  "t.unranked_tensor"(%x) : (tensor<4xf32>) -> ()
  return
}

// -----

func.func @unranked_memref_0(%x: memref<4xf32>) {
  // expected-error@+1 {{'t.unranked_memref' op operand 'x': expected unranked memref, found memref<4xf32>}}
  "t.unranked_memref"(%x) : (memref<4xf32>) -> ()
  return
}

// -----

func.func @is_0(%x: tensor<5xf32>) {
  // expected-error@+1 {{'t.is' op operand 'x': expected tensor<4xf32>, found tensor<5xf32>}}
  "t.is"(%x) : (tensor<5xf32>) -> ()
  return
}

// -----

func.func @any_of_0(%x: f64) {
  // expected-error@+1 {{'t.any_of' op operand 'x': expected f32 or index or rank-1 tensor, found f64}}
  "t.any_of"(%x) : (f64) -> ()
  return
}

// -----

func.func @any_of_1(%x: tensor<3x3xi8>) {
  // expected-error@+1 {{'t.any_of' op operand 'x': expected f32 or index or rank-1 tensor, found tensor<3x3xi8>}}
  "t.any_of"(%x) : (tensor<3x3xi8>) -> ()
  return
}

// -----

func.func @all_of_0(%x: tensor<2xf16>) {
  // expected-error@+1 {{'t.all_of' op operand 'x': expected rank-2 tensor, found rank 1: tensor<2xf16>}}
  "t.all_of"(%x) : (tensor<2xf16>) -> ()
  return
}

// -----

func.func @all_of_1(%x: tensor<2x2xf32>) {
  // expected-error@+1 {{'t.all_of' op operand 'x': element type of tensor<2x2xf32>: expected f16, found f32}}
  "t.all_of"(%x) : (tensor<2x2xf32>) -> ()
  return
}

// -----

func.func @union_0(%x: f16) {
  // expected-error@+1 {{'t.union' op operand 'x': expected f32 or f64, found f16}}
  "t.union"(%x) : (f16) -> ()
  return
}

// -----

func.func @any_box_0(%x: f32) {
  // expected-error@+1 {{'t.any_box' op operand 'x': expected !t.box, found f32}}
  "t.any_box"(%x) : (f32) -> ()
  return
}

// -----

func.func @any_box_1(%x: !t.even<2 : i64>) {
  // expected-error@+1 {{'t.any_box' op operand 'x': expected !t.box, found !t.even<2 : i64>}}
  "t.any_box"(%x) : (!t.even<2 : i64>) -> ()
  return
}

// -----

func.func @box_f32_0(%x: !t.box<f16, 4 : i64>) {
  // expected-error@+1 {{'t.box_f32' op operand 'x': parameter 'element' of !t.box<f16, 4 : i64>: expected f32, found f16}}
  "t.box_f32"(%x) : (!t.box<f16, 4 : i64>) -> ()
  return
}

// -----

// expected-error@+1 {{'func.func' op !t.even<3 : i64>: the size is odd}}
func.func @any_even_0(%x: !t.even<3 : i64>) {
  "t.any_even"(%x) : (!t.even<3 : i64>) -> ()
  return
}

// -----

func.func @any_plain_0(%x: i32) {
  // expected-error@+1 {{'t.any_plain' op operand 'x': expected !t.plain, found i32}}
  "t.any_plain"(%x) : (i32) -> ()
  return
}

// -----

func.func @named_0(%x: !hal.buffer) {
  // expected-error@+1 {{'t.named' op operand 'x': expected !hal.buffer_view, found !hal.buffer}}
  "t.named"(%x) : (!hal.buffer) -> ()
  return
}

// -----

func.func @named_1(%x: i32) {
  // expected-error@+1 {{'t.named' op operand 'x': expected !hal.buffer_view, found i32}}
  "t.named"(%x) : (i32) -> ()
  return
}

// -----

func.func @predicate_0(%x: i7) {
  // expected-error@+1 {{'t.predicate' op operand 'x': expected a whole number of bytes, found i7}}
  "t.predicate"(%x) : (i7) -> ()
  return
}

// -----

func.func @predicate_1(%x: f32) {
  // expected-error@+1 {{'t.predicate' op operand 'x': expected signless integer type, found f32}}
  "t.predicate"(%x) : (f32) -> ()
  return
}
