#pragma once

#include "model/json_macros.hpp"

/// The JSON form of what profiles and doors are made of. Private to model/.
namespace berth::model {

/// A grant is its text.
inline void to_json(nlohmann::json& out, const Grant& grant) {
    out = text_of(grant);
}

inline void from_json(const nlohmann::json& in, Grant& grant) {
    auto read = parse_grant(in.get_ref<const std::string&>());
    if (!read) {
        throw nlohmann::json::type_error::create(302, read.error().message, &in);
    }
    grant = std::move(*read);
}

BERTH_ENUM(SeatMode, automatic, headless, vt, logind)
BERTH_ENUM(LateCards, automatic, forward, reseat, ignore)
BERTH_ENUM(DoorItem::Kind, socket, node, directory, file, text)

// What nlohmann/json's macro declares is its own affair.
// NOLINTBEGIN(misc-const-correctness)
BERTH_STRUCT(DesktopUser, name, uid, gid, groups)
BERTH_STRUCT(DisplaySize, width, height)
BERTH_STRUCT(ProfileVolume, source, target, readonly)
BERTH_STRUCT(ProfileDevice, path, optional)
BERTH_STRUCT(ProfileTimeouts, start_s, end_session_s, stop_s, kill_s)
BERTH_STRUCT(DesktopProfile, name, description, image, user, mode, log_in_again, late_cards, display, network, devices,
             cdi, volumes, environment, may_run, probe, timeouts)
BERTH_STRUCT(AppLimits, memory_mib, pids, cpu_percent)
BERTH_STRUCT(AppMenu, title, icon, categories, types)
BERTH_STRUCT(AppProfile, name, description, image, command, grants, optional, may_ask, seat, user, working_directory,
             environment, volumes, links, network, capabilities, cdi, limits, menu, keep, stop_s)
// NOLINTEND(misc-const-correctness)

/// Bytes that are no UTF-8 must come back as they were: each byte is the character of its number.
std::string bytes_to_text(const std::string& bytes);
/// type_error 302 for a character beyond U+00FF.
std::string text_to_bytes(const nlohmann::json& in);

inline void to_json(nlohmann::json& out, const DoorItem& item) {
    out = {{"name", item.name}, {"kind", item.kind},         {"root", item.root},
           {"path", item.path}, {"writable", item.writable}, {"content", bytes_to_text(item.content)}};
}

inline void from_json(const nlohmann::json& in, DoorItem& item) {
    const DoorItem plain{};
    item.name = in.value("name", plain.name);
    item.kind = in.value("kind", plain.kind);
    item.root = in.value("root", plain.root);
    item.path = in.value("path", plain.path);
    item.writable = in.value("writable", plain.writable);
    item.content = in.contains("content") ? text_to_bytes(in.at("content")) : plain.content;
}

} // namespace berth::model
