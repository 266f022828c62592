#include "rewriter.h"

#include <cstring>
#include <new>

#include "bindings.h"
#include "export.h"
#include "operation_builder.h"
#include "rule.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr size_t kResultLimit = 8;
constexpr intptr_t kArgumentLimit = 16;

intptr_t size_of(PyObject *list) { return list ? python.PyList_Size(list) : 0; }

bool is_empty(PyObject *list_or_none) {
  return !list_or_none || list_or_none == known.none || python.PyList_Size(list_or_none) == 0;
}

void clear(PyObject *list) {
  if (size_of(list)) python.PyList_SetSlice(list, 0, size_of(list), nullptr);
}

void set(PyObject *&member, PyObject *object) {
  Owned old(member);
  member = Owned::share(object).release();
}

// A method's own implementation in Python, with the same arguments.
PyObject *call_slow(PyObject *function, PyObject *self, PyObject *const *arguments, intptr_t count,
                    PyObject *keywords) {
  intptr_t total = count + (keywords ? python.PyTuple_Size(keywords) : 0);
  PyObject *few[1 + kArgumentLimit];
  PyObject **all = total <= kArgumentLimit ? few : new PyObject *[1 + static_cast<size_t>(total)];
  all[0] = self;
  std::memcpy(all + 1, arguments, static_cast<size_t>(total) * sizeof(PyObject *));
  PyObject *result = python.PyObject_Vectorcall(function, all, static_cast<size_t>(count) + 1, keywords);
  if (all != few) delete[] all;
  return result;
}

// An operation that the pattern created, or another one. Only while nothing waits to be erased.
MlirOperation created_operation(const Rewriter &rewriter, PyObject *object) {
  for (size_t index = 0; index < rewriter.made_count; ++index)
    if (rewriter.made[index].object == object) return rewriter.made[index].op;
  return operation_of(object);
}

// Up to kResultLimit values that `replacement` stands for; a negative number for more, and for anything else.
intptr_t values_of(const Rewriter &rewriter, PyObject *replacement, MlirValue *values) {
  if (!is_of(replacement, known.operation_class)) {
    values[0] = value_of(replacement);
    return values[0].ptr ? 1 : -1;
  }
  MlirOperation op = created_operation(rewriter, replacement);
  if (!op.ptr) return -1;
  intptr_t count = compiler.operation_result_count(op);
  if (count > static_cast<intptr_t>(kResultLimit)) return -1;
  for (intptr_t index = 0; index < count; ++index) values[index] = compiler.operation_result(op, index);
  return count;
}

bool uses(MlirOperation op, MlirValue value) {
  for (intptr_t index = 0, count = compiler.operation_operand_count(op); index < count; ++index)
    if (compiler.operation_operand(op, index).ptr == value.ptr) return true;
  return false;
}

// Whether replacing `result` by `value` may make a value depend on itself; Python then looks closer.
bool may_use_itself(const Rewriter &rewriter, MlirValue value, MlirValue result) {
  intptr_t count = size_of(rewriter.created);
  for (intptr_t index = 0; index < count; ++index) {
    MlirOperation op = created_operation(rewriter, python.PyList_GetItem(rewriter.created, index));
    if (!op.ptr || uses(op, result)) return true;
  }
  return !count && compiler.value_is_result(value) && uses(compiler.value_owner(value), result);
}

bool can_replace_quickly(const Rewriter &rewriter, PyObject *old, PyObject *replacement) {
  if (!rewriter.op.ptr || rewriter.closed || rewriter.replacement) return false;
  if (old != rewriter.view && old != rewriter.root) return false;
  if (size_of(rewriter.pending) || size_of(rewriter.dying)) return false;
  MlirValue values[kResultLimit];
  intptr_t count = values_of(rewriter, replacement, values);
  if (count < 0 || count != compiler.operation_result_count(rewriter.op)) return false;
  for (intptr_t index = 0; index < count; ++index) {
    MlirValue result = compiler.operation_result(rewriter.op, index);
    if (values[index].ptr == result.ptr) return false;
    if (compiler.value_type(values[index]).ptr != compiler.value_type(result).ptr) return false;
    if (may_use_itself(rewriter, values[index], result)) return false;
  }
  return true;
}

PyObject *create(PyObject *self, PyObject *const *arguments, intptr_t count, PyObject *keywords) {
  Rewriter &rewriter = Rewriter::of(self);
  if (count == 1 && rewriter.op.ptr && !rewriter.closed && rewriter.insertion.is_innermost() &&
      is_of(arguments[0], known.string) && python.PySet_Contains(rewriter.names, arguments[0]) == 1) {
    MlirOperation made = create_before(rewriter.op, arguments[0], arguments + 1, keywords);
    if (made.ptr) {
      Owned operation = operation_object(made);
      if (!operation || python.PyList_Append(rewriter.created, operation.get()) != 0) return nullptr;
      rewriter.dirty = 1;
      // The list keeps the object as long as it is remembered here.
      if (rewriter.made_count < sizeof(rewriter.made) / sizeof(rewriter.made[0]))
        rewriter.made[rewriter.made_count++] = {operation.get(), made};
      return operation.release();
    }
  }
  return call_slow(slow.create, self, arguments, count, keywords);
}

