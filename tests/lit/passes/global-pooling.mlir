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

// A window larger than the image covers all of it; one that is smaller, or padded, does not.

// CHECK-LABEL: @window
// CHECK: torch.aten.mean.dim
// CHECK-NOT: avg_pool
func.func @window(%x: !torch.vtensor<[2,8,7,5],f32>) -> !torch.vtensor<[2,8,1,1],f32> {
  %zero = torch.constant.int 0
  %big = torch.constant.int 64
  %yes = torch.constant.bool true
  %none = torch.constant.none
  %kernel = torch.prim.ListConstruct %big, %big : (!torch.int, !torch.int) -> !torch.list<int>
  %padding = torch.prim.ListConstruct %zero, %zero : (!torch.int, !torch.int) -> !torch.list<int>
  %mean = torch.aten.avg_pool2d %x, %kernel, %kernel, %padding, %yes, %yes, %none : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int>, !torch.list<int>, !torch.list<int>, !torch.bool, !torch.bool, !torch.none -> !torch.vtensor<[2,8,1,1],f32>
  return %mean : !torch.vtensor<[2,8,1,1],f32>
}

// CHECK-LABEL: @windows
// CHECK: torch.aten.avg_pool2d
// CHECK: torch.aten.avg_pool2d
// CHECK: torch.aten.avg_pool2d
func.func @windows(%x: !torch.vtensor<[2,8,7,5],f32>) -> (!torch.vtensor<[2,8,1,1],f32>, !torch.vtensor<[2,8,1,1],f32>, !torch.vtensor<[2,8,1,1],f32>) {
  %zero = torch.constant.int 0
  %one = torch.constant.int 1
  %five = torch.constant.int 5
  %nine = torch.constant.int 9
  %no = torch.constant.bool false
  %none = torch.constant.none
  %small = torch.prim.ListConstruct %five, %five : (!torch.int, !torch.int) -> !torch.list<int>
  %large = torch.prim.ListConstruct %nine, %nine : (!torch.int, !torch.int) -> !torch.list<int>
  %bare = torch.prim.ListConstruct %zero, %zero : (!torch.int, !torch.int) -> !torch.list<int>
  %padded = torch.prim.ListConstruct %one, %one : (!torch.int, !torch.int) -> !torch.list<int>
  %a = torch.aten.avg_pool2d %x, %small, %small, %bare, %no, %no, %none : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int>, !torch.list<int>, !torch.list<int>, !torch.bool, !torch.bool, !torch.none -> !torch.vtensor<[2,8,1,1],f32>
  %b = torch.aten.avg_pool2d %x, %large, %large, %padded, %no, %no, %none : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int>, !torch.list<int>, !torch.list<int>, !torch.bool, !torch.bool, !torch.none -> !torch.vtensor<[2,8,1,1],f32>
  %c = torch.aten.avg_pool2d %x, %large, %large, %bare, %no, %no, %nine : !torch.vtensor<[2,8,7,5],f32>, !torch.list<int>, !torch.list<int>, !torch.list<int>, !torch.bool, !torch.bool, !torch.int -> !torch.vtensor<[2,8,1,1],f32>
  return %a, %b, %c : !torch.vtensor<[2,8,1,1],f32>, !torch.vtensor<[2,8,1,1],f32>, !torch.vtensor<[2,8,1,1],f32>
}
