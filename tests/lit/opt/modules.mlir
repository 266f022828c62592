// RUN: ireekit opt %s --split-input-file | filecheck %s
// RUN: ireekit opt %s --split-input-file --no-implicit-module | filecheck %s --check-prefix=BARE
// RUN: echo 'func.func @a() { return } func.func @b() { return }' | not ireekit opt --no-implicit-module 2>&1 | filecheck %s --check-prefix=TWO
// RUN: echo '' | ireekit opt | filecheck %s --check-prefix=EMPTY
// RUN: echo '' | not ireekit opt --no-implicit-module 2>&1 | filecheck %s --check-prefix=NONE

// TWO: error: source must contain a single top-level operation, found: 2
// EMPTY: module {
// NONE: error: source must contain a single top-level operation, found: 0

// CHECK: {{^}}module {
// BARE: {{^}}func.func @f() {
func.func @f() { return }

// -----

// CHECK: {{^}}module @named {
// BARE: {{^}}module @named {
module @named {
}
