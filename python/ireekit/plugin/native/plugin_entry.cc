// What IREE's loader of plugins looks for.
#include <cstdio>
#include <string>
#include <vector>

#include "export.h"
#include "platform.h"
#include "plugin_builds.h"
#include "plugin_flags.h"
#include "plugin_layouts.h"
#include "plugin_registrar.h"
#include "plugin_restart.h"
#include "plugin_state.h"

namespace {

constexpr char kId[] = "ireekit";
constexpr char kVersion[] = "1";

// Whether the process is the stock iree-compile itself, so that its arguments are the compiler's.
bool is_compiler() {
  std::string path = ireekit::program_path();
  return path.substr(path.rfind('/') + 1) == "iree-compile";
}

// May be called more than once in a process.
bool register_plugin(void *registrar) {
  ireekit::PluginState &state = ireekit::plugin_state();
  std::string problem = state.problem;
  if (problem.empty())
    problem = ireekit::register_pipelines(static_cast<ireekit::StringMapLayout *>(registrar), state.manifest.pipelines);
  const ireekit::Manifest &manifest = state.manifest;
  if (problem.empty() && is_compiler()) {
    std::vector<std::string> flags = ireekit::missing_flags(manifest, ireekit::tool_arguments());
    if (!flags.empty()) problem = ireekit::restart_with(flags);
  }
  if (problem.empty() && manifest.libpython.empty() && !ireekit::python_runs() && ireekit::arguments_need(manifest))
    ireekit::python_host(&problem);
  // Not a failure, which would end the tool: who asks for one of our pipelines is told that it is not there.
  if (!problem.empty()) std::fprintf(stderr, "ireekit's plugin is not used: %s\n", problem.c_str());
  return true;
}

}  // namespace

IREEKIT_EXPORT const ireekit::PluginInfo *iree_get_compiler_plugin_info() {
  const ireekit::PluginState &state = ireekit::plugin_state(__builtin_return_address(0));
  static const ireekit::PluginInfo info{ireekit::abi_hash(state.build_id), kId, kVersion, register_plugin};
  return &info;
}

// Linker name of the index-th symbol that the comparison at loading looks up; null past the last. For the manifest.
IREEKIT_EXPORT const char *ireekit_interface_symbol(size_t index) { return ireekit::interface_symbol(index); }
