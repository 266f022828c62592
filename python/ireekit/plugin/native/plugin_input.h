// Input types of pipelines.
#ifndef IREEKIT_PLUGIN_INPUT_H
#define IREEKIT_PLUGIN_INPUT_H

#include <string>
#include <vector>

#include "mlir_c.h"
#include "mlir_cxx.h"

namespace ireekit {

// Adds to an llvm::StringSet; not where the build of the compiler hides how.
void insert(StringMapLayout *set, const std::string &key);

// Whether an operation of one of `dialects` is in `operation`.
bool uses_dialect(MlirOperation operation, const std::vector<std::string> &dialects);

}  // namespace ireekit

#endif
