// Mirrors of IREE's plugin interface, as the builds of the allow-list lay it out.
#ifndef IREEKIT_PLUGIN_LAYOUTS_H
#define IREEKIT_PLUGIN_LAYOUTS_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace ireekit {

using VirtualFunction = const void *;

// What `iree_get_compiler_plugin_info` gives.
struct PluginInfo {
  uint64_t abi_hash;
  const char *id;
  const char *version;
  bool (*register_plugin)(void *registrar);
};

// Virtual functions of AbstractPluginRegistration.
enum RegistrationSlot {
  kRegistrationDestroy,
  kRegistrationDelete,
  kActivationPolicy,
  kGlobalInitialize,
  kRegisterPasses,
  kInitializeCLI,
  kRegisterGlobalDialects,
  kCreateSession,
  kRegistrationSlots
};

// Virtual functions of AbstractPluginSession.
enum SessionSlot {
  kSessionDestroy,
  kSessionDelete,
  kRegisterDialects,
  kExtendInputConversionPreprocessing,
  kPopulateInputTypes,
  kPopulateDetectedInputTypes,
  kExtendCustomInputConversion,
  kExtendPreprocessing,
  kPopulateTargetDevices,
  kPopulateTargetBackends,
  kOnRegisterDialects,
  kOnActivate,
  kSessionSlots
};

enum class ActivationPolicy : int { kExplicit, kDefault };

struct RegistrationLayout {
  const VirtualFunction *vtable;
  std::string id;
};

struct SessionLayout {
  const VirtualFunction *vtable;
  void *context;  // set before onActivate
};

static_assert(sizeof(RegistrationLayout) == 40, "AbstractPluginRegistration");
static_assert(sizeof(SessionLayout) == 16, "AbstractPluginSession");

}  // namespace ireekit

#endif
