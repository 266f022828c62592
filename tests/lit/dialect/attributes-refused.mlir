// RUN: ireekit opt %s --load %inputs/constraints.py --split-input-file --verify-diagnostics -o /dev/null

// What each constraint of attributes refuses.

// expected-error@+1 {{'a.i64' op attribute 'x': type of 3 : i32: expected i64, found i32}}
"a.i64"() {x = 3 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.i64' op attribute 'x': expected i64 attribute, found 3.000000e+00 : f64}}
"a.i64"() {x = 3.0 : f64} : () -> ()

// -----

// expected-error@+1 {{'a.i64' op attribute 'x': expected i64 attribute, found "3"}}
"a.i64"() {x = "3"} : () -> ()

// -----

// expected-error@+1 {{'a.index' op attribute 'x': type of 4 : i64: expected index, found i64}}
"a.index"() {x = 4 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.f32' op attribute 'x': type of 1.500000e+00 : f64: expected f32, found f64}}
"a.f32"() {x = 1.5 : f64} : () -> ()

// -----

// expected-error@+1 {{'a.f32' op attribute 'x': expected f32 attribute, found 1 : i32}}
"a.f32"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.float' op attribute 'x': expected float, found 1 : i64}}
"a.float"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.integer' op attribute 'x': expected integer, found 1.000000e+00 : f32}}
"a.integer"() {x = 1.0 : f32} : () -> ()

// -----

// expected-error@+1 {{'a.positive' op attribute 'x': expected i32 attribute of at least 1, found 0 : i32}}
"a.positive"() {x = 0 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.positive' op attribute 'x': expected i32 attribute of at least 1, found -1 : i32}}
"a.positive"() {x = -1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.positive' op attribute 'x': type of 1 : i64: expected i32, found i64}}
"a.positive"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.percent' op attribute 'x': expected i32 attribute in [0, 100], found 101 : i32}}
"a.percent"() {x = 101 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.percent' op attribute 'x': expected i32 attribute in [0, 100], found -1 : i32}}
"a.percent"() {x = -1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.bool' op attribute 'x': expected bool, found 1 : i8}}
"a.bool"() {x = 1 : i8} : () -> ()

// -----

// expected-error@+1 {{'a.bool' op attribute 'x': expected bool, found "true"}}
"a.bool"() {x = "true"} : () -> ()

// -----

// expected-error@+1 {{'a.string' op attribute 'x': expected string, found 1 : i32}}
"a.string"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.string' op attribute 'x': expected string, found @text}}
"a.string"() {x = @text} : () -> ()

// -----

// expected-error@+1 {{'a.choice' op attribute 'x': expected one of 'row', 'column', found "diagonal"}}
"a.choice"() {x = "diagonal"} : () -> ()

// -----

// expected-error@+1 {{'a.choice' op attribute 'x': expected one of 'row', 'column', found ""}}
"a.choice"() {x = ""} : () -> ()

// -----

// expected-error@+1 {{'a.unit' op attribute 'x': expected unit, found true}}
"a.unit"() {x = true} : () -> ()

// -----

// expected-error@+1 {{'a.type' op attribute 'x': expected any type, found 1 : i32}}
"a.type"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.float_type' op attribute 'x': expected floating-point type, found i32}}
"a.float_type"() {x = i32} : () -> ()

// -----

// expected-error@+1 {{'a.float_type' op attribute 'x': expected floating-point type, found "f32"}}
"a.float_type"() {x = "f32"} : () -> ()

// -----

// expected-error@+1 {{'a.symbol' op attribute 'x': expected symbol reference, found "a"}}
"a.symbol"() {x = "a"} : () -> ()

// -----

// expected-error@+1 {{'a.flat_symbol' op attribute 'x': expected flat symbol reference, found @a::@b}}
"a.flat_symbol"() {x = @a::@b} : () -> ()

// -----

// expected-error@+1 {{'a.map' op attribute 'x': expected affine map, found affine_set<(d0) : (d0 == 0)>}}
"a.map"() {x = affine_set<(d0) : (d0 == 0)>} : () -> ()

// -----

// expected-error@+1 {{'a.set' op attribute 'x': expected integer set, found affine_map<(d0) -> (d0)>}}
"a.set"() {x = affine_map<(d0) -> (d0)>} : () -> ()

// -----

// expected-error@+1 {{'a.array' op attribute 'x': expected array of any attribute, found array<i32: 1>}}
"a.array"() {x = array<i32: 1>} : () -> ()

// -----

// expected-error@+1 {{'a.array' op attribute 'x': expected array of any attribute, found 1 : i32}}
"a.array"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.integers' op attribute 'x': element 0: type of 1 : i64: expected i32, found i64}}
"a.integers"() {x = [1 : i64]} : () -> ()

// -----

// expected-error@+1 {{'a.integers' op attribute 'x': element 1: expected i32 attribute, found "x"}}
"a.integers"() {x = [1 : i32, "x"]} : () -> ()

// -----

// expected-error@+1 {{'a.pair' op attribute 'x': expected array of 2 string, found 1 elements}}
"a.pair"() {x = ["a"]} : () -> ()

// -----

// expected-error@+1 {{'a.pair' op attribute 'x': expected array of 2 string, found 3 elements}}
"a.pair"() {x = ["a", "b", "c"]} : () -> ()

// -----

// expected-error@+1 {{'a.pair' op attribute 'x': element 1: expected string, found 1 : i64}}
"a.pair"() {x = ["a", 1]} : () -> ()

// -----

// expected-error@+1 {{'a.dense' op attribute 'x': expected dense array of i64, found array<i32: 1>}}
"a.dense"() {x = array<i32: 1>} : () -> ()

// -----

// expected-error@+1 {{'a.dense' op attribute 'x': expected dense array of i64, found [1, 2]}}
"a.dense"() {x = [1, 2]} : () -> ()

// -----

// expected-error@+1 {{'a.dense3' op attribute 'x': expected dense array of 3 i32, found 2 elements}}
"a.dense3"() {x = array<i32: 1, 2>} : () -> ()

// -----

// expected-error@+1 {{'a.dense3' op attribute 'x': expected dense array of 3 i32, found 0 elements}}
"a.dense3"() {x = array<i32>} : () -> ()

// -----

// expected-error@+1 {{'a.dictionary' op attribute 'x': expected dictionary, found []}}
"a.dictionary"() {x = []} : () -> ()

// -----

// expected-error@+1 {{'a.elements' op attribute 'x': expected constant, found [1, 2]}}
"a.elements"() {x = [1, 2]} : () -> ()

// -----

// expected-error@+1 {{'a.weights' op attribute 'x': type of the constant: element type of tensor<4xi32>: expected f32, found i32}}
"a.weights"() {x = dense<1> : tensor<4xi32>} : () -> ()

// -----

// expected-error@+1 {{'a.any_mode' op attribute 'x': expected a.mode (fast, exact), found 1 : i32}}
"a.any_mode"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.any_mode' op attribute 'x': expected a.mode (fast, exact), found 0 : i64}}
"a.any_mode"() {x = 0 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.any_mode' op attribute 'x': expected a.mode (fast, exact), found "fast"}}
"a.any_mode"() {x = "fast"} : () -> ()

// -----

// expected-error@+1 {{'a.any_side' op attribute 'x': expected a.side (left, right), found "up"}}
"a.any_side"() {x = "up"} : () -> ()

// -----

// expected-error@+1 {{'a.any_side' op attribute 'x': expected a.side (left, right), found 0 : i32}}
"a.any_side"() {x = 0 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.any_span' op #a.span<2 : i64, 1 : i64>: first 2 is behind last 1}}
"a.any_span"() {x = #a.span<2 : i64, 1 : i64>} : () -> ()

// -----

// expected-error@+1 {{'a.any_span' op attribute 'x': expected #a.span, found 1 : i64}}
"a.any_span"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.is' op attribute 'x': expected 42 : i32, found 43 : i32}}
"a.is"() {x = 43 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.is' op attribute 'x': expected 42 : i32, found 42 : i64}}
"a.is"() {x = 42 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.either' op attribute 'x': expected string or i32 attribute, found 1 : i64}}
"a.either"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.named' op attribute 'x': expected #hal.device.promise, found @d}}
"a.named"() {x = @d} : () -> ()
