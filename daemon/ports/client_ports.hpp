#pragma once

#include "base/done.hpp"
#include "base/unique_fd.hpp"
#include "model/bus_filter.hpp"
#include "model/client.hpp"
#include "model/door_item.hpp"
#include "model/effect.hpp"
#include "model/grant.hpp"
#include "model/ids.hpp"
#include "model/loopback_port.hpp"
#include "model/seat_shares.hpp"
#include "ports/engine.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace berth::ports {

/// A caller's standard streams.
struct Stdio {
    UniqueFd in;
    UniqueFd out;
    UniqueFd err;
};

/// The host side of client containers' doors.
class ClientDoors {
  public:
    virtual ~ClientDoors() = default;

    /// Makes RUNTIME/clients/ID/door, a mount point of its own with shared propagation, empty but for the folders that
    /// `folders` names ("x11", "dri"): a container's own paths are bound to them, so they are there before anything is
    /// granted. What an earlier client of that name left is taken away first. The door's path.
    virtual Result<std::string> open(const model::ClientId& client, const std::vector<std::string>& folders) = 0;

    /// Goes on with a door that an earlier berthd opened for a container that still runs: what it shows stays, and can
    /// be hidden and replaced. The door's path. failed: there is none.
    virtual Result<std::string> adopt(const model::ClientId& client) = 0;

    /// Shows `item` in the door. What the door shows by that name already is replaced, without a moment in which there
    /// is neither where the kernel can that (6.5), but where a directory and a file, or a text and a mount, take each
    /// other's place. invalid_argument: the item's name or path climbs, or the door is not open. failed: what is there
    /// is a link, is not of the item's kind, lies on another mount than its root, or cannot be mounted; the message
    /// names what and where, and what was shown before still is.
    virtual Result<void> show(const model::ClientId& client, const model::DoorItem& item) = 0;

    /// Takes it out of the door. Ok where nothing is shown by that name.
    virtual Result<void> hide(const model::ClientId& client, const std::string& name) = 0;

    /// What the door shows by the item's name is what the item means now: false after the desktop has made its socket
    /// anew, where its socket is gone, and where nothing is shown. A text is compared by its content.
    virtual bool is_current(const model::ClientId& client, const model::DoorItem& item) = 0;

    /// Unmounts all and removes the directories, whoever made or uses them: a process that is in there or has something
    /// of it open keeps that alone. Ok where there is no door.
    virtual Result<void> close(const model::ClientId& client) = 0;

    /// Names of the doors there are, from this berthd or an earlier one, sorted.
    virtual std::vector<model::ClientId> left() = 0;
};

/// What of a seat can be shared, besides what the World knows.
class SeatShares {
  public:
    virtual ~SeatShares() = default;

    using Kinds = std::set<model::GrantKind>;

    /// Reads now what offers of grants of these kinds are made from, and makes the folder of `shm`; not `tmp`, which
    /// the engine knows. What cannot be found is left empty.
    virtual model::SeatShares find(const model::Seat& seat, const Kinds& kinds) = 0;

    /// The same for every kind, and makes nothing: without `shm`.
    virtual model::SeatShares look(const model::Seat& seat) = 0;
};

/// Descriptors that came with a call, until they are used.
class CallerStreams {
  public:
    virtual ~CallerStreams() = default;

    /// The three of a call, once. invalid_argument: there are none.
    virtual Result<Stdio> take(model::CallToken token) = 0;
    virtual void drop(model::CallToken token) = 0;
};

/// What clients are passed descriptors of by Self.Open*. Nothing here waits for anybody, and no link that a desktop
/// made is followed: what `item` names is opened as ClientDoors::show does.
class SeatOpens {
  public:
    virtual ~SeatOpens() = default;

    /// A device node, opened O_RDWR. failed: it is not there, is none, or the kernel or its driver refused.
    virtual Result<UniqueFd> node(const model::DoorItem& item) = 0;

