// Rules of traits that the compiler checks in C++ templates only, which leave no function to call.
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "definitions.h"
#include "export.h"
#include "symbols.h"

using ireekit::compiler;

namespace {

__attribute__((format(printf, 2, 3))) bool refuse(MlirOperation op, const char *format, ...) {
  MlirStringRef name = compiler.identifier_text(compiler.operation_name(op));
  char message[512];
  int start = std::snprintf(message, sizeof(message), "'%.*s' op ", static_cast<int>(name.length), name.data);
  if (start < 0 || static_cast<size_t>(start) >= sizeof(message)) return false;
  va_list values;
  va_start(values, format);
  std::vsnprintf(message + start, sizeof(message) - static_cast<size_t>(start), format, values);
  va_end(values);
  compiler.emit_error(compiler.operation_location(op), message);
  return false;
}

bool one_operand_type(MlirOperation op, MlirType type) {
  for (intptr_t index = 0, count = compiler.operation_operand_count(op); index < count; ++index)
    if (compiler.value_type(compiler.operation_operand(op, index)).ptr != type.ptr) return false;
  return true;
}

bool unary_or_binary(MlirOperation op, const char *trait, intptr_t most) {
  intptr_t operands = compiler.operation_operand_count(op);
  if (compiler.operation_result_count(op) != 1) return refuse(op, "is %s and needs exactly one result", trait);
  if (operands < 1 || operands > most)
    return refuse(op, "is %s and needs %s", trait, most == 1 ? "one operand" : "one or two operands");
  if (!one_operand_type(op, compiler.value_type(compiler.operation_result(op, 0))))
    return refuse(op, "is %s and needs operands of its result's type", trait);
  return true;
}

}  // namespace

IREEKIT_EXPORT bool ireekit_verify_single_block(MlirOperation op) {
  for (intptr_t index = 0, count = compiler.operation_region_count(op); index < count; ++index) {
    MlirBlock block = compiler.first_block(compiler.operation_region(op, index));
    if (block.ptr && compiler.next_block(block).ptr)
      return refuse(op, "expects region #%ld to have 0 or 1 blocks", static_cast<long>(index));
  }
  return true;
}

IREEKIT_EXPORT bool ireekit_verify_constant_like(MlirOperation op, const char *attribute, size_t length) {
  if (compiler.operation_operand_count(op) != 0) return refuse(op, "is ConstantLike and cannot have operands");
  if (compiler.operation_result_count(op) != 1) return refuse(op, "is ConstantLike and needs exactly one result");
  if (compiler.operation_region_count(op) != 0) return refuse(op, "is ConstantLike and cannot have regions");
  if (compiler.operation_attribute_named(op, {attribute, length}).ptr) return true;
  return refuse(op, "is ConstantLike and needs attribute '%.*s'", static_cast<int>(length), attribute);
}

IREEKIT_EXPORT bool ireekit_verify_idempotent(MlirOperation op) { return unary_or_binary(op, "Idempotent", 2); }

IREEKIT_EXPORT bool ireekit_verify_involution(MlirOperation op) { return unary_or_binary(op, "an Involution", 1); }

// The compiler's own verifier asks for inherent attributes, which ends the process for operations defined at run time.
IREEKIT_EXPORT bool ireekit_verify_symbol(MlirOperation op) {
  MlirAttribute name = compiler.operation_attribute_named(op, {"sym_name", 8});
  if (!name.ptr || !compiler.is_string(name)) return refuse(op, "is a Symbol and needs string attribute 'sym_name'");
  MlirAttribute visibility = compiler.operation_attribute_named(op, {"sym_visibility", 14});
  if (visibility.ptr) {
    MlirStringRef text = compiler.is_string(visibility) ? compiler.string_value(visibility) : MlirStringRef{"", 0};
    bool known = false;
    for (const char *value : {"public", "private", "nested"})
      known = known || (std::strlen(value) == text.length && std::memcmp(value, text.data, text.length) == 0);
    if (!known) return refuse(op, "needs 'sym_visibility' to be \"public\", \"private\" or \"nested\"");
  }
  MlirOperation parent = compiler.parent_operation(op);
  if (!parent.ptr || ireekit::may_have_trait(parent, compiler.symbol_table_trait())) return true;
  return refuse(op, "is a Symbol and must stand directly in an operation with the SymbolTable trait");
}
