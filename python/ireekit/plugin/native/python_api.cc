#include "python_api.h"

#include <cstring>

#include "export.h"

namespace ireekit {
namespace {

struct Slot {
  const char *name;
  void *target;
};

const Slot kSlots[] = {
#define IREEKIT_PYTHON(name, result, arguments) {#name, &python.name},
#include "python.def"
#undef IREEKIT_PYTHON
};

constexpr size_t kCount = sizeof(kSlots) / sizeof(kSlots[0]);

}  // namespace

Python python;

}  // namespace ireekit

// Name of the index-th function of Python wanted; null past the last.
IREEKIT_EXPORT const char *ireekit_python_name(size_t index) {
  return index < ireekit::kCount ? ireekit::kSlots[index].name : nullptr;
}

// Binds the index-th function. Not safe while another thread uses the library.
IREEKIT_EXPORT void ireekit_python_bind(size_t index, void *address) {
  if (index < ireekit::kCount) std::memcpy(ireekit::kSlots[index].target, &address, sizeof(address));
}
