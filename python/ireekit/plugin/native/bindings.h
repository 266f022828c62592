// Objects of the compiler's Python bindings, made and read without the bindings' own overhead: through the capsules
// of MLIR's C API, which every object of the bindings gives and takes.
#ifndef IREEKIT_BINDINGS_H
#define IREEKIT_BINDINGS_H

#include "mlir_c.h"
#include "python_api.h"

namespace ireekit {

// Objects of Python and of the bindings that ireekit_bindings_setup is given by these names.
#define IREEKIT_KNOWN(apply)                                                                                         \
  apply(none) apply(yes) apply(no) apply(string) apply(list) apply(tuple) apply(dictionary)                          \
  apply(operation_class) apply(result_class) apply(argument_class) apply(insertion_point_class) apply(location_class) \
  apply(operation_from_capsule) apply(attribute_from_capsule) apply(type_from_capsule) apply(value_from_capsule)     \
  apply(view_init) apply(runtime_error)

// Names of attributes and keywords.
#define IREEKIT_NAMES(apply)                                                                                         \
  apply(_CAPIPtr) apply(__enter__) apply(__exit__) apply(__new__) apply(_set_invalid) apply(attributes) apply(current) \
  apply(location) apply(maybe_downcast) apply(operands) apply(opview) apply(results)

struct Known {
#define IREEKIT_MEMBER(name) PyObject *name = nullptr;
  IREEKIT_KNOWN(IREEKIT_MEMBER)
#undef IREEKIT_MEMBER
};

struct Names {
#define IREEKIT_MEMBER(name) PyObject *name = nullptr;
  IREEKIT_NAMES(IREEKIT_MEMBER)
#undef IREEKIT_MEMBER
};

// Written once, by ireekit_bindings_setup; they live as long as the process.
extern Known known;
extern Names names;

inline constexpr char kOperationCapsule[] = "iree.compiler.ir.Operation._CAPIPtr";
inline constexpr char kValueCapsule[] = "iree.compiler.ir.Value._CAPIPtr";
inline constexpr char kTypeCapsule[] = "iree.compiler.ir.Type._CAPIPtr";
inline constexpr char kAttributeCapsule[] = "iree.compiler.ir.Attribute._CAPIPtr";
// Not a slip of ours: the bindings call it so.
inline constexpr char kPatternsCapsule[] = "iree.compiler.passmanager.PassManager._CAPIPtr";

// What an object of the bindings stands for; null, and no exception set, for an object of another kind and for an
// operation that is gone.
void *pointer_of(PyObject *object, const char *capsule);

inline MlirOperation operation_of(PyObject *object) { return {pointer_of(object, kOperationCapsule)}; }
inline MlirValue value_of(PyObject *object) { return {pointer_of(object, kValueCapsule)}; }

// A new ir.Operation; null with an exception set.
Owned operation_object(MlirOperation op);

// A new object of the most derived class, made by one of `known`'s functions; null with an exception set.
Owned object_of(const void *pointer, const char *capsule, PyObject *from_capsule);

// Freezes a set of patterns, and gives the frozen one as a capsule. Null with an exception set.
Owned frozen_object(MlirRewritePatternSet set);

// The words of an object of the bindings: its header, where its C++ object lies, and from kPayload on that object. What
// is made of them is checked with objects whose words are known, before any word is relied upon.
constexpr size_t kPayload = 24;
constexpr size_t kStorageWord = 2;
inline uintptr_t *words_of(PyObject *object) { return reinterpret_cast<uintptr_t *>(object); }
inline uintptr_t payload_of(PyObject *object) { return reinterpret_cast<uintptr_t>(object) + kPayload; }
inline bool holds_payload(PyObject *object) { return (words_of(object)[kStorageWord] & 0xFFFFFFFF) == kPayload; }

}  // namespace ireekit

#endif
