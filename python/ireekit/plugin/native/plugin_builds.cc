#include "plugin_builds.h"

#include "plugin_layouts.h"

namespace ireekit {
namespace {

struct Build {
  const char *id;
  uint64_t hash;
};

constexpr Build kBuilds[] = {
#define IREEKIT_BUILD(id, hash, description) {id, hash},
#include "plugin_builds.def"
#undef IREEKIT_BUILD
};

enum Table { kRegistrationTable, kSessionTable, kTables };

constexpr const char *kTableNames[kTables] = {
    "_ZTVN4mlir13iree_compiler26AbstractPluginRegistrationE",
    "_ZTVN4mlir13iree_compiler21AbstractPluginSessionE",
};

struct Virtual {
  Table table;
  int slot;
  const char *name;
};

constexpr Virtual kVirtuals[] = {
#define IREEKIT_VIRTUAL(table, slot, name) {table, slot, name},
#include "plugin_vtables.def"
#undef IREEKIT_VIRTUAL
};

constexpr size_t kVirtualCount = sizeof(kVirtuals) / sizeof(kVirtuals[0]);

// A table's first function lies behind the offset to top and the type information.
constexpr size_t kHeaderWords = 2;

}  // namespace

bool is_tested(std::string_view build_id) {
  for (const Build &build : kBuilds)
    if (build.id == build_id) return true;
  return false;
}

uint64_t abi_hash(std::string_view build_id) {
  for (const Build &build : kBuilds)
    if (build.id == build_id) return build.hash;
  return kBuilds[sizeof(kBuilds) / sizeof(kBuilds[0]) - 1].hash;
}

const char *interface_symbol(size_t index) {
  if (index < kTables) return kTableNames[index];
  index -= kTables;
  return index < kVirtualCount ? kVirtuals[index].name : nullptr;
}

std::string interface_problem(const SymbolAddress &address, bool *compared) {
  *compared = false;
  for (const Virtual &each : kVirtuals) {
    auto table = static_cast<const void *const *>(address(kTableNames[each.table]));
    const void *function = address(each.name);
    if (!table) continue;
    *compared = true;
    if (!function || table[kHeaderWords + each.slot] != function)
      return "its plugin interface is not the one this plugin was written for: virtual function " +
             std::to_string(each.slot) + " of " + kTableNames[each.table] + " is not " + each.name;
  }
  return "";
}

}  // namespace ireekit
