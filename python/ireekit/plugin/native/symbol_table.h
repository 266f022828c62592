// The symbol table of a library's file, for names that the dynamic linker does not know.
#ifndef IREEKIT_SYMBOL_TABLE_H
#define IREEKIT_SYMBOL_TABLE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ireekit {

using SymbolValues = std::unordered_map<std::string, uint64_t>;

// Values, counted from the load base, of those of `names` that the file's symbol table defines; empty for what is no
// 64-bit ELF file of this machine's byte order or has no symbol table. Reads the whole table: some tens of milliseconds.
SymbolValues read_symbols(const std::string &path, const std::vector<std::string_view> &names);

}  // namespace ireekit

#endif
