// RUN: ireekit compile %s --target cpu:x86-64-v4 --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*balance-workgroups.mlir | filecheck %s

// Of 24 blocks of columns one of two threads would compute sixteen. Three at a time and a quarter of the rows make 32.

// CHECK-DAG: distribution = [32, 96, 0], vector_common_parallel = [8, 32, 0], vector_reduction = [0, 0, 1]
func.func @product(%a: tensor<128x768xf32>, %b: tensor<768x768xf32>) -> tensor<128x768xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<128x768xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<128x768xf32>) -> tensor<128x768xf32>
  %result = linalg.matmul ins(%a, %b : tensor<128x768xf32>, tensor<768x768xf32>)
    outs(%init : tensor<128x768xf32>) -> tensor<128x768xf32>
  return %result : tensor<128x768xf32>
}

// Rows that register tiles do not divide stay together: the remainder is known when the kernel is compiled.

// CHECK-DAG: distribution = [197, 64, 0]
func.func @odd(%a: tensor<197x512xf32>, %b: tensor<512x768xf32>) -> tensor<197x768xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<197x768xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<197x768xf32>) -> tensor<197x768xf32>
  %result = linalg.matmul ins(%a, %b : tensor<197x512xf32>, tensor<512x768xf32>)
    outs(%init : tensor<197x768xf32>) -> tensor<197x768xf32>
  return %result : tensor<197x768xf32>
}

// Sixteen are shared out evenly already.

// CHECK-DAG: distribution = [64, 32, 0]
func.func @even(%a: tensor<64x256xf32>, %b: tensor<256x512xf32>) -> tensor<64x512xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x512xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x512xf32>) -> tensor<64x512xf32>
  %result = linalg.matmul ins(%a, %b : tensor<64x256xf32>, tensor<256x512xf32>)
    outs(%init : tensor<64x512xf32>) -> tensor<64x512xf32>
  return %result : tensor<64x512xf32>
}

// How many rows there are is not known: nothing is changed.

// CHECK-DAG: distribution = [128, 32, 0]
func.func @dynamic(%a: tensor<?x768xf32>, %b: tensor<768x768xf32>, %init: tensor<?x768xf32>) -> tensor<?x768xf32> {
  %result = linalg.matmul ins(%a, %b : tensor<?x768xf32>, tensor<768x768xf32>)
    outs(%init : tensor<?x768xf32>) -> tensor<?x768xf32>
  return %result : tensor<?x768xf32>
}
