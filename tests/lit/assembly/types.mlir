// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file | filecheck %s
// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file --mlir-print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func private @types
// CHECK-SAME: (!demo.tile<4 x f32>, tuple<!demo.box<[!demo.tile<1 x f16>]>, i1>, !demo.token)
// GENERIC: (!demo.tile<f32, 4 : i64>, tuple<!demo.box<!demo.tile<f16, 1 : i64>>, i1>, !demo.token)
func.func private @types(!demo.tile<4 x f32>, tuple<!demo.box<[!demo.tile<1 x f16>]>, i1>, !demo.token)

// -----

// MLIR's own syntax is read as well.
// CHECK-LABEL: func.func private @generic
// CHECK-SAME: (!demo.tile<4 x f32>, !demo.tile<8 x bf16>)
func.func private @generic(!demo.tile<f32, 4>, !demo<tile<bf16, 8>>)

// -----

// CHECK-LABEL: func.func private @attribute
// CHECK-SAME: layout = #demo.layout<order = "a,b", pitch = 3>
// GENERIC: layout = #demo.layout<"a,b", 3 : i32>
func.func private @attribute() attributes {layout = #demo.layout<pitch = 3, order = "a,b">}

// -----

// Aliases, also where a type is inferred from them.
!t = tensor<2x3xf32>
!tile = !demo.tile<2 x f32>
// CHECK-LABEL: func.func @aliases
func.func @aliases(%t: !t, %x: !tile) {
  // CHECK: demo.transpose %{{.*}} : tensor<2x3xf32>
  // GENERIC: (tensor<2x3xf32>) -> tensor<3x2xf32>
  %0 = demo.transpose %t : !t
  // CHECK: demo.neg %{{.*}} : !demo.tile<2 x f32>
  %1 = demo.neg %x : !tile
  return
}
