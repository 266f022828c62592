#include "snapshot.h"

#include "symbols.h"

namespace ireekit {
namespace {

MlirStringRef text(MlirIdentifier name) { return compiler.identifier_text(name); }

}  // namespace

// A copy would use the same operands, whose lists of uses belong to whoever works on the operations around.
Snapshot::Snapshot(MlirOperation operation)
    : operation_(operation),
      copy_(compiler.operation_operand_count(operation) ? MlirOperation{nullptr} : compiler.operation_clone(operation)) {}

Snapshot::~Snapshot() {
  if (copy_.ptr) compiler.operation_destroy(copy_);
}

void Snapshot::restore() {
  if (!copy_.ptr) return;
  for (intptr_t index = 0; index < compiler.operation_region_count(copy_); ++index)
    compiler.region_take_body(compiler.operation_region(operation_, index), compiler.operation_region(copy_, index));
  for (intptr_t index = compiler.operation_attribute_count(operation_); index-- > 0;) {
    MlirStringRef name = text(compiler.operation_attribute(operation_, index).name);
    if (!compiler.operation_attribute_named(copy_, name).ptr) compiler.operation_remove_attribute(operation_, name);
  }
  for (intptr_t index = 0; index < compiler.operation_attribute_count(copy_); ++index) {
    MlirNamedAttribute each = compiler.operation_attribute(copy_, index);
    compiler.operation_set_attribute(operation_, text(each.name), each.attribute);
  }
}

}  // namespace ireekit
