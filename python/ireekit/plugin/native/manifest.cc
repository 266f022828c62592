#include "manifest.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "export.h"

namespace ireekit {
namespace {

constexpr std::string_view kHeader = "ireekit-plugin-manifest 1";
constexpr std::string_view kEnd = "\nend\t";
constexpr size_t kMaximumSize = 1 << 22;

using Fields = std::vector<std::string>;

std::string_view take_until(std::string_view *text, char separator) {
  size_t end = text->find(separator);
  std::string_view head = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return head;
}

Fields split(std::string_view line) {
  Fields fields;
  for (bool more = true; more;) {
    // A separator at the end is followed by an empty field.
    more = line.find('\t') != std::string_view::npos;
    fields.emplace_back(take_until(&line, '\t'));
  }
  return fields;
}

PipelineEntry *pipeline(Manifest *manifest, const std::string &name) {
  for (PipelineEntry &each : manifest->pipelines)
    if (each.name == name) return &each;
  return nullptr;
}

bool read_hexadecimal(const std::string &text, uint64_t *value) {
  char *end = nullptr;
  errno = 0;
  *value = std::strtoull(text.c_str(), &end, 16);
  // Neither a sign nor space before it.
  return errno == 0 && std::isxdigit(static_cast<unsigned char>(text[0])) && end == text.c_str() + text.size();
}

// CRC-32 as zlib has it.
uint32_t checksum(std::string_view text) {
  uint32_t sum = ~uint32_t{0};
  for (unsigned char byte : text) {
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0xEDB88320u : 0);
  }
  return ~sum;
}

// Splits the last record off, which has the checksum of the rest; false where it is missing or wrong.
bool take_end(std::string_view *text) {
  size_t end = text->rfind(kEnd);
  if (end == std::string_view::npos || text->back() != '\n') return false;
  std::string_view sum = text->substr(end + kEnd.size());
  sum.remove_suffix(1);
  uint64_t value;
  *text = text->substr(0, end + 1);
  return sum.size() == 8 && read_hexadecimal(std::string(sum), &value) && value == checksum(*text);
}

bool add_python(const Fields &fields, Manifest *manifest) {
  manifest->python = fields[1];
  manifest->libpython = fields[2];
  return true;
}

bool add_compiler(const Fields &fields, Manifest *manifest) {
  manifest->build_id = fields[1];
  return true;
}

bool add_symbol(const Fields &fields, Manifest *manifest) {
  return read_hexadecimal(fields[2], &manifest->symbols[fields[1]]);
}

bool add_pipeline(const Fields &fields, Manifest *manifest) {
  if (fields[1].empty() || pipeline(manifest, fields[1])) return false;
  manifest->pipelines.push_back({fields[1], {}, {}, {}});
  return true;
}

bool add_input_type(const Fields &fields, Manifest *manifest) {
  PipelineEntry *owner = pipeline(manifest, fields[1]);
  if (owner) owner->input_types.push_back({fields[2], {}});
  return owner;
}

bool add_dialect(const Fields &fields, Manifest *manifest) {
  PipelineEntry *owner = pipeline(manifest, fields[1]);
  if (!owner || owner->input_types.empty()) return false;
  owner->input_types.back().dialects.push_back(fields[2]);
  return true;
}

bool add_flag(const Fields &fields, Manifest *manifest) {
  PipelineEntry *owner = pipeline(manifest, fields[1]);
  if (owner) owner->flags.push_back(fields[2]);
  return owner;
}

bool add_default_flag(const Fields &fields, Manifest *manifest) {
  manifest->default_flags.push_back(fields[1]);
  return true;
}

bool add_option(const Fields &fields, Manifest *manifest) {
  PipelineEntry *owner = pipeline(manifest, fields[1]);
  if (owner) owner->options.push_back({fields[2], fields[3], fields[4]});
  return owner;
}

bool add_pass(const Fields &fields, Manifest *manifest) {
  manifest->passes.push_back({fields[1], fields[2]});
  return !fields[1].empty();
}

bool add_registered(const Fields &fields, Manifest *manifest) {
  manifest->dialects.push_back({fields[1]});
  return !fields[1].empty();
}

struct Record {
  std::string_view kind;
  size_t fields;
  bool (*add)(const Fields &fields, Manifest *manifest);
};

constexpr Record kRecords[] = {
    {"python", 3, add_python},     {"compiler", 2, add_compiler},     {"symbol", 3, add_symbol},
    {"pipeline", 2, add_pipeline}, {"input-type", 3, add_input_type}, {"input-dialect", 3, add_dialect},
    {"option", 5, add_option},     {"pass", 3, add_pass},
    {"dialect", 2, add_registered},
    {"flag", 3, add_flag},
    {"default-flag", 2, add_default_flag},
};

bool add(const Fields &fields, Manifest *manifest) {
  for (const Record &record : kRecords)
    if (fields[0] == record.kind) return fields.size() == record.fields && record.add(fields, manifest);
  return false;
}

}  // namespace

std::string parse_manifest(std::string_view text, Manifest *manifest) {
  // As it is installed: nothing is known of yet.
  if (text.empty()) return "";
  std::string_view whole = text;
  if (take_until(&whole, '\n') != kHeader) return "it does not begin with \"" + std::string(kHeader) + "\"";
  if (!take_end(&text)) return "it was cut off or changed";
  take_until(&text, '\n');
  for (int line = 2; !text.empty(); ++line) {
    std::string_view record = take_until(&text, '\n');
    if (!record.empty() && !add(split(record), manifest)) return "line " + std::to_string(line) + " is no record";
  }
  return "";
}

std::string read_manifest(const std::string &path, Manifest *manifest) {
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file) return std::strerror(errno);
  std::string text;
  char part[16384];
  while (size_t size = std::fread(part, 1, sizeof(part), file)) {
    text.append(part, size);
    if (text.size() > kMaximumSize) break;
  }
  bool failed = std::ferror(file);
  std::fclose(file);
  if (failed) return "it cannot be read";
  if (text.size() > kMaximumSize) return "it is too large";
  return parse_manifest(text, manifest);
}

}  // namespace ireekit

// What is wrong with the text of a manifest, as a string until the next call on this thread; "" where nothing is.
IREEKIT_EXPORT const char *ireekit_manifest_problem(const char *text, size_t size) {
  static thread_local std::string problem;
  ireekit::Manifest manifest;
  problem = ireekit::parse_manifest({text, size}, &manifest);
  return problem.c_str();
}
