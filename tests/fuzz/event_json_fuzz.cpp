#include "model/json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

/// What can be read must be written as something that reads as the same value.
template <class Value>
void round_trip(const nlohmann::json& json, Value (*read)(const nlohmann::json&)) {
    try {
        const Value value = read(json);
        if (!(read(berth::model::to_value(value)) == value)) {
            std::abort();
        }
    } catch (const nlohmann::json::exception&) {
        return; // Refusing a malformed value is the other right answer.
    }
}

} // namespace

/// Any bytes as the JSON form of an event, an effect and a world.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const nlohmann::json json = nlohmann::json::parse(data, data + size, nullptr, false);
    if (json.is_discarded()) {
        return 0;
    }
    round_trip<berth::model::Event>(json, &berth::model::event_from);
    round_trip<berth::model::Effect>(json, &berth::model::effect_from);
    round_trip<berth::model::World>(json, &berth::model::world_from);
    return 0;
}
