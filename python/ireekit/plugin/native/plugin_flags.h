// Flags of the compiler that pipelines need and nobody gave.
#ifndef IREEKIT_PLUGIN_FLAGS_H
#define IREEKIT_PLUGIN_FLAGS_H

#include <string>
#include <vector>

#include "manifest.h"

namespace ireekit {

// Arguments of the tool that the process runs, be it inside of an interpreter, those in files included; empty where it
// runs none.
std::vector<std::string> tool_arguments();

// Whether the arguments ask for a pipeline of the manifest.
bool ask_for_pipeline(const Manifest &manifest, const std::vector<std::string> &arguments);

// What is to be added to the arguments of iree-compile: flags of the pipelines that are asked for, and the default target
// where no target is given. Nothing where no pipeline is asked for.
std::vector<std::string> missing_flags(const Manifest &manifest, const std::vector<std::string> &arguments);

// Starts the tool over with more arguments, before those it has. Returns only where that fails: why.
std::string restart_with(const std::vector<std::string> &flags);

}  // namespace ireekit

#endif
