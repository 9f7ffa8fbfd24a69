#pragma once

#include "explain/facts.hpp"

#include <string>
#include <vector>

namespace berth::explain {

/// One thing that a person should know, and the next step.
struct Advice {
    bool well{false}; ///< it is as it should be
    std::string what; ///< a sentence
    std::string next; ///< a command to run, or ""

    bool operator==(const Advice&) const = default;
};

/// What is wrong, the most urgent first; at least one. Pure. What could not be read is never taken for good or for bad:
/// it is said that it is missing.
std::vector<Advice> advise(const Facts& facts);

/// Whether somebody draws on a terminal.
enum class Owner {
    none,     ///< no process that could be seen has it open
    doubtful, ///< one has, and none of those has a graphics card open, nor a session on it
    lives,    ///< one draws there, or a session or desktop that lives has the terminal
};

Owner owner_of(const Terminal& terminal, const Facts& facts);

} // namespace berth::explain
