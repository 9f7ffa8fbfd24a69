#include "policy/dock_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

constexpr char any_text = '*';

/// What of a pattern is not "any text".
std::uint64_t letters_of(std::string_view pattern) {
    return pattern.size() - static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), any_text));
}

// What is longer says no more: each sort of text outweighs the next.
constexpr std::uint64_t longest_text = 256;

} // namespace

bool is_like(std::string_view text, std::string_view pattern) noexcept {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos; // the last "*" that was met, and where its text ends at present
    std::size_t star_text = 0;
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == any_text) {
            star = in++;
            star_text = at;
        } else if (in < pattern.size() && pattern[in] == text[at]) {
            ++in;
            ++at;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++star_text;
        } else {
            return false;
        }
    }
    return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(in), pattern.end(),
                       [](char letter) { return letter == any_text; });
}

std::string misfit_of(const DockMatch& match, const Dock& dock) {
    if (!match.id.empty() && !is_like(dock.id, match.id)) {
        return "its id is not like \"" + match.id + "\"";
    }
    if (!match.name.empty() && !is_like(dock.name, match.name)) {
        return "its name is not like \"" + match.name + "\"";
    }
    if (!match.display.empty() && std::none_of(dock.displays.begin(), dock.displays.end(),
                                               [&](const std::string& id) { return is_like(id, match.display); })) {
        return "no screen is like \"" + match.display + "\"";
    }
    for (const DeviceKind kind : match.has) {
        if (std::find(dock.has.begin(), dock.has.end(), kind) == dock.has.end()) {
            return "it has no " + std::string{name_of(kind)};
        }
    }
    return {};
}

std::optional<std::uint64_t> fit_of(const DockMatch& match, const Dock& dock) {
    if (!misfit_of(match, dock).empty()) {
        return std::nullopt;
    }
    std::uint64_t fit = 0;
    for (const std::uint64_t said :
         {letters_of(match.id), letters_of(match.display), letters_of(match.name), std::uint64_t{match.has.size()}}) {
        fit = fit * longest_text + std::min(said, longest_text - 1);
    }
    return fit;
}

const DockProfile* profile_of(const Dock& dock, const std::vector<DockProfile>& profiles) {
    const DockProfile* best = nullptr;
    std::uint64_t best_fit = 0;
    for (const DockProfile& profile : profiles) {
        const auto fit = fit_of(profile.match, dock);
        const bool is_better =
            fit && (best == nullptr || *fit > best_fit || (*fit == best_fit && profile.name < best->name));
        if (is_better) {
            best = &profile;
            best_fit = *fit;
        }
    }
    return best;
}

Microseconds grace_of(const DockProfile& profile) noexcept {
    constexpr Microseconds second = 1'000'000;
    return static_cast<Microseconds>(profile.grace_s) * second;
}

bool holds(const std::vector<Dock>& docks, const Dock& dock) {
    return std::any_of(docks.begin(), docks.end(), [&](const Dock& other) { return other.id == dock.id; });
}

} // namespace berth::policy
