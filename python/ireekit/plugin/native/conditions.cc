#include "conditions.h"

#include <unordered_map>

#include "export.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr char kUnknown[] = "?";

std::string_view take_until(std::string_view *text, char separator) {
  size_t end = text->find(separator);
  std::string_view head = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return head;
}

// Whether `name` is as `pattern` says, where `*` stands for any characters.
bool fits(std::string_view name, std::string_view pattern) {
  // Where to go on when what follows the last `*` does not fit: that one takes a character more.
  size_t position = 0, index = 0, star = std::string_view::npos, taken = 0;
  while (position < name.size()) {
    if (index < pattern.size() && pattern[index] == '*') {
      star = index++;
      taken = position;
    } else if (index < pattern.size() && pattern[index] == name[position]) {
      ++index, ++position;
    } else if (star != std::string_view::npos) {
      index = star + 1;
      position = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', index) == std::string_view::npos;
}

bool is_unknown(MlirOperation operation, MlirStringRef name) {
  return !compiler.is_registered_operation ||
         !compiler.is_registered_operation(compiler.operation_context(operation), name);
}

bool prints(MlirAttribute attribute, const std::string &part) {
  std::string text;
  auto append = [](MlirStringRef piece, void *whole) {
    static_cast<std::string *>(whole)->append(piece.data, piece.length);
  };
  compiler.print_attribute(attribute, append, &text);
  return text.find(part) != std::string::npos;
}

}  // namespace

struct Conditions::Search {
  const Conditions *conditions;
  // Names are unique in a context, so each is compared once.
  std::unordered_map<const void *, std::vector<size_t>> by_name;
  bool found;
};

Conditions::Conditions(std::string_view words) {
  while (!words.empty()) {
    std::string_view word = take_until(&words, ' ');
    if (word.empty()) continue;
    Condition condition;
    condition.name = take_until(&word, '{');
    if (!word.empty() && word.back() == '}') word.remove_suffix(1);
    condition.attribute = take_until(&word, '=');
    condition.text = word;
    conditions_.push_back(std::move(condition));
  }
}

bool Conditions::hold(MlirOperation root) const {
  if (conditions_.empty()) return false;
  Search search{this, {}, false};
  compiler.walk(root, look_at, &search, kWalkPreOrder);
  return search.found;
}

std::vector<size_t> Conditions::named(MlirOperation operation) const {
  MlirStringRef text = compiler.identifier_text(compiler.operation_name(operation));
  std::string_view name(text.data, text.length);
  std::vector<size_t> found;
  for (size_t index = 0; index < conditions_.size(); ++index) {
    const std::string &pattern = conditions_[index].name;
    if (pattern == kUnknown ? is_unknown(operation, text) : fits(name, pattern)) found.push_back(index);
  }
  return found;
}

bool Conditions::holds(const Condition &condition, MlirOperation operation) const {
  if (condition.attribute.empty()) return true;
  MlirStringRef name{condition.attribute.data(), condition.attribute.size()};
  MlirAttribute attribute = compiler.operation_attribute_named(operation, name);
  return attribute.ptr && (condition.text.empty() || prints(attribute, condition.text));
}

MlirWalkResult Conditions::look_at(MlirOperation operation, void *data) {
  auto search = static_cast<Search *>(data);
  const void *name = compiler.operation_name(operation).ptr;
  auto [place, is_new] = search->by_name.try_emplace(name);
  if (is_new) place->second = search->conditions->named(operation);
  for (size_t index : place->second)
    if (search->conditions->holds(search->conditions->conditions_[index], operation)) search->found = true;
  return search->found ? kWalkInterrupt : kWalkAdvance;
}

}  // namespace ireekit

// Whether one of the conditions, words as Conditions takes them, holds in an operation.
IREEKIT_EXPORT bool ireekit_conditions_hold(void *operation, const char *words) {
  return ireekit::Conditions(words).hold({operation});
}
