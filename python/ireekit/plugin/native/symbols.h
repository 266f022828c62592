// The compiler's functions, bound at load time.
#ifndef IREEKIT_SYMBOLS_H
#define IREEKIT_SYMBOLS_H

#include "mlir_c.h"
#include "mlir_cxx.h"

namespace ireekit {

struct Compiler {
#define IREEKIT_SYMBOL(member, name, result, arguments) result(*member) arguments = nullptr;
#include "symbols.def"
#include "passes.def"
#include "plugin.def"
#include "rewriting.def"
#undef IREEKIT_SYMBOL
};

// Written by ireekit_bind before anything else is called, read-only afterwards.
extern Compiler compiler;

}  // namespace ireekit

#endif
