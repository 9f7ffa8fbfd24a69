#pragma once

#include "model/effect.hpp"

#include <map>

namespace berth::model {

/// A call that waits for the authority or for its profile.
struct PendingCall {
    Caller caller;
    Request request;

    bool operator==(const PendingCall&) const = default;
};

/// All that the policy knows. Value type; move it, do not copy it.
struct World {
    HostFacts host;
    std::map<SeatName, Seat> seats;
    std::map<ClientId, Client> clients;
    std::map<JobId, Job> jobs;
    std::map<CallToken, PendingCall> calls;
    std::vector<Device> hardware;           ///< the host's devices, sorted by path
    bool hardware_known{false};             ///< they have been read
    std::vector<DockProfile> dock_profiles; ///< as they were read when a device last came or went
    std::uint64_t last_job{0};
    std::uint64_t last_client{0};    ///< numbers clients that were given no name
    StepSerial client_serial;        ///< of the last step of any client: no two clients' steps have one serial
    StepSerial last_serial;          ///< of the seats that are no more: a new one counts on from it
    bool leftovers_asked_for{false}; ///< the engine has not said yet what an earlier berthd left
    bool shutting_down{false};
    bool keeps_desktops{false}; ///< of the shutdown: desktops that can run without a berthd go on

    bool operator==(const World&) const = default;
};

/// What the policy made of one event: the next World, and what to do, in order.
struct Decision {
    World world;
    std::vector<Effect> effects;

    bool operator==(const Decision&) const = default;
};

} // namespace berth::model
