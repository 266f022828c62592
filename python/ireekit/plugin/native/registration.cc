// Registers operations that IRDL cannot describe, with nothing verified natively.
#include "definitions.h"
#include "export.h"
#include "symbols.h"

using ireekit::compiler;

namespace {

// llvm::unique_function<LogicalResult (Operation *) const> as the supported builds lay it out; one that captures
// nothing has no manager.
struct VerifyFunction {
  char storage[24];
  bool (*call)(const void *storage, MlirOperation op);
  void *manage;
};

bool succeed(const void *, MlirOperation) { return true; }

}  // namespace

// Registers operation `name` (without the dialect's prefix) in an extensible dialect. `full_name` is with it. False
// where the operation is registered already, or cannot be.
IREEKIT_EXPORT bool ireekit_register_operation(MlirContext context, MlirDialect dialect, MlirStringRef name,
                                               MlirStringRef full_name) {
  if (!compiler.is_extensible || !compiler.lookup_operation || !compiler.make_operation ||
      !compiler.register_operation)
    return false;
  if (!dialect.ptr || !compiler.is_extensible(dialect)) return false;
  if (compiler.lookup_operation(full_name, context).found) return false;
  VerifyFunction before{{}, succeed, nullptr};
  VerifyFunction after{{}, succeed, nullptr};
  ireekit::OwnedDefinition made = compiler.make_operation(name, dialect, &before, &after);
  if (!made.definition) return false;
  compiler.register_operation(dialect, made);
  return true;
}
