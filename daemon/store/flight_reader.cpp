#include "store/flight_reader.hpp"

#include "model/json.hpp"
#include "store/flight_format.hpp"
#include "store/whole_file.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace berth::store {
namespace {

using nlohmann::json;

constexpr std::size_t largest_recording = std::size_t{64} * 1024 * 1024;

Error mistake(const std::string& file, int line, const std::string& message) {
    return Error{ErrorCode::invalid_argument, file + ":" + std::to_string(line) + ": " + message};
}

std::optional<json> parse_line(std::string_view line) {
    json value = json::parse(line, nullptr, false);
    return value.is_discarded() || !value.is_object() ? std::nullopt : std::optional{std::move(value)};
}

/// The World of the first line.
Result<model::World> read_header(std::string_view line, const std::string& file) {
    const auto header = parse_line(line);
    if (!header || !header->contains(flight_mark) || !header->at(flight_mark).is_number_integer()) {
        return mistake(file, 1, "not a flight recording of berthd");
    }
    const auto version = header->at(flight_mark).get<std::int64_t>();
    if (version != flight_version) {
        return mistake(file, 1,
                       "recording version " + std::to_string(version) + ", this berth reads version " +
                           std::to_string(flight_version));
    }
    if (!header->contains("world")) {
        return mistake(file, 1, "the key \"world\" is missing");
    }
    try {
        return model::world_from(header->at("world"));
    } catch (const json::exception& error) {
        return mistake(file, 1, std::string{"world: "} + error.what());
    }
}

Result<FlightEntry> read_entry(std::string_view text, const std::string& file, int line) {
    const auto value = parse_line(text);
    if (!value) {
        return mistake(file, line, "not a JSON object");
    }
    for (const char* key : {"at", "event", "effects"}) {
        if (!value->contains(key)) {
            return mistake(file, line, std::string{"the key \""} + key + "\" is missing");
        }
    }
    if (!value->at("effects").is_array()) {
        return mistake(file, line, "effects: expected a list");
    }
    try {
        FlightEntry entry{line, model::event_from(value->at("event")), {}};
        entry.event.at = value->at("at").get<model::Microseconds>();
        for (const json& effect : value->at("effects")) {
            entry.effects.push_back(model::effect_from(effect));
        }
        return entry;
    } catch (const json::exception& error) {
        return mistake(file, line, error.what());
    }
}

} // namespace

Result<Flight> parse_flight(std::string_view text, const std::string& file) {
    Flight flight;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            flight.torn_line = number;
            break;
        }
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (number == 1) {
            auto world = read_header(line, file);
            if (!world) {
                return world.error();
            }
            flight.world = std::move(*world);
            continue;
        }
        auto entry = read_entry(line, file, number);
        if (!entry) {
            return entry.error();
        }
        flight.entries.push_back(std::move(*entry));
    }
    if (number == 0 || flight.torn_line == 1) {
        return mistake(file, 1, "not a flight recording of berthd");
    }
    return flight;
}

Result<Flight> read_flight(const std::string& file) {
    const auto text = read_whole_file(file, largest_recording);
    if (!text) {
        return Error{ErrorCode::invalid_argument, text.error().message};
    }
    return parse_flight(*text, file);
}

} // namespace berth::store
