// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file | filecheck %s
// RUN: ireekit opt %s --load %inputs/demo.py --split-input-file | ireekit opt - --load %inputs/demo.py --split-input-file | filecheck %s

// CHECK-LABEL: func.func @loop
func.func @loop(%n: index, %f: f32) {
  // CHECK: demo.loop %{{.*}} iter(%{{.*}} : f32) {
  // CHECK-NEXT: ^bb0([[A:%.*]]: f32):
  // CHECK-NEXT: [[S:%.*]] = demo.add [[A]], [[A]] : f32
  // CHECK-NEXT: demo.yield [[S]] : f32
  // CHECK-NEXT: } else {
  // CHECK-NEXT: demo.yield{{$}}
  // CHECK-NEXT: } attributes {x} -> f32
  %0 = demo.loop %n iter(%f : f32) {
  ^bb0(%a: f32):
    %1 = demo.add %a, %a : f32
    demo.yield %1 : f32
  } else {
    demo.yield
  } attributes {x} -> f32
  return
}

// -----

// The second region is left out when it is empty.
// CHECK-LABEL: func.func @without
func.func @without(%n: index) {
  // CHECK: demo.loop %{{.*}} {
  // CHECK-NEXT: demo.yield
  // CHECK-NEXT: }{{$}}
  demo.loop %n {
    demo.yield
  }
  return
}

// -----

// Operations of ours in regions of stock ones, and the other way round.
// CHECK-LABEL: func.func @nested
func.func @nested(%c: i1, %f: f32) {
  // CHECK: scf.if
  scf.if %c {
    // CHECK: demo.cases of {
    demo.cases of {
      // CHECK-NEXT: scf.if
      scf.if %c {
        // CHECK-NEXT: demo.neg %{{.*}} : f32
        %0 = demo.neg %f : f32
      }
    // CHECK: }, {
    }, {
      // CHECK-NEXT: demo.options fast
      demo.options fast
    // CHECK-NEXT: } end
    } end
  }
  return
}

// -----

// CHECK-LABEL: func.func @blocks
func.func @blocks(%c: i1) {
  demo.cases of {
    // CHECK: demo.branch %{{.*}} ^bb1 else ^bb2, ^bb1
    demo.branch %c ^bb1 else ^bb2, ^bb1
    // CHECK: ^bb1:
  ^bb1:
    demo.yield
  ^bb2:
    demo.yield
  } end
  return
}

// -----

// CHECK: demo.func @outer calls @"a b" {
demo.func @outer calls @"a b" {
  // CHECK-NEXT: demo.func @"a b" {
  demo.func @"a b" {
    // CHECK-NEXT: demo.options
    demo.options
  }
}
