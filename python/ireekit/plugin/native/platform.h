// What differs between operating systems: loaded libraries, and the arguments of the process.
#ifndef IREEKIT_PLATFORM_H
#define IREEKIT_PLATFORM_H

#include <string>
#include <vector>

namespace ireekit {

struct Library {
  std::string path;
  char *base;      // where the values of its symbols count from
  void *handle;    // for dlsym
};

// The loaded library that holds an address; false where there is none.
bool library_at(const void *address, Library *library);

// Hexadecimal GNU build ID of a loaded library; empty where it has none.
std::string build_id(const Library &library);

// Arguments the process was started with; empty where they cannot be known.
std::vector<std::string> process_arguments();

// Path to start the program of the process by; empty where it cannot be known.
std::string program_path();

// File name of the tool the process runs, without folders.
std::string tool_name();

}  // namespace ireekit

#endif
