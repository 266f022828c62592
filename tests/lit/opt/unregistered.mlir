// RUN: ireekit opt %s --split-input-file --allow-unregistered-dialect | filecheck %s
// RUN: not ireekit opt %s --split-input-file 2>&1 | filecheck %s --check-prefix=REFUSED

// CHECK: %0 = "nobody.knows"() : () -> !nobody.type<3>
// REFUSED: unregistered.mlir:[[# @LINE + 1]]:{{[0-9]+}}: error: {{.*}}dialect
%0 = "nobody.knows"() : () -> !nobody.type<3>

// -----

// CHECK: func.func private @f() attributes {nobody.attribute = #nobody.value<"x">}
// REFUSED: unregistered.mlir:[[# @LINE + 1]]:{{[0-9]+}}: error: #"nobody"<"value<"x">"> : 'none' attribute created with unregistered dialect
func.func private @f() attributes {nobody.attribute = #nobody.value<"x">}
