#include "plugin_flags.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>

#include "platform.h"
#include "response_files.h"

namespace ireekit {
namespace {

constexpr std::string_view kPlugin = "iree-plugin";
// Any of these says what to compile for.
constexpr std::string_view kTargets[] = {
    "iree-hal-target-device", "iree-hal-target-backends", "iree-hal-local-target-device-backends",
    "iree-hal-default-device", "iree-input-hal-executable-source"};
// Nothing is compiled.
constexpr std::string_view kQuestions[] = {"help", "help-hidden", "version", "iree-hal-list-target-backends"};

// Of `--name=value`, of `-name` and of `--name value`.
std::string_view name_of(std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-') return "";
  argument.remove_prefix(argument[1] == '-' ? 2 : 1);
  return argument.substr(0, argument.find('='));
}

// Ids that the arguments ask for.
std::set<std::string, std::less<>> plugins_of(const std::vector<std::string> &arguments) {
  std::set<std::string, std::less<>> ids;
  for (size_t index = 0; index < arguments.size(); ++index) {
    if (name_of(arguments[index]) != kPlugin) continue;
    size_t start = arguments[index].find('=');
    bool is_next = start == std::string::npos;
    if (is_next && index + 1 == arguments.size()) break;
    std::string_view rest = is_next ? arguments[index + 1] : std::string_view(arguments[index]).substr(start + 1);
    for (size_t end = 0; end != std::string_view::npos; rest.remove_prefix(end == rest.npos ? rest.size() : end + 1)) {
      end = rest.find(',');
      ids.emplace(rest.substr(0, end));
    }
  }
  return ids;
}

template <typename Names>
bool gives_any(const std::set<std::string_view> &given, const Names &names) {
  for (std::string_view name : names)
    if (given.count(name)) return true;
  return false;
}

}  // namespace

std::vector<std::string> tool_arguments() {
  std::vector<std::string> words = process_arguments();
  std::string name = tool_name();
  auto is_tool = [&](const std::string &word) { return word.substr(word.rfind('/') + 1) == name; };
  auto tool = std::find_if(words.begin(), words.end(), is_tool);
  if (tool == words.end()) return {};
  words = expanded({tool + 1, words.end()});
  // What follows is no flag, whatever it begins with.
  words.erase(std::find(words.begin(), words.end(), "--"), words.end());
  return words;
}

bool ask_for_pipeline(const Manifest &manifest, const std::vector<std::string> &arguments) {
  auto ids = plugins_of(arguments);
  for (const PipelineEntry &each : manifest.pipelines)
    if (ids.count(each.name)) return true;
  return false;
}

std::vector<std::string> missing_flags(const Manifest &manifest, const std::vector<std::string> &arguments) {
  std::vector<std::string> missing;
  std::set<std::string_view> given;
  for (const std::string &argument : arguments) given.insert(name_of(argument));
  auto ids = plugins_of(arguments);
  bool is_asked_for = false;
  auto add = [&](const std::vector<std::string> &flags) {
    for (const std::string &flag : flags)
      if (!given.count(name_of(flag))) missing.push_back(flag);
  };
  if (gives_any(given, kQuestions)) return {};
  for (const PipelineEntry &pipeline : manifest.pipelines) {
    if (!ids.count(pipeline.name)) continue;
    is_asked_for = true;
    add(pipeline.flags);
  }
  if (is_asked_for && !gives_any(given, kTargets)) add(manifest.default_flags);
  return missing;
}

std::string restart_with(const std::vector<std::string> &flags) {
  std::vector<std::string> words = process_arguments();
  // Not at the end, where a `--` may be before them.
  words.insert(words.begin() + 1, flags.begin(), flags.end());
  std::vector<char *> pointers;
  for (std::string &word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(program_path().c_str(), pointers.data());
  return std::string("the tool cannot be started with the flags of the pipeline: ") + std::strerror(errno);
}

}  // namespace ireekit
