// How functions are offered to Python (ctypes) and to the compiler.
#ifndef IREEKIT_EXPORT_H
#define IREEKIT_EXPORT_H

#define IREEKIT_EXPORT extern "C" __attribute__((visibility("default")))

#endif
