// Hooks before and after the compiler's passes, through the action handler of a context.
#ifndef IREEKIT_ACTIONS_H
#define IREEKIT_ACTIONS_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pass_execution.h"
#include "pass_log.h"

namespace ireekit {

// Runs hook `hook` on an operation; nonzero means failure. Called from any thread, from several at once.
using HookCallback = int32_t (*)(void *user, uint32_t hook, void *operation);

// The hooks of one context. Hooks are added before `attach`; between `attach` and `detach` the context runs passes.
//
// A hook gets the operation its pass runs on and may change what is in it. If it fails, the operation is put back as it
// was, no further hook runs, and every pass that starts from then on fails, which stops the compilation in an
// orderly way. Passes that a hook itself runs on its operation are not hooked.
class Actions {
 public:
  Actions(MlirContext context, HookCallback callback, void *user);

  void add_hook(std::string_view pass, bool after, uint32_t hook);
  // Passes that run inside of this one, and outside of its program, are not hooked: it compiles another program.
  void add_opaque(std::string_view pass);
  void attach();
  void detach();

  // A pass at work.
  struct Frame {
    Frame *outer;
    Actions *owner;
    bool opaque;
    uint64_t inner_nanoseconds;  // of passes inside of it
    uint64_t hook_nanoseconds;
    std::vector<void *> closed;  // roots of other programs met inside
  };

  PassLog &log() { return log_; }
  bool failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  struct Hooks {
    std::vector<uint32_t> before, after;
    bool opaque = false;
  };

  void handle(FunctionRef body, const PassExecutionAction &action);
  void logged(FunctionRef body, const PassExecution &execution, const Hooks *hooks);
  void hooked(FunctionRef body, const PassExecution &execution, const Hooks *hooks);
  Frame *enclosing_opaque();
  // Runs hooks of one pass; false where one failed.
  bool run(const std::vector<uint32_t> &hooks, const PassExecution &execution);
  bool closed(MlirOperation operation);
  void close(void *operation);
  void open(void *operation);

  MlirContext context_;
  HookCallback callback_;
  void *user_;
  std::unordered_map<std::string_view, Hooks> hooks_;
  std::vector<std::unique_ptr<std::string>> names_;
  std::atomic<bool> failed_{false};
  PassLog log_;
  // Operations inside of which nothing is hooked for now.
  std::mutex mutex_;
  std::vector<void *> closed_;
};

}  // namespace ireekit

#endif
