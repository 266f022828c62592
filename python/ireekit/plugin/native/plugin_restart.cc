#include "plugin_restart.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "platform.h"
#include "plugin_flags.h"

namespace ireekit {
namespace {

constexpr char kModule[] = "ireekit.plugin.tool";
constexpr char kCompile[] = "iree-compile";
constexpr char kOpt[] = "iree-opt";
// Set to the process's number, which it keeps: an interpreter that cannot find ireekit must not start over for ever.
constexpr char kMark[] = "IREEKIT_PLUGIN_RESTARTED";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

std::string restart_in(const Interpreter &interpreter) {
  std::vector<std::string> arguments = process_arguments();
  std::string tool = tool_name();
  if (tool != kCompile && tool != kOpt)
    return interpreter.executable + " has no shared library, and '" + tool + "' cannot be started inside of it";
  std::string number = std::to_string(getpid());
  const char *mark = std::getenv(kMark);
  if (mark && mark == number) return interpreter.executable + " did not start " + tool;
  std::vector<std::string> words{interpreter.executable, "-m", kModule, interpreter.compiler};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char *> pointers;
  for (std::string &word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  setenv(kMark, number.c_str(), 1);
  execv(interpreter.executable.c_str(), pointers.data());
  return interpreter.executable + " cannot be started: " + std::strerror(errno);
}

bool arguments_need(const Manifest &manifest) {
  std::vector<std::string> arguments = tool_arguments();
  if (ask_for_pipeline(manifest, arguments)) return true;
  for (const std::string &argument : arguments)
    for (const PassEntry &each : manifest.passes)
      if ((argument[0] == '-' || contains(argument, "(")) && contains(argument, each.name)) return true;
  // Which dialects its input has, the program would learn too late if it reads it from a pipe.
  return tool_name() == kOpt && !manifest.dialects.empty() && !isatty(STDIN_FILENO);
}

}  // namespace ireekit
