#include "plugin_points.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "intern.h"
#include "pass_list.h"
#include "plugin_passes.h"
#include "symbols.h"

namespace ireekit {
namespace {

constexpr std::string_view kStart = "start", kPreprocessing = "preprocessing";
// Has nothing to run.
constexpr std::string_view kBegin = "begin";

// A pipeline being built, or about to run, on this thread.
struct Build {
  StepRunner runner;
  OpPassManager *manager;
  PassList passes;
  std::shared_ptr<bool> failed;  // known to the passes
};

thread_local std::vector<Build> builds;

// Where a session may have something to run, and what must be in the program for that.
struct Point {
  std::string name, conditions;
};

std::vector<Point> points_of(const StepRunner &runner) {
  std::vector<Point> points;
  std::string_view text = runner.host->points(runner.session);
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    size_t tab = std::min(line.find('\t'), line.size());
    points.push_back({std::string(line.substr(0, tab)), std::string(line.substr(std::min(tab + 1, line.size())))});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return points;
}

std::string conditions_at(const std::vector<Point> &points, std::string_view name) {
  for (const Point &point : points)
    if (point.name == name) return point.conditions;
  return "";
}

std::string text_of(OpPassManager *manager) {
  std::string text;
  auto append = [](MlirStringRef part, void *whole) {
    static_cast<std::string *>(whole)->append(part.data, part.length);
  };
  compiler.print_pipeline({manager}, append, &text);
  return text;
}

void arrange(Build &build) {
  std::vector<uint32_t> order(build.passes.size());
  // Whatever is at the first place stays there: the compiler is at it.
  *build.failed =
      build.runner.host->arrange(build.runner.session, text_of(build.manager).c_str(), order.data(), order.size()) != 0 ||
      !build.passes.reorder(order);
}

// Called for a pass of ours when its pass manager is about to run, all of it built.
void on_dependent_dialects(MlirDialectRegistry) {
  std::vector<Build> ready;
  ready.swap(builds);
  for (Build &build : ready) arrange(build);
}

constexpr MlirDialectRegistrationHooks kHooks{
    on_dependent_dialects, [](MlirContext) { return MlirDialect{nullptr}; }, [] { return MlirStringRef{"", 0}; }};
constexpr MlirDialectHandle kTrigger{&kHooks};

bool is_built(const StepRunner &runner, OpPassManager *manager) {
  for (const Build &build : builds)
    if (build.manager == manager && build.runner.session == runner.session) return true;
  return false;
}

// Adds the pass at hand, and those of all points but the one that has its place nearly by itself.
void begin(const StepRunner &runner, OpPassManager *manager, std::string_view here) {
  auto failed = std::make_shared<bool>(false);
  std::vector<Point> points = points_of(runner);
  MlirPass first = make_step_pass(runner, here, conditions_at(points, here), failed, &kTrigger);
  compiler.add_pass({manager}, first);
  PassList passes(manager, first.ptr);
  *failed = !passes.known();
  for (const Point &point : points)
    if (point.name != here && point.name != kPreprocessing)
      compiler.add_pass({manager}, make_step_pass(runner, point.name, point.conditions, failed, nullptr));
  if (passes.known()) builds.push_back({runner, manager, passes, failed});
}

}  // namespace

void add_passes_at_input(const StepRunner &runner, OpPassManager *manager) {
  // A pipeline that was never run leaves nothing behind for one that is built at its place.
  for (size_t index = builds.size(); index-- > 0;)
    if (builds[index].runner.session == runner.session) builds.erase(builds.begin() + index);
  begin(runner, manager, kStart);
}

void add_passes_at_preprocessing(const StepRunner &runner, OpPassManager *manager) {
  // Where compilation begins after the input phase, this is the first place.
  if (!is_built(runner, manager)) begin(runner, manager, kBegin);
  for (const Point &point : points_of(runner))
    if (point.name == kPreprocessing)
      compiler.add_pass({manager}, make_step_pass(runner, point.name, point.conditions, nullptr, nullptr));
}

}  // namespace ireekit
