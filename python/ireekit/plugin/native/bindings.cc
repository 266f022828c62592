#include "bindings.h"

#include "export.h"
#include "insertion.h"
#include "symbols.h"

namespace ireekit {
namespace {

// Words of a PyValue: the Python object of the operation it belongs to, which for a result is the one that defines it,
// and the value. Of a PyType and a PyAttribute: what they stand for, after the context.
constexpr size_t kValueOperation = 5;
constexpr size_t kValueWord = 6;
constexpr size_t kAttributeWord = 5;

bool values_are_known = false;

// The operation that makes a value, None for a block argument. What is no value, and a result whose operation is gone,
// are for `slow`, the function in Python.
PyObject *defining_op(PyObject *slow, PyObject *value) {
  PyObject *type = Owned(python.PyObject_Type(value)).get();
  if (!values_are_known) return call(slow, value).release();
  if (type == known.argument_class) return Owned::share(known.none).release();
  if (type != known.result_class) return call(slow, value).release();
  auto *operation = reinterpret_cast<PyObject *>(words_of(value)[kValueOperation]);
  if (!operation_of(operation).ptr) return call(slow, value).release();
  return Owned::share(operation).release();
}

PyMethodDef kDefiningOp = {"defining_op", reinterpret_cast<void *>(defining_op), kMethodOne,
                           "defining_op($module, value, /)\n--\n\n"
                           "The operation that makes ``value``; ``None`` for a block argument."};

// Whether the words of `value`, a result of `operation`, are as they are taken to be.
bool fits(PyObject *value, PyObject *operation) {
  return holds_payload(value) && holds_payload(operation) &&
         words_of(value)[kValueOperation - 1] == payload_of(operation) &&
         words_of(value)[kValueOperation] == reinterpret_cast<uintptr_t>(operation);
}

}  // namespace

Known known;
Names names;

// Classes of the bindings whose objects hold, in one word, what they stand for.
struct PlainClass {
  PyObject *type;
  const char *capsule;
  size_t word;
  uintptr_t storage;  // how an object holds its C++ object
};

constexpr size_t kClasses = 32;
PlainClass plain_classes[kClasses];

PlainClass &plain_class(PyObject *type) { return plain_classes[(reinterpret_cast<uintptr_t>(type) >> 5) % kClasses]; }

// Remembers the class of an object in which `pointer` is found where it is expected.
void remember(PyObject *object, PyObject *type, const char *capsule, const void *pointer) {
  size_t word = capsule == kValueCapsule ? kValueWord : kAttributeWord;
  if (capsule == kOperationCapsule || !values_are_known || plain_class(type).type || !holds_payload(object)) return;
  if (words_of(object)[word] != reinterpret_cast<uintptr_t>(pointer)) return;
  plain_class(type) = {Owned::share(type).release(), capsule, word, words_of(object)[kStorageWord]};
}

void *pointer_of(PyObject *object, const char *name) {
  PyObject *type = Owned(python.PyObject_Type(object)).get();
  const PlainClass &plain = plain_class(type);
  if (plain.type == type && plain.capsule == name && plain.storage == words_of(object)[kStorageWord])
    return reinterpret_cast<void *>(words_of(object)[plain.word]);
  Owned capsule = attribute(object, names._CAPIPtr);
  void *pointer = capsule ? python.PyCapsule_GetPointer(capsule.get(), name) : nullptr;
  if (pointer)
    remember(object, type, name, pointer);
  else
    python.PyErr_Clear();
  return pointer;
}

Owned operation_object(MlirOperation op) {
  Owned capsule(python.PyCapsule_New(op.ptr, kOperationCapsule, nullptr));
  return capsule ? call(known.operation_from_capsule, capsule.get()) : Owned();
}

Owned object_of(const void *pointer, const char *name, PyObject *from_capsule) {
  Owned capsule(python.PyCapsule_New(const_cast<void *>(pointer), name, nullptr));
  Owned object = capsule ? call(from_capsule, capsule.get()) : Owned();
  return object ? call_method(names.maybe_downcast, object.get()) : Owned();
}

Owned frozen_object(MlirRewritePatternSet set) {
  MlirFrozenRewritePatternSet frozen = compiler.freeze_patterns(set);
  compiler.destroy_pattern_set(set);  // empty by now
  return Owned(python.PyCapsule_New(frozen.ptr, kPatternsCapsule, nullptr));
}

}  // namespace ireekit

using namespace ireekit;

// Names of the objects that ireekit_bindings_setup takes, in order; null past the last.
IREEKIT_EXPORT const char *ireekit_bindings_name(size_t index) {
#define IREEKIT_TEXT(name) #name,
  static const char *const texts[] = {IREEKIT_KNOWN(IREEKIT_TEXT)};
#undef IREEKIT_TEXT
  return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : nullptr;
}

// Takes a tuple of these objects. `value` is a result of `operation`, to see how values are laid out, and `patterns` the
// capsule of a frozen set of patterns: false where the bindings call it otherwise. Once per process, after all functions
// of Python were bound.
IREEKIT_EXPORT bool ireekit_bindings_setup(PyObject *objects, PyObject *value, PyObject *operation,
                                           PyObject *patterns) {
  if (!python.PyCapsule_GetPointer(patterns, kPatternsCapsule)) {
    python.PyErr_Clear();
    return false;
  }
  intptr_t index = 0;
#define IREEKIT_TAKE(name)                                                       \
  known.name = Owned::share(python.PyTuple_GetItem(objects, index++)).release(); \
  if (!known.name) return false;
  IREEKIT_KNOWN(IREEKIT_TAKE)
#undef IREEKIT_TAKE
#define IREEKIT_NAME(name)                               \
  names.name = python.PyUnicode_InternFromString(#name); \
  if (!names.name) return false;
  IREEKIT_NAMES(IREEKIT_NAME)
#undef IREEKIT_NAME
  values_are_known = fits(value, operation);
  return true;
}

// `defining_op` as a function of Python, a new reference; `slow` is asked where it does not know.
IREEKIT_EXPORT PyObject *ireekit_defining_op(PyObject *slow) {
  return python.PyCFunction_NewEx(&kDefiningOp, slow, nullptr);
}

// What is laid out as this library takes it to be: 1 for values, 2 for the stack of insertion points and locations.
IREEKIT_EXPORT unsigned ireekit_known_layouts() { return (values_are_known ? 1 : 0) | (innermost_entry ? 2 : 0); }
