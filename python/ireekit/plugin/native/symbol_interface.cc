// SymbolOpInterface for operations defined at run time: a symbol by its `sym_name` and `sym_visibility` attributes.
//
// An interface is a table of functions, one for each of its methods. In which slot each lies is read from a table of
// the compiler's own and set by ireekit_set_symbol_interface; without it nothing is attached.
#include <cstdlib>
#include <cstring>

#include "definitions.h"
#include "export.h"
#include "symbols.h"

using ireekit::compiler;

namespace {

enum Visibility : uint32_t { kPublic, kPrivate, kNested };

// The methods, in an order that bindings/symbol_interface.py shares.
enum Method : size_t {
  kGetName,
  kSetName,
  kGetVisibility,
  kSetVisibility,
  kGetUses,
  kKnownUseEmpty,
  kReplaceUses,
  kIsOptional,
  kCanDiscard,
  kIsDeclaration,
  kMethods
};

constexpr MlirStringRef kName = {"sym_name", 8};
constexpr MlirStringRef kVisibility = {"sym_visibility", 14};
constexpr MlirStringRef kVisibilities[] = {{"public", 6}, {"private", 7}, {"nested", 6}};

// The string in an attribute; null where it is absent or none.
MlirAttribute text_of(MlirOperation op, MlirStringRef name) {
  MlirAttribute attribute = compiler.operation_attribute_named(op, name);
  return {attribute.ptr && compiler.is_string(attribute) ? attribute.ptr : nullptr};
}

const void *get_name(const void *, MlirOperation op) { return text_of(op, kName).ptr; }

void set_name(const void *, MlirOperation op, MlirAttribute name) { compiler.set_operation_attribute(op, kName, name); }

uint32_t get_visibility(const void *, MlirOperation op) {
  MlirAttribute attribute = text_of(op, kVisibility);
  if (!attribute.ptr) return kPublic;
  MlirStringRef text = compiler.string_value(attribute);
  for (uint32_t value : {kPrivate, kNested}) {
    MlirStringRef known = kVisibilities[value];
    if (text.length == known.length && std::memcmp(text.data, known.data, text.length) == 0) return value;
  }
  return kPublic;
}

void set_visibility(const void *, MlirOperation op, uint32_t visibility) {
  if (visibility == kPublic || visibility > kNested) {
    compiler.remove_operation_attribute(op, kVisibility);
    return;
  }
  MlirAttribute text = compiler.string_attribute(compiler.operation_context(op), kVisibilities[visibility]);
  compiler.set_operation_attribute(op, kVisibility, text);
}

ireekit::SymbolUses get_uses(const void *, MlirOperation op, MlirOperation from) {
  return compiler.symbol_uses(op, from);
}

bool known_use_empty(const void *, MlirOperation op, MlirOperation from) {
  return compiler.symbol_known_use_empty(op, from);
}

bool replace_uses(const void *, MlirOperation op, MlirAttribute name, MlirOperation from) {
  return compiler.replace_symbol_uses(op, name, from);
}

bool is_optional(const void *, MlirOperation) { return false; }

bool can_discard(const void *table, MlirOperation op) { return get_visibility(table, op) != kPublic; }

bool is_declaration(const void *, MlirOperation) { return false; }

void *const kFunctions[kMethods] = {
    reinterpret_cast<void *>(get_name),        reinterpret_cast<void *>(set_name),
    reinterpret_cast<void *>(get_visibility),  reinterpret_cast<void *>(set_visibility),
    reinterpret_cast<void *>(get_uses),        reinterpret_cast<void *>(known_use_empty),
    reinterpret_cast<void *>(replace_uses),    reinterpret_cast<void *>(is_optional),
    reinterpret_cast<void *>(can_discard),     reinterpret_cast<void *>(is_declaration),
};

struct Layout {
  size_t interface_map;
  uint32_t slots[kMethods];
  bool known;
};

Layout layout;

bool is_bound() {
  return compiler.is_string && compiler.string_value && compiler.set_operation_attribute &&
         compiler.remove_operation_attribute && compiler.symbol_uses && compiler.symbol_known_use_empty &&
         compiler.replace_symbol_uses && compiler.insert_interface && compiler.implements;
}

}  // namespace

// Says where an operation's definition holds its interfaces, and in which slot of the table each method lies. False
// where these are not the slots 0 to `count` - 1, each once.
IREEKIT_EXPORT bool ireekit_set_symbol_interface(size_t interface_map, const uint32_t *slots, size_t count) {
  if (count != kMethods) return false;
  bool taken[kMethods] = {};
  for (size_t method = 0; method < kMethods; ++method) {
    if (slots[method] >= kMethods || taken[slots[method]]) return false;
    taken[slots[method]] = true;
    layout.slots[method] = slots[method];
  }
  layout.interface_map = interface_map;
  layout.known = true;
  return true;
}

// Makes the operation a symbol to every pass. `interface` is the type ID of SymbolOpInterface. False where it cannot
// be.
IREEKIT_EXPORT bool ireekit_attach_symbol(MlirContext context, MlirStringRef name, MlirTypeID interface) {
  if (!layout.known || !is_bound()) return false;
  void *definition = ireekit::dynamic_definition(context, name);
  if (!definition || compiler.implements(name, context, interface)) return false;
  // The compiler frees it with the definition.
  auto *table = static_cast<void **>(std::malloc(sizeof(kFunctions)));
  if (!table) return false;
  for (size_t method = 0; method < kMethods; ++method) table[layout.slots[method]] = kFunctions[method];
  compiler.insert_interface(static_cast<char *>(definition) + layout.interface_map, interface, table);
  return compiler.implements(name, context, interface);
}
