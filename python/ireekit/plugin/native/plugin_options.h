// Flags of the compiler.
#ifndef IREEKIT_PLUGIN_OPTIONS_H
#define IREEKIT_PLUGIN_OPTIONS_H

#include <string>

namespace ireekit {

// The flags of a session that differ from their defaults, a line each; those of the process where the build of the
// compiler hides them. `binder` is an mlir::iree_compiler::OptionsBinder.
std::string flags_of(void *binder);

}  // namespace ireekit

#endif
