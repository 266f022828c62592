// RUN: ireekit opt %s --allow-unregistered-dialect --load %inputs/rewriting.py --pass-pipeline='builtin.module(t-split)' | filecheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: i1) -> (f32, f32)
// CHECK: %[[N:.*]]:2 = "t.neg2"(%[[A]], %[[B]])
// CHECK: %[[R:.*]]:2 = scf.if %[[C]] -> (f32, f32)
// CHECK: scf.yield %[[N]]#0, %[[N]]#1 : f32, f32
// CHECK: return %[[R]]#0, %[[R]]#1 : f32, f32
func.func @f(%a: f64, %c: i1) -> f64 {
  %0 = "t.neg"(%a) : (f64) -> f64
  %1 = scf.if %c -> f64 {
    scf.yield %0 : f64
  } else {
    scf.yield %a : f64
  }
  return %1 : f64
}
