// RUN: ireekit opt %s --pass-pipeline='builtin.module(mypipeline-precise-functions)' | filecheck %s

// A kernel of a machine with fused multiplication and addition. One division, none for erf; no comparison but the limit.

// CHECK-LABEL: func.func @tanh
// CHECK: %[[SIZE:.*]] = math.absf %[[X:.*]] : f32
// CHECK: arith.cmpf ogt, %[[SIZE]]
// CHECK: arith.select
// CHECK-COUNT-8: math.fma
// CHECK-NOT: math.tanh
// CHECK: %[[E:.*]] = math.fma
// CHECK: arith.addf %[[E]], %{{.*}} : f32
// CHECK: %[[Q:.*]] = arith.divf %[[E]]
// CHECK: math.copysign %[[Q]], %[[X]] : f32
// CHECK-LABEL: func.func @erf
// CHECK-COUNT-18: math.fma
// CHECK-NOT: math.erf
// CHECK-NOT: arith.divf
// CHECK: math.copysign
// Other types are left to the compiler.
// CHECK-LABEL: func.func @half
// CHECK: math.tanh %{{.*}} : f16

// Without such instructions they stay.

// CHECK-LABEL: func.func @unfused
// CHECK: math.tanh %{{.*}} : f32

#fused = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#plain = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#layout = #hal.pipeline.layout<bindings = [#hal.pipeline.binding<storage_buffer>]>
#same = affine_map<(i) -> (i)>
hal.executable private @kernels {
  hal.executable.variant public @fused target(#fused) {
    hal.executable.export public @tanh ordinal(0) layout(#layout)
    hal.executable.export public @erf ordinal(1) layout(#layout)
    hal.executable.export public @half ordinal(2) layout(#layout)
    builtin.module {
      func.func @tanh(%x: tensor<64xf32>) -> tensor<64xf32> {
        %e = tensor.empty() : tensor<64xf32>
        %r = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
          ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
        ^bb0(%in: f32, %out: f32):
          %0 = math.tanh %in : f32
          linalg.yield %0 : f32
        } -> tensor<64xf32>
        return %r : tensor<64xf32>
      }
      func.func @erf(%x: tensor<64xf32>) -> tensor<64xf32> {
        %e = tensor.empty() : tensor<64xf32>
        %r = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
          ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
        ^bb0(%in: f32, %out: f32):
          %0 = math.erf %in : f32
          linalg.yield %0 : f32
        } -> tensor<64xf32>
        return %r : tensor<64xf32>
      }
      func.func @half(%x: tensor<64xf16>) -> tensor<64xf16> {
        %e = tensor.empty() : tensor<64xf16>
        %r = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
          ins(%x : tensor<64xf16>) outs(%e : tensor<64xf16>) {
        ^bb0(%in: f16, %out: f16):
          %0 = math.tanh %in : f16
          linalg.yield %0 : f16
        } -> tensor<64xf16>
        return %r : tensor<64xf16>
      }
    }
  }
  hal.executable.variant public @plain target(#plain) {
    hal.executable.export public @unfused ordinal(0) layout(#layout)
    builtin.module {
      func.func @unfused(%x: tensor<64xf32>) -> tensor<64xf32> {
        %e = tensor.empty() : tensor<64xf32>
        %r = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
          ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
        ^bb0(%in: f32, %out: f32):
          %0 = math.tanh %in : f32
          linalg.yield %0 : f32
        } -> tensor<64xf32>
        return %r : tensor<64xf32>
      }
    }
  }
}