PyObject *replace(PyObject *self, PyObject *const *arguments, intptr_t count, PyObject *keywords) {
  Rewriter &rewriter = Rewriter::of(self);
  if (count == 2 && !keywords && can_replace_quickly(rewriter, arguments[0], arguments[1])) {
    set(rewriter.replacement, arguments[1]);
    return Owned::share(known.none).release();
  }
  return call_slow(slow.replace, self, arguments, count, keywords);
}

PyObject *replace_with(PyObject *self, PyObject *const *arguments, intptr_t count, PyObject *keywords) {
  if (count < 2) return call_slow(slow.replace_with, self, arguments, count, keywords);
  Owned created(create(self, arguments + 1, count - 1, keywords));
  if (!created) return nullptr;
  PyObject *pair[] = {arguments[0], created.get()};
  if (!Owned(replace(self, pair, 2, nullptr))) return nullptr;
  return created.release();
}

PyObject *replace_op(PyObject *self, PyObject *const *arguments, intptr_t count, PyObject *keywords) {
  Rewriter &rewriter = Rewriter::of(self);
  MlirValue values[kResultLimit];
  bool quick = rewriter.op.ptr && count == 2 && is_of(arguments[1], known.list) &&
               size_of(arguments[1]) <= static_cast<intptr_t>(kResultLimit);
  MlirOperation op = {quick ? operation_of(arguments[0]).ptr : nullptr};
  for (intptr_t index = 0; op.ptr && index < size_of(arguments[1]); ++index) {
    values[index] = value_of(python.PyList_GetItem(arguments[1], index));
    if (!values[index].ptr) op.ptr = nullptr;
  }
  if (!op.ptr) return call_slow(slow.replace_op, self, arguments, count, keywords);
  compiler.replace_by_values({reinterpret_cast<void *>(rewriter.address)}, op, size_of(arguments[1]), values);
  return Owned::share(known.none).release();
}

PyObject *erase_op(PyObject *self, PyObject *const *arguments, intptr_t count, PyObject *keywords) {
  Rewriter &rewriter = Rewriter::of(self);
  MlirOperation op = {rewriter.op.ptr && count == 1 ? operation_of(arguments[0]).ptr : nullptr};
  if (!op.ptr) return call_slow(slow.erase_op, self, arguments, count, keywords);
  compiler.erase_operation({reinterpret_cast<void *>(rewriter.address)}, op);
  return Owned::share(known.none).release();
}

PyObject *leave(PyObject *self, PyObject *) {
  if (!Rewriter::of(self).insertion.leave()) return nullptr;
  return Owned::share(known.none).release();
}

// `_pending`: whoever looks at it finds the replacement in it.
PyObject *get_pending(PyObject *self, void *) {
  Rewriter &rewriter = Rewriter::of(self);
  if (rewriter.replacement) {
    Owned replacement(rewriter.replacement);
    rewriter.replacement = nullptr;
    Owned values = call(slow.replacement_values, replacement.get());
    Owned pair(values ? python.PyTuple_New(2) : nullptr);
    if (!pair) return nullptr;
    python.PyTuple_SetItem(pair.get(), 0, Owned::share(rewriter.root).release());
    python.PyTuple_SetItem(pair.get(), 1, values.release());
    if (python.PyList_Append(rewriter.pending, pair.get()) != 0) return nullptr;
  }
  return Owned::share(rewriter.pending ? rewriter.pending : known.none).release();
}

int set_pending(PyObject *self, PyObject *value, void *) {
  set(Rewriter::of(self).pending, value);
  return 0;
}

void destroy(PyObject *self) {
  Rewriter &rewriter = Rewriter::of(self);
  for (PyObject *member : {rewriter.root, rewriter.pending, rewriter.dying, rewriter.created, rewriter.deferred,
                           rewriter.names, rewriter.view, rewriter.replacement})
    if (member) python.Py_DecRef(member);
  rewriter.insertion.~Insertion();
  Owned type(python.PyObject_Type(self));
  reinterpret_cast<void (*)(PyObject *)>(python.PyType_GetSlot(type.get(), kSlotFree))(self);
  python.Py_DecRef(type.get());  // that of the instance, which types made at run time count
}

constexpr int kFast = kMethodFast | kMethodKeywords;

template <typename Function>
PyMethodDef method(const char *name, Function function, int flags = kFast) {
  return {name, reinterpret_cast<void *>(function), flags, nullptr};
}

