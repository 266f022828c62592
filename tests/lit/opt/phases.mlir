// RUN: ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=start | filecheck %s --check-prefix=START
// RUN: ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=abi | filecheck %s --check-prefix=ABI
// RUN: ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=abi --target=cpu | filecheck %s --check-prefix=CPU
// RUN: ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=abi --target=cuda --target=vulkan | filecheck %s --check-prefix=GPU
// RUN: ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=flow | filecheck %s --check-prefix=NOTHING
// RUN: not ireekit opt %s --load %inputs/passes.py --pipeline=test-pipeline --phase=abj 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not ireekit opt %s --load %inputs/passes.py --pipeline=test-pipelin --phase=abi 2>&1 | filecheck %s --check-prefix=PIPELINE
// RUN: ireekit opt %s --pipeline=mypipeline --phase=abi --target=cpu --dump-pass-pipeline 2>&1 | filecheck %s --check-prefix=MINE

// START: module attributes {test.start}
// START-NOT: arith.addi
// ABI: module attributes {test.abi, test.cpu, test.gpu}
// CPU: module attributes {test.abi, test.cpu} {
// GPU: module attributes {test.abi, test.gpu} {
// NOTHING: module {
// UNKNOWN: error: there is no phase 'abj'
// UNKNOWN-NEXT: remedy: did you mean 'abi'?
// PIPELINE: error: no installed package offers a pipeline 'test-pipelin'
// MINE: builtin.module({{.*}}mypipeline-assign-layout
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %a : i32
}
