// RUN: ireekit opt %s --load %examples/attention --attention-fuse --split-input-file | filecheck %s

// Products, a scale and a softmax as torch writes them become one operation.

// CHECK-LABEL: @multiplied
// CHECK-NOT: torch.aten.softmax
// CHECK: %[[OUT:.+]] = attention.fused %arg0, %arg1, %arg2 scaled by 2.500000e-01 : !torch.vtensor<[2,8,16],f32>, !torch.vtensor<[2,4,16],f32>, !torch.vtensor<[2,4,5],f32> -> !torch.vtensor<[2,8,5],f32>
// CHECK: return %[[OUT]]
func.func @multiplied(%q: !torch.vtensor<[2,8,16],f32>, %k: !torch.vtensor<[2,4,16],f32>, %v: !torch.vtensor<[2,4,5],f32>) -> !torch.vtensor<[2,8,5],f32> {
  %one = torch.constant.int 1
  %two = torch.constant.int 2
  %last = torch.constant.int -1
  %none = torch.constant.none
  %scale = torch.constant.float 2.500000e-01
  %t = torch.aten.transpose.int %k, %one, %two : !torch.vtensor<[2,4,16],f32>, !torch.int, !torch.int -> !torch.vtensor<[2,16,4],f32>
  %s = torch.aten.matmul %q, %t : !torch.vtensor<[2,8,16],f32>, !torch.vtensor<[2,16,4],f32> -> !torch.vtensor<[2,8,4],f32>
  %m = torch.aten.mul.Scalar %s, %scale : !torch.vtensor<[2,8,4],f32>, !torch.float -> !torch.vtensor<[2,8,4],f32>
  %w = torch.aten.softmax.int %m, %last, %none : !torch.vtensor<[2,8,4],f32>, !torch.int, !torch.none -> !torch.vtensor<[2,8,4],f32>
  %o = torch.aten.matmul %w, %v : !torch.vtensor<[2,8,4],f32>, !torch.vtensor<[2,4,5],f32> -> !torch.vtensor<[2,8,5],f32>
  return %o : !torch.vtensor<[2,8,5],f32>
}

// -----

// A divisor becomes a factor; a mask is an operand; the copy that dropout leaves goes; axes count from either end.

// CHECK-LABEL: @masked
// CHECK-NOT: torch.aten.softmax
// CHECK-NOT: torch.aten.clone
// CHECK: attention.fused %arg0, %arg0, %arg0 masked by %arg1 scaled by 1.250000e-01 : {{.*}}, !torch.vtensor<[1,1,4,4],f32> -> !torch.vtensor<[1,2,4,8],f32>
func.func @masked(%x: !torch.vtensor<[1,2,4,8],f32>, %mask: !torch.vtensor<[1,1,4,4],f32>) -> !torch.vtensor<[1,2,4,8],f32> {
  %a = torch.constant.int -1
  %b = torch.constant.int -2
  %one = torch.constant.int 1
  %three = torch.constant.int 3
  %none = torch.constant.none
  %eight = torch.constant.float 8.000000e+00
  %t = torch.aten.transpose.int %x, %a, %b : !torch.vtensor<[1,2,4,8],f32>, !torch.int, !torch.int -> !torch.vtensor<[1,2,8,4],f32>
  %s = torch.aten.matmul %x, %t : !torch.vtensor<[1,2,4,8],f32>, !torch.vtensor<[1,2,8,4],f32> -> !torch.vtensor<[1,2,4,4],f32>
  %d = torch.aten.div.Scalar %s, %eight : !torch.vtensor<[1,2,4,4],f32>, !torch.float -> !torch.vtensor<[1,2,4,4],f32>
  %m = torch.aten.add.Tensor %d, %mask, %one : !torch.vtensor<[1,2,4,4],f32>, !torch.vtensor<[1,1,4,4],f32>, !torch.int -> !torch.vtensor<[1,2,4,4],f32>
  %w = torch.aten.softmax.int %m, %three, %none : !torch.vtensor<[1,2,4,4],f32>, !torch.int, !torch.none -> !torch.vtensor<[1,2,4,4],f32>
  %c = torch.aten.clone %w, %none : !torch.vtensor<[1,2,4,4],f32>, !torch.none -> !torch.vtensor<[1,2,4,4],f32>
  %o = torch.aten.matmul %c, %x : !torch.vtensor<[1,2,4,4],f32>, !torch.vtensor<[1,2,4,8],f32> -> !torch.vtensor<[1,2,4,8],f32>
  return %o : !torch.vtensor<[1,2,4,8],f32>
}

// -----

// The weights are a result too: they are computed anyway.