    /// A stream connection to a Unix socket, made as the user `uid`:`gid`, so that who listens sees a process of its
    /// own user and no more of the host's. failed: nobody listens, or more wait to be accepted than the socket has room
    /// for.
    virtual Result<UniqueFd> connection(const model::DoorItem& item, std::uint32_t uid, std::uint32_t gid) = 0;

    /// The IPC namespace of `init`, the first process of `container` (nsfs, setns(2)). failed: it is gone, or is not
    /// that container's.
    virtual Result<UniqueFd> ipc_namespace(pid_t init, const std::string& container) = 0;
};

/// One timer a client for the ends of its leases (CLOCK_BOOTTIME: while the host sleeps, time passes).
class LeaseTimers {
  public:
    virtual ~LeaseTimers() = default;

    /// Calls `fired` once with the time that it is then, soon where `at` has passed; replaces the client's earlier one.
    virtual void arm(const model::ClientId& client, model::Microseconds at,
                     std::function<void(model::Microseconds now)> fired) = 0;
    virtual void clear(const model::ClientId& client) = 0;
};

/// The host bus's connections, as far as somebody waits for their end.
class CallerWatch {
  public:
    virtual ~CallerWatch() = default;

    /// Calls `gone` once when the connection of that unique name has ended, soon where it has already.
    virtual void watch(const std::string& bus_name, std::function<void()> gone) = 0;
};

/// Sockets of desktops that clients may be given: the Wayland socket that its session told of, and those of sound
/// servers.
class SocketWatch {
  public:
    virtual ~SocketWatch() = default;

    /// Calls `renewed` when one of them has been made anew, or for the first time, some time after the last change;
    /// replaces the seat's earlier watch.
    virtual void watch(const model::Seat& seat, std::function<void()> renewed) = 0;
    virtual void forget(const model::SeatName& seat) = 0;
};

/// The one socket in a client's door, where org.berth.Berth1.Self is served to that client alone.
class ClientSockets {
  public:
    virtual ~ClientSockets() = default;

    /// Listens on PATH (the door + "/bus"), replacing a leftover socket.
    virtual Result<void> listen(const model::Client& client, const std::string& path) = 0;
    /// What Describe() and Environment() answer from now on.
    virtual void update(const model::Client& client) = 0;
    /// Hangs up on who is connected; calls that wait there are not answered any more.
    virtual void close(const model::ClientId& client) = 0;
    /// Answers a call that came in by one of these sockets, where its caller is still there. false: it came in
    /// elsewhere.
    virtual bool reply(const model::Reply& reply) = 0;
    /// What the reply to a Self.Open* carries; a refusal or failure closes it.
    virtual void hand_over(model::CallToken token, UniqueFd opened) = 0;
    /// As CallerWatch::watch, of a connection to one of these sockets. false: the name is none of theirs.
    virtual bool watch(const std::string& bus_name, std::function<void()> gone) = 0;
};

/// A running container, as far as what it may open goes.
struct DeviceHolder {
    std::string container; ///< full id
    pid_t init{0};
    std::vector<std::string> devices;      ///< ContainerSpec::devices that it was made with
    std::vector<std::string> device_rules; ///< and ContainerSpec::device_rules

    bool operator==(const DeviceHolder&) const = default;
};

/// Which device nodes the processes of a running container may open (cgroup v1 devices, cgroup v2 device programs).
class DeviceRules {
  public:
    virtual ~DeviceRules() = default;

    /// From now on the processes of the container may open `nodes` for reading and writing, besides what it may
    /// already. `nodes` are host paths of device nodes. Ok where it may do so already. failed: it is gone, one is no
    /// node, or the kernel or the service manager refused, and then nothing is changed.
    virtual void allow(const DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) = 0;

    /// … and not any more, but for what it was made with. What is open stays open (the check is made by open(2) alone).
    /// A node that is gone is named by its path all the same: its number is remembered from `allow`. Ok where the
    /// container is gone.
    virtual void forbid(const DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) = 0;
};

