// Passes and dialects of Python by name, for pipeline texts and parsers of the stock tools.
#ifndef IREEKIT_PLUGIN_NAMES_H
#define IREEKIT_PLUGIN_NAMES_H

#include <vector>

#include "manifest.h"

namespace ireekit {

// Makes passes known to pipeline texts and to iree-opt's flags, once in a process; not where the build of the compiler
// hides how. `passes` live as long as the process.
void register_pass_names(const std::vector<PassEntry> &passes);

// Lets contexts of `registry` find dialects: Python starts when an operation of one is met.
void register_dialect_names(void *registry, const std::vector<DialectEntry> &dialects);

}  // namespace ireekit

#endif
