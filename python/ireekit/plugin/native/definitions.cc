#include "definitions.h"

#include "export.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr size_t kUnknown = 32;

using HasTrait = bool (*)(void *definition, MlirTypeID trait);

// Slot of the virtual function hasTrait, which every kind of definition has where the dynamic kind has its own.
size_t has_trait_slot() {
  void *const *table = reinterpret_cast<void *const *>(compiler.dynamic_operation_vtable) + 2;
  for (size_t slot = 0; slot < kUnknown; ++slot)
    if (table[slot] == reinterpret_cast<void *>(compiler.dynamic_has_trait)) return slot;
  return kUnknown;
}

}  // namespace

void *dynamic_definition(MlirContext context, MlirStringRef name) {
  if (!compiler.lookup_operation || !compiler.dynamic_operation_vtable) return nullptr;
  RegisteredName found = compiler.lookup_operation(name, context);
  if (!found.found) return nullptr;
  // An object points behind the two header words of its class's table.
  const void *const *table = reinterpret_cast<void *const *>(compiler.dynamic_operation_vtable) + 2;
  return *static_cast<const void *const *const *>(found.definition) == table ? found.definition : nullptr;
}

bool may_have_trait(MlirOperation op, MlirTypeID trait) {
  if (!compiler.lookup_operation || !compiler.dynamic_operation_vtable || !compiler.dynamic_has_trait) return true;
  MlirStringRef name = compiler.identifier_text(compiler.operation_name(op));
  RegisteredName found = compiler.lookup_operation(name, compiler.operation_context(op));
  static const size_t slot = has_trait_slot();
  if (!found.found || slot == kUnknown) return true;
  return reinterpret_cast<HasTrait>((*static_cast<void **const *>(found.definition))[slot])(found.definition, trait);
}

}  // namespace ireekit

// Whether the operation is defined at run time, so that the functions of this library may attach to it.
IREEKIT_EXPORT bool ireekit_is_dynamic(MlirContext context, MlirStringRef name) {
  return ireekit::dynamic_definition(context, name) != nullptr;
}
