// RUN: ireekit opt %s --load %inputs/passes.py --test-show=count=-1 | filecheck %s --check-prefix=NEGATIVE
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=count=4 | filecheck %s --check-prefix=DEFAULT
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=scale=1e-3 | filecheck %s --check-prefix=FLOAT
// RUN: ireekit opt %s --load %inputs/passes.py --test-show='label="two words"' | filecheck %s --check-prefix=STRING
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=fast | filecheck %s --check-prefix=FLAG
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=level=high | filecheck %s --check-prefix=ENUM
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=sizes=8,16,32 | filecheck %s --check-prefix=TUPLE
// RUN: ireekit opt %s --load %inputs/passes.py --test-show=limit=9 | filecheck %s --check-prefix=OPTIONAL
// RUN: ireekit opt %s --load %inputs/passes.py --test-show='limit=9 count=1 kind=column' | filecheck %s --check-prefix=ORDER

// What an option is given as, and how the pass prints it.

// NEGATIVE: "test-show{count=-1}"
// DEFAULT: "test-show"
// FLOAT: "test-show{scale=0.001}"
// STRING: two words
// FLAG: "test-show{fast=true}"
// ENUM: "test-show{level=high}"
// TUPLE: "test-show{sizes=8,16,32}"
// OPTIONAL: "test-show{limit=9}"
// ORDER: "test-show{count=1 kind=column limit=9}"
func.func @f() { return }
