#include "plugin_host.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>
#include <mutex>

#include "plugin_restart.h"

namespace ireekit {
namespace {

constexpr char kModule[] = "ireekit.plugin.host";
constexpr char kFunction[] = "callbacks";

struct PyObject;

// The part of CPython's stable ABI that is needed, looked up by name: no headers, so any version will do.
struct Python {
  int (*is_initialized)();
  wchar_t *(*decode)(const char *, size_t *);
  void (*set_program_name)(const wchar_t *);
  void (*initialize)(int);
  void *(*save_thread)();
  int (*ensure)();
  void (*release)(int);
  PyObject *(*import_module)(const char *);
  PyObject *(*attribute)(PyObject *, const char *);
  PyObject *(*call)(PyObject *, PyObject *);
  void *(*as_pointer)(PyObject *);
  PyObject *(*occurred)();
  void (*fetch)(PyObject **, PyObject **, PyObject **);
  void (*normalize)(PyObject **, PyObject **, PyObject **);
  PyObject *(*text)(PyObject *);
  const char *(*utf8)(PyObject *, ptrdiff_t *);
  void (*clear)();
  void (*unreference)(PyObject *);
};

struct Name {
  const char *name;
  size_t offset;
};

constexpr Name kNames[] = {
    {"Py_IsInitialized", offsetof(Python, is_initialized)},
    {"Py_DecodeLocale", offsetof(Python, decode)},
    {"Py_SetProgramName", offsetof(Python, set_program_name)},
    {"Py_InitializeEx", offsetof(Python, initialize)},
    {"PyEval_SaveThread", offsetof(Python, save_thread)},
    {"PyGILState_Ensure", offsetof(Python, ensure)},
    {"PyGILState_Release", offsetof(Python, release)},
    {"PyImport_ImportModule", offsetof(Python, import_module)},
    {"PyObject_GetAttrString", offsetof(Python, attribute)},
    {"PyObject_CallObject", offsetof(Python, call)},
    {"PyLong_AsVoidPtr", offsetof(Python, as_pointer)},
    {"PyErr_Occurred", offsetof(Python, occurred)},
    {"PyErr_Fetch", offsetof(Python, fetch)},
    {"PyErr_NormalizeException", offsetof(Python, normalize)},
    {"PyObject_Str", offsetof(Python, text)},
    {"PyUnicode_AsUTF8AndSize", offsetof(Python, utf8)},
    {"PyErr_Clear", offsetof(Python, clear)},
    {"Py_DecRef", offsetof(Python, unreference)},
};

bool bind(void *library, Python *python, std::string *problem) {
  for (const Name &each : kNames) {
    void *address = dlsym(library, each.name);
    if (!address) {
      *problem = std::string("the Python library has no ") + each.name;
      return false;
    }
    *reinterpret_cast<void **>(reinterpret_cast<char *>(python) + each.offset) = address;
  }
  return true;
}

// What was raised, cleared.
std::string raised(const Python &python) {
  PyObject *kind = nullptr, *value = nullptr, *trace = nullptr;
  python.fetch(&kind, &value, &trace);
  python.normalize(&kind, &value, &trace);
  std::string message = "unknown error";
  if (PyObject *text = value ? python.text(value) : nullptr) {
    ptrdiff_t size = 0;
    if (const char *data = python.utf8(text, &size)) message.assign(data, size);
    python.unreference(text);
  }
  python.clear();
  for (PyObject *each : {kind, value, trace})
    if (each) python.unreference(each);
  return message;
}

const PluginHost *import_host(const Python &python, std::string *problem) {
  PyObject *module = python.import_module(kModule);
  PyObject *function = module ? python.attribute(module, kFunction) : nullptr;
  PyObject *address = function ? python.call(function, nullptr) : nullptr;
  const void *host = address ? python.as_pointer(address) : nullptr;
  if (python.occurred()) *problem = std::string(kModule) + " cannot be imported: " + raised(python);
  for (PyObject *each : {address, function, module})
    if (each) python.unreference(each);
  if (!host) return nullptr;
  auto found = static_cast<const PluginHost *>(host);
  if (found->version == kHostVersion) return found;
  *problem = "libireekit.so is of another version of ireekit than its Python code; reinstall ireekit";
  return nullptr;
}

const PluginHost *in_running(const Python &python, std::string *problem) {
  int state = python.ensure();
  const PluginHost *host = import_host(python, problem);
  python.release(state);
  return host;
}

const PluginHost *host = nullptr;

void finish() {
  if (host) host->finish();
}

const PluginHost *in_new(const Interpreter &interpreter, std::string *problem) {
  if (interpreter.library.empty()) {
    *problem = restart_in(interpreter);
    return nullptr;
  }
  // Extension modules look for the interpreter's symbols among the global ones.
  void *library = dlopen(interpreter.library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    *problem = dlerror();
    return nullptr;
  }
  Python python{};
  if (!bind(library, &python, problem)) return nullptr;
  // Kept by the interpreter. It finds its environment from its program's place.
  wchar_t *name = python.decode(interpreter.executable.c_str(), nullptr);
  if (!name) {
    *problem = "the path of the interpreter is no text: " + interpreter.executable;
    return nullptr;
  }
  python.set_program_name(name);
  python.initialize(0);
  const PluginHost *started = import_host(python, problem);
  // Threads of the compiler take the GIL when they need it.
  python.save_thread();
  std::atexit(finish);
  return started;
}

}  // namespace

bool python_runs() {
  auto is_initialized = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "Py_IsInitialized"));
  return is_initialized && is_initialized();
}

const PluginHost *plugin_host(const Interpreter &interpreter, std::string *problem) {
  static std::mutex mutex;
  static bool decided = false;
  static std::string first_problem;
  std::lock_guard<std::mutex> lock(mutex);
  if (!decided) {
    decided = true;
    Python python{};
    if (!python_runs()) host = in_new(interpreter, &first_problem);
    else if (bind(RTLD_DEFAULT, &python, &first_problem)) host = in_running(python, &first_problem);
  }
  *problem = first_problem;
  return host;
}

}  // namespace ireekit
