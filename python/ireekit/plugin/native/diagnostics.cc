// Collecting diagnostics without Python: a handler that waits for the interpreter's lock, while the compiler holds the
// lock of its diagnostics, deadlocks with Python code that emits one.

#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "export.h"
#include "symbols.h"

namespace ireekit {
namespace {

struct Message {
  int severity;
  std::string text;
  const void *location;
};

struct Collector {
  std::mutex mutex;
  // A deque: texts stay where they are while messages are added.
  std::deque<Message> messages;

  void add(int severity, std::string text, const void *location) {
    std::lock_guard<std::mutex> lock(mutex);
    messages.push_back({severity, std::move(text), location});
  }
};

// Takes messages that come on one thread. What MLIR does on several for one call, it reports on the caller's.
struct Capture {
  MlirContext context;
  Collector *collector;
  std::thread::id thread;
  uint64_t handler;
};

// Severities of the C API of MLIR, in order, as the compiler's embedding API numbers them.
constexpr int kSeverities[] = {/*error*/ 2, /*warning*/ 1, /*note*/ 0, /*remark*/ 3};

MlirLogicalResult on_message(MlirDiagnostic diagnostic, void *data) {
  auto &capture = *static_cast<Capture *>(data);
  if (capture.thread != std::this_thread::get_id()) return {0};
  std::string text;
  compiler.diagnostic_print(
      diagnostic,
      [](MlirStringRef part, void *whole) { static_cast<std::string *>(whole)->append(part.data, part.length); }, &text);
  int severity = kSeverities[compiler.diagnostic_severity(diagnostic) & 3];
  capture.collector->add(severity, std::move(text), compiler.diagnostic_location(diagnostic).ptr);
  return {1};
}

}  // namespace

}  // namespace ireekit

using ireekit::Capture;
using ireekit::Collector;

IREEKIT_EXPORT Collector *ireekit_collector_create() { return new Collector; }

IREEKIT_EXPORT void ireekit_collector_destroy(Collector *collector) { delete collector; }

// A diagnostic callback of the compiler's embedding API; `collector` is its user data.
IREEKIT_EXPORT void ireekit_collector_add(int severity, const char *text, size_t size, void *collector) {
  static_cast<Collector *>(collector)->add(severity, std::string(text, size), nullptr);
}

IREEKIT_EXPORT size_t ireekit_collector_size(Collector *collector) {
  std::lock_guard<std::mutex> lock(collector->mutex);
  return collector->messages.size();
}

// The index-th message, which must exist; the text is `size` bytes, valid as long as the collector.
IREEKIT_EXPORT const char *ireekit_collector_message(
    Collector *collector, size_t index, int *severity, size_t *size, const void **location) {
  std::lock_guard<std::mutex> lock(collector->mutex);
  const ireekit::Message &message = collector->messages[index];
  *severity = message.severity;
  *size = message.text.size();
  *location = message.location;
  return message.text.data();
}

// Until its end, diagnostics that a context gets on this thread go to the collector and nowhere else.
IREEKIT_EXPORT Capture *ireekit_capture_begin(void *context, Collector *collector) {
  auto capture = new Capture{{context}, collector, std::this_thread::get_id(), 0};
  capture->handler = ireekit::compiler.attach_diagnostic_handler({context}, ireekit::on_message, capture, nullptr);
  return capture;
}

IREEKIT_EXPORT void ireekit_capture_end(Capture *capture) {
  ireekit::compiler.detach_diagnostic_handler(capture->context, capture->handler);
  delete capture;
}