// CHECK-LABEL: @weights_used
// CHECK-NOT: attention.fused
// CHECK: torch.aten.softmax.int
func.func @weights_used(%x: !torch.vtensor<[4,4],f32>) -> (!torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32>) {
  %zero = torch.constant.int 0
  %one = torch.constant.int 1
  %none = torch.constant.none
  %scale = torch.constant.float 5.000000e-01
  %t = torch.aten.transpose.int %x, %zero, %one : !torch.vtensor<[4,4],f32>, !torch.int, !torch.int -> !torch.vtensor<[4,4],f32>
  %s = torch.aten.matmul %x, %t : !torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32> -> !torch.vtensor<[4,4],f32>
  %m = torch.aten.mul.Scalar %s, %scale : !torch.vtensor<[4,4],f32>, !torch.float -> !torch.vtensor<[4,4],f32>
  %w = torch.aten.softmax.int %m, %one, %none : !torch.vtensor<[4,4],f32>, !torch.int, !torch.none -> !torch.vtensor<[4,4],f32>
  %o = torch.aten.matmul %w, %x : !torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32> -> !torch.vtensor<[4,4],f32>
  return %o, %w : !torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32>
}

// -----

// A softmax over another axis is no attention.

// CHECK-LABEL: @other_axis
// CHECK-NOT: attention.fused
func.func @other_axis(%x: !torch.vtensor<[4,4],f32>) -> !torch.vtensor<[4,4],f32> {
  %zero = torch.constant.int 0
  %one = torch.constant.int 1
  %none = torch.constant.none
  %scale = torch.constant.float 5.000000e-01
  %t = torch.aten.transpose.int %x, %zero, %one : !torch.vtensor<[4,4],f32>, !torch.int, !torch.int -> !torch.vtensor<[4,4],f32>
  %s = torch.aten.matmul %x, %t : !torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32> -> !torch.vtensor<[4,4],f32>
  %m = torch.aten.mul.Scalar %s, %scale : !torch.vtensor<[4,4],f32>, !torch.float -> !torch.vtensor<[4,4],f32>
  %w = torch.aten.softmax.int %m, %zero, %none : !torch.vtensor<[4,4],f32>, !torch.int, !torch.none -> !torch.vtensor<[4,4],f32>
  %o = torch.aten.matmul %w, %x : !torch.vtensor<[4,4],f32>, !torch.vtensor<[4,4],f32> -> !torch.vtensor<[4,4],f32>
  return %o : !torch.vtensor<[4,4],f32>
}

// -----

// Neither are keys that are not transposed ...

// CHECK-LABEL: @other_transpose
// CHECK-NOT: attention.fused
func.func @other_transpose(%x: !torch.vtensor<[4,4,4],f32>) -> !torch.vtensor<[4,4,4],f32> {
  %zero = torch.constant.int 0
  %one = torch.constant.int 1
  %two = torch.constant.int 2
  %none = torch.constant.none
  %scale = torch.constant.float 5.000000e-01
  %t = torch.aten.transpose.int %x, %zero, %one : !torch.vtensor<[4,4,4],f32>, !torch.int, !torch.int -> !torch.vtensor<[4,4,4],f32>
  %s = torch.aten.matmul %x, %t : !torch.vtensor<[4,4,4],f32>, !torch.vtensor<[4,4,4],f32> -> !torch.vtensor<[4,4,4],f32>
  %m = torch.aten.mul.Scalar %s, %scale : !torch.vtensor<[4,4,4],f32>, !torch.float -> !torch.vtensor<[4,4,4],f32>
  %w = torch.aten.softmax.int %m, %two, %none : !torch.vtensor<[4,4,4],f32>, !torch.int, !torch.none -> !torch.vtensor<[4,4,4],f32>
  %o = torch.aten.matmul %w, %x : !torch.vtensor<[4,4,4],f32>, !torch.vtensor<[4,4,4],f32> -> !torch.vtensor<[4,4,4],f32>
  return %o : !torch.vtensor<[4,4,4],f32>
}

// -----

// ... nor, here, extents that are only known at run time.

// CHECK-LABEL: @dynamic
// CHECK-NOT: attention.fused
func.func @dynamic(%x: !torch.vtensor<[?,4],f32>) -> !torch.vtensor<[?,4],f32> {
  %zero = torch.constant.int 0
  %one = torch.constant.int 1
  %none = torch.constant.none
  %scale = torch.constant.float 5.000000e-01
  %t = torch.aten.transpose.int %x, %zero, %one : !torch.vtensor<[?,4],f32>, !torch.int, !torch.int -> !torch.vtensor<[4,?],f32>
  %s = torch.aten.matmul %x, %t : !torch.vtensor<[?,4],f32>, !torch.vtensor<[4,?],f32> -> !torch.vtensor<[?,?],f32>
  %m = torch.aten.mul.Scalar %s, %scale : !torch.vtensor<[?,?],f32>, !torch.float -> !torch.vtensor<[?,?],f32>
  %w = torch.aten.softmax.int %m, %one, %none : !torch.vtensor<[?,?],f32>, !torch.int, !torch.none -> !torch.vtensor<[?,?],f32>
  %o = torch.aten.matmul %w, %x : !torch.vtensor<[?,?],f32>, !torch.vtensor<[?,4],f32> -> !torch.vtensor<[?,4],f32>
  return %o : !torch.vtensor<[?,4],f32>
}
