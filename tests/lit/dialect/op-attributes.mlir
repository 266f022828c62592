// REQUIRES: native
// RUN: ireekit opt %s --load %inputs/structure.py --split-input-file --verify-diagnostics -o /dev/null

// Attributes that must, may and need not be there.

"s.attributes"() {must = 1 : i64} : () -> ()

// -----

"s.attributes"() {must = 1 : i64, may = "x", flag, usual = 4 : i32} : () -> ()

// -----

"s.attributes"() {must = 1 : i64, discardable.one = 3 : i8} : () -> ()

// -----

// expected-error@+1 {{'s.attributes' op attribute 'must': expected i64 attribute, found none}}
"s.attributes"() : () -> ()

// -----

// expected-error@+1 {{'s.attributes' op attribute 'must': type of 1 : i32: expected i64, found i32}}
"s.attributes"() {must = 1 : i32} : () -> ()

// -----

// expected-error@+1 {{'s.attributes' op attribute 'may': expected string, found 1 : i64}}
"s.attributes"() {must = 1 : i64, may = 1 : i64} : () -> ()

// -----

// expected-error@+1 {{'s.attributes' op attribute 'flag': expected unit, found true}}
"s.attributes"() {must = 1 : i64, flag = true} : () -> ()

// -----

// expected-error@+1 {{'s.attributes' op attribute 'usual': type of 4 : i64: expected i32, found i64}}
"s.attributes"() {must = 1 : i64, usual = 4 : i64} : () -> ()

// -----

// expected-error@+1 {{invalid properties {must = 1 : i64} for op s.attributes: extensible Dialects don't support properties}}
"s.attributes"() <{must = 1 : i64}> : () -> ()

// -----

// expected-error@+1 {{unregistered operation 's.nothing' found in dialect ('s') that does not allow unknown operations}}
"s.nothing"() : () -> ()
