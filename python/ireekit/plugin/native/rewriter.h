// What of ireekit.passes.rewrite.Rewriter is native: its state, and the shortest ways through its methods. Whatever is
// unusual, and every error, is left to the methods in Python.
#ifndef IREEKIT_REWRITER_H
#define IREEKIT_REWRITER_H

#include "insertion.h"
#include "mlir_c.h"
#include "python_api.h"

namespace ireekit {

// Functions of Python that ireekit_rewriting_setup is given by these names: the methods of the class in Python, and the
// class that says why a pattern does not match.
#define IREEKIT_METHODS(apply)                                                                          \
  apply(no_match) apply(create) apply(replace) apply(replace_with) apply(end) apply(replace_op)         \
  apply(erase_op) apply(replacement_values)

struct Methods {
#define IREEKIT_MEMBER(name) PyObject *name = nullptr;
  IREEKIT_METHODS(IREEKIT_MEMBER)
#undef IREEKIT_MEMBER
};

// Written once, by ireekit_rewriting_setup.
extern Methods slow;

// An object of Python; the base of the class that patterns are given.
struct Rewriter {
  unsigned char header[kObjectHeader];
  // As the methods in Python know them.
  PyObject *root;      // the matched ir.Operation, or None
  PyObject *pending;   // list of (operation, values or None)
  PyObject *dying;     // list
  PyObject *created;   // list
  PyObject *deferred;  // list, or None
  PyObject *names;     // set
  long long budget;
  uint64_t address;  // of the RewriterBase, while a native driver is known; else 0
  char dirty, closed, halted, tells_of_created, records;
  // Known here only.
  PyObject *view;         // of `root`, as the pattern was given it
  PyObject *replacement;  // of `root`: a value or an operation that is not in `pending` yet
  MlirOperation op;       // `root`, while a pattern runs that was called from here
  // The first operations of `created` that were created from here, as long as nothing was erased.
  struct Made {
    PyObject *object;
    MlirOperation op;
  } made[4];
  size_t made_count;
  Insertion insertion;

  static Rewriter &of(PyObject *object) { return *reinterpret_cast<Rewriter *>(object); }

  // Before and after a pattern.
  void begin(MlirRewriterBase base, MlirOperation op, PyObject *operation);
  void close();

  bool has_changed() const;
  // Does what was asked for, if that is not more than replacing the matched operation and creating others. False, and
  // nothing done, where it is; an exception may be set in neither case.
  bool settle_quickly();
};

// Of this thread: the rewriter of the driver that runs, or null.
extern thread_local Rewriter *running;

// The class; a new reference, null with an exception set. Made once.
PyObject *rewriter_class();

}  // namespace ireekit

#endif
