// RUN: ireekit opt %s --load %examples/attention --split-input-file --verify-diagnostics

// What the operation's verifier refuses.

func.func @batches(%q: !torch.vtensor<[2,4,8],f32>, %k: !torch.vtensor<[3,4,8],f32>) -> !torch.vtensor<[2,4,8],f32> {
  // expected-error @+1 {{query (2, 4, 8), key (3, 4, 8) and value (3, 4, 8) do not fit}}
  %o = attention.fused %q, %k, %k scaled by 1.0 : !torch.vtensor<[2,4,8],f32>, !torch.vtensor<[3,4,8],f32>, !torch.vtensor<[3,4,8],f32> -> !torch.vtensor<[2,4,8],f32>
  return %o : !torch.vtensor<[2,4,8],f32>
}

// -----

func.func @elements(%q: !torch.vtensor<[4,8],f32>, %k: !torch.vtensor<[4,8],f16>) -> !torch.vtensor<[4,8],f32> {
  // expected-error @+1 {{element types f32, f16 and f16}}
  %o = attention.fused %q, %k, %k scaled by 1.0 : !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,8],f16>, !torch.vtensor<[4,8],f16> -> !torch.vtensor<[4,8],f32>
  return %o : !torch.vtensor<[4,8],f32>
}

// -----

func.func @mask(%x: !torch.vtensor<[4,8],f32>, %mask: !torch.vtensor<[4,2],f32>) -> !torch.vtensor<[4,8],f32> {
  // expected-error @+1 {{a mask (4, 2) for scores (4, 4)}}
  %o = attention.fused %x, %x, %x masked by %mask scaled by 1.0 : !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,2],f32> -> !torch.vtensor<[4,8],f32>
  return %x : !torch.vtensor<[4,8],f32>
}

// -----

func.func @result(%x: !torch.vtensor<[4,8],f32>) -> !torch.vtensor<[4,4],f32> {
  // expected-error @+1 {{the result of extents (4, 4) is not that of the operands}}
  %o = attention.fused %x, %x, %x scaled by 1.0 : !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,8],f32>, !torch.vtensor<[4,8],f32> -> !torch.vtensor<[4,4],f32>
  return %o : !torch.vtensor<[4,4],f32>
}

// -----

func.func @no_tensor(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{!torch.vtensor}}
  %o = attention.fused %x, %x, %x scaled by 1.0 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %o : tensor<4x8xf32>
}
