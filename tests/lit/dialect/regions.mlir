// REQUIRES: native
// RUN: ireekit opt %s --load %inputs/structure.py --split-input-file --verify-diagnostics -o /dev/null

// Regions: how many, of how many blocks, with what arguments.

// expected-error@+1 {{'s.regions' op region 'body': expected 1 block, found 0}}
"s.regions"() ({
}, {
}) : () -> ()

// -----

"s.regions"() ({
  %0 = arith.constant 1 : i32
}, {
}) : () -> ()

// -----

"s.regions"() ({
^bb0:
  %0 = arith.constant 1 : i32
}, {
^bb0:
  "s.branch"()[^bb1] : () -> ()
^bb1:
  "s.branch"()[^bb1] : () -> ()
}) : () -> ()

// -----

// expected-error@+1 {{'s.regions' op region 'body': expected 1 block, found 2}}
"s.regions"() ({
^bb0:
  "s.branch"()[^bb1] : () -> ()
^bb1:
  "s.branch"()[^bb1] : () -> ()
}, {
}) : () -> ()

// -----

// expected-error@+1 {{'s.regions' op expected 2 regions, found 1}}
"s.regions"() ({
^bb0:
}) : () -> ()

// -----

// expected-error@+1 {{'s.regions' op expected 2 regions, found 3}}
"s.regions"() ({
^bb0:
}, {
}, {
}) : () -> ()

// -----

"s.arguments"() ({
^bb0(%a: i32, %b: f64):
}) : () -> ()

// -----

// expected-note@+1 {{see the operation}}
"s.arguments"() ({
// expected-error@+1 {{'s.arguments' op argument 1 of region 'body': expected floating-point type, found i32}}
^bb0(%a: i32, %b: i32):
}) : () -> ()

// -----

// expected-note@+1 {{see the operation}}
"s.arguments"() ({
// expected-error@+1 {{'s.arguments' op region 'body': expected 2 entry block arguments, found 1}}
^bb0(%a: i32):
}) : () -> ()

// -----

// expected-note@+1 {{see the operation}}
"s.arguments"() ({
// expected-error@+1 {{'s.arguments' op region 'body': expected 2 entry block arguments, found 3}}
^bb0(%a: i32, %b: f32, %c: f32):
}) : () -> ()

// -----

// expected-error@+1 {{'s.arguments' op region 'body': expected 1 block, found 0}}
"s.arguments"() ({
}) : () -> ()

// -----

"s.many_regions"() : () -> ()

// -----

"s.many_regions"() ({
^bb0:
}, {
^bb0:
}, {
^bb0:
}) : () -> ()

// -----

// expected-error@+1 {{'s.many_regions' op region 'cases': expected 1 block, found 0}}
"s.many_regions"() ({
^bb0:
}, {
}) : () -> ()
