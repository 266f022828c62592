#include "response_files.h"

#include <sys/stat.h>

#include <cstdio>
#include <utility>

namespace ireekit {
namespace {

// Far more than anybody writes; a file that includes itself, or others over and over, ends there.
constexpr size_t kMostFiles = 100;
constexpr off_t kMaximumSize = 1 << 22;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_space(char each) { return each == ' ' || each == '\t' || each == '\r' || each == '\n'; }

// False for what is no file of a sensible size: to read from a pipe would take it from the compiler.
bool read_file(const std::string &path, std::string *text) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kMaximumSize) return false;
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file) return false;
  text->resize(static_cast<size_t>(status.st_size));
  text->resize(std::fread(text->data(), 1, text->size(), file));
  std::fclose(file);
  return true;
}

void expand(const std::string &argument, std::vector<std::string> *words, size_t *files) {
  std::string text;
  if (argument.size() < 2 || argument[0] != '@' || *files == kMostFiles || !read_file(argument.substr(1), &text)) {
    words->push_back(argument);
    return;
  }
  ++*files;
  std::string_view rest = text;
  if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) rest.remove_prefix(kByteOrderMark.size());
  for (const std::string &word : split_words(rest)) expand(word, words, files);
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;  // which may be empty, as "" is
  char quote = 0;
  for (size_t index = 0; index < text.size(); ++index) {
    char each = text[index];
    if (!quote && is_space(each)) {
      if (std::exchange(in_word, false)) words.push_back(std::exchange(word, {}));
      continue;
    }
    in_word = true;
    if (each == quote) {
      quote = 0;
    } else if (!quote && (each == '"' || each == '\'')) {
      quote = each;
    } else if (each == '\\' && index + 1 < text.size()) {
      word += text[++index];
    } else {
      word += each;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

std::vector<std::string> expanded(const std::vector<std::string> &arguments) {
  std::vector<std::string> words;
  size_t files = 0;
  for (const std::string &argument : arguments) expand(argument, &words, &files);
  return words;
}

}  // namespace ireekit
