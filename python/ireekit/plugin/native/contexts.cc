// Contexts by tokens, which unlike addresses are never used again: what is kept for a context ends with it.
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "export.h"
#include "symbols.h"

using ireekit::compiler;

namespace {

struct Contexts {
  std::mutex mutex;
  std::unordered_map<const void *, uint64_t> tokens;
  std::unordered_set<uint64_t> alive;
  uint64_t last = 0;
};

Contexts &contexts() {
  // Never freed: contexts may end after everything else.
  static Contexts &all = *new Contexts;
  return all;
}

// Attached for its end only: others have every message.
MlirLogicalResult ignore(MlirDiagnostic, void *) { return {0}; }

void end(void *context) {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  auto found = contexts().tokens.find(context);
  if (found == contexts().tokens.end()) return;
  contexts().alive.erase(found->second);
  contexts().tokens.erase(found);
}

}  // namespace

// The token of a context, from 1 on; 0 where the compiler does not tell of the end of one. The context must be idle or
// work in this thread.
IREEKIT_EXPORT uint64_t ireekit_context_token(MlirContext context) {
  if (!compiler.attach_diagnostic_handler) return 0;
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    auto found = contexts().tokens.find(context.ptr);
    if (found != contexts().tokens.end()) return found->second;
  }
  compiler.attach_diagnostic_handler(context, ignore, context.ptr, end);
  std::lock_guard<std::mutex> lock(contexts().mutex);
  auto [place, is_new] = contexts().tokens.emplace(context.ptr, contexts().last + 1);
  if (!is_new) return place->second;  // another thread was faster
  uint64_t token = ++contexts().last;
  contexts().alive.insert(token);
  return token;
}

// Whether the context of a token still exists.
IREEKIT_EXPORT bool ireekit_context_is_alive(uint64_t token) {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  return contexts().alive.count(token) != 0;
}

// Ends the token of a context that may live on, and then gets another one.
IREEKIT_EXPORT void ireekit_context_end(MlirContext context) { end(context.ptr); }
