// RUN: ireekit opt %s --load %inputs/constraints.py --mlir-print-local-scope | filecheck %s
// RUN: ireekit opt %s --load %inputs/constraints.py --emit-bytecode | ireekit opt - --load %inputs/constraints.py --mlir-print-local-scope | filecheck %s

// What each constraint of attributes accepts, one line a value.

// CHECK-LABEL: @any(
func.func @any() {
  // CHECK: "a.any"() {x = 1 : i8}
  "a.any"() {x = 1 : i8} : () -> ()
  // CHECK: "a.any"() {x = "x"}
  "a.any"() {x = "x"} : () -> ()
  // CHECK: "a.any"() {x = i32}
  "a.any"() {x = i32} : () -> ()
  // CHECK: "a.any"() {x}
  "a.any"() {x = unit} : () -> ()
  return
}

// CHECK-LABEL: @i64(
func.func @i64() {
  // CHECK: "a.i64"() {x = -3 : i64}
  "a.i64"() {x = -3 : i64} : () -> ()
  return
}

// CHECK-LABEL: @index(
func.func @index() {
  // CHECK: "a.index"() {x = 4 : index}
  "a.index"() {x = 4 : index} : () -> ()
  return
}

// CHECK-LABEL: @f32(
func.func @f32() {
  // CHECK: "a.f32"() {x = 1.500000e+00 : f32}
  "a.f32"() {x = 1.5 : f32} : () -> ()
  return
}

// CHECK-LABEL: @float(
func.func @float() {
  // CHECK: "a.float"() {x = 1.500000e+00 : f16}
  "a.float"() {x = 1.5 : f16} : () -> ()
  // CHECK: "a.float"() {x = 2.000000e+00 : f64}
  "a.float"() {x = 2.0 : f64} : () -> ()
  return
}

// CHECK-LABEL: @integer(
func.func @integer() {
  // CHECK: "a.integer"() {x = true}
  "a.integer"() {x = 1 : i1} : () -> ()
  // CHECK: "a.integer"() {x = 9 : i64}
  "a.integer"() {x = 9 : i64} : () -> ()
  // CHECK: "a.integer"() {x = 2 : index}
  "a.integer"() {x = 2 : index} : () -> ()
  return
}

// CHECK-LABEL: @positive(
func.func @positive() {
  // CHECK: "a.positive"() {x = 1 : i32}
  "a.positive"() {x = 1 : i32} : () -> ()
  return
}

// CHECK-LABEL: @percent(
func.func @percent() {
  // CHECK: "a.percent"() {x = 0 : i32}
  "a.percent"() {x = 0 : i32} : () -> ()
  // CHECK: "a.percent"() {x = 100 : i32}
  "a.percent"() {x = 100 : i32} : () -> ()
  return
}

// CHECK-LABEL: @bool(
func.func @bool() {
  // CHECK: "a.bool"() {x = true}
  "a.bool"() {x = true} : () -> ()
  // CHECK: "a.bool"() {x = false}
  "a.bool"() {x = false} : () -> ()
  return
}

// CHECK-LABEL: @string(
func.func @string() {
  // CHECK: "a.string"() {x = ""}
  "a.string"() {x = ""} : () -> ()
  // CHECK: "a.string"() {x = "text"}
  "a.string"() {x = "text"} : () -> ()
  return
}

// CHECK-LABEL: @choice(
func.func @choice() {
  // CHECK: "a.choice"() {x = "row"}
  "a.choice"() {x = "row"} : () -> ()
  // CHECK: "a.choice"() {x = "column"}
  "a.choice"() {x = "column"} : () -> ()
  return
}

// CHECK-LABEL: @unit(
func.func @unit() {
  // CHECK: "a.unit"() {x}
  "a.unit"() {x = unit} : () -> ()
  return
}

// CHECK-LABEL: @type(
func.func @type() {
  // CHECK: "a.type"() {x = i32}
  "a.type"() {x = i32} : () -> ()
  // CHECK: "a.type"() {x = tensor<4xf32>}
  "a.type"() {x = tensor<4xf32>} : () -> ()
  // CHECK: "a.type"() {x = !hal.buffer}
  "a.type"() {x = !hal.buffer} : () -> ()
  return
}

// CHECK-LABEL: @float_type(
func.func @float_type() {
  // CHECK: "a.float_type"() {x = f32}
  "a.float_type"() {x = f32} : () -> ()
  return
}

// CHECK-LABEL: @symbol(
func.func @symbol() {
  // CHECK: "a.symbol"() {x = @a}
  "a.symbol"() {x = @a} : () -> ()
  // CHECK: "a.symbol"() {x = @a::@b}
  "a.symbol"() {x = @a::@b} : () -> ()
  return
}

// CHECK-LABEL: @flat_symbol(
func.func @flat_symbol() {
  // CHECK: "a.flat_symbol"() {x = @a}
  "a.flat_symbol"() {x = @a} : () -> ()
  return
}

