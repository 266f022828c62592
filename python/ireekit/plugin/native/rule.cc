// Python functions of declarative rules, called by the compiler's interpreter of PDL: tests, and attributes computed.
#include "rule.h"

#include <memory>
#include <vector>

#include "bindings.h"
#include "export.h"
#include "rewriter.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr size_t kCacheSize = 64;
constexpr const char *kOwner = "ireekit.rules";

// The members are what a row of ireekit_rule_set holds after whether it is a test and the name.
struct Function {
  Owned function;  // with what was matched as arguments
  Owned check;     // (attribute) -> whether all attributes of its class will do; raises for a wrong one. None for a test
  Owned fail;      // (arguments, exception) -> an attribute that stands in, None for a test
  Owned accepted;  // a class that `check` said will do
};

using Functions = std::vector<std::unique_ptr<Function>>;

// Objects of attributes, which are never destroyed before their context, by address.
struct {
  const void *address;
  PyObject *object;
} cache[kCacheSize];

Owned attribute_object(MlirAttribute attribute) {
  auto &entry = cache[(reinterpret_cast<uintptr_t>(attribute.ptr) >> 4) % kCacheSize];
  if (entry.address == attribute.ptr) return Owned::share(entry.object);
  Owned object = object_of(attribute.ptr, kAttributeCapsule, known.attribute_from_capsule);
  if (!object) return object;
  Owned old(entry.object);
  entry = {attribute.ptr, Owned::share(object.get()).release()};
  return object;
}

Owned matched_object(MlirPDLValue value) {
  if (MlirAttribute attribute = compiler.pdl_attribute(value); attribute.ptr) return attribute_object(attribute);
  if (MlirValue found = compiler.pdl_value(value); found.ptr)
    return object_of(found.ptr, kValueCapsule, known.value_from_capsule);
  if (MlirOperation found = compiler.pdl_operation(value); found.ptr) return operation_object(found);
  if (MlirType found = compiler.pdl_type(value); found.ptr)
    return object_of(found.ptr, kTypeCapsule, known.type_from_capsule);
  return Owned::share(known.none);
}

// What was matched, as a tuple; null with an exception set.
Owned arguments_of(size_t count, MlirPDLValue *values) {
  Owned arguments(python.PyTuple_New(static_cast<intptr_t>(count)));
  for (size_t index = 0; arguments && index < count; ++index) {
    Owned object = matched_object(values[index]);
    if (!object) return object;
    python.PyTuple_SetItem(arguments.get(), static_cast<intptr_t>(index), object.release());
  }
  return arguments;
}

Owned apply(const Function &function, PyObject *arguments) {
  return Owned(python.PyObject_Call(function.function.get(), arguments, nullptr));
}

// What `fail` makes of the exception that is set, or of none; null where it fails itself.
Owned failed(const Function &function, PyObject *arguments) {
  Owned error = raised();
  Owned instead =
      call(function.fail.get(), arguments ? arguments : known.none, error ? error.get() : known.none);
  if (!instead) python.PyErr_Clear();
  return instead;
}

bool runs_well() { return running && !running->halted; }

MlirLogicalResult test(MlirPatternRewriter, MlirPDLResultList, size_t count, MlirPDLValue *values, void *data) {
  const Function &function = *static_cast<Function *>(data);
  if (!runs_well()) return {0};
  Owned arguments = arguments_of(count, values);
  Owned answer = arguments ? apply(function, arguments.get()) : Owned();
  int holds = answer ? python.PyObject_IsTrue(answer.get()) : -1;
  if (holds < 0) failed(function, arguments.get());
  return {static_cast<int8_t>(holds == 1)};
}

// The attribute, where it will do; null with an exception set.
Owned computed(Function &function, PyObject *arguments) {
  Owned made = apply(function, arguments);
  if (!made || is_of(made.get(), function.accepted.get())) return made;
  Owned answer = call(function.check.get(), made.get());
  if (!answer) return answer;
  if (answer.get() == known.yes) function.accepted = Owned(python.PyObject_Type(made.get()));
  return made;
}

MlirLogicalResult compute(MlirPatternRewriter, MlirPDLResultList results, size_t count, MlirPDLValue *values,
                          void *data) {
  Function &function = *static_cast<Function *>(data);
  Owned arguments = arguments_of(count, values);
  Owned made = arguments && runs_well() ? computed(function, arguments.get()) : Owned();
  MlirAttribute attribute = {made ? pointer_of(made.get(), kAttributeCapsule) : nullptr};
  if (!attribute.ptr) {
    // A rewrite that fails ends the process: something has to stand in until the error is raised.
    made = failed(function, arguments.get());
    attribute = {made ? pointer_of(made.get(), kAttributeCapsule) : nullptr};
  }
  if (!attribute.ptr) return {0};
  compiler.pdl_give_attribute(results, attribute);
  return {1};
}

void destroy(PyObject *capsule) {
  delete static_cast<Functions *>(python.PyCapsule_GetPointer(capsule, kOwner));
}

Owned take(PyObject *row, intptr_t index) { return Owned::share(python.PyTuple_GetItem(row, index)); }

}  // namespace

void forget_attributes() {
  for (auto &entry : cache) {
    Owned old(entry.object);
    entry = {nullptr, nullptr};
  }
}

}  // namespace ireekit

using namespace ireekit;

// A capsule of a frozen set of the patterns in a module of PDL, whose owner the caller is, and an object that has to live
// as long: a new tuple; null with an exception set. `rows` is a tuple of tuples: whether it is a test, the name, and the
// members of Function up to `fail`.
IREEKIT_EXPORT PyObject *ireekit_rule_set(MlirOperation module, PyObject *rows) {
  // The compiler takes the module it is given.
  MlirPDLPatternModule pdl = compiler.pdl_module(compiler.module_from_operation(compiler.clone_operation(module)));
  auto *functions = new Functions;
  for (intptr_t index = 0, count = python.PyTuple_Size(rows); index < count; ++index) {
    PyObject *row = python.PyTuple_GetItem(rows, index);
    intptr_t length = 0;
    const char *name = python.PyUnicode_AsUTF8AndSize(python.PyTuple_GetItem(row, 1), &length);
    functions->push_back(
        std::unique_ptr<Function>(new Function{take(row, 2), take(row, 3), take(row, 4), Owned()}));
    bool is_test = python.PyTuple_GetItem(row, 0) == known.yes;
    (is_test ? compiler.pdl_add_constraint : compiler.pdl_add_rewrite)(
        pdl, {name, static_cast<size_t>(length)}, is_test ? test : compute, functions->back().get());
  }
  Owned pair(python.PyTuple_New(2));
  Owned owner(python.PyCapsule_New(functions, kOwner, reinterpret_cast<void *>(destroy)));
  if (!pair || !owner) return nullptr;
  MlirRewritePatternSet set = compiler.pdl_patterns(pdl);
  python.PyTuple_SetItem(pair.get(), 0, frozen_object(set).release());
  python.PyTuple_SetItem(pair.get(), 1, owner.release());
  compiler.pdl_module_destroy(pdl);
  return pair.release();
}
