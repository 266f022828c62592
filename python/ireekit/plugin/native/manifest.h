// What the installation says of pipelines, interpreter and compiler: a text file beside the library, written by
// ireekit.plugin.manifest.
#ifndef IREEKIT_MANIFEST_H
#define IREEKIT_MANIFEST_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "symbol_table.h"

namespace ireekit {

struct PipelineEntry {
  struct Option {
    std::string name, value, help;  // value: where none is given
  };
  struct InputType {
    std::string name;                   // for --iree-input-type=
    std::vector<std::string> dialects;  // in the input, they choose it
  };
  std::string name;
  std::vector<InputType> input_types;
  std::vector<Option> options;
  std::vector<std::string> flags;  // of the compiler, where they are not given
};

struct PassEntry {
  std::string name, help;
};

struct DialectEntry {
  std::string name;
};

struct Manifest {
  std::string python;      // interpreter that has ireekit
  std::string libpython;   // its shared library; empty where it has none
  std::string build_id;    // of the compiler that `symbols` are of
  SymbolValues symbols;    // linker name to offset from the load base
  std::vector<PipelineEntry> pipelines;
  std::vector<std::string> default_flags;  // of the compiler, where a pipeline runs and no target is given
  std::vector<PassEntry> passes;
  std::vector<DialectEntry> dialects;
};

// Reads the text of a manifest: a version line, then one record a line, its fields separated by tabs.
// Gives an empty string, or what is wrong with it and in which line; never crashes, whatever the text.
std::string parse_manifest(std::string_view text, Manifest *manifest);

// Reads the file; an empty string or the reason.
std::string read_manifest(const std::string &path, Manifest *manifest);

}  // namespace ireekit

#endif
