// RUN: ireekit opt %s --split-input-file --verify-diagnostics -o /dev/null

func.func @integers(%x: tensor<2xi32>) {
  // expected-error@+1 {{gain.scale}}
  %0 = gain.scale %x by 2.5 : tensor<2xi32>
  return
}

// -----

func.func @unknown_extent(%x: tensor<?xf32>) {
  // expected-error@+1 {{a tensor of known shape is needed}}
  %0 = gain.scale %x by 2.5 : tensor<?xf32>
  return
}
