#pragma once

#include <functional>
#include <string>
#include <vector>

namespace berth::cli {

enum class Health {
    ok,
    warning, ///< something that berth offers will not work
    missing, ///< no desktop comes up without it
};

/// One thing that was looked at.
struct Check {
    std::string name;
    Health health{Health::ok};
    std::string found; ///< what is there
    std::string hint;  ///< what to do; empty when it is ok
};

/// What the checks look at; the parts that a test replaces.
struct Host {
    std::string root; ///< prefix of every path, "" for this host
    std::string path; ///< PATH
    /// The first line that a program printed, or nothing when it failed or took longer than 10 s.
    std::function<std::string(const std::vector<std::string>& argv)> run;
};

/// This host.
Host this_host();

/// Everything that does not need berthd.
std::vector<Check> check_host(const Host& host);

/// "ok", "warning", "missing"
const char* name_of(Health health) noexcept;

} // namespace berth::cli
