#include "symbols.h"

#include <cstring>

#include "export.h"

namespace ireekit {
namespace {

struct Slot {
  const char *name;
  void *target;
};

const Slot kSlots[] = {
#define IREEKIT_SYMBOL(member, name, result, arguments) {name, &compiler.member},
#include "symbols.def"
#include "passes.def"
#include "plugin.def"
#include "rewriting.def"
#undef IREEKIT_SYMBOL
};

constexpr size_t kCount = sizeof(kSlots) / sizeof(kSlots[0]);

}  // namespace

Compiler compiler;

}  // namespace ireekit

// Grows with every incompatible change of an exported function.
IREEKIT_EXPORT int ireekit_abi_version() { return 4; }

// Linker name of the index-th function wanted; null past the last.
IREEKIT_EXPORT const char *ireekit_symbol_name(size_t index) {
  return index < ireekit::kCount ? ireekit::kSlots[index].name : nullptr;
}

// Binds the index-th function. Not safe while another thread uses the library.
IREEKIT_EXPORT void ireekit_bind(size_t index, void *address) {
  if (index < ireekit::kCount) std::memcpy(ireekit::kSlots[index].target, &address, sizeof(address));
}
