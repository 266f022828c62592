#include "plugin_options.h"

#include <map>

#include "intern.h"
#include "platform.h"
#include "plugin_flags.h"
#include "symbols.h"

namespace ireekit {
namespace {

// An mlir::iree_compiler::OptionsBinder without a scope of its own is all zeros.
alignas(16) char process_binder[1024];

// Values by the names of pipelines; nodes of the map stay where they are.
std::map<std::string, OptionValues> &process_values() {
  static auto &values = *new std::map<std::string, OptionValues>;
  return values;
}

void bind_all(const PipelineEntry &pipeline, void *binder, OptionValues *values) {
  values->clear();
  // Their places must not change once they are bound.
  for (const PipelineEntry::Option &option : pipeline.options) values->push_back(option.value);
  for (size_t index = 0; index < values->size(); ++index) {
    const PipelineEntry::Option &option = pipeline.options[index];
    MlirStringRef name = intern(pipeline.name + "-opt-" + option.name);
    compiler.bind_option(binder, name, (*values)[index], intern(option.help));
  }
}

// What stands for a line break is a backslash and an n.
std::string one_line(const std::string &text) {
  std::string line;
  for (char each : text) {
    if (each == '\\' || each == '\n') line += '\\';
    line += each == '\n' ? 'n' : each;
  }
  return line;
}

}  // namespace

void bind_process_options(const PipelineEntry &pipeline) {
  if (!compiler.bind_option || process_values().count(pipeline.name)) return;
  bind_all(pipeline, process_binder, &process_values()[pipeline.name]);
}

void bind_session_options(const PipelineEntry &pipeline, void *binder, OptionValues *values) {
  if (compiler.bind_option && !process_values().count(pipeline.name)) bind_all(pipeline, binder, values);
}

std::string given_options(const PipelineEntry &pipeline, const OptionValues &session_values) {
  auto found = process_values().find(pipeline.name);
  const OptionValues &values = found == process_values().end() ? session_values : found->second;
  std::string lines;
  for (size_t index = 0; index < values.size(); ++index)
    if (values[index] != pipeline.options[index].value)
      lines += pipeline.options[index].name + "=" + one_line(values[index]) + "\n";
  return lines;
}

std::string compile_arguments() {
  std::string lines;
  if (tool_name() != "iree-compile") return lines;
  for (const std::string &argument : tool_arguments()) lines += one_line(argument) + "\n";
  return lines;
}

std::string flags_of(void *binder) {
  std::string lines;
  auto add = [&](const std::string &flag) { lines.append(flag).push_back('\n'); };
  if (compiler.print_flags) {
    StringVector flags = compiler.print_flags(binder, true);
    for (uint32_t index = 0; index < flags.size; ++index) add(flags.data[index]);
    return lines;
  }
  for (const std::string &argument : tool_arguments()) add(argument);
  return lines;
}

}  // namespace ireekit
