// The insertion point and location that builders of the bindings use by default while a pattern runs.
#ifndef IREEKIT_INSERTION_H
#define IREEKIT_INSERTION_H

#include "mlir_c.h"
#include "python_api.h"

namespace ireekit {

// The innermost entry of the bindings' stack of contexts, insertion points and locations of this thread; where this
// build does not tell, null.
extern const void *(*innermost_entry)();

// An insertion point and a location of the bindings, entered. They stay entered from one pattern to the next, and are
// moved to the next operation instead of making new ones; unless someone else holds them, or they cannot be.
class Insertion {
 public:
  // Before `op`, and with its location. False with an exception set.
  bool move_before(MlirOperation op, PyObject *operation);

  // After the pattern; false with an exception set where it left something entered.
  bool settle();

  // Leaves both. False with an exception set where something else is entered.
  bool leave();

  // Whether nothing was entered since `move_before`.
  bool is_innermost() const { return innermost_entry && innermost_entry() == entry_; }

 private:
  bool enter(MlirOperation op, PyObject *operation);
  bool can_move(PyObject *operation, MlirLocation location) const;

  Owned point_;
  Owned location_;
  const void *entry_ = nullptr;
  MlirBlock block_ = {nullptr};
  const void *location_kind_ = nullptr;
  uint32_t point_references_ = 0;
  uint32_t location_references_ = 0;
  bool movable_ = false;
};

}  // namespace ireekit

#endif
