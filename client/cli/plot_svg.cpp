#include "cli/plot_svg.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace berth::cli {

namespace {

constexpr double label_width = 150;
constexpr double chart_width = 640;
constexpr double value_width = 90;
constexpr double row_height = 26;
constexpr double bar_height = 18;
constexpr double top = 56;
constexpr double bottom = 34;
constexpr int ticks = 5;
constexpr double us_in_a_second = 1e6;
constexpr double width = label_width + chart_width + value_width;

std::string seconds(double us) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(us < us_in_a_second ? 3 : 2) << us / us_in_a_second << " s";
    return out.str();
}

double x_of(std::int64_t us, double total) {
    return label_width + static_cast<double>(us) / total * chart_width;
}

void axis(std::ostream& out, double total, double height) {
    for (int tick = 0; tick <= ticks; ++tick) {
        const double us = total * tick / ticks;
        const double x = label_width + chart_width * tick / ticks;
        out << "<line x1='" << x << "' y1='" << top - 8 << "' x2='" << x << "' y2='" << height - bottom
            << "' stroke='#ddd'/>\n<text x='" << x << "' y='" << height - bottom + 18
            << "' text-anchor='middle' fill='#666'>" << seconds(us) << "</text>\n";
    }
}

void bar(std::ostream& out, const Lap& lap, double total, double y) {
    const double x = x_of(lap.began_us, total);
    const double length = std::max(1.5, static_cast<double>(lap.took_us) / total * chart_width);
    const char* colour = lap.failed ? "#c01c28" : lap.open ? "#986a44" : "#3584e4";
    out << "<text x='" << label_width - 8 << "' y='" << y + bar_height - 5 << "' text-anchor='end'>"
        << xml_text(lap.step) << "</text>\n<rect x='" << x << "' y='" << y << "' width='" << length << "' height='"
        << bar_height << "' rx='2' fill='" << colour << "'/>\n<text x='"
        << std::min(x + length, width - value_width) + 6 << "' y='" << y + bar_height - 5 << "' fill='#333'>"
        << seconds(static_cast<double>(lap.took_us)) << (lap.failed ? " failed" : "") << "</text>\n";
}

} // namespace

std::string xml_text(const std::string& text) {
    std::string result;
    for (const char byte : text) {
        switch (byte) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '\'':
            result += "&apos;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += byte;
        }
    }
    return result;
}

std::string plot_svg(const Timeline& timeline) {
    const double total = std::max(1.0, static_cast<double>(timeline.total_us));
    const double height = top + row_height * static_cast<double>(timeline.laps.size()) + bottom;
    std::ostringstream out;
    out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << width << "' height='" << height << "' viewBox='0 0 "
        << width << " " << height << "' font-family='sans-serif' font-size='12'>\n"
        << "<rect width='100%' height='100%' fill='white'/>\n<text x='12' y='26' font-size='16' font-weight='bold'>"
        << xml_text(timeline.seat + ": " + timeline.desktop + ", " + timeline.end + " after " +
                    seconds(static_cast<double>(timeline.total_us)))
        << "</text>\n";
    axis(out, total, height);
    double y = top;
    for (const Lap& lap : timeline.laps) {
        bar(out, lap, total, y);
        y += row_height;
    }
    out << "</svg>\n";
    return out.str();
}

} // namespace berth::cli
