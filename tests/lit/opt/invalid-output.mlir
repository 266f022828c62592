// RUN: ireekit opt %s --load %inputs/passes.py --test-break --verify-each=0 | filecheck %s
// RUN: not ireekit opt %s --load %inputs/passes.py --test-break --verify-each=1 2>&1 | filecheck %s --check-prefix=VERIFIED

// What does not verify is printed in the generic form: printers of operations may not survive it.

// CHECK: "builtin.module"() ({
// CHECK-NEXT: "func.func"() <{sym_name = "f"}> ({
// VERIFIED: error: 'func.func' op requires attribute 'function_type'
func.func @f() { return }
