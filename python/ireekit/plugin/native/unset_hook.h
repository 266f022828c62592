// Telling the hooks of a definition that nothing was put into.
#ifndef IREEKIT_UNSET_HOOK_H
#define IREEKIT_UNSET_HOOK_H

#include <cstring>

namespace ireekit {

// Whether a hook is the one of operations that do not fold or parse: a function that returns failure and does nothing
// else. Never true on processors whose code for that is not known here.
inline bool is_unset(const void *hook) {
#if defined(__x86_64__)
  constexpr unsigned char code[] = {0x31, 0xc0, 0xc3};  // xor eax, eax; ret
#elif defined(__aarch64__)
  constexpr unsigned char code[] = {0xe0, 0x03, 0x1f, 0x2a, 0xc0, 0x03, 0x5f, 0xd6};  // mov w0, wzr; ret
#else
  constexpr unsigned char code[] = {0};
  hook = nullptr;
#endif
  return hook && std::memcmp(hook, code, sizeof(code)) == 0;
}

}  // namespace ireekit

#endif
