#include "plugin_passes.h"

#include <string>
#include <utility>

#include "conditions.h"
#include "intern.h"
#include "plugin_state.h"
#include "symbols.h"

namespace ireekit {
namespace {

// What a pass does; copied with the pass.
struct Task {
  virtual ~Task() = default;
  virtual Task *clone() const = 0;
  // Zero where it succeeded; whatever fails has been said as a diagnostic.
  virtual int32_t run(MlirOperation op) const = 0;
};

struct StepTask final : Task {
  StepRunner runner;
  const char *point;
  std::shared_ptr<const Conditions> conditions;
  std::shared_ptr<bool> failed;

  Task *clone() const override { return new StepTask(*this); }

  int32_t run(MlirOperation op) const override {
    if (failed && *failed) return 1;
    return conditions->hold(op) ? runner.host->run(runner.session, point, op.ptr) : 0;
  }
};

struct NamedTask final : Task {
  const char *name;
  const char *options;

  Task *clone() const override { return new NamedTask(*this); }

  int32_t run(MlirOperation op) const override {
    std::string problem;
    if (const PluginHost *host = python_host(&problem)) return host->run_pass(name, options, op.ptr);
    std::string message = "pass '" + std::string(name) + "' needs Python: " + problem;
    compiler.emit_error(compiler.operation_location(op), message.c_str());
    return 1;
  }
};

void destruct(void *data) { delete static_cast<Task *>(data); }

void *clone(void *data) { return static_cast<const Task *>(data)->clone(); }

void run(MlirOperation op, MlirExternalPass pass, void *data) {
  // Any pass will do: the function only unwraps the pointer.
  if (static_cast<const Task *>(data)->run(op) != 0) compiler.pass_signal_failure({pass.ptr});
}

constexpr MlirExternalPassCallbacks kCallbacks{[](void *) {}, destruct, nullptr, clone, run};

MlirPass make_pass(MlirStringRef name, MlirStringRef anchor, const MlirDialectHandle *dialects, Task *task) {
  static MlirTypeID id = compiler.allocate_type_id(compiler.create_type_ids());
  return compiler.create_pass(id, name, name, intern("runs Python"), anchor, dialects ? 1 : 0, dialects, kCallbacks,
                              task);
}

}  // namespace

MlirPass make_step_pass(const StepRunner &runner, std::string_view point, std::string_view conditions,
                        std::shared_ptr<bool> failed, const MlirDialectHandle *dialects) {
  auto task = new StepTask;
  task->runner = runner;
  task->point = intern(point).data;
  task->conditions = std::make_shared<const Conditions>(conditions);
  task->failed = std::move(failed);
  std::string name = std::string(runner.pipeline) + "-at-" + std::string(point);
  return make_pass(intern(name), intern("builtin.module"), dialects, task);
}

MlirPass make_named_pass(std::string_view name, std::string_view options) {
  auto task = new NamedTask;
  task->name = intern(name).data;
  task->options = intern(options).data;
  return make_pass(intern(name), intern(""), nullptr, task);
}

}  // namespace ireekit
