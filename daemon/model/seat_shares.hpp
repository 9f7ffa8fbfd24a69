#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::model {

/// Where sound servers listen, below XDG_RUNTIME_DIR.
inline constexpr const char* pipewire_socket = "pipewire-0";
inline constexpr const char* pulse_socket = "pulse/native";

/// A device node's number and group (stat(2)), and what udev's database has of it.
struct NodeFacts {
    std::uint32_t major{0};
    std::uint32_t minor{0};
    std::uint32_t group{0};
    std::string device{};                ///< its name in that database: "c226:128"
    std::optional<std::string> record{}; ///< its record, as a client may see it; none: there is none

    bool operator==(const NodeFacts&) const = default;
};

/// What of a seat, besides what the World knows, client containers may be given; read when it is needed.
struct SeatShares {
    std::string tmp;        ///< host path of its /tmp volume; empty: none
    std::string shm;        ///< host path of the folder that holders of `shm` share
    std::string xauthority; ///< bytes of an Xauthority file for any host; empty: none
    /// What of pipewire_socket and pulse_socket the desktop has now, below its XDG_RUNTIME_DIR.
    std::vector<std::string> sound;
    std::vector<std::string> cameras;                    ///< video4linux nodes, sorted
    std::map<std::string, std::vector<std::string>> usb; ///< "046d:c52b" → nodes below /dev/bus/usb
    std::map<std::string, NodeFacts> nodes;              ///< of every node that may be granted, by its path

    bool operator==(const SeatShares&) const = default;
};

} // namespace berth::model
