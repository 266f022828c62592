// RUN: ireekit opt %s --mypipeline-global-pooling | filecheck %s

// CHECK-LABEL: @one
// CHECK-DAG: %[[H:[a-z0-9_-]+]] = torch.constant.int -2
// CHECK-DAG: %[[W:[a-z0-9_-]+]] = torch.constant.int -1
// CHECK: %[[AXES:[a-z0-9_]+]] = torch.prim.ListConstruct %[[H]], %[[W]]
// CHECK: torch.aten.mean.dim %{{.*}}, %[[AXES]], %true
// CHECK-NOT: adaptive
func.func @one(%x: !torch.vtensor<[2,8,7,5],f32>) -> !torch.vtensor<[2,8,1,1],f32> {
  %one = torch.constant.int 1
  %sizes = torch.prim.ListConstruct %one, %one : (!torch.int, !torch.int) -> !torch.list<int>
  %mean = torch.aten.adaptive_avg_pool2d %x, %sizes : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int> -> !torch.vtensor<[2,8,1,1],f32>
  return %mean : !torch.vtensor<[2,8,1,1],f32>
}

// CHECK-LABEL: @several
// CHECK: torch.aten.adaptive_avg_pool2d
func.func @several(%x: !torch.vtensor<[2,8,7,5],f32>) -> !torch.vtensor<[2,8,1,3],f32> {
  %one = torch.constant.int 1
  %three = torch.constant.int 3
  %sizes = torch.prim.ListConstruct %one, %three : (!torch.int, !torch.int) -> !torch.list<int>
  %mean = torch.aten.adaptive_avg_pool2d %x, %sizes : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int> -> !torch.vtensor<[2,8,1,3],f32>
  return %mean : !torch.vtensor<[2,8,1,3],f32>
}
