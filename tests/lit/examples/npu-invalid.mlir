// RUN: ireekit opt %s --load %examples/npu --split-input-file --verify-diagnostics

// What the verifiers refuse, and how they say it.

func.func @misaligned() {
  // expected-error @+1 {{extents in sram are multiples of 16, not 24}}
  %t = npu.alloc : !npu.buffer<16 x 24 x f32, sram, row>
  return
}

// -----

func.func @accumulator() {
  // expected-error @+1 {{accumulators are f32 in row layout}}
  %t = npu.alloc : !npu.buffer<16 x 16 x f16, acc, row>
  return
}

// -----

// expected-error @+1 {{buffers in dram are in row layout}}
func.func @blocked_dram(%t: !npu.buffer<16 x 16 x f32, dram, blocked>) {
  return
}

// -----

func.func @alloc_in_dram() {
  // expected-error @+1 {{dram}}
  %t = npu.alloc : !npu.buffer<16 x 16 x f32, dram, row>
  return
}

// -----

// Extents of the factors and of the accumulator agree.
func.func @shapes(%a: !npu.buffer<16 x 32 x f32, sram, row>, %b: !npu.buffer<16 x 16 x f32, sram, blocked>, %c: !npu.buffer<16 x 16 x f32, acc, row>) {
  // expected-error @+1 {{16}}
  npu.matmul %a, %b into %c : !npu.buffer<16 x 32 x f32, sram, row>, !npu.buffer<16 x 16 x f32, sram, blocked> into !npu.buffer<16 x 16 x f32, acc, row>
  return
}

// -----

// The right factor is blocked.
func.func @layout(%a: !npu.buffer<16 x 16 x f32, sram, row>, %c: !npu.buffer<16 x 16 x f32, acc, row>) {
  // expected-error @+1 {{row}}
  npu.matmul %a, %a into %c : !npu.buffer<16 x 16 x f32, sram, row>, !npu.buffer<16 x 16 x f32, sram, row> into !npu.buffer<16 x 16 x f32, acc, row>
  return
}

// -----

func.func @too_much(%a: tensor<128x128xf32>) -> tensor<128x128xf32> {
  // expected-error @+1 {{needs 131072 bytes of sram, which has 65536}}
  %r = npu.kernel ins() outs(%a : tensor<128x128xf32>) {
  ^bb0(%x: !npu.buffer<128 x 128 x f32, dram, row>):
    %s = npu.alloc : !npu.buffer<128 x 128 x f32, sram, row>
    npu.loop 0 to 128 step 128 {
    ^bb0(%i: index):
      %t = npu.alloc : !npu.buffer<128 x 128 x f32, sram, row>
      npu.yield
    }
    npu.yield
  }
  return %r : tensor<128x128xf32>
}

// -----

func.func @arguments(%a: tensor<32x32xf32>) -> tensor<32x32xf32> {
  // expected-error @+1 {{the block takes 32x16 f32 in dram, the operands need 32x32 f32 in dram}}
  %r = npu.kernel ins() outs(%a : tensor<32x32xf32>) {
  ^bb0(%x: !npu.buffer<32 x 16 x f32, dram, row>):
    npu.yield
  }
  return %r : tensor<32x32xf32>
}

// -----

func.func @steps(%a: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %r = npu.kernel ins() outs(%a : tensor<32x32xf32>) {
  ^bb0(%x: !npu.buffer<32 x 32 x f32, dram, row>):
    // expected-error @+1 {{0 to 32 is no positive number of steps of 24}}
    npu.loop 0 to 32 step 24 {
    ^bb0(%i: index):
      npu.yield
    }
    npu.yield
  }
  return %r : tensor<32x32xf32>
}

// -----

func.func @repeats(%x: !npu.buffer<32 x 32 x f32, dram, row>, %t: !npu.buffer<16 x 16 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{repeats one row, not 32}}
  %e = npu.load repeat %x[%i, %i] into %t : !npu.buffer<32 x 32 x f32, dram, row> into !npu.buffer<16 x 16 x f32, sram, row>
  return
}

// -----

func.func @element(%x: !npu.buffer<32 x 32 x f16, dram, row>, %t: !npu.buffer<16 x 16 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{f32}}
  %e = npu.load %x[%i, %i] into %t : !npu.buffer<32 x 32 x f16, dram, row> into !npu.buffer<16 x 16 x f32, sram, row>
  return
}

// -----

func.func @unknown_kind(%t: !npu.buffer<16 x 16 x f32, sram, row>) {
  // expected-error @+1 {{expected attribute 'kind', one of 'neg', 'exp', found 'tanh'}}
  npu.unary tanh %t into %t : !npu.buffer<16 x 16 x f32, sram, row>
  return
}

// -----

func.func @misplaced() {
  // expected-error @+1 {{expected to stand directly in npu.kernel or npu.loop, found func.func}}
  npu.yield
}

// -----

func.func @too_wide(%x: !npu.buffer<32 x 16 x f32, dram, row>, %t: !npu.buffer<16 x 32 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{loads 16x32 of a 32x16 matrix}}
  %e = npu.load %x[%i, %i] into %t : !npu.buffer<32 x 16 x f32, dram, row> into !npu.buffer<16 x 32 x f32, sram, row>
  npu.wait %e
  return
}

// -----

func.func @too_wide_to_store(%x: !npu.buffer<32 x 16 x f32, dram, row>, %t: !npu.buffer<16 x 32 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{stores 16x32 into a 32x16 matrix}}
  %s = npu.store %t into %x[%i, %i] : !npu.buffer<16 x 32 x f32, sram, row> into !npu.buffer<32 x 16 x f32, dram, row>
  npu.wait %s
  return
}

// -----

func.func @forgotten(%x: !npu.buffer<32 x 32 x f32, dram, row>, %t: !npu.buffer<16 x 16 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{nothing waits for the transfer}}
  %e = npu.load %x[%i, %i] into %t : !npu.buffer<32 x 32 x f32, dram, row> into !npu.buffer<16 x 16 x f32, sram, row>
  return
}

// -----

func.func @forgotten_store(%x: !npu.buffer<32 x 32 x f32, dram, row>, %t: !npu.buffer<16 x 16 x f32, sram, row>, %i: index) {
  // expected-error @+1 {{nothing waits for the transfer}}
  %s = npu.store %t into %x[%i, %i] : !npu.buffer<16 x 16 x f32, sram, row> into !npu.buffer<32 x 32 x f32, dram, row>
  return
}

// -----

func.func @no_matrix(%a: tensor<2x16x16xf32>) -> tensor<2x16x16xf32> {
  // expected-error @+1 {{row or matrix with elements}}
  %r = npu.kernel ins() outs(%a : tensor<2x16x16xf32>) {
  ^bb0(%x: !npu.buffer<16 x 16 x f32, dram, row>):
    npu.yield
  }
  return %r : tensor<2x16x16xf32>
}
