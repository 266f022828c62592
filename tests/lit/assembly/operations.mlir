// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file | filecheck %s
// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file | ireekit opt - --load %inputs/demo.py --split-input-file | filecheck %s

// Types that follow from others are left out.
// CHECK-LABEL: func.func @inferred
func.func @inferred(%f: f32, %t: tensor<4x8xf32>) {
  // CHECK: demo.add %{{.*}}, %{{.*}} : f32{{$}}
  %0 = demo.add %f, %f : f32
  // CHECK: demo.neg %{{.*}} : tensor<4x8xf32>{{$}}
  %1 = demo.neg %t : tensor<4x8xf32>
  // CHECK: [[R:%.*]] = demo.reduce %{{.*}} : tensor<4x8xf32>{{$}}
  %2 = demo.reduce %t : tensor<4x8xf32>
  // CHECK: demo.add [[R]], [[R]] : f32{{$}}
  %3 = demo.add %2, %2 : f32
  // CHECK: [[T:%.*]] = demo.transpose %{{.*}} : tensor<4x8xf32>{{$}}
  %4 = demo.transpose %t : tensor<4x8xf32>
  // CHECK: demo.neg [[T]] : tensor<8x4xf32>{{$}}
  %5 = demo.neg %4 : tensor<8x4xf32>
  return
}

// -----

// The generic form is read as well, and printed in the custom one.
// CHECK-LABEL: func.func @generic
func.func @generic(%f: f32) {
  // CHECK: demo.add %{{.*}}, %{{.*}} {note = "kept"} : f32
  %0 = "demo.add"(%f, %f) {note = "kept"} : (f32, f32) -> f32
  return
}

// -----

// Segments are counted from what is written.
// CHECK-LABEL: func.func @segments
func.func @segments(%i: i32, %f: f32) {
  // CHECK: demo.many(){{$}}
  %0 = demo.many()
  // CHECK: demo.many if %{{.*}}(%{{.*}}, %{{.*}}) fast{{$}}
  %1 = demo.many if %i(%f, %f) fast
  // CHECK: demo.many(%{{.*}}){{$}}
  %2 = "demo.many"(%f) {operandSegmentSizes = array<i32: 0, 1>} : (f32) -> index
  return
}

// -----

// Enums by name, numbers without their type, defaults left out.
// CHECK-LABEL: func.func @attributes
func.func @attributes(%t: tensor<4x8xf32>) {
  // CHECK: demo.matmul %{{.*}}, %{{.*}} fast : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %0 = demo.matmul %t, %t fast axis = 0 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  // CHECK: demo.matmul %{{.*}}, %{{.*}} exact axis = 1 {extra} : tensor<4x8xf32>
  %1 = demo.matmul %t, %t exact axis = 1 {extra} : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  // CHECK: demo.const unit [1, 2] scale 5.000000e-01 flag true kind i8 on npu "s" ["a"] = 3, 1.000000e+00
  %2 = demo.const unit [1, 2] scale 0.5 flag true kind i8 on npu "s" ["a"] = 3, 1.0
  return
}

// -----

// Clauses in any order are printed in the definition's.
// CHECK-LABEL: func.func @clauses
func.func @clauses(%f: f32) {
  // CHECK: demo.options{{$}}
  demo.options
  // CHECK: demo.options value %{{.*}} limit(3) fast{{$}}
  demo.options fast limit(3) value %f
  return
}

// -----

// Several results, lists of types, function types.
// CHECK-LABEL: func.func @results
func.func @results(%f: f32, %i: index) {
  // CHECK: [[S:%.*]]:2 = demo.split %{{.*}} : f32 -> i1, i8
  %0:2 = demo.split %f : f32 -> i1, i8
  // CHECK: demo.neg [[S]]#1 : i8
  %1 = demo.neg %0#1 : i8
  // CHECK: demo.pack(%{{.*}}, %{{.*}}) : (f32, index) -> (i1, i1)
  %2:2 = demo.pack(%f, %i) : (f32, index) -> (i1, i1)
  // CHECK: demo.lists %{{.*}}, %{{.*}} : f32, index -> i1
  %3 = demo.lists %f, %i : f32, index -> i1
  return
}

// -----

// A syntax of its own, and a line break.
// CHECK-LABEL: func.func @own
func.func @own(%f: f32, %i: index) {
  // CHECK: demo.slice %{{.*}} [%{{.*}} + 1, %{{.*}} + 2] : f32 to i8
  %0 = demo.slice %f [%i + 1, %i + 2] : f32 to i8
  // CHECK: demo.lines{
  // CHECK-NEXT: %{{.*}},
  // CHECK-NEXT: %{{.*}}
  // CHECK-NEXT: }
  demo.lines { %f, %f }
  return
}