// CHECK-LABEL: @map(
func.func @map() {
  // CHECK: "a.map"() {x = affine_map<(d0) -> (d0)>}
  "a.map"() {x = affine_map<(d0) -> (d0)>} : () -> ()
  return
}

// CHECK-LABEL: @set(
func.func @set() {
  // CHECK: "a.set"() {x = affine_set<(d0) : (d0 == 0)>}
  "a.set"() {x = affine_set<(d0) : (d0 == 0)>} : () -> ()
  return
}

// CHECK-LABEL: @array(
func.func @array() {
  // CHECK: "a.array"() {x = []}
  "a.array"() {x = []} : () -> ()
  // CHECK: "a.array"() {x = [1, "x"]}
  "a.array"() {x = [1, "x"]} : () -> ()
  return
}

// CHECK-LABEL: @integers(
func.func @integers() {
  // CHECK: "a.integers"() {x = []}
  "a.integers"() {x = []} : () -> ()
  // CHECK: "a.integers"() {x = [1 : i32, 2 : i32]}
  "a.integers"() {x = [1 : i32, 2 : i32]} : () -> ()
  return
}

// CHECK-LABEL: @pair(
func.func @pair() {
  // CHECK: "a.pair"() {x = ["a", "b"]}
  "a.pair"() {x = ["a", "b"]} : () -> ()
  return
}

// CHECK-LABEL: @dense(
func.func @dense() {
  // CHECK: "a.dense"() {x = array<i64>}
  "a.dense"() {x = array<i64>} : () -> ()
  // CHECK: "a.dense"() {x = array<i64: 1, 2>}
  "a.dense"() {x = array<i64: 1, 2>} : () -> ()
  return
}

// CHECK-LABEL: @dense3(
func.func @dense3() {
  // CHECK: "a.dense3"() {x = array<i32: 1, 2, 3>}
  "a.dense3"() {x = array<i32: 1, 2, 3>} : () -> ()
  return
}

// CHECK-LABEL: @dictionary(
func.func @dictionary() {
  // CHECK: "a.dictionary"() {x = {}}
  "a.dictionary"() {x = {}} : () -> ()
  // CHECK: "a.dictionary"() {x = {a = 1 : i32}}
  "a.dictionary"() {x = {a = 1 : i32}} : () -> ()
  return
}

// CHECK-LABEL: @elements(
func.func @elements() {
  // CHECK: "a.elements"() {x = dense<1> : tensor<4xi32>}
  "a.elements"() {x = dense<1> : tensor<4xi32>} : () -> ()
  // CHECK: "a.elements"() {x = dense_resource<w> : tensor<2xf32>}
  "a.elements"() {x = dense_resource<w> : tensor<2xf32>} : () -> ()
  return
}

// CHECK-LABEL: @weights(
func.func @weights() {
  // CHECK: "a.weights"() {x = dense<1.000000e+00> : tensor<4xf32>}
  "a.weights"() {x = dense<1.0> : tensor<4xf32>} : () -> ()
  return
}

// CHECK-LABEL: @any_mode(
func.func @any_mode() {
  // CHECK: "a.any_mode"() {x = 0 : i32}
  "a.any_mode"() {x = 0 : i32} : () -> ()
  // CHECK: "a.any_mode"() {x = 7 : i32}
  "a.any_mode"() {x = 7 : i32} : () -> ()
  return
}

// CHECK-LABEL: @any_side(
func.func @any_side() {
  // CHECK: "a.any_side"() {x = "left"}
  "a.any_side"() {x = "left"} : () -> ()
  // CHECK: "a.any_side"() {x = "right"}
  "a.any_side"() {x = "right"} : () -> ()
  return
}

// CHECK-LABEL: @any_span(
func.func @any_span() {
  // CHECK: "a.any_span"() {x = #a.span<1 : i64, 2 : i64>}
  "a.any_span"() {x = #a.span<1 : i64, 2 : i64>} : () -> ()
  // CHECK: "a.any_span"() {x = #a.span<2 : i64, 2 : i64>}
  "a.any_span"() {x = #a.span<2 : i64, 2 : i64>} : () -> ()
  return
}

// CHECK-LABEL: @is(
func.func @is() {
  // CHECK: "a.is"() {x = 42 : i32}
  "a.is"() {x = 42 : i32} : () -> ()
  return
}

// CHECK-LABEL: @either(
func.func @either() {
  // CHECK: "a.either"() {x = "x"}
  "a.either"() {x = "x"} : () -> ()
  // CHECK: "a.either"() {x = 1 : i32}
  "a.either"() {x = 1 : i32} : () -> ()
  return
}

// CHECK-LABEL: @named(
func.func @named() {
  // CHECK: "a.named"() {x = #hal.device.promise<@d>}
  "a.named"() {x = #hal.device.promise<@d>} : () -> ()
  return
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F00000040"
    }
  }
#-}
