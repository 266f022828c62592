// Patterns written in Python, called by the compiler's drivers.
#include "bindings.h"
#include "export.h"
#include "rewriter.h"
#include "symbols.h"

namespace ireekit {
namespace {

// The members are what a row of ireekit_pattern_set holds after the name and the benefit.
struct Pattern {
  Owned rewriter;     // of a subclass of rewriter_class()
  Owned rewrite;      // the pattern itself: (view, rewriter) -> outcome
  Owned view;         // makes the view of an operation; None: the bindings' own
  Owned tally;        // list of one number
  Owned fail;         // (operation, exception)
  Owned note;         // (operation, outcome)
  Owned exhaust;      // (): the budget is spent
  Owned is_deferred;  // (operation) -> bool
  Owned view_class;   // of the bindings' own view; known from the first match on
  Owned view_maker;   // its __new__

  Owned make_view(PyObject *operation);
  int call(PyObject *operation, MlirOperation op);
  int finish(PyObject *operation, PyObject *outcome);
  bool count();
  void report(PyObject *operation);
};

enum Outcome : int { kError = -1, kNoMatch = 0, kMatch = 1 };

Owned Pattern::make_view(PyObject *operation) {
  if (view.get() != known.none) return ireekit::call(view.get(), operation);
  if (!view_class) {
    Owned made = attribute(operation, names.opview);
    if (!made) return made;
    Owned kind(python.PyObject_Type(made.get()));
    view_maker = attribute(kind.get(), names.__new__);
    if (!view_maker) return Owned();
    view_class = static_cast<Owned &&>(kind);
    return made;
  }
  Owned made = ireekit::call(view_maker.get(), view_class.get());
  if (!made || !ireekit::call(known.view_init, made.get(), operation)) return Owned();
  return made;
}

int Pattern::call(PyObject *operation, MlirOperation op) {
  Rewriter &state = Rewriter::of(rewriter.get());
  Owned seen = make_view(operation);
  if (!seen || !state.insertion.move_before(op, operation)) return kError;
  state.view = Owned::share(seen.get()).release();
  Owned outcome = ireekit::call(rewrite.get(), seen.get(), rewriter.get());
  if (!outcome || !state.insertion.settle()) return kError;
  return finish(operation, outcome.get());
}

int Pattern::finish(PyObject *operation, PyObject *outcome) {
  Rewriter &state = Rewriter::of(rewriter.get());
  bool changed = state.has_changed();
  if (!changed && (outcome == known.none || outcome == known.no)) return kNoMatch;
  if (!changed && is_of(outcome, slow.no_match)) {
    if (state.records && !ireekit::call(note.get(), operation, outcome)) return kError;
    return kNoMatch;
  }
  bool says_so = outcome == known.none || outcome == known.yes;
  if (!says_so || (changed && !state.settle_quickly())) {
    Owned answer = ireekit::call(slow.end, rewriter.get(), outcome);
    int matched = answer ? python.PyObject_IsTrue(answer.get()) : kError;
    if (matched != kMatch) return matched;
  }
  return count() ? kMatch : kError;
}

bool Pattern::count() {
  Rewriter &state = Rewriter::of(rewriter.get());
  long long before = python.PyLong_AsLongLong(python.PyList_GetItem(tally.get(), 0));
  python.PyList_SetItem(tally.get(), 0, python.PyLong_FromLongLong(before + 1));
  return --state.budget > 0 || ireekit::call(exhaust.get());
}

void Pattern::report(PyObject *operation) {
  Owned error = raised();
  // What the pattern left entered is not the error that is told.
  if (!Rewriter::of(rewriter.get()).insertion.settle()) python.PyErr_Clear();
  if (!error || !ireekit::call(fail.get(), operation, error.get())) python.PyErr_Clear();
}

MlirLogicalResult match_and_rewrite(MlirRewritePattern, MlirOperation op, MlirPatternRewriter base, void *data) {
  Pattern &pattern = *static_cast<Pattern *>(data);
  Rewriter &state = Rewriter::of(pattern.rewriter.get());
  if (state.halted) return {kNoMatch};
  Owned operation = operation_object(op);
  if (!operation) {
    python.PyErr_Clear();
    return {kNoMatch};
  }
  if (state.deferred && state.deferred != known.none && python.PyList_Size(state.deferred)) {
    Owned answer = call(pattern.is_deferred.get(), operation.get());
    if (!answer) python.PyErr_Clear();
    if (!answer || answer.get() == known.yes) return {kNoMatch};
  }
  state.begin(compiler.rewriter_base(base), op, operation.get());
  int outcome = pattern.call(operation.get(), op);
  if (outcome == kError) pattern.report(operation.get());
  state.close();
  return {static_cast<int8_t>(outcome == kMatch)};
}

void destroy(void *data) { delete static_cast<Pattern *>(data); }

Owned take(PyObject *row, intptr_t index) { return Owned::share(python.PyTuple_GetItem(row, index)); }

}  // namespace
}  // namespace ireekit

using namespace ireekit;

// A capsule of a frozen set of patterns, whose owner the caller is; null with an exception set. `rows` is a tuple of
// tuples: name, benefit, and the members of Pattern up to `is_deferred`.
IREEKIT_EXPORT PyObject *ireekit_pattern_set(MlirContext context, PyObject *rows) {
  MlirRewritePatternSet set = compiler.create_pattern_set(context);
  for (intptr_t index = 0, count = python.PyTuple_Size(rows); index < count; ++index) {
    PyObject *row = python.PyTuple_GetItem(rows, index);
    intptr_t length = 0;
    const char *name = python.PyUnicode_AsUTF8AndSize(python.PyTuple_GetItem(row, 0), &length);
    long long benefit = python.PyLong_AsLongLong(python.PyTuple_GetItem(row, 1));
    auto *pattern = new Pattern{take(row, 2), take(row, 3), take(row, 4), take(row, 5), take(row, 6),
                                take(row, 7), take(row, 8), take(row, 9), Owned(), Owned()};
    compiler.add_pattern(set, compiler.create_pattern({name, static_cast<size_t>(length)},
                                                      static_cast<unsigned>(benefit), context,
                                                      {nullptr, destroy, match_and_rewrite}, pattern, 0, nullptr));
  }
  return frozen_object(set).release();
}

// Whether the compiler can simplify regions by itself.
IREEKIT_EXPORT bool ireekit_can_simplify_regions() {
  return compiler.simplify_regions && compiler.rewriter_create && compiler.rewriter_destroy;
}

// Does in the regions of `op` what the greedy driver does in them after each of its iterations; whether that changed
// anything. `merge` is whether equal blocks become one.
IREEKIT_EXPORT bool ireekit_simplify_regions(MlirOperation op, bool merge) {
  size_t count = static_cast<size_t>(compiler.operation_region_count(op));
  if (!count) return false;
  MlirRewriterBase rewriter = compiler.rewriter_create(compiler.operation_context(op));
  bool changed = compiler.simplify_regions(rewriter, compiler.operation_region(op, 0).ptr, count, merge);
  compiler.rewriter_destroy(rewriter);
  return changed;
}
