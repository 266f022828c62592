// RUN: ireekit opt %s --pass-pipeline='builtin.module(mypipeline-softmax-kernels,mypipeline-configure-dispatches)' | filecheck %s
// RUN: ireekit opt %s --pass-pipeline='builtin.module(mypipeline-configure-dispatches)' | filecheck %s --check-prefix=OFF

// Kernels of a machine with 32 vector registers of 512 bits.

// OFF-LABEL: @softmax
// OFF: linalg.softmax

// CHECK: #[[MOST:config[0-9]*]] = #iree_cpu.lowering_config<vector_common_parallel = [1, 1, 0], vector_reduction = [0, 0, 32]>
// CHECK: #[[ROOT:config[0-9]*]] = #iree_cpu.lowering_config<distribution = [1, 64, 0], vector_common_parallel = [1, 1, 0], vector_reduction = [0, 0, 32]>
// CHECK: #[[ALONG:config[0-9]*]] = #iree_cpu.lowering_config<vector_common_parallel = [1, 1, 0], vector_inner_parallel = [0, 0, 32]>
// CHECK: #[[BLOCKS:config[0-9]*]] = #iree_cpu.lowering_config<distribution = [197, 1, 32, 0], vector_common_parallel = [8, 1, 32, 0], vector_reduction = [0, 0, 0, 1]>
// CHECK: #[[KEYS:config[0-9]*]] = #iree_cpu.lowering_config<distribution = [1, 197, 16, 0], vector_common_parallel = [1, 8, 16, 0], vector_reduction = [0, 0, 0, 16]>
// CHECK: #[[ROW:config[0-9]*]] = #iree_cpu.lowering_config<distribution = [1, 64, 0], vector_common_parallel = [1, 64, 0], vector_reduction = [0, 0, 1]>
// CHECK: #[[ROWS:config[0-9]*]] = #iree_cpu.lowering_config<distribution = [1, 32, 0], vector_common_parallel = [1, 32, 0], vector_reduction = [0, 0, 1]>
// CHECK: #[[PEELED:translation[0-9]*]] = #iree_codegen.translation_info<pipeline = #iree_cpu.pipeline<DoubleTilingExpert>, {enable_loop_peeling}>
// CHECK: #[[FIRST:compilation[0-9]*]] = #iree_codegen.compilation_info<lowering_config = #[[BLOCKS]], translation_info = #[[PEELED]]>
// CHECK: #[[SECOND:compilation[0-9]*]] = #iree_codegen.compilation_info<lowering_config = #[[KEYS]], translation_info = #[[PEELED]]>
// CHECK: #[[THIRD:compilation[0-9]*]] = #iree_codegen.compilation_info<lowering_config = #[[ROW]], translation_info = #[[PEELED]]>
// CHECK: #[[FOURTH:compilation[0-9]*]] = #iree_codegen.compilation_info<lowering_config = #[[ROWS]], translation_info = #{{translation[0-9]*}}>

// CHECK-LABEL: func.func @softmax
// CHECK-SAME: attributes {translation_info = #[[PEELED]]}
// The producer is computed where its results are used.
// CHECK: linalg.generic {{.*}} {lowering_config = #[[MOST]]}
// CHECK: arith.mulf
// CHECK: arith.maxnumf
// CHECK: linalg.generic {{.*}} {lowering_config = #[[ROOT]]}
// CHECK: arith.mulf
// CHECK: math.exp
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK: arith.divf
// CHECK: linalg.generic {{.*}} {lowering_config = #[[ALONG]]}

// A row of dynamic length is not stored between: its exponentials are computed twice.

// CHECK-LABEL: func.func @dynamic_softmax
// CHECK: arith.maxnumf
// CHECK: math.exp
// CHECK: math.exp
// CHECK-NOT: linalg.softmax

