#include "linux/environment_file.hpp"

#include "model/json.hpp"

#include <set>

namespace berth::os {
namespace {

constexpr std::string_view letters{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"};
constexpr std::string_view digits{"0123456789"};

bool is_shell_name(std::string_view key) {
    if (key.empty() || letters.find(key.front()) == std::string_view::npos) {
        return false;
    }
    return key.find_first_not_of(std::string{letters} + std::string{digits}) == std::string_view::npos;
}

void add(std::string& text, std::string_view key, std::string_view value) {
    text.append(key).append("=").append(quoted(value)).append("\n");
}

/// "video:44 audio:29": the host's ids of the profile's groups, and of `tty`, which owns the desktop's VT.
std::string group_ids(const model::DesktopUser& user, const model::HostFacts& host) {
    std::set<std::string> names{user.groups.begin(), user.groups.end()};
    names.insert("tty");
    std::string list;
    for (const std::string& name : names) {
        if (const auto found = host.groups.find(name); found != host.groups.end()) {
            list.append(list.empty() ? "" : " ").append(name).append(":").append(std::to_string(found->second));
        }
    }
    return list;
}

} // namespace

std::string quoted(std::string_view value) {
    const std::string plain = std::string{letters} + std::string{digits} + "./:@%+,-";
    if (!value.empty() && value.find_first_not_of(plain) == std::string_view::npos) {
        return std::string{value};
    }
    std::string text{'"'};
    for (const char character : value) {
        if (std::string_view{"\"\\`$"}.find(character) != std::string_view::npos) {
            text.push_back('\\');
        }
        text.push_back(character);
    }
    return text + '"';
}

std::string render_environment(const model::Seat& seat, const model::HostFacts& host) {
    const model::UpPlan plan = seat.plan.value_or(model::UpPlan{});
    const model::DesktopUser& user = plan.profile.user;
    std::string text;
    add(text, "BERTH_SEAT", seat.name.value);
    add(text, "BERTH_DESKTOP", plan.profile.name);
    add(text, "BERTH_MODE", model::name_of(plan.mode));
    add(text, "BERTH_USER", user.name);
    add(text, "BERTH_UID", std::to_string(user.uid));
    add(text, "BERTH_GID", std::to_string(user.gid));
    add(text, "BERTH_WIDTH", std::to_string(plan.profile.display.width));
    add(text, "BERTH_HEIGHT", std::to_string(plan.profile.display.height));
    add(text, "BERTH_VT", std::to_string(plan.mode != model::SeatMode::headless && seat.vt ? seat.vt->vt : 0));
    add(text, "BERTH_LOGOUT", plan.profile.log_in_again ? "again" : "end");
    add(text, "BERTH_GROUPS", group_ids(user, host));
    for (const auto& [key, value] : plan.profile.environment) {
        if (is_shell_name(key) && !key.starts_with("BERTH_")) {
            add(text, key, value);
        }
    }
    return text;
}

} // namespace berth::os
