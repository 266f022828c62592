// Which builds of the compiler the plugin takes, and whether their plugin interface is the one it was written for.
#ifndef IREEKIT_PLUGIN_BUILDS_H
#define IREEKIT_PLUGIN_BUILDS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ireekit {

// The hash of a build's plugin interface; of an unknown build, the newest hash tested: the compiler compares it with
// its own.
uint64_t abi_hash(std::string_view build_id);

// Whether the plugin was tested with exactly this build.
bool is_tested(std::string_view build_id);

// Address of a function or table of the compiler by its linker name; null where it has none.
using SymbolAddress = std::function<const void *(const char *name)>;

// Linker name of the index-th symbol that the comparison looks up; null past the last.
const char *interface_symbol(size_t index);

// Compares the virtual functions of the running compiler with those expected. Empty where they agree or the compiler
// has no names to compare by; else one sentence. `compared` says whether there were names.
std::string interface_problem(const SymbolAddress &address, bool *compared);

}  // namespace ireekit

#endif
