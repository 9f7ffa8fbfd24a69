#include "model/grant.hpp"

#include <algorithm>

namespace berth::model {

namespace {

constexpr std::string_view hexadecimal{"0123456789abcdef"};
constexpr std::string_view bus_name_characters{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."};
constexpr std::size_t longest_bus_name = 255; // dbus-specification, "Valid Names"

bool is_usb_id(std::string_view text) {
    return text.size() == 9 && text[4] == ':' &&
           text.substr(0, 4).find_first_not_of(hexadecimal) == std::string_view::npos &&
           text.substr(5).find_first_not_of(hexadecimal) == std::string_view::npos;
}

/// A well-known name, as the D-Bus specification has it, or one with ".*" for all below it.
bool is_bus_name_pattern(std::string_view name) {
    if (name.ends_with(".*")) {
        name.remove_suffix(2);
    }
    return !name.empty() && name.size() <= longest_bus_name && name.find('.') != std::string_view::npos &&
           name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos &&
           name.find_first_not_of(bus_name_characters) == std::string_view::npos;
}

bool are_bus_name_patterns(std::string_view text) {
    while (true) {
        const auto comma = text.find(',');
        if (!is_bus_name_pattern(text.substr(0, comma))) {
            return false;
        }
        if (comma == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(comma + 1);
    }
}

std::string known_kinds() {
    std::string list;
    for (const GrantKind kind : all_grant_kinds()) {
        list.append(list.empty() ? "" : ", ").append(name_of(kind));
    }
    return list;
}

Error invalid(std::string_view text, std::string_view expected) {
    return Error{ErrorCode::invalid_argument,
                 "grant '" + std::string{text.substr(0, 300)} + "': expected " + std::string{expected}};
}

bool is_sound_of(std::string_view argument) {
    return argument == "pipewire" || argument == "pulse" || argument == "alsa" || argument == over_tcp;
}

/// What is wrong with the argument; empty: nothing.
std::string_view expectation(const Grant& grant) {
    switch (grant.kind) {
    case GrantKind::usb:
        return is_usb_id(grant.argument) ? "" : "usb:VENDOR:PRODUCT, four hexadecimal digits each, as in usb:046d:c52b";
    case GrantKind::session_bus:
        return are_bus_name_patterns(grant.argument)
                   ? ""
                   : "session-bus:NAME[,NAME…], well-known bus names such as org.freedesktop.Notifications";
    case GrantKind::sound:
        return grant.argument.empty() || is_sound_of(grant.argument)
                   ? ""
                   : "sound, sound:pipewire or sound:pulse, sound:tcp, or sound:alsa for the card itself";
    case GrantKind::display:
        return grant.argument.empty() || grant.argument == over_tcp ? "" : "display, or display:tcp";
    case GrantKind::gpu:
    case GrantKind::tmp:
    case GrantKind::shm:
    case GrantKind::ipc:
    case GrantKind::machine_id:
    case GrantKind::pulse:
    case GrantKind::input:
    case GrantKind::camera:
    case GrantKind::kvm:
    case GrantKind::tun:
    case GrantKind::host:
        return grant.argument.empty() ? "" : "the kind alone, without an argument";
    }
    return "";
}

} // namespace

std::string_view name_of(GrantKind kind) noexcept {
    switch (kind) {
    case GrantKind::gpu:
        return "gpu";
    case GrantKind::sound:
        return "sound";
    case GrantKind::tmp:
        return "tmp";
    case GrantKind::shm:
        return "shm";
    case GrantKind::ipc:
        return "ipc";
    case GrantKind::machine_id:
        return "machine-id";
    case GrantKind::pulse:
        return "pulse";
    case GrantKind::display:
        return "display";
    case GrantKind::input:
        return "input";
    case GrantKind::camera:
        return "camera";
    case GrantKind::usb:
        return "usb";
    case GrantKind::kvm:
        return "kvm";
    case GrantKind::tun:
        return "tun";
    case GrantKind::session_bus:
        return "session-bus";
    case GrantKind::host:
        return "host";
    }
    return "host";
}

const std::vector<GrantKind>& all_grant_kinds() {
    using enum GrantKind;
    static const std::vector<GrantKind> kinds{gpu,   sound,  tmp, shm, ipc, machine_id,  pulse, display,
                                              input, camera, usb, kvm, tun, session_bus, host};
    return kinds;
}

std::string text_of(const Grant& grant) {
    std::string text{name_of(grant.kind)};
    return grant.argument.empty() ? text : text.append(":").append(grant.argument);
}

bool needs_desktop(GrantKind kind) noexcept {
    switch (kind) {
    case GrantKind::sound:
    case GrantKind::ipc:
    case GrantKind::machine_id:
    case GrantKind::pulse:
    case GrantKind::display:
    case GrantKind::tmp:
    case GrantKind::session_bus:
        return true;
    case GrantKind::gpu:
    case GrantKind::shm:
    case GrantKind::input:
    case GrantKind::camera:
    case GrantKind::usb:
    case GrantKind::kvm:
    case GrantKind::tun:
    case GrantKind::host:
        return false;
    }
    return false;
}

bool can_be_given_live(GrantKind kind) noexcept {
    return kind != GrantKind::ipc && kind != GrantKind::host;
}

std::string_view name_of(Revocation revocation) noexcept {
    switch (revocation) {
    case Revocation::hard:
        return "hard";
    case Revocation::new_opens_only:
        return "new-opens-only";
    case Revocation::at_its_end:
        return "at-its-end";
    }
    return {};
}

Revocation revocation_of(const Grant& grant) noexcept {
    if (grant.kind == GrantKind::session_bus || grant.argument == over_tcp) {
        return Revocation::hard; // its connections are the filter's or the port's, which ends
    }
    // Namespaces are a process's own. An open socket, node, file or mapping stays its holder's: the kernel checks at
    // open(2) and connect(2). What could be cut (EVIOCREVOKE of an input device) needs a descriptor of the same open
    // file, which only its opener has.
    return can_be_given_live(grant.kind) ? Revocation::new_opens_only : Revocation::at_its_end;
}

bool is_among(const std::vector<Grant>& grants, const Grant& grant) {
    return std::find(grants.begin(), grants.end(), grant) != grants.end();
}

void add_each_once(std::vector<Grant>& grants, const std::vector<Grant>& more) {
    for (const Grant& grant : more) {
        if (!is_among(grants, grant)) {
            grants.push_back(grant);
        }
    }
}

Result<Grant> parse_grant(std::string_view text) {
    const auto colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    const auto& kinds = all_grant_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [word](GrantKind k) { return name_of(k) == word; });
    if (kind == kinds.end()) {
        return Error{ErrorCode::unknown_grant,
                     "there is no grant '" + std::string{word.substr(0, 80)} + "'; the kinds are: " + known_kinds()};
    }
    const Grant grant{*kind, std::string{colon == std::string_view::npos ? "" : text.substr(colon + 1)}};
    const bool dangling = colon != std::string_view::npos && grant.argument.empty();
    const std::string_view wrong = dangling ? "something after the ':'" : expectation(grant);
    if (!wrong.empty()) {
        return invalid(text, wrong);
    }
    return grant;
}

} // namespace berth::model
