// RUN: ireekit opt %s --load %inputs/passes.py --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(cse),test-refuse,func.func(canonicalize))'

// A pass that raises is an error at the operation it ran on.

func.func @f() { return }
// expected-error @+1 {{pass test-refuse: ValueError: this function is refused}}
func.func @g() attributes { refuse } { return }
func.func @h() attributes { refuse } { return }

// -----

module @inner {
  // expected-error @+1 {{this function is refused}}
  func.func @f() attributes { refuse } { return }
}

// -----

func.func @fine() { return }
