// RUN: ireekit opt %s --load %inputs/demo.py --mlir-print-debuginfo --mlir-print-local-scope | filecheck %s

func.func @f(%a: f32, %t: !demo.tile<4 x f32>) {
  // CHECK: demo.add %{{.*}}, %{{.*}} : f32 loc("{{.*}}locations.mlir":5:8)
  %0 = demo.add %a, %a : f32
  // CHECK: demo.add %{{.*}}, %{{.*}} {x} : f32 loc("{{.*}}locations.mlir":7:8)
  %1 = demo.add
    %a, // the operation began above
    %a {x}
    : f32
  // CHECK: demo.neg %{{.*}} : !demo.tile<4 x f32> loc("{{.*}}locations.mlir":14:8)
  // CHECK-NEXT: demo.neg %{{.*}} : f32 loc("{{.*}}locations.mlir":14:49)
  // CHECK-NEXT: demo.neg %{{.*}} : f32 loc("given":1:2)
  %2 = demo.neg %t : !demo.tile<4 x f32>   %3 = demo.neg %a : f32 %4 = demo.neg %a : f32 loc("given":1:2)
  // CHECK: return loc("{{.*}}locations.mlir":16:3)
  return
}
