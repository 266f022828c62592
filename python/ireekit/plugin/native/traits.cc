// Traits on operations defined at run time, verified by functions of the compiler or of this library.
#include "definitions.h"
#include "export.h"
#include "symbols.h"

namespace {

// LogicalResult (*)(Operation *[, StringRef]): functions that take no text ignore the registers it comes in.
using Verifier = bool (*)(MlirOperation op, const char *text, size_t length);

constexpr size_t kTextLimit = 256;

struct Verification {
  Verifier verify;
  Verifier verify_regions;
  size_t length;
  char text[kTextLimit];
};

MlirLogicalResult run(Verifier verify, MlirOperation op, const Verification &data) {
  return {static_cast<int8_t>(!verify || verify(op, data.text, data.length))};
}

MlirLogicalResult verify(MlirOperation op, void *data) {
  auto &verification = *static_cast<Verification *>(data);
  return run(verification.verify, op, verification);
}

MlirLogicalResult verify_regions(MlirOperation op, void *data) {
  auto &verification = *static_cast<Verification *>(data);
  return run(verification.verify_regions, op, verification);
}

void destroy(void *data) { delete static_cast<Verification *>(data); }

}  // namespace

// Attaches the trait `id`, verified before (`verify`) and after (`verify_regions`) the regions are; either may be null.
// `text` is what a verifier takes beside the operation. False where the operation is not dynamic or has the trait.
IREEKIT_EXPORT bool ireekit_attach_trait(MlirContext context, MlirStringRef name, MlirTypeID id, void *verify_before,
                                         void *verify_after, MlirStringRef text) {
  using ireekit::compiler;
  if (!compiler.create_trait || !compiler.attach_trait || text.length > kTextLimit) return false;
  if (!ireekit::dynamic_definition(context, name)) return false;
  auto *data = new Verification{reinterpret_cast<Verifier>(verify_before), reinterpret_cast<Verifier>(verify_after),
                                text.length, {}};
  for (size_t index = 0; index < text.length; ++index) data->text[index] = text.data[index];
  MlirDynamicOpTrait trait = compiler.create_trait(id, {nullptr, destroy, verify, verify_regions}, data);
  // The compiler owns the trait from here on, and destroys it where it is refused.
  return compiler.attach_trait(trait, name, context);
}
