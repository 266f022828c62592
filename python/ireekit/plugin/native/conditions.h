// What a pass acts on, in the words of ireekit.passes.conditions: an operation it has work on is looked for without
// Python.
#ifndef IREEKIT_CONDITIONS_H
#define IREEKIT_CONDITIONS_H

#include <string>
#include <string_view>
#include <vector>

#include "mlir_c.h"

namespace ireekit {

class Conditions {
 public:
  // Words separated by spaces: `NAME`, `NAME{ATTRIBUTE}` or `NAME{ATTRIBUTE=TEXT}`, where `*` in the name stands for any
  // characters and TEXT is part of what the attribute prints as; `?` is an operation that the compiler does not know.
  explicit Conditions(std::string_view words);

  // Whether one of them holds for the operation or for one nested in it, at any depth.
  bool hold(MlirOperation root) const;

 private:
  struct Condition {
    std::string name, attribute, text;
  };
  struct Search;

  // Indices of those whose name fits.
  std::vector<size_t> named(MlirOperation operation) const;
  bool holds(const Condition &condition, MlirOperation operation) const;
  static MlirWalkResult look_at(MlirOperation operation, void *search);

  std::vector<Condition> conditions_;
};

}  // namespace ireekit

#endif
