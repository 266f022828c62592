// RUN: ireekit opt %s --load %examples/attention --attention-lower --split-input-file | filecheck %s

// One iree_linalg_ext.attention on builtin tensors, between casts to and from torch's.

// CHECK: #[[Q:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3)>
// CHECK: #[[K:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d3)>
// CHECK: #[[V:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2)>
// CHECK: #[[S:.+]] = affine_map<(d0, d1, d2, d3, d4) -> ()>
// CHECK: #[[O:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
// CHECK-LABEL: @plain
// CHECK-DAG: %[[QUERY:.+]] = torch_c.to_builtin_tensor %arg0 : !torch.vtensor<[2,8,16],f32> -> tensor<2x8x16xf32>
// CHECK-DAG: %[[KEY:.+]] = torch_c.to_builtin_tensor %arg1 : !torch.vtensor<[2,4,16],f32> -> tensor<2x4x16xf32>
// CHECK-DAG: %[[VALUE:.+]] = torch_c.to_builtin_tensor %arg2 : !torch.vtensor<[2,4,5],f32> -> tensor<2x4x5xf32>
// CHECK-DAG: %[[SCALE:.+]] = arith.constant 2.500000e-01 : f32
// CHECK-DAG: %[[INIT:.+]] = tensor.empty() : tensor<2x8x5xf32>
// CHECK: %[[OUT:.+]] = iree_linalg_ext.attention <indexing_maps = [#[[Q]], #[[K]], #[[V]], #[[S]], #[[O]]]> {{.*}}ins(%[[QUERY]], %[[KEY]], %[[VALUE]], %[[SCALE]] : {{.*}}) outs(%[[INIT]] : tensor<2x8x5xf32>)
// CHECK: %[[BACK:.+]] = torch_c.from_builtin_tensor %[[OUT]] : tensor<2x8x5xf32> -> !torch.vtensor<[2,8,5],f32>
// CHECK: return %[[BACK]]
// CHECK-NOT: unrealized_conversion_cast
func.func @plain(%q: !torch.vtensor<[2,8,16],f32>, %k: !torch.vtensor<[2,4,16],f32>, %v: !torch.vtensor<[2,4,5],f32>) -> !torch.vtensor<[2,8,5],f32> {
  %o = attention.fused %q, %k, %v scaled by 0.25 : !torch.vtensor<[2,8,16],f32>, !torch.vtensor<[2,4,16],f32>, !torch.vtensor<[2,4,5],f32> -> !torch.vtensor<[2,8,5],f32>
  return %o : !torch.vtensor<[2,8,5],f32>
}

// -----

// Extents of one are taken out of the mask, and its map broadcasts it.

// CHECK: #[[MASK:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d5)>
// CHECK-LABEL: @masked
// CHECK: %[[WHOLE:.+]] = torch_c.to_builtin_tensor %arg1 : !torch.vtensor<[3,1,4,4],f32> -> tensor<3x1x4x4xf32>
// CHECK: %[[SLIM:.+]] = tensor.extract_slice %[[WHOLE]][0, 0, 0, 0] [3, 1, 4, 4] [1, 1, 1, 1] : tensor<3x1x4x4xf32> to tensor<3x4x4xf32>
// CHECK: iree_linalg_ext.attention <indexing_maps = [{{.+}}, #[[MASK]], {{.+}}]> {{.*}}ins({{.*}}, %[[SLIM]] :
func.func @masked(%x: !torch.vtensor<[3,2,4,8],f32>, %mask: !torch.vtensor<[3,1,4,4],f32>) -> !torch.vtensor<[3,2,4,8],f32> {
  %o = attention.fused %x, %x, %x masked by %mask scaled by 1.0 : !torch.vtensor<[3,2,4,8],f32>, !torch.vtensor<[3,2,4,8],f32>, !torch.vtensor<[3,2,4,8],f32>, !torch.vtensor<[3,1,4,4],f32> -> !torch.vtensor<[3,2,4,8],f32>
  return %o : !torch.vtensor<[3,2,4,8],f32>
}
