// Files of arguments, as in `iree-compile @flags.txt`.
#ifndef IREEKIT_RESPONSE_FILES_H
#define IREEKIT_RESPONSE_FILES_H

#include <string>
#include <string_view>
#include <vector>

namespace ireekit {

// The words of a text: separated by white space, but for what is quoted by ' or ", or escaped by a backslash.
std::vector<std::string> split_words(std::string_view text);

// The arguments, with the words of its file in the place of each `@FILE`, which may name further files; paths count
// from the current folder. What cannot be read stays as it is, as it does for the compiler.
std::vector<std::string> expanded(const std::vector<std::string> &arguments);

}  // namespace ireekit

#endif
