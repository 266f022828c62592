// RUN: ireekit opt %s --split-input-file --verify-diagnostics --convert-scf-to-cf -o /dev/null

// A pass of the compiler that has nothing to say about valid IR, and IR it never gets.

func.func @loop(%n: index) {
  scf.for %i = %n to %n step %n {
  }
  return
}

// -----

func.func @invalid(%n: index) {
  // expected-error@+1 {{'scf.if' op operand #0 must be 1-bit signless integer, but got 'index'}}
  "scf.if"(%n) ({
    scf.yield
  }, {
  }) : (index) -> ()
  return
}
