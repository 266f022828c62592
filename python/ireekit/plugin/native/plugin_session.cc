#include "plugin_session.h"

#include <string_view>

#include "plugin_input.h"
#include "plugin_names.h"
#include "plugin_options.h"
#include "plugin_passes.h"
#include "plugin_points.h"
#include "plugin_state.h"
#include "symbols.h"

namespace ireekit {
namespace {

// Conditions that hold in every program.
constexpr char kAlways[] = "*";

struct Registration : RegistrationLayout {
  const PipelineEntry *pipeline;
};

struct Session : SessionLayout {
  const PipelineEntry *pipeline;
  void *binder;          // of the session's flags
  OptionValues options;  // of the pipeline
  const PluginHost *host;
  int64_t handle;  // of the Python side; 0 while not active
};

// std::unique_ptr<AbstractPluginSession>, as it is returned.
struct OwnedSession {
  Session *session;
  explicit OwnedSession(Session *given) : session(given) {}
  OwnedSession(const OwnedSession &) = delete;
  ~OwnedSession() {}  // not trivial: such are returned through memory
};

void emit(void *context, const std::string &message) {
  compiler.emit_error(compiler.unknown_location({context}), message.c_str());
}

template <typename... Arguments>
void nothing(Arguments...) {}

// Sessions.

void delete_session(Session *session) {
  if (session->handle) session->host->deactivate(session->handle);
  delete session;
}

bool activate(Session *session) {
  std::string problem;
  session->host = python_host(&problem);
  if (!session->host) {
    emit(session->context, "pipeline '" + session->pipeline->name + "' needs Python: " + problem);
    return false;
  }
  std::string options = given_options(*session->pipeline, session->options), flags = flags_of(session->binder);
  std::string arguments = compile_arguments();
  session->handle = session->host->activate(session->pipeline->name.c_str(), session->context, options.c_str(),
                                            flags.c_str(), arguments.c_str());
  return session->handle != 0;
}

StepRunner runner(const Session *session) {
  return {session->host, session->handle, session->pipeline->name.c_str()};
}

void extend_input_conversion(Session *session, OpPassManager *manager, int) {
  if (session->handle) add_passes_at_input(runner(session), manager);
}

void extend_preprocessing(Session *session, OpPassManager *manager) {
  if (session->handle) add_passes_at_preprocessing(runner(session), manager);
}

bool extend_custom_input_conversion(Session *session, OpPassManager *manager, std::string_view type) {
  for (const PipelineEntry::InputType &each : session->pipeline->input_types) {
    if (each.name != type) continue;
    compiler.add_pass({manager}, make_step_pass(runner(session), "input:" + each.name, kAlways, nullptr, nullptr));
    return true;
  }
  return false;
}

void populate_input_types(Session *session, StringMapLayout *types) {
  for (const PipelineEntry::InputType &each : session->pipeline->input_types) insert(types, each.name);
}

void populate_detected_input_types(Session *session, MlirOperation *module, StringMapLayout *types) {
  for (const PipelineEntry::InputType &each : session->pipeline->input_types)
    if (uses_dialect(*module, each.dialects)) insert(types, each.name);
}

template <typename Function>
VirtualFunction slot(Function *function) {
  return reinterpret_cast<VirtualFunction>(function);
}

const VirtualFunction kSessionFunctions[kSessionSlots] = {
    slot(nothing<Session *>),
    slot(delete_session),
    slot(nothing<Session *, void *>),
    slot(extend_input_conversion),
    slot(populate_input_types),
    slot(populate_detected_input_types),
    slot(extend_custom_input_conversion),
    slot(extend_preprocessing),
    slot(nothing<Session *, void *>),
    slot(nothing<Session *, void *>),
    slot(nothing<Session *, void *>),
    slot(activate),
};

// Registrations.

void delete_registration(Registration *registration) { delete registration; }

int activation_policy(Registration *) { return static_cast<int>(ActivationPolicy::kExplicit); }

void register_passes(Registration *) { register_pass_names(plugin_state().manifest.passes); }

void register_global_dialects(Registration *, void *registry) {
  // Other tools activate a session, which loads them: a context of those has nothing it did not ask for.
  if (tool_name() == "iree-opt") register_dialect_names(registry, plugin_state().manifest.dialects);
}

void initialize_cli(Registration *registration) { bind_process_options(*registration->pipeline); }

OwnedSession create_session(Registration *registration, void *binder) {
  auto session = new Session;
  session->vtable = kSessionFunctions;
  session->context = nullptr;
  session->pipeline = registration->pipeline;
  session->binder = binder;
  session->host = nullptr;
  session->handle = 0;
  bind_session_options(*session->pipeline, binder, &session->options);
  return OwnedSession(session);
}

const VirtualFunction kRegistrationFunctions[kRegistrationSlots] = {
    slot(nothing<Registration *>),
    slot(delete_registration),
    slot(activation_policy),
    slot(nothing<Registration *>),
    slot(register_passes),
    slot(initialize_cli),
    slot(register_global_dialects),
    slot(create_session),
};

}  // namespace

RegistrationLayout *make_registration(const PipelineEntry *pipeline) {
  auto registration = new Registration;
  registration->vtable = kRegistrationFunctions;
  registration->id = pipeline->name;
  registration->pipeline = pipeline;
  return registration;
}

}  // namespace ireekit
