// RUN: ireekit opt %s --load %inputs/constraints.py --split-input-file --verify-diagnostics -o /dev/null

// What each constraint of attributes refuses.

// expected-error@+1 {{'a.i64' op attribute 'x': type of 3 : i32: expected i64, found i32}}
"a.i64"() {x = 3 : i32} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.integer' but got 'builtin.float'}}
"a.i64"() {x = 3.0 : f64} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.integer' but got 'builtin.string'}}
"a.i64"() {x = "3"} : () -> ()

// -----

// expected-error@+1 {{'a.index' op attribute 'x': type of 4 : i64: expected index, found i64}}
"a.index"() {x = 4 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.f32' op attribute 'x': type of 1.500000e+00 : f64: expected f32, found f64}}
"a.f32"() {x = 1.5 : f64} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.float' but got 'builtin.integer'}}
"a.f32"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.float' but got 'builtin.integer'}}
"a.float"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.integer' but got 'builtin.float'}}
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

// expected-error@+1 {{'1 : i8' does not satisfy the constraint}}
"a.bool"() {x = 1 : i8} : () -> ()

// -----

// expected-error@+1 {{'"true"' does not satisfy the constraint}}
"a.bool"() {x = "true"} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.string' but got 'builtin.integer'}}
"a.string"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.string' but got 'builtin.symbol_ref'}}
"a.string"() {x = @text} : () -> ()

// -----

// expected-error@+1 {{'a.choice' op attribute 'x': expected one of 'row', 'column', found "diagonal"}}
"a.choice"() {x = "diagonal"} : () -> ()

// -----

// expected-error@+1 {{'a.choice' op attribute 'x': expected one of 'row', 'column', found ""}}
"a.choice"() {x = ""} : () -> ()

// -----

// expected-error@+1 {{expected 'unit' but got 'true'}}
"a.unit"() {x = true} : () -> ()

// -----

// expected-error@+1 {{'a.type' op attribute 'x': expected any type, found 1 : i32}}
"a.type"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'i32' does not satisfy the constraint}}
"a.float_type"() {x = i32} : () -> ()

// -----

// expected-error@+1 {{'"f32"' does not satisfy the constraint}}
"a.float_type"() {x = "f32"} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.symbol_ref' but got 'builtin.string'}}
"a.symbol"() {x = "a"} : () -> ()

// -----

// expected-error@+1 {{'a.flat_symbol' op attribute 'x': expected flat symbol reference, found @a::@b}}
"a.flat_symbol"() {x = @a::@b} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.affine_map' but got 'builtin.integer_set'}}
"a.map"() {x = affine_set<(d0) : (d0 == 0)>} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.integer_set' but got 'builtin.affine_map'}}
"a.set"() {x = affine_map<(d0) -> (d0)>} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.array' but got 'builtin.dense_array'}}
"a.array"() {x = array<i32: 1>} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.array' but got 'builtin.integer'}}
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

// expected-error@+1 {{expected base attribute 'builtin.dense_array' but got 'builtin.array'}}
"a.dense"() {x = [1, 2]} : () -> ()

// -----

// expected-error@+1 {{'a.dense3' op attribute 'x': expected dense array of 3 i32, found 2 elements}}
"a.dense3"() {x = array<i32: 1, 2>} : () -> ()

// -----

// expected-error@+1 {{'a.dense3' op attribute 'x': expected dense array of 3 i32, found 0 elements}}
"a.dense3"() {x = array<i32>} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'builtin.dictionary' but got 'builtin.array'}}
"a.dictionary"() {x = []} : () -> ()

// -----

// expected-error@+1 {{'[1, 2]' does not satisfy the constraint}}
"a.elements"() {x = [1, 2]} : () -> ()

// -----

// expected-error@+1 {{'a.weights' op attribute 'x': type of the constant: element type of tensor<4xi32>: expected f32, found i32}}
"a.weights"() {x = dense<1> : tensor<4xi32>} : () -> ()

// -----

// expected-error@+1 {{'1 : i32' does not satisfy the constraint}}
"a.any_mode"() {x = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'0 : i64' does not satisfy the constraint}}
"a.any_mode"() {x = 0 : i64} : () -> ()

// -----

// expected-error@+1 {{'"fast"' does not satisfy the constraint}}
"a.any_mode"() {x = "fast"} : () -> ()

// -----

// expected-error@+1 {{'"up"' does not satisfy the constraint}}
"a.any_side"() {x = "up"} : () -> ()

// -----

// expected-error@+1 {{'0 : i32' does not satisfy the constraint}}
"a.any_side"() {x = 0 : i32} : () -> ()

// -----

// expected-error@+1 {{'a.any_span' op #a.span<2 : i64, 1 : i64>: first 2 is behind last 1}}
"a.any_span"() {x = #a.span<2 : i64, 1 : i64>} : () -> ()

// -----

// expected-error@+1 {{expected base attribute 'a.span' but got 'builtin.integer'}}
"a.any_span"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{expected '42 : i32' but got '43 : i32'}}
"a.is"() {x = 43 : i32} : () -> ()

// -----

// expected-error@+1 {{expected '42 : i32' but got '42 : i64'}}
"a.is"() {x = 42 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.either' op attribute 'x': expected string or i32 attribute, found 1 : i64}}
"a.either"() {x = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'a.named' op attribute 'x': expected #hal.device.promise, found @d}}
"a.named"() {x = @d} : () -> ()
