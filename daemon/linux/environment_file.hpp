#pragma once

#include "model/facts.hpp"
#include "model/seat.hpp"

#include <string>
#include <string_view>

namespace berth::os {

/// `value` as an EnvironmentFile= of systemd.exec(5) and a POSIX shell both read it: bare where every character is
/// plain, else in double quotes with ", \, ` and $ escaped.
std::string quoted(std::string_view value);

/// The text of desktop.env: what the units inside the image need to know (daemon/README.md, "The door"), then the
/// profile's environment. Keys that are no shell names or begin with BERTH_ are left out: they are berth's own.
std::string render_environment(const model::Seat& seat, const model::HostFacts& host);

} // namespace berth::os
