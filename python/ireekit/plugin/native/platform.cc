#include "platform.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __APPLE__
#include <crt_externs.h>
#include <mach-o/dyld.h>
#else
#include <link.h>
#endif

namespace ireekit {
namespace {

#ifndef __APPLE__

constexpr char kOwner[] = "GNU";

size_t aligned(size_t size) { return (size + 3) & ~size_t{3}; }

std::string hexadecimal(const unsigned char *bytes, size_t size) {
  std::string text;
  char two[3];
  for (size_t index = 0; index < size; ++index) {
    std::snprintf(two, sizeof(two), "%02x", bytes[index]);
    text += two;
  }
  return text;
}

// The build ID among notes; empty where it is not.
std::string find_note(const unsigned char *notes, size_t size) {
  ElfW(Nhdr) note;
  while (size >= sizeof(note)) {
    std::memcpy(&note, notes, sizeof(note));
    size_t whole = sizeof(note) + aligned(note.n_namesz) + aligned(note.n_descsz);
    if (whole > size) break;
    const unsigned char *owner = notes + sizeof(note);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(kOwner) && !std::memcmp(owner, kOwner, sizeof(kOwner)))
      return hexadecimal(owner + aligned(note.n_namesz), note.n_descsz);
    notes += whole;
    size -= whole;
  }
  return "";
}

struct Search {
  const char *base;
  std::string found;
};

int look_at(dl_phdr_info *info, size_t, void *data) {
  auto search = static_cast<Search *>(data);
  auto base = reinterpret_cast<const char *>(info->dlpi_addr);
  if (base != search->base) return 0;
  for (int index = 0; index < info->dlpi_phnum && search->found.empty(); ++index) {
    const ElfW(Phdr) &header = info->dlpi_phdr[index];
    if (header.p_type == PT_NOTE)
      search->found = find_note(reinterpret_cast<const unsigned char *>(base + header.p_vaddr), header.p_memsz);
  }
  return 1;
}

#endif

}  // namespace

bool library_at(const void *address, Library *library) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) return false;
  library->path = info.dli_fname;
  library->base = static_cast<char *>(info.dli_fbase);
  library->handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  return library->handle != nullptr;
}

#ifdef __APPLE__

std::string build_id(const Library &) { return ""; }

std::string program_path() {
  char path[4096];
  uint32_t size = sizeof(path);
  return _NSGetExecutablePath(path, &size) == 0 ? path : "";
}

std::vector<std::string> process_arguments() {
  char **first = *_NSGetArgv();
  return {first, first + *_NSGetArgc()};
}

#else

std::string program_path() {
  char path[4096];
  ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 && size < static_cast<ssize_t>(sizeof(path)) ? std::string(path, size) : "";
}

std::string build_id(const Library &library) {
  Search search{library.base, ""};
  dl_iterate_phdr(look_at, &search);
  return search.found;
}

std::vector<std::string> process_arguments() {
  std::vector<std::string> arguments;
  std::FILE *file = std::fopen("/proc/self/cmdline", "rb");
  if (!file) return arguments;
  std::string current;
  for (int next; (next = std::fgetc(file)) != EOF;) {
    if (next) {
      current += static_cast<char>(next);
      continue;
    }
    arguments.push_back(current);
    current.clear();
  }
  std::fclose(file);
  return arguments;
}

#endif

std::string tool_name() {
  // Inside of an interpreter, which says so by this, with the process's number: those it starts inherit it.
  std::string own = std::to_string(getpid()) + ":";
  const char *given = std::getenv("IREEKIT_PLUGIN_TOOL");
  if (given && std::strncmp(given, own.c_str(), own.size()) == 0) return given + own.size();
  std::vector<std::string> arguments = process_arguments();
  if (arguments.empty()) return "";
  return arguments[0].substr(arguments[0].rfind('/') + 1);
}

}  // namespace ireekit
