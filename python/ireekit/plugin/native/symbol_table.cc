#include "symbol_table.h"

#ifdef __APPLE__

namespace ireekit {

SymbolValues read_symbols(const std::string &, const std::vector<std::string_view> &) { return {}; }

}  // namespace ireekit

#else

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace ireekit {
namespace {

// A file in memory; every part of it is asked for, and given only where it lies inside.
class MappedFile {
 public:
  explicit MappedFile(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat status;
    if (fstat(file, &status) == 0 && status.st_size > 0) {
      void *data = mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
      if (data != MAP_FAILED) {
        data_ = static_cast<const char *>(data);
        size_ = status.st_size;
      }
    }
    close(file);
  }

  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  ~MappedFile() {
    if (data_) munmap(const_cast<char *>(data_), size_);
  }

  const char *at(uint64_t offset, uint64_t size) const {
    return data_ && offset <= size_ && size <= size_ - offset ? data_ + offset : nullptr;
  }

  template <typename T>
  bool read(uint64_t offset, T *value) const {
    const char *data = at(offset, sizeof(T));
    if (data) std::memcpy(value, data, sizeof(T));
    return data;
  }

 private:
  const char *data_ = nullptr;
  size_t size_ = 0;
};

constexpr uint16_t kByteOrder = 1;

bool is_readable(const Elf64_Ehdr &header) {
  unsigned char order = *reinterpret_cast<const unsigned char *>(&kByteOrder) ? ELFDATA2LSB : ELFDATA2MSB;
  return !std::memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_ident[EI_DATA] == order && header.e_shentsize == sizeof(Elf64_Shdr);
}

bool section_at(const MappedFile &file, const Elf64_Ehdr &header, uint64_t index, Elf64_Shdr *section) {
  return index < header.e_shnum && file.read(header.e_shoff + index * sizeof(Elf64_Shdr), section);
}

}  // namespace

SymbolValues read_symbols(const std::string &path, const std::vector<std::string_view> &names) {
  MappedFile file(path.c_str());
  Elf64_Ehdr header;
  if (!file.read(0, &header) || !is_readable(header)) return {};
  Elf64_Shdr table, strings;
  uint64_t index = 0;
  do {
    if (!section_at(file, header, index++, &table)) return {};
  } while (table.sh_type != SHT_SYMTAB);
  if (!section_at(file, header, table.sh_link, &strings)) return {};
  const char *symbols = file.at(table.sh_offset, table.sh_size);
  const char *pool = file.at(strings.sh_offset, strings.sh_size);
  if (!symbols || !pool || !strings.sh_size || pool[strings.sh_size - 1]) return {};

  SymbolValues wanted, found;
  for (std::string_view name : names) wanted.emplace(name, 0);
  Elf64_Sym symbol;
  for (uint64_t offset = 0; offset + sizeof(symbol) <= table.sh_size; offset += sizeof(symbol)) {
    std::memcpy(&symbol, symbols + offset, sizeof(symbol));
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.sh_size) continue;
    const char *name = pool + symbol.st_name;
    // Nearly all names begin otherwise.
    if (name[0] != '_' || name[1] != 'Z') continue;
    auto match = wanted.find(name);
    if (match != wanted.end()) found.emplace(match->first, symbol.st_value);
  }
  return found;
}

}  // namespace ireekit

#endif
