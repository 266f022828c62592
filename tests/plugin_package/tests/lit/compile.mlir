// RUN: ireekit compile %s -p gain -t cpu --no-cache -o %t.vmfb
// RUN: ireekit run %t.vmfb --input 2xf32=1,2 | filecheck %s

// CHECK: 2.5 5.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = gain.scale %x by 2.5 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
