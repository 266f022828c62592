// Flags of the compiler.
#ifndef IREEKIT_PLUGIN_OPTIONS_H
#define IREEKIT_PLUGIN_OPTIONS_H

#include <string>
#include <vector>

#include "manifest.h"

namespace ireekit {

// The flags of a session that differ from their defaults, a line each; those of the process where the build of the
// compiler hides them. `binder` is an mlir::iree_compiler::OptionsBinder.
std::string flags_of(void *binder);

// Values of a pipeline's options, in the order of the options.
using OptionValues = std::vector<std::string>;

// What iree-compile was called with, a line each; empty where the process does not run it.
std::string compile_arguments();

// Binds the flags of a pipeline's options, for the whole process; not where the build of the compiler hides how.
void bind_process_options(const PipelineEntry &pipeline);

// Binds them for one session, where they are not bound for the process. `values` lives as long as the session.
void bind_session_options(const PipelineEntry &pipeline, void *binder, OptionValues *values);

// What was given, lines `name=value`. There as above, a backslash and an n stand for a line break in a value, and two
// backslashes for one.
std::string given_options(const PipelineEntry &pipeline, const OptionValues &session_values);

}  // namespace ireekit

#endif
