#include "cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

namespace berth::cli {

namespace {

constexpr int bar_width = 24;
constexpr std::size_t max_message = 60; // the bar must not wrap on 100 columns
constexpr int whole = 100;

std::string padded(int number) {
    const std::string digits = std::to_string(number);
    return std::string(3 - std::min<std::size_t>(3, digits.size()), ' ') + digits;
}

} // namespace

void Progress::show(const std::string& phase, double part, const std::string& message) {
    const double bounded = std::clamp(part, 0.0, 1.0);
    const int full = static_cast<int>(std::lround(bounded * bar_width));
    const std::string amount = padded(static_cast<int>(std::lround(bounded * whole))) + "%";
    const std::string what = phase.empty() ? message : phase + ": " + message;
    if (terminal_) {
        // Carriage return and "erase to end of line" (console_codes(4)).
        out_ << "\r\033[K[" << std::string(static_cast<std::size_t>(full), '#')
             << std::string(static_cast<std::size_t>(bar_width - full), '-') << "] " << amount << " "
             << what.substr(0, max_message) << std::flush;
        open_ = true;
    } else if (what != last_) {
        out_ << amount << " " << what << std::endl;
    }
    last_ = what;
}

void Progress::end() {
    if (open_) {
        out_ << std::endl;
        open_ = false;
    }
}

} // namespace berth::cli
