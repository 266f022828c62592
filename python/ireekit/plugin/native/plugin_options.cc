#include "plugin_options.h"

#include "platform.h"
#include "symbols.h"

namespace ireekit {

std::string flags_of(void *binder) {
  std::string lines;
  auto add = [&](const std::string &flag) { lines.append(flag).push_back('\n'); };
  if (compiler.print_flags) {
    StringVector flags = compiler.print_flags(binder, true);
    for (uint32_t index = 0; index < flags.size; ++index) add(flags.data[index]);
    return lines;
  }
  for (const std::string &argument : process_arguments()) add(argument);
  return lines;
}

}  // namespace ireekit
