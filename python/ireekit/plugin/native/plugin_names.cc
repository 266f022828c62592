#include "plugin_names.h"

#include <cstdio>

#include "export.h"
#include "intern.h"
#include "plugin_passes.h"
#include "plugin_state.h"
#include "symbols.h"

namespace ireekit {
namespace {

// Those known to the compiler; null before.
const std::vector<PassEntry> *registered = nullptr;

void *load(MlirStringRef name, void *context) {
  std::string problem;
  const PluginHost *host = python_host(&problem);
  if (!host) {
    std::string message = "dialect '" + std::string(name.data, name.length) + "' needs Python: " + problem;
    compiler.emit_error(compiler.unknown_location({context}), message.c_str());
    return nullptr;
  }
  // It is registered under its name then; asked for it again, the context has it.
  return host->load_dialect(name.data, context) == 0 ? compiler.get_or_load_dialect({context}, name).ptr : nullptr;
}

}  // namespace

void register_pass_names(const std::vector<PassEntry> &passes) {
  if (registered || !compiler.register_pipeline) return;
  registered = &passes;
  for (const PassEntry &each : passes) {
    // A pipeline rather than a pass: it is given the text of its options as it stands.
    PipelineBuilder builder = [&each](OpPassManager &manager, MlirStringRef options, ErrorHandler) {
      compiler.add_pass({&manager}, make_named_pass(each.name, {options.data, options.length}));
      return true;
    };
    compiler.register_pipeline(intern(each.name), intern(each.help), builder, [](FunctionRef) {});
  }
}

void register_dialect_names(void *registry, const std::vector<DialectEntry> &dialects) {
  if (!compiler.registry_insert) return;
  // Asked for by every pipeline: a registry takes a name again with the same number only.
  static const std::vector<MlirTypeID> ids = [&] {
    MlirTypeIDAllocator numbers = compiler.create_type_ids();
    std::vector<MlirTypeID> made;
    for (size_t index = 0; index < dialects.size(); ++index) made.push_back(compiler.allocate_type_id(numbers));
    return made;
  }();
  for (size_t index = 0; index < dialects.size(); ++index) {
    MlirStringRef name = intern(dialects[index].name);
    compiler.registry_insert(registry, ids[index], name, [name](void *context) { return load(name, context); });
  }
}

}  // namespace ireekit

// Whether the plugin made a pass known to the compiler.
IREEKIT_EXPORT bool ireekit_is_plugin_pass(const char *name) {
  if (!ireekit::registered) return false;
  for (const ireekit::PassEntry &each : *ireekit::registered)
    if (each.name == name) return true;
  return false;
}
