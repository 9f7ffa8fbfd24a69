#include "linux/seat_states.hpp"

#include "linux/door_names.hpp"
#include "linux/seat_name.hpp"
#include "model/json.hpp"

#include <nlohmann/json.hpp>

namespace berth::os {
namespace {

using nlohmann::json;

constexpr const char* seat_mark = "berth-seat";
constexpr const char* client_mark = "berth-client";

/// Reads a value by `read`, which throws; it must be called as its file is.
template <class Value, class Read>
Result<Value> value_of(const json& found, const Read& read, const std::string& name) {
    try {
        Value value = read(found);
        const std::string& own = [&]() -> const std::string& {
            if constexpr (std::is_same_v<Value, model::Seat>) {
                return value.name.value;
            } else {
                return value.id.value;
            }
        }();
        if (own != name) {
            return Error{ErrorCode::failed, "it is " + own + "'s"};
        }
        return value;
    } catch (const json::exception& error) {
        return Error{ErrorCode::failed, error.what()};
    }
}

template <class Value, class Read>
std::vector<Value> all_of(const StateFiles& files, const std::function<bool(const std::string&)>& safe,
                          const Read& read) {
    std::vector<Value> values;
    files.read(safe, [&](const std::string& name, const json& found) -> Result<void> {
        auto value = value_of<Value>(found, read, name);
        if (!value) {
            return value.error();
        }
        values.push_back(std::move(*value));
        return {};
    });
    return values;
}

} // namespace

SeatStates::SeatStates(const std::string& folder)
    : seats_{folder, seat_mark}, clients_{folder + "/clients", client_mark} {}

void SeatStates::keep(const model::Seat& seat) {
    if (is_safe(seat.name)) {
        seats_.keep(seat.name.value, model::to_value(seat));
    }
}

void SeatStates::forget(const model::SeatName& seat) {
    if (is_safe(seat)) {
        seats_.forget(seat.value);
    }
}

std::vector<model::Seat> SeatStates::kept() {
    return all_of<model::Seat>(
        seats_, [](const std::string& name) { return is_safe(model::SeatName{name}); }, model::seat_from);
}

void SeatStates::keep(const model::Client& client) {
    if (is_safe(client.id)) {
        clients_.keep(client.id.value, model::to_value(client));
    }
}

void SeatStates::forget(const model::ClientId& client) {
    if (is_safe(client)) {
        clients_.forget(client.value);
    }
}

std::vector<model::Client> SeatStates::kept_clients() {
    return all_of<model::Client>(
        clients_, [](const std::string& name) { return is_safe(model::ClientId{name}); }, model::client_from);
}

Result<std::optional<model::Seat>> SeatStates::parse(const model::SeatName& seat, std::string_view text,
                                                     std::string_view boot) {
    const auto found = StateFiles::parse(seat_mark, text, boot);
    if (!found || !*found) {
        return found ? Result<std::optional<model::Seat>>{std::optional<model::Seat>{}} : found.error();
    }
    auto value = value_of<model::Seat>(**found, model::seat_from, seat.value);
    if (!value) {
        return value.error();
    }
    return std::optional{std::move(*value)};
}

} // namespace berth::os
