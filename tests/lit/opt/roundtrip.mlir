// RUN: ireekit opt %s --split-input-file --verify-roundtrip -o /dev/null
// RUN: ireekit opt %s --split-input-file --verify-roundtrip --no-implicit-module -o /dev/null
// RUN: ireekit opt %s --split-input-file --allow-unregistered-dialect --verify-roundtrip -o /dev/null

func.func @control(%n: index, %x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %x) -> f32 {
    %y = arith.addf %acc, %x : f32
    scf.yield %y : f32
  }
  return %r : f32
}

// -----

func.func @branches(%c: i1) -> i32 {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  %0 = arith.constant 1 : i32
  return %0 : i32
^bb2:
  %1 = arith.constant 2 : i32
  return %1 : i32
}

// -----

util.func public @tensors(%a: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = math.exp %a : tensor<?x4xf32>
  util.return %0 : tensor<?x4xf32>
}

// -----

module @resources {
  func.func @f() -> tensor<2xf32> {
    %0 = arith.constant dense_resource<w> : tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F00000040"
    }
  }
#-}
