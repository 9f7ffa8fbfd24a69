#pragma once

#include "explain/facts.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Where the readers look, and how they read a small file.
namespace berth::explain {

/// The host, or a made-up one.
struct Places {
    std::string proc{"/proc"};
    std::string sys{"/sys"};
    std::string dev{"/dev"};
    std::string run{"/run"};
    std::string runtime{"/run/berth"}; ///< where berthd keeps its run-time files
    /// Asks the kernel for a terminal's modes. Nothing, with a reason in `why`, when it does not answer.
    std::function<std::optional<Modes>(unsigned vt, std::string& why)> ask_terminal;
};

/// A file's beginning.
struct Text {
    std::string text; ///< at most 64 KiB
    int error{0};     ///< errno, 0 when it was read
};

/// Never waits: a pipe is EINVAL and is not read. Line breaks stay.
Text read_text(const std::string& path);

/// The same without the last line break, "" when it cannot be read.
std::string read_line(const std::string& path);

/// The names in a folder that begin with `prefix`, a number behind it in its order; `error`: errno, 0 when it was read.
std::vector<std::string> names_in(const std::string& folder, const std::string& prefix, int& error);

/// The number at the text's beginning, 0 when there is none.
unsigned number_in(const std::string& text);

} // namespace berth::explain
