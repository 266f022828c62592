#include "actions.h"

#include <algorithm>
#include <chrono>

#include "export.h"
#include "snapshot.h"
#include "symbols.h"

namespace ireekit {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

// Passes at work on this thread, innermost first.
thread_local Actions::Frame *innermost = nullptr;

uint32_t depth_of(MlirOperation operation) {
  uint32_t depth = 0;
  while ((operation = compiler.operation_parent(operation)).ptr) ++depth;
  return depth;
}

MlirOperation root_of(MlirOperation operation) {
  for (MlirOperation outer; (outer = compiler.operation_parent(operation)).ptr;) operation = outer;
  return operation;
}

std::string_view name_of(MlirOperation operation) {
  MlirStringRef name = compiler.identifier_text(compiler.operation_name(operation));
  return {name.data, name.length};
}

}  // namespace

Actions::Actions(MlirContext context, HookCallback callback, void *user)
    : context_(context), callback_(callback), user_(user) {}

void Actions::add_hook(std::string_view pass, bool after, uint32_t hook) {
  names_.push_back(std::make_unique<std::string>(pass));
  Hooks &hooks = hooks_[*names_.back()];
  (after ? hooks.after : hooks.before).push_back(hook);
}

void Actions::add_opaque(std::string_view pass) {
  names_.push_back(std::make_unique<std::string>(pass));
  hooks_[*names_.back()].opaque = true;
}

void Actions::attach() {
  compiler.register_action_handler(
      context_.ptr, [this](FunctionRef body, const PassExecutionAction &action) { handle(body, action); });
}

void Actions::detach() { compiler.register_action_handler(context_.ptr, ActionHandler()); }

void Actions::handle(FunctionRef body, const PassExecutionAction &action) {
  if (!PassExecution::is(action)) return body();
  PassExecution execution(action);
  if (failed()) execution.fail();
  // What a pass compiles apart hangs below a root of its own, which this thread meets first.
  if (Frame *opaque = enclosing_opaque()) {
    void *root = root_of(execution.operation()).ptr;
    if (!closed({root})) close(*opaque->closed.emplace(opaque->closed.end(), root));
  }
  if (execution.is_adaptor()) return body();
  auto found = hooks_.find(execution.name());
  logged(body, execution, found == hooks_.end() ? nullptr : &found->second);
}

Actions::Frame *Actions::enclosing_opaque() {
  for (Frame *frame = innermost; frame; frame = frame->outer)
    if (frame->owner == this && frame->opaque) return frame;
  return nullptr;
}

void Actions::logged(FunctionRef body, const PassExecution &execution, const Hooks *hooks) {
  MlirOperation operation = execution.operation();
  size_t row = log_.begin(execution.name(), name_of(operation), depth_of(operation));
  Frame frame{innermost, this, hooks && hooks->opaque, 0, 0, {}};
  innermost = &frame;
  auto start = Clock::now();
  hooked(body, execution, hooks);
  uint64_t whole = nanoseconds_since(start);
  innermost = frame.outer;
  if (frame.outer) frame.outer->inner_nanoseconds += whole;
  for (void *root : frame.closed) open(root);
  uint64_t elapsed = whole - std::min(whole, frame.hook_nanoseconds);
  log_.end(row, elapsed, elapsed - std::min(elapsed, frame.inner_nanoseconds));
}

void Actions::hooked(FunctionRef body, const PassExecution &execution, const Hooks *hooks) {
  if (!hooks || failed() || closed(execution.operation())) return body();
  if (!run(hooks->before, execution)) execution.fail();
  body();
  if (!execution.failed()) run(hooks->after, execution);
}

bool Actions::run(const std::vector<uint32_t> &hooks, const PassExecution &execution) {
  if (hooks.empty() || failed()) return true;
  auto start = Clock::now();
  uint64_t inner = innermost->inner_nanoseconds;
  Snapshot snapshot(execution.operation());
  close(execution.operation().ptr);
  bool succeeded = std::all_of(hooks.begin(), hooks.end(), [&](uint32_t hook) {
    return callback_(user_, hook, execution.operation().ptr) == 0;
  });
  if (!succeeded) {
    failed_.store(true, std::memory_order_release);
    snapshot.restore();
  }
  open(execution.operation().ptr);
  execution.invalidate_analyses();
  // Passes that hooks ran are no part of this one either.
  innermost->inner_nanoseconds = inner;
  innermost->hook_nanoseconds += nanoseconds_since(start);
  return succeeded;
}

bool Actions::closed(MlirOperation operation) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_.empty()) return false;
  for (; operation.ptr; operation = compiler.operation_parent(operation))
    if (std::find(closed_.begin(), closed_.end(), operation.ptr) != closed_.end()) return true;
  return false;
}

void Actions::close(void *operation) {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_.push_back(operation);
}

void Actions::open(void *operation) {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_.erase(std::find(closed_.begin(), closed_.end(), operation));
}

}  // namespace ireekit

using ireekit::Actions;

// Null where hooks can be used in this context, else why they cannot.
IREEKIT_EXPORT const char *ireekit_actions_problem(void *context) {
  return ireekit::pass_execution_problem({context});
}

// Hooks for a context; `callback` may be null where there are none and passes are only recorded.
IREEKIT_EXPORT Actions *ireekit_actions_create(void *context, ireekit::HookCallback callback, void *user) {
  return new Actions({context}, callback, user);
}

// Only when detached.
IREEKIT_EXPORT void ireekit_actions_destroy(Actions *actions) { delete actions; }

IREEKIT_EXPORT void ireekit_actions_add_hook(Actions *actions, const char *pass, bool after, uint32_t hook) {
  actions->add_hook(pass, after, hook);
}

IREEKIT_EXPORT void ireekit_actions_add_opaque(Actions *actions, const char *pass) { actions->add_opaque(pass); }

// Only while the context runs no pass; the same for detaching.
IREEKIT_EXPORT void ireekit_actions_attach(Actions *actions) { actions->attach(); }

IREEKIT_EXPORT void ireekit_actions_detach(Actions *actions) { actions->detach(); }

IREEKIT_EXPORT bool ireekit_actions_failed(const Actions *actions) { return actions->failed(); }

IREEKIT_EXPORT void ireekit_actions_set_phase(Actions *actions, uint32_t phase) { actions->log().set_phase(phase); }

// The recorded executions so far, in the order they started; valid until the next pass runs.
IREEKIT_EXPORT const ireekit::PassEvent *ireekit_actions_events(Actions *actions, size_t *count) {
  *count = actions->log().events().size();
  return actions->log().events().data();
}

IREEKIT_EXPORT const char *ireekit_actions_text(Actions *actions, size_t index) { return actions->log().text(index); }
