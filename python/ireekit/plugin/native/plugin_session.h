// Our plugin sessions and registrations, as IREE calls them.
#ifndef IREEKIT_PLUGIN_SESSION_H
#define IREEKIT_PLUGIN_SESSION_H

#include "manifest.h"
#include "plugin_layouts.h"

namespace ireekit {

// A registration that IREE deletes. `pipeline` lives as long as the process.
RegistrationLayout *make_registration(const PipelineEntry *pipeline);

}  // namespace ireekit

#endif
