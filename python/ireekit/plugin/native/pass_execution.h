// One execution of a pass, as an action handler meets it.
#ifndef IREEKIT_PASS_EXECUTION_H
#define IREEKIT_PASS_EXECUTION_H

#include <string_view>

#include "mlir_c.h"
#include "mlir_cxx.h"

namespace ireekit {

// Whether the functions are bound that reading pass executions needs, and a pass reads as it should.
// Gives null, or the reason.
const char *pass_execution_problem(MlirContext context);

class PassExecution {
 public:
  // Whether an action is the execution of a pass on an operation.
  static bool is(const PassExecutionAction &action);

  explicit PassExecution(const PassExecutionAction &action);

  MlirOperation operation() const { return operation_; }

  // What pipeline texts call the pass, else the name of its class. Lives as long as the process.
  std::string_view name() const { return name_; }

  // Whether it only runs other passes on nested operations.
  bool is_adaptor() const;

  // Whether the pass signalled failure. False where its state cannot be read.
  bool failed() const;

  // Makes the pass fail once it has run.
  void fail() const;

  // Forgets what analyses found out about the operation, after a change that the pass manager does not know of.
  void invalidate_analyses() const;

 private:
  const uintptr_t *state() const;

  void *pass_;
  MlirOperation operation_;
  std::string_view name_;
  // Words of the pass's state before it ran; where its first one lies in the pass, counted in words.
  static constexpr size_t kStateWords = 8;
  uintptr_t fresh_[kStateWords];
  size_t state_index_;
};

}  // namespace ireekit

#endif
