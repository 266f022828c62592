// Registering pipelines as plugins.
#ifndef IREEKIT_PLUGIN_REGISTRAR_H
#define IREEKIT_PLUGIN_REGISTRAR_H

#include <string>
#include <vector>

#include "manifest.h"
#include "mlir_cxx.h"

namespace ireekit {

// Adds a registration for each pipeline to the registrar of IREE's loader, which is an empty map from ids. Empty, or why
// that cannot be. `pipelines` live as long as the process.
std::string register_pipelines(StringMapLayout *registrar, const std::vector<PipelineEntry> &pipelines);

}  // namespace ireekit

#endif
