// Folding of operations defined at run time: the compiler's fold hook of such an operation, replaced by ours.
//
// The hook is a member of the operation's definition, an llvm::unique_function. Where its parts lie is data about one
// compiler build (the table in bindings/build.py), set by ireekit_set_fold_layout; without it nothing is attached.
#include <cstring>
#include <memory>

#include "definitions.h"
#include "export.h"
#include "symbols.h"
#include "unset_hook.h"

using ireekit::compiler;

namespace {

enum Fold : uint32_t { kConstant = 1, kIdempotent = 2, kInvolution = 4, kCommutative = 8 };

constexpr size_t kNameLimit = 256;

// What a hook knows of its operation.
struct Folding {
  uint32_t folds;
  // The value of a constant names its operation and all attributes: another constant of the dialect may share them.
  bool qualified;
  size_t name_length;
  char name[kNameLimit];
};

// llvm::SmallVectorImpl<OpFoldResult>, and OpFoldResult: an attribute's or a value's pointer, the value's tagged.
struct FoldResults {
  uintptr_t *data;
  uint32_t size;
  uint32_t capacity;
};

struct Layout {
  size_t storage;
  size_t call;
  size_t manage;
  uintptr_t value_tag;
  bool known;
};

Layout layout;

using Hook = bool (*)(const void *storage, MlirOperation op, const void *constants, size_t count, FoldResults *results);
using Manage = void (*)(void *target, void *source);

bool give(FoldResults *results, uintptr_t value) {
  if (results->size == results->capacity) return false;
  results->data[results->size++] = value;
  return true;
}

bool same_attributes(MlirOperation first, MlirOperation second) {
  intptr_t count = compiler.operation_attribute_count(first);
  if (count != compiler.operation_attribute_count(second)) return false;
  for (intptr_t index = 0; index < count; ++index) {
    MlirNamedAttribute one = compiler.operation_attribute(first, index);
    MlirNamedAttribute other = compiler.operation_attribute(second, index);
    if (one.name.ptr != other.name.ptr || one.attribute.ptr != other.attribute.ptr) return false;
  }
  return true;
}

// The operation that defines operand `index`, if it is another of the same name and attributes.
MlirOperation same_operation(MlirOperation op, intptr_t index) {
  MlirValue operand = compiler.operation_operand(op, index);
  if (!compiler.value_is_result(operand)) return {nullptr};
  MlirOperation owner = compiler.value_owner(operand);
  bool same = owner.ptr != op.ptr && compiler.operation_name(owner).ptr == compiler.operation_name(op).ptr &&
              same_attributes(owner, op);
  return {same ? owner.ptr : nullptr};
}

bool one_type(MlirOperation op, MlirType type) {
  for (intptr_t index = 0, count = compiler.operation_operand_count(op); index < count; ++index)
    if (compiler.value_type(compiler.operation_operand(op, index)).ptr != type.ptr) return false;
  return true;
}

// The value that a chain of idempotent or involutory operations comes to; null where there is none.
MlirValue folded_value(MlirOperation op, uint32_t folds) {
  intptr_t operands = compiler.operation_operand_count(op);
  if (compiler.operation_result_count(op) != 1 || compiler.operation_region_count(op) != 0) return {nullptr};
  if (operands < 1 || operands > 2) return {nullptr};
  if (!one_type(op, compiler.value_type(compiler.operation_result(op, 0)))) return {nullptr};
  MlirValue first = compiler.operation_operand(op, 0);
  if (operands == 2) {
    bool equal = first.ptr == compiler.operation_operand(op, 1).ptr;
    return {(folds & kIdempotent) && equal ? first.ptr : nullptr};
  }
  MlirOperation inner = same_operation(op, 0);
  if (!inner.ptr || compiler.operation_operand_count(inner) != 1) return {nullptr};
  if (folds & kIdempotent) return first;
  MlirValue source = compiler.operation_operand(inner, 0);
  bool fits = compiler.value_type(source).ptr == compiler.value_type(first).ptr;
  return {(folds & kInvolution) && fits ? source.ptr : nullptr};
}

MlirAttribute constant_value(MlirOperation op, const Folding &folding) {
  MlirAttribute value = compiler.operation_attribute_named(op, {folding.name, folding.name_length});
  intptr_t count = compiler.operation_attribute_count(op);
  if (value.ptr && count == 1 && !folding.qualified) return value;
  // Constants of one dialect, type and value are taken for one another, so the value has to tell this one apart. It is
  // also what invalid IR gets: the compiler reads the result without asking whether there is one.
  MlirContext context = compiler.operation_context(op);
  std::unique_ptr<MlirAttribute[]> parts(new MlirAttribute[1 + 2 * static_cast<size_t>(count)]);
  intptr_t size = 0;
  parts[size++] = compiler.string_attribute(context, compiler.identifier_text(compiler.operation_name(op)));
  for (intptr_t index = 0; index < count; ++index) {
    MlirNamedAttribute attribute = compiler.operation_attribute(op, index);
    parts[size++] = compiler.string_attribute(context, compiler.identifier_text(attribute.name));
    parts[size++] = attribute.attribute;
  }
  return compiler.array_attribute(context, size, parts.get());
}

bool fold(const void *storage, MlirOperation op, const void *constants, size_t count, FoldResults *results) {
  const Folding &folding = **static_cast<Folding *const *>(storage);
  if (folding.folds & kConstant)
    return give(results, reinterpret_cast<uintptr_t>(constant_value(op, folding).ptr));
  if (folding.folds & (kIdempotent | kInvolution)) {
    MlirValue value = folded_value(op, folding.folds);
    if (value.ptr) return give(results, reinterpret_cast<uintptr_t>(value.ptr) | layout.value_tag);
  }
  if (!(folding.folds & kCommutative) || count < 2) return false;
  if (!one_type(op, compiler.value_type(compiler.operation_operand(op, 0)))) return false;
  return compiler.fold_commutative(op, constants, count, results);
}

// llvm::unique_function moves by this, or destroys where there is no target.
void manage(void *target, void *source) {
  Folding *folding;
  std::memcpy(&folding, source, sizeof(folding));
  if (target)
    std::memcpy(target, source, sizeof(folding));
  else
    delete folding;
}

template <typename Value>
Value &at(void *definition, size_t offset) {
  return *reinterpret_cast<Value *>(static_cast<char *>(definition) + offset);
}

}  // namespace

