#include "plugin_input.h"

#include <cstring>
#include <new>
#include <string_view>

#include "symbols.h"

namespace ireekit {
namespace {

// What a place of the table may hold that is no entry.
bool is_empty(const void *entry) { return reinterpret_cast<uintptr_t>(entry) == 0; }

struct Search {
  const std::vector<std::string> *dialects;
  bool found;
};

MlirWalkResult look_at(MlirOperation operation, void *data) {
  auto search = static_cast<Search *>(data);
  MlirStringRef text = compiler.identifier_text(compiler.operation_name(operation));
  std::string_view name(text.data, text.length);
  for (const std::string &dialect : *search->dialects)
    if (name.substr(0, name.find('.')) == dialect) search->found = true;
  return search->found ? kWalkInterrupt : kWalkAdvance;
}

}  // namespace

void insert(StringMapLayout *set, const std::string &key) {
  if (!compiler.string_hash || !compiler.lookup_bucket || !compiler.rehash) return;
  MlirStringRef text{key.data(), key.size()};
  uint32_t bucket = compiler.lookup_bucket(set, text, compiler.string_hash(text));
  if (!is_empty(set->table[bucket])) return;
  // An entry is the size of the key, then what the map holds for it, then the key. The set frees it with the operator
  // delete for this alignment.
  auto alignment = std::align_val_t(alignof(size_t));
  auto entry = static_cast<char *>(operator new(set->item_size + key.size() + 1, alignment));
  std::memset(entry, 0, set->item_size);
  std::memcpy(entry, &text.length, sizeof(text.length));
  std::memcpy(entry + set->item_size, key.c_str(), key.size() + 1);
  set->table[bucket] = entry;
  ++set->item_count;
  compiler.rehash(set, bucket);
}

bool uses_dialect(MlirOperation operation, const std::vector<std::string> &dialects) {
  Search search{&dialects, false};
  compiler.walk(operation, look_at, &search, kWalkPreOrder);
  return search.found;
}

}  // namespace ireekit
