#include "plugin_registrar.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "plugin_session.h"

namespace ireekit {
namespace {

// What the map has after its entries.
void *const kEnd = reinterpret_cast<void *>(2);

constexpr uint32_t kFewestBuckets = 16;

// A map's entry; its key follows.
struct Entry {
  size_t key_size;
  RegistrationLayout *registration;
};

Entry *make_entry(const PipelineEntry &pipeline) {
  size_t size = pipeline.name.size();
  // The map frees it with the operator delete for this alignment.
  auto entry = static_cast<Entry *>(operator new(sizeof(Entry) + size + 1, std::align_val_t(alignof(Entry))));
  *entry = {size, make_registration(&pipeline)};
  std::memcpy(entry + 1, pipeline.name.c_str(), size + 1);
  return entry;
}

}  // namespace

std::string register_pipelines(StringMapLayout *registrar, const std::vector<PipelineEntry> &pipelines) {
  if (pipelines.empty()) return "";
  if (registrar->item_count || registrar->item_size != sizeof(Entry))
    return "the compiler's registrar is not laid out as expected";
  uint32_t buckets = kFewestBuckets;
  while (buckets < 2 * pipelines.size()) buckets *= 2;
  auto table = static_cast<void **>(std::calloc(buckets + 1, sizeof(void *) + sizeof(uint32_t)));
  if (!table) return "no memory";
  // The map is only iterated: places and hashes of its entries do not matter.
  for (size_t index = 0; index < pipelines.size(); ++index) table[index] = make_entry(pipelines[index]);
  table[buckets] = kEnd;
  std::free(registrar->table);
  registrar->table = table;
  registrar->bucket_count = buckets;
  registrar->item_count = static_cast<uint32_t>(pipelines.size());
  return "";
}

}  // namespace ireekit
