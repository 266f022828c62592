#include "pass_execution.h"

#include <cstring>

#include "symbols.h"

namespace ireekit {
namespace {

// Virtual functions of mlir::Pass, after its two destructors.
enum PassSlot { kGetName = 2, kGetArgument = 4 };

// A vtable's first function lies behind the offset to top and the type information.
constexpr size_t kVtableHeader = 2 * sizeof(void *);

// Where mlir::Pass may hold its state, counted in words.
constexpr size_t kFirstWord = 2, kLastWord = 12;

// Where mlir::detail::NestedAnalysisMap has its operation, counted in words.
constexpr size_t kAnalysedOperation = 3;

// Low bits of a tagged pointer to an operation.
constexpr uintptr_t kTagMask = 7;

std::string_view call(void *pass, PassSlot slot) {
  using Function = MlirStringRef (*)(const void *);
  auto functions = *static_cast<Function *const *>(pass);
  MlirStringRef text = functions[slot](pass);
  return {text.data, text.length};
}

}  // namespace

const char *pass_execution_problem(MlirContext context) {
  if (!compiler.pass_execution_vtable || !compiler.register_action_handler || !compiler.pass_signal_failure ||
      !compiler.create_cse_pass || !compiler.pass_manager_create || !compiler.pass_manager_add_pass ||
      !compiler.pass_manager_destroy)
    return "this build of the compiler lacks functions that pass hooks need";
  // A pass whose name is known tells whether the virtual functions lie where they should.
  MlirPass pass = compiler.create_cse_pass();
  bool reads = call(pass.ptr, kGetArgument) == "cse" && call(pass.ptr, kGetName).find("CSE") != std::string_view::npos;
  MlirPassManager owner = compiler.pass_manager_create(context);
  compiler.pass_manager_add_pass(owner, pass);
  compiler.pass_manager_destroy(owner);
  return reads ? nullptr : "passes of this build of the compiler are laid out in an unknown way";
}

bool PassExecution::is(const PassExecutionAction &action) {
  auto expected = reinterpret_cast<const char *>(compiler.pass_execution_vtable) + kVtableHeader;
  return action.vtable == expected && action.unit_count == 1 && (action.units[0] & kTagMask) == 0;
}

PassExecution::PassExecution(const PassExecutionAction &action)
    : pass_(action.pass), operation_{reinterpret_cast<void *>(action.units[0])}, state_index_(0) {
  name_ = call(pass_, kGetArgument);
  if (name_.empty()) name_ = call(pass_, kGetName);
  // Before a pass runs, its state starts with the operation's address: the state tells itself where it is.
  auto words = static_cast<const uintptr_t *>(pass_);
  for (size_t index = kFirstWord; index <= kLastWord; ++index) {
    if (words[index] != action.units[0]) continue;
    state_index_ = index;
    std::memcpy(fresh_, words + index, sizeof(fresh_));
    return;
  }
}

const uintptr_t *PassExecution::state() const {
  return state_index_ ? static_cast<const uintptr_t *>(pass_) + state_index_ : nullptr;
}

bool PassExecution::is_adaptor() const {
  return name_ == "iree-op-pipeline-adaptor" || name_.find("OpToOpPassAdaptor") != std::string_view::npos;
}

bool PassExecution::failed() const { return state() && (state()[0] & kTagMask) != 0; }

// Any pass will do: the function only unwraps the pointer.
void PassExecution::fail() const { compiler.pass_signal_failure({pass_}); }

void PassExecution::invalidate_analyses() const {
  if (!state() || !compiler.invalidate_analyses) return;
  // Behind a map of those of nested operations, the map of analyses has its operation; anything else is not the map.
  auto analyses = reinterpret_cast<const uintptr_t *>(fresh_[1]);
  if (!analyses || analyses[kAnalysedOperation] != reinterpret_cast<uintptr_t>(operation_.ptr)) return;
  // What the pass preserves was nothing before it ran.
  compiler.invalidate_analyses(const_cast<uintptr_t *>(analyses), fresh_ + 2);
}

}  // namespace ireekit
