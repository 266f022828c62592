// REQUIRES: native
// RUN: not ireekit compile %s --load %inputs/hooked.py -p raises -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=RAISES
// RUN: not ireekit compile %s --load %inputs/hooked.py -p breaks -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=BREAKS
// RUN: not ireekit compile %s --load %inputs/hooked.py -p misspelt -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=MISSPELT
// RUN: ireekit compile %s --load %inputs/hooked.py -p idle -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=IDLE
// RUN: ireekit compile %s --load %inputs/hooked.py -p anchors -t cpu:x86-64-v3 --no-cache -o %t.vmfb 2>&1 | filecheck %s --check-prefix=ANCHORS
// RUN: not ireekit compile %s --load %inputs/hooked.py -t cpu:x86-64-v3 -o %t.vmfb 2>&1 | filecheck %s --check-prefix=SEVERAL

// RAISES:      error: ValueError: not like this
// RAISES-NEXT: while running on util.func @main
// RAISES-NEXT: which runs before iree-dispatch-creation-form-dispatch-regions
// RAISES-NEXT: op: util.func
// RAISES-NEXT: at: {{.*}}hooked.py:
// RAISES-NEXT: in: pass lit-raise

// BREAKS:      error: left invalid IR behind: block with no terminator
// BREAKS-NEXT: which runs after iree-llvmcpu-select-lowering-strategy
// BREAKS:      at: {{.*}}hook-failures.mlir:
// BREAKS-NEXT: in: pass lit-break

// MISSPELT:      error: the compiler has no pass 'iree-dispatch-creation-form-dispach-regions', which lit-note is to run before
// MISSPELT-NEXT: remedy: did you mean 'iree-dispatch-creation-form-dispatch-regions'?

// IDLE: warning: before iree-llvmgpu-select-lowering-strategy: lit-note never ran: the compiler did not run iree-llvmgpu-select-lowering-strategy for this program; near it: iree-llvmcpu-

// ANCHORS: warning: before iree-dispatch-creation-form-dispatch-regions: lit-retile never ran: iree-dispatch-creation-form-dispatch-regions runs on util.func, where there is no func.func

// SEVERAL: error: there are several pipelines: notes, exp,
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = math.tanh %x : tensor<8xf32>
  return %0 : tensor<8xf32>
}
