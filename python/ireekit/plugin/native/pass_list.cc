#include "pass_list.h"

#include <algorithm>

namespace ireekit {
namespace {

// Where the vector may be, counted in words, and how many passes it may hold.
constexpr size_t kFirstWord = 1, kLastWord = 16, kMostPasses = 1 << 16;

bool is_vector(void **const *words) {
  auto begin = reinterpret_cast<uintptr_t>(words[0]), end = reinterpret_cast<uintptr_t>(words[1]);
  auto limit = reinterpret_cast<uintptr_t>(words[2]);
  return begin && begin % sizeof(void *) == 0 && end % sizeof(void *) == 0 && begin < end && end <= limit &&
         end - begin <= kMostPasses * sizeof(void *);
}

}  // namespace

// A pass manager is a pointer to what it holds.
PassList::PassList(OpPassManager *manager, void *last) : words_(*reinterpret_cast<void ****>(manager)), word_(0) {
  for (size_t word = kFirstWord; word <= kLastWord && !word_; ++word)
    if (is_vector(words_ + word) && words_[word + 1][-1] == last) word_ = word;
}

void **PassList::begin() const { return words_[word_]; }

void **PassList::end() const { return words_[word_ + 1]; }

bool PassList::reorder(const std::vector<uint32_t> &indices) {
  std::vector<void *> passes(begin(), end());
  std::vector<bool> taken(passes.size());
  if (indices.size() != passes.size()) return false;
  for (uint32_t index : indices) {
    if (index >= passes.size() || taken[index]) return false;
    taken[index] = true;
  }
  std::transform(indices.begin(), indices.end(), begin(), [&](uint32_t index) { return passes[index]; });
  return true;
}

}  // namespace ireekit
