// REQUIRES: native
// RUN: ireekit compile %s --load %inputs/hooked.py -p notes -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=NOTES
// RUN: ireekit compile %s --load %inputs/hooked.py -p exp -t cpu:x86-64-v3 --no-cache -o %t.vmfb --report passes --print-ir-before iree-dispatch-creation-form-dispatch-regions --print-ir-after iree-flow-outline-dispatch-regions 2>&1 | filecheck %s --check-prefix=EXP
// RUN: ireekit compile %s --load %inputs/hooked.py -p tiles -t cpu:x86-64-v3 --no-cache -o %t.vmfb --print-ir-after iree-codegen-tile-and-distribute-to-workgroups-using-forall-op 2>&1 | filecheck %s --check-prefix=TILES
// RUN: ireekit compile %s --load %inputs/hooked.py -p tidy -t cpu:x86-64-v3 --no-cache -o %t.vmfb --print-ir-before iree-abi-wrap-entry-points 2>&1 | filecheck %s --check-prefix=TIDY

// Steps run on the operation the pass runs on, in order.

// NOTES:      before: util.func
// NOTES-NEXT: too: util.func
// NOTES-NEXT: after: util.func
// NOTES-NEXT: hooks.mlir.tmp.vmfb

// What they change is what the compiler goes on with, and what is printed before the pass.

// EXP:       IR Dump Before iree-dispatch-creation-form-dispatch-regions
// EXP-NOT:   math.tanh
// EXP:       math.exp
// EXP-LABEL: IR Dump After iree-flow-outline-dispatch-regions
// EXP:       flow.executable private @main_dispatch_0
// EXP:       math.exp
// EXP:       before iree-dispatch-creation-form-dispatch-regions{{ +}}lit-tanh-to-exp

// A lowering configuration set from Python, inside of the executable.

// TILES: scf.forall {{.*}} step (4, 8)

// Passes of the compiler at a hook; printing is nearer to the pass than the step is.

// TIDY-COUNT-1: arith.addf
// TIDY:         math.tanh
func.func @main(%x: tensor<32x64xf32>, %y: tensor<64x32xf32>) -> tensor<32x32xf32> {
  %zero = arith.constant 0.0 : f32
  %a = arith.addf %x, %x : tensor<32x64xf32>
  %b = arith.addf %x, %x : tensor<32x64xf32>
  %c = arith.mulf %a, %b : tensor<32x64xf32>
  %empty = tensor.empty() : tensor<32x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<32x32xf32>) -> tensor<32x32xf32>
  %d = linalg.matmul ins(%c, %y : tensor<32x64xf32>, tensor<64x32xf32>)
                     outs(%init : tensor<32x32xf32>) -> tensor<32x32xf32>
  %e = math.tanh %d : tensor<32x32xf32>
  return %e : tensor<32x32xf32>
}
