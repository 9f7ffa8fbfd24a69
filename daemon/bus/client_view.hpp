#pragma once

#include "model/client.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::bus {

/// A client as its properties show it.
struct ClientView {
    std::string name;
    std::string app;
    std::string image;
    std::vector<std::string> command;
    std::string container_id;
    std::string seat;
    std::string state;
    std::vector<std::string> grants;
    std::vector<std::string> may_ask;
    std::map<std::string, std::string> environment;
    std::map<std::string, std::uint64_t> until;     ///< of grants with a time limit: its end, as `since`
    std::map<std::string, std::string> with;        ///< of grants that end with a connection: its name
    std::map<std::string, std::string> revocations; ///< what taking each back means
    bool spc{false};
    bool foreign{false};
    bool kept{false};
    std::uint32_t pid{0};
    std::int32_t exit_code{-1};
    std::uint64_t since{0}; ///< microseconds of CLOCK_REALTIME

    bool operator==(const ClientView&) const = default;
};

/// What CLOCK_REALTIME is ahead of the clocks of the model, in microseconds.
struct RealtimeOffsets {
    std::int64_t monotonic{0};
    std::int64_t boot{0};
};

ClientView view_of(const model::Client& client, const RealtimeOffsets& offsets);

/// The properties in which two views of one client differ, by their bus names.
std::vector<std::string> changed_properties(const ClientView& before, const ClientView& after);

} // namespace berth::bus