/// What programs in clients hear of the device nodes that they hold, as udevd would tell them (libudev(3)). `devices`
/// are names in udev's database ("c226:128"), sorted. A client hears of those and of no others. Nothing of it ever
/// fails a grant: what cannot be told is logged.
class DeviceNews {
  public:
    virtual ~DeviceNews() = default;

    /// The client runs, and holds `devices`: from now on it is told what becomes of them, and the records of them that
    /// its door (the path is `door`) shows are kept as the host's are. Nothing is told of what it holds already. One
    /// that is followed with that init stays as it is.
    virtual void follow(const model::ClientId& client, pid_t init, const std::string& door,
                        const std::vector<std::string>& devices) = 0;

    /// It holds `devices` now: it is told of those that came and those that went. Nothing where it is not followed.
    virtual void tell(const model::ClientId& client, const std::vector<std::string>& devices) = 0;

    /// It has ended. Ok where it is not followed.
    virtual void forget(const model::ClientId& client) = 0;
};

/// The service manager's own list of what the processes of a unit may open (DeviceAllow= of
/// systemd.resource-control(5)), by which it makes the unit's device program anew, at a reload for one.
class UnitDevices {
  public:
    virtual ~UnitDevices() = default;

    /// Adds `nodes` for reading and writing to the list, for as long as the unit is (SetUnitProperties, runtime). Ok
    /// where the manager has no such unit, or it has no list.
    virtual void allow(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) = 0;

    /// Takes them out of it again.
    virtual void forbid(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) = 0;
};

/// Carries bytes between a caller's standard streams and a container's, in a process of its own for each, so that a
/// caller who does not read holds up nobody else.
class StreamRelays {
  public:
    virtual ~StreamRelays() = default;

    /// Done when the container's side has ended and all that it wrote is written, or when the caller's side is gone, or
    /// after `end`. `name`: this one among others; one of that name that still runs is ended first.
    virtual void relay(const std::string& name, StreamConnection connection, Stdio stdio, Done<void> done) = 0;

    /// Ends one at once; what was not written yet is lost. Ok where there is none of that name.
    virtual void end(const std::string& name) = 0;
};

/// Filters before desktops' session buses, one a client, each a process of its own.
class BusFilters {
  public:
    virtual ~BusFilters() = default;

    /// From now on `filter.names` can be talked to over the socket at `path`, in the client's door, and no other name
    /// can. A filter that the client has already ends first, with all connections through it. Done when it listens.
    /// failed: the bus is not there or is no socket, the program is not installed (the sentence names its package), or
    /// it ended; then the client has none.
    virtual void start(const model::ClientId& client, const model::BusFilter& filter, const std::string& path,
                       Done<void> done) = 0;

    /// Ends the client's filter, with all connections through it, and one of an earlier berthd that listens at `path`
    /// (empty: it is not known), and removes that socket. Ok where there is none.
    virtual void stop(const model::ClientId& client, const std::string& path) = 0;
};

/// Ports of clients' own loopbacks, behind which their desktop is; each a process of its own.
class LoopbackPorts {
  public:
    virtual ~LoopbackPorts() = default;

    /// From now on who connects to the port in the network namespace of `init`, the first process of a client's
    /// container, is carried to that socket of the desktop. One that is there already and means the same socket, from
    /// this berthd or an earlier one, goes on with all its connections; another one ends first. Done when it listens.
    /// failed: the socket is not there or is none, the port is in use in there, the container has the host's network or
    /// is gone; then the client has none.
    virtual void open(const model::ClientId& client, pid_t init, const model::LoopbackPort& port, Done<void> done) = 0;

    /// The client's own cookie for a port of PulseAudio's speech, made where there is none.
    virtual Result<model::CookieFile> cookie(const model::ClientId& client) = 0;

    /// Ends it, with all connections through it, an earlier berthd's too. Ok where there is none.
    virtual void close(const model::ClientId& client, std::uint16_t port) = 0;

    /// All of the client's, and its cookie.
    virtual void close_all(const model::ClientId& client) = 0;
};

} // namespace berth::ports
