// Operations that a dialect defined at run time.
#ifndef IREEKIT_DEFINITIONS_H
#define IREEKIT_DEFINITIONS_H

#include "mlir_c.h"

namespace ireekit {

// The compiler's definition of operation `name`; null where it is not registered, or not defined at run time.
void *dynamic_definition(MlirContext context, MlirStringRef name);

// Whether an operation of any kind has a trait; true where that cannot be told, as of one that is not registered.
bool may_have_trait(MlirOperation op, MlirTypeID trait);

}  // namespace ireekit

#endif
