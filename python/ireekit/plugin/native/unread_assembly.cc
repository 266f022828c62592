// What the compiler's own parser says of an operation defined at run time in its custom assembly.
//
// Its hook for that only fails, in silence; here it says why. The hooks of a definition are llvm::unique_functions in
// a row, and parsing is two before folding.
#include <cstring>
#include <string>

#include "definitions.h"
#include "export.h"
#include "intern.h"
#include "symbols.h"
#include "unset_hook.h"

using ireekit::compiler;

namespace {

using Hook = bool (*)(const void *storage, void *parser, const MlirLocation *state);
using Manage = void (*)(void *target, void *source);

// An mlir::OperationState begins with the location.
bool refuse(const void *storage, void *, const MlirLocation *state) {
  const char *name = *static_cast<const char *const *>(storage);
  std::string message = std::string("the compiler reads '") + name +
                        "' in generic form only; `ireekit opt --mlir-print-op-generic` makes it of custom assembly";
  compiler.emit_error(*state, message.c_str());
  return false;
}

void manage(void *target, void *source) {
  if (target) std::memcpy(target, source, sizeof(const char *));
}

template <typename Value>
Value &at(void *definition, size_t offset) {
  return *reinterpret_cast<Value *>(static_cast<char *>(definition) + offset);
}

}  // namespace

// Gives the operation's definition a parser of custom assembly that says that there is none. The offsets are those of
// the fold hook's captured data, function and manager. False where that cannot be.
IREEKIT_EXPORT bool ireekit_refuse_assembly(MlirContext context, MlirStringRef op, size_t storage, size_t call,
                                            size_t manager) {
  size_t distance = 2 * (manager + sizeof(Manage) - storage);
  void *definition = distance < storage ? ireekit::dynamic_definition(context, op) : nullptr;
  if (!definition) return false;
  Hook &hook = at<Hook>(definition, call - distance);
  Manage &managing = at<Manage>(definition, manager - distance);
  if (!ireekit::is_unset(reinterpret_cast<const void *>(hook)) || managing) return false;
  at<const char *>(definition, storage - distance) = ireekit::intern({op.data, op.length}).data;
  hook = refuse;
  managing = manage;
  return true;
}
