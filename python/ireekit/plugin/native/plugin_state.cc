#include "plugin_state.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <cstdlib>
#include <vector>

#include "export.h"
#include "plugin_builds.h"
#include "symbols.h"

IREEKIT_EXPORT const char *ireekit_symbol_name(size_t index);
IREEKIT_EXPORT void ireekit_bind(size_t index, void *address);

namespace ireekit {
namespace {

constexpr char kManifestVariable[] = "IREEKIT_PLUGIN_MANIFEST";
constexpr char kManifestName[] = "ireekit.manifest";

PluginState *state = nullptr;

bool has_text(const std::string &path) {
  struct stat status;
  return !path.empty() && stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

// Folder of caches, as ireekit.files finds it; empty where there is none.
std::string cache_folder() {
  if (const char *named = std::getenv("IREEKIT_CACHE_DIR")) return named;
  if (const char *base = std::getenv("XDG_CACHE_HOME")) return std::string(base) + "/ireekit";
  const char *home = std::getenv("HOME");
  return home ? std::string(home) + "/.cache/ireekit" : "";
}

// Of the manifest; empty where no pipeline is installed.
std::string manifest_path() {
  if (const char *given = std::getenv(kManifestVariable)) return has_text(given) ? given : "";
  Library self;
  if (!library_at(reinterpret_cast<const void *>(&manifest_path), &self)) return "";
  std::string folder = self.path.substr(0, self.path.rfind('/') + 1);
  // Where the folder cannot be written to, the cache has a place for it.
  for (const std::string &path : {folder + kManifestName, cache_folder() + "/plugin" + folder + kManifestName})
    if (has_text(path)) return path;
  return "";
}

std::vector<std::string_view> hidden_names() {
  std::vector<std::string_view> names;
  for (size_t index = 0; const char *name = ireekit_symbol_name(index); ++index)
    if (!dlsym(state->compiler.handle, name)) names.push_back(name);
  for (size_t index = 0; const char *name = interface_symbol(index); ++index) names.push_back(name);
  return names;
}

const void *address(const char *name) {
  if (const void *exported = dlsym(state->compiler.handle, name)) return exported;
  auto found = state->manifest.symbols.find(name);
  return found == state->manifest.symbols.end() ? nullptr : state->compiler.base + found->second;
}

void bind() {
  // Python may have bound them already.
  for (size_t index = 0; const char *name = ireekit_symbol_name(index); ++index)
    if (const void *found = address(name)) ireekit_bind(index, const_cast<void *>(found));
}

std::string find_problem() {
  std::string path = manifest_path();
  // Without one, no pipeline is installed.
  if (path.empty()) return "";
  if (std::string problem = read_manifest(path, &state->manifest); !problem.empty())
    return path + ": " + problem + "; `ireekit plugin refresh` writes it anew";
  if (state->manifest.build_id != state->build_id || state->build_id.empty()) {
    state->manifest.symbols = read_symbols(state->compiler.path, hidden_names());
    state->manifest.build_id = state->build_id;
  }
  bool compared;
  std::string problem = interface_problem(address, &compared);
  if (!problem.empty()) return state->compiler.path + ": " + problem;
  bind();
  return "";
}

}  // namespace

PluginState &plugin_state(const void *caller) {
  if (state) return *state;
  // Never freed: the compiler calls the plugin until the very end of the process.
  state = new PluginState{};
  if (!library_at(caller, &state->compiler)) {
    state->problem = "the library that loads the plugin cannot be found";
    return *state;
  }
  state->build_id = build_id(state->compiler);
  state->problem = find_problem();
  return *state;
}

PluginState &plugin_state() { return *state; }

const PluginHost *python_host(std::string *problem) {
  return plugin_host({state->manifest.python, state->manifest.libpython, state->compiler.path}, problem);
}

}  // namespace ireekit
