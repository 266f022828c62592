// Creating operations from arguments of Python.
#ifndef IREEKIT_OPERATION_BUILDER_H
#define IREEKIT_OPERATION_BUILDER_H

#include "mlir_c.h"
#include "python_api.h"

namespace ireekit {

// Creates the operation called `name`, a str, before `op` and with its location. `keywords` (a tuple, or null) names the
// `values`: `results`, and perhaps `operands` and `attributes`, as ir.Operation.create takes them. Null, with no
// exception set and nothing created, for anything else.
MlirOperation create_before(MlirOperation op, PyObject *name, PyObject *const *values, PyObject *keywords);

}  // namespace ireekit

#endif
