#include "operation_builder.h"

#include "bindings.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr intptr_t kLimit = 16;

// The elements of a list or tuple, whose C structures `get` finds; false for anything else, and for too many.
template <typename Structure, typename Get>
bool read(PyObject *given, Structure *found, intptr_t *count, Get get) {
  bool is_list = is_of(given, known.list);
  if (!is_list && !is_of(given, known.tuple)) return false;
  intptr_t size = is_list ? python.PyList_Size(given) : python.PyTuple_Size(given);
  if (size > kLimit) return false;
  for (intptr_t index = 0; index < size; ++index) {
    PyObject *each = is_list ? python.PyList_GetItem(given, index) : python.PyTuple_GetItem(given, index);
    found[index] = get(each);
    if (!found[index].ptr) return false;
  }
  *count = size;
  return true;
}

MlirType type_of(PyObject *object) { return {pointer_of(object, kTypeCapsule)}; }

bool text_of(PyObject *string, MlirStringRef *text) {
  intptr_t length = 0;
  text->data = is_of(string, known.string) ? python.PyUnicode_AsUTF8AndSize(string, &length) : nullptr;
  text->length = static_cast<size_t>(length);
  if (!text->data) python.PyErr_Clear();
  return text->data != nullptr;
}

bool read_attributes(PyObject *given, MlirContext context, MlirNamedAttribute *found, intptr_t *count) {
  if (given == known.none) return true;
  if (!is_of(given, known.dictionary)) return false;
  PyObject *key = nullptr, *value = nullptr;
  for (intptr_t position = 0; python.PyDict_Next(given, &position, &key, &value); ++*count) {
    MlirStringRef text;
    if (*count == kLimit || !text_of(key, &text)) return false;
    MlirAttribute attribute = {pointer_of(value, kAttributeCapsule)};
    if (!attribute.ptr) return false;
    found[*count] = {compiler.identifier(context, text), attribute};
  }
  return true;
}

}  // namespace

MlirOperation create_before(MlirOperation op, PyObject *name, PyObject *const *values, PyObject *keywords) {
  MlirContext context = compiler.operation_context(op);
  MlirType types[kLimit];
  MlirValue operands[kLimit];
  MlirNamedAttribute attributes[kLimit];
  intptr_t type_count = -1, operand_count = 0, attribute_count = 0;
  for (intptr_t index = 0, count = keywords ? python.PyTuple_Size(keywords) : 0; index < count; ++index) {
    PyObject *keyword = python.PyTuple_GetItem(keywords, index), *value = values[index];
    bool fits = keyword == names.results    ? read(value, types, &type_count, type_of)
                : keyword == names.operands ? read(value, operands, &operand_count, value_of)
                : keyword == names.attributes && read_attributes(value, context, attributes, &attribute_count);
    if (!fits) return {nullptr};
  }
  MlirBlock block = compiler.operation_block(op);
  MlirStringRef text;
  if (type_count < 0 || !block.ptr || !text_of(name, &text)) return {nullptr};
  MlirOperationState state = compiler.operation_state(text, compiler.operation_location(op));
  compiler.append_result_types(&state, type_count, types);
  compiler.append_operands(&state, operand_count, operands);
  compiler.append_attributes(&state, attribute_count, attributes);
  MlirOperation made = compiler.create_operation(&state);
  if (made.ptr) compiler.insert_before(block, op, made);
  return made;
}

}  // namespace ireekit