// Says where the fold hook of an operation's definition lies: its captured data, the function, the manager of that
// data; and how a value is told from an attribute in a fold's result.
IREEKIT_EXPORT void ireekit_set_fold_layout(size_t storage, size_t call, size_t manager, uintptr_t value_tag) {
  layout = {storage, call, manager, value_tag, true};
}

// Folds the operation by the rules in `folds`; `name` is the attribute that holds a constant's value. False where it
// cannot be, as where the operation already folds.
IREEKIT_EXPORT bool ireekit_attach_fold(MlirContext context, MlirStringRef op, uint32_t folds, MlirStringRef name,
                                        bool qualified) {
  if (!layout.known || name.length > kNameLimit) return false;
  if ((folds & kCommutative) && !compiler.fold_commutative) return false;
  void *definition = ireekit::dynamic_definition(context, op);
  if (!definition) return false;
  Hook &hook = at<Hook>(definition, layout.call);
  Manage &manager = at<Manage>(definition, layout.manage);
  if (!ireekit::is_unset(reinterpret_cast<const void *>(hook)) || manager) return false;
  auto *folding = new Folding{folds, qualified, name.length, {}};
  if (name.length) std::memcpy(folding->name, name.data, name.length);
  at<Folding *>(definition, layout.storage) = folding;
  hook = fold;
  manager = manage;
  return true;
}
