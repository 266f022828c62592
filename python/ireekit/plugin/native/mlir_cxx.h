// Mirrors of the few C++ types of MLIR and LLVM that cross the border, as the supported builds lay them out.
#ifndef IREEKIT_MLIR_CXX_H
#define IREEKIT_MLIR_CXX_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>

#include "mlir_c.h"

namespace ireekit {

// llvm::function_ref<void()>.
struct FunctionRef {
  void (*callback)(intptr_t callable);
  intptr_t callable;

  void operator()() const { callback(callable); }
};

// mlir::PassExecutionAction; its base mlir::tracing::Action ends before `pass`.
struct PassExecutionAction {
  const void *vtable;
  const void *type_id;
  const uintptr_t *units;  // ArrayRef<IRUnit>: tagged pointers, an operation's with tag 0
  size_t unit_count;
  void *pass;
};

// mlir::MLIRContext::HandlerTy; the reference is to any action, so read it as one only after a look at its vtable.
using ActionHandler = std::function<void(FunctionRef, const PassExecutionAction &)>;

// llvm::function_ref<LogicalResult(const Twine &)>, never called here.
struct ErrorHandler {
  void *callback;
  intptr_t callable;
};

// mlir::OpPassManager, known by address only.
struct OpPassManager;

// mlir::PassRegistryFunction: adds passes, made of the text of options; false means failure.
using PipelineBuilder = std::function<bool(OpPassManager &manager, MlirStringRef options, ErrorHandler handler)>;

// Tells listeners of a pipeline's options, of which --help writes.
using PipelineOptions = std::function<void(FunctionRef)>;

// mlir::DialectAllocatorFunction.
using DialectAllocator = std::function<void *(void *context)>;

// llvm::SmallVector<std::string>, as it is returned.
struct StringVector {
  std::string *data;
  uint32_t size, capacity;
  alignas(std::string) char first[sizeof(std::string)];

  StringVector(const StringVector &) = delete;
  // Not trivial: such are returned through memory.
  ~StringVector() {
    for (uint32_t index = 0; index < size; ++index) data[index].~basic_string();
    if (static_cast<void *>(data) != first) std::free(data);
  }
};

// std::unique_ptr<mlir::DynamicOpDefinition>, as it is returned.
struct OwnedDefinition {
  void *definition;

  OwnedDefinition(const OwnedDefinition &) = delete;
  // Not trivial: such are returned through memory, by whatever register the platform has for that.
  ~OwnedDefinition() {}
};

// std::optional<mlir::SymbolTable::UseRange>, handed on as it is returned: a vector, and whether there is one.
struct SymbolUses {
  alignas(void *) char value[3 * sizeof(void *)];
  bool has_value;

  SymbolUses(const SymbolUses &) = delete;
  ~SymbolUses() {}  // not trivial
};

// llvm::StringMapImpl.
struct StringMapLayout {
  void **table;  // of entries, a last one that is none, and their hashes
  uint32_t bucket_count;
  uint32_t item_count;
  uint32_t item_size;  // of an entry without its key, which follows it
};

static_assert(sizeof(StringMapLayout) == 24, "llvm::StringMapImpl");

}  // namespace ireekit

#endif
