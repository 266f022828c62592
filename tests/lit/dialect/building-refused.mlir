// RUN: ireekit opt %s --load %inputs/building.py --allow-unregistered-dialect --split-input-file --pass-pipeline='func.func(test-build)' --verify-diagnostics -o /dev/null

// What builders refuse, and what the verifier finds in what they made.

// expected-error@+1 {{pass test-build: s.matmul: the operand 'rhs' is missing}}
func.func @missing(%a: tensor<2x2xf32>) {
  "test.build"(%a) {what = "missing"} : (tensor<2x2xf32>) -> ()
  return
}

// -----

// expected-error@+1 {{pass test-build: s.same has no field 'z'}}
func.func @unknown(%a: tensor<2x2xf32>) {
  "test.build"(%a) {what = "unknown"} : (tensor<2x2xf32>) -> ()
  return
}

// -----

// expected-error@+1 {{pass test-build: s.concat: attribute 'axis': expected i64 attribute of at least 0, found -1}}
func.func @refused(%a: tensor<2x2xf32>) {
  "test.build"(%a) {what = "refused"} : (tensor<2x2xf32>) -> ()
  return
}
