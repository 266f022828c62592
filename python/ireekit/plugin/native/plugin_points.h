// Passes at the ends of phases, in the pass manager of the compiler's whole pipeline.
#ifndef IREEKIT_PLUGIN_POINTS_H
#define IREEKIT_PLUGIN_POINTS_H

#include "mlir_cxx.h"
#include "plugin_passes.h"

namespace ireekit {

// The compiler builds its pipeline and lets plugins add to it at two places: before the input phase, and at the end of
// the preprocessing phase. The passes for all other points are added at the first of them. When the pass manager is
// about to run it asks each pass for its dialects; the first of ours then takes the whole pipeline and puts the others
// where they belong.
//
// Called with the pass manager at those places.
void add_passes_at_input(const StepRunner &runner, OpPassManager *manager);
void add_passes_at_preprocessing(const StepRunner &runner, OpPassManager *manager);

}  // namespace ireekit

#endif
