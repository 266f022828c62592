// A log of pass executions, written from any thread.
#ifndef IREEKIT_PASS_LOG_H
#define IREEKIT_PASS_LOG_H

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ireekit {

// One row; Python mirrors the layout.
struct PassEvent {
  uint32_t name;    // index of a text
  uint32_t anchor;  // index of a text: the name of the operation
  uint32_t depth;   // operations around that operation
  uint32_t phase;   // as last set
  uint64_t nanoseconds;      // without its hooks
  uint64_t own_nanoseconds;  // without passes that ran inside of it on the same thread
};

class PassLog {
 public:
  // Starts a row; gives its index.
  size_t begin(std::string_view name, std::string_view anchor, uint32_t depth);
  void end(size_t row, uint64_t nanoseconds, uint64_t own_nanoseconds);
  void set_phase(uint32_t phase);

  // Both only while no pass runs.
  const std::vector<PassEvent> &events() const { return events_; }
  const char *text(size_t index) const;

 private:
  uint32_t intern(std::string_view text);

  std::mutex mutex_;
  std::vector<PassEvent> events_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, uint32_t> indices_;
  uint32_t phase_ = 0;
};

}  // namespace ireekit

#endif
