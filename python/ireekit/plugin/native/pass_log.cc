#include "pass_log.h"

namespace ireekit {

size_t PassLog::begin(std::string_view name, std::string_view anchor, uint32_t depth) {
  std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back({intern(name), intern(anchor), depth, phase_, 0, 0});
  return events_.size() - 1;
}

void PassLog::end(size_t row, uint64_t nanoseconds, uint64_t own_nanoseconds) {
  std::lock_guard<std::mutex> lock(mutex_);
  events_[row].nanoseconds = nanoseconds;
  events_[row].own_nanoseconds = own_nanoseconds;
}

void PassLog::set_phase(uint32_t phase) {
  std::lock_guard<std::mutex> lock(mutex_);
  phase_ = phase;
}

const char *PassLog::text(size_t index) const { return index < texts_.size() ? texts_[index].c_str() : nullptr; }

uint32_t PassLog::intern(std::string_view text) {
  auto [found, added] = indices_.emplace(text, static_cast<uint32_t>(texts_.size()));
  if (added) texts_.emplace_back(text);
  return found->second;
}

}  // namespace ireekit
