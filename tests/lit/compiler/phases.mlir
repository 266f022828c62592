// RUN: ireekit compile %s -t cpu:x86-64-v3 -p mypipeline --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*-start.mlir | filecheck %s --check-prefix=START
// RUN: cat %t.dump/*-abi.mlir | filecheck %s --check-prefix=ABI
// RUN: cat %t.dump/*-flow.mlir | filecheck %s --check-prefix=FLOW
// RUN: cat %t.dump/*-executable-sources.mlir | filecheck %s --check-prefix=SOURCES
// RUN: cat %t.dump/*-end.mlir | filecheck %s --check-prefix=END

// The program as it is dumped after each phase.

// START:     func.func @main
// START-NOT: util.func

// ABI: util.func public @main({{.*}}!hal.buffer_view
// ABI: linalg.matmul

// FLOW: flow.executable
// FLOW: flow.dispatch

// SOURCES: hal.executable private @main_dispatch_0
// SOURCES: hal.executable.variant

// END: vm.module public @module
// END: vm.export @main

func.func @main(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>) -> tensor<8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x4xf32>)
                     outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %c : tensor<8x4xf32>
}
