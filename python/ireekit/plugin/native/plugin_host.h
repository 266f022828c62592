// The Python side of the plugin, and how it is reached.
#ifndef IREEKIT_PLUGIN_HOST_H
#define IREEKIT_PLUGIN_HOST_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace ireekit {

// Grows with every change of PluginHost.
constexpr uint64_t kHostVersion = 3;

// Functions of ireekit.plugin.host. They take the interpreter's lock themselves and raise nothing: what goes wrong
// becomes a diagnostic of the context.
struct PluginHost {
  uint64_t version;  // kHostVersion
  // A session of a pipeline begins in a context. `options`: lines `name=value`. `flags`: the compiler's, a line each.
  // `arguments`: what iree-compile was called with, a line each; empty where the process does not run it. In options and
  // arguments, `\n` stands for a line break and `\\` for a backslash. Its handle, or 0 where it failed.
  int64_t (*activate)(const char *pipeline, void *context, const char *options, const char *flags,
                      const char *arguments);
  // The points where a session may have something to run, a line each, and behind a tab what must be in the program for
  // that: the words of ireekit::Conditions. Valid until the session ends.
  const char *(*points)(int64_t session);
  // Where the passes for the points go: `order` is given the new order of the `size` passes of the pass manager that
  // `text` is the pipeline text of, by their indices as they are. 0 where it is known.
  int32_t (*arrange)(int64_t session, const char *text, uint32_t *order, size_t size);
  // Runs the steps of a session at a point ("start", "input", "abi", ...) on a module; 0 where they succeeded.
  int32_t (*run)(int64_t session, const char *point, void *operation);
  // Runs a pass by name, with the text of its options, on an operation; 0 where it succeeded.
  int32_t (*run_pass)(const char *name, const char *options, void *operation);
  // Registers a dialect of an installed pipeline in a context; 0 where it succeeded.
  int32_t (*load_dialect)(const char *name, void *context);
  void (*deactivate)(int64_t session);
  // The process ends.
  void (*finish)();
};

// How to start an interpreter where none runs.
struct Interpreter {
  std::string executable;  // of the environment ireekit is installed in
  std::string library;     // libpython; empty where there is none
  std::string compiler;    // the library of the compiler this process runs
};

// The functions of ireekit.plugin.host, imported by the running interpreter, or by a new one. The first call
// decides, later ones give the same. Null where it failed, and `problem` says why. Where there is no libpython, the
// process starts over inside of the interpreter and this does not return.
const PluginHost *plugin_host(const Interpreter &interpreter, std::string *problem);

// Whether an interpreter runs in this process.
bool python_runs();

}  // namespace ireekit

#endif
