#pragma once

#include "model/app_profile.hpp"
#include "model/door_item.hpp"
#include "model/world.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

/// The JSON form of every model value: the flight recorder's and the state file's.
/// Unknown members are ignored, absent ones keep their default; a value of the wrong type throws
/// nlohmann::json::exception.
namespace berth::model {

nlohmann::json to_value(const World& world);
nlohmann::json to_value(const Seat& seat);
nlohmann::json to_value(const Client& client);
nlohmann::json to_value(const KnownDock& dock);
nlohmann::json to_value(const Job& job);
nlohmann::json to_value(const EndedJob& job);
nlohmann::json to_value(const Event& event);
nlohmann::json to_value(const Effect& effect);
nlohmann::json to_value(const AppProfile& profile); ///< a grant is its text
nlohmann::json to_value(const DoorItem& item);      ///< each byte of `content` is the character of its number, so UTF-8
World world_from(const nlohmann::json& value);
Seat seat_from(const nlohmann::json& value);
Client client_from(const nlohmann::json& value);
KnownDock known_dock_from(const nlohmann::json& value);
Job job_from(const nlohmann::json& value);
EndedJob ended_job_from(const nlohmann::json& value);
Event event_from(const nlohmann::json& value);
Effect effect_from(const nlohmann::json& value);
AppProfile app_profile_from(const nlohmann::json& value);
DoorItem door_item_from(const nlohmann::json& value);

/// The words used on the bus, in JSON and for people: "preparing", "check-image", "headless", "restore-tty".
std::string_view name_of(SeatState state) noexcept;
std::string_view name_of(ClientState state) noexcept;
std::string_view name_of(Step step) noexcept;
std::string_view name_of(SeatMode mode) noexcept;   ///< "auto", "headless", "vt", "logind"
std::string_view name_of(LateCards cards) noexcept; ///< "auto", "forward", "reseat", "ignore"
std::string_view name_of(JobKind kind) noexcept;
std::string_view name_of(JobState state) noexcept;
std::string_view name_of(Refusal refusal) noexcept;
std::string_view name_of(DoorItem::Kind kind) noexcept;

/// One line for a log or a test's message.
std::string describe(const Event& event);
std::string describe(const Effect& effect);

} // namespace berth::model
