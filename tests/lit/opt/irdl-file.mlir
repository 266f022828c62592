// RUN: ireekit opt %s --irdl-file %inputs/cmath.irdl --split-input-file --verify-diagnostics --verify-roundtrip -o /dev/null
// RUN: not ireekit opt %s --irdl-file %inputs/nothing.irdl 2>&1 | filecheck %s --check-prefix=NOTHING
// RUN: not ireekit opt %s --irdl-file %inputs/passes.py 2>&1 | filecheck %s --check-prefix=PYTHON
// RUN: not ireekit opt %s --irdl-file %inputs/cmath.irdl --irdl-file %inputs/cmath.irdl 2>&1 | filecheck %s --check-prefix=TWICE

// A dialect that is given as IRDL text alone, as iree-opt takes it.

// NOTHING: error: cannot read {{.*}}nothing.irdl
// PYTHON: error: the IRDL text of the dialect does not parse
// PYTHON: at: {{.*}}passes.py
// TWICE: error: the dialect 'cmath' is loaded already

func.func @fine(%a: !cmath.complex<f32>) -> f32 {
  %0 = "cmath.norm"(%a) : (!cmath.complex<f32>) -> f32
  return %0 : f32
}

// -----

func.func @wrong(%a: f64) -> f32 {
  // expected-error@+1 {{expected base type 'cmath.complex' but got 'builtin.f64'}}
  %0 = "cmath.norm"(%a) : (f64) -> f32
  return %0 : f32
}
