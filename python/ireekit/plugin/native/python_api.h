// Our own declarations of the part of CPython's C API that this library uses, bound at load time: it has to load in
// tools without Python, and one build serves all versions of Python.
#ifndef IREEKIT_PYTHON_API_H
#define IREEKIT_PYTHON_API_H

#include <cstddef>
#include <cstdint>

// Opaque; but for what a type of ours starts with, see kObjectHeader.
struct PyObject;

struct PyMethodDef {
  const char *name;
  void *function;
  int flags;
  const char *doc;
};

struct PyMemberDef {
  const char *name;
  int type;
  intptr_t offset;
  int flags;
  const char *doc;
};

struct PyGetSetDef {
  const char *name;
  PyObject *(*get)(PyObject *self, void *closure);
  int (*set)(PyObject *self, PyObject *value, void *closure);
  const char *doc;
  void *closure;
};

struct PyType_Slot {
  int slot;
  void *function;
};

struct PyType_Spec {
  const char *name;
  int size;
  int item_size;
  unsigned int flags;
  PyType_Slot *slots;
};

namespace ireekit {

// Size of a PyObject: reference count and type. The loader refuses builds of Python in which it is another.
constexpr size_t kObjectHeader = 16;

enum PythonSlot : int { kSlotDealloc = 52, kSlotMethods = 64, kSlotMembers = 72, kSlotGetSet = 73, kSlotFree = 74 };
enum PythonMember : int { kMemberBool = 14, kMemberObject = 16, kMemberLongLong = 17, kMemberUnsignedLongLong = 18 };
enum PythonMethod : int { kMethodKeywords = 2, kMethodNoArguments = 4, kMethodOne = 8, kMethodFast = 0x80 };
enum PythonTypeFlag : unsigned { kTypeMayBeBase = 1u << 10 };

struct Python {
#define IREEKIT_PYTHON(name, result, arguments) result(*name) arguments = nullptr;
#include "python.def"
#undef IREEKIT_PYTHON
};

// Written by ireekit_python_bind, read-only afterwards; null members where there is no Python.
extern Python python;

// Owns one reference to an object, or none.
class Owned {
 public:
  Owned() = default;
  explicit Owned(PyObject *object) : object_(object) {}
  Owned(Owned &&other) noexcept : object_(other.release()) {}
  Owned &operator=(Owned &&other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Owned() { reset(); }

  static Owned share(PyObject *object) {
    if (object) python.Py_IncRef(object);
    return Owned(object);
  }

  PyObject *get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

  PyObject *release() {
    PyObject *object = object_;
    object_ = nullptr;
    return object;
  }

  void reset(PyObject *object = nullptr) {
    PyObject *old = object_;
    object_ = object;
    if (old) python.Py_DecRef(old);
  }

 private:
  PyObject *object_ = nullptr;
};

// Attribute of an object; null with an exception set.
inline Owned attribute(PyObject *object, PyObject *name) { return Owned(python.PyObject_GetAttr(object, name)); }

template <typename... Arguments>
Owned call(PyObject *function, Arguments... arguments) {
  PyObject *given[] = {arguments..., nullptr};
  return Owned(python.PyObject_Vectorcall(function, given, sizeof...(arguments), nullptr));
}

template <typename... Arguments>
Owned call_method(PyObject *name, PyObject *self, Arguments... arguments) {
  PyObject *given[] = {self, arguments...};
  return Owned(python.PyObject_VectorcallMethod(name, given, 1 + sizeof...(arguments), nullptr));
}

// Whether an object is of that very type.
inline bool is_of(PyObject *object, PyObject *type) { return Owned(python.PyObject_Type(object)).get() == type; }

// The exception that is set, with its traceback, and no longer set.
inline Owned raised() {
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  python.PyErr_Fetch(&type, &value, &trace);
  python.PyErr_NormalizeException(&type, &value, &trace);
  Owned types(type), error(value), traces(trace);
  if (error && trace) python.PyException_SetTraceback(value, trace);
  return error;
}

}  // namespace ireekit

#endif
