// Texts that live as long as the process: the compiler keeps some of what it is given by reference.
#ifndef IREEKIT_INTERN_H
#define IREEKIT_INTERN_H

#include <string_view>

#include "mlir_c.h"

namespace ireekit {

MlirStringRef intern(std::string_view text);

}  // namespace ireekit

#endif
