#pragma once

namespace berth::store {

/// The key and value of a flight recording's first line.
constexpr const char* flight_mark = "berth-flight";
constexpr int flight_version = 1;

} // namespace berth::store
