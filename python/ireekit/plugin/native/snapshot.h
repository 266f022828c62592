// What an operation was, to make it so again.
#ifndef IREEKIT_SNAPSHOT_H
#define IREEKIT_SNAPSHOT_H

#include "mlir_c.h"

namespace ireekit {

// A copy of an operation, its regions and attributes; constants are shared. The operation must be isolated from above.
// Nothing is kept of one with operands.
class Snapshot {
 public:
  explicit Snapshot(MlirOperation operation);
  ~Snapshot();
  Snapshot(const Snapshot &) = delete;
  Snapshot &operator=(const Snapshot &) = delete;

  // Gives the operation back its body and attributes; once.
  void restore();

 private:
  MlirOperation operation_;
  MlirOperation copy_;
};

}  // namespace ireekit

#endif
