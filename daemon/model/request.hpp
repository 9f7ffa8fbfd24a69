#pragma once

#include "model/grant.hpp"
#include "model/ids.hpp"
#include "model/profile.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::model {

/// Who called, as the bus says it (never as the caller says it).
struct Caller {
    std::string bus_name; ///< unique name, ":1.42"; by a client's own socket "client NAME connection N"
    std::uint32_t uid{0xffffffff};
    std::optional<ClientId> self{};    ///< the call came in by this client's own socket: it speaks for itself
    std::optional<SeatName> desktop{}; ///< … by the socket of this seat's desktop

    bool operator==(const Caller&) const = default;
};

/// Seat.Up
struct UpRequest {
    SeatName seat;
    std::string desktop;
    std::optional<SeatMode> mode;     ///< option "mode"
    std::optional<std::string> image; ///< option "image": another image, same profile

    bool operator==(const UpRequest&) const = default;
};

/// Seat.Down
struct DownRequest {
    SeatName seat;
    bool now{false}; ///< option "now": SIGKILL at once

    bool operator==(const DownRequest&) const = default;
};

/// Seat.Reseat
struct ReseatRequest {
    SeatName seat;
    std::string reason;

    bool operator==(const ReseatRequest&) const = default;
};

/// Seat.RestoreTty; Manager.Restore makes one for each seat.
struct RestoreTtyRequest {
    SeatName seat;

    bool operator==(const RestoreTtyRequest&) const = default;
};

/// Seat.Freeze
struct FreezeRequest {
    SeatName seat;

    bool operator==(const FreezeRequest&) const = default;
};

/// Seat.Thaw
struct ThawRequest {
    SeatName seat;

    bool operator==(const ThawRequest&) const = default;
};

/// Seat.Snapshot
struct SnapshotRequest {
    SeatName seat;
    std::string tag; ///< the new image's name

    bool operator==(const SnapshotRequest&) const = default;
};

/// Job.Cancel
struct CancelRequest {
    JobId job;

    bool operator==(const CancelRequest&) const = default;
};

/// Manager.Run
struct RunRequest {
    std::string app;               ///< a profile's name; an image where `is_image`
    bool is_image{false};          ///< option "image"
    std::vector<std::string> argv; ///< empty: the profile's, or the image's own
    std::string name;              ///< option "name" or "keep"; empty: made of the app's
    bool keep{false};              ///< option "keep": the container stays when its command has ended
    std::string seat;              ///< option "seat"; empty: the profile's
    std::vector<Grant> grants;     ///< option "grants": beyond the profile's
    std::map<std::string, std::string> environment;
    std::optional<std::string> user;
    std::optional<std::string> network;
    std::optional<std::string> working_directory;
    std::vector<ProfileVolume> volumes;
    bool streamed{false}; ///< option "stdio": the caller passed three descriptors, which wait under the call's token
    bool terminal{false}; ///< option "terminal"
    bool labels{false};   ///< option "labels": what the image's labels ask for is in force

    bool operator==(const RunRequest&) const = default;
};

/// Manager.Attach
struct AttachRequest {
    std::string container;     ///< the engine's name or id
    std::vector<Grant> grants; ///< what it is given at once
    std::string name;          ///< option "name"; empty: the container's
    std::string seat;          ///< option "seat"; empty: "seat0"

    bool operator==(const AttachRequest&) const = default;
};

/// Client.Stop
struct StopRequest {
    ClientId client;
    std::uint32_t timeout_ms{10'000}; ///< from the stop signal to SIGKILL; 0: SIGKILL at once

    bool operator==(const StopRequest&) const = default;
};

/// Client.Freeze, and Thaw where `frozen` is false
struct FreezeClientRequest {
    ClientId client;
    bool frozen{true};

    bool operator==(const FreezeClientRequest&) const = default;
};

/// Client.Snapshot
struct SnapshotClientRequest {
    ClientId client;
    std::string tag; ///< the new image's name

    bool operator==(const SnapshotClientRequest&) const = default;
};

/// Client.Grant, and Self.Request where the caller is the client itself
struct GrantRequest {
    ClientId client;
    std::vector<Grant> grants;
    Microseconds until{0};       ///< CLOCK_BOOTTIME: the leases' end, by option "time-limit"; 0: none
    bool with_connection{false}; ///< option "with-connection": they end with the caller's connection at the latest

    bool operator==(const GrantRequest&) const = default;
};

/// Client.Revoke, and Self.Release where the caller is the client itself
struct RevokeRequest {
    ClientId client;
    std::vector<Grant> grants;

    bool operator==(const RevokeRequest&) const = default;
};

/// What Self.Open* passes a descriptor of.
enum class SelfOpen {
    render_node,   ///< OpenRenderNode: the first of the seat's, by a `gpu` grant
    display,       ///< OpenDisplay: a connection to the desktop's Wayland socket, by a `display` grant
    sound,         ///< OpenSound: a connection to its PipeWire socket, by a `sound` grant
    ipc_namespace, ///< OpenIpcNamespace: the desktop's, by an `ipc` grant
};

/// "OpenRenderNode", the method's name
std::string_view name_of(SelfOpen what) noexcept;

/// Self.Open*; the caller is the client itself
struct OpenRequest {
    ClientId client;
    SelfOpen what{SelfOpen::render_node};

    bool operator==(const OpenRequest&) const = default;
};

/// Client.Exec
struct ExecRequest {
    ClientId client;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::string user;              ///< empty: the container's own
    std::string working_directory; ///< empty: the container's own
    bool terminal{false};

    bool operator==(const ExecRequest&) const = default;
};

/// Client.Logs
struct LogsRequest {
    ClientId client;
    bool follow{false};
    std::uint32_t tail{0}; ///< the last lines alone; 0: all

    bool operator==(const LogsRequest&) const = default;
};

/// Client.Signal
struct SignalRequest {
    ClientId client;
    std::int32_t signal{15};

    bool operator==(const SignalRequest&) const = default;
};

/// Job.Resize: the caller's terminal has another size
struct ResizeRequest {
    JobId job;
    std::uint32_t rows{24};
    std::uint32_t columns{80};

    bool operator==(const ResizeRequest&) const = default;
};

using Request =
    std::variant<UpRequest, DownRequest, ReseatRequest, RestoreTtyRequest, FreezeRequest, ThawRequest, SnapshotRequest,
                 CancelRequest, RunRequest, StopRequest, FreezeClientRequest, SnapshotClientRequest, GrantRequest,
                 RevokeRequest, ExecRequest, LogsRequest, SignalRequest, ResizeRequest, OpenRequest, AttachRequest>;

} // namespace berth::model
