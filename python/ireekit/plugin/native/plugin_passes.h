// Passes of the compiler's kind that run Python.
#ifndef IREEKIT_PLUGIN_PASSES_H
#define IREEKIT_PLUGIN_PASSES_H

#include <cstdint>
#include <memory>
#include <string_view>

#include "mlir_c.h"
#include "plugin_host.h"

namespace ireekit {

// Who runs steps.
struct StepRunner {
  const PluginHost *host;
  int64_t session;
  const char *pipeline;  // its name, which lives as long as the process
};

// A pass for modules that runs the steps a session has at a point where the conditions hold, words as Conditions takes
// them, or fails where it is told so. `dialects` may be null; else it is asked when the pass manager is about to run.
MlirPass make_step_pass(const StepRunner &runner, std::string_view point, std::string_view conditions,
                        std::shared_ptr<bool> failed, const MlirDialectHandle *dialects);

// A pass that runs the Python pass `name`, made of the text of its options. Python starts when it first runs.
MlirPass make_named_pass(std::string_view name, std::string_view options);

}  // namespace ireekit

#endif
