// RUN: ireekit opt %s --load %inputs/demo.py | filecheck %s

// Names that are no operations: comments, strings, keys, symbols, values, blocks, payloads.
// demo.add %nothing

// CHECK: module attributes {demo.neg = 1 : i64, demo.yield} {
module attributes {demo.yield, demo.neg = 1} {
  // CHECK: func.func private @demo.add() attributes {demo.neg, note = "demo.add %x"}
  func.func private @demo.add() attributes {demo.neg, note = "demo.add %x"}
  // CHECK: func.func @f
  func.func @f(%demo.add: tensor<4xf32>) {
    cf.br ^demo.add
  ^demo.add:
    // CHECK: demo.options {demo.yield}
    demo.options {demo.yield}
    // CHECK: demo.options {a = 1 : i64, demo.add}
    demo.options {a = 1, demo.add} // demo.add
    // CHECK: linalg.map { demo.add }
    %0 = linalg.map { demo.add } ins(%demo.add, %demo.add : tensor<4xf32>, tensor<4xf32>) outs(%demo.add : tensor<4xf32>)
    return
  }
}
