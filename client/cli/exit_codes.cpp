#include "cli/exit_codes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace berth::cli {

namespace {

/// Only what is said of the command counts: a volume's source that is not there is no command that is not found.
constexpr std::array of_the_command{
    std::string_view{"exec:"},
    std::string_view{"exec /"},
    std::string_view{"exec container process"},
    std::string_view{"exec user process"},
    std::string_view{"executable file"},
    std::string_view{"open executable"},
    std::string_view{"attempted to invoke a command"},
    std::string_view{"chdir to"},
};

constexpr std::array missing{
    std::string_view{"executable file not found"},  // runc
    std::string_view{"not found in $path"},         // crun
    std::string_view{"command that was not found"}, // podman
    std::string_view{"no such file or directory"},
};

constexpr std::array not_invocable{
    std::string_view{"permission denied"}, std::string_view{"operation not permitted"},
    std::string_view{"is a directory"},    std::string_view{"not a directory"},
    std::string_view{"exec format error"}, std::string_view{"not a regular file"},
    std::string_view{"chdir to"},
};

/// At the beginning of a word: "/usr/libexec: no such file or directory" is no "exec:".
bool has_word(const std::string& text, std::string_view word) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const char before = at == 0 ? ' ' : text[at - 1];
        if (std::isalnum(static_cast<unsigned char>(before)) == 0 && before != '/' && before != '-' && before != '_') {
            return true;
        }
    }
    return false;
}

template <class Words>
bool has_any(const std::string& text, const Words& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return has_word(text, word); });
}

} // namespace

int exit_code_of(const std::string& error) {
    std::string text = error;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
    if (!has_any(text, of_the_command)) {
        return exit_berth_failed;
    }
    if (has_any(text, not_invocable)) {
        return exit_cannot_invoke;
    }
    return has_any(text, missing) ? exit_not_found : exit_berth_failed;
}

} // namespace berth::cli
