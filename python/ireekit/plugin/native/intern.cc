#include "intern.h"

#include <mutex>
#include <string>
#include <unordered_set>

namespace ireekit {

MlirStringRef intern(std::string_view text) {
  // Never freed: the compiler reads them until the very end of the process.
  static std::mutex &mutex = *new std::mutex;
  static auto &texts = *new std::unordered_set<std::string>;
  std::lock_guard<std::mutex> lock(mutex);
  const std::string &kept = *texts.emplace(text).first;
  return {kept.data(), kept.size()};
}

}  // namespace ireekit
