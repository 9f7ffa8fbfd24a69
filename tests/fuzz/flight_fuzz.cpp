#include "store/flight_reader.hpp"

#include <cstdint>
#include <cstdlib>

/// Any bytes as a flight recording: a recording whose entries stand in order, or an error that names the line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto flight = berth::store::parse_flight(text, "fuzz");
    if (!flight) {
        if (!flight.error().message.starts_with("fuzz:")) {
            std::abort();
        }
        return 0;
    }
    int line = 1;
    for (const auto& entry : flight->entries) {
        if (entry.line != ++line) {
            std::abort();
        }
    }
    return 0;
}