PyMethodDef methods[] = {
    method("create", create),
    method("replace", replace),
    method("replace_with", replace_with),
    method("_replace_op", replace_op),
    method("_erase_op", erase_op),
    method("_leave", leave, kMethodNoArguments),
    {nullptr, nullptr, 0, nullptr},
};

#define IREEKIT_OBJECT(name, member) {name, kMemberObject, offsetof(Rewriter, member), 0, nullptr}
#define IREEKIT_FLAG(name, member) {name, kMemberBool, offsetof(Rewriter, member), 0, nullptr}

PyMemberDef members[] = {
    IREEKIT_OBJECT("_root", root),
    IREEKIT_OBJECT("_dying", dying),
    IREEKIT_OBJECT("_created", created),
    IREEKIT_OBJECT("_deferred", deferred),
    IREEKIT_OBJECT("_names", names),
    {"budget", kMemberLongLong, offsetof(Rewriter, budget), 0, nullptr},
    {"_address", kMemberUnsignedLongLong, offsetof(Rewriter, address), 0, nullptr},
    IREEKIT_FLAG("_dirty", dirty),
    IREEKIT_FLAG("_closed", closed),
    IREEKIT_FLAG("halted", halted),
    IREEKIT_FLAG("tells_of_created", tells_of_created),
    IREEKIT_FLAG("records", records),
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef getters[] = {
    {"_pending", get_pending, set_pending, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {kSlotDealloc, reinterpret_cast<void *>(destroy)},
    {kSlotMethods, methods},
    {kSlotMembers, members},
    {kSlotGetSet, getters},
    {0, nullptr},
};

PyType_Spec spec = {"ireekit.NativeRewriter", sizeof(Rewriter), 0, kTypeMayBeBase, slots};

}  // namespace

Methods slow;
thread_local Rewriter *running = nullptr;

void Rewriter::begin(MlirRewriterBase base, MlirOperation matched, PyObject *operation) {
  address = reinterpret_cast<uintptr_t>(base.ptr);
  op = matched;
  set(root, operation);
  closed = 0;
}

void Rewriter::close() {
  op = {nullptr};
  made_count = 0;
  closed = 1;
  dirty = 0;
  set(root, known.none);
  set(view, nullptr);
  set(replacement, nullptr);
  clear(pending);
  clear(dying);
  clear(created);
}

bool Rewriter::has_changed() const { return replacement || dirty || size_of(pending) || size_of(dying); }

bool Rewriter::settle_quickly() {
  if (size_of(pending) || size_of(dying) || !is_empty(deferred)) return false;
  if (tells_of_created && size_of(created)) return false;
  if (!replacement) return true;
  MlirValue values[kResultLimit];
  intptr_t count = values_of(*this, replacement, values);
  if (count < 0) return false;
  compiler.replace_by_values({reinterpret_cast<void *>(address)}, op, count, values);
  if (!call_method(ireekit::names._set_invalid, root)) python.PyErr_Clear();
  return true;
}

PyObject *rewriter_class() {
  static PyObject *made = nullptr;
  if (!made) made = python.PyType_FromSpec(&spec);
  return Owned::share(made).release();
}

}  // namespace ireekit

using namespace ireekit;

// The native base of rewriters; a new reference.
IREEKIT_EXPORT PyObject *ireekit_rewriter_class() { return rewriter_class(); }

// Says whose driver runs in this thread: a rewriter, or None after it.
IREEKIT_EXPORT void ireekit_set_running(PyObject *rewriter) {
  running = rewriter == known.none ? nullptr : &Rewriter::of(rewriter);
  if (!running) forget_attributes();
}

// Names of the functions that ireekit_rewriting_setup takes, in order; null past the last.
IREEKIT_EXPORT const char *ireekit_rewriting_name(size_t index) {
#define IREEKIT_TEXT(name) #name,
  static const char *const texts[] = {IREEKIT_METHODS(IREEKIT_TEXT)};
#undef IREEKIT_TEXT
  return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : nullptr;
}

// Takes a tuple of these functions, once per process and after ireekit_bindings_setup. False where the compiler lacks a
// function that patterns need.
IREEKIT_EXPORT bool ireekit_rewriting_setup(PyObject *functions) {
#define IREEKIT_SYMBOL(member, name, result, arguments) \
  if (!compiler.member) return false;
#include "rewriting.def"
#undef IREEKIT_SYMBOL
  intptr_t index = 0;
#define IREEKIT_TAKE(name)                                                        \
  slow.name = Owned::share(python.PyTuple_GetItem(functions, index++)).release(); \
  if (!slow.name) return false;
  IREEKIT_METHODS(IREEKIT_TAKE)
#undef IREEKIT_TAKE
  return true;
}
