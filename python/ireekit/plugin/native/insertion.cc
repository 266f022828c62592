#include "insertion.h"

#include "bindings.h"
#include "export.h"
#include "symbols.h"

namespace ireekit {
namespace {

// Words of the bindings' InsertionPoint: {operation's C++ object, its Python object, whether there is one}, {parent's
// C++ object, its Python object, block}. Of its Location: {context's C++ object, its Python object, location}.
enum PointWord : size_t { kPointObject = 3, kPointOperation = 4, kPointSet = 5, kPointBlock = 8 };
enum LocationWord : size_t { kLocation = 5 };

constexpr int kTries = 16;
constexpr const char *kLeftEntered = "it leaves an insertion point, a location or a context entered";

const void *kind_of(MlirLocation location) {
  return compiler.attribute_type_id(compiler.location_attribute(location)).ptr;
}

// The count lies in the lower half of an object's first word, whatever the upper half means.
uint32_t references(const Owned &object) { return static_cast<uint32_t>(words_of(object.get())[0]); }

bool exit(const Owned &manager) {
  return static_cast<bool>(call_method(names.__exit__, manager.get(), known.none, known.none, known.none));
}

}  // namespace

const void *(*innermost_entry)() = nullptr;

bool Insertion::move_before(MlirOperation op, PyObject *operation) {
  if (point_) {
    MlirBlock block = compiler.operation_block(op);
    MlirLocation location = compiler.operation_location(op);
    if (movable_ && block.ptr == block_.ptr && kind_of(location) == location_kind_ &&
        references(point_) == point_references_ && references(location_) == location_references_) {
      uintptr_t *words = words_of(point_.get());
      Owned old(reinterpret_cast<PyObject *>(words[kPointOperation]));
      words[kPointObject] = payload_of(operation);
      words[kPointOperation] = reinterpret_cast<uintptr_t>(Owned::share(operation).release());
      words_of(location_.get())[kLocation] = reinterpret_cast<uintptr_t>(location.ptr);
      return true;
    }
    if (!leave()) return false;
  }
  return enter(op, operation);
}

bool Insertion::enter(MlirOperation op, PyObject *operation) {
  point_ = call(known.insertion_point_class, operation);
  location_ = point_ ? attribute(operation, names.location) : Owned();
  if (!location_) {
    point_.reset();
    return false;
  }
  if (!call_method(names.__enter__, point_.get())) {
    point_.reset();
    location_.reset();
    return false;
  }
  if (!call_method(names.__enter__, location_.get())) {
    location_.reset();
    leave();
    return false;
  }
  block_ = compiler.operation_block(op);
  MlirLocation location = compiler.operation_location(op);
  location_kind_ = kind_of(location);
  movable_ = innermost_entry && can_move(operation, location);
  entry_ = innermost_entry ? innermost_entry() : nullptr;
  point_references_ = references(point_);
  location_references_ = references(location_);
  return true;
}

bool Insertion::can_move(PyObject *operation, MlirLocation location) const {
  const uintptr_t *point = words_of(point_.get());
  return holds_payload(point_.get()) && holds_payload(location_.get()) && holds_payload(operation) &&
         point[kPointObject] == payload_of(operation) &&
         point[kPointOperation] == reinterpret_cast<uintptr_t>(operation) && (point[kPointSet] & 0xFF) == 1 &&
         point[kPointBlock] == reinterpret_cast<uintptr_t>(block_.ptr) &&
         words_of(location_.get())[kLocation] == reinterpret_cast<uintptr_t>(location.ptr);
}

bool Insertion::settle() {
  if (!movable_) return leave();
  if (is_innermost()) return true;
  // Something was entered. Mostly it was left again, and the bindings' stack has moved.
  bool left_all = true;
  for (int tries = 0; tries < kTries; ++tries) {
    Owned point = attribute(known.insertion_point_class, names.current);
    Owned location = attribute(known.location_class, names.current);
    python.PyErr_Clear();  // none, where a context was entered
    bool own_point = point.get() == point_.get(), own_location = location.get() == location_.get();
    if (own_point && own_location) {
      entry_ = innermost_entry();
      if (!left_all) python.PyErr_SetString(known.runtime_error, kLeftEntered);
      return left_all;
    }
    left_all = false;
    const Owned &foreign = own_point ? location : point;
    if (!foreign || !exit(foreign)) break;
  }
  python.PyErr_Clear();
  leave();
  python.PyErr_Clear();
  python.PyErr_SetString(known.runtime_error, kLeftEntered);
  return false;
}

bool Insertion::leave() {
  bool left = true;
  if (location_) left = exit(location_);
  location_.reset();
  if (left && point_) left = exit(point_);
  point_.reset();
  return left;
}

}  // namespace ireekit

// Says by which function of the bindings the innermost entry of their stack is known.
IREEKIT_EXPORT void ireekit_set_innermost_entry(void *function) {
  ireekit::innermost_entry = reinterpret_cast<const void *(*)()>(function);
}
