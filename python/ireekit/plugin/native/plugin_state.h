// The plugin in this process: the compiler it was loaded by, and the manifest.
#ifndef IREEKIT_PLUGIN_STATE_H
#define IREEKIT_PLUGIN_STATE_H

#include <string>

#include "manifest.h"
#include "platform.h"
#include "plugin_host.h"

namespace ireekit {

struct PluginState {
  Library compiler;
  std::string build_id;  // of the compiler
  Manifest manifest;
  std::string problem;   // why nothing can be registered; empty where all is well
};

// Made at the first call, by the library that holds `caller`; lives as long as the process.
PluginState &plugin_state(const void *caller);

// The same, later.
PluginState &plugin_state();

// The Python side, started where it is not running; null and a reason where that fails.
const PluginHost *python_host(std::string *problem);

}  // namespace ireekit

#endif
