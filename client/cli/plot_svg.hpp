#pragma once

#include "cli/timeline.hpp"

#include <string>

namespace berth::cli {

/// A bar chart of a bring-up as an SVG document: one bar a step, at its place in time.
std::string plot_svg(const Timeline& timeline);

/// "&", "<", ">" and quotes as XML entities.
std::string xml_text(const std::string& text);

} // namespace berth::cli
