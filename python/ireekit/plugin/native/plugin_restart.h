// Starting the process over inside of an interpreter that is no library.
#ifndef IREEKIT_PLUGIN_RESTART_H
#define IREEKIT_PLUGIN_RESTART_H

#include <string>

#include "manifest.h"
#include "plugin_host.h"

namespace ireekit {

// Replaces the process by one of the interpreter, which runs the same tool with the same arguments. Returns only where
// that fails: why.
std::string restart_in(const Interpreter &interpreter);

// Whether the arguments of the process name something of the manifest: then Python will be needed, and the process
// had better start over before it reads its input.
bool arguments_need(const Manifest &manifest);

}  // namespace ireekit

#endif
