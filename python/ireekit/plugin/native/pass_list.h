// The list of passes of a pass manager.
#ifndef IREEKIT_PASS_LIST_H
#define IREEKIT_PASS_LIST_H

#include <cstdint>
#include <vector>

#include "mlir_cxx.h"

namespace ireekit {

// Reads and reorders the passes in an mlir::OpPassManager.
class PassList {
 public:
  // `last` is the address of the pass that was just added: the list tells by it where it is.
  PassList(OpPassManager *manager, void *last);

  // Whether the list was found.
  bool known() const { return word_ != 0; }

  size_t size() const { return end() - begin(); }

  // Puts the passes in the order of `indices`; false, and nothing changed, where those are not all of them.
  bool reorder(const std::vector<uint32_t> &indices);

 private:
  void **begin() const;
  void **end() const;

  // mlir::detail::OpPassManagerImpl.
  void ***words_;
  // Of its std::vector<std::unique_ptr<Pass>>.
  size_t word_;
};

}  // namespace ireekit

#endif