// CHECK-LABEL: func.func @blocked
// CHECK: linalg.generic {{.*}} {compilation_info = #[[FIRST]]}
// CHECK-LABEL: func.func @keys
// CHECK: linalg.generic {{.*}} {compilation_info = #[[SECOND]]}
// One row: all columns of a block in registers.
// CHECK-LABEL: func.func @row
// CHECK: linalg.generic {{.*}} {compilation_info = #[[THIRD]]}
// Sums of rows: two vectors of channels, as four would leave one workgroup.
// CHECK-LABEL: func.func @mean
// CHECK: linalg.generic {{.*}} {compilation_info = #[[FOURTH]]}
// Channels that do not fill a vector are left to the compiler, as are sums along rows.
// CHECK-LABEL: func.func @odd_mean
// CHECK-NOT: compilation_info
// CHECK-LABEL: func.func @along_rows
// CHECK-NOT: compilation_info
#cpu = #hal.executable.target<"llvm-cpu", "embedded-elf-x86_64", {cpu_features = "+avx2,+avx512f", target_triple = "x86_64-unknown-unknown-eabi-elf"}>
#layout = #hal.pipeline.layout<bindings = [#hal.pipeline.binding<storage_buffer>]>
hal.executable private @kernels {
  hal.executable.variant public @cpu target(#cpu) {
    hal.executable.export public @softmax ordinal(0) layout(#layout)
    builtin.module {
      func.func @softmax(%x: tensor<2x64x48xf32>) -> tensor<2x64x48xf32> {
        %half = arith.constant 0.5 : f32
        %e = tensor.empty() : tensor<2x64x48xf32>
        %s = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%x : tensor<2x64x48xf32>) outs(%e : tensor<2x64x48xf32>) {
        ^bb0(%in: f32, %out: f32):
          %0 = arith.mulf %in, %half : f32
          linalg.yield %0 : f32
        } -> tensor<2x64x48xf32>
        %r = linalg.softmax dimension(2) ins(%s : tensor<2x64x48xf32>) outs(%e : tensor<2x64x48xf32>) -> tensor<2x64x48xf32>
        return %r : tensor<2x64x48xf32>
      }
      func.func @dynamic_softmax(%x: tensor<64x?xf32>, %e: tensor<64x?xf32>) -> tensor<64x?xf32> {
        %r = linalg.softmax dimension(1) ins(%x : tensor<64x?xf32>) outs(%e : tensor<64x?xf32>) -> tensor<64x?xf32>
        return %r : tensor<64x?xf32>
      }
      func.func @blocked(%x: tensor<197x384xf32>, %w: tensor<12x384x32xf32>, %o: tensor<197x12x32xf32>) -> tensor<197x12x32xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(m, n, i, k) -> (m, k)>, affine_map<(m, n, i, k) -> (n, k, i)>, affine_map<(m, n, i, k) -> (m, n, i)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%x, %w : tensor<197x384xf32>, tensor<12x384x32xf32>) outs(%o : tensor<197x12x32xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32):
          %0 = arith.mulf %a, %b : f32
          %1 = arith.addf %c, %0 : f32
          linalg.yield %1 : f32
        } -> tensor<197x12x32xf32>
        return %r : tensor<197x12x32xf32>
      }
      func.func @keys(%q: tensor<197x6x64xf32>, %k: tensor<197x6x64xf32>, %o: tensor<6x197x197xf32>) -> tensor<6x197x197xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(h, q, n, k) -> (q, h, k)>, affine_map<(h, q, n, k) -> (n, h, k)>, affine_map<(h, q, n, k) -> (h, q, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%q, %k : tensor<197x6x64xf32>, tensor<197x6x64xf32>) outs(%o : tensor<6x197x197xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32):
          %0 = arith.mulf %a, %b : f32
          %1 = arith.addf %c, %0 : f32
          linalg.yield %1 : f32
        } -> tensor<6x197x197xf32>
        return %r : tensor<6x197x197xf32>
      }
      func.func @row(%x: tensor<384xf32>, %w: tensor<16x384x64xf32>, %o: tensor<16x64xf32>) -> tensor<16x64xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(n, i, k) -> (k)>, affine_map<(n, i, k) -> (n, k, i)>, affine_map<(n, i, k) -> (n, i)>], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x, %w : tensor<384xf32>, tensor<16x384x64xf32>) outs(%o : tensor<16x64xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32):
          %0 = arith.mulf %a, %b : f32
          %1 = arith.addf %c, %0 : f32
          linalg.yield %1 : f32
        } -> tensor<16x64xf32>
        return %r : tensor<16x64xf32>
      }
      func.func @mean(%x: tensor<1x196x96xf32>, %o: tensor<1x96xf32>) -> tensor<1x96xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(n, c, p) -> (n, p, c)>, affine_map<(n, c, p) -> (n, c)>], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x : tensor<1x196x96xf32>) outs(%o : tensor<1x96xf32>) {
        ^bb0(%a: f32, %c: f32):
          %0 = arith.addf %a, %c : f32
          linalg.yield %0 : f32
        } -> tensor<1x96xf32>
        return %r : tensor<1x96xf32>
      }
      func.func @odd_mean(%x: tensor<1x196x40xf32>, %o: tensor<1x40xf32>) -> tensor<1x40xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(n, c, p) -> (n, p, c)>, affine_map<(n, c, p) -> (n, c)>], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x : tensor<1x196x40xf32>) outs(%o : tensor<1x40xf32>) {
        ^bb0(%a: f32, %c: f32):
          %0 = arith.addf %a, %c : f32
          linalg.yield %0 : f32
        } -> tensor<1x40xf32>
        return %r : tensor<1x40xf32>
      }
      func.func @along_rows(%x: tensor<1x196x96xf32>, %o: tensor<1x196xf32>) -> tensor<1x196xf32> {
        %r = linalg.generic {indexing_maps = [affine_map<(n, p, c) -> (n, p, c)>, affine_map<(n, p, c) -> (n, p)>], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x : tensor<1x196x96xf32>) outs(%o : tensor<1x196xf32>) {
        ^bb0(%a: f32, %c: f32):
          %0 = arith.addf %a, %c : f32
          linalg.yield %0 : f32
        } -> tensor<1x196xf32>
        return %r : tensor<1x196xf32>
      }
    }
  }
}
